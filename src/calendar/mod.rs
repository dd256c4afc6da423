//! What reading a calendar is, whatever its kind, and the registry of kinds: [`provider()`] and [`FORMS`].

pub mod caldav;
pub mod content;
pub mod failure;
pub mod google;
pub mod http;
pub mod ics;
pub mod provider;
pub mod secret;
pub mod write;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::failure::Failure;
/// Reads calendar files (RFC 5545).
pub use self::ics::read as file;
use self::provider::{Form, Provider};
use self::write::CalendarWriter;
use crate::config::{self, Access, Account};
use crate::domain::availability::Availability;
use crate::domain::person::Address;
use crate::domain::source::{GuestNotice, SourceId};
pub use crate::domain::source::{Item, Problem, ReadErrorKind as ErrorKind};
use crate::domain::span::Span;

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
    /// What changed since the cursor, on the source's own word.
    Delta(Delta),
}

impl Reading {
    /// What the source asks of its readers.
    pub const fn hints(&self) -> &Hints {
        match self {
            Self::Unchanged { hints, .. } => hints,
            Self::Snapshot(snapshot) => &snapshot.hints,
            Self::Delta(delta) => &delta.hints,
        }
    }
}

/// Ends a read: notes in the log how it went, and says of which source.
fn named(read: Result<Reading, Failure>, source: &SourceId) -> Result<Reading, Error> {
    match &read {
        Ok(Reading::Unchanged { .. }) => tracing::debug!(%source, "unchanged"),
        Ok(Reading::Snapshot(snapshot)) => tracing::debug!(%source, events = snapshot.events, "read"),
        Ok(Reading::Delta(delta)) => tracing::debug!(%source, gone = delta.gone.len(), "changes"),
        Err(failure) => tracing::debug!(%source, kind = %failure.kind, detail = %failure.detail, "not read"),
    }
    read.map_err(|failure| failure.of(source))
}

/// What changed in a source since a cursor. All of it is taken in, with its cursor, or nothing.
pub struct Delta {
    /// The objects that changed, each shown whole: what an object held before and is no longer shown here is gone with it.
    ///
    /// As with a snapshot, an error makes the delta void.
    pub items: Box<dyn Iterator<Item = io::Result<Item>> + Send>,
    /// The names of the objects that are gone, on the source's word. A series takes the sessions that it had set apart with it.
    pub gone: Vec<String>,
    /// What to remember once both are stored.
    pub cursor: Cursor,
    /// What the source asks of its readers.
    pub hints: Hints,
}

/// A complete listing of a source.
pub struct Snapshot {
    /// Every item, parsed one by one as it is asked for, so that memory does not follow size.
    ///
    /// An error means that this machine could not give back what it had spooled (a broken disk): the listing is void, nothing
    /// of it may be kept, and above all nothing may be taken for deleted.
    pub items: Box<dyn Iterator<Item = io::Result<Item>> + Send>,
    /// How many event components the listing holds, good or bad.
    pub events: u64,
    /// Whether everything was read because the source no longer knew the cursor.
    pub restarted: bool,
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
    /// How guests learn of what is written there, where the server said so now.
    pub guest_notice: Option<GuestNotice>,
}

/// Why a read failed; the caller branches on `kind`.
#[derive(Debug, thiserror::Error)]
#[error("{source_id}: {kind}: {detail}")]
pub struct Error {
    /// What kind of failure, and so what to do about it.
    pub kind: ErrorKind,
    /// Which source.
    pub source_id: SourceId,
    /// What happened, in words fit for a log: no URL, no secret, no title.
    pub detail: String,
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
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>>;
}

/// Asks when people are busy.
pub trait FreeBusy: Send {
    /// Asks when each of `who` is busy in `window`, as of `now`. Whoever cannot be learnt about is there, as unknown.
    ///
    /// # Errors
    /// [`Error`], where nothing could be learnt about anybody.
    fn busy<'a>(
        &'a mut self,
        who: &'a [Address],
        window: Span,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Availability>, Error>> + Send + 'a>>;
}

/// What calendars of one process share.
#[derive(Clone)]
pub struct Shared {
    /// The HTTP client.
    pub client: Arc<http::Client>,
    /// The data folder, beside whose database a sign-in may be kept.
    pub data_folder: PathBuf,
    /// Where large answers may be spooled while they are read: the data folder, unless nothing is to be left there.
    pub spool_folder: PathBuf,
    /// Every address that means the owner.
    pub owner: Vec<Address>,
}

/// One calendar with everything that may be done with it.
pub struct Connected {
    /// Which.
    pub id: SourceId,
    /// Reads it.
    pub reader: Box<dyn Calendar>,
    /// Asks its server when people are busy, where it can say so.
    pub free_busy: Option<Box<dyn FreeBusy>>,
    /// Writes to it; there only where the config lets cadenced write.
    pub writer: Option<Box<dyn CalendarWriter>>,
}

/// Every way to add an account in `setup`, in the order of its menu.
pub static FORMS: [&Form; 4] =
    [&ics::provider::ADDRESS_FORM, &caldav::provider::FORM, &google::provider::FORM, &ics::provider::FILE_FORM];

/// The provider of an account; with [`FORMS`], the one place that knows which kinds exist. Nothing is asked yet.
pub fn provider<'a>(account: &'a Account, shared: &'a Shared) -> Box<dyn Provider + 'a> {
    match &account.provider {
        config::Provider::Ics(feeds) => Box::new(ics::provider::Feeds { feeds, shared }),
        config::Provider::CalDav(settings) => Box::new(caldav::provider::Server { settings, shared }),
        config::Provider::Google(settings) => Box::new(google::provider::Google::new(account, settings, shared)),
    }
}

/// The calendars of an account that are to be read.
pub fn connect(account: &Account, shared: &Shared) -> Vec<Connected> {
    let mut connected = provider(account, shared).connect();
    connected.retain(|one| account.calendars().any(|calendar| calendar.id == one.id && calendar.enabled));
    if account.access == Access::Read {
        for calendar in &mut connected {
            calendar.writer = None;
        }
    }
    connected
}
