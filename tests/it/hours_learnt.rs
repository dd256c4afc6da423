//! Which working hours are learnt from two months of accepted events, and which are not.

use cadenced::domain::hours::learn;
use cadenced::domain::span::Span;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn from_to(start: &str, end: &str) -> Span {
    let at = |local: &str| local.parse::<DateTime>().unwrap().to_zoned(berlin()).unwrap().timestamp();
    Span::new(at(start), at(end))
}

fn part(start: &str, end: &str) -> (Time, Time) {
    (start.parse().unwrap(), end.parse().unwrap())
}

/// Two months of events from Monday to Thursday: at nine or half past, at two, and until five or half past.
fn accepted() -> Vec<Span> {
    let mut found = Vec::new();
    for week in 0..8_i64 {
        for day in 0..4 {
            let date = jiff::civil::date(2026, 9, 7).checked_add((week * 7 + day).days()).unwrap();
            let late = if week % 4 == 3 { 30 } else { 0 };
            for (hour, minute) in [(9, late), (14, 0), (16, 30 + late)] {
                let begin = date.at(hour, 0, 0, 0).to_zoned(berlin()).unwrap().timestamp();
                let begin = begin + SignedDuration::from_mins(minute.into());
                found.push(Span::new(begin, begin + SignedDuration::from_mins(30)));
            }
        }
    }
    found
}

#[test]
fn hours_are_learnt_from_two_months_of_accepted_events() {
    let learnt = learn(&accepted(), &berlin()).unwrap();
    assert_eq!(learnt.days[0], [part("09:00", "17:00")]);
    assert_eq!(learnt.days[3], [part("09:00", "17:00")]);
    assert_eq!(learnt.days[4], [], "a day without events is not worked, as far as anybody knows");
}

#[test]
fn what_is_unusual_is_not_learnt_from() {
    let mut events = accepted();
    events.push(from_to("2026-09-07T07:00", "2026-09-07T07:30"));
    events.push(from_to("2026-09-28T21:00", "2026-09-28T21:30"));
    events.push(from_to("2026-09-21T05:00", "2026-09-21T05:30"));
    events.push(from_to("2026-09-28T23:00", "2026-09-29T01:00"));
    events.push(from_to("2026-10-02T09:00", "2026-10-02T17:00"));
    events.push(from_to("2026-10-03T00:00", "2026-10-04T00:00"));
    assert_eq!(learn(&events, &berlin()), learn(&accepted(), &berlin()));
}

#[test]
fn events_at_night_are_no_hours_however_many_there_are() {
    let mut events = accepted();
    for day in 1..=28 {
        events.push(from_to(&format!("2026-09-{day:02}T05:00"), &format!("2026-09-{day:02}T05:30")));
        events.push(from_to(&format!("2026-10-{day:02}T22:00"), &format!("2026-10-{day:02}T22:30")));
    }
    assert_eq!(learn(&events, &berlin()), learn(&accepted(), &berlin()));
}

#[test]
fn from_few_events_nothing_is_learnt() {
    assert!(learn(&accepted()[..20], &berlin()).is_some());
    assert_eq!(learn(&accepted()[..19], &berlin()), None);
    assert_eq!(learn(&[], &berlin()), None);
}

#[test]
fn hours_are_what_the_clocks_of_the_zone_show_before_and_after_they_change() {
    let learnt = learn(&accepted(), &TimeZone::UTC).unwrap();
    // Seven of the eight weeks were in summer time: nine in Berlin was seven in Greenwich.
    assert_eq!(learnt.days[0], [part("07:00", "15:00")]);
}
