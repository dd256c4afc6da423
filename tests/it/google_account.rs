//! An account at the fake of Google Calendar, for tests of the library: a config, a stored sign-in, and reads.

use std::sync::Arc;

use cadenced::calendar::http::{Client, Settings as HttpSettings};
use cadenced::calendar::write::CalendarWriter;
use cadenced::calendar::{Connected, Cursor, Effort, Error, Hints, Item, Problem, Reading, Shared, connect};
use cadenced::config::{Settings, Surroundings, check};
use cadenced::domain::event::Event;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::google_fake::{CLIENT, FULL, Fake};

pub const OWNER: &str = "owner@example.com";
pub const ANN: &str = "ann@example.com";

/// The present of everything that asks; the fake has the same.
pub fn now() -> Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

/// An account of the owner's, signed in.
pub struct Account {
    pub folder: TempDir,
    pub settings: Settings,
    pub shared: Shared,
}

/// What one read told.
#[derive(Debug, Default)]
pub struct Told {
    /// `snapshot`, `restarted`, `delta` or `unchanged`.
    pub how: &'static str,
    pub events: Vec<(String, Event)>,
    /// The names of sessions that were called off, of their series, and their original starts.
    pub called_off: Vec<(String, String, String)>,
    pub gone: Vec<String>,
    pub problems: Vec<Problem>,
    pub cursor: Cursor,
    pub hints: Hints,
}

impl Told {
    pub fn titles(&self) -> Vec<&str> {
        self.events.iter().map(|(_, event)| event.title.as_str()).collect()
    }

    pub fn event(&self, resource: &str) -> &Event {
        self.events.iter().find(|(name, _)| name == resource).map_or_else(|| panic!("{self:#?}"), |(_, event)| event)
    }
}

/// A fake with two users.
pub async fn fake() -> Fake {
    let fake = Fake::start().await;
    for user in [OWNER, ANN] {
        fake.add_user(user, "Europe/Berlin");
    }
    fake
}

/// The config of an account at a server, with further lines in the account and further sections after it.
pub fn config(server: &str, account: &str, more: &str) -> String {
    format!(
        "[owner]\naddresses = [\"{OWNER}\"]\nzone = \"Europe/Berlin\"\n[[account]]\nname = \"work\"\nkind = \"google\"\n\
         client_id = \"{}\"\nclient_secret = \"{}\"\ntokens = \"file\"\nserver = \"{server}\"\n{account}\n\
         [[account.calendar]]\nname = \"main\"\n{more}\n[notices]\nquiet = []\n",
        CLIENT.0, CLIENT.1
    )
}

/// The file in which a sign-in is kept.
pub fn kept(refresh_token: &str, since: &str) -> String {
    format!("{{\"refresh_token\": \"{refresh_token}\", \"scopes\": [\"{FULL}\"], \"since\": \"{since}\"}}")
}

impl Account {
    /// Signed in at the fake, with these further lines in the config.
    pub fn at(fake: &Fake, account: &str, more: &str) -> Self {
        let made = Self::signed_out(&fake.url(), account, more);
        made.keep(&kept(&fake.refresh_token(OWNER, &[FULL]), "2026-11-01T08:00:00Z"));
        made
    }

    pub fn signed_out(server: &str, account: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let around = Surroundings { zone: TimeZone::UTC, folder: folder.path().into(), home: None, exposed: false };
        let checked = check(&config(server, account, more), &around);
        assert!(checked.problems.is_empty(), "{:?}", checked.problems);
        let client = Arc::new(Client::new(HttpSettings::default(), now));
        let shared = Shared {
            client,
            data_folder: folder.path().to_owned(),
            spool_folder: folder.path().to_owned(),
            owner: Vec::new(),
        };
        Self { settings: checked.settings.unwrap(), shared, folder }
    }

    pub fn keep(&self, text: &str) {
        let folder = self.folder.path().join("tokens");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("work.json"), text).unwrap();
    }

    pub fn connect(&self) -> Vec<Connected> {
        connect(&self.settings.accounts[0], &self.shared)
    }

    /// Its one calendar.
    pub fn calendar(&self) -> Connected {
        self.connect().remove(0)
    }

    pub fn writer(&self) -> Box<dyn CalendarWriter> {
        self.calendar().writer.expect("the config lets cadenced write")
    }
}

pub async fn read(calendar: &mut Connected, cursor: Option<&Cursor>) -> Told {
    try_read(calendar, cursor, Effort::Incremental).await.unwrap()
}

pub async fn failure(calendar: &mut Connected, cursor: Option<&Cursor>) -> Error {
    try_read(calendar, cursor, Effort::Incremental).await.unwrap_err()
}

pub async fn try_read(calendar: &mut Connected, cursor: Option<&Cursor>, effort: Effort) -> Result<Told, Error> {
    let mut told = Told::default();
    let items = match calendar.reader.read(cursor, effort).await? {
        Reading::Unchanged { cursor: newer, hints } => {
            let cursor = newer.or_else(|| cursor.cloned()).unwrap_or_default();
            return Ok(Told { how: "unchanged", cursor, hints, ..told });
        }
        Reading::Snapshot(snapshot) => {
            told.how = if snapshot.restarted { "restarted" } else { "snapshot" };
            (told.cursor, told.hints) = (snapshot.cursor, snapshot.hints);
            snapshot.items
        }
        Reading::Delta(delta) => {
            told.how = "delta";
            (told.cursor, told.hints, told.gone) = (delta.cursor, delta.hints, delta.gone);
            delta.items
        }
    };
    for item in items {
        match item.unwrap() {
            Item::Kept { resource, event } => told.events.push((resource, *event)),
            Item::CalledOff { resource, master, original, .. } => {
                told.called_off.push((resource, master, original.local().to_string()));
            }
            Item::Problem(problem) => told.problems.push(problem),
            Item::Event(event) => panic!("every event has a name: {event:?}"),
        }
    }
    Ok(told)
}
