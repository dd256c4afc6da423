//! Writes that the user asked for: a chosen slot, an undo; and make-ups that yield to the organiser's.

use jiff::Timestamp;

use super::history::is_undone;
use super::write_plan::PAUSE;
use crate::domain::event::{Event, Reply, Status};
use crate::domain::make_up::MakeUpName;
use crate::domain::operation::{Intent, Operation, StandDownReason, State, WriteKind};
use crate::domain::person::Side;
use crate::domain::policy::Policy;
use crate::domain::session::{Choice, Session};
use crate::domain::slot::{Against, Search, blocked_by};
use crate::domain::snapshot::Snapshot;
use crate::domain::span::Span;
use crate::domain::standing::Standing;

/// The slot that the user took for a session, if that was not acted on yet.
pub(super) fn slot(session: &Session, snapshot: &Snapshot) -> Option<Span> {
    let (slot, at) = snapshot.decisions.iter().rev().find_map(|decision| {
        let Choice::Take { session: id, slot } = &decision.choice else { return None };
        (*id == session.id).then_some((*slot, decision.at))
    })?;
    let answers = |operation: &&Operation| {
        let passed = matches!(operation.state, State::StoodDown { why } if why.passes());
        operation.started >= at && !passed
    };
    super::history::of_session(session, snapshot).find(answers).is_none().then_some(slot)
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

/// Whether a slot that cadenced chose still does. The notice that it kept then need not be kept once more.
pub(super) fn does(search: &Search<'_>, slot: Span) -> bool {
    let kept = |against: &Against| matches!(against, Against::TooSoon { .. }) && slot.start > search.now;
    blocked_by(search, slot).iter().all(kept)
}

/// When something that was not done is tried again; none where it is not.
#[must_use]
pub fn retried_at(operation: &Operation) -> Option<Timestamp> {
    let State::StoodDown { why } = operation.state else { return None };
    let again = why.passes() || (why == StandDownReason::Changed && operation.is_undoing());
    again.then(|| operation.changed.saturating_add(PAUSE).unwrap_or(Timestamp::MAX))
}

/// The operations that the user wants undone and that were not yet, as what undoes them.
#[must_use]
pub fn undoings(snapshot: &Snapshot, policy: &Policy, now: Timestamp) -> Vec<Intent> {
    let wanted = snapshot.decisions.iter().filter_map(|decision| {
        let Choice::Undo { operation } = &decision.choice else { return None };
        Some((operation, decision.at))
    });
    let undone = wanted.filter_map(|(id, at)| {
        let operation = snapshot.operations.iter().find(|operation| operation.id == *id)?;
        let tried = snapshot.operations.iter().any(|other| {
            let pauses = retried_at(other).is_none_or(|again| again > now);
            other.intent.undoes.as_ref() == Some(id) && other.started >= at && pauses
        });
        let may = operation.state == State::Done && !is_undone(operation, snapshot) && !tried;
        may.then(|| undoing(operation, policy))?
    });
    let mut intents: Vec<Intent> = undone.collect();
    intents.dedup();
    intents
}

/// The make-ups that the owner made as a guest and that yield, as the organiser made one for the same session: one of the two stands.
#[must_use]
pub fn withdrawals(snapshot: &Snapshot, policy: &Policy, now: Timestamp) -> Vec<Intent> {
    let is_tried = |operation: &Operation| {
        snapshot.operations.iter().any(|other| {
            let pauses = retried_at(other).is_none_or(|again| again > now);
            other.intent.undoes.as_ref() == Some(&operation.id) && pauses
        })
    };
    // What another machine wrote is withdrawn by that one, which knows what it was like.
    let made = snapshot.operations.iter().filter(|operation| {
        let is_own = operation.intent.way == WriteKind::MakeUp && operation.written.is_some();
        is_own && operation.intent.as_guest && operation.state == State::Done
    });
    let ahead = made.filter(|made| made.intent.to.span(&policy.zone).start > now && !is_tried(made));
    let intent = |made: &Operation| {
        let stands = organisers_make_up(made, snapshot, policy).filter(|_| !planted!("guests-never-withdraw"))?;
        Some(Intent { automatic: true, yields_to: Some(stands), ..undoing(made, policy)? })
    };
    ahead.filter_map(intent).collect()
}

/// The operations that were given up as nothing had come of them, and that a calendar shows anyway: their request arrived late.
#[must_use]
pub fn landed<'a>(standing: &Standing, snapshot: &'a Snapshot, policy: &Policy) -> Vec<&'a Operation> {
    let is_given_up = |operation: &&Operation| {
        operation.unseen && matches!(operation.state, State::StoodDown { .. }) && !operation.is_undoing()
    };
    let shows = |operation: &&Operation| match operation.intent.way {
        WriteKind::MakeUp => make_up_shown(&operation.intent.make_up_name(), snapshot, policy).is_some(),
        WriteKind::Move => {
            let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
            let to = operation.intent.to.span(&policy.zone);
            sessions.filter(|session| operation.is_of(session)).any(|session| session.span == to)
        }
        WriteKind::MoveBack | WriteKind::TakeOff => false,
    };
    snapshot.operations.iter().filter(is_given_up).filter(shows).collect()
}

