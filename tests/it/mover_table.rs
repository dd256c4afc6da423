//! The mover under each failure: the result is as expected, and nothing that was done is sent again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cadenced::calendar::content::{Aspect, Content};
use cadenced::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Pending, Seen, Target, Version, WriteError, WriteErrorKind,
};
use cadenced::domain::event::{Event, Reply};
use cadenced::domain::fingerprint::Part;
use cadenced::domain::one_on_one::OneOnOneId;
use cadenced::domain::operation::{Intent, Operation, OperationId, StandDownReason, State, Times, WriteKind};
use cadenced::domain::policy::Policy;
use cadenced::domain::recurrence::Moment;
use cadenced::domain::session::SessionId;
use cadenced::domain::source::{BackOff, Item, Scope, SourceId};
use cadenced::domain::span::Span;
use cadenced::store::{Listing, Store};
use cadenced::writer::{EventWriter, WriteAccess};
use jiff::SignedDuration;

use super::support::{ANN, OWNER, address, at, guest, instance, series, source_id, who, zone};

pub const NOW: &str = "2026-11-16T08:00";
pub const FROM: &str = "2026-11-17T10:00";
pub const TO: &str = "2026-11-18T10:00";
pub const OFF: Seen = Seen::CalledOff { operation: None };

/// What the server answers, in order, and what was sent to it.
#[derive(Default)]
struct Script {
    looks: VecDeque<Result<Seen, WriteErrorKind>>,
    /// What a look at the make-up of a session that is moved shows; nothing where not said.
    made: Option<Seen>,
    writes: VecDeque<Result<(), WriteErrorKind>>,
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
    fn look<'a>(&'a mut self, target: &'a Target) -> Pending<'a, Seen> {
        let mut script = self.0.lock().unwrap();
        let made = script.made.clone().filter(|_| matches!(target, Target::MakeUp(_)));
        let next = made.map_or_else(|| script.looks.pop_front().expect("no look more than the script has"), Ok);
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

pub struct Bench {
    server: Server,
    pub mover: EventWriter,
    pub store: Store,
    pub policy: Policy,
    pub intent: Intent,
    _folder: tempfile::TempDir,
}

pub fn moment(local: &str) -> Moment {
    super::support::pair("x", local, ANN).start
}

pub fn intent(way: WriteKind) -> Intent {
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
        as_guest: false,
        undone_before: 0,
        undoes: None,
        yields_to: None,
    }
}

/// What the server shows of an event besides its time.
pub fn content(notes: &str, reply: &str) -> Content {
    Content::of([(Aspect::Part(Part::Notes), notes.to_owned()), (Aspect::Reply, reply.to_owned())])
}

/// The session as the server shows it.
#[expect(clippy::unnecessary_wraps, reason = "it stands in a script of answers")]
pub fn shown(start: &str, mark: Option<&str>, version: &str) -> Result<Seen, WriteErrorKind> {
    let master = series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN);
    let mut event: Event = instance(&master, FROM);
    event.start = moment(start);
    event.end = event.start.plus(SignedDuration::from_mins(30));
    event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, Reply::Declined)];
    Ok(Seen::There(Box::new(Found {
        event,
        version: Version(version.into()),
        operation: mark.map(str::to_owned),
        content: content("", "needsAction"),
        may_write: true,
        clock_skew: Some(SignedDuration::ZERO),
    })))
}

/// The same with this reply of the other.
fn with_replies(start: &str, reply: Reply) -> Result<Seen, WriteErrorKind> {
    shown(start, None, "e1").map(|seen| match seen {
        Seen::There(mut found) => {
            found.event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, reply)];
            Seen::There(found)
        }
        other => other,
    })
}

