//! Owns [`Source`]: one calendar as the rules see it, with how fresh it is.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// Whether its all-day events are holidays.
    pub holidays: bool,
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
