//! The pure core: it awaits nothing, reads no clock, and names no protocol.

pub mod assess;
pub mod availability;
pub mod budget;
pub mod event;
pub mod fingerprint;
pub mod hours;
pub mod inbox;
pub mod letter;
pub mod make_up;
pub mod one_on_one;
pub mod operation;
pub mod person;
pub mod plan;
pub mod policy;
pub mod recurrence;
pub mod reschedule;
pub mod series;
pub mod session;
pub mod shown;
pub mod slot;
pub mod snapshot;
pub mod source;
pub mod span;
pub mod standing;
pub mod week;
pub mod words;
