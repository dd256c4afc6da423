//! The mirror follows its sources: shown, vanished and deleted events, and failed reads that change nothing.

use std::time::Duration;

use cadenced::domain::event::Event;
use cadenced::domain::recurrence::{ExtraDate, Moment, Zone};
use cadenced::domain::source::{Item, Problem, ReadErrorKind};
use cadenced::store::{Listing, Unchanged};
use jiff::civil::date;

use super::store_given::{
    apply, between, feed, items, listing, moved, only, open, poll, problem, series, single, skipped, uids, unchanged,
    wait, waived, year,
};

#[test]
fn a_listing_is_mirrored_with_its_cursor_and_freshness() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(wait(store.poll_state(feed())).unwrap(), cadenced::store::PollState::default());

    let listing =
        Listing { refresh: Some(Duration::from_hours(1)), ..listing(items([single("a", "11-16T09:00")]), "one") };
    let applied = wait(store.apply_snapshot(feed(), poll(1), listing)).unwrap();
    assert_eq!((applied.added, applied.problems), (1, 0));

    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!(state.cursor.unwrap()["etag"], "one");
    assert_eq!(
        (state.first_success, state.last_success, state.last_full),
        (Some(poll(1)), Some(poll(1)), Some(poll(1)))
    );
    assert_eq!(state.refresh, Some(Duration::from_hours(1)));

    let snapshot = year(&store);
    let mirrored = only(&snapshot, "a");
    assert_eq!(mirrored.event, single("a", "11-16T09:00"));
    assert_eq!((mirrored.first_seen, mirrored.vanished), (poll(1), None));
    assert_eq!(snapshot.sources[0].last_success, Some(poll(1)));
}

#[test]
fn the_same_listing_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let events = [
        series("s", "11-02T09:00", "FREQ=WEEKLY"),
        moved("s", "11-16T09:00", "11-17T10:00"),
        single("a", "11-16T09:00"),
    ];
    apply(&store, 1, events.clone());
    let before = year(&store).events;
    let applied = apply(&store, 2, events);
    assert_eq!((applied.added, applied.changed, applied.unchanged, applied.vanished), (0, 0, 3, 0));
    assert!(!applied.is_a_change());
    assert_eq!(year(&store).events, before);
}

#[test]
fn a_changed_event_replaces_the_old_one_and_keeps_when_it_was_first_seen() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-16T09:00")]);
    let applied = apply(&store, 2, [single("a", "11-18T09:00")]);
    assert_eq!((applied.added, applied.changed), (0, 1));
    let snapshot = year(&store);
    assert_eq!(only(&snapshot, "a").event, single("a", "11-18T09:00"));
    assert_eq!(only(&snapshot, "a").first_seen, poll(1));
    assert!(uids(&between(&store, "11-16T00:00", "11-17T00:00")).is_empty(), "the old time is no longer found");
}

#[test]
fn what_is_missing_vanishes_first_and_is_deleted_by_the_second_good_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00"), single("b", "11-20T10:00")]);
    apply(&store, 2, [single("a", "11-20T09:00"), single("b", "11-20T10:00")]);
    let applied = apply(&store, 3, [single("a", "11-20T09:00")]);
    assert_eq!((applied.vanished, applied.deleted), (1, 0));
    let vanished = only(&year(&store), "b").vanished.unwrap();
    assert_eq!((vanished.last_seen, vanished.missed, vanished.confirmed), (poll(2), poll(3), None));
    assert_eq!(wait(store.alive(feed())).unwrap(), 1);

    let applied = apply(&store, 4, [single("a", "11-20T09:00")]);
    assert_eq!((applied.vanished, applied.deleted), (0, 1));
    assert_eq!(only(&year(&store), "b").vanished.unwrap().confirmed, Some(poll(4)));
    assert_eq!(only(&year(&store), "a").vanished, None);
    assert_eq!(apply(&store, 5, [single("a", "11-20T09:00")]).deleted, 0);
    assert_eq!(only(&year(&store), "b").vanished.unwrap().confirmed, Some(poll(4)), "confirmed once");
}

