//! [`Times`]: the times of day that BYHOUR, BYMINUTE and BYSECOND allow, computed without listing them.

use std::ops::ControlFlow;

use super::civil::DAY;
use super::rule::{Frequency, Rule, bits};

/// A product of hours, minutes and seconds, as bits; at least one of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    hours: u64,
    minutes: u64,
    seconds: u64,
    /// The one reading, where there is only one.
    only: Option<i64>,
}

impl Times {
    /// What the rule and its DTSTART leave open below the rule's frequency: whole days have midnight alone.
    pub(super) fn new(rule: &Rule, start: i64, whole_days: bool) -> Self {
        if whole_days {
            return Self { hours: 1, minutes: 1, seconds: 1, only: Some(0) };
        }
        let of_day = start.rem_euclid(DAY);
        let or_start = |mask: u64, reading: i64| if mask == 0 { 1 << reading } else { mask };
        let fixed = |unit: Frequency, mask: u64| if rule.frequency <= unit { 1 } else { mask };
        let mut times = Self {
            hours: fixed(Frequency::Hourly, or_start(rule.hours, of_day / 3_600)),
            minutes: fixed(Frequency::Minutely, or_start(rule.minutes, of_day / 60 % 60)),
            seconds: fixed(Frequency::Secondly, or_start(rule.seconds, of_day % 60)),
            only: None,
        };
        times.only = (times.len() == 1).then(|| times.nth(0));
        times
    }

    /// How many readings there are.
    pub(super) const fn len(&self) -> i64 {
        (self.hours.count_ones() * self.minutes.count_ones() * self.seconds.count_ones()) as i64
    }

    /// The reading at a place in the order, in seconds from the base.
    pub(super) fn nth(&self, place: i64) -> i64 {
        let (seconds, minutes) = (i64::from(self.seconds.count_ones()), i64::from(self.minutes.count_ones()));
        let hour = bit_at(self.hours, place / (seconds * minutes));
        hour * 3_600 + bit_at(self.minutes, place / seconds % minutes) * 60 + bit_at(self.seconds, place % seconds)
    }

    /// How many readings lie before `limit` seconds from the base.
    pub(super) fn before(&self, limit: i64) -> i64 {
        let limit = limit.clamp(0, DAY);
        let (hour, minute, second) = (limit / 3_600, limit / 60 % 60, limit % 60);
        let per_minute = i64::from(self.seconds.count_ones());
        let per_hour = per_minute * i64::from(self.minutes.count_ones());
        let mut count = bits_below(self.hours, hour) * per_hour;
        if self.hours >> hour & 1 == 1 {
            count += bits_below(self.minutes, minute) * per_minute;
            if self.minutes >> minute & 1 == 1 {
                count += bits_below(self.seconds, second);
            }
        }
        count
    }

    /// Visits the readings after `base` that lie in `lo..hi`, ascending.
    pub(super) fn walk(
        &self,
        base: i64,
        lo: i64,
        hi: i64,
        visit: &mut impl FnMut(i64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if let Some(only) = self.only {
            let time = base + only;
            return if (lo..hi).contains(&time) { visit(time) } else { ControlFlow::Continue(()) };
        }
        let starts = |mask: u64, base: i64, unit: i64| {
            let starts = bits(mask).map(move |bit| base + i64::from(bit) * unit);
            starts.skip_while(move |at| at + unit <= lo).take_while(move |at| *at < hi)
        };
        for hour in starts(self.hours, base, 3_600) {
            for minute in starts(self.minutes, hour, 60) {
                starts(self.seconds, minute, 1).try_for_each(&mut *visit)?;
            }
        }
        ControlFlow::Continue(())
    }
}

fn bit_at(mask: u64, place: i64) -> i64 {
    usize::try_from(place).ok().and_then(|place| bits(mask).nth(place)).map_or(0, i64::from)
}

fn bits_below(mask: u64, limit: i64) -> i64 {
    i64::from((mask & ((1 << limit) - 1)).count_ones())
}
