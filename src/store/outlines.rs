//! Outlines the single events of a database that an earlier version wrote.

use rusqlite::Connection;

use super::{Error, readable};
use crate::domain::event::Event;
use crate::domain::outline;

/// How many events are held at a time.
const AT_ONCE: i64 = 500;

/// Outlines every single event that has no outline yet.
pub(super) fn fill(db: &Connection) -> Result<(), Error> {
    let mut without = db.prepare(
        "SELECT id, uid, body FROM event WHERE recurring = 0 AND outline IS NULL AND id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let mut write = db.prepare("UPDATE event SET outline = ?2 WHERE id = ?1")?;
    let mut last = i64::MIN;
    loop {
        let rows = without.query_map((last, AT_ONCE), |row| {
            let (id, uid, body): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let event = readable::<Event>("event", &id, &body);
            Ok((id, event.map_or_else(|| outline::whole(&uid), |event| outline::of(&event))))
        })?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for (id, outline) in &rows {
            write.execute((id, outline))?;
        }
        match rows.last() {
            Some((id, _)) => last = *id,
            None => return Ok(()),
        }
    }
}
