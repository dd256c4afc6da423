//! [`WeekId`]: a week, named by the owner's first weekday.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::span::Span;

/// Names a week as people write it, `2026-W47` (ISO 8601); a week that starts on another day than Monday
/// has the name of the ISO week that most of its days fall in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekId {
    /// The ISO year.
    pub year: i16,
    /// The ISO week, 1 to 53.
    pub week: i8,
}

/// Text that names no week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a week; write it like 2026-W47")]
pub struct BadWeek(pub String);

impl fmt::Display for WeekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl FromStr for WeekId {
    type Err = BadWeek;

    fn from_str(text: &str) -> Result<Self, BadWeek> {
        let bad = || BadWeek(text.to_owned());
        let (year, week) = text.split_once("-W").ok_or_else(bad)?;
        let (year, week) = (year.parse().map_err(|_| bad())?, week.parse().map_err(|_| bad())?);
        ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| bad())?;
        Ok(Self { year, week })
    }
}

impl Serialize for WeekId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WeekId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl WeekId {
    /// The week that a day falls in, where weeks start on `first`.
    #[must_use]
    pub fn of(day: Date, first: Weekday) -> Self {
        let start = start_of_week(day, first);
        let middle = start.checked_add(jiff::Span::new().days(3)).unwrap_or(start);
        let iso = middle.iso_week_date();
        Self { year: iso.year(), week: iso.week() }
    }

    /// The first day of the week, where weeks start on `first`.
    #[must_use]
    pub fn first_day(self, first: Weekday) -> Date {
        let thursday = ISOWeekDate::new(self.year, self.week, Weekday::Thursday).map_or(Date::MIN, ISOWeekDate::date);
        start_of_week(thursday, first)
    }

    /// The week's stretch of real time in the owner's zone.
    #[must_use]
    pub fn span(self, first: Weekday, zone: &TimeZone) -> Span {
        let start = self.first_day(first);
        let end = start.checked_add(jiff::Span::new().days(7)).unwrap_or(Date::MAX);
        let at = |day: Date| day.to_zoned(zone.clone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp());
        Span::new(at(start), at(end))
    }

    /// The week `weeks` before this one, where weeks start on `first`.
    #[must_use]
    pub fn back(self, weeks: i64, first: Weekday) -> Self {
        let start = self.first_day(first);
        Self::of(start.checked_sub(jiff::Span::new().days(7 * weeks)).unwrap_or(start), first)
    }
}

fn start_of_week(day: Date, first: Weekday) -> Date {
    let into = i64::from(day.weekday().since(first));
    day.checked_sub(jiff::Span::new().days(into)).unwrap_or(day)
}
