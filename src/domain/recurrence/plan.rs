//! [`Plan`]: a rule completed with its DTSTART, and an iterator over its wall-clock times.

use std::ops::ControlFlow;

use super::civil::{DAY, civil, weekday};
use super::days::Days;
use super::rule::{Frequency, Rule, bits};
use super::steps::Steps;
use super::times::Times;

/// A rule with what RFC 5545 3.3.10 takes from DTSTART: "information, not contained in the rule, … derived from DTSTART".
#[derive(Debug)]
pub(super) struct Plan<'r> {
    pub(super) rule: &'r Rule,
    /// DTSTART in wall-clock seconds: nothing is generated before it.
    pub(super) start: i64,
    pub(super) start_month: i64,
    pub(super) start_day_of_month: i64,
    /// BYDAY without numbers, or the weekday of DTSTART where the frequency takes it from there.
    pub(super) weekdays: u64,
    pub(super) week_start: i64,
    pub(super) interval: i64,
    /// Whether any part limits the days of a daily or shorter rule.
    pub(super) limits_days: bool,
    /// Whether the series is of whole days, so that parts about times are ignored.
    pub(super) whole_days: bool,
    /// What a look at one period costs, in steps.
    pub(super) weight: u32,
    /// The times of a day (daily and longer), or the readings below the unit of the frequency (hourly and shorter).
    pub(super) times: Times,
}

impl<'r> Plan<'r> {
    pub(super) fn new(rule: &'r Rule, start: i64, whole_days: bool) -> Self {
        let day = start.div_euclid(DAY);
        let (_, start_month, start_day_of_month) = civil(day);
        Self {
            rule,
            start,
            start_month,
            start_day_of_month,
            weekdays: if rule.has_weekdays() { rule.weekdays } else { 1 << weekday(day) },
            week_start: rule.week_start.into(),
            interval: rule.interval.into(),
            limits_days: rule.months != 0 || rule.has_weekdays() || rule.has_month_days() || !rule.year_days.is_empty(),
            whole_days,
            weight: weight(rule),
            times: Times::new(rule, start, whole_days),
        }
    }

    /// Visits every generated time from `lo` up to and without `hi`, ascending, each once; nothing before DTSTART.
    ///
    /// It starts at the period of `lo`, wherever DTSTART lies. COUNT, UNTIL and gaps are the caller's.
    pub(super) fn walk(&self, lo: i64, hi: i64, steps: &mut Steps, mut visit: impl FnMut(i64) -> ControlFlow<()>) {
        let lo = lo.max(self.start);
        if lo >= hi || self.picks_no_day() || self.chooses_no_time() {
            return;
        }
        let done = if self.rule.frequency < Frequency::Daily {
            self.walk_units(lo, hi, steps, &mut visit)
        } else if let Some(pattern) = self.pattern() {
            self.walk_pattern(pattern, lo, hi, steps, &mut visit)
        } else {
            self.walk_periods(lo, hi, steps, &mut visit)
        };
        // Why the walk ended is known to the visitor and to the steps.
        let _: ControlFlow<()> = done;
    }

    /// The days of a weekly or daily rule where they are the same in every period, as bits from the period's first day.
    fn pattern(&self) -> Option<u64> {
        match self.rule.frequency {
            _ if !self.rule.positions.is_empty() => None,
            Frequency::Weekly if self.rule.months == 0 => {
                let twice = self.weekdays | self.weekdays << 7;
                Some(twice >> self.week_start & 0b111_1111)
            }
            Frequency::Daily if !self.limits_days => Some(1),
            _ => None,
        }
    }

