//! [`Shape`]: where a series or a range of it places an instance, and which original starts can reach a window.

use jiff::tz::TimeZone;

use super::civil::{DAY, datetime, datetime_near, seconds};
use super::frame::Frame;
use super::moment::Moment;
use super::offsets::{instant_of, offset_at};
use super::{Series, Window};

/// An expansion's window in seconds, with the zone for what has none.
#[derive(Debug)]
pub(super) struct View<'w> {
    /// The last whole second not after the window's start.
    pub(super) from: i64,
    /// The first whole second not before it.
    from_above: i64,
    pub(super) to: i64,
    pub(super) here: &'w TimeZone,
}

impl<'w> View<'w> {
    pub(super) fn of(window: &'w Window) -> Self {
        let above = |at: jiff::Timestamp| at.as_second() + i64::from(at.subsec_nanosecond() > 0);
        let below = window.from.as_second() - i64::from(window.from.subsec_nanosecond() < 0);
        Self { from: below, from_above: above(window.from), to: above(window.to), here: &window.here }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.from_above >= self.to && self.from >= self.to
    }

    /// The instant of a moment in seconds.
    pub(super) fn instant(&self, moment: &Moment) -> i64 {
        instant_of(moment.local(), zone_of(moment, self))
    }

    /// `false` where it takes no zone to see that a stretch is out of the window.
    pub(super) fn may_meet(&self, start: &Moment, end: &Moment) -> bool {
        let (start, end) = (seconds(start.local()), seconds(end.local()));
        start.max(end) >= self.from.saturating_sub(2 * DAY) && start <= self.to.saturating_add(2 * DAY)
    }

    /// Whether a stretch of instants shares time with the window; one of no length counts by its start.
    pub(super) const fn meets(&self, start: i64, end: i64) -> bool {
        start < self.to && if end > start { end > self.from } else { start >= self.from_above }
    }
}

/// Where a master, or the override that begins a range, puts instances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    start: &'a Moment,
    end: &'a Moment,
    /// How far its start is from the original one, in wall-clock seconds.
    shift: i64,
    length: Length,
    pub(super) overridden_by: Option<usize>,
}

/// How long instances are (RFC 5545 3.8.5.3): of real time in a zone, of the calendar without one.
#[derive(Clone, Copy, Debug)]
enum Length {
    Exact(i64),
    Nominal(i64),
}

/// An instance's place.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl<'a> Shape<'a> {
    pub(super) fn of_master(series: &Series<'a>) -> Self {
        Self::new(series.start, series.end, seconds(series.start.local()), None)
    }

    /// The shape that a range, or without one the master, gives to instances.
    pub(super) fn in_force(series: &Series<'a>, range: Option<usize>, frame: &Frame<'_>) -> Self {
        match range.and_then(|at| Some((at, series.overrides.get(at)?))) {
            Some((at, over)) => {
                let original = frame.local_of(frame.key_of_stated(&over.original));
                Self::new(&over.start, &over.end, original, Some(at))
            }
            None => Self::of_master(series),
        }
    }

    fn new(start: &'a Moment, end: &'a Moment, original: i64, overridden_by: Option<usize>) -> Self {
        Self {
            start,
            end,
            shift: seconds(start.local()) - original,
            length: Length::between(start, end),
            overridden_by,
        }
    }

    /// Where the instance goes whose original start reads `local` and has the key `key`.
    pub(super) fn place(&self, local: i64, key: i64, view: &View<'_>, frame: &Frame<'_>) -> Placed {
        if let (Length::Exact(length), None) = (self.length, self.overridden_by) {
            return self.place_unmoved(local, key, length, frame);
        }
        let local = local + self.shift;
        let zone = zone_of(self.start, view);
        let from = instant_of(datetime(local), zone);
        match self.length {
            Length::Nominal(length) => {
                let (start, end) = (datetime(local), datetime(local.saturating_add(length)));
                let to = instant_of(end, zone);
                Placed { start: self.start.with_local(start), end: self.end.with_local(end), from, to }
            }
            Length::Exact(length) => {
                let to = from.saturating_add(length);
                let start = self.start.with_local(datetime(from + offset_at(from, zone)));
                Placed { start, end: at_instant(self.end, to, zone_of(self.end, view)), from, to }
            }
        }
    }

    /// An instance of the master in its zone: where nothing moves it, its key is its instant.
    fn place_unmoved(&self, local: i64, key: i64, length: i64, frame: &Frame<'_>) -> Placed {
        let to = key.saturating_add(length);
        let start = frame.moment(local);
        let end = match (self.end, frame.offsets()) {
            (Moment::Zoned(_, zone), Some(_)) if !frame.is_in(zone) => at_instant(self.end, to, zone.rules()),
            _ => start.with_local(datetime_near(start.local(), frame.local_of(to))),
        };
        Placed { start, end, from: key, to }
    }

    /// The original wall-clock readings, from and up to, outside of which no instance meets the window.
    pub(super) fn reach(&self, view: &View<'_>, frame: &Frame<'_>) -> (i64, i64) {
        // Within a day of a change of offset both offsets are tried: a reading in a gap or an overlap has two meanings.
        const BEFORE: i64 = DAY + 7_200;
        if let (Length::Exact(length), None, Some(offsets)) = (self.length, self.overridden_by, frame.offsets()) {
            let first = view.from.saturating_sub(length);
            let from = first.saturating_add(offsets.at(first.saturating_sub(BEFORE)).min(offsets.at(first)));
            // The walk ends at the first key past the window, so that its end needs no offset.
            return (from, view.to.saturating_add(BEFORE));
        }
        let zone = zone_of(self.start, view);
        let offsets = |at: i64| (offset_at(at, zone), offset_at(at.saturating_sub(BEFORE), zone));
        let (exact, nominal) = match self.length {
            Length::Exact(length) => (length, 0),
            Length::Nominal(length) => (0, length),
        };
        let first = view.from.saturating_sub(exact);
        let (now, earlier) = offsets(first);
        let from = first.saturating_add(now.min(earlier)).saturating_sub(nominal);
        let (now, earlier) = offsets(view.to);
        let to = view.to.saturating_add(now.max(earlier));
        (from.saturating_sub(self.shift), to.saturating_sub(self.shift))
    }
}

impl Length {
    fn between(start: &Moment, end: &Moment) -> Self {
        match (start, end) {
            (Moment::Zoned(start, zone), Moment::Zoned(end, end_zone)) => {
                Self::Exact((instant_of(*end, end_zone.rules()) - instant_of(*start, zone.rules())).max(0))
            }
            _ => Self::Nominal((seconds(end.local()) - seconds(start.local())).max(0)),
        }
    }
}

/// The same form of moment at an instant.
fn at_instant(moment: &Moment, instant: i64, zone: &TimeZone) -> Moment {
    moment.with_local(datetime(instant.saturating_add(offset_at(instant, zone))))
}

/// The zone in which a moment is an instant.
fn zone_of<'a>(moment: &'a Moment, view: &'a View<'_>) -> &'a TimeZone {
    match moment {
        Moment::Zoned(_, zone) => zone.rules(),
        Moment::Date(_) | Moment::Floating(_) => view.here,
    }
}
