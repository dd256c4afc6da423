//! [`Offsets`]: cached UTC offsets of a zone, valid until its next change.

use std::cell::Cell;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::civil::{datetime, seconds};
use super::moment::Zone;

/// No zone is this far from UTC, nor do two ever differ by twice as much (RFC 9636 3.2 has 26 hours at most).
const FURTHEST: i64 = 26 * 3_600;

/// A zone's offsets, with the two stretches that were looked up last: a window rarely has more.
#[derive(Debug)]
pub(super) struct Offsets<'z> {
    zone: &'z Zone,
    known: Cell<[Stretch; 2]>,
}

/// The instants from one change of a zone's offset up to the next; empty as long as nothing was looked up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stretch {
    from: i64,
    to: i64,
    offset: i64,
}

impl<'z> Offsets<'z> {
    pub(super) fn of(zone: &'z Zone) -> Self {
        Self { zone, known: Cell::new(zone.recent()) }
    }

    pub(super) fn zone(&self) -> &'z TimeZone {
        self.zone.rules()
    }

    /// The offset at an instant.
    pub(super) fn at(&self, instant: i64) -> i64 {
        let known = self.known.get();
        if let Some(stretch) = known.iter().find(|stretch| stretch.from <= instant && instant < stretch.to) {
            return stretch.offset;
        }
        let zone = self.zone();
        let offset = offset_at(instant, zone);
        // A change at the instant itself begins its stretch.
        let begins = zone.preceding(timestamp(instant.saturating_add(1))).next();
        let ends = zone.following(timestamp(instant)).next();
        let from = begins.map_or(i64::MIN, |change| change.timestamp().as_second());
        let to = ends.map_or(i64::MAX, |change| change.timestamp().as_second());
        let known = [Stretch { from, to, offset }, known[0]];
        self.known.set(known);
        self.zone.keep_recent(known);
        offset
    }

    /// What a reading of the wall clock means, where others near it will be asked for.
    pub(super) fn of_reading(&self, local: i64) -> Reading {
        let reading = self.of_lone_reading(local);
        self.at(reading.instant);
        reading
    }

    /// What a reading of the wall clock means.
    pub(super) fn of_lone_reading(&self, local: i64) -> Reading {
        // Readings near a change may be in its gap or overlap.
        let surely = |stretch: &&Stretch| {
            let instant = local - stretch.offset;
            instant >= stretch.from.saturating_add(2 * FURTHEST) && instant < stretch.to.saturating_sub(2 * FURTHEST)
        };
        if let Some(stretch) = self.known.get().iter().find(surely) {
            return Reading { instant: local - stretch.offset, in_gap: false };
        }
        reading(local, self.zone())
    }
}

/// Asks the zone itself.
fn reading(local: i64, zone: &TimeZone) -> Reading {
    let (offset, in_gap) = match zone.to_ambiguous_timestamp(datetime(local)).offset() {
        AmbiguousOffset::Unambiguous { offset } => (offset, false),
        AmbiguousOffset::Fold { before, .. } => (before, false),
        AmbiguousOffset::Gap { before, .. } => (before, true),
    };
    Reading { instant: local - i64::from(offset.seconds()), in_gap }
}

/// The instant of a reading: by the offset before a gap, and the first of an overlap (RFC 5545 3.3.5).
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) instant: i64,
    /// Whether no clock of the zone ever shows it.
    pub(super) in_gap: bool,
}

/// The instant of a civil time, in seconds, as [`super::Moment::instant`] has it.
pub(super) fn instant_of(local: DateTime, zone: &TimeZone) -> i64 {
    reading(seconds(local), zone).instant
}

/// The offset of a zone at an instant, both in seconds.
pub(super) fn offset_at(instant: i64, zone: &TimeZone) -> i64 {
    zone.to_offset(timestamp(instant)).seconds().into()
}

/// The instant of a number of seconds, pinned to what jiff can hold.
pub(super) fn timestamp(instant: i64) -> Timestamp {
    let pinned = if instant < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(instant).unwrap_or(pinned)
}
