//! The daemon's main loop: reads the calendars that are due, plans when something may have changed, and acts.

pub mod backoff;
mod bus;
pub mod cycle;
mod desktop;
pub mod instance_lock;
mod logind;
pub mod mailer;
mod memory;
mod network;
mod notices;
pub mod poller;
mod refresh;
mod screen;
pub mod signals;
pub mod source_reader;
mod status_line;
mod storage_failure;
mod systemd;

pub use bus::{BUS_NAME, BUS_PATH, bus_name};

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinError;

use crate::calendar::{Shared, http};
use crate::clock::{Alarm, Clock};
use crate::config::{Owner, Settings};
use crate::notify::dbus::{Delivery, Notifier};
use crate::notify::popups::Shown;
use crate::store::{self, Store};
use crate::wording::local_time::LocalTime;
use cycle::{Cycle, View};
use desktop::DesktopEvents;
use instance_lock::{InstanceLock, State};
use mailer::{Mailer, Sent};
use notices::NoticeDelivery;
use poller::{Ended, Reads};
use signals::{ProcessSignal, Signals};
use source_reader::Outcome;
use status_line::StatusLine;
use storage_failure::StorageFailure;

/// The longest nap while nobody can wake us: what other processes wrote is looked for this often.
const MAX_SLEEP_WITHOUT_BUS: Duration = Duration::from_secs(30);

/// The longest nap of all, for what nobody told of.
const MAX_SLEEP: Duration = Duration::from_mins(15);

/// How long a cycle that failed waits to be tried again.
const RETRY: SignedDuration = SignedDuration::from_mins(1);

/// How often systemd hears of us while a cycle takes long.
const STILL_ALIVE: Duration = Duration::from_secs(10);

/// How long the notification server may take for each answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long closing the store may take; a transaction that is cut off is undone.
const CLOSING: Duration = Duration::from_millis(700);

/// What a daemon is started with.
pub struct Setup {
    /// The settings.
    pub settings: Settings,
    /// Where everything is remembered.
    pub data: PathBuf,
    /// Where reports go.
    pub reports: PathBuf,
    /// What shows the present.
    pub clock: Clock,
    /// Reads the settings again, with the folder of reports; an error says what is wrong with them, in words for the log.
    pub reload: Box<dyn Fn() -> Result<(Settings, PathBuf), String>>,
    /// The profile, where it is not the usual one.
    pub profile: Option<String>,
    /// How what stands is written for programs on the bus.
    pub forms: Forms,
}

/// How what stands is written for programs: the same forms as on the command line, whose words these are.
pub struct Forms {
    /// As `status --format json`.
    pub status: fn(&View, &Settings) -> String,
    /// As `inbox --format json`.
    pub inbox: fn(&View, &Settings) -> String,
}

/// Why a daemon could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store's part.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Another daemon runs, or the claim cannot be made.
    #[error(transparent)]
    InstanceLock(#[from] instance_lock::Error),
    /// The system gave no signal handler.
    #[error("no signal handler could be installed: {0}; start cadenced again, and report it if that does not help")]
    Signals(std::io::Error),
    /// A bug of cadenced.
    #[error("startup failed: {0}; please report it (`cadenced doctor --bundle` collects what helps)")]
    Broken(String),
    /// The system gave no timer.
    #[error("no timer could be made: {0}; start cadenced again, and report it if that does not help")]
    Alarm(std::io::Error),
}

struct Daemon {
    setup: Setup,
    store: Store,
    shared: Shared,
    cycle: Cycle,
    teller: NoticeDelivery,
    senses: DesktopEvents,
    presence: InstanceLock,
    state: State,
    reads: Reads,
    alarm: Alarm,
    postman: Mailer,
    /// Whether a calendar changed since the last cycle.
    changed: bool,
    /// When the plan may change by itself.
    wake: Timestamp,
    /// A good read from then on may change the plan.
    awaited: Option<Timestamp>,
    /// The store's mark of what other processes wrote, as last seen.
    others_version: Option<i64>,
    /// The complaints since a cycle went well, so that none is repeated every minute.
    complaints: BTreeSet<String>,
    trouble: StorageFailure,
    /// Whether anything was done since memory was last given back.
    stirred: bool,
    /// How many 1:1s and owed sessions the last cycle found.
    counts: (Option<usize>, usize),
    /// What systemd was last told of how things are.
    line: StatusLine,
}

