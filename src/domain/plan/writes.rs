//! Plans writes, questions and undos, and the reads that they need first.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Proposal, ProposalKind};
use crate::domain::operation::{Intent, Operation, StandDownReason, State};
use crate::domain::policy::Policy;
use crate::domain::reschedule::{AskBusy, left_today, pointless, retried_at, undoings, whom_to_ask, withdrawals};
use crate::domain::snapshot::Snapshot;
use crate::domain::source::{SourceId, Whose};
use crate::domain::standing::Standing;

/// How long something that was cut off is left alone before it is looked at again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What must be known afresh before something is written: a plan that was made from it, and from nothing older, decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredReads {
    /// The calendars to read.
    pub sources: BTreeSet<SourceId>,
    /// Whose free/busy to ask for.
    pub asks: Vec<AskBusy>,
}

/// The questions whose answers are missing; each person once.
pub(super) fn to_ask(proposals: &[Proposal]) -> Vec<AskBusy> {
    let mut asks: Vec<AskBusy> = Vec::new();
    for mut ask in proposals.iter().filter_map(|proposal| proposal.asks.clone()) {
        ask.who.retain(|who| !asks.iter().any(|other| other.who.contains(who)));
        if !ask.who.is_empty() {
            asks.push(ask);
        }
    }
    asks
}

/// What is to be written now: nothing whose question is still open, and no more without asking than the day allows. Two sessions
/// never go to the same time: the second one is planned again once the first is on the calendar.
pub(super) fn to_do(standing: &Standing, snapshot: &Snapshot, policy: &Policy, proposals: &[Proposal]) -> Vec<Intent> {
    let mut left = left_today(snapshot, policy, standing.now);
    let may_write = |intent: &Intent| snapshot.no_writes_until(&intent.source, standing.now).is_none();
    let back = undoings(snapshot, policy, standing.now).into_iter().chain(withdrawals(snapshot, policy, standing.now));
    let mut intents: Vec<Intent> = back.filter(may_write).collect();
    for proposal in proposals.iter().filter(|proposal| is_due(proposal, standing)) {
        let Some(intent) = &proposal.intent else { continue };
        let span = intent.to.span(&policy.zone);
        let clashes = !planted!("two-writes-to-one-time")
            && intents.iter().any(|other| other.to.span(&policy.zone).overlaps(&span));
        if clashes || (intent.automatic && left == 0) {
            continue;
        }
        left -= usize::from(intent.automatic);
        intents.push(intent.clone());
    }
    intents
}

/// What the user wanted and can no longer be done.
pub(super) fn to_turn_down(
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
    proposals: &[Proposal],
) -> Vec<(Intent, StandDownReason)> {
    let gone = proposals.iter().filter_map(|proposal| proposal.turned_down.clone());
    gone.chain(pointless(standing, snapshot, policy)).collect()
}

/// What a plan that holds an intent must have been made from: the calendar that is written to, every calendar that shows when the owner
/// is busy or what stands in for a session, those that show the other's time, and what their server says of both.
#[must_use]
pub fn needed(intent: &Intent, standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> RequiredReads {
    let own = intent.source.clone();
    if intent.undoes.is_some() {
        return RequiredReads { sources: [own].into(), asks: Vec::new() };
    }
    let one = standing.one_on_ones.iter().find(|one| one.id == intent.session.one_on_one);
    let is_theirs = |whose: &Whose| match whose {
        Whose::Owner => true,
        Whose::Person(address) => one.is_some_and(|one| one.person.addresses.contains(address)),
        Whose::Holidays => false,
    };
    let others = snapshot.sources.iter().filter(|source| is_theirs(&source.whose)).map(|source| source.id.clone());
    let asks = one.and_then(|one| whom_to_ask(one, standing, snapshot, policy)).into_iter().collect();
    RequiredReads { sources: others.chain([own]).collect(), asks }
}

/// When something is to be written, or looked at again, that is not to be yet.
#[must_use]
pub fn next_deed(proposals: &[Proposal], snapshot: &Snapshot, now: Timestamp) -> Option<Timestamp> {
    let waiting = proposals.iter().filter(|proposal| proposal.intent.is_some()).filter_map(|proposal| proposal.due);
    let to_look_at = |operation: &Operation| operation.state == State::Sending || operation.is_unseen();
    let look = snapshot.operations.iter().any(to_look_at);
    let look = look.then(|| now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX));
    let undoings = snapshot.operations.iter().filter(|operation| operation.is_undoing());
    let pauses = snapshot.back_offs.iter().map(|off| off.until).chain(undoings.filter_map(retried_at));
    waiting.chain(pauses).filter(|&due| due > now && !planted!("the-wake-forgets-the-grace")).chain(look).min()
}

fn is_due(proposal: &Proposal, standing: &Standing) -> bool {
    let is_deed = matches!(proposal.kind, ProposalKind::Move | ProposalKind::MakeUp);
    is_deed
        && (proposal.asks.is_none() || planted!("written-before-the-answer"))
        && proposal.due.is_some_and(|due| due <= standing.now)
}
