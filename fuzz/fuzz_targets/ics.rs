//! Any bytes are a calendar file to read: no panic, and no event without a word.

#![no_main]

use cadenced::calendar::ics::read::read_calendar;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(calendar) = read_calendar(bytes) else { return };
    assert!(calendar.events.len() as u64 <= calendar.ending.events);
    if calendar.problems.len() < 1000 {
        let skipped = calendar.problems.iter().filter(|problem| problem.skipped).count() as u64;
        assert!(calendar.events.len() as u64 + skipped >= calendar.ending.events);
    }
});
