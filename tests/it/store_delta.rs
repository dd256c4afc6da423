//! Applying a delta: shown events are replaced, deletions take effect at once, and the rest stays.

use std::collections::BTreeMap;
use std::io;

use cadenced::domain::event::{Event, Status};
use cadenced::domain::recurrence::Moment;
use cadenced::domain::snapshot::Mirrored;
use cadenced::domain::source::{Item, Problem};
use cadenced::store::{Applied, Changes, Listing, Store};

use super::store_given::{at, feed, moved, only, open, poll, series, single, unchanged, wait, year};

fn kept(resource: &str, event: Event) -> Item {
    Item::Kept { resource: resource.into(), event: Box::new(event) }
}

fn called_off(resource: &str, master: &str, original: &str) -> Item {
    let original = Moment::utc(jiff::tz::TimeZone::UTC.to_datetime(at(original)));
    Item::CalledOff { resource: resource.into(), master: master.into(), original, is_sure: true }
}

fn first(store: &Store, items: Vec<Item>) {
    let listing = Listing { items: Box::new(items.into_iter().map(Ok)), cursor: cursor("one"), refresh: None };
    wait(store.apply_snapshot(feed(), poll(1), listing)).unwrap();
}

fn cursor(text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("token".to_owned(), text.to_owned())])
}

fn changes(items: Vec<Item>, gone: &[&str]) -> Changes {
    let gone = gone.iter().map(|&name| name.to_owned()).collect();
    Changes { items: Box::new(items.into_iter().map(Ok)), gone, cursor: cursor("two"), refresh: None }
}

fn delta(store: &Store, items: Vec<Item>, gone: &[&str]) -> Applied {
    wait(store.apply_delta(feed(), poll(2), changes(items, gone))).unwrap()
}

fn events(store: &Store) -> Vec<Mirrored> {
    year(store).events
}

fn weekly() -> Item {
    kept("s", series("s", "11-02T09:00", "FREQ=WEEKLY"))
}

#[test]
fn what_a_delta_does_not_name_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![weekly(), kept("a", single("a", "11-16T09:00"))]);
    let applied = delta(&store, vec![kept("b", single("b", "11-17T09:00"))], &[]);
    assert_eq!((applied.added, applied.vanished, applied.deleted), (1, 0, 0));
    assert_eq!(applied.unchanged, 2, "the calendar has three events, and not one");
    assert!(events(&store).iter().all(|held| held.vanished.is_none()) && events(&store).len() == 3);
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!(
        (state.cursor, state.last_success, state.last_full),
        (Some(cursor("two")), Some(poll(2)), Some(poll(1)))
    );
}

#[test]
fn an_explicit_tombstone_needs_no_second_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![kept("a", single("a", "11-16T09:00"))]);
    assert_eq!(delta(&store, vec![], &["a", "never-seen"]).deleted, 1);
    let vanished = only(&year(&store), "a").vanished.unwrap();
    assert_eq!((vanished.last_seen, vanished.missed, vanished.confirmed), (poll(1), poll(2), Some(poll(2))));
}

#[test]
fn a_series_that_is_gone_takes_what_it_had_set_apart_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(
        &store,
        vec![weekly(), kept("s-16", moved("s", "11-16T09:00", "11-17T10:00")), kept("t", single("t", "11-16T09:00"))],
    );
    assert_eq!(delta(&store, vec![], &["s"]).deleted, 2);
    assert!(only(&year(&store), "t").vanished.is_none());
}

#[test]
fn an_object_is_shown_whole_so_that_what_it_holds_no_more_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let object = |event| kept("s.ics", event);
    let (one, other) = (moved("s", "11-16T09:00", "11-17T10:00"), moved("s", "11-23T09:00", "11-24T10:00"));
    let master = || series("s", "11-02T09:00", "FREQ=WEEKLY");
    first(
        &store,
        vec![object(master()), object(one), object(other.clone()), kept("t.ics", single("t", "11-16T09:00"))],
    );
    let applied = delta(&store, vec![object(master()), object(other)], &[]);
    assert_eq!((applied.changed, applied.deleted), (0, 1));
    let gone: Vec<_> = events(&store).into_iter().filter(|held| held.vanished.is_some()).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].event.start, single("x", "11-17T10:00").start);
}

