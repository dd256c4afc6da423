//! Owns lists: which entries they hold, pages, sync tokens and what ends them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::encodings::{base64url, sha256};
use super::instances::{self, span};
use super::refusal::Refusal;
use super::state::{Calendar, Role, Stored, World};
use super::times::{instant, moment};
use super::wire::{Answer, Request};

/// What a sync token cannot be combined with (the reference of `syncToken`).
const NOT_WITH_TOKEN: [&str; 8] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];
/// What has to be the same in a sync as in the first one.
const SHAPE: [&str; 2] = ["singleEvents", "eventTypes"];

/// The tokens that were given out.
#[derive(Debug, Default)]
pub struct Marks {
    pages: BTreeMap<String, Page>,
    syncs: BTreeMap<String, Sync>,
    /// What tokens that are not known are told.
    reason: Option<String>,
}

#[derive(Debug)]
struct Page {
    /// Calendar and query without the page token, which have to be the same on every page.
    query: String,
    items: Vec<Value>,
    sync: Option<Sync>,
}

/// What a sync token stands for.
#[derive(Clone, Debug)]
struct Sync {
    user: String,
    calendar: String,
    /// The count of all changes at the time of the list.
    version: u64,
    shape: String,
}

impl Marks {
    /// Ends the tokens of a calendar.
    pub fn forget(&mut self, calendar: &str) {
        self.syncs.retain(|_, sync| sync.calendar != calendar);
    }

    /// Ends every token; the reason is what the 410 says.
    pub fn kill(&mut self, reason: &str) {
        self.syncs.clear();
        self.reason = Some(reason.to_owned());
    }

    fn sync(&self, request: &Request, user: &str, calendar: &str) -> Result<Option<Sync>, Refusal> {
        let Some(token) = request.parameter("syncToken") else { return Ok(None) };
        let known = self.syncs.get(token).filter(|sync| sync.user == user && sync.calendar == calendar);
        let reason = self.reason.as_deref().unwrap_or("fullSyncRequired");
        let place = if reason == "updatedMinTooLongAgo" { "updatedMin" } else { "syncToken" };
        let gone = || Refusal::new(410, reason).at("parameter", place);
        let sync = known.cloned().ok_or_else(gone)?;
        if sync.shape != shape(request) {
            return Err(Refusal::new(400, "badRequest").saying("The query differs from the one of the sync token."));
        }
        Ok(Some(sync))
    }
}

fn shape(request: &Request) -> String {
    let parameters = request.query.iter().filter(|(name, _)| SHAPE.contains(&name.as_str()));
    let mut all: Vec<String> = parameters.map(|(name, value)| format!("{name}={value}")).collect();
    all.retain(|one| one != "singleEvents=false");
    all.join("&")
}

/// What a list of events is asked for.
struct Query {
    from: Timestamp,
    to: Timestamp,
    windowed: bool,
    updated_min: Option<Timestamp>,
    single: bool,
    deleted: bool,
    uid: Option<String>,
    text: Option<String>,
    /// `private` or `shared`, key and value.
    properties: Vec<(&'static str, String)>,
    types: Vec<String>,
}

impl Query {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let min = time(request, "timeMin")?;
        let max = time(request, "timeMax")?;
        if min.zip(max).is_some_and(|(min, max)| max <= min) {
            return Err(Refusal::new(400, "timeRangeEmpty").at("parameter", "timeMax"));
        }
        let all = |name: &str| {
            request.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let private = all("privateExtendedProperty").into_iter().map(|one| ("private", one));
        let shared = all("sharedExtendedProperty").into_iter().map(|one| ("shared", one));
        Ok(Self {
            from: min.unwrap_or(Timestamp::MIN),
            to: max.unwrap_or_else(instances::horizon),
            windowed: min.is_some() || max.is_some(),
            updated_min: time(request, "updatedMin")?,
            single: request.says("singleEvents"),
            deleted: request.says("showDeleted"),
            uid: request.parameter("iCalUID").map(str::to_owned),
            text: request.parameter("q").map(str::to_lowercase),
            properties: private.chain(shared).collect(),
            types: all("eventTypes"),
        })
    }

