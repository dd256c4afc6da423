//! Generates searches, mostly near clock changes.

use cadenced::domain::hours::WeeklyHours;
use cadenced::domain::slot::{Busy, BusyKind, Diary, GaveWay, Known, Search, SlotRules, Usual};
use cadenced::domain::span::Span;
use jiff::civil::{Date, Time, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// A search that owns what it borrows.
#[derive(Clone, Debug)]
pub struct Searched {
    pub length: i64,
    pub shorter: Option<i64>,
    pub usual: Usual,
    pub original: Span,
    pub after: Timestamp,
    pub before: Timestamp,
    pub now: Timestamp,
    pub latest: Timestamp,
    pub hours: [WeeklyHours; 2],
    pub busy: [Vec<Busy>; 2],
    pub other_known: bool,
    pub rules: SlotRules,
    pub gave_way: GaveWay,
}

impl Searched {
    pub fn search(&self) -> Search<'_> {
        let other = if self.other_known { Known::Known(&self.busy[1]) } else { Known::Unknown };
        Search {
            length: SignedDuration::from_mins(self.length),
            shorter: self.shorter.map(SignedDuration::from_mins),
            usual: self.usual.clone(),
            original: self.original,
            after: self.after,
            before: self.before,
            now: self.now,
            latest: self.latest,
            owner: Diary { hours: &self.hours[0], busy: Known::Known(&self.busy[0]) },
            other: Diary { hours: &self.hours[1], busy: other },
            rules: &self.rules,
            gave_way: self.gave_way,
        }
    }
}

/// Where a search begins: days before clocks change in one zone or another, and one on which none do.
const BEGINNINGS: [Date; 6] =
    [date(2026, 3, 7), date(2026, 3, 27), date(2026, 4, 4), date(2026, 10, 3), date(2026, 10, 24), date(2026, 11, 12)];
const ZONES: [&str; 5] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];

fn zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(ZONES.to_vec()).prop_map(|name| TimeZone::get(name).unwrap())
}

fn time(minute: i16) -> Time {
    Time::midnight() + SignedDuration::from_mins(i64::from(minute % 1_440))
}

/// A part of a day, which may reach into the next one.
fn part() -> impl Strategy<Value = (Time, Time)> {
    (0..96_i16, 1..=56_i16).prop_map(|(start, length)| (time(start * 15), time((start + length) * 15)))
}

fn day() -> impl Strategy<Value = Vec<(Time, Time)>> {
    prop_oneof![
        6 => Just(vec![(time(540), time(1_080))]),
        2 => Just(vec![(time(0), time(0))]),
        3 => prop::collection::vec(part(), 0..3),
    ]
}

fn hours() -> impl Strategy<Value = WeeklyHours> {
    (zone(), prop::array::uniform7(day())).prop_map(|(zone, days)| WeeklyHours { zone, days })
}

/// A span that begins within a week of the beginning.
pub fn span(begin: Timestamp, longest: i64) -> impl Strategy<Value = Span> {
    // Most of what people enter is on a grid, but not all.
    let on_grid = (-96..800_i64).prop_map(|quarter| quarter * 900);
    let start = prop_oneof![3 => on_grid, 1 => -86_400..700_000_i64];
    (start, prop_oneof![Just(0), 1..=longest, Just(30), Just(60)]).prop_map(move |(start, minutes)| {
        let start = begin + SignedDuration::from_secs(start);
        Span::new(start, start + SignedDuration::from_mins(minutes))
    })
}

pub fn kind() -> impl Strategy<Value = BusyKind> {
    use BusyKind::*;
    prop::sample::select(vec![Busy, Busy, Tentative, AllDay, OutOfOffice, FocusTime, OtherSession])
}

fn busy(begin: Timestamp) -> impl Strategy<Value = Vec<Busy>> {
    let one = move |longest| (span(begin, longest), kind()).prop_map(|(span, what)| Busy { span, what });
    // Few long ones, or so many short ones that little is left between them.
    prop_oneof![3 => prop::collection::vec(one(600), 0..30), 1 => prop::collection::vec(one(60), 100..250)]
}

fn rules() -> impl Strategy<Value = SlotRules> {
    let protected_days =
        prop::collection::vec((0..7_i8).prop_map(|day| Weekday::from_monday_zero_offset(day).unwrap()), 0..2);
    let protected_times = prop::array::uniform7(prop::collection::vec(part(), 0..2));
    let protected = (protected_days, prop_oneof![Just(Default::default()), protected_times]);
    let lengths = (0..600_i64, prop_oneof![Just(0), 1..30_i64], prop::sample::select(vec![15, 30, 20]));
    (lengths, protected, any::<[bool; 2]>()).prop_map(|((notice, buffer, step), protected, flags)| SlotRules {
        notice: SignedDuration::from_mins(notice),
        buffer: SignedDuration::from_mins(buffer),
        protected_days: protected.0,
        protected_times: protected.1,
        tentative_is_busy: flags[0],
        all_day_is_busy: flags[1],
        step: SignedDuration::from_mins(step),
    })
}

fn usual() -> impl Strategy<Value = Usual> {
    (0..7_i8, prop_oneof![(0..96_i16).prop_map(|quarter| quarter * 15), 0..1_440_i16], zone()).prop_map(
        |(weekday, minute, zone)| Usual {
            weekday: Weekday::from_monday_zero_offset(weekday).unwrap(),
            time: time(minute),
            zone,
        },
    )
}

/// Any search of a few days.
pub fn searched() -> impl Strategy<Value = Searched> {
    prop::sample::select(BEGINNINGS.to_vec()).prop_flat_map(|day| {
        let begin = day.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let quarters =
            move |range: std::ops::Range<i64>| range.prop_map(move |by| begin + SignedDuration::from_mins(by * 15));
        let lengths = (prop::sample::select(vec![15, 25, 30, 50, 60]), prop::option::of(5..60_i64));
        // The neighbours may be far away, and now may lie in the middle of it all.
        let window = (
            prop_oneof![Just(Timestamp::MIN), quarters(-64..132)],
            prop_oneof![Just(Timestamp::MAX), quarters(200..470)],
            (-3_000..3_000_000_i64).prop_map(move |by| begin + SignedDuration::from_millis(by * 60)),
            quarters(132..532),
        );
        let people = (prop::array::uniform2(hours()), [busy(begin), busy(begin)], prop::bool::weighted(0.8));
        let fair = (0..6_u32, 0..6_u32).prop_map(|(owner, other)| GaveWay { owner, other });
        (lengths, usual(), span(begin, 60), window, people, rules(), fair).prop_map(
            |(lengths, usual, original, window, people, rules, gave_way)| Searched {
                length: lengths.0,
                shorter: lengths.1,
                usual,
                original,
                after: window.0,
                before: window.1,
                now: window.2,
                latest: window.3,
                hours: people.0,
                busy: people.1,
                other_known: people.2,
                rules,
                gave_way,
            },
        )
    })
}
