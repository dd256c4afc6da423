//! Databases of every released schema version open, are migrated, and keep every row.
#![expect(clippy::unwrap_used, reason = "what a test needs to begin with must be there")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::email::Email;
use cadenced::domain::event::Event;
use cadenced::domain::operation::{Intent, Operation, OperationId, State, Times, WriteKind};
use cadenced::domain::person::Address;
use cadenced::domain::plan::{Notice, SlotOffer, Subject};
use cadenced::domain::policy::Policy;
use cadenced::domain::session::Outcome;
use cadenced::domain::snapshot::{Horizon, Offered};
use cadenced::domain::source::{BackOff, GuestNotice, Item, Scope};
use cadenced::domain::span::Span;
use cadenced::domain::week::{WeekId, facts};
use cadenced::store::{ErrorKind, Listing, Opening, Store};
use jiff::civil::{Weekday, date};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::store_given::{
    at, configured, feed, known, line, listing, moved, notice, open, person, poll, series, single, unchanged, wait,
    waived, year,
};

/// The steps as the versions that were released took them.
const STEPS: [&str; 7] = [
    include_str!("../../src/store/migrations/1.sql"),
    include_str!("../../src/store/migrations/2.sql"),
    include_str!("../../src/store/migrations/3.sql"),
    include_str!("../../src/store/migrations/4.sql"),
    include_str!("../../src/store/migrations/5.sql"),
    include_str!("../../src/store/migrations/6.sql"),
    include_str!("../../src/store/migrations/7.sql"),
];

fn fixture(version: usize) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/db/v{version}.db"))
}

fn names(db: &Connection, sql: &str) -> Vec<String> {
    let mut query = db.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn tables(db: &Connection) -> Vec<String> {
    names(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
}

/// Every row of every table that `like` has, in the columns that it has there.
fn rows(db: &Connection, like: &Connection) -> BTreeMap<String, Vec<Vec<Value>>> {
    let of = |table: String| {
        let columns = names(like, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let sql = format!("SELECT {} FROM {table} ORDER BY rowid", columns.join(", "));
        let mut query = db.prepare(&sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|n| row.get(n)).collect();
        let rows = query.query_map([], row).unwrap().map(Result::unwrap).collect();
        (table, rows)
    };
    tables(like).into_iter().map(of).collect()
}

#[test]
fn a_database_of_every_earlier_version_opens_and_keeps_every_row() {
    for version in 1..=STEPS.len() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("cadenced.db");
        fs::copy(fixture(version), &database).unwrap();
        let (store, opening) = Store::open(dir.path(), poll(9)).unwrap();
        assert_eq!(opening, Opening::Opened, "version {version}");
        wait(store.close()).unwrap();
        // A look at the fixture must not leave a log beside it.
        let kept = tempfile::tempdir().unwrap();
        let old = kept.path().join("old.db");
        fs::copy(fixture(version), &old).unwrap();
        let (old, new) = (Connection::open(old).unwrap(), Connection::open(&database).unwrap());
        let before = rows(&old, &old);
        assert_eq!(before, rows(&new, &old), "version {version}");
        assert!(before.values().all(|rows| !rows.is_empty()), "a row in every table of version {version}: {before:?}");
        let form: u32 = new.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(form as usize, STEPS.len());
        assert_eq!(names(&new, "PRAGMA integrity_check"), ["ok"]);
        let bare = "SELECT uid FROM event WHERE recurring = 0 AND outline IS NULL";
        assert_eq!(names(&new, bare), [""; 0], "version {version}: every single event has an outline");
    }
}

#[test]
fn times_of_losses_that_earlier_versions_only_guessed_are_taken_out_of_the_ledger() {
    // Form 5 was the first to know between which reads a session was lost.
    for version in 1..5 {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("cadenced.db");
        fs::copy(fixture(version), &database).unwrap();
        let old = Connection::open(&database).unwrap();
        let guess = "UPDATE ledger SET body = json_set(body, '$.session.lost_at', '2026-11-09T09:10:00Z')";
        assert_eq!(old.execute(guess, []).unwrap(), 1, "version {version}");
        drop(old);
        let store = open(dir.path());
        let ledger = year(&store).ledger;
        assert_eq!(ledger, [line("11-09T09:00", Outcome::Cancelled, "11-09T10:00")], "version {version}");
        wait(store.close()).unwrap();
        let text = names(&Connection::open(&database).unwrap(), "SELECT body FROM ledger");
        assert!(!text[0].contains("lost_at"), "version {version}: {}", text[0]);
    }
}

#[test]
fn what_earlier_versions_wrote_still_means_the_same() {
    for version in 2..=STEPS.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::copy(fixture(version), dir.path().join("cadenced.db")).unwrap();
        let store = open(dir.path());
        let snapshot = year(&store);
        assert_eq!(snapshot.ledger, [line("11-09T09:00", Outcome::Cancelled, "11-09T10:00")]);
        assert_eq!((snapshot.known, snapshot.decisions), (vec![known("weekly")], vec![waived("11-09T09:00")]));
        assert_eq!(snapshot.operations, [operation()]);
        assert_eq!(snapshot.availability, [availability()]);
        assert_eq!(wait(store.resource(feed(), "weekly".to_owned())).unwrap().as_deref(), Some("weekly.ics"));
        assert_eq!(wait(store.pending(poll(9))).unwrap(), [notice("waits", &[], "11-30T00:00")]);
        if version >= 3 {
            assert_eq!(wait(store.report(week())).unwrap().unwrap().week, week());
            assert_eq!(wait(store.posted(9)).unwrap().len(), 1);
        }
        if version >= 4 {
            assert_eq!(snapshot.offers, [offered()]);
            assert_eq!(snapshot.sources[0].guest_notice, Some(GuestNotice::Server));
        }
    }
}

/// What is in the header is looked at before SQLite is: even opening a database with it may write.
#[test]
fn a_newer_database_and_its_log_are_left_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("cadenced.db");
    fs::copy(fixture(STEPS.len()), &database).unwrap();
    let newer = Connection::open(&database).unwrap();
    newer.execute_batch("PRAGMA journal_mode = DELETE; CREATE TABLE later (what)").unwrap();
    newer.pragma_update(None, "user_version", u32::try_from(STEPS.len() + 1).unwrap()).unwrap();
    drop(newer);
    for name in ["cadenced.db-wal", "cadenced.db-shm"] {
        fs::write(dir.path().join(name), b"of a newer version").unwrap();
    }
    let all = || ["", "-wal", "-shm"].map(|tail| fs::read(dir.path().join(format!("cadenced.db{tail}"))).unwrap());
    let before = all();
    let error = Store::open(dir.path(), poll(9)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Newer, "{error}");
    assert!(before == all());
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.com")).unwrap()
}

