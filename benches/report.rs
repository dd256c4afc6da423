//! Measures a report from a store that holds five years of 60 people, week by week; ends with 1 where it takes too long.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement reads a clock, and ends where it fails"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cadenced::domain::event::{Event, EventKind, Guest, GuestList, Participant, ParticipantKind, Reply, Status};
use cadenced::domain::one_on_one::{Cadence, CadenceUnit, KnownSeries, OneOnOneId};
use cadenced::domain::person::{Address, Person, Relation, Side};
use cadenced::domain::policy::Policy;
use cadenced::domain::recurrence::{Moment, Recurrence, Zone};
use cadenced::domain::session::{Evidence, LedgerLine, Loss, Outcome, Session, SessionId};
use cadenced::domain::source::{Credential, GuestNotice, Item, SourceId, SourceKind, Whose};
use cadenced::domain::span::{Between, Span};
use cadenced::domain::week::WeekId;
use cadenced::domain::week::past::{as_of, facts_as_of, view};
use cadenced::report::{Format, Style, render};
use cadenced::store::{Configured, Listing, Store};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

const PEOPLE: u32 = 60;
const WEEKS: i64 = 5 * 52;
/// The most that a report may take.
const MOST: Duration = Duration::from_millis(50);
/// The most bytes of the page.
const MOST_BYTES: usize = 200 * 1024;

fn main() -> ExitCode {
    let dir = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (store, _) = Store::open(dir.path(), now).unwrap();
    let events: Vec<Event> = (0..PEOPLE).map(series).collect();
    let items = events.into_iter().map(|event| Ok(Item::Event(Box::new(event))));
    let listing = Listing { items: Box::new(items), cursor: BTreeMap::new(), refresh: None };
    runtime.block_on(store.apply_snapshot(source(), now, listing)).unwrap();
    runtime.block_on(store.remember((0..PEOPLE).map(known).collect())).unwrap();
    runtime.block_on(store.record((0..PEOPLE).flat_map(lines).collect())).unwrap();

    let policy = Policy { owner: vec![address("owner")], zone: zone(), ..Policy::default() };
    let mut times = Vec::new();
    let mut size = 0;
    for week in ["2026-W47", "2023-W20", "2026-W47", "2024-W10", "2026-W47"] {
        let start = Instant::now();
        let page = runtime.block_on(report(&store, &policy, week.parse().unwrap(), now));
        times.push(start.elapsed());
        size = size.max(page.len());
        println!("{week}: {:.1} ms, {} KiB", start.elapsed().as_secs_f64() * 1000.0, page.len() / 1024);
    }
    times.sort_unstable();
    let median = times[times.len() / 2];
    println!("the median: {:.1} ms of {} ms", median.as_secs_f64() * 1000.0, MOST.as_millis());
    if median <= MOST && size <= MOST_BYTES { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn report(store: &Store, policy: &Policy, week: WeekId, now: Timestamp) -> String {
    let at = as_of(week, policy, now);
    let configured = Configured {
        id: source(),
        kind: SourceKind::Feed,
        read_only: true,
        whose: Whose::Owner,
        credential: Credential::Address,
        guest_notice: Some(GuestNotice::Nobody),
    };
    let steps = std::env::var("STEPS").is_ok();
    let start = Instant::now();
    let snapshot = store.snapshot_as_of(vec![configured], view(week, policy, at), at).await.unwrap();
    if steps {
        println!("  snapshot of {} lines: {:.1} ms", snapshot.ledger.len(), start.elapsed().as_secs_f64() * 1000.0);
    }
    let start = Instant::now();
    let facts = facts_as_of(&snapshot, policy, week, at);
    if steps {
        println!("  facts: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    }
    render(&facts, Format::Html, &Style::default()).unwrap()
}

fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn source() -> SourceId {
    SourceId { account: "work".into(), calendar: "main".into() }
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.com")).unwrap()
}

fn guest(name: &str) -> Guest {
    let who = Participant { address: Some(address(name)), name: None, kind: ParticipantKind::Individual };
    Guest { who, reply: Reply::Accepted, non_participant: false }
}

fn start_of(n: u32, week: i64) -> Timestamp {
    let day = date(2021, 11, 22) + (week * 7 + i64::from(n % 5)).days();
    let local = day.at(i8::try_from(8 + n % 9).unwrap(), 0, 0, 0);
    local.to_zoned(zone()).unwrap().timestamp()
}

fn series(n: u32) -> Event {
    let local = zone().to_datetime(start_of(n, 0));
    let at = |local| Moment::Zoned(local, Zone::iana("Europe/Berlin").unwrap());
    Event {
        uid: format!("series-{n}"),
        overrides: None,
        start: at(local),
        end: at(local + SignedDuration::from_mins(30)),
        recurrence: Some(Recurrence { rules: vec!["FREQ=WEEKLY".parse().unwrap()], ..Recurrence::default() }),
        status: Status::Confirmed,
        busy: true,
        kind: EventKind::Ordinary,
        title: format!("Talk {n}"),
        organiser: Some(guest("owner").who),
        guests: vec![guest("owner"), guest(&format!("person{n}"))],
        guest_list: GuestList::Complete,
        sequence: 0,
        modified: None,
        untold_guests: false,
        unknown_zone: None,
    }
}

fn known(n: u32) -> KnownSeries {
    KnownSeries {
        uid: format!("series-{n}"),
        one_on_one: OneOnOneId(format!("person{n:02}")),
        person: Person {
            name: format!("Person {n} Example"),
            addresses: vec![address(&format!("person{n}"))],
            relation: Relation::Report,
        },
        source: source(),
        cadence: Cadence::every(1, CadenceUnit::Week),
        first: start_of(n, 0),
        last: None,
        schedule: None,
        since: None,
        answered: true,
    }
}

/// Five years of one person; every ninth session was lost.
fn lines(n: u32) -> impl Iterator<Item = LedgerLine> {
    (0..WEEKS).map(move |week| {
        let original = start_of(n, week);
        let is_lost = (week + i64::from(n)) % 9 == 0;
        let recorded = original + SignedDuration::from_hours(24);
        let id = SessionId { one_on_one: OneOnOneId(format!("person{n:02}")), original };
        let span = Span::new(original, original + SignedDuration::from_mins(30));
        let outcome = if is_lost { Outcome::Cancelled } else { Outcome::HeldPresumed };
        let session = Session {
            by: is_lost.then_some(Side::Owner),
            evidence: if is_lost {
                vec![Evidence::StatusCancelled]
            } else {
                vec![Evidence::ReadAfter { at: recorded }]
            },
            lost: is_lost.then(|| Between {
                after: original - SignedDuration::from_hours(6),
                before: original - SignedDuration::from_hours(5),
            }),
            deadline: original + SignedDuration::from_hours(100),
            state: is_lost.then_some(Loss::Missed),
            ..Session::new(id, format!("series-{n}"), span, outcome)
        };
        LedgerLine { session, recorded }
    })
}
