//! Opening a store: an existing one is used, a damaged one restored, and a foreign one refused untouched.
#![expect(clippy::unwrap_used, reason = "what a test needs to begin with must be there")]

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use cadenced::domain::session::Outcome;
use cadenced::store::{ErrorKind, Opening, Store};
use jiff::civil::date;

use super::store_given::{
    apply, at, feed, known, line, moved, notice, only, open, poll, series, single, uids, unchanged, wait, waived, year,
};

fn database(dir: &Path) -> PathBuf {
    dir.join("cadenced.db")
}

/// A store with a ledger line, a decision, a known series and a told notice in a copy of the 16th, and 200 events.
fn filled(dir: &Path) {
    let store = open(dir);
    apply(&store, 1, (0..200).map(|n| single(&format!("event-{n}"), "11-20T09:00")));
    wait(store.record(vec![line("11-09T09:00", Outcome::Cancelled, "11-09T10:00")])).unwrap();
    wait(store.remember(vec![known("s")])).unwrap();
    wait(store.decide(waived("11-09T09:00"))).unwrap();
    wait(store.propose(notice("told", &[], "11-30T00:00"), poll(1))).unwrap();
    wait(store.sent("told", poll(1))).unwrap();
    assert!(wait(store.backup_if_due(poll(1))).unwrap().is_some());
    wait(store.close()).unwrap();
}

fn assert_restored(dir: &Path) {
    let before = fs::read(database(dir)).unwrap();
    let (store, opening) = Store::open(dir, at("11-17T08:00")).unwrap();
    let aside = dir.join("cadenced.db.damaged-20261117T080000Z");
    assert_eq!(opening, Opening::Restored { set_aside: Some(aside.clone()), copy: Some(date(2026, 11, 16)) });
    assert!(before == fs::read(&aside).unwrap(), "the damaged file is kept as it was");
    let snapshot = year(&store);
    let counts = (snapshot.ledger.len(), snapshot.known.len(), snapshot.decisions.len(), snapshot.told.len());
    assert_eq!((counts, snapshot.events.len()), ((1, 1, 1, 1), 0));
    assert_eq!(wait(store.poll_state(feed())).unwrap().cursor, None, "so that everything is read anew");
    wait(store.close()).unwrap();
    let (_, opening) = Store::open(dir, at("11-17T08:00")).unwrap();
    assert_eq!(opening, Opening::Opened);
}

#[test]
fn a_database_that_is_cut_off_is_restored() {
    for keep in [50, 4096, 40_000] {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        fs::OpenOptions::new().write(true).open(database(dir.path())).unwrap().set_len(keep).unwrap();
        assert_restored(dir.path());
    }
}

#[test]
fn a_database_with_flipped_bytes_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let file = fs::OpenOptions::new().write(true).open(database(dir.path())).unwrap();
    for page in 0..20 {
        file.write_at(&[0xA5; 64], page * 4096 + 100).unwrap();
    }
    drop(file);
    assert_restored(dir.path());
}

#[test]
fn garbage_in_place_of_the_database_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    fs::write(database(dir.path()), b"this is no database".repeat(1000)).unwrap();
    assert_restored(dir.path());
}

#[test]
fn a_missing_table_is_damage_too() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    rusqlite::Connection::open(database(dir.path())).unwrap().execute_batch("DROP TABLE ledger").unwrap();
    assert_restored(dir.path());
}

#[test]
fn a_log_left_by_the_damaged_database_is_not_played_into_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    fs::write(database(dir.path()), b"garbage").unwrap();
    fs::write(dir.path().join("cadenced.db-wal"), b"old log").unwrap();
    assert_restored(dir.path());
    assert_eq!(fs::read(dir.path().join("cadenced.db.damaged-20261117T080000Z-wal")).unwrap(), b"old log");
}

#[test]
fn a_lost_or_emptied_database_comes_back_from_its_copy() {
    for emptied in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        fs::remove_file(database(dir.path())).unwrap();
        if emptied {
            fs::write(database(dir.path()), b"").unwrap();
        }
        let (store, opening) = Store::open(dir.path(), poll(2)).unwrap();
        assert_eq!(opening, Opening::Restored { set_aside: None, copy: Some(date(2026, 11, 16)) });
        assert_eq!(year(&store).ledger.len(), 1);
    }
}

