//! [`WeeklyHours`]: working hours by weekday, in the person's own zone.

mod learn;
pub(super) mod offsets;
pub(super) mod stretch;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use offsets::ZoneOffsets;
use stretch::Stretch;

pub use learn::{FEWEST_DATES, FEWEST_EVENTS, learn};

const DAY: i64 = 86_400;

/// When somebody works, by weekday, on the clocks of their own zone.
#[derive(Clone, Debug, PartialEq)]
pub struct WeeklyHours {
    /// The zone whose clocks are meant.
    pub zone: TimeZone,
    /// Parts of each day, Monday first, each with an exclusive end. An end that is not after its start is on the next
    /// day, so that 00:00 to 00:00 is a whole day.
    pub days: [Vec<(Time, Time)>; 7],
}

impl WeeklyHours {
    /// The same parts from Monday to Friday, and nothing at the weekend.
    #[must_use]
    pub fn on_workdays(zone: TimeZone, parts: &[(Time, Time)]) -> Self {
        Self { zone, days: std::array::from_fn(|day| if day < 5 { parts.to_vec() } else { Vec::new() }) }
    }

    /// The stretches of a window during which the clocks show a time in these hours.
    pub(in crate::domain) fn stretches(&self, window: Stretch) -> Vec<Stretch> {
        stretches(&self.days, &ZoneOffsets::over(&self.zone, window))
    }

    /// The same, from the first start to the last end of each day, whatever lies between.
    pub(in crate::domain) fn whole_days(&self, window: Stretch) -> Vec<Stretch> {
        let hull = |parts: &Vec<(Time, Time)>| {
            let first = parts.iter().map(|part| part.0).min();
            let last = parts.iter().max_by_key(|part| (part.1 <= part.0, part.1)).map(|part| part.1);
            first.zip(last).into_iter().collect()
        };
        stretches(&self.days.each_ref().map(hull), &ZoneOffsets::over(&self.zone, window))
    }
}

/// The stretches during which the clocks show a time in these parts of the days, Monday first.
///
/// Each stretch of one offset is read by itself. So a part that begins in a gap begins where the gap ends, and of an hour
/// that is shown twice both are in or out as the clocks show them.
pub(super) fn stretches(days: &[Vec<(Time, Time)>; 7], wall: &ZoneOffsets) -> Vec<Stretch> {
    let mut found = Vec::new();
    for part in wall.parts() {
        let shown = |at: i64| (at + part.offset).div_euclid(DAY);
        // A part of the day before may reach into the first day.
        for day in shown(part.span.from) - 1..=shown(part.span.to) {
            for &(start, end) in &days[weekday(day)] {
                let begins = day * DAY + seconds(start) - part.offset;
                let next_day = if end <= start { DAY } else { 0 };
                let ends = day * DAY + seconds(end) + next_day - part.offset;
                found.extend(Stretch { from: begins, to: ends }.within(part.span));
            }
        }
    }
    stretch::settle(found)
}

/// The weekday of a day that is counted from the 1st of January 1970, a Thursday; Monday is 0.
pub(super) fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0)
}

/// Where a weekday stands in a week that begins on Monday.
pub(super) fn index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

/// The seconds since midnight that a clock shows.
pub(super) fn seconds(time: Time) -> i64 {
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}
