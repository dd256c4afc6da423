//! Desktop notices: the words of each, and their way over the session bus.

pub mod dbus;
pub mod wording;
