//! Checks the desktop: both buses, the notification server, and what reports locks, sleep and networks.

use std::time::Duration;

use tokio::time::timeout;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::notify::server::{self, About};

/// How long a bus, and whoever is on it, may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// What was found on the desktop.
pub struct Desktop {
    /// The findings.
    pub findings: Vec<Finding>,
    /// The notification server, where there is one.
    pub server: Option<About>,
    /// Whether the session bus answers.
    pub has_session: bool,
    /// The system bus, where it answers.
    pub system: Option<Connection>,
}

/// Looks around.
pub async fn look(case: &DoctorContext) -> Desktop {
    let mut findings = Vec::new();
    let (session, why) = reach(Connection::session()).await;
    let (system, _) = reach(Connection::system()).await;
    let wants_notices = case.settings.as_ref().is_none_or(|settings| settings.notices.enabled);
    let mut server = None;
    match &session {
        Some(bus) => {
            findings.push(Finding::fine(Kind::Bus, "session bus", "answers"));
            let (found, finding) = notices(bus, wants_notices).await;
            server = found;
            findings.extend(finding);
        }
        None => findings.push(no_bus(&why)),
    }
    findings.push(screen(session.as_ref(), system.as_ref()).await);
    findings.extend(machine(system.as_ref()).await);
    Desktop { findings, server, has_session: session.is_some(), system }
}

async fn reach(connecting: impl Future<Output = zbus::Result<Connection>>) -> (Option<Connection>, String) {
    match timeout(ANSWER_TIMEOUT, connecting).await {
        Ok(Ok(bus)) => (Some(bus), String::new()),
        Ok(Err(error)) => (None, error.to_string()),
        Err(_) => (None, format!("it did not answer in {} s", ANSWER_TIMEOUT.as_secs())),
    }
}

/// Without a bus here the daemon may have one anyway, so that this alone is not wrong: what the daemon says decides.
fn no_bus(why: &str) -> Finding {
    let detail = format!(
        "cannot be reached from here ({why}): no notices, no keyring, no D-Bus interface; `cadenced inbox` shows \
         what waits"
    );
    Finding::note(Kind::Bus, "session bus", detail)
        .remedy("run this inside the desktop session, or: systemctl --user start dbus.socket")
}

/// The notification server, and what follows from what it can and cannot do.
async fn notices(bus: &Connection, wanted: bool) -> (Option<About>, Vec<Finding>) {
    let what = "notification server";
    let about = match timeout(ANSWER_TIMEOUT, server::look(bus)).await {
        Ok(Ok(about)) => about,
        Ok(Err(_)) if !wanted => {
            return (None, vec![Finding::note(Kind::Notices, what, "none, and notices are off in the config")]);
        }
        Ok(Err(_)) => {
            let found = Finding::wrong(
                Kind::Notices,
                what,
                Exit::LookHere,
                "none on the session bus, so no notices are shown; `cadenced inbox` shows what waits",
            );
            return (
                None,
                vec![found.remedy("start one, for example `dunst` or `mako`, and let the desktop start it")],
            );
        }
        Err(_) => {
            let detail = format!("it did not answer in {} s: no notices are shown", ANSWER_TIMEOUT.as_secs());
            let found = Finding::wrong(Kind::Notices, what, Exit::LookHere, detail);
            return (None, vec![found.remedy("restart it, or sign in to the desktop again")]);
        }
    };
    let named = if about.name.is_empty() {
        "without a name".to_owned()
    } else {
        format!("{} {}, specification {}", about.name, about.version, about.specification)
    };
    let lacks = lacks(&about);
    let mut findings = vec![if lacks.is_empty() {
        Finding::fine(Kind::Notices, what, named)
    } else {
        Finding::note(Kind::Notices, what, format!("{named}: {}", lacks.join("; ")))
    }];
    if about.paused == Some(true) {
        let detail = "do-not-disturb is on: notices wait until it ends; `cadenced inbox` shows what waits";
        let paused = Finding::note(Kind::Notices, "notices", detail);
        let remedy =
            if about.name == "dunst" { "dunstctl set-paused false" } else { "switch it off in the desktop's settings" };
        findings.push(paused.remedy(remedy));
    }
    (Some(about), findings)
}

/// What the user goes without.
fn lacks(about: &About) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    if !about.can("actions") {
        lacks.push("it shows no buttons, so notices say what to type instead; decide with `cadenced inbox`");
    } else if ["dunst", "mako"].contains(&about.name.to_lowercase().as_str()) {
        lacks.push("it shows no buttons itself: its context menu has them (`dunstctl context`, `makoctl menu`)");
    }
    if !about.can("body") {
        lacks.push("it shows titles only; `cadenced inbox` has the rest");
    }
    lacks
}

/// Whether somebody tells when the screen is locked.
async fn screen(session: Option<&Connection>, system: Option<&Connection>) -> Finding {
    let savers = [(session, "org.freedesktop.ScreenSaver"), (session, "org.gnome.ScreenSaver"), (system, LOGIND)];
    let mut found = Vec::new();
    for (bus, name) in savers {
        if has(bus, name).await {
            found.push(name);
        }
    }
    if found.is_empty() {
        let detail =
            "nothing reports whether it is locked: names stay in notices, and `pause_when_locked` has no effect";
        return Finding::note(Kind::Screen, "screen lock", detail)
            .remedy("if others see this screen: `redaction = \"none\"` in [notices]");
    }
    Finding::fine(Kind::Screen, "screen lock", format!("reported by {}", found.join(", ")))
}

const LOGIND: &str = "org.freedesktop.login1";

/// What the system bus tells of sleep and networks.
async fn machine(system: Option<&Connection>) -> [Finding; 2] {
    let sleep = if has(system, LOGIND).await {
        Finding::fine(Kind::Sleep, "sleep", "reported by logind")
    } else {
        Finding::note(
            Kind::Sleep,
            "sleep",
            "no logind: after a suspend, calendars are read when they are next due, not at once",
        )
        .remedy("systemctl status systemd-logind")
    };
    let network = if has(system, "org.freedesktop.NetworkManager").await {
        Finding::fine(Kind::Network, "network", "reported by NetworkManager")
    } else {
        Finding::note(
            Kind::Network,
            "network",
            "no NetworkManager: after being offline, calendars are read at the next attempt, not at once",
        )
        .remedy("nothing to do; `cadenced sync` reads them now")
    };
    [sleep, network]
}

/// Whether a name is on a bus.
async fn has(bus: Option<&Connection>, name: &str) -> bool {
    let Some(bus) = bus else { return false };
    let ask = async {
        let name = BusName::try_from(name).ok()?;
        DBusProxy::new(bus).await.ok()?.name_has_owner(name).await.ok()
    };
    timeout(ANSWER_TIMEOUT, ask).await.ok().flatten().unwrap_or(false)
}
