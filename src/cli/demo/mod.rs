//! Owns `cadenced demo`: the main job on made-up calendars around the present, told step by step.

pub mod calendars;
mod cast;
mod entry;
