//! ICS files and feeds (RFC 5545).

mod line;
mod participants;
pub mod read;
pub mod split;
mod unfold;
mod vtimezone;
mod when;
pub mod zone;
mod zone_names;
