//! Owns [`Frame`]: the calendar of one series, in which every start is compared, whatever zone or form it was stated in.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::civil::{DAY, datetime, seconds};
use super::moment::{Moment, Zone};

/// Starts as plain numbers: the *key* is what identifies a start, the *local* reading is what rules are about.
///
/// The key is the instant in a zoned series, and the wall-clock reading in a floating one or one of whole days: so the
/// machine's zone changes nothing about which instances there are.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    zone: Option<&'a Zone>,
    whole_days: bool,
    /// DTSTART's wall-clock seconds.
    pub(super) start: i64,
}

impl<'a> Frame<'a> {
    pub(super) fn of(start: &'a Moment) -> Self {
        let zone = if let Moment::Zoned(_, zone) = start { Some(zone) } else { None };
        Self { zone, whole_days: start.is_date(), start: seconds(start.local()) }
    }

    pub(super) const fn whole_days(&self) -> bool {
        self.whole_days
    }

    /// The zone of a zoned series.
    pub(super) fn zone(&self) -> Option<&'a TimeZone> {
        self.zone.map(Zone::rules)
    }

    /// The key of a generated wall-clock time; `None` for one in a gap, which RFC 5545 3.3.10 ignores.
    pub(super) fn key_of_generated(&self, local: i64) -> Option<i64> {
        let Some(zone) = self.zone else { return Some(local) };
        match zone.rules().to_ambiguous_timestamp(datetime(local)).offset() {
            AmbiguousOffset::Unambiguous { offset } => Some(local - i64::from(offset.seconds())),
            AmbiguousOffset::Fold { before, .. } => Some(local - i64::from(before.seconds())),
            // DTSTART is stated, not generated.
            AmbiguousOffset::Gap { before, .. } => {
                (local == self.start).then(|| local - i64::from(before.seconds()))
            }
        }
    }

    /// The key of a stated start: an RDATE, EXDATE or RECURRENCE-ID in any form.
    ///
    /// A date against a timed series stands for DTSTART's time of that day. Against a floating or whole-day series only the
    /// reading counts: those have no instants, and whoever writes UTC there has taken the reading for one.
    pub(super) fn key_of_stated(&self, moment: &Moment) -> i64 {
        let local = self.local_of_stated(moment);
        match (self.zone, moment) {
            (Some(_), Moment::Zoned(at, zone)) => instant_of(*at, zone.rules()),
            (Some(zone), _) => instant_of(datetime(local), zone.rules()),
            (None, _) => local,
        }
    }

    fn local_of_stated(&self, moment: &Moment) -> i64 {
        let local = seconds(moment.local());
        let midnight = local - local.rem_euclid(DAY);
        match moment {
            _ if self.whole_days => midnight,
            Moment::Date(_) => midnight + self.start.rem_euclid(DAY),
            _ => local,
        }
    }

    /// The wall-clock reading of the series at a key.
    pub(super) fn local_of(&self, key: i64) -> i64 {
        self.zone.map_or(key, |zone| key + offset_at(key, zone.rules()))
    }

    /// A start of the series in its own form.
    pub(super) fn moment(&self, local: i64) -> Moment {
        let at = datetime(local);
        match self.zone {
            Some(zone) => Moment::Zoned(at, zone.clone()),
            None if self.whole_days => Moment::Date(at.date()),
            None => Moment::Floating(at),
        }
    }
}

/// The instant of a civil time, in seconds: before the gap or at the first pass of an overlap, as [`Moment::instant`] has it.
pub(super) fn instant_of(local: DateTime, zone: &TimeZone) -> i64 {
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    };
    seconds(local) - i64::from(offset.seconds())
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
