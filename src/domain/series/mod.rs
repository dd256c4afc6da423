//! [`Series`]: a master and its overrides, assembled from mirrored events.

pub mod cadence;
pub mod de_facto;
pub mod density;
pub mod known;
pub mod links;
pub mod matching;
pub mod people;
pub mod scheduled;
pub mod stitch;

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::event::Event;
use super::one_on_one::{Cadence, OneOnOneId, ScheduleId, Verdict};
use super::person::Person;
use super::snapshot::{Mirrored, Snapshot};
use super::source::{Source, SourceId, SourceKind, Whose};

/// A recurring event with everything that the mirror holds of it.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Its uid; for a *de facto* one, a name made from the person.
    pub uid: String,
    /// What it is made of.
    pub body: Body<'a>,
}

/// What a series is made of.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// A master with its overrides, as each calendar that has it shows them; never empty, by source.
    Recurring {
        /// The copies.
        copies: Vec<Copy<'a>>,
    },
    /// Separate events that recur in fact, by start; those that were deleted as well.
    DeFacto {
        /// The events.
        events: Vec<Single<'a>>,
        /// With whom.
        person: Person,
        /// At which spacing.
        cadence: Cadence,
        /// Whether guests show with whom, or titles alone.
        verdict: Verdict,
    },
}

/// A series as one calendar shows it.
#[derive(Clone, Debug)]
pub struct Copy<'a> {
    /// The calendar.
    pub source: &'a Source,
    /// The master.
    pub master: &'a Mirrored,
    /// The overrides that still count.
    pub overrides: Vec<&'a Mirrored>,
}

/// An event that happens once, as each calendar that has it shows it; never empty, by source.
#[derive(Clone, Debug)]
pub struct Single<'a> {
    /// The copies.
    pub copies: Vec<(&'a Source, &'a Mirrored)>,
}

/// The mirrored events of the owner's calendars, sorted out, each uid once, by uid.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    /// Masters with their overrides.
    pub recurring: Vec<Series<'a>>,
    /// Events that happen once, overrides without a master among them.
    pub single: Vec<Single<'a>>,
}

impl<'a> Series<'a> {
    /// The event that shows title, guests and organiser as they are now, with its calendar: the master, or the last *de facto* event.
    #[must_use]
    pub fn face(&self) -> Option<(&'a Source, &'a Mirrored)> {
        match &self.body {
            Body::Recurring { copies } => Self::newest(copies).map(|copy| (copy.source, copy.master)),
            Body::DeFacto { events, .. } => {
                let there = events.iter().rev().map(Single::face).find(|(_, held)| held.vanished.is_none());
                there.or_else(|| events.last().map(Single::face))
            }
        }
    }

    /// The copy to believe where only one can be shown.
    #[must_use]
    pub fn newest<'s>(copies: &'s [Copy<'a>]) -> Option<&'s Copy<'a>> {
        copies.iter().max_by(|a, b| rank(a.master, b.master))
    }

    /// The calendar to write to: one that still shows it and takes writes, else the one that shows it best.
    #[must_use]
    pub fn place(&self) -> Option<&'a Source> {
        let copies: Vec<(&'a Source, &'a Mirrored)> = match &self.body {
            Body::Recurring { copies } => copies.iter().map(|copy| (copy.source, copy.master)).collect(),
            Body::DeFacto { events, .. } => {
                let there = events.iter().rev().find(|single| single.face().1.vanished.is_none());
                there.or_else(|| events.last()).map(|single| single.copies.clone()).unwrap_or_default()
            }
        };
        let useful = |source: &Source, held: &Mirrored| {
            (held.vanished.is_none(), !source.read_only, source.kind == SourceKind::Api)
        };
        let best =
            copies.into_iter().max_by(|a, b| useful(a.0, a.1).cmp(&useful(b.0, b.1)).then_with(|| rank(a.1, b.1)));
        best.map(|(source, _)| source)
    }

    /// Names the rule by which it recurs.
    #[must_use]
    pub fn schedule_id(&self) -> Option<ScheduleId> {
        match &self.body {
            Body::Recurring { copies } => Self::newest(copies).map(|copy| schedule_id(&copy.master.event)),
            Body::DeFacto { .. } => None,
        }
    }
}

impl<'a> Single<'a> {
    /// The copy to believe where only one can be shown.
    #[must_use]
    pub fn face(&self) -> (&'a Source, &'a Mirrored) {
        let rest = self.copies.iter().skip(1).copied();
        rest.fold(self.copies[0], |best, one| if rank(one.1, best.1).is_gt() { one } else { best })
    }
}

/// Which of two copies of an event to believe: one that is still there, then the latest revision; else any, but always the same one,
/// whatever the calendars are called and whichever was read last.
fn rank(one: &Mirrored, other: &Mirrored) -> Ordering {
    let is_there = |held: &Mirrored| held.vanished.is_none();
    is_there(one).cmp(&is_there(other)).then_with(|| revision(&one.event, &other.event))
}

