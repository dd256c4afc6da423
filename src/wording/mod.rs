//! The texts that notices, reports and commands share.

pub mod local_time;
pub mod phrases;
pub mod read_problem;
pub mod touched;
