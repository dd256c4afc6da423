//! Owns series: the mirrored events put together again as the recurring things that people know.

pub mod cadence;
pub mod de_facto;
pub mod stitch;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::one_on_one::{Cadence, OneOnOneId};
use super::person::Person;
use super::snapshot::{Mirrored, Snapshot};
use super::source::{Source, SourceId, SourceKind, Whose};

/// A recurring event with everything that the mirror holds of it.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Its uid; for a *de facto* one, a name made from the person.
    pub uid: String,
    /// The calendar that it was taken from.
    pub source: &'a Source,
    /// What it is made of.
    pub body: Body<'a>,
}

/// What a series is made of.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// A master with its overrides.
    Recurring {
        /// The master.
        master: &'a Mirrored,
        /// The overrides that still count.
        overrides: Vec<&'a Mirrored>,
    },
    /// Separate events that recur in fact, by start; those that were deleted as well.
    DeFacto {
        /// The events.
        events: Vec<&'a Mirrored>,
        /// With whom.
        person: Person,
        /// At which spacing.
        cadence: Cadence,
    },
}

/// The mirrored events of the owner's calendars, sorted out; each uid once, from the best source that has it.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    /// Masters with their overrides.
    pub recurring: Vec<Series<'a>>,
    /// Events that happen once, overrides without a master among them.
    pub single: Vec<(&'a Source, &'a Mirrored)>,
}

impl<'a> Series<'a> {
    /// The event that shows title, guests and organiser as they are now: the master, or the last *de facto* event.
    #[must_use]
    pub fn face(&self) -> Option<&'a Mirrored> {
        match &self.body {
            Body::Recurring { master, .. } => Some(master),
            Body::DeFacto { events, .. } => {
                events.iter().rev().find(|event| event.vanished.is_none()).or_else(|| events.last()).copied()
            }
        }
    }
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
        let best = of_one_uid.chunk_by(|(a, _), (b, _)| a.source == b.source).max_by_key(|in_source| worth(in_source));
        if let Some(in_source) = best {
            sorted.take(in_source);
        }
    }
    sorted
}

/// Which copy of an event to believe where several calendars show it: one that is still there, from a live calendar
/// rather than a feed, the latest revision, the freshest source.
fn worth(copy: &[(&Mirrored, &Source)]) -> (bool, bool, u32, Option<Timestamp>) {
    let is_there = copy.iter().any(|(held, _)| held.vanished.is_none());
    let sequence = copy.iter().map(|(held, _)| held.event.sequence).max().unwrap_or(0);
    let source = copy.first().map(|(_, source)| *source);
    let is_live = source.is_some_and(|source| source.kind == SourceKind::Api);
    (is_there, is_live, sequence, source.and_then(|source| source.last_success))
}

impl<'a> Sorted<'a> {
    fn take(&mut self, copy: &[(&'a Mirrored, &'a Source)]) {
        let master = copy.iter().find(|(held, _)| held.event.recurrence.is_some() && held.event.overrides.is_none());
        let Some(&(master, source)) = master else {
            self.single.extend(copy.iter().map(|&(held, source)| (source, held)));
            return;
        };
        let overrides = copy.iter().map(|&(held, _)| held).filter(|held| still_counts(held, master)).collect();
        self.recurring.push(Series {
            uid: master.event.uid.clone(),
            source,
            body: Body::Recurring { master, overrides },
        });
    }
}

/// An override that vanished from a living series still counts while nobody agreed that it is gone, and for good where
/// it had ended before: feeds roll on. Where the series excepts its instance, the exception is the later word.
fn still_counts(held: &Mirrored, master: &Mirrored) -> bool {
    let Some(id) = &held.event.overrides else { return false };
    let Some(vanished) = held.vanished else { return true };
    if master.vanished.is_some() {
        return true;
    }
    let utc = jiff::tz::TimeZone::UTC;
    let ended_before = held.event.end.instant(&utc) <= vanished.last_seen;
    let original = id.original.instant(&utc);
    let excepted = master
        .event
        .recurrence
        .iter()
        .flat_map(|recurrence| &recurrence.excluded)
        .any(|excluded| excluded.instant(&utc) == original);
    !excepted && (ended_before || vanished.confirmed.is_none())
}
