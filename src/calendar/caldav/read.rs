//! Reads one `CalDAV` calendar, incrementally where possible.

use std::mem;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use http::StatusCode;
use http::header::DATE;
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;
use url::Url;

use super::account::{Account, multistatus};
use super::listing::{self, List, News};
use super::objects::{self, Objects};
use super::quirks::{self, Quirk};
use super::replies::Multistatus;
use super::sync_state::{Mark, SyncState};
use super::{requests, scheduling};
use crate::calendar::failure::Failure;
use crate::calendar::http::headers;
use crate::calendar::http::request::Reply;
use crate::calendar::{Calendar, Cursor, Delta, Effort, Error, ErrorKind, Hints, Reading, Snapshot, named};
use crate::domain::source::SourceId;

/// The most bytes that one page of a list may hold.
const MOST_IN_LIST: u64 = 16 << 20;

/// How many pages one list may have.
const MAX_PAGES: usize = 1_000;

/// How many pages in a row may name nothing that the ones before did not.
const MAX_IDLE_PAGES: usize = 3;

/// One calendar at a server.
pub struct Remote {
    /// Its name in the config.
    pub source: SourceId,
    /// The login.
    pub account: Arc<Account>,
    /// What the config calls it at the server.
    pub name: Option<String>,
    /// The most bytes to accept of its objects.
    pub max_bytes: u64,
    /// Where objects that do not fit into memory wait for the end of a read: the data folder.
    pub spool_folder: PathBuf,
}

/// A list of changes, and up to where it goes.
struct ChangeList {
    list: List,
    token: String,
    clock_skew: Option<SignedDuration>,
}

/// A list of everything, and up to where it goes.
struct Everything {
    list: List,
    mark: Mark,
    clock_skew: Option<SignedDuration>,
}

/// What became of a question about changes.
enum ChangesReply {
    Changes(ChangeList),
    /// The server knows nothing of the token.
    Forgotten,
    /// It lists everything where it forgot a token, so that its changes cannot be believed.
    Unreliable,
}

impl Calendar for Remote {
    fn read<'a>(
        &'a mut self,
        cursor: Option<&'a Cursor>,
        effort: Effort,
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>> {
        Box::pin(async move {
            let most = self.account.most_time();
            let read = timeout(most, self.reading(cursor, effort)).await.unwrap_or_else(|_| {
                let why = format!("reading the calendar took longer than {} minutes", most.as_secs() / 60);
                Err(Failure::new(ErrorKind::Offline, why))
            });
            named(read, &self.source)
        })
    }
}

impl Remote {
    async fn reading(&self, cursor: Option<&Cursor>, effort: Effort) -> Result<Reading, Failure> {
        let memory = cursor.and_then(|cursor| SyncState::of(cursor, &self.account, self.name.as_deref()));
        let Some(memory) = memory.filter(|_| effort == Effort::Incremental) else {
            return self.everything(false).await;
        };
        let read = match memory.mark.clone() {
            Mark::Token(token) => self.since_token(memory, &token).await,
            Mark::Tag(tag) => self.since_tag(memory, tag.as_deref()).await,
        };
        match read {
            // The calendar may have moved: a name in the config can mean another place now.
            Err(Failure { kind: ErrorKind::NotFound, .. }) => {
                self.account.forget().await;
                self.everything(true).await
            }
            read => read,
        }
    }

    async fn since_token(&self, memory: SyncState, token: &str) -> Result<Reading, Failure> {
        let told = match self.changes(&memory.collection, Some(token)).await? {
            ChangesReply::Changes(told) => told,
            ChangesReply::Forgotten => return self.everything(true).await,
            ChangesReply::Unreliable => return self.compare(memory).await,
        };
        let hints = Hints { clock_skew: told.clock_skew, ..Hints::default() };
        if told.list == List::default() {
            let fresh = SyncState { mark: Mark::Token(told.token), ..memory.clone() };
            return Ok(Reading::Unchanged { cursor: (fresh != memory).then(|| fresh.cursor()), hints });
        }
        match listing::of_changes(&memory.held, &told.list) {
            Some(news) => self.delta(memory, news, Mark::Token(told.token), hints).await,
            None => self.compare(memory).await,
        }
    }

    async fn since_tag(&self, memory: SyncState, tag: Option<&str>) -> Result<Reading, Failure> {
        if tag.is_some() {
            let (reply, told) = self.tag(&memory.collection).await?;
            if told.as_deref() == tag {
                let hints = Hints { clock_skew: reply.clock_skew, ..Hints::default() };
                return Ok(Reading::Unchanged { cursor: None, hints });
            }
        }
        self.compare(memory).await
    }

    /// Holds a list of everything against what is mirrored.
    async fn compare(&self, memory: SyncState) -> Result<Reading, Failure> {
        let all = self.list(&memory.collection, true).await?;
        let news = listing::of_everything(&memory.held, &all.list);
        let hints = Hints { clock_skew: all.clock_skew, ..Hints::default() };
        if news.changed.is_empty() && news.gone.is_empty() {
            let fresh = SyncState { mark: all.mark, ..memory.clone() };
            return Ok(Reading::Unchanged { cursor: (fresh != memory).then(|| fresh.cursor()), hints });
        }
        self.delta(memory, news, all.mark, hints).await
    }

