//! [`Stretch`]: a span in whole seconds, with set operations on sorted lists of spans.

use jiff::Timestamp;

use crate::domain::span::Span;

/// A half-open stretch of real time in seconds since 1970. In a list that is *settled* they are in order and never touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) struct Stretch {
    pub(in crate::domain) from: i64,
    pub(in crate::domain) to: i64,
}

impl Stretch {
    /// The whole seconds that a span has any part of.
    pub(in crate::domain) fn around(span: Span) -> Self {
        Self { from: floor(span.start), to: ceil(span.end) }
    }

    /// What of it lies in another, if anything.
    pub(in crate::domain) fn within(self, other: Self) -> Option<Self> {
        let shared = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (shared.from < shared.to).then_some(shared)
    }

    /// The stretch with as much added at either end.
    pub(in crate::domain) const fn widened(self, by: i64) -> Self {
        Self { from: self.from.saturating_sub(by), to: self.to.saturating_add(by) }
    }

    /// The stretch as a span.
    pub(in crate::domain) fn span(self) -> Span {
        Span::new(timestamp(self.from), timestamp(self.to))
    }
}

/// The list put in order, with what overlaps or touches joined.
pub(in crate::domain) fn settle(mut list: Vec<Stretch>) -> Vec<Stretch> {
    // A stable sort takes lists that are in order already, one after the other, in linear time.
    list.sort_by_key(|stretch| stretch.from);
    list.dedup_by(|next, last| {
        let joins = next.from <= last.to;
        if joins {
            last.to = last.to.max(next.to);
        }
        joins
    });
    list
}

/// What two settled lists share.
pub(in crate::domain) fn shared(one: &[Stretch], other: &[Stretch]) -> Vec<Stretch> {
    let mut found = Vec::new();
    let (mut left, mut right) = (0, 0);
    while let (Some(&a), Some(&b)) = (one.get(left), other.get(right)) {
        found.extend(a.within(b));
        if a.to <= b.to {
            left += 1;
        } else {
            right += 1;
        }
    }
    found
}

/// What of one settled list is not in another.
pub(in crate::domain) fn without(one: &[Stretch], other: &[Stretch]) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut at = 0;
    for &whole in one {
        let mut rest = whole;
        while other.get(at).is_some_and(|taken| taken.to <= rest.from) {
            at += 1;
        }
        let mut next = at;
        while let Some(taken) = other.get(next).filter(|taken| taken.from < rest.to) {
            found.extend(rest.within(Stretch { from: rest.from, to: taken.from }));
            rest.from = taken.to.min(rest.to);
            next += 1;
        }
        found.extend(rest.within(whole));
    }
    found
}

/// The last whole second that is not after an instant.
pub(in crate::domain) fn floor(at: Timestamp) -> i64 {
    // Before 1970 jiff counts both parts backwards.
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}

/// The first whole second that is not before an instant.
pub(in crate::domain) fn ceil(at: Timestamp) -> i64 {
    floor(at) + i64::from(at.subsec_nanosecond() != 0)
}

/// The instant of a number of seconds, pinned to what jiff can hold.
pub(in crate::domain) fn timestamp(second: i64) -> Timestamp {
    let pinned = if second < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(second).unwrap_or(pinned)
}
