//! Owns the reading interface that every calendar kind fills, its errors, and the one place that knows which kinds exist.

pub mod failure;
pub mod http;
pub mod ics;
pub mod secret;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{AccountKind, CalendarSettings};
use crate::domain::source::SourceId;
pub use crate::domain::source::{Item, Problem};

/// What a source remembers between reads; opaque to everyone else, stored beside the mirror and written with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub BTreeMap<String, String>);

/// How much to believe the source's own word that nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Ask only for what changed.
    Incremental,
    /// Read everything, whatever validators say (they lie).
    Full,
}

/// One read of a source.
pub enum Reading {
    /// Nothing changed since the cursor: a 304, or the very same content.
    Unchanged {
        /// Set where other validators came with the same content: to be stored in place of the old cursor.
        cursor: Option<Cursor>,
        /// What the source asks of its readers.
        hints: Hints,
    },
    /// Everything that the source holds, proven complete before the first item is handed out.
    Snapshot(Snapshot),
}

/// A complete listing of a source.
pub struct Snapshot {
    /// Every item, parsed one by one as it is asked for, so that memory does not follow size.
    ///
    /// An error means that this machine could not give back what it had set down (a broken disk): the listing is void, nothing
    /// of it may be kept, and above all nothing may be taken for deleted.
    pub items: Box<dyn Iterator<Item = io::Result<Item>> + Send>,
    /// How many event components the listing holds, good or bad.
    pub events: u64,
    /// What to remember once the items are stored.
    pub cursor: Cursor,
    /// What the source asks of its readers.
    pub hints: Hints,
}

/// What a source asks of its readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// How often to come back (`REFRESH-INTERVAL`, `X-PUBLISHED-TTL`, `Cache-Control: max-age` is not one).
    pub refresh: Option<Duration>,
    /// The server's clock minus ours, where it sent a `Date`.
    pub clock_skew: Option<jiff::SignedDuration>,
}

/// Why a read failed; the caller branches on `kind`.
#[derive(Debug, thiserror::Error)]
#[error("{source_id}: {kind}: {detail}")]
pub struct Error {
    /// What sort of failure, and so what to do about it.
    pub kind: ErrorKind,
    /// Which source.
    pub source_id: SourceId,
    /// What happened, in words fit for a log: no URL, no secret, no title.
    pub detail: String,
}

/// The sorts of failure that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The server cannot be reached (no network, no name, refused, reset, timed out).
    #[error("cannot be reached")]
    Offline,
    /// The server wants other credentials (401, 403) or the secret cannot be had.
    #[error("sign-in needed")]
    SignIn,
    /// The server says that there is nothing there (404, 410), or the file is missing.
    #[error("not found")]
    NotFound,
    /// The server wants us to come back later (429, 503).
    #[error("asked to wait")]
    Wait {
        /// How long, where it said so.
        after: Option<Duration>,
    },
    /// Any other answer that is no success.
    #[error("server error")]
    Server,
    /// A success that is no calendar: a login page, a captive portal, an empty body.
    #[error("not a calendar")]
    NotACalendar,
    /// A calendar that ends before its end.
    #[error("cut short")]
    Truncated,
    /// More than the configured cap.
    #[error("too large")]
    TooLarge,
    /// A calendar without events where there were some.
    #[error("suddenly empty")]
    Emptied,
    /// A redirect that must not be followed (https to http, too many).
    #[error("unsafe redirect")]
    Redirect,
    /// A setting that cannot work.
    #[error("configuration")]
    Config,
    /// This machine could not do its part (disk, memory).
    #[error("local failure")]
    Local,
}

/// Reads one calendar.
pub trait Calendar: Send {
    /// Reads what there is since `cursor`; without one, everything.
    ///
    /// # Errors
    /// [`Error`], whose `kind` says what to do. After an error nothing was learnt and nothing may be deleted.
    fn read<'a>(
        &'a mut self,
        cursor: Option<&'a Cursor>,
        effort: Effort,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>>;
}

/// What calendars of one process share.
#[derive(Clone)]
pub struct Shared {
    /// The HTTP client.
    pub client: Arc<http::Client>,
    /// Where large feeds may be set down while they are read: the data folder.
    pub spool_folder: PathBuf,
}

/// The calendar that the settings mean; the one place that knows which kinds exist.
pub fn connect(kind: AccountKind, calendar: &CalendarSettings, shared: &Shared) -> Box<dyn Calendar> {
    match kind {
        AccountKind::Ics => Box::new(ics::feed::Feed::new(
            ics::feed::Settings {
                source: calendar.id.clone(),
                address: calendar.address.clone(),
                login: calendar.login.clone().map(|login| (login.username, login.password)),
                spool_folder: shared.spool_folder.clone(),
                allow_http: calendar.allow_http,
                max_bytes: calendar.max_bytes,
            },
            Arc::clone(&shared.client),
        )),
    }
}
