//! [`Operation`]: a calendar write that cadenced set out to do, and how far it got.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Participant;
use super::fingerprint::{Fingerprint, Part};
use super::make_up::MakeUpName;
use super::person::{Address, Side};
use super::session::{Session, SessionId};
use super::source::SourceId;
use super::span::Span;
use crate::domain::recurrence::Moment;

/// Names an operation; it goes into the event that it writes, so that anybody can tell whose write it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub String);

impl std::fmt::Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something to write to a calendar: everything that it takes, as it was when it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The session that it gets back.
    pub session: SessionId,
    /// What is written.
    pub way: WriteKind,
    /// The calendar that it is written to.
    pub source: SourceId,
    /// The uid of the session's series, or of its own event.
    pub uid: String,
    /// The start that the series gave the session; none where it has an event of its own.
    pub original: Option<Moment>,
    /// Where the session is, or was to be; for an undoing, where the operation put it.
    pub from: Span,
    /// Where it goes.
    pub to: Times,
    /// The title of a make-up.
    pub title: String,
    /// Who calls a make-up: the owner, by the address that the series has.
    pub organiser: Option<Address>,
    /// Who is invited to a make-up.
    pub guest: Option<Participant>,
    /// Whether nobody was asked.
    pub automatic: bool,
    /// The sides whose time it does not suit, so that it is not always the same one's.
    #[serde(default)]
    pub gave_way: Vec<Side>,
    /// Whether the owner is a guest of the 1:1, so that a make-up has the guest's name.
    #[serde(default)]
    pub as_guest: bool,
    /// How many make-ups of the session its user undid before; the names of those stay taken.
    #[serde(default)]
    pub undone_before: u32,
    /// Set on an undoing: what it undoes.
    #[serde(default)]
    pub undoes: Option<OperationId>,
    /// Set where a guest's make-up is withdrawn: when the organiser's one is, to which it yields.
    #[serde(default)]
    pub yields_to: Option<Span>,
}

/// A start and an end in the zone of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The start.
    pub start: Moment,
    /// The end (exclusive), in the same form.
    pub end: Moment,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteKind {
    /// The session is put to a new time.
    Move,
    /// A new event stands in for it.
    MakeUp,
    /// A move is taken back.
    MoveBack,
    /// A make-up is taken off the calendar again.
    TakeOff,
}

/// An operation, as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its name.
    pub id: OperationId,
    /// What it set out to do.
    pub intent: Intent,
    /// How far it got.
    pub state: State,
    /// The state of the event that it was sent for; opaque.
    pub version: Option<String>,
    /// When it was begun.
    pub started: Timestamp,
    /// When it last got further.
    pub changed: Timestamp,
    /// How often it was sent.
    pub tries: u32,
    /// Whether nobody has seen it on the calendar though it may be there, or may have been for a while: it was cut off, or the server
    /// confirmed it and no look has shown it yet.
    #[serde(default)]
    pub unseen: bool,
    /// What the event held right after it was written.
    #[serde(default)]
    pub written: Option<Fingerprint>,
    /// Set on an undoing that was refused: how the event is now.
    #[serde(default)]
    pub touched: Option<Touched>,
}

/// An event that somebody changed after cadenced wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// What is different; empty where nobody can tell.
    pub parts: Vec<Part>,
    /// When it is now; none where it is no more.
    pub at: Option<Span>,
}

/// How far an operation got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It is about to be sent, or was, and nobody has seen yet what became of it.
    Sending,
    /// The server confirmed it, or its calendar shows it.
    Done,
    /// Nothing was written, for this reason.
    StoodDown {
        /// Why.
        why: StandDownReason,
    },
    /// Somebody deleted what it wrote, or this very make-up was deleted before: that is an answer, and it is final.
    Refused,
    /// The server says one thing and shows another; the user is told, and nothing more is done.
    Uncertain,
}

/// Why an operation was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandDownReason {
    /// The session was called off in the meantime, so that it cannot be moved.
    CalledOff,
    /// The session stands again, so that nothing needs to be made up.
    Stands,
    /// Something else stands in for the session by now.
    Replaced,
    /// The session is no longer owed.
    NotOwed,
    /// The session is elsewhere than it was when this was decided: somebody moved it.
    Moved,
    /// Somebody else's cadenced, or another machine of the owner, has it in hand.
    InOtherHands,
    /// The event changed between the check and the write.
    Changed,
    /// The owner may not write it.
    NotAllowed,
    /// The server tells no version of the event that a write could be conditional on.
    NoVersion,
    /// The server knows nothing of it.
    NotThere,
    /// One of the two is no longer free then.
    SlotTaken,
    /// Nobody could say whether both are free.
    AvailabilityUnknown,
    /// This machine's clock and the server's differ by more than two minutes.
    ClockDisagrees,
    /// Nothing could be sent: no network, or the account wants to be signed in to.
    NotSent,
    /// The server asked to wait.
    Wait,
    /// The server refused it for another reason.
    Refused,
    /// The server answered well and changed this copy only.
    NotForEverybody,
    /// Somebody touched the event since, so that it cannot be undone.
    TouchedSince,
}

impl StandDownReason {
    /// Whether it passes by itself, so that the operation is tried again without counting.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::NotSent | Self::Wait | Self::ClockDisagrees)
    }
}

impl Operation {
    /// An operation that nothing was done about yet.
    #[must_use]
    pub const fn new(id: OperationId, intent: Intent, at: Timestamp) -> Self {
        Self {
            id,
            intent,
            state: State::Sending,
            version: None,
            started: at,
            changed: at,
            tries: 0,
            unseen: false,
            written: None,
            touched: None,
        }
    }

    /// Whether something of it is or may be on the calendar.
    #[must_use]
    pub const fn may_have_written(&self) -> bool {
        self.unseen || !matches!(self.state, State::StoodDown { .. })
    }

    /// Whether the server confirmed it and no look has shown it yet.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        self.unseen && self.state == State::Done
    }

    /// Whether it is about this session. A 1:1 can get another name as more of its series is seen; a session's series and its original
    /// start stay.
    #[must_use]
    pub fn is_of(&self, session: &Session) -> bool {
        let intent = &self.intent;
        intent.session == session.id || (intent.uid == session.series && intent.session.original == session.id.original)
    }

    /// Whether it takes something back.
    #[must_use]
    pub const fn is_undoing(&self) -> bool {
        matches!(self.intent.way, WriteKind::MoveBack | WriteKind::TakeOff)
    }
}

impl Intent {
    /// What a make-up is called on every calendar.
    #[must_use]
    pub fn make_up_name(&self) -> MakeUpName {
        MakeUpName::after(self.undone_before, &self.uid, self.session.original, self.as_guest)
    }
}

impl Times {
    /// The stretch of real time; `here` places what floats.
    #[must_use]
    pub fn span(&self, here: &jiff::tz::TimeZone) -> Span {
        Span::new(self.start.instant(here), self.end.instant(here))
    }
}
