//! Any text is a config: no panic, what is wrong has a line of the text, and only what has no error can be used.

#![no_main]

use cadenced::config::{Severity, Surroundings, check};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let around = Surroundings { zone: TimeZone::UTC, folder: "/etc".into(), home: Some("/home/ann".into()), exposed: true };
    let checked = check(text, &around);
    let lines = text.split('\n').count();
    for problem in &checked.problems {
        assert!((1..=lines).contains(&problem.line), "{problem:?} in a text of {lines} lines");
        assert!(problem.column >= 1, "{problem:?}");
    }
    let has_error = checked.problems.iter().any(|problem| problem.severity == Severity::Error);
    assert_eq!(checked.settings.is_none(), has_error, "{:?}", checked.problems);
});
