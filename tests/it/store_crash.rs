//! A crash, a second process and a full disk lose nothing that was stored, and leave nothing half done.
#![expect(clippy::unwrap_used, reason = "what a test needs to begin with must be there")]

use std::path::Path;
use std::process::Command;

use cadenced::domain::session::Outcome;
use cadenced::store::{ErrorKind, Listing, Store};

use super::store_given::{apply, feed, items, line, listing, open, poll, single, uids, wait, waived, year};

const TASK: &str = "CADENCED_TEST_TASK";
const FOLDER: &str = "CADENCED_TEST_FOLDER";

/// Not a test by itself: what another test has done in a process of its own.
#[test]
fn child_of_another_test() {
    let (Ok(task), Ok(dir)) = (std::env::var(TASK), std::env::var(FOLDER)) else {
        return;
    };
    let dir = Path::new(&dir);
    match task.as_str() {
        "abort" => abort_in_a_listing(dir),
        "fill" => fill_the_disk(dir),
        "write" => write_fifty_decisions(dir),
        other => panic!("no task {other}"),
    }
}

fn child(task: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "store_crash::child_of_another_test", "--nocapture"]).env(TASK, task).env(FOLDER, dir);
    command
}

fn abort_in_a_listing(dir: &Path) {
    let store = open(dir);
    let events = (0..5000).map(|n| {
        if n == 4000 {
            std::process::abort();
        }
        single(&format!("new-{n}"), "11-20T09:00")
    });
    let items = events.map(|event| cadenced::domain::source::Item::Event(Box::new(event)));
    let listing = Listing { items: Box::new(items.map(Ok)), ..listing(Vec::new(), "2") };
    let _ = wait(store.apply_snapshot(feed(), poll(2), listing));
}

#[test]
fn a_process_that_dies_in_the_middle_of_a_listing_leaves_the_old_state() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    wait(store.record(vec![line("11-16T09:00", Outcome::Cancelled, "11-15T08:00")])).unwrap();
    wait(store.close()).unwrap();
    let ended = child("abort", dir.path()).output().unwrap();
    assert!(!ended.status.success());

    let store = open(dir.path());
    let snapshot = year(&store);
    assert_eq!((uids(&snapshot), snapshot.ledger.len()), (vec!["a"], 1));
    let state = wait(store.poll_state(feed())).unwrap();
    assert_eq!((state.last_success, state.cursor.unwrap()["etag"].as_str()), (Some(poll(1)), "1"));
}

fn write_fifty_decisions(dir: &Path) {
    let store = open(dir);
    for _ in 0..50 {
        wait(store.decide(waived("11-16T09:00"))).unwrap();
    }
}

#[test]
fn two_processes_write_at_once_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut others: Vec<_> = (0..2).map(|_| child("write", dir.path()).spawn().unwrap()).collect();
    for n in 1..30 {
        apply(&store, n, (0..200).map(|uid| single(&format!("{uid}-{n}"), "11-20T09:00")));
        wait(store.decide(waived("11-23T09:00"))).unwrap();
    }
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    assert_eq!(year(&store).decisions.len(), 129);
}

#[test]
fn several_processes_may_make_the_database_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut all: Vec<_> = (0..4).map(|_| child("write", dir.path()).spawn().unwrap()).collect();
    for one in &mut all {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(year(&open(dir.path())).decisions.len(), 200);
}

#[test]
fn a_write_waits_for_its_turn_and_then_says_who_is_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let other = rusqlite::Connection::open(dir.path().join("cadenced.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = wait(store.decide(waived("11-16T09:00"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Locked);
    assert!(year(&store).decisions.is_empty(), "and reading goes on");
    other.execute_batch("COMMIT").unwrap();
    wait(store.decide(waived("11-16T09:00"))).unwrap();
}

/// Runs where no file may grow beyond 400 KiB.
fn fill_the_disk(dir: &Path) {
    let store = open(dir);
    let events = items((0..20_000).map(|n| single(&format!("new-{n}"), "11-20T09:00")));
    let error = wait(store.apply_snapshot(feed(), poll(2), listing(events, "2"))).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Full | ErrorKind::Failing), "{error}");
    assert!(error.to_string().contains("cadenced.db"), "{error}");
    assert!(!error.to_string().contains("title of"), "{error}");
    assert_eq!(uids(&year(&store)), ["a"], "reading goes on");
}

#[test]
fn a_full_disk_is_a_clear_error_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    wait(store.close()).unwrap();
    let inner = child("fill", dir.path());
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 800; exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(inner.get_args());
    let output = limited.env(TASK, "fill").env(FOLDER, dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let store = open(dir.path());
    assert_eq!(uids(&year(&store)), ["a"]);
    assert_eq!(wait(store.poll_state(feed())).unwrap().last_success, Some(poll(1)));
}

/// A file system of its own, of one MiB; unmounted when dropped.
struct Tiny(tempfile::TempDir);

impl Tiny {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(dir))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_disk_that_is_really_full_is_named_as_such() {
    let Some(tiny) = Tiny::mount() else {
        eprintln!("skipped: this user may not mount a file system");
        return;
    };
    let store = open(tiny.0.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    let events = items((0..20_000).map(|n| single(&format!("new-{n}"), "11-20T09:00")));
    let error = wait(store.apply_snapshot(feed(), poll(2), listing(events, "2"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Full, "{error}");
    assert_eq!(uids(&year(&store)), ["a"]);
    wait(store.close()).unwrap();
    std::fs::write(tiny.0.path().join("ballast"), vec![0; 2 << 20]).unwrap_err();
    let reopened = Store::open(tiny.0.path(), poll(3));
    if let Err(error) = reopened {
        assert_eq!(error.kind, ErrorKind::Full, "{error}");
    }
    std::fs::remove_file(tiny.0.path().join("ballast")).unwrap();
    assert_eq!(uids(&year(&open(tiny.0.path()))), ["a"]);
}
