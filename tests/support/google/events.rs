//! The requests about calendars and events: permissions, and how events look to the caller.

use serde_json::{Value, json};

use super::encodings::base64url;
use super::faults::Struck;
use super::patching::{How, SendUpdates, Write};
use super::refusal::Refusal;
use super::state::{Calendar, Role, Stored, World, etag};
use super::times::{Fields, written_instant};
use super::wire::{Answer, Request};

const SCOPE: &str = "https://www.googleapis.com/auth/calendar";
/// The scopes that allow to read events, to write them, and to see busy times (the discovery document).
const READING: [&str; 6] = ["", ".readonly", ".events", ".events.readonly", ".events.owned", ".events.owned.readonly"];
const WRITING: [&str; 3] = ["", ".events", ".events.owned"];
const BUSY: [&str; 4] = ["", ".readonly", ".freebusy", ".events.freebusy"];
const LISTS: [&str; 4] = ["", ".readonly", ".calendarlist", ".calendarlist.readonly"];
const CALENDARS: [&str; 4] = ["", ".readonly", ".calendars", ".calendars.readonly"];

impl World {
    /// Answers one request, faults included.
    pub fn answer(&mut self, request: &Request) -> Answer {
        self.requests.push(request.clone());
        let fault = self.faults.take(request);
        let answer = match fault.as_ref().and_then(Struck::instead) {
            Some(answer) => answer,
            None => self.route(request),
        };
        let answer = fault.iter().fold(answer, |answer, fault| fault.spoil(answer));
        answer.with("Date", &self.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    fn route(&mut self, request: &Request) -> Answer {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), &parts[..]) {
            (_, ["calendar", "v3", rest @ ..]) => {
                let result = self.api(request, rest);
                result.unwrap_or_else(|refusal| refusal.answer())
            }
            ("GET", ["o", "oauth2", "v2" | "auth", ..]) => self.consent(request),
            ("POST", ["token"] | ["oauth2", "v4", "token"]) => self.token(request),
            ("POST", ["revoke"] | ["o", "oauth2", "revoke"]) => self.revoke_token(request),
            _ => Answer::new(404, "text/html", "<html><title>Error 404 (Not Found)</title></html>"),
        }
    }

    fn api(&mut self, request: &Request, parts: &[&str]) -> Result<Answer, Refusal> {
        let (user, scopes) = self.bearer(request)?;
        let allows = |suffixes: &[&str]| {
            let held = suffixes.iter().any(|suffix| scopes.contains(&format!("{SCOPE}{suffix}")));
            if held { Ok(()) } else { Err(Refusal::new(403, "insufficientPermissions")) }
        };
        let of = |id: &str| World::calendar_id(&user, id).to_owned();
        match (request.method.as_str(), parts) {
            ("GET", ["users", "me", "calendarList"]) => {
                allows(&LISTS)?;
                self.list_calendars(request, &user)
            }
            ("GET", ["users", "me", "calendarList", id]) => {
                allows(&LISTS)?;
                self.list_entry(&user, &of(id)).map(|entry| Answer::json(200, &entry)).ok_or_else(Refusal::not_found)
            }
            ("GET", ["calendars", id]) => {
                allows(&CALENDARS)?;
                self.readable(&user, &of(id), Role::Reader).map(|calendar| Answer::json(200, &shown(calendar)))
            }
            ("POST", ["freeBusy"]) => {
                allows(&BUSY)?;
                self.query_busy(&request.json(), &user).map(|busy| Answer::json(200, &busy))
            }
            ("GET", ["calendars", id, "events", rest @ ..]) => {
                allows(&READING)?;
                let calendar = of(id);
                self.owned(&scopes, &user, &calendar)?;
                self.readable(&user, &calendar, Role::Reader)?;
                self.read(request, &user, &calendar, rest)
            }
            (_, ["calendars", id, "events", rest @ ..]) => {
                allows(&WRITING)?;
                let calendar = of(id);
                self.owned(&scopes, &user, &calendar)?;
                self.write(request, &user, &calendar, rest)
            }
            _ => Err(Refusal::not_found()),
        }
    }

    /// Scopes with `owned` in them hold for calendars that the user owns only.
    fn owned(&self, scopes: &[String], user: &str, calendar: &str) -> Result<(), Refusal> {
        let mut wide = READING.iter().filter(|suffix| !suffix.contains(".owned"));
        let wide = wide.any(|suffix| scopes.contains(&format!("{SCOPE}{suffix}")));
        let owner = self.role(user, calendar).is_none_or(|role| role == Role::Owner);
        if wide || owner { Ok(()) } else { Err(Refusal::new(403, "insufficientPermissions")) }
    }

    fn read(&mut self, request: &Request, user: &str, calendar: &str, rest: &[&str]) -> Result<Answer, Refusal> {
        match rest {
            [] => self.list_events(request, user, calendar),
            [id] => {
                let event = self.find(calendar, id).ok_or_else(Refusal::not_found)?;
                if request.header("if-none-match") == Some(&event.etag()) {
                    return Ok(Answer::empty(304).with("ETag", &event.etag()));
                }
                Ok(self.shows(&event, calendar, request))
            }
            [id, "instances"] => self.list_instances(request, user, calendar, id),
            _ => Err(Refusal::not_found()),
        }
    }

