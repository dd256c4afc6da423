//! Desktop notices: texts, buttons, and delivery over the session bus.

pub mod buttons;
pub mod dbus;
pub mod server;
pub mod shown;
pub mod signals;
pub mod wording;
