//! The sessions that a series schedules, before they are judged.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::budget::{Allowance, Ended};
use crate::domain::detection::title::says_called_off;
use crate::domain::event::Status;
use crate::domain::recurrence::{self, Expansion, Options, Override, Window};
use crate::domain::series::density::is_denser_than_daily;
use crate::domain::series::{Body, Copy, Series, Single};
use crate::domain::snapshot::{Mirrored, Vanished};
use crate::domain::source::Source;
use crate::domain::span::{Between, Span};

/// One session as one calendar shows it.
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

/// What a calendar shows of one session.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The calendar.
    pub source: &'a Source,
    /// What it shows.
    pub session: Scheduled<'a>,
    /// The revision of what it shows, as the organiser counts it.
    pub revision: u32,
    /// Whether the series stands there, so that a cancelled session is that and no part of a cancelled series.
    pub lives: bool,
}

/// One session that a series puts on the calendar, with everything that calendars show of it.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Its start as the series gave it.
    pub original: Timestamp,
    /// What each calendar shows whose word is not outdated; never empty.
    pub sightings: Vec<Observation<'a>>,
    /// Whether a calendar has another rule for the series, by which there is no such session, and neither is newer.
    pub disputed: bool,
}

/// The sessions of a series, and where it ends.
#[derive(Clone, Debug, Default)]
pub struct Schedule<'a> {
    /// Inside the window, by original start.
    pub sessions: Vec<Expected<'a>>,
    /// The first one ever.
    pub first: Timestamp,
    /// The last one, where the rule has ended or ends soon; `None` while it lives on.
    pub last: Option<Timestamp>,
    /// How the series went away as a whole, where it did.
    pub gone: Option<SeriesRemoval>,
    /// Whether it comes more often than daily; then no more of it is told than that.
    pub is_dense: bool,
    /// Whether finding its sessions takes more work than may be done; then they are not all here.
    pub is_cut: bool,
}

/// How a series went away as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesRemoval {
    /// Between which reads; none where no read ever showed it standing.
    pub between: Option<Between>,
    /// Whether it counts: a second read agrees, or its calendar says so in words.
    pub is_sure: bool,
}

/// How far behind the window a series that can end is followed to see whether it does.
const FOLLOW: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

impl Expected<'_> {
    /// Where it is, as the first of its sightings has it.
    #[must_use]
    pub fn span(&self) -> Span {
        self.sightings.first().map_or(Span::new(self.original, self.original), |sighting| sighting.session.span)
    }
}

/// The sessions of a series inside a window, as far as `allowance` lets them be found; `here` places floating times.
#[must_use]
pub fn schedule<'a>(series: &Series<'a>, window: Span, here: &TimeZone, allowance: &mut Allowance) -> Schedule<'a> {
    match &series.body {
        Body::Recurring { copies } => recurring(copies, window, here, allowance),
        Body::DeFacto { events, .. } => separate(events, window, here),
    }
}

/// Whether an event was called off as a whole: by its status, or by a title that says so on a time that is marked as free.
#[must_use]
pub fn is_called_off(held: &Mirrored) -> bool {
    let event = &held.event;
    event.status == Status::Cancelled || (!event.busy && says_called_off(&event.title))
}

fn recurring<'a>(copies: &[Copy<'a>], window: Span, here: &TimeZone, allowance: &mut Allowance) -> Schedule<'a> {
    let mut shown: Vec<Vec<Scheduled<'a>>> = Vec::with_capacity(copies.len());
    for copy in copies {
        let rules = Rules::new(copy.master, window, here);
        let sessions = instances_by(&rules, &copy.overrides, allowance);
        let is_dense = allowance.ended() == Some(Ended::TooMany) || is_denser_than_daily(&originals(&sessions));
        if is_dense || allowance.ended().is_some() {
            return Schedule { is_dense, is_cut: !is_dense, ..Schedule::default() };
        }
        shown.push(once_each(&rules, sessions, allowance));
    }
    let sessions = merged(copies, &shown);
    let newest = Series::newest(copies);
    let first = newest.map(|copy| copy.master.event.start.instant(here)).unwrap_or_default();
    let originals: Vec<Timestamp> = sessions.iter().map(|session| session.original).collect();
    let last = newest.and_then(|copy| end_of_rule(&Rules::new(copy.master, window, here), &originals, allowance));
    Schedule { sessions, first, last, gone: gone(copies), is_dense: false, is_cut: allowance.ended().is_some() }
}

