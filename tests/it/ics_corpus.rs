//! Files that broke other programs are read without a panic, a hang, or a silent loss.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use cadenced::calendar::ics::read::read_calendar;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ics"));
    files.sort();
    files
}

#[test]
fn every_event_of_every_file_is_read_or_told_of() {
    let files = files();
    assert!(files.len() > 80, "{} files", files.len());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let calendar = read_calendar(bytes.as_slice()).unwrap();
        let skipped = calendar.problems.iter().filter(|problem| {
            problem.skipped && (problem.what.starts_with("the event was") || problem.what.starts_with("the VEVENT was"))
        });
        let accounted = calendar.events.len() + skipped.count();
        assert_eq!(accounted as u64, calendar.ending.events, "{}: {:?}", file.display(), calendar.problems);
        let begins = String::from_utf8_lossy(&bytes).lines().filter(|line| line.trim() == "BEGIN:VEVENT").count();
        assert_eq!(begins as u64, calendar.ending.events, "{}", file.display());
    }
}

#[test]
fn every_file_cut_anywhere_is_still_taken() {
    for file in files() {
        let bytes = std::fs::read(&file).unwrap();
        for cut in (0..bytes.len()).step_by(97) {
            read_calendar(&bytes[..cut]).unwrap();
        }
    }
}