    /// Whether an event passes what is asked of its fields; its time is another matter.
    fn takes(&self, event: &Stored) -> bool {
        let property = |(kind, wanted): &(&str, String)| {
            let (key, value) = wanted.split_once('=').unwrap_or((wanted, ""));
            event.fields.get("extendedProperties").is_some_and(|all| all[*kind][key].as_str() == Some(value))
        };
        let text = |text: &String| event.text("summary").to_lowercase().contains(text);
        self.uid.as_deref().is_none_or(|uid| uid == event.text("iCalUID"))
            && self.properties.iter().all(property)
            && (self.types.is_empty() || self.types.iter().any(|one| one == event.text("eventType")))
            && self.text.as_ref().is_none_or(text)
            && self.updated_min.is_none_or(|least| event.text("updated").parse().is_ok_and(|at: Timestamp| at >= least))
    }

    fn overlaps(&self, event: &Stored, zone: &str) -> bool {
        let Some((start, end)) = span(&event.fields, zone) else { return !self.windowed };
        let (start, end) = (instant(&start), instant(&end));
        start < self.to && (end > self.from || (start == end && start >= self.from))
    }
}

fn time(request: &Request, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
    let bad = |_| Refusal::new(400, "badRequest").at("parameter", name);
    request.parameter(name).map(|text| text.parse().map_err(bad)).transpose()
}

impl World {
    /// `events.list`.
    pub fn list_events(&mut self, request: &Request, user: &str, calendar: &str) -> Result<Answer, Refusal> {
        if let Some(answer) = self.further_page(request, calendar)? {
            return Ok(answer);
        }
        let forbidden = NOT_WITH_TOKEN.iter().find(|name| request.parameter(name).is_some());
        if request.parameter("syncToken").is_some()
            && (forbidden.is_some() || request.parameter("showDeleted") == Some("false"))
        {
            let words = "Sync token cannot be used together with other filters.";
            return Err(Refusal::new(400, "badRequest").saying(words).at("parameter", "syncToken"));
        }
        let query = Query::read(request)?;
        let since = self.marks.sync(request, user, calendar)?;
        let held = &self.calendars[calendar];
        let mut events = match &since {
            Some(since) => self.changes(held, &query, since.version),
            None => self.listed(held, &query),
        };
        match request.parameter("orderBy") {
            None => {}
            Some("updated") => events.sort_by_key(|event| event.version),
            Some("startTime") if query.single => events.sort_by_key(|event| starts(event, &held.zone)),
            Some(_) => {
                return Err(Refusal::new(400, "badRequest")
                    .saying("The requested ordering is not available for the particular query."));
            }
        }
        let most = request.parameter("maxAttendees").and_then(|most| most.parse().ok());
        let full = query.deleted;
        let show = |event: &Stored| {
            if event.cancelled() && !full { self.bare(event, calendar) } else { self.view(event, calendar, most) }
        };
        let items: Vec<Value> = events.iter().map(show).collect();
        // A list that was filtered or ordered is no beginning of a sync; only a window of time is allowed.
        let whole = forbidden.is_none_or(|name| ["timeMin", "timeMax"].contains(name));
        let sync = Sync {
            user: user.to_owned(),
            calendar: calendar.to_owned(),
            version: self.version(),
            shape: shape(request),
        };
        let head = self.page_head(user, &self.calendars[calendar]);
        self.first_page(request, calendar, head, items, whole.then_some(sync))
    }

    /// A complete list.
    fn listed(&self, calendar: &Calendar, query: &Query) -> Vec<Stored> {
        let mut events = Vec::new();
        for event in calendar.events.values().filter(|event| query.takes(event)) {
            let exception_of = event.text("recurringEventId");
            let orphan = calendar.events.get(exception_of).is_none_or(Stored::cancelled);
            let wanted = if event.cancelled() {
                query.deleted || query.updated_min.is_some() || (!query.single && !exception_of.is_empty() && !orphan)
            } else {
                true
            };
            if !wanted {
                continue;
            }
            if event.recurs() && !event.cancelled() {
                let found = self.generated_within(calendar, event, query);
                if query.single {
                    events.extend(found.into_iter().filter(|one| query.overlaps(one, &calendar.zone)));
                } else if !query.windowed || !found.is_empty() {
                    events.push(event.clone());
                }
            } else if query.overlaps(event, &calendar.zone) && !(query.single && event.recurs()) {
                events.push(event.clone());
            }
        }
        events
    }

