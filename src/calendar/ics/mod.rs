//! ICS files and feeds (RFC 5545).

pub(super) mod datetime;
pub mod feed;
mod gather;
mod line;
mod participants;
pub mod provider;
pub mod read;
pub mod split;
pub(super) mod spool;
mod sync_state;
mod unfold;
mod vtimezone;
pub mod zone;
mod zone_names;

pub(super) use gather::hexadecimal;