/// Runs until it is told to stop.
///
/// # Errors
/// [`Error`], at the start. Once it runs, everything that fails is tried again.
pub async fn run(mut setup: Setup) -> Result<(), Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let mut stop = Signals::listen().map_err(Error::Signals)?;
    let alarm = Alarm::new().map_err(Error::Alarm)?;
    let Some((presence, store, opening)) = storage_failure::open(&mut setup, &mut signals).await? else {
        return Ok(());
    };
    let now = setup.clock.now();
    let mut daemon = Daemon::new(setup, store, presence, alarm, now);
    daemon.tell_opening(&opening, now).await;
    systemd::ready();
    tracing::info!(calendars = daemon.reads.calendars(), "cadenced runs");
    // Whatever it waits for, such as a store that is busy with a large calendar, is cut off.
    tokio::select! {
        () = daemon.serve(&mut signals) => {}
        () = stop.stopped() => {}
    }
    systemd::stopping();
    daemon.reads.stop();
    daemon.postman.close().await;
    if tokio::time::timeout(CLOSING, daemon.store.close()).await.is_err() {
        tracing::warn!("the store was busy; its unfinished work is rolled back");
    }
    tracing::info!("cadenced ends");
    daemon.trouble.damage.map_or(Ok(()), |damage| Err(damage.into()))
}

impl Daemon {
    fn new(setup: Setup, store: Store, presence: InstanceLock, alarm: Alarm, now: Timestamp) -> Self {
        let shared = shared(setup.data.clone(), &setup.settings.owner);
        let (readers, hands) = source_reader::connect(&setup.settings, &shared);
        let reads = Reads::new(readers, now);
        let cycle = Cycle::new(store.clone(), &setup.settings, setup.reports.clone(), hands, reads.readers());
        let state = State { pid: std::process::id(), since: now, notices: None };
        let (senses, tell) = DesktopEvents::new(&setup);
        let notifier = Notifier::new(ANSWER_TIMEOUT).heard_by(tell, setup.settings.notices.sound);
        let mut daemon = Self {
            teller: NoticeDelivery::new(notifier, Shown::load(setup.data.join("shown.json"))),
            senses,
            reads,
            alarm,
            postman: Mailer::default(),
            changed: true,
            wake: now,
            awaited: None,
            others_version: None,
            complaints: BTreeSet::new(),
            trouble: StorageFailure::default(),
            stirred: true,
            counts: (None, 0),
            line: StatusLine::default(),
            setup,
            store,
            shared,
            cycle,
            presence,
            state,
        };
        daemon.say_state();
        daemon
    }

    async fn serve(&mut self, signals: &mut Signals) {
        loop {
            systemd::alive();
            let now = self.setup.clock.now();
            self.notice_others().await;
            if self.trouble.damage.is_some() {
                return;
            }
            self.reads.start(&self.store, now);
            if self.is_cycle_due(now) && self.reads.wait_for_reads(now).is_none() {
                match self.turn_unless_stopped(now, signals).await {
                    Some(ProcessSignal::Stop) => return,
                    Some(ProcessSignal::Reload) => self.reload(),
                    None => {}
                }
            }
            self.postman.start(&self.store, self.setup.settings.mail.as_ref(), self.setup.clock);
            let now = self.setup.clock.now();
            self.say_line(now);
            let nap = self.sleep_time(now);
            self.give_back_before(nap).await;
            tokio::select! {
                sent = self.postman.finish() => self.posted(sent).await,
                Some(ended) = self.reads.next() => self.finish(ended).await,
                sense = self.senses.next() => self.sense(sense).await,
                wish = signals.next() => match wish {
                    ProcessSignal::Stop => return,
                    ProcessSignal::Reload => self.reload(),
                },
                () = self.alarm.wait(nap) => continue,
            }
            self.stirred = true;
        }
    }

    /// Runs a cycle; a wish to stop cuts it off, any other waits for its end.
    async fn turn_unless_stopped(&mut self, now: Timestamp, signals: &mut Signals) -> Option<ProcessSignal> {
        let mut wish = None;
        let mut turn = pin!(self.turn(now));
        loop {
            tokio::select! {
                () = &mut turn => return wish,
                next = signals.next() => match next {
                    ProcessSignal::Stop => return Some(ProcessSignal::Stop),
                    ProcessSignal::Reload => wish = Some(ProcessSignal::Reload),
                },
                // A server may take its time over a write.
                () = tokio::time::sleep(STILL_ALIVE) => systemd::alive(),
            }
        }
    }

