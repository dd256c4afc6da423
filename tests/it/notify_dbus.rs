//! Notices reach a notification server on a real session bus, and a bad server never blocks anything.
//!
//! The bus is found in the environment, which one process has once: each case runs this test program again, as
//! `inside_a_session`, with a bus of its own.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cadenced::notify::buttons::Press;
use cadenced::notify::dbus::{Delivery, Error, Notifier, ServerEvent};
use cadenced::notify::text::{Button, Message, Urgency};
use cadenced::notify::trial::{self, Trial};
use tokio::sync::mpsc::channel;
use zbus::zvariant::OwnedValue;

use crate::waiting::{HANGS, until};

const CASE: &str = "CADENCED_TEST_CASE";

/// How long a server is waited for that answers.
const PATIENCE: Duration = HANGS;

/// A `dbus-daemon` that ends with this value.
pub struct Bus {
    daemon: Child,
    pub address: String,
    _folder: tempfile::TempDir,
}

/// A session bus that starts no services: those installed on this machine must not answer here.
const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=FOLDER</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

impl Bus {
    /// `None`, and a word about it, where there is no `dbus-daemon`.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder for the socket");
        let config = folder.path().join("session.conf");
        let text = CONFIG.replace("FOLDER", &folder.path().to_string_lossy());
        std::fs::write(&config, text).expect("the config is written");
        let spawned = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address=1", "--config-file"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut daemon) = spawned else {
            println!("skipped: dbus-daemon is not installed");
            return None;
        };
        let mut address = String::new();
        let stdout = daemon.stdout.take().expect("it was piped");
        BufReader::new(stdout).read_line(&mut address).expect("dbus-daemon says its address");
        Some(Self { daemon, address: address.trim().to_owned(), _folder: folder })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Runs one case in a process whose session bus is a fresh one.
fn in_a_session(case: &str) {
    let Some(bus) = Bus::start() else { return };
    run_inside(case, &bus.address, &bus.daemon.id().to_string());
}

fn run_inside(case: &str, address: &str, daemon: &str) {
    let program = std::env::current_exe().expect("this test program has a path");
    let output = Command::new(program)
        .args(["notify_dbus::inside_a_session", "--exact", "--nocapture"])
        .env(CASE, case)
        .env("CADENCED_TEST_BUS_PID", daemon)
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .output()
        .expect("the test program runs again");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("case done"), "the case did not run:\n{said}");
}

#[test]
fn a_server_with_markup_gets_an_escaped_body_and_a_plain_summary() {
    in_a_session("markup");
}

#[test]
fn a_server_without_markup_gets_the_body_as_it_is() {
    in_a_session("plain");
}

#[test]
fn a_notice_with_buttons_can_be_shown_replaced_and_withdrawn() {
    in_a_session("buttons");
}

#[test]
fn a_server_without_actions_gets_what_to_type_instead() {
    in_a_session("typed");
}

#[test]
fn what_the_user_presses_and_closes_is_heard() {
    in_a_session("press");
}

#[test]
fn a_server_can_say_that_no_notices_are_wanted() {
    in_a_session("inhibited");
}

#[test]
fn a_bus_without_a_server_is_said_and_tried_again_later() {
    in_a_session("no-server");
}

#[test]
fn a_server_is_asked_once_and_its_successor_again() {
    in_a_session("restart");
}

#[test]
fn a_server_that_hangs_costs_no_more_than_the_patience() {
    in_a_session("hang");
}

#[test]
fn a_server_that_refuses_is_told_from_one_that_is_gone() {
    in_a_session("refuse");
}

#[test]
fn what_became_of_a_trial_notice_is_known() {
    in_a_session("trial");
}

#[test]
fn a_bus_that_dies_is_said() {
    in_a_session("bus-dies");
}

#[test]
fn no_bus_at_all_is_said() {
    run_inside("no-bus", "unix:path=/nonexistent/bus", "");
}

/// The inside of every case above; by itself it has nothing to do.
#[test]
fn inside_a_session() {
    let Ok(case) = std::env::var(CASE) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let all = tokio::time::timeout(HANGS, run(&case)).await;
        assert!(all.is_ok(), "{case} held everything up");
    });
    println!("case done");
}