    fn write(&mut self, request: &Request, user: &str, calendar: &str, rest: &[&str]) -> Result<Answer, Refusal> {
        let mut write = Write {
            actor: user.to_owned(),
            calendar: calendar.to_owned(),
            id: rest.first().copied().unwrap_or_default().to_owned(),
            if_match: request.header("if-match").map(str::to_owned),
            send: SendUpdates::read(request.parameter("sendUpdates"))?,
        };
        if (request.method.as_str(), rest.len()) == ("DELETE", 1) {
            return self.delete(&write).map(|()| Answer::empty(204));
        }
        let body = request.json();
        let body = body.as_object().ok_or_else(|| Refusal::new(400, "parseError").saying("Parse Error"))?;
        match (request.method.as_str(), rest) {
            ("POST", []) => write.id = self.insert(&write, body)?,
            ("PATCH", [_]) => self.change(&write, How::Patch, body)?,
            ("PUT", [_]) => self.change(&write, How::Put, body)?,
            _ => return Err(Refusal::not_found()),
        }
        let event = self.find(calendar, &write.id).ok_or_else(Refusal::not_found)?;
        Ok(self.shows(&event, calendar, request))
    }

    fn shows(&self, event: &Stored, calendar: &str, request: &Request) -> Answer {
        let most = request.parameter("maxAttendees").and_then(|most| most.parse().ok());
        Answer::json(200, &self.view(event, calendar, most)).with("ETag", &event.etag())
    }

    /// An event as the API shows it on this calendar.
    pub fn view(&self, event: &Stored, calendar: &str, most_attendees: Option<usize>) -> Value {
        // The organiser's and the guest's own deletions keep their details, others' keep the id alone.
        if event.cancelled() && !event.removed && event.organizer() != calendar {
            return self.bare(event, calendar);
        }
        let mut fields = event.fields.clone();
        let id = event.text("id");
        fields.insert("kind".to_owned(), json!("calendar#event"));
        fields.insert("etag".to_owned(), json!(event.etag()));
        let link = base64url(format!("{id} {calendar}").as_bytes());
        fields.insert("htmlLink".to_owned(), json!(format!("https://www.google.com/calendar/event?eid={link}")));
        for name in ["organizer", "creator"] {
            if let Some(person) = fields.get_mut(name).filter(|person| person["email"].as_str() == Some(calendar)) {
                person["self"] = true.into();
            }
        }
        show_attendees(&mut fields, calendar, event.organizer(), most_attendees);
        Value::Object(fields)
    }

    /// A cancelled event with no more than the reference guarantees: an exception of a living master says of which
    /// instance it is, any other its id alone.
    pub fn bare(&self, event: &Stored, calendar: &str) -> Value {
        let mut bare = json!({
            "kind": "calendar#event", "etag": event.etag(), "id": event.text("id"), "status": "cancelled",
        });
        let events = self.calendars.get(calendar).map(|calendar| &calendar.events);
        let master = events.and_then(|events| events.get(event.text("recurringEventId")));
        if master.is_some_and(|master| !master.cancelled()) {
            bare["recurringEventId"] = event.fields["recurringEventId"].clone();
            bare["originalStartTime"] = event.fields["originalStartTime"].clone();
        }
        bare
    }

    /// A line of a user's calendar list; nothing where it was never there.
    pub fn list_entry(&self, user: &str, id: &str) -> Option<Value> {
        let entry = self.users.get(user)?.list.get(id)?;
        let mut shown = json!({"kind": "calendar#calendarListEntry", "etag": etag(entry.version), "id": id});
        if entry.deleted {
            shown["deleted"] = true.into();
            return Some(shown);
        }
        let calendar = self.calendars.get(id)?;
        let more = json!({
            "summary": calendar.summary,
            "timeZone": calendar.zone,
            "colorId": "14", "backgroundColor": "#9fe1e7", "foregroundColor": "#000000",
            "selected": true,
            "accessRole": self.role(user, id).unwrap_or(Role::Reader).name(),
            "defaultReminders": [],
            "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        });
        shown.as_object_mut()?.extend(more.as_object()?.clone());
        if id == user {
            shown["primary"] = true.into();
        }
        Some(shown)
    }

    /// The fields of a page of events besides its items and tokens.
    pub fn page_head(&self, user: &str, calendar: &Calendar) -> Value {
        json!({
            "kind": "calendar#events",
            "etag": etag(self.version()),
            "summary": calendar.summary,
            "updated": written_instant(self.now),
            "timeZone": calendar.zone,
            "accessRole": self.role(user, &calendar.id).unwrap_or(Role::Reader).name(),
            "defaultReminders": [],
        })
    }
}

fn shown(calendar: &Calendar) -> Value {
    json!({
        "kind": "calendar#calendar", "etag": etag(0), "id": calendar.id, "summary": calendar.summary,
        "timeZone": calendar.zone, "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    })
}

/// Marks the viewer and the organiser among the guests, and leaves out whom the viewer may not see.
fn show_attendees(fields: &mut Fields, viewer: &str, organizer: &str, most: Option<usize>) {
    let hidden = fields.get("guestsCanSeeOtherGuests") == Some(&json!(false)) && viewer != organizer;
    let Some(all) = fields.get_mut("attendees").and_then(Value::as_array_mut) else { return };
    for one in all.iter_mut() {
        let email = one["email"].as_str().unwrap_or_default().to_owned();
        if email == viewer {
            one["self"] = true.into();
        }
        if email == organizer {
            one["organizer"] = true.into();
        }
    }
    let cut = most.is_some_and(|most| all.len() > most);
    if hidden || cut {
        all.retain(|one| one["self"] == true);
    }
    if cut {
        fields.insert("attendeesOmitted".to_owned(), json!(true));
    }
}