    /// Says how things are where systemd shows it, if that is other than before.
    fn say_line(&mut self, now: Timestamp) {
        let due = self.reads.due();
        let wall = LocalTime::of(self.setup.settings.owner.zone.clone(), now);
        let line = StatusLine {
            trouble: self.trouble.problem().or_else(|| self.complaints.first().cloned()),
            calendars: self.reads.calendars(),
            reading: self.reads.running(),
            failing: self.reads.failing(),
            next: (due < Timestamp::MAX).then(|| wall.moment(due)),
            one_on_ones: self.counts.0,
            owed: self.counts.1,
        };
        if line != self.line {
            systemd::status(&line.to_string());
            self.line = line;
        }
    }

    async fn finish(&mut self, ended: Result<Ended, JoinError>) {
        let Ok(ended) = ended else {
            // Only a panic gets here; its slot is made again, so that one bad calendar does not stop for ever.
            tracing::error!("reading a calendar panicked; all of them are set up again");
            let later = later(self.setup.clock.now());
            self.reconnect_all(later);
            return;
        };
        if let Some(skew) = ended.clock_skew {
            self.cycle.mover.heard_clock(&ended.id, skew);
        }
        self.take_note(&ended, self.setup.clock.now()).await;
    }

    /// Takes note of a read that ended, and plans the next one.
    async fn take_note(&mut self, ended: &Ended, at: Timestamp) {
        match &ended.outcome {
            Ok(outcome) => self.note(ended, outcome, at),
            Err(error) => self.on_store_error(error.clone()),
        }
        if let Err(error) = self.reads.plan(ended, &self.store, at).await {
            self.on_store_error(error);
        }
    }

    fn note(&mut self, read: &Ended, outcome: &Outcome, at: Timestamp) {
        match outcome {
            Outcome::Good(applied) => {
                let answers = self.awaited.is_some_and(|awaited| awaited <= at);
                self.changed |= applied.is_a_change() || answers || read.renewed;
                if applied.is_a_change() || applied.problems > 0 {
                    tracing::info!(
                        source = %read.id, added = applied.added, changed = applied.changed,
                        vanished = applied.vanished, deleted = applied.deleted, problems = applied.problems, "read"
                    );
                } else {
                    tracing::debug!(source = %read.id, "read, nothing new");
                }
            }
            Outcome::Failed(error) => {
                self.changed = true;
                tracing::warn!(source = %read.id, kind = %error.kind, detail = %error.detail, "could not be read");
            }
        }
    }

    /// What another process wrote (`cadenced sync`, `cadenced series confirm`) may change the plan.
    async fn notice_others(&mut self) {
        match self.store.others_version().await {
            Ok(version) => {
                self.changed |= self.others_version.is_some_and(|before| before != version);
                self.others_version = Some(version);
            }
            Err(error) => self.on_store_error(error),
        }
    }

    fn is_cycle_due(&self, now: Timestamp) -> bool {
        // A wake-up further off than a day was set under another clock.
        let is_absurd = self.wake.duration_since(now) > SignedDuration::from_hours(25);
        self.changed || self.wake <= now || is_absurd
    }

    /// One cycle, its notices, and the daily copy.
    async fn turn(&mut self, now: Timestamp) {
        self.stirred = true;
        self.cycle.is_paused = self.setup.settings.pause_when_locked && self.senses.is_locked();
        if self.can_store().await {
            self.plan_and_act(now).await;
        }
        self.deliver(now).await;
        self.look_for_letters().await;
        self.look_at_trouble(now).await;
    }

    async fn plan_and_act(&mut self, now: Timestamp) {
        match self.cycle.turn(now).await {
            Ok(found) => {
                if self.changed || found.acted {
                    self.announce().await;
                }
                self.changed = false;
                self.wake = found.wake;
                self.awaited = found.awaited;
                for read in &found.reads {
                    self.take_note(read, now).await;
                }
                self.changed = false;
                // What was written shows in the mirror once its calendar is read again.
                self.reads.again(&found.touched, now);
                for (week, _) in &found.reports {
                    tracing::info!(%week, "wrote the report");
                }
                let owed = found.standing.one_on_ones.iter().map(|one| one.owed().count()).sum::<usize>();
                self.counts = (Some(found.standing.one_on_ones.len()), owed);
                // It is said again, as a sign of life after each cycle.
                self.line = StatusLine::default();
            }
            Err(error) => {
                self.on_cycle_error(error);
                self.wake = later(now);
                self.changed = false;
            }
        }
        if let Err(error) = self.store.backup_if_due(now).await {
            self.on_store_error(error);
        }
    }

