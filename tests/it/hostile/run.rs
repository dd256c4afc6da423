//! The real program against each hostile answer and file at full size: time, memory, and the effect on a good calendar.
//! `tests/rigs/hostile.sh` starts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cadenced::clock::Stopwatch;
use tokio::runtime::Runtime;

use super::dav::servers;
use super::files::files;
use super::web::answers;
use super::wire::Player;
use crate::caldav_server::Server;

/// The longest that a read of all calendars may take; a body that drips is waited for five minutes.
const LONGEST: Duration = Duration::from_mins(6);

/// How soon the daemon has to end.
const END: Duration = Duration::from_secs(1);

/// What the unit allows, in MiB.
const MOST_MEMORY: u64 = 256;

/// One program run to its end or killed.
struct Ran {
    time: Duration,
    memory: u64,
    ended: bool,
    printed: String,
}

/// The program, with a bad calendar first and a good one behind it.
struct Stage {
    folder: tempfile::TempDir,
    config: PathBuf,
}

impl Stage {
    fn new(bad: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.ics");
        let event = "BEGIN:VEVENT\r\nUID:good\r\nDTSTART:20260105T090000Z\r\nDTEND:20260105T093000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\n";
        fs::write(&good, format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n")).unwrap();
        let config = folder.path().join("config.toml");
        let text = format!(
            "[owner]\naddresses = [\"me@example.com\"]\nzone = \"UTC\"\n{bad}\
             [[account]]\nname = \"good\"\n[[account.calendar]]\nname = \"main\"\nurl = \"file://{}\"\n[paths]\ndata = \"{}\"\n",
            good.display(),
            folder.path().join("data").display()
        );
        fs::write(&config, text).unwrap();
        Self { folder, config }
    }

    fn command(&self, words: &[&str]) -> Command {
        let program = std::env::var_os("CADENCED_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_cadenced").into());
        let mut command = Command::new(program);
        command.arg("--config").arg(&self.config).args(words).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Reads all calendars once.
    fn sync(&self) -> Ran {
        let printed = self.folder.path().join("printed");
        let watch = Stopwatch::start();
        let mut child = self.command(&["sync"]).stdout(fs::File::create(&printed).unwrap()).spawn().unwrap();
        let (ended, memory) = until(&mut child, LONGEST);
        let time = watch.elapsed();
        Ran { time, memory, ended, printed: fs::read_to_string(printed).unwrap_or_default() }
    }

    /// Runs the daemon until it has read the good calendar, and tells it to end: after how long it had read it, and how it ended.
    fn daemon(&self) -> (Option<Duration>, Ran) {
        let watch = Stopwatch::start();
        let mut child = self.command(&["run"]).spawn().unwrap();
        let has_read = || {
            let shown = self.command(&["status"]).stdout(Stdio::piped()).output().unwrap();
            String::from_utf8_lossy(&shown.stdout)
                .lines()
                .any(|line| line.contains("good/main") && line.contains("fine"))
        };
        let mut read = None;
        let mut memory = 0;
        while read.is_none() && watch.elapsed() < LONGEST / 4 {
            read = has_read().then(|| watch.elapsed());
            memory = memory.max(peak(&child));
        }
        let watch = Stopwatch::start();
        signal(&child, "-TERM");
        let (ended, last) = until(&mut child, END * 10);
        (read, Ran { time: watch.elapsed(), memory: memory.max(last), ended, printed: String::new() })
    }
}

fn signal(child: &Child, signal: &str) {
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
}

/// The most memory that a process held so far, in MiB.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(Path::new("/proc").join(child.id().to_string()).join("status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Waits for the end of a child and kills it after `limit`; whether it ended by itself, and the most memory that it held.
fn until(child: &mut Child, limit: Duration) -> (bool, u64) {
    let (watch, mut memory) = (Stopwatch::start(), 0);
    while watch.elapsed() < limit {
        memory = memory.max(peak(child));
        if child.try_wait().unwrap().is_some() {
            return (true, memory);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    (false, memory)
}

/// One row: what a read of all calendars does, and what the daemon does.
struct Row {
    what: &'static str,
    name: &'static str,
    account: String,
    sync: Ran,
    daemon: Option<(Option<Duration>, Ran)>,
    /// What has to live as long as the row.
    _stage: Box<dyn std::any::Any + Send>,
}

impl Row {
    fn new(what: &'static str, name: &'static str, account: String, stage: Box<dyn std::any::Any + Send>) -> Self {
        let sync = Stage::new(&account).sync();
        Self { what, name, account, sync, daemon: None, _stage: stage }
    }

    /// Shows it; true where something is not as it must be.
    fn show(&self) -> bool {
        let sync = &self.sync;
        let said = sync.printed.lines().find_map(|line| line.strip_prefix("bad/main: ")).unwrap_or("nothing");
        let has_read_good = sync.printed.lines().any(|line| line.starts_with("good/main: 1 event"));
        let Some((read, daemon)) = &self.daemon else { return true };
        let is_wrong = !sync.ended
            || !has_read_good
            || read.is_none()
            || !daemon.ended
            || daemon.time > END
            || sync.memory.max(daemon.memory) > MOST_MEMORY;
        println!(
            "{:4} | {:50} | {:5.1} s {:4} MiB{} | good read after {} | ended after {:4.2} s {:4} MiB{} | {said:.80}{}",
            self.what,
            self.name,
            sync.time.as_secs_f32(),
            sync.memory,
            if sync.ended { "" } else { " KILLED" },
            read.map_or("NEVER".to_owned(), |read| format!("{:4.1} s", read.as_secs_f32())),
            daemon.time.as_secs_f32(),
            daemon.memory,
            if daemon.ended { "" } else { " KILLED" },
            if is_wrong { " | WRONG" } else { "" },
        );
        is_wrong
    }
}

/// Runs the daemons of all rows, four at a time: most of their time they wait.
fn daemons(rows: &mut [Row]) {
    let next = std::sync::Mutex::new(rows.iter_mut());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(row) = next.lock().unwrap().next() else { return };
                    row.daemon = Some(Stage::new(&row.account).daemon());
                }
            });
        }
    });
}