    async fn delta(&self, memory: SyncState, news: News, mark: Mark, hints: Hints) -> Result<Reading, Failure> {
        let mut fetched = self.fetch(&memory.collection, &news.changed).await?;
        let mut fresh = SyncState { mark, ..memory.clone() };
        for path in &news.gone {
            fresh.held.0.remove(path);
        }
        // What is listed, not given and mirrored may be gone or not: the next read asks from the same place again.
        if fetched.missing.iter().any(|path| memory.held.0.contains_key(path)) {
            fresh.mark = match memory.mark {
                Mark::Token(token) => Mark::Token(token),
                Mark::Tag(_) => Mark::Tag(None),
            };
        }
        fresh.held.0.append(&mut fetched.held.0);
        let gone = news.gone.into_iter().chain(mem::take(&mut fetched.empty)).collect();
        let items = fetched.into_items()?;
        Ok(Reading::Delta(Delta { items, gone, cursor: fresh.cursor(), hints }))
    }

    /// Reads everything; `restarted` where the server did not know what was read before.
    async fn everything(&self, restarted: bool) -> Result<Reading, Failure> {
        let principal = self.account.principal().await?;
        let chosen = principal.choose(self.name.as_deref())?;
        let all = match self.list(&chosen.url, chosen.syncs).await {
            Err(failure) => {
                // The next read looks again where the calendar is.
                self.account.forget().await;
                return Err(failure);
            }
            Ok(all) => all,
        };
        let paths: Vec<String> = all.list.there.keys().cloned().collect();
        let mut fetched = self.fetch(&chosen.url, &paths).await?;
        let held = mem::take(&mut fetched.held);
        let memory = SyncState::new(&self.account, self.name.as_deref(), chosen.url.clone(), all.mark, held);
        let guest_notice = scheduling::guest_notice(&self.account, &chosen.url).await;
        Ok(Reading::Snapshot(Snapshot {
            events: fetched.events,
            items: fetched.into_items()?,
            restarted,
            cursor: memory.cursor(),
            hints: Hints { clock_skew: all.clock_skew, guest_notice, ..Hints::default() },
        }))
    }

    /// Everything that the collection holds now, by a report where the server `syncs`, else by its properties.
    async fn list(&self, collection: &Url, syncs: bool) -> Result<Everything, Failure> {
        if syncs && let ChangesReply::Changes(told) = self.changes(collection, None).await? {
            return Ok(Everything { list: told.list, mark: Mark::Token(told.token), clock_skew: told.clock_skew });
        }
        // The tag first: what changes between the two answers shows in the next tag.
        let (reply, tag) = self.tag(collection).await?;
        let told_at = reply.header(&DATE).and_then(headers::http_date).unwrap_or(Timestamp::MIN);
        let tag = tag.filter(|tag| !quirks::is_of_this_second(tag, told_at));
        let (_, told) = self.account.look_up(collection, &requests::etags(), MOST_IN_LIST).await?;
        let mut list = List::default();
        if list.take(collection.path(), told)?.is_cut_short {
            return Err(Failure::new(ErrorKind::Truncated, "the server listed only part of the calendar"));
        }
        list.gone.clear();
        Ok(Everything { list, mark: Mark::Tag(tag), clock_skew: reply.clock_skew })
    }

    async fn tag(&self, collection: &Url) -> Result<(Reply, Option<String>), Failure> {
        let (reply, told) = self.account.look_up(collection, &requests::collection_tag(), MOST_IN_LIST).await?;
        let tag = told.responses.into_iter().find_map(|response| response.found.ctag);
        Ok((reply, tag))
    }

    /// What changed since a token, or, without one, everything; all pages of it.
    async fn changes(&self, collection: &Url, token: Option<&str>) -> Result<ChangesReply, Failure> {
        let (mut list, mut token) = (List::default(), token.map(str::to_owned));
        let mut idle = 0;
        for _ in 0..MAX_PAGES {
            let asked = requests::changes(token.as_deref());
            let (_, mut reply) = self.account.ask(collection, &asked, MOST_IN_LIST).await?;
            if quirks::has(&reply.headers, Quirk::ForgottenTokenListsAll) {
                return Ok(ChangesReply::Unreliable);
            }
            let Some(page) = page(&mut reply, token.is_some()).await? else { return Ok(ChangesReply::Forgotten) };
            let Some(next) = page.token.clone() else { return Ok(ChangesReply::Unreliable) };
            let taken = list.take(collection.path(), page)?;
            if !taken.is_cut_short {
                return Ok(ChangesReply::Changes(ChangeList { list, token: next, clock_skew: reply.clock_skew }));
            }
            idle = if taken.is_news { 0 } else { idle + 1 };
            if idle == MAX_IDLE_PAGES {
                let why = format!("the server's list of changes does not end: {idle} pages in a row had nothing new");
                return Err(Failure::new(ErrorKind::Server, why));
            }
            token = Some(next);
        }
        Err(Failure::new(ErrorKind::TooLarge, format!("the server's list of changes has more than {MAX_PAGES} pages")))
    }

    /// Fetches objects.
    async fn fetch(&self, collection: &Url, paths: &[String]) -> Result<Objects, Failure> {
        objects::fetch(&self.account, collection, paths, &self.spool_folder, self.max_bytes).await
    }
}

/// A page of changes; none where the server does not know the token.
///
/// RFC 6578 3.2 wants 403 with `valid-sync-token`; 400, 409, 410, 412 and 507 were seen as well.
async fn page(reply: &mut Reply, with_token: bool) -> Result<Option<Multistatus>, Failure> {
    match reply.status {
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS => Err(reply.failure()),
        status if with_token && (status.is_client_error() || status == StatusCode::INSUFFICIENT_STORAGE) => Ok(None),
        // A server that has no such report is asked for the properties instead.
        StatusCode::NOT_IMPLEMENTED
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::FORBIDDEN
        | StatusCode::BAD_REQUEST => Ok(None),
        _ => multistatus(reply).await.map(Some),
    }
}