async fn run(case: &str) {
    match case {
        "buttons" => buttons().await,
        "typed" => typed().await,
        "press" => press().await,
        "inhibited" => inhibited().await,
        "markup" => shows(&["actions", "body", "body-markup"], "1 &lt; 2 &amp; &lt;b&gt;Ann&lt;/b&gt;\nsecond").await,
        "plain" => shows(&["body"], "1 < 2 & <b>Ann</b>\nsecond").await,
        "no-server" => no_server().await,
        "restart" => restart().await,
        "hang" => hang().await,
        "refuse" => refuse().await,
        "trial" => trial().await,
        "bus-dies" => bus_dies().await,
        "no-bus" => no_bus().await,
        other => panic!("no such case: {other}"),
    }
}

async fn shows(capabilities: &[&str], body: &str) {
    let (seen, _server) = serve(Mock::new(capabilities)).await;
    let mut notifier = Notifier::new(PATIENCE);
    assert_eq!(notifier.delivery(), &Delivery::Untried);
    assert_eq!(notifier.send(&message(), None).await.map(|_| ()), Ok(()));
    assert_eq!(notifier.delivery(), &Delivery::Works);
    let seen = seen.lock().expect("no panic inside");
    let shown = &seen.shown[0];
    assert_eq!((shown.app.as_str(), shown.summary.as_str()), ("cadenced", "1:1 with A & B <i>"));
    assert_eq!(shown.body, body);
    assert_eq!(shown.icon, "x-office-calendar");
    assert_eq!(shown.hints["desktop-entry"], "cadenced");
    assert_eq!(shown.hints["category"], "x-cadenced.session");
    assert_eq!(shown.hints["urgency"], "0");
    assert_eq!((shown.replaces, shown.expires), (0, -1), "a new notice, the server's own time");
    assert_eq!(shown.hints["suppress-sound"], "true", "a sound only if asked for");
}

async fn buttons() {
    let (seen, _server) = serve(Mock::new(&["actions", "body"])).await;
    let mut notifier = Notifier::new(PATIENCE);
    let id = notifier.send(&question(), None).await.expect("it is shown");
    let again = notifier.send(&question(), Some(id)).await.expect("it is shown in the same place");
    notifier.withdraw(again).await.expect("it is taken down");
    notifier.withdraw(77).await.expect("what is gone already is no failure");
    let seen = seen.lock().expect("no panic inside");
    assert_eq!(seen.shown[0].actions, ["open", "One", "open-2", "Two"]);
    assert!(!seen.shown[0].body.contains("type it"), "{}", seen.shown[0].body);
    assert_eq!((seen.shown[1].replaces, again), (id, id));
    assert_eq!(seen.closed, [id, 77]);
}

async fn typed() {
    let (seen, _server) = serve(Mock::new(&["body"])).await;
    Notifier::new(PATIENCE).send(&question(), None).await.expect("it is shown");
    let seen = seen.lock().expect("no panic inside");
    assert!(seen.shown[0].actions.is_empty(), "{:?}", seen.shown[0].actions);
    assert!(seen.shown[0].body.ends_with("type it"), "{}", seen.shown[0].body);
}

async fn press() {
    let (_seen, server) = serve(Mock::new(&["actions"])).await;
    let (tell, mut heard) = channel(8);
    let mut notifier = Notifier::new(PATIENCE).heard_by(tell, false);
    let id = notifier.send(&question(), None).await.expect("it is shown");
    signal(&server, "ActivationToken", &(id, "token")).await;
    signal(&server, "ActionInvoked", &(id, "open")).await;
    signal(&server, "NotificationClosed", &(id, 2_u32)).await;
    let sender = notifier.server_id().await.expect("it is there").owner;
    assert_eq!(heard.recv().await, Some(ServerEvent::Token { token: "token".to_owned() }));
    assert_eq!(heard.recv().await, Some(ServerEvent::Pressed { sender: sender.clone(), id, key: "open".to_owned() }));
    assert_eq!(heard.recv().await, Some(ServerEvent::Closed { sender, id }));
}

async fn inhibited() {
    let (_seen, _server) = serve(Mock { wants_none: true, ..Mock::new(&["body"]) }).await;
    assert!(Notifier::new(PATIENCE).is_inhibited().await);
}

/// Says something as the server does, to everybody.
pub async fn signal<B>(server: &zbus::Connection, name: &str, body: &B)
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    let interface = "org.freedesktop.Notifications";
    let path = "/org/freedesktop/Notifications";
    server.emit_signal(None::<&str>, path, interface, name, body).await.expect("the bus takes it");
}

