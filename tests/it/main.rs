//! The behaviours of cadenced, one file each.
