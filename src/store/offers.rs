//! Stores the times offered in notices, so that no other session is offered the same.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Error, readable, stamp};
use crate::domain::plan::Notice;
use crate::domain::snapshot::Offered;

/// Keeps what a queued notice offers, in place of what was offered for its session before; forgets what is past.
pub(super) fn keep(db: &Connection, notice: &Notice, now: Timestamp) -> Result<(), Error> {
    let Some(offer) = notice.offer() else { return Ok(()) };
    db.prepare_cached("DELETE FROM offer WHERE starts <= ?1")?.execute([stamp(now)])?;
    let sql = "INSERT INTO offer (session, starts, body) VALUES (?1, ?2, ?3)
               ON CONFLICT (session) DO UPDATE SET starts = excluded.starts, body = excluded.body";
    let body = serde_json::to_string(&offer)?;
    db.prepare_cached(sql)?.execute((offer.session.to_string(), stamp(offer.slot.start), body))?;
    Ok(())
}

/// Everything that was offered.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Offered>> {
    let mut query = db.prepare_cached("SELECT session, body FROM offer ORDER BY session")?;
    let rows = query.query_map([], |row| {
        let session: String = row.get(0)?;
        Ok(readable("offer", &session, row.get_ref(1)?.as_str()?))
    })?;
    rows.filter_map(Result::transpose).collect()
}