#[test]
fn without_a_copy_a_damaged_database_gives_way_to_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(database(dir.path()), b"garbage").unwrap();
    let (store, opening) = Store::open(dir.path(), poll(1)).unwrap();
    assert!(matches!(opening, Opening::Restored { set_aside: Some(_), copy: None }), "{opening:?}");
    assert_eq!(apply(&store, 1, [single("a", "11-20T09:00")]).added, 1);
}

#[test]
fn a_damaged_copy_is_passed_over_for_an_older_one() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    fs::write(dir.path().join("copies/2026-11-17.db"), b"garbage").unwrap();
    fs::write(database(dir.path()), b"garbage").unwrap();
    assert_restored(dir.path());
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    rusqlite::Connection::open(database(dir.path())).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(database(dir.path())).unwrap();
    let error = Store::open(dir.path(), poll(2)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Newer);
    assert!(error.to_string().contains("99") && error.to_string().contains("cadenced.db"), "{error}");
    assert!(before == fs::read(database(dir.path())).unwrap());
}

#[test]
fn a_database_of_another_program_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(database(dir.path())).unwrap();
    other.execute_batch("CREATE TABLE photo (id INTEGER PRIMARY KEY)").unwrap();
    drop(other);
    let before = fs::read(database(dir.path())).unwrap();
    assert_eq!(Store::open(dir.path(), poll(2)).unwrap_err().kind, ErrorKind::Foreign);
    assert!(before == fs::read(database(dir.path())).unwrap());
}

#[test]
fn only_the_owner_can_read_any_file_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("made/here");
    let store = open(&data);
    apply(&store, 1, [single("a", "11-20T09:00")]);
    wait(store.backup_if_due(poll(1))).unwrap();
    let mut seen = Vec::new();
    for folder in [data.clone(), data.join("copies")] {
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
            seen.push(entry.file_name().into_string().unwrap());
        }
    }
    seen.sort();
    assert_eq!(seen, ["2026-11-16.db", "cadenced.db", "cadenced.db-shm", "cadenced.db-wal", "cadenced.lock"]);
}

#[test]
fn a_folder_that_others_can_read_is_closed_to_them() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let _store = open(dir.path());
    assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn every_start_sets_the_modes_of_everything_in_the_folder_right() {
    let dir = tempfile::tempdir().unwrap();
    apply(&open(dir.path()), 1, [single("a", "11-20T09:00")]);
    for folder in ["copies", "tokens", "reports", "profiles", "profiles/work", "profiles/work/copies"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
        fs::set_permissions(dir.path().join(folder), fs::Permissions::from_mode(0o2775)).unwrap();
    }
    let files = [
        ("cadenced.db", 0o644),
        ("cadenced.lock", 0o666),
        ("cadenced.db.damaged-20261101T000000Z", 0o644),
        ("daemon.json", 0o640),
        ("shown.json", 0o604),
        ("copies/2026-11-01.db", 0o444),
        ("tokens/work.json", 0o644),
        ("reports/2026-W47.html", 0o755),
        ("profiles/work/cadenced.db", 0o644),
        ("profiles/work/copies/2026-11-01.db", 0o4644),
    ];
    let set = |name: &str, mode| {
        let path = dir.path().join(name);
        fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, mode) in files {
        set(name, mode);
    }
    // What is not ours may be anything: the config names any folder.
    set("notes.txt", 0o644);
    let _store = open(dir.path());
    for (name, _) in files {
        assert_eq!(mode(&dir.path().join(name)), 0o600, "{name}");
    }
    for folder in ["", "copies", "tokens", "reports", "profiles", "profiles/work", "profiles/work/copies"] {
        assert_eq!(mode(&dir.path().join(folder)), 0o700, "{folder}");
    }
    assert_eq!(mode(&dir.path().join("notes.txt")), 0o644);
}

