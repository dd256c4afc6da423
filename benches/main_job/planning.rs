//! The made-up mirror that planning is measured with: ten years of one busy owner, the last of them dense.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use cadenced::config::{Surroundings, check};
use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::event::{Event, EventKind, Guest, GuestList, Participant, ParticipantKind, Reply, Status};
use cadenced::domain::person::Address;
use cadenced::domain::plan::{Action, plan};
use cadenced::domain::policy::Policy;
use cadenced::domain::recurrence::{Moment, Recurrence, Zone};
use cadenced::domain::snapshot::Horizon;
use cadenced::domain::source::{Credential, GuestNotice, Item, SourceId, SourceKind, Whose};
use cadenced::domain::standing::{OneOnOne, Standing};
use cadenced::store::{Batch, Configured, Listing, Store};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::milliseconds;

const EVENTS: i64 = 100_000;
/// One in this many is a weekly series.
const SERIES: i64 = 100;
/// How many weeks such a series lasts.
const WEEKS: [i64; 4] = [13, 52, 104, 260];
/// One in this many of these is a 1:1; so about twenty of them live.
const PAIRS: i64 = 10;
/// How many others take part in what is no 1:1.
const SIZES: [i64; 4] = [0, 2, 3, 6];
/// How often planning runs.
const ROUNDS: usize = 31;
/// How often SQLite reads everything.
const SCANS: usize = 5;
/// The present of the world.
pub const NOW: &str = "2026-11-16T08:00:00Z";
const CONFIG: &str = "[owner]\naddresses = [\"owner@example.com\"]\n[[account]]\nname = \"work\"\n[[account.calendar]]\nname = \"main\"\nurl = \"file:///feed.ics\"\n";

/// A store with all of these events, as one read and one cycle leave it.
pub struct World {
    folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = runtime();
        runtime.block_on(async {
            let (store, _) = Store::open(&folder.path().join("data"), now()).unwrap();
            let items = events().map(|event| Ok(Item::Event(Box::new(event))));
            let listing = Listing { items: Box::new(items), cursor: BTreeMap::new(), refresh: None };
            store.apply_snapshot(source(), now(), listing).await.unwrap();
            let (standing, actions, _) = once(&store, &Arc::new(policy()), now()).await;
            let is_alive = |one: &&OneOnOne| one.next.is_some();
            let alive = standing.one_on_ones.iter().filter(is_alive).count();
            assert!((10..=40).contains(&alive), "{alive} 1:1s live of {}", standing.one_on_ones.len());
            remember(&store, actions, now()).await;
            store.close().await.unwrap();
        });
        let data = folder.path().join("data");
        std::fs::write(folder.path().join("config.toml"), format!("{CONFIG}[paths]\ndata = \"{}\"\n", data.display()))
            .unwrap();
        Self { folder }
    }

    /// The config that the store is of.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// What one planning takes, the one in the middle, and what it takes SQLite to read every body once; in milliseconds.
    pub fn measure(&self) -> (f64, f64) {
        let runtime = runtime();
        let data = self.folder.path().join("data");
        let (store, _) = Store::open(&data, now()).unwrap();
        let policy = Arc::new(policy());
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| runtime.block_on(once(&store, &policy, now())).2).collect();
        times.sort_by(f64::total_cmp);
        let mut scans: Vec<f64> = (0..SCANS).map(|_| scan(&data.join("cadenced.db"))).collect();
        scans.sort_by(f64::total_cmp);
        runtime.block_on(store.close()).unwrap();
        (times[ROUNDS / 2], scans[SCANS / 2])
    }
}

