//! The behaviours of cadenced, one file each.

mod store_crash;
mod store_given;
mod store_ledger;
mod store_mirror;
mod store_open;
mod store_sequences;
