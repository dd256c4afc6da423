//! [`DesktopEvents`]: desktop events (button presses, locks, sleep, network, D-Bus calls), and how the daemon reacts to them. All of it is
//! optional: the daemon also runs without any bus.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use zbus::Connection;

use super::bus::{self, Ask};
use super::{Daemon, RETRY, Setup, logind, network, screen, systemd};
use crate::domain::inbox::{find, validate};
use crate::domain::session::{Choice, Decision};
use crate::notify::dbus::ServerEvent;
use crate::notify::text::{late, then};

/// How long to wait for a bus that is not there; a session often starts after us.
const PAUSE: Duration = Duration::from_secs(30);

/// How long at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(16);

/// The network and sleep may come and go several times within this.
const POLL_NOW_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// Something that the desktop says.
pub enum DesktopEvent {
    /// Of a notice.
    Notice(ServerEvent),
    /// The screen was locked or unlocked, by this one's word.
    Locked(Locker, bool),
    /// The machine woke up.
    Woke,
    /// There is a network again.
    Online,
    /// Somebody asks on the bus.
    Asked(Ask),
    /// We are on the session bus, or on it no more.
    OnBus(Option<Connection>),
}

/// Who says that the screen is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locker {
    /// logind's `LockedHint`.
    Logind,
    /// The session's screen saver.
    Screen,
}

/// Everything that the desktop says, one after the other.
pub struct DesktopEvents {
    heard: Receiver<ServerEvent>,
    told: Receiver<DesktopEvent>,
    bus: Option<Connection>,
    by_logind: bool,
    by_screen: bool,
    hurried: Option<Timestamp>,
    _tasks: JoinSet<()>,
}

impl DesktopEvents {
    /// Listens on both buses from now on; what notices hear goes into the sender that comes with it.
    pub fn new(setup: &Setup) -> (Self, Sender<ServerEvent>) {
        let (tell_heard, heard) = channel(64);
        let (tell, told) = channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(on_the_system_bus(tell.clone()));
        tasks.spawn(on_the_session_bus(tell.clone()));
        tasks.spawn(bus::serve(setup.profile.clone(), tell));
        let senses = Self { heard, told, bus: None, by_logind: false, by_screen: false, hurried: None, _tasks: tasks };
        (senses, tell_heard)
    }

    /// Waits for the next.
    pub async fn next(&mut self) -> DesktopEvent {
        tokio::select! {
            Some(heard) = self.heard.recv() => DesktopEvent::Notice(heard),
            Some(sense) = self.told.recv() => sense,
            else => std::future::pending().await,
        }
    }

    /// Whether other programs can wake us over the session bus.
    pub const fn is_on_bus(&self) -> bool {
        self.bus.is_some()
    }

    /// Whether the screen is locked, as far as anybody says.
    pub const fn is_locked(&self) -> bool {
        self.by_logind || self.by_screen
    }
}

