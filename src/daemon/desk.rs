//! [`Senses`]: desktop events (button presses, locks, sleep, network, D-Bus calls), and how the daemon reacts to them. All of it is
//! optional: the daemon also runs without any bus.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use zbus::Connection;

use super::bus::{self, Ask};
use super::{Daemon, RETRY, Setup, logind, network, screen, systemd};
use crate::domain::inbox::{find, weigh};
use crate::domain::session::{Choice, Decision};
use crate::notify::dbus::Heard;
use crate::notify::wording::{late, then};

/// How long to wait for a bus that is not there; a session often starts after us.
const PAUSE: Duration = Duration::from_secs(30);

/// How long at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(16);

/// The network and sleep may come and go several times within this.
const HURRY_AT_MOST: SignedDuration = SignedDuration::from_secs(30);

/// Something that the desktop says.
pub enum Sense {
    /// Of a notice.
    Notice(Heard),
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
pub struct Senses {
    heard: Receiver<Heard>,
    told: Receiver<Sense>,
    bus: Option<Connection>,
    by_logind: bool,
    by_screen: bool,
    hurried: Option<Timestamp>,
    _tasks: JoinSet<()>,
}

impl Senses {
    /// Listens on both buses from now on; what notices hear goes into the sender that comes with it.
    pub fn new(setup: &Setup) -> (Self, Sender<Heard>) {
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
    pub async fn next(&mut self) -> Sense {
        tokio::select! {
            Some(heard) = self.heard.recv() => Sense::Notice(heard),
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

async fn on_the_system_bus(tell: Sender<Sense>) {
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

async fn on_the_session_bus(tell: Sender<Sense>) {
    loop {
        if let Ok(bus) = Connection::session().await {
            screen::listen(&bus, &tell).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Daemon {
    /// Does what follows from something that the desktop says.
    pub(super) async fn sense(&mut self, sense: Sense) {
        let now = self.setup.clock.now();
        match sense {
            Sense::Notice(Heard::Closed { sender, id }) => self.teller.closed(&sender, id),
            Sense::Notice(Heard::Token { token }) => self.teller.hold(token),
            Sense::Notice(Heard::Pressed { sender, id, key }) => {
                let locked = self.senses.is_locked();
                let pressed = (sender.as_str(), id, key.as_str());
                match self.teller.press(pressed, &self.cycle, &self.setup.settings, now, locked).await {
                    Ok(decided) => self.changed |= decided,
                    Err(error) => {
                        // A decision that could not be kept must be known to be lost.
                        self.trouble.say_again();
                        self.suffer(error);
                        self.changed = true;
                    }
                }
            }
            Sense::Locked(locker, locked) => self.lock(locker, locked),
            Sense::Woke => self.hurry(now, "the machine woke up"),
            Sense::Online => self.hurry(now, "the network is back"),
            Sense::Asked(ask) => self.answer(ask, now).await,
            Sense::OnBus(connection) => self.senses.bus = connection,
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
    fn hurry(&mut self, now: Timestamp, why: &str) {
        let lately = |at: Timestamp| at <= now && now.duration_since(at) < HURRY_AT_MOST;
        if self.senses.hurried.is_some_and(lately) {
            return;
        }
        tracing::info!("{why}: reading every calendar now");
        self.senses.hurried = Some(now);
        self.read_all(now);
    }

    fn read_all(&mut self, now: Timestamp) {
        self.reads.hurry(now);
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
        weigh(&choice, &view.standing, &view.snapshot, policy, &view.proposals).map_err(|why| late(why).to_owned())?;
        let words = then(&choice).to_owned();
        self.store.decide(Decision { choice, at: now }).await.map_err(|error| error.to_string())?;
        Ok(words)
    }

    /// Tells those on the bus that asking again may be worth it.
    pub(super) async fn announce(&mut self) {
        let Some(bus) = &self.senses.bus else { return };
        if tokio::time::timeout(super::PATIENCE, bus::changed(bus)).await.is_err() {
            systemd::alive();
            self.senses.bus = None;
            self.wake = self.wake.min(self.setup.clock.now().saturating_add(RETRY).unwrap_or(Timestamp::MAX));
        }
    }
}
