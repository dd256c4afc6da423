//! Answers and files that no careful program would send: each with its name, and what must come of it.
//!
//! The table tests read each of them; the rig `tests/rigs/hostile.sh` gives each to the program, at full size, beside a good calendar.

pub mod dav;
pub mod files;
mod run;
mod tables;
pub mod web;
pub mod wire;
