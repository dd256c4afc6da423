//! Lists the rules that a given span violates.

use jiff::{SignedDuration, Timestamp};

use super::feasible::{blocks, known, protected};
use super::{Busy, FURTHEST, Known, Search};
use crate::domain::hours::WeeklyHours;
use crate::domain::hours::stretch::Stretch;
use crate::domain::person::Side;
use crate::domain::span::Span;

/// One rule that a span breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// It starts before this, which the notice asks for.
    TooSoon {
        /// The earliest start.
        earliest: Timestamp,
    },
    /// It does not come after the session before it.
    NotAfterPrevious,
    /// It does not come before the session after it.
    NotBeforeNext,
    /// It ends after the deadline, or further ahead than slots are looked for.
    TooLate,
    /// It is shorter than the user allows.
    TooShort,
    /// It overlaps the time that the session was to have, with which something was wrong.
    OriginalTime,
    /// It is not within this side's hours.
    OutsideHours(Side),
    /// It is on a day or at a time that the owner protects.
    Protected,
    /// This side is busy.
    Busy {
        /// Who.
        side: Side,
        /// With what, and when.
        with: Busy,
    },
    /// It leaves less than the buffer between itself and this.
    Buffer(Busy),
    /// Nobody knows whether this side is free, and unknown is never free.
    Unknown(Side),
}

/// Every rule that a span breaks; none for a slot. Whether it starts on the grid is no rule.
#[must_use]
pub fn blocked_by(search: &Search<'_>, span: Span) -> Vec<Against> {
    let mut found = out_of_window(search, span);
    let too_short = span.length() < search.shorter.map_or(search.length, |shorter| shorter.min(search.length));
    found.extend(too_short.then_some(Against::TooShort));
    found.extend((!span.shared(&search.original).is_zero()).then_some(Against::OriginalTime));
    let sides = [(Side::Owner, &search.owner), (Side::Other, &search.other)];
    let outside = sides.iter().filter(|(_, diary)| !is_within(span, diary.hours));
    found.extend(outside.map(|&(side, _)| Against::OutsideHours(side)));
    let slot = Stretch::around(span);
    let is_protected = protected(search, slot).iter().any(|stretch| stretch.within(slot).is_some());
    found.extend(is_protected.then_some(Against::Protected));
    for (side, diary) in sides {
        if diary.busy == Known::Unknown {
            found.push(Against::Unknown(side));
        }
        let taken = known(diary).iter().filter(|busy| takes_time(busy, search));
        found.extend(taken.filter_map(|busy| clash(search, side, *busy, span)));
    }
    found
}

fn out_of_window(search: &Search<'_>, span: Span) -> Vec<Against> {
    let mut found = Vec::new();
    let notice = search.rules.notice.max(SignedDuration::ZERO);
    let earliest = search.now.checked_add(notice).unwrap_or(Timestamp::MAX);
    found.extend((span.start < earliest).then_some(Against::TooSoon { earliest }));
    found.extend((span.start <= search.after).then_some(Against::NotAfterPrevious));
    found.extend((span.end >= search.before).then_some(Against::NotBeforeNext));
    let furthest = search.now.checked_add(FURTHEST + SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    found.extend((span.end > search.latest.min(furthest)).then_some(Against::TooLate));
    found
}

fn takes_time(busy: &Busy, search: &Search<'_>) -> bool {
    blocks(busy.what, search.rules) && busy.span.start < busy.span.end
}

fn clash(search: &Search<'_>, side: Side, with: Busy, span: Span) -> Option<Against> {
    if with.span.overlaps(&span) {
        return Some(Against::Busy { side, with });
    }
    let gap = if with.span.start < span.start {
        span.start.duration_since(with.span.end)
    } else {
        with.span.start.duration_since(span.end)
    };
    (side == Side::Owner && gap < search.rules.buffer).then_some(Against::Buffer(with))
}

/// Whether the clocks show a time within the hours during all of a span.
fn is_within(span: Span, hours: &WeeklyHours) -> bool {
    let slot = Stretch::around(span);
    hours.stretches(slot.widened(1)).iter().any(|part| part.from <= slot.from && slot.to <= part.to)
}
