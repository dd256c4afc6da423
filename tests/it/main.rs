//! The behaviours of cadenced, one file each.

mod recurrence_cases;
mod recurrence_properties;
mod recurrence_sets;
