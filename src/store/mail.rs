//! The mail queue: what is waiting, what was sent, and what may have been sent.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row};

use super::{Error, Store, readable, stamp, unstamp};
use crate::domain::email::{Email, Fate, QueuedEmail};

/// How long a mail may be on its way; after that whoever sent it is gone, and nobody knows whether it arrived.
const LONGEST_WAY: SignedDuration = SignedDuration::from_mins(10);

/// How long a mail is tried; a report that is older is of no use.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

impl Store {
    /// Queues a mail, or has one of the same key that still waits sent at once; `false` where it is done with already.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn post(&self, letter: Email, now: Timestamp) -> Result<bool, Error> {
        self.change(move |db| {
            let sql = "INSERT INTO mail (key, queued, state, due, body) VALUES (?1, ?2, 'waiting', ?2, ?3)
                       ON CONFLICT (key) DO UPDATE SET due = excluded.due WHERE state = 'waiting'";
            Ok(db.execute(sql, (&letter.key, stamp(now), serde_json::to_string(&letter)?))? > 0)
        })
        .await
    }

    /// The letters that should be sent now, oldest first, each with how many times it was tried.
    ///
    /// One that was on its way when its sender ended is given up as uncertain first, and one that nobody took for days as
    /// expired.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read or written.
    pub async fn letters(&self, now: Timestamp) -> Result<Vec<(Email, u32)>, Error> {
        self.change(move |db| {
            give_up(db, now)?;
            let sql = "SELECT id, body, tries FROM mail WHERE state = 'waiting' AND due <= ?1 ORDER BY id";
            let mut query = db.prepare_cached(sql)?;
            let rows = query.query_map([stamp(now)], |row| {
                let (id, tries): (i64, u32) = (row.get(0)?, row.get(2)?);
                Ok(readable("mail", &id, row.get_ref(1)?.as_str()?).map(|letter| (letter, tries)))
            })?;
            Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Takes a mail for sending, right before its text goes out; `false` where somebody else has it or it is done with.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then it must not be sent.
    pub async fn take(&self, key: &str, now: Timestamp) -> Result<bool, Error> {
        let key = key.to_owned();
        self.change(move |db| {
            let sql = "UPDATE mail SET state = 'sending', tries = tries + 1, due = ?2
                       WHERE key = ?1 AND state = 'waiting'";
            Ok(db.execute(sql, (&key, stamp(now)))? > 0)
        })
        .await
    }

    /// Notes what became of a mail. What is done with keeps its key, and loses its text.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn settle_letter(&self, key: &str, fate: Fate, now: Timestamp) -> Result<(), Error> {
        let key = key.to_owned();
        self.change(move |db| {
            let (state, why, due) = match fate {
                Fate::Sent => ("sent", None, now),
                Fate::Refused { why } => ("refused", Some(why), now),
                Fate::Uncertain { why } => ("uncertain", Some(why), now),
                Fate::Later { why, due } => {
                    // A failure before the text went out was not counted yet.
                    let sql = "UPDATE mail SET tries = tries + (state = 'waiting'), state = 'waiting', problem = ?2,
                                   due = ?3 WHERE key = ?1 AND state IN ('waiting', 'sending')";
                    db.execute(sql, (&key, why, stamp(due)))?;
                    return Ok(());
                }
            };
            let sql = "UPDATE mail SET state = ?2, problem = ?3, due = ?4, body = '{}' WHERE key = ?1";
            db.execute(sql, (&key, state, why, stamp(due)))?;
            Ok(())
        })
        .await
    }

    /// When the next letter is due, if one waits.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn next_letter(&self) -> Result<Option<Timestamp>, Error> {
        self.look(move |db| {
            let sql = "SELECT min(CASE state WHEN 'sending' THEN due + ?1 ELSE due END) FROM mail
                       WHERE state IN ('waiting', 'sending')";
            let due: Option<i64> =
                db.query_row(sql, [i64::try_from(LONGEST_WAY.as_micros()).unwrap_or(i64::MAX)], |row| row.get(0))?;
            Ok(due.map(unstamp))
        })
        .await
    }

    /// The last letters, newest first, and how it is with them.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn posted(&self, most: u32) -> Result<Vec<QueuedEmail>, Error> {
        self.look(move |db| {
            let sql = "SELECT key, state, tries, due, problem FROM mail ORDER BY id DESC LIMIT ?1";
            let mut query = db.prepare_cached(sql)?;
            Ok(query.query_map([most], posted)?.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn posted(row: &Row<'_>) -> rusqlite::Result<QueuedEmail> {
    Ok(QueuedEmail {
        key: row.get(0)?,
        state: row.get(1)?,
        tries: row.get(2)?,
        due: unstamp(row.get(3)?),
        problem: row.get(4)?,
    })
}

fn give_up(db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let before = |length: SignedDuration| stamp(now.saturating_sub(length).unwrap_or(Timestamp::MIN));
    let lost = "UPDATE mail SET state = 'uncertain', body = '{}',
                    problem = 'cadenced ended while it was sent: the server may have taken it'
                WHERE state = 'sending' AND (due <= ?1 OR due > ?2)";
    // A time that far ahead was noted under another clock.
    let ahead = stamp(now.saturating_add(LONGEST_WAY).unwrap_or(Timestamp::MAX));
    db.execute(lost, (before(LONGEST_WAY), ahead))?;
    let old = "UPDATE mail SET state = 'expired', body = '{}' WHERE state = 'waiting' AND queued <= ?1";
    db.execute(old, [before(GIVE_UP_AFTER)])?;
    Ok(())
}
