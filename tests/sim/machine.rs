//! One person's machine: a store of its own, and the daemon's reads and cycles against the made-up server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cadenced::config::{Settings, Surroundings, check};
use cadenced::daemon::cycle::Cycle;
use cadenced::daemon::poller::{Ended, read};
use cadenced::daemon::source_reader::{Outcome, Reader, SharedReader};
use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::operation::{Operation, State};
use cadenced::domain::reschedule::{Proposal, ProposalKind, proposals};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::snapshot::{Horizon, Snapshot};
use cadenced::domain::source::SourceId;
use cadenced::domain::standing::Standing;
use cadenced::store::Store;
use cadenced::writer::WriteAccess;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Notify};

use super::adapter::WriteKind;
use super::world::Server;

/// How often a machine reads its calendar.
pub const POLL: SignedDuration = SignedDuration::from_mins(60);

/// How long somebody has to fix a loss before anything is done about it.
pub const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// How much time slots keep from other events.
pub const BUFFER: SignedDuration = SignedDuration::from_mins(10);

/// What the user of a machine has set.
#[derive(Clone, Debug)]
pub struct Wishes {
    pub whose: &'static str,
    pub mode: &'static str,
    pub access: &'static str,
    pub ask_when_other_lost: bool,
    pub make_up_as_guest: bool,
}

pub struct Machine {
    pub wishes: Wishes,
    pub name: String,
    pub skew: SignedDuration,
    /// It does nothing until then.
    pub asleep_until: Timestamp,
    pub next_poll: Timestamp,
    /// When the plan may change by itself.
    pub wake: Timestamp,
    pub store: Store,
    server: Server,
    settings: Settings,
    cycle: Cycle,
    reader: SharedReader,
    folder: std::path::PathBuf,
    kill: Arc<Notify>,
    next_id: u32,
}

/// What became of one look of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    Whole,
    Killed,
}

fn settings(wishes: &Wishes) -> Settings {
    let Wishes { whose, mode, access, ask_when_other_lost, make_up_as_guest } = wishes;
    let text = format!(
        "[owner]\naddresses = [\"{whose}\"]\nzone = \"Europe/Berlin\"\n\
         [[account]]\nname = \"sim\"\nkind = \"caldav\"\naccess = \"{access}\"\nserver = \"http://127.0.0.1:1/\"\n\
         username = \"x\"\npassword_command = [\"true\"]\n[[account.calendar]]\nname = \"main\"\n\
         [mode]\ndefault = \"{mode}\"\n[hours]\nmonday = [\"09:00-18:00\"]\n[report]\nformats = [\"json\"]\n\
         [slots]\nask_when_other_lost = {ask_when_other_lost}\nmake_up_as_guest = {make_up_as_guest}\n\
         buffer = \"{}m\"\ngrace = \"{}m\"\n",
        BUFFER.as_mins(),
        GRACE.as_mins()
    );
    let around = Surroundings { zone: TimeZone::UTC, folder: "/".into(), home: None, exposed: false };
    let checked = check(&text, &around);
    checked.settings.unwrap_or_else(|| panic!("{:?}", checked.problems))
}

pub fn source() -> SourceId {
    SourceId { account: "sim".into(), calendar: "main".into() }
}

fn shared(way: WriteKind, settings: &Settings) -> SharedReader {
    Arc::new(Mutex::new(Reader::new(settings, source(), Box::new(way)).unwrap()))
}

impl Machine {
    pub fn new(name: &str, wishes: Wishes, server: &Server, folder: &Path, now: Timestamp) -> Self {
        let settings = settings(&wishes);
        let folder = folder.join(name);
        let (store, _) = Store::open(&folder, now).unwrap();
        let (skew, kill) = (SignedDuration::ZERO, Arc::new(Notify::new()));
        let way = WriteKind {
            server: server.clone(),
            machine: name.to_owned(),
            whose: wishes.whose.to_owned(),
            source: source(),
            skew,
            kill: kill.clone(),
        };
        let reports = folder.join("reports");
        let cycle = Cycle::new(store.clone(), &settings, reports, BTreeMap::new(), BTreeMap::new());
        let mut machine = Self {
            skew,
            asleep_until: now,
            next_poll: now,
            wake: now,
            server: server.clone(),
            reader: shared(way, &settings),
            settings,
            store,
            cycle,
            folder,
            kill,
            next_id: 0,
            name: name.to_owned(),
            wishes,
        };
        machine.start();
        machine
    }

