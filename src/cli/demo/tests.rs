//! Tests of the demo: its calendars are valid at any time, and the main job finds what they contain.

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp};

use super::calendars::World;
use super::{DemoResult, Folder, read_through};
use crate::calendar::file::read_calendar;
use crate::cli::context::waiting;
use crate::domain::one_on_one::CadenceUnit;
use crate::domain::session::{Loss, Outcome, Session, Side};
use crate::domain::standing::OneOnOne;

/// Each weekday at each of some hours, the changes of summer time, a leap day and the turn of a year.
fn presents() -> Vec<Timestamp> {
    let monday: Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    let week = (0..7 * 6).map(|n| monday + SignedDuration::from_hours(n * 4));
    let odd = ["2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z", "2028-02-29T12:00:00Z", "2026-12-31T23:30:00Z"];
    week.chain(odd.iter().map(|text| text.parse().unwrap())).collect()
}

#[test]
fn the_calendars_are_valid_whenever_the_demo_is_run() {
    for now in presents() {
        let world = World::around(now).unwrap();
        for at in world.readings() {
            for feed in world.feeds(at) {
                let read = read_calendar(feed.ics.as_bytes()).unwrap();
                assert!(read.problems.is_empty(), "{now} {at} {}: {:?}", feed.name, read.problems);
                assert!(read.events.iter().all(|event| event.unknown_zone.is_none()));
                let parsed = calcard::icalendar::ICalendar::parse(&feed.ics).unwrap();
                let events = parsed.components.iter();
                let events = events.filter(|c| c.component_type == calcard::icalendar::ICalendarComponentType::VEvent);
                assert_eq!(events.count(), read.events.len(), "{now} {at} {}", feed.name);
            }
        }
    }
}

#[test]
fn the_same_present_makes_the_same_calendars() {
    let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
    let feeds = || World::around(now).unwrap().feeds(now);
    assert_eq!(feeds(), feeds());
}

#[test]
fn a_feed_shows_nothing_that_happened_after_it_was_written() {
    let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
    let world = World::around(now).unwrap();
    for at in world.readings() {
        for feed in world.feeds(at) {
            let stamps = feed.ics.lines().filter_map(|line| line.strip_prefix("LAST-MODIFIED:"));
            for stamp in stamps {
                let known = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
                assert!(stamp <= known.as_str(), "{stamp} is after {known}");
            }
        }
    }
}

#[test]
fn no_line_of_a_feed_is_longer_than_the_format_allows() {
    let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
    for feed in World::around(now).unwrap().feeds(now) {
        assert!(feed.ics.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{}", feed.name);
        assert!(feed.ics.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && feed.ics.ends_with("END:VCALENDAR\r\n"));
    }
}

fn played(now: Timestamp) -> (World, DemoResult) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::around(now).unwrap();
    let prepared = Folder::prepare(folder.path()).unwrap();
    let played = waiting().unwrap().block_on(async {
        let store = prepared.context(now).unwrap().open().unwrap();
        let played = Box::pin(read_through(&world, &prepared, &store)).await.unwrap();
        store.close().await.unwrap();
        played
    });
    (world, played)
}

fn with<'a>(played: &'a DemoResult, name: &str) -> &'a OneOnOne {
    let theirs = played.found.standing.one_on_ones.iter().filter(|one| one.person.name.starts_with(name));
    let all: Vec<_> = theirs.collect();
    assert_eq!(all.len(), 1, "{name}");
    all[0]
}

/// The session of a 1:1 whose original start is on a day in Berlin.
fn on(one: &OneOnOne, day: Date) -> &Session {
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let found = one.sessions.iter().find(|s| s.id.original.to_zoned(berlin.clone()).date() == day);
    found.unwrap_or_else(|| panic!("{} has no session on {day}", one.person.name))
}

#[test]
fn the_main_job_finds_what_was_put_into_the_calendars() {
    use Weekday::{Monday, Thursday, Tuesday, Wednesday};
    for now in presents().into_iter().step_by(5) {
        let (world, played) = played(now);
        let [ada, ben, chiara, dmitri, elena, farid] =
            ["Ada", "Ben", "Chiara", "Dmitri", "Elena", "Farid"].map(|name| with(&played, name));
        let outcome = |one, week, weekday| on(one, world.day(week, weekday)).outcome;
        assert_eq!(played.found.standing.one_on_ones.len(), 6, "{now}");

        let made_up = on(ada, world.day(-3, Tuesday));
        assert_eq!(made_up.outcome, Outcome::Cancelled, "{now}");
        assert!(made_up.made_up_by.as_ref().is_some_and(|by| by.held), "{now} {made_up:?}");
        assert_eq!(outcome(ada, -1, Tuesday), Outcome::HeldPresumed, "{now}");
        let open: Vec<_> = ada.sessions.iter().filter(|s| s.state == Some(Loss::Open)).collect();
        assert!(open.iter().any(|s| s.span.start > now && s.owed), "{now} {open:?}");

        assert_eq!(outcome(ben, -5, Wednesday), Outcome::Cancelled, "{now}");
        let declined = on(ben, world.day(-2, Wednesday));
        assert_eq!((declined.outcome, declined.by), (Outcome::Declined, Some(Side::Other)), "{now}");
        assert_eq!(declined.state, Some(Loss::Missed), "{now}");
        assert_eq!(outcome(ben, -1, Wednesday), Outcome::Cancelled, "{now}");

        assert_eq!(chiara.series.len(), 2, "{now}");
        assert_eq!(outcome(chiara, -1, Thursday), Outcome::HeldPresumed, "{now}");
        assert_eq!(outcome(chiara, 1, Thursday), Outcome::Upcoming, "{now}");

        assert_eq!(outcome(dmitri, -11, Monday), Outcome::Cancelled, "{now}");
        assert_eq!(outcome(dmitri, -9, Monday), Outcome::Excused, "{now}");
        assert_eq!(outcome(dmitri, -6, Monday), Outcome::Excused, "{now}");
        assert_eq!(outcome(dmitri, -4, Monday), Outcome::Conflicted, "{now}");
        let moved = on(dmitri, world.day(-2, Monday));
        assert!(moved.is_moved() && moved.outcome == Outcome::HeldPresumed, "{now} {moved:?}");

        assert!(elena.lapsed.is_some() && elena.next.is_none(), "{now}");
        assert_eq!(farid.cadence.unit, CadenceUnit::Month, "{now}");
    }
}

#[test]
fn a_folder_that_is_no_demos_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "[owner]\n").unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    assert!(Folder::prepare(folder.path()).is_err());
    assert!(folder.path().join("data").exists());
}
