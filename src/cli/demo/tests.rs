//! Owns the tests of the demo: its calendars are valid whenever it is run, and the main job finds in them what was put there.

use jiff::{SignedDuration, Timestamp};

use super::calendars::World;
use crate::calendar::ics::read::read_calendar;

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