fn originals(sessions: &[Scheduled<'_>]) -> Vec<Timestamp> {
    sessions.iter().map(|session| session.original).collect()
}

/// How a series went away: only where every calendar that had it says so.
fn gone(copies: &[Copy<'_>]) -> Option<SeriesRemoval> {
    let each: Option<Vec<SeriesRemoval>> = copies.iter().map(gone_from).collect();
    each?.into_iter().max_by_key(|gone| (!gone.is_sure, gone.between.map(|between| between.before)))
}

fn gone_from(copy: &Copy<'_>) -> Option<SeriesRemoval> {
    if let Some(vanished) = copy.master.vanished {
        let between = Between { after: vanished.last_seen, before: vanished.missed };
        return Some(SeriesRemoval { between: Some(between), is_sure: vanished.confirmed.is_some() });
    }
    let between = copy.source.news.and_then(|news| Some(Between { after: news.after?, before: news.before }));
    is_called_off(copy.master).then_some(SeriesRemoval { between, is_sure: true })
}

/// Puts together what several calendars show of the same sessions.
fn merged<'a>(copies: &[Copy<'a>], shown: &[Vec<Scheduled<'a>>]) -> Vec<Expected<'a>> {
    let is_there = copies.iter().any(|copy| gone_from(copy).is_none());
    // What one calendar no longer has, another that has it knows better.
    let speaking = || copies.iter().zip(shown).filter(move |(copy, _)| !is_there || gone_from(copy).is_none());
    let mut by_original: BTreeMap<Timestamp, Vec<Observation<'a>>> = BTreeMap::new();
    for (copy, sessions) in speaking() {
        for session in sessions {
            let lives = gone_from(copy).is_none();
            // A session that was set apart may be older than its series, and the calendar knows both.
            let revision = session.shown_by.event.sequence.max(copy.master.event.sequence);
            let sighting = Observation { source: copy.source, session: *session, revision, lives };
            by_original.entry(session.original).or_default().push(sighting);
        }
    }
    let voices = speaking().count();
    let expected = by_original.into_iter().filter_map(|(original, sightings)| {
        let silent = (sightings.len() < voices).then(|| newest_silent(original, speaking())).flatten();
        expected(original, sightings, silent)
    });
    expected.collect()
}

/// The revision of the newest copy that has no such session.
fn newest_silent<'c, 'a: 'c>(
    original: Timestamp,
    speaking: impl Iterator<Item = (&'c Copy<'a>, &'c Vec<Scheduled<'a>>)>,
) -> Option<u32> {
    let has_it =
        |sessions: &[Scheduled<'_>]| sessions.binary_search_by_key(&original, |session| session.original).is_ok();
    speaking.filter(|(_, sessions)| !has_it(sessions)).map(|(copy, _)| copy.master.event.sequence).max()
}

/// A session by its newest sightings; none where a newer copy of the series has no such session.
fn expected(original: Timestamp, mut sightings: Vec<Observation<'_>>, silent: Option<u32>) -> Option<Expected<'_>> {
    let newest = sightings.iter().map(|sighting| sighting.revision).max()?;
    if silent.is_some_and(|silent| silent > newest) {
        return None;
    }
    sightings.retain(|sighting| sighting.revision == newest);
    Some(Expected { original, disputed: silent == Some(newest), sightings })
}

/// The instances of a master inside a window, by original start, with its overrides in their places, as far as `allowance` lets them
/// be found.
pub fn instances<'a>(
    master: &'a Mirrored,
    overrides: &[&'a Mirrored],
    window: Span,
    here: &TimeZone,
    allowance: &mut Allowance,
) -> Vec<Scheduled<'a>> {
    instances_by(&Rules::new(master, window, here), overrides, allowance)
}

fn instances_by<'a>(
    rules: &Rules<'a, '_>,
    overrides: &[&'a Mirrored],
    allowance: &mut Allowance,
) -> Vec<Scheduled<'a>> {
    let Rules { master, window, here, .. } = *rules;
    let placed: Vec<Override> = overrides.iter().filter_map(|held| placing(held)).collect();
    let found = rules.expand(&placed, window, Options::default(), allowance);
    allowance.note(&found);
    let mut sessions: Vec<Scheduled<'a>> = Vec::with_capacity(found.instances.len());
    for instance in &found.instances {
        let original = instance.original.instant(here);
        let own = instance.overridden_by.and_then(|index| overrides.get(index)).copied();
        let is_off = own.is_some_and(|held| held.event.status == Status::Cancelled);
        let is_stray = is_off && !rules.generate(original, allowance);
        let is_after_the_end = deleted(master).is_some_and(|missed| original >= missed);
        if is_stray || is_after_the_end {
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
    sessions
}

/// When a series that was deleted was first missed.
fn deleted(master: &Mirrored) -> Option<Timestamp> {
    let is_sure = |vanished: &Vanished| vanished.confirmed.is_some() || planted!("series-gone-after-one-read");
    master.vanished.filter(is_sure).map(|vanished| vanished.missed)
}

/// Leaves out the sessions that another one, set apart under an earlier rule, stands for: where all of a series was put to another
/// time, a session that had been changed before keeps the name that it had under the old one.
fn once_each<'a>(rules: &Rules<'_, '_>, sessions: Vec<Scheduled<'a>>, allowance: &mut Allowance) -> Vec<Scheduled<'a>> {
    let by_themselves = sessions.iter().filter(|session| session.by_itself).map(|session| session.original);
    let earlier: Vec<Timestamp> = by_themselves.filter(|&original| !rules.generate(original, allowance)).collect();
    if earlier.is_empty() {
        return sessions;
    }
    let mut plain: Vec<Timestamp> =
        sessions.iter().filter(|session| !session.by_itself).map(|session| session.original).collect();
    let mut replaced = BTreeSet::new();
    for original in earlier {
        let next = plain.partition_point(|&start| start < original);
        let (before, after) = (next.checked_sub(1).and_then(|at| plain.get(at)), plain.get(next));
        let (Some(&before), Some(&after)) = (before, after) else { continue };
        let half = after.duration_since(before) / 2;
        let nearest = if original.duration_since(before) < half { Some(next - 1) } else { None };
        let nearest = nearest.or((after.duration_since(original) < half).then_some(next));
        replaced.extend(nearest.map(|at| plain.remove(at)));
    }
    sessions.into_iter().filter(|session| session.by_itself || !replaced.contains(&session.original)).collect()
}

/// The rules and dates of a master, without its overrides.
struct Rules<'a, 'h> {
    master: &'a Mirrored,
    window: Span,
    here: &'h TimeZone,
    /// The original starts inside the window, once they are asked for.
    inside: OnceCell<BTreeSet<Timestamp>>,
}

impl<'a, 'h> Rules<'a, 'h> {
    const fn new(master: &'a Mirrored, window: Span, here: &'h TimeZone) -> Self {
        Self { master, window, here, inside: OnceCell::new() }
    }

    /// Whether they have a session at this original start. A cancelled override of a session that nobody expects (left over from an
    /// earlier rule) says nothing.
    fn generate(&self, original: Timestamp, allowance: &mut Allowance) -> bool {
        if self.window.contains(original) {
            return self.inside.get_or_init(|| self.originals(self.window, allowance)).contains(&original);
        }
        let end = original.checked_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
        self.originals(Span::new(original, end), allowance).contains(&original)
    }

    fn originals(&self, window: Span, allowance: &mut Allowance) -> BTreeSet<Timestamp> {
        let found = self.expand(&[], window, Options::default(), allowance);
        allowance.note(&found);
        found.instances.iter().map(|instance| instance.original.instant(self.here)).collect()
    }

    fn expand(&self, placed: &[Override], window: Span, options: Options, allowance: &mut Allowance) -> Expansion {
        let none = recurrence::Recurrence::default();
        let event = &self.master.event;
        let series = recurrence::Series {
            start: &event.start,
            end: &event.end,
            recurrence: event.recurrence.as_ref().unwrap_or(&none),
            overrides: placed,
        };
        let window = Window { from: window.start, to: window.end, here: self.here.clone() };
        allowance.expand(&series, &window, Options { keep_excluded: true, ..options })
    }
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

/// A few instances beyond the window are enough to see that a series goes on.
const A_FEW: usize = 16;

/// The last session of a series that can end, if nothing of it lies beyond the window.
fn end_of_rule(rules: &Rules<'_, '_>, originals: &[Timestamp], allowance: &mut Allowance) -> Option<Timestamp> {
    let Rules { master, window, here, .. } = *rules;
    let stated = &master.event.recurrence.as_ref()?.rules;
    let can_end = stated.iter().all(|rule| rule.count().is_some() || rule.until().is_some());
    if !can_end {
        return None;
    }
    let beyond = Span::new(window.end, window.end.checked_add(FOLLOW).unwrap_or(Timestamp::MAX));
    let found = rules.expand(&[], beyond, Options { most: A_FEW, ..Options::default() }, allowance);
    if found.truncated && !found.full {
        allowance.note(&found);
    }
    let goes_on = found.truncated || !found.instances.is_empty();
    let last = originals.last().copied().unwrap_or_else(|| master.event.start.instant(here));
    (!goes_on).then_some(last)
}

fn separate<'a>(events: &[Single<'a>], window: Span, here: &TimeZone) -> Schedule<'a> {
    let mut sessions: Vec<Expected<'a>> =
        events.iter().map(|single| of_single(single, here)).filter(|one| one.span().overlaps(&window)).collect();
    sessions.sort_by_key(|session| session.original);
    let first = sessions.first().map(|session| session.original).unwrap_or_default();
    let last = sessions.last().map(|session| session.original);
    Schedule { sessions, first, last, gone: None, is_dense: false, is_cut: false }
}

/// An event that happens once, as a session of its own.
#[must_use]
pub fn of_single<'a>(single: &Single<'a>, here: &TimeZone) -> Expected<'a> {
    let is_there = single.copies.iter().any(|(_, held)| held.vanished.is_none());
    let speaking = single.copies.iter().filter(|(_, held)| !is_there || held.vanished.is_none());
    let newest = speaking.clone().map(|(_, held)| held.event.sequence).max().unwrap_or_default();
    let sightings: Vec<Observation<'a>> = speaking
        .filter(|(_, held)| held.event.sequence == newest)
        .map(|&(source, held)| {
            let span = Span::new(held.event.start.instant(here), held.event.end.instant(here));
            let session = Scheduled { original: span.start, span, excepted: false, shown_by: held, by_itself: true };
            Observation { source, session, revision: newest, lives: true }
        })
        .collect();
    let original = sightings.iter().map(|sighting| sighting.session.original).min().unwrap_or_default();
    Expected { original, sightings, disputed: false }
}
