//! Detects days on which the owner is away; they get no digest.

use jiff::civil::Date;

use super::times::midnight;
use crate::domain::budget::Budget;
use crate::domain::event::Status;
use crate::domain::outcome::busy::{is_away, spans};
use crate::domain::policy::Policy;
use crate::domain::snapshot::{Mirrored, Snapshot};
use crate::domain::source::Whose;
use crate::domain::span::Span;

/// Whether an out-of-office of the owner or a public holiday covers at least half of a day's working hours.
pub(super) fn is_away_on(day: Date, snapshot: &Snapshot, policy: &Policy) -> bool {
    let whole =
        Span::new(midnight(day, policy), day.tomorrow().map_or(midnight(day, policy), |next| midnight(next, policy)));
    let hours: Vec<Span> = working_hours(whole, policy);
    let away = |held: &&Mirrored| match whose(held, snapshot) {
        Some(Whose::Owner) => held.event.guests.len() <= 1 && is_away(&held.event, policy),
        Some(Whose::Holidays) => held.event.start.is_date(),
        Some(Whose::Person(_)) | None => false,
    };
    let stands = |held: &&Mirrored| {
        held.event.status != Status::Cancelled && held.vanished.is_none_or(|vanished| vanished.confirmed.is_none())
    };
    let budget = Budget::default();
    let spans = |held| spans(held, whole, policy, &mut budget.of_busy_alone());
    let mut off = snapshot.events.iter().filter(stands).filter(away).flat_map(spans);
    off.any(|span| covers_half(span, &hours))
}

/// The owner's working hours on a day; all of it where there are none.
fn working_hours(day: Span, policy: &Policy) -> Vec<Span> {
    use crate::domain::hours::stretch::Stretch;
    let hours: Vec<Span> = policy.hours.stretches(Stretch::around(day)).into_iter().map(Stretch::span).collect();
    if hours.is_empty() { vec![day] } else { hours }
}

fn covers_half(off: Span, hours: &[Span]) -> bool {
    let seconds = |span: &Span| span.length().as_secs();
    let all: i64 = hours.iter().map(seconds).sum();
    let covered: i64 = hours.iter().map(|span| span.shared(&off).as_secs()).sum();
    covered * 2 >= all
}

fn whose<'s>(held: &Mirrored, snapshot: &'s Snapshot) -> Option<&'s Whose> {
    snapshot.sources.iter().find(|source| source.id == held.source).map(|source| &source.whose)
}
