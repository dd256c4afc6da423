//! `cadenced plan`: shows what would be done now about each owed session, without doing it.

use serde_json::{Value, json};

use super::output;
use super::words;
use crate::domain::operation::WriteKind;
use crate::domain::person::Person;
use crate::domain::plan::{Proposal, ProposalKind, ProposalReason};
use crate::domain::sanitize;
use crate::domain::slot::Candidate;
use crate::domain::source::GuestNotice;
use crate::domain::span::Span;
use crate::wording::local_time::{LocalTime, about};
use crate::wording::phrases;

/// The proposals as text: a few lines for each session that something can be done about, and a line for each person where nothing can.
pub fn text(proposals: &[Proposal], wall: &LocalTime) -> String {
    if proposals.is_empty() {
        return "Nothing is owed, so there is nothing to do.\n".to_owned();
    }
    let (doable, rest): (Vec<_>, Vec<_>) = proposals.iter().partition(|proposal| proposal.kind != ProposalKind::None);
    let mut parts: Vec<String> = doable.into_iter().map(|proposal| of_session(proposal, wall)).collect();
    if !rest.is_empty() {
        let lines = output::indented(by_person(&rest, wall), "  ", "    ");
        parts.push(output::section("Nothing to do at the moment", &lines));
    }
    parts.join("\n")
}

fn of_session(proposal: &Proposal, wall: &LocalTime) -> String {
    let heading = format!("{}, {}", sanitize::name(&proposal.person, 40), wall.moment(proposal.from.start));
    let lines = [what(proposal, wall), format!("Why: {}.", why(proposal).join("; "))];
    output::section(&heading, &output::indented(lines, "  ", "    "))
}

/// A line for each person: the days, and why nothing is done.
fn by_person(proposals: &[&Proposal], wall: &LocalTime) -> Vec<String> {
    let mut people: Vec<&Person> = Vec::new();
    for proposal in proposals {
        if !people.contains(&&proposal.person) {
            people.push(&proposal.person);
        }
    }
    let line = |person: &Person| {
        let theirs: Vec<&&Proposal> = proposals.iter().filter(|proposal| proposal.person == *person).collect();
        let days: Vec<String> = theirs.iter().map(|proposal| wall.day(proposal.from.start)).collect();
        let mut reasons: Vec<String> = Vec::new();
        for reason in theirs.iter().map(|proposal| last_word(proposal, wall)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        format!("{} ({}): {}", sanitize::name(person, 40), days.join(", "), reasons.join("; "))
    };
    people.into_iter().map(line).collect()
}

/// Why nothing is done about a session: what was found last speaks for itself.
fn last_word(proposal: &Proposal, wall: &LocalTime) -> String {
    match (proposal.why.last(), proposal.to) {
        (Some(ProposalReason::ReplacementPlanned), Some(to)) => format!("made up {}", wall.moment(to.start)),
        (Some(ground), _) => phrases::grounds(*ground).to_owned(),
        (None, _) => "the reason is not known".to_owned(),
    }
}

fn why(proposal: &Proposal) -> Vec<&'static str> {
    let mut why: Vec<&'static str> = proposal.why.iter().map(|ground| phrases::grounds(*ground)).collect();
    why.extend(
        (proposal.guest_notice == Some(GuestNotice::Nobody)).then_some("your server tells nobody: write to them"),
    );
    why
}

fn what(proposal: &Proposal, wall: &LocalTime) -> String {
    let way = proposal.intent.as_ref().map(|intent| intent.way);
    let session = &proposal.session;
    let Some(to) = proposal.to else { return "You are asked as soon as a time is found.".to_owned() };
    let to = format!("{} ({})", wall.moment(to.start), about(to.length()));
    match (proposal.kind, way) {
        (ProposalKind::Move, _) => format!("cadenced moves it to {to}."),
        (ProposalKind::MakeUp, _) => format!("cadenced makes it up on {to}."),
        (ProposalKind::Propose, _) => format!("You can propose {to}: cadenced draft {session}"),
        (ProposalKind::Ask, Some(WriteKind::Move)) => {
            format!("You can have it moved to {to}: cadenced do {session} take")
        }
        (ProposalKind::Ask, _) => format!("You can have it made up on {to}: cadenced do {session} take"),
        (ProposalKind::None, _) => "Nothing.".to_owned(),
    }
}

/// The proposals for programs. See `docs/schemas/plan.json`.
pub fn json(proposals: &[Proposal], wall: &LocalTime) -> Value {
    proposals.iter().map(|proposal| proposal_json(proposal, wall)).collect()
}

fn proposal_json(proposal: &Proposal, wall: &LocalTime) -> Value {
    let why = proposal.why.iter().map(|ground| words::detailed(ground, phrases::grounds(*ground)));
    let name = sanitize::name(&proposal.person, 40);
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

fn span_json(span: Span, wall: &LocalTime) -> Value {
    json!({ "start": wall.exact(span.start), "end": wall.exact(span.end) })
}
