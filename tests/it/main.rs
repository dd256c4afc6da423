//! The behaviours of cadenced, one file each.

mod ics_corpus;
mod ics_expand;
mod ics_read;
mod ics_split;
mod ics_zones;
mod recurrence_cases;
