//! Owns [`Wall`]: instants as the owner reads them off a wall clock and a calendar.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// The owner's zone, with the words for instants in it.
#[derive(Clone, Debug)]
pub struct Wall {
    zone: TimeZone,
    /// The name of the zone as it is shown.
    pub name: String,
    /// Whether the zone asked for is not known here, so that times are in UTC.
    pub is_fallback: bool,
    /// The instant that is the present of what is told.
    pub now: Timestamp,
    year: i16,
}

impl Wall {
    /// Looks an IANA zone up; one that is not known becomes UTC, and `is_fallback` says so.
    /// Days outside the year of `now` are written with their year.
    #[must_use]
    pub fn new(zone: &str, now: Timestamp) -> Self {
        let found = TimeZone::get(zone).ok();
        let is_fallback = found.is_none();
        let name = if is_fallback { "UTC".to_owned() } else { zone.to_owned() };
        let zone = found.unwrap_or(TimeZone::UTC);
        let year = now.to_zoned(zone.clone()).year();
        Self { zone, name, is_fallback, now, year }
    }

    /// `Tue 17 Nov`.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> String {
        let at = self.at(at);
        let form = if at.year() == self.year { "%a %-d %b" } else { "%a %-d %b %Y" };
        at.strftime(form).to_string()
    }

    /// `Tue 17 Nov, 10:00`.
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> String {
        format!("{}, {}", self.day(at), self.at(at).strftime("%H:%M"))
    }

    /// `Tuesday 17 November 2026, 10:00`.
    #[must_use]
    pub fn long(&self, at: Timestamp) -> String {
        self.at(at).strftime("%A %-d %B %Y, %H:%M").to_string()
    }

    /// The last day before an exclusive end, `Sun 22 Nov`.
    #[must_use]
    pub fn last_day(&self, end: Timestamp) -> String {
        self.day(end.checked_sub(SignedDuration::from_secs(1)).unwrap_or(end))
    }

    /// A half-open stretch of days, `Mon 16 to Sun 22 November 2026`.
    #[must_use]
    pub fn days(&self, span: crate::domain::span::Span) -> String {
        let first = self.at(span.start);
        let last = self.at(span.end.checked_sub(SignedDuration::from_secs(1)).unwrap_or(span.end));
        let form = match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => "%a %-d",
            (true, false) => "%a %-d %B",
            _ => "%a %-d %B %Y",
        };
        format!("{} to {}", first.strftime(form), last.strftime("%a %-d %B %Y"))
    }

    /// RFC 3339 with the zone's offset at that instant.
    #[must_use]
    pub fn exact(&self, at: Timestamp) -> String {
        self.at(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The civil day of an instant.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        self.at(at).date()
    }

    fn at(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }
}

/// About how long, in the largest unit that fits: `40 minutes`, `2 hours`, `3 days`.
#[must_use]
pub fn about(length: SignedDuration) -> String {
    let minutes = length.abs().as_mins();
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => count(minutes, "minute"),
        60..2880 => count((minutes + 30) / 60, "hour"),
        _ => count(minutes / 1440, "day"),
    }
}

/// `1 session`, `2 sessions`.
#[must_use]
pub fn count(n: impl Into<i64>, noun: &str) -> String {
    let n = n.into();
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Span;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_unknown_zone_becomes_utc_and_says_so() {
        let wall = Wall::new("Mars/Olympus", instant("2026-11-20T15:00:00Z"));
        assert!(wall.is_fallback);
        assert_eq!(wall.moment(instant("2026-11-20T15:00:00Z")), "Fri 20 Nov, 15:00");
    }

    #[test]
    fn days_of_another_year_carry_their_year() {
        let wall = Wall::new("Europe/Berlin", instant("2026-01-02T15:00:00Z"));
        assert_eq!(wall.day(instant("2025-12-30T15:00:00Z")), "Tue 30 Dec 2025");
        let span = Span::new(instant("2025-12-28T23:00:00Z"), instant("2026-01-04T23:00:00Z"));
        assert_eq!(wall.days(span), "Mon 29 December 2025 to Sun 4 January 2026");
    }

    #[test]
    fn lengths_are_said_in_the_unit_that_people_use() {
        let about = |minutes| about(SignedDuration::from_mins(minutes));
        assert_eq!([about(0), about(1), about(59)], ["less than a minute", "1 minute", "59 minutes"]);
        assert_eq!([about(60), about(100), about(47 * 60)], ["1 hour", "2 hours", "47 hours"]);
        assert_eq!(about(50 * 60), "2 days");
    }
}
