//! Iterates hourly, minutely and secondly rules, and skips the periods that their BY parts exclude.

use std::ops::ControlFlow;

use super::civil::{DAY, civil, days};
use super::plan::Plan;
use super::rule::{Frequency, bits};
use super::steps::Steps;

impl Plan<'_> {
    /// The length of the frequency's unit in seconds.
    pub(super) const fn unit(&self) -> i64 {
        match self.rule.frequency {
            Frequency::Secondly => 1,
            Frequency::Minutely => 60,
            Frequency::Hourly | Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly => 3_600,
        }
    }

    pub(super) fn walk_units(
        &self,
        lo: i64,
        hi: i64,
        steps: &mut Steps,
        visit: &mut impl FnMut(i64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = self.unit_from(lo - self.unit() + 1);
        while at < hi {
            if !steps.take() {
                return ControlFlow::Break(());
            }
            if let Some(next) = self.ruled_out_until(at) {
                // Finding out takes twice as long as what is found.
                steps.take();
                at = self.unit_from(next);
                continue;
            }
            if self.whole_days {
                visit(at - at.rem_euclid(DAY))?;
                at = self.unit_from(at - at.rem_euclid(DAY) + DAY);
                continue;
            }
            self.walk_unit(at, lo, hi, &mut |time| if steps.take() { visit(time) } else { ControlFlow::Break(()) })?;
            at += self.interval * self.unit();
        }
        ControlFlow::Continue(())
    }

    /// Whether BYSETPOS asks only for places that no unit of an hourly or shorter rule has.
    pub(super) fn chooses_no_time(&self) -> bool {
        let by_unit = self.rule.frequency < Frequency::Daily && !self.whole_days;
        by_unit && !self.rule.positions.is_empty() && self.places(self.times.len()).next().is_none()
    }

    /// Visits the times inside one unit.
    fn walk_unit(&self, at: i64, lo: i64, hi: i64, visit: &mut impl FnMut(i64) -> ControlFlow<()>) -> ControlFlow<()> {
        if self.rule.positions.is_empty() {
            return self.times.walk(at, lo, hi, visit);
        }
        let times = self.places(self.times.len()).map(|place| at + self.times.nth(place));
        times.filter(|time| (lo..hi).contains(time)).try_for_each(visit)
    }

    /// The first unit on the rule's grid that begins at `time` or later.
    pub(super) fn unit_from(&self, time: i64) -> i64 {
        let first = self.start.div_euclid(self.unit());
        let wanted = (time - 1).div_euclid(self.unit()) + 1;
        let ahead = (wanted - first).max(0);
        let intervals = (ahead + self.interval - 1) / self.interval;
        (first + intervals * self.interval) * self.unit()
    }

    /// Where the parts that limit the rule rule out the unit at `at`: the first time at which they might not.
    fn ruled_out_until(&self, at: i64) -> Option<i64> {
        let day = at.div_euclid(DAY);
        if !self.allows(day) {
            return Some(self.next_month_or_day(day) * DAY);
        }
        if self.whole_days {
            return None;
        }
        let of_day = at - day * DAY;
        let next = |mask: u64, unit: i64, reading: i64, whole: i64| {
            (mask != 0 && mask >> reading & 1 == 0).then(|| {
                let base = at.div_euclid(whole) * whole;
                bits(mask).map(i64::from).find(|bit| *bit > reading).map_or(base + whole, |bit| base + bit * unit)
            })
        };
        let mut found = next(self.rule.hours, 3_600, of_day / 3_600, DAY);
        if self.rule.frequency <= Frequency::Minutely {
            found = found.or_else(|| next(self.rule.minutes, 60, of_day / 60 % 60, 3_600));
        }
        if self.rule.frequency == Frequency::Secondly {
            found = found.or_else(|| next(self.rule.seconds, 1, of_day % 60, 60));
        }
        found
    }

    fn next_month_or_day(&self, day: i64) -> i64 {
        if self.is_in_months(day) {
            return day + 1;
        }
        let (year, month, _) = civil(day);
        if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) }
    }
}
