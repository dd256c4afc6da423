//! Scores slots: the cost of each, and the reasons for and against it.

use jiff::civil::Weekday;

use super::feasible::{blocks, known};
use super::{Busy, BusyKind, Candidate, Choice, Diary, Known, RUNNERS_UP, Search, SlotReason};
use crate::domain::hours::offsets::ZoneOffsets;
use crate::domain::hours::stretch::{Stretch, ceil, floor, settle};
use crate::domain::hours::{index, seconds, weekday};
use crate::domain::person::Side;
use crate::domain::slot::window;
use crate::domain::span::Span;

const DAY: i64 = 86_400;

/// What things cost, in minutes of distance from the usual time of the day: a slot may be so much further away for it.
mod cost {
    /// Another weekday than usual.
    pub(super) const WEEKDAY: i64 = 120;
    /// Each day between the slot and the original.
    pub(super) const DAY: i64 = 60;
    /// Somebody's focus time.
    pub(super) const FOCUS: i64 = 240;
    /// Something that somebody may come to.
    pub(super) const TENTATIVE: i64 = 60;
    /// Another session right before or after.
    pub(super) const TOUCHES: i64 = 60;
    /// Each time that the side which gives way did so more often than the other.
    pub(super) const UNFAIR: i64 = 30;
    /// No more such times count.
    pub(super) const UNFAIR_AT_MOST: u32 = 4;
}

/// Sessions less than this apart, in seconds, are pushed together.
const TOGETHER: i64 = 10 * 60;
/// Whoever has a session within this of an end of their day, in seconds, gives way.
const EDGE: i64 = 3_600;

/// What one span costs by the same measure as every candidate, and what it is like, whether or not the rules allow it.
#[must_use]
pub fn evaluate(search: &Search<'_>, span: Span) -> Candidate {
    let slot = Stretch { from: floor(span.start), to: ceil(span.end) };
    let mut scorer = Scorer::of(search, slot);
    let marks = scorer.mark(slot);
    Candidate { span, penalty: marks.penalty(), grounds: scorer.own_grounds(&marks, slot) }
}

/// The best of several starts in order, of which there is at least one, and the runners-up.
pub(super) fn choose(search: &Search<'_>, open: Stretch, starts: &[i64], length: i64) -> Choice {
    let mut scorer = Scorer::of(search, open);
    let slot = |from: i64| Stretch { from, to: from + length };
    let mut left: Vec<Scored> =
        starts.iter().map(|&start| Scored::new(scorer.mark(slot(start)), slot(start))).collect();
    let mut chosen: Vec<Scored> = Vec::new();
    while chosen.len() <= RUNNERS_UP {
        let Some(&next) = left.iter().min_by_key(|scored| (scored.penalty, scored.slot.from)) else { break };
        left.retain(|scored| scored.slot.within(next.slot).is_none());
        chosen.push(next);
    }
    let candidate = |scored: &Scored, grounds| Candidate { span: scored.slot.span(), penalty: scored.penalty, grounds };
    let best = chosen[0];
    Choice {
        best: candidate(&best, scorer.own_grounds(&best.marks, best.slot)),
        runners_up: chosen[1..].iter().map(|lost| candidate(lost, grounds_against(lost, &best))).collect(),
        other_unknown: search.other.busy == Known::Unknown,
    }
}

#[derive(Clone, Copy, Debug)]
struct Scored {
    penalty: i64,
    slot: Stretch,
    marks: Marks,
}

impl Scored {
    fn new(marks: Marks, slot: Stretch) -> Self {
        Self { penalty: marks.penalty(), slot, marks }
    }
}

/// Whom something concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sides {
    owner: bool,
    other: bool,
}

impl Sides {
    fn count(self) -> i64 {
        i64::from(self.owner) + i64::from(self.other)
    }

    /// Those of them that are not in another.
    fn but(self, other: Self) -> impl Iterator<Item = Side> {
        let owner = (self.owner && !other.owner).then_some(Side::Owner);
        owner.into_iter().chain((self.other && !other.other).then_some(Side::Other))
    }
}

/// What a slot is like, before it is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    late: bool,
    /// Minutes since the earliest that the notice allows.
    delay: i64,
    /// Minutes from the usual time of the day.
    minutes: i64,
    /// Days from the original, positive when later.
    days: i64,
    /// The weekday in the series' zone, Monday first.
    weekday: usize,
    usual_weekday: bool,
    focus: Sides,
    tentative: Sides,
    touches: bool,
    unfair: Option<(Side, u32)>,
}

