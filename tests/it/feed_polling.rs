//! When a source is read next, after success, failure, suspend and clock changes.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use cadenced::calendar::{Effort, ErrorKind};
use cadenced::daemon::backoff::{
    LONGEST_REFRESH, LONGEST_RETRY, LONGEST_WAIT, LastRead, Pace, SHORTEST_INTERVAL, effort, is_due, next_poll,
    on_waking,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_mins(1);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-03-02T12:00:00Z")
}

fn wait(last: LastRead, random: f64) -> Duration {
    next_poll(Pace::default(), last, noon(), random).duration_since(noon()).unsigned_abs()
}

fn good(refresh: Option<Duration>) -> LastRead {
    LastRead::Good { refresh }
}

fn failed(in_a_row: u32, kind: ErrorKind) -> LastRead {
    LastRead::Failed { in_a_row, kind }
}

#[test]
fn a_good_read_is_followed_by_the_interval_give_or_take_a_quarter() {
    assert_eq!(wait(good(None), 0.5), 15 * MINUTE);
    assert_eq!(wait(good(None), 0.0), Duration::from_secs(675));
    assert_eq!(wait(good(None), 1.0), Duration::from_secs(1125));
}

#[test]
fn a_feed_may_ask_for_fewer_reads_but_not_for_more_and_not_for_ever() {
    assert_eq!(wait(good(Some(MINUTE)), 0.5), 15 * MINUTE);
    assert_eq!(wait(good(Some(60 * MINUTE)), 0.5), 60 * MINUTE);
    assert_eq!(wait(good(Some(Duration::from_hours(24 * 7))), 0.5), LONGEST_REFRESH);
}

#[test]
fn no_config_polls_more_often_than_every_five_minutes() {
    let hasty = Pace { every: Duration::from_secs(1), ..Pace::default() };
    assert_eq!(next_poll(hasty, good(None), noon(), 0.0), noon() + SHORTEST_INTERVAL);
}

#[test]
fn failures_back_off_to_an_hour() {
    let waits: Vec<u64> = (1..8).map(|n| wait(failed(n, ErrorKind::Server), 0.5).as_secs() / 60).collect();
    assert_eq!(waits, [5, 10, 20, 40, 60, 60, 60]);
    assert_eq!(wait(failed(u32::MAX, ErrorKind::SignIn), 1.0), LONGEST_RETRY);
}

#[test]
fn being_offline_is_retried_soon_as_networks_come_up_late() {
    let waits: Vec<u64> = (1..10).map(|n| wait(failed(n, ErrorKind::Offline), 0.5).as_secs()).collect();
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
}

#[test]
fn retry_after_is_a_minimum_whatever_the_jitter() {
    let asked = ErrorKind::Wait { after: Some(Duration::from_hours(2)) };
    assert!(wait(failed(1, asked), 0.0) >= Duration::from_hours(2));
    let little = ErrorKind::Wait { after: Some(Duration::from_secs(1)) };
    assert_eq!(wait(failed(3, little), 0.5), 20 * MINUTE);
    let absurd = ErrorKind::Wait { after: Some(Duration::MAX) };
    assert_eq!(wait(failed(1, absurd), 0.9), LONGEST_WAIT);
}

#[test]
fn what_fell_due_in_a_suspend_is_due_within_seconds_and_not_all_at_once() {
    let woke = at("2026-03-02T18:00:00Z");
    let due: Vec<Timestamp> = [0.1, 0.5, 0.9].map(|random| on_waking(Some(noon()), woke, random)).to_vec();
    assert!(due.iter().all(|due| *due >= woke && *due <= woke + SignedDuration::from_secs(20)), "{due:?}");
    assert!(due[0] < due[1] && due[1] < due[2], "{due:?}");
    assert_eq!(on_waking(None, woke, 0.0), woke);
    let later = at("2026-03-02T18:05:00Z");
    assert_eq!(on_waking(Some(later), woke, 0.5), later);
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_polling() {
    let planned = at("2027-03-02T12:00:00Z");
    assert!(is_due(Pace::default(), planned, noon()));
    assert!(!is_due(Pace::default(), at("2026-03-02T12:10:00Z"), noon()));
    assert!(is_due(Pace::default(), noon(), noon()));
}

#[test]
fn every_few_hours_a_read_is_full() {
    let pace = Pace::default();
    assert_eq!(effort(pace, None, noon()), Effort::Full);
    assert_eq!(effort(pace, Some(at("2026-03-02T06:00:01Z")), noon()), Effort::Incremental);
    assert_eq!(effort(pace, Some(at("2026-03-02T06:00:00Z")), noon()), Effort::Full);
    assert_eq!(effort(pace, Some(at("2026-03-03T06:00:00Z")), noon()), Effort::Full);
}

proptest! {
    #[test]
    fn every_plan_lies_ahead_and_within_what_it_is_judged_by(
        every in 0u64..100_000_000, refresh in proptest::option::of(any::<u64>()), in_a_row in any::<u32>(),
        after in proptest::option::of(any::<u64>()), fails in any::<bool>(), random in 0.0f64..1.0,
    ) {
        let pace = Pace { every: Duration::from_secs(every), ..Pace::default() };
        let last = if fails {
            failed(in_a_row, ErrorKind::Wait { after: after.map(Duration::from_secs) })
        } else {
            good(refresh.map(Duration::from_secs))
        };
        let planned = next_poll(pace, last, noon(), random);
        prop_assert!(planned > noon());
        prop_assert!(!is_due(pace, planned, noon()));
        prop_assert!(is_due(pace, planned, planned));
    }
}
