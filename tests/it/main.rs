//! The behaviours of cadenced, one file each.

mod outcomes;
mod recurrence_cases;
mod support;
