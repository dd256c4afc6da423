//! Parses ICS dates, times and durations (RFC 5545 3.3.4 to 3.3.9).

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span};

use super::line::Line;
use super::zone::Zones;
use crate::domain::recurrence::Moment;

/// A moment, and what had to be assumed to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub moment: Moment,
    /// The zone's name, where it means nothing to us and the moment floats instead.
    pub unknown_zone: Option<String>,
    /// What was odd about how it was written.
    pub odd: Option<&'static str>,
}

/// Reads one date or date-time of a line, with the line's own TZID.
pub(super) fn moment(line: &Line<'_>, text: &str, zones: &mut Zones, calendar: u32) -> Option<Reading> {
    let (value, mut odd) = Value::parse(text)?;
    let of_dates = line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    let zone = line.parameter("TZID");
    let mut unknown_zone = None;
    let moment = match value {
        Value::Date(date) => {
            odd = odd.or((!of_dates && !line.is("RDATE") && !line.is("EXDATE")).then_some("a date without VALUE=DATE"));
            Moment::Date(date)
        }
        Value::Local(local) | Value::Utc(local) if of_dates => {
            odd = odd.or(Some("a date-time where VALUE=DATE says date; the time was ignored"));
            Moment::Date(local.date())
        }
        Value::Utc(local) => {
            odd = odd.or(zone
                .is_some_and(|zone| zones.is_not_utc(&zone, calendar))
                .then_some("a TZID on a UTC time; read as UTC"));
            Moment::utc(local)
        }
        Value::Local(local) => match zone {
            None => Moment::Floating(local),
            Some(name) => {
                if let Some(zone) = zones.resolve(&name, calendar) {
                    Moment::Zoned(local, zone)
                } else {
                    unknown_zone = Some(name.into_owned());
                    Moment::Floating(local)
                }
            }
        },
    };
    Some(Reading { moment, unknown_zone, odd })
}

/// A date or date-time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::calendar) enum Value {
    Date(Date),
    Local(DateTime),
    Utc(DateTime),
}

impl Value {
    /// Reads `20260131`, `20260131T090000`, `20260131T090000Z`, and, as odd, the forms of ISO 8601 with separators or without seconds.
    pub(in crate::calendar) fn parse(text: &str) -> Option<(Self, Option<&'static str>)> {
        let text = text.trim();
        let (plain, utc) = match text.strip_suffix(['Z', 'z']) {
            Some(plain) => (plain, true),
            None => (text, false),
        };
        let digits: String = plain.chars().filter(|c| !matches!(c, '-' | ':' | 'T' | 't' | ' ')).collect();
        let separators = plain.len() - digits.len();
        if digits.len() > 14 || !digits.bytes().all(|b| b.is_ascii_digit()) || plain.starts_with('-') || separators > 5
        {
            return None;
        }
        let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
        let date = Date::new(digits.get(..4)?.parse().ok()?, part(4, 6)?, part(6, 8)?).ok()?;
        if digits.len() == 8 {
            let usual = separators == 0 && !utc;
            return Some((Self::Date(date), (!usual).then_some("a date in an unusual form")));
        }
        // A leap second is read as the one before it (RFC 5545 3.3.12).
        let second = if digits.len() == 14 { part(12, 14)?.min(59) } else { 0 };
        let local = date.to_datetime(Time::new(part(8, 10)?, part(10, 12)?, second, 0).ok()?);
        let usual = digits.len() == 14 && separators == 1 && plain.as_bytes().get(8) == Some(&b'T');
        if !usual && digits.len() != 14 && digits.len() != 12 {
            return None;
        }
        let value = if utc { Self::Utc(local) } else { Self::Local(local) };
        Some((value, (!usual).then_some("a time in an unusual form")))
    }
}

/// A DURATION (RFC 5545 3.3.6): days of the calendar, and exact time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::calendar) struct Length {
    days: i64,
    seconds: i64,
}

impl Length {
    /// Reads `P1DT2H`, `-PT15M`, `P2W`; the error says what is wrong with it.
    pub(in crate::calendar) fn parse(text: &str) -> Result<Self, &'static str> {
        const NONSENSE: &str = "it makes no sense";
        let text = text.trim().to_ascii_uppercase();
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text.as_str()),
        };
        let rest = rest.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or(NONSENSE)?;
        let (mut days, mut seconds, mut number, mut timed, mut inside_time) = (0_i64, 0_i64, None::<i64>, false, false);
        for c in rest.chars() {
            if let Some(digit) = c.to_digit(10) {
                number = Some(number.unwrap_or(0) * 10 + i64::from(digit)).filter(|n| *n < 100_000_000_000);
                number.ok_or("it is too long")?;
                continue;
            }
            if c == 'T' && number.is_none() {
                inside_time = true;
                continue;
            }
            let n = number.take().ok_or(NONSENSE)?;
            match c {
                'W' if !inside_time => days += n * 7,
                'D' if !inside_time => days += n,
                'H' if inside_time => seconds += n * 3600,
                'M' if inside_time => seconds += n * 60,
                'S' if inside_time => seconds += n,
                _ => return Err(NONSENSE),
            }
            timed = true;
        }
        if number.is_some() || !timed {
            return Err(NONSENSE);
        }
        // More than a thousand years is a slip, and would leave the years that can be computed with.
        if days > 366_000 || seconds > 31_622_400_000 {
            return Err("it is too long");
        }
        if negative && (days, seconds) != (0, 0) {
            return Err("it is negative");
        }
        Ok(Self { days, seconds })
    }

    /// Its length in seconds, taking each day as 24 hours.
    pub(super) const fn approximate_seconds(self) -> i64 {
        self.days * 86_400 + self.seconds
    }

    /// The moment this long after `start`: days by the calendar, the rest as exact time.
    pub(in crate::calendar) fn after(self, start: &Moment) -> Moment {
        let days = if start.is_date() { self.days + self.seconds / 86_400 } else { self.days };
        let local = start.local().checked_add(Span::new().days(days)).unwrap_or(DateTime::MAX);
        let moved = start.with_local(local);
        if start.is_date() { moved } else { moved.plus(SignedDuration::from_secs(self.seconds)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_by_its_shape() {
        let date = jiff::civil::date(2026, 1, 31);
        assert_eq!(Value::parse("20260131"), Some((Value::Date(date), None)));
        assert_eq!(Value::parse("20260131T090000"), Some((Value::Local(date.at(9, 0, 0, 0)), None)));
        assert_eq!(Value::parse("20260131T090060Z"), Some((Value::Utc(date.at(9, 0, 59, 0)), None)));
        assert!(Value::parse("2026-01-31T09:00:00").is_some_and(|(_, odd)| odd.is_some()));
        for bad in ["", "2026", "20261331", "20260131T2500", "20260131T250000", "-0260131", "2026013109000000", "ä"] {
            assert_eq!(Value::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_length_is_days_of_the_calendar_and_exact_time() {
        assert_eq!(Length::parse("P1W2DT3H4M5S"), Ok(Length { days: 9, seconds: 11_045 }));
        assert_eq!(Length::parse("PT0S"), Ok(Length { days: 0, seconds: 0 }));
        for bad in ["", "P", "PT", "P1", "PT2", "-PT2D", "-PT15M", "P1H", "1D", "P99999999999999999999D"] {
            assert!(Length::parse(bad).is_err(), "{bad}");
        }
    }
}
