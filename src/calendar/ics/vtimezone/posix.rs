//! Converts a regular VTIMEZONE to a POSIX TZ string (IEEE Std 1003.1, 8.3).

use jiff::civil::DateTime;

use super::super::zone_names::posix_offset;
use super::Observance;
use super::tzif::Footer;

/// The rules in force without an end, where they are one pair of yearly dates.
pub(super) fn from_observances(observances: &[Observance]) -> Option<Footer> {
    let mut endless = observances.iter().filter(|one| one.rules.iter().any(|rule| super::is_endless(rule)));
    let (one, other, more) = (endless.next()?, endless.next()?, endless.next());
    let (standard, daylight) = if one.to <= other.to { (one, other) } else { (other, one) };
    let paired = standard.from == daylight.to && daylight.from == standard.to && standard.to != daylight.to;
    if more.is_some() || !paired {
        return None;
    }
    let (name, name_in_summer) = (posix_offset(standard.to), posix_offset(daylight.to));
    let posix = format!("{name}{name_in_summer},{},{}", yearly(daylight)?, yearly(standard)?);
    Some(Footer { posix, daylight: daylight.to })
}

/// Whether such a pair is all that there is, so that nothing but the string is needed.
pub(super) fn is_whole(observances: &[Observance]) -> bool {
    observances.len() == 2 && observances.iter().all(|one| one.dates.is_empty() && one.rules.len() == 1)
}

/// One yearly onset as a POSIX rule: `M3.5.0/2:00:00`, or `J80/2:00:00` for a fixed date.
fn yearly(observance: &Observance) -> Option<String> {
    let [rule] = observance.rules.as_slice() else { return None };
    let time = observance.start.time();
    let (h, m, s) = (time.hour(), time.minute(), time.second());
    Some(format!("{}/{h}:{m:02}:{s:02}", day(&rule.to_ascii_uppercase(), observance.start)?))
}

fn day(rule: &str, start: DateTime) -> Option<String> {
    let mut month = start.month();
    let mut weekday = None;
    let mut days = Vec::new();
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        match part.trim().split_once('=')? {
            ("FREQ", "YEARLY") | ("INTERVAL", "1") | ("WKST", _) => {}
            ("BYMONTH", text) => month = text.parse().ok().filter(|month| (1..=12).contains(month))?,
            ("BYDAY", text) => weekday = Some(ordinal_weekday(text)?),
            ("BYMONTHDAY", text) => days = text.split(',').map(|day| day.parse().ok()).collect::<Option<Vec<i8>>>()?,
            _ => return None,
        }
    }
    match (weekday, days.as_slice()) {
        (Some((Some(week), weekday)), []) => Some(format!("M{month}.{week}.{weekday}")),
        (Some((None, weekday)), days) => Some(format!("M{month}.{}.{weekday}", week_of(days, month)?)),
        (None, []) => julian(month, start.day()),
        (None, [day]) => julian(month, *day),
        _ => None,
    }
}

/// `-1SU` as week 5 (the last) and weekday 0, `SU` without a week.
fn ordinal_weekday(text: &str) -> Option<(Option<u8>, usize)> {
    let split = text.len().checked_sub(2)?;
    let weekday = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"].iter().position(|day| text.get(split..) == Some(day))?;
    let week = match text.get(..split)? {
        "" => None,
        "-1" => Some(5),
        number => Some(number.trim_start_matches('+').parse().ok().filter(|week| (1..=4).contains(week))?),
    };
    Some((week, weekday))
}

/// `BYMONTHDAY=8,9,10,11,12,13,14` with a weekday is that weekday's second week.
fn week_of(days: &[i8], month: i8) -> Option<i8> {
    let first = *days.first()?;
    let in_a_row = days.len() == 7 && days.iter().zip(first..).all(|(day, expected)| *day == expected);
    let last_week = match month {
        2 => return None,
        4 | 6 | 9 | 11 => 24,
        _ => 25,
    };
    match first {
        _ if !in_a_row => None,
        1 | 8 | 15 | 22 => Some((first - 1) / 7 + 1),
        first if first == last_week => Some(5),
        _ => None,
    }
}

/// A fixed date as `Jn`, which never counts 29 February.
fn julian(month: i8, day: i8) -> Option<String> {
    let date = jiff::civil::Date::new(2001, month, day).ok()?;
    Some(format!("J{}", date.day_of_year()))
}
