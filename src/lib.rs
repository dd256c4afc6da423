//! cadenced keeps people's 1:1 meetings; the modules stand in layer order, each using only those above it.

pub mod domain;

pub mod clock;
pub mod config;

pub mod calendar;

pub mod cli;
