//! Owns the way of a message to the notification server (Desktop Notifications 1.2), and what is known of that server.

use std::collections::VecDeque;
use std::time::Duration;

use notify_rust::{Hint, Notification, NotificationHandle};
use tokio::time::timeout;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use super::wording::{Message, Urgency};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long the bus and the server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// GNOME Shell takes notices down when their sender leaves the bus, so that many senders stay on it.
const KEPT: usize = 8;

/// Why a message did not reach the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no session bus, or it refuses us.
    #[error("no session bus ({0}); notices need a desktop session, and DBUS_SESSION_BUS_ADDRESS must name its bus")]
    NoBus(String),
    /// Nothing on the bus shows notices, and nothing can be started that does.
    #[error("no notification server on the session bus; start one, for example dunst or mako")]
    NoServer,
    /// The server is there and does not answer in time; whether the message was shown is not known.
    #[error("the notification server does not answer")]
    NoAnswer,
    /// The server said no.
    #[error("the notification server refused: {0}")]
    Refused(String),
}

/// How delivery stands, for `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing was sent yet.
    #[default]
    Untried,
    /// The last message was taken.
    Works,
    /// The last message was not.
    Fails(Error),
}

/// Sends messages to whatever notification server the session has at that moment.
pub struct Notifier {
    patience: Duration,
    bus: Option<Connection>,
    server: Option<Server>,
    shown: VecDeque<NotificationHandle>,
    delivery: Delivery,
}

/// What is known of one server, for as long as it owns the name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    owner: String,
    body_markup: bool,
}

impl Default for Notifier {
    fn default() -> Self {
        Self::new(PATIENCE)
    }
}

impl Notifier {
    /// A notifier on the session bus of the environment; it connects when there is something to say.
    /// `patience` bounds each answer, so a dead bus costs three times that at most.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self { patience, bus: None, server: None, shown: VecDeque::new(), delivery: Delivery::Untried }
    }

    /// How delivery stands after the last message.
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Shows a message. A failure is logged once, until it changes or delivery works again.
    ///
    /// # Errors
    /// [`Error`]. After [`Error::NoAnswer`] the message may have been shown; after the others it was not.
    pub async fn send(&mut self, message: &Message) -> Result<(), Error> {
        let sent = self.attempt(message).await;
        if sent.is_err() {
            self.bus = None;
            self.server = None;
        }
        self.note(&sent);
        sent
    }

    async fn attempt(&mut self, message: &Message) -> Result<(), Error> {
        let server = self.server().await?;
        let notification = build(message, server.body_markup);
        let handle = timeout(self.patience, notification.show_async()).await.map_err(|_| Error::NoAnswer)?;
        match handle {
            Ok(handle) => {
                self.shown.truncate(KEPT - 1);
                self.shown.push_front(handle);
                Ok(())
            }
            Err(error) => Err(self.blame(&server, &error).await),
        }
    }

    /// What the server can do: asked once of each, as its bus name changes hands when it restarts.
    async fn server(&mut self) -> Result<Server, Error> {
        let bus = self.bus().await?;
        let owner = self.owner(&bus).await?;
        if let (Some(owner), Some(known)) = (&owner, &self.server)
            && *owner == known.owner
        {
            return Ok(known.clone());
        }
        // Asking starts a server that the bus can activate, so that the owner is only known for certain afterwards.
        let call = bus.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &());
        let reply = timeout(self.patience, call).await.map_err(|_| Error::NoAnswer)?.map_err(why)?;
        let found: Vec<String> = reply.body().deserialize().map_err(|error| Error::Refused(error.to_string()))?;
        let owner = self.owner(&bus).await?.ok_or(Error::NoServer)?;
        let server = Server { owner, body_markup: found.iter().any(|one| one == "body-markup") };
        self.server = Some(server.clone());
        Ok(server)
    }

    async fn bus(&mut self) -> Result<Connection, Error> {
        if let Some(bus) = &self.bus {
            return Ok(bus.clone());
        }
        let bus = timeout(self.patience, Connection::session()).await;
        let bus = bus.map_err(|_| Error::NoBus("it does not answer".to_owned()))?;
        let bus = bus.map_err(|error| Error::NoBus(error.to_string()))?;
        self.bus = Some(bus.clone());
        Ok(bus)
    }

    async fn owner(&self, bus: &Connection) -> Result<Option<String>, Error> {
        let no_bus = |error: zbus::Error| Error::NoBus(error.to_string());
        let ask = async {
            let name = BusName::try_from(NAME).map_err(|error| no_bus(error.into()))?;
            let proxy = DBusProxy::new(bus).await.map_err(no_bus)?;
            match proxy.get_name_owner(name).await {
                Ok(owner) => Ok(Some(owner.to_string())),
                Err(zbus::fdo::Error::NameHasNoOwner(_)) => Ok(None),
                Err(error) => Err(no_bus(error.into())),
            }
        };
        timeout(self.patience, ask).await.map_err(|_| Error::NoBus("it does not answer".to_owned()))?
    }

    /// notify-rust hides what kind of error it met; whether the server is still there tells the two apart.
    async fn blame(&self, server: &Server, error: &notify_rust::error::Error) -> Error {
        let Some(bus) = &self.bus else { return Error::NoBus(error.to_string()) };
        match self.owner(bus).await {
            Ok(Some(owner)) if owner == server.owner => Error::Refused(error.to_string()),
            Ok(_) => Error::NoServer,
            Err(gone) => gone,
        }
    }

    fn note(&mut self, sent: &Result<(), Error>) {
        let now = match sent {
            Ok(()) => Delivery::Works,
            Err(error) => Delivery::Fails(error.clone()),
        };
        match (&self.delivery, &now) {
            (before, now) if before == now => {}
            (_, Delivery::Fails(error)) => tracing::warn!(%error, "notices cannot be shown"),
            (Delivery::Fails(_), _) => tracing::info!("notices can be shown again"),
            _ => {}
        }
        self.delivery = now;
    }
}

fn why(error: zbus::Error) -> Error {
    let gone = ["ServiceUnknown", "NameHasNoOwner", "Spawn"];
    match error {
        zbus::Error::MethodError(name, ..) if gone.iter().any(|one| name.as_str().contains(one)) => Error::NoServer,
        zbus::Error::MethodError(name, _, _) if name.as_str().ends_with(".NoReply") => Error::NoAnswer,
        zbus::Error::MethodError(name, detail, _) => Error::Refused(detail.unwrap_or_else(|| name.to_string())),
        other => Error::NoBus(other.to_string()),
    }
}

fn build(message: &Message, body_markup: bool) -> Notification {
    let mut body = message.body.iter().map(|line| bare(line)).collect::<Vec<_>>().join("\n");
    if body_markup {
        body = escaped(&body);
    }
    let urgency = match message.urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
    };
    let mut notification = Notification::new();
    notification
        .appname("cadenced")
        .summary(&bare(&message.summary))
        .body(&body)
        .icon(message.icon)
        .urgency(urgency)
        .hint(Hint::Category(message.category.to_owned()))
        .hint(Hint::DesktopEntry(message.desktop_entry.to_owned()));
    notification
}

/// A line without control characters, which some servers pass on to a terminal or refuse.
fn bare(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect()
}

/// Text as the markup of bodies wants it (Desktop Notifications 1.2, *Markup*).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
