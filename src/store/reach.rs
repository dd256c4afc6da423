//! How far in time an event can reach, so that a window finds it without expanding it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Event;
use crate::domain::recurrence::{Moment, Recurrence, Rule};

/// The end of what has no end.
pub(super) const OPEN: i64 = i64::MAX;

const DAY: i64 = 86_400;

/// The seconds since 1970 between which an event lies, whatever zone floating times and dates are placed in.
///
/// It may be too wide, and is never too narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub starts: i64,
    pub ends: i64,
}

/// How far `event` reaches; for a master, from its first to its last instance.
pub(super) fn of(event: &Event) -> Reach {
    let own = Reach { starts: earliest(&event.start), ends: latest(&event.end).max(latest(&event.start)) };
    if let Some(instance) = &event.overrides {
        // The instance is taken away where it was, as well as put where it is.
        let ends = if instance.this_and_future { OPEN } else { own.ends.max(latest(&instance.original)) };
        return Reach { starts: own.starts.min(earliest(&instance.original)), ends };
    }
    event.recurrence.as_ref().map_or(own, |recurrence| series(&event.start, own, recurrence))
}

fn series(start: &Moment, first: Reach, recurrence: &Recurrence) -> Reach {
    let length = first.ends - first.starts;
    let mut reach = first;
    for rule in &recurrence.rules {
        let last = last_start(rule, start, first.starts);
        reach.ends = reach.ends.max(last.saturating_add(length + 2 * DAY));
    }
    for date in &recurrence.dates {
        reach.starts = reach.starts.min(earliest(&date.start));
        let end = date.end.as_ref().map_or_else(|| latest(&date.start) + length, latest);
        reach.ends = reach.ends.max(end);
    }
    reach
}

/// A time at or after the last start that a rule makes; [`OPEN`] where that takes expanding it.
fn last_start(rule: &Rule, start: &Moment, first: i64) -> i64 {
    let text = String::from(rule.clone()).to_ascii_uppercase();
    if let Some(until) = part(&text, "UNTIL") {
        return until_seconds(until).unwrap_or(OPEN);
    }
    let Some(count) = part(&text, "COUNT").and_then(|count| count.parse::<i64>().ok()) else {
        return OPEN;
    };
    let interval = part(&text, "INTERVAL").map_or(Some(1), |interval| interval.parse::<i64>().ok()).unwrap_or(1);
    stride(&text, start).map_or(OPEN, |stride| {
        let whole = stride.saturating_mul(interval).saturating_mul(count.saturating_add(1));
        first.saturating_add(whole)
    })
}

/// The longest time, in seconds, from one period with an instance to the next; none where a period may have none.
fn stride(rule: &str, start: &Moment) -> Option<i64> {
    let limits = |part: &str| part.starts_with("BY") && !part.starts_with("BYDAY=");
    if rule.split(';').any(limits) {
        return None;
    }
    let by_day = part(rule, "BYDAY");
    match part(rule, "FREQ")? {
        "WEEKLY" => Some(7 * DAY),
        "DAILY" if by_day.is_none() => Some(DAY),
        "MONTHLY" if by_day.is_none() && start.local().day() <= 28 => Some(31 * DAY),
        "MONTHLY" if by_day.is_some_and(|days| !days.contains('5')) => Some(31 * DAY),
        _ => None,
    }
}

fn part<'a>(rule: &'a str, name: &str) -> Option<&'a str> {
    rule.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
}

/// `20261231` or `20261231T090000Z`, up to the end of that day anywhere.
fn until_seconds(text: &str) -> Option<i64> {
    let day = jiff::civil::Date::strptime("%Y%m%d", text.get(..8)?).ok()?;
    Some(seconds(day.to_datetime(jiff::civil::Time::midnight()))? + 2 * DAY)
}

fn seconds(local: DateTime) -> Option<i64> {
    TimeZone::UTC.to_timestamp(local).ok().map(Timestamp::as_second)
}

/// The earliest that a moment can be: clocks are at most 14 hours ahead of UTC.
fn earliest(moment: &Moment) -> i64 {
    placed(moment, -14)
}

/// The latest that a moment can be: clocks are at most 12 hours behind UTC.
fn latest(moment: &Moment) -> i64 {
    placed(moment, 12)
}

fn placed(moment: &Moment, hours: i64) -> i64 {
    let at = moment.instant(&TimeZone::UTC);
    match moment {
        Moment::Zoned(..) => at.as_second(),
        Moment::Date(_) | Moment::Floating(_) => at.as_second() + SignedDuration::from_hours(hours).as_secs(),
    }
}
