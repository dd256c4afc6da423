//! Checks whether a choice is still valid before it is recorded, and if not, why.

use super::InvalidChoice;
use crate::domain::operation::{Operation, StandDownReason, State};
use crate::domain::outcome::user_outcome;
use crate::domain::policy::Policy;
use crate::domain::reschedule::Proposal;
use crate::domain::session::{Choice, Decision, Outcome, Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;

/// Looks whether a choice still means something. What it then leads to, the planner decides with everything else.
///
/// # Errors
/// [`InvalidChoice`], and nothing should be recorded: a late or double click does nothing.
pub fn validate(
    choice: &Choice,
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
    proposals: &[Proposal],
) -> Result<(), InvalidChoice> {
    match choice {
        Choice::Take { session, slot } => {
            let found = session_of(session, standing)?;
            if found.made_up_by.is_some() {
                return Err(InvalidChoice::MadeUp);
            }
            if !found.owed && found.conflict_ahead().is_none() {
                return Err(InvalidChoice::NotOwed);
            }
            if slot.start <= standing.now {
                return Err(InvalidChoice::Past);
            }
            let proposal = proposals.iter().find(|proposal| proposal.session == *session);
            if proposal.is_some_and(Proposal::is_in_hand) { Err(InvalidChoice::InHand) } else { Ok(()) }
        }
        Choice::Undo { operation } => {
            let found = snapshot.operations.iter().find(|other| other.id == *operation).ok_or(InvalidChoice::Gone)?;
            validate_undo(found, standing, snapshot, policy)
        }
        Choice::Held { session } | Choice::NoShow { session } => {
            let found = session_of(session, standing)?;
            if found.outcome == Outcome::Upcoming || found.span.end > standing.now {
                return Err(InvalidChoice::NotYet);
            }
            unless_said(choice, &snapshot.decisions, |other| user_outcome::about(other) == Some(session))
        }
        Choice::Excuse { session } => {
            session_of(session, standing)?;
            unless_said(choice, &snapshot.decisions, |other| user_outcome::about(other) == Some(session))
        }
        Choice::Withdraw { session } => {
            session_of(session, standing)?;
            let last = snapshot.decisions.iter().rev().find(|decision| user_outcome::about(decision) == Some(session));
            let stands = last.is_some_and(|decision| !matches!(decision.choice, Choice::Withdraw { .. }));
            if stands { Ok(()) } else { Err(InvalidChoice::Already) }
        }
        Choice::Waive { session } => {
            let found = session_of(session, standing)?;
            unless_said(choice, &snapshot.decisions, |other| user_outcome::about(other) == Some(session))?;
            if found.owed { Ok(()) } else { Err(InvalidChoice::NotOwed) }
        }
        Choice::KeepBoth { session } => {
            let found = session_of(session, standing)?;
            unless_said(choice, &snapshot.decisions, |other| user_outcome::about(other) == Some(session))?;
            if found.span.start <= standing.now { Err(InvalidChoice::Past) } else { Ok(()) }
        }
        Choice::Overlap { one_on_one, with, .. } => unless_said(
            choice,
            &snapshot.decisions,
            |other| matches!(&other.choice, Choice::Overlap { one_on_one: one, with: other, .. } if one == one_on_one && other == with),
        ),
        Choice::Confirm { id, .. } | Choice::Ignore { id } => unless_said(
            choice,
            &snapshot.decisions,
            |other| matches!(&other.choice, Choice::Confirm { id: before, .. } | Choice::Ignore { id: before } if before == id),
        ),
    }
}

fn validate_undo(
    found: &Operation,
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<(), InvalidChoice> {
    if found.state != State::Done || found.is_undoing() {
        return Err(InvalidChoice::NotDone);
    }
    let mut undoings = snapshot.operations.iter().filter(|other| other.intent.undoes.as_ref() == Some(&found.id));
    if undoings.clone().any(|other| other.state == State::Done) {
        return Err(InvalidChoice::Undone);
    }
    if undoings.any(|other| other.state == State::StoodDown { why: StandDownReason::TouchedSince }) {
        return Err(InvalidChoice::Touched);
    }
    let wanted = snapshot
        .decisions
        .iter()
        .rev()
        .find(|decision| matches!(&decision.choice, Choice::Undo { operation } if *operation == found.id));
    let answered = |decision: &Decision| {
        let answers = |other: &&Operation| {
            let passed = matches!(other.state, State::StoodDown { why } if why.passes());
            other.intent.undoes.as_ref() == Some(&found.id) && other.started >= decision.at && !passed
        };
        snapshot.operations.iter().find(answers).is_some()
    };
    if wanted.is_some_and(|decision| !answered(decision)) {
        return Err(InvalidChoice::InHand);
    }
    let to = found.intent.to.span(&policy.zone);
    if to.start <= standing.now { Err(InvalidChoice::Past) } else { Ok(()) }
}

fn session_of<'s>(id: &SessionId, standing: &'s Standing) -> Result<&'s Session, InvalidChoice> {
    let mut all = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    all.find(|session| session.id == *id).ok_or(InvalidChoice::Gone)
}

fn unless_said(
    choice: &Choice,
    decisions: &[Decision],
    same_subject: impl Fn(&Decision) -> bool,
) -> Result<(), InvalidChoice> {
    let last = decisions.iter().rev().find(|decision| same_subject(decision));
    if last.is_some_and(|last| last.choice == *choice) { Err(InvalidChoice::Already) } else { Ok(()) }
}
