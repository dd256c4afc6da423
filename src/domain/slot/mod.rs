//! Searches for slots: free spans within everyone's rules, scored and explained.

mod feasible;
mod score;
mod starts;
mod violations;
mod window;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::hours::WeeklyHours;
use super::person::Side;
use super::span::Span;

pub use super::availability::{Busy, BusyKind};
pub use score::evaluate;
pub use violations::{Against, blocked_by};

/// One session that wants a new time.
#[derive(Clone, Debug, PartialEq)]
pub struct Search<'a> {
    /// How long the session usually is.
    pub length: SignedDuration,
    /// The shortest length that the user takes instead where nothing else is free.
    pub shorter: Option<SignedDuration>,
    /// The usual weekday and time.
    pub usual: Usual,
    /// Where it was to be. No slot overlaps this, as something was wrong with it.
    pub original: Span,
    /// The end of the session before it in the same 1:1: every slot starts later. [`Timestamp::MIN`] where there is none.
    pub after: Timestamp,
    /// The start of the session after it in the same 1:1: every slot ends earlier. [`Timestamp::MAX`] where there is none.
    pub before: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// No slot ends later: the deadline, or the end of what is known. Nothing is searched beyond [`FURTHEST`] from now.
    pub latest: Timestamp,
    /// The owner's hours and busy time, without the session itself.
    pub owner: Diary<'a>,
    /// The other's hours and busy time, without the session itself.
    pub other: Diary<'a>,
    /// What the owner wants of every slot.
    pub rules: &'a SlotRules,
    /// How often each side had to give way lately.
    pub gave_way: GaveWay,
}

/// How far ahead of now a slot is looked for at most.
pub const FURTHEST: SignedDuration = SignedDuration::from_hours(184 * 24);

/// When the sessions of a 1:1 usually are.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// The weekday.
    pub weekday: Weekday,
    /// The time that the clocks of `zone` show at the start.
    pub time: Time,
    /// The zone of the series.
    pub zone: TimeZone,
}

/// What is known of one person's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diary<'a> {
    /// When they work.
    pub hours: &'a WeeklyHours,
    /// When they are busy.
    pub busy: Known<'a>,
}

/// Busy time, or that nobody could read it. Unknown is never free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known<'a> {
    /// All of it that could matter, in any order; sorted by start is fastest.
    Known(&'a [Busy]),
    /// It could not be read.
    Unknown,
}

/// What the owner wants of every slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotRules {
    /// How far ahead of now a slot starts at least.
    pub notice: SignedDuration,
    /// How much time stays free between a slot and the owner's other busy time.
    pub buffer: SignedDuration,
    /// Days without slots, in the owner's zone.
    pub protected_days: Vec<Weekday>,
    /// Times without slots in the owner's zone, Monday first, as in [`WeeklyHours::days`].
    pub protected_times: [Vec<(Time, Time)>; 7],
    /// Whether tentative events block. Where they don't, a slot over one still costs.
    pub tentative_is_busy: bool,
    /// Whether plain all-day entries block.
    pub all_day_is_busy: bool,
    /// The grid on the owner's clocks on which slots start; the session's usual time is taken besides. At least a minute.
    pub step: SignedDuration,
}

impl Default for SlotRules {
    /// Four hours' notice, no buffer, nothing protected, whatever may be busy is, every quarter of an hour.
    fn default() -> Self {
        Self {
            notice: SignedDuration::from_hours(4),
            buffer: SignedDuration::ZERO,
            protected_days: Vec::new(),
            protected_times: Default::default(),
            tentative_is_busy: true,
            all_day_is_busy: true,
            step: SignedDuration::from_mins(15),
        }
    }
}

/// How often each side was lately the one that gave way: whose focus time, or first or last hour of a day, was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GaveWay {
    /// The owner.
    pub owner: u32,
    /// The other.
    pub other: u32,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A slot.
    Slot(Choice),
    /// None, for this reason.
    None(NoSlot),
}

/// The best slot, and what else there was.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The best one, with what speaks for it and what had to be put up with.
    pub best: Candidate,
    /// The next best, none of which overlap each other or the best, each with the reasons against it.
    pub runners_up: Vec<Candidate>,
    /// That nobody knows whether the other is free: the user must be asked before anything is written.
    pub other_unknown: bool,
}

