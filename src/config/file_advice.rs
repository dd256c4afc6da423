//! Says what to do about a file or folder that the system refuses to read or write.

use std::io::ErrorKind;

/// What to do, as a clause.
#[must_use]
pub const fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only: mount it for writing, or name another folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "free some space",
        ErrorKind::PermissionDenied => "check that the folder is yours and that you may write to it",
        ErrorKind::NotFound => "check that the folder exists",
        ErrorKind::IsADirectory => "name a file, not a folder",
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => "a file stands where a folder is to be: move it away",
        _ => "check the folder and the disk",
    }
}
