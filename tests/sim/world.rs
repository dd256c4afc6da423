//! Owns the made-up server: two people's calendars with real copies, a clock, and everything that can go wrong on the way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use cadenced::domain::event::{
    Event, EventKind, Guest, GuestList, Participant, ParticipantKind, RecurrenceId, Reply, Status,
};
use cadenced::domain::person::Address;
use cadenced::domain::recurrence::{Moment, Recurrence, Rule, Zone};
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

pub const MANAGER: &str = "manager@example.com";
pub const REPORT: &str = "report@example.com";
pub const OTHERS: [&str; 2] = ["third@example.com", "fourth@example.com"];

/// One event as its server has it: a series, one instance of one, or an event of its own.
#[derive(Clone, Debug)]
pub struct Entry {
    pub event: Event,
    /// Goes up with every change: the etag.
    pub version: u64,
    pub mark: Option<String>,
    pub deleted: bool,
}

/// What the server does to the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The write is done, its reply is lost.
    LoseReply,
    /// The write never arrives, and the client cannot tell.
    LoseRequest,
    /// No connection at all.
    Refuse,
    /// The server asks to wait.
    Wait,
    /// The client dies: before the request is sent.
    KillBefore,
    /// The client dies: after the request was done.
    KillAfter,
}

/// A write that was done, for the checks.
#[derive(Clone, Debug)]
pub struct Written {
    pub operation: String,
    pub resource: String,
    pub clash: Option<String>,
}

#[derive(Default)]
pub struct World {
    pub now: Timestamp,
    /// By resource; instances are named `series/original`.
    pub entries: BTreeMap<String, Entry>,
    pub faults: Vec<Option<Fault>>,
    pub unreadable: bool,
    pub unknown_busy: bool,
    pub written: Vec<Written>,
    pub mails: u32,
    pub next: u64,
}

#[derive(Clone, Default)]
pub struct Server {
    world: Arc<Mutex<World>>,
    /// Told when a client shall die.
    pub kill: Arc<Notify>,
}

pub fn zone() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

