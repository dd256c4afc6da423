//! Made-up events, listings and folders for the tests of the store.
#![expect(clippy::unwrap_used, reason = "what a test needs to begin with must be there")]

use std::collections::BTreeMap;
use std::future::Future;

use cadenced::domain::event::{Event, EventKind, GuestList, RecurrenceId, Status};
use cadenced::domain::one_on_one::{Cadence, CadenceUnit, KnownSeries, OneOnOneId};
use cadenced::domain::person::{Person, Relation};
use cadenced::domain::plan::{Notice, Subject};
use cadenced::domain::recurrence::{Moment, Recurrence};
use cadenced::domain::session::{Choice, Decision, LedgerLine, Outcome, Session, SessionId};
use cadenced::domain::snapshot::{Horizon, Mirrored, Snapshot};
use cadenced::domain::source::{Credential, Item, Problem, ReadErrorKind, ReadProblem, SourceId, SourceKind, Whose};
use cadenced::domain::span::Span;
use cadenced::store::{Applied, Configured, Listing, Opening, Store, Unchanged};
use jiff::{SignedDuration, Timestamp};

/// An instant of 2026, as `11-16T09:00`.
pub fn at(text: &str) -> Timestamp {
    format!("2026-{text}:00Z").parse().unwrap()
}

/// The instant of the `n`th poll, half an hour apart.
pub fn poll(n: i64) -> Timestamp {
    at("11-16T06:00").checked_add(SignedDuration::from_mins(30 * n)).unwrap()
}

pub fn feed() -> SourceId {
    SourceId { account: "work".into(), calendar: "main".into() }
}

/// Runs one future to its end.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn open(dir: &std::path::Path) -> Store {
    let (store, opening) = Store::open(dir, poll(0)).unwrap();
    assert!(matches!(opening, Opening::Created | Opening::Opened), "{opening:?}");
    store
}

/// A single event of half an hour at `start`, in UTC.
pub fn single(uid: &str, start: &str) -> Event {
    let start = jiff::tz::TimeZone::UTC.to_datetime(at(start));
    let end = start.checked_add(SignedDuration::from_mins(30)).unwrap();
    Event {
        uid: uid.into(),
        overrides: None,
        start: Moment::utc(start),
        end: Moment::utc(end),
        recurrence: None,
        status: Status::Confirmed,
        busy: true,
        kind: EventKind::Ordinary,
        title: format!("title of {uid}"),
        organiser: None,
        guests: Vec::new(),
        guest_list: GuestList::Absent,
        sequence: 0,
        modified: None,
        untold_guests: false,
        unknown_zone: None,
    }
}

/// A master with one rule.
pub fn series(uid: &str, start: &str, rule: &str) -> Event {
    let recurrence = Recurrence { rules: vec![rule.parse().unwrap()], ..Recurrence::default() };
    Event { recurrence: Some(recurrence), ..single(uid, start) }
}

/// An override that puts the instance of `original` to `start`.
pub fn moved(uid: &str, original: &str, start: &str) -> Event {
    let original = Moment::utc(jiff::tz::TimeZone::UTC.to_datetime(at(original)));
    Event { overrides: Some(RecurrenceId { original, this_and_future: false }), ..single(uid, start) }
}

pub fn skipped(uid: &str) -> Item {
    let place = format!("line 7, uid {uid}");
    Item::Problem(Problem { place, what: "its DTSTART is no date; it was left out".into(), skipped: true })
}

pub fn items(events: impl IntoIterator<Item = Event>) -> Vec<Item> {
    events.into_iter().map(|event| Item::Event(Box::new(event))).collect()
}

pub fn listing(items: Vec<Item>, cursor: &str) -> Listing {
    let cursor = BTreeMap::from([("etag".to_owned(), cursor.to_owned())]);
    Listing { items: Box::new(items.into_iter().map(Ok)), cursor, refresh: None }
}

/// Applies a listing as the `n`th poll.
pub fn apply(store: &Store, n: i64, events: impl IntoIterator<Item = Event>) -> Applied {
    wait(store.apply_snapshot(feed(), poll(n), listing(items(events), &n.to_string()))).unwrap()
}

pub fn unchanged(store: &Store, n: i64) -> Applied {
    wait(store.apply_unchanged(feed(), poll(n), Unchanged::default())).unwrap()
}

pub fn configured(id: SourceId) -> Configured {
    let (credential, guest_notice) = (Credential::Address, None);
    Configured { id, kind: SourceKind::Feed, read_only: true, whose: Whose::Owner, credential, guest_notice }
}

/// What the rules see between two instants of 2026.
pub fn between(store: &Store, from: &str, to: &str) -> Snapshot {
    let horizon = Horizon(Span::new(at(from), at(to)));
    wait(store.snapshot(vec![configured(feed())], horizon)).unwrap()
}

/// What the rules see of the whole year.
pub fn year(store: &Store) -> Snapshot {
    between(store, "01-01T00:00", "12-31T00:00")
}

pub fn uids(snapshot: &Snapshot) -> Vec<&str> {
    let mut uids: Vec<_> = snapshot.events.iter().map(|mirrored| mirrored.event.uid.as_str()).collect();
    uids.sort_unstable();
    uids
}

pub fn only<'a>(snapshot: &'a Snapshot, uid: &str) -> &'a Mirrored {
    let found: Vec<_> = snapshot.events.iter().filter(|mirrored| mirrored.event.uid == uid).collect();
    assert_eq!(found.len(), 1, "{uid}");
    found[0]
}

pub fn person() -> Person {
    Person { name: "Ann".into(), addresses: Vec::new(), relation: Relation::Report }
}

pub fn line(original: &str, outcome: Outcome, recorded: &str) -> LedgerLine {
    let original = at(original);
    let id = SessionId { one_on_one: OneOnOneId("k3f9a2c1".into()), original };
    let span = Span::new(original, original.checked_add(SignedDuration::from_mins(30)).unwrap());
    let session = Session {
        deadline: original.checked_add(SignedDuration::from_hours(96)).unwrap(),
        ..Session::new(id, "weekly".into(), span, outcome)
    };
    LedgerLine { session, recorded: at(recorded) }
}

pub fn known(uid: &str) -> KnownSeries {
    KnownSeries {
        uid: uid.into(),
        one_on_one: OneOnOneId("k3f9a2c1".into()),
        person: person(),
        source: feed(),
        cadence: Cadence::every(1, CadenceUnit::Week),
        first: at("01-05T09:00"),
        last: None,
        schedule: None,
        since: None,
        answered: true,
    }
}

pub fn waived(original: &str) -> Decision {
    let session = SessionId { one_on_one: OneOnOneId("k3f9a2c1".into()), original: at(original) };
    Decision { choice: Choice::Waive { session }, at: at("11-16T08:00") }
}

pub fn notice(key: &str, settles: &[&str], until: &str) -> Notice {
    Notice {
        key: key.into(),
        settles: settles.iter().map(|&key| key.to_owned()).collect(),
        subject: Subject::Digest { lines: Vec::new() },
        until: at(until),
    }
}

/// Why a read failed.
pub fn problem(kind: ReadErrorKind, detail: &str) -> ReadProblem {
    ReadProblem { kind, detail: detail.to_owned() }
}
