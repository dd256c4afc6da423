//! Stores the ledger and the known series, which outlive their events.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Error, Store, notices, poll, readable, stamp};
use crate::domain::one_on_one::{KnownSeries, OneOnOneId};
use crate::domain::plan::Notice;
use crate::domain::session::{LedgerLine, SessionId};
use crate::domain::source::SourceId;

/// Everything that one plan wants remembered, to be kept in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Lines to add to the ledger.
    pub ledger: Vec<LedgerLine>,
    /// Series to keep in mind.
    pub known: Vec<KnownSeries>,
    /// Series that are no longer 1:1s of their own, each with the name that it had as one.
    pub forgotten: Vec<(String, OneOnOneId)>,
    /// Notices to tell.
    pub notices: Vec<Notice>,
    /// The calendars whose news the ledger has with this, up to the read that brought them.
    pub recorded: Vec<(SourceId, Timestamp)>,
}

impl Store {
    /// Adds lines to the ledger; the last line of a session counts, all are kept.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then none was added.
    pub async fn record(&self, lines: Vec<LedgerLine>) -> Result<(), Error> {
        self.change(move |db| add(db, &lines)).await
    }

    /// Keeps series in mind; one of the same uid and the same 1:1 is replaced.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then none was kept.
    pub async fn remember(&self, series: Vec<KnownSeries>) -> Result<(), Error> {
        self.change(move |db| keep(db, &series)).await
    }

    /// Does everything of `batch` or nothing of it; returns the keys of the notices that were new.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn perform(&self, batch: Batch, now: Timestamp) -> Result<Vec<String>, Error> {
        self.change(move |db| {
            keep(db, &batch.known)?;
            for (uid, one_on_one) in &batch.forgotten {
                db.execute("DELETE FROM known WHERE uid = ?1 AND one_on_one = ?2", (uid, &one_on_one.0))?;
            }
            add(db, &batch.ledger)?;
            for (source, until) in &batch.recorded {
                poll::recorded(db, source, *until)?;
            }
            let mut new = Vec::new();
            for notice in batch.notices {
                if notices::propose(db, &notice, now)? {
                    new.push(notice.key);
                }
            }
            Ok(new)
        })
        .await
    }

    /// Every line of one session, oldest first.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn history(&self, session: SessionId) -> Result<Vec<LedgerLine>, Error> {
        let sql = "SELECT id, body FROM ledger WHERE session = ?1 ORDER BY id";
        self.look(move |db| Ok(lines(db, sql, [session.to_string()])?)).await
    }
}

/// The last line of every session that is not dated after `end`, oldest session first within a 1:1.
///
/// A clock that ran far ahead may have dated lines so: they hide no earlier one.
pub(super) fn last_lines(db: &Connection, end: Timestamp) -> rusqlite::Result<Vec<LedgerLine>> {
    let all = "SELECT id, body FROM ledger WHERE id IN (SELECT max(id) FROM ledger GROUP BY session) ORDER BY session";
    let until = "SELECT id, body FROM ledger
                 WHERE id IN (SELECT max(id) FROM ledger WHERE recorded <= ?1 GROUP BY session) ORDER BY session";
    let found: Vec<LedgerLine> = lines(db, all, [])?;
    // The first one needs nothing but the index, and is nearly always enough.
    if found.iter().any(|line| line.recorded > end) { lines(db, until, [stamp(end)]) } else { Ok(found) }
}

/// Every known series, by uid.
pub(super) fn known(db: &Connection) -> rusqlite::Result<Vec<KnownSeries>> {
    let mut query = db.prepare_cached("SELECT rowid, body FROM known ORDER BY uid, one_on_one")?;
    let rows = query.query_map([], |row| {
        let id: i64 = row.get(0)?;
        Ok(readable("known", &id, row.get_ref(1)?.as_str()?))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// The names of all 1:1s that are known.
pub(super) fn one_on_ones(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = db.prepare_cached("SELECT DISTINCT one_on_one FROM known")?;
    let rows = query.query_map([], |row| row.get::<_, Option<String>>(0))?;
    rows.filter_map(Result::transpose).collect()
}

fn lines(db: &Connection, sql: &str, given: impl rusqlite::Params) -> rusqlite::Result<Vec<LedgerLine>> {
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map(given, |row| {
        let id: i64 = row.get(0)?;
        Ok(readable("ledger", &id, row.get_ref(1)?.as_str()?))
    })?;
    rows.filter_map(Result::transpose).collect()
}

fn add(db: &Connection, lines: &[LedgerLine]) -> Result<(), Error> {
    let mut insert = db.prepare_cached("INSERT INTO ledger (session, recorded, body) VALUES (?1, ?2, ?3)")?;
    for line in lines {
        insert.execute((line.session.id.to_string(), stamp(line.recorded), serde_json::to_string(line)?))?;
    }
    Ok(())
}

fn keep(db: &Connection, series: &[KnownSeries]) -> Result<(), Error> {
    let sql = "INSERT INTO known (uid, one_on_one, body) VALUES (?1, ?2, ?3)
               ON CONFLICT (uid, one_on_one) DO UPDATE SET body = excluded.body";
    let mut upsert = db.prepare_cached(sql)?;
    for one in series {
        upsert.execute((&one.uid, &one.one_on_one.0, serde_json::to_string(one)?))?;
    }
    Ok(())
}
