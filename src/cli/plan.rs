//! Owns `cadenced plan`: what would be done now about each owed session, without doing it.

use serde_json::{Value, json};

use super::screen;
use super::words;
use crate::domain::operation::Way;
use crate::domain::plan::{Proposal, ProposalKind};
use crate::domain::shown;
use crate::domain::slot::Candidate;
use crate::domain::span::Span;
use crate::report::phrases;
use crate::report::wall::{Wall, about};

/// The proposals as text.
pub fn text(proposals: &[Proposal], wall: &Wall) -> String {
    if proposals.is_empty() {
        return "Nothing is owed, and nothing would be done.\n".to_owned();
    }
    let mut table = screen::table(&["PERSON", "LOST", "WHAT WOULD BE DONE", "AS"]);
    for proposal in proposals {
        let why: Vec<_> = proposal.why.iter().map(|ground| phrases::grounds(*ground)).collect();
        table.add_row([
            shown::name(&proposal.person, 20),
            wall.moment(proposal.from.start),
            what(proposal, wall),
            why.join("; "),
        ]);
    }
    screen::lines(&mut table)
}

fn what(proposal: &Proposal, wall: &Wall) -> String {
    let way = proposal.intent.as_ref().map(|intent| intent.way);
    let words = match (proposal.kind, way) {
        (ProposalKind::Move, _) => "it is moved",
        (ProposalKind::MakeUp, _) => "it is made up",
        (ProposalKind::Propose, _) => "you may propose a time (`cadenced draft`)",
        (ProposalKind::Ask, Some(Way::Move)) => "you are asked whether to move it",
        (ProposalKind::Ask, _) => "you are asked whether to make it up",
        (ProposalKind::None, _) => "nothing",
    };
    match proposal.to {
        Some(to) => format!("{words}: {} for {}", wall.moment(to.start), about(to.length())),
        None => words.to_owned(),
    }
}

/// The proposals for programs. See `docs/schemas/plan.json`.
pub fn json(proposals: &[Proposal], wall: &Wall) -> Value {
    proposals.iter().map(|proposal| proposal_json(proposal, wall)).collect()
}

fn proposal_json(proposal: &Proposal, wall: &Wall) -> Value {
    let why = proposal.why.iter().map(|ground| words::detailed(ground, phrases::grounds(*ground)));
    let name = shown::name(&proposal.person, 40);
    let runners_up = proposal.choice.iter().flat_map(|choice| &choice.runners_up);
    json!({
        "id": format!("p-{}", proposal.session),
        "kind": proposal.kind,
        "session": proposal.session,
        "person": words::person_json(&proposal.person),
        "from": span_json(proposal.from, wall),
        "to": proposal.to.map(|span| span_json(span, wall)),
        "why": why.collect::<Value>(),
        "due": proposal.due.map(|due| wall.exact(due)),
        "grounds": grounds_json(proposal.choice.iter().map(|choice| &choice.best).next(), &name),
        "not": runners_up.map(|candidate| json!({
            "slot": span_json(candidate.span, wall),
            "reason": grounds_words(candidate, &name).join("; "),
            "reasons": grounds_json(Some(candidate), &name),
        })).collect::<Value>(),
        "mode": words::mode(proposal.mode),
    })
}

/// What is to be said of a candidate, in words.
pub fn grounds_words(candidate: &Candidate, other: &str) -> Vec<String> {
    candidate.grounds.iter().map(|ground| phrases::slot_ground(ground, other)).collect()
}

fn grounds_json(candidate: Option<&Candidate>, other: &str) -> Value {
    candidate.into_iter().flat_map(|candidate| grounds_words(candidate, other)).collect()
}

fn span_json(span: Span, wall: &Wall) -> Value {
    json!({ "start": wall.exact(span.start), "end": wall.exact(span.end) })
}
