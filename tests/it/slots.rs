//! Where a session could go: within both people's hours and free time, near the usual time, and explained.

use cadenced::domain::hours::WeeklyHours;
use cadenced::domain::person::Side;
use cadenced::domain::slot::{
    Against, Busy, BusyKind, Choice, Diary, Found, GaveWay, Known, NoSlot, Search, SlotReason, SlotRules, Usual,
    blocked_by, evaluate, search,
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
    assert_eq!(choice.best.grounds, [SlotReason::UsualWeekday, SlotReason::FurtherFromUsual { minutes: 30 }]);
    assert_eq!(choice.runners_up[0].span, half_hour("2026-11-16T10:30"));
    assert_eq!(choice.runners_up[0].grounds, [SlotReason::Later { minutes: 60 }]);
    assert!(!choice.other_unknown);
}

#[test]
fn busy_time_of_either_is_no_slot_nor_is_a_time_outside_the_hours_of_either() {
    let busy = from_to("2026-11-16T09:00", "2026-11-16T12:00");
    for side in [Side::Owner, Side::Other] {
        for what in [BusyKind::Busy, BusyKind::OutOfOffice, BusyKind::OtherSession] {
            let best = Lost::new().with(side, what, busy).best();
            let afternoon = "2026-11-16T12:00";
            let later = if (side, what) == (Side::Owner, BusyKind::OtherSession) { 15 } else { 0 };
            assert_eq!(best.start, at(afternoon) + SignedDuration::from_mins(later), "{side:?} {what:?}");
        }
    }
    let afternoons = |zone| WeeklyHours::on_workdays(zone, &[part("13:00", "17:00")]);
    for side in [0, 1] {
        let lost = Lost::new().but(|lost| lost.hours[side] = afternoons(zone(BERLIN)));
        assert_eq!(lost.best(), half_hour("2026-11-16T13:00"));
        assert_eq!(
            lost.ask(|search| blocked_by(search, half_hour("2026-11-16T12:45"))),
            [Against::OutsideHours([Side::Owner, Side::Other][side])]
        );
    }
}

#[test]
fn each_works_in_their_own_zone() {
    let hours = WeeklyHours::on_workdays(zone(NEW_YORK), &[part("09:00", "17:00")]);
    let lost = Lost::new().but(|lost| lost.hours[1] = hours);
    assert_eq!(lost.best(), half_hour("2026-11-16T15:00"), "nine in New York");
    let early = WeeklyHours::on_workdays(zone(NEW_YORK), &[part("06:00", "09:00")]);
    let between = lost.clone().but(|lost| lost.hours[1] = early);
    assert_eq!(between.best(), half_hour("2026-11-16T12:00"));
    let tokyo = WeeklyHours::on_workdays(zone("Asia/Tokyo"), &[part("09:00", "17:00")]);
    assert_eq!(lost.but(|lost| lost.hours[0] = tokyo).none(), NoSlot::NoCommonHours);
}

#[test]
fn clocks_that_change_on_different_days_are_each_read_on_their_own() {
    // Berlin goes back on the 25th of October 2026, New York a week later: nine there is two in the afternoon here.
    let hours = WeeklyHours::on_workdays(zone(NEW_YORK), &[part("09:00", "17:00")]);
    let lost = Lost::new().but(|lost| {
        lost.hours[1] = hours;
        lost.original = half_hour("2026-10-26T10:00");
        lost.after = half_hour("2026-10-19T10:00").end;
        lost.before = at("2026-11-02T10:00");
        lost.latest = at("2026-11-02T00:00");
        lost.now = at("2026-10-23T12:00");
    });
    assert_eq!(lost.best(), half_hour("2026-10-26T14:00"));
}

