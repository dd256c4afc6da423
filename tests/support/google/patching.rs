//! Insert, patch, update and delete on the organiser's own calendar.

use serde_json::{Value, json};

use super::instances::{self, span};
use super::refusal::Refusal;
use super::state::{Mail, MailKind, Role, Stored, World};
use super::times::{Fields, instant, recurrence, written_instant};

/// What the caller cannot set, whatever the body says.
const READ_ONLY: [&str; 13] = [
    "kind",
    "etag",
    "htmlLink",
    "created",
    "updated",
    "creator",
    "organizer",
    "id",
    "iCalUID",
    "recurringEventId",
    "originalStartTime",
    "hangoutLink",
    "locked",
];
/// What cannot change on a locked copy (the reference of `locked`).
const LOCKED: [&str; 6] = ["summary", "description", "location", "start", "end", "recurrence"];
/// A change of these asks the guests again.
const ASKS_AGAIN: [&str; 3] = ["start", "end", "recurrence"];

/// Who is reported a write by mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendUpdates {
    All,
    ExternalOnly,
    #[default]
    None,
}

impl SendUpdates {
    pub fn read(text: Option<&str>) -> Result<Self, Refusal> {
        match text {
            Some("all") => Ok(Self::All),
            Some("externalOnly") => Ok(Self::ExternalOnly),
            Some("none") | None => Ok(Self::None),
            Some(_) => Err(Refusal::invalid("Invalid value for sendUpdates")),
        }
    }
}

/// Who writes to what.
#[derive(Clone, Debug)]
pub struct Write {
    pub actor: String,
    /// The id of the calendar, never `primary`.
    pub calendar: String,
    pub id: String,
    pub if_match: Option<String>,
    pub send: SendUpdates,
}

/// How a body changes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// What is there is merged, arrays are replaced whole.
    Patch,
    /// What is left out is cleared.
    Put,
}

impl World {
    /// Inserts an event into a calendar that the user may write to; says its id.
    pub fn insert(&mut self, write: &Write, body: &Fields) -> Result<String, Refusal> {
        let zone = self.readable(&write.actor, &write.calendar, Role::Writer)?.zone.clone();
        let id = match body.get("id").and_then(Value::as_str) {
            Some(id) => chosen(id)?,
            None => format!("fake{:022}", self.number()),
        };
        if self.calendars[&write.calendar].events.contains_key(&id) {
            return Err(Refusal::new(409, "duplicate"));
        }
        let mut fields = body.clone();
        fields.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        let calendar = &self.calendars[&write.calendar];
        let organizer = json!({"email": calendar.id, "displayName": calendar.summary});
        fields.insert("iCalUID".to_owned(), json!(format!("{id}@google.com")));
        fields.insert("id".to_owned(), json!(id));
        fields.insert("organizer".to_owned(), organizer);
        fields.insert("creator".to_owned(), json!({"email": write.actor}));
        self.complete(&mut fields);
        clean_attendees(&mut fields);
        check(&fields, &zone)?;
        self.keep(&write.calendar, Stored { fields, ..Stored::default() });
        self.spread(&write.calendar, &id, None);
        let told = Write { id: id.clone(), ..write.clone() };
        self.mail(&told, MailKind::Invitation, None);
        Ok(id)
    }

    /// Fills in what every event has.
    pub fn complete(&self, fields: &mut Fields) {
        let now = json!(written_instant(self.now));
        for (name, value) in [
            ("status", json!("confirmed")),
            ("created", now.clone()),
            ("updated", now),
            ("sequence", json!(0)),
            ("eventType", json!("default")),
            ("reminders", json!({"useDefault": true})),
        ] {
            fields.entry(name).or_insert(value);
        }
    }

    /// Changes an event, an exception or an instance.
    pub fn change(&mut self, write: &Write, how: How, body: &Fields) -> Result<(), Refusal> {
        let zone = self.readable(&write.actor, &write.calendar, Role::Writer)?.zone.clone();
        let current = self.find(&write.calendar, &write.id).ok_or_else(Refusal::not_found)?;
        unchanged(write, &current)?;
        // Only one who says so brings back what was deleted.
        let revives = body.get("status").is_some_and(|status| status != "cancelled") && !current.removed;
        if current.cancelled() && !revives {
            return Err(Refusal::new(403, "forbidden"));
        }
        let mut body = body.clone();
        body.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        let mut fields = changed(&current.fields, how, body);
        clean_attendees(&mut fields);
        self.complete(&mut fields);
        check(&fields, &zone)?;
        permitted(&current, &fields)?;
        if fields.get("status") == Some(&json!("cancelled")) {
            return self.delete(write);
        }
        if current.organizer() == write.calendar {
            self.organizer_change(write, &current, fields);
            return Ok(());
        }
        self.guest_change(write, &current, fields)
    }

