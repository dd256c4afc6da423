//! The mover, row by row of what can go wrong: each ends as it must, and nothing is ever sent twice that was done.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use cadenced::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Pending, Seen, Target, Version, WriteError, WriteErrorKind,
};
use cadenced::calendar::{Error, FreeBusy};
use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::event::{Event, Reply};
use cadenced::domain::one_on_one::OneOnOneId;
use cadenced::domain::operation::{Halt, Intent, OperationId, State, Times, Way};
use cadenced::domain::person::Address;
use cadenced::domain::policy::Policy;
use cadenced::domain::recurrence::Moment;
use cadenced::domain::session::SessionId;
use cadenced::domain::source::{Item, SourceId};
use cadenced::domain::span::Span;
use cadenced::mover::{Hand, Mover};
use cadenced::store::{Listing, Store};
use jiff::{SignedDuration, Timestamp};

use super::support::{ANN, OWNER, address, at, guest, instance, series, source_id, who, zone};

const NOW: &str = "2026-11-16T08:00";
const FROM: &str = "2026-11-17T10:00";
const TO: &str = "2026-11-18T10:00";

/// What the server answers, in order, and what was sent to it.
#[derive(Default)]
struct Script {
    looks: VecDeque<Result<Seen, WriteErrorKind>>,
    writes: VecDeque<Result<(), WriteErrorKind>>,
    busy: Option<Vec<BusySpan>>,
    sent: Vec<String>,
}

#[derive(Clone, Default)]
struct Server(Arc<Mutex<Script>>);

fn failed(kind: WriteErrorKind) -> WriteError {
    WriteError::new(kind, "as the script says")
}

impl Server {
    fn write(&self, what: String) -> Result<(), WriteError> {
        let mut script = self.0.lock().unwrap();
        script.sent.push(what);
        script.writes.pop_front().expect("no write more than the script has").map_err(failed)
    }
}

impl CalendarWriter for Server {
    fn look<'a>(&'a mut self, _: &'a Target) -> Pending<'a, Seen> {
        let next = self.0.lock().unwrap().looks.pop_front().expect("no look more than the script has");
        Box::pin(async move { next.map_err(failed) })
    }

    fn move_to<'a>(&'a mut self, _: &'a Target, version: &'a Version, to: &'a NewTime) -> Pending<'a, ()> {
        let done = self.write(format!("move {} {} if {}", to.operation, to.start.local(), version.0));
        Box::pin(async move { done })
    }

    fn create<'a>(&'a mut self, make_up: &'a MakeUp) -> Pending<'a, ()> {
        let done = self.write(format!("create {} {}", make_up.operation, make_up.start.local()));
        Box::pin(async move { done })
    }

    fn remove<'a>(&'a mut self, _: &'a Target, version: &'a Version) -> Pending<'a, ()> {
        let done = self.write(format!("remove if {}", version.0));
        Box::pin(async move { done })
    }
}

impl FreeBusy for Server {
    fn busy<'a>(
        &'a mut self,
        who: &'a [Address],
        window: Span,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Availability>, Error>> + Send + 'a>> {
        let busy = self.0.lock().unwrap().busy.clone();
        let of = move |who: &Address| Availability { who: who.clone(), window, asked: now, busy: busy.clone() };
        Box::pin(async move { Ok(who.iter().map(of).collect()) })
    }
}

struct Bench {
    server: Server,
    mover: Mover,
    store: Store,
    policy: Policy,
    intent: Intent,
    _folder: tempfile::TempDir,
}

fn moment(local: &str) -> Moment {
    super::support::pair("x", local, ANN).start
}

fn intent(way: Way) -> Intent {
    let half = SignedDuration::from_mins(30);
    Intent {
        session: SessionId { one_on_one: OneOnOneId("annaaaaa".into()), original: at(FROM) },
        way,
        source: source_id("work"),
        uid: "w".into(),
        original: Some(moment(FROM)),
        from: Span::new(at(FROM), at(FROM) + half),
        to: Times { start: moment(TO), end: moment(TO).plus(half) },
        title: "Talk".into(),
        organiser: Some(address(OWNER)),
        guest: Some(who(ANN)),
        automatic: true,
        gave_way: Vec::new(),
        undoes: None,
    }
}

