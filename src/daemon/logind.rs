//! Signals from logind (`org.freedesktop.login1`): wake-ups and session locks.

use std::os::unix::fs::MetadataExt as _;

use tokio::sync::mpsc::Sender;
use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::desktop::{DesktopEvent, Locker};
use crate::notify::signals::Signals;

const NAME: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// A session: its id, its user's number and name, its seat, its object.
type Session = (String, u32, String, String, OwnedObjectPath);

/// Tells each waking, until the bus is gone.
pub async fn sleep(bus: &Connection, tell: &Sender<DesktopEvent>) {
    let Ok(mut signals) = Signals::of(bus, MANAGER, Some("PrepareForSleep")).await else { return };
    while let Some(signal) = signals.next().await {
        let falls_asleep: Result<bool, _> = signal.body().deserialize();
        if falls_asleep == Ok(false) && tell.send(DesktopEvent::Woke).await.is_err() {
            return;
        }
    }
}

/// Tells each lock and unlock, until the bus is gone.
pub async fn locks(bus: &Connection, tell: &Sender<DesktopEvent>) {
    let Ok(mut signals) = Signals::of(bus, PROPERTIES, Some("PropertiesChanged")).await else { return };
    let mut before = false;
    loop {
        let locked = is_locked(bus).await.unwrap_or(false);
        if locked != before && tell.send(DesktopEvent::Locked(Locker::Logind, locked)).await.is_err() {
            return;
        }
        before = locked;
        loop {
            let Some(signal) = signals.next().await else { return };
            if signal.header().path().is_some_and(|path| path.as_str().starts_with("/org/freedesktop/login1/session/"))
            {
                break;
            }
        }
    }
}

/// Whether a session of this user is locked.
async fn is_locked(bus: &Connection) -> Option<bool> {
    let own = std::fs::metadata("/proc/self").ok()?.uid();
    let reply =
        bus.call_method(Some(NAME), "/org/freedesktop/login1", Some(MANAGER), "ListSessions", &()).await.ok()?;
    let sessions: Vec<Session> = reply.body().deserialize().ok()?;
    for (.., path) in sessions.into_iter().filter(|session| session.1 == own) {
        let args = (SESSION, "LockedHint");
        let Ok(reply) = bus.call_method(Some(NAME), &path, Some(PROPERTIES), "Get", &args).await else { continue };
        let value: Option<OwnedValue> = reply.body().deserialize().ok();
        if value.and_then(|value| bool::try_from(value).ok()) == Some(true) {
            return Some(true);
        }
    }
    Some(false)
}