    fn organizer_change(&mut self, write: &Write, current: &Stored, mut fields: Fields) {
        if ASKS_AGAIN.iter().any(|name| fields.get(*name) != current.fields.get(*name)) {
            let sequence = current.fields.get("sequence").and_then(Value::as_u64).unwrap_or(0) + 1;
            fields.insert("sequence".to_owned(), json!(sequence));
            for attendee in attendees_mut(&mut fields) {
                if attendee["email"].as_str() != Some(&write.calendar) {
                    attendee["responseStatus"] = "needsAction".into();
                }
            }
        }
        let id = write.id.clone();
        self.keep(&write.calendar, Stored { fields: fields.clone(), ..current.clone() });
        self.spread(&write.calendar, &id, Some(&current.fields));
        if current.recurs() {
            self.change_exceptions(&write.calendar, current, &fields);
        }
        self.mail(write, MailKind::Update, Some(current));
    }

    /// What changed about a master changes about its exceptions; those whose start it no longer generates end.
    fn change_exceptions(&mut self, calendar: &str, before: &Stored, after: &Fields) {
        let master = Stored { fields: after.clone(), ..before.clone() };
        for id in self.exceptions(calendar, before.text("id")) {
            let held = &self.calendars[calendar];
            let exception = held.events[&id].clone();
            let original =
                exception.fields.get("originalStartTime").and_then(|one| super::times::moment(one, &held.zone));
            let lives = original.is_some_and(|original| instances::at(held, &master, instant(&original)).is_some());
            if exception.cancelled() {
                continue;
            }
            let mut next = exception.clone();
            if lives {
                let names = after.iter().filter(|(name, value)| before.fields.get(*name) != Some(*value));
                for (name, value) in names.filter(|(name, _)| !ASKS_AGAIN.contains(&name.as_str())) {
                    next.fields.insert(name.clone(), value.clone());
                }
                next.fields.insert("sequence".to_owned(), after["sequence"].clone());
            } else {
                next.fields.insert("status".to_owned(), json!("cancelled"));
            }
            if next.fields != exception.fields {
                self.keep(calendar, next);
                self.spread(calendar, &id, Some(&exception.fields));
            }
        }
    }

    /// Deletes: the organiser's deletion holds for everybody, a guest's is a refusal.
    pub fn delete(&mut self, write: &Write) -> Result<(), Refusal> {
        self.readable(&write.actor, &write.calendar, Role::Writer)?;
        let current = self.find(&write.calendar, &write.id).ok_or_else(Refusal::not_found)?;
        if current.cancelled() {
            return Err(Refusal::new(410, "deleted"));
        }
        unchanged(write, &current)?;
        if current.organizer() != write.calendar {
            self.guest_delete(write, current);
            return Ok(());
        }
        self.mail(write, MailKind::Cancellation, Some(&current));
        self.cancel(&write.calendar, current.clone());
        for guest in self.guest_calendars(&current.fields) {
            if let Some(copy) = self.find(&guest, &write.id).filter(|copy| !copy.cancelled()) {
                self.cancel(&guest, copy);
            }
        }
        Ok(())
    }

    /// Marks an event of one calendar, and its exceptions with it, as cancelled.
    pub fn cancel(&mut self, calendar: &str, mut event: Stored) {
        for id in self.exceptions(calendar, event.text("id")) {
            let mut exception = self.calendars[calendar].events[&id].clone();
            exception.fields.insert("status".to_owned(), json!("cancelled"));
            self.keep(calendar, exception);
        }
        event.fields.insert("status".to_owned(), json!("cancelled"));
        self.keep(calendar, event);
    }

    /// Notes the mail that a write sends, if it sends any.
    pub fn mail(&mut self, write: &Write, kind: MailKind, before: Option<&Stored>) {
        let after = self.find(&write.calendar, &write.id);
        let all = [before, after.as_ref()].into_iter().flatten().flat_map(|event| guests(&event.fields));
        let mut recipients: Vec<String> =
            all.filter(|guest| *guest != write.actor && *guest != write.calendar).collect();
        if kind == MailKind::Reply {
            recipients = after.iter().map(|event| event.organizer().to_owned()).collect();
        }
        match write.send {
            SendUpdates::All => {}
            SendUpdates::ExternalOnly => recipients.retain(|guest| !self.users.contains_key(guest)),
            SendUpdates::None => return,
        }
        recipients.sort();
        recipients.dedup();
        if !recipients.is_empty() {
            self.mails.push(Mail { by: write.actor.clone(), event: write.id.clone(), kind, recipients });
        }
    }
}

/// The addresses of the guests that are people.
pub fn guests(fields: &Fields) -> Vec<String> {
    let all = fields.get("attendees").and_then(Value::as_array).into_iter().flatten();
    let people = all.filter(|one| one["resource"].as_bool() != Some(true));
    people.filter_map(|one| one["email"].as_str().map(str::to_owned)).collect()
}

pub fn attendees_mut(fields: &mut Fields) -> impl Iterator<Item = &mut Value> {
    fields.get_mut("attendees").and_then(Value::as_array_mut).into_iter().flatten()
}

