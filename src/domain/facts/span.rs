//! Spans of time, and calendar days between instants.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many calendar days of `zone` lie between two instants: the only way in which days are counted for the user. Yesterday evening is
/// one day ago at breakfast already. Below zero where `later` comes first.
#[must_use]
pub fn days_between(earlier: Timestamp, later: Timestamp, zone: &TimeZone) -> i64 {
    let day = |at: Timestamp| zone.to_datetime(at).date();
    if planted!("days-are-24-hours") {
        return later.duration_since(earlier).as_hours() / 24;
    }
    day(later).since(day(earlier)).map_or(0, |gap| i64::from(gap.get_days()))
}

/// A half-open stretch of real time: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first instant inside.
    pub start: Timestamp,
    /// The first instant past it; never before `start`.
    pub end: Timestamp,
}

/// The time between two good reads of a calendar: the last one before a change, and the first one that showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Between {
    /// It had not changed yet.
    pub after: Timestamp,
    /// It had changed.
    pub before: Timestamp,
}

impl Span {
    /// A span from `start` to `end`; an `end` before `start` is taken as `start`.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end: end.max(start) }
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether an instant is inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// How much real time two spans share.
    #[must_use]
    pub fn shared(&self, other: &Self) -> SignedDuration {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        if end > start { end.duration_since(start) } else { SignedDuration::ZERO }
    }

    /// Whether two spans share any time, or, for one of no length, whether its instant is inside the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.start == self.end {
            return other.contains(self.start);
        }
        if other.start == other.end {
            return self.contains(other.start);
        }
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` covers at least half of this span.
    #[must_use]
    pub fn is_half_covered_by(&self, other: &Self) -> bool {
        !self.length().is_zero() && self.shared(other) * 2 >= self.length()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar_and_not_of_a_stopwatch() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let days = |earlier: &str, later: &str| days_between(earlier.parse().unwrap(), later.parse().unwrap(), &berlin);
        let cases = [
            ("2026-11-03T09:00:00Z", "2026-11-10T14:00:00Z", 7),
            ("2026-11-03T09:00:00Z", "2026-11-10T06:00:00Z", 7),
            ("2026-11-09T22:30:00Z", "2026-11-09T23:30:00Z", 1),
            ("2026-11-09T09:00:00Z", "2026-11-09T10:00:00Z", 0),
            ("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", 1),
            ("2026-10-24T22:00:00Z", "2026-10-25T22:59:00Z", 0),
            ("2026-11-10T09:00:00Z", "2026-11-08T09:00:00Z", -2),
            ("2025-12-31T12:00:00Z", "2026-03-01T12:00:00Z", 60),
        ];
        for (earlier, later, expected) in cases {
            assert_eq!(days(earlier, later), expected, "{earlier} to {later}");
        }
    }
}
