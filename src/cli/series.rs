//! `cadenced series`: shows the 1:1s found, and the other series with why they are not 1:1s.

use serde_json::{Value, json};

use super::output::{self, Tone};
use super::words;
use crate::domain::one_on_one::{Cadence, Verdict};
use crate::domain::sanitize;
use crate::domain::standing::{OneOnOne, OtherSeries, Standing};
use crate::wording::local_time::LocalTime;
use crate::wording::phrases;

/// The 1:1s as text; with `all`, the rest as well.
pub fn text(standing: &Standing, wall: &LocalTime, all: bool) -> String {
    let mut out = if standing.one_on_ones.is_empty() { none_found(standing) } else { found(standing, wall) };
    if all {
        out.push('\n');
        out.push_str(&rest(standing));
    }
    out
}

fn none_found(standing: &Standing) -> String {
    let is_unread = standing.sources.iter().all(|source| source.last_success.is_none());
    let why = if is_unread {
        "Nothing has been read yet: `cadenced sync` does that."
    } else {
        "`cadenced series --all` says why not."
    };
    format!("No 1:1s were found. {why}\n")
}

fn found(standing: &Standing, wall: &LocalTime) -> String {
    let mut table = output::table(&["ID", "PERSON", "CADENCE", "LAST HELD", "NEXT", "NOTE"]);
    for one in &standing.one_on_ones {
        table.add_row([
            one.id.to_string(),
            sanitize::name(&one.person, 20),
            phrases::cadence(one.cadence),
            one.last_held.map_or_else(|| "never".to_owned(), |at| wall.day(at)),
            one.next.map_or_else(|| "-".to_owned(), |span| wall.day(span.start)),
            note(one, wall),
        ]);
    }
    output::lines(&mut table)
}

/// What is odd about a 1:1, in a word or two.
fn note(one: &OneOnOne, wall: &LocalTime) -> String {
    let mut notes = Vec::new();
    if one.verdict == Verdict::Tentative {
        let note = if one.is_unanswered() { "new, not answered" } else { "tentative: confirm it" };
        notes.push(output::paint(Tone::Warn, note));
    }
    if let Some(since) = one.lapsed {
        notes.push(output::paint(Tone::Bad, &format!("ended {}", wall.day(since))));
    }
    if one.overdue {
        notes.push(output::paint(Tone::Bad, "overdue"));
    }
    notes.join(", ")
}

fn rest(standing: &Standing) -> String {
    if standing.others.is_empty() {
        return "There are no other series.\n".to_owned();
    }
    let mut table = output::table(&["ID", "SERIES", "NOT A 1:1 BECAUSE"]);
    for other in &standing.others {
        let name = words::other_side(other);
        let why: Vec<_> = other.reasons.iter().map(|reason| phrases::reason(reason, &name)).collect();
        table.add_row([other.id.to_string(), sanitize::one_line(&other.title, 30), why.join("; ")]);
    }
    output::lines(&mut table)
}

/// The 1:1s for programs; with `all`, the rest as well. See `docs/schemas/series.json`.
pub fn json(standing: &Standing, wall: &LocalTime, all: bool) -> Value {
    let rest = standing.others.iter().filter(|_| all).map(other_json);
    standing.one_on_ones.iter().map(|one| one_json(one, wall)).chain(rest).collect()
}

/// One 1:1 for programs.
pub fn one_json(one: &OneOnOne, wall: &LocalTime) -> Value {
    json!({
        "id": one.id,
        "person": words::person_json(&one.person),
        "relation": one.person.relation,
        "verdict": one.verdict,
        "reasons": words::reasons_json(&one.reasons, &sanitize::name(&one.person, 60)),
        "cadence": cadence_json(one.cadence),
        "role": one.role,
        "calendar": one.calendar.to_string(),
        "last_held": one.last_held.map(|at| wall.exact(at)),
        "next": one.next.map(|span| wall.exact(span.start)),
        "lapsed": one.lapsed.map(|at| wall.exact(at)),
        "overdue": one.overdue,
        "title": one.title,
        "mode": words::mode(one.mode),
    })
}

/// A series that is no 1:1, with the same keys.
fn other_json(other: &OtherSeries) -> Value {
    let name = words::other_side(other);
    json!({
        "id": other.id,
        "person": other.person.as_ref().map(words::person_json),
        "relation": other.person.as_ref().map(|person| person.relation),
        "verdict": Verdict::Not,
        "reasons": words::reasons_json(&other.reasons, &name),
        "cadence": null,
        "role": null,
        "calendar": other.calendar.to_string(),
        "last_held": null,
        "next": null,
        "lapsed": null,
        "overdue": false,
        "title": other.title,
        "mode": null,
    })
}

/// A cadence for programs.
pub fn cadence_json(cadence: Cadence) -> Value {
    json!({ "unit": cadence.unit, "every": cadence.every, "times": cadence.times })
}