    async fn look_for_letters(&mut self) {
        if let Err(error) = self.postman.look(&self.store).await {
            self.on_store_error(error);
        }
    }

    async fn posted(&mut self, sent: Result<Vec<Sent>, String>) {
        match sent {
            Ok(sent) => mailer::log(&sent),
            Err(words) => self.complain(&words),
        }
        self.look_for_letters().await;
    }

    async fn deliver(&mut self, now: Timestamp) {
        if !self.setup.settings.notices.enabled {
            return;
        }
        let locked = self.senses.is_locked();
        let can_store = !self.trouble.is_failing();
        if let Err(error) = self.teller.deliver(&self.cycle, &self.setup.settings, now, locked, can_store).await {
            self.on_store_error(error);
        }
        let trouble = match self.teller.delivery() {
            Delivery::Fails(error) => Some(error.to_string()),
            Delivery::Untried | Delivery::Works => None,
        };
        if trouble.is_some() || self.teller.holds_back {
            // The notice still waits; a session bus often comes up after us.
            self.wake = self.wake.min(now.saturating_add(RETRY * 5).unwrap_or(Timestamp::MAX));
        }
        if trouble != self.state.notices {
            self.state.notices = trouble;
            self.say_state();
        }
    }

    fn say_state(&mut self) {
        if let Err(error) = self.presence.say(&self.state) {
            self.complain(&error.to_string());
        }
    }

    /// Logs a complaint, once until a cycle goes well.
    fn complain(&mut self, words: &str) {
        if self.complaints.insert(words.to_owned()) {
            tracing::error!("{words}");
        }
    }

    /// Sets up every calendar again, to be read from `at` on.
    fn reconnect_all(&mut self, at: Timestamp) {
        let (readers, hands) = source_reader::connect(&self.setup.settings, &self.shared);
        self.reads.stop();
        self.reads = Reads::new(readers, at);
        self.cycle = Cycle::new(
            self.store.clone(),
            &self.setup.settings,
            self.setup.reports.clone(),
            hands,
            self.reads.readers(),
        );
    }

    /// Reads the settings again; bad ones are logged, and the old ones stay.
    fn reload(&mut self) {
        systemd::reloading();
        match (self.setup.reload)() {
            Ok((settings, reports)) => {
                let old = &self.setup.settings;
                if (&old.data, old.log) != (&settings.data, settings.log) {
                    tracing::warn!("a new data folder or log level takes effect at the next start");
                }
                self.setup.settings = settings;
                self.setup.reports = reports;
                self.reconnect_all(self.setup.clock.now());
                self.changed = true;
                tracing::info!(calendars = self.reads.calendars(), "reloaded the config");
            }
            Err(words) => tracing::error!("the config cannot be used, so the old one stays in force: {words}"),
        }
        systemd::ready();
    }

    /// How long to sleep when nothing happens: until the next read or change of plan, and never longer than the
    /// watchdog allows.
    fn sleep_time(&self, now: Timestamp) -> Duration {
        let cycle = if self.changed { now } else { self.wake };
        let free = self.reads.wait_for_reads(now).unwrap_or(now);
        let letter = self.postman.due().unwrap_or(Timestamp::MAX);
        let next = self.reads.due().min(cycle.max(free)).min(letter);
        let until = Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO);
        let watchdog = systemd::watchdog().map_or(MAX_SLEEP, |period| period / 2);
        let longest = if self.senses.is_on_bus() { MAX_SLEEP } else { MAX_SLEEP_WITHOUT_BUS };
        until.clamp(Duration::from_millis(50), longest.min(watchdog))
    }
}

/// When something that failed is tried again.
fn later(now: Timestamp) -> Timestamp {
    now.saturating_add(RETRY).unwrap_or(Timestamp::MAX)
}

/// What the calendars of this process share; large feeds are spooled in `data`.
#[must_use]
pub fn shared(data: PathBuf, owner: &Owner) -> Shared {
    let client = http::Client::new(http::Settings::default().with_environment_proxy(), || Clock::System.now());
    Shared { client: client.into(), data_folder: data.clone(), spool_folder: data, owner: owner.addresses.clone() }
}
