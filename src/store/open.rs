//! Finds the database, then checks, creates or restores it before use.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OpenFlags};

use super::error::{Error, ErrorKind};
use super::{backup, header, known_good, migrate};
use crate::config::data_folder::keep_private;

/// The name of the database in the data folder.
pub(super) const FILE: &str = "cadenced.db";

/// How long to wait for another process, in milliseconds, before saying so.
const BUSY_TIMEOUT_MS: u64 = 10_000;

/// What was found when the store was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// There was nothing, and a new database was made.
    Created,
    /// The database was there and is good.
    Opened,
    /// The database was damaged or gone; the user should be told.
    Restored {
        /// Where the damaged file is now; none where there was no file at all.
        set_aside: Option<PathBuf>,
        /// The day of the copy that the ledger, decisions, known series and told notices came from.
        copy: Option<Date>,
    },
}

/// An open database, with the lock that keeps others from setting it aside.
pub(super) struct Opened {
    pub db: Connection,
    pub opening: Opening,
    pub lock: File,
}

/// What is at the place of the database.
enum DatabaseFile {
    Nothing,
    Good,
    Damaged,
}

/// Opens the database in `dir`, making, migrating or restoring it where needed.
///
/// Whoever opens it first checks it, unless it is the very file that was found whole within a day; only a process that has it to itself may set it aside.
pub(super) fn open(dir: &Path, now: Timestamp) -> Result<Opened, Error> {
    keep_private(dir)?;
    let path = dir.join(FILE);
    let lock = open_private(&dir.join("cadenced.lock"))?;
    let opening = if is_alone(&lock, dir)? { make_good(dir, &lock, now)? } else { Opening::Opened };
    let db = connect(&path)?;
    share(&lock, dir)?;
    Ok(Opened { db, opening, lock })
}

/// Opens a database file that is there or may be made, brings it to the current form, and sets it up for use.
pub(super) fn connect(path: &Path) -> Result<Connection, Error> {
    make_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let attempt = || -> Result<Connection, Error> {
        let mut db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
        migrate::checked_version(&db)?;
        set_up(&db)?;
        migrate::migrate(&mut db)?;
        Ok(db)
    };
    attempt().map_err(|error| error.about(path).looked_into())
}

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    // Pages beyond this spill to the disk, so that a large listing does not grow the process.
    db.pragma_update(None, "cache_size", -8192)?;
    db.pragma_update_and_check(None, "journal_size_limit", 8 << 20, |_| Ok(()))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn make_good(dir: &Path, lock: &File, now: Timestamp) -> Result<Opening, Error> {
    let path = dir.join(FILE);
    let depth = if known_good::holds(lock, &path, now) { Depth::Form } else { Depth::Everything };
    match examine(&path, depth)? {
        DatabaseFile::Good => {
            if depth == Depth::Everything {
                known_good::note(lock, &path, now);
            }
            Ok(Opening::Opened)
        }
        DatabaseFile::Nothing => restore(dir, None),
        DatabaseFile::Damaged => {
            let aside = free_name(&path, now);
            restore(dir, Some(aside))
        }
    }
}

/// How much of a database is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Its header and its tables.
    Form,
    /// Every page.
    Everything,
}

/// Says what is at `path`. It writes nothing to what it refuses.
fn examine(path: &Path, depth: Depth) -> Result<DatabaseFile, Error> {
    match header::read(path).map_err(|error| error.about(path))? {
        header::Header::Absent | header::Header::Empty => return Ok(DatabaseFile::Nothing),
        header::Header::Garbage => return Ok(DatabaseFile::Damaged),
        header::Header::Plausible => {}
    }
    let look = |db: Connection| match depth {
        Depth::Form => Ok(()),
        Depth::Everything => check(&db).map_err(|error| error.about(path)),
    };
    match connect(path).and_then(look) {
        Ok(()) => Ok(DatabaseFile::Good),
        Err(error) if error.is_damage() => {
            tracing::warn!(%error, "the database is damaged");
            Ok(DatabaseFile::Damaged)
        }
        Err(error) => Err(error),
    }
}

/// Reads the whole database once and fails where its structure is broken.
pub(super) fn check(db: &Connection) -> Result<(), Error> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Error::new(ErrorKind::Damaged, Path::new(""), verdict)) }
}