#[test]
fn a_session_that_was_called_off_with_nothing_but_its_names_gets_the_rest_from_its_series() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // The series may come after it on the pages.
    let items = vec![called_off("s_16", "s", "11-16T09:00"), weekly()];
    assert_eq!(delta(&store, items, &[]).added, 2);
    let held = events(&store).into_iter().find(|held| held.event.overrides.is_some()).unwrap();
    assert_eq!((held.event.uid.as_str(), held.event.status), ("s", Status::Cancelled));
    assert_eq!(held.event.end, single("x", "11-16T09:00").end, "as long as the others");
}

#[test]
fn a_session_that_was_moved_and_then_called_off_keeps_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![weekly(), kept("s_16", moved("s", "11-16T09:00", "11-17T10:00"))]);
    assert_eq!(delta(&store, vec![called_off("s_16", "s", "11-16T09:00")], &[]).changed, 1);
    let held = events(&store).into_iter().find(|held| held.event.overrides.is_some()).unwrap();
    assert_eq!((held.event.start.clone(), held.event.status), (single("x", "11-17T10:00").start, Status::Cancelled));
}

#[test]
fn a_session_of_a_series_that_nobody_saw_says_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let applied = delta(&store, vec![called_off("s_16", "s", "11-16T09:00")], &[]);
    assert_eq!((applied.added, events(&store).len()), (0, 0));
}

#[test]
fn only_sessions_of_a_series_that_lives_are_called_off() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![weekly(), kept("s_16", moved("s", "11-16T09:00", "11-17T10:00"))]);
    let items = vec![called_off("s_16", "s", "11-16T09:00"), called_off("s_23", "s", "11-23T09:00")];
    assert_eq!(delta(&store, items, &["s"]).deleted, 2, "the series and what it had set apart");
    let cancelled = events(&store).into_iter().filter(|held| held.event.status == Status::Cancelled).count();
    assert_eq!(cancelled, 0, "the series took its sessions with it; none of them was called off");
}

#[test]
fn what_may_be_a_session_by_its_name_alone_is_one_only_of_a_series_that_is_known() {
    let guessed = |resource: &str, master: &str| match called_off(resource, master, "11-16T09:00") {
        Item::CalledOff { resource, master, original, .. } => {
            Item::CalledOff { resource, master, original, is_sure: false }
        }
        other => other,
    };
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![weekly(), kept("x_20261116T090000Z", single("x", "11-16T09:00"))]);
    delta(&store, vec![guessed("s_16", "s"), guessed("x_20261116T090000Z", "x")], &[]);
    let cancelled: Vec<String> = events(&store)
        .into_iter()
        .filter(|held| held.event.status == Status::Cancelled)
        .map(|held| held.event.uid)
        .collect();
    assert_eq!(cancelled, ["s"]);
    let gone = events(&store).into_iter().find(|held| held.event.uid == "x").unwrap();
    assert!(gone.vanished.is_some_and(|vanished| vanished.confirmed.is_some()), "an event of its own is deleted");
}

#[test]
fn a_delta_that_breaks_off_leaves_everything_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![weekly()]);
    let broken = [Ok(kept("b", single("b", "11-17T09:00"))), Err(io::Error::other("a broken disk"))];
    let broken = Changes { items: Box::new(broken.into_iter()), ..changes(vec![], &["s"]) };
    assert!(wait(store.apply_delta(feed(), poll(2), broken)).is_err());
    assert_eq!((events(&store).len(), events(&store)[0].vanished), (1, None));
    assert_eq!(wait(store.poll_state(feed())).unwrap().cursor, Some(cursor("one")));
}

#[test]
fn what_is_shown_again_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![kept("a", single("a", "11-16T09:00"))]);
    delta(&store, vec![], &["a"]);
    assert_eq!(delta(&store, vec![kept("a", single("a", "11-16T09:00"))], &[]).changed, 1);
    assert_eq!(only(&year(&store), "a").vanished, None);
}

#[test]
fn problems_of_deltas_are_added_to_those_of_the_last_listing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let odd =
        |uid: &str| Item::Problem(Problem { place: format!("object x, uid {uid}"), what: "odd".into(), skipped: true });
    first(&store, vec![odd("p")]);
    delta(&store, vec![odd("p"), odd("q")], &[]);
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!((state.problems.len(), state.problems_in_all), (2, 2));
}

#[test]
fn the_name_of_an_object_is_found_by_its_series() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    first(&store, vec![kept("s-16", moved("s", "11-16T09:00", "11-17T10:00")), weekly()]);
    assert_eq!(
        wait(store.resource(feed(), "s".into())).unwrap().as_deref(),
        Some("s"),
        "the series and not its session"
    );
    assert_eq!(wait(store.resource(feed(), "t".into())).unwrap(), None);
    unchanged(&store, 2);
}
