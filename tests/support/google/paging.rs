//! Page and sync tokens: what they stand for, and what invalidates them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::encodings::{base64url, sha256};
use super::refusal::Refusal;
use super::state::World;
use super::wire::{Answer, Request};

/// What has to be the same in a sync as in the first one.
const SHAPE: [&str; 2] = ["singleEvents", "eventTypes"];
/// Entries on a page where nobody says how many, and the most that may be asked for (the reference of `maxResults`).
const PAGE: usize = 250;
const LARGEST_PAGE: usize = 2500;

/// The tokens that were given out.
#[derive(Debug, Default)]
pub struct Marks {
    pages: BTreeMap<String, Page>,
    syncs: BTreeMap<String, Sync>,
    /// What tokens that are not known are told.
    reason: Option<String>,
}

/// What a page token stands for: a list as it was when its first page was asked for.
#[derive(Clone, Debug)]
struct Page {
    /// Path and query without the page, which have to be the same on every page.
    query: String,
    items: Arc<Vec<Value>>,
    /// The first item of this page.
    from: usize,
    sync: Option<Sync>,
}

/// What a sync token stands for.
#[derive(Clone, Debug)]
pub struct Sync {
    user: String,
    /// The calendar, or `calendarList`.
    list: String,
    /// The count of all changes at the time of the list.
    pub version: u64,
    shape: String,
}

impl Sync {
    pub fn new(world: &World, request: &Request, user: &str, list: &str) -> Self {
        Self { user: user.to_owned(), list: list.to_owned(), version: world.version(), shape: shape(request) }
    }
}

impl Marks {
    /// Ends the tokens of a calendar.
    pub fn forget(&mut self, calendar: &str) {
        self.syncs.retain(|_, sync| sync.list != calendar);
    }

    /// Ends every token; the reason is what the 410 says.
    pub fn kill(&mut self, reason: &str) {
        self.syncs.clear();
        self.reason = Some(reason.to_owned());
    }

    /// What the sync token of a request stands for, if it has one.
    pub fn sync(&self, request: &Request, user: &str, list: &str) -> Result<Option<Sync>, Refusal> {
        let Some(token) = request.parameter("syncToken") else { return Ok(None) };
        let known = self.syncs.get(token).filter(|sync| sync.user == user && sync.list == list);
        let reason = self.reason.as_deref().unwrap_or("fullSyncRequired");
        let place = if reason == "updatedMinTooLongAgo" { "updatedMin" } else { "syncToken" };
        let sync = known.cloned().ok_or_else(|| Refusal::new(410, reason).at("parameter", place))?;
        if sync.shape != shape(request) {
            return Err(Refusal::new(400, "badRequest").saying("The query differs from the one of the sync token."));
        }
        Ok(Some(sync))
    }
}

impl World {
    /// The first page of a list; `head` has the fields that every page has.
    pub fn first_page(
        &mut self,
        request: &Request,
        head: Value,
        items: Vec<Value>,
        sync: Option<Sync>,
    ) -> Result<Answer, Refusal> {
        let limit = if self.settings.empty_first_page { 0 } else { self.limit(request)? };
        let page = Page { query: signature(request), items: Arc::new(items), from: 0, sync };
        Ok(self.page(head, page, limit))
    }

    /// The page that the request's token stands for, if it has one.
    pub fn further_page(&mut self, request: &Request, head: &Value) -> Result<Option<Answer>, Refusal> {
        let Some(token) = request.parameter("pageToken") else { return Ok(None) };
        let bad = || Refusal::new(400, "badRequest").at("parameter", "pageToken");
        let page = self.marks.pages.get(token).filter(|page| page.query == signature(request)).ok_or_else(bad)?;
        let (page, limit) = (page.clone(), self.limit(request)?);
        Ok(Some(self.page(head.clone(), page, limit)))
    }

    fn limit(&self, request: &Request) -> Result<usize, Refusal> {
        let most =
            request.parameter("maxResults").map_or(Some(PAGE), |most| most.parse().ok().filter(|most| *most > 0));
        let most = most.ok_or_else(|| Refusal::new(400, "invalidParameter").at("parameter", "maxResults"))?;
        Ok(most.min(LARGEST_PAGE).min(self.settings.page_limit.unwrap_or(LARGEST_PAGE)))
    }

    /// So many items as a page, with the token for the rest of them or for the next sync.
    fn page(&mut self, mut head: Value, page: Page, limit: usize) -> Answer {
        let to = (page.from + limit).min(page.items.len());
        head["items"] = json!(page.items[page.from..to]);
        if to < page.items.len() || limit == 0 {
            let token = base64url(&sha256(format!("page {}", self.number()).as_bytes()));
            head["nextPageToken"] = json!(token);
            self.marks.pages.insert(token, Page { from: to, ..page });
        } else if let Some(sync) = page.sync {
            // As long as nothing changed, the token is the same.
            let token = base64url(&sha256(format!("{sync:?}").as_bytes())) + "=";
            head["nextSyncToken"] = json!(token);
            self.marks.syncs.insert(token, sync);
        }
        Answer::json(200, &head)
    }
}

fn shape(request: &Request) -> String {
    let parameters = request.query.iter().filter(|(name, _)| SHAPE.contains(&name.as_str()));
    let mut all: Vec<String> = parameters.map(|(name, value)| format!("{name}={value}")).collect();
    all.retain(|one| one != "singleEvents=false");
    all.join("&")
}

/// What is asked but for the page.
fn signature(request: &Request) -> String {
    let paging = ["pageToken", "maxResults"];
    let mut query: Vec<_> = request.query.iter().filter(|(name, _)| !paging.contains(&name.as_str())).collect();
    query.sort();
    format!("{} {query:?}", request.path)
}
