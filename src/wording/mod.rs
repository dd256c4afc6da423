//! The words that notices, reports and commands share: times, phrases, and what went wrong.

pub mod phrases;
pub mod read_problem;
pub mod touched;
pub mod wall;