#[test]
fn an_hour_that_is_shown_twice_is_twice_as_long_and_one_that_is_skipped_is_none() {
    let night = |from, to| WeeklyHours {
        zone: zone(BERLIN),
        days: std::array::from_fn(|day| if day == 6 { vec![part(from, to)] } else { Vec::new() }),
    };
    let lost = |day: &str, hours: WeeklyHours| {
        Lost::new().but(|lost| {
            let noon = at(&format!("{day}T12:00"));
            lost.hours = [hours.clone(), hours];
            lost.original = Span::new(noon, noon + SignedDuration::from_mins(30));
            lost.after = noon - SignedDuration::from_hours(3 * 24);
            lost.before = noon + SignedDuration::from_hours(3 * 24);
            lost.latest = lost.before;
            lost.now = noon - SignedDuration::from_hours(48);
        })
    };
    // From two to three the clocks of the 25th of October show every time twice: there is room for two hours.
    let fold = lost("2026-10-25", night("02:00", "03:00")).but(|lost| lost.length = 120);
    assert_eq!(fold.best().to_string_utc(), "00:00 to 02:00");
    // A quarter of an hour that is shown twice is two of them, an hour apart.
    let pieces = lost("2026-10-25", night("02:00", "02:15")).but(|lost| lost.length = 15);
    let choice = pieces.choice();
    let found: Vec<_> = [&choice.best, &choice.runners_up[0]].iter().map(|one| one.span.to_string_utc()).collect();
    assert_eq!(found, ["00:00 to 00:15", "01:00 to 01:15"]);
    assert_eq!(pieces.but(|lost| lost.length = 30).none(), NoSlot::NoCommonHours);
    // On the 29th of March nobody can meet between two and three, and from half past one to half past three is an hour.
    assert_eq!(lost("2026-03-29", night("02:00", "03:00")).none(), NoSlot::NoCommonHours);
    let gap = lost("2026-03-29", night("01:30", "03:30"));
    assert_eq!(gap.clone().but(|lost| lost.length = 60).best().to_string_utc(), "00:30 to 01:30");
    assert_eq!(gap.but(|lost| lost.length = 75).none(), NoSlot::NoCommonHours);
}

/// What the clocks of Greenwich show, as far as a test asks.
trait Utc {
    fn to_string_utc(&self) -> String;
}

impl Utc for Span {
    fn to_string_utc(&self) -> String {
        let time = |at: Timestamp| TimeZone::UTC.to_datetime(at).strftime("%H:%M").to_string();
        format!("{} to {}", time(self.start), time(self.end))
    }
}

#[test]
fn a_slot_starts_at_least_the_notice_ahead_of_now() {
    let lost = Lost::new().but(|lost| lost.now = at("2026-11-16T10:14:30"));
    assert_eq!(lost.best(), half_hour("2026-11-16T14:15"), "the first quarter of an hour after 14:14:30");
    let exact = lost.clone().but(|lost| lost.now = at("2026-11-16T10:15"));
    assert_eq!(exact.best(), half_hour("2026-11-16T14:15"));
    let less = lost.but(|lost| lost.rules.notice = SignedDuration::from_mins(30));
    assert_eq!(less.best(), half_hour("2026-11-16T10:45"));
}

#[test]
fn when_it_is_late_already_the_soonest_is_best() {
    let lost = Lost::new().but(|lost| lost.now = at("2026-11-17T11:00"));
    let choice = lost.choice();
    assert_eq!(choice.best.span, half_hour("2026-11-17T15:00"));
    assert!(choice.best.grounds.contains(&SlotReason::Soonest));
    assert_eq!(choice.runners_up[0].grounds, [SlotReason::Later { minutes: 30 }]);
    let early = Lost::new().but(|lost| lost.now = at("2026-11-10T09:00"));
    assert_eq!(early.best(), half_hour("2026-11-16T09:30"));
    let close = early.but(|lost| lost.latest = at("2026-11-11T12:00"));
    assert_eq!(close.best(), half_hour("2026-11-10T13:00"), "the deadline is close");
}

#[test]
fn a_slot_lies_strictly_between_the_neighbouring_sessions() {
    let lost = Lost::new().but(|lost| {
        lost.after = half_hour("2026-11-16T08:30").end;
        lost.before = at("2026-11-16T10:00");
    });
    assert_eq!(lost.best(), half_hour("2026-11-16T09:15"), "neither at nine nor at half past");
    assert_eq!(lost.ask(|search| blocked_by(search, half_hour("2026-11-16T09:00"))), [Against::NotAfterPrevious]);
    assert_eq!(lost.ask(|search| blocked_by(search, half_hour("2026-11-16T09:30"))), [Against::NotBeforeNext]);
    assert_eq!(lost.but(|lost| lost.length = 60).none(), NoSlot::NoRoom);
    let early = Lost::new().but(|lost| lost.after = at("2026-11-16T10:30"));
    assert_eq!(early.best(), half_hour("2026-11-16T10:45"), "not at half past, where the one before ends");
}