#[test]
fn a_read_without_news_confirms_too_but_the_same_read_never_does() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    apply(&store, 2, []);
    assert_eq!(unchanged(&store, 2).deleted, 0, "not a later read");
    assert_eq!(unchanged(&store, 3).deleted, 1);
    assert_eq!(only(&year(&store), "a").vanished.unwrap().confirmed, Some(poll(3)));
}

#[test]
fn what_comes_back_is_not_gone_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    apply(&store, 2, []);
    let applied = apply(&store, 3, [single("a", "11-20T09:00")]);
    assert_eq!((applied.changed, applied.deleted), (1, 0));
    assert_eq!(only(&year(&store), "a").vanished, None);
    assert_eq!(unchanged(&store, 4).deleted, 0);
    apply(&store, 5, []);
    apply(&store, 6, []);
    assert_eq!(apply(&store, 7, [single("a", "11-20T09:00")]).changed, 1);
    assert_eq!(only(&year(&store), "a").vanished, None, "even after it was confirmed");
}

#[test]
fn a_clock_that_went_back_does_not_put_a_deletion_off_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 900, [single("a", "11-20T09:00")]);
    apply(&store, 901, []);
    assert_eq!(unchanged(&store, 3).deleted, 0);
    assert_eq!(unchanged(&store, 4).deleted, 1);
    let vanished = only(&year(&store), "a").vanished.unwrap();
    assert!(vanished.last_seen <= vanished.missed);
}

#[test]
fn a_failed_read_deletes_nothing_and_tells_since_when_it_fails() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    for n in 2..5 {
        wait(store.apply_failure(feed(), poll(n), problem(ReadErrorKind::NotACalendar, "an HTML page"))).unwrap();
    }
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!((state.failures_in_row, state.stale_since, state.last_success), (3, Some(poll(2)), Some(poll(1))));
    assert_eq!(state.cursor.unwrap()["etag"], "1", "the cursor stays");
    let snapshot = year(&store);
    assert_eq!(only(&snapshot, "a").vanished, None);
    assert_eq!(snapshot.sources[0].stale_since, Some(poll(2)));
    assert_eq!(snapshot.sources[0].problem, Some(problem(ReadErrorKind::NotACalendar, "an HTML page")));

    unchanged(&store, 5);
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!((state.failures_in_row, state.stale_since, state.problem), (0, None, None));
    assert_eq!((state.last_success, state.last_full), (Some(poll(5)), Some(poll(1))));
    wait(store.apply_unchanged(feed(), poll(6), Unchanged { full: true, ..Unchanged::default() })).unwrap();
    assert_eq!(wait(store.poll_state(feed())).unwrap().last_full, Some(poll(6)));
}

#[test]
fn a_failure_before_the_first_success_is_kept_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    wait(store.apply_failure(feed(), poll(1), problem(ReadErrorKind::Offline, "no route"))).unwrap();
    let snapshot = year(&store);
    assert_eq!((snapshot.sources[0].stale_since, snapshot.sources[0].first_success), (Some(poll(1)), None));
}

#[test]
fn an_override_that_was_removed_vanishes_while_its_master_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let master = series("s", "11-02T09:00", "FREQ=WEEKLY");
    apply(&store, 1, [master.clone(), moved("s", "11-16T09:00", "11-17T10:00")]);
    let mut excepted = master;
    excepted.recurrence.as_mut().unwrap().excluded.push(Moment::utc(date(2026, 11, 16).at(9, 0, 0, 0)));
    let applied = apply(&store, 2, [excepted.clone()]);
    assert_eq!((applied.changed, applied.vanished), (1, 1));
    assert_eq!(apply(&store, 3, [excepted.clone()]).deleted, 1);
    let snapshot = year(&store);
    let gone: Vec<_> =
        snapshot.events.iter().map(|one| (one.event.overrides.is_some(), one.vanished.is_some())).collect();
    assert_eq!(gone, [(false, false), (true, true)]);
}

