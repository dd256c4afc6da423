//! What the rules are shown of a store is less than all of it, and leads to the same standing, plan and proposals.

use std::sync::Arc;

use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::event::{
    Event, EventKind, Guest, GuestList, Participant, ParticipantKind, RecurrenceId, Reply, Status,
};
use cadenced::domain::hours::WeeklyHours;
use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::person::{Address, Person, Relation};
use cadenced::domain::plan::{Action, Proposal, plan, proposals};
use cadenced::domain::policy::{Policy, RosterEntry};
use cadenced::domain::recurrence::{Moment, Recurrence, Zone};
use cadenced::domain::reschedule::learnt_hours;
use cadenced::domain::session::Evidence;
use cadenced::domain::snapshot::{Horizon, Snapshot};
use cadenced::domain::source::{SourceId, Whose};
use cadenced::domain::standing::Standing;
use cadenced::store::{Batch, Configured, Listing, Store};
use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::store_given::{configured, open, wait};

/// A Monday morning in the middle of the made-up events.
fn now() -> Timestamp {
    "2026-11-16T07:00:00Z".parse().unwrap()
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.com")).unwrap()
}

/// Ann has two addresses, and so has the owner.
fn policy(learn_hours: bool, owner: &[&str]) -> Policy {
    let entry = |name: &str, addresses: &[&str]| RosterEntry {
        person: Person {
            name: name.into(),
            addresses: addresses.iter().map(|one| address(one)).collect(),
            relation: Relation::Report,
        },
        aliases: Vec::new(),
        target: None,
        expected: true,
        hours: None,
    };
    Policy {
        owner: owner.iter().map(|one| address(one)).collect(),
        owner_names: vec!["Olga Owner".into()],
        people: vec![entry("Ann Ash", &["ann", "ann.ash"]), entry("Bob Birch", &["bob"])],
        learn_hours,
        ..Policy::default()
    }
}

fn calendars() -> Vec<Configured> {
    let named = |calendar: &str, whose| {
        let id = SourceId { account: "work".into(), calendar: calendar.into() };
        Configured { whose, ..configured(id) }
    };
    vec![
        named("main", Whose::Owner),
        named("other", Whose::Owner),
        named("anns", Whose::Person(address("ann"))),
        named("holidays", Whose::Holidays),
    ]
}

/// Everything that is worked out from a snapshot.
type Outcome = (Standing, Vec<Proposal>, Vec<Action>, Option<WeeklyHours>);

fn work_out(snapshot: &Snapshot, policy: &Policy, at: Timestamp) -> Outcome {
    let standing = assess(snapshot, policy, horizon(at), at);
    let (proposed, planned) = (proposals(&standing, snapshot, policy), plan(&standing, snapshot, policy));
    let hours = learnt_hours(snapshot, &standing, policy);
    (standing, proposed, planned, hours)
}

/// The whole of a store and what matters of it, as of an instant.
fn both(store: &Store, policy: &Policy, at: Timestamp) -> (Snapshot, Snapshot) {
    let span = Horizon(horizon(at));
    let whole = wait(store.snapshot(calendars(), span)).unwrap().known_at(at);
    let policy = Arc::new(policy.clone());
    let relevant = wait(store.relevant_snapshot(calendars(), span, policy)).unwrap().known_at(at);
    (whole, relevant)
}

fn remember(store: &Store, actions: Vec<Action>, at: Timestamp) {
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
    wait(store.perform(batch, at)).unwrap();
}

fn read(store: &Store, calendar: usize, at: Timestamp, events: Vec<Event>) {
    let items = events.into_iter().map(|event| Ok(cadenced::domain::source::Item::Event(Box::new(event))));
    let listing = Listing { items: Box::new(items), cursor: std::collections::BTreeMap::new(), refresh: None };
    wait(store.apply_snapshot(calendars()[calendar].id.clone(), at, listing)).unwrap();
}