/// Where something in the data folder leads that is no file and no folder.
#[derive(Clone, Copy, Debug)]
enum Leads {
    ToAFile,
    ToAFolder,
    Nowhere,
    Pipe,
}

#[test]
fn links_and_pipes_in_the_folder_are_refused_and_nothing_is_touched_behind_them() {
    let names = [
        "cadenced.db",
        "cadenced.db-wal",
        "cadenced.lock",
        "daemon.json",
        "shown.json",
        "copies",
        "copies/2026-11-01.db",
        "tokens",
        "tokens/work.json",
        "reports",
        "reports/latest.html",
    ];
    for name in names {
        for leads in [Leads::ToAFile, Leads::ToAFolder, Leads::Nowhere, Leads::Pipe] {
            let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let target = elsewhere.path().join("target");
            match leads {
                Leads::ToAFile => fs::write(&target, b"").unwrap(),
                Leads::ToAFolder => fs::create_dir(&target).unwrap(),
                Leads::Nowhere | Leads::Pipe => {}
            }
            if target.exists() {
                fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).unwrap();
            }
            if matches!(leads, Leads::Pipe) {
                let pipe = rustix::fs::FileType::Fifo;
                rustix::fs::mknodat(rustix::fs::CWD, &path, pipe, rustix::fs::Mode::RUSR, 0).unwrap();
            } else {
                std::os::unix::fs::symlink(&target, &path).unwrap();
            }
            let error = Store::open(dir.path(), poll(1)).unwrap_err();
            let kind = if matches!(leads, Leads::Pipe) { ErrorKind::Odd } else { ErrorKind::Link };
            assert_eq!((error.kind, &error.path), (kind, &path), "{name} {leads:?}: {error}");
            let claimed = cadenced::daemon::instance_lock::InstanceLock::claim(dir.path()).unwrap_err().to_string();
            assert!(claimed.contains(name), "{claimed}");
            match leads {
                Leads::ToAFile | Leads::ToAFolder => assert_eq!(mode(&target), 0o755, "{name} {leads:?}"),
                Leads::Nowhere | Leads::Pipe => assert!(!target.exists(), "{name} {leads:?}"),
            }
        }
    }
}

#[test]
fn what_is_not_ours_in_the_folder_may_be_a_link() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("notes")).unwrap();
    let _store = open(dir.path());
}

#[test]
fn a_file_in_place_of_the_folder_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("file");
    fs::write(&place, b"").unwrap();
    let error = Store::open(&place, poll(1)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failing);
    assert!(error.to_string().contains("file"), "{error}");
}

#[test]
fn a_second_process_sees_damage_but_does_not_set_aside_what_the_first_one_uses() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let _first = open(dir.path());
    fs::write(database(dir.path()), b"garbage").unwrap();
    let error = Store::open(dir.path(), poll(2)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Damaged);
    assert!(fs::read(database(dir.path())).unwrap() == b"garbage");
}

#[test]
fn copies_are_made_once_a_day_and_thinned_out_to_one_a_month() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let noon = |day: i64| at("01-01T12:00").checked_add(jiff::SignedDuration::from_hours(24 * day)).unwrap();
    for day in 0..500 {
        // Only every tenth day is written until the last weeks, to keep the test short.
        if day % 10 == 0 || day > 480 {
            assert!(wait(store.backup_if_due(noon(day))).unwrap().is_some());
            assert!(wait(store.backup_if_due(noon(day))).unwrap().is_none());
        }
    }
    let mut names: Vec<_> = fs::read_dir(dir.path().join("copies"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let (monthly, daily) = names.split_at(names.len() - 14);
    assert_eq!(daily.first().map(String::as_str), Some("2027-05-02.db"));
    assert_eq!(daily.last().map(String::as_str), Some("2027-05-15.db"));
    assert_eq!(monthly.len(), 12, "{monthly:?}");
    assert_eq!(monthly.first().map(String::as_str), Some("2026-05-31.db"));
}

#[test]
fn a_copy_holds_the_ledger_and_no_event() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let copy = rusqlite::Connection::open(dir.path().join("copies/2026-11-16.db")).unwrap();
    let count = |table: &str| -> u32 {
        copy.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("ledger"), count("decision"), count("known"), count("told")), (1, 1, 1, 1));
    assert_eq!((count("event"), count("source")), (0, 0));
}

