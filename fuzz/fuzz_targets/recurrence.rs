//! Any rules, dates and overrides are a series to expand: no panic, and no more steps and memory than an expansion may take.

#![no_main]


#[path = "../../benches/memory/counting.rs"]
mod counting;

use cadenced::domain::recurrence::{ExtraDate, Moment, Options, Override, Recurrence, Rule, Series, Window, Zone, expand};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use libfuzzer_sys::fuzz_target;

const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"];

/// Reads small numbers off the front of the input.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn number(&mut self) -> i64 {
        let (taken, rest) = self.0.split_at(self.0.len().min(3));
        self.0 = rest;
        taken.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
    }

    fn moment(&mut self) -> Moment {
        let base = DateTime::constant(1990, 1, 1, 0, 0, 0, 0);
        let local = base + (self.number() * 97).seconds();
        match self.number() % 6 {
            0 => Moment::Date(local.date()),
            1 => Moment::Floating(local),
            n => Moment::Zoned(local, Zone::iana(ZONES[usize::try_from(n - 2).unwrap()]).unwrap()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    // The numbers come first, the rules after the first line break.
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (numbers, texts) = data.split_at(at);
    let mut input = Input(numbers);
    let texts = String::from_utf8_lossy(texts);
    let mut rules = texts.lines().filter_map(|line| line.parse::<Rule>().ok());
    let recurrence = Recurrence {
        excluded_rules: rules.by_ref().take(usize::from(input.number() % 3 == 0)).collect(),
        rules: rules.take(4).collect(),
        dates: (0..input.number() % 4).map(|_| ExtraDate { start: input.moment(), end: None }).collect(),
        excluded: (0..input.number() % 4).map(|_| input.moment()).collect(),
    };
    for rule in &recurrence.rules {
        assert_eq!(rule.to_string().parse::<Rule>().as_ref(), Ok(rule));
    }
    let overrides: Vec<_> = (0..input.number() % 5)
        .map(|n| {
            let (original, start, end) = (input.moment(), input.moment(), input.moment());
            Override { original, this_and_future: n % 2 == 0, start, end, sequence: u32::try_from(n).unwrap() }
        })
        .collect();
    let (start, end) = (input.moment(), input.moment());
    let series = Series { start: &start, end: &end, recurrence: &recurrence, overrides: &overrides };
    let from = Timestamp::UNIX_EPOCH + (input.number() * 200).seconds();
    let windows = [(Timestamp::MIN, Timestamp::MAX), (from, from + (24 * 90).hours())];
    let options = Options { budget: 20_000, keep_excluded: input.number() % 2 == 0, ..Options::default() };
    for (from, to) in windows {
        let window = Window { from, to, here: TimeZone::UTC };
        let memory = counting::mark();
        let expansion = expand(&series, &window, options);
        assert!(memory.peak() < 1 << 20, "an expansion takes less than 1 MiB");
        assert!(expansion.instances.len() <= 4_096);
        assert!(expansion.instances.len() <= options.budget as usize, "an instance costs a step");
        let place = |at: usize| {
            let it = &expansion.instances[at];
            (it.start.instant(&TimeZone::UTC), it.original.instant(&TimeZone::UTC))
        };
        assert!((1..expansion.instances.len()).all(|at| place(at - 1) <= place(at)), "ordered by start, then original");
    }
});
