//! A declined session is put back exactly once on a real server, despite killed daemons and lost replies.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use cadenced::clock::Clock;
use cadenced::domain::operation::{Operation, StandDownReason, State};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::span::Span;
use cadenced::store::Store;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::caldav_side::{Side, ZONE, env};
use crate::caldav_story::{accept, accepted, decline, object};

const OPEN: u8 = 0;
/// A write never reaches the server.
const HOLD_REQUEST: u8 = 1;
/// A write is done, and its reply never comes.
const HOLD_REPLY: u8 = 2;
/// A write is done, and the connection breaks instead of a reply.
const LOSE_REPLY: u8 = 3;

/// What stands between the daemon and its server, and can let a write or its reply go missing.
#[derive(Clone)]
struct Between {
    mode: Arc<AtomicU8>,
    /// How many writes came by.
    writes: Arc<AtomicU32>,
    port: u16,
}

impl Between {
    /// It has a thread of its own, as the test waits for programs.
    fn start(server: &str) -> Self {
        let target = url::Url::parse(server).unwrap();
        let target = format!("127.0.0.1:{}", target.port().unwrap());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let between = Self { mode: Arc::default(), writes: Arc::default(), port };
        let own = between.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(own.clone().carry(client, target.clone()));
                }
            });
        });
        between
    }

    async fn carry(self, client: TcpStream, target: String) {
        let server = TcpStream::connect(&target).await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let gate = Arc::new(AtomicU8::new(OPEN));
        let seen = gate.clone();
        let up = tokio::spawn(async move {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count) = from_client.read(&mut bytes).await {
                if count == 0 {
                    return;
                }
                if bytes.starts_with(b"PUT ") {
                    self.writes.fetch_add(1, Ordering::SeqCst);
                    seen.store(self.mode.load(Ordering::SeqCst), Ordering::SeqCst);
                }
                if seen.load(Ordering::SeqCst) == HOLD_REQUEST {
                    std::future::pending::<()>().await;
                }
                if to_server.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        });
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count) = from_server.read(&mut bytes).await {
            match gate.load(Ordering::SeqCst) {
                HOLD_REPLY => std::future::pending().await,
                LOSE_REPLY => break,
                _ => {}
            }
            if count == 0 || to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
        up.abort();
    }

    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }

    /// Waits until so many writes came by.
    async fn wait_for(&self, writes: u32) {
        for _ in 0..400 {
            if self.writes.load(Ordering::SeqCst) >= writes {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the daemon wrote nothing");
    }
}

struct Desk {
    folder: tempfile::TempDir,
    config: PathBuf,
    between: Between,
    side: Side,
    uid: String,
    original: DateTime,
}

fn series(uid: &str, first: DateTime, declined: Option<DateTime>) -> String {
    let stamp = |at: DateTime| at.strftime("%Y%m%dT%H%M%S").to_string();
    let event = |at: DateTime, own: &str, reply: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{own}\r\n\
             DTSTART;TZID=Europe/Berlin:{}\r\nDTEND;TZID=Europe/Berlin:{}\r\nSUMMARY:1:1 Mana / Rep\r\n\
             ORGANIZER;CN=Mana:mailto:manager@example.com\r\n\
             ATTENDEE;CN=Mana;PARTSTAT=ACCEPTED:mailto:manager@example.com\r\n\
             ATTENDEE;CN=Rep;PARTSTAT={reply}:mailto:report@example.com\r\nX-KEPT:as it is\r\nEND:VEVENT\r\n",
            stamp(at),
            stamp(at + 30.minutes())
        )
    };
    let set_apart =
        declined.map(|at| event(at, &format!("RECURRENCE-ID;TZID=Europe/Berlin:{}", stamp(at)), "DECLINED"));
    [
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//put back//EN\r\n",
        ZONE,
        &event(first, "RRULE:FREQ=WEEKLY", "ACCEPTED"),
        set_apart.as_deref().unwrap_or_default(),
        "END:VCALENDAR\r\n",
    ]
    .concat()
}

