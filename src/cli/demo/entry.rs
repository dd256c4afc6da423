//! [`Entry`]: one made-up event with its history, written as ICS as of any instant.

use icalendar::{Component, Event, Property};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The zone of everything made up here.
pub const ZONE: &str = "Europe/Berlin";

/// An event or a series, with everything that ever happens to it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its identity; also of its overrides.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// The local start of its first instance.
    pub start: DateTime,
    /// How long each takes.
    pub minutes: i64,
    /// Whole days: `start` at midnight, and this many of them.
    pub days: Option<i64>,
    /// The recurrence rule, for a series.
    pub rule: Option<String>,
    /// Who called it, where it has guests.
    pub organiser: Option<Guest>,
    /// Who was invited.
    pub guests: Vec<Guest>,
    /// Whether it takes up time.
    pub busy: bool,
    /// When it came to be.
    pub created: Timestamp,
    /// When it was deleted without a trace.
    pub deleted: Option<Timestamp>,
    /// What happened to single instances.
    pub changes: Vec<Change>,
}

/// Somebody or something invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The name.
    pub name: &'static str,
    /// The address.
    pub address: &'static str,
    /// `INDIVIDUAL`, `GROUP` or `ROOM`.
    pub kind: &'static str,
}

/// Something that happens to one instance.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// When it happens; it can't be seen before.
    pub at: Timestamp,
    /// The day of the instance by its rule.
    pub day: Date,
    /// What.
    pub what: ChangeKind,
}

/// What can happen to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is taken out of the series.
    Excepted,
    /// It is marked as cancelled.
    Cancelled,
    /// The guests other than the organiser reply no.
    Declined,
    /// It goes to another local time.
    Moved(DateTime),
}

impl Entry {
    /// An entry of the owner alone, which has been there since `created`.
    pub fn new(uid: &str, title: &str, start: DateTime, minutes: i64, created: Timestamp) -> Self {
        Self {
            uid: format!("{uid}@demo.example.com"),
            title: title.to_owned(),
            start,
            minutes,
            days: None,
            rule: None,
            organiser: None,
            guests: Vec::new(),
            busy: true,
            created,
            deleted: None,
            changes: Vec::new(),
        }
    }

    /// One that takes whole days.
    pub fn all_day(uid: &str, title: &str, day: Date, days: i64, created: Timestamp) -> Self {
        Self { days: Some(days), ..Self::new(uid, title, day.at(0, 0, 0, 0), 0, created) }
    }

    /// The same, by a recurrence rule.
    pub fn every(self, rule: impl Into<String>) -> Self {
        Self { rule: Some(rule.into()), ..self }
    }

    /// The same, called by `organiser` with these guests.
    pub fn with(self, organiser: &Guest, guests: &[Guest]) -> Self {
        Self { organiser: Some(organiser.clone()), guests: guests.to_vec(), ..self }
    }

    /// The same, with one more thing that happens to it.
    pub fn but(mut self, at: Timestamp, day: Date, what: ChangeKind) -> Self {
        self.changes.push(Change { at, day, what });
        self
    }

    /// The events that a calendar shows of it at an instant: none, or itself and its overrides.
    pub fn shown(&self, at: Timestamp) -> Vec<Event> {
        if at < self.created || self.deleted.is_some_and(|gone| gone <= at) {
            return Vec::new();
        }
        let seen: Vec<&Change> = self.changes.iter().filter(|change| change.at <= at).collect();
        let mut events = vec![self.master(&seen)];
        events.extend(seen.iter().filter(|change| change.what != ChangeKind::Excepted).map(|change| self.one(change)));
        events
    }

    fn master(&self, seen: &[&Change]) -> Event {
        let excepted: Vec<_> = seen.iter().filter(|change| change.what == ChangeKind::Excepted).collect();
        let changed = excepted.iter().map(|change| change.at).max().unwrap_or(self.created);
        let mut event = self.base(self.start, changed, excepted.len());
        if let Some(rule) = &self.rule {
            event.append_property(Property::new("RRULE", rule));
        }
        for change in excepted {
            event.append_multi_property(self.moment("EXDATE", self.instance(change.day)));
        }
        for guest in &self.guests {
            let reply = if guest.kind == "GROUP" { "NEEDS-ACTION" } else { "ACCEPTED" };
            event.append_multi_property(attendee(guest, reply));
        }
        event
    }

    /// The override of one instance.
    fn one(&self, change: &Change) -> Event {
        let original = self.instance(change.day);
        let start = if let ChangeKind::Moved(to) = change.what { to } else { original };
        let mut event = self.base(start, change.at, 1);
        event.append_property(self.moment("RECURRENCE-ID", original));
        if change.what == ChangeKind::Cancelled {
            event.append_property(Property::new("STATUS", "CANCELLED"));
        }
        for guest in &self.guests {
            let is_host = self.organiser.as_ref() == Some(guest) || guest.kind != "INDIVIDUAL";
            let reply = if change.what == ChangeKind::Declined && !is_host { "DECLINED" } else { "ACCEPTED" };
            event.append_multi_property(attendee(guest, reply));
        }
        event
    }

    /// What a master and its overrides share.
    fn base(&self, start: DateTime, changed: Timestamp, sequence: usize) -> Event {
        let mut event = Event::with_uid(&self.uid);
        event.summary(&self.title);
        event.append_property(self.moment("DTSTART", start));
        event.append_property(self.moment("DTEND", self.end(start)));
        event.append_property(Property::new("DTSTAMP", utc(changed)));
        event.append_property(Property::new("CREATED", utc(self.created)));
        event.append_property(Property::new("LAST-MODIFIED", utc(changed)));
        event.append_property(Property::new("SEQUENCE", sequence.to_string()));
        event.append_property(Property::new("STATUS", "CONFIRMED"));
        event.append_property(Property::new("TRANSP", if self.busy { "OPAQUE" } else { "TRANSPARENT" }));
        if let Some(organiser) = &self.organiser {
            let address = format!("mailto:{}", organiser.address);
            event.append_property(Property::new("ORGANIZER", &address).add_parameter("CN", organiser.name).done());
        }
        event
    }

    fn end(&self, start: DateTime) -> DateTime {
        let length = self.days.map_or_else(|| self.minutes.minutes(), ToSpan::days);
        start.checked_add(length).unwrap_or(start)
    }

    /// The local start of the instance of a day.
    fn instance(&self, day: Date) -> DateTime {
        day.to_datetime(self.start.time())
    }

    fn moment(&self, key: &str, at: DateTime) -> Property {
        if self.days.is_some() {
            return Property::new(key, at.strftime("%Y%m%d").to_string()).add_parameter("VALUE", "DATE").done();
        }
        Property::new(key, at.strftime("%Y%m%dT%H%M%S").to_string()).add_parameter("TZID", ZONE).done()
    }
}

fn attendee(guest: &Guest, reply: &str) -> Property {
    Property::new("ATTENDEE", format!("mailto:{}", guest.address))
        .add_parameter("CN", guest.name)
        .add_parameter("CUTYPE", guest.kind)
        .add_parameter("PARTSTAT", reply)
        .done()
}

fn utc(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The instant of a local day and time in [`ZONE`].
pub fn instant(day: Date, time: Time, zone: &TimeZone) -> Timestamp {
    // A local time always has an instant; only days beyond jiff's range have none, and `now` keeps far from these.
    day.to_datetime(time).to_zoned(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// An instant some minutes before another.
pub fn before(at: Timestamp, minutes: i64) -> Timestamp {
    at.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(at)
}