#[test]
fn no_slot_ends_after_the_deadline() {
    let lost = Lost::new().but(|lost| lost.latest = at("2026-11-16T09:30"));
    assert_eq!(lost.best(), half_hour("2026-11-16T09:00"));
    assert_eq!(lost.ask(|search| blocked_by(search, span("2026-11-16T09:15", 30))), [Against::TooLate]);
}

#[test]
fn the_buffer_is_kept_around_the_owners_busy_time_only() {
    let busy = from_to("2026-11-16T09:15", "2026-11-16T10:30");
    let lost = Lost::new().but(|lost| lost.rules.buffer = SignedDuration::from_mins(10));
    assert_eq!(lost.clone().with(Side::Owner, BusyKind::Busy, busy).best(), half_hour("2026-11-16T10:45"));
    assert_eq!(lost.clone().with(Side::Other, BusyKind::Busy, busy).best(), half_hour("2026-11-16T10:30"));
    let with = Busy { span: busy, what: BusyKind::Busy };
    assert_eq!(
        lost.with(Side::Owner, BusyKind::Busy, busy).ask(|search| blocked_by(search, half_hour("2026-11-16T10:30"))),
        [Against::Buffer(with)]
    );
}

#[test]
fn protected_days_and_times_are_the_owners_clocks() {
    let lost = Lost::new().but(|lost| {
        lost.rules.protected_days = vec![Weekday::Monday];
        lost.rules.protected_times[1] = vec![part("09:00", "10:45")];
    });
    assert_eq!(lost.best(), half_hour("2026-11-17T10:45"));
    let all = lost.but(|lost| lost.rules.protected_days = Weekday::Monday.cycle_forward().take(7).collect());
    assert_eq!(all.none(), NoSlot::Protected);
    assert_eq!(all.ask(|search| blocked_by(search, half_hour("2026-11-18T10:00"))), [Against::Protected]);
}

#[test]
fn tentative_and_plain_all_day_entries_block_as_configured() {
    let day = from_to("2026-11-16T00:00", "2026-11-17T00:00");
    let morning = from_to("2026-11-16T09:00", "2026-11-16T10:00");
    let tentative = Lost::new().with(Side::Other, BusyKind::Tentative, morning);
    let all_day = Lost::new().with(Side::Other, BusyKind::AllDay, day);
    assert_eq!(tentative.best(), half_hour("2026-11-16T10:30"));
    assert_eq!(all_day.best(), half_hour("2026-11-17T10:00"));
    let free = all_day.but(|lost| lost.rules.all_day_is_busy = false);
    assert_eq!(free.best(), half_hour("2026-11-16T09:30"));
    let free = tentative.but(|lost| lost.rules.tentative_is_busy = false);
    assert_eq!(free.best(), half_hour("2026-11-16T10:30"), "what is surely free is better");
    let over = free.choice().runners_up.into_iter().find(|one| one.span == half_hour("2026-11-16T09:30")).unwrap();
    assert!(over.grounds.contains(&SlotReason::OverTentative(Side::Other)));
    let week = from_to("2026-11-13T00:00", "2026-11-23T00:00");
    let away = free.with(Side::Other, BusyKind::OutOfOffice, week);
    assert_eq!(away.none(), NoSlot::NoCommonFreeTime);
}

#[test]
fn unknown_is_never_free() {
    let lost = Lost::new().but(|lost| lost.busy[1] = None);
    let choice = lost.choice();
    assert!(choice.other_unknown, "whoever asks must not write by itself");
    assert_eq!(lost.ask(|search| blocked_by(search, choice.best.span)), [Against::Unknown(Side::Other)]);
    let own = Lost::new().but(|lost| lost.busy[0] = None);
    assert_eq!(own.none(), NoSlot::OwnerUnknown);
    assert_eq!(own.ask(|search| blocked_by(search, choice.best.span)), [Against::Unknown(Side::Owner)]);
}

