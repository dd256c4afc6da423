//! Stores until when servers asked cadenced to wait, across restarts.

use rusqlite::Connection;

use super::{Error, Store, stamp, unstamp};
use crate::domain::source::{BackOff, Scope, SourceId};

impl Store {
    /// Keeps until when a server asked not to be bothered. The latest word counts.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be written.
    pub async fn back_off(&self, off: BackOff) -> Result<(), Error> {
        self.change(move |db| {
            let (account, calendar) = columns(&off.scope);
            let sql = "INSERT INTO back_off (account, calendar, until, detail) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (account, calendar) DO UPDATE SET until = excluded.until, detail = excluded.detail";
            db.execute(sql, (account, calendar, stamp(off.until), &off.detail))?;
            Ok(())
        })
        .await
    }

    /// What servers asked for, those times that are over among them.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn back_offs(&self) -> Result<Vec<BackOff>, Error> {
        self.look(|db| Ok(all(db)?)).await
    }
}

/// Everything that servers asked for.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<BackOff>> {
    let mut query =
        db.prepare_cached("SELECT account, calendar, until, detail FROM back_off ORDER BY account, calendar")?;
    let rows = query.query_map([], |row| {
        let (account, calendar): (String, String) = (row.get(0)?, row.get(1)?);
        let scope =
            if calendar.is_empty() { Scope::Writing(account) } else { Scope::Reading(SourceId { account, calendar }) };
        Ok(BackOff { scope, until: unstamp(row.get(2)?), detail: row.get(3)? })
    })?;
    rows.collect()
}

/// The account and the calendar; writes are of a whole account, and no calendar has an empty name.
fn columns(scope: &Scope) -> (&str, &str) {
    match scope {
        Scope::Writing(account) => (account, ""),
        Scope::Reading(source) => (&source.account, &source.calendar),
    }
}
