//! Writes report files atomically, readable only by the owner.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::config::file_advice::advice;
use jiff::civil::Weekday;

use crate::domain::week::{WeekFacts, WeekId};

use super::{Format, Style, render};

/// A report could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be put in its format.
    #[error(transparent)]
    Render(#[from] super::Error),
    /// A file or folder could not be written.
    #[error("{path}: {source}; {}", advice(source.kind()))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the report of a week into a folder, `2026-W47.html` and the like, and `latest.html` and the like beside them unless a
/// later week is there already. Returns the path of the first format. Writing the same week again replaces it.
///
/// # Errors
/// [`Error`]; what stood there before then still stands.
pub fn keep(folder: &Path, facts: &WeekFacts, formats: &[Format]) -> Result<PathBuf, Error> {
    make_folder(folder).map_err(|source| Error::File { path: folder.to_owned(), source })?;
    let at = |format: Format| folder.join(format!("{}.{}", facts.week, format.extension()));
    for &format in formats {
        let text = render(facts, format, &Style { earlier: earlier(folder, facts.week, format), ..Style::default() })?;
        whole(&at(format), text.as_bytes())?;
        if !has_later(folder, facts.week, format) {
            whole(&folder.join(format!("latest.{}", format.extension())), text.as_bytes())?;
        }
    }
    Ok(formats.first().map_or_else(|| folder.to_owned(), |&first| at(first)))
}

/// The week before, where its report stands in the folder.
fn earlier(folder: &Path, week: WeekId, format: Format) -> Option<WeekId> {
    let before = week.back(1, Weekday::Monday);
    folder.join(format!("{before}.{}", format.extension())).exists().then_some(before)
}

/// Writes a file so that a reader sees the old one or the new one, never a part, and that survives a power cut; 0600.
///
/// # Errors
/// [`Error::File`]; what stood there before then still stands.
pub fn whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes, 0o600).map_err(|source| Error::File { path: path.to_owned(), source })
}

/// The same for a file that others may read: nothing in it names anybody.
///
/// # Errors
/// [`Error::File`]; what stood there before then still stands.
pub fn whole_for_all(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes, 0o644).map_err(|source| Error::File { path: path.to_owned(), source })
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    remove_parts_of_the_dead(folder, &name.to_string_lossy());
    let part = folder.join(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let done = fill(&part, bytes, mode).and_then(|()| std::fs::rename(&part, path));
    if done.is_err() {
        // The first failure is what the caller must hear of; the part may not even be there.
        let _ = std::fs::remove_file(&part);
    }
    done?;
    File::open(folder)?.sync_all()
}

/// A process that was killed while it wrote left a part, which nobody else would ever remove.
fn remove_parts_of_the_dead(folder: &Path, name: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let part = file.to_str().and_then(|file| file.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.'));
        let process = part.and_then(|part| part.strip_suffix(".part")?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A part that an earlier process of the same number left behind is removed first; nothing is ever written through a link.
fn fill(part: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A folder that is made here is the owner's alone; one that exists keeps its mode, as the owner may have chosen it.
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn has_later(folder: &Path, week: WeekId, format: Format) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let names = entries.flatten().map(|entry| entry.file_name());
    let week_of = |name: std::ffi::OsString| {
        let (stem, ending) = name.to_str()?.split_once('.')?;
        stem.parse::<WeekId>().ok().filter(|_| ending == format.extension())
    };
    names.filter_map(week_of).any(|found| found > week)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::report::sample;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_week_is_kept_by_name_and_as_the_latest_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/reports");
        let html = keep(&folder, &sample::facts(), &[Format::Html, Format::Json]).unwrap();
        assert_eq!(html, folder.join("2026-W47.html"));
        let text = std::fs::read(&html).unwrap();
        assert_eq!(std::fs::read(folder.join("latest.html")).unwrap(), text);
        assert_eq!((mode(&folder), mode(&html), mode(&folder.join("2026-W47.json"))), (0o700, 0o600, 0o600));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 4, "nothing else is left behind");
    }

    #[test]
    fn an_earlier_week_written_late_does_not_become_the_latest() {
        let dir = tempfile::tempdir().unwrap();
        keep(dir.path(), &sample::facts(), &[Format::Html]).unwrap();
        let mut earlier = sample::facts();
        earlier.week = earlier.week.back(1, Weekday::Monday);
        keep(dir.path(), &earlier, &[Format::Html]).unwrap();
        assert!(dir.path().join("2026-W46.html").exists());
        assert!(std::fs::read_to_string(dir.path().join("latest.html")).unwrap().contains("week 2026-W47</title>"));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_part() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), "old").unwrap();
        let error = whole(&path, b"new").unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert_eq!(std::fs::read_to_string(path.join("inside")).unwrap(), "old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_part_of_a_process_that_was_killed_is_removed_and_that_of_a_living_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (dead, living) = (dir.path().join(".week.html.4294967295.part"), dir.path().join(".week.html.1.part"));
        std::fs::write(&dead, "half").unwrap();
        std::fs::write(&living, "half").unwrap();
        whole(&dir.path().join("week.html"), b"new").unwrap();
        assert!(!dead.exists() && living.exists());
    }

    #[test]
    fn a_file_is_replaced_and_not_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (link, other) = (dir.path().join("report.html"), dir.path().join("other"));
        std::fs::write(&other, "untouched").unwrap();
        std::os::unix::fs::symlink(&other, &link).unwrap();
        whole(&link, b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "untouched");
        assert_eq!(std::fs::read_to_string(&link).unwrap(), "new");
    }
}
