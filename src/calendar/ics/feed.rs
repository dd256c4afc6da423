//! Reads one ICS feed from a server or a file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use url::Url;

use super::gather::{Gathering, Whole};
use super::sync_state::SyncState;
use crate::calendar::failure::Failure;
use crate::calendar::http::address::{Address, Login};
use crate::calendar::http::decoder::{self, Decoder};
use crate::calendar::http::{Answer, Ask, Client, Page};
use crate::calendar::secret;
use crate::calendar::{Calendar, Connected, Cursor, Effort, Error, ErrorKind, Hints, Reading, Shared, Snapshot, named};
use crate::config::{self, Secret, SecretSource};
use crate::domain::source::SourceId;

/// The longest that reading a file may take; network drives hang.
const FILE_TIMEOUT: Duration = Duration::from_mins(2);

/// How much of a file is read at a time.
const FILE_STEP: usize = 256 << 10;

/// Which feed, and how to read it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name.
    pub source: SourceId,
    /// Its address: `https:`, `http:`, `webcal:`, `webcals:` or `file:`; often as good as a password.
    pub address: SecretSource,
    /// The user name and where its password comes from, where the server wants them; they win over those in the address.
    pub login: Option<(String, SecretSource)>,
    /// Where a large feed may be spooled while it is read, in a file without a name: the data folder.
    pub spool_folder: PathBuf,
    /// Whether plain HTTP to other machines is allowed.
    pub allow_http: bool,
    /// The most bytes to accept, unpacked.
    pub max_bytes: u64,
}

/// One ICS feed.
pub struct Feed {
    settings: Settings,
    client: Arc<Client>,
    /// Kept between reads, so that a password store is not asked at every poll.
    place: Option<Place>,
}

/// A feed's address and login, once they have been got.
#[derive(Clone)]
struct Place {
    text: Secret,
    address: Address,
    login: Option<Login>,
}

impl Feed {
    /// A feed that has read nothing yet.
    pub fn new(settings: Settings, client: Arc<Client>) -> Self {
        Self { settings, client, place: None }
    }

    async fn reading(&mut self, cursor: Option<&Cursor>, effort: Effort) -> Result<Reading, Failure> {
        let place = self.place().await?;
        let memory = cursor.and_then(|cursor| SyncState::of(cursor, &place.text));
        let read = match &place.address {
            Address::File(path) => self.file(path, &place, memory.as_ref(), effort).await,
            Address::Web { url, .. } => self.web(url, &place, memory.as_ref(), effort).await,
        };
        if let Err(Failure { kind: ErrorKind::SignIn | ErrorKind::NotFound, .. }) = read {
            // The next read asks for the secrets again: they may have been replaced.
            self.place = None;
        }
        read
    }

    async fn place(&mut self) -> Result<Place, Failure> {
        if let Some(place) = &self.place {
            return Ok(place.clone());
        }
        let text = secret::read(&self.settings.address).await?;
        let address = Address::parse(text.expose(), self.settings.allow_http)?;
        let login = match (&self.settings.login, &address) {
            (Some((username, password)), _) => {
                Some(Login { username: username.clone(), password: secret::read(password).await? })
            }
            (None, Address::Web { login, .. }) => login.clone(),
            (None, Address::File(_)) => None,
        };
        Ok(self.place.insert(Place { text, address, login }).clone())
    }

    async fn web(
        &self,
        url: &Url,
        place: &Place,
        memory: Option<&SyncState>,
        effort: Effort,
    ) -> Result<Reading, Failure> {
        let asked = memory.filter(|_| effort == Effort::Incremental);
        let ask = Ask {
            url,
            login: place.login.as_ref(),
            etag: asked.and_then(|memory| memory.etag.as_deref()),
            last_modified: asked.and_then(|memory| memory.last_modified.as_deref()),
            allow_http: self.settings.allow_http,
            max_bytes: self.settings.max_bytes,
        };
        match self.client.get(ask).await? {
            Answer::Unchanged { clock_skew } => {
                let hints = Hints { refresh: memory.and_then(|memory| memory.refresh), clock_skew, ..Hints::default() };
                Ok(Reading::Unchanged { cursor: None, hints })
            }
            Answer::Page(page) => self.page(*page, place, memory).await,
        }
    }

    async fn page(&self, page: Page, place: &Place, memory: Option<&SyncState>) -> Result<Reading, Failure> {
        let mut fresh =
            SyncState { etag: page.etag.clone(), last_modified: page.last_modified.clone(), ..SyncState::default() };
        let clock_skew = page.clock_skew;
        let mut gathering = Gathering::new(&self.settings.spool_folder);
        page.read(&mut |bytes| gathering.push(bytes)).await?;
        let whole = gathering.finish()?;
        fresh.digest.clone_from(&whole.digest);
        fresh.refresh = whole.ending.refresh;
        Ok(conclude(whole, &fresh, memory, &place.text, clock_skew))
    }

