//! The store's errors, and what the user can do about each.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::config::data_folder::{LINK, ODD, Unsafe};

/// Why the store could not do something. It never holds a title or an address.
#[derive(Clone, Debug)]
pub struct Error {
    /// What kind of failure, and so what to do about it.
    pub kind: ErrorKind,
    /// The file or folder.
    pub path: PathBuf,
    /// What SQLite or the system said; may be empty.
    pub detail: String,
}

/// The kinds of failure that callers tell apart. After each of them what was stored before is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The database is damaged. The next [`super::Store::open`] that has it to itself sets it aside.
    #[error("the database is damaged; restart cadenced: it sets this file aside and restores the newest copy")]
    Damaged,
    /// No space is left.
    #[error("no space is left for the database; free some. Nothing was lost")]
    Full,
    /// The files may not be read or written.
    #[error("no permission; the folder must be yours with mode 0700, and the files in it with mode 0600")]
    Denied,
    /// The disk is mounted read-only.
    #[error("the disk is read-only; mount it for writing, or choose another data folder. Nothing was lost")]
    ReadOnly,
    /// A link in the data folder.
    #[error("{LINK}")]
    Link,
    /// Something in the data folder that is neither a file nor a folder.
    #[error("{ODD}")]
    Odd,
    /// Another process keeps the database locked.
    #[error("another process keeps the database locked; try again, or stop that process")]
    Locked,
    /// A newer version of cadenced wrote it.
    #[error("a newer version of cadenced wrote this database; use that version again. Nothing was changed")]
    Newer,
    /// It is a database, but of another program.
    #[error("this database belongs to another program; move it away or choose another data folder")]
    Foreign,
    /// The disk fails, or the path leads nowhere.
    #[error("the file cannot be read or written; check the disk and the path")]
    Failing,
    /// A bug of cadenced.
    #[error("an internal error; please report it (`cadenced doctor --bundle` collects what helps)")]
    Internal,
}

impl ErrorKind {
    /// One of each kind.
    pub const ALL: [Self; 11] = [
        Self::Damaged,
        Self::Full,
        Self::Denied,
        Self::ReadOnly,
        Self::Link,
        Self::Odd,
        Self::Locked,
        Self::Newer,
        Self::Foreign,
        Self::Failing,
        Self::Internal,
    ];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.kind)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// A failure of `kind`; the store's handle adds the path where none is given here.
    pub(super) fn new(kind: ErrorKind, path: &Path, detail: impl Into<String>) -> Self {
        Self { kind, path: path.to_owned(), detail: detail.into() }
    }

    /// A failure of a call to the system about `path`.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => ErrorKind::Full,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
            _ => ErrorKind::Failing,
        };
        Self::new(kind, path, error.to_string())
    }

    /// Says which file it was about, where that is not known yet.
    pub(super) fn about(mut self, path: &Path) -> Self {
        if self.path.as_os_str().is_empty() {
            path.clone_into(&mut self.path);
        }
        self
    }

    /// Finds out whether a failing disk is only full, and whether what may not be written is on a read-only disk: SQLite does not
    /// always tell them apart.
    pub(super) fn looked_into(mut self) -> Self {
        if matches!(self.kind, ErrorKind::Failing | ErrorKind::Denied)
            && let Some(Err(found)) = self.path.parent().map(probe)
            && matches!(found.kind, ErrorKind::Full | ErrorKind::ReadOnly)
        {
            self.kind = found.kind;
        }
        self
    }

    /// Whether the file itself is bad, and not its surroundings.
    pub(super) fn is_damage(&self) -> bool {
        self.kind == ErrorKind::Damaged
    }
}

/// Finds out whether a folder takes more than a few bytes, by writing there.
pub(super) fn probe(folder: &Path) -> Result<(), Error> {
    let probe = folder.join("cadenced.probe");
    let written = std::fs::write(&probe, vec![0; 1 << 16]);
    let _ = std::fs::remove_file(&probe);
    written.map_err(|error| Error::io(&probe, &error))
}

impl From<Unsafe> for Error {
    fn from(error: Unsafe) -> Self {
        match error {
            Unsafe::System { path, error } => Self::io(&path, &error),
            Unsafe::Link(path) => Self::new(ErrorKind::Link, &path, ""),
            Unsafe::Odd(path) => Self::new(ErrorKind::Odd, &path, ""),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::Damaged,
            Some(ErrorCode::DiskFull) => ErrorKind::Full,
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied) => {
                ErrorKind::Denied
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Locked,
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => ErrorKind::Failing,
            _ => ErrorKind::Internal,
        };
        Self::new(kind, Path::new(""), error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    /// Keeps where the JSON is wrong, and not what it says: that may be a title.
    fn from(error: serde_json::Error) -> Self {
        let place = format!("a stored record, column {}: {:?} error", error.column(), error.classify());
        Self::new(ErrorKind::Internal, Path::new(""), place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_becomes_the_failure_that_it_is() {
        let kind = |kind: io::ErrorKind| Error::io(Path::new("/data/x.db"), &kind.into()).kind;
        assert_eq!(kind(io::ErrorKind::ReadOnlyFilesystem), ErrorKind::ReadOnly);
        assert_eq!(kind(io::ErrorKind::PermissionDenied), ErrorKind::Denied);
        assert_eq!(kind(io::ErrorKind::StorageFull), ErrorKind::Full);
        assert_eq!(kind(io::ErrorKind::NotFound), ErrorKind::Failing);
    }

    #[test]
    fn only_a_lack_of_permission_gets_advice_about_modes() {
        for kind in ErrorKind::ALL {
            assert_eq!(kind.to_string().contains("mode 0"), kind == ErrorKind::Denied, "{kind}");
        }
        insta::assert_snapshot!(ErrorKind::ALL.map(|kind| format!("{kind:?}: {kind}")).join("\n"));
    }
}