fn week() -> WeekId {
    WeekId::of(date(2026, 11, 16), Weekday::Monday)
}

fn operation() -> Operation {
    let from = single("weekly", "11-16T09:00");
    let to = single("weekly", "11-17T10:00");
    let span = line("11-16T09:00", Outcome::Declined, "11-16T09:00").session.span;
    Operation {
        id: OperationId("0f1e2d3c-put-back".into()),
        intent: Intent {
            session: line("11-16T09:00", Outcome::Declined, "11-16T09:00").session.id,
            way: WriteKind::Move,
            source: feed(),
            uid: "weekly".into(),
            original: Some(from.start),
            from: span,
            to: Times { start: to.start, end: to.end },
            title: "Owner / Ann".into(),
            organiser: Some(address("owner")),
            guest: None,
            automatic: true,
            gave_way: Vec::new(),
            as_guest: false,
            undone_before: 0,
            undoes: None,
            yields_to: None,
        },
        state: State::Done,
        version: Some("\"1\"".into()),
        started: poll(1),
        changed: poll(2),
        tries: 1,
        unseen: false,
        written: None,
        touched: None,
    }
}

fn back_off() -> BackOff {
    let detail = "Google answered 403 (quotaExceeded)".to_owned();
    BackOff { scope: Scope::Writing("home".into()), until: poll(9), detail }
}

fn availability() -> Availability {
    let window = Span::new(at("11-16T00:00"), at("11-20T00:00"));
    let span = Span::new(at("11-17T09:00"), at("11-17T10:00"));
    let busy = Some(vec![BusySpan { span, tentative: false }]);
    Availability { who: address("ann"), window, asked: poll(1), busy }
}

