//! Queries, enables and starts the systemd user unit over the session bus.

pub mod hardening;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};
use zbus::Connection;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type};

const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How long the bus and the manager may take for each answer; reading all units again takes a while on a slow disk.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a start may take before it is left to itself; the unit's own limit is a minute.
const STARTING: Duration = Duration::from_secs(70);

/// How often a start that goes on is looked at.
const START_POLL_INTERVAL: Duration = Duration::from_millis(200);

/// What the user manager says of our unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitState {
    /// There is no user manager on the session bus, or no session bus; with what was heard instead.
    NoUserManager(String),
    /// There is a manager, and it knows no such unit.
    NotInstalled,
    /// The unit is there.
    Installed(Box<Unit>),
}

/// A unit that is installed, in the manager's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its name, such as `cadenced@work.service`.
    pub name: String,
    /// `enabled`, `disabled`, `masked`, `linked` and so on (`UnitFileState`).
    pub file_state: String,
    /// `loaded`, `bad-setting`, `error`, `masked`, `not-found` (`LoadState`).
    pub load_state: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading` (`ActiveState`).
    pub active_state: String,
    /// The same more finely: `running`, `auto-restart`, `dead` and so on (`SubState`).
    pub sub_state: String,
    /// What the daemon said of itself last (`StatusText`).
    pub status: String,
    /// How its last run ended: `success`, `exit-code`, `signal`, `watchdog`, `start-limit-hit` and so on (`Result`).
    pub result: String,
    /// The exit code or the number of the signal of its last run (`ExecMainStatus`); 226 is a sandbox that cannot be set up.
    pub exit_status: i32,
    /// How often it was restarted by itself (`NRestarts`).
    pub restarts: u32,
    /// The process of the daemon; 0 where none runs (`MainPID`).
    pub pid: u32,
    /// The file that it was read from (`FragmentPath`).
    pub fragment: Option<PathBuf>,
    /// The files that add to it (`DropInPaths`).
    pub drop_ins: Vec<PathBuf>,
    /// Whether its files changed since they were read (`NeedDaemonReload`).
    pub is_outdated: bool,
    /// Whether a job for it goes on.
    pub has_job: bool,
}

/// Why the manager did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no user manager to ask.
    #[error(
        "there is no systemd user manager on the session bus ({0}); log in to a session of your own, or start `cadenced run` yourself"
    )]
    NoUserManager(String),
    /// The manager said no.
    #[error("systemd refused: {0}; `systemctl --user status` says more")]
    Said(String),
    /// The manager does not answer.
    #[error("systemd does not answer; try again, or see `systemctl --user status`")]
    Silent,
}

impl Unit {
    /// Whether it starts by itself at the next login.
    pub fn is_enabled(&self) -> bool {
        matches!(self.file_state.as_str(), "enabled" | "enabled-runtime" | "linked" | "linked-runtime")
    }

    /// Whether it runs now.
    pub fn is_active(&self) -> bool {
        matches!(self.active_state.as_str(), "active" | "reloading")
    }

    /// Whether it gave up, or stands between two tries.
    pub fn has_failed(&self) -> bool {
        self.active_state == "failed" || self.sub_state == "auto-restart"
    }
}

/// The unit of a profile. Letters that no unit's name may hold make the manager refuse it.
pub fn unit_name(profile: Option<&str>) -> String {
    profile.map_or_else(|| "cadenced.service".to_owned(), |name| format!("cadenced@{name}.service"))
}

/// What the user manager on the session bus says of the unit of a profile.
pub async fn look(profile: Option<&str>) -> UnitState {
    match session_bus().await {
        Ok(bus) => look_on(&bus, profile).await,
        Err(Refused::NoUserManager(why)) => UnitState::NoUserManager(why),
        Err(why) => UnitState::NoUserManager(why.to_string()),
    }
}

/// The same, on this bus.
pub async fn look_on(bus: &Connection, profile: Option<&str>) -> UnitState {
    let name = unit_name(profile);
    let file_state: String = match ask(bus, "GetUnitFileState", &(&name,)).await {
        Ok(state) => state,
        Err(Refused::NoUserManager(why)) => return UnitState::NoUserManager(why),
        Err(Refused::Silent) => return UnitState::NoUserManager(Refused::Silent.to_string()),
        Err(Refused::Said(_)) => return UnitState::NotInstalled,
    };
    let about = about(bus, &name).await.unwrap_or_default();
    UnitState::Installed(Box::new(Unit { name, file_state, ..about }))
}

/// Makes the manager read its files again, enables the unit of a profile, and starts it; one that runs reads its config
/// again, or is restarted where `restart` says so. It comes back once the start is over, either way.
///
/// # Errors
/// [`Refused`], where there is no manager or it does not want to.
pub async fn enable_and_start(profile: Option<&str>, restart: bool) -> Result<UnitState, Refused> {
    enable_and_start_on(&session_bus().await?, profile, restart).await
}

/// The same, on this bus.
///
/// # Errors
/// As [`enable_and_start`].
pub async fn enable_and_start_on(bus: &Connection, profile: Option<&str>, restart: bool) -> Result<UnitState, Refused> {
    let name = unit_name(profile);
    let _: () = ask(bus, "Reload", &()).await?;
    let _: (bool, Vec<(String, String, String)>) =
        ask(bus, "EnableUnitFiles", &(vec![name.as_str()], false, false)).await?;
    let _: () = ask(bus, "Reload", &()).await?;
    // A unit that gave up would be refused by its own start limit; one that never ran has nothing to forget.
    let _: Result<(), Refused> = ask(bus, "ResetFailedUnit", &(&name,)).await;
    let how = if restart { "RestartUnit" } else { "ReloadOrRestartUnit" };
    let _: OwnedObjectPath = ask(bus, how, &(&name, "replace")).await?;
    let settled = async {
        loop {
            match look_on(bus, profile).await {
                UnitState::Installed(unit) if unit.has_job => sleep(START_POLL_INTERVAL).await,
                state => return state,
            }
        }
    };
    timeout(STARTING, settled).await.map_err(|_| Refused::Silent)
}

async fn session_bus() -> Result<Connection, Refused> {
    let connected = timeout(ANSWER_TIMEOUT, Connection::session()).await.map_err(|_| Refused::Silent)?;
    connected.map_err(|error| Refused::NoUserManager(format!("no session bus: {error}")))
}

/// Asks the manager for one thing.
async fn ask<B, R>(bus: &Connection, method: &str, body: &B) -> Result<R, Refused>
where
    B: Serialize + DynamicType,
    R: DeserializeOwned + Type,
{
    let call = bus.call_method(Some(NAME), PATH, Some(MANAGER), method, body);
    let reply = timeout(ANSWER_TIMEOUT, call).await.map_err(|_| Refused::Silent)?.map_err(refused)?;
    reply.body().deserialize().map_err(refused)
}

/// A refusal in the manager's words; nobody there to ask is another matter.
fn refused(error: zbus::Error) -> Refused {
    let zbus::Error::MethodError(name, words, _) = error else { return Refused::Said(error.to_string()) };
    let words = words.unwrap_or_else(|| name.to_string());
    // Where the name is listed for starting, and is no systemd after all, the bus says that it cannot start it.
    let is_nobody = name.starts_with("org.freedesktop.DBus.Error.Spawn.")
        || ["ServiceUnknown", "NameHasNoOwner", "Disconnected"]
            .iter()
            .any(|last| name.strip_prefix("org.freedesktop.DBus.Error.") == Some(last));
    if is_nobody { Refused::NoUserManager(words) } else { Refused::Said(words) }
}

async fn about(bus: &Connection, name: &str) -> Result<Unit, Refused> {
    let path: OwnedObjectPath = ask(bus, "LoadUnit", &(name,)).await?;
    let mut known = properties(bus, &path, UNIT).await?;
    known.extend(properties(bus, &path, SERVICE).await?);
    let mut text = |key: &str| take::<String>(&mut known, key).unwrap_or_default();
    let unit = Unit {
        load_state: text("LoadState"),
        active_state: text("ActiveState"),
        sub_state: text("SubState"),
        status: text("StatusText"),
        result: text("Result"),
        fragment: Some(text("FragmentPath")).filter(|path| !path.is_empty()).map(PathBuf::from),
        ..Unit::default()
    };
    Ok(Unit {
        exit_status: take(&mut known, "ExecMainStatus").unwrap_or_default(),
        restarts: take(&mut known, "NRestarts").unwrap_or_default(),
        pid: take(&mut known, "MainPID").unwrap_or_default(),
        drop_ins: take(&mut known, "DropInPaths").map(paths).unwrap_or_default(),
        is_outdated: take(&mut known, "NeedDaemonReload").unwrap_or_default(),
        has_job: take::<(u32, OwnedObjectPath)>(&mut known, "Job").is_some_and(|(id, _)| id != 0),
        ..unit
    })
}

fn paths(texts: Vec<String>) -> Vec<PathBuf> {
    texts.into_iter().map(PathBuf::from).collect()
}

async fn properties(
    bus: &Connection,
    path: &OwnedObjectPath,
    interface: &str,
) -> Result<HashMap<String, OwnedValue>, Refused> {
    let body = (interface,);
    let call = bus.call_method(Some(NAME), path, Some(PROPERTIES), "GetAll", &body);
    let reply = timeout(ANSWER_TIMEOUT, call).await.map_err(|_| Refused::Silent)?.map_err(refused)?;
    reply.body().deserialize().map_err(refused)
}

fn take<T: TryFrom<OwnedValue>>(known: &mut HashMap<String, OwnedValue>, key: &str) -> Option<T> {
    known.remove(key).and_then(|value| T::try_from(value).ok())
}
