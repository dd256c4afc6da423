//! [`Frame`]: the calendar in which all starts of a series are compared, whatever zone they were stated in.

use super::civil::{DAY, datetime, seconds};
use super::moment::{Moment, Zone};
use super::offsets::{Offsets, instant_of};

/// Starts as plain numbers: the *key* is what identifies a start, the *local* reading is what rules are about.
///
/// The key is the instant in a zoned series, and the wall-clock reading in a floating one or one of whole days: so the
/// machine's zone changes nothing about which instances there are.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    zoned: Option<Zoned<'a>>,
    whole_days: bool,
    /// DTSTART's wall-clock seconds.
    pub(super) start: i64,
}

#[derive(Debug)]
struct Zoned<'a> {
    zone: &'a Zone,
    offsets: Offsets<'a>,
}

impl<'a> Frame<'a> {
    pub(super) fn of(start: &'a Moment) -> Self {
        let zoned = match start {
            Moment::Zoned(_, zone) => Some(Zoned { zone, offsets: Offsets::of(zone) }),
            Moment::Date(_) | Moment::Floating(_) => None,
        };
        Self { zoned, whole_days: start.is_date(), start: seconds(start.local()) }
    }

    pub(super) const fn whole_days(&self) -> bool {
        self.whole_days
    }

    /// The offsets of a zoned series.
    pub(super) fn offsets(&self) -> Option<&Offsets<'a>> {
        self.zoned.as_ref().map(|zoned| &zoned.offsets)
    }

    /// Whether a zone is the series' own.
    pub(super) fn is_in(&self, zone: &Zone) -> bool {
        self.zoned.as_ref().is_some_and(|own| own.zone == zone)
    }

    /// The key of a generated wall-clock time; `None` for one in a gap, which RFC 5545 3.3.10 ignores.
    pub(super) fn key_of_generated(&self, local: i64) -> Option<i64> {
        let Some(offsets) = self.offsets() else { return Some(local) };
        let reading = offsets.of_reading(local);
        // DTSTART is stated, not generated.
        let counts = local == self.start || (!reading.in_gap && self.is_after_start(local, reading.instant, offsets));
        counts.then_some(reading.instant)
    }

    /// A DTSTART in a gap is as late as times that read later; it is the first instance, so that they are none.
    fn is_after_start(&self, local: i64, instant: i64, offsets: &Offsets<'_>) -> bool {
        // No gap is as long as this.
        local - self.start > 2 * DAY || instant > offsets.of_lone_reading(self.start).instant
    }

    /// The key of a stated start: an RDATE, EXDATE or RECURRENCE-ID in any form.
    ///
    /// A date against a timed series stands for DTSTART's time of that day. Against a floating or whole-day series only the
    /// reading counts: those have no instants, and whoever writes UTC there has taken the reading for one.
    pub(super) fn key_of_stated(&self, moment: &Moment) -> i64 {
        let local = self.local_of_stated(moment);
        match (self.offsets(), moment) {
            (Some(_), Moment::Zoned(at, zone)) if !self.is_in(zone) => instant_of(*at, zone.rules()),
            (Some(offsets), _) => offsets.of_lone_reading(local).instant,
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
        self.offsets().map_or(key, |offsets| key + offsets.at(key))
    }

    /// A start of the series in its own form.
    pub(super) fn moment(&self, local: i64) -> Moment {
        let at = datetime(local);
        match &self.zoned {
            Some(zoned) => Moment::Zoned(at, zoned.zone.clone()),
            None if self.whole_days => Moment::Date(at.date()),
            None => Moment::Floating(at),
        }
    }
}
