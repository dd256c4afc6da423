//! Formats instants and durations in the owner's time zone.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::domain::span::days_between;

/// The owner's zone, with the words for instants in it.
#[derive(Clone, Debug)]
pub struct LocalTime {
    zone: TimeZone,
    /// The name of the zone as it is shown.
    pub name: String,
    /// Whether the zone asked for is not known here, so that times are in UTC.
    pub is_fallback: bool,
    /// The instant that is the present of what is told.
    pub now: Timestamp,
    year: i16,
}

impl LocalTime {
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

    /// The same for a zone that is at hand. A machine's own may have no name: its times are right all the same.
    #[must_use]
    pub fn of(zone: TimeZone, now: Timestamp) -> Self {
        let name = zone.iana_name().unwrap_or("local time").to_owned();
        let year = now.to_zoned(zone.clone()).year();
        Self { zone, name, is_fallback: false, now, year }
    }

    /// `today`, `tomorrow`, `yesterday`, `Tue 17 Nov`.
    #[must_use]
    pub fn near_day(&self, at: Timestamp) -> String {
        match days_between(at, self.now, &self.zone) {
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            -1 => "tomorrow".to_owned(),
            _ => self.day(at),
        }
    }

    /// `today, 10:00`, `Tue 17 Nov, 10:00`.
    #[must_use]
    pub fn near_moment(&self, at: Timestamp) -> String {
        format!("{}, {}", self.near_day(at), self.clock(at))
    }

    /// `10:00`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.at(at).strftime("%H:%M").to_string()
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

    /// The last moment before an exclusive end: `Sun 22 Nov` where a day ends there, else `Thu 26 Nov, 11:00`.
    #[must_use]
    pub fn until(&self, end: Timestamp) -> String {
        if self.at(end).time() == Time::midnight() { self.last_day(end) } else { self.moment(end) }
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

    /// How long before `later` an instant was: `40 minutes`, `3 hours`; from a day on in calendar days, `2 days`.
    #[must_use]
    pub fn gap(&self, earlier: Timestamp, later: Timestamp) -> String {
        let length = later.duration_since(earlier);
        if length < SignedDuration::from_hours(24) {
            return about(length);
        }
        count(days_between(earlier, later, &self.zone).max(1), "day")
    }

    /// How long ago an instant was: `just now`, `40 minutes ago`, `3 hours ago`, `2 days ago`.
    #[must_use]
    pub fn ago(&self, at: Timestamp) -> String {
        if self.now.duration_since(at) < SignedDuration::from_mins(1) {
            return "just now".to_owned();
        }
        format!("{} ago", self.gap(at, self.now))
    }

    /// Whether an instant is behind us.
    #[must_use]
    pub fn is_past(&self, at: Timestamp) -> bool {
        at <= self.now
    }

    /// How many calendar days ago an instant was: `today`, `yesterday`, `6 days ago`; the day itself where it is still to come.
    #[must_use]
    pub fn days_ago(&self, at: Timestamp) -> String {
        match days_between(at, self.now, &self.zone) {
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days if days > 0 => format!("{days} days ago"),
            _ => format!("on {}", self.day(at)),
        }
    }
}

/// How long something takes, never more than it does: `40 minutes`, `2 hours`, `3 days`.
#[must_use]
pub fn about(length: SignedDuration) -> String {
    let minutes = length.abs().as_mins();
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => count(minutes, "minute"),
        60..2880 => count(minutes / 60, "hour"),
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
    fn a_zone_without_a_name_is_used_all_the_same() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let wall = LocalTime::of(zone, instant("2026-11-20T15:00:00Z"));
        assert_eq!((wall.clock(instant("2026-11-20T15:00:00Z")).as_str(), wall.name.as_str()), ("16:00", "local time"));
        assert!(!wall.is_fallback);
    }

    #[test]
    fn an_unknown_zone_becomes_utc_and_says_so() {
        let wall = LocalTime::new("Mars/Olympus", instant("2026-11-20T15:00:00Z"));
        assert!(wall.is_fallback);
        assert_eq!(wall.moment(instant("2026-11-20T15:00:00Z")), "Fri 20 Nov, 15:00");
    }

    #[test]
    fn days_of_another_year_carry_their_year() {
        let wall = LocalTime::new("Europe/Berlin", instant("2026-01-02T15:00:00Z"));
        assert_eq!(wall.day(instant("2025-12-30T15:00:00Z")), "Tue 30 Dec 2025");
        let span = Span::new(instant("2025-12-28T23:00:00Z"), instant("2026-01-04T23:00:00Z"));
        assert_eq!(wall.days(span), "Mon 29 December 2025 to Sun 4 January 2026");
    }

    #[test]
    fn lengths_are_said_in_the_unit_that_people_use() {
        let about = |minutes| about(SignedDuration::from_mins(minutes));
        assert_eq!([about(0), about(1), about(59)], ["less than a minute", "1 minute", "59 minutes"]);
        assert_eq!([about(60), about(119), about(47 * 60)], ["1 hour", "1 hour", "47 hours"]);
        assert_eq!(about(50 * 60), "2 days");
    }

    #[test]
    fn days_ago_are_days_of_the_calendar_wherever_they_are_said() {
        let wall = LocalTime::new("Europe/Berlin", instant("2026-11-10T14:30:00Z"));
        let said = |text: &str| (wall.ago(instant(text)), wall.days_ago(instant(text)));
        let both = |ago: &str, days: &str| (ago.to_owned(), days.to_owned());
        assert_eq!(said("2026-11-03T09:00:00Z"), both("7 days ago", "7 days ago"));
        assert_eq!(said("2026-11-03T16:00:00Z"), both("7 days ago", "7 days ago"));
        assert_eq!(said("2026-11-09T12:00:00Z"), both("1 day ago", "yesterday"));
        assert_eq!(said("2026-11-09T23:30:00Z"), both("15 hours ago", "today"));
        assert_eq!(said("2026-11-10T14:29:30Z"), both("just now", "today"));
        assert_eq!(said("2026-11-12T14:29:30Z").1, "on Thu 12 Nov");
    }
}
