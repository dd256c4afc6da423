//! The systemd unit: its state is understood, and it is enabled and started in the right order.
#![expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    reason = "the interfaces of systemd want it so"
)]

use std::sync::{Arc, Mutex};

use cadenced::cli::unit::{Refused, UnitState, enable_and_start_on, look_on};
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, connection, fdo, interface};

use crate::notify_dbus::Bus;

const PATH: &str = "/org/freedesktop/systemd1";
const UNIT: &str = "/org/freedesktop/systemd1/unit/cadenced_2eservice";

/// What was asked of the manager.
type Asked = Arc<Mutex<Vec<String>>>;

/// A manager that knows `cadenced.service` and no other unit.
struct Manager(Asked);

fn unknown(name: &str) -> fdo::Error {
    fdo::Error::FileNotFound(format!("No such file or directory: {name}"))
}

fn path(text: &'static str) -> OwnedObjectPath {
    OwnedObjectPath::try_from(text).unwrap()
}

#[interface(name = "org.freedesktop.systemd1.Manager")]
impl Manager {
    fn get_unit_file_state(&self, name: &str) -> fdo::Result<String> {
        if name == "cadenced.service" { Ok("disabled".to_owned()) } else { Err(unknown(name)) }
    }

    fn load_unit(&self, name: &str) -> OwnedObjectPath {
        let _ = name;
        path(UNIT)
    }

    fn reload(&self) {
        self.0.lock().unwrap().push("reload".to_owned());
    }

    fn enable_unit_files(
        &self,
        names: Vec<String>,
        runtime: bool,
        force: bool,
    ) -> fdo::Result<(bool, Vec<(String, String, String)>)> {
        assert!(!runtime && !force, "it is to last, and nothing of the user's is replaced");
        if names != ["cadenced.service"] {
            return Err(unknown(&names.join(" ")));
        }
        self.0.lock().unwrap().push(format!("enable {}", names.join(" ")));
        Ok((true, Vec::new()))
    }

    fn reset_failed_unit(&self, name: &str) -> fdo::Result<()> {
        Err(fdo::Error::Failed(format!("Unit {name} not loaded.")))
    }

    fn restart_unit(&self, name: &str, mode: &str) -> OwnedObjectPath {
        self.0.lock().unwrap().push(format!("restart {name} {mode}"));
        path("/org/freedesktop/systemd1/job/7")
    }

    fn reload_or_restart_unit(&self, name: &str, mode: &str) -> OwnedObjectPath {
        self.0.lock().unwrap().push(format!("start {name} {mode}"));
        path("/org/freedesktop/systemd1/job/7")
    }
}

/// The unit's properties, of both interfaces; its job is over once it was looked at.
struct Properties(Mutex<u32>);

#[interface(name = "org.freedesktop.systemd1.Unit")]
impl Properties {
    #[zbus(property, name = "ActiveState")]
    fn active_state(&self) -> String {
        "failed".to_owned()
    }

    #[zbus(property, name = "FragmentPath")]
    fn fragment_path(&self) -> String {
        "/usr/lib/systemd/user/cadenced.service".to_owned()
    }

    #[zbus(property, name = "Job")]
    fn job(&self) -> (u32, OwnedObjectPath) {
        let mut left = self.0.lock().unwrap();
        *left = left.saturating_sub(1);
        (*left, path("/"))
    }
}

struct Service;

#[interface(name = "org.freedesktop.systemd1.Service")]
impl Service {
    #[zbus(property, name = "Result")]
    fn result(&self) -> String {
        "exit-code".to_owned()
    }

    #[zbus(property, name = "ExecMainStatus")]
    fn exec_main_status(&self) -> i32 {
        226
    }

    #[zbus(property, name = "NRestarts")]
    fn n_restarts(&self) -> u32 {
        5
    }

    #[zbus(property, name = "StatusText")]
    fn status_text(&self) -> String {
        "2 calendars fresh".to_owned()
    }
}

async fn manager(bus: &Bus, jobs: u32) -> (Connection, Connection, Asked) {
    let asked = Asked::default();
    let serving = connection::Builder::address(bus.address.as_str())
        .unwrap()
        .name("org.freedesktop.systemd1")
        .unwrap()
        .serve_at(PATH, Manager(Arc::clone(&asked)))
        .unwrap()
        .serve_at(UNIT, Properties(Mutex::new(jobs)))
        .unwrap()
        .serve_at(UNIT, Service)
        .unwrap()
        .build()
        .await
        .unwrap();
    (serving, client(bus).await, asked)
}

async fn client(bus: &Bus) -> Connection {
    connection::Builder::address(bus.address.as_str()).unwrap().build().await.unwrap()
}

#[tokio::test]
async fn a_unit_is_shown_as_the_manager_has_it() {
    let Some(bus) = Bus::start() else { return };
    let (_serving, client, _) = manager(&bus, 0).await;
    let UnitState::Installed(unit) = look_on(&client, None).await else { panic!("it is installed") };
    assert!(!unit.is_enabled() && unit.has_failed() && !unit.is_active());
    assert_eq!((unit.result.as_str(), unit.exit_status, unit.restarts), ("exit-code", 226, 5));
    assert_eq!(unit.status, "2 calendars fresh");
    assert_eq!(unit.fragment.unwrap().to_string_lossy(), "/usr/lib/systemd/user/cadenced.service");
    assert_eq!(look_on(&client, Some("work")).await, UnitState::NotInstalled);
}

#[tokio::test]
async fn it_is_enabled_before_it_is_started_and_waited_for() {
    let Some(bus) = Bus::start() else { return };
    let (_serving, client, asked) = manager(&bus, 3).await;
    let UnitState::Installed(unit) = enable_and_start_on(&client, None, false).await.unwrap() else { panic!() };
    assert!(!unit.has_job, "the start is over when it comes back");
    let wanted = ["reload", "enable cadenced.service", "reload", "start cadenced.service replace"];
    assert_eq!(*asked.lock().unwrap(), wanted);
    asked.lock().unwrap().clear();
    enable_and_start_on(&client, None, true).await.unwrap();
    assert_eq!(asked.lock().unwrap().last().unwrap(), "restart cadenced.service replace");
    let refused = enable_and_start_on(&client, Some("work"), false).await.unwrap_err();
    assert!(matches!(&refused, Refused::Said(words) if words.contains("cadenced@work.service")), "{refused}");
}

#[tokio::test]
async fn a_bus_without_a_manager_is_no_reason_to_think_the_unit_missing() {
    let Some(bus) = Bus::start() else { return };
    let client = client(&bus).await;
    assert!(matches!(look_on(&client, None).await, UnitState::NoUserManager(_)));
    let refused = enable_and_start_on(&client, None, false).await.unwrap_err();
    assert!(matches!(refused, Refused::NoUserManager(_)), "{refused}");
}
