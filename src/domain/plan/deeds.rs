//! Owns what is to be asked and written now: the proposals whose time has come, and what the user wants undone.

use jiff::{SignedDuration, Timestamp};

use super::{Proposal, ProposalKind};
use crate::domain::operation::{Intent, State};
use crate::domain::policy::Policy;
use crate::domain::reschedule::{AskBusy, left_today, undoings};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;

/// How long something that was cut off is left alone before it is looked at again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// The questions whose answers are missing; each person once.
pub(super) fn to_ask(proposals: &[Proposal]) -> Vec<AskBusy> {
    let mut asked: Vec<AskBusy> = Vec::new();
    for ask in proposals.iter().filter_map(|proposal| proposal.asks.as_ref()) {
        if !asked.iter().any(|other| other.who == ask.who) {
            asked.push(ask.clone());
        }
    }
    asked
}

/// What is to be written now: nothing whose question is still open, and no more without asking than the day allows. Two sessions
/// never go to the same time: the second one is planned anew once the first is on the calendar.
pub(super) fn to_do(standing: &Standing, snapshot: &Snapshot, policy: &Policy, proposals: &[Proposal]) -> Vec<Intent> {
    let mut left = left_today(snapshot, policy, standing.now);
    let mut intents = undoings(snapshot, policy);
    for proposal in proposals.iter().filter(|proposal| is_due(proposal, standing)) {
        let Some(intent) = &proposal.intent else { continue };
        let span = intent.to.span(&policy.zone);
        let clashes = intents.iter().any(|other| other.to.span(&policy.zone).overlaps(&span));
        if clashes || (intent.automatic && left == 0) {
            continue;
        }
        left -= usize::from(intent.automatic);
        intents.push(intent.clone());
    }
    intents
}

/// When something is to be written, or looked at again, that is not to be yet.
#[must_use]
pub fn next_deed(proposals: &[Proposal], snapshot: &Snapshot, now: Timestamp) -> Option<Timestamp> {
    let waiting = proposals.iter().filter(|proposal| proposal.intent.is_some()).filter_map(|proposal| proposal.due);
    let is_cut_off = snapshot.operations.iter().any(|operation| operation.state == State::Sending);
    let look = is_cut_off.then(|| now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX));
    waiting.filter(|&due| due > now).chain(look).min()
}

fn is_due(proposal: &Proposal, standing: &Standing) -> bool {
    let is_deed = matches!(proposal.kind, ProposalKind::Move | ProposalKind::MakeUp);
    is_deed && proposal.asks.is_none() && proposal.due.is_some_and(|due| due <= standing.now)
}
