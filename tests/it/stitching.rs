//! Series that succeed each other are one 1:1, and its history is kept and counted once.

use cadenced::domain::event::{Event, Reply};
use cadenced::domain::one_on_one::{CadenceUnit, Reason};
use cadenced::domain::session::Outcome;
use cadenced::domain::source::{Source, SourceKind};
use jiff::Timestamp;

use crate::support::*;

fn until(uid: &str, start: &str, last: &str) -> Event {
    series(uid, start, &format!("FREQ=WEEKLY;UNTIL={last}"), ANN)
}

fn weekly(uid: &str, start: &str) -> Event {
    series(uid, start, "FREQ=WEEKLY", ANN)
}

fn originals(world: &World, now: &str) -> Vec<Timestamp> {
    world.only(now).sessions.iter().map(|session| session.id.original).collect()
}

#[test]
fn this_and_following_continues_the_same_one_on_one() {
    let mut world = World::new("2026-11-01T08:00").with(until("old", "2026-09-07T10:00", "20261105T000000Z"));
    world.act("2026-11-01T08:01");
    let id = world.only("2026-11-01T08:01").id;
    world.read("2026-11-20T08:00");
    world.add(weekly("old_R20261109", "2026-11-10T14:00"));
    let one = world.only("2026-11-20T09:00");
    assert_eq!((&one.id, one.series.len()), (&id, 2));
    assert!(one.sessions.windows(2).all(|pair| pair[0].id.original < pair[1].id.original));
    assert_eq!(one.next.map(|span| span.start), Some(at("2026-11-24T14:00")));
}

#[test]
fn a_series_deleted_and_made_again_with_the_same_past_is_counted_once() {
    let mut world = World::new("2026-11-01T08:00").with(weekly("old", "2026-09-07T10:00"));
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    let before = originals(&world, "2026-11-17T08:01");
    let id = world.only("2026-11-17T08:01").id;
    world.vanish("old", "2026-11-18T08:00");
    world.add(weekly("new", "2026-09-07T10:00"));
    world.read("2026-11-18T12:00");
    world.act("2026-11-18T12:01");
    let one = world.only("2026-11-18T12:01");
    assert_eq!((&one.id, one.series.len()), (&id, 2));
    let upcoming = one.sessions.iter().filter(|session| session.outcome == Outcome::Upcoming).count();
    let past: Vec<_> =
        originals(&world, "2026-11-18T12:01").into_iter().filter(|at| *at < one_day("2026-11-18")).collect();
    let before: Vec<_> = before.into_iter().filter(|at| *at < one_day("2026-11-18")).collect();
    assert_eq!(past, before);
    assert!(upcoming > 5);
}

fn one_day(date: &str) -> Timestamp {
    at(&format!("{date}T00:00"))
}

#[test]
fn the_ledger_keeps_the_past_when_the_mirror_forgets_the_old_series_or_everything() {
    let mut world = World::new("2026-11-01T08:00").with(until("old", "2026-09-07T10:00", "20261105T000000Z"));
    world.read("2026-11-10T08:00");
    world.add(weekly("new", "2026-11-09T14:00"));
    world.act("2026-11-10T08:01");
    let before = world.only("2026-11-10T08:01");
    world.snapshot.events.retain(|held| held.event.uid == "new");
    let after = world.only("2026-11-10T08:01");
    assert_eq!((&after.id, after.series.len()), (&before.id, 2));
    let past = |one: &cadenced::domain::standing::OneOnOne| -> Vec<_> {
        let over = one.sessions.iter().filter(|session| session.span.end <= at("2026-11-10T08:00"));
        over.map(|session| (session.id.clone(), session.outcome)).collect()
    };
    assert_eq!(past(&after), past(&before));
    world.snapshot.events.clear();
    assert_eq!(past(&world.only("2026-11-10T08:01")), past(&before));
}

