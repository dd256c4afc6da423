//! Owns [`Scheduled`]: the sessions that a series puts on the calendar, before anyone judges them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Status;
use crate::domain::recurrence::{self, Options, Override, Window};
use crate::domain::series::{Body, Series};
use crate::domain::snapshot::Mirrored;
use crate::domain::span::Span;

/// One session that a series puts on the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Scheduled<'a> {
    /// Its start as the series gave it.
    pub original: Timestamp,
    /// Where it is now.
    pub span: Span,
    /// Whether the series excepts it.
    pub excepted: bool,
    /// The event that shows its guests and status: its override, else the master; for a *de facto* one, itself.
    pub shown_by: &'a Mirrored,
    /// Whether `shown_by` stands for this session alone.
    pub by_itself: bool,
}

/// The sessions of a series, and where it ends.
#[derive(Clone, Debug, Default)]
pub struct Schedule<'a> {
    /// Inside the window, by original start.
    pub sessions: Vec<Scheduled<'a>>,
    /// The first one ever.
    pub first: Timestamp,
    /// The last one, where the series has ended or ends soon; `None` while it lives on.
    pub last: Option<Timestamp>,
    /// Sessions from here on do not exist: the series was deleted or cancelled.
    pub cut: Option<Timestamp>,
    /// Whether the expansion ran out of its budget.
    pub truncated: bool,
}

/// How far behind the window a series that can end is followed to see whether it does.
const FOLLOW: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

/// The sessions of a series inside a window; `here` places floating times, `now` is when a cancelled series ends that
/// does not say so itself.
#[must_use]
pub fn schedule<'a>(series: &Series<'a>, window: Span, here: &TimeZone, now: Timestamp) -> Schedule<'a> {
    match &series.body {
        Body::Recurring { master, overrides } => recurring(master, overrides, window, here, now),
        Body::DeFacto { events, .. } => separate(events, window, here),
    }
}

fn recurring<'a>(
    master: &'a Mirrored,
    overrides: &[&'a Mirrored],
    window: Span,
    here: &TimeZone,
    now: Timestamp,
) -> Schedule<'a> {
    let (sessions, truncated) = instances(master, overrides, window, here, now);
    let cut = cut(master, now);
    let first = master.event.start.instant(here);
    let last = cut
        .is_some()
        .then(|| sessions.last().map_or(first, |session| session.original))
        .or_else(|| end_of_rule(master, &sessions, window, here));
    Schedule { sessions, first, last, cut, truncated }
}

/// The instances of a master inside a window, by original start, with its overrides in their places; and whether the
/// expansion ran out of its budget.
pub fn instances<'a>(
    master: &'a Mirrored,
    overrides: &[&'a Mirrored],
    window: Span,
    here: &TimeZone,
    now: Timestamp,
) -> (Vec<Scheduled<'a>>, bool) {
    let placed: Vec<Override> = overrides.iter().filter_map(|held| placing(held)).collect();
    let found = expand(master, &placed, window, here);
    let cut = cut(master, now);
    let mut sessions: Vec<Scheduled<'a>> = Vec::with_capacity(found.instances.len());
    for instance in &found.instances {
        let original = instance.original.instant(here);
        let own = instance.overridden_by.and_then(|index| overrides.get(index)).copied();
        let is_called_off = own.is_some_and(|held| held.event.status == Status::Cancelled);
        let is_stray = is_called_off && !generates(master, original, here);
        if is_stray || cut.is_some_and(|cut| original >= cut) {
            continue;
        }
        sessions.push(Scheduled {
            original,
            span: Span::new(instance.start.instant(here), instance.end.instant(here)),
            excepted: instance.excluded,
            shown_by: own.unwrap_or(master),
            by_itself: own.is_some_and(|held| held.event.overrides.as_ref().is_some_and(|id| !id.this_and_future)),
        });
    }
    sessions.sort_by_key(|session| session.original);
    sessions.dedup_by_key(|session| session.original);
    (sessions, found.truncated)
}

/// Whether the rules and dates themselves have a session at this original start. A cancelled override of a session that
/// nobody expects (left over from an earlier rule) says nothing.
fn generates(master: &Mirrored, original: Timestamp, here: &TimeZone) -> bool {
    let instant = Span::new(original, original.checked_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX));
    expand(master, &[], instant, here).instances.iter().any(|found| found.original.instant(here) == original)
}

fn placing(held: &Mirrored) -> Option<Override> {
    let id = held.event.overrides.as_ref()?;
    Some(Override {
        original: id.original.clone(),
        this_and_future: id.this_and_future,
        start: held.event.start.clone(),
        end: held.event.end.clone(),
        sequence: held.event.sequence,
    })
}

fn expand(master: &Mirrored, placed: &[Override], window: Span, here: &TimeZone) -> recurrence::Expansion {
    let none = recurrence::Recurrence::default();
    let series = recurrence::Series {
        start: &master.event.start,
        end: &master.event.end,
        recurrence: master.event.recurrence.as_ref().unwrap_or(&none),
        overrides: placed,
    };
    let window = Window { from: window.start, to: window.end, here: here.clone() };
    recurrence::expand(&series, &window, Options { keep_excluded: true, ..Options::default() })
}

/// Where a series that was deleted or called off as a whole stops.
fn cut(master: &Mirrored, now: Timestamp) -> Option<Timestamp> {
    let deleted = master.vanished.and_then(|vanished| vanished.confirmed.map(|_| vanished.missed));
    let called_off = master.event.status == Status::Cancelled;
    deleted.or_else(|| called_off.then(|| master.event.modified.unwrap_or(now).min(now)))
}

/// The last session of a series that can end, if nothing of it lies beyond the window.
fn end_of_rule(master: &Mirrored, sessions: &[Scheduled<'_>], window: Span, here: &TimeZone) -> Option<Timestamp> {
    let rules = &master.event.recurrence.as_ref()?.rules;
    let can_end = rules.iter().all(|rule| rule.count().is_some() || rule.until().is_some());
    if !can_end {
        return None;
    }
    let beyond = Span::new(window.end, window.end.checked_add(FOLLOW).unwrap_or(Timestamp::MAX));
    let goes_on = !expand(master, &[], beyond, here).instances.is_empty();
    let last = sessions.last().map_or_else(|| master.event.start.instant(here), |session| session.original);
    (!goes_on).then_some(last)
}

fn separate<'a>(events: &[&'a Mirrored], window: Span, here: &TimeZone) -> Schedule<'a> {
    let mut sessions: Vec<Scheduled<'a>> = events
        .iter()
        .map(|&held| {
            let span = Span::new(held.event.start.instant(here), held.event.end.instant(here));
            Scheduled { original: span.start, span, excepted: false, shown_by: held, by_itself: true }
        })
        .filter(|session| session.span.overlaps(&window))
        .collect();
    sessions.sort_by_key(|session| session.original);
    let first = sessions.first().map(|session| session.original).unwrap_or_default();
    let last = sessions.last().map(|session| session.original);
    Schedule { sessions, first, last, cut: None, truncated: false }
}