fn somebody() -> impl Strategy<Value = Participant> {
    let names = ["owner", "olga", "ann", "ann.ash", "bob", "carl", "dora", "platform-team", "room"];
    let address = prop_oneof![
        12 => select(names.to_vec()).prop_map(|name| Some(address(name))),
        1 => Just(Address::parse("c_1@group.calendar.google.com")),
        1 => Just(Address::parse("x@elsewhere.example")),
        1 => Just(None),
    ];
    let kind = prop_oneof![
        12 => Just(ParticipantKind::Individual),
        1 => Just(ParticipantKind::Group),
        1 => Just(ParticipantKind::Room),
        1 => Just(ParticipantKind::Resource),
        1 => Just(ParticipantKind::Unknown),
    ];
    let name = prop_oneof![3 => Just(None), 1 => select(vec!["Ann Ash", "Carl", "OLGA"]).prop_map(|name| Some(name.to_owned()))];
    (address, name, kind).prop_map(|(address, name, kind)| Participant { address, name, kind })
}

fn guest() -> impl Strategy<Value = Guest> {
    let replies =
        [Reply::NeedsAction, Reply::Accepted, Reply::Accepted, Reply::Declined, Reply::Tentative, Reply::Delegated];
    (somebody(), select(replies.to_vec()), prop::bool::weighted(0.1)).prop_map(|(who, reply, non_participant)| Guest {
        who,
        reply,
        non_participant,
    })
}

/// Of the owner and Ann, in ways that differ by one thing.
fn pair() -> impl Strategy<Value = (Option<Participant>, Vec<Guest>)> {
    let who = |name: &str| Participant { address: Some(address(name)), name: None, kind: ParticipantKind::Individual };
    let guest = move |name: &str, reply| Guest { who: who(name), reply, non_participant: false };
    (
        select(vec!["owner", "olga", "ann"]),
        select(vec!["ann", "ann.ash", "bob", "carl"]),
        select(vec![Reply::Accepted, Reply::Declined, Reply::NeedsAction]),
    )
        .prop_map(move |(caller, other, reply)| {
            (Some(who(caller)), vec![guest("owner", Reply::Accepted), guest(other, reply)])
        })
}

fn guests() -> impl Strategy<Value = (Option<Participant>, Vec<Guest>)> {
    let any = (prop::option::of(somebody()), prop::collection::vec(guest(), 0..5));
    let crowd = (prop::option::of(somebody()), prop::collection::vec(guest(), 60..70));
    prop_oneof![20 => any, 12 => pair(), 1 => crowd]
}

/// Starts that meet one another: some hours of a few days in each of twenty weeks.
fn start() -> impl Strategy<Value = DateTime> {
    (0..20_i64, 0..4_i64, select(vec![0, 8 * 60, 9 * 60, 9 * 60, 9 * 60 + 15, 9 * 60 + 30, 10 * 60, 14 * 60])).prop_map(
        |(week, day, minutes)| {
            date(2026, 9, 7).at(0, 0, 0, 0)
                + SignedDuration::from_hours(24 * (7 * week + day))
                + SignedDuration::from_mins(minutes)
        },
    )
}

fn placed(start: DateTime, minutes: i64, how: u8, odd: bool) -> (Moment, Moment) {
    let end = start + SignedDuration::from_mins(minutes) + SignedDuration::from_millis(i64::from(odd) * 500);
    match how {
        0 => (Moment::Floating(start), Moment::Floating(end)),
        1 => (Moment::Date(start.date()), Moment::Date(start.date().tomorrow().unwrap())),
        2 => {
            let zone = Zone::iana("America/New_York").unwrap();
            (Moment::Zoned(start, zone.clone()), Moment::Zoned(end, zone))
        }
        _ => (Moment::utc(start), Moment::utc(end)),
    }
}

fn time() -> impl Strategy<Value = (Moment, Moment)> {
    let minutes = select(vec![30, 30, 30, 30, 60, 60, 45, 15, 5, 0, -30, 121, 200, 239, 240, 300, 24 * 60]);
    let how = prop_oneof![8 => Just(9), 1 => Just(0), 1 => Just(1), 1 => Just(2)];
    (start(), minutes, how, prop::bool::weighted(0.05))
        .prop_map(|(start, minutes, how, odd)| placed(start, minutes, how, odd))
}