#[test]
fn a_series_changed_in_place_keeps_the_past_as_recorded_and_doubles_no_week() {
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00"));
    world.read("2026-11-17T20:00");
    world.act("2026-11-17T20:01");
    let count = |world: &World, now: &str| {
        let over = world.only(now).sessions;
        over.iter().filter(|session| session.span.end <= at("2026-11-18T00:00")).count()
    };
    let before = count(&world, "2026-11-17T20:01");
    world.add(weekly("ann", "2026-09-08T14:00"));
    world.read("2026-11-18T20:00");
    world.act("2026-11-18T20:01");
    assert_eq!(count(&world, "2026-11-18T20:01"), before);
    assert_eq!(world.only("2026-11-18T20:01").next.map(|span| span.start), Some(at("2026-11-24T14:00")));
}

#[test]
fn series_alive_side_by_side_are_two_one_on_ones_of_one_person() {
    let career = series("career", "2026-09-10T15:00", "FREQ=MONTHLY", ANN);
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00")).with(career);
    world.read("2026-11-17T08:00");
    let standing = world.standing("2026-11-17T09:00");
    assert_eq!(standing.one_on_ones.len(), 2);
    assert_ne!(standing.one_on_ones[0].id, standing.one_on_ones[1].id);
}

#[test]
fn two_series_that_are_split_at_once_are_continued_each_by_its_own() {
    let monthly = |uid, start, end| series(uid, start, &format!("FREQ=MONTHLY{end}"), ANN);
    let mut world = World::new("2026-11-01T08:00")
        .with(until("w1", "2026-09-07T10:00", "20261031T000000Z"))
        .with(monthly("m1", "2026-08-28T15:00", ";UNTIL=20261031T000000Z"));
    world.add(weekly("w2", "2026-11-03T10:00"));
    world.add(monthly("m2", "2026-11-10T15:00", ""));
    world.read("2026-11-17T08:00");
    let standing = world.standing("2026-11-17T09:00");
    let chains: Vec<Vec<&str>> =
        standing.one_on_ones.iter().map(|one| one.series.iter().map(|known| known.uid.as_str()).collect()).collect();
    assert!(chains.contains(&vec!["w1", "w2"]) && chains.contains(&vec!["m1", "m2"]), "{chains:?}");
}

#[test]
fn an_ended_series_without_successor_lapses_after_twice_its_cadence() {
    let mut world = World::new("2026-09-01T08:00").with(until("ann", "2026-08-03T10:00", "20261103T000000Z"));
    world = world.roster("Ann Ash", &[ANN]);
    world.read("2026-11-20T08:00");
    assert_eq!(world.only("2026-11-16T10:00").lapsed, None);
    let one = world.only("2026-11-16T10:01");
    assert_eq!(one.lapsed, Some(at("2026-11-02T10:00")));
    assert_eq!(world.standing("2026-11-16T10:01").uncovered.len(), 1);
}

#[test]
fn the_same_series_in_two_calendars_is_one() {
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00"));
    let copy = Source { id: source_id("copy"), kind: SourceKind::Api, ..world.snapshot.sources[0].clone() };
    world.snapshot.sources.push(copy);
    let mut held = world.snapshot.events[0].clone();
    held.source = source_id("copy");
    world.snapshot.events.push(held);
    let one = world.only("2026-11-10T09:00");
    assert_eq!((one.series.len(), one.calendar), (1, source_id("copy")));
}

#[test]
fn three_events_booked_by_hand_at_a_steady_spacing_recur_in_fact() {
    let mut world = World::new("2026-10-01T08:00");
    for (uid, start) in [("a", "2026-10-06T10:00"), ("b", "2026-10-20T11:00"), ("c", "2026-11-03T10:00")] {
        world.add(pair(uid, start, ANN));
    }
    world.read("2026-11-17T08:00");
    let one = world.only("2026-11-17T09:00");
    assert_eq!((one.cadence.unit, one.cadence.every), (CadenceUnit::Week, 2));
    assert_eq!(one.sessions.len(), 3);
    assert!(one.reasons.contains(&Reason::DeFacto { events: 3 }));
    world.snapshot.events.pop();
    assert!(world.standing("2026-11-17T09:00").one_on_ones.is_empty());
}

