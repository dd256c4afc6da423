//! Calendar arithmetic on integers: days since 1970-01-01, and seconds of wall-clock time since its midnight.

use jiff::civil::{Date, DateTime, Time};

/// Seconds in a civil day.
pub(super) const DAY: i64 = 86_400;

/// The day number of a date of the proleptic Gregorian calendar; a day outside the month counts on from its first.
pub(super) const fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is a year's last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of the month of a day number, for the years that jiff can hold.
pub(super) fn civil(day: i64) -> (i64, i64, i64) {
    // Whole cycles of 400 years make it positive: small unsigned numbers divide several times as fast.
    const CYCLES: i64 = 30;
    let day = u32::try_from(day + 719_468 + CYCLES * 146_097).unwrap_or_default();
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = i64::from(year + era * 400 + u32::from(month <= 2)) - CYCLES * 400;
    (year, month.into(), (of_year - (153 * shifted + 2) / 5 + 1).into())
}

/// The weekday of a day number: 0 is Monday.
pub(super) const fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// How many days a month has.
pub(super) const fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days a year has.
pub(super) const fn year_length(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The wall-clock seconds of a civil time; parts of a second are dropped, as iCalendar has none.
pub(super) fn seconds(local: DateTime) -> i64 {
    let day = days(local.year().into(), local.month().into(), local.day().into());
    day * DAY + i64::from(local.hour()) * 3_600 + i64::from(local.minute()) * 60 + i64::from(local.second())
}

/// The civil time of wall-clock seconds, pinned to the years that jiff can hold.
pub(super) fn datetime(seconds: i64) -> DateTime {
    let of_day = seconds.rem_euclid(DAY);
    let Some(date) = date(seconds.div_euclid(DAY)) else {
        return if seconds < 0 { DateTime::MIN } else { DateTime::MAX };
    };
    date.to_datetime(time(u32::try_from(of_day).unwrap_or_default()))
}

/// The civil time of wall-clock seconds, given another that is likely to be on the same day.
pub(super) fn datetime_near(known: DateTime, seconds: i64) -> DateTime {
    let midnight = self::seconds(known.date().to_datetime(Time::midnight()));
    match u32::try_from(seconds - midnight) {
        Ok(of_day) if i64::from(of_day) < DAY => known.date().to_datetime(time(of_day)),
        _ => datetime(seconds),
    }
}

fn time(of_day: u32) -> Time {
    let part = |number: u32| i8::try_from(number).unwrap_or_default();
    Time::new(part(of_day / 3_600), part(of_day / 60 % 60), part(of_day % 60), 0).unwrap_or(Time::midnight())
}

fn date(day: i64) -> Option<Date> {
    // Numbers that no jiff date can have are kept away from the arithmetic.
    if day.unsigned_abs() > 4_400_000 {
        return None;
    }
    let (year, month, day) = civil(day);
    Date::new(i16::try_from(year).ok()?, small(month), small(day)).ok()
}

/// A number that is known to fit.
fn small(number: i64) -> i8 {
    i8::try_from(number).unwrap_or(i8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_agree_with_jiff_over_eight_centuries() {
        let mut date = Date::constant(1600, 1, 1);
        let mut number = days(1600, 1, 1);
        while date.year() < 2400 {
            assert_eq!(civil(number), (date.year().into(), date.month().into(), date.day().into()));
            assert_eq!(days(date.year().into(), date.month().into(), date.day().into()), number);
            assert_eq!(weekday(number), i64::from(date.weekday().to_monday_zero_offset()));
            assert_eq!(month_length(date.year().into(), date.month().into()), i64::from(date.days_in_month()));
            date = date.tomorrow().unwrap();
            number += 1;
        }
    }

    #[test]
    fn times_past_the_calendar_are_pinned_to_its_ends() {
        assert_eq!(datetime(i64::MAX / 2), DateTime::MAX);
        assert_eq!(datetime(i64::MIN / 2), DateTime::MIN);
        let noon = DateTime::constant(2026, 11, 21, 12, 30, 15, 0);
        assert_eq!(datetime(seconds(noon)), noon);
    }
}
