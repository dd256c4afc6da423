//! Loads the snapshot: everything the rules may see, read at one instant.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::available_parallelism;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{
    Error, Store, availability, back_off, decisions, journal, ledger, notices, offers, poll, readable, unstamp,
};
use crate::domain::snapshot::{Horizon, Mirrored, Snapshot, Vanished};
use crate::domain::source::{Credential, GuestNotice, Source, SourceId, SourceKind, Whose};

/// A calendar of the config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// Which.
    pub id: SourceId,
    /// How it is read.
    pub kind: SourceKind,
    /// Whether nothing can be written there.
    pub read_only: bool,
    /// Whose time it shows.
    pub whose: Whose,
    /// What it is signed in to with.
    pub credential: Credential,
    /// How guests learn of what is written there, where that is known without asking the server.
    pub guest_notice: Option<GuestNotice>,
}

impl Store {
    /// Everything the rules may know: of `sources` alone, and of their events those that reach into `horizon`.
    ///
    /// Every row of a uid is there as soon as one row of a series reaches in; tombstones are there too. Sources that are
    /// not asked for keep their rows unseen. Lines of the ledger that are dated after the horizon are left out.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read. A record that cannot be read is left out and logged.
    pub async fn snapshot(&self, sources: Vec<Configured>, horizon: Horizon) -> Result<Snapshot, Error> {
        self.look(move |db| Ok(whole(db, sources, horizon)?)).await
    }
}

pub(super) fn whole(db: &Connection, sources: Vec<Configured>, horizon: Horizon) -> rusqlite::Result<Snapshot> {
    let (sources, events) = calendars(db, sources, horizon)?;
    Ok(Snapshot { sources, events, ..remembered(db, horizon)? })
}

/// Everything but calendars and their events.
pub(super) fn remembered(db: &Connection, horizon: Horizon) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        known: ledger::known(db)?,
        ledger: ledger::last_lines(db, horizon.0.end)?,
        decisions: decisions::all(db)?,
        availability: availability::all(db)?,
        operations: journal::all(db)?,
        back_offs: back_off::all(db)?,
        offers: offers::all(db)?,
        told: notices::told(db)?,
        ..Snapshot::default()
    })
}

/// The sources with their freshness, and their events that reach into `horizon`.
pub(super) fn calendars(
    db: &Connection,
    sources: Vec<Configured>,
    horizon: Horizon,
) -> rusqlite::Result<(Vec<Source>, Vec<Mirrored>)> {
    let mut events = Vec::new();
    let mut seen = Vec::with_capacity(sources.len());
    for source in sources {
        let (id, state) = poll::state(db, &source.id)?.unzip();
        if let Some(id) = id {
            load(db, id, &source.id, horizon, &mut events)?;
        }
        seen.push(freshness(source, state.unwrap_or_default()));
    }
    Ok((seen, events))
}

pub(super) fn freshness(source: Configured, state: poll::PollState) -> Source {
    Source {
        id: source.id,
        kind: source.kind,
        read_only: source.read_only,
        whose: source.whose,
        first_success: state.first_success,
        last_success: state.last_success,
        news: state.news,
        stale_since: state.stale_since,
        problem: state.problem.map(|failure| failure.problem),
        credential: source.credential,
        guest_notice: source.guest_notice.or(state.guest_notice),
    }
}

const SINGLE: &str = "SELECT id, body, first_seen, last_seen, missed, confirmed, uid, instance FROM event
    WHERE source = ?1 AND recurring = 0 AND ends >= ?2 AND starts < ?3";

const SERIES: &str = "SELECT id, body, first_seen, last_seen, missed, confirmed, uid, instance FROM event
    WHERE source = ?1 AND recurring = 1 AND uid IN (
        SELECT uid FROM event WHERE source = ?1 AND recurring = 1 AND ends >= ?2 AND starts < ?3
    )";

const ONE: &str = "SELECT id, body, first_seen, last_seen, missed, confirmed, uid, instance FROM event WHERE id = ?1";

