//! Plans from events, and checks that it costs no more than it may.

#[path = "../../../tests/it/hostile_plan/known.rs"]
mod known;

use cadenced::domain::assess::{assess_within, horizon};
use cadenced::domain::budget::Budget;
use cadenced::domain::event::Event;
use cadenced::domain::plan::plan;

/// Plans from these events of Ann's calendar.
pub fn within_its_budget(events: Vec<Event>) {
    let (now, policy) = (known::now(), known::policy());
    let snapshot = known::snapshot(events);
    let mut budget = Budget::default();
    let utmost = budget.sessions.utmost(snapshot.events.len()) + budget.busy.utmost(snapshot.events.len());
    let standing = assess_within(&mut budget, &snapshot, &policy, horizon(now), now);
    assert!(budget.sessions.taken() + budget.busy.taken() <= utmost);
    assert!(standing.all().map(|one| one.sessions.len()).sum::<usize>() <= 8_000);
    let actions = plan(&standing, &snapshot, &policy);
    assert!(actions.len() <= 8_000 + 2 * snapshot.events.len());
}
