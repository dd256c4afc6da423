//! Owns [`Source`]: one calendar as the rules see it, with how fresh it is.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::person::Address;
use super::recurrence::Moment;

/// Names one calendar of one account, for ever: `account/calendar`, as in the config.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId {
    /// The account's name in the config.
    pub account: String,
    /// The calendar's name in the account.
    pub calendar: String,
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.calendar)
    }
}

/// One calendar, how it is read, and how fresh it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which.
    pub id: SourceId,
    /// How it is read, which says how long its publisher lags.
    pub kind: SourceKind,
    /// Whether nothing can be written there.
    pub read_only: bool,
    /// Whose time it shows.
    pub whose: Whose,
    /// The start of the first good read there ever was.
    pub first_success: Option<Timestamp>,
    /// The start of the last good read: a valid body, or a 304.
    pub last_success: Option<Timestamp>,
    /// Since when reads have failed, where the last one did.
    pub stale_since: Option<Timestamp>,
    /// Why the last read failed, fit for a log.
    pub problem: Option<String>,
}

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A published ICS file; publishers lag by hours.
    Feed,
    /// A live calendar.
    Api,
}

/// Whose time a calendar shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The owner's own.
    Owner,
    /// Another person's, by their address; read for their out-of-office only.
    Person(Address),
    /// Nobody's: public holidays.
    Holidays,
}

/// One item of a listing.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A good event.
    Event(Box<Event>),
    /// A good event, and the name of the object that holds it: an id (Google) or a path (CalDAV).
    Kept {
        /// The object's name, by which its source can be asked for it again.
        resource: String,
        /// The event.
        event: Box<Event>,
    },
    /// One session of a series was called off, and the source says no more of it than that.
    CalledOff {
        /// The name of the object that says so.
        resource: String,
        /// The name of the object that holds the series.
        master: String,
        /// The start that the series gave it.
        original: Moment,
    },
    /// One that was skipped or repaired, and why.
    Problem(Problem),
}

/// Something in a source that could not be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: `line 120, uid abc`. Never a title.
    pub place: String,
    /// What was wrong, and what was done about it.
    pub what: String,
    /// Whether the item was left out altogether, and not just repaired.
    pub skipped: bool,
}
