//! Owns [`Action`]: everything cadenced wants to do now, as plain values; the only place that joins the rules.

mod notices;
mod proposals;
mod records;
mod times;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::one_on_one::{KnownSeries, OneOnOneId};
use super::person::Person;
use super::policy::{Mode, Policy};
use super::session::{LedgerLine, Outcome, SessionId, Side};
use super::snapshot::Snapshot;
use super::source::SourceId;
use super::span::Span;
use super::standing::Standing;
use super::week::WeekId;

pub use proposals::proposals;
pub use times::{awaited_read, is_quiet, next_change};

/// Everything that should be done now, given where things stand.
///
/// Planning again after performing it yields nothing: what was recorded is in the snapshot, what was told in its keys.
#[must_use]
pub fn plan(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Vec<Action> {
    let mut actions = history(standing, snapshot);
    actions.extend(times::report_due(standing, snapshot, policy));
    actions.extend(notices::to_tell(standing, snapshot, policy).into_iter().map(Action::Tell));
    actions
}

/// What the ledger should learn of the past when a calendar is first read, from a standing that reaches far back.
#[must_use]
pub fn history(standing: &Standing, snapshot: &Snapshot) -> Vec<Action> {
    let mut actions = records::to_remember(standing, snapshot);
    actions.extend(records::to_record(standing, snapshot));
    actions
}

/// Something cadenced wants to do; decided here, performed elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Keep a series in mind beyond the life of its event.
    Remember(KnownSeries),
    /// Add a line to the ledger.
    Record(LedgerLine),
    /// Tell the user.
    Tell(Notice),
    /// Write the report of a week.
    Report {
        /// Which week.
        week: WeekId,
        /// Names the fact that it was written, like [`Notice::key`].
        key: String,
    },
}

/// Something the user is told, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names the fact: no two notices with one key are ever told.
    pub key: String,
    /// Further facts that telling this one settles as well (those that a digest sums up).
    pub settles: Vec<String>,
    /// What it says.
    pub subject: Subject,
    /// After this instant it is of no use any more.
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
        /// How many sessions with this person are owed, this one included.
        owed: u32,
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
        /// How many sessions with this person are owed, this one included.
        owed: u32,
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
    /// A series is no 1:1 any more, as one side declined it as a whole.
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
        /// Why, fit to be shown.
        problem: String,
    },
    /// The database was damaged, set aside and restored.
    StoreRestored {
        /// The day of the copy that the ledger came from, where there was one.
        copy: Option<jiff::civil::Date>,
    },
}

/// One person in a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLine {
    /// Who.
    pub person: Person,
    /// How many sessions are owed.
    pub owed: u32,
    /// How many of these can still be made up in time.
    pub open: u32,
    /// Whether nothing was held for more than twice the cadence.
    pub overdue: bool,
    /// When something was last held.
    pub last_held: Option<Timestamp>,
}

/// What would be done about one owed session, as `cadenced plan` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The session.
    pub session: SessionId,
    /// With whom.
    pub person: Person,
    /// What.
    pub kind: ProposalKind,
    /// Where it was to be.
    pub from: Span,
    /// Where it would go; none where nobody may or can say.
    pub to: Option<Span>,
    /// Why this, and why no more.
    pub why: Vec<Grounds>,
    /// The mode that applies.
    pub mode: Mode,
}

/// What kind of proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// The user is told and may draft a message.
    Propose,
    /// The user is asked first.
    Ask,
    /// Nothing.
    None,
}

/// A ground for a proposal; the words for it are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grounds {
    /// It is owed and can still be made up in time.
    OwedOpen,
    /// It is owed, and late already.
    OwedMissed,
    /// A replacement is on the calendar already.
    ReplacementPlanned,
    /// The calendar can only be read.
    ReadOnly,
    /// The mode is `off`.
    ModeOff,
    /// The source is stale: nothing is decided from it.
    SourceStale,
    /// The 1:1 is tentative until the user confirms it.
    Tentative,
}
