//! The behaviours of cadenced, one file each.

mod recurrence_cases;