/// The session as the server shows it.
#[expect(clippy::unnecessary_wraps, reason = "it stands in a script of answers")]
fn shown(start: &str, mark: Option<&str>, version: &str) -> Result<Seen, WriteErrorKind> {
    let master = series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN);
    let mut event: Event = instance(&master, FROM);
    event.start = moment(start);
    event.end = event.start.plus(SignedDuration::from_mins(30));
    event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, Reply::Declined)];
    Ok(Seen::There(Box::new(Found {
        event,
        version: Version(version.into()),
        operation: mark.map(str::to_owned),
        may_write: true,
        clock_skew: Some(SignedDuration::ZERO),
    })))
}

impl Bench {
    async fn new(way: Way) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), at(NOW)).unwrap();
        let event = Box::new(series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN));
        let items = vec![Ok(Item::Kept { resource: "w.ics".into(), event })];
        let listing = Listing { items: Box::new(items.into_iter()), cursor: BTreeMap::new(), refresh: None };
        store.apply_snapshot(source_id("work"), at(NOW), listing).await.unwrap();
        let server = Server::default();
        server.0.lock().unwrap().busy = Some(Vec::new());
        let policy = Policy { owner: vec![address(OWNER)], zone: zone(), ..Policy::default() };
        let mover = mover(&store, &server);
        Self { server, mover, store, policy, intent: intent(way), _folder: folder }
    }

    fn script(
        &mut self,
        looks: Vec<Result<Seen, WriteErrorKind>>,
        writes: Vec<Result<(), WriteErrorKind>>,
    ) -> &mut Self {
        let mut script = self.server.0.lock().unwrap();
        (script.looks, script.writes) = (looks.into(), writes.into());
        drop(script);
        self
    }

    async fn act(&mut self) -> Option<State> {
        let ended = self.mover.act(&self.intent, &self.policy, at(NOW)).await.unwrap();
        assert_eq!(ended.source, source_id("work"));
        ended.state
    }

    async fn settle(&mut self, now: &str) -> Vec<Option<State>> {
        // As after a crash: nothing but the store is left.
        self.mover = mover(&self.store, &self.server);
        let ended = self.mover.settle(&self.policy, at(now)).await.unwrap();
        ended.into_iter().map(|ended| ended.state).collect()
    }

    fn sent(&self) -> Vec<String> {
        self.server.0.lock().unwrap().sent.clone()
    }
}

