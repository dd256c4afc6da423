//! The measured limits of the main job: a whole feed into the mirror, a poll that finds nothing new, and planning.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement reads a clock, and ends where it fails"
)]

mod child;
mod commands;
mod feed;
mod planning;
mod server;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use calcard::icalendar::ICalendar;

use child::Numbers;
use planning::World;
use server::Server;

/// A calendar without events.
const NOTHING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Feed//EN\r\nEND:VCALENDAR\r\n";
/// How often each side of the reading runs; the fastest counts.
const ROUNDS: usize = 3;
/// How many times the time of calcard alone the whole way into the mirror may take.
const MOST_TIMES: f64 = 2.0;
/// The most that a process may hold that does nothing but read the feed, in KiB.
const MOST_MEMORY: f64 = 64.0 * 1024.0;
/// How many times the processor time of a poll of an empty calendar one may take that finds 100,000 events unchanged.
const MOST_OF_A_POLL: f64 = 1.5;
/// How much of the time in which SQLite reads all bodies once planning may take.
const MOST_OF_PLANNING: f64 = 0.5;
/// The same for the processor time of a command that shows where everything stands, from its start to its end.
const MOST_OF_A_COMMAND: f64 = 1.5;
/// The most that such a command may hold, in KiB.
const MOST_OF_A_COMMANDS_MEMORY: f64 = 32.0 * 1024.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, address, events, polls] = arguments.as_slice()
        && flag == child::FLAG
    {
        child::run(address, events.parse().unwrap(), polls.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let wants = |part: &str| arguments.iter().skip(1).all(|argument| argument == "--bench" || argument == part);
    let mut table = Table { good: true };
    println!("{:<52} {:>12} {:>12} {:>7}", "what", "ours", "peer, limit", "ratio");
    // Planning comes first: what parsing 112 MB leaves behind in this process is no part of it.
    if wants("planning") {
        let world = World::new();
        let (middle, scan) = world.measure();
        table.row("planning over 100,000 events, against SQLite, ms", middle, scan, MOST_OF_PLANNING);
        for command in ["status", "plan", "sessions"] {
            let cost = commands::cost(command, &world.config());
            table.row(&format!("`cadenced {command}`, against SQLite, ms"), cost.processor, scan, MOST_OF_A_COMMAND);
            table.row("  the most that it holds, KiB", cost.memory, MOST_OF_A_COMMANDS_MEMORY, 1.0);
        }
    }
    if wants("reading") {
        reading(&mut table);
    }
    if table.good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was measured, line by line, and whether all of it was good.
struct Table {
    good: bool,
}

impl Table {
    /// One line: ours may be `times` as much as the other.
    fn row(&mut self, what: &str, ours: f64, other: f64, times: f64) {
        let ratio = ours / other;
        let good = ratio <= times;
        self.good &= good;
        let verdict = if good { "ok" } else { "FAILED" };
        println!("{what:<52} {ours:>12.1} {other:>12.1} {ratio:>7.2}  {verdict}");
    }
}

fn reading(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.ics");
    feed::write(&file).unwrap();
    let alone = milliseconds(parsed_alone(&file));
    let address = format!("file://{}", file.display());
    let reads: Vec<Numbers> = (0..ROUNDS).map(|_| child::spawn(&address, feed::EVENTS, 0)).collect();
    let fastest = reads.iter().map(|numbers| numbers.read).fold(f64::MAX, f64::min);
    let highest = reads.iter().map(|numbers| numbers.peak).fold(0.0, f64::max);
    table.row("a file into the mirror, against calcard alone, ms", fastest, alone, MOST_TIMES);
    table.row("  the most that it holds, KiB", highest, MOST_MEMORY, 1.0);
    polling(table, &file, alone);
}

fn polling(table: &mut Table, file: &Path, alone: f64) {
    const POLLS: u32 = 200;
    let server = Server::start(file);
    let numbers = child::spawn(&server.address(), feed::EVENTS, POLLS);
    table.row("over HTTP into the mirror, against calcard alone, ms", numbers.read, alone, MOST_TIMES);
    table.row("  the most that it holds, KiB", numbers.peak, MOST_MEMORY, 1.0);
    let requests = f64::from(server.requests() - 1);
    table.row("requests of 200 polls that find nothing new", requests, f64::from(POLLS), 1.0);
    let nothing = file.with_file_name("nothing.ics");
    std::fs::write(&nothing, NOTHING).unwrap();
    let empty = child::spawn(&Server::start(&nothing).address(), 0, POLLS);
    table.row("processor time of one, against an empty calendar, ms", numbers.poll, empty.poll, MOST_OF_A_POLL);
}

/// The time in which calcard parses the feed when it is in memory already.
fn parsed_alone(file: &Path) -> Duration {
    let text = std::fs::read_to_string(file).unwrap();
    let time = |_| {
        let start = Instant::now();
        black_box(ICalendar::parse(&text).unwrap());
        start.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
