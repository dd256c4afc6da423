//! Candidate starts of slots: on a grid of the owner's clock, and at the session's usual time.

use super::Search;
use crate::domain::hours::offsets::ZoneOffsets;
use crate::domain::hours::seconds;
use crate::domain::hours::stretch::Stretch;

const DAY: i64 = 86_400;

/// The starts that a window has, whoever is free.
#[derive(Debug)]
pub(super) struct Grid {
    wall: ZoneOffsets,
    step: i64,
    /// The usual time of each day, in order.
    usual: Vec<i64>,
}

impl Grid {
    pub(super) fn over(search: &Search<'_>, window: Stretch) -> Self {
        let step = search.rules.step.as_secs().clamp(60, DAY);
        Self { wall: ZoneOffsets::over(&search.owner.hours.zone, window), step, usual: usual(search, window) }
    }

    /// The starts of slots of this length that lie inside settled stretches, in order.
    pub(super) fn starts(&self, free: &[Stretch], length: i64) -> Vec<i64> {
        let mut starts = Vec::new();
        for stretch in free {
            let room = Stretch { from: stretch.from, to: (stretch.to - length).saturating_add(1) };
            let begin = starts.len();
            for part in self.wall.parts() {
                let Some(room) = part.span.within(room) else { continue };
                let shown = room.from + part.offset;
                let first = room.from + (-shown).rem_euclid(self.step);
                starts.extend((first..room.to).step_by(usize::try_from(self.step).unwrap_or(usize::MAX)));
            }
            let from = self.usual.partition_point(|&usual| usual < room.from);
            starts.extend(self.usual[from..].iter().take_while(|&&usual| usual < room.to));
            starts[begin..].sort_unstable();
        }
        starts.dedup();
        starts
    }
}

/// When the clocks of the series' zone show the usual time; not on a day that skips it, twice on one that repeats it.
fn usual(search: &Search<'_>, window: Stretch) -> Vec<i64> {
    let mut found = Vec::new();
    for part in ZoneOffsets::over(&search.usual.zone, window).parts() {
        let first = (part.span.from + part.offset).div_euclid(DAY);
        let last = (part.span.to + part.offset).div_euclid(DAY);
        let on = |day: i64| day * DAY + seconds(search.usual.time) - part.offset;
        found.extend((first..=last).map(on).filter(|&at| part.span.from <= at && at < part.span.to));
    }
    found
}
