//! Desktop notices: texts, buttons, and delivery over the session bus.

pub mod buttons;
pub mod dbus;
pub mod popups;
pub mod server;
pub mod signals;
pub mod text;
pub mod trial;
