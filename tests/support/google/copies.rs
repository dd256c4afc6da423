//! The guests' copies of an event: what they show of the organiser's, and what a guest's change does.

use serde_json::{Value, json};

use super::patching::{Write, attendees_mut, guests};
use super::refusal::Refusal;
use super::state::{MailKind, Stored, World};
use super::times::Fields;

/// What each copy has of its own.
const OWN: [&str; 9] =
    ["reminders", "transparency", "visibility", "colorId", "id", "etag", "updated", "locked", "extendedProperties"];
/// What a copy does not even begin with.
const NEVER_COPIED: [&str; 3] = ["reminders", "colorId", "locked"];

impl World {
    /// The primary calendars of the guests that have one here, the organiser's left out.
    pub fn guest_calendars(&self, fields: &Fields) -> Vec<String> {
        let organizer = fields.get("organizer").and_then(|one| one["email"].as_str()).unwrap_or_default().to_owned();
        guests(fields).into_iter().filter(|guest| self.users.contains_key(guest) && *guest != organizer).collect()
    }

    /// Shows what the organiser changed on every guest's calendar; without a `before` the event is new.
    pub fn spread(&mut self, calendar: &str, id: &str, before: Option<&Fields>) {
        let Some(event) = self.find(calendar, id) else { return };
        let invited = self.guest_calendars(&event.fields);
        for guest in &invited {
            match self.find(guest, id) {
                Some(copy) if copy.removed => {}
                Some(mut copy) => {
                    bring_over(&mut copy.fields, &event.fields, before);
                    self.keep(guest, copy);
                }
                None => {
                    let mut fields = event.fields.clone();
                    fields.retain(|name, _| !NEVER_COPIED.contains(&name.as_str()));
                    if let Some(properties) = fields.get_mut("extendedProperties").and_then(Value::as_object_mut) {
                        properties.remove("private");
                    }
                    fields.insert("reminders".to_owned(), json!({"useDefault": true}));
                    self.keep(guest, Stored { fields, ..Stored::default() });
                }
            }
        }
        let mut former = before.map(|before| self.guest_calendars(before)).unwrap_or_default();
        former.retain(|guest| !invited.contains(guest));
        for guest in former {
            if let Some(copy) = self.find(&guest, id).filter(|copy| !copy.cancelled()) {
                self.cancel(&guest, copy);
            }
        }
    }

    /// A guest changes their copy: the reply reaches the organiser, shared properties reach everybody, the rest nobody.
    pub fn guest_change(&mut self, write: &Write, current: &Stored, mut fields: Fields) -> Result<(), Refusal> {
        let (before, after) = (shared(&current.fields), shared(&fields));
        if before.keys().any(|key| !after.contains_key(key)) {
            return Err(Refusal::new(403, "forbiddenForNonOrganizer"));
        }
        let me = write.calendar.clone();
        let answer = reply_of(&fields, &me);
        let replied = answer.is_some() && answer != reply_of(&current.fields, &me);
        // Of the list of guests, a guest can change nothing but the own line.
        match current.fields.get("attendees") {
            Some(attendees) => fields.insert("attendees".to_owned(), attendees.clone()),
            None => fields.remove("attendees"),
        };
        self.keep(&me, Stored { fields, ..current.clone() });
        if before != after {
            self.share(current, &write.id, &after);
        }
        if let Some(answer) = answer.filter(|_| replied) {
            self.reply(&me, &write.id, &answer);
            self.mail(write, MailKind::Reply, Some(current));
        }
        Ok(())
    }

    /// Notes a guest's reply on their copy and on the organiser's, from where it reaches the other guests.
    pub fn reply(&mut self, guest: &str, id: &str, answer: &Value) {
        let Some(own) = self.find(guest, id) else { return };
        let organizer = own.organizer().to_owned();
        let ids = std::iter::once(id.to_owned()).chain(self.exceptions(guest, id));
        for id in ids.collect::<Vec<_>>() {
            for calendar in [guest, &organizer] {
                let Some(before) = self.find(calendar, &id).filter(|event| !event.cancelled()) else { continue };
                let mut next = before.clone();
                for attendee in attendees_mut(&mut next.fields).filter(|one| one["email"].as_str() == Some(guest)) {
                    for name in ["responseStatus", "comment", "additionalGuests"] {
                        if let Some(value) = answer.get(name).filter(|value| !value.is_null()) {
                            attendee[name] = value.clone();
                        }
                    }
                }
                if next.fields != before.fields {
                    self.keep(calendar, next);
                    if calendar == organizer {
                        self.spread(calendar, &id, Some(&before.fields));
                    }
                }
            }
        }
    }

    /// A guest deletes: declined for everybody else, gone for them.
    pub fn guest_delete(&mut self, write: &Write, current: Stored) {
        self.reply(&write.calendar, &write.id, &json!({"responseStatus": "declined"}));
        self.mail(write, MailKind::Reply, Some(&current));
        let mut gone = self.find(&write.calendar, &write.id).unwrap_or(current);
        gone.removed = true;
        self.cancel(&write.calendar, gone);
    }

    /// Writes shared extended properties to every copy.
    fn share(&mut self, current: &Stored, id: &str, properties: &Fields) {
        let mut calendars = self.guest_calendars(&current.fields);
        calendars.push(current.organizer().to_owned());
        for calendar in calendars {
            if let Some(mut copy) = self.find(&calendar, id).filter(|copy| shared(&copy.fields) != *properties) {
                set_shared(&mut copy.fields, properties);
                self.keep(&calendar, copy);
            }
        }
    }
}

/// Puts on a copy what the organiser changed; a guest's private changes of other fields stay.
fn bring_over(copy: &mut Fields, event: &Fields, before: Option<&Fields>) {
    let names =
        event.keys().chain(before.into_iter().flat_map(Fields::keys)).filter(|name| !OWN.contains(&name.as_str()));
    for name in names.cloned().collect::<Vec<_>>() {
        let changed = before.is_none_or(|before| before.get(&name) != event.get(&name));
        match event.get(&name).filter(|_| changed) {
            Some(value) => drop(copy.insert(name, value.clone())),
            None if changed => drop(copy.remove(&name)),
            None => {}
        }
    }
    set_shared(copy, &shared(event));
}

fn shared(fields: &Fields) -> Fields {
    let all = fields.get("extendedProperties").and_then(|all| all["shared"].as_object());
    all.cloned().unwrap_or_default()
}

fn set_shared(fields: &mut Fields, properties: &Fields) {
    if *properties != shared(fields) {
        let all = fields.entry("extendedProperties").or_insert_with(|| json!({}));
        all["shared"] = Value::Object(properties.clone());
    }
}

/// What a guest's own line of the list says.
fn reply_of(fields: &Fields, guest: &str) -> Option<Value> {
    let all = fields.get("attendees").and_then(Value::as_array)?;
    let own = all.iter().find(|one| one["email"].as_str() == Some(guest))?;
    Some(json!({"responseStatus": own["responseStatus"], "comment": own.get("comment")}))
}
