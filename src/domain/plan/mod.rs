//! Plans everything that cadenced wants to do now, as plain values.

mod ahead;
mod away;
mod digest;
mod notices;
mod records;
mod reminders;
mod still_valid;
mod times;
mod turns;
mod writes;

use jiff::Timestamp;

pub use super::facts::notice::{DigestLine, DigestSession, Notice, SlotOffer, Subject};
use super::facts::week_id::WeekId;
use super::one_on_one::{KnownSeries, OneOnOneId};
use super::operation::{Intent, StandDownReason};
use super::policy::Policy;
use super::reschedule::AskBusy;
use super::session::LedgerLine;
use super::snapshot::Snapshot;
use super::source::SourceId;
use super::standing::Standing;

pub use super::reschedule::{Proposal, ProposalKind, ProposalReason, proposals};
pub use still_valid::is_true;
pub use times::{awaited_read, day_start, is_quiet, next_change};
pub use turns::{DaysShare, in_turns};
pub use writes::{RequiredReads, needed, next_deed};

/// Everything that should be done now, given where things stand.
///
/// Planning again after performing it yields nothing: what was recorded is in the snapshot, what was told in its keys.
#[must_use]
pub fn plan(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Vec<Action> {
    let proposals = proposals(standing, snapshot, policy);
    let mut actions = history(standing, snapshot);
    actions.extend(times::report_due(standing, snapshot, policy));
    actions.extend(writes::to_ask(&proposals).into_iter().map(Action::Ask));
    let turned_down = writes::to_turn_down(standing, snapshot, policy, &proposals);
    actions.extend(turned_down.into_iter().map(|(intent, why)| Action::TurnDown(intent, why)));
    actions.extend(writes::to_do(standing, snapshot, policy, &proposals).into_iter().map(Action::Write));
    actions.extend(notices::to_tell(standing, snapshot, policy, &proposals).into_iter().map(Action::Tell));
    actions
}

/// What the ledger should learn of the past when a calendar is first read, from a standing that reaches far back.
#[must_use]
pub fn history(standing: &Standing, snapshot: &Snapshot) -> Vec<Action> {
    let mut actions = records::to_remember(standing, snapshot);
    actions.extend(records::to_record(standing, snapshot));
    actions.extend(records::recorded(snapshot));
    actions
}

/// Something cadenced wants to do; decided here, performed elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Keep a series in mind beyond the life of its event.
    Remember(KnownSeries),
    /// Forget that a series was a 1:1 of its own, as it turned out to continue another one.
    Forget {
        /// The series.
        uid: String,
        /// The 1:1 that it was taken for.
        one_on_one: OneOnOneId,
    },
    /// Add a line to the ledger.
    Record(LedgerLine),
    /// Note that the ledger has everything that a calendar had shown by a read.
    Recorded {
        /// Which calendar.
        source: SourceId,
        /// The start of that read.
        until: Timestamp,
    },
    /// Ask a server when somebody is busy.
    Ask(AskBusy),
    /// Write to a calendar.
    Write(Intent),
    /// Put down that something the user wanted is not done, and why.
    TurnDown(Intent, StandDownReason),
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