impl Desk {
    async fn new(name: &str, days_ahead: i64) -> Self {
        let side = Side::new("manager").await;
        side.empty().await;
        if env("CADENCED_CALDAV_SCHEDULES") == "yes" {
            // What the server brought to the guest before would take the guest's time.
            Side::new("report").await.empty().await;
        }
        let between = Between::start(&env("CADENCED_CALDAV_SERVER"));
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let hours: String = week.map(|day| format!("{day} = [\"06:00-22:00\"]\n")).concat();
        let text = format!(
            "[owner]\naddresses = [\"manager@example.com\"]\nzone = \"Europe/Berlin\"\n\
             [[account]]\nname = \"work\"\nkind = \"caldav\"\nserver = \"http://127.0.0.1:{}/\"\nusername = \"manager\"\n\
             password_command = [\"echo\", \"pw\"]\naccess = \"write\"\n[[account.calendar]]\nname = \"main\"\nevery = \"5m\"\n\
             [paths]\ndata = \"{}\"\n[hours]\n{hours}[slots]\ngrace = \"1s\"\nnotice = \"1h\"\n",
            between.port,
            folder.path().join("data").display()
        );
        fs::write(&config, text).unwrap();
        // A weekly series whose next session is some days ahead: what one case leaves in the free/busy of a server is not in the way
        // of the next one.
        let now = Clock::System.now().to_zoned(TimeZone::get("Europe/Berlin").unwrap());
        let original = now.date().checked_add(days_ahead.days()).unwrap().at(10, 0, 0, 0);
        let uid = format!("put-back-{name}-{}", std::process::id());
        let desk = Self { folder, config, between, side, uid, original };
        let first = original.checked_sub(28.days()).unwrap();
        desk.side.put(&desk.object(), &series(&desk.uid, first, None)).await;
        desk.run(&["sync"]);
        desk.side.put(&desk.object(), &series(&desk.uid, first, Some(original))).await;
        desk.run(&["sync"]);
        desk
    }

    fn object(&self) -> String {
        format!("{}.ics", self.uid)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
        command.arg("--config").arg(&self.config).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command
    }

    fn run(&self, words: &[&str]) -> String {
        let ended = self.command().args(words).output().unwrap();
        let printed = String::from_utf8(ended.stdout).unwrap();
        assert!(ended.status.success(), "{words:?}: {printed}{}", String::from_utf8_lossy(&ended.stderr));
        printed
    }

    fn daemon(&self) -> Child {
        self.command().arg("run").stderr(Stdio::null()).spawn().unwrap()
    }

    fn store(&self) -> Store {
        Store::open(&self.folder.path().join("data"), Clock::System.now()).unwrap().0
    }

    /// The user says yes to what `cadenced plan` proposes.
    async fn say_yes(&self) {
        let plan: Value = serde_json::from_str(&self.run(&["plan", "--format", "json"])).unwrap();
        let proposal =
            &plan.as_array().unwrap().iter().find(|one| one["kind"] == "ask").expect("a question")["session"];
        let found = plan.as_array().unwrap().iter().find(|one| one["session"] == *proposal).unwrap();
        let at = |key: &str| found["to"][key].as_str().unwrap().parse::<Timestamp>().unwrap();
        let choice = Choice::Take {
            session: found["session"].as_str().unwrap().parse().unwrap(),
            slot: Span::new(at("start"), at("end")),
        };
        let store = self.store();
        store.decide(Decision { choice, at: Clock::System.now() }).await.unwrap();
        store.close().await.unwrap();
    }

