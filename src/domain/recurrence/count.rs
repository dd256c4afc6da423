//! COUNT: how many instances a rule generated before a point, computed directly where the rule is regular.

use std::ops::ControlFlow;

use super::civil::DAY;
use super::days::Days;
use super::plan::Plan;
use super::rule::Frequency;
use super::steps::Steps;

impl Plan<'_> {
    /// How many times the rule generates from DTSTART up to and without `bound`, COUNT and UNTIL apart.
    pub(super) fn before(&self, bound: i64, steps: &mut Steps) -> i64 {
        if bound <= self.start {
            0
        } else if self.rule.frequency < Frequency::Daily {
            self.before_in_units(bound, steps)
        } else if self.rule.skip.is_some() {
            self.walked(self.start, bound, steps)
        } else {
            self.before_in_periods(bound, steps)
        }
    }

    /// At least as many as [`Self::before`] says, without looking.
    pub(super) fn at_most_before(&self, bound: i64) -> i64 {
        let length = match self.rule.frequency {
            Frequency::Yearly => (371, 360 * DAY),
            Frequency::Monthly => (31, 28 * DAY),
            Frequency::Weekly => (7, 7 * DAY),
            Frequency::Daily => (1, DAY),
            Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => (1, self.unit()),
        };
        let periods = (bound - self.start).max(0) / (length.1 * self.interval) + 2;
        periods.saturating_mul(length.0 * self.times.len())
    }

    /// Counts by visiting.
    pub(super) fn walked(&self, lo: i64, hi: i64, steps: &mut Steps) -> i64 {
        let mut count = 0;
        self.walk(lo, hi, steps, |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    fn before_in_periods(&self, bound: i64, steps: &mut Steps) -> i64 {
        let first = self.anchor();
        let last = self.period_of((bound - 1).div_euclid(DAY));
        let periods = (last - first).max(0).div_euclid(self.interval);
        let count_of = |index: i64| self.count_days(&self.days_of(first + index * self.interval), bound);
        if let Some(each) = self.each_period() {
            let ends = if periods > 0 { count_of(0) + count_of(periods) } else { count_of(0) };
            return ends + (periods - 1).max(0) * each;
        }
        let chosen = u32::try_from(self.rule.positions.len()).unwrap_or(u32::MAX / 2);
        (0..=periods).take_while(|_| steps.take_many(self.weight + chosen)).map(count_of).sum()
    }

    /// How many of one period's times lie from DTSTART up to and without `bound`.
    fn count_days(&self, days: &Days, bound: i64) -> i64 {
        if !self.rule.positions.is_empty() {
            let times = self.places(days.len() * self.times.len()).map(|place| self.time_at(days, place));
            return times.map(|time| i64::from((self.start..bound).contains(&time))).sum();
        }
        let (first, last) = (days.first().unwrap_or_default(), days.last().unwrap_or_default());
        if first * DAY >= self.start && (last + 1) * DAY <= bound {
            return days.len() * self.times.len();
        }
        let of_day = |day: i64| self.times.before(bound - day * DAY) - self.times.before(self.start - day * DAY);
        days.iter().map(of_day).sum()
    }

    /// How many times every period has, where all have the same number.
    fn each_period(&self) -> Option<i64> {
        let days = self.days_each_period()?;
        let size = days * self.times.len();
        Some(if self.rule.positions.is_empty() { size } else { count(self.places(size)) })
    }

    fn days_each_period(&self) -> Option<i64> {
        let rule = self.rule;
        match rule.frequency {
            Frequency::Yearly if rule.weeks.is_empty() && rule.year_days.is_empty() => {
                let given = i64::from(rule.months.count_ones());
                let months = match given {
                    0 if rule.has_weekdays() => return None,
                    0 => 1,
                    _ => given,
                };
                self.days_each_month().map(|days| days * months)
            }
            Frequency::Monthly if rule.months == 0 => self.days_each_month(),
            Frequency::Weekly if rule.months == 0 => Some(i64::from(self.weekdays.count_ones())),
            Frequency::Daily if !self.limits_days => Some(1),
            Frequency::Yearly
            | Frequency::Monthly
            | Frequency::Weekly
            | Frequency::Daily
            | Frequency::Hourly
            | Frequency::Minutely
            | Frequency::Secondly => None,
        }
    }

    /// How many days the rule picks in every month, February too.
    fn days_each_month(&self) -> Option<i64> {
        let rule = self.rule;
        let (from_start, from_end) = (rule.month_days, rule.last_month_days);
        match (rule.has_month_days(), rule.has_weekdays()) {
            (false, false) => (self.start_day_of_month <= 28).then_some(1),
            (true, false) => {
                // Days from both ends can be one day in some months; days past the 28th are not in all.
                let regular = (from_start | from_end) >> 29 == 0 && (from_start == 0 || from_end == 0);
                regular.then(|| i64::from((from_start | from_end).count_ones()))
            }
            (false, true) => {
                let numbers = || rule.numbered.iter().map(|(number, _)| *number);
                let one_end = numbers().all(|number| (1..=4).contains(&number))
                    || numbers().all(|number| (-4..=-1).contains(&number));
                (rule.weekdays == 0 && one_end).then(|| count(numbers()))
            }
            (true, true) => None,
        }
    }

    fn before_in_units(&self, bound: i64, steps: &mut Steps) -> i64 {
        if self.whole_days {
            self.walked(self.start, bound, steps)
        } else if !self.limits_days && !self.limits_units() {
            self.before_in_equal_units(bound, steps)
        } else if DAY % (self.interval * self.unit()) == 0 {
            self.before_in_equal_days(bound, steps)
        } else {
            self.walked(self.start, bound, steps)
        }
    }

    /// Whether BYHOUR, BYMINUTE or BYSECOND rule units out, and don't only say what is inside of them.
    fn limits_units(&self) -> bool {
        self.rule.hours != 0
            || (self.rule.minutes != 0 && self.rule.frequency <= Frequency::Minutely)
            || (self.rule.seconds != 0 && self.rule.frequency == Frequency::Secondly)
    }

    fn before_in_equal_units(&self, bound: i64, steps: &mut Steps) -> i64 {
        let first = self.unit_from(self.start - self.unit() + 1);
        let last = first + (bound - 1 - first) / (self.interval * self.unit()) * self.interval * self.unit();
        if last == first {
            return self.walked(self.start, bound, steps);
        }
        let between = (last - first) / (self.interval * self.unit()) - 1;
        let each = if self.rule.positions.is_empty() { self.times.len() } else { count(self.places(self.times.len())) };
        self.walked(self.start, first + self.unit(), steps) + between * each + self.walked(last, bound, steps)
    }

    /// Where the interval divides the day, every day that the rule allows has the same times.
    fn before_in_equal_days(&self, bound: i64, steps: &mut Steps) -> i64 {
        let (first, last) = (self.start.div_euclid(DAY) + 1, bound.div_euclid(DAY));
        if last - first < 2 {
            return self.walked(self.start, bound, steps);
        }
        let mut allowed = (first..last).filter(|day| self.allows(*day));
        let Some(sample) = allowed.by_ref().take_while(|_| steps.take()).next() else {
            return self.walked(self.start, bound, steps);
        };
        let days = if self.limits_days { 1 + count(allowed.take_while(|_| steps.take())) } else { last - first };
        let each = self.walked(sample * DAY, (sample + 1) * DAY, steps);
        self.walked(self.start, first * DAY, steps) + days * each + self.walked(last * DAY, bound, steps)
    }
}

fn count(items: impl Iterator) -> i64 {
    i64::try_from(items.count()).unwrap_or(i64::MAX)
}
