//! The numbers of a report agree with each other, and days are counted the same way everywhere.

use cadenced::cli;
use cadenced::domain::event::Event;
use cadenced::domain::week::past::facts_as_of;
use cadenced::domain::week::{WeekId, facts};
use cadenced::report::{Format, Style, render};
use cadenced::wording::local_time::LocalTime;

use crate::support::*;

fn report(world: &World, now: &str, week: &str, format: Format) -> String {
    let facts = facts(&world.standing(now), &world.snapshot.ledger, &world.policy, week.parse::<WeekId>().unwrap());
    render(&facts, format, &Style::default()).unwrap()
}

/// A text without its line breaks and the blanks that align it.
fn run_on(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Ann's Tuesdays at ten, with one that was cancelled and made up on the Monday after, past its deadline.
fn made_up_late() -> World {
    let master = series_of("ann", "2026-09-01T10:00").changed(|event| except(event, "2026-11-03T10:00"));
    let mut world = World::new("2026-08-31T08:00").with(master);
    world.add(pair("late", "2026-11-09T10:00", ANN));
    world.read("2026-11-16T08:00");
    world
}

fn series_of(uid: &str, start: &str) -> Event {
    series(uid, start, "FREQ=WEEKLY", ANN)
}

#[test]
fn a_make_up_after_the_deadline_has_one_mark_and_one_count_on_the_page() {
    let world = made_up_late();
    let text = report(&world, "2026-11-16T09:00", "2026-W45", Format::Text);
    let words = run_on(&text);
    assert!(words.contains("0 of 1 expected session held, 1 made up late."), "{text}");
    assert!(words.contains("◔ Tue 3 Nov, 10:00"), "{text}");
    assert!(words.contains("made up late, Mon 9 Nov, 10:00"), "{text}");
    assert!(words.contains("and 1 was made up late"), "{text}");
    assert!(words.contains("made up late 1 1"), "the sums: {text}");
    assert!(words.contains(" missed 0 0"), "the sums: {text}");
    assert!(words.contains("after 4 to 7 days 1") && words.contains("not made up 0"), "the losses: {text}");
    let strip = words.matches('◔').count();
    assert_eq!((strip, words.matches('✕').count()), (3, 0), "session, strip and legend: {text}");
}

#[test]
fn one_page_adds_up() {
    let world = made_up_late();
    let json = report(&world, "2026-11-16T09:00", "2026-W45", Format::Json);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let count = |pointer: &str| report.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).as_u64().unwrap();
    let of = |keys: &[&str]| keys.iter().map(|key| count(&format!("/quarter/{key}"))).sum::<u64>();
    assert_eq!(count("/quarter/expected"), of(&["held", "made_up", "made_up_late", "open", "missed", "unknown"]));
    assert_eq!(count("/losses/lost"), of(&["made_up", "made_up_late", "open", "missed"]));
    let waits = report["losses"]["waited"].as_array().unwrap();
    assert_eq!(count("/losses/lost"), waits.iter().map(|wait| wait["sessions"].as_u64().unwrap()).sum::<u64>());
    assert_eq!(count("/rate/kept") + count("/rate/missed"), of(&["held", "made_up", "made_up_late", "missed"]));
}

/// Ann's Mondays at ten; the one of 23 November was cancelled on the Friday before.
fn lost_ahead() -> World {
    let mut world = World::new("2026-11-01T08:00").with(series("ann", "2026-09-07T10:00", "FREQ=WEEKLY", ANN));
    for day in ["2026-11-01", "2026-11-17"] {
        world.read(&format!("{day}T08:00"));
        world.act(&format!("{day}T08:01"));
    }
    world.add(series("ann", "2026-09-07T10:00", "FREQ=WEEKLY", ANN).changed(|event| except(event, "2026-11-23T10:00")));
    world.read("2026-11-20T09:00");
    world.act("2026-11-20T09:01");
    world.read("2026-11-23T07:00");
    world
}