async fn no_server() {
    let mut notifier = Notifier::new(PATIENCE);
    assert_eq!(notifier.send(&message(), None).await, Err(Error::NoServer));
    assert_eq!(notifier.delivery(), &Delivery::Fails(Error::NoServer));
    let (seen, _server) = serve(Mock::new(&["body"])).await;
    assert_eq!(notifier.send(&message(), None).await.map(|_| ()), Ok(()));
    assert_eq!(seen.lock().expect("no panic inside").shown.len(), 1);
}

async fn restart() {
    let (first, server) = serve(Mock::new(&["body"])).await;
    let mut notifier = Notifier::new(PATIENCE);
    assert_eq!(notifier.send(&message(), None).await.map(|_| ()), Ok(()));
    assert_eq!(notifier.send(&message(), None).await.map(|_| ()), Ok(()));
    assert_eq!(first.lock().expect("no panic inside").asked, 1, "capabilities are asked once");
    server.release_name("org.freedesktop.Notifications").await.expect("the bus answers");
    let (second, _server) = serve(Mock::new(&["body", "body-markup"])).await;
    assert_eq!(notifier.send(&message(), None).await.map(|_| ()), Ok(()));
    let second = second.lock().expect("no panic inside");
    assert_eq!(second.asked, 1, "a new server is asked again");
    assert!(second.shown[0].body.contains("&lt;b&gt;"), "{}", second.shown[0].body);
}

async fn hang() {
    let (seen, _server) = serve(Mock { hangs: true, ..Mock::new(&["body"]) }).await;
    let mut notifier = Notifier::new(Duration::from_millis(400));
    assert_eq!(notifier.send(&message(), None).await, Err(Error::NoAnswer));
    until("its question", || seen.lock().expect("no panic inside").asked > 0).await;
    assert_eq!(seen.lock().expect("no panic inside").asked, 1);
}

async fn refuse() {
    let (_seen, _server) = serve(Mock { refuses: true, ..Mock::new(&["body"]) }).await;
    let refused = Notifier::new(PATIENCE).send(&message(), None).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("too many")), "{refused:?}");
}