/// Puts the newest good copy in the place of the database, and what is there now to `aside`.
fn restore(dir: &Path, aside: Option<PathBuf>) -> Result<Opening, Error> {
    let path = dir.join(FILE);
    let fresh = dir.join("cadenced.db.restoring");
    let copy = newest_good_copy(dir, &fresh)?;
    // The log goes with the file that it belongs to; left behind, it would be played into the new one.
    if let Some(aside) = &aside {
        for tail in ["-wal", "-shm", ""] {
            rename_if_there(&with_tail(&path, tail), &with_tail(aside, tail))?;
        }
    } else {
        for tail in ["-wal", "-shm"] {
            remove_if_there(&with_tail(&path, tail))?;
        }
    }
    if copy.is_some() {
        rename_if_there(&fresh, &path)?;
    }
    sync_folder(dir)?;
    Ok(match (&aside, copy) {
        (None, None) => Opening::Created,
        _ => Opening::Restored { set_aside: aside, copy },
    })
}

fn newest_good_copy(dir: &Path, fresh: &Path) -> Result<Option<Date>, Error> {
    for (day, copy) in backup::copies(dir)?.into_iter().rev() {
        for tail in ["-wal", "-shm", "-journal", ""] {
            remove_if_there(&with_tail(fresh, tail))?;
        }
        fs::copy(&copy, fresh).map_err(|error| Error::io(fresh, &error))?;
        open_private(fresh)?.sync_all().map_err(|error| Error::io(fresh, &error))?;
        match examine(fresh, Depth::Everything) {
            Ok(DatabaseFile::Good) => return Ok(Some(day)),
            Ok(DatabaseFile::Nothing | DatabaseFile::Damaged) => {}
            Err(error) if matches!(error.kind, ErrorKind::Newer | ErrorKind::Foreign) => {}
            Err(error) => return Err(error),
        }
        tracing::warn!(%day, "a dated copy cannot be used; trying an older one");
    }
    remove_if_there(fresh)?;
    Ok(None)
}

/// Whether nobody else has the store open; then the lock is held alone until [`share`].
fn is_alone(lock: &File, dir: &Path) -> Result<bool, Error> {
    match lock.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => share(lock, dir).map(|()| false),
        Err(TryLockError::Error(error)) => Err(Error::io(dir, &error)),
    }
}

/// Takes the lock together with others, waiting for one that is still checking.
fn share(lock: &File, dir: &Path) -> Result<(), Error> {
    for _ in 0..BUSY_TIMEOUT_MS / 20 {
        match lock.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::Error(error)) => return Err(Error::io(dir, &error)),
        }
    }
    Err(Error::new(ErrorKind::Locked, dir, "it is being checked or restored"))
}

pub(super) fn prepare_folder(dir: &Path) -> Result<(), Error> {
    let io = |error| Error::io(dir, &error);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io)?;
    if others_may(&fs::metadata(dir).map_err(io)?) {
        fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(io)?;
    }
    Ok(())
}

/// Opens a file for reading and writing, made where it is missing, that only its owner can read.
pub(super) fn open_private(path: &Path) -> Result<File, Error> {
    let io = |error| Error::io(path, &error);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(io)?;
    if others_may(&file.metadata().map_err(io)?) {
        file.set_permissions(Permissions::from_mode(0o600)).map_err(io)?;
    }
    Ok(file)
}

/// Makes a database file that only its owner can read, or makes one that is there so.
///
/// A file that is there is not opened: closing it again would drop the locks that SQLite holds on it in this process.
fn make_private(path: &Path) -> Result<(), Error> {
    let io = |error| Error::io(path, &error);
    match fs::metadata(path) {
        Ok(there) if !others_may(&there) => Ok(()),
        Ok(_) => fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(io),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => open_private(path).map(drop),
        Err(error) => Err(io(error)),
    }
}

/// Whether anybody but the owner may do anything with a file.
fn others_may(file: &fs::Metadata) -> bool {
    file.permissions().mode() & 0o077 != 0
}

/// Makes the names in a folder last through a power cut.
pub(super) fn sync_folder(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|folder| folder.sync_all()).map_err(|error| Error::io(dir, &error))
}

pub(super) fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let at = TimeZone::UTC.to_datetime(now).strftime("%Y%m%dT%H%M%SZ").to_string();
    let plain = with_tail(path, &format!(".damaged-{at}"));
    let numbered = (2..1000).map(|n| with_tail(&plain, &format!("-{n}")));
    std::iter::once(plain.clone()).chain(numbered).find(|name| !name.exists()).unwrap_or(plain)
}

fn rename_if_there(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(from, &error)),
        _ => Ok(()),
    }
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, &error)),
        _ => Ok(()),
    }
}