/// A span that all rules allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// When.
    pub span: Span,
    /// How far it is from perfect; the least wins, and of two that are equal the earlier.
    pub penalty: i64,
    /// Of the best, what it is like; of a runner-up, in what it is worse than the best.
    pub grounds: Vec<SlotReason>,
}

/// One thing that speaks for or against a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotReason {
    /// It is on the usual weekday.
    UsualWeekday,
    /// It is on another weekday.
    OtherWeekday(Weekday),
    /// It is at the usual time.
    UsualTime,
    /// It is so many minutes from the usual time of the day.
    FurtherFromUsual {
        /// How many.
        minutes: i64,
    },
    /// It is so many days from the original one.
    OtherDay {
        /// How many, positive when later.
        days: i64,
    },
    /// The original time is past or the deadline close, so the soonest is best.
    Soonest,
    /// It is so many minutes later than the best.
    Later {
        /// How many.
        minutes: i64,
    },
    /// It breaks up somebody's focus time.
    BreaksFocus(Side),
    /// Somebody might go to something else then.
    OverTentative(Side),
    /// It comes right before or after another session of the owner.
    TouchesSession,
    /// The side that gave way more often would give way again.
    Unfair {
        /// Who.
        side: Side,
        /// How much more often than the other.
        times: u32,
    },
    /// It is shorter than usual, as nothing longer was free.
    Shorter {
        /// Its length.
        minutes: i64,
    },
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoSlot {
    /// The two are never free at the same time.
    NoCommonFreeTime,
    /// The two never work at the same time.
    NoCommonHours,
    /// All that would do is on days or at times that the owner protects.
    Protected,
    /// What would do is too soon.
    Notice,
    /// There is no room between the neighbouring sessions, the deadline and now.
    NoRoom,
    /// The owner's own busy time could not be read.
    OwnerUnknown,
}

/// How many runners-up are kept.
const RUNNERS_UP: usize = 5;
/// By how much a length is shortened at a time.
const SHORTENED_BY: i64 = 5 * 60;

/// The best slot for a session, or why there is none. The same input always gives the same answer.
#[must_use]
pub fn search(search: &Search<'_>) -> Found {
    if search.owner.busy == Known::Unknown {
        return Found::None(NoSlot::OwnerUnknown);
    }
    let Some(open) = window::open(search, true) else {
        return Found::None(why_none(search));
    };
    let free = feasible::free(search, open, feasible::ActiveRules::ALL);
    let grid = starts::Grid::over(search, open);
    for length in lengths(search) {
        let starts = grid.starts(&free, length);
        if !starts.is_empty() {
            return Found::Slot(score::choose(search, open, &starts, length));
        }
    }
    Found::None(why_none(search))
}

/// The lengths to try in seconds, the usual one first.
fn lengths(search: &Search<'_>) -> Vec<i64> {
    let usual = search.length.as_secs();
    let shortest = search.shorter.map_or(usual, |shorter| shorter.as_secs()).clamp(60, usual.max(60));
    let mut lengths = vec![usual.max(60)];
    while let Some(&last) = lengths.last().filter(|&&last| last > shortest) {
        lengths.push((last - SHORTENED_BY).max(shortest));
    }
    lengths
}

/// The first rule without which there would be a slot, or with which the rest of them leave none.
fn why_none(search: &Search<'_>) -> NoSlot {
    use feasible::ActiveRules;
    let shortest = lengths(search).last().copied().unwrap_or_default();
    let fits = |notice: bool, heeded: ActiveRules| {
        let Some(mut open) = window::open(search, notice) else { return false };
        if !notice {
            // Only what starts too soon is new: the rest of the window was tried with the notice.
            open.to = open.to.min(window::earliest(search).saturating_add(shortest));
        }
        let free = feasible::free(search, open, heeded);
        !starts::Grid::over(search, open).starts(&free, shortest).is_empty()
    };
    let all = ActiveRules::ALL;
    let unbusy = ActiveRules { busy: false, ..all };
    let unprotected = ActiveRules { protected: false, ..unbusy };
    let nothing = ActiveRules { hours: false, ..unprotected };
    if fits(false, all) {
        NoSlot::Notice
    } else if fits(true, unbusy) {
        NoSlot::NoCommonFreeTime
    } else if fits(true, unprotected) {
        NoSlot::Protected
    } else if fits(true, nothing) {
        NoSlot::NoCommonHours
    } else if fits(false, nothing) {
        NoSlot::Notice
    } else {
        NoSlot::NoRoom
    }
}
