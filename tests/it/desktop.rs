//! The real program on a desktop: button presses, withdrawn notices, the D-Bus interface, locks, sleep and network.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use zbus::Connection;
use zbus::connection::Builder;

use crate::daemon::{Answer, CYCLE, Daemon, Home, NOW, Server, changed_feed, feed};
use crate::notify_dbus::{Bus, Mock, Seen, serve_on, signal};
use crate::waiting::{come, until};

/// A desktop with a notification server, and a calendar in which a session was just cancelled.
struct Desk {
    bus: Bus,
    seen: Arc<Mutex<Seen>>,
    notices: Connection,
    calendar: Server,
    home: Home,
}

impl Desk {
    async fn new() -> Option<Self> {
        let bus = Bus::start()?;
        let (seen, notices) = serve_on(on(&bus), Mock::new(&["actions", "body"])).await;
        let calendar = Server::start(Answer::Feed(feed("", "")));
        let mut home = Home::new(&calendar);
        home.bus.clone_from(&bus.address);
        Some(Self { bus, seen, notices, calendar, home })
    }

    /// Runs the daemon until it has seen that a session was cancelled.
    async fn lose(&self) -> (Daemon, u32, Vec<String>) {
        let daemon = self.home.daemon(NOW);
        self.home.told(CYCLE);
        self.calendar.says(Answer::Feed(changed_feed()));
        daemon.signal("-HUP");
        let (id, keys) = self.notice("cancelled").await;
        self.written_down(id).await;
        (daemon, id, keys)
    }

    /// Waits until the daemon has written down that it shows a notice: one that is killed before that has shown none.
    async fn written_down(&self, id: u32) {
        let kept = || {
            let text = std::fs::read_to_string(self.home.path("data/cadenced/shown.json")).unwrap_or_default();
            let shown: Value = serde_json::from_str(&text).unwrap_or_default();
            shown["popups"].as_array().is_some_and(|popups| popups.iter().any(|popup| popup["id"] == id))
        };
        until("its note", kept).await;
    }

    fn find(&self, words: &str) -> Option<(u32, Vec<String>)> {
        let seen = self.seen.lock().unwrap();
        let at = seen.shown.iter().position(|one| one.summary.contains(words))?;
        let keys = seen.shown[at].actions.iter().step_by(2).cloned().collect();
        Some((u32::try_from(at + 1).unwrap(), keys))
    }

    /// Waits for a notice, and gives back its number and the keys of its buttons.
    async fn notice(&self, words: &str) -> (u32, Vec<String>) {
        come(words, async || self.find(words)).await
    }

    async fn press(&self, id: u32, key: &str) {
        signal(&self.notices, "ActionInvoked", &(id, key)).await;
        signal(&self.notices, "NotificationClosed", &(id, 2_u32)).await;
    }

    fn inbox(&self) -> Vec<Value> {
        self.home.json(&["inbox"]).as_array().unwrap().clone()
    }
}

/// A screen saver of a screen that is locked, which notes that it was asked.
#[derive(Clone, Default)]
struct LockedScreen {
    asked: Arc<AtomicBool>,
}

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl LockedScreen {
    fn get_active(&self) -> bool {
        self.asked.store(true, Ordering::SeqCst);
        true
    }
}

