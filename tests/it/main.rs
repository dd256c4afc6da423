//! The behaviours of cadenced, one file each.

#![expect(clippy::unwrap_used, reason = "what a test takes for granted may end it")]

mod check;
mod daemon;
mod desktop;
mod feed_http;
mod feed_polling;
mod feed_privacy;
mod feed_reads;
mod feed_secret;
mod feed_server;
mod hours_learnt;
mod ics_corpus;
mod ics_expand;
mod ics_read;
mod ics_split;
mod ics_zones;
mod inbox;
mod layers;
mod notify_dbus;
mod outcomes;
mod owed;
mod recurrence_cases;
mod recurrence_properties;
mod recurrence_sets;
mod shipped;
#[path = "../sim/mod.rs"]
mod sim;
mod slot_properties;
mod slots;
mod stitching;
mod store_crash;
mod store_given;
mod store_ledger;
mod store_mirror;
mod store_open;
mod store_sequences;
mod support;
mod telling;
mod verbs;
mod week;
