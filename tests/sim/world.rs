//! The made-up server: each person's calendar with copies of its own, mail between them, a clock, and everything that can go wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use cadenced::domain::event::{
    Event, EventKind, Guest, GuestList, Participant, ParticipantKind, RecurrenceId, Reply, Status,
};
use cadenced::domain::person::Address;
use cadenced::domain::recurrence::{Moment, Options, Recurrence, Rule, Series, Window, Zone, expand};
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::gate::Gate;
use super::promises::Circumstances;

pub const MANAGER: &str = "manager@example.com";
pub const REPORTS: [&str; 2] = ["report@example.com", "other-report@example.com"];
pub const TEAM: [&str; 2] = ["third@example.com", "fourth@example.com"];

/// One event in one person's calendar: a series, one instance of one, or an event of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub event: Event,
    /// Goes up with every change of this copy: the etag.
    pub version: u64,
    /// The operation that wrote it last.
    pub mark: Option<String>,
    pub deleted: bool,
    /// What no mirror keeps.
    pub notes: String,
    pub place: String,
    /// Who made it, or changed it since cadenced wrote it, by hand.
    pub by_hand: bool,
}

/// What the server does to one of the next requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The write is done, its reply is lost.
    LoseReply,
    /// The write never arrives, and the client cannot tell.
    LoseRequest,
    /// No connection at all.
    Refuse,
    /// The server asks to wait for an hour.
    Wait,
    /// The client dies before the request is sent.
    KillBefore,
    /// The client dies after the request was done.
    KillAfter,
    /// A look finds nothing, though it is there.
    Blind,
    /// Somebody changes the event, in a way that means nothing, right before it is written.
    Touch,
}

/// A write that was done, for the checks.
#[derive(Clone, Debug)]
pub struct Written {
    pub operation: String,
    pub whose: String,
    pub resource: String,
    /// How things were right before.
    pub was: Circumstances,
}

/// An invitation, an update or a reply on its way to another person's calendar.
#[derive(Clone, Debug)]
struct Email {
    at: Timestamp,
    to: String,
    name: String,
    what: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Shown(Box<Entry>),
    Replied(String, Reply),
}

type Calendar = BTreeMap<String, Entry>;

/// How often the second copy of the data is brought up to date.
const COPIED_EVERY: SignedDuration = SignedDuration::from_mins(30);

#[derive(Default)]
pub struct World {
    pub now: Timestamp,
    /// By person, then by resource; instances are named `series/original`.
    calendars: BTreeMap<String, Calendar>,
    letters: Vec<Email>,
    /// How long mail takes.
    pub delay: SignedDuration,
    /// What lists show instead of what is there, until then.
    older: Option<(Timestamp, BTreeMap<String, Calendar>)>,
    /// What a second copy of the server's data has, which is brought up to date now and then; and what it had before that.
    copy: Option<(Timestamp, BTreeMap<String, Calendar>)>,
    copy_before: BTreeMap<String, Calendar>,
    /// Since when sessions do not stand, by calendar and name; none where they do again.
    pub lost: BTreeMap<(String, String), Option<Timestamp>>,
    pub faults: VecDeque<Option<Fault>>,
    /// How many of the next reads fail.
    pub failing_reads: u32,
    pub unreadable: bool,
    pub unknown_busy: bool,
    /// Whether all machines are acting at once.
    pub at_once: bool,
    pub written: Vec<Written>,
    pub next: u64,
}

#[derive(Clone, Default)]
pub struct Server {
    world: Arc<Mutex<World>>,
    pub gate: Gate,
}

pub fn zone() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

pub fn moment(at: Timestamp) -> Moment {
    Moment::Zoned(zone().rules().to_datetime(at), zone())
}

pub fn who(text: &str) -> Participant {
    Participant { address: Some(Address::parse(text).unwrap()), name: None, kind: ParticipantKind::Individual }
}

pub fn guest(text: &str) -> Guest {
    Guest { who: who(text), reply: Reply::Accepted, non_participant: false }
}

