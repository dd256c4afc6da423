//! Reads one Google calendar: the changes since a sync token, or everything.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use google_calendar3::api;
use jiff::SignedDuration;

use super::convert::{Converter, ItemKind, Label};
use super::errors::Refusal;
use super::session::Session;
use super::sync_state;
use super::wire;
use crate::calendar::failure::Failure;
use crate::calendar::http::decoder::too_large;
use crate::calendar::http::request::Fate;
use crate::calendar::ics::split::Component;
use crate::calendar::ics::spool::{Spool, Unspool};
use crate::calendar::{
    Calendar, Cursor, Delta, Effort, Error, ErrorKind, Hints, Item, Problem, Reading, Snapshot, named,
};
use crate::domain::source::SourceId;

/// More pages than this are a server that runs in circles.
const MAX_PAGES: usize = 10_000;

/// One calendar of an account.
pub struct Reader {
    /// Its name.
    pub source: SourceId,
    /// What Google calls it.
    pub calendar: String,
    /// The account's session.
    pub session: Arc<Session>,
    /// Where a long list may be spooled while it is read, in a file without a name.
    pub spool_folder: PathBuf,
    /// The most bytes to accept in one read, decoded.
    pub max_bytes: u64,
}

/// A list that came to its end.
struct Listed {
    spool: Spool,
    items: u64,
    gone: Vec<String>,
    zone: Option<String>,
    role: Option<String>,
    token: String,
    clock_skew: Option<SignedDuration>,
}

/// A list that is still arriving.
struct Listing {
    spool: Spool,
    items: u64,
    bytes: u64,
    /// What is deleted, in a list of changes: an item that says so stands there by its id alone.
    gone: Option<Vec<String>>,
    zone: Option<String>,
    role: Option<String>,
}

impl Reader {
    async fn reading(&self, cursor: Option<&Cursor>, effort: Effort) -> Result<Reading, Failure> {
        let token = cursor.and_then(|cursor| sync_state::token(cursor, &self.calendar));
        if let (Some(token), Effort::Incremental) = (&token, effort) {
            if let Some(listed) = self.list(Some(token)).await? {
                return self.changes(listed, token);
            }
            tracing::debug!(source = %self.source, "the sync token is no longer valid");
            return self.everything(true).await;
        }
        self.everything(false).await
    }

    fn changes(&self, listed: Listed, asked_with: &str) -> Result<Reading, Failure> {
        let hints = Hints { clock_skew: listed.clock_skew, ..Hints::default() };
        let cursor = sync_state::cursor(&self.calendar, &listed.token);
        if listed.items == 0 && listed.gone.is_empty() {
            let cursor = (listed.token != asked_with).then_some(cursor);
            return Ok(Reading::Unchanged { cursor, hints });
        }
        let gone = listed.gone.clone();
        Ok(Reading::Delta(Delta { items: Box::new(Items::of(listed)?), gone, cursor, hints }))
    }

    /// Everything is read without a lower bound in time: a token keeps the bound that it was made with, and what slipped below a
    /// bound that moves would look deleted.
    async fn everything(&self, restarted: bool) -> Result<Reading, Failure> {
        let listed = self.list(None).await?;
        // Without a token to die, a list that is not available is an error.
        let listed = listed.ok_or_else(|| Failure::new(ErrorKind::Server, "Google refused to list the calendar"))?;
        let hints = Hints { clock_skew: listed.clock_skew, ..Hints::default() };
        let cursor = sync_state::cursor(&self.calendar, &listed.token);
        let events = listed.items;
        Ok(Reading::Snapshot(Snapshot { items: Box::new(Items::of(listed)?), events, restarted, cursor, hints }))
    }

    /// Every page of a list; none where the sync token is dead.
    async fn list(&self, token: Option<&str>) -> Result<Option<Listed>, Failure> {
        let api = self.session.endpoints()?.api;
        let mut listing = Listing::new(&self.spool_folder, token.is_some());
        let mut next: Option<String> = None;
        let mut asked = HashSet::new();
        for _ in 0..MAX_PAGES {
            let call = wire::events(&api, &self.calendar, token, next.as_deref());
            let reply = match self.session.call(&call).await {
                // One broken connection need not cost all the pages that are here already.
                Err(lost) if next.is_some() && lost.fate == Fate::Unknown => self.session.call(&call).await?,
                answered => answered?,
            };
            if let Some(refusal) = Refusal::of(&reply) {
                if token.is_some() && refusal.is_dead_token() && !planted!("dead-tokens-are-errors") {
                    return Ok(None);
                }
                return Err(self.session.refused(&refusal));
            }
            listing.count(&reply.body, self.max_bytes)?;
            let page = wire::page(&reply.body)?;
            listing.take(&page)?;
            match (page.next_page_token, page.next_sync_token) {
                (Some(more), _) if asked.insert(more.clone()) => next = Some(more),
                (Some(_), _) => break,
                (None, Some(token)) => return Ok(Some(listing.finish(token, reply.clock_skew))),
                (None, None) => {
                    let detail = "the list of events ended without a sync token; nothing of it is used";
                    return Err(Failure::new(ErrorKind::Truncated, detail));
                }
            }
        }
        Err(Failure::new(ErrorKind::Server, "the list of events does not end"))
    }
}

