//! Properties of recurrence: it equals a naive implementation of the RFC, windows tile, and nothing panics.
#![expect(clippy::unwrap_used, reason = "a test whose fixture is wrong has to fail")]

use cadenced::domain::recurrence::{
    Expansion, Moment, Options, Override, Recurrence, Rule, Series, Window, Zone, expand,
};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use gaps::{IntoGap, into_gap};
use plain::{Plain, any_rule};

mod gaps;
mod naive;
mod plain;

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

/// Where clocks show a generated time; nowhere if it is in a gap.
fn instant(local: DateTime, zone: Option<&str>) -> Option<Timestamp> {
    let zone = zone.map_or(TimeZone::UTC, |name| TimeZone::get(name).unwrap());
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let in_gap = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
    (!in_gap).then(|| ambiguous.compatible().unwrap())
}

/// The engine's starts and the oracle's, between two readings.
fn compare(
    rule: &Plain,
    start: DateTime,
    zone: Option<&str>,
    from: DateTime,
    to: DateTime,
) -> Result<(), TestCaseError> {
    let stated = |local: DateTime| moment(local, zone).instant(&TimeZone::UTC);
    // DTSTART is stated: it counts even in a gap, and nothing is as early.
    let generated = |time: DateTime| instant(time, zone).filter(|at| *at > stated(start));
    let place = |time: DateTime| if time == start { Some(stated(time)) } else { generated(time) };
    let times = rule.times(start, to.date() + 2.days());
    let instants = times.into_iter().filter_map(place).take(rule.count.unwrap_or(usize::MAX));
    let expected: Vec<_> = instants.filter(|at| (stated(from)..stated(to)).contains(at)).collect();
    prop_assume!(expected.len() < 4_000);
    let start = moment(start, zone);
    let expansion = expand_plain(&start, &start, &with_rule(&rule.text()), stated(from), stated(to));
    let found: Vec<_> = expansion.instances.iter().map(|it| it.start.instant(&TimeZone::UTC)).collect();
    prop_assert!(!expansion.truncated);
    prop_assert_eq!(found, expected, "{}", rule.text());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_expansion_equals_a_naive_day_by_day_reading(
        rule in any_rule(), start in start(), zone in zone(), skip in 0..80_i64, length in 1..100_i64,
    ) {
        let days = rule.span();
        let noon = |percent: i64, more: i64| start.date().at(12, 0, 0, 0) + (days * percent / 100 + more).days();
        compare(&rule, start, zone, noon(skip, 0), noon(skip + length, 1))?;
    }

    #[test]
    fn a_time_in_a_gap_is_no_instance_and_is_not_counted(case in into_gap()) {
        let IntoGap { rule, zone, start, from, to } = case;
        compare(&rule, start, Some(zone), from, to)?;
    }

    #[test]
    fn windows_tile(rule in any_rule(), start in start(), zone in zone(), cuts in prop::array::uniform3(0..400_000_i64)) {
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
    fn a_rule_is_the_same_after_being_written_and_read(rule in any_rule()) {
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
        let options = Options { budget, keep_excluded: true, ..Options::default() };
        prop_assert!(expand(&series, &window, options).instances.len() <= budget as usize + 1);
    }

    #[test]
    fn arbitrary_text_is_read_or_refused_without_panic(text in any::<String>()) {
        let _ = text.parse::<Rule>();
    }
}
