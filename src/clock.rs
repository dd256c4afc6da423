//! The only access to the wall clock, the machine's time zone and the stopwatch; other code takes `now` as an argument.

mod alarm;

pub use alarm::Alarm;

use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Says what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's own time.
    System,
    /// The machine's time, put off by this much: `--now` for what runs on.
    Ahead(SignedDuration),
    /// One instant for ever: `--now` for what gives one answer, so that the answer can be repeated.
    Stopped(Timestamp),
}

impl Clock {
    /// A clock that shows `now` at this moment and runs on from there.
    pub fn starting_at(now: Timestamp) -> Self {
        Self::Ahead(now.duration_since(wall()))
    }

    /// The present. It may jump in either direction, as the machine's clock may; it never leaves jiff's range.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => wall(),
            Self::Ahead(ahead) => wall().saturating_add(*ahead).unwrap_or(Timestamp::MAX),
            Self::Stopped(now) => *now,
        }
    }
}

/// Measures how long something takes; it never runs backwards, and stands still while the machine is suspended.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The machine's zone, by `TZ` or `/etc/localtime`; an unknown one where neither can be read.
#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
pub fn machine_zone() -> TimeZone {
    TimeZone::system()
}

#[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
fn wall() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_runs_on_from_there() {
        let start: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(start);
        let shown = clock.now();
        assert!(shown >= start && shown.duration_since(start) < SignedDuration::from_mins(1), "{shown}");
        assert!(clock.now() >= shown);
        assert_eq!(Clock::Stopped(start).now(), start);
    }

    #[test]
    fn a_stopwatch_never_runs_backwards() {
        let watch = Stopwatch::start();
        let first = watch.elapsed();
        assert!(watch.elapsed() >= first);
    }
}
