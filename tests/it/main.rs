//! The behaviours of cadenced, one file each.

#![expect(clippy::unwrap_used, reason = "what a test takes for granted may end it")]

mod caldav_contract;
mod caldav_edit;
mod caldav_free_busy;
mod caldav_reads;
mod caldav_server;
mod caldav_side;
mod caldav_story;
mod caldav_writes;
mod check;
mod daemon;
mod feed_http;
mod feed_polling;
mod feed_privacy;
mod feed_reads;
mod feed_secret;
mod feed_server;
mod hours_learnt;
mod http_exchange;
mod ics_corpus;
mod ics_expand;
mod ics_read;
mod ics_split;
mod ics_zones;
mod layers;
mod mover_table;
mod notify_dbus;
mod outcomes;
mod owed;
mod put_back_real;
mod putting_back;
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
mod store_delta;
mod store_given;
mod store_ledger;
mod store_mirror;
mod store_open;
mod store_sequences;
mod support;
mod telling;
mod verbs;
mod week;
