//! Owns what the user said: a slot that they took, and an operation that they want undone.

use super::earlier::is_undone;
use crate::domain::operation::{Intent, Operation, State, Way};
use crate::domain::person::Side;
use crate::domain::policy::Policy;
use crate::domain::session::{Choice, Session};
use crate::domain::slot::{Against, Search, blocked_by};
use crate::domain::snapshot::Snapshot;
use crate::domain::span::Span;

/// The slot that the user took for a session, if that was not acted on yet.
pub(super) fn slot(session: &Session, snapshot: &Snapshot) -> Option<Span> {
    let (slot, at) = snapshot.decisions.iter().rev().find_map(|decision| match &decision.choice {
        Choice::Take { session: id, slot } if *id == session.id => Some((*slot, decision.at)),
        _ => None,
    })?;
    let answers = |operation: &&Operation| {
        let passed = matches!(operation.state, State::StoodDown { why } if why.passes());
        operation.started >= at && !passed
    };
    super::earlier::of_session(session, snapshot).find(answers).is_none().then_some(slot)
}

/// Whether a slot that the user took still does. They may overrule everything but what is on a calendar by now.
pub(super) fn still_does(search: &Search<'_>, slot: Span) -> bool {
    let overruled = |against: &Against| match against {
        Against::TooSoon { .. } => slot.start > search.now,
        Against::TooLate
        | Against::TooShort
        | Against::OutsideHours(_)
        | Against::Protected
        | Against::Buffer(_)
        | Against::Unknown(Side::Other) => true,
        Against::NotAfterPrevious
        | Against::NotBeforeNext
        | Against::OriginalTime
        | Against::Busy { .. }
        | Against::Unknown(Side::Owner) => false,
    };
    blocked_by(search, slot).iter().all(overruled)
}

/// The operations that the user wants undone and that were not yet, as what undoes them.
#[must_use]
pub fn undoings(snapshot: &Snapshot, policy: &Policy) -> Vec<Intent> {
    let wanted = snapshot.decisions.iter().filter_map(|decision| match &decision.choice {
        Choice::Undo { operation } => Some((operation, decision.at)),
        _ => None,
    });
    let undone = wanted.filter_map(|(id, at)| {
        let operation = snapshot.operations.iter().find(|operation| operation.id == *id)?;
        let tried = snapshot.operations.iter().any(|other| {
            let passed = matches!(other.state, State::StoodDown { why } if why.passes());
            other.intent.undoes.as_ref() == Some(id) && other.started >= at && !passed
        });
        let may = operation.state == State::Done && !is_undone(operation, snapshot) && !tried;
        may.then(|| undoing(operation, policy))?
    });
    let mut intents: Vec<Intent> = undone.collect();
    intents.dedup();
    intents
}

fn undoing(operation: &Operation, policy: &Policy) -> Option<Intent> {
    let done = &operation.intent;
    let way = match done.way {
        Way::Move => Way::MoveBack,
        Way::MakeUp => Way::TakeOff,
        Way::MoveBack | Way::TakeOff => return None,
    };
    let there = done.to.span(&policy.zone);
    Some(Intent {
        way,
        from: there,
        to: super::way::times(&done.to.start, done.from, policy),
        automatic: false,
        gave_way: Vec::new(),
        undoes: Some(operation.id.clone()),
        ..done.clone()
    })
}