/// How many records make another thread worth its while.
const SHARE: usize = 1_000;
/// How many threads read records at most.
const MOST_THREADS: usize = 4;

/// An event as it is stored.
struct Record {
    uid: String,
    instance: String,
    id: i64,
    body: String,
    first_seen: Timestamp,
    vanished: Option<Vanished>,
}

/// Loads series by uid, then single events by uid.
pub(super) fn load(
    db: &Connection,
    id: i64,
    source: &SourceId,
    horizon: Horizon,
    into: &mut Vec<Mirrored>,
) -> rusqlite::Result<()> {
    load_series(db, id, source, horizon, into)?;
    load_by(db, SINGLE, seconds(id, horizon), source, into)
}

/// Loads series by uid.
pub(super) fn load_series(
    db: &Connection,
    id: i64,
    source: &SourceId,
    horizon: Horizon,
    into: &mut Vec<Mirrored>,
) -> rusqlite::Result<()> {
    load_by(db, SERIES, seconds(id, horizon), source, into)
}

/// A source and a horizon as queries are given them: in whole seconds, as the columns are, and so one more.
pub(super) fn seconds(source: i64, Horizon(span): Horizon) -> (i64, i64, i64) {
    (source, span.start.as_second(), span.end.as_second().saturating_add(1))
}

fn load_by(
    db: &Connection,
    sql: &str,
    given: (i64, i64, i64),
    source: &SourceId,
    into: &mut Vec<Mirrored>,
) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(sql)?;
    let mut records = query.query_map(given, record)?.collect::<rusqlite::Result<Vec<Record>>>()?;
    // Sorted here, as SQLite would set the bodies down in a file to sort them.
    records.sort_unstable_by(|a, b| (&a.uid, &a.instance).cmp(&(&b.uid, &b.instance)));
    mirrored(records, source, into);
    Ok(())
}

/// Loads these rows of a source.
pub(super) fn load_singles(
    db: &Connection,
    ids: impl Iterator<Item = i64>,
    source: &SourceId,
    into: &mut Vec<Mirrored>,
) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(ONE)?;
    let records = ids.map(|id| query.query_row([id], record)).collect::<rusqlite::Result<Vec<Record>>>()?;
    mirrored(records, source, into);
    Ok(())
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let first_seen = unstamp(row.get(2)?);
    let last_seen = row.get::<_, Option<i64>>(3)?.map_or(first_seen, unstamp);
    let missed: Option<i64> = row.get(4)?;
    let confirmed = row.get::<_, Option<i64>>(5)?.map(unstamp);
    let vanished = missed.map(|missed| Vanished { last_seen, missed: unstamp(missed), confirmed });
    Ok(Record { uid: row.get(6)?, instance: row.get(7)?, id: row.get(0)?, body: row.get(1)?, first_seen, vanished })
}

/// Reads the bodies, in their order, on several threads where there are many: it is most of the work of a snapshot.
fn mirrored(mut records: Vec<Record>, source: &SourceId, into: &mut Vec<Mirrored>) {
    let threads = available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS).min(records.len() / SHARE).max(1);
    let share = records.len().div_ceil(threads);
    let first: Vec<Record> = records.drain(..share).collect();
    std::thread::scope(|scope| {
        let read =
            |records: Vec<Record>| records.into_iter().filter_map(|record| record.read(source)).collect::<Vec<_>>();
        let mut others = Vec::new();
        while !records.is_empty() {
            let next: Vec<Record> = records.drain(..share.min(records.len())).collect();
            others.push(scope.spawn(move || read(next)));
        }
        into.extend(read(first));
        for other in others {
            into.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
}

impl Record {
    fn read(self, source: &SourceId) -> Option<Mirrored> {
        let event = readable("event", &self.id, &self.body)?;
        Some(Mirrored { source: source.clone(), event, first_seen: self.first_seen, vanished: self.vanished })
    }
}