#[test]
fn irregular_events_and_make_ups_beside_a_series_recur_not() {
    let irregular = ["2026-10-06T10:00", "2026-10-08T10:00", "2026-11-17T10:00", "2026-11-19T12:00"];
    let mut world = World::new("2026-10-01T08:00");
    for start in irregular {
        world.add(pair(start, start, ANN));
    }
    assert!(world.standing("2026-11-20T09:00").one_on_ones.is_empty());
    let mut world = World::new("2026-10-01T08:00").with(weekly("ann", "2026-09-07T10:00"));
    for start in ["2026-10-07T15:00", "2026-10-14T15:00", "2026-10-21T15:00"] {
        world.add(pair(start, start, ANN));
    }
    assert_eq!(world.standing("2026-11-20T09:00").one_on_ones.len(), 1);
}

#[test]
fn a_booked_event_that_was_deleted_is_lost_and_another_booked_instead_replaces_it() {
    let mut world = World::new("2026-10-01T08:00");
    for (uid, start) in
        [("a", "2026-10-06T10:00"), ("b", "2026-10-13T10:00"), ("c", "2026-10-20T10:00"), ("d", "2026-10-27T10:00")]
    {
        world.add(pair(uid, start, ANN));
    }
    world.read("2026-10-26T08:00");
    world.vanish("d", "2026-10-26T12:00");
    world.add(pair("e", "2026-10-29T10:00", ANN));
    world.read("2026-10-26T13:00");
    let lost = world.session("2026-10-26T13:01", "2026-10-27T10:00");
    assert_eq!((lost.outcome, lost.owed), (Outcome::Cancelled, true));
    assert_eq!(lost.made_up_by.map(|made| made.uid).as_deref(), Some("e"));
    assert_eq!(world.only("2026-10-26T13:01").sessions.len(), 4);
}

#[test]
fn a_feed_that_rolls_on_keeps_what_was_held() {
    let mut world = World::new("2026-10-01T08:00");
    for (uid, start) in [("a", "2026-10-06T10:00"), ("b", "2026-10-13T10:00"), ("c", "2026-10-20T10:00")] {
        world.add(pair(uid, start, ANN));
    }
    world.read("2026-10-21T08:00");
    world.vanish("a", "2026-10-22T08:00");
    world.read("2026-10-23T08:00");
    assert_eq!(world.session("2026-10-23T09:00", "2026-10-06T10:00").outcome, Outcome::HeldPresumed);
}

#[test]
fn a_series_declined_as_a_whole_is_told_once_and_is_none_any_more() {
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00"));
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    world.add(weekly("ann", "2026-09-07T10:00").changed(|event| {
        event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, Reply::Declined)];
    }));
    world.read("2026-11-17T10:00");
    let told = world.act("2026-11-17T10:01");
    assert_eq!(told.iter().filter(|notice| notice.key.starts_with("series-declined")).count(), 1);
    assert!(world.act("2026-11-18T10:01").iter().all(|notice| !notice.key.starts_with("series-declined")));
    let next = world.standing("2026-11-18T10:01");
    assert!(next.one_on_ones.is_empty(), "{next:#?}");
    world.read("2026-12-20T08:00");
    let later = world.standing("2026-12-20T09:00");
    let former = later.former.first().expect("its history stays");
    assert!(!former.overdue && former.lapsed.is_none() && !former.sessions.is_empty());
}

#[test]
fn a_calendar_that_is_not_read_any_more_makes_nobody_overdue() {
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00"));
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    world.snapshot.events.clear();
    world.snapshot.sources.clear();
    let one = world.only("2027-02-01T09:00");
    assert!(!one.overdue && one.lapsed.is_none() && one.owed().count() == 0);
}
