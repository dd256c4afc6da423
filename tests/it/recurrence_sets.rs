//! Series with extra dates, exclusions, overrides, and hours that clocks skip or repeat.
#![expect(clippy::unwrap_used, reason = "a test whose fixture is wrong has to fail")]

use cadenced::domain::recurrence::{
    Expansion, ExtraDate, Instance, Moment, Options, Override, Recurrence, Rule, Series, Window, Zone, expand,
};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

fn zone(name: &str) -> Zone {
    Zone::iana(name).unwrap()
}

fn local(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn berlin(text: &str) -> Moment {
    Moment::Zoned(local(text), zone("Europe/Berlin"))
}

fn new_york(text: &str) -> Moment {
    Moment::Zoned(local(text), zone("America/New_York"))
}

fn utc(text: &str) -> Moment {
    Moment::utc(local(text))
}

fn day(text: &str) -> Moment {
    Moment::Date(text.parse::<Date>().unwrap())
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn recurring(rule: &str) -> Recurrence {
    Recurrence { rules: rules(&[rule]), ..Recurrence::default() }
}

fn hours(start: &Moment, count: i64) -> Moment {
    start.plus(SignedDuration::from_hours(count))
}

fn moved(original: Moment, start: Moment, this_and_future: bool, sequence: u32) -> Override {
    let end = hours(&start, 1);
    Override { original, this_and_future, start, end, sequence }
}

struct Case {
    start: Moment,
    recurrence: Recurrence,
    overrides: Vec<Override>,
    options: Options,
}

impl Case {
    fn new(start: Moment, recurrence: Recurrence) -> Self {
        Self { start, recurrence, overrides: Vec::new(), options: Options::default() }
    }

    fn expand(&self, from: &str, to: &str) -> Expansion {
        let end = if self.start.is_date() { self.start.clone() } else { hours(&self.start, 1) };
        let series = Series { start: &self.start, end: &end, recurrence: &self.recurrence, overrides: &self.overrides };
        let at = |text: &str| format!("{text}Z").parse::<Timestamp>().unwrap();
        expand(&series, &Window { from: at(from), to: at(to), here: TimeZone::UTC }, self.options)
    }

    /// The starts of the instances of November 2026, as their clocks show them.
    fn november(&self) -> Vec<String> {
        shown(&self.expand("2026-11-01T00:00", "2026-12-01T00:00").instances)
    }
}

fn shown(instances: &[Instance]) -> Vec<String> {
    instances.iter().map(|it| it.start.local().strftime("%d.%m. %H:%M").to_string()).collect()
}

/// A weekly series on Mondays at 10:00 in Berlin.
fn weekly() -> Case {
    Case::new(berlin("2026-10-05T10:00"), recurring("FREQ=WEEKLY"))
}

#[test]
fn a_weekly_series_keeps_its_wall_clock_time_over_a_change_of_clocks() {
    let instances = weekly().expand("2026-10-19T00:00", "2026-11-03T00:00").instances;
    assert_eq!(shown(&instances), ["19.10. 10:00", "26.10. 10:00", "02.11. 10:00"]);
    let instants: Vec<_> = instances.iter().map(|it| it.start.instant(&TimeZone::UTC).to_string()).collect();
    assert_eq!(instants, ["2026-10-19T08:00:00Z", "2026-10-26T09:00:00Z", "2026-11-02T09:00:00Z"]);
}

#[test]
fn a_generated_time_in_a_gap_is_skipped_and_not_counted() {
    let case = Case::new(berlin("2026-03-27T02:30"), recurring("FREQ=DAILY;COUNT=4"));
    let all = case.expand("2026-03-01T00:00", "2026-05-01T00:00");
    assert_eq!(shown(&all.instances), ["27.03. 02:30", "28.03. 02:30", "30.03. 02:30", "31.03. 02:30"]);
    // The same where the window begins after the gap, and the count is done by arithmetic.
    let late = case.expand("2026-03-30T12:00", "2026-05-01T00:00");
    assert_eq!(shown(&late.instances), ["31.03. 02:30"]);
}

#[test]
fn a_stated_start_in_a_gap_has_the_offset_before_it() {
    let mut case = Case::new(berlin("2026-03-29T02:30"), recurring("FREQ=DAILY;COUNT=2"));
    let instances = case.expand("2026-03-01T00:00", "2026-05-01T00:00").instances;
    assert_eq!(instances[0].start.instant(&TimeZone::UTC).to_string(), "2026-03-29T01:30:00Z");
    assert_eq!(shown(&instances), ["29.03. 03:30", "30.03. 02:30"]);
    case.start = berlin("2026-03-20T02:30");
    case.recurrence =
        Recurrence { dates: vec![ExtraDate { start: berlin("2026-03-29T02:30"), end: None }], ..Recurrence::default() };
    assert_eq!(shown(&case.expand("2026-03-01T00:00", "2026-05-01T00:00").instances), ["20.03. 02:30", "29.03. 03:30"]);
}

#[test]
fn nothing_generated_is_as_early_as_a_start_in_a_gap_nor_counted() {
    // 02:40 is in the gap too; DTSTART is at what clocks show as 03:30, after 03:10.
    let rule = "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=10,30,40;COUNT=3";
    let case = Case::new(berlin("2026-03-29T02:30"), recurring(rule));
    let all = case.expand("2026-03-01T00:00", "2026-05-01T00:00");
    assert_eq!(shown(&all.instances), ["29.03. 03:30", "29.03. 03:40", "30.03. 02:10"]);
    assert!(case.expand("2026-03-29T01:05", "2026-03-29T01:15").instances.is_empty(), "03:10 on the clock");
    let late = case.expand("2026-03-29T12:00", "2026-05-01T00:00");
    assert_eq!(shown(&late.instances), ["30.03. 02:10"]);
}

#[test]
fn a_time_that_clocks_show_twice_is_the_first_of_both() {
    let case = Case::new(berlin("2026-10-24T02:30"), recurring("FREQ=DAILY;COUNT=3"));
    let instances = case.expand("2026-10-01T00:00", "2026-11-30T00:00").instances;
    let instants: Vec<_> = instances.iter().map(|it| it.start.instant(&TimeZone::UTC).to_string()).collect();
    assert_eq!(instants, ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[test]
fn a_timed_instance_lasts_the_same_real_time_over_a_change_of_clocks() {
    let case = Case::new(berlin("2026-10-24T01:30"), recurring("FREQ=DAILY;COUNT=2"));
    let instances = case.expand("2026-10-01T00:00", "2026-11-30T00:00").instances;
    assert_eq!(instances[1].end.local(), local("2026-10-25T02:30"));
    let end = Moment::Zoned(local("2026-10-24T03:30"), zone("Europe/Berlin"));
    let series = Series { start: &case.start, end: &end, recurrence: &case.recurrence, overrides: &[] };
    let window = Window { from: Timestamp::MIN, to: Timestamp::MAX, here: TimeZone::UTC };
    let instances = expand(&series, &window, Options::default()).instances;
    assert_eq!(instances[1].end.local(), local("2026-10-25T02:30"), "two hours later, the second 02:30");
}

#[test]
fn whole_days_stay_dates_and_are_placed_where_one_is() {
    let case = Case::new(day("2026-11-02"), recurring("FREQ=WEEKLY;COUNT=2"));
    let end = day("2026-11-03");
    let series = Series { start: &case.start, end: &end, recurrence: &case.recurrence, overrides: &[] };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let window = |here: &str| Window {
        from: at("2026-11-02T22:30:00Z"),
        to: at("2026-11-03T00:00:00Z"),
        here: TimeZone::get(here).unwrap(),
    };
    assert_eq!(expand(&series, &window("UTC"), Options::default()).instances.len(), 1);
    // In Berlin the day was over at 23:00 UTC, in Helsinki at 22:00.
    assert_eq!(expand(&series, &window("Europe/Berlin"), Options::default()).instances[0].end, end);
    assert!(expand(&series, &window("Europe/Helsinki"), Options::default()).instances.is_empty());
}

#[test]
fn a_start_that_its_rule_does_not_generate_is_the_first_and_counts_once() {
    let mut case = Case::new(berlin("2026-11-03T10:00"), recurring("FREQ=WEEKLY;BYDAY=MO;COUNT=3"));
    assert_eq!(case.november(), ["03.11. 10:00", "09.11. 10:00", "16.11. 10:00"]);
    case.options.include_start = false;
    assert_eq!(case.november(), ["09.11. 10:00", "16.11. 10:00", "23.11. 10:00"]);
}

#[test]
fn until_is_inclusive_in_every_form() {
    for (until, count) in [
        ("20261116", 3),
        ("20261115", 2),
        ("20261116T090000Z", 3),
        ("20261116T085959Z", 2),
        ("20261116T100000", 3),
        ("20261116T095959", 2),
    ] {
        let case = Case::new(berlin("2026-11-02T10:00"), recurring(&format!("FREQ=WEEKLY;UNTIL={until}")));
        assert_eq!(case.november().len(), count, "UNTIL={until}");
    }
}

#[test]
fn exclusions_match_in_any_zone_and_by_day() {
    for excluded in
        [berlin("2026-11-09T10:00"), utc("2026-11-09T09:00"), new_york("2026-11-09T04:00"), day("2026-11-09")]
    {
        let mut case = weekly();
        case.recurrence.excluded.push(excluded);
        assert_eq!(case.november(), ["02.11. 10:00", "16.11. 10:00", "23.11. 10:00", "30.11. 10:00"]);
        case.options.keep_excluded = true;
        let kept = case.expand("2026-11-01T00:00", "2026-12-01T00:00").instances;
        assert_eq!(kept.iter().map(|it| it.excluded).collect::<Vec<_>>(), [false, true, false, false, false]);
    }
}

#[test]
fn a_timed_exclusion_takes_a_whole_day_out() {
    let mut case = Case::new(day("2026-11-02"), recurring("FREQ=WEEKLY;COUNT=3"));
    case.recurrence.excluded.push(utc("2026-11-09T00:00"));
    assert_eq!(case.november(), ["02.11. 00:00", "16.11. 00:00"]);
}

#[test]
fn rules_and_dates_join_and_each_start_is_there_once() {
    let mut case = Case::new(berlin("2026-11-02T10:00"), recurring("FREQ=WEEKLY;COUNT=2"));
    case.recurrence.rules.extend(rules(&["FREQ=DAILY;INTERVAL=7;COUNT=3"]));
    case.recurrence.dates.push(ExtraDate { start: utc("2026-11-16T09:00"), end: Some(utc("2026-11-16T12:00")) });
    case.recurrence.dates.push(ExtraDate { start: day("2026-11-20"), end: None });
    let instances = case.expand("2026-11-01T00:00", "2026-12-01T00:00").instances;
    assert_eq!(shown(&instances), ["02.11. 10:00", "09.11. 10:00", "16.11. 10:00", "20.11. 10:00"]);
    assert_eq!(instances[2].end.local(), local("2026-11-16T12:00"), "a period says how long");
    case.recurrence.excluded_rules = rules(&["FREQ=WEEKLY;INTERVAL=2;COUNT=2"]);
    assert_eq!(case.november(), ["09.11. 10:00", "20.11. 10:00"]);
}

#[test]
fn a_period_that_began_long_before_the_window_reaches_into_it() {
    let mut case = weekly();
    case.recurrence.dates.push(ExtraDate { start: utc("2026-09-01T09:00"), end: Some(utc("2026-11-01T12:00")) });
    assert_eq!(case.november().len(), 6);
}

#[test]
fn an_override_in_another_zone_is_found_where_it_is_now() {
    let mut case = weekly();
    case.overrides = vec![
        moved(new_york("2026-11-09T04:00"), berlin("2026-11-10T15:00"), false, 0),
        moved(utc("2026-11-16T09:00"), berlin("2026-12-15T15:00"), false, 0),
        moved(day("2026-12-07"), berlin("2026-11-27T09:00"), false, 0),
    ];
    assert_eq!(case.november(), ["02.11. 10:00", "10.11. 15:00", "23.11. 10:00", "27.11. 09:00", "30.11. 10:00"]);
    let december = case.expand("2026-12-01T00:00", "2026-12-20T00:00").instances;
    assert_eq!(shown(&december), ["14.12. 10:00", "15.12. 15:00"]);
    assert_eq!(december[1].original, berlin("2026-11-16T10:00"));
    assert_eq!(december[1].overridden_by, Some(1));
}

#[test]
fn an_orphan_override_is_still_an_instance() {
    let mut case = weekly();
    case.overrides = vec![moved(berlin("2026-11-11T10:00"), berlin("2026-11-12T10:00"), false, 0)];
    assert_eq!(case.november().len(), 6);
}

#[test]
fn the_highest_sequence_wins_and_then_the_last() {
    let mut case = weekly();
    let original = || berlin("2026-11-09T10:00");
    case.overrides = vec![
        moved(original(), berlin("2026-11-10T11:00"), false, 3),
        moved(original(), berlin("2026-11-10T12:00"), false, 2),
    ];
    assert_eq!(case.november()[1], "10.11. 11:00");
    case.overrides[1].sequence = 3;
    assert_eq!(case.november()[1], "10.11. 12:00");
    assert_eq!(case.november().len(), 5);
}

#[test]
fn of_two_ranges_from_one_start_the_highest_sequence_wins() {
    let mut case = weekly();
    let original = || berlin("2026-11-09T10:00");
    case.overrides = vec![
        moved(original(), berlin("2026-11-09T11:00"), true, 3),
        moved(original(), berlin("2026-11-09T12:00"), true, 2),
    ];
    assert_eq!(case.november()[1..3], ["09.11. 11:00", "16.11. 11:00"]);
    case.overrides.reverse();
    assert_eq!(case.november()[1..3], ["09.11. 11:00", "16.11. 11:00"]);
}

#[test]
fn a_single_override_is_stronger_than_a_range_of_the_same_sequence() {
    let mut case = weekly();
    let original = || berlin("2026-11-09T10:00");
    case.overrides = vec![
        moved(original(), berlin("2026-11-09T11:00"), false, 1),
        moved(original(), berlin("2026-11-09T12:00"), true, 1),
    ];
    assert_eq!(case.november()[1..3], ["09.11. 11:00", "16.11. 12:00"]);
}

#[test]
fn an_override_stands_although_its_original_is_excluded() {
    let mut case = weekly();
    case.recurrence.excluded.push(berlin("2026-11-09T10:00"));
    case.overrides = vec![moved(berlin("2026-11-09T10:00"), berlin("2026-11-10T10:00"), false, 0)];
    assert_eq!(case.november(), ["02.11. 10:00", "10.11. 10:00", "16.11. 10:00", "23.11. 10:00", "30.11. 10:00"]);
}

#[test]
fn several_ranges_each_hold_until_the_next() {
    let mut case = weekly();
    case.overrides = vec![
        moved(berlin("2026-11-23T10:00"), berlin("2026-11-24T08:00"), true, 1),
        moved(berlin("2026-11-09T10:00"), berlin("2026-11-09T14:00"), true, 0),
        moved(berlin("2026-11-16T10:00"), berlin("2026-11-16T18:00"), false, 0),
    ];
    let instances = case.expand("2026-11-01T00:00", "2026-12-10T00:00").instances;
    assert_eq!(
        shown(&instances),
        ["02.11. 10:00", "09.11. 14:00", "16.11. 18:00", "24.11. 08:00", "01.12. 08:00", "08.12. 08:00"],
    );
    let by: Vec<_> = instances.iter().map(|it| it.overridden_by).collect();
    assert_eq!(by, [None, Some(1), Some(2), Some(0), Some(0), Some(0)]);
    assert_eq!(instances[5].original, berlin("2026-12-07T10:00"));
    // A window far behind the range is reached without passing through it.
    let late = case.expand("2031-06-01T00:00", "2031-06-12T00:00").instances;
    assert_eq!(shown(&late), ["03.06. 08:00", "10.06. 08:00"]);
}

#[test]
fn a_range_that_moves_into_another_zone_keeps_that_zones_clock() {
    let mut case = weekly();
    case.overrides = vec![moved(berlin("2026-10-19T10:00"), new_york("2026-10-19T09:00"), true, 0)];
    let starts: Vec<_> =
        case.expand("2026-10-26T00:00", "2026-11-10T00:00").instances.into_iter().map(|it| it.start).collect();
    assert_eq!(starts, [new_york("2026-10-26T09:00"), new_york("2026-11-02T09:00"), new_york("2026-11-09T09:00")]);
}

#[test]
fn an_instance_is_inside_by_overlap_and_one_without_length_by_its_start() {
    let case = weekly();
    assert_eq!(case.expand("2026-11-02T09:59", "2026-11-02T12:00").instances.len(), 1, "its last minute");
    assert_eq!(case.expand("2026-11-02T10:00", "2026-11-02T12:00").instances.len(), 0);
    assert_eq!(case.expand("2026-11-02T08:00", "2026-11-02T09:00").instances.len(), 0);
    let series = Series { start: &case.start, end: &case.start, recurrence: &case.recurrence, overrides: &[] };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let count = |from: &str, to: &str| {
        let window = Window { from: at(from), to: at(to), here: TimeZone::UTC };
        expand(&series, &window, Options::default()).instances.len()
    };
    assert_eq!(count("2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z"), 1);
    assert_eq!(count("2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z"), 0);
}

#[test]
fn a_spent_budget_is_said() {
    let mut case = Case::new(berlin("2026-11-02T10:00"), recurring("FREQ=SECONDLY"));
    case.options.budget = 50;
    let expansion = case.expand("2026-11-01T00:00", "2026-12-01T00:00");
    assert!(expansion.truncated);
    assert!((10..=50).contains(&expansion.instances.len()));
}

#[test]
fn a_rule_without_an_end_is_bounded_without_a_budget_too() {
    let mut case = Case::new(utc("2026-11-02T10:00"), recurring("FREQ=SECONDLY"));
    case.options.budget = u32::MAX;
    let expansion = case.expand("2026-11-01T00:00", "2027-12-01T00:00");
    assert!(expansion.truncated);
    assert_eq!(expansion.instances.len(), 4_096);
}
