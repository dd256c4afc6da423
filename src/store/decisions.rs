//! Stores the user's decisions: appended, never changed, kept for ever.

use rusqlite::Connection;

use super::{Error, Store, readable, stamp};
use crate::domain::session::Decision;

impl Store {
    /// Adds a decision.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn decide(&self, decision: Decision) -> Result<(), Error> {
        self.change(move |db| {
            let body = serde_json::to_string(&decision)?;
            db.execute("INSERT INTO decision (at, body) VALUES (?1, ?2)", (stamp(decision.at), body))?;
            Ok(())
        })
        .await
    }
}

/// Every decision, in the order in which they were taken.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Decision>> {
    let mut query = db.prepare_cached("SELECT id, body FROM decision ORDER BY id")?;
    let rows = query.query_map([], |row| {
        let id: i64 = row.get(0)?;
        Ok(readable("decision", &id, row.get_ref(1)?.as_str()?))
    })?;
    rows.filter_map(Result::transpose).collect()
}
