//! Stores each source's last read, its cursor, and how its guests are told of changes.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::{Error, Store, readable, stamp, unstamp};
use crate::domain::source::{GuestNotice, News, Problem, ReadProblem, SourceId};

/// How the reads of one source went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollState {
    /// What to go on from; none where everything must be read.
    pub cursor: Option<BTreeMap<String, String>>,
    /// The start of the first good read there ever was.
    pub first_success: Option<Timestamp>,
    /// The start of the last good read.
    pub last_success: Option<Timestamp>,
    /// Between which good reads everything came that no plan has recorded yet.
    pub news: Option<News>,
    /// The start of the last good read that went through everything.
    pub last_full: Option<Timestamp>,
    /// How many reads have failed since the last good one.
    pub failures_in_row: u32,
    /// When the first of these failed.
    pub stale_since: Option<Timestamp>,
    /// Why the last of these failed.
    pub problem: Option<Failure>,
    /// How often the source wants to be read.
    pub refresh: Option<Duration>,
    /// How guests learn of what is written there, as its server last said.
    pub guest_notice: Option<GuestNotice>,
    /// What could not be taken as it stands in the last listing; the first 200.
    pub problems: Vec<Problem>,
    /// How many such problems there were in all.
    pub problems_in_all: u64,
}

/// Why a read failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure, and what happened.
    #[serde(flatten)]
    pub problem: ReadProblem,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// How the reads of a source went; all empty for one that was never read.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn poll_state(&self, source: SourceId) -> Result<PollState, Error> {
        self.look(move |db| Ok(state(db, &source)?.map(|(_, state)| state).unwrap_or_default())).await
    }

    /// Notes that a read failed. Nothing is deleted; the source is stale since the first failure after its last good read.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn apply_failure(&self, source: SourceId, at: Timestamp, problem: ReadProblem) -> Result<(), Error> {
        let failure = Failure { problem, at };
        self.change(move |db| {
            let id = id_of(db, &source)?;
            let sql = "UPDATE source SET failures_in_row = failures_in_row + 1,
                           stale_since = coalesce(stale_since, ?2), problem = ?3 WHERE id = ?1";
            db.execute(sql, (id, stamp(at), serde_json::to_string(&failure)?))?;
            Ok(())
        })
        .await
    }
}

impl Store {
    /// Notes how guests learn of what is written to a source, as its server says it.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn note_guest_notice(&self, source: SourceId, notice: GuestNotice) -> Result<(), Error> {
        let text = serde_json::to_string(&notice)?;
        self.change(move |db| {
            let id = id_of(db, &source)?;
            db.execute("UPDATE source SET guest_notice = ?2 WHERE id = ?1", (id, text))?;
            Ok(())
        })
        .await
    }
}

/// The row of a source, made where it is missing.
pub(super) fn id_of(db: &Connection, source: &SourceId) -> rusqlite::Result<i64> {
    let insert = "INSERT INTO source (account, calendar) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    db.execute(insert, (&source.account, &source.calendar))?;
    let sql = "SELECT id FROM source WHERE account = ?1 AND calendar = ?2";
    db.query_row(sql, (&source.account, &source.calendar), |row| row.get(0))
}

/// The row number and the state of a source; none for one that was never read.
pub(super) fn state(db: &Connection, source: &SourceId) -> rusqlite::Result<Option<(i64, PollState)>> {
    let sql = "SELECT id, cursor, first_success, last_success, news_after, news_before, last_full, failures_in_row,
                   stale_since, problem, refresh_seconds, problems, problems_in_all, guest_notice
               FROM source WHERE account = ?1 AND calendar = ?2";
    let mut query = db.prepare_cached(sql)?;
    query.query_row((&source.account, &source.calendar), |row| Ok((row.get(0)?, from_row(row)?))).optional()
}

fn news(after: Option<Timestamp>, before: Option<Timestamp>) -> Option<News> {
    before.map(|before| News { after, before })
}

/// Notes that everything a source had shown at `until` is in the ledger.
pub(super) fn recorded(db: &Connection, source: &SourceId, until: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE source SET news_after = NULL, news_before = NULL
               WHERE account = ?1 AND calendar = ?2 AND news_before <= ?3";
    db.execute(sql, (&source.account, &source.calendar, stamp(until)))?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<PollState> {
    let id: i64 = row.get(0)?;
    let time = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(unstamp));
    let cursor: Option<String> = row.get("cursor")?;
    let problem: Option<String> = row.get("problem")?;
    let problems: String = row.get("problems")?;
    let refresh: Option<u32> = row.get("refresh_seconds")?;
    let guest_notice: Option<String> = row.get("guest_notice")?;
    Ok(PollState {
        cursor: cursor.and_then(|text| readable("source", &id, &text)),
        first_success: time("first_success")?,
        last_success: time("last_success")?,
        news: news(time("news_after")?, time("news_before")?),
        last_full: time("last_full")?,
        failures_in_row: row.get("failures_in_row")?,
        stale_since: time("stale_since")?,
        problem: problem.and_then(|text| readable("source", &id, &text)),
        refresh: refresh.map(|seconds| Duration::from_secs(seconds.into())),
        guest_notice: guest_notice.and_then(|text| readable("source", &id, &text)),
        problems: readable("source", &id, &problems).unwrap_or_default(),
        problems_in_all: row.get("problems_in_all").map(i64::cast_unsigned)?,
    })
}
