//! `cadenced people`: shows the roster, with cadence, last held, owed and coverage.

use serde_json::{Value, json};

use super::output::{self, Tone};
use super::series::cadence_json;
use super::words;
use crate::domain::one_on_one::Verdict;
use crate::domain::person::Person;
use crate::domain::sanitize;
use crate::domain::standing::{OneOnOne, Standing};
use crate::wording::local_time::LocalTime;
use crate::wording::phrases;

/// The roster as text: one line a 1:1, then who has none.
pub fn text(standing: &Standing, wall: &LocalTime) -> String {
    let mut table = output::table(&["PERSON", "RELATION", "CADENCE", "LAST HELD", "OWED", "NOTE"]);
    for one in &standing.one_on_ones {
        table.add_row(row(one, wall));
    }
    for person in strangers(standing) {
        let note = output::paint(Tone::Warn, "no standing 1:1");
        table.add_row([sanitize::name(person, 20), relation(person), "-".into(), "-".into(), "-".into(), note]);
    }
    if table.is_empty() {
        return "Nobody yet: no 1:1s were found, and the config names no people.\n".to_owned();
    }
    output::lines(&mut table)
}

/// The people without a standing 1:1 who never had one: those whose 1:1 lapsed are listed with it.
fn strangers(standing: &Standing) -> impl Iterator<Item = &Person> {
    let had_one = |person: &Person| standing.one_on_ones.iter().any(|one| words::is_same(&one.person, person));
    standing.uncovered.iter().filter(move |person| !had_one(person))
}

fn row(one: &OneOnOne, wall: &LocalTime) -> [String; 6] {
    let owed = one.owed().count();
    [
        sanitize::name(&one.person, 20),
        relation(&one.person),
        phrases::cadence(one.cadence),
        one.last_held.map_or_else(|| "never".to_owned(), |at| wall.days_ago(at)),
        if owed == 0 { "-".to_owned() } else { output::paint(Tone::Bad, &owed.to_string()) },
        note(one, wall),
    ]
}

fn relation(person: &Person) -> String {
    let word = phrases::relation(person.relation);
    if word.is_empty() { "-".to_owned() } else { word.to_owned() }
}

fn note(one: &OneOnOne, wall: &LocalTime) -> String {
    let mut notes = Vec::new();
    if one.verdict == Verdict::Tentative {
        let note = if one.is_unanswered() { "new, not answered" } else { "tentative" };
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

/// The roster for programs: each person once. See `docs/schemas/people.json`.
pub fn json(standing: &Standing, wall: &LocalTime) -> Value {
    let mut people: Vec<(&Person, Vec<&OneOnOne>)> = Vec::new();
    for one in &standing.one_on_ones {
        match people.iter_mut().find(|(person, _)| words::is_same(person, &one.person)) {
            Some((_, theirs)) => theirs.push(one),
            None => people.push((&one.person, vec![one])),
        }
    }
    people.extend(strangers(standing).map(|person| (person, Vec::new())));
    people.iter().map(|(person, theirs)| person_json(person, theirs, wall)).collect()
}

fn person_json(person: &Person, theirs: &[&OneOnOne], wall: &LocalTime) -> Value {
    let mut value = words::person_json(person);
    value["relation"] = json!(person.relation);
    value["owed"] = theirs.iter().map(|one| one.owed().count()).sum::<usize>().into();
    value["last_held"] = json!(theirs.iter().filter_map(|one| one.last_held).max().map(|at| wall.exact(at)));
    value["covered"] = theirs.iter().any(|one| one.lapsed.is_none()).into();
    value["one_on_ones"] = theirs.iter().map(|one| one_json(one, wall)).collect();
    value
}

fn one_json(one: &OneOnOne, wall: &LocalTime) -> Value {
    json!({
        "id": one.id,
        "verdict": one.verdict,
        "cadence": cadence_json(one.cadence),
        "last_held": one.last_held.map(|at| wall.exact(at)),
        "next": one.next.map(|span| wall.exact(span.start)),
        "owed": one.owed().count(),
        "lapsed": one.lapsed.map(|at| wall.exact(at)),
        "overdue": one.overdue,
    })
}