fn mover(store: &Store, server: &Server) -> Mover {
    let hand = Hand { writer: Some(Box::new(server.clone())), free_busy: Some(Box::new(server.clone())) };
    let mut mover = Mover::new(store.clone(), BTreeMap::<SourceId, Hand>::from([(source_id("work"), hand)]));
    mover.name_with(Box::new(|| OperationId("op".into())));
    mover
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what an operation ended in")]
fn stood_down(why: Halt) -> Option<State> {
    Some(State::StoodDown { why })
}

#[tokio::test]
async fn a_move_is_looked_at_sent_once_under_its_condition_and_looked_at_again() {
    let mut bench = Bench::new(Way::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(bench.act().await, Some(State::Done));
    assert_eq!(bench.sent(), ["move op 2026-11-18T10:00:00 if e1"]);
    let journal = bench.store.operations().await.unwrap();
    assert_eq!((journal.len(), journal[0].state, journal[0].version.as_deref()), (1, State::Done, Some("e1")));
}

#[tokio::test]
async fn a_session_that_is_not_as_it_was_thought_to_be_is_left_alone() {
    let locked = shown(FROM, None, "e1").map(|seen| match seen {
        Seen::There(found) => Seen::There(Box::new(Found { may_write: false, ..*found })),
        other => other,
    });
    let skewed = shown(FROM, None, "e1").map(|seen| match seen {
        Seen::There(found) => {
            Seen::There(Box::new(Found { clock_skew: Some(SignedDuration::from_secs(-121)), ..*found }))
        }
        other => other,
    });
    let cases = [
        (shown(TO, None, "e1"), Halt::Moved),
        (shown(FROM, Some("another"), "e1"), Halt::InOtherHands),
        (Ok(Seen::CalledOff), Halt::CalledOff),
        (Ok(Seen::Absent), Halt::NotThere),
        (locked, Halt::NotAllowed),
        (skewed, Halt::ClockDisagrees),
        (Err(WriteErrorKind::NotSent), Halt::NotSent),
        (Err(WriteErrorKind::SignIn), Halt::NotSent),
    ];
    for (look, why) in cases {
        let mut bench = Bench::new(Way::Move).await;
        bench.script(vec![look], vec![]);
        assert_eq!(bench.act().await, stood_down(why));
        assert_eq!(bench.sent(), [""; 0], "{why:?}");
    }
}

#[tokio::test]
async fn a_slot_that_is_taken_or_unknown_by_now_is_not_written() {
    let mut taken = Bench::new(Way::Move).await;
    taken.script(vec![shown(FROM, None, "e1")], vec![]);
    let span = Span::new(at("2026-11-18T10:15"), at("2026-11-18T10:20"));
    taken.server.0.lock().unwrap().busy = Some(vec![BusySpan { span, tentative: false }]);
    assert_eq!(taken.act().await, stood_down(Halt::SlotTaken));
    let mut unknown = Bench::new(Way::Move).await;
    unknown.script(vec![shown(FROM, None, "e1")], vec![]);
    unknown.server.0.lock().unwrap().busy = None;
    assert_eq!(unknown.act().await, stood_down(Halt::AvailabilityUnknown));
    let mut said_yes = Bench::new(Way::Move).await;
    said_yes.intent.automatic = false;
    said_yes.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    said_yes.server.0.lock().unwrap().busy = None;
    assert_eq!(said_yes.act().await, Some(State::Done), "a user who said yes knew that");
}

#[tokio::test]
async fn a_lost_reply_is_looked_into_and_not_sent_again_where_it_was_done() {
    let mut bench = Bench::new(Way::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Err(WriteErrorKind::FateUnknown)]);
    assert_eq!(bench.act().await, Some(State::Done));
    assert_eq!(bench.sent().len(), 1);
}

#[tokio::test]
async fn what_never_arrived_is_sent_again_under_the_same_name_and_condition() {
    let mut bench = Bench::new(Way::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(FROM, None, "e1")], vec![Err(WriteErrorKind::FateUnknown)]);
    assert_eq!(bench.act().await, Some(State::Sending));
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(bench.settle("2026-11-16T08:05").await, [Some(State::Done)]);
    assert_eq!(bench.sent(), ["move op 2026-11-18T10:00:00 if e1", "move op 2026-11-18T10:00:00 if e1"]);
    assert_eq!(bench.settle("2026-11-16T08:06").await, [], "what is settled stays so");
}

#[tokio::test]
async fn a_repeat_that_comes_after_the_first_one_did_is_refused_and_that_is_fine() {
    let mut bench = Bench::new(Way::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(FROM, None, "e1")], vec![Err(WriteErrorKind::FateUnknown)]);
    assert_eq!(bench.act().await, Some(State::Sending));
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Err(WriteErrorKind::Changed)]);
    assert_eq!(bench.settle("2026-11-16T08:05").await, [Some(State::Done)]);
}

#[tokio::test]
async fn what_was_cut_off_long_ago_is_not_sent_any_more() {
    let mut bench = Bench::new(Way::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(FROM, None, "e1")], vec![Err(WriteErrorKind::FateUnknown)]);
    bench.act().await;
    bench.script(vec![shown(FROM, None, "e1")], vec![]);
    assert_eq!(bench.settle("2026-11-16T09:01").await, [stood_down(Halt::NotSent)]);
    assert!(bench.store.operations().await.unwrap()[0].may_have_written(), "nobody saw what became of it");
}

#[tokio::test]
async fn an_event_that_changed_meanwhile_is_looked_at_and_left_alone() {
    let cases = [
        (shown(TO, Some("another"), "e2"), stood_down(Halt::InOtherHands)),
        (shown("2026-11-19T10:00", None, "e2"), stood_down(Halt::Moved)),
        (shown(FROM, None, "e2"), stood_down(Halt::Changed)),
        (Ok(Seen::CalledOff), stood_down(Halt::CalledOff)),
    ];
    for (after, state) in cases {
        let mut bench = Bench::new(Way::Move).await;
        bench.script(vec![shown(FROM, None, "e1"), after], vec![Err(WriteErrorKind::Changed)]);
        assert_eq!(bench.act().await, state);
        assert_eq!(bench.sent().len(), 1);
    }
}