async fn trial() {
    const LONG: Duration = Duration::from_secs(20);
    assert_eq!(trial::show(LONG).await, Err(Error::NoServer));
    let (seen, server) = serve(Mock::new(&["actions", "body"])).await;
    let short = Duration::from_millis(300);
    assert_eq!(trial::show(short).await, Ok(Trial::NotPressed), "a server that swallows notices");
    assert_eq!(seen.lock().expect("no panic inside").closed, [1], "it does not stay on the screen");
    // What the server says of the second, the third and the fourth notice, until each is heard.
    let saying = async {
        loop {
            signal(&server, "ActionInvoked", &(2_u32, "seen")).await;
            signal(&server, "NotificationClosed", &(3_u32, 2_u32)).await;
            signal(&server, "NotificationClosed", &(4_u32, 1_u32)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let hearing = async {
        assert_eq!(trial::show(LONG).await, Ok(Trial::Pressed));
        assert_eq!(trial::show(LONG).await, Ok(Trial::Closed), "closed by the user");
        assert_eq!(trial::show(LONG).await, Ok(Trial::NotPressed), "closed by the server");
    };
    tokio::select! { () = hearing => {}, _ = saying => {} }
    server.release_name("org.freedesktop.Notifications").await.expect("the bus answers");
    let (_seen, server) = serve(Mock::new(&["body"])).await;
    assert_eq!(trial::show(LONG).await, Ok(Trial::NoButtons), "nothing to wait for");
    server.release_name("org.freedesktop.Notifications").await.expect("the bus answers");
    let (_seen, _server) = serve(Mock { refuses: true, ..Mock::new(&["actions"]) }).await;
    let refused = trial::show(LONG).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("too many")), "{refused:?}");
}

async fn bus_dies() {
    let (_seen, _server) = serve(Mock::new(&["body"])).await;
    let mut notifier = Notifier::new(PATIENCE);
    assert_eq!(notifier.send(&message(), None).await.map(|_| ()), Ok(()));
    let daemon = std::env::var("CADENCED_TEST_BUS_PID").expect("the case has a bus");
    assert!(Command::new("kill").args(["-9", &daemon]).status().expect("kill runs").success());
    let gone = notifier.send(&message(), None).await;
    assert!(matches!(gone, Err(Error::NoBus(_))), "{gone:?}");
    assert!(matches!(notifier.delivery(), Delivery::Fails(Error::NoBus(_))));
}

async fn no_bus() {
    let mut notifier = Notifier::new(PATIENCE);
    let failed = notifier.send(&message(), None).await;
    assert!(matches!(&failed, Err(Error::NoBus(_))), "{failed:?}");
    assert!(failed.expect_err("it failed").to_string().contains("DBUS_SESSION_BUS_ADDRESS"));
}

fn message() -> Message {
    Message {
        summary: "1:1 with A & B <i>".to_owned(),
        body: vec!["1 < 2 & <b>Ann</b>\u{7}".to_owned(), "second".to_owned()],
        urgency: Urgency::Low,
        category: "x-cadenced.session",
        icon: "x-office-calendar",
        desktop_entry: "cadenced",
        buttons: Vec::new(),
        instead: None,
    }
}

/// The same with two buttons, and what to type where there are none.
fn question() -> Message {
    let week = "2026-W47".parse().expect("a week");
    let button = |label: &str| Button { label: label.to_owned(), press: Press::Open { week } };
    Message { buttons: vec![button("One"), button("Two")], instead: Some("type it".to_owned()), ..message() }
}

/// What a mock server was asked.
#[derive(Default)]
pub struct Seen {
    asked: u32,
    pub shown: Vec<Shown>,
    pub closed: Vec<u32>,
}

pub struct Shown {
    app: String,
    icon: String,
    pub summary: String,
    pub body: String,
    pub actions: Vec<String>,
    hints: HashMap<String, String>,
    pub replaces: u32,
    expires: i32,
}

/// A notification server that keeps what it is told.
pub struct Mock {
    capabilities: Vec<String>,
    hangs: bool,
    refuses: bool,
    wants_none: bool,
    seen: Arc<Mutex<Seen>>,
}

impl Mock {
    pub fn new(capabilities: &[&str]) -> Self {
        let capabilities = capabilities.iter().map(|&one| one.to_owned()).collect();
        Self { capabilities, hangs: false, refuses: false, wants_none: false, seen: Arc::default() }
    }
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Mock {
    async fn get_capabilities(&self) -> Vec<String> {
        self.seen.lock().expect("no panic inside").asked += 1;
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.capabilities.clone()
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has eight")]
    fn notify(
        &self,
        app: String,
        replaces: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expires: i32,
    ) -> zbus::fdo::Result<u32> {
        if self.refuses {
            return Err(zbus::fdo::Error::LimitsExceeded("too many notices".to_owned()));
        }
        let hints = hints.into_iter().map(|(key, value)| (key, plain(&value))).collect();
        let mut seen = self.seen.lock().expect("no panic inside");
        seen.shown.push(Shown { app, icon, summary, body, actions, hints, replaces, expires });
        Ok(if replaces > 0 { replaces } else { u32::try_from(seen.shown.len()).unwrap_or(u32::MAX) })
    }

    fn close_notification(&self, id: u32) -> zbus::fdo::Result<()> {
        self.seen.lock().expect("no panic inside").closed.push(id);
        let gone = || zbus::fdo::Error::Failed("no such notice".to_owned());
        if id == 77 { Err(gone()) } else { Ok(()) }
    }

    #[zbus(property)]
    fn inhibited(&self) -> bool {
        self.wants_none
    }
}

fn plain(value: &OwnedValue) -> String {
    if let Ok(text) = value.downcast_ref::<&str>() {
        return text.to_owned();
    }
    if let Ok(flag) = value.downcast_ref::<bool>() {
        return flag.to_string();
    }
    value.downcast_ref::<u8>().map_or_else(|_| format!("{value:?}"), |byte| byte.to_string())
}

/// Puts a mock on the session bus; it leaves when the connection is dropped.
async fn serve(mock: Mock) -> (Arc<Mutex<Seen>>, zbus::Connection) {
    serve_on(zbus::connection::Builder::session().expect("the case has a bus"), mock).await
}

/// The same on the bus of this connection.
pub async fn serve_on(builder: zbus::connection::Builder<'_>, mock: Mock) -> (Arc<Mutex<Seen>>, zbus::Connection) {
    let seen = Arc::clone(&mock.seen);
    let builder = builder.serve_at("/org/freedesktop/Notifications", mock).expect("the path is good");
    let name = builder.name("org.freedesktop.Notifications").expect("the name is good");
    (seen, name.build().await.expect("the bus takes the name"))
}
