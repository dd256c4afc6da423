//! The behaviours of cadenced, one file each.

#![expect(clippy::unwrap_used, reason = "what a test takes for granted may end it")]

mod check;
mod daemon;
mod feed_http;
mod feed_polling;
mod feed_privacy;
mod feed_reads;
mod feed_secret;
mod feed_server;
mod google_account;
mod google_asking;
mod google_doctor;
#[path = "../support/google/mod.rs"]
mod google_fake;
mod google_fake_faults;
mod google_fake_oauth;
mod google_fake_walk;
mod google_program;
mod google_reading;
mod google_session;
mod google_sign_in;
mod google_story;
mod google_writing;
mod hours_learnt;
mod http_exchange;
mod ics_corpus;
mod ics_expand;
mod ics_read;
mod ics_split;
mod ics_zones;
mod layers;
mod notify_dbus;
mod outcomes;
mod owed;
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
mod store_given;
mod store_ledger;
mod store_mirror;
mod store_open;
mod store_sequences;
mod support;
mod telling;
mod verbs;
mod week;
