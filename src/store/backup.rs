//! Dated backups of what no calendar can restore: ledger, decisions, known series and notices.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{Error, Store, open};

/// How many of the newest copies are kept.
const DAILY: usize = 14;

/// For how many months before the newest copy one of each is kept as well.
const MONTHLY: i32 = 12;

/// The tables that a copy holds the rows of; the mirror's are there and empty.
const DURABLE: [&str; 10] =
    ["ledger", "known", "decision", "notice", "told", "operation", "report", "mail", "offer", "back_off"];

impl Store {
    /// Makes today's copy (UTC) where there is none yet, and returns its path; drops the copies that are too old.
    ///
    /// # Errors
    /// [`Error`], where the copy cannot be written; the older ones stay.
    pub async fn backup_if_due(&self, now: Timestamp) -> Result<Option<PathBuf>, Error> {
        let dir = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        self.ask(move |db| {
            let today = TimeZone::UTC.to_datetime(now).date();
            let path = folder(&dir).join(format!("{today}.db"));
            if path.exists() {
                return Ok(None);
            }
            copy(db, &folder(&dir), &path)?;
            for (_, old) in surplus(copies(&dir)?) {
                open::remove_if_there(&old)?;
            }
            Ok(Some(path))
        })
        .await
    }
}

/// Every dated copy, oldest first.
pub(super) fn copies(dir: &Path) -> Result<Vec<(Date, PathBuf)>, Error> {
    let folder = folder(dir);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(&folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Error::io(&folder, &error))?.path();
        let day = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".db"));
        if let Some(day) = day.and_then(|day| day.parse().ok()) {
            found.push((day, path));
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn folder(dir: &Path) -> PathBuf {
    dir.join("copies")
}

/// Writes the copy beside its place, checks it, and only then gives it its name.
fn copy(db: &Connection, folder: &Path, path: &Path) -> Result<(), Error> {
    open::prepare_folder(folder)?;
    let rough = folder.join("unfinished");
    remove_with_tails(&rough)?;
    let made = fill(db, &rough).map_err(|error| error.about(&rough));
    if made.is_err() {
        let _ = remove_with_tails(&rough);
        return made;
    }
    fs::rename(&rough, path).map_err(|error| Error::io(path, &error))?;
    open::sync_folder(folder)
}

fn fill(db: &Connection, rough: &Path) -> Result<(), Error> {
    // Closing it here leaves one file in the current form, without a log beside it.
    drop(open::connect(rough)?);
    db.execute("ATTACH DATABASE ?1 AS copy", [rough.to_string_lossy()])?;
    let filled = fill_attached(db);
    let detached = db.execute_batch("DETACH DATABASE copy");
    filled?;
    detached?;
    let done = open::connect(rough)?;
    open::check(&done)?;
    done.close().map_err(|(_, error)| error)?;
    open::open_private(rough)?.sync_all().map_err(|error| Error::io(rough, &error))
}

fn fill_attached(db: &Connection) -> rusqlite::Result<()> {
    let transaction = db.unchecked_transaction()?;
    for table in DURABLE.into_iter().filter(|table| !(planted!("a-table-is-not-copied") && *table == "mail")) {
        transaction.execute(&format!("INSERT INTO copy.{table} SELECT * FROM main.{table}"), [])?;
    }
    transaction.commit()
}

fn remove_with_tails(path: &Path) -> Result<(), Error> {
    ["-wal", "-shm", "-journal", ""].iter().try_for_each(|tail| open::remove_if_there(&open::with_tail(path, tail)))
}

/// The copies that are neither among the newest nor the last one of a month of the last year.
fn surplus(mut copies: Vec<(Date, PathBuf)>) -> Vec<(Date, PathBuf)> {
    let month = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
    let Some(newest) = copies.last().map(|(day, _)| month(*day)) else {
        return Vec::new();
    };
    let old = copies.len().saturating_sub(DAILY);
    let mut next = copies.get(old).map_or(newest, |(day, _)| month(*day));
    copies.truncate(old);
    let mut surplus = Vec::new();
    for (day, path) in copies.into_iter().rev() {
        let last_of_month = month(day) != next;
        next = month(day);
        if !last_of_month || newest - month(day) > MONTHLY {
            surplus.push((day, path));
        }
    }
    surplus
}
