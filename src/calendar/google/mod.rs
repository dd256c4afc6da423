//! Google Calendar API v3: requests and replies as plain functions over our own HTTP, with google-calendar3's types.

pub mod client;
mod content;
pub mod convert;
mod errors;
mod freebusy;
mod guests;
pub mod list;
mod oauth;
pub mod provider;
mod read;
pub mod scopes;
mod service;
pub mod session;
pub mod sign_in;
mod sync_state;
mod times;
pub mod token_store;
pub mod wire;
mod write;

use std::sync::Arc;

use self::freebusy::Asker;
use self::read::Reader;
use self::session::Session;
use self::write::Writer;
use super::{Connected, FreeBusy, Shared};
use crate::calendar::write::CalendarWriter;
use crate::config::{Access, Account, Google, Remote};
use crate::domain::source::Whose;

/// What Google calls the main calendar of an account.
const PRIMARY: &str = "primary";

/// The session of an account; its calendars share one.
pub fn session(account: &Account, google: &Google, shared: &Shared) -> Arc<Session> {
    let http = Arc::clone(&shared.client);
    Arc::new(Session::new(&account.name, account.access, google, http, &shared.data_folder))
}

/// The calendars of an account of the config.
pub fn connect(account: &Account, google: &Google, shared: &Shared) -> Vec<Connected> {
    let session = session(account, google, shared);
    google.calendars.iter().map(|remote| connected(account, remote, &session, shared)).collect()
}

fn connected(account: &Account, remote: &Remote, session: &Arc<Session>, shared: &Shared) -> Connected {
    let (source, calendar) = (remote.calendar.id.clone(), id_of(remote).to_owned());
    let asker = Asker { source: source.clone(), session: Arc::clone(session) };
    let writer = Writer { calendar: calendar.clone(), session: Arc::clone(session) };
    // The scope to ask about others comes with writing; and another person's calendar is theirs to write to.
    let writes = account.access == Access::Write;
    let may_write = writes && remote.calendar.whose == Whose::Owner;
    let reader = Reader {
        source: source.clone(),
        calendar,
        session: Arc::clone(session),
        spool_folder: shared.spool_folder.clone(),
        max_bytes: remote.calendar.max_bytes,
    };
    Connected {
        id: source,
        reader: Box::new(reader),
        free_busy: writes.then(|| Box::new(asker) as Box<dyn FreeBusy>),
        writer: may_write.then(|| Box::new(writer) as Box<dyn CalendarWriter>),
    }
}

/// What Google calls a calendar of the config.
pub fn id_of(remote: &Remote) -> &str {
    remote.name.as_deref().unwrap_or(PRIMARY)
}
