//! The plain values that every room of the domain shares. They hold no rules.

pub mod availability;
pub mod decision;
pub mod email;
pub mod event;
pub mod fingerprint;
pub mod make_up;
pub mod notice;
pub mod one_on_one;
pub mod operation;
pub mod person;
pub mod session;
pub mod snapshot;
pub mod source;
pub mod span;
pub mod standing;
pub mod week_id;
