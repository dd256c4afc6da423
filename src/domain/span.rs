//! Owns [`Span`]: a half-open stretch of real time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A half-open stretch of real time: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first instant inside.
    pub start: Timestamp,
    /// The first instant past it; never before `start`.
    pub end: Timestamp,
}

impl Span {
    /// A span from `start` to `end`; an `end` before `start` is taken as `start`.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end: end.max(start) }
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether an instant is inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// How much real time two spans share.
    #[must_use]
    pub fn shared(&self, other: &Self) -> SignedDuration {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        if end > start { end.duration_since(start) } else { SignedDuration::ZERO }
    }

    /// Whether two spans share any time, or, for one of no length, whether its instant is inside the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.start == self.end {
            return other.contains(self.start);
        }
        if other.start == other.end {
            return self.contains(other.start);
        }
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` covers at least half of this span.
    #[must_use]
    pub fn is_half_covered_by(&self, other: &Self) -> bool {
        !self.length().is_zero() && self.shared(other) * 2 >= self.length()
    }
}
