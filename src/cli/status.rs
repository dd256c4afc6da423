//! `cadenced status`: shows how fresh each calendar is, the next 1:1, and what is owed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::output::{self, Tone};
use super::words;
use crate::domain::one_on_one::Verdict;
use crate::domain::source::{ReadProblem, Source};
use crate::domain::span::Span;
use crate::domain::standing::{LeftOut, OneOnOne, Standing, WhyLeftOut};
use crate::wording::local_time::{LocalTime, count};
use crate::wording::phrases;
use crate::wording::read_problem::remedy;

/// Where everything stands, as text.
pub fn text(standing: &Standing, wall: &LocalTime) -> String {
    let mut out = output::section("Calendars", &sources(standing, wall));
    let _ = writeln!(out, "\nNext 1:1  {}", next_words(standing, wall));
    let _ = writeln!(out, "Owed      {}", owed_words(standing));
    let tentative = pending(standing);
    if tentative > 0 {
        let series = count(i64::try_from(tentative).unwrap_or(i64::MAX), "tentative 1:1");
        let unanswered = standing.one_on_ones.iter().filter(|one| one.is_unanswered()).count();
        let new = if unanswered > 0 { format!(" ({unanswered} new, not answered)") } else { String::new() };
        let _ = writeln!(out, "Waiting   {series}{new}: `cadenced series`, then `cadenced series confirm ID`");
    }
    for line in left_out(&standing.left_out) {
        let _ = writeln!(out, "Left out  {line}");
    }
    out
}

/// How many series are named for each reason.
const NAMED: usize = 5;

/// What the plan did not look at, a line for each reason.
pub fn left_out(all: &[LeftOut]) -> Vec<String> {
    let mut by_reason: BTreeMap<WhyLeftOut, Vec<&LeftOut>> = BTreeMap::new();
    for one in all {
        by_reason.entry(one.why).or_default().push(one);
    }
    let line = |(why, of_reason): (WhyLeftOut, Vec<&LeftOut>)| {
        let names: Vec<String> = of_reason.iter().take(NAMED).map(|one| one.id.to_string()).collect();
        let rest = of_reason.len() - names.len();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let calendars: BTreeSet<String> =
            of_reason.iter().map(|one| output::foreign(&one.calendar.to_string(), 30)).collect();
        let calendars: Vec<String> = calendars.into_iter().collect();
        let series = of_reason.len();
        format!("{series} series in {}: {}. {}", calendars.join(", "), names.join(", ") + &more, phrases::left_out(why))
    };
    by_reason.into_iter().map(line).collect()
}

fn sources(standing: &Standing, wall: &LocalTime) -> String {
    if standing.sources.is_empty() {
        return "  none in the config\n".to_owned();
    }
    let mut table = output::table(&["", "CALENDAR", "LAST READ", "HEALTH"]);
    for source in &standing.sources {
        let last = source.last_success.map_or_else(|| "never".to_owned(), |at| wall.ago(at));
        table.add_row([String::new(), output::foreign(&source.id.to_string(), 30), last, health(source, wall)]);
    }
    output::lines(&mut table)
}

fn health(source: &Source, wall: &LocalTime) -> String {
    match (source.stale_since, &source.problem) {
        (Some(since), problem) => {
            let told = output::paint(Tone::Bad, &format!("stale since {}", wall.moment(since)));
            problem.as_ref().map_or_else(|| told.clone(), |why| format!("{told}: {}", told_of(why, source)))
        }
        (None, Some(why)) => output::paint(Tone::Warn, &told_of(why, source)),
        (None, None) if source.last_success.is_none() => output::paint(Tone::Warn, "not read yet: `cadenced sync`"),
        (None, None) => output::paint(Tone::Good, "fine"),
    }
}

/// Why a calendar could not be read, and what to do about it.
fn told_of(why: &ReadProblem, source: &Source) -> String {
    let what = output::foreign(&why.to_string(), 200);
    format!("{what}. {}", remedy(why.kind, source.credential, &source.id.account))
}

