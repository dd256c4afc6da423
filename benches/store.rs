//! Measures the store's share of the work: 100,000 events into the mirror, the same ones again, and a snapshot of 26 weeks.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement reads a clock, and ends where it fails"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use cadenced::domain::event::{Event, EventKind, Guest, GuestList, Participant, ParticipantKind, Reply, Status};
use cadenced::domain::person::Address;
use cadenced::domain::recurrence::{Moment, Recurrence, Zone};
use cadenced::domain::snapshot::Horizon;
use cadenced::domain::source::{Credential, Item, SourceId, SourceKind, Whose};
use cadenced::domain::span::Span;
use cadenced::store::{Configured, Listing, Store};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

const EVENTS: i64 = 100_000;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-11-16T08:00:00Z".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (store, _) = Store::open(dir.path(), now).unwrap();

    let made = measure("making the events alone", || events().count());
    assert_eq!(i64::try_from(made), Ok(EVENTS));
    for name in ["first listing", "same listing again"] {
        let applied = measure(name, || runtime.block_on(store.apply_snapshot(source(), now, listing())).unwrap());
        println!("    {applied:?}");
    }
    let week = SignedDuration::from_hours(7 * 24);
    let horizon = Horizon(Span::new(now - 13 * week, now + 13 * week));
    for _ in 0..3 {
        let snapshot =
            measure("snapshot of 26 weeks", || runtime.block_on(store.snapshot(vec![configured()], horizon)).unwrap());
        println!("    {} events", snapshot.events.len());
    }
    measure("closing", || runtime.block_on(store.close()).unwrap());
    drop(measure("opening with a check", || Store::open(dir.path(), now).unwrap()));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

fn measure<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{name}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}

fn source() -> SourceId {
    SourceId { account: "work".into(), calendar: "main".into() }
}

fn configured() -> Configured {
    let (credential, guest_notice) = (Credential::Address, None);
    Configured { id: source(), kind: SourceKind::Feed, read_only: true, whose: Whose::Owner, credential, guest_notice }
}

fn listing() -> Listing {
    let items = events().map(|event| Ok(Item::Event(Box::new(event))));
    Listing { items: Box::new(items), cursor: BTreeMap::new(), refresh: None }
}

/// Ten years of events around 2026, one in a hundred a weekly series of two years, each with two guests.
fn events() -> impl Iterator<Item = Event> + Send {
    let zone = Zone::iana("Europe/Berlin").unwrap();
    let first = date(2021, 1, 4).at(8, 0, 0, 0);
    (0..EVENTS).map(move |n| {
        let start = first + SignedDuration::from_mins(n * 52);
        let at = |local| Moment::Zoned(local, zone.clone());
        let until =
            (start + SignedDuration::from_hours(24 * 730)).strftime("FREQ=WEEKLY;UNTIL=%Y%m%dT%H%M%SZ").to_string();
        let rules = vec![until.parse().unwrap()];
        Event {
            // Hashed, as real ones are, so that they do not come in the order of the index.
            uid: format!("{:016x}-{n}@example.com", n.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            overrides: None,
            start: at(start),
            end: at(start + SignedDuration::from_mins(30)),
            recurrence: (n % 100 == 0).then(|| Recurrence { rules, ..Recurrence::default() }),
            status: Status::Confirmed,
            busy: true,
            kind: EventKind::Ordinary,
            title: format!("Planning number {n}"),
            organiser: Some(participant("ann")),
            guests: vec![guest("ann"), guest("ben")],
            guest_list: GuestList::Complete,
            sequence: 1,
            modified: Some(Timestamp::UNIX_EPOCH),
            untold_guests: false,
            unknown_zone: None,
        }
    })
}

fn participant(name: &str) -> Participant {
    let address = Address::parse(&format!("{name}@example.com"));
    Participant { address, name: Some(name.into()), kind: ParticipantKind::Individual }
}

fn guest(name: &str) -> Guest {
    Guest { who: participant(name), reply: Reply::Accepted, non_participant: false }
}