impl Bench {
    pub async fn new(way: WriteKind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), at(NOW)).unwrap();
        let event = Box::new(series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN));
        let items = vec![Ok(Item::Kept { resource: "w.ics".into(), event })];
        let listing = Listing { items: Box::new(items.into_iter()), cursor: BTreeMap::new(), refresh: None };
        store.apply_snapshot(source_id("work"), at(NOW), listing).await.unwrap();
        let server = Server::default();
        server.0.lock().unwrap().made = (way == WriteKind::Move).then_some(Seen::Absent);
        let policy = Policy { owner: vec![address(OWNER)], zone: zone(), ..Policy::default() };
        let mover = mover(&store, &server);
        Self { server, mover, store, policy, intent: intent(way), _folder: folder }
    }

    pub fn script(
        &mut self,
        looks: Vec<Result<Seen, WriteErrorKind>>,
        writes: Vec<Result<(), WriteErrorKind>>,
    ) -> &mut Self {
        let mut script = self.server.0.lock().unwrap();
        (script.looks, script.writes) = (looks.into(), writes.into());
        drop(script);
        self
    }

    pub async fn act(&mut self) -> Option<State> {
        let ended = self.mover.act(&self.intent, &self.policy, at(NOW)).await.unwrap();
        assert_eq!(ended.source, source_id("work"));
        ended.state
    }

    /// As after a crash: nothing but the store is left, and what did nothing is still wanted.
    pub async fn settle(&mut self, now: &str) -> Vec<Option<State>> {
        self.mover = mover(&self.store, &self.server);
        let settled = self.mover.settle(&self.policy, at(now)).await.unwrap();
        let mut states: Vec<Option<State>> = settled.ended.into_iter().map(|ended| ended.state).collect();
        for operation in settled.undone {
            states.push(self.mover.repeat(operation, &self.policy, at(now)).await.unwrap().state);
        }
        states
    }

    pub async fn journal(&self) -> Vec<Operation> {
        self.store.operations().await.unwrap()
    }

    pub fn sent(&self) -> Vec<String> {
        self.server.0.lock().unwrap().sent.clone()
    }
}

fn mover(store: &Store, server: &Server) -> EventWriter {
    let hand = WriteAccess { writer: Some(Box::new(server.clone())), free_busy: None };
    let mut mover =
        EventWriter::new(store.clone(), BTreeMap::<SourceId, WriteAccess>::from([(source_id("work"), hand)]));
    mover.name_with(Box::new(|| OperationId("op".into())));
    mover
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what an operation ended in")]
pub fn stood_down(why: StandDownReason) -> Option<State> {
    Some(State::StoodDown { why })
}

#[tokio::test]
async fn a_move_is_looked_at_sent_once_under_its_condition_and_looked_at_again() {
    let mut bench = Bench::new(WriteKind::Move).await;
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
        (shown(TO, None, "e1"), StandDownReason::Moved),
        (shown(FROM, Some("another"), "e1"), StandDownReason::InOtherHands),
        (Ok(OFF), StandDownReason::CalledOff),
        (with_replies(FROM, Reply::Accepted), StandDownReason::Stands),
        (Ok(Seen::Absent), StandDownReason::NotThere),
        (locked, StandDownReason::NotAllowed),
        (skewed, StandDownReason::ClockDisagrees),
        (Err(WriteErrorKind::NotSent), StandDownReason::NotSent),
        (Err(WriteErrorKind::SignIn), StandDownReason::NotSent),
    ];
    for (look, why) in cases {
        let mut bench = Bench::new(WriteKind::Move).await;
        bench.script(vec![look], vec![]);
        assert_eq!(bench.act().await, stood_down(why));
        assert_eq!(bench.sent(), [""; 0], "{why:?}");
    }
}

#[tokio::test]
async fn a_lost_reply_is_looked_into_and_not_sent_again_where_it_was_done() {
    let mut bench = Bench::new(WriteKind::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Err(WriteErrorKind::FateUnknown)]);
    assert_eq!(bench.act().await, Some(State::Done));
    assert_eq!(bench.sent().len(), 1);
}

#[tokio::test]
async fn what_never_arrived_is_sent_again_under_the_same_name_and_condition() {
    let mut bench = Bench::new(WriteKind::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(FROM, None, "e1")], vec![Err(WriteErrorKind::FateUnknown)]);
    assert_eq!(bench.act().await, Some(State::Sending));
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(bench.settle("2026-11-16T08:05").await, [Some(State::Done)]);
    assert_eq!(bench.sent(), ["move op 2026-11-18T10:00:00 if e1", "move op 2026-11-18T10:00:00 if e1"]);
    assert_eq!(bench.settle("2026-11-16T08:06").await, [], "what is settled stays so");
}

