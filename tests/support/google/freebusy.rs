//! Free/busy: merged busy times, or the reason why there are none.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::instances::{self, span};
use super::refusal::Refusal;
use super::state::{Calendar, Stored, World};

/// A call may name so many calendars (the reference of `calendarExpansionMax`).
const MAX_CALENDARS: usize = 50;

impl World {
    /// `freebusy.query`.
    pub fn query_busy(&self, body: &Value, user: &str) -> Result<Value, Refusal> {
        let time = |name: &'static str| {
            let missing = || Refusal::new(400, "required").at("parameter", name);
            body[name].as_str().and_then(|text| text.parse::<Timestamp>().ok()).ok_or_else(missing)
        };
        let (from, to) = (time("timeMin")?, time("timeMax")?);
        if to <= from {
            return Err(Refusal::new(400, "timeRangeEmpty"));
        }
        let items = body["items"].as_array().cloned().unwrap_or_default();
        if items.len() > MAX_CALENDARS {
            return Err(Refusal::invalid("Too many calendars requested."));
        }
        let mut calendars = Map::new();
        for id in items.iter().filter_map(|item| item["id"].as_str()) {
            calendars.insert(id.to_owned(), self.busy_of(World::calendar_id(user, id), user, from, to));
        }
        Ok(json!({
            "kind": "calendar#freeBusy", "timeMin": from.to_string(), "timeMax": to.to_string(),
            "calendars": calendars,
        }))
    }

    fn busy_of(&self, id: &str, user: &str, from: Timestamp, to: Timestamp) -> Value {
        let refused = |reason: &str| json!({"errors": [{"domain": "global", "reason": reason}], "busy": []});
        let Some(calendar) = self.calendars.get(id) else { return refused("notFound") };
        if let Some(reason) = &calendar.busy_error {
            return refused(reason);
        }
        // Within an organisation everybody's busy times are told, which is what a Workspace begins with.
        let domain = |address: &str| address.split_once('@').map(|(_, domain)| domain.to_owned());
        if self.role(user, id).is_none() && !(self.users.contains_key(id) && domain(id) == domain(user)) {
            return refused("notFound");
        }
        let mut spans = self.busy_spans(calendar, from, to);
        spans.sort();
        let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (start, end) in spans {
            match merged.last_mut().filter(|last| start <= last.1) {
                Some(last) => last.1 = last.1.max(end),
                None => merged.push((start, end)),
            }
        }
        let busy = merged.iter().map(|(start, end)| json!({"start": start.to_string(), "end": end.to_string()}));
        json!({"busy": busy.collect::<Vec<_>>()})
    }

    fn busy_spans(&self, calendar: &Calendar, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let zone = TimeZone::get(&calendar.zone).unwrap_or(TimeZone::UTC);
        let mut spans = Vec::new();
        for event in calendar.events.values().filter(|event| !event.cancelled()) {
            let single =
                if event.recurs() { self.plain_instances(calendar, event, from, to) } else { vec![event.clone()] };
            for one in single.iter().filter(|one| busy(one, &calendar.id)) {
                let Some((start, end)) = span(&one.fields, &calendar.zone) else { continue };
                let (start, end) = (start.instant(&zone).max(from), end.instant(&zone).min(to));
                if start < end {
                    spans.push((start, end));
                }
            }
        }
        spans
    }

    /// The instances of a master around a window that have no exception.
    fn plain_instances(&self, calendar: &Calendar, master: &Stored, from: Timestamp, to: Timestamp) -> Vec<Stored> {
        let taken = self.exceptions(&calendar.id, master.text("id"));
        let found = instances::within(calendar, master, from, to);
        let events = found.iter().map(|one| instances::event(master, one, &self.settings));
        events.filter(|event| !taken.iter().any(|id| id == event.text("id"))).collect()
    }
}

/// Whether an event takes the time of the calendar's person.
fn busy(event: &Stored, person: &str) -> bool {
    let attendees = event.fields.get("attendees").and_then(Value::as_array).into_iter().flatten();
    let mut own = attendees.filter(|one| one["email"].as_str() == Some(person));
    event.text("transparency") != "transparent" && !own.any(|one| one["responseStatus"] == "declined")
}
