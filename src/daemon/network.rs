//! Signals from `NetworkManager` (`org.freedesktop.NetworkManager`): the network is back.

use tokio::sync::mpsc::Sender;
use zbus::Connection;

use super::desktop::DesktopEvent;
use crate::notify::signals::Signals;

const NAME: &str = "org.freedesktop.NetworkManager";

/// `NM_STATE_CONNECTED_SITE`: from here on other machines can be reached.
const CONNECTED: u32 = 60;

/// Tells each time that the network comes back, until the bus is gone.
pub async fn listen(bus: &Connection, tell: &Sender<DesktopEvent>) {
    let Ok(mut signals) = Signals::of(bus, NAME, Some("StateChanged")).await else { return };
    let mut was_connected = true;
    while let Some(signal) = signals.next().await {
        let Ok(state) = signal.body().deserialize::<u32>() else { continue };
        let is_connected = state >= CONNECTED;
        if is_connected && !was_connected && tell.send(DesktopEvent::Online).await.is_err() {
            return;
        }
        was_connected = is_connected;
    }
}