fn title() -> impl Strategy<Value = String> {
    let titles = [
        "Planning",
        "Planning",
        "Focus time",
        "Deep work: Q4",
        "Annual leave",
        "Bob on vacation",
        "1:1 Ann",
        "Ann / Olga",
        "Ann <> Bob",
        "Catch-up with Bob Birch",
        "Canceled: Planning",
        "Interview",
        "1:1",
        "Canceled: 1:1 Ann",
    ];
    select(titles.to_vec()).prop_map(str::to_owned)
}

fn uid() -> impl Strategy<Value = String> {
    let make_up = MakeUpName::of("weekly-ann", "2026-11-09T09:00:00Z".parse().unwrap(), false);
    prop_oneof![
        30 => (0..60_u32).prop_map(|n| format!("e{n}")),
        1 => Just(format!("cadenced-{make_up}")),
        1 => Just("weekly-ann".to_owned()),
        1 => Just("weekly-team".to_owned()),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let kinds = [EventKind::OutOfOffice, EventKind::FocusTime, EventKind::WorkingLocation, EventKind::Birthday];
    let kind = prop_oneof![12 => Just(EventKind::Ordinary), 1 => select(kinds.to_vec())];
    let status = prop_oneof![10 => Just(Status::Confirmed), 1 => Just(Status::Tentative), 1 => Just(Status::Cancelled)];
    let lists = [GuestList::Complete, GuestList::Complete, GuestList::Complete, GuestList::Absent, GuestList::Hidden];
    let shape = (status, prop::bool::weighted(0.9), kind, select(lists.to_vec()), 0..3_u32);
    let over = prop::option::weighted(0.05, start());
    (uid(), time(), guests(), title(), shape, over).prop_map(
        |(uid, (start, end), (organiser, guests), title, shape, over)| {
            let (status, busy, kind, guest_list, sequence) = shape;
            let overrides =
                over.map(|original| RecurrenceId { original: Moment::utc(original), this_and_future: false });
            let guests = if guest_list == GuestList::Absent { Vec::new() } else { guests };
            Event {
                uid,
                overrides,
                start,
                end,
                recurrence: None,
                status,
                busy,
                kind,
                title,
                organiser,
                guests,
                guest_list,
                sequence,
                modified: None,
                untold_guests: false,
                unknown_zone: None,
            }
        },
    )
}

/// A weekly series with these guests, called by the owner; some sessions are called off.
fn weekly(uid: &str, hour: i8, others: &[&str], off: &[usize]) -> Vec<Event> {
    let who = |name: &str| Participant { address: Some(address(name)), name: None, kind: ParticipantKind::Individual };
    let guest = |name: &&str| Guest { who: who(name), reply: Reply::Accepted, non_participant: false };
    let start = date(2026, 9, 7).at(hour, 0, 0, 0);
    let recurrence = Recurrence { rules: vec!["FREQ=WEEKLY".parse().unwrap()], ..Recurrence::default() };
    let master = Event {
        uid: uid.into(),
        overrides: None,
        start: Moment::utc(start),
        end: Moment::utc(start + SignedDuration::from_mins(30)),
        recurrence: Some(recurrence),
        status: Status::Confirmed,
        busy: true,
        kind: EventKind::Ordinary,
        title: uid.into(),
        organiser: Some(who("owner")),
        guests: others.iter().chain(&["owner"]).map(guest).collect(),
        guest_list: GuestList::Complete,
        sequence: 0,
        modified: None,
        untold_guests: false,
        unknown_zone: None,
    };
    let week = |n: &usize| Moment::utc(start + SignedDuration::from_hours(24 * 7 * i64::try_from(*n).unwrap()));
    let called_off: Vec<Event> = off.iter().map(|n| master.called_off(&week(n))).collect();
    std::iter::once(master).chain(called_off).collect()
}

fn series() -> impl Strategy<Value = Vec<Event>> {
    let off = || subsequence((6..12_usize).collect::<Vec<_>>(), 0..4);
    (off(), off()).prop_map(|(of_ann, of_bob)| {
        let of_pairs =
            weekly("weekly-ann", 9, &["ann"], &of_ann).into_iter().chain(weekly("weekly-bob", 10, &["bob"], &of_bob));
        of_pairs.chain(weekly("weekly-team", 14, &["ann", "bob", "carl"], &[])).collect()
    })
}

/// How much less than all was shown, and how much there was to plan, over all cases.
#[derive(Default)]
struct Seen {
    left_out: usize,
    busy_only: usize,
    slots: usize,
    conflicts: usize,
    /// Cases that would come out otherwise if no outline said that its event takes time or could be of a pair.
    sensitive: usize,
}

/// Takes from every outline of a store what it says.
fn blank_outlines(dir: &std::path::Path) {
    let db = rusqlite::Connection::open(dir.join("cadenced.db")).unwrap();
    let mut query = db.prepare("SELECT id, outline FROM event WHERE outline IS NOT NULL").unwrap();
    let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    for (id, mut outline) in rows.map(Result::unwrap).collect::<Vec<_>>() {
        outline[1] = 0;
        db.execute("UPDATE event SET outline = ?2 WHERE id = ?1", (id, outline)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_matters_leads_to_what_all_of_it_leads_to(
        series in series(),
        main in prop::collection::vec(event(), 20..70),
        other in prop::collection::vec(event(), 0..30),
        anns in prop::collection::vec(event(), 0..10),
        holidays in prop::collection::vec(event(), 0..5),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        learn_hours: bool,
        has_alias: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let minutes = |n| now() + SignedDuration::from_mins(n);
        let mut main: Vec<Event> = series.into_iter().chain(main).collect();
        read(&store, 0, minutes(-40), main.clone());
        read(&store, 1, minutes(-40), other);
        read(&store, 2, minutes(-40), anns);
        read(&store, 3, minutes(-40), holidays);
        for index in &gone {
            let at = index.index(main.len());
            main.remove(at);
        }
        read(&store, 0, minutes(-30), main.clone());
        read(&store, 0, minutes(-20), main);
        let policy = policy(learn_hours, if has_alias { &["owner", "olga"] } else { &["owner"] });
        for at in [now(), now() + SignedDuration::from_hours(30)] {
            let (whole, relevant) = both(&store, &policy, at);
            prop_assert!(relevant.events.len() <= whole.events.len());
            let (expected, found) = (work_out(&whole, &policy, at), work_out(&relevant, &policy, at));
            prop_assert_eq!(&found.0, &expected.0);
            prop_assert_eq!(&found.1, &expected.1);
            prop_assert_eq!(&found.2, &expected.2);
            prop_assert_eq!(&found.3, &expected.3);
            remember(&store, found.2, at);
        }
        wait(store.close()).unwrap();
    }
}

/// The property says nothing where everything is read, nothing is planned or nothing conflicts.
#[test]
fn the_made_up_stores_leave_something_out_and_have_something_to_plan() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = Seen::default();
    for _ in 0..12 {
        let mut events = series().new_tree(&mut runner).unwrap().current();
        events.extend(prop::collection::vec(event(), 40..60).new_tree(&mut runner).unwrap().current());
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        for (calendar, shown) in [events, Vec::new(), Vec::new(), Vec::new()].into_iter().enumerate() {
            read(&store, calendar, now() - SignedDuration::from_mins(20), shown);
        }
        let (whole, relevant) = both(&store, &policy(false, &["owner"]), now());
        let (standing, proposed, ..) = work_out(&relevant, &policy(false, &["owner"]), now());
        seen.left_out += whole.events.len() - relevant.events.len();
        seen.busy_only += relevant.busy_only.len();
        seen.slots += proposed.iter().filter(|proposal| proposal.to.is_some()).count();
        let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
        let is_conflict = |evidence: &Evidence| matches!(evidence, Evidence::Conflict { .. });
        seen.conflicts += sessions.filter(|session| session.evidence.iter().any(is_conflict)).count();
        blank_outlines(dir.path());
        let (_, blank) = both(&store, &policy(false, &["owner"]), now());
        let (other, ..) = work_out(&blank, &policy(false, &["owner"]), now());
        seen.sensitive += usize::from(other != standing);
        wait(store.close()).unwrap();
    }
    let Seen { left_out, busy_only, slots, conflicts, sensitive } = seen;
    assert!(sensitive > 6, "what outlines say decides in {sensitive} of 12 cases");
    assert!(
        left_out > 50 && busy_only > 20 && slots > 3 && conflicts > 3,
        "{left_out} {busy_only} {slots} {conflicts}"
    );
}
