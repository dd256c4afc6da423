//! A naive implementation of recurrence that tries every day of every period, and every time of every day.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday, date};

use super::plain::Plain;

impl Plain {
    /// Every time from `start` on, up to `to`, by trying every day of every period, and every time of every day.
    pub fn times(&self, start: DateTime, to: Date) -> Vec<DateTime> {
        // BYSETPOS chooses from whole periods, so the first is looked at from its beginning; short ones are inside a day.
        let short = matches!(self.frequency, "HOURLY" | "MINUTELY" | "SECONDLY");
        let first = if short { start.date() } else { start.date().first_of_year() - 7.days() };
        let to = if short { to } else { to.last_of_year() + 7.days() };
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(|day| *day <= to);
        let mut sets: Vec<(i64, Vec<DateTime>)> = Vec::new();
        for day in days.filter(|day| self.picks_day(*day, start.date())) {
            for (period, time) in self.times_of(day, start) {
                match sets.last_mut() {
                    Some((last, set)) if *last == period => set.push(time),
                    _ => sets.push((period, vec![time])),
                }
            }
        }
        sets.into_iter().flat_map(|(_, set)| self.positioned(&set)).filter(|time| *time >= start).collect()
    }

    fn positioned(&self, set: &[DateTime]) -> Vec<DateTime> {
        if self.positions.is_empty() {
            return set.to_vec();
        }
        let size = i64::try_from(set.len()).unwrap();
        let wanted = |place: i64| self.positions.iter().any(|at| *at == place + 1 || *at == place - size);
        (0..).zip(set).filter(|(place, _)| wanted(*place)).map(|(_, time)| *time).collect()
    }

    /// The times of a day, with the number of the period that each belongs to; only periods on the grid.
    fn times_of(&self, day: Date, start: DateTime) -> Vec<(i64, DateTime)> {
        let times = self.readings(start).into_iter().map(|(hour, minute, second)| day.at(hour, minute, second, 0));
        let numbered = times.map(|time| (self.period_at(time, start), time));
        numbered.filter(|(period, _)| period.rem_euclid(self.interval) == 0).collect()
    }

    /// Hours, minutes and seconds that the rule names, or else those that DTSTART or the frequency gives.
    fn readings(&self, start: DateTime) -> Vec<(i8, i8, i8)> {
        let free = |below: i64| (1..=below).contains(&self.unit());
        let minutes = choices(&self.minutes, start.minute(), free(60), 60);
        let seconds = choices(&self.seconds, start.second(), free(1), 60);
        let mut readings = Vec::new();
        for hour in choices(&self.hours, start.hour(), free(3_600), 24) {
            for minute in &minutes {
                readings.extend(seconds.iter().map(|second| (hour, *minute, *second)));
            }
        }
        readings
    }

    /// The seconds of a period that is shorter than a day, otherwise 0.
    fn unit(&self) -> i64 {
        match self.frequency {
            "HOURLY" => 3_600,
            "MINUTELY" => 60,
            "SECONDLY" => 1,
            _ => 0,
        }
    }

    fn period_at(&self, time: DateTime, start: DateTime) -> i64 {
        if self.unit() == 0 {
            return self.period(time.date(), start.date());
        }
        let epoch = date(1970, 1, 1).at(0, 0, 0, 0);
        let number = |time: DateTime| time.duration_since(epoch).as_secs().div_euclid(self.unit());
        number(time) - number(start)
    }

    fn period(&self, day: Date, start: Date) -> i64 {
        let week_of = |day: Date| {
            let begins = self.week_start.unwrap_or(Weekday::Monday);
            let back = day.weekday().since(begins);
            day - i64::from(back).days()
        };
        match self.frequency {
            "YEARLY" if !self.weeks.is_empty() => i64::from(day.iso_week_date().year() - start.year()),
            "YEARLY" => i64::from(day.year() - start.year()),
            "MONTHLY" => i64::from(day.year() - start.year()) * 12 + i64::from(day.month() - start.month()),
            "WEEKLY" => week_of(day).duration_since(week_of(start)).as_hours() / (24 * 7),
            _ => day.duration_since(start).as_hours() / 24,
        }
    }

    fn picks_day(&self, day: Date, start: Date) -> bool {
        let no_days = self.weekdays.is_empty() && self.month_days.is_empty() && self.year_days.is_empty();
        let long = matches!(self.frequency, "MONTHLY" | "YEARLY");
        let month = if !self.months.is_empty() {
            self.months.contains(&day.month())
        } else if self.frequency == "YEARLY"
            && self.weeks.is_empty()
            && self.weekdays.is_empty()
            && self.year_days.is_empty()
        {
            day.month() == start.month()
        } else {
            true
        };
        let implied = if self.frequency == "WEEKLY" && self.weekdays.is_empty() || !self.weeks.is_empty() && no_days {
            day.weekday() == start.weekday()
        } else {
            !(long && no_days) || day.day() == start.day()
        };
        month && implied && self.on_month_day(day) && self.on_year_day(day) && self.in_week(day) && self.on_weekday(day)
    }

    fn on_month_day(&self, day: Date) -> bool {
        let from_end = i64::from(day.day() - day.days_in_month() - 1);
        self.month_days.is_empty() || self.month_days.iter().any(|at| *at == i64::from(day.day()) || *at == from_end)
    }

    fn on_year_day(&self, day: Date) -> bool {
        let from_end = i64::from(day.day_of_year() - day.days_in_year() - 1);
        let number = i64::from(day.day_of_year());
        self.year_days.is_empty() || self.year_days.iter().any(|at| *at == number || *at == from_end)
    }

    fn in_week(&self, day: Date) -> bool {
        let week = day.iso_week_date();
        let from_end = i64::from(week.week()) - i64::from(week.weeks_in_year()) - 1;
        self.weeks.is_empty() || self.weeks.iter().any(|at| *at == i64::from(week.week()) || *at == from_end)
    }

    /// Numbered weekdays by counting the same weekdays of the month or year.
    fn on_weekday(&self, day: Date) -> bool {
        let within_month = self.frequency == "MONTHLY" || !self.months.is_empty();
        let same = |other: &Date| other.year() == day.year() && (!within_month || other.month() == day.month());
        let count = |step: i64| std::iter::successors(Some(day), |at| Some(*at + step.days())).take_while(same).count();
        let is =
            |number: i64| number == i64::try_from(count(-7)).unwrap() || -number == i64::try_from(count(7)).unwrap();
        self.weekdays.is_empty()
            || self.weekdays.iter().any(|(number, at)| *at == day.weekday() && (*number == 0 || is(*number)))
    }
}

/// A list in order and without doubles; where it is empty all are free, or one is fixed.
fn choices(list: &[i8], fixed: i8, free: bool, all: i8) -> Vec<i8> {
    let mut list = match (list.is_empty(), free) {
        (false, _) => list.to_vec(),
        (true, true) => (0..all).collect(),
        (true, false) => vec![fixed],
    };
    list.sort_unstable();
    list.dedup();
    list
}
