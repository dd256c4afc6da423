//! The mirror: what each source last showed, and since when events are missing from it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::listing::Pass;
use super::{Error, Store, poll, stamp};
use crate::domain::source::{Item, Problem, SourceId};

/// How long events that are gone are remembered, so that the rules can judge their sessions.
const TOMBSTONES: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A complete listing of a source, proven so before its first item is handed out.
pub struct Listing {
    /// Every item; taken one by one, so that memory does not follow size. After an error nothing of the listing is kept.
    pub items: Box<dyn Iterator<Item = io::Result<Item>> + Send>,
    /// What to remember once the items are stored.
    pub cursor: BTreeMap<String, String>,
    /// How often the source wants to be read, where it says so.
    pub refresh: Option<Duration>,
}

/// A good read that found what the last one found: a 304, or the very same body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unchanged {
    /// What to remember from now on, where that changed.
    pub cursor: Option<BTreeMap<String, String>>,
    /// How often the source wants to be read, where it says so.
    pub refresh: Option<Duration>,
    /// Whether it went through everything, and so did not rest on the source's word.
    pub full: bool,
}

/// What a good read changed in the mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Events that were never seen before.
    pub added: u64,
    /// Events that are not as they were, or came back.
    pub changed: u64,
    /// Events that are as they were; nothing was written for them.
    pub unchanged: u64,
    /// Events that this read was the first to miss.
    pub vanished: u64,
    /// Events that count as deleted from now on, as a second read missed them.
    pub deleted: u64,
    /// Items that were skipped or repaired, or stood there twice.
    pub problems: u64,
}

impl Applied {
    /// Whether the rules could come to another conclusion than before.
    #[must_use]
    pub fn is_a_change(&self) -> bool {
        self.added + self.changed + self.vanished + self.deleted > 0
    }
}

impl Store {
    /// Makes the mirror show what a complete listing shows, in one transaction with its cursor and freshness.
    ///
    /// An event that is missing is marked as vanished, whether it is over or not, and confirmed as deleted by a later good
    /// read; what that means for a session is for the rules. An item that was skipped counts as still shown. The items
    /// are asked for on the store's thread: other work on the store waits until the last one.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written, or the items panic; then all is as it was before.
    pub async fn apply_snapshot(&self, source: SourceId, at: Timestamp, listing: Listing) -> Result<Applied, Error> {
        self.change(move |db| {
            let id = poll::id_of(db, &source)?;
            let mut pass = Pass::begin(db, id, at)?;
            for item in listing.items {
                pass.take(item.map_err(|error| Error::io(Path::new(""), &error))?)?;
            }
            let mut seen = pass.end(&[])?;
            seen.applied.deleted = confirm(db, id, at)?;
            seen.applied.vanished = if seen.missing { mark_missing(db, id, at, &seen.rows)? } else { 0 };
            prune(db, id, at)?;
            note_shown(db, id, count_alive(db, id)?)?;
            note_news(db, id, at, &seen.applied)?;
            let news = Unchanged { cursor: Some(listing.cursor), refresh: listing.refresh, full: true };
            note_success(db, id, at, &news)?;
            note_problems(db, id, &seen.problems, seen.applied.problems)?;
            Ok(seen.applied)
        })
        .await
    }

    /// Notes a good read that found nothing new. It confirms what an earlier one missed.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then all is as it was before.
    pub async fn apply_unchanged(&self, source: SourceId, at: Timestamp, news: Unchanged) -> Result<Applied, Error> {
        self.change(move |db| {
            let id = poll::id_of(db, &source)?;
            let deleted = confirm(db, id, at)?;
            prune(db, id, at)?;
            let applied = Applied { deleted, unchanged: alive(db, id)?, ..Applied::default() };
            note_news(db, id, at, &applied)?;
            note_success(db, id, at, &news)?;
            Ok(applied)
        })
        .await
    }

    /// How many events a source showed when it was last read well.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn alive(&self, source: SourceId) -> Result<u64, Error> {
        self.look(move |db| match poll::state(db, &source)? {
            Some((id, _)) => Ok(alive(db, id)?),
            None => Ok(0),
        })
        .await
    }

    /// Empties the mirror, so that every source is read again; the ledger, decisions and notices stay.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn clear_mirror(&self) -> Result<(), Error> {
        self.change(|db| {
            let forget = "UPDATE source SET cursor = NULL, last_success = NULL, last_full = NULL, news_after = NULL,
                              news_before = NULL, problems = '[]', problems_in_all = 0, shown = 0";
            db.execute("DELETE FROM event", [])?;
            db.execute(forget, [])?;
            Ok(())
        })
        .await
    }
}