/// When the organiser's make-up for the same session is, where a calendar of the owner shows that it stands.
fn organisers_make_up(guests: &Operation, snapshot: &Snapshot, policy: &Policy) -> Option<Span> {
    make_up_shown(&guests.intent.make_up_name().of_the_other(), snapshot, policy)
}

/// When a make-up of this name is, where a calendar of the owner shows that it stands.
fn make_up_shown(name: &MakeUpName, snapshot: &Snapshot, policy: &Policy) -> Option<Span> {
    let mut shown = snapshot.events.iter().filter(|held| MakeUpName::in_uid(&held.event.uid).as_ref() == Some(name));
    let stands = |event: &Event| {
        let is_declined = event.guests.iter().any(|guest| guest.reply == Reply::Declined);
        event.status != Status::Cancelled && !is_declined
    };
    let found = shown.find(|held| held.vanished.is_none() && stands(&held.event))?;
    Some(Span::new(found.event.start.instant(&policy.zone), found.event.end.instant(&policy.zone)))
}

/// The slots that the user took for sessions that are no longer owed, as what is not done.
#[must_use]
pub fn pointless(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Vec<(Intent, StandDownReason)> {
    let sessions = standing.one_on_ones.iter().flat_map(|one| one.sessions.iter().map(move |session| (one, session)));
    let is_sent = |session: &Session| {
        snapshot.operations.iter().any(|operation| operation.is_of(session) && operation.state == State::Sending)
    };
    let over = sessions.filter(|(_, session)| !session.owed && session.conflict_ahead().is_none() && !is_sent(session));
    let found = over.filter_map(|(one, session)| {
        let slot = slot(session, snapshot)?;
        let why = if session.outcome.is_lost() { StandDownReason::NotOwed } else { StandDownReason::Stands };
        Some((super::write_plan::intent(one, session, WriteKind::MakeUp, slot, snapshot, policy)?, why))
    });
    found.collect()
}

fn undoing(operation: &Operation, policy: &Policy) -> Option<Intent> {
    let done = &operation.intent;
    let way = match done.way {
        WriteKind::Move => WriteKind::MoveBack,
        WriteKind::MakeUp => WriteKind::TakeOff,
        WriteKind::MoveBack | WriteKind::TakeOff => return None,
    };
    let there = done.to.span(&policy.zone);
    Some(Intent {
        way,
        from: there,
        to: super::write_plan::times(&done.to.start, done.from, policy),
        automatic: false,
        gave_way: Vec::new(),
        undoes: Some(operation.id.clone()),
        ..done.clone()
    })
}
