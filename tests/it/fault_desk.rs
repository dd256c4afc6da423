//! The setting of the fault matrix: a home on a disk that can fail, a fake of Google Calendar, and the final checks.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use cadenced::clock::Stopwatch;
use cadenced::domain::session::Outcome;
use cadenced::store::Store;
use rusqlite::Connection;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::daemon::{CYCLE, hear};
use crate::fault_wire::{Screen, Wire, within};
use crate::google_account::{ANN, OWNER, config, kept};
use crate::google_fake::state::MailKind;
use crate::google_fake::{FULL, Fake};
use crate::notify_dbus::Bus;
use crate::store_given::{line, waived};
use crate::waiting::{AT_ONCE, HANGS};

/// Monday, two minutes past eight in Berlin: the report of the week before is due, and Ann declined tomorrow's session.
const NEWS: &str = "2026-11-23T07:02:00Z";
/// When it is started again: whoever could not be asked for their free time is asked again after a quarter of an hour.
const LATER: &str = "2026-11-23T07:25:00Z";
const TOMORROW: &str = "2026-11-24T10:00:00+01:00";

/// How long the second daemon may take until all is done.
const DONE: Duration = Duration::from_secs(40);

/// What the data folder lies on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disk {
    Plain,
    /// A few megabytes in memory.
    Small,
    /// An ext4 in a file, which can be told that it failed.
    Image,
}

pub struct Desk {
    pub wire: Wire,
    pub screen: Screen,
    fake: Fake,
    series: String,
    disk: Disk,
    bus: Bus,
    _screen_bus: zbus::Connection,
    heard: Receiver<String>,
    now: Mutex<&'static str>,
    folder: tempfile::TempDir,
    _runtime: Runtime,
}

/// What must not get lost: every row of these tables.
pub type Kept = BTreeMap<&'static str, Vec<String>>;

fn run(program: &str, words: &[&str]) -> bool {
    let ended = Command::new(program).args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ended.is_ok_and(|status| status.success())
}

/// A command that runs the program under strace, for these files alone.
pub fn strace(expressions: &[&str], files: &[PathBuf]) -> Vec<String> {
    let mut words: Vec<String> = ["strace", "-f", "-qqq", "-o", "/dev/null"].map(str::to_owned).into();
    words.extend(expressions.iter().flat_map(|&one| ["-e".to_owned(), one.to_owned()]));
    words.extend(files.iter().flat_map(|file| ["-P".to_owned(), file.display().to_string()]));
    words
}