impl Listing {
    fn new(folder: &std::path::Path, of_changes: bool) -> Self {
        let gone = of_changes.then(Vec::new);
        Self { spool: Spool::new(folder), items: 0, bytes: 0, gone, zone: None, role: None }
    }

    fn count(&mut self, body: &[u8], most: u64) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(body.len() as u64);
        if self.bytes > most { Err(too_large(most)) } else { Ok(()) }
    }

    fn take(&mut self, page: &wire::Page<'_>) -> Result<(), Failure> {
        self.zone = self.zone.take().or_else(|| page.time_zone.clone());
        self.role = self.role.take().or_else(|| page.access_role.clone());
        for item in &page.items {
            if let Some(gone) = &mut self.gone {
                let label: Label = serde_json::from_str(item.get()).unwrap_or_default();
                // A later page may say otherwise of what changed while the pages were read.
                gone.retain(|id| Some(id) != label.id.as_ref() || planted!("later-pages-are-not-believed"));
                let is_gone = label.is_gone();
                if let Some(id) = label.id.filter(|_| is_gone) {
                    gone.push(id);
                    continue;
                }
            }
            self.items += 1;
            let component = Component { line: self.items, calendar: 0, text: item.get().as_bytes() };
            self.spool.add(&component).map_err(|error| disk(&error))?;
        }
        Ok(())
    }

    fn finish(self, token: String, clock_skew: Option<SignedDuration>) -> Listed {
        let Self { spool, items, gone, zone, role, .. } = self;
        Listed { spool, items, gone: gone.unwrap_or_default(), zone, role, token, clock_skew }
    }
}

/// The items of a whole list, each read as it is asked for.
struct Items {
    events: Unspool,
    normaliser: Converter,
    ready: VecDeque<Item>,
}

impl Items {
    fn of(listed: Listed) -> Result<Self, Failure> {
        let events = listed.spool.rewind().map_err(|error| disk(&error))?;
        let normaliser = Converter::new(listed.zone.as_deref(), listed.role.as_deref());
        Ok(Self { events, normaliser, ready: VecDeque::new() })
    }
}

impl Iterator for Items {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<io::Result<Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            match self.events.next() {
                Ok(Some(event)) => read(&event, &mut self.normaliser, &mut self.ready),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Reads one item: what was repaired, then the event; or only why it was left out.
fn read(event: &Component<'_>, normaliser: &mut Converter, ready: &mut VecDeque<Item>) {
    let decoded = decode(event.text);
    // The types are large, so that they are looked at where they lie.
    let meaning = decoded.as_ref().map_err(Clone::clone).and_then(|parsed| normaliser.read(parsed));
    let id = decoded.ok().and_then(|parsed| parsed.id);
    let mut tell = |what: String, uid: Option<&str>, skipped| {
        let uid = uid.map(|uid| format!(", uid {uid}")).unwrap_or_default();
        ready.push_back(Item::Problem(Problem { place: format!("event {}{uid}", event.line), what, skipped }));
    };
    let why = match (meaning, id) {
        (Ok(ItemKind::Event(event, repairs)), Some(resource)) => {
            for repair in repairs {
                tell(repair, Some(&event.uid), false);
            }
            ready.push_back(Item::Kept { resource, event });
            return;
        }
        (Ok(ItemKind::CalledOff { master, original, is_sure }), Some(resource)) => {
            ready.push_back(Item::CalledOff { resource, master, original, is_sure });
            return;
        }
        // A list of everything does not hold what is deleted, and a list of changes had it taken out.
        (Ok(ItemKind::Gone), _) => return,
        (Ok(_), None) => "it has no id".to_owned(),
        (Err(why), _) => why,
    };
    let label: Label = serde_json::from_slice(event.text).unwrap_or_default();
    tell(format!("the event was left out: {why}"), label.uid.as_deref(), true);
}

/// What is in the spool was text when it came, so that not every word of it has to be proven to be.
fn decode(text: &[u8]) -> Result<api::Event, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not text")?;
    serde_json::from_str(text).map_err(|error| format!("it cannot be read ({})", sort(&error)))
}

/// What is wrong with an item, without its words: they may quote a title.
fn sort(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => format!("a field is not valid, at column {}", error.column()),
        _ => "it is not JSON".to_owned(),
    }
}

fn disk(error: &io::Error) -> Failure {
    Failure::new(ErrorKind::Local, format!("the calendar could not be written to the data folder ({})", error.kind()))
}

impl Calendar for Reader {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_page_shows_again_is_not_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut listing = Listing::new(folder.path(), true);
        let pages = [
            r#"{"items": [{"id": "a", "status": "cancelled"}, {"id": "b", "status": "cancelled"}]}"#,
            r#"{"items": [{"id": "a", "status": "confirmed"}]}"#,
        ];
        for page in pages {
            listing.take(&wire::page(page.as_bytes()).unwrap()).unwrap();
        }
        let listed = listing.finish("token".to_owned(), None);
        assert_eq!((listed.gone, listed.items), (vec!["b".to_owned()], 1));
    }
}