fn offered() -> Offered {
    let session = line("11-16T09:00", Outcome::Declined, "11-16T09:00").session;
    Offered { session: session.id, slot: Span::new(at("11-24T09:00"), at("11-24T09:30")) }
}

/// A notice with that offer.
fn offering() -> Notice {
    let session = line("11-16T09:00", Outcome::Declined, "11-16T09:00").session;
    let offer = SlotOffer { span: offered().slot, other_is_free: true, in_time: false, by_message: true };
    let subject = Subject::Missed {
        session: session.id,
        person: person(),
        span: session.span,
        outcome: session.outcome,
        owed: 1,
        offer: Some(offer),
        no_time: None,
    };
    Notice { key: "offers".into(), subject, ..notice("offers", &[], "11-30T00:00") }
}

fn letter() -> Email {
    Email {
        key: "report:2026-W47".into(),
        from: address("owner"),
        to: address("owner"),
        subject: "1:1s in week 2026-W47".into(),
        text: "nothing is owed\n".into(),
        page: None,
        written: at("11-23T08:00"),
    }
}

/// A store of the present form with something of everything.
fn fill(store: &Store) {
    let weekly = [series("weekly", "11-02T09:00", "FREQ=WEEKLY"), moved("weekly", "11-16T09:00", "11-17T10:00")];
    let named = |n: i64, events: Vec<Event>| {
        let kept = |event| Ok(Item::Kept { resource: "weekly.ics".into(), event: Box::new(event) });
        let items = events.into_iter().map(kept);
        let listing = Listing { items: Box::new(items), ..listing(Vec::new(), "etag") };
        wait(store.apply_snapshot(feed(), poll(n), listing)).unwrap();
    };
    named(1, weekly.iter().cloned().chain([single("gone", "11-20T09:00")]).collect());
    named(2, weekly.to_vec());
    unchanged(store, 3);
    wait(store.record(vec![line("11-09T09:00", Outcome::Cancelled, "11-09T10:00")])).unwrap();
    wait(store.remember(vec![known("weekly")])).unwrap();
    wait(store.decide(waived("11-09T09:00"))).unwrap();
    for key in ["told", "waits"] {
        wait(store.propose(notice(key, &[], "11-30T00:00"), poll(1))).unwrap();
    }
    wait(store.sent("told", poll(1))).unwrap();
    wait(store.propose(offering(), poll(1))).unwrap();
    wait(store.sent("offers", poll(1))).unwrap();
    wait(store.note_guest_notice(feed(), GuestNotice::Server)).unwrap();
    wait(store.learn(vec![availability()])).unwrap();
    wait(store.begin(operation())).unwrap();
    wait(store.back_off(back_off())).unwrap();
    let (now, policy) = (at("11-23T08:00"), Policy::default());
    let span = horizon(now);
    let snapshot = wait(store.snapshot(vec![configured(feed())], Horizon(span))).unwrap();
    let standing = assess(&snapshot, &policy, span, now);
    wait(store.delivered(facts(&standing, &[], &policy, week()), "report-written:2026-W47".to_owned(), now)).unwrap();
    wait(store.post(letter(), now)).unwrap();
}

/// Writes the fixtures from the second version on: run it with `--ignored`, once for every new form of the database. An older
/// form is made by the steps that there were then, with the rows that fit into it.
#[test]
#[ignore = "it writes fixtures"]
fn write_the_fixtures_of_the_versions() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store);
    wait(store.close()).unwrap();
    let newest = dir.path().join("cadenced.db");
    for version in 2..=STEPS.len() {
        let path = dir.path().join("made.db");
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        for step in STEPS.iter().take(version) {
            db.execute_batch(step).unwrap();
        }
        db.execute("ATTACH DATABASE ?1 AS newest", [newest.to_str().unwrap()]).unwrap();
        for table in tables(&db) {
            let columns = names(&db, &format!("SELECT name FROM pragma_table_info('{table}')")).join(", ");
            db.execute_batch(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}"))
                .unwrap();
        }
        db.execute_batch(&format!(
            "DETACH DATABASE newest; PRAGMA user_version = {version}; PRAGMA application_id = {}; VACUUM",
            0x4344_4E43
        ))
        .unwrap();
        drop(db);
        fs::rename(path, fixture(version)).unwrap();
    }
}
