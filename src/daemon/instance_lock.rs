//! [`InstanceLock`]: a lock that allows one daemon per profile, with information about the one that runs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::data_folder::{Unsafe, keep_private};
use crate::config::file_advice::advice;

/// The file in the data folder; it is locked as long as the daemon lives, however it ends.
const FILE: &str = "daemon.json";

/// How often the claim is tried, and the pause in between: [`look`] holds the lock for an instant.
const MAX_TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// How long the file always is at least. What is said replaces what was said before in one write, filled up with blanks,
/// so that nobody who looks in the meantime finds half of it.
const LENGTH: usize = 1024;

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
pub struct InstanceLock {
    file: File,
    path: PathBuf,
}

/// Why a daemon cannot run here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one does.
    #[error(
        "cadenced is already running for this profile{}; `cadenced status` shows what it does, and systemd stops it: \
         systemctl --user stop cadenced",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Taken {
        /// Its process id, where it said so.
        pid: Option<u32>,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    Unsafe(#[from] Unsafe),
    /// The file cannot be written.
    #[error("{}: {error}; {}", path.display(), advice(error.kind()))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl InstanceLock {
    /// Claims the profile whose data is in `dir`, a folder that is made where it is missing.
    ///
    /// # Errors
    /// [`Error::Taken`] where another daemon runs, and that of the file.
    pub fn claim(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let failed = |error| Error::File { path: path.clone(), error };
        keep_private(dir)?;
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        for _ in 0..MAX_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file, path }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(Error::File { path, error }),
            }
        }
        Err(Error::Taken { pid: read(&path).map(|state| state.pid) })
    }

    /// Says how the daemon is.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn say(&mut self, state: &State) -> Result<(), Error> {
        let mut text = serde_json::to_vec(state).unwrap_or_default();
        let length = self.file.metadata().map_or(LENGTH, |known| usize::try_from(known.len()).unwrap_or(LENGTH));
        text.resize(text.len().max(length).max(LENGTH), b' ');
        self.file.write_all_at(&text, 0).map_err(|error| Error::File { path: self.path.clone(), error })
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