pub fn single(uid: &str, organiser: &str, guests: &[&str], at: Span) -> Event {
    let invited = std::iter::once(organiser).chain(guests.iter().copied()).map(guest);
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
        guests: if guests.is_empty() { Vec::new() } else { invited.collect() },
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
    /// Everything in one person's calendar, as it is.
    pub fn calendar(&self, whose: &str) -> &Calendar {
        static NONE: Calendar = Calendar::new();
        self.calendars.get(whose).unwrap_or(&NONE)
    }

    /// What a list of a person's calendar shows.
    pub fn listed(&self, whose: &str) -> &Calendar {
        static NONE: Calendar = Calendar::new();
        match &self.older {
            Some((until, older)) if *until > self.now => older.get(whose).unwrap_or(&NONE),
            _ => self.calendar(whose),
        }
    }

    /// Lists show what is there now, until so much later.
    pub fn lag(&mut self, lasts: SignedDuration) {
        self.older = Some((self.now + lasts, self.calendars.clone()));
    }

    /// Lists show what the second copy has, which is half an hour old or older, until so much later: what was read already is gone again.
    pub fn fall_behind(&mut self, lasts: SignedDuration) {
        self.older = Some((self.now + lasts, self.copy_before.clone()));
    }

    /// Brings the second copy up to date, where that was not done for a while.
    fn keep_copy(&mut self) {
        let is_due = self.copy.as_ref().is_none_or(|(at, _)| self.now.duration_since(*at) >= COPIED_EVERY);
        if is_due && let Some((_, before)) = self.copy.replace((self.now, self.calendars.clone())) {
            self.copy_before = before;
        }
    }

    pub fn is_lagging(&self) -> bool {
        self.older.as_ref().is_some_and(|(until, _)| *until > self.now)
    }

    /// All troubles end, but for what is on its way.
    pub fn mend(&mut self) {
        (self.unreadable, self.unknown_busy, self.failing_reads) = (false, false, 0);
        self.faults.clear();
        self.older = None;
        self.delay = SignedDuration::ZERO;
    }

    /// Sets the clock, and delivers what is due.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
        self.keep_copy();
        self.deliver();
    }

    /// Delivers everything that is on its way.
    pub fn deliver_all(&mut self) {
        for letter in &mut self.letters {
            letter.at = self.now;
        }
        self.deliver();
    }

    fn deliver(&mut self) {
        while let Some(at) = self.letters.iter().position(|letter| letter.at <= self.now) {
            let letter = self.letters.remove(at);
            self.receive(letter);
        }
    }

    fn receive(&mut self, letter: Email) {
        self.next += 1;
        let version = self.next;
        let calendar = self.calendars.entry(letter.to.clone()).or_default();
        match letter.what {
            Content::Shown(shown) => {
                let mut entry = Entry { version, mark: None, ..*shown };
                if let Some(old) = calendar.get(&letter.name)
                    && span(&old.event) == span(&entry.event)
                    && let Some(reply) = reply_of(&old.event, &letter.to)
                {
                    set_reply(&mut entry.event, &letter.to, reply);
                }
                self.insert(&letter.to, &letter.name, entry);
            }
            Content::Replied(from, reply) => {
                let Some(mut entry) = instance_in(calendar, &letter.name) else { return };
                set_reply(&mut entry.event, &from, reply);
                entry.version = version;
                self.insert(&letter.to, &letter.name, entry);
            }
        }
    }

    /// Puts an entry into a calendar, and notes whether a session stands.
    fn insert(&mut self, whose: &str, name: &str, entry: Entry) {
        let is_lost = !stands(&entry) || is_declined(&entry.event);
        let key = (whose.to_owned(), name.to_owned());
        if is_lost {
            self.lost.entry(key).or_default().get_or_insert(self.now);
        } else if let Some(since) = self.lost.get_mut(&key) {
            *since = None;
        }
        self.calendars.entry(whose.to_owned()).or_default().insert(name.to_owned(), entry);
    }

    /// Puts a new event into a person's calendar, and invites its guests.
    pub fn put(&mut self, whose: &str, name: &str, event: Event, mark: Option<String>) {
        self.next += 1;
        let by_hand = mark.is_none();
        let (notes, place) = (String::new(), String::new());
        let entry = Entry { event, version: self.next, mark, deleted: false, notes, place, by_hand };
        self.insert(whose, name, entry.clone());
        self.send(whose, name, &entry);
    }

    /// Changes one event or one instance in its organiser's calendar, setting it apart from its series, and tells its guests.
    pub fn change(&mut self, whose: &str, name: &str, change: impl FnOnce(&mut Entry)) -> bool {
        let Some(mut entry) = instance_in(self.calendar(whose), name) else { return false };
        change(&mut entry);
        self.next += 1;
        entry.version = self.next;
        self.insert(whose, name, entry.clone());
        if organiser_of(&entry.event).is_none_or(|organiser| organiser == whose) {
            self.send(whose, name, &entry);
        }
        true
    }

    /// A person replies to one event or one instance; the organiser hears of it by mail.
    pub fn reply(&mut self, whose: &str, name: &str, reply: Reply) -> bool {
        let Some(entry) = instance_in(self.calendar(whose), name) else { return false };
        let organiser = organiser_of(&entry.event).map(str::to_owned);
        self.change(whose, name, |entry| set_reply(&mut entry.event, whose, reply));
        if let Some(organiser) = organiser.filter(|organiser| organiser != whose) {
            let what = Content::Replied(whose.to_owned(), reply);
            self.post(Email { at: self.now + self.delay, to: organiser, name: name.to_owned(), what });
        }
        true
    }

    fn send(&mut self, from: &str, name: &str, entry: &Entry) {
        let invited: Vec<String> =
            entry.event.guests.iter().filter_map(|guest| Some(guest.who.address.as_ref()?.to_string())).collect();
        for to in invited.into_iter().filter(|to| to != from) {
            let what = Content::Shown(Box::new(entry.clone()));
            self.post(Email { at: self.now + self.delay, to, name: name.to_owned(), what });
        }
    }

    fn post(&mut self, letter: Email) {
        self.letters.push(letter);
        self.deliver();
    }

    /// What happens to the request at hand.
    pub fn fault(&mut self) -> Option<Fault> {
        self.faults.pop_front().flatten()
    }

    /// Lets a fault happen after so many requests that go well.
    pub fn fault_after(&mut self, requests: usize, fault: Fault) {
        self.faults.extend(std::iter::repeat_n(None, requests));
        self.faults.push_back(Some(fault));
    }

    /// The starts that a series of a person's calendar gives in a stretch of time.
    pub fn starts(&self, whose: &str, series: &str, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        starts_in(self.calendar(whose), series, from, to)
    }

    /// When somebody is busy, and with what; sessions that they declined or that were cancelled take no time.
    pub fn busy(&self, whose: &str, window: Span) -> Vec<(String, Span)> {
        busy_in(self.calendar(whose), whose, window)
    }

    /// The same as lists show it.
    pub fn busy_as_listed(&self, whose: &str, window: Span) -> Vec<(String, Span)> {
        busy_in(self.listed(whose), whose, window)
    }
}

