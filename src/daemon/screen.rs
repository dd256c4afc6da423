//! Signals from the screen saver (`org.freedesktop.ScreenSaver` and GNOME's): whether the screen is locked.

use tokio::sync::mpsc::Sender;
use zbus::Connection;

use super::desktop::{DesktopEvent, Locker};
use crate::notify::signals::Signals;

/// Where screen savers are, by the desktops that have them.
const SAVERS: [(&str, &str); 2] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
];

/// Tells each lock and unlock, until the bus is gone.
pub async fn listen(bus: &Connection, tell: &Sender<DesktopEvent>) {
    let [(free, _), (gnome, _)] = SAVERS;
    let (Ok(mut one), Ok(mut other)) =
        (Signals::of(bus, free, Some("ActiveChanged")).await, Signals::of(bus, gnome, Some("ActiveChanged")).await)
    else {
        return;
    };
    for (name, path) in SAVERS {
        if !is_there(bus, name).await {
            continue;
        }
        let ask = bus.call_method(Some(name), path, Some(name), "GetActive", &()).await;
        if ask.is_ok_and(|reply| reply.body().deserialize().unwrap_or(false)) {
            let _ = tell.send(DesktopEvent::Locked(Locker::Screen, true)).await;
        }
    }
    loop {
        let signal = tokio::select! {
            signal = one.next() => signal,
            signal = other.next() => signal,
        };
        let Some(signal) = signal else { return };
        let Ok(active) = signal.body().deserialize::<bool>() else { continue };
        if tell.send(DesktopEvent::Locked(Locker::Screen, active)).await.is_err() {
            return;
        }
    }
}

/// Whether somebody has this name. Asking a screen saver that is not there would start one, on a desktop that uses another.
async fn is_there(bus: &Connection, name: &str) -> bool {
    let (its_name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    let reply = bus.call_method(Some(its_name), path, Some(its_name), "NameHasOwner", &name).await;
    reply.is_ok_and(|reply| reply.body().deserialize().unwrap_or(false))
}
