//! The real program, killed at every point under every fault, loses nothing and writes and announces everything once. `make soak` runs it;
//! it needs root, mounts and strace.

use std::fmt::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cadenced::clock::Stopwatch;

use crate::fault_desk::{Desk, Disk, Running, Seen, strace};

/// Where in its work the program is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    Start,
    Read,
    Transaction,
    Notice,
    Report,
    Write,
    Stop,
}

/// What is wrong with the machine in the meantime.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Nothing,
    Full,
    ReadOnly,
    Offline,
    Token,
}

const POINTS: [(Point, &str); 7] = [
    (Point::Start, "as it starts"),
    (Point::Read, "in the middle of a read"),
    (Point::Transaction, "in a transaction"),
    (Point::Notice, "while a notice is shown"),
    (Point::Report, "while the report is written"),
    (Point::Write, "between a write and its reply"),
    (Point::Stop, "while it stops"),
];

const FAULTS: [(Fault, &str); 5] = [
    (Fault::Nothing, "plain"),
    (Fault::Full, "full disk"),
    (Fault::ReadOnly, "read-only"),
    (Fault::Offline, "no network"),
    (Fault::Token, "bad token"),
];

/// How long a point of the work is waited for.
const REACHED: Duration = Duration::from_secs(6);

/// What a kill adds to how often one notice may be seen: where its telling could not be noted, it is told once more.
const fn tellings(point: Point, fault: Fault) -> usize {
    match (point, fault) {
        (Point::Notice | Point::Transaction, _) | (_, Fault::Full | Fault::ReadOnly) => 2,
        _ => 1,
    }
}

/// The ways to be killed at a point.
fn ways(point: Point) -> Vec<u32> {
    match point {
        Point::Start => vec![1, 8, 20, 45],
        Point::Transaction => vec![1, 3, 6, 11, 17, 26, 40],
        Point::Report => vec![0, 1],
        Point::Stop => vec![0, 2, 15],
        Point::Read | Point::Notice | Point::Write => vec![0],
    }
}

impl Fault {
    const fn disk(self) -> Disk {
        match self {
            Self::Full => Disk::Small,
            Self::ReadOnly => Disk::Image,
            Self::Nothing | Self::Offline | Self::Token => Disk::Plain,
        }
    }
}

fn begin(desk: &Desk, fault: Fault, running: bool) {
    match fault {
        Fault::Nothing => {}
        Fault::Full => desk.fill(),
        Fault::ReadOnly => desk.make_read_only(running),
        Fault::Offline => desk.wire.cut(true),
        Fault::Token => desk.revoke(),
    }
}

fn heal(desk: &Desk, fault: Fault) {
    match fault {
        Fault::Nothing => {}
        Fault::Full => desk.free(),
        Fault::ReadOnly => desk.mount_again(),
        Fault::Offline => desk.wire.cut(false),
        Fault::Token => desk.sign_in(),
    }
}

/// Runs the program until it is at the point and kills it there; says whether the point was reached.
fn run_and_kill(desk: &Desk, point: Point, fault: Fault, way: u32) -> bool {
    let database = ["cadenced.db", "cadenced.db-wal"].map(|name| desk.data().join(name));
    match point {
        Point::Start => {
            begin(desk, fault, false);
            let running = desk.start(&[]);
            std::thread::sleep(Duration::from_millis(u64::from(way)));
            running.kill();
            true
        }
        Point::Transaction => {
            begin(desk, fault, false);
            let inject = format!("inject=pwrite64:signal=SIGKILL:when={way}");
            let running = desk.start(&strace(&["trace=pwrite64", &inject], &database));
            running.dies_within(REACHED)
        }
        Point::Report => {
            begin(desk, fault, false);
            // The first file that gets its name is the report of the week, the second one the latest.
            let calls = format!("inject=rename,renameat,renameat2:signal=SIGKILL:when={}", way + 1);
            let running = desk.start(&strace(&["trace=rename,renameat,renameat2", &calls], &[]));
            running.dies_within(REACHED)
        }
        Point::Read | Point::Write => {
            let held = if point == Point::Read { "GET " } else { "PATCH " };
            desk.wire.hold(Some(held));
            let running = desk.start(&[]);
            let reached = desk.wire.holds_within(REACHED);
            begin(desk, fault, true);
            desk.wire.hold(None);
            // It is given the time to meet the fault.
            std::thread::sleep(Duration::from_millis(300));
            running.kill();
            reached
        }
        Point::Notice => {
            desk.screen.hold(true);
            // The fault is there before there is anything to tell.
            let running = if fault.disk() == Disk::Plain {
                begin(desk, fault, false);
                desk.start(&[])
            } else {
                desk.wire.hold(Some("GET "));
                let running = desk.start(&[]);
                assert!(desk.wire.holds_within(REACHED));
                begin(desk, fault, true);
                desk.wire.hold(None);
                running
            };
            let reached = desk.screen.holds_within(REACHED);
            running.kill();
            desk.screen.hold(false);
            reached
        }
        Point::Stop => {
            desk.wire.hold(Some("GET "));
            let running = desk.start(&[]);
            let reached = desk.wire.holds_within(REACHED);
            begin(desk, fault, true);
            running.signal("-TERM");
            std::thread::sleep(Duration::from_millis(u64::from(way)));
            running.kill();
            desk.wire.hold(None);
            reached
        }
    }
}

