//! ICS files and feeds (RFC 5545).

pub mod feed;
mod gather;
mod line;
mod memory;
mod participants;
pub mod read;
pub mod split;
pub(super) mod spool;
mod unfold;
mod vtimezone;
pub(super) mod when;
pub mod zone;
mod zone_names;

pub(super) use gather::hexadecimal;
