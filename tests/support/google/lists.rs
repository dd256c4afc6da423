//! Lists of events, instances and calendars, and their order.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::instances::{self, span};
use super::paging::Sync;
use super::refusal::Refusal;
use super::state::{Calendar, Role, Stored, World, etag};
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
/// How long deletions are remembered for `updatedMin`; the real one's limit is not documented.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(28 * 24);

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
        if !self.windowed {
            return true;
        }
        let Some((start, end)) = span(&event.fields, zone) else { return false };
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
        let head = self.page_head(user, &self.calendars[calendar]);
        if let Some(answer) = self.further_page(request, &head)? {
            return Ok(answer);
        }
        let filters: Vec<_> = NOT_WITH_TOKEN.iter().filter(|name| request.parameter(name).is_some()).collect();
        let living = request.parameter("showDeleted") == Some("false");
        if request.parameter("syncToken").is_some() && (living || !filters.is_empty()) {
            let words = "Sync token cannot be used together with other filters.";
            return Err(Refusal::new(400, "badRequest").saying(words).at("parameter", "syncToken"));
        }
        let query = Query::read(request)?;
        if query.updated_min.is_some_and(|least| self.now.duration_since(least) > REMEMBERED) {
            return Err(Refusal::new(410, "updatedMinTooLongAgo").at("parameter", "updatedMin"));
        }
        let since = self.marks.sync(request, user, calendar)?;
        let held = &self.calendars[calendar];
        let mut events = match &since {
            Some(since) => self.changes(held, &query, since.version),
            None => self.listed(held, &query),
        };
        order(&mut events, request, &query, &held.zone)?;
        let most = request.parameter("maxAttendees").and_then(|most| most.parse().ok());
        let full = query.deleted;
        let show = |event: &Stored| {
            if event.cancelled() && !full { self.bare(event, calendar) } else { self.view(event, calendar, most) }
        };
        let items: Vec<Value> = events.iter().map(show).collect();
        // A list that was filtered or ordered is no beginning of a sync; only a window of time is allowed.
        let whole = filters.iter().all(|name| ["timeMin", "timeMax"].contains(name));
        let sync = whole.then(|| Sync::new(self, request, user, calendar));
        self.first_page(request, head, items, sync)
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
                if query.single {
                    events.extend(self.generated_within(calendar, event, query));
                } else if !query.windowed || !instances::within(calendar, event, query.from, query.to).is_empty() {
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
        let head = self.page_head(user, &self.calendars[calendar]);
        if let Some(answer) = self.further_page(request, &head)? {
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
            events.retain(|event| time_of(event, "originalStartTime", &held.zone) == Some(wanted));
        }
        events.sort_by_key(|event| starts(event, &held.zone));
        let items: Vec<Value> = events
            .iter()
            .map(|event| if event.cancelled() { self.bare(event, calendar) } else { self.view(event, calendar, None) })
            .collect();
        self.first_page(request, head, items, None)
    }

    /// `calendarList.list`.
    pub fn list_calendars(&mut self, request: &Request, user: &str) -> Result<Answer, Refusal> {
        let head = json!({"kind": "calendar#calendarList", "etag": etag(self.version())});
        if let Some(answer) = self.further_page(request, &head)? {
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
        let whole = request.parameter("minAccessRole").is_none();
        let sync = whole.then(|| Sync::new(self, request, user, "calendarList"));
        self.first_page(request, head, items, sync)
    }
}

/// Puts the events in the order that was asked for.
fn order(events: &mut [Stored], request: &Request, query: &Query, zone: &str) -> Result<(), Refusal> {
    match request.parameter("orderBy") {
        None => {}
        Some("updated") => events.sort_by_key(|event| event.version),
        Some("startTime") if query.single => events.sort_by_key(|event| starts(event, zone)),
        Some(_) => {
            let words = "The requested ordering is not available for the particular query.";
            return Err(Refusal::new(400, "badRequest").saying(words));
        }
    }
    Ok(())
}

fn starts(event: &Stored, zone: &str) -> Timestamp {
    time_of(event, "start", zone).unwrap_or(Timestamp::MIN)
}

fn time_of(event: &Stored, name: &str, zone: &str) -> Option<Timestamp> {
    event.fields.get(name).and_then(|time| moment(time, zone)).map(|moment| instant(&moment))
}

/// `originalStart`: a time with its offset, or a date.
fn original_start(text: &str, calendar: &Calendar) -> Option<Timestamp> {
    let name = if text.len() == 10 { "date" } else { "dateTime" };
    moment(&json!({ name: text }), &calendar.zone).map(|moment| instant(&moment))
}