/// A chosen id has the characters of base32hex, 5 to 1024 of them (the reference of `id`).
fn chosen(id: &str) -> Result<String, Refusal> {
    let fits = (5..=1024).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, b'a'..=b'v' | b'0'..=b'9'));
    if fits { Ok(id.to_owned()) } else { Err(Refusal::invalid("Invalid resource id value.")) }
}

fn unchanged(write: &Write, current: &Stored) -> Result<(), Refusal> {
    match write.if_match.as_deref() {
        None | Some("*") => Ok(()),
        Some(etags) if etags.split(',').any(|etag| etag.trim() == current.etag()) => Ok(()),
        Some(_) => Err(Refusal::new(412, "conditionNotMet").at("header", "If-Match")),
    }
}

/// The fields after a change, before any check.
fn changed(before: &Fields, how: How, body: Fields) -> Fields {
    match how {
        How::Patch => {
            let mut whole = Value::Object(before.clone());
            merge(&mut whole, Value::Object(body));
            whole.as_object().cloned().unwrap_or_default()
        }
        How::Put => {
            let mut fields = before.clone();
            fields.retain(|name, _| {
                READ_ONLY.contains(&name.as_str()) || ["sequence", "eventType"].contains(&name.as_str())
            });
            fields.extend(body.into_iter().filter(|(_, value)| !value.is_null()));
            fields
        }
    }
}

/// Merges as JSON Merge Patch does (RFC 7396): null removes, objects merge, all else is replaced.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        let Some(fields) = target.as_object_mut() else { return };
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// What is said of attendees that depends on who looks is dropped, and who gave no answer has given none.
pub fn clean_attendees(fields: &mut Fields) {
    for attendee in attendees_mut(fields) {
        let Some(attendee) = attendee.as_object_mut() else { continue };
        attendee.remove("self");
        attendee.remove("organizer");
        attendee.entry("responseStatus").or_insert_with(|| json!("needsAction"));
        if let Some(email) = attendee.get("email").and_then(Value::as_str).map(str::to_lowercase) {
            attendee.insert("email".to_owned(), json!(email));
        }
    }
}

/// Whether these fields make an event.
fn check(fields: &Fields, zone: &str) -> Result<(), Refusal> {
    for (name, words) in [("start", "Missing start time."), ("end", "Missing end time.")] {
        let time = fields.get(name).ok_or_else(|| Refusal::new(400, "required").saying(words))?;
        if time.get("date").is_some() && time.get("dateTime").is_some() {
            return Err(Refusal::invalid(format!("Invalid {name} time.")));
        }
    }
    let (start, end) = span(fields, zone).ok_or_else(|| Refusal::invalid("Invalid start or end time."))?;
    if start.is_date() != end.is_date() {
        return Err(Refusal::invalid("Start and end times must either both be date or both be dateTime."));
    }
    if instant(&end) < instant(&start) || (start.is_date() && start == end) {
        return Err(Refusal::new(400, "timeRangeEmpty"));
    }
    if fields.contains_key("recurrence") {
        let named = |name: &str| fields[name].get("timeZone").is_some() || fields[name].get("date").is_some();
        if !named("start") || !named("end") {
            return Err(Refusal::new(400, "required").saying("Missing time zone definition for start time."));
        }
    }
    let no_email = |one: &Value| one["email"].as_str().is_none_or(|email| !email.contains('@'));
    if fields.get("attendees").and_then(Value::as_array).is_some_and(|all| all.iter().any(no_email)) {
        return Err(Refusal::invalid("Invalid attendee email."));
    }
    too_long(fields)?;
    recurrence(fields, zone).map(drop)
}

/// Extended properties: keys of at most 44 characters, values of at most 1024 (the guide to extended properties).
fn too_long(fields: &Fields) -> Result<(), Refusal> {
    let kinds = fields.get("extendedProperties").and_then(Value::as_object).into_iter().flatten();
    let mut all = kinds.flat_map(|(_, all)| all.as_object().into_iter().flatten());
    let long = |(key, value): (&String, &Value)| key.len() > 44 || value.as_str().is_none_or(|text| text.len() > 1024);
    if all.any(long) { Err(Refusal::invalid("Invalid extended property.")) } else { Ok(()) }
}

/// What this copy of the event does not allow to be changed.
fn permitted(current: &Stored, fields: &Fields) -> Result<(), Refusal> {
    let differs = |name: &&str| fields.get(*name) != current.fields.get(*name);
    if current.fields.get("locked") == Some(&json!(true)) && LOCKED.iter().any(differs) {
        return Err(Refusal::new(403, "forbidden"));
    }
    if differs(&"eventType") {
        return Err(Refusal::new(400, "eventTypeRestriction").saying("Event type cannot be changed."));
    }
    let sequence = |fields: &Fields| fields.get("sequence").and_then(Value::as_i64).unwrap_or(0);
    if sequence(fields) < sequence(&current.fields) {
        return Err(Refusal::invalid("Invalid sequence value."));
    }
    Ok(())
}
