//! Owns the reading of one calendar at a `CalDAV` server: what is asked, and what the answers make of the mirror.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::DATE;
use url::Url;

use super::account::{Account, multistatus};
use super::listing::{self, List, News};
use super::memory::{Held, Mark, Memory};
use super::quirks::{self, Quirk};
use super::replies::Multistatus;
use super::{object, requests};
use crate::calendar::failure::Failure;
use crate::calendar::http::exchange::Reply;
use crate::calendar::http::headers;
use crate::calendar::{Calendar, Cursor, Delta, Effort, Error, ErrorKind, Hints, Item, Reading, Snapshot, named};
use crate::domain::source::SourceId;

/// How many objects are asked for at once.
const BATCH: usize = 250;

/// How many pages one list may have.
const MOST_PAGES: usize = 10_000;

/// One calendar at a server.
pub struct Remote {
    /// Its name in the config.
    pub source: SourceId,
    /// The login.
    pub account: Arc<Account>,
    /// What the config calls it at the server.
    pub name: Option<String>,
    /// The most bytes to accept in one answer.
    pub max_bytes: u64,
}

/// A list of changes, and up to where it goes.
struct Told {
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
enum Asked {
    Told(Told),
    /// The server knows nothing of the token.
    Forgotten,
    /// It lists everything where it forgot a token, so that its changes cannot be believed.
    Unreliable,
}

/// The objects that were fetched.
#[derive(Default)]
struct Fetched {
    items: Vec<Item>,
    events: u64,
    held: Held,
    /// Those that the list named and the server did not give.
    missing: Vec<String>,
    /// Those that hold no event.
    empty: Vec<String>,
}

impl Calendar for Remote {
    fn read<'a>(
        &'a mut self,
        cursor: Option<&'a Cursor>,
        effort: Effort,
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>> {
        Box::pin(async move {
            let read = self.reading(cursor, effort).await;
            named(read, &self.source)
        })
    }
}

impl Remote {
    async fn reading(&self, cursor: Option<&Cursor>, effort: Effort) -> Result<Reading, Failure> {
        let memory = cursor.and_then(|cursor| Memory::of(cursor, &self.account, self.name.as_deref()));
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

    async fn since_token(&self, memory: Memory, token: &str) -> Result<Reading, Failure> {
        let told = match self.changes(&memory.collection, Some(token)).await? {
            Asked::Told(told) => told,
            Asked::Forgotten => return self.everything(true).await,
            Asked::Unreliable => return self.compare(memory).await,
        };
        let hints = Hints { refresh: None, clock_skew: told.clock_skew };
        if told.list == List::default() {
            let fresh = Memory { mark: Mark::Token(told.token), ..memory.clone() };
            return Ok(Reading::Unchanged { cursor: (fresh != memory).then(|| fresh.cursor()), hints });
        }
        match listing::of_changes(&memory.held, &told.list) {
            Some(news) => self.delta(memory, news, Mark::Token(told.token), hints).await,
            None => self.compare(memory).await,
        }
    }

    async fn since_tag(&self, memory: Memory, tag: Option<&str>) -> Result<Reading, Failure> {
        if tag.is_some() {
            let (reply, told) = self.tag(&memory.collection).await?;
            if told.as_deref() == tag {
                let hints = Hints { refresh: None, clock_skew: reply.clock_skew };
                return Ok(Reading::Unchanged { cursor: None, hints });
            }
        }
        self.compare(memory).await
    }

    /// Holds a list of everything against what is mirrored.
    async fn compare(&self, memory: Memory) -> Result<Reading, Failure> {
        let all = self.list(&memory.collection, true).await?;
        let news = listing::of_everything(&memory.held, &all.list);
        let hints = Hints { refresh: None, clock_skew: all.clock_skew };
        if news.changed.is_empty() && news.gone.is_empty() {
            let fresh = Memory { mark: all.mark, ..memory.clone() };
            return Ok(Reading::Unchanged { cursor: (fresh != memory).then(|| fresh.cursor()), hints });
        }
        self.delta(memory, news, all.mark, hints).await
    }

    async fn delta(&self, memory: Memory, news: News, mark: Mark, hints: Hints) -> Result<Reading, Failure> {
        let fetched = self.fetch(&memory.collection, &news.changed).await?;
        let mut fresh = Memory { mark, ..memory.clone() };
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
        fresh.held.0.extend(fetched.held.0);
        let gone = news.gone.into_iter().chain(fetched.empty).collect();
        let items = Box::new(fetched.items.into_iter().map(Ok));
        Ok(Reading::Delta(Delta { items, gone, cursor: fresh.cursor(), hints }))
    }

    /// Reads everything; `restarted` where the server did not know what was read before.
    async fn everything(&self, restarted: bool) -> Result<Reading, Failure> {
        let principal = self.account.principal().await?;
        let chosen = principal.choose(self.name.as_deref())?;
        let all = match self.list(&chosen.url, chosen.syncs).await {
            Err(failure) => {
                // The next read looks anew where the calendar is.
                self.account.forget().await;
                return Err(failure);
            }
            Ok(all) => all,
        };
        let paths: Vec<String> = all.list.there.keys().cloned().collect();
        let fetched = self.fetch(&chosen.url, &paths).await?;
        let memory = Memory::new(&self.account, self.name.as_deref(), chosen.url.clone(), all.mark, fetched.held);
        Ok(Reading::Snapshot(Snapshot {
            items: Box::new(fetched.items.into_iter().map(Ok)),
            events: fetched.events,
            restarted,
            cursor: memory.cursor(),
            hints: Hints { refresh: None, clock_skew: all.clock_skew },
        }))
    }

    /// Everything that the collection holds now, by a report where the server `syncs`, else by its properties.
    async fn list(&self, collection: &Url, syncs: bool) -> Result<Everything, Failure> {
        if syncs && let Asked::Told(told) = self.changes(collection, None).await? {
            return Ok(Everything { list: told.list, mark: Mark::Token(told.token), clock_skew: told.clock_skew });
        }
        // The tag first: what changes between the two answers shows in the next tag.
        let (reply, tag) = self.tag(collection).await?;
        let told_at = reply.header(&DATE).and_then(headers::http_date).unwrap_or(Timestamp::MIN);
        let tag = tag.filter(|tag| !quirks::is_of_this_second(tag, told_at));
        let (_, told) = self.account.look_up(collection, &requests::etags(), self.max_bytes).await?;
        let mut list = List::default();
        if list.take(collection.path(), told) {
            return Err(Failure::new(ErrorKind::Truncated, "the server lists only a part of the calendar"));
        }
        list.gone.clear();
        Ok(Everything { list, mark: Mark::Tag(tag), clock_skew: reply.clock_skew })
    }

    async fn tag(&self, collection: &Url) -> Result<(Reply, Option<String>), Failure> {
        let (reply, told) = self.account.look_up(collection, &requests::collection_tag(), self.max_bytes).await?;
        let tag = told.responses.into_iter().find_map(|response| response.found.ctag);
        Ok((reply, tag))
    }

    /// What changed since a token, or, without one, everything; all pages of it.
    async fn changes(&self, collection: &Url, token: Option<&str>) -> Result<Asked, Failure> {
        let (mut list, mut token) = (List::default(), token.map(str::to_owned));
        for _ in 0..MOST_PAGES {
            let asked = requests::changes(token.as_deref());
            let (_, reply) = self.account.ask(collection, &asked, self.max_bytes).await?;
            if quirks::has(&reply.headers, Quirk::ForgottenTokenListsAll) {
                return Ok(Asked::Unreliable);
            }
            let Some(page) = page(&reply, token.is_some())? else { return Ok(Asked::Forgotten) };
            let next = page.token.clone();
            let more = list.take(collection.path(), page);
            let Some(next) = next else {
                return Ok(Asked::Unreliable);
            };
            if !more {
                return Ok(Asked::Told(Told { list, token: next, clock_skew: reply.clock_skew }));
            }
            if token.as_ref() == Some(&next) {
                break;
            }
            token = Some(next);
        }
        Err(Failure::new(ErrorKind::Server, "the server's list of changes does not end"))
    }

    /// Fetches objects, batch by batch.
    async fn fetch(&self, collection: &Url, paths: &[String]) -> Result<Fetched, Failure> {
        let mut fetched = Fetched::default();
        for batch in paths.chunks(BATCH) {
            let asked: Vec<&str> = batch.iter().map(String::as_str).collect();
            let (_, told) = self.account.look_up(collection, &requests::objects(&asked), self.max_bytes).await?;
            fetched.take(batch, told);
        }
        Ok(fetched)
    }
}

impl Fetched {
    fn take(&mut self, asked: &[String], told: Multistatus) {
        let mut missing: HashSet<&String> = asked.iter().collect();
        for response in told.responses {
            let Some(path) = missing.take(&response.path) else { continue };
            let Some(data) = &response.found.data else {
                match response.status {
                    // Deleted between the list and the question: the next list says so.
                    None | Some(404 | 410) => {}
                    Some(status) => {
                        self.items.push(object::broken(format!("the server refuses to give it out ({status})")));
                    }
                }
                self.missing.push(path.clone());
                continue;
            };
            let items = object::items(path, data);
            let events = items.iter().filter(|item| matches!(item, Item::Kept { .. })).count() as u64;
            if items.is_empty() {
                self.empty.push(path.clone());
            }
            self.events += events;
            self.items.extend(items);
            self.held.0.insert(path.clone(), response.found.etag.unwrap_or_default());
        }
        self.missing.extend(missing.into_iter().cloned());
    }
}

/// A page of changes; none where the server does not know the token.
///
/// RFC 6578 3.2 wants 403 with `valid-sync-token`; 400, 409, 410, 412 and 507 were seen as well.
fn page(reply: &Reply, with_token: bool) -> Result<Option<Multistatus>, Failure> {
    match reply.status {
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS => Err(reply.failure()),
        status if with_token && (status.is_client_error() || status == StatusCode::INSUFFICIENT_STORAGE) => Ok(None),
        // A server that has no such report is asked for the properties instead.
        StatusCode::NOT_IMPLEMENTED
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::FORBIDDEN
        | StatusCode::BAD_REQUEST => Ok(None),
        _ => multistatus(reply).map(Some),
    }
}