    /// What most series are: nothing is looked at but the days themselves.
    fn walk_pattern(
        &self,
        pattern: u64,
        lo: i64,
        hi: i64,
        steps: &mut Steps,
        visit: &mut impl FnMut(i64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let length = if self.rule.frequency == Frequency::Weekly { 7 } else { 1 };
        let offset = if length == 7 { self.week_start - 3 } else { 0 };
        let mut first = self.first_period(lo) * length + offset;
        while first * DAY < hi {
            if !steps.take() {
                return ControlFlow::Break(());
            }
            for day in bits(pattern).map(|bit| (first + i64::from(bit)) * DAY) {
                self.times.walk(day, lo, hi, &mut |time| {
                    if steps.take() { visit(time) } else { ControlFlow::Break(()) }
                })?;
            }
            first += self.interval * length;
        }
        ControlFlow::Continue(())
    }

    fn walk_periods(
        &self,
        lo: i64,
        hi: i64,
        steps: &mut Steps,
        visit: &mut impl FnMut(i64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut last = i64::MIN;
        let mut period = self.first_period(lo);
        loop {
            if !steps.take_many(self.weight) {
                return ControlFlow::Break(());
            }
            let days = self.days_of(period);
            if days.base() * DAY >= hi {
                return ControlFlow::Continue(());
            }
            // SKIP can carry a day into the next period, which may pick it again.
            self.walk_days(&days, lo, hi, &mut |time| {
                if time <= last {
                    return ControlFlow::Continue(());
                }
                last = time;
                if !steps.take() {
                    return ControlFlow::Break(());
                }
                visit(time)
            })?;
            period += self.interval;
        }
    }

    /// Visits the times of one period's days that lie in `lo..hi`.
    pub(super) fn walk_days(
        &self,
        days: &Days,
        lo: i64,
        hi: i64,
        visit: &mut impl FnMut(i64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if !self.rule.positions.is_empty() {
            let size = days.len() * self.times.len();
            let times = self.places(size).map(|place| self.time_at(days, place));
            return times.filter(|time| (lo..hi).contains(time)).try_for_each(visit);
        }
        let within = days.iter().filter(|day| (day + 1) * DAY > lo && day * DAY < hi);
        within.map(|day| day * DAY).try_for_each(|day| self.times.walk(day, lo, hi, visit))
    }

    /// The first period that is on the rule's grid and could hold a time from `lo` on.
    fn first_period(&self, lo: i64) -> i64 {
        let first = self.anchor();
        let wanted = self.period_of(lo.div_euclid(DAY)) - i64::from(self.rule.skip.is_some());
        first + (wanted - first).max(0).div_euclid(self.interval) * self.interval
    }

    pub(super) fn time_at(&self, days: &Days, place: i64) -> i64 {
        let day = days.nth(place / self.times.len()).unwrap_or(i64::MIN / DAY);
        day * DAY + self.times.nth(place % self.times.len())
    }

    /// BYSETPOS: which places of a set of `size` times are wanted, ascending and each once.
    pub(super) fn places(&self, size: i64) -> impl Iterator<Item = i64> {
        let all = &self.rule.positions;
        let most = i16::try_from(size).unwrap_or(i16::MAX);
        // They are sorted, so that those outside of the set are left out without looking at each.
        let from_end = &all[all.partition_point(|at| *at < -most)..all.partition_point(|at| *at < 0)];
        let from_start = &all[all.partition_point(|at| *at < 0)..all.partition_point(|at| *at <= most)];
        let mut from_end = from_end.iter().map(move |at| size + i64::from(*at)).peekable();
        let mut from_start = from_start.iter().map(|at| i64::from(*at) - 1).peekable();
        std::iter::from_fn(move || match (from_start.peek().copied(), from_end.peek().copied()) {
            (Some(start), Some(end)) if start == end => {
                from_end.next();
                from_start.next()
            }
            (Some(start), Some(end)) if start < end => from_start.next(),
            (Some(_), None) => from_start.next(),
            _ => from_end.next(),
        })
    }
}

/// How many steps a look at one period costs: about as many as it takes times longer than the simplest.
fn weight(rule: &Rule) -> u32 {
    let months = if rule.frequency == Frequency::Yearly { 12 } else { 1 };
    let month_days = (rule.month_days.count_ones() + rule.last_month_days.count_ones()) * months;
    let weeks = if rule.frequency == Frequency::Yearly { 52 } else { 4 };
    let weekdays = if rule.frequency >= Frequency::Monthly { rule.weekdays.count_ones() * weeks / 2 } else { 0 };
    let listed = rule.year_days.len() + rule.weeks.len() * 7 + rule.numbered.len();
    let base = if rule.frequency >= Frequency::Monthly { 3 } else { 1 };
    base + (month_days + weekdays + u32::try_from(listed).unwrap_or(u32::MAX / 2)) / 3
}