#[test]
fn one_instance_named_in_two_zones_is_one_override() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut override_ = moved("s", "11-16T09:00", "11-17T10:00");
    apply(&store, 1, [override_.clone()]);
    let berlin = Zone::iana("Europe/Berlin").unwrap();
    override_.overrides.as_mut().unwrap().original = Moment::Zoned(date(2026, 11, 16).at(10, 0, 0, 0), berlin);
    let applied = apply(&store, 2, [override_]);
    assert_eq!((applied.added, applied.changed, applied.vanished), (0, 1, 0));
}

#[test]
fn of_duplicates_the_newest_revision_wins_wherever_it_stands() {
    let newest = Event { sequence: 2, ..single("a", "11-20T12:00") };
    let older = Event { sequence: 1, modified: Some(poll(9)), ..single("a", "11-20T11:00") };
    let later = Event { sequence: 2, modified: Some(poll(9)), ..single("a", "11-20T13:00") };
    for events in [[older.clone(), newest.clone(), later.clone()], [later.clone(), older, newest]] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let applied = apply(&store, 1, events.clone());
        assert_eq!((applied.added, applied.changed, applied.problems), (1, 0, 2));
        assert_eq!(only(&year(&store), "a").event, later);
        let problems = wait(store.poll_state(feed())).unwrap().problems;
        assert_eq!((problems.len(), problems[0].place.as_str(), problems[0].skipped), (2, "uid a", false));
        apply(&store, 2, events);
        assert_eq!(only(&year(&store), "a").event, later);
    }
}

#[test]
fn an_event_that_cannot_be_read_today_is_not_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00"), single("b", "11-20T10:00")]);
    for n in 2..4 {
        let listing = listing(vec![skipped("a")], "x");
        let applied = wait(store.apply_snapshot(feed(), poll(n), listing)).unwrap();
        assert_eq!((applied.problems, applied.vanished), (1, u64::from(n == 2)));
    }
    assert_eq!(only(&year(&store), "a").vanished, None);
    assert!(only(&year(&store), "b").vanished.unwrap().confirmed.is_some());
}

#[test]
fn a_listing_with_unlisted_gaps_makes_nothing_vanish() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    let gaps = Problem { place: "whole file".into(), what: "7 more problems are not listed".into(), skipped: true };
    let applied = wait(store.apply_snapshot(feed(), poll(2), listing(vec![Item::Problem(gaps)], "x"))).unwrap();
    assert_eq!((applied.vanished, only(&year(&store), "a").vanished), (0, None));
}

#[test]
fn problems_are_counted_in_full_and_kept_up_to_two_hundred() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let many = (0..1000).map(|n| skipped(&format!("bad-{n}"))).collect();
    wait(store.apply_snapshot(feed(), poll(1), listing(many, "x"))).unwrap();
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!((state.problems.len(), state.problems_in_all), (200, 1000));
    apply(&store, 2, []);
    assert_eq!(wait(store.poll_state(feed())).unwrap().problems_in_all, 0);
}

#[test]
fn tombstones_are_dropped_after_four_hundred_days() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    apply(&store, 2, []);
    let day = 48;
    unchanged(&store, 2 + 400 * day);
    assert_eq!(uids(&year(&store)), ["a"]);
    unchanged(&store, 3 + 400 * day);
    assert!(year(&store).events.is_empty());
}

#[test]
fn sources_keep_apart_and_those_that_left_the_config_are_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let other = cadenced::domain::source::SourceId { account: "home".into(), calendar: "main".into() };
    apply(&store, 1, [single("a", "11-20T09:00")]);
    let home = listing(items([single("a", "11-20T10:00")]), "x");
    wait(store.apply_snapshot(other.clone(), poll(1), home)).unwrap();
    apply(&store, 2, []);
    assert_eq!(wait(store.alive(other)).unwrap(), 1, "an empty listing touches its own source only");
    assert_eq!(year(&store).events.len(), 1);
    assert_eq!(year(&store).sources.len(), 1);
}