/// The next session of any 1:1 that is not tentative, earliest first.
fn next(standing: &Standing) -> Option<(&OneOnOne, Span)> {
    let sure = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne);
    sure.filter_map(|one| one.next.map(|span| (one, span))).min_by_key(|(_, span)| *span)
}

fn next_words(standing: &Standing, wall: &LocalTime) -> String {
    next(standing).map_or_else(
        || "none on the calendar".to_owned(),
        |(one, span)| format!("{}, {}", output::foreign(&one.person.name, 40), wall.moment(span.start)),
    )
}

fn owed(standing: &Standing) -> usize {
    standing.one_on_ones.iter().map(|one| one.owed().count()).sum()
}

fn owed_words(standing: &Standing) -> String {
    let total = owed(standing);
    if total == 0 {
        return output::paint(Tone::Good, "nothing");
    }
    let each = standing.one_on_ones.iter().filter_map(|one| {
        let owed = one.owed().count();
        (owed > 0).then(|| format!("{} {owed}", output::foreign(&one.person.name, 24)))
    });
    let total = count(i64::try_from(total).unwrap_or(i64::MAX), "session");
    let planned = standing.one_on_ones.iter().flat_map(OneOnOne::owed).filter(|owed| owed.made_up_by.is_some());
    let planned = phrases::planned(count_of(planned.count()), count_of(owed(standing)));
    format!("{}: {}{planned}", output::paint(Tone::Bad, &total), each.collect::<Vec<_>>().join(", "))
}

fn count_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// How many decisions wait for the user.
fn pending(standing: &Standing) -> usize {
    standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::Tentative).count()
}

/// Whether something here must be seen: a source that fails.
pub fn needs_a_look(standing: &Standing) -> bool {
    standing.sources.iter().any(|source| source.stale_since.is_some())
}

/// Where everything stands, for programs. See `docs/schemas/status.json`.
pub fn json(standing: &Standing, wall: &LocalTime) -> Value {
    json!({
        "now": wall.exact(standing.now),
        "sources": standing.sources.iter().map(|source| source_json(source, wall)).collect::<Value>(),
        "next": next(standing).map(|(one, span)| json!({
            "series": one.id,
            "person": words::person_json(&one.person),
            "start": wall.exact(span.start),
            "end": wall.exact(span.end),
        })),
        "owed": owed(standing),
        "pending": pending(standing),
        "left_out": standing.left_out.iter().map(|one| json!({
            "series": one.id,
            "account": one.calendar.account,
            "calendar": one.calendar.calendar,
            "why": one.why,
        })).collect::<Value>(),
    })
}

fn source_json(source: &Source, wall: &LocalTime) -> Value {
    json!({
        "account": source.id.account,
        "calendar": source.id.calendar,
        "kind": source.kind,
        "last_success": source.last_success.map(|at| wall.exact(at)),
        "stale_since": source.stale_since.map(|at| wall.exact(at)),
        "problem": source.problem.as_ref().map(ToString::to_string),
    })
}

/// One line for a bar: waybar's custom module with `return-type` `json`. Its tooltip is Pango markup, so text is escaped.
pub fn waybar(standing: &Standing, wall: &LocalTime) -> Value {
    let owed_count = owed(standing);
    let class = if needs_a_look(standing) {
        "stale"
    } else if owed_count > 0 {
        "owed"
    } else {
        "fine"
    };
    let plain = anstream::adapter::strip_str(&owed_words(standing)).to_string();
    let tooltip = format!("Next 1:1: {}\nOwed: {plain}", next_words(standing, wall));
    let words = if owed_count == 0 { "1:1".to_owned() } else { format!("1:1 {owed_count}") };
    json!({ "text": words, "alt": class, "class": class, "tooltip": escaped(&tooltip) })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
