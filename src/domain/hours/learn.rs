//! Learns somebody's working hours from the events they accepted.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;

use super::{WeeklyHours, index};
use crate::domain::span::Span;

/// From fewer events nothing is learnt.
pub const FEWEST_EVENTS: usize = 20;
/// A weekday with events on fewer dates is taken as one without hours.
pub const FEWEST_DATES: usize = 3;

/// Whoever has an event earlier does not want another.
const EARLIEST: Time = time(6, 0, 0, 0);
/// Whoever has an event later does not want another.
const LATEST: Time = time(22, 0, 0, 0);
/// Longer events say nothing of hours.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Of so many dates, one may be as unusual as it likes.
const ONE_UNUSUAL_IN: usize = 4;

/// The hours that somebody seems to work, from the events that they accepted (two months of them are best).
///
/// On each weekday from when their first event usually begins until their last one usually ends, on the clocks of
/// `zone`. The earliest of every four dates is left out as unusual, and so is the latest; events before 6, after 22 or of
/// more than twelve hours do not count. A weekday with events on fewer than [`FEWEST_DATES`] dates has no hours, as
/// unknown is never free. Breaks are not learnt. `None` when fewer than [`FEWEST_EVENTS`] events count.
#[must_use]
pub fn learn(accepted: &[Span], zone: &TimeZone) -> Option<WeeklyHours> {
    let counting: Vec<(Date, Time, Time)> = accepted.iter().filter_map(|&span| shown(span, zone)).collect();
    if counting.len() < FEWEST_EVENTS {
        return None;
    }
    let mut dates: BTreeMap<Date, (Time, Time)> = BTreeMap::new();
    for (date, start, end) in counting {
        let known = dates.entry(date).or_insert((start, end));
        *known = (known.0.min(start), known.1.max(end));
    }
    let mut days: [Vec<(Time, Time)>; 7] = Default::default();
    for (date, hours) in dates {
        days[index(date.weekday())].push(hours);
    }
    Some(WeeklyHours { zone: zone.clone(), days: days.map(|hours| usual(&hours).into_iter().collect()) })
}

/// An event as the clocks showed it, if it says anything of hours.
fn shown(span: Span, zone: &TimeZone) -> Option<(Date, Time, Time)> {
    let (start, end) = (zone.to_datetime(span.start), zone.to_datetime(span.end));
    let counts = span.length() <= LONGEST
        // Within twelve hours a later time is one of the same day.
        && start.time() < end.time()
        && start.time() >= EARLIEST
        && end.time() <= LATEST;
    counts.then(|| (start.date(), start.time(), end.time()))
}

/// The usual first start and last end of one weekday's dates.
fn usual(dates: &[(Time, Time)]) -> Option<(Time, Time)> {
    if dates.len() < FEWEST_DATES {
        return None;
    }
    let (mut starts, mut ends): (Vec<Time>, Vec<Time>) = dates.iter().copied().unzip();
    starts.sort_unstable();
    ends.sort_unstable();
    let unusual = dates.len() / ONE_UNUSUAL_IN;
    let hours = (starts[unusual], ends[ends.len() - 1 - unusual]);
    (hours.0 < hours.1).then_some(hours)
}