impl Desk {
    /// What this machine lacks.
    pub fn missing() -> Option<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().to_str().unwrap();
        if !run("mount", &["-t", "tmpfs", "tmpfs", folder]) {
            return Some("this user may not mount a file system");
        }
        run("umount", &[folder]);
        if !run("strace", &["-o", "/dev/null", "true"]) {
            return Some("strace cannot be used here");
        }
        (!run("mkfs.ext4", &["-V"])).then_some("mkfs.ext4 is not installed")
    }

    pub fn new(disk: Disk) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (fake, series) = runtime.block_on(async {
            let fake = Fake::start().await;
            for user in [OWNER, ANN] {
                fake.add_user(user, "Europe/Berlin");
            }
            let series = fake.as_user(OWNER).insert(json!({
                "summary": "Owner / Ann",
                "start": {"dateTime": "2026-10-06T10:00:00+02:00", "timeZone": "Europe/Berlin"},
                "end": {"dateTime": "2026-10-06T10:30:00+02:00", "timeZone": "Europe/Berlin"},
                "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU"],
                "attendees": [{"email": OWNER, "responseStatus": "accepted"},
                              {"email": ANN, "responseStatus": "accepted"}],
            }));
            (fake, series)
        });
        let wire = Wire::start(&runtime, fake.url().trim_start_matches("http://").to_owned());
        let bus = Bus::start().expect("dbus-daemon is installed");
        let screen = Screen::default();
        let own = screen.clone();
        let address = bus.address.clone();
        let screen_bus = runtime.block_on(async move {
            let builder = zbus::connection::Builder::address(address.as_str()).unwrap();
            let builder = builder.serve_at("/org/freedesktop/Notifications", own).unwrap();
            builder.name("org.freedesktop.Notifications").unwrap().build().await.unwrap()
        });
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        let heard = hear(socket);
        let now = Mutex::new("2026-11-17T12:00:00Z");
        let desk = Self {
            wire,
            screen,
            fake,
            series,
            disk,
            bus,
            _screen_bus: screen_bus,
            heard,
            now,
            folder,
            _runtime: runtime,
        };
        let week = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        let hours: String = week.map(|day| format!("{day} = [\"08:00-18:00\"]\n")).concat();
        let more = format!(
            "[mode]\ndefault = \"auto\"\n[slots]\ngrace = \"1s\"\nnotice = \"1h\"\nask_when_other_lost = false\n[hours]\n{hours}"
        );
        let url = format!("http://127.0.0.1:{}", desk.wire.port());
        fs::write(desk.path("config.toml"), config(&url, "access = \"write\"", &more)).unwrap();
        fs::create_dir_all(desk.data()).unwrap();
        desk.mount();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data/cadenced")
    }

    fn mount(&self) {
        let (data, image) = (self.data(), self.path("image"));
        let (data, image) = (data.to_str().unwrap(), image.to_str().unwrap());
        match self.disk {
            Disk::Plain => {}
            Disk::Small => assert!(run("mount", &["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", data])),
            Disk::Image => {
                fs::File::create(image).unwrap().set_len(24 << 20).unwrap();
                assert!(run("mkfs.ext4", &["-q", "-O", "^has_journal", image]));
                assert!(run("mount", &["-o", "loop,errors=remount-ro", image, data]));
            }
        }
    }

    pub fn fill(&self) {
        let _ = fs::write(self.data().join("ballast"), vec![0; 8 << 20]);
    }

    pub fn free(&self) {
        fs::remove_file(self.data().join("ballast")).unwrap();
    }

    /// Under a running program only a failing disk does that.
    pub fn make_read_only(&self, running: bool) {
        let data = self.data();
        if !running {
            assert!(run("mount", &["-o", "remount,ro", data.to_str().unwrap()]));
            return;
        }
        let found = Command::new("findmnt").args(["-no", "SOURCE"]).arg(data).output().unwrap();
        let device = String::from_utf8(found.stdout).unwrap();
        let name = device.trim().trim_start_matches("/dev/");
        fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "tried").unwrap();
    }

    pub fn mount_again(&self) {
        let (data, image) = (self.data(), self.path("image"));
        assert!(run("umount", &[data.to_str().unwrap()]), "nothing uses it any more");
        // It fixes what the failure left, and says so with 1.
        let _ = run("e2fsck", &["-fy", image.to_str().unwrap()]);
        assert!(run("mount", &["-o", "loop,errors=remount-ro", image.to_str().unwrap(), data.to_str().unwrap()]));
    }

    pub fn revoke(&self) {
        self.fake.revoke(OWNER);
    }

    pub fn sign_in(&self) {
        let tokens = self.data().join("tokens");
        fs::create_dir_all(&tokens).unwrap();
        fs::write(tokens.join("work.json"), kept(&self.fake.refresh_token(OWNER, &[FULL]), "2026-11-01T08:00:00Z"))
            .unwrap();
    }

    fn is(&self, now: &'static str) {
        self.fake.set_now(now.parse().unwrap());
        *self.now.lock().unwrap() = now;
    }

    /// A store that knows the calendar, with a line in the ledger and a decision.
    pub fn begin(&self) {
        self.sign_in();
        self.is("2026-11-17T12:00:00Z");
        let first = self.start(&[]);
        self.told(CYCLE);
        within(DONE, || self.screen.shown().iter().any(|one| one.contains("report")));
        first.stop(self);
        self.screen.forget();
        let (store, _) = Store::open(&self.data(), "2026-11-17T12:00:00Z".parse().unwrap()).unwrap();
        let wait = |future| tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
        wait(async {
            store.record(vec![line("11-02T09:00", Outcome::Cancelled, "11-02T10:00")]).await.unwrap();
            store.decide(waived("11-02T09:00")).await.unwrap();
            store.close().await.unwrap();
        });
        // A disk that fails keeps only what was brought to it.
        run("sync", &[]);
    }

    pub fn news(&self) {
        self.is(NEWS);
        self.fake.as_user(ANN).reply(&self.series, Some(TOMORROW), "declined");
        self.fake.forget_requests();
    }

    pub fn later(&self) {
        self.is(LATER);
        while self.heard.try_recv().is_ok() {}
    }

    /// Starts the daemon, through another program where one is named.
    pub fn start(&self, through: &[String]) -> Running {
        let program = env!("CARGO_BIN_EXE_cadenced").to_owned();
        let words: Vec<String> = through.iter().cloned().chain([program]).collect();
        let log = self.path("log");
        let errors = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let now = *self.now.lock().unwrap();
        let child = Command::new(&words[0])
            .args(&words[1..])
            .arg("--config")
            .arg(self.path("config.toml"))
            .args(["--now", now, "run"])
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address)
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
            .env("NOTIFY_SOCKET", self.path("notify"))
            .env_remove("JOURNAL_STREAM")
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .unwrap();
        Running { child }
    }

    pub fn told(&self, what: &str) -> bool {
        let watch = Stopwatch::start();
        while let Some(left) = HANGS.checked_sub(watch.elapsed()) {
            match self.heard.recv_timeout(left) {
                Ok(text) if text.contains(what) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        false
    }

    fn database(&self) -> Connection {
        Connection::open(self.data().join("cadenced.db")).unwrap()
    }

    /// Every row that must be there for ever.
    pub fn kept(&self) -> Kept {
        let db = self.database();
        let of = |table, sql: &str| {
            let mut query = db.prepare(sql).unwrap();
            let rows = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            (table, rows)
        };
        BTreeMap::from([
            of("ledger", "SELECT session || body FROM ledger"),
            of("decision", "SELECT at || body FROM decision"),
            of("known", "SELECT uid FROM known"),
            of("told", "SELECT key FROM told"),
        ])
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if self.disk != Disk::Plain {
            run("umount", &["-l", self.data().to_str().unwrap()]);
        }
    }
}

/// A daemon that runs.
pub struct Running {
    child: Child,
}

impl Running {
    /// The daemon itself, where it runs under another program.
    fn pid(&self) -> u32 {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let is_daemon = |pid: &u32| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == Path::new(env!("CARGO_BIN_EXE_cadenced")))
        };
        children.split_whitespace().filter_map(|pid| pid.parse().ok()).find(is_daemon).unwrap_or(own)
    }

    pub fn signal(&self, name: &str) {
        run("kill", &[name, &self.pid().to_string()]);
    }

    pub fn kill(mut self) {
        self.signal("-KILL");
        let _ = self.child.wait();
    }

    /// Waits for its death; where that does not come, it is killed.
    pub fn dies_within(mut self, time: Duration) -> bool {
        let watch = Stopwatch::start();
        while watch.elapsed() < time {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        false
    }

    /// Waits until it is ready and has nothing left to do.
    pub fn until_all_is_done(&self, desk: &Desk) -> Seen {
        let watch = Stopwatch::start();
        let ready = desk.told("READY=1");
        let took = watch.elapsed();
        let done = within(DONE, || {
            let db = desk.database();
            let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(-1);
            let shown = desk.screen.shown();
            count("SELECT count(*) FROM operation WHERE state = 'done'") == 1
                && count("SELECT count(*) FROM operation WHERE state = 'sending'") == 0
                && count("SELECT count(*) FROM told WHERE key LIKE 'report-written:%W47'") == 1
                && count("SELECT count(*) FROM notice") == 0
                && count("SELECT count(*) FROM source WHERE stale_since IS NOT NULL") == 0
                && shown.iter().any(|one| one.contains("W47"))
        });
        // Whatever it would do twice, it would do in the cycle after this.
        while desk.heard.try_recv().is_ok() {}
        self.signal("-HUP");
        let done = done && desk.told("RELOADING=1") && desk.told(CYCLE);
        Seen { ready, took, done }
    }

    /// Asks it to end, and gives back what was said by it and those before.
    pub fn stop(mut self, desk: &Desk) -> String {
        self.signal("-TERM");
        let watch = Stopwatch::start();
        let status = self.child.wait().unwrap();
        let log = fs::read_to_string(desk.path("log")).unwrap_or_default();
        assert!(status.success() && watch.elapsed() < AT_ONCE, "{status} {:?}\n{log}", watch.elapsed());
        log
    }
}

