//! The journal: every calendar write, recorded before it is sent.

use rusqlite::{Connection, OptionalExtension};

use super::{Error, Store, readable, stamp};
use crate::domain::operation::{Operation, OperationId, State};

impl Store {
    /// Puts an operation down before it is sent; it is on the disk once this returns.
    ///
    /// Returns `false`, and puts nothing down, where another operation for the same session is still being sent, or where this one is
    /// automatic and the session had an automatic one that may have written something: one is all that a session ever gets. What takes
    /// one of them back does not count.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then nothing may be sent.
    pub async fn begin(&self, operation: Operation) -> Result<bool, Error> {
        self.change(move |db| {
            let session = format!("{} {}", operation.intent.uid, operation.intent.session.original);
            let automatic = operation.intent.automatic && !operation.is_undoing();
            let sql = "SELECT count(*) FROM operation
                       WHERE session = ?1 AND (state = 'sending' OR (?2 AND automatic AND state != 'stood_down'))";
            let others: u32 = db.query_row(sql, (&session, automatic), |row| row.get(0))?;
            if others > 0 && !planted!("two-operations-for-one-session") {
                return Ok(false);
            }
            let sql = "INSERT INTO operation (id, session, state, automatic, started, body)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let body = serde_json::to_string(&operation)?;
            let given = (&operation.id.0, session, name(&operation), automatic, stamp(operation.started), body);
            db.execute(sql, given)?;
            Ok(true)
        })
        .await
    }

    /// Notes how far an operation got. One that came to its end stays as it ended; one of which nobody has seen how it ended has not.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then the operation will be looked at again.
    pub async fn note(&self, operation: Operation) -> Result<(), Error> {
        self.change(move |db| {
            let sql =
                "UPDATE operation SET state = ?2, body = ?3 WHERE id = ?1 AND state IN ('sending', 'done_unseen', 'stood_down_unseen')";
            db.execute(sql, (&operation.id.0, name(&operation), serde_json::to_string(&operation)?))?;
            Ok(())
        })
        .await
    }

    /// The operations that were being sent when they were last heard of, and those that are done and not seen yet, oldest first.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn unsettled(&self) -> Result<Vec<Operation>, Error> {
        self.look(|db| Ok(select(db, "WHERE state IN ('sending', 'done_unseen') ORDER BY started, rowid", [])?)).await
    }

    /// Whether an operation was given up without anybody having seen what became of it: its request may arrive late.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn has_given_up(&self) -> Result<bool, Error> {
        self.look(|db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM operation WHERE state = 'stood_down_unseen')";
            Ok(db.query_row(sql, [], |row| row.get(0))?)
        })
        .await
    }

    /// Every operation, oldest first.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn operations(&self) -> Result<Vec<Operation>, Error> {
        self.look(|db| Ok(all(db)?)).await
    }

    /// An operation by its name.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn operation(&self, id: OperationId) -> Result<Option<Operation>, Error> {
        self.look(move |db| {
            let sql = "SELECT body FROM operation WHERE id = ?1";
            let body: Option<String> = db.query_row(sql, [&id.0], |row| row.get(0)).optional()?;
            Ok(body.and_then(|body| readable("operation", &id, &body)))
        })
        .await
    }
}

/// Every operation, oldest first.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Operation>> {
    select(db, "ORDER BY started, rowid", [])
}

fn select(db: &Connection, which: &str, given: impl rusqlite::Params) -> rusqlite::Result<Vec<Operation>> {
    let mut query = db.prepare_cached(&format!("SELECT id, body FROM operation {which}"))?;
    let rows = query.query_map(given, |row| {
        let id: String = row.get(0)?;
        Ok(readable("operation", &id, row.get_ref(1)?.as_str()?))
    })?;
    rows.filter_map(Result::transpose).collect()
}

const fn name(operation: &Operation) -> &'static str {
    match operation.state {
        State::StoodDown { .. } if operation.unseen => "stood_down_unseen",
        State::Done if operation.unseen => "done_unseen",
        State::Sending => "sending",
        State::Done => "done",
        State::StoodDown { .. } => "stood_down",
        State::Refused => "refused",
        State::Uncertain => "uncertain",
    }
}
