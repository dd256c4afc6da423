//! Owns [`Presence`]: that at most one daemon runs for a profile, and what it says of itself to those who look.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The file in the data folder; it is locked as long as the daemon lives, however it ends.
const FILE: &str = "daemon.json";

/// What a daemon says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its process id.
    pub pid: u32,
    /// Since when it runs.
    pub since: Timestamp,
    /// Why notices do not reach the desktop, where they do not.
    pub notices: Option<String>,
}

/// The claim to be the only daemon of a profile.
#[derive(Debug)]
pub struct Presence {
    file: File,
    path: PathBuf,
}

/// Why a daemon cannot run here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one does.
    #[error("a cadenced runs for this profile already{}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Taken {
        /// Its process id, where it said so.
        pid: Option<u32>,
    },
    /// The file cannot be written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl Presence {
    /// Claims the profile whose data is in `dir`.
    ///
    /// # Errors
    /// [`Error::Taken`] where another daemon runs, and that of the file.
    pub fn claim(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let failed = |error| Error::File { path: path.clone(), error };
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => Err(Error::Taken { pid: read(&path).map(|state| state.pid) }),
            Err(TryLockError::Error(error)) => Err(Error::File { path, error }),
        }
    }

    /// Says how the daemon is.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn say(&mut self, state: &State) -> Result<(), Error> {
        let text = serde_json::to_vec(state).unwrap_or_default();
        let written = self.file.rewind().and_then(|()| self.file.set_len(0)).and_then(|()| self.file.write_all(&text));
        written.map_err(|error| Error::File { path: self.path.clone(), error })
    }
}

/// What the daemon of this data folder says of itself; `None` where none runs.
#[must_use]
pub fn look(dir: &Path) -> Option<State> {
    let file = File::open(dir.join(FILE)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => read(&dir.join(FILE)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn read(path: &Path) -> Option<State> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
