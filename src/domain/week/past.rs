//! Keeps the report of a past week stable: the instant it is made as of, and the corrections since.

use jiff::civil::Date;
use jiff::{Span as Period, Timestamp};

use super::{Correction, STRIP, WeekFacts, WeekId, facts};
use crate::domain::assess::{AHEAD, assess, horizon};
use crate::domain::outcome::user_outcome;
use crate::domain::policy::Policy;
use crate::domain::session::Decision;
use crate::domain::snapshot::Snapshot;
use crate::domain::span::Span;
use crate::domain::standing::Standing;

/// The instant that the report of a week is about: when it was due, or now where that is still to come.
#[must_use]
pub fn as_of(week: WeekId, policy: &Policy, now: Timestamp) -> Timestamp {
    due(week, policy).min(now)
}

/// When the report of a week is due: the first time of the report at or after the week's end.
fn due(week: WeekId, policy: &Policy) -> Timestamp {
    let (weekday, time) = policy.report_on;
    let end = week.span(policy.first_weekday, &policy.zone).end;
    let last = policy.zone.to_datetime(end).date();
    let at = |day: Date| {
        let local = policy.zone.to_ambiguous_zoned(day.to_datetime(time)).compatible();
        local.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    };
    let days = (0..8).filter_map(|ahead| last.checked_add(Period::new().days(ahead)).ok());
    days.filter(|day| day.weekday() == weekday).map(at).find(|&due| due >= end).unwrap_or(end)
}

/// The stretch of time that has to be looked at for the report of a week as of an instant.
#[must_use]
pub fn view(week: WeekId, policy: &Policy, at: Timestamp) -> Span {
    let first = week.back(STRIP * 2, policy.first_weekday).span(policy.first_weekday, &policy.zone).start;
    let usual = horizon(at);
    Span::new(first.min(usual.start), at.saturating_add(AHEAD).unwrap_or(Timestamp::MAX))
}

/// The facts of a week as of an instant, from a snapshot of that [`view`]; what the user said later counts, and is named.
#[must_use]
pub fn facts_as_of(snapshot: &Snapshot, policy: &Policy, week: WeekId, at: Timestamp) -> WeekFacts {
    let standing = assess(snapshot, policy, view(week, policy, at), at);
    let mut facts = facts(&standing, &snapshot.ledger, policy, week);
    facts.corrections = corrections(&standing, &snapshot.decisions, policy, week, at);
    facts
}

/// Whether anything was said since an instant of a session of the twelve weeks that end with a week.
#[must_use]
pub fn is_corrected(decisions: &[Decision], policy: &Policy, week: WeekId, since: Timestamp) -> bool {
    said_since(decisions, policy, week, since).next().is_some()
}

fn said_since<'d>(
    decisions: &'d [Decision],
    policy: &Policy,
    week: WeekId,
    since: Timestamp,
) -> impl Iterator<Item = &'d Decision> {
    let span = |week: WeekId| week.span(policy.first_weekday, &policy.zone);
    let quarter = Span::new(span(week.back(STRIP - 1, policy.first_weekday)).start, span(week).end);
    let is_of_them =
        move |decision: &&Decision| user_outcome::about(decision).is_some_and(|id| quarter.contains(id.original));
    decisions.iter().filter(move |decision| decision.at > since).filter(is_of_them)
}

fn corrections(
    standing: &Standing,
    decisions: &[Decision],
    policy: &Policy,
    week: WeekId,
    since: Timestamp,
) -> Vec<Correction> {
    let correction = |decision: &Decision| {
        let session = user_outcome::about(decision)?;
        let one = standing.one_on_ones.iter().find(|one| one.id == session.one_on_one)?;
        Some(Correction {
            session: session.clone(),
            person: one.person.clone(),
            choice: decision.choice.clone(),
            at: decision.at,
        })
    };
    said_since(decisions, policy, week, since).filter_map(correction).collect()
}
