//! The daemon's D-Bus interface, `org.cadenced.Daemon1`. `docs/dbus.md` documents it.

use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;
use zbus::connection::Builder;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, fdo};

use super::desktop::DesktopEvent;
use crate::notify::signals::Signals;

/// The interface, and the name on the bus of the daemon without a profile.
pub const BUS_NAME: &str = "org.cadenced.Daemon1";

/// The one object.
pub const BUS_PATH: &str = "/org/cadenced/Daemon1";

/// How long to wait before the name is tried again.
const PAUSE: Duration = Duration::from_secs(30);

/// The answer to a question: words, or why there are none.
type Answer = oneshot::Sender<Result<String, String>>;

/// A question on the bus; the loop answers it.
pub enum Ask {
    /// What stands.
    Status(Answer),
    /// What waits for the user.
    Inbox(Answer),
    /// A decision.
    Choose {
        /// The item, or the beginning of its id.
        item: String,
        /// The word of the choice.
        word: String,
        /// What follows, or why nothing does.
        reply: Answer,
    },
    /// Read everything now.
    SyncNow(Answer),
}

/// The name on the bus: profiles run beside each other.
#[must_use]
pub fn bus_name(profile: Option<&str>) -> String {
    let Some(profile) = profile else { return BUS_NAME.to_owned() };
    let fit: String = profile.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{BUS_NAME}.profile_{fit}")
}

struct Interface {
    tell: Sender<DesktopEvent>,
}

#[zbus::interface(name = "org.cadenced.Daemon1")]
impl Interface {
    /// As `cadenced status --format json`.
    async fn status(&self) -> fdo::Result<String> {
        self.ask(Ask::Status).await
    }

    /// As `cadenced inbox --format json`.
    async fn inbox(&self) -> fdo::Result<String> {
        self.ask(Ask::Inbox).await
    }

    /// As `cadenced do ITEM CHOICE`; gives back what happens next.
    async fn choose(&self, item: String, choice: String) -> fdo::Result<String> {
        self.ask(|reply| Ask::Choose { item, word: choice, reply }).await
    }

    /// Reads every calendar at once; returns before that is done.
    async fn sync_now(&self) -> fdo::Result<()> {
        self.ask(Ask::SyncNow).await.map(|_| ())
    }

    /// What `Status` and `Inbox` say may be different from before.
    #[zbus(signal)]
    async fn changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

impl Interface {
    async fn ask(&self, ask: impl FnOnce(Answer) -> Ask) -> fdo::Result<String> {
        let (reply, answer) = oneshot::channel();
        let gone = || fdo::Error::Failed("the daemon is stopping".to_owned());
        self.tell.send(DesktopEvent::Asked(ask(reply))).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(fdo::Error::Failed)
    }
}

/// Serves on the session bus for ever, as soon as there is one.
pub async fn serve(profile: Option<String>, tell: Sender<DesktopEvent>) {
    let name = bus_name(profile.as_deref());
    loop {
        match join(&name, &tell).await {
            Ok(bus) => {
                // A stream of signals ends with its bus, which is how its end is noticed.
                let watch = Signals::of(&bus, BUS_NAME, Some("Changed")).await;
                if tell.send(DesktopEvent::OnBus(Some(bus))).await.is_err() {
                    return;
                }
                if let Ok(mut watch) = watch {
                    while watch.next().await.is_some() {}
                }
                if tell.send(DesktopEvent::OnBus(None)).await.is_err() {
                    return;
                }
            }
            Err(error) => tracing::debug!(%error, "not on the session bus"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn join(name: &str, tell: &Sender<DesktopEvent>) -> zbus::Result<Connection> {
    let builder = Builder::session()?.serve_at(BUS_PATH, Interface { tell: tell.clone() })?;
    builder.name(name.to_owned())?.allow_name_replacements(false).replace_existing_names(false).build().await
}

/// Tells everybody that something changed.
pub async fn changed(bus: &Connection) {
    let Ok(emitter) = SignalEmitter::new(bus, BUS_PATH) else { return };
    if let Err(error) = Interface::changed(&emitter).await {
        tracing::debug!(%error, "the change could not be signalled on the bus");
    }
}
