//! Notices: what the user is told, each fact once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::one_on_one::OneOnOneId;
use super::operation::{OperationId, StandDownReason, Touched, WriteKind};
use super::person::{Person, Side};
use super::session::{Outcome, SessionId};
use super::snapshot::Offered;
use super::source::{Credential, GuestNotice, ReadProblem, SourceId};
use super::span::Span;
use super::week_id::WeekId;

/// Something the user is told, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names the fact: no two notices with one key are ever told.
    pub key: String,
    /// Further facts that telling this one settles as well (those that a digest sums up).
    pub settles: Vec<String>,
    /// What it says.
    pub subject: Subject,
    /// After this instant it is no longer of use.
    pub until: Timestamp,
}

/// What a notice is about; the words for it are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A session was lost just now.
    Lost {
        /// Which.
        session: SessionId,
        /// With whom.
        person: Person,
        /// When it was to be.
        span: Span,
        /// Cancelled, declined or conflicted.
        outcome: Outcome,
        /// By which side.
        by: Option<Side>,
        /// How many sessions with this person wait to be made up, this one included.
        owed: u32,
        /// Until when it can be made up; none in notices that older versions queued.
        #[serde(default)]
        deadline: Option<Timestamp>,
        /// When it could be instead, if the user says so.
        #[serde(default)]
        offer: Option<SlotOffer>,
        /// Why there is no such time.
        #[serde(default)]
        no_time: Option<ProposalReason>,
    },
    /// Cadenced put a session back on the calendar.
    PutBack {
        /// What it did.
        operation: OperationId,
        /// How.
        way: WriteKind,
        /// Which session.
        session: SessionId,
        /// With whom.
        person: Person,
        /// When it was to be.
        from: Span,
        /// When it is now.
        to: Span,
        /// How the other learns of it; none where that is not known.
        #[serde(default)]
        guest_notice: Option<GuestNotice>,
        /// Set where a guest's make-up is withdrawn: when the organiser's one is, to which it yields.
        #[serde(default)]
        yields_to: Option<Span>,
    },
    /// An operation that the user asked for came to nothing.
    NotDone {
        /// Which.
        operation: OperationId,
        /// How it was to be done.
        way: WriteKind,
        /// For which session.
        session: SessionId,
        /// With whom.
        person: Person,
        /// Why not; none where nobody can say what became of it.
        why: Option<StandDownReason>,
        /// Set where it was to be undone and somebody had changed it: how it is now.
        #[serde(default)]
        touched: Option<Touched>,
        /// Set where a guest's make-up was to be withdrawn: when the organiser's one is.
        #[serde(default)]
        yields_to: Option<Span>,
    },
    /// The deadline of a lost session passed without a replacement.
    Missed {
        /// Which.
        session: SessionId,
        /// With whom.
        person: Person,
        /// When it was to be.
        span: Span,
        /// What became of it.
        outcome: Outcome,
        /// How many sessions with this person wait to be made up, this one included.
        owed: u32,
        /// When it could be instead, late as that is.
        #[serde(default)]
        offer: Option<SlotOffer>,
        /// Why there is no such time.
        #[serde(default)]
        no_time: Option<ProposalReason>,
    },
    /// Everything that is owed, once a day; or many facts at once.
    Digest {
        /// One line a person.
        lines: Vec<DigestLine>,
    },
    /// The weekly report is there.
    ReportReady {
        /// Of which week.
        week: WeekId,
        /// How many sessions were held in it.
        held: u32,
        /// How many were missed in it.
        missed: u32,
        /// How many are owed now.
        owed: u32,
        /// How many of these have a make-up on the calendar.
        #[serde(default)]
        planned: u32,
    },
    /// A 1:1 ended and has no successor.
    Lapsed {
        /// Which.
        one_on_one: OneOnOneId,
        /// With whom.
        person: Person,
        /// Since when.
        since: Timestamp,
    },
    /// Another event covers a session whose time is to come.
    ConflictAhead {
        /// Which session.
        session: SessionId,
        /// With whom.
        person: Person,
        /// When it is.
        span: Span,
        /// When the other event is.
        other: Span,
        /// When the session could be instead, if the user says so.
        offer: Option<SlotOffer>,
        /// Why there is no such time.
        #[serde(default)]
        no_time: Option<ProposalReason>,
    },
    /// The same other series covers most sessions of a 1:1: does it take place anyway?
    Overlap {
        /// Which 1:1.
        one_on_one: OneOnOneId,
        /// With whom.
        person: Person,
        /// The uid of the other series.
        with: String,
    },
    /// A series was deleted or called off as a whole.
    SeriesDeleted {
        /// Which 1:1.
        one_on_one: OneOnOneId,
        /// With whom.
        person: Person,
        /// The read that showed it first.
        since: Timestamp,
    },
    /// A series is no longer a 1:1, as one side declined it as a whole.
    SeriesDeclined {
        /// With whom.
        person: Person,
        /// Which side.
        by: Side,
    },
    /// A source has failed for long.
    Stale {
        /// Which.
        source: SourceId,
        /// Since when.
        since: Timestamp,
        /// Why.
        #[serde(default)]
        why: Option<ReadProblem>,
        /// What it is signed in to with; none in notices that older versions queued.
        #[serde(default)]
        credential: Option<Credential>,
        /// How many more calendars of the same account cannot be read.
        #[serde(default)]
        others: u32,
    },
    /// A session begins soon.
    Soon {
        /// Which.
        session: SessionId,
        /// With whom.
        person: Person,
        /// When.
        span: Span,
        /// How many sessions with this person wait to be made up.
        owed: u32,
        /// When something was last held.
        last_held: Option<Timestamp>,
        /// The original start of the session that it makes up for, where it does.
        #[serde(default)]
        makes_up: Option<Timestamp>,
    },
    /// The user asked for other times than the one that was offered.
    OtherTimes {
        /// For which session.
        session: SessionId,
        /// With whom.
        person: Person,
        /// The times; none where there are none by now.
        slots: Vec<Span>,
    },
    /// The user asked why something was done.
    Explained {
        /// What was done.
        operation: OperationId,
        /// How.
        way: WriteKind,
        /// With whom.
        person: Person,
        /// The session as it was to be.
        from: Span,
        /// What became of it, where that is still known.
        lost: Option<(Outcome, Option<Side>)>,
        /// Whether nobody was asked.
        automatic: bool,
    },
    /// The user chose something that is no longer valid.
    TooLate {
        /// With whom, where that is known.
        person: Option<Person>,
        /// Why.
        why: InvalidChoice,
    },
    /// More happened today than the user wants to be told of.
    More {
        /// How many facts.
        count: u32,
    },
    /// The database was damaged, set aside and restored.
    StoreRestored {
        /// The day of the copy that the ledger came from, where there was one.
        copy: Option<jiff::civil::Date>,
    },
    /// Nothing can be stored now. It is never queued, as that would be storing.
    Storage {
        /// What is wrong and what to do, fit to be shown.
        problem: String,
    },
}