#[tokio::test]
async fn answers_that_leave_no_doubt_end_it_without_another_look() {
    let cases = [
        (WriteErrorKind::NotSent, stood_down(Halt::NotSent)),
        (WriteErrorKind::Wait { after: None }, stood_down(Halt::Wait)),
        (WriteErrorKind::NotAllowed, stood_down(Halt::NotAllowed)),
        (WriteErrorKind::NotThere, stood_down(Halt::NotThere)),
        (WriteErrorKind::Refused, stood_down(Halt::Refused)),
        (WriteErrorKind::NotDone, Some(State::Uncertain)),
    ];
    for (answer, state) in cases {
        let mut bench = Bench::new(Way::Move).await;
        bench.script(vec![shown(FROM, None, "e1")], vec![Err(answer)]);
        assert_eq!(bench.act().await, state, "{answer:?}");
    }
}

#[tokio::test]
async fn a_good_answer_that_was_not_done_is_uncertain_after_a_second_look() {
    let mut bench = Bench::new(Way::Move).await;
    let before = || shown(FROM, None, "e1");
    bench.script(vec![before(), before(), before()], vec![Ok(())]);
    assert_eq!(bench.act().await, Some(State::Uncertain));
    let mut slow = Bench::new(Way::Move).await;
    slow.script(vec![before(), before(), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(slow.act().await, Some(State::Done));
}

#[tokio::test]
async fn a_make_up_that_was_deleted_is_an_answer_and_one_of_another_machine_is_enough() {
    let mut deleted = Bench::new(Way::MakeUp).await;
    deleted.script(vec![Ok(Seen::CalledOff), Ok(Seen::CalledOff)], vec![]);
    assert_eq!(deleted.act().await, Some(State::Refused));
    let mut there = Bench::new(Way::MakeUp).await;
    there.script(vec![Ok(Seen::CalledOff), shown(TO, Some("another"), "e9")], vec![]);
    assert_eq!(there.act().await, Some(State::Done));
    let mut raced = Bench::new(Way::MakeUp).await;
    raced.script(
        vec![Ok(Seen::CalledOff), Ok(Seen::Absent), shown(TO, Some("another"), "e9")],
        vec![Err(WriteErrorKind::Taken)],
    );
    assert_eq!(raced.act().await, Some(State::Done));
}

#[tokio::test]
async fn a_session_that_stands_again_is_not_made_up() {
    let mut bench = Bench::new(Way::MakeUp).await;
    let mut standing = shown(FROM, None, "e1");
    if let Ok(Seen::There(found)) = &mut standing {
        found.event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, Reply::Accepted)];
    }
    bench.script(vec![standing, Ok(Seen::Absent)], vec![]);
    assert_eq!(bench.act().await, stood_down(Halt::Stands));
}

#[tokio::test]
async fn an_undoing_is_done_while_nobody_touched_it_and_says_when_it_is_too_late() {
    let mut bench = Bench::new(Way::Move).await;
    bench.intent = Intent {
        way: Way::MoveBack,
        from: intent(Way::Move).to.span(&zone()),
        to: Times { start: moment(FROM), end: moment(FROM).plus(SignedDuration::from_mins(30)) },
        automatic: false,
        undoes: Some(OperationId("first".into())),
        ..intent(Way::Move)
    };
    let cases = [
        (vec![shown(TO, Some("first"), "e2"), shown(FROM, Some("op"), "e3")], vec![Ok(())], Some(State::Done)),
        (vec![shown("2026-11-19T10:00", Some("first"), "e2")], vec![], stood_down(Halt::TouchedSince)),
        (vec![shown(TO, Some("another"), "e2")], vec![], stood_down(Halt::TouchedSince)),
        (vec![Ok(Seen::CalledOff)], vec![], stood_down(Halt::TouchedSince)),
    ];
    for (index, (looks, writes, state)) in cases.into_iter().enumerate() {
        bench
            .mover
            .name_with(Box::new(move || OperationId(if index == 0 { "op".into() } else { format!("op{index}") })));
        bench.script(looks, writes);
        assert_eq!(bench.act().await, state);
    }
}

#[tokio::test]
async fn a_session_gets_one_automatic_operation_ever() {
    let mut bench = Bench::new(Way::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(bench.act().await, Some(State::Done));
    bench.mover.name_with(Box::new(|| OperationId("second".into())));
    bench.script(vec![shown(FROM, None, "e3")], vec![]);
    assert_eq!(bench.act().await, None, "whatever was planned");
    assert_eq!(bench.sent().len(), 1);
}
