//! Stores the facts of every report as first delivered, with the ledger of that time.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension};

use super::{Configured, Error, Store, decisions, journal, ledger, notices, readable, stamp, window};
use crate::domain::session::LedgerLine;
use crate::domain::snapshot::{Horizon, Snapshot};
use crate::domain::span::Span;
use crate::domain::week::{WeekFacts, WeekId};

impl Store {
    /// Keeps the facts of a report that was delivered, and the fact `key` that it was; those of an earlier delivery stay.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn delivered(&self, facts: WeekFacts, key: String, at: Timestamp) -> Result<(), Error> {
        self.change(move |db| {
            let sql = "INSERT INTO report (week, made, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            db.execute(sql, (facts.week.to_string(), stamp(facts.made), serde_json::to_string(&facts)?))?;
            notices::settle(db, &key, at, "sent")?;
            Ok(())
        })
        .await
    }

    /// The facts of a week's report as it was first delivered; none where none was, or where they can no longer be read.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn report(&self, week: WeekId) -> Result<Option<WeekFacts>, Error> {
        self.look(move |db| {
            let sql = "SELECT body FROM report WHERE week = ?1";
            let body: Option<String> = db.query_row(sql, [week.to_string()], |row| row.get(0)).optional()?;
            Ok(body.and_then(|body| readable("report", &week, &body)))
        })
        .await
    }

    /// What the rules may know of `span` as of `at`, an instant of the past: of each session the line that held then, or the
    /// first one, where it was only found later.
    ///
    /// Of the time before `span` it holds what is still owed, and when each 1:1 was last held.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn snapshot_as_of(&self, sources: Vec<Configured>, span: Span, at: Timestamp) -> Result<Snapshot, Error> {
        self.look(move |db| {
            let (sources, events) = window::calendars(db, sources, Horizon(span))?;
            let snapshot = Snapshot {
                sources,
                events,
                known: ledger::known(db)?,
                ledger: lines_as_of(db, span, at)?,
                decisions: decisions::all(db)?,
                told: notices::told(db)?,
                operations: journal::all(db)?,
                ..Snapshot::default()
            };
            Ok(snapshot.as_of(at))
        })
        .await
    }
}

const IN_SPAN: &str =
    "SELECT DISTINCT session FROM ledger WHERE substr(session, -16) >= ?1 AND substr(session, -16) < ?2";

const EVER_OWED: &str = "SELECT DISTINCT session FROM ledger
    WHERE json_extract(body, '$.session.owed') AND substr(session, -16) < ?1";

const LAST_HELD: &str = "SELECT session FROM ledger
    WHERE json_extract(body, '$.session.outcome') IN ('held_presumed', 'held_confirmed')
    AND session > ?1 || '-' AND session < ?1 || '-' || ?2 ORDER BY session DESC LIMIT 1";

const LINE: &str = "SELECT id, body FROM ledger WHERE session = ?1
    ORDER BY recorded > ?2, CASE WHEN recorded > ?2 THEN id ELSE -id END LIMIT 1";

fn lines_as_of(db: &Connection, span: Span, at: Timestamp) -> rusqlite::Result<Vec<LedgerLine>> {
    let name = |at: Timestamp| TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string();
    let (first, end) = (name(span.start), name(span.end.min(at)));
    let mut sessions: Vec<String> = names(db, IN_SPAN, (&first, &end))?;
    sessions.extend(names(db, EVER_OWED, [&first])?);
    for one in ledger::one_on_ones(db)? {
        sessions.extend(names(db, LAST_HELD, (&one, &first))?);
    }
    sessions.sort_unstable();
    sessions.dedup();
    let mut query = db.prepare_cached(LINE)?;
    let mut lines = Vec::with_capacity(sessions.len());
    for session in &sessions {
        let line = query.query_row((session, stamp(at)), |row| {
            let id: i64 = row.get(0)?;
            Ok(readable("ledger", &id, row.get_ref(1)?.as_str()?))
        })?;
        lines.extend(line);
    }
    Ok(lines)
}

fn names(db: &Connection, sql: &str, given: impl rusqlite::Params) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached(sql)?.query_map(given, |row| row.get(0))?.collect()
}
