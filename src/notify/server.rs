//! The notification server's capabilities (Desktop Notifications 1.2), and whether do-not-disturb is on.

use serde::Serialize;
use zbus::Connection;
use zbus::zvariant::{DynamicType, OwnedValue};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Where servers say that the user wants no notices now, by the servers that do: the interface and its property.
const PAUSED: [(&str, &str); 2] = [(NAME, "Inhibited"), ("org.dunstproject.cmd0", "paused")];

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// The version of the specification that it follows.
    pub specification: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Whether the user wants no notices now; `None` where the server does not say.
    pub paused: Option<bool>,
}

impl About {
    /// Whether it can do this.
    pub fn can(&self, what: &str) -> bool {
        self.capabilities.iter().any(|one| one == what)
    }
}

/// Asks the notification server of a session; one that the bus can start is started.
///
/// # Errors
/// The bus's own, where there is no server or it does not say. It waits as long as the bus does: bound it.
pub async fn look(bus: &Connection) -> zbus::Result<About> {
    let capabilities = call(bus, NAME, "GetCapabilities", &()).await?.body().deserialize()?;
    // One that does not say its name shows notices anyway.
    let named = call(bus, NAME, "GetServerInformation", &()).await;
    let named: Option<(String, String, String, String)> = named.ok().and_then(|reply| reply.body().deserialize().ok());
    let (name, vendor, version, specification) = named.unwrap_or_default();
    let mut paused = None;
    for asked in PAUSED {
        if let Ok(reply) = call(bus, PROPERTIES, "Get", &asked).await {
            let value: Option<OwnedValue> = reply.body().deserialize().ok();
            paused = value.and_then(|value| bool::try_from(value).ok()).or(paused);
        }
    }
    Ok(About { name, vendor, version, specification, capabilities, paused })
}

async fn call<B>(bus: &Connection, interface: &str, method: &str, args: &B) -> zbus::Result<zbus::Message>
where
    B: Serialize + DynamicType + Sync,
{
    bus.call_method(Some(NAME), PATH, Some(interface), method, args).await
}
