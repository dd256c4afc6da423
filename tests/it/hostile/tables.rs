//! Each hostile input ends as expected after few requests and bytes, while a good feed is read unhindered.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cadenced::calendar::http::{Client, Settings as HttpSettings};
use cadenced::calendar::ics::feed::{self, Feed};
use cadenced::calendar::{Calendar, Effort, Error, ErrorKind, Item, Reading, caldav};
use cadenced::clock::Stopwatch;
use cadenced::config::{Secret, SecretSource};
use cadenced::domain::source::SourceId;
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use super::dav::{self, servers};
use super::files::{self, files};
use super::web::{answers, good};
use super::wire::Player;
use crate::caldav_server::{Server, settings, shared};
use crate::waiting::AT_ONCE;

/// The most bytes that a feed may have here.
const MAX: usize = 1 << 20;

/// The most bytes that may be taken off a server's hands: twice what a body may have, a head, and what the system holds in its buffers.
const MOST_TAKEN: u64 = 12 << 20;

/// How much work may keep the runtime from everything else: the daemon has to end within a second of being told to. It is counted in
/// time of the processor, as a busy machine makes everything wait.
const MOST_HELD_UP: Duration = Duration::from_secs(1);

/// Where calendars are read: a runtime of one thread, as the program has it, with the servers outside of it.
struct Place {
    program: Runtime,
    world: Runtime,
    good: Player,
    /// What waits for as long as the program does.
    patient: Arc<Client>,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let world = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let good = world.block_on(Player::start(good()));
        let program = Builder::new_current_thread().enable_all().build().unwrap();
        let patient = client(HttpSettings::default());
        Self { program, world, good, patient, folder: tempfile::tempdir().unwrap() }
    }

    /// Reads a bad calendar with a good feed beside it. The good one is read as ever, and neither of them keeps anything else waiting.
    fn read(&self, name: &str, bad: &mut dyn Calendar) -> Result<Reading, Error> {
        let mut good = feed(&self.good.url(), MAX as u64, self.folder.path(), &self.patient);
        let (longest, worked) = (Cell::new(Duration::ZERO), Cell::new(Duration::ZERO));
        let beat = async {
            loop {
                let (watch, before) = (Stopwatch::start(), worked_so_far());
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                longest.set(longest.get().max(watch.elapsed()));
                worked.set(worked.get().max(worked_so_far().saturating_sub(before)));
            }
        };
        let read = self.program.block_on(async {
            tokio::select! {
                read = async { tokio::join!(bad.read(None, Effort::Full), good.read(None, Effort::Full)) } => read,
                () = beat => unreachable!(),
            }
        });
        assert_eq!(counted(read.1.unwrap()), (1, 0), "the good feed beside {name}");
        assert!(worked.get() < MOST_HELD_UP, "{name}: everything waited for {:?} of work", worked.get());
        assert!(longest.get() < AT_ONCE, "{name}: everything waited for {:?}", longest.get());
        read.0
    }
}

/// How long this thread has worked.
fn worked_so_far() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn client(patience: HttpSettings) -> Arc<Client> {
    let now = || "2026-03-02T12:00:00Z".parse::<Timestamp>().unwrap();
    Arc::new(Client::new(patience, now))
}

/// A client that does not wait for long.
fn impatient() -> Arc<Client> {
    let (idle_timeout, total_timeout) = (Duration::from_millis(400), Duration::from_millis(800));
    client(HttpSettings { idle_timeout, total_timeout, ..HttpSettings::default() })
}

fn feed(address: &str, max_bytes: u64, folder: &Path, client: &Arc<Client>) -> Feed {
    let settings = feed::Settings {
        source: SourceId { account: "bad".into(), calendar: "main".into() },
        address: SecretSource::Literal(Secret::new(address)),
        login: None,
        spool_folder: folder.to_owned(),
        allow_http: false,
        max_bytes,
    };
    Feed::new(settings, Arc::clone(client))
}

