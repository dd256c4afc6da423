//! What a report does not know: stale sources, unknown and presumed sessions, guesses.

use crate::domain::one_on_one::Verdict;
use crate::domain::session::{Evidence, Outcome, Session};
use crate::domain::week::WeekFacts;

use crate::wording::local_time::LocalTime;

/// Sentences on what the facts cannot say; empty where they say everything.
#[must_use]
pub fn of(facts: &WeekFacts, wall: &LocalTime) -> Vec<String> {
    let mut gaps = Vec::new();
    if wall.is_fallback {
        gaps.push("The time zone in the config is not known on this machine, so all times are in UTC.".to_owned());
    }
    gaps.extend(sources(facts));
    gaps.extend(sessions(facts));
    let ones = || facts.people.iter().flat_map(|person| &person.one_on_ones);
    let new = ones().filter(|one| one.is_unanswered).count();
    if new > 0 {
        gaps.push(format!(
            "{}: in no sum until you answer or confirm.",
            many(new, "1:1 is new and not answered", "1:1s are new and not answered")
        ));
    }
    let tentative = ones().filter(|one| one.verdict == Verdict::Tentative && !one.is_unanswered).count();
    if tentative > 0 {
        gaps.push(format!(
            "{} until you confirm, and not in any sum.",
            many(tentative, "1:1 is tentative", "1:1s are tentative")
        ));
    }
    if facts.quarter.reconstructed > 0 {
        gaps.push(format!(
            "{} past when cadenced first read the calendar: who cancelled what, and when, may be missing.",
            many(
                facts.quarter.reconstructed as usize,
                "session of the twelve weeks was already",
                "sessions of the twelve weeks were already"
            )
        ));
    }
    if facts.made < facts.span.end {
        gaps.push("The week is not over yet.".to_owned());
    }
    gaps
}

fn sources(facts: &WeekFacts) -> Option<String> {
    if facts.sources.is_empty() {
        return Some("No calendar is configured, so nothing can be known.".to_owned());
    }
    let stale =
        facts.sources.iter().filter(|source| source.stale_since.is_some() || source.last_success.is_none()).count();
    (stale > 0).then(|| {
        let them = many(stale, "calendar is stale or was never read", "calendars are stale or were never read");
        format!("{them}: what changed there is not in this report.")
    })
}

fn sessions(facts: &WeekFacts) -> Vec<String> {
    let ones = facts.people.iter().flat_map(|person| &person.one_on_ones);
    let sessions: Vec<&Session> = ones.flat_map(|one| &one.sessions).collect();
    let with = |wanted: fn(&Session) -> bool| sessions.iter().filter(|session| wanted(session)).count();
    let presumed = with(|session| session.outcome == Outcome::HeldPresumed);
    let unknown = with(|session| session.outcome == Outcome::Unknown);
    let silent =
        with(|session| session.outcome.is_lost() && session.by.is_none() && session.outcome != Outcome::Conflicted);
    let guessed = with(|session| session.evidence.contains(&Evidence::ZoneUnknown));
    let all = [
        (presumed, "presumed held: nothing in the calendar says otherwise, and nobody confirmed it"),
        (unknown, "unknown, and counted neither as held nor as missed"),
        (silent, "lost, and the calendar does not say by whom"),
        (guessed, "shown at a guessed time, because the time zone is not known"),
    ];
    all.iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("This week {} {what}.", many(*n, "session is", "sessions are")))
        .collect()
}

fn many(n: usize, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {more}") }
}
