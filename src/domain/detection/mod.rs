//! Whether a series is a 1:1, and with whom.

pub mod participants;
pub mod title;
pub mod verdict;
