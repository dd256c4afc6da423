//! What is known of Ann's calendar once it was read, and her rules. The fuzz targets plan from it as well.

use cadenced::domain::event::Event;
use cadenced::domain::person::{Address, Person, Relation};
use cadenced::domain::policy::{Policy, RosterEntry};
use cadenced::domain::snapshot::{Mirrored, Snapshot};
use cadenced::domain::source::{Credential, News, Source, SourceId, SourceKind, Whose};
use jiff::{SignedDuration, Timestamp};

/// The present.
pub fn now() -> Timestamp {
    "2026-11-16T08:00:00Z".parse().unwrap()
}

/// The rules for Ann, who has a 1:1 with Bob.
pub fn policy() -> Policy {
    let bob = Person {
        name: "Bob".to_owned(),
        addresses: Address::parse("bob@corp.example").into_iter().collect(),
        relation: Relation::Report,
    };
    let entry = RosterEntry { person: bob, aliases: Vec::new(), target: None, expected: true, hours: None };
    Policy { owner: Address::parse("ann@corp.example").into_iter().collect(), people: vec![entry], ..Policy::default() }
}

/// What is known once a calendar with these events was read a minute ago, for the second time in a week.
pub fn snapshot(events: Vec<Event>) -> Snapshot {
    let read = now().saturating_sub(SignedDuration::from_mins(1)).unwrap();
    let week = SignedDuration::from_hours(7 * 24);
    let first = read.saturating_sub(week).unwrap();
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
    let events = events.into_iter().map(mirrored).collect();
    Snapshot { sources: vec![source], events, ..Snapshot::default() }
}
