//! One machine of a person: its own store, and the daemon's reads and cycles over the real connectors.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cadenced::calendar::Shared;
use cadenced::calendar::http::{Client, Settings as HttpSettings};
use cadenced::config::{Settings, Surroundings, check};
use cadenced::daemon::cycle::Cycle;
use cadenced::daemon::poller::read;
use cadenced::daemon::source_reader::{Outcome, SharedReader, connect};
use cadenced::domain::inbox::About;
use cadenced::domain::operation::{Operation, OperationId, State};
use cadenced::domain::reschedule::Proposal;
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::source::SourceId;
use cadenced::domain::span::Span;
use cadenced::store::Store;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::Mutex;

thread_local! {
    /// The present of everybody in one test: of servers, clients and machines.
    static NOW: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

pub fn now() -> Timestamp {
    NOW.get().expect("a test says when it is before anything asks")
}

pub fn set_now(at: Timestamp) {
    NOW.set(Some(at));
}

pub struct Desk {
    pub settings: Settings,
    pub store: Store,
    config: String,
    shared: Shared,
    folder: tempfile::TempDir,
    cycle: Cycle,
    readers: BTreeMap<SourceId, SharedReader>,
}

impl Desk {
    /// A machine with this config; `prepare` puts files into its data folder.
    pub fn new(config: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let around = Surroundings { zone: TimeZone::UTC, folder: folder.path().into(), home: None, exposed: false };
        let checked = check(config, &around);
        assert!(checked.problems.is_empty(), "{:?}", checked.problems);
        let settings = checked.settings.unwrap();
        let client = Arc::new(Client::new(HttpSettings::default(), now));
        let owner = settings.owner.addresses.clone();
        let shared =
            Shared { client, data_folder: folder.path().to_owned(), spool_folder: folder.path().to_owned(), owner };
        let (store, _) = Store::open(&folder.path().join("data"), now()).unwrap();
        let (cycle, readers) = start(&settings, &shared, &store, folder.path());
        Self { settings, store, config: config.to_owned(), shared, folder, cycle, readers }
    }

    /// Starts the daemon again: nothing but the store is left.
    pub fn restart(&mut self) {
        (self.cycle, self.readers) = start(&self.settings, &self.shared, &self.store, self.folder.path());
    }

    /// Reads every calendar, which must go well.
    pub async fn poll(&mut self) {
        for reader in self.readers.values() {
            let ended = read(reader, &self.store, now(), None).await;
            assert!(matches!(ended.outcome, Ok(Outcome::Good(_))), "{ended:?}");
        }
    }

    /// One cycle, without a poll before it: when the next one is wanted.
    pub async fn turn(&mut self) -> Timestamp {
        self.cycle.turn(now()).await.unwrap().wake
    }

    /// What is to be done goes into the journal, and the machine stops before anything is sent.
    pub async fn cut_off(&self) {
        let intent = self.proposals().await.remove(0).intent.expect("something to do");
        let operation = Operation::new(OperationId("cut-off".to_owned()), intent, now());
        assert!(self.store.begin(operation).await.unwrap());
    }

    pub async fn operations(&self) -> Vec<Operation> {
        self.store.operations().await.unwrap()
    }

    pub async fn states(&self) -> Vec<State> {
        self.operations().await.into_iter().map(|operation| operation.state).collect()
    }

    pub async fn proposals(&self) -> Vec<Proposal> {
        self.cycle.view(now()).await.unwrap().proposals
    }

    /// The user says yes to a time for the session that is owed.
    pub async fn take_slot(&self, slot: Span) {
        let session = self.proposals().await.remove(0).session;
        self.store.decide(Decision { choice: Choice::Take { session, slot }, at: now() }).await.unwrap();
    }

    /// What the inbox offers to undo.
    pub async fn offered(&self) -> Vec<String> {
        let items = self.cycle.view(now()).await.unwrap().items;
        let done = items.into_iter().filter(|item| matches!(item.about, About::Operation { .. }));
        done.map(|item| item.id).collect()
    }

    /// What the program says on a terminal, and how it ends.
    pub fn program(&self, words: &[&str]) -> (i32, String) {
        let path = self.folder.path().join("config.toml");
        let data = self.folder.path().join("data");
        std::fs::write(&path, format!("{}\n[paths]\ndata = \"{}\"\n", self.config, data.display())).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cadenced"));
        let command = command.arg("--config").arg(path).args(["--now", &now().to_string()]).args(words);
        let ended = command.env("TZ", "UTC").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    /// The user wants the last thing undone that was done.
    pub async fn undo(&self) {
        let done = self.operations().await.into_iter().rfind(|one| one.state == State::Done && !one.is_undoing());
        let operation = done.expect("something was done").id;
        self.store.decide(Decision { choice: Choice::Undo { operation }, at: now() }).await.unwrap();
    }
}

fn start(
    settings: &Settings,
    shared: &Shared,
    store: &Store,
    folder: &Path,
) -> (Cycle, BTreeMap<SourceId, SharedReader>) {
    let (readers, hands) = connect(settings, shared);
    let readers: BTreeMap<SourceId, SharedReader> =
        readers.into_iter().map(|reader| (reader.id.clone(), Arc::new(Mutex::new(reader)))).collect();
    (Cycle::new(store.clone(), settings, folder.join("reports"), hands, readers.clone()), readers)
}
