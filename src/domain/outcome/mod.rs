//! What became of each session, which losses are owed, and what the user said about them.

pub mod busy;
pub mod cover;
pub mod judge;
pub mod owed;
pub mod user_outcome;
