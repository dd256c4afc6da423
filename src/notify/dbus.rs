//! A client of the notification server (Desktop Notifications 1.2): shows and closes notices, and receives presses.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::zvariant::{OwnedValue, Value};

use super::popups::keyed;
use super::signals::Signals;
use super::text::{Message, Urgency};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long the bus and the server may take for each answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

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

/// What the server says of a notice that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// A button was pressed.
    Pressed {
        /// The server's name on the bus.
        sender: String,
        /// Its number for the notice.
        id: u32,
        /// The key of the button.
        key: String,
    },
    /// A notice is gone.
    Closed {
        /// The server's name on the bus.
        sender: String,
        /// Its number for the notice.
        id: u32,
    },
    /// What a program that is opened now may show itself with; it comes right before the press (Wayland, X11).
    Token {
        /// Its text.
        token: String,
    },
}

/// Sends messages to whatever notification server the session has at that moment.
pub struct Notifier {
    patience: Duration,
    sound: bool,
    tell: Option<Sender<ServerEvent>>,
    listening: Option<JoinHandle<()>>,
    bus: Option<Connection>,
    server: Option<Server>,
    delivery: Delivery,
}

/// Names one run of a notification server: its unique name is never given again by that bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerId {
    /// The bus.
    pub bus: String,
    /// The server's unique name on it.
    pub owner: String,
}

/// What is known of one server, for as long as it owns the name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    id: ServerId,
    body_markup: bool,
    actions: bool,
}

impl Drop for Notifier {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
    }
}

impl Default for Notifier {
    fn default() -> Self {
        Self::new(ANSWER_TIMEOUT)
    }
}

