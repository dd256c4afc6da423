//! Processor time and peak memory of whole plans from hostile calendars of 64 KiB: each must take less than 100 ms and 32 MiB.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

#[path = "memory/counting.rs"]
mod counting;
#[path = "../tests/it/hostile_plan/feeds.rs"]
mod feeds;
#[path = "../tests/it/hostile_plan/known.rs"]
mod known;

use std::time::Duration;

use cadenced::calendar::ics::read::read_calendar;
use cadenced::domain::assess::{assess, first_look, horizon};
use cadenced::domain::plan::plan;
use cadenced::domain::span::Span;

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
    let memory = counting::mark();
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
    (quickest, memory.peak())
}

/// What the processor has spent on this thread: what else the machine does is not measured.
fn processor() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(spent.split_whitespace().next().unwrap().parse().unwrap())
}