/// How long SQLite takes to read the body of every event.
fn scan(database: &Path) -> f64 {
    let db = rusqlite::Connection::open(database).unwrap();
    let start = Instant::now();
    let sql = "SELECT count(*), sum(length(body)) FROM event";
    let (rows, bytes): (i64, i64) = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert!(rows == EVENTS && bytes > rows * 100, "{rows} rows, {bytes} bytes");
    milliseconds(start.elapsed())
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The same as a cycle of the daemon does; with how long it took until the plan was there.
async fn once(store: &Store, policy: &Arc<Policy>, now: Timestamp) -> (Standing, Vec<Action>, f64) {
    let span = horizon(now);
    let configured = Configured {
        id: source(),
        kind: SourceKind::Feed,
        read_only: true,
        whose: Whose::Owner,
        credential: Credential::Address,
        guest_notice: Some(GuestNotice::Nobody),
    };
    let start = Instant::now();
    let snapshot = store.relevant_snapshot(vec![configured], Horizon(span), policy.clone()).await.unwrap();
    let taken = milliseconds(start.elapsed());
    let standing = assess(&snapshot, policy, span, now);
    let assessed = milliseconds(start.elapsed());
    let actions = plan(&standing, &snapshot, policy);
    let planned = milliseconds(start.elapsed());
    if std::env::var_os("STEPS").is_some() {
        let events = snapshot.events.len();
        println!("  {events} events: snapshot {taken:.1} ms, assessed at {assessed:.1}, planned at {planned:.1}");
    }
    (standing, actions, planned)
}

/// That of a config that says who the owner is and nothing else.
fn policy() -> Policy {
    let around = Surroundings { zone: TimeZone::UTC, folder: "/".into(), home: None, exposed: false };
    let checked = check(CONFIG, &around);
    checked.settings.unwrap_or_else(|| panic!("{:?}", checked.problems)).policy()
}

async fn remember(store: &Store, actions: Vec<Action>, now: Timestamp) {
    let mut batch = Batch::default();
    for action in actions {
        match action {
            Action::Remember(series) => batch.known.push(series),
            Action::Record(line) => batch.ledger.push(line),
            Action::Forget { uid, one_on_one } => batch.forgotten.push((uid, one_on_one)),
            Action::Recorded { source, until } => batch.recorded.push((source, until)),
            Action::Tell(notice) => batch.notices.push(notice),
            Action::Report { .. } | Action::Ask(_) | Action::Write(_) | Action::TurnDown(..) => {}
        }
    }
    store.perform(batch, now).await.unwrap();
}

fn source() -> SourceId {
    SourceId { account: "work".into(), calendar: "main".into() }
}

fn events() -> impl Iterator<Item = Event> + Send {
    let zone = Zone::iana("Europe/Berlin").unwrap();
    (0..EVENTS).map(move |n| event(n, &zone))
}

fn event(n: i64, zone: &Zone) -> Event {
    let start = start_of(n);
    let is_series = n % SERIES == 0;
    let is_pair = is_series && n % (SERIES * PAIRS) == 0;
    let guests = if is_pair { 1 } else { SIZES[usize::try_from(n / SERIES + n).unwrap() % SIZES.len()] };
    let others = (0..guests).map(|one| guest(&format!("guest{}", (n / SERIES + one * 7) % 120)));
    let weeks = WEEKS[usize::try_from(n / SERIES).unwrap() % WEEKS.len()];
    let until =
        (start + SignedDuration::from_hours(24 * 7 * weeks)).strftime("FREQ=WEEKLY;UNTIL=%Y%m%dT%H%M%SZ").to_string();
    let at = |local| Moment::Zoned(local, zone.clone());
    Event {
        // Hashed, as real ones are, so that they do not come in the order of the index.
        uid: format!("{:016x}-{n}@example.com", n.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        overrides: None,
        start: at(start),
        end: at(start + SignedDuration::from_mins(30)),
        recurrence: is_series.then(|| Recurrence { rules: vec![until.parse().unwrap()], ..Recurrence::default() }),
        status: Status::Confirmed,
        busy: true,
        kind: EventKind::Ordinary,
        title: format!("Planning number {n}"),
        organiser: Some(participant("owner")),
        guests: others.chain([guest("owner")]).collect(),
        guest_list: GuestList::Complete,
        sequence: 1,
        modified: Some(Timestamp::UNIX_EPOCH),
        untold_guests: false,
        unknown_zone: None,
    }
}

/// As many in each of ten years, but twice that in the one that ends with the horizon's middle.
fn start_of(n: i64) -> DateTime {
    const DENSE: i64 = 2;
    let first = date(2018, 11, 16).at(8, 0, 0, 0);
    let hours = 24 * 365 * (10 + DENSE - 1);
    let even = n * hours / EVENTS;
    let (dense_from, dense_to) = (24 * 365 * 7, 24 * 365 * (7 + DENSE));
    let hour = match even {
        before if before < dense_from => before,
        within if within < dense_to => dense_from + (within - dense_from) / DENSE,
        behind => behind - 24 * 365 * (DENSE - 1),
    };
    first + SignedDuration::from_hours(hour)
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.com")).unwrap()
}

fn participant(name: &str) -> Participant {
    Participant { address: Some(address(name)), name: Some(name.into()), kind: ParticipantKind::Individual }
}

fn guest(name: &str) -> Guest {
    Guest { who: participant(name), reply: Reply::Accepted, non_participant: false }
}
