//! Owns the snapshot: what the rules get to see of the store, all of it read at one instant.

use rusqlite::{Connection, Row};

use super::{Error, Store, decisions, ledger, notices, poll, readable, unstamp};
use crate::domain::snapshot::{Horizon, Mirrored, Snapshot, Vanished};
use crate::domain::source::{Source, SourceId, SourceKind, Whose};

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
}

impl Store {
    /// Everything the rules may know: of `sources` alone, and of their events those that reach into `horizon`.
    ///
    /// Every row of a uid is there as soon as one row of a series reaches in; tombstones are there too. Sources that are
    /// not asked for keep their rows unseen.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read. A record that cannot be read is left out and logged.
    pub async fn snapshot(&self, sources: Vec<Configured>, horizon: Horizon) -> Result<Snapshot, Error> {
        self.look(move |db| {
            let mut events = Vec::new();
            let mut seen = Vec::with_capacity(sources.len());
            for source in sources {
                let (id, state) = poll::state(db, &source.id)?.unzip();
                if let Some(id) = id {
                    load(db, id, &source.id, horizon, &mut events)?;
                }
                seen.push(freshness(source, state.unwrap_or_default()));
            }
            Ok(Snapshot {
                sources: seen,
                events,
                known: ledger::known(db)?,
                ledger: ledger::last_lines(db)?,
                decisions: decisions::all(db)?,
                told: notices::told(db)?,
            })
        })
        .await
    }
}

fn freshness(source: Configured, state: poll::PollState) -> Source {
    Source {
        id: source.id,
        kind: source.kind,
        read_only: source.read_only,
        whose: source.whose,
        first_success: state.first_success,
        last_success: state.last_success,
        stale_since: state.stale_since,
        problem: state.problem.map(|failure| format!("{}: {}", failure.kind, failure.detail)),
    }
}

const SINGLE: &str = "SELECT id, body, first_seen, last_seen, missed, confirmed FROM event
    WHERE source = ?1 AND recurring = 0 AND ends >= ?2 AND starts < ?3 ORDER BY uid, instance";

const SERIES: &str = "SELECT id, body, first_seen, last_seen, missed, confirmed FROM event
    WHERE source = ?1 AND recurring = 1 AND uid IN (
        SELECT uid FROM event WHERE source = ?1 AND recurring = 1 AND ends >= ?2 AND starts < ?3
    ) ORDER BY uid, instance";

fn load(
    db: &Connection,
    id: i64,
    source: &SourceId,
    horizon: Horizon,
    into: &mut Vec<Mirrored>,
) -> rusqlite::Result<()> {
    let Horizon(span) = horizon;
    // One second more, as the columns hold whole seconds.
    let given = (id, span.start.as_second(), span.end.as_second().saturating_add(1));
    for sql in [SERIES, SINGLE] {
        let mut query = db.prepare_cached(sql)?;
        let mut rows = query.query(given)?;
        while let Some(row) = rows.next()? {
            into.extend(mirrored(row, source)?);
        }
    }
    Ok(())
}

fn mirrored(row: &Row<'_>, source: &SourceId) -> rusqlite::Result<Option<Mirrored>> {
    let id: i64 = row.get(0)?;
    let Some(event) = readable("event", &id, row.get_ref(1)?.as_str()?) else {
        return Ok(None);
    };
    let first_seen = unstamp(row.get(2)?);
    let last_seen = row.get::<_, Option<i64>>(3)?.map_or(first_seen, unstamp);
    let missed: Option<i64> = row.get(4)?;
    let confirmed = row.get::<_, Option<i64>>(5)?.map(unstamp);
    let vanished = missed.map(|missed| Vanished { last_seen, missed: unstamp(missed), confirmed });
    Ok(Some(Mirrored { source: source.clone(), event, first_seen, vanished }))
}
