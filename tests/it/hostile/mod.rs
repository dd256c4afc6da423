//! Hostile answers and files, each with its name and its expected result.
//!
//! The table tests read each of them; the rig `tests/rigs/hostile.sh` gives each to the program, at full size, beside a good calendar.

pub mod dav;
pub mod files;
mod run;
mod tables;
pub mod web;
pub mod wire;
