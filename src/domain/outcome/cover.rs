//! Finds the spans that cover at least half of another span.

use std::ops::Range;

use jiff::Timestamp;

use crate::domain::span::Span;

/// The most stretches around a span that are looked at: who has more at once has none of them.
const MAX_CANDIDATES: usize = 16;

/// Something that takes a stretch of time.
pub trait Stretch {
    /// When.
    fn span(&self) -> Span;
}

impl Stretch for Span {
    fn span(&self) -> Span {
        *self
    }
}

/// Stretches of time, by start.
#[derive(Debug)]
pub struct Covers<T> {
    stretches: Vec<T>,
    /// The latest end in each part of a binary tree over the stretches, by the node's number; the root is number 1.
    ends: Vec<Timestamp>,
    /// How many leaves that tree has.
    leaves: usize,
}

impl<T> Default for Covers<T> {
    fn default() -> Self {
        Self { stretches: Vec::new(), ends: vec![Timestamp::MIN; 2], leaves: 1 }
    }
}

impl<T: Stretch> Covers<T> {
    /// Of stretches that are in order of their starts.
    #[must_use]
    pub fn of(stretches: Vec<T>) -> Self {
        let leaves = stretches.len().next_power_of_two();
        let mut ends = vec![Timestamp::MIN; leaves * 2];
        for (at, stretch) in stretches.iter().enumerate() {
            ends[leaves + at] = stretch.span().end;
        }
        for node in (1..leaves).rev() {
            ends[node] = ends[node * 2].max(ends[node * 2 + 1]);
        }
        Self { stretches, ends, leaves }
    }

    /// Those that cover at least half of a span, by start, of the first 16 that reach its middle.
    pub fn covering(&self, span: Span) -> impl Iterator<Item = &T> {
        let half = span.length() / 2;
        let middle = span.start.saturating_add(half).unwrap_or(Timestamp::MAX);
        let latest = span.end.saturating_sub(half).unwrap_or(Timestamp::MIN);
        let past = self.stretches.partition_point(|stretch| stretch.span().start <= latest);
        let mut next = 0;
        let reaching = std::iter::from_fn(move || {
            let reaches = |at: &usize| *at < past && self.ends[self.leaves + at] >= middle;
            let at = Some(next).filter(reaches);
            let at = at.or_else(|| self.first_reaching(middle, &(next..past), 1, 0..self.leaves))?;
            next = at + 1;
            self.stretches.get(at)
        });
        reaching.take(MAX_CANDIDATES).filter(move |stretch| span.is_half_covered_by(&stretch.span()))
    }

    /// The first of `sought` that ends at or after an instant, among those in `inside`, which are the leaves below `node`.
    fn first_reaching(
        &self,
        instant: Timestamp,
        sought: &Range<usize>,
        node: usize,
        inside: Range<usize>,
    ) -> Option<usize> {
        let is_apart = inside.end <= sought.start || sought.end <= inside.start;
        if is_apart || self.ends[node] < instant {
            return None;
        }
        if node >= self.leaves {
            return Some(inside.start);
        }
        let middle = inside.start.midpoint(inside.end);
        let first = self.first_reaching(instant, sought, node * 2, inside.start..middle);
        first.or_else(|| self.first_reaching(instant, sought, node * 2 + 1, middle..inside.end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: i64, length: i64) -> Span {
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        Span::new(at(start), at(start + length))
    }

    proptest! {
        #[test]
        fn it_finds_what_a_look_at_all_of_them_finds(
            mut all in proptest::collection::vec((0_i64..200, 0_i64..120), 0..=MAX_CANDIDATES),
            (start, length) in (0_i64..200, 0_i64..60),
        ) {
            all.sort_unstable();
            let all: Vec<Span> = all.into_iter().map(|(start, length)| span(start, length)).collect();
            let asked = span(start, length);
            let expected: Vec<&Span> = all.iter().filter(|one| asked.is_half_covered_by(one)).collect();
            let covers = Covers::of(all.clone());
            prop_assert_eq!(covers.covering(asked).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn many_at_once_are_not_all_looked_at() {
        let covers = Covers::of(vec![span(0, 100); 1_000]);
        assert_eq!(covers.covering(span(10, 10)).count(), MAX_CANDIDATES);
        assert_eq!(Covers::<Span>::default().covering(span(0, 1)).count(), 0);
    }
}
