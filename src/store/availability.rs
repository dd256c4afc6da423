//! Stores the free/busy answers of servers; the newest for each person is kept.

use rusqlite::Connection;

use super::{Error, Store, readable, stamp};
use crate::domain::availability::Availability;

impl Store {
    /// Keeps what was learnt of people's time, each in the place of what was known of them before.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written; then nothing was kept.
    pub async fn learn(&self, said: Vec<Availability>) -> Result<(), Error> {
        self.change(move |db| {
            let sql = "INSERT INTO availability (who, asked, body) VALUES (?1, ?2, ?3)
                       ON CONFLICT (who) DO UPDATE SET asked = excluded.asked, body = excluded.body";
            let mut upsert = db.prepare_cached(sql)?;
            for one in said {
                upsert.execute((one.who.as_str(), stamp(one.asked), serde_json::to_string(&one)?))?;
            }
            Ok(())
        })
        .await
    }
}

/// What is known of everybody's time, by address.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Availability>> {
    let mut query = db.prepare_cached("SELECT who, body FROM availability ORDER BY who")?;
    let rows = query.query_map([], |row| {
        let who: String = row.get(0)?;
        Ok(readable("availability", &who, row.get_ref(1)?.as_str()?))
    })?;
    rows.filter_map(Result::transpose).collect()
}
