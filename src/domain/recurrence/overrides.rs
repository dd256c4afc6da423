//! Chooses the override of an instance: the highest SEQUENCE, and the last range at or before it.

use super::frame::Frame;
use super::steps::Steps;
use super::{Override, Series};

/// More overrides than this are not looked at: it keeps the index inside the memory that an expansion may use.
const MAX_OVERRIDES: usize = 8_192;

/// What is overridden at one original start.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: i64,
    /// The override that places the instance itself.
    winner: u32,
    /// The range in force from here on, if any.
    range: Option<u32>,
}

/// The overrides of a series, by the key of the instance that they stand for.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    entries: Vec<Entry>,
}

/// A stretch of original starts that one range, or none, applies to: from the key on, up to the next segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The `THISANDFUTURE` override in force; `None` where the master itself is.
    pub(super) range: Option<usize>,
}

impl Overrides {
    pub(super) fn index(series: &Series<'_>, frame: &Frame<'_>, steps: &mut Steps) -> Self {
        if series.overrides.is_empty() {
            return Self::default();
        }
        let mut entries = Vec::with_capacity(series.overrides.len().min(MAX_OVERRIDES));
        for (at, over) in (0..).zip(series.overrides) {
            if entries.len() == MAX_OVERRIDES {
                steps.leave_out();
                break;
            }
            if !steps.take() {
                break;
            }
            let range = over.this_and_future.then_some(at);
            entries.push(Entry { key: frame.key_of_stated(&over.original), winner: at, range });
        }
        entries.sort_unstable_by_key(|entry| (entry.key, entry.winner));
        entries.dedup_by(|later, kept| later.key == kept.key && kept.yield_to(later, series.overrides));
        let mut in_force = None;
        for entry in &mut entries {
            in_force = entry.range.or(in_force);
            entry.range = in_force;
        }
        Self { entries }
    }

    /// Whether an override places the instance of this key, wherever it puts it.
    pub(super) fn has(&self, key: i64) -> bool {
        self.entries.binary_search_by_key(&key, |entry| entry.key).is_ok()
    }

    /// The range in force at a key.
    pub(super) fn range_at(&self, key: i64) -> Option<usize> {
        let past = self.entries.partition_point(|entry| entry.key <= key);
        self.entries[..past].last().and_then(|entry| entry.range).map(place)
    }

    /// The original start and place of every override that holds.
    pub(super) fn winners(&self) -> impl Iterator<Item = (i64, usize)> {
        self.entries.iter().map(|entry| (entry.key, place(entry.winner)))
    }

    /// The stretches of original starts, ascending and without holes.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment> {
        let mut at = 0;
        let mut next = Some(Segment { from: i64::MIN, to: i64::MAX, range: None });
        std::iter::from_fn(move || {
            let mut segment = next.take()?;
            while let Some(entry) = self.entries.get(at) {
                at += 1;
                let range = entry.range.map(place);
                if range != segment.range {
                    segment.to = entry.key;
                    next = Some(Segment { from: entry.key, to: i64::MAX, range });
                    break;
                }
            }
            Some(segment)
        })
    }
}

impl Entry {
    /// Takes over what a later override of the same instance decides; always true, so that the later entry goes.
    fn yield_to(&mut self, later: &Self, overrides: &[Override]) -> bool {
        let of = |at: u32| overrides.get(place(at));
        let sequence = |at: u32| of(at).map(|over| over.sequence);
        // A single override is about this instance more than a range is, if their revisions are the same.
        let rank = |at: u32| (sequence(at), of(at).map(|over| !over.this_and_future));
        if rank(later.winner) >= rank(self.winner) {
            self.winner = later.winner;
        }
        if let Some(range) = later.range
            && self.range.is_none_or(|kept| sequence(range) >= sequence(kept))
        {
            self.range = Some(range);
        }
        true
    }
}

const fn place(at: u32) -> usize {
    at as usize
}