#[test]
fn focus_time_is_left_whole_where_something_else_is_free() {
    let morning = from_to("2026-11-16T09:00", "2026-11-16T13:00");
    for side in [Side::Owner, Side::Other] {
        let choice = Lost::new().with(side, BusyKind::FocusTime, morning).choice();
        assert_eq!(choice.best.span, half_hour("2026-11-16T13:00"));
        assert!(choice.runners_up.iter().all(|one| !one.grounds.is_empty()));
    }
    let all_week = from_to("2026-11-13T00:00", "2026-11-23T00:00");
    let choice = Lost::new().with(Side::Owner, BusyKind::FocusTime, all_week).choice();
    assert_eq!(choice.best.span, half_hour("2026-11-16T09:30"), "where all is focus time it has to yield");
    assert!(choice.best.grounds.contains(&SlotReason::BreaksFocus(Side::Owner)));
}

#[test]
fn two_sessions_are_not_pushed_together() {
    let another = half_hour("2026-11-16T09:00");
    let choice = Lost::new().with(Side::Owner, BusyKind::OtherSession, another).choice();
    assert_eq!(choice.best.span, half_hour("2026-11-16T10:30"));
    let lost = Lost::new().with(Side::Owner, BusyKind::OtherSession, half_hour("2026-11-16T11:00"));
    let touching = lost.ask(|search| evaluate(search, half_hour("2026-11-16T10:30")));
    assert!(touching.grounds.contains(&SlotReason::TouchesSession));
    assert_eq!(touching.penalty, 30 + 60);
}

#[test]
fn the_side_that_gave_way_more_often_is_spared() {
    // The owner's day ends at eleven here, so that half past ten is at an end of it; the other's begins at nine.
    let lost = Lost::new().but(|lost| {
        lost.hours[0] = WeeklyHours::on_workdays(zone(BERLIN), &[part("07:00", "11:00")]);
        lost.hours[1] = WeeklyHours::on_workdays(zone(BERLIN), &[part("09:00", "18:00")]);
    });
    assert_eq!(lost.best(), half_hour("2026-11-16T09:30"), "where both are equal the earlier one");
    let unfair = lost.but(|lost| lost.gave_way = GaveWay { owner: 0, other: 2 });
    let choice = unfair.choice();
    assert_eq!(choice.best.span, half_hour("2026-11-16T10:30"));
    let spared = choice.runners_up.iter().find(|one| one.span == half_hour("2026-11-16T09:30")).unwrap();
    assert_eq!(spared.grounds, [SlotReason::Unfair { side: Side::Other, times: 2 }]);
}

#[test]
fn where_the_usual_length_does_not_fit_a_shorter_one_may() {
    let lost = Lost::new().with(Side::Owner, BusyKind::Busy, from_to("2026-11-13T00:00", "2026-11-18T09:00")).with(
        Side::Owner,
        BusyKind::Busy,
        from_to("2026-11-18T09:20", "2026-11-23T00:00"),
    );
    assert_eq!(lost.none(), NoSlot::NoCommonFreeTime);
    let shorter = lost.clone().but(|lost| lost.shorter = Some(15));
    let choice = shorter.choice();
    assert_eq!(choice.best.span, span("2026-11-18T09:00", 20), "the longest that fits");
    assert!(choice.best.grounds.contains(&SlotReason::Shorter { minutes: 20 }));
    assert_eq!(shorter.ask(|search| blocked_by(search, choice.best.span)), []);
    assert_eq!(lost.ask(|search| blocked_by(search, choice.best.span)), [Against::TooShort]);
    assert_eq!(lost.but(|lost| lost.shorter = Some(25)).none(), NoSlot::NoCommonFreeTime);
}