/// Which of two copies of an event is the later revision; else any, but always the same one.
pub fn revision(one: &Event, other: &Event) -> Ordering {
    let worth = |event: &Event| (event.sequence, event.modified);
    let text = |event: &Event| serde_json::to_string(event).unwrap_or_default();
    worth(one).cmp(&worth(other)).then_with(|| text(one).cmp(&text(other)))
}

fn schedule_id(event: &Event) -> ScheduleId {
    use sha2::{Digest, Sha256};
    let recurrence = event.recurrence.as_ref();
    let parts = recurrence.map(|rules| (&rules.rules, &rules.dates, &rules.excluded_rules));
    let text = serde_json::to_vec(&(&event.start, parts)).unwrap_or_default();
    ScheduleId(Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat())
}

/// A short name for a uid: eight characters of Crockford's base 32 over its SHA-256.
#[must_use]
pub fn short_id(uid: &str) -> OneOnOneId {
    use sha2::{Digest, Sha256};
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digest = Sha256::digest(uid.as_bytes());
    let letters = digest.iter().take(8).map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    OneOnOneId(letters.collect())
}

/// Sorts the events of the owner's calendars into series and single events.
#[must_use]
pub fn sort(snapshot: &Snapshot) -> Sorted<'_> {
    let owners: BTreeMap<&SourceId, &Source> = snapshot
        .sources
        .iter()
        .filter(|source| source.whose == Whose::Owner)
        .map(|source| (&source.id, source))
        .collect();
    let mut groups: Vec<(&Mirrored, &Source)> =
        snapshot.events.iter().filter_map(|held| Some((held, *owners.get(&held.source)?))).collect();
    groups.sort_by(|(a, _), (b, _)| (&a.event.uid, &a.source).cmp(&(&b.event.uid, &b.source)));
    let mut sorted = Sorted::default();
    for of_one_uid in groups.chunk_by(|(a, _), (b, _)| a.event.uid == b.event.uid) {
        sorted.take(of_one_uid);
    }
    sorted
}

impl<'a> Sorted<'a> {
    fn take(&mut self, of_one_uid: &[(&'a Mirrored, &'a Source)]) {
        let in_sources = || of_one_uid.chunk_by(|(a, _), (b, _)| a.source == b.source);
        let copies: Vec<Copy<'a>> = in_sources().filter_map(copy).collect();
        if !copies.is_empty() {
            let uid = of_one_uid[0].0.event.uid.clone();
            self.recurring.push(Series { uid, body: Body::Recurring { copies } });
            return;
        }
        // Several sessions of somebody's series are events of their own where nobody shows the series.
        let mut singles: BTreeMap<Option<Timestamp>, Single<'a>> = BTreeMap::new();
        for &(held, source) in of_one_uid {
            let original = held.event.overrides.as_ref().map(|id| id.original.instant(&TimeZone::UTC));
            singles.entry(original).or_insert_with(|| Single { copies: Vec::new() }).copies.push((source, held));
        }
        self.single.extend(singles.into_values());
    }
}

/// A series as one source shows it; none where it has no master.
fn copy<'a>(in_source: &[(&'a Mirrored, &'a Source)]) -> Option<Copy<'a>> {
    let is_master = |held: &Mirrored| held.event.recurrence.is_some() && held.event.overrides.is_none();
    let &(master, source) = in_source.iter().find(|(held, _)| is_master(held))?;
    let excepted: OnceCell<BTreeSet<Timestamp>> = OnceCell::new();
    let excepted = || excepted.get_or_init(|| excepted_by(master));
    let overrides =
        in_source.iter().map(|&(held, _)| held).filter(|held| still_counts(held, master, excepted)).collect();
    Some(Copy { source, master, overrides })
}

/// The original starts that a master excepts.
fn excepted_by(master: &Mirrored) -> BTreeSet<Timestamp> {
    let excluded = master.event.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    excluded.map(|excluded| excluded.instant(&TimeZone::UTC)).collect()
}

/// An override that vanished from a living series still counts while nobody agreed that it is gone, and for good where
/// it had ended before: feeds roll on. Where the series excepts its instance, the exception is the later word.
fn still_counts<'e>(held: &Mirrored, master: &Mirrored, excepted: impl Fn() -> &'e BTreeSet<Timestamp>) -> bool {
    let Some(id) = &held.event.overrides else { return false };
    let Some(vanished) = held.vanished else { return true };
    if master.vanished.is_some() {
        return true;
    }
    let ended_before = held.event.end.instant(&TimeZone::UTC) <= vanished.last_seen;
    let is_excepted = excepted().contains(&id.original.instant(&TimeZone::UTC));
    !is_excepted && (ended_before || vanished.confirmed.is_none())
}
