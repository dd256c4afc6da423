//! The part of `cadenced explain SESSION` about getting the session back: what would be done, and what was done.

use super::plan::grounds_words;
use jiff::Timestamp;

use super::output::{indented, section};
use crate::domain::operation::{Operation, StandDownReason, State, WriteKind};
use crate::domain::plan::{Proposal, ProposalKind, ProposalReason, proposals};
use crate::domain::policy::Policy;
use crate::domain::sanitize;
use crate::domain::session::Session;
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;
use crate::wording::local_time::LocalTime;
use crate::wording::{phrases, touched};

/// What would be done about a session and what was done, as sections; nothing where neither is.
pub fn text(session: &Session, standing: &Standing, snapshot: &Snapshot, policy: &Policy, wall: &LocalTime) -> String {
    let proposal = proposals(standing, snapshot, policy).into_iter().find(|one| one.session == session.id);
    let would = proposal.map(|proposal| {
        let source = proposal.intent.as_ref().map(|intent| &intent.source);
        let pause = source.and_then(|source| snapshot.no_writes_until(source, standing.now));
        section("Getting it back", &lines(would_be(&proposal, pause, wall)))
    });
    let operations: Vec<String> = snapshot
        .operations
        .iter()
        .filter(|operation| operation.is_of(session))
        .map(|operation| done(operation, policy, wall))
        .collect();
    let did = (!operations.is_empty()).then(|| section("What cadenced did", &lines(operations)));
    would.into_iter().chain(did).fold(String::new(), |all, part| all + "\n" + &part)
}

fn lines(all: impl IntoIterator<Item = String>) -> String {
    indented(all, "  - ", "    ")
}

fn would_be(proposal: &Proposal, pause: Option<Timestamp>, wall: &LocalTime) -> Vec<String> {
    let name = sanitize::name(&proposal.person, 40);
    let what = match proposal.kind {
        ProposalKind::Move => "cadenced moves it",
        ProposalKind::MakeUp => "cadenced makes it up",
        ProposalKind::Propose => "cadenced writes nothing here; `cadenced draft` writes a message for you to send",
        ProposalKind::Ask => "you are asked first",
        ProposalKind::None => "nothing is done",
    };
    let mut all = vec![match proposal.due {
        Some(due) => format!("{what}, not before {}", wall.moment(due)),
        None => what.to_owned(),
    }];
    all.extend(proposal.why.iter().map(|ground| match (ground, pause) {
        (ProposalReason::ServerAskedToWait, Some(until)) => {
            format!("the server asked cadenced not to write to it before {}", wall.moment(until))
        }
        (ground, _) => phrases::grounds(*ground).to_owned(),
    }));
    if let Some(choice) = &proposal.choice {
        let best = grounds_words(&choice.best, &name).join("; ");
        all.push(format!("best time: {} ({best})", wall.moment(choice.best.span.start)));
        for other in &choice.runners_up {
            let against = grounds_words(other, &name).join("; ");
            all.push(format!("next best: {} ({against})", wall.moment(other.span.start)));
        }
    }
    all
}

fn done(operation: &Operation, policy: &Policy, wall: &LocalTime) -> String {
    let intent = &operation.intent;
    let to = wall.moment(intent.to.span(&policy.zone).start);
    let what = match intent.way {
        WriteKind::Move => format!("move to {to}"),
        WriteKind::MakeUp => format!("make-up at {to}"),
        WriteKind::MoveBack => format!("move back to {to}"),
        WriteKind::TakeOff => format!("removal of the make-up at {}", wall.moment(intent.from.start)),
    };
    let how = match operation.state {
        State::Sending => "under way".to_owned(),
        State::Done if operation.unseen => "done, and not seen on the calendar yet".to_owned(),
        State::Done => "done".to_owned(),
        State::StoodDown { why: StandDownReason::TouchedSince } if operation.touched.is_some() => {
            let touched = operation.touched.as_ref().map(|changed| touched::words(changed, wall));
            format!("not done: {}", touched.unwrap_or_default())
        }
        State::StoodDown { why } => format!("not done: {}", phrases::halt(why)),
        State::Refused => "not done: somebody deleted a make-up for it before, and that is respected".to_owned(),
        State::Uncertain => "uncertain: the server reported success but shows something else".to_owned(),
    };
    let asked = if intent.automatic { "without asking" } else { "at your request" };
    let id = operation.id.0.get(..8).unwrap_or(&operation.id.0);
    format!("{}: {what}, {asked}: {how} ({id})", wall.moment(operation.started))
}
