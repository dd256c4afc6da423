//! Keeps the data folder private: modes 0700 and 0600, and no symbolic links in it.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::file_advice::advice;

/// What begins the names of our files in the folder, and the names of what is not one of many. What else is there is somebody else's: the
/// config may name any folder.
const OURS: [&str; 7] = ["cadenced.", "daemon.json", "shown.json", "copies", "tokens", "reports", "profiles"];

/// How deep our folders are: those of a profile are two deeper than those of the profile without a name.
const MAX_DEPTH: usize = 4;

/// What is said of a link.
pub const LINK: &str = "this is a symbolic link, and the data folder may not contain any: private data would be read \
                        or written elsewhere; remove it, or replace it with what it points to (`[paths] data` and \
                        `[report] folder` name other folders)";

/// What is said of a pipe, a socket or a device.
pub const ODD: &str = "this is neither a file nor a folder; move it out of the data folder";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unsafe {
    /// A link, to wherever.
    #[error("{}: {LINK}", .0.display())]
    Link(PathBuf),
    /// Neither a file nor a folder.
    #[error("{}: {ODD}", .0.display())]
    Odd(PathBuf),
    /// What the system said.
    #[error("{}: {error}; {}", path.display(), advice(error.kind()))]
    System {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Makes the folder where it is missing, and sets the mode of everything of ours in it right.
///
/// # Errors
/// [`Unsafe`]; what was set right by then stays so.
pub fn keep_private(folder: &Path) -> Result<(), Unsafe> {
    let failed = |error| Unsafe::System { path: folder.to_owned(), error };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // The folder itself may be reached by a link: the config names it, or its owner put it on another disk.
    set_mode(folder, &fs::metadata(folder).map_err(failed)?)?;
    inside(folder, &|name| OURS.iter().any(|own| name.starts_with(own)), MAX_DEPTH)
}

fn inside(folder: &Path, is_ours: &dyn Fn(&str) -> bool, depth: usize) -> Result<(), Unsafe> {
    let failed = |error| Unsafe::System { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.file_name().is_some_and(|name| is_ours(&name.to_string_lossy())) {
            one(&path, depth)?;
        }
    }
    Ok(())
}

fn one(path: &Path, depth: usize) -> Result<(), Unsafe> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        // Another process has just put it away.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Unsafe::System { path: path.to_owned(), error }),
    };
    if found.is_symlink() {
        return Err(Unsafe::Link(path.to_owned()));
    }
    if !found.is_file() && !found.is_dir() {
        return Err(Unsafe::Odd(path.to_owned()));
    }
    set_mode(path, &found)?;
    if found.is_dir() && depth > 0 { inside(path, &|_| true, depth - 1) } else { Ok(()) }
}

fn set_mode(path: &Path, found: &Metadata) -> Result<(), Unsafe> {
    let right = if found.is_dir() { 0o700 } else { 0o600 };
    if found.permissions().mode() & 0o7777 == right {
        return Ok(());
    }
    match fs::set_permissions(path, Permissions::from_mode(right)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Unsafe::System { path: path.to_owned(), error }),
        _ => Ok(()),
    }
}
