//! Applies a delta: a source's changes since its cursor.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::listing::{PROBLEMS, Pass, Seen};
use super::mirror::{
    Applied, Unchanged, confirm, count_alive, note_news, note_problems, note_shown, note_success, prune,
};
use super::{Error, Store, poll, readable, stamp};
use crate::domain::source::{Item, Problem, SourceId};

/// What changed in a source since its cursor.
pub struct Changes {
    /// The objects that changed, each shown whole. After an error nothing of it is kept.
    pub items: Box<dyn Iterator<Item = io::Result<Item>> + Send>,
    /// The names of the objects that are gone.
    pub gone: Vec<String>,
    /// What to remember once all of it is stored.
    pub cursor: BTreeMap<String, String>,
    /// How often the source wants to be read, where it says so.
    pub refresh: Option<Duration>,
}

impl Store {
    /// Brings the mirror up to what changed, in one transaction with its cursor and freshness.
    ///
    /// What the source says is gone counts as deleted at once. So does what an object held before and no longer holds,
    /// and what a series that is gone had set apart.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written, or the items panic; then all is as it was before.
    pub async fn apply_delta(&self, source: SourceId, at: Timestamp, changes: Changes) -> Result<Applied, Error> {
        self.change(move |db| {
            let id = poll::id_of(db, &source)?;
            let mut pass = Pass::over_changes(db, id, at)?;
            for item in changes.items {
                pass.take(item.map_err(|error| Error::io(Path::new(""), &error))?)?;
            }
            let mut seen = pass.end(&changes.gone)?;
            let earlier = confirm(db, id, at)?;
            seen.applied.deleted = earlier
                + let_go(db, id, at, &seen)?
                + bury(db, id, at, &changes.gone)?
                + bury(db, id, at, &seen.also_gone)?;
            prune(db, id, at)?;
            let shown = count_alive(db, id)?;
            note_shown(db, id, shown)?;
            seen.applied.unchanged = shown.saturating_sub(seen.applied.added + seen.applied.changed);
            note_news(db, id, at, &seen.applied)?;
            let news = Unchanged { cursor: Some(changes.cursor), refresh: changes.refresh, full: false };
            note_success(db, id, at, &news)?;
            add_problems(db, id, seen.problems)?;
            Ok(seen.applied)
        })
        .await
    }

    /// The name of the object that holds a series or a single event, where its source has names.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn resource(&self, source: SourceId, uid: String) -> Result<Option<String>, Error> {
        self.look(move |db| {
            let Some((id, _)) = poll::state(db, &source)? else { return Ok(None) };
            // The master first; a source may know nothing but one session of somebody else's series.
            let sql = "SELECT resource FROM event WHERE source = ?1 AND uid = ?2 AND resource IS NOT NULL
                       ORDER BY missed IS NOT NULL, instance LIMIT 1";
            Ok(db.query_row(sql, (id, uid), |row| row.get(0)).optional()?)
        })
        .await
    }
}

/// Marks as deleted what the objects of a pass held before and hold no more; returns how many events that are.
fn let_go(db: &Connection, source: i64, at: Timestamp, seen: &Seen) -> Result<u64, Error> {
    let mut rows = db.prepare("SELECT id FROM event WHERE source = ?1 AND resource = ?2 AND missed IS NULL")?;
    let mut deleted = 0;
    for resource in &seen.shown {
        let held: Vec<i64> = rows.query_map((source, resource), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for id in held.into_iter().filter(|&id| !seen.rows.has(id)) {
            deleted += delete(db, "id = ?3", (source, stamp(at), id))?;
        }
    }
    Ok(deleted)
}

/// Marks as deleted what objects that are gone held, and with a series every session that it had set apart.
fn bury(db: &Connection, source: i64, at: Timestamp, gone: &[String]) -> Result<u64, Error> {
    let mut deleted = 0;
    for resource in gone {
        let series = "uid IN (SELECT uid FROM event WHERE source = ?1 AND resource = ?3 AND instance = '')";
        deleted += if planted!("overrides-outlive-their-series") {
            0
        } else {
            delete(db, series, (source, stamp(at), resource))?
        };
        deleted += delete(db, "resource = ?3", (source, stamp(at), resource))?;
    }
    Ok(deleted)
}

fn delete(db: &Connection, which: &str, given: impl rusqlite::Params) -> rusqlite::Result<u64> {
    let sql = format!(
        "UPDATE event SET last_seen = iif(missed IS NULL, min((SELECT last_success FROM source WHERE id = ?1), ?2), last_seen),
             missed = coalesce(missed, ?2), confirmed = ?2
         WHERE source = ?1 AND confirmed IS NULL AND {which}"
    );
    db.prepare_cached(&sql)?.execute(given).map(|count| count as u64)
}

/// Adds problems to those of the last complete listing, which still stand as far as anybody knows.
fn add_problems(db: &Connection, source: i64, new: Vec<Problem>) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let sql = "SELECT problems, problems_in_all FROM source WHERE id = ?1";
    let (text, in_all): (String, i64) = db.query_row(sql, [source], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut problems: Vec<Problem> = readable("source", &source, &text).unwrap_or_default();
    let new: Vec<Problem> = new.into_iter().filter(|problem| !problems.contains(problem)).collect();
    let in_all = in_all.cast_unsigned() + new.len() as u64;
    problems.extend(new);
    problems.truncate(PROBLEMS);
    note_problems(db, source, &problems, in_all)
}