#[tokio::test]
async fn a_repeat_that_comes_after_the_first_one_did_is_refused_and_that_is_fine() {
    let mut bench = Bench::new(WriteKind::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(FROM, None, "e1")], vec![Err(WriteErrorKind::FateUnknown)]);
    assert_eq!(bench.act().await, Some(State::Sending));
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Err(WriteErrorKind::Changed)]);
    assert_eq!(bench.settle("2026-11-16T08:05").await, [Some(State::Done)]);
}

#[tokio::test]
async fn what_was_cut_off_long_ago_is_not_sent_any_more() {
    let mut bench = Bench::new(WriteKind::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(FROM, None, "e1")], vec![Err(WriteErrorKind::FateUnknown)]);
    bench.act().await;
    bench.script(vec![shown(FROM, None, "e1")], vec![]);
    assert_eq!(bench.settle("2026-11-16T09:01").await, [stood_down(StandDownReason::NotSent)]);
    assert!(bench.store.operations().await.unwrap()[0].may_have_written(), "nobody saw what became of it");
}

#[tokio::test]
async fn an_event_that_means_something_else_by_now_is_left_alone() {
    let cases = [
        (shown(TO, Some("another"), "e2"), stood_down(StandDownReason::InOtherHands)),
        (shown("2026-11-19T10:00", None, "e2"), stood_down(StandDownReason::Moved)),
        (Ok(OFF), stood_down(StandDownReason::CalledOff)),
    ];
    for (after, state) in cases {
        let mut bench = Bench::new(WriteKind::Move).await;
        bench.script(vec![shown(FROM, None, "e1"), after], vec![Err(WriteErrorKind::Changed)]);
        assert_eq!(bench.act().await, state);
        assert_eq!(bench.sent().len(), 1);
    }
    let mut accepted = Bench::new(WriteKind::Move).await;
    let again = || with_replies(FROM, Reply::Accepted);
    accepted.script(vec![shown(FROM, None, "e1"), again(), again()], vec![Err(WriteErrorKind::Changed)]);
    assert_eq!(accepted.act().await, stood_down(StandDownReason::Stands), "whoever had declined it comes after all");
    assert_eq!(accepted.sent().len(), 1);
}

