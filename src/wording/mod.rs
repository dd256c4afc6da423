//! The texts that notices, reports and commands share.

pub mod local_time;
pub mod phrases;
pub mod read_problem;
pub mod sentences;
pub mod touched;

/// That a 1:1 has no next session: for good where it has lapsed, else as far as sessions are looked for.
#[must_use]
pub const fn no_next(has_lapsed: bool) -> &'static str {
    if has_lapsed { "none on the calendar" } else { "none in the next 13 weeks" }
}
