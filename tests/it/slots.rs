//! Where a session could go: inside both people's hours and free time, nearest to the usual, explained.

use cadenced::domain::hours::{WeeklyHours, learn};
use cadenced::domain::person::Side;
use cadenced::domain::slot::{
    Against, Busy, BusyKind, Choice, Diary, Found, GaveWay, Known, NoSlot, Search, SlotGround, SlotRules, Usual,
    appraise, blocked_by, search,
};
use cadenced::domain::span::Span;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// What the clocks of Berlin show, as an instant.
fn at(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    local.to_zoned(zone(BERLIN)).unwrap().timestamp()
}

/// Half an hour from a time in Berlin, or as many minutes as said.
fn span(start: &str, minutes: i64) -> Span {
    Span::new(at(start), at(start) + SignedDuration::from_mins(minutes))
}

fn half_hour(start: &str) -> Span {
    span(start, 30)
}

fn from_to(start: &str, end: &str) -> Span {
    Span::new(at(start), at(end))
}

fn part(start: &str, end: &str) -> (Time, Time) {
    (start.parse().unwrap(), end.parse().unwrap())
}

/// The weekly session of Monday the 16th of November 2026 at ten is not to be; it is the Friday before.
#[derive(Clone)]
struct Lost {
    length: i64,
    shorter: Option<i64>,
    usual: Usual,
    original: Span,
    after: Timestamp,
    before: Timestamp,
    now: Timestamp,
    latest: Timestamp,
    hours: [WeeklyHours; 2],
    busy: [Option<Vec<Busy>>; 2],
    rules: SlotRules,
    gave_way: GaveWay,
}

impl Lost {
    fn new() -> Self {
        let hours = WeeklyHours::on_workdays(zone(BERLIN), &[part("09:00", "18:00")]);
        Self {
            length: 30,
            shorter: None,
            usual: Usual { weekday: Weekday::Monday, time: "10:00".parse().unwrap(), zone: zone(BERLIN) },
            original: half_hour("2026-11-16T10:00"),
            after: half_hour("2026-11-09T10:00").end,
            before: at("2026-11-23T10:00"),
            now: at("2026-11-13T12:00"),
            latest: at("2026-11-23T00:00"),
            hours: [hours.clone(), hours],
            busy: [Some(Vec::new()), Some(Vec::new())],
            rules: SlotRules::default(),
            gave_way: GaveWay::default(),
        }
    }

    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn with(mut self, side: Side, what: BusyKind, span: Span) -> Self {
        self.busy[usize::from(side == Side::Other)].as_mut().unwrap().push(Busy { span, what });
        self
    }

    fn ask<T>(&self, question: impl FnOnce(&Search<'_>) -> T) -> T {
        let diary = |side: usize| Diary {
            hours: &self.hours[side],
            busy: self.busy[side].as_deref().map_or(Known::Unknown, Known::Known),
        };
        question(&Search {
            length: SignedDuration::from_mins(self.length),
            shorter: self.shorter.map(SignedDuration::from_mins),
            usual: self.usual.clone(),
            original: self.original,
            after: self.after,
            before: self.before,
            now: self.now,
            latest: self.latest,
            owner: diary(0),
            other: diary(1),
            rules: &self.rules,
            gave_way: self.gave_way,
        })
    }

    fn choice(&self) -> Choice {
        match self.ask(search) {
            Found::Slot(choice) => choice,
            Found::None(why) => panic!("no slot: {why:?}"),
        }
    }

    fn best(&self) -> Span {
        self.choice().best.span
    }

    fn none(&self) -> NoSlot {
        match self.ask(search) {
            Found::None(why) => why,
            Found::Slot(choice) => panic!("a slot: {choice:?}"),
        }
    }
}

#[test]
fn the_best_slot_is_nearest_to_the_usual_time_but_never_the_time_that_was_lost() {
    let choice = Lost::new().choice();
    assert_eq!(choice.best.span, half_hour("2026-11-16T09:30"));
    assert_eq!(choice.best.grounds, [SlotGround::UsualWeekday, SlotGround::FurtherFromUsual { minutes: 30 }]);
    assert_eq!(choice.runners_up[0].span, half_hour("2026-11-16T10:30"));
    assert_eq!(choice.runners_up[0].grounds, [SlotGround::Later { minutes: 60 }]);
    assert!(!choice.other_unknown);
}