pub fn moment(at: Timestamp) -> Moment {
    Moment::Zoned(zone().rules().to_datetime(at), zone())
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn who(text: &str) -> Participant {
    Participant { address: Some(address(text)), name: None, kind: ParticipantKind::Individual }
}

fn guest(text: &str) -> Guest {
    Guest { who: who(text), reply: Reply::Accepted, non_participant: false }
}

pub fn single(uid: &str, organiser: &str, guests: &[&str], at: Span) -> Event {
    Event {
        uid: uid.to_owned(),
        overrides: None,
        start: moment(at.start),
        end: moment(at.end),
        recurrence: None,
        status: Status::Confirmed,
        busy: true,
        kind: EventKind::Ordinary,
        title: "Talk".to_owned(),
        organiser: (!guests.is_empty()).then(|| who(organiser)),
        guests: if guests.is_empty() {
            Vec::new()
        } else {
            std::iter::once(organiser).chain(guests.iter().copied()).map(guest).collect()
        },
        guest_list: GuestList::Complete,
        sequence: 0,
        modified: None,
        untold_guests: false,
        unknown_zone: None,
    }
}

pub fn weekly(uid: &str, organiser: &str, guests: &[&str], at: Span, every: u32) -> Event {
    let rule: Rule = format!("FREQ=WEEKLY;INTERVAL={every}").parse().unwrap();
    let recurrence = Recurrence { rules: vec![rule], ..Recurrence::default() };
    Event { recurrence: Some(recurrence), ..single(uid, organiser, guests, at) }
}

pub fn span(event: &Event) -> Span {
    let here = zone();
    Span::new(event.start.instant(here.rules()), event.end.instant(here.rules()))
}

pub fn instance_name(series: &str, original: Timestamp) -> String {
    format!("{series}/{original}")
}

impl Server {
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl World {
    pub fn put(&mut self, resource: &str, event: Event) {
        self.next += 1;
        let entry = Entry { event, version: self.next, mark: None, deleted: false };
        self.entries.insert(resource.to_owned(), entry);
    }

    /// What happens to the request at hand.
    pub fn fault(&mut self) -> Option<Fault> {
        if self.faults.is_empty() { None } else { self.faults.remove(0) }
    }

    /// Lets a fault happen after so many requests that go well.
    pub fn faults_after(&mut self, requests: usize, fault: Fault) {
        self.faults.extend(std::iter::repeat_n(None, requests));
        self.faults.push(Some(fault));
    }

    /// The one instance of a series as it is now; made from the series where nothing set it apart.
    pub fn instance(&self, series: &str, original: Timestamp) -> Option<Entry> {
        let master = self.entries.get(series)?;
        if let Some(own) = self.entries.get(&instance_name(series, original)) {
            return Some(Entry { deleted: own.deleted || master.deleted, ..own.clone() });
        }
        if self.starts(series, original, original + SignedDuration::from_secs(1)).is_empty() {
            return None;
        }
        let length = span(&master.event).length();
        let at = moment(original);
        let event = Event {
            overrides: Some(RecurrenceId { original: at.clone(), this_and_future: false }),
            end: at.plus(length),
            start: at,
            recurrence: None,
            ..master.event.clone()
        };
        Some(Entry { event, version: master.version, mark: None, deleted: master.deleted })
    }

    /// Changes one instance, setting it apart from its series.
    pub fn change_instance(&mut self, series: &str, original: Timestamp, change: impl FnOnce(&mut Entry)) {
        let Some(mut entry) = self.instance(series, original) else { return };
        change(&mut entry);
        self.next += 1;
        entry.version = self.next;
        self.entries.insert(instance_name(series, original), entry);
    }

    pub fn change(&mut self, resource: &str, change: impl FnOnce(&mut Entry)) {
        self.next += 1;
        let version = self.next;
        if let Some(entry) = self.entries.get_mut(resource) {
            change(entry);
            entry.version = version;
        }
    }

    /// The starts that a series gives from now on, up to six weeks ahead.
    pub fn starts(&self, series: &str, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        use cadenced::domain::recurrence::{Options, Series, Window, expand};
        let Some(entry) = self.entries.get(series).filter(|entry| !entry.deleted) else { return Vec::new() };
        let Some(recurrence) = &entry.event.recurrence else { return Vec::new() };
        let shape = Series { start: &entry.event.start, end: &entry.event.end, recurrence, overrides: &[] };
        let window = Window { from, to, here: zone().rules().clone() };
        let found = expand(&shape, &window, Options::default());
        found.instances.iter().map(|one| one.original.instant(zone().rules())).collect()
    }

    /// When somebody is busy, and with what; sessions that they declined or that were called off take no time.
    pub fn busy(&self, whose: &str, window: Span) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        for (name, entry) in &self.entries {
            if entry.event.recurrence.is_some() {
                let from = window.start - SignedDuration::from_hours(24);
                for original in self.starts(name, from, window.end + SignedDuration::from_hours(24)) {
                    if !self.entries.contains_key(&instance_name(name, original))
                        && let Some(one) = self.instance(name, original)
                    {
                        take(&mut found, &instance_name(name, original), &one, whose, window);
                    }
                }
            } else {
                let of = name.split_once('/').and_then(|(series, _)| self.entries.get(series));
                if of.is_none_or(|series| !series.deleted) {
                    take(&mut found, name, entry, whose, window);
                }
            }
        }
        found
    }
}

fn take(found: &mut Vec<(String, Span)>, name: &str, entry: &Entry, whose: &str, window: Span) {
    let at = span(&entry.event);
    if !entry.deleted
        && entry.event.status != Status::Cancelled
        && entry.event.busy
        && takes_part(&entry.event, whose)
        && reply_of(&entry.event, whose) != Some(Reply::Declined)
        && at.overlaps(&window)
    {
        found.push((name.to_owned(), at));
    }
}

/// An event without guests is somebody's own: its uid says whose.
pub fn takes_part(event: &Event, whose: &str) -> bool {
    if event.guests.is_empty() {
        return event.uid.ends_with(whose);
    }
    event.guests.iter().any(|guest| guest.who.address.as_ref().is_some_and(|one| one.as_str() == whose))
}

pub fn reply_of(event: &Event, whose: &str) -> Option<Reply> {
    let is_it = |guest: &&Guest| guest.who.address.as_ref().is_some_and(|one| one.as_str() == whose);
    event.guests.iter().find(is_it).map(|guest| guest.reply)
}

pub fn set_reply(event: &mut Event, whose: &str, reply: Reply) {
    for guest in &mut event.guests {
        if guest.who.address.as_ref().is_some_and(|one| one.as_str() == whose) {
            guest.reply = reply;
        }
    }
}
