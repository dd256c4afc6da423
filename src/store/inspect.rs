//! Opens a database read-only and reports the state of its files, without changing anything.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use jiff::civil::Date;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{StatVfsMountFlags, statvfs};

use super::error::{Error, ErrorKind};
use super::header::{self, Header};
use super::{Store, backup, migrate, open, serve};

/// What can be said of the files of a store without changing any of them.
#[derive(Debug)]
pub struct Inspection {
    /// The database file.
    pub file: PathBuf,
    /// What is in it; a failure says why it cannot be used.
    pub form: Result<Form, Error>,
    /// How much room it takes with its log, in bytes.
    pub bytes: u64,
    /// What a look at its structure found; nothing where there is nothing to look at.
    pub check: Option<Checked>,
    /// How many rows each table has, as far as they can be counted.
    pub rows: Vec<(String, u64)>,
    /// The day of each dated copy, oldest first, with its size in bytes.
    pub copies: Vec<(Date, u64)>,
    /// The folders and files of the store that are there, with their modes.
    pub files: Vec<StoreFile>,
    /// The room that is left on its file system, where that can be told.
    pub room: Option<Room>,
}

/// What is at the place of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing: it is made when cadenced first reads a calendar.
    Nothing,
    /// A database in the form of this version.
    Current,
    /// One in an older form, which the next cadenced that opens it brings up to date.
    Older(u32),
}

/// The result of the check of a database's structure (`PRAGMA quick_check`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// All of it is as it should be.
    Good,
    /// It is broken; what SQLite says first.
    Broken(String),
    /// It took too long, so that nobody knows.
    TooLong,
}

/// A file or folder of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFile {
    /// Where.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    /// Whether it belongs to another user than this process runs as.
    pub foreign: bool,
}

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many bytes are free for this user.
    pub free: u64,
    /// Whether it is mounted read-only.
    pub read_only: bool,
}

impl Inspection {
    /// The version of the form that this program writes.
    pub const FORM: u32 = migrate::CURRENT;

    /// The version of the SQLite that is built in.
    pub fn sqlite() -> &'static str {
        rusqlite::version()
    }
}

impl Store {
    /// Looks at the store in `dir` and changes nothing: makes no folder and no file, migrates nothing, restores nothing.
    ///
    /// Waits for the disk; the check of the structure is broken off after `limit`.
    #[must_use]
    pub fn inspect(dir: &Path, limit: Duration) -> Inspection {
        let file = dir.join(open::FILE);
        let log = open::with_tail(&file, "-wal");
        let bytes = [&file, &log].into_iter().filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum();
        let (form, found) = match look_only(&file) {
            Err(error) => (Err(error.about(&file)), None),
            Ok(None) => (Ok(Form::Nothing), None),
            Ok(Some(db)) => (form(&db).map_err(|error| error.about(&file)), Some(db)),
        };
        let check = found.as_ref().map(|db| check(db, limit));
        Inspection {
            form,
            bytes,
            check,
            rows: found.as_ref().map(rows).unwrap_or_default(),
            copies: copies(dir),
            files: kept(dir, &file),
            room: room(dir),
            file,
        }
    }

    /// Opens the store in `dir` for reading only; every method that writes fails, and nothing is made, migrated or restored.
    ///
    /// # Errors
    /// [`Error`], where there is no database, where it cannot be read, or where it is not in the form of this version.
    pub fn view(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(open::FILE);
        let absent = |detail: &str| Error::new(ErrorKind::Failing, &path, detail);
        let db = look_only(&path).map_err(|error| error.about(&path))?.ok_or_else(|| absent("it is not there yet"))?;
        match form(&db).map_err(|error| error.about(&path))? {
            Form::Current => {}
            Form::Older(_) | Form::Nothing => return Err(absent("an older cadenced wrote it")),
        }
        let path = std::sync::Arc::new(path);
        let (jobs, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store".into());
        let spawned = thread.spawn(move || serve(None, &inbox, db));
        spawned.map_err(|error| Error::io(&path, &error))?;
        Ok(Self { jobs, path })
    }
}

/// Opens a database so that its file and its log stay as they are; none where there is no file or an empty one.
fn look_only(path: &Path) -> Result<Option<Connection>, Error> {
    match header::read(path)? {
        Header::Absent | Header::Empty => return Ok(None),
        Header::Garbage => {
            return Err(Error::new(ErrorKind::Damaged, path, "it does not begin like a SQLite database"));
        }
        Header::Plausible => {}
    }
    // Without a log nobody has it open: then it can be read without making the files that others would wait for.
    let still = fs::metadata(open::with_tail(path, "-wal")).map_or(true, |log| log.len() == 0);
    let db = Connection::open_with_flags(
        address(path, still),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(Duration::from_secs(2))?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(Some(db))
}

/// A path as SQLite takes it in an address (<https://www.sqlite.org/uri.html>).
fn address(path: &Path, still: bool) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut address = String::from("file:");
    for byte in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => address.push(char::from(*byte)),
            other => {
                let _ = write!(address, "%{other:02X}");
            }
        }
    }
    address + if still { "?mode=ro&immutable=1" } else { "?mode=ro" }
}

fn form(db: &Connection) -> Result<Form, Error> {
    match migrate::checked_version(db)? {
        0 => Ok(Form::Nothing),
        migrate::CURRENT => migrate::has_every_table(db).map(|()| Form::Current),
        older => Ok(Form::Older(older)),
    }
}

/// Looks through the whole database, for so long.
fn check(db: &Connection, limit: Duration) -> Checked {
    let handle = db.get_interrupt_handle();
    let (done, wait) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let late = wait.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            handle.interrupt();
        }
        late
    });
    let found = open::check(db);
    drop(done);
    let late = watch.join().unwrap_or(false);
    match found {
        Ok(()) => Checked::Good,
        Err(_) if late => Checked::TooLong,
        Err(error) => Checked::Broken(error.detail),
    }
}

fn rows(db: &Connection) -> Vec<(String, u64)> {
    let count = |table: &str| -> rusqlite::Result<u64> {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).map(i64::cast_unsigned)
    };
    migrate::TABLES.iter().filter_map(|table| Some(((*table).to_owned(), count(table).ok()?))).collect()
}

fn copies(dir: &Path) -> Vec<(Date, u64)> {
    let copies = backup::copies(dir).unwrap_or_default();
    copies.into_iter().map(|(day, path)| (day, fs::metadata(path).map_or(0, |found| found.len()))).collect()
}

fn kept(dir: &Path, file: &Path) -> Vec<StoreFile> {
    let own = fs::metadata("/proc/self").map(|own| own.uid());
    let paths = [dir.to_owned(), file.to_owned(), open::with_tail(file, "-wal"), backup::folder(dir)];
    let look = |path: PathBuf| {
        let found = fs::metadata(&path).ok()?;
        let foreign = own.as_ref().is_ok_and(|own| *own != found.uid());
        Some(StoreFile { path, mode: found.permissions().mode() & 0o7777, foreign })
    };
    paths.into_iter().filter_map(look).collect()
}

/// The file system of a folder, or of the nearest one above it that is there.
fn room(dir: &Path) -> Option<Room> {
    let found = dir.ancestors().find_map(|folder| statvfs(folder).ok())?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    Some(Room { free, read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY) })
}