/// How many events and problems a reading holds.
fn counted(reading: Reading) -> (usize, usize) {
    let items = match reading {
        Reading::Snapshot(snapshot) => snapshot.items,
        Reading::Delta(delta) => delta.items,
        Reading::Unchanged { .. } => panic!("there was nothing before"),
    };
    let (mut events, mut problems) = (0, 0);
    for item in items {
        match item.unwrap() {
            Item::Event(_) | Item::Kept { .. } => events += 1,
            Item::Problem(_) => problems += 1,
            Item::CalledOff { .. } => {}
        }
    }
    (events, problems)
}

#[test]
fn a_web_server_gets_no_further_than_its_bytes_and_its_time() {
    let (place, impatient) = (Place::new(), impatient());
    let mut wrong = Vec::new();
    for answer in answers(MAX) {
        let server = place.world.block_on(Player::start(answer.script));
        // What may take for ever is not waited for; what ends by itself has the time that a busy machine needs.
        let client = if answer.ends.contains(&ErrorKind::Offline) { &impatient } else { &place.patient };
        let mut feed = feed(&server.url(), MAX as u64, place.folder.path(), client);
        let read = place.read(answer.name, &mut feed);
        let kind = read.as_ref().err().map(|error| error.kind);
        if !kind.map_or(answer.ends.is_empty(), |kind| answer.ends.contains(&kind)) {
            wrong.push(format!("{}: {:?}", answer.name, read.map(counted)));
        }
        if server.sent() > MOST_TAKEN {
            wrong.push(format!("{}: {} bytes were taken", answer.name, server.sent()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_caldav_server_gets_no_further_than_the_bounds() {
    let (place, shared) = (Place::new(), shared(Vec::new()));
    let mut wrong = Vec::new();
    for dav::Server { name, ends, requests, answer } in servers(1) {
        let server = place.world.block_on(Server::start(answer));
        let mut calendar = caldav::connect(&settings(&server.url("/")), &shared).remove(0).reader;
        let read = place.read(name, calendar.as_mut()).map(counted);
        let is_right = match (ends, &read) {
            (dav::Ends::Fails(why), Err(error)) => error.detail.contains(why),
            (dav::Ends::Read { events, problems }, Ok((read, told))) => *read == events && *told >= problems,
            (dav::Ends::Fails(_), Ok(_)) | (dav::Ends::Read { .. }, Err(_)) => false,
        };
        if !is_right {
            wrong.push(format!("{name}: {ends:?}, and not {read:?}"));
        }
        if server.asked().len() > requests {
            wrong.push(format!("{name}: {} requests", server.asked().len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_file_is_read_as_far_as_it_makes_sense() {
    let place = Place::new();
    let mut wrong = Vec::new();
    for file in files(1) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.ics");
        (file.make)(&path);
        let mut bad = feed(&format!("file://{}", path.display()), 16 << 20, folder.path(), &place.patient);
        let read = place.read(file.name, &mut bad).map(counted);
        let is_right = match (file.ends, &read) {
            (files::Ends::Fails(kinds), Err(error)) => kinds.contains(&error.kind),
            (files::Ends::Read(least), Ok((events, _))) => *events >= least,
            (files::Ends::Shown, Ok((events, problems))) => events + problems > 0,
            (files::Ends::Fails(_), Ok(_)) | (files::Ends::Read(_) | files::Ends::Shown, Err(_)) => false,
        };
        if !is_right {
            wrong.push(format!("{}: {:?}, and not {read:?}", file.name, file.ends));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_answer_is_parsed_where_nothing_else_waits_for_it() {
    let place = Place::new();
    let server = place.world.block_on(Server::start(dav::good));
    let mut calendar = caldav::connect(&settings(&server.url("/")), &shared(Vec::new())).remove(0).reader;
    // The one thread beside the runtime's is kept busy: as long as it is, no answer can be parsed.
    let program = Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    let (done, until_done) = std::sync::mpsc::channel::<()>();
    let read = program.block_on(async {
        tokio::task::spawn_blocking(move || until_done.recv());
        let mut reading = calendar.read(None, Effort::Full);
        let early = tokio::time::timeout(Duration::from_millis(300), &mut reading).await;
        assert!(early.is_err(), "it was read on the runtime's own thread");
        assert!(server.asked().len() <= 1, "an answer was parsed on the runtime's own thread");
        drop(done);
        reading.await
    });
    assert_eq!(counted(read.unwrap()), (2, 0));
}
