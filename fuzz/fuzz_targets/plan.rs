//! Any bytes are a calendar to plan from: no panic, and no more work than a plan may take.

#![no_main]

mod planned;

use cadenced::calendar::ics::read::read_calendar;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(calendar) = read_calendar(bytes) {
        planned::within_its_budget(calendar.events);
    }
});
