//! The measured limits of reading ICS: against calcard alone on the same bytes in the same run, and against 64 MiB.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use cadenced::calendar::Item;
use cadenced::calendar::ics::read::Reader;
use cadenced::calendar::ics::split::{Completeness, Part, Splitter};
use cadenced::calendar::ics::zone::Zones;
use calcard::icalendar::ICalendar;

#[path = "main_job/feed.rs"]
mod feed;

use feed::EVENTS;

/// The most that a streaming read may ever hold.
const MEMORY_LIMIT_KIB: u64 = 64 * 1024;
/// How often each side runs; the fastest counts.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, file] = arguments.as_slice()
        && flag == "--stream"
    {
        return stream_alone(Path::new(file));
    }
    let folder = tempfile::tempdir().expect("a folder for the feed");
    let file = folder.path().join("feed.ics");
    let size = feed::write(&file).expect("room for the feed");
    println!("{EVENTS} events, {:.1} MB", megabytes(size));
    let text = std::fs::read_to_string(&file).expect("the feed that was just written");
    let alone = fastest(|| {
        black_box(ICalendar::parse(&text).expect("a good feed"));
    });
    let ours = fastest(|| {
        assert_eq!(read(text.as_bytes()), EVENTS);
    });
    let ratio = ours.as_secs_f64() / alone.as_secs_f64();
    println!("     calcard alone {alone:.2?}, splitter and reader {ours:.2?}");
    let peak = peak_of_child(&file);
    let mut good = check("reading takes less time than calcard alone", &format!("{ratio:.2} times"), ratio < 1.0);
    good &=
        check("a streaming read holds less than 64 MiB", &format!("{peak} KiB at its peak"), peak < MEMORY_LIMIT_KIB);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(name: &str, shown: &str, good: bool) -> bool {
    println!("{} {name}: {shown}", if good { "ok  " } else { "FAIL" });
    good
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

/// Reads the feed in the chunks in which a network would bring it; returns how many good events it has.
fn read(mut input: impl Read) -> usize {
    let mut splitter = Splitter::new();
    let mut zones = Zones::new();
    let mut reader = None;
    let mut good = 0;
    let mut take = |part: Part<'_>| match part {
        Part::Zone(zone) => assert!(zones.learn(&zone).is_none(), "a good zone"),
        Part::Event(event) => {
            let reader = reader.get_or_insert_with(|| Reader::new(std::mem::take(&mut zones)));
            good += reader.read(&event).iter().filter(|item| matches!(item, Item::Event(_))).count();
        }
        Part::Problem(problem) => panic!("{problem:?}"),
    };
    let mut chunk = vec![0; 16 * 1024];
    loop {
        match input.read(&mut chunk).expect("a readable feed") {
            0 => break,
            n => splitter.push(&chunk[..n], &mut take),
        }
    }
    assert_eq!(splitter.finish(&mut take).completeness, Completeness::Complete);
    good
}

/// What the child does: nothing but one streaming read, so that its peak is that of the reading.
fn stream_alone(file: &Path) -> ExitCode {
    let good = read(File::open(file).expect("the feed"));
    assert_eq!(good, EVENTS);
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    println!("{}", peak.trim().trim_end_matches(" kB"));
    ExitCode::SUCCESS
}

fn peak_of_child(file: &Path) -> u64 {
    let own = std::env::current_exe().expect("this program");
    let output = Command::new(own).arg("--stream").arg(file).output().expect("a second run");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of KiB")
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}
