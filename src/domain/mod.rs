//! The pure core: it awaits nothing, reads no clock, and names no protocol.

pub mod assess;
pub mod budget;
pub mod collation;
pub mod detection;
pub mod facts;
pub mod hours;
pub mod inbox;
pub mod outcome;
pub mod outline;
pub mod plan;
pub mod policy;
pub mod recurrence;
pub mod reschedule;
pub mod sanitize;
pub mod series;
pub mod slot;
pub mod week;

pub use facts::{
    availability, email, event, fingerprint, make_up, one_on_one, operation, person, session, snapshot, source, span,
    standing,
};
