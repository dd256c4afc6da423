//! Measures the daemon at rest: what it holds, and how often it wakes up; ends with 1 where a limit is broken.
//!
//! `IDLE=300 cargo bench --bench idle` watches for five minutes instead of one. `STRACE=1` also counts the system calls of that
//! time; the switches are not judged then, as watching makes more of them.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement reads a clock, and ends where it fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// What the daemon may hold at rest, in KiB.
const MOST_MEMORY: u64 = 16 * 1024;
/// The watchdog's period as in the shipped unit; it is fed at half of it.
const WATCHDOG: Duration = Duration::from_mins(3);
/// How often the threads may be switched to for each time that something was due.
const SWITCHES: u64 = 12;
/// How many weekly 1:1s there are, and how many other events.
const ONE_ON_ONES: u32 = 30;
const OTHERS: u32 = 2_000;

fn main() -> ExitCode {
    let watched = Duration::from_secs(std::env::var("IDLE").map_or(60, |seconds| seconds.parse().unwrap()));
    let home = tempfile::tempdir().unwrap();
    prepare(home.path());
    let (bus, address) = session_bus();
    let mut daemon = start(home.path(), &address);
    let pid = daemon.id();
    let before = Numbers::of(pid);
    let strace = strace(pid, &home.path().join("strace"));
    let traced = strace.is_some();
    std::thread::sleep(watched);
    if let Some(mut child) = strace {
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        child.wait().unwrap();
    }
    let after = Numbers::of(pid);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    if let Some(mut child) = bus {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // The watchdog, and at most one read of the calendar and what follows from it.
    let due = u64::try_from(watched.as_nanos().div_ceil((WATCHDOG / 2).as_nanos())).unwrap() + 3;
    let limits = [
        ("resident memory, KiB", after.resident, MOST_MEMORY),
        ("switches to its threads", after.since(&before), if traced { u64::MAX } else { due * SWITCHES }),
        ("processor time, ms", after.time - before.time, due * 10),
    ];
    println!("{:<30} {:>10} {:>10} {:>6}", format!("over {} s at rest", watched.as_secs()), "ours", "limit", "ratio");
    let mut good = true;
    for (what, ours, limit) in limits {
        good &= ours <= limit;
        #[expect(clippy::cast_precision_loss, reason = "it is shown with two digits")]
        let ratio = ours as f64 / limit as f64;
        println!("{what:<30} {ours:>10} {limit:>10} {ratio:>6.2}  {}", if ours <= limit { "ok" } else { "FAILED" });
    }
    println!("of the memory, its own: {} KiB; threads: {}", after.own, after.switches.len());
    if let Ok(calls) = fs::read_to_string(home.path().join("strace")) {
        println!("its system calls in that time:\n{calls}");
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What `/proc` says of a process.
struct Numbers {
    /// In KiB.
    resident: u64,
    /// The part of it that is no file's, in KiB.
    own: u64,
    /// How often each of its threads was switched away from, by thread.
    switches: BTreeMap<PathBuf, u64>,
    /// In milliseconds.
    time: u64,
}

impl Numbers {
    fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|task| task.unwrap().path());
        let switches = tasks.map(|task| {
            let status = fs::read_to_string(task.join("status")).unwrap();
            (task, number(&status, "voluntary_ctxt_switches:") + number(&status, "nonvoluntary_ctxt_switches:"))
        });
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Self {
            resident: number(&status, "VmRSS:"),
            own: number(&status, "RssAnon:"),
            switches: switches.collect(),
            time: ticks * 10,
        }
    }

    /// How often its threads were switched away from since then; a thread that ended meanwhile is not known any more.
    fn since(&self, before: &Self) -> u64 {
        self.switches.iter().map(|(thread, now)| now - before.switches.get(thread).unwrap_or(&0)).sum()
    }
}

fn number(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A config with one file, and the file.
fn prepare(home: &Path) {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//idle//EN\r\n");
    for n in 0..ONE_ON_ONES {
        let guests = format!(
            "ORGANIZER:mailto:you@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:you@example.com\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:person{n}@example.com\r\nRRULE:FREQ=WEEKLY\r\n"
        );
        event(&mut text, n, "20260105", &guests);
    }
    for n in 0..OTHERS {
        event(&mut text, ONE_ON_ONES + n, &format!("2026{:02}{:02}", 1 + n % 12, 1 + n / 12 % 28), "");
    }
    text.push_str("END:VCALENDAR\r\n");
    fs::write(home.join("feed.ics"), text).unwrap();
    let config = format!(
        "[owner]\naddresses = [\"you@example.com\"]\nzone = \"Europe/Berlin\"\n[[account]]\nname = \"work\"\n\
         [[account.calendar]]\nname = \"main\"\nurl = \"file:{}\"\n[paths]\ndata = \"{}\"\n",
        home.join("feed.ics").display(),
        home.join("data").display()
    );
    fs::write(home.join("config.toml"), config).unwrap();
}

fn event(text: &mut String, n: u32, day: &str, more: &str) {
    let hour = 8 + n % 9;
    write!(
        text,
        "BEGIN:VEVENT\r\nUID:{n}@example.com\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Event {n}\r\n\
         DTSTART:{day}T{hour:02}0000Z\r\nDURATION:PT30M\r\n{more}END:VEVENT\r\n"
    )
    .unwrap();
}

/// A session bus of its own; without one there is no bus at all, and the daemon looks about more often.
fn session_bus() -> (Option<Child>, String) {
    let words = ["--session", "--nofork", "--nopidfile", "--print-address"];
    let Ok(mut bus) = Command::new("dbus-daemon").args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    else {
        println!("dbus-daemon is not installed: measured without a bus");
        return (None, "unix:path=/nonexistent".to_owned());
    };
    let mut address = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (Some(bus), address.trim().to_owned())
}

/// Starts the daemon and waits until it has read its calendar and rests.
fn start(home: &Path, bus: &str) -> Child {
    let heard = UnixDatagram::bind(home.join("notify")).unwrap();
    heard.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let daemon = Command::new(env!("CARGO_BIN_EXE_cadenced"))
        .args(["--config", home.join("config.toml").to_str().unwrap(), "run"])
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
        .env("NOTIFY_SOCKET", home.join("notify"))
        .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let mut text = [0; 4096];
    loop {
        let length = heard.recv(&mut text).unwrap();
        let said = String::from_utf8_lossy(&text[..length]);
        if said.contains("owed") && said.contains("reads again") {
            break;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "it never came to rest");
    }
    // The kernel gives the receiver no more than this; the daemon must not wait for a full socket.
    std::thread::spawn(move || while heard.recv(&mut [0; 4096]).is_ok() {});
    std::thread::sleep(Duration::from_secs(5));
    daemon
}

/// Counts system calls from now on, where there is a strace that may.
fn strace(pid: u32, into: &Path) -> Option<Child> {
    std::env::var_os("STRACE")?;
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-q", "-o"]).arg(into).args(["-p", &pid.to_string()]).stderr(Stdio::null());
    Some(strace.spawn().expect("strace is installed"))
}