/// How many events a source showed when it was last read well.
fn alive(db: &Connection, source: i64) -> rusqlite::Result<u64> {
    db.query_row("SELECT shown FROM source WHERE id = ?1", [source], |row| row.get(0).map(i64::cast_unsigned))
}

/// Counts the events that a source shows.
pub(super) fn count_alive(db: &Connection, source: i64) -> rusqlite::Result<u64> {
    let sql = "SELECT (SELECT count(*) FROM event WHERE source = ?1)
                    - (SELECT count(*) FROM event WHERE source = ?1 AND missed IS NOT NULL)";
    db.query_row(sql, [source], |row| row.get(0).map(i64::cast_unsigned))
}

/// Notes how many events a source shows, for polls that find nothing new.
pub(super) fn note_shown(db: &Connection, source: i64, shown: u64) -> rusqlite::Result<()> {
    db.execute("UPDATE source SET shown = ?2 WHERE id = ?1", (source, shown.cast_signed()))?;
    Ok(())
}

/// Confirms what an earlier read missed, and returns how many that are.
pub(super) fn confirm(db: &Connection, source: i64, at: Timestamp) -> rusqlite::Result<u64> {
    let sql = "UPDATE event SET confirmed = ?2 WHERE source = ?1 AND missed < ?2 AND confirmed IS NULL";
    let confirmed = if planted!("nothing-is-confirmed") { 0 } else { db.execute(sql, (source, stamp(at)))? };
    // Where the clock went back, the miss is dated again, or it would wait for that future.
    let sql = "UPDATE event SET missed = ?2, last_seen = min(last_seen, ?2)
               WHERE source = ?1 AND missed > ?2 AND confirmed IS NULL";
    db.execute(sql, (source, stamp(at)))?;
    Ok(confirmed as u64)
}

/// Marks the rows that a listing did not show, and returns how many are new.
///
/// What is alive was shown by the last good read, so that no row needs to be written while it is.
fn mark_missing(db: &Connection, source: i64, at: Timestamp, seen: &super::listing::Rows) -> rusqlite::Result<u64> {
    let last: Option<i64> =
        db.query_row("SELECT last_success FROM source WHERE id = ?1", [source], |row| row.get(0))?;
    let last_seen = last.map(|last| last.min(stamp(at)));
    let mut mark = db.prepare("UPDATE event SET missed = ?2, last_seen = ?3 WHERE id = ?1 AND missed IS NULL")?;
    let mut every = db.prepare("SELECT id FROM event WHERE source = ?1")?;
    let mut rows = every.query([source])?;
    let mut marked = 0;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if !seen.has(id) {
            marked += mark.execute((id, stamp(at), last_seen))? as u64;
        }
    }
    Ok(marked)
}

pub(super) fn prune(db: &Connection, source: i64, at: Timestamp) -> rusqlite::Result<()> {
    let before = at.checked_sub(TOMBSTONES).unwrap_or(Timestamp::MIN);
    db.execute("DELETE FROM event WHERE source = ?1 AND missed < ?2", (source, stamp(before)))?;
    Ok(())
}

/// Notes that a read changed something: until a plan has recorded it, it came between the last good read before and this one.
/// Call it before [`note_success`].
pub(super) fn note_news(db: &Connection, source: i64, at: Timestamp, applied: &Applied) -> Result<(), Error> {
    if applied.is_a_change() && !planted!("news-have-no-time") {
        let sql = "UPDATE source SET news_after = iif(news_before IS NULL, last_success, news_after), news_before = ?2
                   WHERE id = ?1";
        db.execute(sql, (source, stamp(at)))?;
    }
    Ok(())
}

pub(super) fn note_success(db: &Connection, source: i64, at: Timestamp, news: &Unchanged) -> Result<(), Error> {
    let cursor = news.cursor.as_ref().map(serde_json::to_string).transpose()?;
    let refresh = news.refresh.map(|refresh| u32::try_from(refresh.as_secs()).unwrap_or(u32::MAX));
    let sql = "UPDATE source SET cursor = coalesce(?3, cursor), first_success = coalesce(first_success, ?2),
                   last_success = ?2, last_full = iif(?5, ?2, last_full), failures_in_row = 0, stale_since = NULL,
                   problem = NULL, refresh_seconds = coalesce(?4, refresh_seconds)
               WHERE id = ?1";
    db.execute(sql, (source, stamp(at), cursor, refresh, news.full))?;
    Ok(())
}

pub(super) fn note_problems(db: &Connection, source: i64, problems: &[Problem], in_all: u64) -> Result<(), Error> {
    let sql = "UPDATE source SET problems = ?2, problems_in_all = ?3 WHERE id = ?1";
    db.execute(sql, (source, serde_json::to_string(problems)?, in_all.cast_signed()))?;
    Ok(())
}