fn feed(address: &str) -> String {
    format!("[[account]]\nname = \"bad\"\n[[account.calendar]]\nname = \"main\"\nurl = \"{address}\"\n")
}

fn account(server: &str) -> String {
    format!(
        "[[account]]\nname = \"bad\"\nkind = \"caldav\"\nserver = \"{server}\"\nusername = \"me\"\n\
         password_command = [\"echo\", \"hunter2\"]\n[[account.calendar]]\nname = \"main\"\n"
    )
}

#[test]
#[ignore = "takes minutes: tests/rigs/hostile.sh"]
fn the_program_lives_beside_every_hostile_answer_and_file() {
    let only = std::env::var("CADENCED_HOSTILE").unwrap_or_default();
    let runtime: Runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let wanted = |what: &str, name: &str| only.is_empty() || format!("{what} {name}").contains(&only);
    let mut rows = Vec::new();
    for one in servers(10).into_iter().filter(|one| wanted("dav", one.name)) {
        let server = runtime.block_on(Server::start(one.answer));
        rows.push(Row::new("dav", one.name, account(&server.url("/")), Box::new(server)));
    }
    for one in answers(200_000_000).into_iter().filter(|one| wanted("web", one.name)) {
        let server = runtime.block_on(Player::start(one.script));
        rows.push(Row::new("web", one.name, feed(&server.url()), Box::new(server)));
    }
    for one in files(10).into_iter().filter(|one| wanted("file", one.name)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.ics");
        (one.make)(&path);
        rows.push(Row::new("file", one.name, feed(&format!("file://{}", path.display())), Box::new(folder)));
    }
    daemons(&mut rows);
    let wrong = rows.iter().filter(|row| row.show()).count();
    println!("{} rows, {wrong} wrong", rows.len());
    assert_eq!(wrong, 0);
}
