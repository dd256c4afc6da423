//! [`Plain`]: a rule as lists, its text, and a generator of such rules.

use jiff::civil::Weekday;
use proptest::prelude::*;

/// A rule as plain lists, to be written as text for the engine and read naively by the oracle.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    pub frequency: &'static str,
    pub interval: i64,
    pub count: Option<usize>,
    pub months: Vec<i8>,
    pub month_days: Vec<i64>,
    pub year_days: Vec<i64>,
    pub weeks: Vec<i64>,
    pub weekdays: Vec<(i64, Weekday)>,
    pub hours: Vec<i8>,
    pub minutes: Vec<i8>,
    pub seconds: Vec<i8>,
    pub positions: Vec<i64>,
    pub week_start: Option<Weekday>,
}

const NAMES: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

fn name_of(day: Weekday) -> &'static str {
    NAMES.iter().find(|(_, known)| *known == day).unwrap().0
}

impl Plain {
    pub fn text(&self) -> String {
        let mut text = format!("FREQ={};INTERVAL={}", self.frequency, self.interval);
        if let Some(count) = self.count {
            text.extend([";COUNT=", &count.to_string()]);
        }
        let mut list = |name: &str, items: Vec<String>| {
            if !items.is_empty() {
                text.extend([";", name, "=", &items.join(",")]);
            }
        };
        let strings = |items: &[i64]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let small = |items: &[i8]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        list("BYMONTH", small(&self.months));
        list("BYMONTHDAY", strings(&self.month_days));
        list("BYYEARDAY", strings(&self.year_days));
        list("BYWEEKNO", strings(&self.weeks));
        let numbered = |(number, day): &(i64, Weekday)| {
            if *number == 0 { name_of(*day).to_owned() } else { format!("{number}{}", name_of(*day)) }
        };
        list("BYDAY", self.weekdays.iter().map(numbered).collect());
        list("BYHOUR", small(&self.hours));
        list("BYMINUTE", small(&self.minutes));
        list("BYSECOND", small(&self.seconds));
        list("BYSETPOS", strings(&self.positions));
        list("WKST", self.week_start.iter().map(|day| name_of(*day).to_owned()).collect());
        text
    }
}

impl Plain {
    /// Drops what the RFC forbids, and what the oracle is too naive for.
    pub fn make_valid(&mut self) {
        if self.frequency != "YEARLY" {
            self.weeks.clear();
            if matches!(self.frequency, "MONTHLY" | "WEEKLY" | "DAILY") {
                self.year_days.clear();
            }
        }
        if self.frequency == "WEEKLY" {
            self.month_days.clear();
        }
        if !self.weeks.is_empty() {
            // Week years by ISO 8601; what INTERVAL counts from where DTSTART is near New Year is a decision of its own.
            self.week_start = None;
            self.interval = 1;
            self.weekdays.retain(|(number, _)| *number == 0);
        }
        let choice = [self.months.len(), self.weekdays.len(), self.hours.len(), self.minutes.len(), self.seconds.len()];
        let days = self.month_days.len() + self.year_days.len() + self.weeks.len();
        if choice.iter().sum::<usize>() + days == 0 {
            self.positions.clear();
        }
    }

    /// How many days the oracle can look at in reasonable time.
    pub fn span(&self) -> i64 {
        match self.frequency {
            "YEARLY" => 3_000,
            "MONTHLY" => 1_500,
            "WEEKLY" | "DAILY" => 500,
            "HOURLY" => 60,
            "MINUTELY" => 6,
            _ => 1,
        }
    }
}

pub fn signed(most: i64) -> impl Strategy<Value = i64> {
    prop_oneof![1..=most, -most..=-1]
}

pub fn some<T: Strategy>(of: T, most: usize) -> impl Strategy<Value = Vec<T::Value>>
where
    T::Value: Clone + std::fmt::Debug,
{
    prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(of, 1..=most)]
}

pub fn weekday() -> impl Strategy<Value = Weekday> {
    prop::sample::select(NAMES.map(|(_, day)| day).to_vec())
}

/// Any valid rule.
pub fn any_rule() -> impl Strategy<Value = Plain> {
    (basics(), days(), weekdays(), times(), some(signed(8), 3)).prop_map(
        |(basics, days, (plain, numbered), times, positions)| {
            let mut weekdays: Vec<_> = plain.into_iter().map(|day| (0, day)).collect();
            if matches!(basics.frequency, "MONTHLY" | "YEARLY") && days.weeks.is_empty() {
                weekdays.extend(numbered);
            }
            let Plain { months, month_days, year_days, weeks, .. } = days;
            let Plain { hours, minutes, seconds, .. } = times;
            let mut rule =
                Plain { months, month_days, year_days, weeks, weekdays, hours, minutes, seconds, positions, ..basics };
            rule.make_valid();
            rule
        },
    )
}

/// How often, how many, and when weeks begin.
fn basics() -> impl Strategy<Value = Plain> {
    let frequencies =
        vec!["YEARLY", "YEARLY", "MONTHLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];
    let frequency = prop::sample::select(frequencies);
    (frequency, 1..5_i64, prop::option::of(1..40_usize), prop::option::of(weekday())).prop_map(
        |(frequency, interval, count, week_start)| Plain { frequency, interval, count, week_start, ..Plain::default() },
    )
}

fn days() -> impl Strategy<Value = Plain> {
    (some(1..=12_i8, 4), some(signed(31), 4), some(signed(366), 3), some(signed(53), 3)).prop_map(
        |(months, month_days, year_days, weeks)| Plain { months, month_days, year_days, weeks, ..Plain::default() },
    )
}

fn times() -> impl Strategy<Value = Plain> {
    (some(0..24_i8, 3), some(0..60_i8, 3), some(0..60_i8, 2)).prop_map(|(hours, minutes, seconds)| Plain {
        hours,
        minutes,
        seconds,
        ..Plain::default()
    })
}

/// Weekdays as they are, and with numbers.
fn weekdays() -> impl Strategy<Value = (Vec<Weekday>, Vec<(i64, Weekday)>)> {
    (some(weekday(), 4), some((signed(5), weekday()), 3))
}
