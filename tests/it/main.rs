//! The behaviours of cadenced, one file each.

mod layers;
mod shipped;
