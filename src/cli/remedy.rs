//! What `cadenced explain SESSION` says about getting the session back: what would be done and why, and what was done.

use super::plan::grounds_words;
use super::screen::{indented, section};
use crate::domain::operation::{Operation, State, Way};
use crate::domain::plan::{Proposal, ProposalKind, proposals};
use crate::domain::policy::Policy;
use crate::domain::session::Session;
use crate::domain::shown;
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;
use crate::wording::phrases;
use crate::wording::wall::Wall;

/// What would be done about a session and what was done, as sections; nothing where neither is.
pub fn text(session: &Session, standing: &Standing, snapshot: &Snapshot, policy: &Policy, wall: &Wall) -> String {
    let proposal = proposals(standing, snapshot, policy).into_iter().find(|one| one.session == session.id);
    let would = proposal.map(|proposal| section("Getting it back", &lines(would_be(&proposal, wall))));
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

fn would_be(proposal: &Proposal, wall: &Wall) -> Vec<String> {
    let name = shown::name(&proposal.person, 40);
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
    all.extend(proposal.why.iter().map(|ground| phrases::grounds(*ground).to_owned()));
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

fn done(operation: &Operation, policy: &Policy, wall: &Wall) -> String {
    let intent = &operation.intent;
    let to = wall.moment(intent.to.span(&policy.zone).start);
    let what = match intent.way {
        Way::Move => format!("move to {to}"),
        Way::MakeUp => format!("make-up at {to}"),
        Way::MoveBack => format!("move back to {to}"),
        Way::TakeOff => format!("removal of the make-up at {}", wall.moment(intent.from.start)),
    };
    let how = match operation.state {
        State::Sending => "under way".to_owned(),
        State::Done => "done".to_owned(),
        State::StoodDown { why } => format!("not done: {}", phrases::halt(why)),
        State::Refused => "not done: somebody had deleted such a make-up, and that is respected".to_owned(),
        State::Uncertain => "uncertain: the server reported success but shows something else".to_owned(),
    };
    let asked = if intent.automatic { "without asking" } else { "as you wanted" };
    let id = operation.id.0.get(..8).unwrap_or(&operation.id.0);
    format!("{}: {what}, {asked}: {how} ({id})", wall.moment(operation.started))
}