    async fn file(
        &self,
        path: &Path,
        place: &Place,
        memory: Option<&SyncState>,
        effort: Effort,
    ) -> Result<Reading, Failure> {
        timeout(FILE_TIMEOUT, self.file_in_time(path, place, memory, effort))
            .await
            .unwrap_or_else(|_| Err(Failure::new(ErrorKind::File, "it took too long to read; is its drive connected?")))
    }

    async fn file_in_time(
        &self,
        path: &Path,
        place: &Place,
        memory: Option<&SyncState>,
        effort: Effort,
    ) -> Result<Reading, Failure> {
        // What is no ordinary file is not even opened: opening a pipe would wait for its writer.
        let seen = tokio::fs::metadata(path).await.map_err(|error| of_file(&error))?;
        if !seen.is_file() {
            return Err(Failure::new(ErrorKind::File, "it is a folder, a pipe or a device, not a file"));
        }
        if seen.len() > self.settings.max_bytes {
            return Err(decoder::too_large(self.settings.max_bytes));
        }
        let stamp = Some(stamp(&seen));
        if let Some(memory) = memory.filter(|memory| effort == Effort::Incremental && memory.stamp == stamp) {
            let hints = Hints { refresh: memory.refresh, ..Hints::default() };
            return Ok(Reading::Unchanged { cursor: None, hints });
        }
        let whole = self.gather_file(path, &seen).await?;
        let fresh =
            SyncState { stamp, digest: whole.digest.clone(), refresh: whole.ending.refresh, ..SyncState::default() };
        Ok(conclude(whole, &fresh, memory, &place.text, None))
    }

    async fn gather_file(&self, path: &Path, seen: &Metadata) -> Result<Whole, Failure> {
        let mut file = tokio::fs::File::open(path).await.map_err(|error| of_file(&error))?;
        let mut gathering = Gathering::new(&self.settings.spool_folder);
        let mut decoder = Decoder::new(self.settings.max_bytes);
        let mut step = vec![0; FILE_STEP];
        loop {
            match file.read(&mut step).await.map_err(|error| of_file(&error))? {
                0 => break,
                count => decoder.push(&step[..count], &mut |bytes| gathering.push(bytes))?,
            }
        }
        decoder.finish(&mut |bytes| gathering.push(bytes))?;
        let now = file.metadata().await.map_err(|error| of_file(&error))?;
        if stamp(&now) != stamp(seen) {
            return Err(Failure::new(ErrorKind::Truncated, "another program was writing the file at the time"));
        }
        gathering.finish()
    }
}

impl Calendar for Feed {
    fn read<'a>(
        &'a mut self,
        cursor: Option<&'a Cursor>,
        effort: Effort,
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>> {
        Box::pin(async move {
            let read = self.reading(cursor, effort).await;
            named(read, &self.settings.source)
        })
    }
}

/// A feed of the config. It can only be read.
pub fn connect(feed: &config::Feed, shared: &Shared) -> Connected {
    let settings = Settings {
        source: feed.calendar.id.clone(),
        address: feed.address.clone(),
        login: feed.login.clone().map(|login| (login.username, login.password)),
        spool_folder: shared.spool_folder.clone(),
        allow_http: feed.allow_http,
        max_bytes: feed.calendar.max_bytes,
    };
    Connected {
        id: feed.calendar.id.clone(),
        reader: Box::new(Feed::new(settings, Arc::clone(&shared.client))),
        free_busy: None,
        writer: None,
    }
}

/// News or not: the very same content is none, whatever the server thinks of it.
fn conclude(
    whole: Whole,
    fresh: &SyncState,
    memory: Option<&SyncState>,
    address: &Secret,
    clock_skew: Option<SignedDuration>,
) -> Reading {
    let hints = Hints { refresh: fresh.refresh, clock_skew, ..Hints::default() };
    let cursor = fresh.cursor(address);
    match memory {
        Some(memory) if memory.digest == fresh.digest => {
            Reading::Unchanged { cursor: (memory != fresh).then_some(cursor), hints }
        }
        _ => Reading::Snapshot(Snapshot {
            items: Box::new(whole.items),
            events: whole.ending.events,
            restarted: false,
            cursor,
            hints,
        }),
    }
}

/// What changes when a file does: another file under the name, its size, and when it was last written.
fn stamp(file: &Metadata) -> String {
    format!("{}:{}:{}.{:09}", file.ino(), file.len(), file.mtime(), file.mtime_nsec())
}

fn of_file(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            Failure::new(ErrorKind::File, "there is no such file")
        }
        std::io::ErrorKind::PermissionDenied => Failure::new(ErrorKind::File, "you have no permission to read it"),
        kind => Failure::new(ErrorKind::Local, format!("the file could not be read ({kind})")),
    }
}