fn on(bus: &Bus) -> Builder<'_> {
    Builder::address(bus.address.as_str()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_press_does_what_its_button_says_and_the_item_ends_with_the_notice() {
    let Some(desk) = Desk::new().await else { return };
    let (daemon, id, keys) = desk.lose().await;
    assert_eq!(keys, ["waive"], "nothing can be written to a feed");
    assert_eq!(desk.inbox().len(), 1);
    desk.press(id, "waive").await;
    desk.press(id, "waive").await;
    desk.press(id, "no such key").await;
    desk.press(77, "waive").await;
    desk.home.until(&["inbox"], |inbox| inbox.as_array().unwrap().is_empty());
    let status = desk.home.until(&["status"], |status| status["owed"] == 0);
    assert!(status["daemon"]["notices"].is_null(), "{status:#}");
    let (_, log) = daemon.stop();
    assert!(!log.contains("ERROR") && !log.contains("Ann"), "{log}");
    assert!(desk.seen.lock().unwrap().closed.contains(&id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_press_counts_also_after_the_daemon_was_killed_and_started_again() {
    let Some(desk) = Desk::new().await else { return };
    let (first, id, _) = desk.lose().await;
    first.signal("-KILL");
    drop(first);
    desk.home.forget();
    let second = desk.home.daemon("2026-11-17T08:01:00Z");
    desk.home.told(CYCLE);
    // It took the notice over, in its place, so that also those servers answer it that answer the sender alone.
    until("its taking over", || desk.seen.lock().unwrap().shown.iter().any(|one| one.replaces == id)).await;
    desk.press(id, "waive").await;
    desk.home.until(&["inbox"], |inbox| inbox.as_array().unwrap().is_empty());
    second.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_withdrawn_when_it_stops_being_true() {
    let Some(desk) = Desk::new().await else { return };
    let (daemon, id, _) = desk.lose().await;
    desk.calendar.says(Answer::Feed(feed("", "")));
    daemon.signal("-HUP");
    desk.home.until(&["inbox"], |inbox| inbox.as_array().unwrap().is_empty());
    until("its withdrawal", || !desk.seen.lock().unwrap().closed.is_empty()).await;
    assert!(desk.seen.lock().unwrap().closed.contains(&id));
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_programs_can_ask_and_choose_on_the_bus() {
    let Some(desk) = Desk::new().await else { return };
    let (daemon, ..) = desk.lose().await;
    let other = on(&desk.bus).build().await.unwrap();
    let (name, path) = ("org.cadenced.Daemon1", "/org/cadenced/Daemon1");
    let call = async |method: &str| -> Value {
        let reply = other.call_method(Some(name), path, Some(name), method, &()).await.unwrap();
        serde_json::from_str(&reply.body().deserialize::<String>().unwrap()).unwrap()
    };
    assert_eq!(call("Status").await["owed"], 1);
    let inbox = call("Inbox").await;
    assert_eq!(inbox.as_array().unwrap(), &desk.inbox(), "the same as on the command line");
    let item = inbox[0]["id"].as_str().unwrap().to_owned();
    let choose = async |word: &'static str| {
        let reply = other.call_method(Some(name), path, Some(name), "Choose", &(item.as_str(), word)).await;
        reply.map(|reply| reply.body().deserialize::<String>().unwrap()).map_err(|error| error.to_string())
    };
    assert!(choose("dance").await.unwrap_err().contains("no such choice"));
    assert!(choose("waive").await.unwrap().contains("not owed"));
    assert!(choose("waive").await.unwrap_err().contains("said so before"));
    desk.home.until(&["inbox"], |inbox| inbox.as_array().unwrap().is_empty());
    let before = desk.calendar.asked().len();
    other.call_method(Some(name), path, Some(name), "SyncNow", &()).await.unwrap();
    until("a read", || desk.calendar.asked().len() > before).await;
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waking_up_and_a_network_make_it_read_at_once() {
    let Some(desk) = Desk::new().await else { return };
    // One bus plays both: the daemon only listens on the system's.
    let (daemon, ..) = desk.lose().await;
    let system = on(&desk.bus).build().await.unwrap();
    let before = desk.calendar.asked().len();
    let manager = "org.freedesktop.login1.Manager";
    // Nobody can see from outside whether the daemon listens already.
    let sleep_once = async || {
        for asleep in [true, false] {
            let path = "/org/freedesktop/login1";
            system.emit_signal(None::<&str>, path, manager, "PrepareForSleep", &asleep).await.unwrap();
        }
        (desk.calendar.asked().len() > before).then_some(())
    };
    come("a read", sleep_once).await;
    let (_, log) = daemon.stop();
    assert!(log.contains("the machine woke up"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_screen_shows_no_names_and_an_unlocked_one_does_again() {
    let Some(desk) = Desk::new().await else { return };
    let (path, interface) = ("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver");
    let saver = LockedScreen::default();
    let served = on(&desk.bus).name(interface).unwrap().serve_at(path, saver.clone()).unwrap();
    let screen = served.build().await.unwrap();
    let daemon = desk.home.daemon(NOW);
    desk.home.told(CYCLE);
    // It listens to what the screen saver says before it asks.
    until("its question whether the screen is locked", || saver.asked.load(Ordering::SeqCst)).await;
    desk.calendar.says(Answer::Feed(changed_feed()));
    daemon.signal("-HUP");
    let (id, _) = desk.notice("cancelled").await;
    assert_eq!(desk.seen.lock().unwrap().shown.last().unwrap().summary, "1:1 cancelled");
    screen.emit_signal(None::<&str>, path, interface, "ActiveChanged", &false).await.unwrap();
    desk.notice("with Ann Ash cancelled").await;
    assert_eq!(desk.seen.lock().unwrap().shown.last().unwrap().replaces, id);
    daemon.stop();
}
