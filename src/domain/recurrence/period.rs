//! The expand-or-limit table of RFC 5545 3.3.10: the days that a rule picks in one period, before BYSETPOS.

use super::civil::{DAY, civil, days, month_length, weekday, year_length};
use super::days::Days;
use super::plan::Plan;
use super::rule::{Frequency, Skip, bits};

const ALL_MONTHS: u64 = 0b1_1111_1111_1110;

/// What a numbered BYDAY counts in.
#[derive(Clone, Copy)]
enum Scope {
    Month,
    Year,
}

impl Plan<'_> {
    /// Which period of its frequency a day falls into; yearly rules with BYWEEKNO have years of whole weeks.
    pub(super) fn period_of(&self, day: i64) -> i64 {
        match self.rule.frequency {
            Frequency::Yearly if !self.rule.weeks.is_empty() => self.week_year_of(day),
            Frequency::Yearly => civil(day).0,
            Frequency::Monthly => {
                let (year, month, _) = civil(day);
                year * 12 + month - 1
            }
            Frequency::Weekly => (day + 3 - self.week_start).div_euclid(7),
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => day,
        }
    }

    /// The period that the rule's INTERVAL counts from.
    ///
    /// A DTSTART around New Year can lie in a week of the other year: where it is one of the rule's own, that year is the
    /// first; where it is not, the year of its date is, as libical and dateutil have it.
    pub(super) fn anchor(&self) -> i64 {
        let day = self.start.div_euclid(DAY);
        let period = self.period_of(day);
        if self.rule.frequency != Frequency::Yearly || self.rule.weeks.is_empty() {
            period
        } else if self.interval == 1 {
            period.min(civil(day).0)
        } else if self.days_of(period).iter().any(|picked| picked == day) {
            period
        } else {
            civil(day).0
        }
    }

    /// The days that the rule picks in a period.
    pub(super) fn days_of(&self, period: i64) -> Days {
        match self.rule.frequency {
            Frequency::Yearly if !self.rule.weeks.is_empty() => self.days_of_week_year(period),
            Frequency::Yearly => self.days_of_year(period),
            Frequency::Monthly => self.days_of_month(period),
            Frequency::Weekly => self.days_of_week(period),
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {
                let mut picked = Days::from(period);
                if self.allows(period) {
                    picked.insert(period);
                }
                picked
            }
        }
    }

    fn days_of_week(&self, week: i64) -> Days {
        let monday = week * 7 - 3;
        let mut picked = Days::from(monday + self.week_start);
        for day in bits(self.weekdays) {
            // Weekdays before WKST belong to the end of the week.
            let day = i64::from(day);
            picked.insert(monday + if day < self.week_start { day + 7 } else { day });
        }
        if self.rule.months != 0 {
            picked.retain(|day| self.rule.months >> civil(day).1 & 1 == 1);
        }
        picked
    }

    fn days_of_month(&self, month: i64) -> Days {
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let mut picked = Days::from(days(year, month, 1));
        if self.rule.months != 0 && self.rule.months >> month & 1 == 0 {
            return picked;
        }
        if self.rule.has_month_days() || !self.rule.has_weekdays() {
            self.insert_month_days(&mut picked, year, month);
            self.limit_by_weekday(&mut picked, Scope::Month);
        } else {
            self.insert_weekdays(&mut picked, days(year, month, 1), month_length(year, month));
        }
        picked
    }

    fn days_of_year(&self, year: i64) -> Days {
        let rule = self.rule;
        let mut picked = Days::from(days(year, 1, 1));
        let scope = if rule.months == 0 { Scope::Year } else { Scope::Month };
        if !rule.year_days.is_empty() {
            self.insert_year_days(&mut picked, year);
            picked.retain(|day| self.is_in_months(day) && self.is_on_month_day(day));
            self.limit_by_weekday(&mut picked, scope);
        } else if rule.has_month_days() || !rule.has_weekdays() {
            // With BYDAY, BYMONTHDAY is about every month; without one the month is DTSTART's.
            let unnamed = if rule.has_weekdays() { ALL_MONTHS } else { 1 << self.start_month };
            for month in bits(if rule.months == 0 { unnamed } else { rule.months }) {
                self.insert_month_days(&mut picked, year, month.into());
            }
            self.limit_by_weekday(&mut picked, scope);
        } else if rule.months == 0 {
            self.insert_weekdays(&mut picked, days(year, 1, 1), year_length(year));
        } else {
            for month in bits(rule.months).map(i64::from) {
                self.insert_weekdays(&mut picked, days(year, month, 1), month_length(year, month));
            }
        }
        picked
    }

    /// BYWEEKNO: weeks as ISO 8601 numbers them, from WKST; the first has at least four days in the year.
    fn days_of_week_year(&self, year: i64) -> Days {
        let rule = self.rule;
        let first = self.first_week(year);
        let weeks = (self.first_week(year + 1) - first) / 7;
        let mut picked = Days::from(first);
        let narrowed = rule.has_month_days() || !rule.year_days.is_empty();
        let weekdays = if rule.has_weekdays() || !narrowed { self.weekdays } else { 0b111_1111 };
        for week in rule.weeks.iter().map(|week| i64::from(*week)) {
            let week = if week < 0 { weeks + week } else { week - 1 };
            if (0..weeks).contains(&week) {
                let days = (0..7).map(|day| first + week * 7 + day);
                days.filter(|day| weekdays >> weekday(*day) & 1 == 1).for_each(|day| picked.insert(day));
            }
        }
        picked.retain(|day| self.is_in_months(day) && self.is_on_month_day(day) && self.is_on_year_day(day));
        picked
    }

    fn first_week(&self, year: i64) -> i64 {
        let fourth = days(year, 1, 4);
        fourth - (weekday(fourth) - self.week_start).rem_euclid(7)
    }

    fn week_year_of(&self, day: i64) -> i64 {
        let year = civil(day).0;
        if day < self.first_week(year) {
            year - 1
        } else if day >= self.first_week(year + 1) {
            year + 1
        } else {
            year
        }
    }

    fn insert_month_days(&self, picked: &mut Days, year: i64, month: i64) {
        let first = days(year, month, 1);
        let length = month_length(year, month);
        if !self.rule.has_month_days() {
            return self.insert_or_skip(picked, first, self.start_day_of_month, length);
        }
        for day in bits(self.rule.month_days) {
            self.insert_or_skip(picked, first, day.into(), length);
        }
        for day in bits(self.rule.last_month_days) {
            self.insert_or_skip(picked, first, length + 1 - i64::from(day), length);
        }
    }

    fn insert_year_days(&self, picked: &mut Days, year: i64) {
        let (first, length) = (days(year, 1, 1), year_length(year));
        for day in self.rule.year_days.iter().map(|day| i64::from(*day)) {
            self.insert_or_skip(picked, first, if day < 0 { length + 1 + day } else { day }, length);
        }
    }

    /// Adds the day of a month or year that begins at `first`; SKIP says what becomes of one that it does not have.
    fn insert_or_skip(&self, picked: &mut Days, first: i64, day: i64, length: i64) {
        if (1..=length).contains(&day) {
            return picked.insert(first + day - 1);
        }
        let after = if day > length { length } else { 0 };
        match self.rule.skip {
            Some(Skip::Forward) => picked.insert(first + after),
            Some(Skip::Backward) => picked.insert(first + after - 1),
            Some(Skip::Omit) | None => {}
        }
    }

    /// BYDAY where it expands: each weekday of a stretch, or the numbered ones from its start or end.
    fn insert_weekdays(&self, picked: &mut Days, first: i64, length: i64) {
        let at = weekday(first);
        for day in bits(self.rule.weekdays) {
            let offset = (i64::from(day) - at).rem_euclid(7);
            (offset..length).step_by(7).for_each(|offset| picked.insert(first + offset));
        }
        for (number, day) in &self.rule.numbered {
            let number = i64::from(*number);
            let offset = if number > 0 {
                (i64::from(*day) - at).rem_euclid(7) + (number - 1) * 7
            } else {
                let last = weekday(first + length - 1);
                length - 1 - (last - i64::from(*day)).rem_euclid(7) + (number + 1) * 7
            };
            if (0..length).contains(&offset) {
                picked.insert(first + offset);
            }
        }
    }

    /// BYDAY where it limits (the table's notes 1 and 2).
    fn limit_by_weekday(&self, picked: &mut Days, scope: Scope) {
        if self.rule.has_weekdays() {
            picked.retain(|day| self.is_on_weekday(day, scope));
        }
    }

    fn is_on_weekday(&self, day: i64, scope: Scope) -> bool {
        let at = weekday(day);
        if self.rule.weekdays >> at & 1 == 1 {
            return true;
        }
        let (year, month, day_of_month) = civil(day);
        let (index, length) = match scope {
            Scope::Month => (day_of_month - 1, month_length(year, month)),
            Scope::Year => (day - days(year, 1, 1), year_length(year)),
        };
        let (from_start, from_end) = (index / 7 + 1, -((length - 1 - index) / 7 + 1));
        self.rule.numbered.iter().any(|(number, day)| {
            i64::from(*day) == at && (i64::from(*number) == from_start || i64::from(*number) == from_end)
        })
    }

    /// Whether a day passes every part that limits a daily or shorter rule.
    pub(super) fn allows(&self, day: i64) -> bool {
        !self.limits_days
            || ((!self.rule.has_weekdays() || self.rule.weekdays >> weekday(day) & 1 == 1)
                && self.is_in_months(day)
                && self.is_on_month_day(day)
                && self.is_on_year_day(day))
    }

    /// Whether BYMONTHDAY asks only for days that none of BYMONTH's months ever has.
    pub(super) fn picks_no_day(&self) -> bool {
        let longest = match self.rule.months {
            0 => 31,
            months if months & 0b1_0101_1010_1010 != 0 => 31,
            months if months & !0b100 != 0 => 30,
            _ => 29,
        };
        let some = (1 << (longest + 1)) - 1;
        self.rule.has_month_days()
            && self.rule.skip.is_none_or(|skip| skip == Skip::Omit)
            && (self.rule.month_days | self.rule.last_month_days) & some == 0
    }

    pub(super) fn is_in_months(&self, day: i64) -> bool {
        self.rule.months == 0 || self.rule.months >> civil(day).1 & 1 == 1
    }

    fn is_on_month_day(&self, day: i64) -> bool {
        let (year, month, day) = civil(day);
        !self.rule.has_month_days()
            || self.rule.month_days >> day & 1 == 1
            || self.rule.last_month_days >> (month_length(year, month) + 1 - day) & 1 == 1
    }

    fn is_on_year_day(&self, day: i64) -> bool {
        if self.rule.year_days.is_empty() {
            return true;
        }
        let year = civil(day).0;
        let number = day - days(year, 1, 1) + 1;
        let from_end = number - year_length(year) - 1;
        let has = |number| i16::try_from(number).is_ok_and(|number| self.rule.year_days.binary_search(&number).is_ok());
        has(number) || has(from_end)
    }
}