/// What the daemon did after everything was mended.
#[derive(Debug)]
pub struct Seen {
    ready: bool,
    took: Duration,
    done: bool,
}

impl Seen {
    /// Everything that does not hold.
    pub fn wrong(&self, desk: &Desk, before: &Kept, tellings: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                wrong.push(what);
            }
        };
        must(self.ready && self.took < AT_ONCE * 2, format!("ready: {} after {:?}", self.ready, self.took));
        let db = desk.database();
        let rows = |sql: &str| -> Vec<String> {
            let mut query = db.prepare(sql).unwrap();
            query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let operations = rows("SELECT state || ' ' || body FROM operation");
        let stale = rows("SELECT stale_since || problem FROM source WHERE stale_since IS NOT NULL");
        must(self.done, format!("not done: {operations:?} {stale:?} {:?}", rows("SELECT key FROM notice")));
        must(rows("PRAGMA integrity_check") == ["ok"], "the database is damaged".to_owned());
        let now = desk.kept();
        for (table, rows) in before {
            let lost: Vec<_> = rows.iter().filter(|row| !now[table].contains(row)).collect();
            must(lost.is_empty(), format!("lost from {table}: {lost:?}"));
        }
        let updates = desk.fake.mails().into_iter().filter(|mail| mail.by == OWNER);
        let updates = updates.filter(|mail| mail.kind == MailKind::Update).count();
        must(updates == 1, format!("guests were told {updates} times of a new time"));
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for shown in desk.screen.shown() {
            *counts.entry(shown).or_default() += 1;
        }
        let over: Vec<_> = counts.iter().filter(|(_, count)| **count > tellings).collect();
        must(over.is_empty(), format!("told too often: {over:?}"));
        must(counts.keys().any(|one| one.contains("moved")), format!("the move was not told: {counts:?}"));
        let report = fs::read_to_string(desk.data().join("reports/2026-W47.html")).unwrap_or_default();
        must(report.trim_end().ends_with("</html>"), format!("the report has {} bytes", report.len()));
        let parts = fs::read_dir(desk.data().join("reports")).into_iter().flatten().flatten();
        let parts: Vec<_> =
            parts.map(|one| one.file_name()).filter(|name| name.to_string_lossy().ends_with(".part")).collect();
        must(parts.is_empty(), format!("left behind: {parts:?}"));
        wrong
    }
}