/// What is to come has no line of its week in the ledger yet, and what is known of it was known then.
#[test]
fn a_report_as_of_monday_says_how_early_a_loss_ahead_became_known() {
    let (world, monday) = (lost_ahead(), at("2026-11-23T08:00"));
    let week = "2026-W47".parse::<WeekId>().unwrap();
    let facts = facts_as_of(&world.snapshot.clone().as_of(monday), &world.policy, week, monday);
    let text = run_on(&render(&facts, Format::Text, &Style::default()).unwrap());
    assert!(
        text.contains("owed: Mon 23 Nov: cancelled by you, between Tue 17 Nov, 08:00 and Fri 20 Nov, 09:00"),
        "{text}"
    );
}

#[test]
fn what_has_a_make_up_on_the_calendar_is_owed_and_does_not_wait_for_the_user() {
    let mut world = lost_ahead();
    let words = |world: &World| {
        let now = "2026-11-23T08:00";
        let (standing, wall) = (world.standing(now), LocalTime::new("Europe/Berlin", at(now)));
        (run_on(&report(world, now, "2026-W47", Format::Text)), run_on(&cli::status::text(&standing, &wall)))
    };
    let (report, status) = words(&world);
    assert!(report.contains("Waiting for you owed") && report.contains("1 session owed now."), "{report}");
    assert!(!status.contains("make-up"), "{status}");
    world.add(pair("instead", "2026-11-25T14:00", ANN));
    let (report, status) = words(&world);
    assert!(!report.contains("Waiting for you"), "{report}");
    assert!(report.contains("1 session owed now, with a make-up on the calendar."), "{report}");
    assert!(
        report.contains("owed: Mon 23 Nov: cancelled by you, between Tue 17 Nov, 08:00 and Fri 20 Nov, 09:00; a make-up is on Wed 25 Nov, 14:00"),
        "{report}"
    );
    assert!(status.contains("with a make-up on the calendar"), "{status}");
}

/// A report of a week before cadenced was there.
#[test]
fn a_calendar_is_not_called_read_before_its_first_read() {
    let world = World::new("2026-11-20T08:00").with(series_of("ann", "2026-09-01T10:00"));
    let monday = at("2026-11-16T08:00");
    let facts = facts_as_of(&world.snapshot.clone().as_of(monday), &world.policy, "2026-W46".parse().unwrap(), monday);
    let text = run_on(&render(&facts, Format::Text, &Style::default()).unwrap());
    assert!(text.contains("first read Fri 20 Nov, 08:00, after the time of this report"), "{text}");
    assert!(!text.contains("read at the time"), "{text}");
}

#[test]
fn when_a_pair_last_met_is_the_same_day_wherever_it_is_said() {
    let mut world = World::new("2026-08-31T08:00").with(series_of("ann", "2026-09-01T10:00"));
    // The last session was on Tuesday morning a week ago; it is Tuesday before ten.
    for now in ["2026-11-10T00:30", "2026-11-10T09:00"] {
        world.read(now);
        let (standing, wall) = (world.standing(now), LocalTime::new("Europe/Berlin", at(now)));
        let report = run_on(&report(&world, now, "2026-W45", Format::Text));
        assert!(report.contains("last held 7 days ago (Tue 3 Nov)"), "{report}");
        assert!(
            run_on(&cli::people::text(&standing, &wall)).contains("7 days ago"),
            "{}",
            cli::people::text(&standing, &wall)
        );
        assert!(cli::series::text(&standing, &wall, false).contains("Tue 3 Nov"));
    }
}

#[test]
fn what_has_begun_is_not_the_next_session_and_a_make_up_may_be() {
    let master = series_of("ann", "2026-09-01T10:00").changed(|event| except(event, "2026-11-17T10:00"));
    let mut world = World::new("2026-08-31T08:00").with(master);
    world.read("2026-11-10T08:00");
    let next = |world: &World, now: &str| world.only(now).next.map(|span| span.start);
    assert_eq!(next(&world, "2026-11-10T09:59"), Some(at("2026-11-10T10:00")));
    assert_eq!(next(&world, "2026-11-10T10:00"), Some(at("2026-11-24T10:00")), "it has begun");
    world.add(pair("instead", "2026-11-19T14:00", ANN));
    assert_eq!(next(&world, "2026-11-10T10:15"), Some(at("2026-11-19T14:00")));
    assert_eq!(next(&world, "2026-11-19T14:10"), Some(at("2026-11-24T10:00")));
}