impl Notifier {
    /// A notifier on the session bus of the environment; it connects when there is something to say.
    /// `patience` bounds each answer, so a dead bus costs three times that at most.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            sound: false,
            tell: None,
            listening: None,
            bus: None,
            server: None,
            delivery: Delivery::Untried,
        }
    }

    /// Says what the server says of notices, and whether notices may make a sound.
    #[must_use]
    pub fn heard_by(self, tell: Sender<ServerEvent>, sound: bool) -> Self {
        let mut notifier = self;
        notifier.tell = Some(tell);
        notifier.sound = sound;
        notifier
    }

    /// How delivery stands after the last message.
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Shows a message, in the place of the notice `instead` where one is named, and gives back the server's number for it.
    /// A failure is logged once, until it changes or delivery works again.
    ///
    /// # Errors
    /// [`Error`]. After [`Error::NoAnswer`] the message may have been shown; after the others it was not.
    pub async fn send(&mut self, message: &Message, instead: Option<u32>) -> Result<u32, Error> {
        let sent = self.attempt(message, instead.unwrap_or(0)).await;
        self.forget_on_failure(&sent);
        self.note(&sent);
        sent
    }

    /// Takes a notice down. One that is gone already is no failure.
    ///
    /// # Errors
    /// [`Error`], where the server is not to be reached.
    pub async fn withdraw(&mut self, id: u32) -> Result<(), Error> {
        self.server().await?;
        match self.call("CloseNotification", &(id,)).await {
            Ok(_) | Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Which run of which server would show a message now.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn server_id(&mut self) -> Result<ServerId, Error> {
        let found = self.server().await.map(|server| server.id);
        self.forget_on_failure(&found);
        found
    }

    /// Whether the user wants no notices now, where the server says so (the `Inhibited` property of KDE's).
    pub async fn is_inhibited(&mut self) -> bool {
        if self.server().await.is_err() {
            return false;
        }
        let Some(bus) = &self.bus else { return false };
        let ask =
            bus.call_method(Some(NAME), PATH, Some("org.freedesktop.DBus.Properties"), "Get", &(NAME, "Inhibited"));
        let Ok(Ok(reply)) = timeout(self.patience, ask).await else { return false };
        let value: Result<OwnedValue, _> = reply.body().deserialize();
        value.ok().and_then(|value| bool::try_from(value).ok()).unwrap_or(false)
    }

    fn forget_on_failure<T>(&mut self, result: &Result<T, Error>) {
        // One that says no is there anyway, with everything that it shows.
        if matches!(result, Err(error) if !matches!(error, Error::Refused(_))) {
            self.bus = None;
            self.server = None;
        }
    }

    async fn attempt(&mut self, message: &Message, replaces: u32) -> Result<u32, Error> {
        let server = self.server().await?;
        let body = body(message, &server);
        let keys = keyed(&message.buttons);
        let words = message.buttons.iter().zip(&keys);
        let actions: Vec<&str> = words.flat_map(|(button, (key, _))| [key.as_str(), button.label.as_str()]).collect();
        let actions = if server.actions { actions } else { Vec::new() };
        let args =
            ("cadenced", replaces, message.icon, bare(&message.summary), body, actions, self.hints(message), -1_i32);
        let reply = match self.call("Notify", &args).await {
            // The server may have left between the check and the call; whether it did tells the two apart.
            Err(Error::Refused(why)) => return Err(self.blame(&server, why).await),
            other => other?,
        };
        reply.body().deserialize().map_err(|error| Error::Refused(error.to_string()))
    }

    fn hints(&self, message: &Message) -> HashMap<&'static str, Value<'static>> {
        let urgency: u8 = match message.urgency {
            Urgency::Low => 0,
            Urgency::Normal => 1,
        };
        let mut hints = HashMap::from([
            ("urgency", Value::from(urgency)),
            ("category", Value::from(message.category)),
            ("desktop-entry", Value::from(message.desktop_entry)),
        ]);
        if !self.sound {
            hints.insert("suppress-sound", Value::from(true));
        }
        hints
    }

    async fn call<B>(&self, method: &str, args: &B) -> Result<zbus::Message, Error>
    where
        B: Serialize + zbus::zvariant::DynamicType + Sync,
    {
        let Some(bus) = &self.bus else { return Err(Error::NoBus("it is not connected".to_owned())) };
        let call = bus.call_method(Some(NAME), PATH, Some(NAME), method, args);
        timeout(self.patience, call).await.map_err(|_| Error::NoAnswer)?.map_err(why)
    }

    /// What the server can do: asked once of each, as its bus name changes hands when it restarts.
    async fn server(&mut self) -> Result<Server, Error> {
        let bus = self.bus().await?;
        let owner = self.owner(&bus).await?;
        if let (Some(owner), Some(known)) = (&owner, &self.server)
            && *owner == known.id.owner
        {
            return Ok(known.clone());
        }
        // Asking starts a server that the bus can activate, so that the owner is only known for certain afterwards.
        let reply = self.call("GetCapabilities", &()).await?;
        let found: Vec<String> = reply.body().deserialize().map_err(|error| Error::Refused(error.to_string()))?;
        let owner = self.owner(&bus).await?.ok_or(Error::NoServer)?;
        let can = |what: &str| found.iter().any(|one| one == what);
        let id = ServerId { bus: bus.server_guid().to_string(), owner };
        let server = Server { id, body_markup: can("body-markup"), actions: can("actions") };
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
        self.listen(&bus).await?;
        Ok(bus)
    }

    /// Servers answer a press to the sender alone or to everybody; either way it comes in on this connection.
    async fn listen(&mut self, bus: &Connection) -> Result<(), Error> {
        let Some(tell) = self.tell.clone() else { return Ok(()) };
        let signals = timeout(self.patience, Signals::of(bus, NAME, None)).await;
        let signals = signals.map_err(|_| Error::NoBus("it does not answer".to_owned()))?;
        let mut signals = signals.map_err(|error| Error::NoBus(error.to_string()))?;
        let listening = tokio::spawn(async move {
            while let Some(signal) = signals.next().await {
                if let Some(heard) = heard(&signal)
                    && tell.send(heard).await.is_err()
                {
                    return;
                }
            }
        });
        if let Some(before) = self.listening.replace(listening) {
            before.abort();
        }
        Ok(())
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

    async fn blame(&self, server: &Server, why: String) -> Error {
        let Some(bus) = &self.bus else { return Error::NoBus(why) };
        match self.owner(bus).await {
            Ok(Some(owner)) if owner == server.id.owner => Error::Refused(why),
            Ok(_) => Error::NoServer,
            Err(gone) => gone,
        }
    }

    fn note<T>(&mut self, sent: &Result<T, Error>) {
        let now = match sent {
            Ok(_) => Delivery::Works,
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

pub(super) fn why(error: zbus::Error) -> Error {
    let gone = ["ServiceUnknown", "NameHasNoOwner", "Spawn"];
    match error {
        zbus::Error::MethodError(name, ..) if gone.iter().any(|one| name.as_str().contains(one)) => Error::NoServer,
        zbus::Error::MethodError(name, _, _) if name.as_str().ends_with(".NoReply") => Error::NoAnswer,
        zbus::Error::MethodError(name, detail, _) => Error::Refused(detail.unwrap_or_else(|| name.to_string())),
        other => Error::NoBus(other.to_string()),
    }
}

/// What a signal of a server says, where it is about notices.
fn heard(signal: &zbus::Message) -> Option<ServerEvent> {
    let header = signal.header();
    let sender = header.sender()?.to_string();
    let body = signal.body();
    match header.member()?.as_str() {
        "ActionInvoked" => {
            let (id, key): (u32, String) = body.deserialize().ok()?;
            Some(ServerEvent::Pressed { sender, id, key })
        }
        "NotificationClosed" => {
            let (id, _why): (u32, u32) = body.deserialize().ok()?;
            Some(ServerEvent::Closed { sender, id })
        }
        "ActivationToken" => {
            let (_id, token): (u32, String) = body.deserialize().ok()?;
            Some(ServerEvent::Token { token })
        }
        _ => None,
    }
}

/// The lines, with what to type where there is nothing to press, in the form that the server takes.
fn body(message: &Message, server: &Server) -> String {
    let typed = message.instead.iter().filter(|_| !server.actions || message.buttons.is_empty());
    let body = message.body.iter().chain(typed).map(|line| bare(line)).collect::<Vec<_>>().join("\n");
    if server.body_markup { escaped(&body) } else { body }
}

/// A line without control characters, which some servers pass on to a terminal or refuse.
fn bare(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect()
}

/// Text as the markup of bodies wants it (Desktop Notifications 1.2, *Markup*).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
