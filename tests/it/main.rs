//! The behaviours of cadenced, one file each.

mod check;
mod layers;
mod shipped;
