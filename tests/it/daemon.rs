//! The real program as a daemon: its own home, a changing feed, signals, systemd's socket, a session bus.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cadenced::clock::Stopwatch;
use serde_json::Value;

use crate::notify_dbus::{Bus, Mock, serve_on};
use crate::waiting::{AT_ONCE, HANGS, until, wait_for};

/// Tuesday, nine o'clock in Berlin.
pub const NOW: &str = "2026-11-17T08:00:00Z";

/// What the server says to whoever asks.
#[derive(Clone)]
pub enum Answer {
    Feed(String),
    LoginPage,
    NotModified,
    Silence,
}

/// A server on 127.0.0.1 whose answer can be changed; it lives as long as the test program.
pub struct Server {
    port: u16,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            answer: Arc::new(Mutex::new(answer)),
            requests: Arc::default(),
        };
        let (answer, requests) = (Arc::clone(&server.answer), Arc::clone(&server.requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let now = answer.lock().unwrap().clone();
                let requests = Arc::clone(&requests);
                std::thread::spawn(move || serve(stream, &now, &requests));
            }
        });
        server
    }

    pub fn says(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub fn asked(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, requests: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    requests.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
    let reply = match answer {
        Answer::Feed(text) => page("text/calendar", text),
        Answer::LoginPage => page("text/html", "<html><body>Please sign in</body></html>"),
        Answer::NotModified => "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_owned(),
        Answer::Silence => loop {
            std::thread::park();
        },
    };
    let _ = stream.write_all(reply.as_bytes());
}

fn page(kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nETag: \"{length}\"\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Ann's Mondays at ten, with `more` lines in the master and further components after it.
pub fn feed(more: &str, after: &str) -> String {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n{}{more}END:VEVENT\n{after}END:VCALENDAR\n",
        event(
            "DTSTART;TZID=Europe/Berlin:20260907T100000\nDTEND;TZID=Europe/Berlin:20260907T103000\nRRULE:FREQ=WEEKLY\n"
        )
    );
    text.replace('\n', "\r\n")
}

/// The beginning of an event of the owner and Ann, with the secret words that no log may hold.
fn event(lines: &str) -> String {
    format!(
        "BEGIN:VEVENT\nUID:ann\n{lines}SUMMARY:Whispered title\nDESCRIPTION:Whispered notes\n\
         ORGANIZER:mailto:owner@example.com\nATTENDEE;PARTSTAT=ACCEPTED:mailto:owner@example.com\n\
         ATTENDEE;CN=Ann Ash;PARTSTAT=ACCEPTED:mailto:ann@example.com\n"
    )
}

pub fn changed_feed() -> String {
    let moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261130T100000\nDTSTART;TZID=Europe/Berlin:20261201T150000\n\
         DTEND;TZID=Europe/Berlin:20261201T153000\nSEQUENCE:1\n",
    );
    feed("EXDATE;TZID=Europe/Berlin:20261123T100000\n", &format!("{moved}END:VEVENT\n"))
}

/// A home with a config, and systemd's socket.
pub struct Home {
    folder: tempfile::TempDir,
    /// What systemd is told; read all the time, as the real one does: a full queue would stop the daemon.
    heard: Receiver<String>,
    pub bus: String,
}

/// Everything that systemd is told at a socket, one after the other.
pub fn hear(socket: UnixDatagram) -> Receiver<String> {
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        let mut text = [0; 4096];
        while let Ok(length) = socket.recv(&mut text) {
            if tell.send(String::from_utf8_lossy(&text[..length]).into_owned()).is_err() {
                return;
            }
        }
    });
    heard
}

impl Home {
    pub fn new(server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        let heard = hear(socket);
        let home = Self { bus: format!("unix:path={}/no-bus", folder.path().display()), folder, heard };
        home.configure(&format!(
            "[owner]\naddresses = [\"owner@example.com\"]\nzone = \"Europe/Berlin\"\n\
             [[account]]\nname = \"work\"\n[[account.calendar]]\nname = \"main\"\nurl = \"http://127.0.0.1:{}/whispered-key.ics\"\n\
             [notices]\nquiet = []\n",
            server.port
        ));
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn configure(&self, text: &str) {
        std::fs::write(self.path("config.toml"), text).unwrap();
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
        command
            .args(["--config", self.path("config.toml").to_str().unwrap()])
            .args(words)
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.bus)
            .env_remove("JOURNAL_STREAM")
            .env_remove("CADENCED_LOG");
        command
    }