#[tokio::test]
async fn an_event_that_changed_and_means_the_same_is_changed_as_it_is_now_at_most_three_times() {
    let mut bench = Bench::new(WriteKind::Move).await;
    let looks = vec![
        shown(FROM, None, "e1"),
        shown(FROM, None, "e2"),
        shown(FROM, None, "e2"),
        shown(FROM, None, "e3"),
        shown(FROM, None, "e3"),
        shown(TO, Some("op"), "e4"),
    ];
    bench.script(looks, vec![Err(WriteErrorKind::Changed), Err(WriteErrorKind::Changed), Ok(())]);
    assert_eq!(bench.act().await, Some(State::Done));
    let versions: Vec<String> =
        bench.sent().iter().map(|sent| sent.rsplit(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(versions, ["e1", "e2", "e3"]);
    assert_eq!(bench.journal().await[0].version.as_deref(), Some("e3"));

    let mut restless = Bench::new(WriteKind::Move).await;
    let looks = ["e1", "e2", "e2", "e3", "e3", "e4"].map(|version| shown(FROM, None, version)).to_vec();
    restless.script(looks, vec![Err(WriteErrorKind::Changed); 3]);
    assert_eq!(restless.act().await, stood_down(StandDownReason::Changed));
    assert_eq!(restless.sent().len(), 3);
}

#[tokio::test]
async fn answers_that_leave_no_doubt_end_it_without_another_look() {
    let cases = [
        (WriteErrorKind::NotSent, stood_down(StandDownReason::NotSent)),
        (WriteErrorKind::Wait { after: None }, stood_down(StandDownReason::Wait)),
        (WriteErrorKind::NotAllowed, stood_down(StandDownReason::NotAllowed)),
        (WriteErrorKind::NotThere, stood_down(StandDownReason::NotThere)),
        (WriteErrorKind::Refused, stood_down(StandDownReason::Refused)),
        (WriteErrorKind::NotDone, Some(State::Uncertain)),
    ];
    for (answer, state) in cases {
        let mut bench = Bench::new(WriteKind::Move).await;
        bench.script(vec![shown(FROM, None, "e1")], vec![Err(answer)]);
        assert_eq!(bench.act().await, state, "{answer:?}");
    }
}

#[tokio::test]
async fn what_the_server_confirmed_is_done_whatever_the_look_afterwards_shows_and_is_looked_for_again() {
    let before = || shown(FROM, None, "e1");
    let unseen: [fn() -> Result<Seen, WriteErrorKind>; 4] = [
        || Ok(Seen::Absent),
        || Err(WriteErrorKind::NotSent),
        || Err(WriteErrorKind::Wait { after: None }),
        || shown(FROM, None, "e1"),
    ];
    for (index, look) in unseen.into_iter().enumerate() {
        let mut bench = Bench::new(WriteKind::Move).await;
        bench.script(vec![before(), look(), look()], vec![Ok(())]);
        assert_eq!(bench.act().await, Some(State::Done), "look {index}");
        assert!(bench.journal().await[0].is_unseen(), "look {index}");
        bench.script(vec![look()], vec![]);
        assert_eq!(bench.settle("2026-11-16T08:05").await, [], "look {index}");
        bench.script(vec![shown(TO, Some("op"), "e2")], vec![]);
        assert_eq!(bench.settle("2026-11-16T08:06").await, [Some(State::Done)], "look {index}");
        let journal = bench.journal().await;
        assert!(!journal[0].is_unseen() && journal[0].written.is_some(), "look {index}: it can be undone");
        assert_eq!((journal[0].changed, bench.sent().len()), (at(NOW), 1), "look {index}");
        assert_eq!(bench.settle("2026-11-16T08:07").await, [], "what was seen is not looked for");
    }
    let mut slow = Bench::new(WriteKind::Move).await;
    slow.script(vec![before(), before(), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(slow.act().await, Some(State::Done));
    assert!(!slow.journal().await[0].is_unseen(), "a second look is enough");
}

#[tokio::test]
async fn what_was_confirmed_and_never_shows_is_uncertain_and_what_was_deleted_since_is_an_answer() {
    let absent = || Ok(Seen::Absent);
    for (look, state) in [(absent(), State::Uncertain), (Ok(OFF), State::Refused), (shown(TO, None, "e9"), State::Done)]
    {
        let mut bench = Bench::new(WriteKind::MakeUp).await;
        bench.script(vec![Ok(OFF), absent(), absent(), absent()], vec![Ok(())]);
        assert_eq!(bench.act().await, Some(State::Done));
        bench.script(vec![look], vec![]);
        assert_eq!(bench.settle("2026-11-16T08:10").await, [Some(state)]);
    }
}

#[tokio::test]
async fn how_long_a_server_asks_to_wait_is_kept() {
    let wait = WriteErrorKind::Wait { after: Some(Duration::from_hours(12)) };
    let until = at(NOW) + SignedDuration::from_hours(12);
    let off = BackOff { scope: Scope::Writing("home".into()), until, detail: "as the script says".into() };
    let mut writing = Bench::new(WriteKind::Move).await;
    writing.script(vec![shown(FROM, None, "e1")], vec![Err(wait)]);
    assert_eq!(writing.act().await, stood_down(StandDownReason::Wait));
    assert_eq!(writing.store.back_offs().await.unwrap(), std::slice::from_ref(&off));
    let mut looking = Bench::new(WriteKind::Move).await;
    looking.script(vec![Err(wait)], vec![]);
    assert_eq!(looking.act().await, stood_down(StandDownReason::Wait));
    assert_eq!(looking.store.back_offs().await.unwrap(), [off]);
}

#[tokio::test]
async fn a_make_up_that_was_deleted_is_an_answer_and_one_of_another_machine_is_enough() {
    let mut deleted = Bench::new(WriteKind::MakeUp).await;
    deleted.script(vec![Ok(OFF), Ok(OFF)], vec![]);
    assert_eq!(deleted.act().await, Some(State::Refused));
    let mut there = Bench::new(WriteKind::MakeUp).await;
    there.script(vec![Ok(OFF), shown(TO, Some("another"), "e9")], vec![]);
    assert_eq!(there.act().await, Some(State::Done));
    let mut raced = Bench::new(WriteKind::MakeUp).await;
    raced.script(vec![Ok(OFF), Ok(Seen::Absent), shown(TO, Some("another"), "e9")], vec![Err(WriteErrorKind::Taken)]);
    assert_eq!(raced.act().await, Some(State::Done));
}

#[tokio::test]
async fn a_session_that_stands_again_is_not_made_up() {
    let mut bench = Bench::new(WriteKind::MakeUp).await;
    let mut standing = shown(FROM, None, "e1");
    if let Ok(Seen::There(found)) = &mut standing {
        found.event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, Reply::Accepted)];
    }
    bench.script(vec![standing, Ok(Seen::Absent)], vec![]);
    assert_eq!(bench.act().await, stood_down(StandDownReason::Stands));
}

#[tokio::test]
async fn a_session_that_stands_is_moved_for_a_user_who_says_yes_and_never_by_itself() {
    for (automatic, ended) in [(true, stood_down(StandDownReason::Stands)), (false, Some(State::Done))] {
        let mut bench = Bench::new(WriteKind::Move).await;
        bench.intent.automatic = automatic;
        let standing = with_replies(FROM, Reply::Accepted);
        bench.script(vec![standing, shown(TO, Some("op"), "e2")], vec![Ok(())]);
        assert_eq!(bench.act().await, ended);
    }
}

#[tokio::test]
async fn a_session_that_another_machine_made_up_once_is_not_moved_unless_the_user_says_yes() {
    let there = |mark: &str| shown(TO, Some(mark), "e9").unwrap();
    for made in [there("another"), OFF] {
        let mut bench = Bench::new(WriteKind::Move).await;
        bench.server.0.lock().unwrap().made = Some(made);
        bench.script(vec![shown(FROM, None, "e1")], vec![]);
        assert_eq!(bench.act().await, stood_down(StandDownReason::InOtherHands));
        assert_eq!(bench.sent(), [""; 0]);
        bench.mover.name_with(Box::new(|| OperationId("op2".into())));
        bench.intent.automatic = false;
        bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op2"), "e2")], vec![Ok(())]);
        assert_eq!(bench.act().await, Some(State::Done));
    }
}

#[tokio::test]
async fn the_mark_of_another_machine_on_a_lost_session_counts_unless_the_user_says_yes() {
    let marked = |mark: &str| Ok(Seen::CalledOff { operation: Some(mark.to_owned()) });
    let declined = || shown("2026-11-17T15:00", Some("another"), "e1");
    for lost in [marked("another"), declined()] {
        let mut bench = Bench::new(WriteKind::MakeUp).await;
        bench.script(vec![lost.clone(), Ok(Seen::Absent)], vec![]);
        assert_eq!(bench.act().await, stood_down(StandDownReason::InOtherHands));
        assert_eq!(bench.sent(), [""; 0]);
        bench.mover.name_with(Box::new(|| OperationId("op2".into())));
        bench.intent.automatic = false;
        bench.script(vec![lost, Ok(Seen::Absent), shown(TO, Some("op2"), "e9")], vec![Ok(())]);
        assert_eq!(bench.act().await, Some(State::Done), "a user who says yes knows of it");
    }
    let mut own = Bench::new(WriteKind::MakeUp).await;
    let earlier = OperationId("own".into());
    let op = Operation {
        state: State::StoodDown { why: StandDownReason::NotSent },
        ..Operation::new(earlier, intent(WriteKind::Move), at(NOW))
    };
    assert!(own.store.begin(op).await.unwrap());
    own.script(vec![marked("own"), Ok(Seen::Absent), shown(TO, Some("op"), "e9")], vec![Ok(())]);
    assert_eq!(own.act().await, Some(State::Done), "one's own mark is no other machine's");
}

#[tokio::test]
async fn a_session_gets_one_automatic_operation_ever() {
    let mut bench = Bench::new(WriteKind::Move).await;
    bench.script(vec![shown(FROM, None, "e1"), shown(TO, Some("op"), "e2")], vec![Ok(())]);
    assert_eq!(bench.act().await, Some(State::Done));
    bench.mover.name_with(Box::new(|| OperationId("second".into())));
    bench.script(vec![shown(FROM, None, "e3")], vec![]);
    assert_eq!(bench.act().await, None, "whatever was planned");
    assert_eq!(bench.sent().len(), 1);
}