async fn on_the_system_bus(tell: Sender<DesktopEvent>) {
    let mut pause = PAUSE;
    loop {
        if let Ok(bus) = Connection::system().await {
            tokio::join!(logind::sleep(&bus, &tell), logind::locks(&bus, &tell), network::listen(&bus, &tell));
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        // A machine without this bus gets none later.
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn on_the_session_bus(tell: Sender<DesktopEvent>) {
    loop {
        if let Ok(bus) = Connection::session().await {
            screen::listen(&bus, &tell).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Daemon {
    /// Does what follows from something that the desktop says.
    pub(super) async fn sense(&mut self, sense: DesktopEvent) {
        let now = self.setup.clock.now();
        match sense {
            DesktopEvent::Notice(ServerEvent::Closed { sender, id }) => self.teller.closed(&sender, id),
            DesktopEvent::Notice(ServerEvent::Token { token }) => self.teller.hold(token),
            DesktopEvent::Notice(ServerEvent::Pressed { sender, id, key }) => {
                let locked = self.senses.is_locked();
                let pressed = (sender.as_str(), id, key.as_str());
                match self.teller.press(pressed, &self.cycle, &self.setup.settings, now, locked).await {
                    Ok(decided) => self.changed |= decided,
                    Err(error) => {
                        // A decision that could not be kept must be known to be lost.
                        self.trouble.say_again();
                        self.on_store_error(error);
                        self.changed = true;
                    }
                }
            }
            DesktopEvent::Locked(locker, locked) => self.lock(locker, locked),
            DesktopEvent::Woke => self.poll_now(now, "the machine woke up"),
            DesktopEvent::Online => self.poll_now(now, "the network is back"),
            DesktopEvent::Asked(ask) => self.answer(ask, now).await,
            DesktopEvent::OnBus(connection) => self.senses.bus = connection,
        }
    }

    fn lock(&mut self, locker: Locker, locked: bool) {
        let before = self.senses.is_locked();
        match locker {
            Locker::Logind => self.senses.by_logind = locked,
            Locker::Screen => self.senses.by_screen = locked,
        }
        let is_locked = self.senses.is_locked();
        // What waited for the user to come back is due now.
        self.changed |= before && !is_locked;
    }

    /// Reads everything at once, and plans.
    fn poll_now(&mut self, now: Timestamp, why: &str) {
        let lately = |at: Timestamp| at <= now && now.duration_since(at) < POLL_NOW_INTERVAL;
        if self.senses.hurried.is_some_and(lately) {
            return;
        }
        tracing::info!("{why}: reading every calendar now");
        self.senses.hurried = Some(now);
        self.read_all(now);
    }

    fn read_all(&mut self, now: Timestamp) {
        self.reads.poll_now(now);
        self.changed = true;
    }

    async fn answer(&mut self, ask: Ask, now: Timestamp) {
        // Who asked may be gone by the time there is an answer.
        match ask {
            Ask::Status(reply) => {
                let view = self.cycle.view(now).await.map_err(|error| error.to_string());
                let _ = reply.send(view.map(|view| (self.setup.forms.status)(&view, &self.setup.settings)));
            }
            Ask::Inbox(reply) => {
                let view = self.cycle.view(now).await.map_err(|error| error.to_string());
                let _ = reply.send(view.map(|view| (self.setup.forms.inbox)(&view, &self.setup.settings)));
            }
            Ask::Choose { item, word, reply } => {
                let chosen = self.choose(&item, &word, now).await;
                self.changed |= chosen.is_ok();
                let _ = reply.send(chosen);
            }
            Ask::SyncNow(reply) => {
                self.read_all(now);
                let _ = reply.send(Ok(String::new()));
            }
        }
    }

    async fn choose(&self, item: &str, word: &str, now: Timestamp) -> Result<String, String> {
        let view = self.cycle.view(now).await.map_err(|error| error.to_string())?;
        let policy = &self.cycle.policy;
        let item = find(item, &view.standing, &view.snapshot, policy, &view.proposals)
            .map_err(|several| format!("{several} items have that id"))?;
        let choice: Choice = item.choice(word).cloned().ok_or("the item has no such choice; Inbox() shows them")?;
        validate(&choice, &view.standing, &view.snapshot, policy, &view.proposals)
            .map_err(|why| late(why).to_owned())?;
        let words = then(&choice).to_owned();
        self.store.decide(Decision { choice, at: now }).await.map_err(|error| error.to_string())?;
        Ok(words)
    }

    /// Tells those on the bus that asking again may be worth it.
    pub(super) async fn announce(&mut self) {
        let Some(bus) = &self.senses.bus else { return };
        if tokio::time::timeout(super::ANSWER_TIMEOUT, bus::changed(bus)).await.is_err() {
            systemd::alive();
            self.senses.bus = None;
            self.wake = self.wake.min(self.setup.clock.now().saturating_add(RETRY).unwrap_or(Timestamp::MAX));
        }
    }
}
