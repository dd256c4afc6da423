//! Notifies systemd (`sd_notify`): readiness, status and watchdog. Without systemd this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// Says that everything is up.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Says that the config is read again; [`ready`] ends it (systemd.service(5), `ExecReload=`).
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// Says that we are going.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says in a line what we are doing; `systemctl status` shows it. Never names or titles.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// Feeds the watchdog; called by the loop itself, so that a stuck loop is noticed.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// Whether systemd started us as a service and wants to hear of us.
#[must_use]
pub fn is_service() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// How often the watchdog wants to be fed, at the longest.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be notified");
    }
}
