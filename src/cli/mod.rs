//! Owns the command line: one file per verb.

pub mod check;
