//! Keeps the daemon useful while the database cannot be written: reports it once, still shows what it can, and retries.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::cycle;
use super::instance_lock::{self, InstanceLock};
use super::notices::NoticeDelivery;
use super::signals::{ProcessSignal, Signals};
use super::{ANSWER_TIMEOUT, Daemon, Error, RETRY, STILL_ALIVE, Setup, systemd};
use crate::clock::Clock;
use crate::domain::plan::{Notice, Subject};
use crate::notify::dbus::Notifier;
use crate::notify::popups::Shown;
use crate::report::write;
use crate::store::{self, ErrorKind, Opening, Store};

/// How soon a store that could not be opened is tried again, at first and later.
const RETRY_FAST: Duration = Duration::from_secs(5);
const LATER: Duration = Duration::from_secs(30);

/// A failure that recurs within this time is the same incident: the user is not notified again.
const SAME_INCIDENT: SignedDuration = SignedDuration::from_hours(1);

/// Reads come this long after the check whether storing works again.
const AFTER: SignedDuration = SignedDuration::from_secs(5);

/// What is known of the storage. Nothing of it is stored: a new process says again what is wrong.
#[derive(Debug, Default)]
pub(super) struct StorageFailure {
    /// What is wrong, with the remedy, while something is.
    problem: Option<String>,
    /// Whether the store failed since the last cycle began.
    failing: bool,
    /// Whether it began after the last cycle, so that the next one is there to tell of it.
    fresh: bool,
    /// Whether the user was told; and the number of that notice while it may be shown.
    told: bool,
    popup: Option<u32>,
    /// When the last trouble ended.
    ended: Option<Timestamp>,
    /// The damage for which this process must give way to one that restores the database.
    pub damage: Option<store::Error>,
}

impl StorageFailure {
    /// Whether something could not be stored and may still not be.
    pub const fn is_on(&self) -> bool {
        self.problem.is_some()
    }

    /// Whether something failed since the last cycle began, or its first look at the storage did.
    pub const fn is_failing(&self) -> bool {
        self.failing
    }

    /// What is wrong, with the remedy.
    pub fn problem(&self) -> Option<String> {
        self.problem.clone()
    }

    /// The user is to be told once more.
    pub const fn say_again(&mut self) {
        self.told = false;
    }

    fn begin(&mut self, problem: String, now: Timestamp) {
        systemd::status(&problem);
        self.told &= self.is_the_same(now);
        self.fresh = true;
        self.problem = Some(problem);
    }

    fn is_the_same(&self, now: Timestamp) -> bool {
        self.ended.is_some_and(|ended| ended <= now && now.duration_since(ended) < SAME_INCIDENT)
    }

    /// Tells the user, once, where that is possible now.
    async fn tell(&mut self, teller: &mut NoticeDelivery, setup: &Setup, locked: bool) {
        let Some(problem) = self.problem.clone().filter(|_| !self.told) else { return };
        self.popup = teller.say(Subject::Storage { problem }, &setup.settings, setup.clock.now(), locked).await;
        self.told = self.popup.is_some();
    }

    async fn end(&mut self, teller: &mut NoticeDelivery, now: Timestamp) {
        self.problem = None;
        self.ended = Some(now);
        if let Some(popup) = self.popup.take() {
            teller.take_back(popup).await;
        }
        tracing::info!("the database can be written again");
    }
}

/// Whether a failure is one of the machine's storage, which may pass.
const fn is_of_storage(kind: ErrorKind) -> bool {
    use ErrorKind::{Denied, Failing, Full, Link, Odd, ReadOnly};
    matches!(kind, Full | Denied | ReadOnly | Link | Odd | Failing)
}

/// What a daemon begins with.
type Started = (InstanceLock, Store, Opening);

/// How one attempt to begin failed, with the claim where that much was had.
type Failed = (Option<InstanceLock>, Error);

/// Claims the profile and opens its store. Where the storage fails, it waits here until that passes: a start that fails is
/// given up by systemd after a few tries, and then nobody looks after the 1:1s.
///
/// `None` where it was told to stop in the meantime.
///
/// # Errors
/// What does not pass by itself: another daemon, a newer or foreign database.
pub(super) async fn open(setup: &mut Setup, signals: &mut Signals) -> Result<Option<Started>, Error> {
    let mut teller = NoticeDelivery::new(Notifier::new(ANSWER_TIMEOUT), Shown::default());
    let (mut trouble, mut claim, mut tries, mut reload) = (StorageFailure::default(), None, 0, false);
    loop {
        let (data, clock, had) = (setup.data.clone(), setup.clock, claim.take());
        let attempt = tokio::task::spawn_blocking(move || begin(&data, clock, had));
        let Some(attempt) = unless_stopped(attempt, signals, &mut reload).await else { return Ok(None) };
        let why = match attempt.map_err(|error| Error::Broken(error.to_string()))? {
            Ok(begun) => {
                if trouble.is_on() {
                    trouble.end(&mut teller, setup.clock.now()).await;
                }
                if let Some((settings, reports)) = reload.then(|| (setup.reload)().ok()).flatten() {
                    (setup.settings, setup.reports) = (settings, reports);
                }
                return Ok(Some(begun));
            }
            Err((had, error)) => {
                claim = had;
                passing(error)?
            }
        };
        if !trouble.is_on() {
            tracing::error!("{why}; cadenced keeps trying until that is fixed");
            // Whoever is not ready in time is killed by systemd, and after a few times for good.
            systemd::ready();
        }
        trouble.begin(why, setup.clock.now());
        let told = trouble.tell(&mut teller, setup, false);
        if unless_stopped(told, signals, &mut reload).await.is_none() {
            return Ok(None);
        }
        tries += 1;
        let pause = tokio::time::sleep(if tries < 12 { RETRY_FAST } else { LATER });
        if unless_stopped(pause, signals, &mut reload).await.is_none() {
            return Ok(None);
        }
    }
}