    /// Starts the daemon, as after a crash: nothing but the store is left.
    pub fn start(&mut self) {
        let mut hands = BTreeMap::new();
        let writer = (self.wishes.access == "write").then(|| Box::new(self.way()) as _);
        hands.insert(source(), WriteAccess { writer, free_busy: Some(Box::new(self.way())) });
        self.reader = shared(self.way(), &self.settings);
        let readers = BTreeMap::from([(source(), Arc::clone(&self.reader))]);
        let reports = self.folder.join("reports");
        self.cycle = Cycle::new(self.store.clone(), &self.settings, reports, hands, readers);
        self.next_id += 1000;
        let (name, mut next) = (self.name.clone(), self.next_id);
        let ids = move || {
            next += 1;
            cadenced::domain::operation::OperationId(format!("{name}-{next:06}"))
        };
        self.cycle.mover.name_with(Box::new(ids));
        self.wake = Timestamp::MIN;
    }

    fn way(&self) -> WriteKind {
        WriteKind {
            server: self.server.clone(),
            machine: self.name.clone(),
            whose: self.wishes.whose.to_owned(),
            source: source(),
            skew: self.skew,
            kill: self.kill.clone(),
        }
    }

    /// When it does something next by itself.
    pub fn due(&self) -> Timestamp {
        self.next_poll.min(self.wake).max(self.asleep_until)
    }

    /// Does what the daemon does at this time: reads what is due, and then looks, plans and acts if something may have changed.
    pub async fn turn(&mut self, now: Timestamp) -> Turned {
        if self.next_poll <= now {
            let ended = read(&self.reader, &self.store, now, None).await;
            self.next_poll = now + POLL;
            self.take_note(&ended);
        }
        if now < self.wake {
            return Turned::Whole;
        }
        let kill = self.kill.clone();
        let turned = tokio::select! {
            biased;
            () = kill.notified() => None,
            turned = self.cycle.turn(now) => Some(turned.unwrap()),
        };
        let Some(found) = turned else {
            self.start();
            return Turned::Killed;
        };
        self.wake = found.wake;
        if !found.touched.is_empty() {
            self.next_poll = self.next_poll.min(now + SignedDuration::from_mins(1));
        }
        Turned::Whole
    }

    /// As the daemon's main loop: what was read may change the plan.
    fn take_note(&mut self, ended: &Ended) {
        if let Some(skew) = ended.clock_skew {
            self.cycle.mover.heard_clock(&source(), skew);
        }
        let is_news = match ended.outcome.as_ref().unwrap() {
            Outcome::Good(applied) => applied.is_a_change() || ended.renewed,
            Outcome::Failed(_) => true,
        };
        if is_news {
            self.wake = Timestamp::MIN;
        }
    }

    pub async fn snapshot(&self, now: Timestamp) -> Snapshot {
        self.store.snapshot(self.cycle.sources.clone(), Horizon(horizon(now))).await.unwrap().known_at(now)
    }

    pub async fn operations(&self) -> Vec<Operation> {
        self.store.operations().await.unwrap()
    }

    pub async fn proposals(&self, now: Timestamp) -> Vec<Proposal> {
        let snapshot = self.snapshot(now).await;
        let standing = assess(&snapshot, &self.cycle.policy, horizon(now), now);
        proposals(&standing, &snapshot, &self.cycle.policy)
    }

    pub async fn standing(&self, now: Timestamp) -> Standing {
        assess(&self.snapshot(now).await, &self.cycle.policy, horizon(now), now)
    }

    /// The user says yes to what is proposed first; says what they took.
    pub async fn take_slot(&mut self, now: Timestamp) -> Option<String> {
        let asked = self.proposals(now).await.into_iter().find(|proposal| proposal.kind == ProposalKind::Ask)?;
        let (session, slot) = (asked.session, asked.to?);
        let words = format!("{session} at {}", slot.start);
        self.store.decide(Decision { choice: Choice::Take { session, slot }, at: now }).await.unwrap();
        self.wake = Timestamp::MIN;
        Some(words)
    }

    /// The user wants the last thing undone that was done: this one.
    pub async fn undo_last(&mut self, now: Timestamp) -> Option<Operation> {
        let operations = self.operations().await;
        let done = operations.into_iter().rfind(|one| one.state == State::Done && !one.is_undoing())?;
        let operation = done.id.clone();
        self.store.decide(Decision { choice: Choice::Undo { operation }, at: now }).await.unwrap();
        self.wake = Timestamp::MIN;
        Some(done)
    }
}