/// The tables whose rows are read again from calendars and their servers; all others are worth a copy.
const READ_AGAIN: [&str; 3] = ["source", "event", "availability"];

fn tables(db: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut query = db.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Puts one row into a table, whatever its columns are.
fn fill(db: &rusqlite::Connection, table: &str) {
    let mut query = db
        .prepare(&format!("SELECT name, type FROM pragma_table_info('{table}') WHERE name != 'id' OR type = 'TEXT'"))
        .unwrap();
    let columns: Vec<(String, String)> =
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    // Bodies are JSON; those columns that take a few words only take this one.
    let value = |(name, of): &(String, String)| match (of.as_str(), name.as_str()) {
        ("TEXT", "body") => "'{}'",
        ("TEXT", _) => "'sent'",
        ("BLOB", _) => "x'00'",
        _ => "1",
    };
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let values: Vec<&str> = columns.iter().map(value).collect();
    db.execute(&format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", ")), []).unwrap();
}

#[test]
fn a_restored_database_has_a_row_of_every_table_that_cannot_be_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let db = rusqlite::Connection::open(database(dir.path())).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let all = tables(&db);
    for table in &all {
        fill(&db, table);
    }
    drop(db);
    assert!(wait(store.backup_if_due(poll(1))).unwrap().is_some());
    wait(store.close()).unwrap();
    fs::remove_file(database(dir.path())).unwrap();
    let (store, _) = Store::open(dir.path(), poll(2)).unwrap();
    wait(store.close()).unwrap();
    let db = rusqlite::Connection::open(database(dir.path())).unwrap();
    let count =
        |table: &str| -> u32 { db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap() };
    let empty: Vec<&str> = all.iter().map(String::as_str).filter(|table| count(table) == 0).collect();
    let mut expected = READ_AGAIN.to_vec();
    expected.sort_unstable();
    assert_eq!(empty, expected, "of {all:?}");
}

#[test]
fn the_database_of_version_one_still_opens() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/db/v1.db");
    let dir = tempfile::tempdir().unwrap();
    fs::copy(fixture, database(dir.path())).unwrap();
    let store = open(dir.path());
    let snapshot = year(&store);
    assert_eq!(uids(&snapshot), ["gone", "weekly", "weekly"]);
    assert!(only(&snapshot, "gone").vanished.unwrap().confirmed.is_some());
    assert_eq!(snapshot.ledger, [line("11-09T09:00", Outcome::Cancelled, "11-09T10:00")]);
    assert_eq!((snapshot.known, snapshot.decisions), (vec![known("weekly")], vec![waived("11-09T09:00")]));
    assert_eq!(snapshot.told.iter().collect::<Vec<_>>(), ["told", "waits"]);
    assert_eq!(wait(store.pending(poll(9))).unwrap(), [notice("waits", &[], "11-30T00:00")]);
}

/// Writes the fixture of the current version: run it with `--ignored`, once for every new form of the database.
#[test]
#[ignore = "it writes a fixture"]
fn write_the_fixture_of_this_version() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let weekly = [series("weekly", "11-02T09:00", "FREQ=WEEKLY"), moved("weekly", "11-16T09:00", "11-17T10:00")];
    apply(&store, 1, weekly.iter().cloned().chain([single("gone", "11-20T09:00")]));
    apply(&store, 2, weekly);
    unchanged(&store, 3);
    wait(store.record(vec![line("11-09T09:00", Outcome::Cancelled, "11-09T10:00")])).unwrap();
    wait(store.remember(vec![known("weekly")])).unwrap();
    wait(store.decide(waived("11-09T09:00"))).unwrap();
    for key in ["told", "waits"] {
        wait(store.propose(notice(key, &[], "11-30T00:00"), poll(1))).unwrap();
    }
    wait(store.sent("told", poll(1))).unwrap();
    wait(store.close()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/db");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(database(dir.path()), folder.join("v1.db")).unwrap();
}
