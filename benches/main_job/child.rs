//! The process that only reads, so that its peak and its processor time are those of reading.

use std::process::Command;
use std::time::Instant;

use cadenced::config::{Surroundings, check};
use cadenced::daemon::shared;
use cadenced::daemon::source_reader::{Outcome, Reader, readers};
use cadenced::store::{Applied, Store};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::milliseconds;

/// Asks this program to be that process; the feed's address, how many events it holds, and a number of polls follow.
pub const FLAG: &str = "--read";

/// The usual length of a tick in `/proc/self/stat`, in milliseconds (`getconf CLK_TCK` says 100 a second everywhere).
const TICK: f64 = 10.0;

/// What the process says of itself.
pub struct Numbers {
    /// How long the first read took, in milliseconds.
    pub read: f64,
    /// The most memory that it held until then, in KiB.
    pub peak: f64,
    /// The processor time of one unchanged poll, in milliseconds; 0 where there were none.
    pub poll: f64,
}

/// Runs the process, and returns what it says.
pub fn spawn(address: &str, events: usize, polls: u32) -> Numbers {
    let own = std::env::current_exe().unwrap();
    let output = Command::new(own).args([FLAG, address, &events.to_string(), &polls.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [read, peak, poll] = numbers.as_slice() else { panic!("{said}") };
    Numbers { read: *read, peak: *peak, poll: *poll }
}

/// What the process does: one read of everything, then polls.
pub fn run(address: &str, events: u64, polls: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut now: Timestamp = "2026-11-16T08:00:00Z".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (store, _) = Store::open(folder.path(), now).unwrap();
        let mut reader = reader(address, folder.path());
        let start = Instant::now();
        let applied = read(&mut reader, &store, now).await;
        let took = milliseconds(start.elapsed());
        assert_eq!(applied.added, events);
        let peak = peak();
        let before = ticks();
        for _ in 0..polls {
            now += SignedDuration::from_secs(1);
            let applied = read(&mut reader, &store, now).await;
            assert_eq!(applied.unchanged, events);
        }
        let spent = (ticks() - before) * TICK / f64::from(polls.max(1));
        println!("{took} {peak} {spent}");
        store.close().await.unwrap();
    });
}

fn reader(address: &str, folder: &std::path::Path) -> Reader {
    let text = format!(
        "[owner]\naddresses = [\"owner@example.com\"]\n[[account]]\nname = \"work\"\n[[account.calendar]]\nname = \"main\"\nurl = \"{address}\"\n"
    );
    let around = Surroundings { zone: TimeZone::UTC, folder: folder.into(), home: None, exposed: false };
    let checked = check(&text, &around);
    let settings = checked.settings.unwrap_or_else(|| panic!("{:?}", checked.problems));
    readers(&settings, &shared(folder.into(), &settings.owner)).pop().unwrap()
}

async fn read(reader: &mut Reader, store: &Store, now: Timestamp) -> Applied {
    match reader.read(store, now, None).await.unwrap() {
        Outcome::Good(applied) => applied,
        Outcome::Failed(error) => panic!("{error}"),
    }
}

fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The processor time of all threads so far, in ticks: the 14th and 15th field of `proc_pid_stat(5)`.
fn ticks() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap()).sum()
}
