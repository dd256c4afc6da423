//! Generates rules that run into a gap of their zone, which random rules hardly ever do.

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use proptest::prelude::*;

use super::plain::{Plain, signed, some, weekday};

/// A rule with a DTSTART some of its periods before a gap, and a window around that gap.
#[derive(Clone, Debug)]
pub struct IntoGap {
    pub rule: Plain,
    pub zone: &'static str,
    pub start: DateTime,
    pub from: DateTime,
    pub to: DateTime,
}

/// Gaps of an hour, of half an hour, at midnight, and of a whole day.
const ZONES: [&str; 5] =
    ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"];

pub fn into_gap() -> impl Strategy<Value = IntoGap> {
    let gap = (prop::sample::select(ZONES.to_vec()), 1995..2012_i16, 0..60_i64);
    (gap, rule(), 0..12_i64, -4..10_i64, 1..12_i64).prop_map(|((zone, year, minute), mut rule, back, skip, length)| {
        let inside = reading_in_gap(zone, year, minute);
        if !rule.weekdays.is_empty() {
            rule.weekdays.push((0, inside.weekday()));
        }
        if !rule.hours.is_empty() {
            rule.hours.push(inside.hour());
        }
        if !rule.minutes.is_empty() {
            rule.minutes.push(inside.minute());
        }
        rule.make_valid();
        let after = |periods: i64| inside + periods_of(&rule, periods);
        let (start, from, to) = (after(-back), after(skip), after(skip + length));
        IntoGap { rule, zone, start, from, to }
    })
}

/// Rules with few parts: each that names no time of the gap keeps out of it.
fn rule() -> impl Strategy<Value = Plain> {
    let frequencies = vec!["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "DAILY", "HOURLY", "MINUTELY"];
    let basics = (prop::sample::select(frequencies), 1..4_i64, prop::option::of(1..24_usize));
    (basics, some(weekday(), 2), some(0..24_i8, 2), some(0..60_i8, 2), some(signed(3), 2)).prop_map(
        |((frequency, interval, count), weekdays, hours, minutes, positions)| {
            let weekdays = weekdays.into_iter().map(|day| (0, day)).collect();
            Plain { frequency, interval, count, weekdays, hours, minutes, positions, ..Plain::default() }
        },
    )
}

fn periods_of(rule: &Plain, periods: i64) -> Span {
    let count = periods * rule.interval;
    match rule.frequency {
        "YEARLY" => count.years(),
        "MONTHLY" => count.months(),
        "WEEKLY" => count.weeks(),
        "DAILY" => count.days(),
        "HOURLY" => count.hours(),
        _ => count.minutes(),
    }
}

/// A reading that no clock shows: `minute` minutes into the zone's first gap from a year on, or as many as it has.
fn reading_in_gap(zone: &str, year: i16, minute: i64) -> DateTime {
    let zone = TimeZone::get(zone).unwrap();
    let begins = date(year, 1, 1).to_zoned(zone.clone()).unwrap().timestamp();
    let offsets = zone.following(begins).map(|change| (change.timestamp(), change.offset()));
    let gap =
        offsets.scan(zone.to_offset(begins), |before, (at, after)| Some((at, std::mem::replace(before, after), after)));
    let (at, before, after) = gap.into_iter().find(|(_, before, after)| after > before).unwrap();
    let length = i64::from(after.seconds() - before.seconds()) / 60;
    before.to_datetime(at) + (minute % length).minutes()
}