    /// What changed since; deletions are always among it.
    fn changes(&self, calendar: &Calendar, query: &Query, since: u64) -> Vec<Stored> {
        let mut events = Vec::new();
        for event in calendar.events.values().filter(|event| event.version > since && query.takes(event)) {
            if query.single && event.recurs() && !event.cancelled() {
                events.extend(self.generated_within(calendar, event, query));
            } else {
                events.push(event.clone());
            }
        }
        events
    }

    /// The instances of a master in the window; those that have exceptions are left to these.
    fn generated_within(&self, calendar: &Calendar, master: &Stored, query: &Query) -> Vec<Stored> {
        let taken: BTreeSet<String> = self.exceptions(&calendar.id, master.text("id")).into_iter().collect();
        let found = instances::within(calendar, master, query.from, query.to);
        let events = found.iter().map(|one| instances::event(master, one, &self.settings));
        events.filter(|event| !taken.contains(event.text("id"))).collect()
    }

    /// `events.instances`.
    pub fn list_instances(
        &mut self,
        request: &Request,
        user: &str,
        calendar: &str,
        id: &str,
    ) -> Result<Answer, Refusal> {
        if let Some(answer) = self.further_page(request, calendar)? {
            return Ok(answer);
        }
        let query = Query::read(request)?;
        let held = &self.calendars[calendar];
        let master = held.events.get(id).filter(|event| !event.cancelled() || query.deleted);
        let master = master.ok_or_else(Refusal::not_found)?;
        let mut events = if master.cancelled() { Vec::new() } else { self.generated_within(held, master, &query) };
        let exceptions = self.exceptions(calendar, id).into_iter().map(|id| held.events[&id].clone());
        events.extend(exceptions.filter(|one| (query.deleted || !one.cancelled()) && query.overlaps(one, &held.zone)));
        if let Some(original) = request.parameter("originalStart") {
            let bad = || Refusal::new(400, "badRequest").at("parameter", "originalStart");
            let wanted = original_start(original, held).ok_or_else(bad)?;
            events.retain(|event| {
                event
                    .fields
                    .get("originalStartTime")
                    .and_then(|one| moment(one, &held.zone))
                    .is_some_and(|one| instant(&one) == wanted)
            });
        }
        events.sort_by_key(|event| starts(event, &held.zone));
        let items: Vec<Value> = events
            .iter()
            .map(|event| if event.cancelled() { self.bare(event, calendar) } else { self.view(event, calendar, None) })
            .collect();
        let head = self.page_head(user, held);
        self.first_page(request, calendar, head, items, None)
    }

    /// `calendarList.list`.
    pub fn list_calendars(&mut self, request: &Request, user: &str) -> Result<Answer, Refusal> {
        if let Some(answer) = self.further_page(request, "calendarList")? {
            return Ok(answer);
        }
        if request.parameter("syncToken").is_some() && request.parameter("minAccessRole").is_some() {
            return Err(Refusal::new(400, "badRequest").at("parameter", "syncToken"));
        }
        let since = self.marks.sync(request, user, "calendarList")?;
        let least = match request.parameter("minAccessRole") {
            Some("owner") => Role::Owner,
            Some("writer") => Role::Writer,
            Some("reader") => Role::Reader,
            _ => Role::FreeBusyReader,
        };
        let entries = self.users.get(user).into_iter().flat_map(|user| &user.list);
        let wanted = entries.filter(|(id, entry)| match &since {
            Some(since) => entry.version > since.version,
            None => {
                (!entry.deleted || request.says("showDeleted")) && self.role(user, id).is_none_or(|role| role >= least)
            }
        });
        let items: Vec<Value> = wanted.filter_map(|(id, _)| self.list_entry(user, id)).collect();
        let sync = Sync {
            user: user.to_owned(),
            calendar: "calendarList".to_owned(),
            version: self.version(),
            shape: shape(request),
        };
        let head = json!({"kind": "calendar#calendarList", "etag": super::state::etag(self.version())});
        let whole = request.parameter("minAccessRole").is_none();
        self.first_page(request, "calendarList", head, items, whole.then_some(sync))
    }

