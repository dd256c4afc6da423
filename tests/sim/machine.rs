//! Owns one person's machine: a store of its own, and the daemon's reading and cycle against the made-up server.

use std::collections::BTreeMap;
use std::path::Path;

use cadenced::calendar::Effort;
use cadenced::config::{Settings, Surroundings, check};
use cadenced::daemon::cycle::Cycle;
use cadenced::daemon::sync::Reader;
use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::operation::{Operation, State};
use cadenced::domain::reschedule::{Proposal, ProposalKind, proposals};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::snapshot::{Horizon, Snapshot};
use cadenced::domain::source::SourceId;
use cadenced::mover::Hand;
use cadenced::store::Store;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::adapter::Way;
use super::world::Server;

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
    pub skew: SignedDuration,
    server: Server,
    settings: Settings,
    pub store: Store,
    cycle: Cycle,
    folder: std::path::PathBuf,
    next_id: u32,
    pub name: String,
}

/// What became of one look of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    Whole,
    Unread,
    Killed,
}

fn settings(wishes: &Wishes) -> Settings {
    let Wishes { whose, mode, access, ask_when_other_lost, make_up_as_guest } = wishes;
    let text = format!(
        "[owner]\naddresses = [\"{whose}\"]\nzone = \"Europe/Berlin\"\n\
         [[account]]\nname = \"sim\"\nkind = \"caldav\"\naccess = \"{access}\"\nserver = \"http://127.0.0.1:1/\"\n\
         username = \"x\"\npassword_command = [\"true\"]\n[[account.calendar]]\nname = \"main\"\n\
         [mode]\ndefault = \"{mode}\"\n[hours]\nmonday = [\"09:00-18:00\"]\n[report]\nformats = [\"json\"]\n\
         [slots]\nask_when_other_lost = {ask_when_other_lost}\nmake_up_as_guest = {make_up_as_guest}\n"
    );
    let around = Surroundings { zone: TimeZone::UTC, folder: "/".into(), home: None, exposed: false };
    let checked = check(&text, &around);
    checked.settings.unwrap_or_else(|| panic!("{:?}", checked.problems))
}

pub fn source() -> SourceId {
    SourceId { account: "sim".into(), calendar: "main".into() }
}

impl Machine {
    pub fn new(name: &str, wishes: Wishes, server: &Server, folder: &Path, now: Timestamp) -> Self {
        let settings = settings(&wishes);
        let folder = folder.join(name);
        let (store, _) = Store::open(&folder, now).unwrap();
        let cycle = Cycle::new(store.clone(), &settings, folder.join("reports"), BTreeMap::new());
        let mut machine = Self {
            skew: SignedDuration::ZERO,
            server: server.clone(),
            settings,
            store,
            cycle,
            folder,
            next_id: 0,
            name: name.to_owned(),
            wishes,
        };
        machine.start();
        machine
    }

    /// Starts the daemon anew, as after a crash: nothing but the store is left.
    pub fn start(&mut self) {
        let mut hands = BTreeMap::new();
        let writer = (self.wishes.access == "write").then(|| Box::new(self.way()) as _);
        hands.insert(source(), Hand { writer, free_busy: Some(Box::new(self.way())) });
        self.cycle = Cycle::new(self.store.clone(), &self.settings, self.folder.join("reports"), hands);
        self.next_id += 1000;
        let (name, mut next) = (self.name.clone(), self.next_id);
        let ids = move || {
            next += 1;
            cadenced::domain::operation::OperationId(format!("{name}-{next:06}"))
        };
        self.cycle.mover.name_with(Box::new(ids));
    }

    fn way(&self) -> Way {
        Way { server: self.server.clone(), whose: self.wishes.whose.to_owned(), source: source(), skew: self.skew }
    }

    /// Reads the calendar, and looks, plans and acts, as the daemon does.
    pub async fn turn(&mut self, now: Timestamp) -> Turned {
        let mut reader = Reader::new(&self.settings, source(), Box::new(self.way())).unwrap();
        let read = reader.read(&self.store, now, Some(Effort::Full)).await.unwrap();
        self.cycle.mover.heard_clock(&source(), self.skew);
        let kill = self.server.kill.clone();
        let killed = tokio::select! {
            biased;
            () = kill.notified() => true,
            turned = self.cycle.turn(now) => { turned.unwrap(); false }
        };
        if killed {
            self.start();
            return Turned::Killed;
        }
        let read_well = matches!(read, cadenced::daemon::sync::Outcome::Good(_));
        if read_well { Turned::Whole } else { Turned::Unread }
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

    /// The user says yes to what is proposed first; says what they took.
    pub async fn take_slot(&self, now: Timestamp) -> Option<String> {
        let asked = self.proposals(now).await.into_iter().find(|proposal| proposal.kind == ProposalKind::Ask)?;
        let (session, slot) = (asked.session, asked.to?);
        let words = format!("{session} at {}", slot.start);
        self.store.decide(Decision { choice: Choice::Take { session, slot }, at: now }).await.unwrap();
        Some(words)
    }

    /// The user wants the last thing undone that was done; says which.
    pub async fn undo_last(&self, now: Timestamp) -> Option<String> {
        let operations = self.operations().await;
        let done = operations.into_iter().rfind(|one| one.state == State::Done && !one.is_undoing())?;
        let operation = done.id.clone();
        self.store.decide(Decision { choice: Choice::Undo { operation }, at: now }).await.unwrap();
        Some(done.id.0)
    }
}