fn starts_in(calendar: &Calendar, series: &str, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let Some(entry) = calendar.get(series).filter(|entry| !entry.deleted) else { return Vec::new() };
    let Some(recurrence) = &entry.event.recurrence else { return Vec::new() };
    let shape = Series { start: &entry.event.start, end: &entry.event.end, recurrence, overrides: &[] };
    let window = Window { from, to, here: zone().rules().clone() };
    let found = expand(&shape, &window, Options::default());
    found.instances.iter().map(|one| one.original.instant(zone().rules())).collect()
}

/// One event, or one instance of a series as it is now; made from the series where nothing set it apart.
pub fn instance_in(calendar: &Calendar, name: &str) -> Option<Entry> {
    let series = name.split_once('/').and_then(|(series, at)| Some((series, at.parse::<Timestamp>().ok()?)));
    let Some((series, original)) = series else { return calendar.get(name).cloned() };
    let master = calendar.get(series)?;
    if let Some(own) = calendar.get(name) {
        return Some(Entry { deleted: own.deleted || master.deleted, ..own.clone() });
    }
    if starts_in(calendar, series, original, original + SignedDuration::from_secs(1)).is_empty() {
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
    Some(Entry { event, mark: None, by_hand: false, ..master.clone() })
}

fn busy_in(calendar: &Calendar, whose: &str, window: Span) -> Vec<(String, Span)> {
    let day = SignedDuration::from_hours(24);
    let mut found = Vec::new();
    for (name, entry) in calendar {
        if entry.event.recurrence.is_some() {
            for original in starts_in(calendar, name, window.start - day, window.end + day) {
                let own = instance_name(name, original);
                if !calendar.contains_key(&own)
                    && let Some(one) = instance_in(calendar, &own)
                {
                    take(&mut found, &own, &one, whose, window);
                }
            }
        } else {
            let of = name.split_once('/').and_then(|(series, _)| calendar.get(series));
            if of.is_none_or(|series| !series.deleted) {
                take(&mut found, name, entry, whose, window);
            }
        }
    }
    found
}

fn take(found: &mut Vec<(String, Span)>, name: &str, entry: &Entry, whose: &str, window: Span) {
    let at = span(&entry.event);
    let is_there = stands(entry) && entry.event.busy;
    if is_there && reply_of(&entry.event, whose) != Some(Reply::Declined) && at.overlaps(&window) {
        found.push((name.to_owned(), at));
    }
}

pub fn stands(entry: &Entry) -> bool {
    !entry.deleted && entry.event.status != Status::Cancelled
}

pub fn is_declined(event: &Event) -> bool {
    event.guests.iter().any(|guest| guest.reply == Reply::Declined)
}

pub fn organiser_of(event: &Event) -> Option<&str> {
    event.organiser.as_ref()?.address.as_ref().map(Address::as_str)
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

/// Whether an event is of just these two and nobody else.
pub fn is_of_pair(event: &Event, one: &str, other: &str) -> bool {
    event.guests.len() == 2 && reply_of(event, one).is_some() && reply_of(event, other).is_some()
}