/// A time that a notice offers for a lost session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotOffer {
    /// When.
    pub span: Span,
    /// Whether the other is known to be free then.
    pub other_is_free: bool,
    /// Whether it ends by the session's deadline.
    pub in_time: bool,
    /// Whether cadenced may write nothing there, so that it takes a message of the user's.
    pub by_message: bool,
}

impl Subject {
    /// With whom the session or the 1:1 is that it is about.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::Lost { person, .. }
            | Self::PutBack { person, .. }
            | Self::NotDone { person, .. }
            | Self::Missed { person, .. }
            | Self::Lapsed { person, .. }
            | Self::ConflictAhead { person, .. }
            | Self::Overlap { person, .. }
            | Self::SeriesDeleted { person, .. }
            | Self::SeriesDeclined { person, .. }
            | Self::Soon { person, .. }
            | Self::OtherTimes { person, .. }
            | Self::Explained { person, .. } => Some(person),
            Self::TooLate { person, .. } => person.as_ref(),
            Self::Digest { .. }
            | Self::ReportReady { .. }
            | Self::Stale { .. }
            | Self::More { .. }
            | Self::StoreRestored { .. }
            | Self::Storage { .. } => None,
        }
    }
}

impl Notice {
    /// The time that it offers, with its session.
    #[must_use]
    pub fn offer(&self) -> Option<Offered> {
        match &self.subject {
            Subject::Lost { session, offer: Some(offer), .. }
            | Subject::Missed { session, offer: Some(offer), .. }
            | Subject::ConflictAhead { session, offer: Some(offer), .. } => {
                Some(Offered { session: session.clone(), slot: offer.span })
            }
            Subject::Lost { offer: None, .. }
            | Subject::Missed { offer: None, .. }
            | Subject::ConflictAhead { offer: None, .. }
            | Subject::Overlap { .. }
            | Subject::SeriesDeleted { .. }
            | Subject::PutBack { .. }
            | Subject::NotDone { .. }
            | Subject::Digest { .. }
            | Subject::ReportReady { .. }
            | Subject::Lapsed { .. }
            | Subject::SeriesDeclined { .. }
            | Subject::Stale { .. }
            | Subject::Soon { .. }
            | Subject::OtherTimes { .. }
            | Subject::Explained { .. }
            | Subject::TooLate { .. }
            | Subject::More { .. }
            | Subject::StoreRestored { .. }
            | Subject::Storage { .. } => None,
        }
    }
}

