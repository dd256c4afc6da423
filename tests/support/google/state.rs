//! The fake's state: users, calendars, events, requests and sent mail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::faults::Faults;
use super::instances;

use super::oauth::Grants;
use super::paging::Marks;
use super::refusal::Refusal;
use super::times::Fields;
use super::wire::Request;

/// What one may do with a calendar, as `accessRole` names it; later ones include earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    FreeBusyReader,
    Reader,
    Writer,
    Owner,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::FreeBusyReader => "freeBusyReader",
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Owner => "owner",
        }
    }
}

/// One event of one calendar: a single event, a master or an exception.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The fields as the API has them, but for those that depend on who looks (`self`, `etag`).
    pub fields: Fields,
    /// The count of all changes when this one was last changed: the etag, and what sync tokens compare with.
    pub version: u64,
    /// Whether the guest whose copy this is removed it; the organiser's changes do not bring it back.
    pub removed: bool,
}

impl Stored {
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn cancelled(&self) -> bool {
        self.text("status") == "cancelled"
    }

    pub fn recurs(&self) -> bool {
        self.fields.contains_key("recurrence")
    }

    pub fn organizer(&self) -> &str {
        self.fields.get("organizer").and_then(|one| one["email"].as_str()).unwrap_or_default()
    }

    pub fn etag(&self) -> String {
        etag(self.version)
    }
}

/// The etag of a version: a quoted number, as Google's are.
pub fn etag(version: u64) -> String {
    format!("\"{}\"", 3_580_000_000_000_000 + version * 2000)
}

/// One calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub id: String,
    pub summary: String,
    /// The IANA zone of times that name none.
    pub zone: String,
    pub roles: BTreeMap<String, Role>,
    pub events: BTreeMap<String, Stored>,
    /// The reason that free/busy gives instead of an answer, such as `groupTooBig`.
    pub busy_error: Option<String>,
}

/// One user: what stands in their calendar list, by calendar, with the version of its last change.
#[derive(Clone, Debug, Default)]
pub struct User {
    pub list: BTreeMap<String, Entry>,
}

/// One line of a calendar list.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub version: u64,
    pub deleted: bool,
}

/// One mail that Google would have sent because of a write with `sendUpdates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who wrote.
    pub by: String,
    pub event: String,
    pub kind: MailKind,
    /// Every address that it goes to.
    pub recipients: Vec<String>,
}

/// What a mail tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    Invitation,
    Update,
    Cancellation,
    Reply,
}

/// How the fake behaves where Google's own behaviour differs between accounts or over time.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Instance ids are `base_YYYYMMDDTHHMMSSZ`, as they were for long, instead of opaque.
    pub readable_instance_ids: bool,
    /// At most so many items are on a page, whatever was asked for.
    pub page_limit: Option<usize>,
    /// Every list begins with an empty page that has a `nextPageToken`, as the reference allows.
    pub empty_first_page: bool,
}

/// Everything.
pub struct World {
    pub now: Timestamp,
    /// The address that the fake listens on.
    pub base: String,
    pub users: BTreeMap<String, User>,
    pub calendars: BTreeMap<String, Calendar>,
    pub settings: Settings,
    pub grants: Grants,
    pub marks: Marks,
    pub faults: Faults,
    pub requests: Vec<Request>,
    pub mails: Vec<Mail>,
    /// The count of all changes.
    version: u64,
    /// The count of all names that were made up.
    names: u64,
}

impl World {
    pub fn new(base: &str, now: Timestamp) -> Self {
        Self {
            now,
            base: base.to_owned(),
            users: BTreeMap::new(),
            calendars: BTreeMap::new(),
            settings: Settings::default(),
            grants: Grants::default(),
            marks: Marks::default(),
            faults: Faults::default(),
            requests: Vec::new(),
            mails: Vec::new(),
            version: 0,
            names: 0,
        }
    }

    /// The number of the next change.
    pub fn touch(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// A number that no earlier name holds.
    pub fn number(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// A user with a primary calendar.
    pub fn add_user(&mut self, address: &str, zone: &str) {
        self.users.entry(address.to_owned()).or_default();
        self.add_calendar(address, address, zone, Some(address));
    }

    pub fn add_calendar(&mut self, id: &str, summary: &str, zone: &str, owner: Option<&str>) {
        let calendar = Calendar {
            id: id.to_owned(),
            summary: summary.to_owned(),
            zone: zone.to_owned(),
            roles: BTreeMap::new(),
            events: BTreeMap::new(),
            busy_error: None,
        };
        self.calendars.insert(id.to_owned(), calendar);
        if let Some(owner) = owner {
            self.grant(id, owner, Some(Role::Owner));
            self.list(owner, id, true);
        }
    }

    /// Gives or takes a role. A change of roles ends the sync tokens of the calendar.
    pub fn grant(&mut self, calendar: &str, user: &str, role: Option<Role>) {
        let Some(found) = self.calendars.get_mut(calendar) else { return };
        match role {
            Some(role) => found.roles.insert(user.to_owned(), role),
            None => found.roles.remove(user),
        };
        self.marks.forget(calendar);
    }

    /// Puts a calendar on a user's list or takes it off.
    pub fn list(&mut self, user: &str, calendar: &str, listed: bool) {
        let version = self.touch();
        let entry = Entry { version, deleted: !listed };
        self.users.entry(user.to_owned()).or_default().list.insert(calendar.to_owned(), entry);
    }

    /// The id that a path means; `primary` is the user's own.
    pub fn calendar_id<'a>(user: &'a str, id: &'a str) -> &'a str {
        if id == "primary" { user } else { id }
    }

    pub fn role(&self, user: &str, calendar: &str) -> Option<Role> {
        self.calendars.get(calendar)?.roles.get(user).copied()
    }

    /// The calendar, where the user's role is at least this; a user without any role is not told that it exists.
    pub fn readable(&self, user: &str, calendar: &str, least: Role) -> Result<&Calendar, Refusal> {
        let role = self.role(user, calendar).ok_or_else(Refusal::not_found)?;
        if role < least {
            return Err(Refusal::new(403, "requiredAccessLevel"));
        }
        self.calendars.get(calendar).ok_or_else(Refusal::not_found)
    }

    /// The event as it stands on a calendar: stored, or an instance that its master generates.
    pub fn find(&self, calendar: &str, id: &str) -> Option<Stored> {
        let calendar = self.calendars.get(calendar)?;
        calendar.events.get(id).cloned().or_else(|| instances::generated(calendar, id, &self.settings))
    }

    /// Keeps an event under its own id, as changed just now.
    pub fn keep(&mut self, calendar: &str, mut event: Stored) {
        event.version = self.touch();
        event.fields.insert("updated".to_owned(), json!(super::times::written_instant(self.now)));
        if let Some(calendar) = self.calendars.get_mut(calendar) {
            calendar.events.insert(event.text("id").to_owned(), event);
        }
    }

    /// The ids of the exceptions of a master that are stored on a calendar.
    pub fn exceptions(&self, calendar: &str, master: &str) -> Vec<String> {
        let events = self.calendars.get(calendar).into_iter().flat_map(|calendar| &calendar.events);
        let own = events.filter(|(_, event)| event.text("recurringEventId") == master);
        own.map(|(id, _)| id.clone()).collect()
    }
}
