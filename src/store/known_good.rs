//! Remembers which database file was last found whole, so that one that nobody has touched since is not read through again.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::open::with_tail;

/// How long a file that looks the same is believed: a disk can lose what it holds without a trace.
const BELIEVED: SignedDuration = SignedDuration::from_hours(24);

/// A database file as it was when it was found whole. It stands in the lock file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    inode: u64,
    bytes: u64,
    /// When anything of the file last changed, in seconds and nanoseconds: no program can set that time.
    changed: (i64, i64),
    checked: Timestamp,
}

/// Whether this very file was found whole within a day, and has not changed since.
pub(super) fn holds(lock: &File, database: &Path, now: Timestamp) -> bool {
    let Some((before, present)) = read(lock).zip(mark(database, now)) else { return false };
    let age = now.duration_since(before.checked);
    !age.is_negative() && age < BELIEVED && before == Mark { checked: before.checked, ..present }
}

/// Notes that this file was found whole. Where that can't be noted, it is read through the next time.
pub(super) fn note(lock: &File, database: &Path, now: Timestamp) {
    let text = mark(database, now).and_then(|mark| serde_json::to_vec(&mark).ok()).unwrap_or_default();
    if lock.set_len(0).and_then(|()| lock.write_all_at(&text, 0)).is_err() {
        tracing::debug!("what was found of the database could not be noted");
    }
}

fn read(lock: &File) -> Option<Mark> {
    let mut text = vec![0; usize::try_from(lock.metadata().ok()?.len().min(1_000)).ok()?];
    lock.read_exact_at(&mut text, 0).ok()?;
    serde_json::from_slice(&text).ok()
}

/// None while a log stands beside the file: what is in it was written after any check.
fn mark(database: &Path, checked: Timestamp) -> Option<Mark> {
    let has_log = std::fs::metadata(with_tail(database, "-wal")).is_ok_and(|log| log.len() > 0);
    let file = std::fs::metadata(database).ok().filter(|_| !has_log)?;
    let changed = (file.ctime(), file.ctime_nsec());
    Some(Mark { inode: file.ino(), bytes: file.len(), changed, checked })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_the_very_file_that_was_found_whole_is_believed_and_for_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let (database, log) = (dir.path().join("x.db"), dir.path().join("x.db-wal"));
        fs::write(&database, b"one").unwrap();
        let lock = File::options().read(true).write(true).create_new(true).open(dir.path().join("x.lock")).unwrap();
        let now: Timestamp = "2026-11-16T08:00:00Z".parse().unwrap();
        let later = |hours| now + SignedDuration::from_hours(hours);
        assert!(!holds(&lock, &database, now), "nothing was noted");
        note(&lock, &database, now);
        assert!(holds(&lock, &database, now) && holds(&lock, &database, later(23)));
        assert!(!holds(&lock, &database, later(24)) && !holds(&lock, &database, later(-1)));
        fs::write(&log, b"more").unwrap();
        assert!(!holds(&lock, &database, now), "what stands in a log was not looked at");
        fs::write(&log, b"").unwrap();
        assert!(holds(&lock, &database, now));
        let before = fs::metadata(&database).unwrap().ctime_nsec();
        while fs::metadata(&database).unwrap().ctime_nsec() == before {
            fs::write(&database, b"two").unwrap();
        }
        assert!(!holds(&lock, &database, now), "as long, and not the same");
        note(&lock, &database, now);
        fs::copy(&database, dir.path().join("copy")).unwrap();
        fs::rename(dir.path().join("copy"), &database).unwrap();
        assert!(!holds(&lock, &database, now), "another file of the same bytes");
        lock.set_len(0).unwrap();
        lock.write_all_at(b"{nonsense", 0).unwrap();
        assert!(!holds(&lock, &database, now));
    }
}
