//! Stores which notices are waiting and which were shown: each fact once, by key, across restarts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{Error, Store, offers, readable, stamp};
use crate::domain::plan::{DaysShare, Notice};
use crate::domain::series::people::person_key;

/// The longest day there is, where clocks are put back.
const A_DAY: SignedDuration = SignedDuration::from_hours(25);

impl Store {
    /// Queues a notice; `false` where its fact is queued, told or expired already, or its time is over.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn propose(&self, notice: Notice, now: Timestamp) -> Result<bool, Error> {
        self.change(move |db| propose(db, &notice, now)).await
    }

    /// The notices that wait to be told and still matter, oldest first.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn pending(&self, now: Timestamp) -> Result<Vec<Notice>, Error> {
        self.look(move |db| {
            let mut query = db.prepare_cached("SELECT id, body FROM notice WHERE until > ?1 ORDER BY id")?;
            let rows = query.query_map([stamp(now)], |row| {
                let id: i64 = row.get(0)?;
                Ok(readable("notice", &id, row.get_ref(1)?.as_str()?))
            })?;
            Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Notes that the notice `key` was told, and with it everything that it settles, which is then not told by itself.
    ///
    /// Call it right after showing: a crash in between repeats that notice once, as it must be told at least once.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn sent(&self, key: &str, at: Timestamp) -> Result<(), Error> {
        let key = key.to_owned();
        self.change(move |db| {
            let sql = "SELECT body FROM notice WHERE key = ?1";
            let body: Option<String> = db.query_row(sql, [&key], |row| row.get(0)).optional()?;
            let notice: Option<Notice> = body.and_then(|body| readable("notice", &"sent", &body));
            settle(db, &key, at, "sent")?;
            if let Some(person) = notice.as_ref().and_then(|notice| notice.subject.person()) {
                db.execute("UPDATE told SET about = ?2 WHERE key = ?1", (&key, person_key(person)))?;
            }
            for other in notice.iter().flat_map(|notice| &notice.settles) {
                settle(db, other, at, "settled")?;
            }
            Ok(())
        })
        .await
    }

    /// Which of these facts were told, written or done already.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn told_of(&self, keys: Vec<String>) -> Result<BTreeSet<String>, Error> {
        self.look(move |db| {
            let mut query = db.prepare_cached("SELECT 1 FROM told WHERE key = ?1")?;
            let mut told = BTreeSet::new();
            for key in keys {
                if query.exists([&key])? {
                    told.insert(key);
                }
            }
            Ok(told)
        })
        .await
    }

    /// Drops a waiting notice that is no longer true; should it become true again, it is told.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn drop_pending(&self, key: &str) -> Result<(), Error> {
        let key = key.to_owned();
        self.change(move |db| {
            db.execute("DELETE FROM notice WHERE key = ?1", [&key])?;
            Ok(())
        })
        .await
    }

    /// Notes that another notice summed this one up, so that it is not told by itself.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn summed_up(&self, key: &str, at: Timestamp) -> Result<(), Error> {
        let key = key.to_owned();
        self.change(move |db| Ok(settle(db, &key, at, "settled")?)).await
    }

    /// What was told in the day since an instant; what was only noted as done is none, and what is dated later was told under a
    /// clock that ran ahead.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn told_since(&self, since: Timestamp) -> Result<DaysShare, Error> {
        let end = since.saturating_add(A_DAY).unwrap_or(Timestamp::MAX);
        self.look(move |db| {
            let sql = "SELECT about FROM told WHERE how = 'sent' AND at >= ?1 AND at < ?2
                       AND key NOT LIKE 'report-written:%' AND key NOT LIKE 'history:%'";
            let mut query = db.prepare_cached(sql)?;
            let told = query.query_map((stamp(since), stamp(end)), |row| row.get::<_, Option<String>>(0))?;
            Ok(told.collect::<rusqlite::Result<DaysShare>>()?)
        })
        .await
    }

    /// Drops the waiting notices whose time is over, and returns how many; what they would have settled stays open.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, Error> {
        self.change(move |db| {
            let keep = "INSERT INTO told (key, at, how) SELECT key, ?1, 'expired' FROM notice WHERE until <= ?1
                        ON CONFLICT DO NOTHING";
            db.execute(keep, [stamp(now)])?;
            Ok(db.execute("DELETE FROM notice WHERE until <= ?1", [stamp(now)])? as u64)
        })
        .await
    }
}

/// Queues a notice inside a transaction; `false` where its fact needs no telling.
pub(super) fn propose(db: &Connection, notice: &Notice, now: Timestamp) -> Result<bool, Error> {
    let told = "SELECT 1 FROM told WHERE key = ?1";
    if db.prepare_cached(told)?.exists([&notice.key])? && !planted!("told-again") {
        return Ok(false);
    }
    if notice.until <= now {
        settle(db, &notice.key, now, "expired")?;
        return Ok(false);
    }
    let sql = "INSERT INTO notice (key, proposed, until, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let body = serde_json::to_string(notice)?;
    let is_new = db.prepare_cached(sql)?.execute((&notice.key, stamp(now), stamp(notice.until), body))? > 0;
    if is_new {
        offers::keep(db, notice, now)?;
    }
    Ok(is_new)
}

/// The keys of everything that is queued, told or expired.
pub(super) fn told(db: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let mut query = db.prepare_cached("SELECT key FROM told UNION ALL SELECT key FROM notice")?;
    query.query_map([], |row| row.get(0))?.collect()
}

/// Notes a fact as told, expired or settled, and takes its notice from the queue.
pub(super) fn settle(db: &Connection, key: &str, at: Timestamp, how: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO told (key, at, how) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute((key, stamp(at), how))?;
    db.prepare_cached("DELETE FROM notice WHERE key = ?1")?.execute([key])?;
    Ok(())
}
