//! `CalDAV` servers (RFC 4791, RFC 6578, RFC 6638).

mod account;
pub mod compose;
mod content;
pub mod discovery;
pub mod edit;
pub mod etag;
mod fetch;
mod freebusy;
pub mod href;
pub mod listing;
mod objects;
pub mod provider;
pub mod quirks;
mod read;
pub mod replies;
pub mod requests;
mod scheduling;
mod session;
mod sync_state;
pub mod text;
mod write;
pub mod xml;

use std::sync::Arc;

use self::account::Account;
use self::discovery::Principal;
use self::freebusy::Asker;
use self::read::Remote;
use self::write::Writer;
use super::failure::Failure;
use super::{Connected, Shared};
use crate::config;

/// The calendars of a login at a server. Nothing is asked yet.
pub fn connect(settings: &config::CalDav, shared: &Shared) -> Vec<Connected> {
    let account = Arc::new(Account::new(settings, Arc::clone(&shared.client), shared.owner.clone()));
    settings.calendars.iter().map(|remote| calendar(remote, &account, shared)).collect()
}

fn calendar(remote: &config::Remote, account: &Arc<Account>, shared: &Shared) -> Connected {
    let id = remote.calendar.id.clone();
    let reader = Remote {
        source: id.clone(),
        account: Arc::clone(account),
        name: remote.name.clone(),
        max_bytes: remote.calendar.max_bytes,
        spool_folder: shared.spool_folder.clone(),
    };
    let asker = Asker { source: id.clone(), account: Arc::clone(account), name: remote.name.clone() };
    let writer = Writer { account: Arc::clone(account), name: remote.name.clone() };
    Connected { id, reader: Box::new(reader), free_busy: Some(Box::new(asker)), writer: Some(Box::new(writer)) }
}

/// Looks for the calendars of a login, for those who set one up or want to know why it does not work.
///
/// # Errors
/// [`Failure`], which says what to do.
pub async fn discover(settings: &config::CalDav, shared: &Shared) -> Result<Principal, Failure> {
    let account = Account::new(settings, Arc::clone(&shared.client), shared.owner.clone());
    discovery::find(&account).await
}
