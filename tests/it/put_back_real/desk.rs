//! People at a real server: their calendars, their machines, and the daemon on each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cadenced::clock::Clock;
use cadenced::domain::operation::{Operation, State};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::span::Span;
use cadenced::store::Store;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::proxy::Proxy;
use crate::caldav_side::{Side, ZONE, env};

/// The lines of `[slots]` where a walk asks for nothing else.
pub const SLOTS: &str = "grace = \"1s\"\nnotice = \"1h\"\n";

/// One machine of somebody: a config and a database of its own.
pub struct Machine {
    config: PathBuf,
    data: PathBuf,
}

impl Machine {
    /// A machine in `folder`; `slots` are lines of the config's `[slots]`, `mode` is its default mode.
    pub fn new(folder: &Path, name: &str, (user, server): (&str, &str), (mode, slots): (&str, &str)) -> Self {
        let config = folder.join(format!("{name}.toml"));
        let data = folder.join(name);
        let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let hours: String = week.map(|day| format!("{day} = [\"06:00-22:00\"]\n")).concat();
        let text = format!(
            "[owner]\naddresses = [\"{user}@example.com\"]\nzone = \"Europe/Berlin\"\n\
             [[account]]\nname = \"work\"\nkind = \"caldav\"\nserver = \"{server}\"\nusername = \"{user}\"\n\
             password_command = [\"echo\", \"pw\"]\naccess = \"write\"\n[[account.calendar]]\nname = \"main\"\nevery = \"5m\"\n\
             [mode]\ndefault = \"{mode}\"\n[paths]\ndata = \"{}\"\n[hours]\n{hours}[slots]\n{slots}",
            data.display()
        );
        fs::write(&config, text).unwrap();
        Self { config, data }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
        command.arg("--config").arg(&self.config).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command
    }

    /// The results that a command printed, which ended well.
    pub fn run(&self, words: &[&str]) -> String {
        let (code, printed, said) = self.ended(words);
        assert_eq!(code, 0, "{words:?}: {printed}{said}");
        printed
    }