    /// Waits until nothing is being sent any more.
    async fn settled(&self) -> Vec<Operation> {
        for _ in 0..600 {
            let store = self.store();
            let operations = store.operations().await.unwrap();
            store.close().await.unwrap();
            if !operations.is_empty() && operations.iter().all(|one| one.state != State::Sending) {
                return operations;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it was never settled");
    }

    async fn check(&self, operations: &[Operation]) {
        let done: Vec<_> = operations.iter().filter(|one| one.state == State::Done).collect();
        assert_eq!(done.len(), 1, "{operations:#?}");
        let text = self.side.text(&self.object()).await.replace("\r\n ", "");
        let marks = text.matches("X-CADENCED-OPERATION").count();
        let sessions = text.matches("RECURRENCE-ID").count();
        assert_eq!((marks, sessions, text.matches("BEGIN:VEVENT").count()), (1, 1, 2), "{text}");
        assert!(text.contains(&done[0].id.0), "{text}");
        let to = done[0].intent.to.start.local().strftime("%Y%m%dT%H%M%S").to_string();
        assert!(text.contains(&format!("DTSTART;TZID=Europe/Berlin:{to}")), "{text}");
        assert!(text.contains("X-KEPT:as it is"), "what is not ours stays");
        assert!(self.original.strftime("%Y%m%dT%H%M%S").to_string() != to);
    }
}

fn kill(mut daemon: Child) {
    // SIGKILL: nothing of it gets to say goodbye.
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn one_move_is_made_wherever_the_daemon_is_killed_and_whatever_is_lost() {
    let cases = [(2, "whole", OPEN), (3, "request", HOLD_REQUEST), (4, "reply", HOLD_REPLY), (5, "lost", LOSE_REPLY)];
    for (days_ahead, name, mode) in cases {
        let desk = Desk::new(name, days_ahead).await;
        desk.say_yes().await;
        desk.between.set(mode);
        let first = desk.daemon();
        desk.between.wait_for(1).await;
        if mode == HOLD_REQUEST || mode == HOLD_REPLY {
            // The write is on its way or done, and the daemon dies before it knows.
            tokio::time::sleep(Duration::from_millis(300)).await;
            kill(first);
            desk.between.set(OPEN);
            let second = desk.daemon();
            let operations = desk.settled().await;
            kill(second);
            desk.check(&operations).await;
        } else {
            desk.between.set(OPEN);
            let operations = desk.settled().await;
            kill(first);
            desk.check(&operations).await;
        }
        let writes = desk.between.writes.load(Ordering::SeqCst);
        println!(
            "{:10} | killed or cut off: {name:10} | {writes} writes sent, one move on the calendar",
            env("CADENCED_CALDAV_NAME")
        );
    }
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn a_replacement_that_was_booked_by_hand_since_the_last_read_is_not_doubled() {
    let desk = Desk::new("by-hand", 6).await;
    let read = |desk: &Desk| {
        let status: Value = serde_json::from_str(&desk.run(&["status", "--format", "json"])).unwrap();
        status["sources"][0]["last_success"].clone()
    };
    let before = read(&desk);
    // Reads are told to the second.
    let second = before.as_str().unwrap().parse::<Timestamp>().unwrap().as_second();
    while Clock::System.now().as_second() <= second {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let daemon = desk.daemon();
    while read(&desk) == before {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let by_hand = desk.original.checked_add(1.day()).unwrap();
    let name = format!("{}-by-hand", desk.uid);
    let text = series(&name, by_hand, None).replace("RRULE:FREQ=WEEKLY\r\n", "");
    desk.side.put(&format!("{name}.ics"), &text).await;
    // What is said yes to is what was offered before.
    desk.say_yes().await;
    let operations = desk.settled().await;
    kill(daemon);
    let states: Vec<State> = operations.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::StoodDown { why: StandDownReason::Replaced }]);
    assert_eq!(desk.between.writes.load(Ordering::SeqCst), 0);
    assert!(!desk.side.text(&desk.object()).await.contains("X-CADENCED-OPERATION"));
    println!("{:10} | booked by hand since the last read: nothing was written", env("CADENCED_CALDAV_NAME"));
}

/// The config of one of two people who both let cadenced put sessions back by itself.
fn config_of(folder: &std::path::Path, user: &str) -> PathBuf {
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours: String = week.map(|day| format!("{day} = [\"06:00-22:00\"]\n")).concat();
    let path = folder.join(format!("{user}.toml"));
    let text = format!(
        "[owner]\naddresses = [\"{user}@example.com\"]\nzone = \"Europe/Berlin\"\n\
         [[account]]\nname = \"work\"\nkind = \"caldav\"\nserver = \"{}\"\nusername = \"{user}\"\n\
         password_command = [\"echo\", \"pw\"]\naccess = \"write\"\n[[account.calendar]]\nname = \"main\"\nevery = \"5m\"\n\
         [mode]\ndefault = \"auto\"\n[paths]\ndata = \"{}\"\n[hours]\n{hours}[slots]\ngrace = \"1s\"\nnotice = \"1h\"\n\
         ask_when_other_lost = false\nmake_up_as_guest = true\n",
        env("CADENCED_CALDAV_SERVER"),
        folder.join(user).display()
    );
    fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
#[ignore = "needs a CalDAV server that schedules: tests/rigs"]
async fn what_the_guest_declined_is_put_back_by_the_organisers_daemon_and_by_nobody_else() {
    let (manager, report) = (Side::new("manager").await, Side::new("report").await);
    for side in [&manager, &report] {
        side.empty().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let uid = format!("two-{}", std::process::id());
    let today = Clock::System.now().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).date();
    let original = today.checked_add(6.days()).unwrap().at(15, 0, 0, 0);
    let first = original.checked_sub(28.days()).unwrap();
    manager.put(&format!("{uid}.ics"), &crate::caldav_story::series(&uid, first, None)).await;
    accept(&report, &uid).await;
    accepted(&manager, &uid).await;
    let run = |user: &str, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
        command.arg("--config").arg(config_of(folder.path(), user)).args(words).stdout(Stdio::null());
        command.stderr(Stdio::null()).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command
    };
    for user in ["manager", "report"] {
        assert!(run(user, &["sync"]).status().unwrap().success());
    }
    decline(&report, &uid, original).await;
    object(&manager, &uid, "PARTSTAT=DECLINED").await;
    let daemons = ["manager", "report"].map(|user| run(user, &["run"]).spawn().unwrap());
    for _ in 0..300 {
        if manager.text(&format!("{uid}.ics")).await.contains("X-CADENCED-OPERATION") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The report's calendar shows the new time, because the server took the invitation there.
    let (_, moved) = object(&manager, &uid, "X-CADENCED-OPERATION").await;
    let line = moved.lines().rfind(|line| line.starts_with("DTSTART;")).unwrap().to_owned();
    let (_, shown) = object(&report, &uid, &line).await;
    assert!(shown.contains("RECURRENCE-ID"), "{shown}");
    // Both daemons look again at what is there now.
    for daemon in &daemons {
        Command::new("kill").args(["-HUP", &daemon.id().to_string()]).status().unwrap();
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    daemons.into_iter().for_each(kill);
    let operations = |user: &str| {
        let store = Store::open(&folder.path().join(user), Clock::System.now()).unwrap().0;
        async move { store.operations().await.unwrap() }
    };
    let (of_manager, of_report) = (operations("manager").await, operations("report").await);
    let done = of_manager.iter().filter(|one| one.state == State::Done).count();
    assert_eq!((done, of_manager.len(), of_report.len()), (1, 1, 0), "{of_manager:#?} {of_report:#?}");
    assert_eq!(moved.matches("X-CADENCED-OPERATION").count(), 1, "{moved}");
    println!(
        "{:10} | declined by the report: moved once, by the manager's daemon, and seen by the report",
        env("CADENCED_CALDAV_NAME")
    );
}