fn begin(data: &Path, clock: Clock, had: Option<InstanceLock>) -> Result<Started, Failed> {
    // The claim comes first: only the one daemon may repair or migrate what is there.
    let presence = had.map_or_else(|| InstanceLock::claim(data), Ok).map_err(|error| (None, error.into()))?;
    match Store::open(data, clock.now()) {
        Ok((store, opening)) => Ok((presence, store, opening)),
        Err(error) => Err((Some(presence), error.into())),
    }
}

/// What to say of a failure that may pass by itself, or once the user did something outside of cadenced.
fn passing(error: Error) -> Result<String, Error> {
    match &error {
        Error::Store(inner) if is_of_storage(inner.kind) || inner.kind == ErrorKind::Locked => Ok(inner.to_string()),
        Error::InstanceLock(instance_lock::Error::Unsafe(why)) => Ok(why.to_string()),
        Error::InstanceLock(instance_lock::Error::File { .. }) => Ok(error.to_string()),
        _ => Err(error),
    }
}

/// Waits for something as long as nobody says stop; `None` where somebody did. Notes whether the config is to be read again.
async fn unless_stopped<T>(what: impl Future<Output = T>, signals: &mut Signals, reload: &mut bool) -> Option<T> {
    let mut what = pin!(what);
    loop {
        tokio::select! {
            done = &mut what => return Some(done),
            wish = signals.next() => match wish {
                ProcessSignal::Stop => return None,
                ProcessSignal::Reload => {
                    *reload = true;
                    systemd::reloading();
                    systemd::ready();
                }
            },
            () = tokio::time::sleep(STILL_ALIVE) => systemd::alive(),
        }
    }
}

impl Daemon {
    /// Tells of a database that was damaged and restored.
    pub(super) async fn tell_opening(&mut self, opening: &Opening, now: Timestamp) {
        let Opening::Restored { copy, .. } = opening else { return };
        tracing::warn!("the database was damaged; it was set aside and restored from the newest copy, if there is one");
        let notice = Notice {
            key: format!("store-restored:{now}"),
            settles: Vec::new(),
            subject: Subject::StoreRestored { copy: *copy },
            until: now.saturating_add(SignedDuration::from_hours(24 * 14)).unwrap_or(Timestamp::MAX),
        };
        if let Err(error) = self.store.propose(notice.clone(), now).await {
            self.on_store_error(error);
            self.teller.keep(notice);
        }
    }

    /// Notes that the store failed. It is logged once, and a failing storage makes a cycle due, which tells the user.
    pub(super) fn on_store_error(&mut self, error: store::Error) {
        if is_of_storage(error.kind) {
            // One word is enough, whichever file it is that fails next.
            if !self.trouble.is_on() {
                self.complain(&error.to_string());
            }
            self.cannot_store(format!("{}: {}", error.path.display(), error.kind));
        } else {
            self.complain(&error.to_string());
        }
        if error.kind == ErrorKind::Damaged {
            self.trouble.damage = Some(error);
        }
        // A cycle that goes well is what ends a complaint.
        self.wake = self.wake.min(later(self.setup.clock.now(), RETRY));
        self.trouble.failing = true;
    }

    /// Notes that a cycle failed.
    pub(super) fn on_cycle_error(&mut self, error: cycle::Error) {
        match error {
            cycle::Error::Store(error) => self.on_store_error(error),
            cycle::Error::Report { why: why @ write::Error::File { .. }, .. } => {
                self.complain(&why.to_string());
                self.cannot_store(why.to_string());
                self.trouble.failing = true;
            }
            cycle::Error::Report { .. } => self.complain(&error.to_string()),
        }
    }

    fn cannot_store(&mut self, problem: String) {
        if !self.trouble.is_on() {
            let now = self.setup.clock.now();
            self.trouble.begin(problem, now);
            self.changed = true;
        }
    }

    /// Begins a cycle: whether anything can be stored. What cannot be kept is not read from servers either.
    pub(super) async fn can_store(&mut self) -> bool {
        self.trouble.failing = std::mem::take(&mut self.trouble.fresh);
        if self.trouble.is_on()
            && !self.trouble.failing
            && let Err(error) = self.store.try_storing().await
        {
            self.on_store_error(error);
        }
        self.changed &= !self.trouble.failing;
        !self.trouble.failing
    }

    /// Ends a cycle: notifies the user of a new failure, which is over once a whole cycle succeeded.
    pub(super) async fn look_at_trouble(&mut self, now: Timestamp) {
        if !self.trouble.failing {
            self.complaints.clear();
        }
        if !self.trouble.is_on() {
            return;
        }
        self.trouble.fresh = false;
        if self.trouble.failing {
            let pause = if self.trouble.is_the_same(now) { RETRY * 5 } else { RETRY };
            self.retry_at(later(now, pause), now);
            if let Some(problem) = &self.trouble.problem {
                systemd::status(problem);
            }
            let locked = self.senses.is_locked();
            self.trouble.tell(&mut self.teller, &self.setup, locked).await;
        } else {
            self.trouble.end(&mut self.teller, now).await;
            self.say_state();
            self.changed = true;
        }
    }

    fn retry_at(&mut self, at: Timestamp, now: Timestamp) {
        // What is due to be told before that is not to wait.
        if self.wake <= now || at < self.wake {
            self.wake = at;
        }
        self.reads.not_before(later(at, AFTER));
    }
}

fn later(from: Timestamp, wait: SignedDuration) -> Timestamp {
    from.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
