//! Owns `cadenced plan`: what would be done now about each owed session, without doing it.

use serde_json::{Value, json};

use super::screen;
use super::words;
use crate::domain::plan::{Proposal, ProposalKind};
use crate::domain::shown;
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
    let words = match proposal.kind {
        ProposalKind::Propose => "you are told, and may propose a time",
        ProposalKind::Ask => "you are asked first",
        ProposalKind::None => "nothing",
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
    json!({
        "id": format!("p-{}", proposal.session),
        "kind": proposal.kind,
        "session": proposal.session,
        "person": words::person_json(&proposal.person),
        "from": span_json(proposal.from, wall),
        "to": proposal.to.map(|span| span_json(span, wall)),
        "why": why.collect::<Value>(),
        "not": [],
        "mode": words::mode(proposal.mode),
    })
}

fn span_json(span: Span, wall: &Wall) -> Value {
    json!({ "start": wall.exact(span.start), "end": wall.exact(span.end) })
}