impl Marks {
    fn penalty(&self) -> i64 {
        let unusual = self.minutes + self.days.abs() * cost::DAY + if self.usual_weekday { 0 } else { cost::WEEKDAY };
        let unfair = self.unfair.map_or(0, |(_, times)| i64::from(times.min(cost::UNFAIR_AT_MOST)) * cost::UNFAIR);
        let distance = if self.late { self.delay } else { unusual };
        distance
            + self.focus.count() * cost::FOCUS
            + self.tentative.count() * cost::TENTATIVE
            + if self.touches { cost::TOUCHES } else { 0 }
            + unfair
    }
}

/// Everything that scoring looks up, made once for a search. Slots are marked in the order of their starts.
#[derive(Debug)]
struct Scorer<'a, 's> {
    search: &'a Search<'s>,
    late: bool,
    earliest: i64,
    /// The clocks of the series.
    wall: ZoneOffsets,
    original_day: i64,
    owner: SoftConflicts,
    other: SoftConflicts,
    sessions: Sweep,
}

/// What of one side's time yields to a session but costs.
#[derive(Debug)]
struct SoftConflicts {
    focus: Sweep,
    tentative: Sweep,
    days: Sweep,
}

impl<'a, 's> Scorer<'a, 's> {
    fn of(search: &'a Search<'s>, open: Stretch) -> Self {
        let near = open.widened(TOGETHER);
        let original = floor(search.original.start);
        let own_wall = ZoneOffsets::over(&search.usual.zone, Stretch { from: original, to: original + 1 });
        let is_session = |busy: &Busy| busy.what == BusyKind::OtherSession;
        Self {
            search,
            late: window::is_late(search),
            earliest: window::earliest(search),
            wall: ZoneOffsets::over(&search.usual.zone, open),
            original_day: own_wall.shown(original).div_euclid(DAY),
            owner: SoftConflicts::of(search, &search.owner, open),
            other: SoftConflicts::of(search, &search.other, open),
            sessions: Sweep::of(known(&search.owner), near, is_session),
        }
    }

    fn mark(&mut self, slot: Stretch) -> Marks {
        let shown = self.wall.shown(slot.from);
        let day = shown.div_euclid(DAY);
        let apart = (shown.rem_euclid(DAY) - seconds(self.search.usual.time)).abs();
        let weekday = weekday(day);
        let focus = Sides { owner: self.owner.focus.meets(slot), other: self.other.focus.meets(slot) };
        let tentative = Sides { owner: self.owner.tentative.meets(slot), other: self.other.tentative.meets(slot) };
        let gives_way = Sides {
            owner: focus.owner | tentative.owner | self.owner.days.ends_near(slot),
            other: focus.other | tentative.other | self.other.days.ends_near(slot),
        };
        Marks {
            late: self.late,
            delay: (slot.from - self.earliest) / 60,
            minutes: apart.min(DAY - apart) / 60,
            days: day - self.original_day,
            weekday,
            usual_weekday: weekday == index(self.search.usual.weekday),
            focus,
            tentative,
            touches: self.sessions.meets(slot.widened(TOGETHER)),
            unfair: self.unfair(gives_way),
        }
    }

    /// Whether the only side that gives way is the one that did so more often, and how much more often.
    fn unfair(&self, gives_way: Sides) -> Option<(Side, u32)> {
        let before = self.search.gave_way;
        let (side, times) = match (gives_way.owner, gives_way.other) {
            (true, false) => (Side::Owner, before.owner.saturating_sub(before.other)),
            (false, true) => (Side::Other, before.other.saturating_sub(before.owner)),
            _ => return None,
        };
        (times > 0).then_some((side, times))
    }

