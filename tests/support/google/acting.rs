//! Edits that tests make as a user, without HTTP, with notifications to everybody.

use std::sync::MutexGuard;

use serde_json::{Value, json};

use super::Fake;
use super::instances;
use super::patching::{How, SendUpdates, Write, clean_attendees};
use super::state::{Stored, World};
use super::times::{Fields, from_stamp, instant, moment, stamp};

/// A user at work in one calendar; every method panics where Google would refuse.
pub struct Acting<'a> {
    fake: &'a Fake,
    user: String,
    calendar: String,
}

impl<'a> Acting<'a> {
    pub fn new(fake: &'a Fake, user: &str) -> Self {
        Self { fake, user: user.to_owned(), calendar: user.to_owned() }
    }

    /// In another calendar than the primary one.
    pub fn in_calendar(mut self, calendar: &str) -> Self {
        calendar.clone_into(&mut self.calendar);
        self
    }

    /// Inserts an event; says its id.
    pub fn insert(&self, event: Value) -> String {
        self.world().insert(&self.write(""), &fields(event)).unwrap()
    }

    /// Puts an event on this calendar just as it stands, whoever organises it and whatever is odd about it. Missing
    /// fields that every event has are filled in; the organiser is the calendar unless the event names one.
    pub fn place(&self, event: Value) -> String {
        let mut world = self.world();
        let mut fields = fields(event);
        let number = world.number();
        let id =
            fields.entry("id").or_insert_with(|| json!(format!("placed{number:020}"))).as_str().unwrap().to_owned();
        fields.entry("iCalUID").or_insert_with(|| json!(format!("{id}@google.com")));
        fields.entry("organizer").or_insert_with(|| json!({"email": self.calendar}));
        let organizer = fields["organizer"].clone();
        fields.entry("creator").or_insert(organizer);
        world.complete(&mut fields);
        clean_attendees(&mut fields);
        world.keep(&self.calendar, Stored { fields, ..Stored::default() });
        id
    }

    pub fn patch(&self, id: &str, change: Value) {
        self.world().change(&self.write(id), How::Patch, &fields(change)).unwrap();
    }

    /// Changes the instance with this original start (a time with its offset, or a date).
    pub fn patch_instance(&self, id: &str, original: &str, change: Value) {
        self.patch(&self.instance_id(id, original), change);
    }

    pub fn cancel_instance(&self, id: &str, original: &str) {
        self.delete(&self.instance_id(id, original));
    }

    pub fn delete(&self, id: &str) {
        self.world().delete(&self.write(id)).unwrap();
    }

    /// Answers an invitation: the whole event, or the instance with this original start.
    pub fn reply(&self, id: &str, original: Option<&str>, status: &str) {
        let id = original.map_or_else(|| id.to_owned(), |original| self.instance_id(id, original));
        let event = self.world().find(&self.calendar, &id).unwrap();
        let mut attendees = event.fields["attendees"].clone();
        for attendee in attendees.as_array_mut().unwrap().iter_mut() {
            if attendee["email"] == self.user {
                attendee["responseStatus"] = status.into();
            }
        }
        self.patch(&id, json!({"attendees": attendees}));
    }

    /// Changes a series from this instance on, as the web page does: the old one ends before it, and a new one with an
    /// id of its own takes over with these changes. Says the new id.
    pub fn split(&self, id: &str, original: &str, change: Value) -> String {
        let mut world = self.world();
        let master = world.find(&self.calendar, id).unwrap();
        let calendar = world.calendars[&self.calendar].clone();
        let at = instances::at(&calendar, &master, wanted(original)).unwrap();
        let before = stamp(&at.original.plus(jiff::SignedDuration::from_secs(-1)));
        let old_lines = master.fields["recurrence"].as_array().unwrap().clone();
        let ended = old_lines.iter().map(|line| json!(ending(line.as_str().unwrap(), &before))).collect::<Vec<_>>();
        let mut new = master.clone();
        let settings = world.settings.clone();
        let first = instances::event(&master, &at, &settings);
        let local = at.original.local();
        let new_id = format!("{}_R{}", id.split("_R").next().unwrap(), local.strftime("%Y%m%dT%H%M%S"));
        for name in ["start", "end"] {
            new.fields.insert(name.to_owned(), first.fields[name].clone());
        }
        new.fields.insert("id".to_owned(), json!(new_id));
        new.fields.insert("iCalUID".to_owned(), json!(format!("{new_id}@google.com")));
        new.fields.insert("status".to_owned(), json!("confirmed"));
        world.change(&self.write(id), How::Patch, &fields(json!({"recurrence": ended}))).unwrap();
        world.keep(&self.calendar, new);
        world.spread(&self.calendar, &new_id, None);
        world.change(&self.write(&new_id), How::Patch, &fields(change)).unwrap();
        new_id
    }

    /// An event of this calendar as the API shows it, cancelled ones with what is left of them.
    pub fn event(&self, id: &str) -> Option<Value> {
        let world = self.world();
        world.find(&self.calendar, id).map(|event| world.view(&event, &self.calendar, None))
    }

    /// An instance as the API shows it, by its original start.
    pub fn instance(&self, id: &str, original: &str) -> Option<Value> {
        self.event(&self.instance_id(id, original))
    }

    /// The id of the instance with this original start.
    pub fn instance_id(&self, id: &str, original: &str) -> String {
        let world = self.world();
        let calendar = &world.calendars[&self.calendar];
        let master = &calendar.events[id];
        let (start, _) = instances::span(&master.fields, &calendar.zone).unwrap();
        let found = instances::at(calendar, master, wanted(original));
        let original = found.map_or_else(|| start.with_local(instant_in(&start, original)), |found| found.original);
        instances::name(id, &original, &world.settings)
    }

    fn world(&self) -> MutexGuard<'a, World> {
        self.fake.world()
    }

    fn write(&self, id: &str) -> Write {
        Write {
            actor: self.user.clone(),
            calendar: self.calendar.clone(),
            id: id.to_owned(),
            if_match: None,
            send: SendUpdates::All,
        }
    }
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("no object: {other}"),
    }
}

/// The instant that a test names.
fn wanted(original: &str) -> jiff::Timestamp {
    let name = if original.len() == 10 { "date" } else { "dateTime" };
    moment(&json!({ name: original }), "UTC").map(|moment| instant(&moment)).or_else(|| from_stamp(original)).unwrap()
}

/// The wall-clock reading of an instant in the zone of a moment.
fn instant_in(like: &cadenced::domain::recurrence::Moment, original: &str) -> jiff::civil::DateTime {
    match like {
        cadenced::domain::recurrence::Moment::Zoned(_, zone) => zone.rules().to_datetime(wanted(original)),
        _ => jiff::tz::TimeZone::UTC.to_datetime(wanted(original)),
    }
}

/// A rule that ends at this instant; other lines stay.
fn ending(line: &str, until: &str) -> String {
    let Some(rule) = line.strip_prefix("RRULE:") else { return line.to_owned() };
    let kept = rule.split(';').filter(|part| !part.starts_with("UNTIL=") && !part.starts_with("COUNT="));
    format!("RRULE:{};UNTIL={until}", kept.collect::<Vec<_>>().join(";"))
}
