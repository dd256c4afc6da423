//! The forms in which providers show a calendar. A further provider is one more form here, and every story of [`super::providers`] runs in
//! it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cadenced::calendar::http::{Client, Settings as HttpSettings};
use cadenced::calendar::ics::read::read_calendar;
use cadenced::calendar::{Calendar, Cursor, Delta, Hints, Item, Reading, Shared, Snapshot, connect};
use cadenced::config::Settings;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::entry::{Entry, OWNER, file};
use crate::google_fake::{CLIENT, FULL, Fake};

/// In which form the first calendar of a story is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A published file, whole at each read.
    Feed,
    /// Objects on a CalDAV server: all of them once, then what changed and what is gone.
    CalDav,
    /// Google Calendar API v3: exceptions as items of their own, tombstones for what is deleted.
    Google,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Feed, Self::CalDav, Self::Google];

    /// The account's section in the config, but for its name and its calendar.
    pub fn account(self, server: &str) -> String {
        match self {
            Self::Feed => "kind = \"ics\"\n".to_owned(),
            Self::CalDav => "kind = \"caldav\"\nserver = \"http://127.0.0.1:1/\"\nusername = \"x\"\n\
                             password_command = [\"true\"]\n"
                .to_owned(),
            Self::Google => format!(
                "kind = \"google\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\ntokens = \"file\"\nserver = \"{server}\"\n",
                CLIENT.0, CLIENT.1
            ),
        }
    }

    /// What stands in the section of its calendar.
    pub const fn calendar(self) -> &'static str {
        match self {
            Self::Feed => "url = \"https://feed.example.com/x.ics\"\n",
            Self::CalDav | Self::Google => "",
        }
    }
}

/// What a reader was shown before, so that it can be told what changed.
#[derive(Clone, Debug, Default)]
pub struct Told {
    objects: BTreeMap<String, String>,
    is_first: bool,
}

impl Told {
    pub const fn nothing() -> Self {
        Self { objects: BTreeMap::new(), is_first: true }
    }

    /// What a CalDAV server says of these entries now.
    pub fn changes(&mut self, entries: &BTreeMap<String, Entry>) -> Reading {
        let now: BTreeMap<String, String> =
            entries.values().map(|entry| (format!("{}.ics", entry.uid), entry.object())).collect();
        let new = now.iter().filter(|(path, object)| self.objects.get(*path) != Some(*object));
        let items: Vec<Item> = new.flat_map(|(path, object)| object_items(path, object)).collect();
        let gone: Vec<String> = self.objects.keys().filter(|path| !now.contains_key(*path)).cloned().collect();
        let is_first = std::mem::take(&mut self.is_first);
        self.objects = now;
        let (cursor, hints) = (Cursor::default(), Hints::default());
        if is_first {
            let events = items.len() as u64;
            let items = Box::new(items.into_iter().map(Ok));
            return Reading::Snapshot(Snapshot { items, events, restarted: false, cursor, hints });
        }
        if items.is_empty() && gone.is_empty() {
            return Reading::Unchanged { cursor: None, hints };
        }
        Reading::Delta(Delta { items: Box::new(items.into_iter().map(Ok)), gone, cursor, hints })
    }
}

/// What the CalDAV reader makes of an object.
fn object_items(path: &str, object: &str) -> Vec<Item> {
    let read = read_calendar(object.as_bytes()).unwrap();
    let kept = |event| Item::Kept { resource: path.to_owned(), event: Box::new(event) };
    read.problems.into_iter().map(Item::Problem).chain(read.events.into_iter().map(kept)).collect()
}

/// What a feed shows.
pub fn listing(entries: &BTreeMap<String, Entry>) -> Reading {
    let read = read_calendar(file(entries.values()).as_bytes()).unwrap();
    let events = read.events.len() as u64;
    let problems = read.problems.into_iter().map(Item::Problem);
    let items: Vec<Item> = problems.chain(read.events.into_iter().map(|event| Item::Event(Box::new(event)))).collect();
    let items = Box::new(items.into_iter().map(Ok));
    Reading::Snapshot(Snapshot { items, events, restarted: false, cursor: Cursor::default(), hints: Hints::default() })
}

/// A calendar at the fake of Google, kept as the entries of a story are.
pub struct Google {
    pub fake: Fake,
    shown: BTreeMap<String, Entry>,
    ids: BTreeMap<String, String>,
}

impl Google {
    pub async fn start() -> Self {
        let fake = Fake::start().await;
        for user in [OWNER, super::entry::ANN, super::entry::BOB] {
            fake.add_user(user, "Europe/Berlin");
        }
        Self { fake, shown: BTreeMap::new(), ids: BTreeMap::new() }
    }

