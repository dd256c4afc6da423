//! The daemon: its loop, and when it does what.

pub mod backoff;
