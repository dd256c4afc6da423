//! [`CalendarWriter`]: the conditional writes that a calendar supports, and how they can fail.
//!
//! A writer decides nothing and tries nothing twice: it sends one request, and says what is known of its fate. Whoever calls it has
//! written down beforehand what it is about to do.

use std::pin::Pin;
use std::time::Duration;

use jiff::SignedDuration;

use super::content::Content;
use crate::domain::event::{Event, Participant};
use crate::domain::make_up::MakeUpName;
use crate::domain::person::Address;
use crate::domain::recurrence::Moment;

/// A write or a look that is under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, WriteError>> + Send + 'a>>;

/// The one event that a write is about, by the names that its server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A session of a series, or the single event of a *de facto* one.
    Session {
        /// The name of the object that holds the series, or the single event.
        resource: String,
        /// Its uid.
        uid: String,
        /// The start that the series gave the session; none for a single event.
        original: Option<Moment>,
    },
    /// A make-up that cadenced wrote, or is about to write.
    MakeUp(MakeUpName),
}

/// A new event that stands in for a lost session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeUp {
    /// Its name. Adapters make ids, uids and paths of it, from which [`MakeUpName::in_uid`] reads it back.
    pub name: MakeUpName,
    /// Its title.
    pub title: String,
    /// When it starts, in the zone of the series.
    pub start: Moment,
    /// When it ends (exclusive), in the same form.
    pub end: Moment,
    /// Who calls it: the owner, by the address that the series has.
    pub organiser: Address,
    /// Who is invited.
    pub guest: Participant,
    /// The mark that goes with it.
    pub operation: String,
}

/// A new time for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTime {
    /// When it starts, in the zone of the series.
    pub start: Moment,
    /// When it ends (exclusive), in the same form.
    pub end: Moment,
    /// The mark that goes into the same write, so that it can be told whose write it was. It only ever makes others stand down.
    pub operation: String,
}

/// Which state of an event a write is made for; opaque (an etag, a schedule tag, or both).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// An event as its server has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The server knows nothing of it.
    Absent,
    /// It was cancelled or deleted.
    CalledOff {
        /// The mark of whoever moved or made it before, where the server still shows one.
        operation: Option<String>,
    },
    /// It stands.
    There(Box<Found>),
}

/// An event that stands, and what a write to it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The event; for a session, the one instance and not its series.
    pub event: Event,
    /// What a write must be conditional on.
    pub version: Version,
    /// The mark of whoever moved or made it last, where there is one.
    pub operation: Option<String>,
    /// Everything that the server shows of it, as digests.
    pub content: Content,
    /// Whether the owner may change it for everybody (called it, and it is not locked).
    pub may_write: bool,
    /// The server's clock minus ours, where it sent a `Date`.
    pub clock_skew: Option<SignedDuration>,
}

/// Why a write was not done, or may not have been done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct WriteError {
    /// What kind of failure.
    pub kind: WriteErrorKind,
    /// What happened, in words fit for a log: no address, no secret, no title.
    pub detail: String,
}

/// The kinds of failure that `writer` distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteErrorKind {
    /// Nothing was sent: no network, no secret, no connection.
    #[error("not sent")]
    NotSent,
    /// It was sent, and no answer says what became of it (timed out, cut off, 5xx). It has to be looked at before anything else.
    #[error("fate unknown")]
    FateUnknown,
    /// The event is not as it was when it was looked at (412).
    #[error("changed meanwhile")]
    Changed,
    /// The name of a new event is taken, perhaps by a deleted one (409, or 412 to `If-None-Match: *`).
    #[error("taken")]
    Taken,
    /// The owner may not write this: not the organiser, a locked event, a calendar without write access, a scope that was not granted.
    #[error("not allowed")]
    NotAllowed,
    /// The server tells no version of the event that a write could be conditional on, so that nothing was sent.
    #[error("no version")]
    NoVersion,
    /// The server knows nothing of it (404, 410).
    #[error("not there")]
    NotThere,
    /// The server answered well and did not do it, or did it in this copy only: found by reading back.
    #[error("not done for everybody")]
    NotDone,
    /// The account wants to be signed in to again.
    #[error("sign-in needed")]
    SignIn,
    /// The server did nothing and asks to come back later (429, 503, rate limits).
    #[error("asked to wait")]
    Wait {
        /// How long, where it said so; 12 hours where all writes are off for abuse limits.
        after: Option<Duration>,
    },
    /// The server did nothing, for another reason (any other 4xx).
    #[error("refused")]
    Refused,
}

impl WriteError {
    /// A failure of this kind; `detail` must be fit for a log.
    pub fn new(kind: WriteErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// Writes to one calendar. Only `writer` holds one.
///
/// Every write is conditional, carries only what it changes, and lets the server tell the guests (Google `sendUpdates=all`, RFC 6638
/// scheduling elsewhere).
pub trait CalendarWriter: Send {
    /// Looks at an event as the server has it now, past every cache.
    ///
    /// # Errors
    /// [`WriteError`]; nothing was changed, whatever its kind.
    fn look<'a>(&'a mut self, target: &'a Target) -> Pending<'a, Seen>;

    /// Puts an event to another time, if it is still at `version`.
    ///
    /// # Errors
    /// [`WriteError`], whose kind says whether it may have been done anyway.
    fn move_to<'a>(&'a mut self, target: &'a Target, version: &'a Version, to: &'a NewTime) -> Pending<'a, ()>;

    /// Creates a make-up under its own name, unless that was ever taken.
    ///
    /// # Errors
    /// [`WriteError`], whose kind says whether it may have been done anyway.
    fn create<'a>(&'a mut self, make_up: &'a MakeUp) -> Pending<'a, ()>;

    /// Takes an event off the calendar for everybody, if it is still at `version`.
    ///
    /// # Errors
    /// [`WriteError`], whose kind says whether it may have been done anyway.
    fn remove<'a>(&'a mut self, target: &'a Target, version: &'a Version) -> Pending<'a, ()>;

    /// Proposes another time to the organiser (RFC 5546 3.2.7 `COUNTER`), where the server takes that.
    ///
    /// # Errors
    /// `NotAllowed` where it does not; then a draft for the user is all there is.
    fn counter<'a>(&'a mut self, target: &'a Target, to: &'a NewTime) -> Pending<'a, ()> {
        let _ = (target, to);
        Box::pin(async { Err(WriteError::new(WriteErrorKind::NotAllowed, "this calendar does not accept proposals")) })
    }
}