    /// The reader of the owner's calendar, signed in.
    pub fn reader(&self, settings: &Settings, folder: &std::path::Path) -> Box<dyn Calendar> {
        let tokens = folder.join("tokens");
        std::fs::create_dir_all(&tokens).unwrap();
        let kept = json!({
            "refresh_token": self.fake.refresh_token(OWNER, &[FULL]), "scopes": [FULL], "since": "2026-01-01T00:00:00Z"
        });
        let account = &settings.accounts[0];
        std::fs::write(tokens.join(format!("{}.json", account.name)), kept.to_string()).unwrap();
        let client = Client::new(HttpSettings::default(), || "2026-11-02T08:00:00Z".parse::<Timestamp>().unwrap());
        let shared = Shared {
            client: Arc::new(client),
            data_folder: folder.to_owned(),
            spool_folder: folder.to_owned(),
            owner: Vec::new(),
        };
        connect(account, &shared).remove(0).reader
    }

    /// Does on the fake what makes it show these entries, as a user would.
    pub fn show(&mut self, entries: &BTreeMap<String, Entry>, now: Timestamp) {
        self.fake.set_now(now);
        let gone: Vec<String> = self.shown.keys().filter(|uid| !entries.contains_key(*uid)).cloned().collect();
        for uid in gone {
            let before = self.shown.remove(&uid).unwrap();
            let id = self.ids.remove(&uid).unwrap();
            self.by(&before).delete(&id);
        }
        for (uid, entry) in entries {
            match self.shown.get(uid).cloned() {
                Some(before) => self.change(&before, entry),
                None => self.add(entry),
            }
            self.shown.insert(uid.clone(), entry.clone());
        }
    }

    fn by(&self, entry: &Entry) -> crate::google_fake::Acting<'_> {
        self.fake.as_user(entry.organiser.as_deref().unwrap_or(OWNER))
    }

    fn add(&mut self, entry: &Entry) {
        let plain = Entry { own: BTreeMap::new(), except: Vec::new(), ..entry.clone() };
        let id = self.by(entry).insert(body(&plain));
        self.ids.insert(entry.uid.clone(), id);
        self.sessions(&plain, entry);
    }

    fn change(&mut self, before: &Entry, entry: &Entry) {
        let id = self.ids[&entry.uid].clone();
        let (was, is) = (body(before), body(entry));
        let names = ["summary", "start", "end", "recurrence", "transparency", "attendees"];
        let changed: serde_json::Map<String, Value> = names
            .iter()
            .filter(|name| was.get(**name) != is.get(**name))
            .map(|name| ((*name).to_owned(), is.get(*name).cloned().unwrap_or(Value::Null)))
            .collect();
        if !changed.is_empty() {
            self.by(entry).patch(&id, Value::Object(changed));
        }
        self.sessions(before, entry);
    }

    /// Single sessions: called off, moved, answered.
    fn sessions(&self, before: &Entry, entry: &Entry) {
        let id = &self.ids[&entry.uid];
        for original in entry.except.iter().filter(|original| !before.except.contains(original)) {
            self.by(entry).cancel_instance(id, &stamp(*original));
        }
        for (original, session) in entry.own.iter().filter(|(original, own)| before.own.get(*original) != Some(*own)) {
            if session.status == Some("CANCELLED") {
                self.by(entry).cancel_instance(id, &stamp(*original));
                continue;
            }
            let change = json!({
                "start": time(session.start), "end": time(session.end()), "summary": session.title,
                "attendees": attendees(session)
            });
            self.by(entry).patch_instance(id, &stamp(*original), change);
        }
    }
}

fn body(entry: &Entry) -> Value {
    let mut lines: Vec<Value> = entry.rule.iter().map(|rule| json!(format!("RRULE:{rule}"))).collect();
    lines.extend(
        entry.dates.iter().map(|date| json!(format!("RDATE;TZID=Europe/Berlin:{}", date.strftime("%Y%m%dT%H%M%S")))),
    );
    let mut body = json!({
        "summary": entry.title, "start": time(entry.start), "end": time(entry.end()), "attendees": attendees(entry),
        "transparency": if entry.is_free { "transparent" } else { "opaque" },
    });
    if !lines.is_empty() {
        body["recurrence"] = lines.into();
    }
    body
}

fn attendees(entry: &Entry) -> Value {
    let one = |guest: &super::entry::Guest| {
        let status = match guest.reply {
            "ACCEPTED" => "accepted",
            "DECLINED" => "declined",
            "TENTATIVE" => "tentative",
            _ => "needsAction",
        };
        json!({ "email": guest.address, "responseStatus": status })
    };
    entry.guests.iter().map(one).collect()
}

fn time(at: DateTime) -> Value {
    json!({ "dateTime": stamp(at), "timeZone": "Europe/Berlin" })
}

/// A local time with its offset (RFC 3339).
fn stamp(at: DateTime) -> String {
    let zoned = at.to_zoned(TimeZone::get("Europe/Berlin").unwrap()).unwrap();
    zoned.timestamp().display_with_offset(zoned.offset()).to_string()
}
