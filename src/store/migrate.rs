//! The schema: its version, and the migrations from older versions.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Error, ErrorKind};
use super::outlines;

/// The steps from each form of the database to the next; never changed once they were released.
const STEPS: [&str; 7] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
    include_str!("migrations/7.sql"),
];

/// The form that this version writes.
pub(super) const CURRENT: u32 = 7;

/// The first form in which single events have outlines.
const OUTLINED: u32 = 7;

const _: () = assert!(STEPS.len() == CURRENT as usize, "each form but the first has a step to it");

/// What is in the header of our databases: `CDNC`.
pub(super) const APPLICATION: i32 = 0x4344_4E43;

/// The tables of the current form, without which it is damaged.
pub(super) const TABLES: [&str; 13] = [
    "source",
    "event",
    "ledger",
    "known",
    "decision",
    "notice",
    "told",
    "availability",
    "operation",
    "report",
    "mail",
    "back_off",
    "offer",
];

/// Brings the database to the current form, in one transaction; several processes may do so at once.
pub(super) fn migrate(db: &mut Connection) -> Result<(), Error> {
    if checked_version(db)? < CURRENT {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been here while this one waited for the lock.
        let from = checked_version(&step)?;
        for sql in STEPS.iter().skip(from as usize) {
            step.execute_batch(sql)?;
        }
        if from < OUTLINED {
            outlines::fill(&step)?;
        }
        step.pragma_update(None, "application_id", APPLICATION)?;
        step.pragma_update(None, "user_version", CURRENT)?;
        step.commit()?;
    }
    has_every_table(db)
}

/// The version of the form that a database is in; zero for one that holds nothing yet.
pub(super) fn checked_version(db: &Connection) -> Result<u32, Error> {
    let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    is_ours(version, application, tables > 0)?;
    Ok(version)
}

/// Refuses what a newer version or another program wrote.
pub(super) fn is_ours(version: u32, application: i32, holds_something: bool) -> Result<(), Error> {
    let nowhere = Path::new("");
    if application == APPLICATION && version > CURRENT {
        let found = format!("its schema version is {version}, and this cadenced knows versions up to {CURRENT}");
        return Err(Error::new(ErrorKind::Newer, nowhere, found));
    }
    if application != APPLICATION && (application != 0 || version != 0 || holds_something) {
        return Err(Error::new(ErrorKind::Foreign, nowhere, "its header names another program"));
    }
    Ok(())
}

pub(super) fn has_every_table(db: &Connection) -> Result<(), Error> {
    for table in TABLES {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let found: u32 = db.query_row(sql, [table], |row| row.get(0))?;
        if found == 0 {
            return Err(Error::new(ErrorKind::Damaged, Path::new(""), format!("the table {table} is missing")));
        }
    }
    Ok(())
}