    /// What a slot is like.
    fn own_grounds(&self, marks: &Marks, slot: Stretch) -> Vec<SlotReason> {
        let none = Sides::default();
        let mut grounds = Vec::new();
        grounds.extend(marks.late.then_some(SlotReason::Soonest));
        grounds.push(if marks.usual_weekday {
            SlotReason::UsualWeekday
        } else {
            SlotReason::OtherWeekday(weekday_of(marks.weekday))
        });
        grounds.push(match marks.minutes {
            0 => SlotReason::UsualTime,
            minutes => SlotReason::FurtherFromUsual { minutes },
        });
        grounds.extend((marks.days != 0).then_some(SlotReason::OtherDay { days: marks.days }));
        grounds.extend(marks.focus.but(none).map(SlotReason::BreaksFocus));
        grounds.extend(marks.tentative.but(none).map(SlotReason::OverTentative));
        grounds.extend(marks.touches.then_some(SlotReason::TouchesSession));
        grounds.extend(marks.unfair.map(|(side, times)| SlotReason::Unfair { side, times }));
        let length = slot.to - slot.from;
        let shorter = length < self.search.length.as_secs();
        grounds.extend(shorter.then_some(SlotReason::Shorter { minutes: length / 60 }));
        grounds
    }
}

impl SoftConflicts {
    fn of(search: &Search<'_>, diary: &Diary<'_>, open: Stretch) -> Self {
        let is_tentative = |busy: &Busy| busy.what == BusyKind::Tentative && !blocks(busy.what, search.rules);
        Self {
            focus: Sweep::of(known(diary), open, |busy| busy.what == BusyKind::FocusTime),
            tentative: Sweep::of(known(diary), open, is_tentative),
            // A day that the window cuts has its own ends anyway.
            days: Sweep { list: diary.hours.whole_days(open.widened(2 * DAY)), at: 0 },
        }
    }
}

/// A settled list that is asked about slots in the order of their starts, and so walked once.
#[derive(Debug)]
struct Sweep {
    list: Vec<Stretch>,
    at: usize,
}

impl Sweep {
    fn of(busy: &[Busy], near: Stretch, counts: impl Fn(&Busy) -> bool) -> Self {
        let counting = busy.iter().filter(|busy| counts(busy) && busy.span.start < busy.span.end);
        let list = counting.filter_map(|busy| Stretch::around(busy.span).within(near)).collect();
        Self { list: settle(list), at: 0 }
    }

    /// The first stretch that ends after the start of a slot.
    fn next(&mut self, slot: Stretch) -> Option<Stretch> {
        while self.list.get(self.at).is_some_and(|stretch| stretch.to <= slot.from) {
            self.at += 1;
        }
        self.list.get(self.at).copied()
    }

    fn meets(&mut self, slot: Stretch) -> bool {
        self.next(slot).is_some_and(|stretch| stretch.from < slot.to)
    }

    /// Whether the stretch around a slot begins or ends near it.
    fn ends_near(&mut self, slot: Stretch) -> bool {
        self.next(slot).is_some_and(|day| {
            let inside = day.from <= slot.from && slot.to <= day.to;
            inside && (slot.from - day.from < EDGE || day.to - slot.to < EDGE)
        })
    }
}

fn weekday_of(index: usize) -> Weekday {
    i8::try_from(index).ok().and_then(|day| Weekday::from_monday_zero_offset(day).ok()).unwrap_or(Weekday::Monday)
}

/// In what a runner-up is worse than the best; at least in coming later.
fn grounds_against(lost: &Scored, best: &Scored) -> Vec<SlotReason> {
    let (marks, winner) = (&lost.marks, &best.marks);
    let mut grounds = Vec::new();
    if !marks.late {
        let other_weekday = winner.usual_weekday && !marks.usual_weekday;
        grounds.extend(other_weekday.then(|| SlotReason::OtherWeekday(weekday_of(marks.weekday))));
        let further = marks.minutes > winner.minutes;
        grounds.extend(further.then_some(SlotReason::FurtherFromUsual { minutes: marks.minutes }));
        let other_day = marks.days.abs() > winner.days.abs();
        grounds.extend(other_day.then_some(SlotReason::OtherDay { days: marks.days }));
    }
    grounds.extend(marks.focus.but(winner.focus).map(SlotReason::BreaksFocus));
    grounds.extend(marks.tentative.but(winner.tentative).map(SlotReason::OverTentative));
    grounds.extend((marks.touches && !winner.touches).then_some(SlotReason::TouchesSession));
    let unfair = marks.unfair.filter(|_| winner.unfair.is_none());
    grounds.extend(unfair.map(|(side, times)| SlotReason::Unfair { side, times }));
    if lost.slot.from > best.slot.from && (marks.late || grounds.is_empty()) {
        grounds.push(SlotReason::Later { minutes: (lost.slot.from - best.slot.from) / 60 });
    }
    grounds
}
