//! The behaviours of cadenced, one file each.

mod notify_dbus;