    /// How a command ended, its results, and its messages on one line.
    pub fn ended(&self, words: &[&str]) -> (i32, String, String) {
        let ended = self.command().args(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let said = text(ended.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        (ended.status.code().unwrap(), text(ended.stdout), said)
    }

    pub fn daemon(&self) -> Child {
        self.command().arg("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub fn store(&self) -> Store {
        Store::open(&self.data, Clock::System.now()).unwrap().0
    }

    pub async fn operations(&self) -> Vec<Operation> {
        let store = self.store();
        let operations = store.operations().await.unwrap();
        store.close().await.unwrap();
        operations
    }

    /// The proposals of `cadenced plan`.
    pub fn plan(&self) -> Vec<Value> {
        serde_json::from_str(&self.run(&["plan", "--format", "json"])).unwrap()
    }

    /// The user says yes to what `cadenced plan` proposes.
    pub async fn say_yes(&self) {
        let found = self.question().await;
        let choice = Choice::Take { session: found["session"].as_str().unwrap().parse().unwrap(), slot: slot(&found) };
        let store = self.store();
        store.decide(Decision { choice, at: Clock::System.now() }).await.unwrap();
        store.close().await.unwrap();
    }

    /// What `cadenced plan` asks once the grace is over, or would do by itself.
    async fn question(&self) -> Value {
        for _ in 0..100 {
            if let Some(found) = self.plan().into_iter().find(|one| one["kind"] == "ask" || one["kind"] == "move") {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it proposes nothing: {:#?}", self.plan());
    }

    /// The last good read, to the second.
    pub fn last_read(&self) -> Timestamp {
        let (_, printed, _) = self.ended(&["status", "--format", "json"]);
        let status: Value = serde_json::from_str(&printed).unwrap();
        status["sources"][0]["last_success"].as_str().unwrap().parse().unwrap()
    }

    /// Starts the daemon, and waits until it has read the calendar.
    pub async fn daemon_that_has_read(&self) -> Child {
        let before = self.last_read();
        while Clock::System.now().as_second() <= before.as_second() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let daemon = self.daemon();
        self.read_after(before).await;
        daemon
    }

    pub async fn read_after(&self, before: Timestamp) {
        for _ in 0..600 {
            if self.last_read() > before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the daemon never read the calendar");
    }

    /// Waits until this holds of the operations.
    pub async fn until(&self, what: &str, holds: impl Fn(&[Operation]) -> bool) -> Vec<Operation> {
        let mut operations = Vec::new();
        for _ in 0..600 {
            operations = self.operations().await;
            if holds(&operations) {
                return operations;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never {what}: {operations:#?}");
    }

    /// Waits until nothing is being sent any more.
    pub async fn settled(&self) -> Vec<Operation> {
        let is_settled = |all: &[Operation]| !all.is_empty() && all.iter().all(|one| one.state != State::Sending);
        self.until("settled", is_settled).await
    }
}

/// The time that a proposal has.
pub fn slot(proposal: &Value) -> Span {
    let at = |key: &str| proposal["to"][key].as_str().unwrap().parse::<Timestamp>().unwrap();
    Span::new(at("start"), at("end"))
}

pub fn kill(mut daemon: Child) {
    // SIGKILL: nothing of it gets to say goodbye.
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

/// The daemon reads its calendars again.
pub fn read_again(daemon: &Child) {
    Command::new("kill").args(["-HUP", &daemon.id().to_string()]).status().unwrap();
}

/// A manager with a weekly series, whose guest declined the session some days ahead. Each day has an hour of its own: what one walk leaves
/// in the free/busy of a server is not in the way of the next one.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub proxy: Proxy,
    pub machine: Machine,
    pub side: Side,
    pub uid: String,
    pub original: DateTime,
}

impl Desk {
    /// The machine has read what was declined.
    pub async fn new(name: &str, days_ahead: i64) -> Self {
        let desk = Self::before(name, days_ahead, ("ask", SLOTS)).await;
        desk.decline().await;
        desk.machine.run(&["sync"]);
        desk
    }

    /// Nothing is declined yet; the machine has read the series.
    pub async fn before(name: &str, days_ahead: i64, config: (&str, &str)) -> Self {
        let side = Side::new("manager").await;
        side.empty().await;
        if env("CADENCED_CALDAV_SCHEDULES") == "yes" {
            // What the server brought to the guest before would take the guest's time.
            Side::new("report").await.empty().await;
        }
        let proxy = Proxy::start(&env("CADENCED_CALDAV_SERVER"));
        let folder = tempfile::tempdir().unwrap();
        let server = format!("http://127.0.0.1:{}/", proxy.port);
        let machine = Machine::new(folder.path(), "first", ("manager", &server), config);
        let now = Clock::System.now().to_zoned(TimeZone::get("Europe/Berlin").unwrap());
        let hour = i8::try_from(8 + days_ahead % 12).unwrap();
        let original = now.date().checked_add(days_ahead.days()).unwrap().at(hour, 0, 0, 0);
        let uid = format!("put-back-{name}-{}", std::process::id());
        let desk = Self { folder, proxy, machine, side, uid, original };
        desk.side.put(&desk.object(), &series(&desk.uid, desk.first(), None)).await;
        desk.machine.run(&["sync"]);
        desk
    }

    fn first(&self) -> DateTime {
        self.original.checked_sub(28.days()).unwrap()
    }

    /// The guest declines the session.
    pub async fn decline(&self) {
        self.side.put(&self.object(), &series(&self.uid, self.first(), Some(self.original))).await;
    }

    pub fn object(&self) -> String {
        format!("{}.ics", self.uid)
    }

    /// What the server has of the series, unfolded.
    pub async fn text(&self) -> String {
        self.side.text(&self.object()).await.replace("\r\n ", "")
    }

    pub async fn check(&self, operations: &[Operation]) {
        let done: Vec<_> = operations.iter().filter(|one| one.state == State::Done).collect();
        assert_eq!(done.len(), 1, "{operations:#?}");
        let text = self.text().await;
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

/// The manager's series with the report as its guest, who may have declined one session.
pub fn series(uid: &str, first: DateTime, declined: Option<DateTime>) -> String {
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

pub fn stamp(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}
