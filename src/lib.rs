//! Library of cadenced, which keeps people's 1:1 meetings; modules are listed in layer order.

#[macro_use]
mod planted;

pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod domain;
pub mod mail;
pub mod notify;
pub mod report;
pub mod store;
pub mod wording;
pub mod writer;
