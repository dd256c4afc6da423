//! Properties that hold for every history, tested on random ones.

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, ToSpan};
use proptest::collection::vec;
use proptest::prelude::*;

use super::entry::{ANN, BOB, Entry, OWNER, alone, days, pair};
use super::runner::{Story, story};
use super::world::World;

#[derive(Clone, Copy, Debug)]
enum Rhythm {
    Weekly,
    Fortnightly,
    TwiceAWeek,
    Monthly,
}

impl Rhythm {
    const fn rule(self) -> &'static str {
        match self {
            Self::Weekly => "FREQ=WEEKLY",
            Self::Fortnightly => "FREQ=WEEKLY;INTERVAL=2",
            Self::TwiceAWeek => "FREQ=WEEKLY;BYDAY=MO,TH",
            Self::Monthly => "FREQ=WEEKLY;INTERVAL=4",
        }
    }
}

/// What somebody does to a calendar. Entries are picked by their place among those that are there; where there is none, nothing happens.
#[derive(Clone, Copy, Debug)]
enum Op {
    Begin { who: &'static str, day: i64, hour: i8, rhythm: Rhythm },
    Book { who: &'static str, day: i64, hour: i8 },
    Busy { day: i64, hour: i8 },
    Away { day: i64 },
    Copy { entry: usize, renamed: bool },
    Except { entry: usize, nth: i64 },
    CallOff { entry: usize, nth: i64 },
    Decline { entry: usize, nth: i64, by_owner: bool },
    DeclineAll { entry: usize },
    Move { entry: usize, nth: i64, day: i64, hour: i8 },
    Rhythm { entry: usize, rhythm: Rhythm },
    Shift { entry: usize, hour: i8 },
    Split { entry: usize, nth: i64, rhythm: Rhythm },
    Replace { entry: usize },
    Delete { entry: usize },
    Down { feed: bool, is_down: bool },
}

/// The Monday on which every history begins.
fn monday() -> DateTime {
    date(2026, 11, 2).at(0, 0, 0, 0)
}

fn at(day: i64, hour: i8) -> String {
    (monday() + day.days() + i64::from(hour).hours()).strftime("%m-%d %H:%M").to_string()
}

fn clock(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

impl Op {
    /// Does it; `name` is a uid that is not taken.
    fn apply(self, world: &mut World, name: &str) {
        match self {
            Self::Begin { who, day, hour, rhythm } => world.put(pair(name, &at(day, hour), who).rule(rhythm.rule())),
            Self::Book { who, day, hour } => world.put(pair(name, &at(day, hour), who)),
            Self::Busy { day, hour } => world.put(alone(name, &at(day, hour), "Dentist")),
            Self::Away { day } => world.put(days(name, &at(day, 0)[..5], 1, "Vacation")),
            Self::Copy { entry, renamed } => {
                if let Some(entry) = picked(world, entry) {
                    let uid = if renamed { name.to_owned() } else { entry.uid.clone() };
                    world.put_in("feed", Entry { uid, ..entry });
                }
            }
            Self::Except { entry, nth } => edit(world, entry, |one| {
                let original = original(&one, nth);
                one.except(&original)
            }),
            Self::CallOff { entry, nth } => edit(world, entry, |one| {
                let original = original(&one, nth);
                one.called_off(&original)
            }),
            Self::Decline { entry, nth, by_owner } => edit(world, entry, |one| {
                let original = original(&one, nth);
                let who = if by_owner { OWNER } else { other(&one) };
                one.own(&original, |session| session.reply(who, "DECLINED"))
            }),
            Self::DeclineAll { entry } => edit(world, entry, |one| {
                let who = other(&one);
                one.reply(who, "DECLINED")
            }),
            Self::Move { entry, nth, day, hour } => edit(world, entry, |one| {
                let original = original(&one, nth);
                one.moved(&original, &at(day, hour))
            }),
            Self::Rhythm { entry, rhythm } => edit(world, entry, |one| one.rule(rhythm.rule()).revised()),
            Self::Shift { entry, hour } => edit(world, entry, |one| {
                let start = one.start.date().at(hour, 0, 0, 0);
                one.at(&clock(start)).revised()
            }),
            Self::Split { entry, nth, rhythm } => split(world, entry, nth, rhythm, name),
            Self::Replace { entry } => edit(world, entry, |one| {
                let (before, after) = if other(&one) == ANN { (ANN, BOB) } else { (BOB, ANN) };
                one.replace_guest(before, after).revised()
            }),
            Self::Delete { entry } => {
                if let Some(entry) = picked(world, entry) {
                    world.delete(&entry.uid);
                }
            }
            Self::Down { feed, is_down } => world.down(if feed { "feed" } else { "main" }, is_down),
        }
    }
}

/// One of the entries with a guest that the first calendar shows.
fn picked(world: &mut World, entry: usize) -> Option<Entry> {
    let entries = &world.calendar("main").entries;
    let all: Vec<&Entry> = entries.values().filter(|entry| !entry.guests.is_empty()).collect();
    (!all.is_empty()).then(|| all[entry % all.len()].clone())
}

fn edit(world: &mut World, entry: usize, change: impl FnOnce(Entry) -> Entry) {
    if let Some(before) = picked(world, entry).filter(|entry| entry.rule.is_some()) {
        world.put(change(before));
    }
}

fn original(entry: &Entry, nth: i64) -> String {
    clock(entry.start + nth.weeks())
}

fn other(entry: &Entry) -> &'static str {
    if entry.guests.iter().any(|guest| guest.address == ANN) { ANN } else { BOB }
}

/// "This and following" from the nth week on, in another rhythm.
fn split(world: &mut World, entry: usize, nth: i64, rhythm: Rhythm, name: &str) {
    let Some(before) = picked(world, entry).filter(|entry| entry.rule.is_some() && nth > 0) else {
        return;
    };
    let from = before.start + nth.weeks();
    let until = (from - 1.day()).strftime("%Y%m%dT%H%M%SZ");
    let rule = before.rule.clone().unwrap_or_default();
    let rule = rule.split(";UNTIL").next().unwrap_or_default().to_owned();
    let after = pair(name, &clock(from), other(&before)).rule(rhythm.rule());
    world.put(before.rule(&format!("{rule};UNTIL={until}")));
    world.put(after);
}

fn rhythms() -> impl Strategy<Value = Rhythm> {
    prop_oneof![Just(Rhythm::Weekly), Just(Rhythm::Fortnightly), Just(Rhythm::TwiceAWeek), Just(Rhythm::Monthly)]
}

fn ops() -> impl Strategy<Value = Op> {
    let who = prop_oneof![3 => Just(ANN), 1 => Just(BOB)];
    let (day, hour, entry, nth) = (0..28_i64, 9..17_i8, 0..4_usize, 0..6_i64);
    prop_oneof![
        3 => (who.clone(), 0..14_i64, hour.clone(), rhythms())
            .prop_map(|(who, day, hour, rhythm)| Op::Begin { who, day, hour, rhythm }),
        2 => (who, day.clone(), hour.clone()).prop_map(|(who, day, hour)| Op::Book { who, day, hour }),
        1 => (day.clone(), hour.clone()).prop_map(|(day, hour)| Op::Busy { day, hour }),
        1 => day.clone().prop_map(|day| Op::Away { day }),
        2 => (entry.clone(), any::<bool>()).prop_map(|(entry, renamed)| Op::Copy { entry, renamed }),
        2 => (entry.clone(), nth.clone()).prop_map(|(entry, nth)| Op::Except { entry, nth }),
        1 => (entry.clone(), nth.clone()).prop_map(|(entry, nth)| Op::CallOff { entry, nth }),
        1 => (entry.clone(), nth.clone(), any::<bool>())
            .prop_map(|(entry, nth, by_owner)| Op::Decline { entry, nth, by_owner }),
        1 => entry.clone().prop_map(|entry| Op::DeclineAll { entry }),
        1 => (entry.clone(), nth.clone(), day, hour.clone())
            .prop_map(|(entry, nth, day, hour)| Op::Move { entry, nth, day, hour }),
        1 => (entry.clone(), rhythms()).prop_map(|(entry, rhythm)| Op::Rhythm { entry, rhythm }),
        1 => (entry.clone(), hour).prop_map(|(entry, hour)| Op::Shift { entry, hour }),
        1 => (entry.clone(), nth, rhythms()).prop_map(|(entry, nth, rhythm)| Op::Split { entry, nth, rhythm }),
        1 => entry.clone().prop_map(|entry| Op::Replace { entry }),
        1 => entry.prop_map(|entry| Op::Delete { entry }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(feed, is_down)| Op::Down { feed, is_down }),
    ]
}

/// A weekly series, and what happens to it and beside it; each thing so many half days after the one before.
fn histories() -> impl Strategy<Value = Vec<(i64, Op)>> {
    let first = Op::Begin { who: ANN, day: 0, hour: 10, rhythm: Rhythm::Weekly };
    vec((0..8_i64, ops()), 1..9).prop_map(move |more| std::iter::once((0, first)).chain(more).collect())
}

fn told(history: &[(i64, Op)]) -> Story {
    let begin = monday() - 1.day() + 7.hours();
    let mut told = story("random").calendar("feed", "ics", "owner").on(&clock(begin), |world| {
        world.put_in("feed", alone("filler", "10-02 08:00", "Dentist"));
    });
    let mut time = begin + 1.hour();
    for (index, (later, op)) in history.iter().copied().enumerate() {
        time = time.checked_add(SignedDuration::from_hours(12 * later)).unwrap();
        told = told.on(&clock(time), move |world| op.apply(world, &format!("e{index}")));
    }
    told.until(&clock(time + 10.days()))
}

/// How many histories are told where nobody asks for more with `STORY_CASES`.
const CASES: u32 = 32;

fn cases() -> u32 {
    std::env::var("STORY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_keeps_every_promise_and_no_order_of_reading_or_naming_changes_it(history in histories()) {
        told(&history).ends_the_same_in_every_order();
    }
}
