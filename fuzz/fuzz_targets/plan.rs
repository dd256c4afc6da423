//! Any bytes are a calendar to plan from: no panic, and no more work than a plan may take.

#![no_main]

use cadenced::calendar::ics::read::read_calendar;
use cadenced::domain::assess::{assess_within, horizon};
use cadenced::domain::budget::Budget;
use cadenced::domain::person::Address;
use cadenced::domain::plan::plan;
use cadenced::domain::policy::Policy;
use cadenced::domain::snapshot::{Mirrored, Snapshot};
use cadenced::domain::source::{Credential, News, Source, SourceId, SourceKind, Whose};
use jiff::{Timestamp, ToSpan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(calendar) = read_calendar(bytes) else { return };
    let now: Timestamp = "2026-11-16T08:00:00Z".parse().unwrap();
    let (read, first) = (now - 1.minute(), now - 168.hours());
    let id = SourceId { account: "work".to_owned(), calendar: "ann".to_owned() };
    let source = Source {
        id: id.clone(),
        kind: SourceKind::Feed,
        read_only: true,
        whose: Whose::Owner,
        first_success: Some(first),
        last_success: Some(read),
        news: Some(News { after: Some(first), before: read }),
        stale_since: None,
        problem: None,
        credential: Credential::Address,
        guest_notice: None,
    };
    let mirrored = |event| Mirrored { source: id.clone(), event, first_seen: first, vanished: None };
    let events: Vec<Mirrored> = calendar.events.into_iter().map(mirrored).collect();
    let snapshot = Snapshot { sources: vec![source], events, ..Snapshot::default() };
    let policy = Policy { owner: Address::parse("ann@corp.example").into_iter().collect(), ..Policy::default() };
    let mut budget = Budget::default();
    let utmost = budget.sessions.utmost(snapshot.events.len()) + budget.busy.utmost(snapshot.events.len());
    let standing = assess_within(&mut budget, &snapshot, &policy, horizon(now), now);
    assert!(budget.sessions.taken() + budget.busy.taken() <= utmost);
    assert!(standing.all().map(|one| one.sessions.len()).sum::<usize>() <= 8_000);
    let actions = plan(&standing, &snapshot, &policy);
    assert!(actions.len() <= 8_000 + 2 * snapshot.events.len());
});