#[test]
fn the_usual_time_is_taken_even_off_the_grid() {
    let lost = Lost::new().but(|lost| {
        lost.usual.time = "10:05".parse().unwrap();
        lost.original = half_hour("2026-11-16T10:05");
        lost.rules.protected_days = vec![Weekday::Monday];
    });
    let choice = lost.choice();
    assert_eq!(choice.best.span, half_hour("2026-11-17T10:05"));
    assert_eq!(
        choice.best.grounds,
        [SlotReason::OtherWeekday(Weekday::Tuesday), SlotReason::UsualTime, SlotReason::OtherDay { days: 1 }]
    );
}

#[test]
fn the_usual_time_of_a_day_on_which_clocks_change_is_what_they_show() {
    let sunday = |day| if day == 6 { vec![part("09:00", "09:40")] } else { Vec::new() };
    let lost = Lost::new().but(|lost| {
        lost.usual.time = "10:05".parse().unwrap();
        lost.original = half_hour("2026-10-24T10:05");
        lost.after = at("2026-10-24T12:00");
        lost.before = at("2026-10-26T00:00");
        lost.now = at("2026-10-23T12:00");
        lost.hours = [0, 1].map(|_| WeeklyHours { zone: zone(BERLIN), days: std::array::from_fn(sunday) });
    });
    // By the offset of the night before, 10:05 would be 09:05.
    assert_eq!(lost.best(), half_hour("2026-10-25T09:00"));
}

#[test]
fn the_reason_why_there_is_no_slot_is_the_rule_that_leaves_none() {
    let busy = from_to("2026-11-13T00:00", "2026-11-23T00:00");
    assert_eq!(Lost::new().with(Side::Other, BusyKind::Busy, busy).none(), NoSlot::NoCommonFreeTime);
    let soon = Lost::new().but(|lost| {
        lost.now = at("2026-11-20T15:00");
        lost.original = half_hour("2026-11-20T11:00");
    });
    assert_eq!(soon.none(), NoSlot::Notice);
    let barely = soon.clone().with(Side::Other, BusyKind::Busy, from_to("2026-11-20T13:00", "2026-11-20T17:30"));
    assert_eq!(
        barely.but(|lost| lost.now = at("2026-11-20T13:45")).none(),
        NoSlot::Notice,
        "a slot of 17:30 is too soon"
    );
    let gone = soon.clone().but(|lost| lost.now = at("2026-11-20T17:45"));
    assert_eq!(gone.none(), NoSlot::NoCommonHours);
    let no_room = Lost::new().but(|lost| lost.before = lost.after + SignedDuration::from_mins(30));
    assert_eq!(no_room.none(), NoSlot::NoRoom);
    let past = Lost::new().but(|lost| lost.now = at("2026-11-24T09:00"));
    assert_eq!(past.none(), NoSlot::NoRoom);
    let weekend = WeeklyHours {
        zone: zone(BERLIN),
        days: std::array::from_fn(|day| if day == 5 { vec![part("09:00", "18:00")] } else { Vec::new() }),
    };
    assert_eq!(Lost::new().but(|lost| lost.hours[1] = weekend).none(), NoSlot::NoCommonHours);
}

#[test]
fn what_a_named_span_breaks_is_told_in_full() {
    let busy = half_hour("2026-11-16T10:15");
    let lost = Lost::new().with(Side::Other, BusyKind::Busy, busy).but(|lost| lost.now = at("2026-11-16T09:00"));
    let with = Busy { span: busy, what: BusyKind::Busy };
    assert_eq!(
        lost.ask(|search| blocked_by(search, half_hour("2026-11-16T10:15"))),
        [
            Against::TooSoon { earliest: at("2026-11-16T13:00") },
            Against::OriginalTime,
            Against::Busy { side: Side::Other, with }
        ]
    );
}

#[test]
fn a_search_without_neighbours_or_an_end_still_ends() {
    let lost = Lost::new().but(|lost| {
        lost.after = Timestamp::MIN;
        lost.before = Timestamp::MAX;
        lost.latest = Timestamp::MAX;
    });
    assert_eq!(lost.best(), half_hour("2026-11-16T09:30"));
    let never = lost.but(|lost| lost.hours[1].days = Default::default());
    assert_eq!(never.none(), NoSlot::NoCommonHours);
}
