//! Notices: each fact once, few at a time, nothing in quiet hours, nothing from old history.

use cadenced::domain::event::Event;
use cadenced::domain::plan::{Notice, Subject, awaited_read, next_change};
use cadenced::domain::policy::Mode;
use jiff::civil::time;

use crate::support::*;

fn weekly(uid: &str, start: &str, other: &str) -> Event {
    series(uid, start, "FREQ=WEEKLY", other)
}

fn kinds(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.key.split(':').next().unwrap_or_default()).collect()
}

/// Ann's Mondays at ten; everything before Tuesday the 17th was told.
fn world() -> World {
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00", ANN));
    world.act("2026-11-01T08:01");
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    world
}

fn lose(world: &mut World, uid: &str, start: &str, other: &str, original: &str) {
    world.add(weekly(uid, start, other).changed(|event| except(event, original)));
}

#[test]
fn the_history_that_the_first_read_finds_is_not_told_piece_by_piece() {
    let missed = weekly("ann", "2026-09-07T10:00", ANN).changed(|event| {
        for original in ["2026-10-05T10:00", "2026-10-12T10:00", "2026-11-09T10:00", "2026-11-16T10:00"] {
            except(event, original);
        }
    });
    let mut world = World::new("2026-11-17T08:00").with(missed);
    assert_eq!(kinds(&world.act("2026-11-17T08:01")), ["report"]);
    assert_eq!(kinds(&world.act("2026-11-17T09:00")), ["digest"]);
}

#[test]
fn a_loss_is_told_once_and_again_only_as_missed() {
    let mut world = world();
    lose(&mut world, "ann", "2026-09-07T10:00", ANN, "2026-11-23T10:00");
    world.read("2026-11-17T10:00");
    let told = world.act("2026-11-17T10:01");
    assert_eq!(kinds(&told), ["lost"]);
    assert!(matches!(&told[0].subject, Subject::Lost { owed: 1, .. }));
    world.read("2026-11-17T11:00");
    assert_eq!(kinds(&world.act("2026-11-17T11:01")), [""; 0]);
    world.read("2026-11-30T08:30");
    assert_eq!(kinds(&world.act("2026-11-30T08:31")), ["missed", "report"]);
    assert_eq!(kinds(&world.act("2026-11-30T08:32")), [""; 0]);
}

#[test]
fn a_loss_that_is_made_up_for_already_is_not_told() {
    let mut world = world();
    lose(&mut world, "ann", "2026-09-07T10:00", ANN, "2026-11-23T10:00");
    world.add(pair("instead", "2026-11-24T10:00", ANN));
    world.read("2026-11-17T10:00");
    assert_eq!(kinds(&world.act("2026-11-17T10:01")), [""; 0]);
}

#[test]
fn quiet_hours_hold_notices_back_until_they_are_over() {
    let mut world = world();
    world.policy.quiet = Some((time(18, 0, 0, 0), time(8, 0, 0, 0)));
    world.policy.digest_at = None;
    lose(&mut world, "ann", "2026-09-07T10:00", ANN, "2026-11-23T10:00");
    world.read("2026-11-17T19:00");
    assert_eq!(kinds(&world.act("2026-11-17T19:01")), [""; 0]);
    assert_eq!(next_change(&world.standing("2026-11-17T19:01"), &world.policy), at("2026-11-18T08:00"));
    assert_eq!(kinds(&world.act("2026-11-18T07:59")), [""; 0]);
    assert_eq!(kinds(&world.act("2026-11-18T08:00")), ["lost"]);
}

#[test]
fn many_facts_at_once_become_one_digest_that_settles_them() {
    let mut world = World::new("2026-11-01T08:00");
    let people = ["a@example.com", "b@example.com", "c@example.com", "d@example.com"];
    for (hour, who) in (10..).zip(people) {
        world.add(weekly(who, &format!("2026-09-07T{hour}:00"), who));
    }
    world.act("2026-11-01T08:01");
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    for (hour, who) in (10..).zip(people) {
        lose(&mut world, who, &format!("2026-09-07T{hour}:00"), who, &format!("2026-11-23T{hour}:00"));
    }
    world.read("2026-11-17T10:00");
    let told = world.act("2026-11-17T10:01");
    assert_eq!(kinds(&told), ["flood"]);
    assert!(matches!(&told[0].subject, Subject::Digest { lines } if lines.len() == 4));
    assert_eq!(kinds(&world.act("2026-11-17T10:02")), [""; 0]);
}

#[test]
fn the_digest_comes_once_each_working_day_while_something_is_owed() {
    let mut world = world();
    lose(&mut world, "ann", "2026-09-07T10:00", ANN, "2026-11-23T10:00");
    world.read("2026-11-17T10:00");
    world.act("2026-11-17T10:01");
    assert_eq!(kinds(&world.act("2026-11-18T08:59")), [""; 0]);
    assert_eq!(kinds(&world.act("2026-11-18T09:00")), ["digest"]);
    assert_eq!(kinds(&world.act("2026-11-18T17:00")), [""; 0]);
    assert_eq!(kinds(&world.act("2026-11-19T12:00")), ["digest"]);
    assert_eq!(kinds(&world.act("2026-11-21T12:00")), [""; 0], "a Saturday");
}

#[test]
fn mode_off_only_counts() {
    let mut world = world();
    world.policy.mode = Mode::Off;
    lose(&mut world, "ann", "2026-09-07T10:00", ANN, "2026-11-23T10:00");
    world.read("2026-11-17T10:00");
    assert_eq!(kinds(&world.act("2026-11-17T10:01")), [""; 0]);
    assert_eq!(world.only("2026-11-17T10:01").owed().count(), 1);
}

#[test]
fn the_report_is_written_once_for_the_last_week_also_after_sleeping_through_it() {
    let mut world = world();
    assert!(world.snapshot.told.contains("report-written:2026-W46"));
    world.act("2026-11-23T07:59");
    assert!(!world.snapshot.told.contains("report-written:2026-W47"));
    assert_eq!(kinds(&world.act("2026-12-09T15:00")), ["report"]);
    let written = |week: &str| world.snapshot.told.contains(&format!("report-written:2026-W{week}"));
    assert_eq!((written("47"), written("48"), written("49")), (false, false, true));
}

#[test]
fn nothing_is_reported_before_anything_was_read() {
    let mut world = World::new("2026-11-17T08:00");
    world.snapshot.sources[0].last_success = None;
    assert_eq!(kinds(&world.act("2026-11-17T08:01")), [""; 0]);
}

#[test]
fn a_source_that_fails_for_a_day_is_told_once() {
    let mut world = world();
    world.snapshot.sources[0].stale_since = Some(at("2026-11-17T09:00"));
    assert_eq!(kinds(&world.act("2026-11-18T08:59")), [""; 0]);
    assert_eq!(next_change(&world.standing("2026-11-18T08:59"), &world.policy), at("2026-11-18T09:00"));
    assert_eq!(kinds(&world.act("2026-11-18T09:00")), ["stale"]);
    assert_eq!(kinds(&world.act("2026-11-19T09:00")), [""; 0]);
}

#[test]
fn a_session_that_waits_to_be_believed_says_which_read_would_do() {
    let mut world = world();
    world.snapshot.sources[0].last_success = Some(at("2026-11-23T12:00"));
    assert_eq!(awaited_read(&world.standing("2026-11-23T12:01")), Some(at("2026-11-23T16:30")));
    world.read("2026-11-23T16:30");
    assert_eq!(awaited_read(&world.standing("2026-11-23T16:31")), None);
}
