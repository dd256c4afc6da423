//! Processor time and peak memory of whole plans from hostile calendars of 64 KiB: each must take less than 100 ms and 32 MiB.
#![expect(unsafe_code, reason = "an allocator that counts can only be written so")]
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

#[path = "../tests/it/hostile_plan/feeds.rs"]
mod feeds;
#[path = "../tests/it/hostile_plan/known.rs"]
mod known;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cadenced::calendar::ics::read::read_calendar;
use cadenced::domain::assess::{assess, first_look, horizon};
use cadenced::domain::plan::plan;
use cadenced::domain::span::Span;

/// The system's memory, with a count of what is held and of the most that was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static MEMORY: Counting = Counting;

fn main() {
    let wanted = std::env::var("ONLY").unwrap_or_default();
    let mut failed = false;
    for (name, text) in feeds::hostile().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        for (look, span) in [("", horizon(known::now())), (", first look", first_look(known::now()))] {
            let (took, memory) = measure(&text, span);
            let good = took < Duration::from_millis(100) && memory < 32 << 20;
            failed |= !good;
            let (ms, mib) = (took.as_secs_f64() * 1e3, memory >> 20);
            println!("{} {name}{look}: {ms:.1} ms, {mib} MiB", if good { "ok  " } else { "FAIL" });
        }
    }
    assert!(!failed, "a limit was not kept");
}

/// The quickest of some plans, and what one holds at most.
fn measure(text: &str, span: Span) -> (Duration, usize) {
    let (snapshot, policy, now) =
        (known::snapshot(read_calendar(text.as_bytes()).unwrap().events), known::policy(), known::now());
    let mut quickest = Duration::MAX;
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    for _ in 0..3 {
        let start = processor();
        let standing = assess(&snapshot, &policy, span, now);
        let actions = plan(&standing, &snapshot, &policy);
        let took = processor().saturating_sub(start);
        quickest = quickest.min(took);
        drop((standing, actions));
        if took > Duration::from_secs(2) {
            break;
        }
    }
    (quickest, PEAK.load(Ordering::Relaxed) - before)
}

/// What the processor has spent on this thread: what else the machine does is not measured.
fn processor() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(spent.split_whitespace().next().unwrap().parse().unwrap())
}