    pub fn daemon(&self, now: &str) -> Daemon {
        let child = self
            .command(&["--now", now, "run"])
            .env("NOTIFY_SOCKET", self.path("notify"))
            .env("WATCHDOG_USEC", "600000")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Daemon { child: Some(child) }
    }

    /// Waits until systemd is told something that fits.
    pub fn told(&self, what: &str) -> String {
        let mut seen = Vec::new();
        let watch = Stopwatch::start();
        while let Some(left) = HANGS.checked_sub(watch.elapsed()) {
            let Ok(text) = self.heard.recv_timeout(left) else { break };
            if text.contains(what) {
                return text;
            }
            seen.push(text);
        }
        panic!("systemd was never told {what:?}, but {seen:?}");
    }

    /// Forgets what systemd was told until now.
    pub fn forget(&self) {
        while self.heard.try_recv().is_ok() {}
    }

    pub fn json(&self, words: &[&str]) -> Value {
        let output = self
            .command(&[&["--now", "2026-11-17T08:05:00Z"], words, &["--format", "json"]].concat())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Asks again and again until what comes back fits.
    pub fn until(&self, words: &[&str], fits: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let look = || {
            last = self.json(words);
            fits(&last).then(|| last.clone())
        };
        wait_for(&format!("what fits of {words:?}"), look)
    }
}

/// A running daemon; killed with its test.
pub struct Daemon {
    child: Option<Child>,
}

impl Daemon {
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Asks it to end, and gives back how long that took and what it said.
    pub fn stop(mut self) -> (Duration, String) {
        self.signal("-TERM");
        let watch = Stopwatch::start();
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        let took = watch.elapsed();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        (took, said)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            if let Ok(output) = child.wait_with_output() {
                println!("the daemon said:\n{}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

fn session<'v>(sessions: &'v Value, original: &str) -> &'v Value {
    let found = sessions.as_array().unwrap().iter().find(|one| one["original_start"] == original);
    found.unwrap_or_else(|| panic!("no session at {original} in {sessions:#}"))
}

fn outcomes(sessions: &Value) -> Vec<String> {
    let all = sessions.as_array().unwrap().iter();
    all.map(|one| format!("{} {} {} {}", one["id"], one["start"], one["outcome"], one["owed"])).collect()
}

pub const CYCLE: &str = " owed; ";
const SESSIONS: [&str; 3] = ["sessions", "--until", "2026-12-31"];
const LOST: &str = "2026-11-23T10:00:00+01:00";

#[test]
fn a_feed_that_changes_breaks_and_heals_is_followed_without_losing_anything() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told("READY=1");
    let found = home.until(&["series"], |series| series[0]["verdict"] == "one_on_one");
    assert_eq!(found[0]["person"]["addresses"][0], "ann@example.com");

    server.says(Answer::Feed(changed_feed()));
    daemon.signal("-HUP");
    let sessions = home.until(&SESSIONS, |all| session(all, LOST)["outcome"] == "cancelled");
    assert_eq!((&session(&sessions, LOST)["owed"], &session(&sessions, LOST)["by"]), (&true.into(), &"owner".into()));
    let moved = session(&sessions, "2026-11-30T10:00:00+01:00");
    assert_eq!((&moved["moved"], &moved["start"]), (&true.into(), &"2026-12-01T15:00:00+01:00".into()));

    server.says(Answer::LoginPage);
    daemon.signal("-HUP");
    let stale = home.until(&["status"], |status| !status["sources"][0]["stale_since"].is_null());
    assert!(stale["sources"][0]["problem"].as_str().unwrap().contains("calendar"), "{stale:#}");
    assert_eq!(outcomes(&home.json(&SESSIONS)), outcomes(&sessions), "a login page deletes nothing");

    server.says(Answer::NotModified);
    daemon.signal("-HUP");
    home.until(&["status"], |status| status["sources"][0]["stale_since"].is_null());
    assert!(server.asked().iter().any(|head| head.to_lowercase().contains("if-none-match")), "{:?}", server.asked());
    assert_eq!(outcomes(&home.json(&SESSIONS)), outcomes(&sessions));

    let (took, log) = daemon.stop();
    assert!(took < AT_ONCE, "{took:?}");
    for secret in ["whispered", "Whispered", "example.com", "127.0.0.1", "Ann"] {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
    }
}

#[test]
fn it_ends_at_once_while_a_server_says_nothing() {
    let server = Server::start(Answer::Silence);
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told("reading 1 of 1");
    let (took, _) = daemon.stop();
    assert!(took < AT_ONCE, "{took:?}");
    assert!(home.told("STOPPING=1").contains("STOPPING=1"));
}

#[test]
fn systemd_is_told_of_its_life_and_never_of_names() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told("READY=1");
    let status = home.told(CYCLE);
    assert!(status.contains("1 1:1, 0 sessions owed; "), "{status}");
    home.told("WATCHDOG=1");
    home.forget();
    home.told("WATCHDOG=1");
    daemon.signal("-HUP");
    home.told("RELOADING=1");
    home.told("READY=1");
    let (_, log) = daemon.stop();
    assert!(log.contains("reloaded the config"), "{log}");
}

#[test]
fn a_second_daemon_of_a_profile_says_so_and_leaves() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let _first = home.daemon(NOW);
    home.told("READY=1");
    let second = home.command(&["run"]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cadenced is already running for this profile (process")
            && said.matches("cadenced status").count() == 1,
        "{said}"
    );
}

#[test]
fn a_broken_config_leaves_the_old_one_at_work() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let good = std::fs::read_to_string(home.path("config.toml")).unwrap();
    let daemon = home.daemon(NOW);
    home.told(CYCLE);
    home.configure("[owner]\nadresses = []\n");
    daemon.signal("-HUP");
    home.told("RELOADING=1");
    home.told("READY=1");
    home.configure(&good);
    assert!(home.json(&["status"])["daemon"]["pid"].is_u64());
    let (_, log) = daemon.stop();
    assert!(log.contains("the old one stays"), "{log}");
}

