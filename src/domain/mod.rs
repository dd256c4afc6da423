//! The pure core: it awaits nothing, reads no clock, and names no protocol.

pub mod event;
pub mod person;
pub mod recurrence;
pub mod source;
pub mod span;