    fn first_page(
        &mut self,
        request: &Request,
        list: &str,
        head: Value,
        items: Vec<Value>,
        sync: Option<Sync>,
    ) -> Result<Answer, Refusal> {
        let most = request.parameter("maxResults").map_or(Ok(250), str::parse::<usize>);
        let most = most
            .ok()
            .filter(|most| *most > 0)
            .ok_or_else(|| Refusal::new(400, "invalidParameter").at("parameter", "maxResults"))?;
        let limit = most.min(2500).min(self.settings.page_limit.unwrap_or(usize::MAX));
        let first = if self.settings.empty_first_page { 0 } else { limit };
        let page = Page { query: signature(request, list), items, sync };
        Ok(self.page(head, page, first))
    }

    fn further_page(&mut self, request: &Request, list: &str) -> Result<Option<Answer>, Refusal> {
        let Some(token) = request.parameter("pageToken") else { return Ok(None) };
        let bad = || Refusal::new(400, "badRequest").at("parameter", "pageToken");
        let page = self.marks.pages.get(token).filter(|page| page.query == signature(request, list)).ok_or_else(bad)?;
        let page = Page { query: page.query.clone(), items: page.items.clone(), sync: page.sync.clone() };
        let kind = if list == "calendarList" { "calendar#calendarList" } else { "calendar#events" };
        let mut head = json!({"kind": kind, "etag": super::state::etag(self.version())});
        if let Some(calendar) = self.calendars.get(list) {
            let whole = json!({"summary": calendar.summary, "timeZone": calendar.zone, "updated": super::times::written_instant(self.now)});
            head.as_object_mut().unwrap().extend(whole.as_object().unwrap().clone());
        }
        let most = request.parameter("maxResults").and_then(|most| most.parse().ok()).unwrap_or(250_usize);
        let limit = most.min(2500).min(self.settings.page_limit.unwrap_or(usize::MAX));
        Ok(Some(self.page(head, page, limit)))
    }

    /// The first of these items as a page, with the token for the rest of them or for the next sync.
    fn page(&mut self, mut head: Value, mut page: Page, limit: usize) -> Answer {
        let rest = page.items.split_off(limit.min(page.items.len()));
        head["items"] = Value::Array(page.items);
        if !rest.is_empty() || limit == 0 {
            let token = base64url(&sha256(format!("page {}", self.number()).as_bytes()));
            head["nextPageToken"] = json!(token);
            self.marks.pages.insert(token, Page { items: rest, ..page });
        } else if let Some(sync) = page.sync {
            let token = base64url(&sha256(format!("{sync:?}").as_bytes())) + "=";
            head["nextSyncToken"] = json!(token);
            self.marks.syncs.insert(token, sync);
        }
        Answer::json(200, &head)
    }
}

/// What is asked but for the page.
fn signature(request: &Request, list: &str) -> String {
    let mut query: Vec<_> =
        request.query.iter().filter(|(name, _)| name != "pageToken" && name != "maxResults").collect();
    query.sort();
    format!("{list} {query:?}")
}

fn starts(event: &Stored, zone: &str) -> Timestamp {
    event.fields.get("start").and_then(|start| moment(start, zone)).map_or(Timestamp::MIN, |start| instant(&start))
}

/// `originalStart`: a time with its offset, or a date.
fn original_start(text: &str, calendar: &Calendar) -> Option<Timestamp> {
    let name = if text.len() == 10 { "date" } else { "dateTime" };
    moment(&json!({ name: text }), &calendar.zone).map(|moment| instant(&moment))
}