#[test]
fn the_report_is_written_when_it_is_due_and_not_again_after_a_restart() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let reports = home.path("data/cadenced/reports");
    let daemon = home.daemon("2026-11-23T06:30:00Z");
    home.told(CYCLE);
    daemon.stop();
    assert!(reports.join("2026-W46.html").exists(), "the last one that was due");
    assert!(!reports.join("2026-W47.html").exists(), "it is half past seven");
    // Seconds before eight o'clock.
    let daemon = home.daemon("2026-11-23T06:59:57Z");
    wait_for("the report", || reports.join("2026-W47.html").exists().then_some(()));
    daemon.stop();
    std::fs::remove_file(reports.join("2026-W47.html")).unwrap();
    home.forget();
    let daemon = home.daemon("2026-11-23T08:00:00Z");
    home.told(CYCLE);
    daemon.stop();
    assert!(!reports.join("2026-W47.html").exists(), "it was written already");
}

#[test]
fn without_a_session_bus_it_goes_on_and_says_so_once() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told(CYCLE);
    server.says(Answer::Feed(changed_feed()));
    daemon.signal("-HUP");
    let status = home.until(&["status"], |status| status["owed"] == 1);
    assert!(status["daemon"]["notices"].is_string(), "{status:#}");
    let (_, log) = daemon.stop();
    let complaints = log.lines().filter(|line| line.contains("bus")).count();
    assert_eq!(complaints, 1, "{log}");
    assert!(home.json(&["status"])["daemon"].is_null(), "nobody runs any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_session_is_shown_once_also_over_a_restart() {
    let Some(bus) = Bus::start() else { return };
    let builder = zbus::connection::Builder::address(bus.address.as_str()).unwrap();
    let (seen, _server) = serve_on(builder, Mock::new(&["body"])).await;
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home { bus: bus.address.clone(), ..Home::new(&server) };
    let shown = || -> Vec<String> {
        let seen = seen.lock().unwrap();
        let new = seen.shown.iter().filter(|one| one.replaces == 0);
        new.filter(|one| one.summary.contains("cancelled")).map(|one| one.body.clone()).collect()
    };
    let daemon = home.daemon(NOW);
    home.told(CYCLE);
    assert_eq!(shown(), [""; 0]);
    server.says(Answer::Feed(changed_feed()));
    daemon.signal("-HUP");
    until("the notice", || !shown().is_empty()).await;
    // Killed before it could note that, it would rightly show it again.
    home.told("1 session owed");
    daemon.signal("-KILL");
    drop(daemon);
    home.forget();
    let again = home.daemon("2026-11-17T08:10:00Z");
    home.told(CYCLE);
    again.stop();
    let bodies = shown();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(bodies[0].contains("Mon 23 Nov") && !bodies[0].contains("Whispered"), "{bodies:?}");
}

#[test]
fn what_the_user_decides_while_it_runs_is_heeded_at_once() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told("1 1:1, ");
    let id = home.json(&["series"])[0]["id"].as_str().unwrap().to_owned();
    let ignored = home.command(&["--now", "2026-11-17T08:05:00Z", "series", "ignore", &id]).output().unwrap();
    assert!(ignored.status.success());
    home.told("0 1:1s");
    daemon.stop();
}