/// A session in a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestSession {
    /// When it was to be.
    pub start: Timestamp,
    /// Whether it can still be made up in time.
    pub open: bool,
}

/// One person in a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLine {
    /// Who.
    pub person: Person,
    /// The sessions that wait to be made up, oldest first.
    #[serde(default)]
    pub sessions: Vec<DigestSession>,
    /// Whether nothing was held for more than twice the cadence.
    pub overdue: bool,
    /// When something was last held.
    pub last_held: Option<Timestamp>,
}

/// A ground for a proposal; the words for it are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalReason {
    /// It is owed and can still be made up in time.
    OwedOpen,
    /// It is owed, and late already.
    OwedMissed,
    /// Its time is to come, and another event covers it.
    InConflict,
    /// A replacement is on the calendar already.
    ReplacementPlanned,
    /// The calendar can only be read.
    ReadOnly,
    /// The other called the 1:1, so that only they can move it.
    NotOrganiser,
    /// The mode is `off`.
    ModeOff,
    /// The source is stale: nothing is decided from it.
    SourceStale,
    /// The 1:1 is tentative until the user confirms it.
    Tentative,
    /// An operation for it is under way, or the calendar has not been read since.
    InHand,
    /// Somebody took off the calendar what cadenced put there.
    TakenBack,
    /// The user undid what cadenced did.
    Undone,
    /// The calendar's server says one thing and shows another.
    Uncertain,
    /// It was tried often enough.
    GaveUp,
    /// It has been moved or made up by itself once, and never is again.
    OnceAlready,
    /// It was past when cadenced first saw the series.
    LongLost,
    /// The other lost it, so that the user is asked first.
    OtherSideLost,
    /// Another event took its time, and nobody has said yet whether it was held all the same.
    MayHaveBeenHeld,
    /// Nobody could say whether the other is free.
    OtherUnknown,
    /// Nobody was asked yet whether the other is free; that is done before anything is written.
    NotAskedYet,
    /// It was lost only now; somebody may be about to fix it.
    Grace,
    /// The server asked not to be written to for a while.
    ServerAskedToWait,
    /// As many were moved or made up today as may be.
    DailyLimit,
    /// The other organises it, and gets some time to fix it first.
    OrganiserFirst,
    /// The user said yes.
    UserSaidYes,
    /// The slot that the user took is no longer available.
    SlotGone,
    /// The two are never free at the same time.
    NoCommonFreeTime,
    /// The two never work at the same time.
    NoCommonHours,
    /// All that would do is at times that the user protects.
    ProtectedTimes,
    /// All that would do is too soon.
    TooSoon,
    /// There is no room between the sessions before and after it.
    NoRoom,
    /// So many sessions wait that no time is looked for this one yet.
    ManyWait,
    /// The owner's own time could not be read.
    OwnTimeUnknown,
    /// It is not known who to invite.
    NoAddress,
}

impl ProposalReason {
    /// Whether it says why there is no time for a session.
    #[must_use]
    pub const fn is_no_time(self) -> bool {
        matches!(
            self,
            Self::NoCommonFreeTime
                | Self::NoCommonHours
                | Self::ProtectedTimes
                | Self::TooSoon
                | Self::NoRoom
                | Self::OwnTimeUnknown
        )
    }
}

/// Why a choice is not recorded; the words for it are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidChoice {
    /// The same was said before, and stands.
    Already,
    /// What it is about is no longer known.
    Gone,
    /// The session is no longer owed: held, made up, waived or back on the calendar.
    NotOwed,
    /// Something stands in for the session already.
    MadeUp,
    /// It is being acted on.
    InHand,
    /// Its time is over.
    Past,
    /// Its time is not over yet.
    NotYet,
    /// It was taken back before.
    Undone,
    /// It was never done.
    NotDone,
    /// Somebody changed the event since.
    Touched,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::person::Relation;

    /// Its button for other times asks for the person.
    #[test]
    fn a_conflict_ahead_is_about_a_person() {
        let start = Timestamp::UNIX_EPOCH;
        let span = Span { start, end: start };
        let person = Person { name: "Ann".to_owned(), addresses: Vec::new(), relation: Relation::Report };
        let session = SessionId { one_on_one: OneOnOneId("a".to_owned()), original: start };
        let subject =
            Subject::ConflictAhead { session, person: person.clone(), span, other: span, offer: None, no_time: None };
        assert_eq!(subject.person(), Some(&person));
        assert_eq!(Subject::More { count: 1 }.person(), None);
    }
}