/// One cell in one way: killed, healed, started again and looked at. What is wrong is the error; whether the point was reached.
fn tell(point: Point, fault: Fault, way: u32) -> Result<bool, String> {
    let desk = Desk::new(fault.disk());
    desk.begin();
    let before = desk.kept();
    desk.news();
    let reached = run_and_kill(&desk, point, fault, way);
    heal(&desk, fault);
    desk.later();
    let watch = Stopwatch::start();
    let again: Running = desk.start(&[]);
    let seen: Seen = again.until_all_is_done(&desk);
    let log = again.stop(&desk);
    let wrong = seen.wrong(&desk, &before, tellings(point, fault));
    if wrong.is_empty() {
        return Ok(reached);
    }
    Err(format!("{wrong:?} after {:?}; it said:\n{log}", watch.elapsed()))
}

/// What became of one cell.
#[derive(Clone, Copy, Default)]
struct Cell {
    ran: bool,
    reached: usize,
    bad: usize,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Self { ran: false, .. } => String::new(),
            Self { bad: 0, reached: 0, .. } => "-".to_owned(),
            Self { bad: 0, reached, .. } => format!("ok ({reached})"),
            Self { bad, .. } => format!("BROKEN ({bad})"),
        })
    }
}

/// Runs one cell in all its ways.
fn run((point, name): (Point, &str), (fault, column): (Fault, &str)) -> Cell {
    let mut cell = Cell { ran: true, ..Cell::default() };
    for way in ways(point) {
        match tell(point, fault, way) {
            Ok(reached) => cell.reached += usize::from(reached),
            Err(why) => {
                cell.bad += 1;
                println!("{name}, {column}, way {way}: {why}");
            }
        }
    }
    println!("{name}, {column}: {cell}");
    cell
}

/// The cells, row by row; two run at a time. `CELL` names the only one that is wanted, such as `Read Token`, or a part of it.
fn run_all() -> Vec<Cell> {
    let only = std::env::var("CELL").unwrap_or_default();
    let all: Vec<_> = POINTS.iter().flat_map(|&point| FAULTS.map(|fault| (point, fault))).collect();
    let (next, cells) = (AtomicUsize::new(0), Mutex::new(vec![Cell::default(); all.len()]));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(point, fault)) = all.get(index) else { return };
            if format!("{:?} {:?}", point.0, fault.0).contains(&only) {
                let cell = run(point, fault);
                cells.lock().unwrap()[index] = cell;
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    cells.into_inner().unwrap()
}

#[test]
#[ignore = "needs root, mounts and strace: make soak"]
fn nothing_is_lost_told_twice_or_written_twice_wherever_it_is_killed() {
    if let Some(missing) = Desk::missing() {
        println!("skipped: {missing}");
        #[expect(clippy::disallowed_methods, reason = "a test that was skipped has not passed: 77 says so")]
        std::process::exit(77);
    }
    let cells = run_all();
    let mut table = format!("{:<30}", "killed");
    for (_, name) in FAULTS {
        let _ = write!(table, " | {name:<10}");
    }
    for ((_, name), row) in POINTS.iter().zip(cells.chunks(FAULTS.len())) {
        let _ = write!(table, "\n{name:<30}");
        for cell in row {
            let _ = write!(table, " | {cell:<10}");
        }
    }
    println!("\n{table}\n\nok (n): killed there n times; started again, everything holds.");
    println!(
        "-: the work does not get there under that fault; killed after a while all the same, and everything holds."
    );
    assert!(cells.iter().all(|cell| cell.bad == 0), "some cells are broken");
    assert!(cells.iter().any(|cell| cell.ran), "no cell has that name");
}
