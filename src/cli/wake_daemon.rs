//! Wakes the running daemon over D-Bus; without this it notices new work at its next poll.

use std::time::Duration;

use tokio::time::timeout;
use zbus::Connection;

use super::context::Context;
use crate::daemon::instance_lock;
use crate::daemon::{BUS_NAME, BUS_PATH, bus_name};

/// How long the daemon may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Wakes the daemon of the profile; `false` where none runs.
pub async fn wake(context: &Context) -> bool {
    if instance_lock::look(&context.data()).is_none() {
        return false;
    }
    let name = bus_name(context.profile.as_deref());
    let call = async {
        let bus = Connection::session().await?;
        bus.call_method(Some(name.as_str()), BUS_PATH, Some(BUS_NAME), "SyncNow", &()).await
    };
    // It looks for what other processes wrote at its next wake-up anyway: within minutes, without a bus within half a minute.
    if let Ok(Err(error)) = timeout(ANSWER_TIMEOUT, call).await {
        tracing::debug!(%error, "the daemon could not be woken over the bus");
    }
    true
}
