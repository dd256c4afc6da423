//! Owns what holds for every recurrence: it equals a naive day-by-day reading of the RFC, windows tile, nothing panics.
#![expect(clippy::unwrap_used, reason = "a test whose fixture is wrong has to fail")]

use cadenced::domain::recurrence::{
    Expansion, Moment, Options, Override, Recurrence, Rule, Series, Window, Zone, expand,
};
use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

/// A rule as plain lists, to be written as text for the engine and read naively by the oracle.
#[derive(Clone, Debug, Default)]
struct Plain {
    frequency: &'static str,
    interval: i64,
    count: Option<usize>,
    months: Vec<i8>,
    month_days: Vec<i64>,
    year_days: Vec<i64>,
    weeks: Vec<i64>,
    weekdays: Vec<(i64, Weekday)>,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    seconds: Vec<i8>,
    positions: Vec<i64>,
    week_start: Option<Weekday>,
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
    fn text(&self) -> String {
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

    /// Every time from `start` on, up to `to`, by trying every day of every period, and every time of every day.
    fn times(&self, start: DateTime, to: Date) -> Vec<DateTime> {
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
        let unit = match self.frequency {
            "HOURLY" => 3_600,
            "MINUTELY" => 60,
            "SECONDLY" => 1,
            _ => 0,
        };
        let or = |list: &[i8], fixed: i8, free: bool, all: i8| match (list.is_empty(), free) {
            (false, _) => list.to_vec(),
            (true, true) => (0..all).collect(),
            (true, false) => vec![fixed],
        };
        let free = |below: i64| unit > 0 && unit <= below;
        let mut hours = or(&self.hours, start.hour(), free(3_600), 24);
        let mut minutes = or(&self.minutes, start.minute(), free(60), 60);
        let mut seconds = or(&self.seconds, start.second(), free(1), 60);
        for list in [&mut hours, &mut minutes, &mut seconds] {
            list.sort_unstable();
            list.dedup();
        }
        let mut times = Vec::new();
        for hour in hours {
            for minute in &minutes {
                for second in &seconds {
                    let time = day.at(hour, *minute, *second, 0);
                    let elapsed = |unit: i64| {
                        let at = |time: DateTime| {
                            time.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_secs().div_euclid(unit)
                        };
                        at(time) - at(start)
                    };
                    let period = if unit == 0 { self.period(day, start.date()) } else { elapsed(unit) };
                    if period.rem_euclid(self.interval) == 0 {
                        times.push((period, time));
                    }
                }
            }
        }
        times
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

fn signed(most: i64) -> impl Strategy<Value = i64> {
    prop_oneof![1..=most, -most..=-1]
}

fn some<T: Strategy>(of: T, most: usize) -> impl Strategy<Value = Vec<T::Value>>
where
    T::Value: Clone + std::fmt::Debug,
{
    prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(of, 1..=most)]
}

fn weekday() -> impl Strategy<Value = Weekday> {
    prop::sample::select(NAMES.map(|(_, day)| day).to_vec())
}

fn plain_rule() -> impl Strategy<Value = Plain> {
    let frequencies =
        vec!["YEARLY", "YEARLY", "MONTHLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];
    let basics =
        (prop::sample::select(frequencies), 1..5_i64, prop::option::of(1..40_usize), prop::option::of(weekday()));
    let days = (some(1..=12_i8, 4), some(signed(31), 4), some(signed(366), 3), some(signed(53), 3));
    let numbered = some((signed(5), weekday()), 3);
    let times = (some(0..24_i8, 3), some(0..60_i8, 3), some(0..60_i8, 2));
    (basics, days, some(weekday(), 4), numbered, times, some(signed(8), 3)).prop_map(
        |(
            (frequency, interval, count, week_start),
            (months, month_days, year_days, weeks),
            plain,
            numbered,
            times,
            positions,
        )| {
            let mut weekdays: Vec<_> = plain.into_iter().map(|day| (0, day)).collect();
            if matches!(frequency, "MONTHLY" | "YEARLY") && weeks.is_empty() {
                weekdays.extend(numbered);
            }
            let (hours, minutes, seconds) = times;
            let mut rule = Plain {
                frequency,
                interval,
                count,
                months,
                month_days,
                year_days,
                weeks,
                weekdays,
                hours,
                minutes,
                seconds,
                positions,
                week_start,
            };
            rule.make_valid();
            rule
        },
    )
}

impl Plain {
    /// Drops what the RFC forbids, and what the oracle is too naive for.
    fn make_valid(&mut self) {
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
    fn span(&self) -> i64 {
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

fn start() -> impl Strategy<Value = DateTime> {
    let day = (1995..2030_i16, 1..=12_i8, 1..=31_i8);
    // Clocks are mostly changed around two.
    (day, prop_oneof![Just(2_i8), 0..24_i8], 0..60_i8).prop_map(|((year, month, day), hour, minute)| {
        let first = date(year, month, 1);
        date(year, month, day.min(first.days_in_month())).at(hour, minute, 0, 0)
    })
}

fn zone() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("America/New_York"), Some("Australia/Lord_Howe"), Some("Asia/Kolkata")])
}

fn moment(local: DateTime, zone: Option<&str>) -> Moment {
    zone.map_or(Moment::Floating(local), |name| Moment::Zoned(local, Zone::iana(name).unwrap()))
}

fn with_rule(text: &str) -> Recurrence {
    Recurrence { rules: vec![text.parse().unwrap()], ..Recurrence::default() }
}

fn expand_plain(start: &Moment, end: &Moment, recurrence: &Recurrence, from: Timestamp, to: Timestamp) -> Expansion {
    let series = Series { start, end, recurrence, overrides: &[] };
    let options = Options { include_start: false, budget: 10_000_000, ..Options::default() };
    expand(&series, &Window { from, to, here: TimeZone::UTC }, options)
}

fn instant(local: DateTime, zone: Option<&str>) -> Option<Timestamp> {
    let zone = zone.map_or(TimeZone::UTC, |name| TimeZone::get(name).unwrap());
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let in_gap = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
    (!in_gap).then(|| ambiguous.compatible().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_expansion_equals_a_naive_day_by_day_reading(
        rule in plain_rule(), start in start(), zone in zone(), skip in 0..80_i64, length in 1..100_i64,
    ) {
        let days = rule.span();
        let (from, to) = (start.date() + (days * skip / 100).days(), start.date() + (days * (skip + length) / 100 + 1).days());
        let times = rule.times(start, to + 2.days());
        // DTSTART is stated: it counts even in a gap.
        let place = |time: DateTime| if time == start { Some(moment(time, zone).instant(&TimeZone::UTC)) } else { instant(time, zone) };
        let instants = times.into_iter().filter_map(place).take(rule.count.unwrap_or(usize::MAX));
        let inside = |day: Date| instant(day.at(12, 0, 0, 0), zone).unwrap();
        let expected: Vec<_> = instants.filter(|at| inside(from) <= *at && *at < inside(to)).collect();
        prop_assume!(expected.len() < 4_000);
        let start = moment(start, zone);
        let expansion = expand_plain(&start, &start, &with_rule(&rule.text()), inside(from), inside(to));
        let found: Vec<_> = expansion.instances.iter().map(|it| it.start.instant(&TimeZone::UTC)).collect();
        prop_assert!(!expansion.truncated);
        prop_assert_eq!(found, expected, "{}", rule.text());
    }

    #[test]
    fn windows_tile(rule in plain_rule(), start in start(), zone in zone(), cuts in prop::array::uniform3(0..400_000_i64)) {
        let mut cuts = cuts.map(|cut| instant(start.date().at(12, 0, 0, 0), zone).unwrap() + (cut % (rule.span() * 1_000) * 60).seconds());
        cuts.sort_unstable();
        let (first, recurrence) = (moment(start, zone), with_rule(&rule.text()));
        let end = first.plus(SignedDuration::from_mins(45));
        let between = |from: Timestamp, to: Timestamp| {
            let expansion = expand_plain(&first, &end, &recurrence, from, to);
            let starts = expansion.instances.into_iter().filter(|it| it.start.instant(&TimeZone::UTC) >= from);
            (starts.collect::<Vec<_>>(), expansion.truncated)
        };
        let (whole, truncated) = between(cuts[0], cuts[2]);
        prop_assume!(!truncated);
        let mut parts = between(cuts[0], cuts[1]).0;
        parts.extend(between(cuts[1], cuts[2]).0);
        prop_assert_eq!(&whole, &parts, "{}", rule.text());
        let keys: Vec<_> = whole.iter().map(|it| it.original.instant(&TimeZone::UTC)).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "in order, and none twice");
    }

    #[test]
    fn a_rule_is_the_same_after_being_written_and_read(rule in plain_rule()) {
        let read: Rule = rule.text().parse().unwrap();
        prop_assert_eq!(read.to_string().parse::<Rule>().unwrap(), read);
    }

    #[test]
    fn no_text_and_no_series_makes_it_panic_or_overrun(
        text in "(FREQ=(SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY))?(;(INTERVAL|COUNT|BYDAY|BYMONTH|BYSETPOS|BYWEEKNO|BYYEARDAY|BYMONTHDAY|BYHOUR|UNTIL|SKIP|WKST)=[0-9A-Z,+-]{0,12}){0,4}",
        start in start(), zone in zone(), budget in 0..5_000_u32,
    ) {
        let Ok(rule) = text.parse::<Rule>() else { return Ok(()) };
        let start = moment(start, zone);
        let recurrence = Recurrence { rules: vec![rule.clone()], excluded_rules: vec![rule], ..Recurrence::default() };
        let moved = Override {
            original: start.clone(), this_and_future: true, start: start.clone(), end: start.clone(), sequence: 0,
        };
        let series = Series { start: &start, end: &start, recurrence: &recurrence, overrides: &[moved] };
        let window = Window { from: Timestamp::MIN, to: Timestamp::MAX, here: TimeZone::UTC };
        let options = Options { budget, keep_excluded: true, include_start: true };
        prop_assert!(expand(&series, &window, options).instances.len() <= budget as usize + 1);
    }

    #[test]
    fn arbitrary_text_is_read_or_refused_without_panic(text in any::<String>()) {
        let _ = text.parse::<Rule>();
    }
}