#[test]
fn a_window_holds_series_that_are_not_over_and_single_events_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut added = series("rdate", "01-05T09:00", "FREQ=WEEKLY;COUNT=2");
    let extra = Moment::utc(date(2026, 11, 18).at(9, 0, 0, 0));
    added.recurrence.as_mut().unwrap().dates.push(ExtraDate { start: extra, end: None });
    apply(
        &store,
        1,
        [
            series("open", "01-05T09:00", "FREQ=WEEKLY"),
            series("until-before", "01-05T09:00", "FREQ=WEEKLY;UNTIL=20260601T000000Z"),
            series("until-inside", "01-05T09:00", "FREQ=WEEKLY;UNTIL=20261118T000000Z"),
            series("count-before", "01-05T09:00", "FREQ=WEEKLY;COUNT=10;BYDAY=MO"),
            series("count-inside", "01-05T09:00", "FREQ=WEEKLY;COUNT=46"),
            series("count-hard", "01-05T09:00", "FREQ=YEARLY;COUNT=3;BYMONTH=2;BYMONTHDAY=29"),
            series("later", "12-07T09:00", "FREQ=WEEKLY"),
            moved("until-before", "05-25T09:00", "05-26T09:00"),
            moved("moved-in", "05-25T09:00", "11-18T09:00"),
            series("moved-in", "01-05T09:00", "FREQ=WEEKLY;UNTIL=20260601T000000Z"),
            single("inside", "11-18T09:00"),
            single("before", "11-13T09:00"),
            single("after", "11-24T09:00"),
            added,
        ],
    );
    let snapshot = between(&store, "11-16T00:00", "11-23T00:00");
    let expected = ["count-hard", "count-inside", "inside", "moved-in", "moved-in", "open", "rdate", "until-inside"];
    assert_eq!(uids(&snapshot), expected);
}

#[test]
fn floating_times_and_dates_are_found_in_every_zone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let day = date(2026, 11, 16);
    let whole =
        Event { start: Moment::Date(day), end: Moment::Date(day.tomorrow().unwrap()), ..single("day", "11-16T00:00") };
    apply(&store, 1, [whole]);
    assert_eq!(uids(&between(&store, "11-15T10:30", "11-15T11:00")), ["day"], "already Monday in Kiritimati");
    assert_eq!(uids(&between(&store, "11-17T11:30", "11-17T12:00")), ["day"], "still Monday west of Samoa");
    assert!(uids(&between(&store, "11-18T00:00", "11-19T00:00")).is_empty());
}

#[test]
fn a_window_that_moved_on_shows_later_events_of_an_unchanged_source() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("soon", "11-17T09:00"), single("later", "11-25T09:00")]);
    assert_eq!(uids(&between(&store, "11-16T00:00", "11-23T00:00")), ["soon"]);
    unchanged(&store, 300);
    assert_eq!(uids(&between(&store, "11-23T00:00", "11-30T00:00")), ["later"]);
}

#[test]
fn the_mirror_can_be_emptied_and_everything_is_read_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    wait(store.decide(waived("11-16T09:00"))).unwrap();
    wait(store.clear_mirror()).unwrap();
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!((state.cursor, state.last_success, state.first_success), (None, None, Some(poll(1))));
    let snapshot = year(&store);
    assert_eq!((snapshot.events.len(), snapshot.decisions.len()), (0, 1));
}

#[test]
fn a_listing_that_panics_leaves_the_old_state_and_a_working_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    let broken =
        items([single("b", "11-20T10:00")]).into_iter().chain(std::iter::from_fn(|| panic!("a bug in a reader")));
    let listing = Listing { items: Box::new(broken.map(Ok)), ..listing(Vec::new(), "x") };
    assert!(wait(store.apply_snapshot(feed(), poll(2), listing)).is_err());
    assert_eq!(uids(&year(&store)), ["a"]);
    assert_eq!(wait(store.poll_state(feed())).unwrap().last_success, Some(poll(1)));
    assert_eq!(apply(&store, 3, [single("a", "11-20T09:00")]).unchanged, 1);
}
