//! [`Settings`]: the config, read from one TOML file, with every default filled in.
//!
//! Nothing here reads a clock, asks for the machine's zone or fetches a secret: the zone is an argument, and a secret
//! is only named.

mod accounts;
pub mod data_folder;
pub mod file_advice;
mod mail;
mod parsers;
mod paths;
mod people;
mod policy;
mod problem;
mod read;
mod secret;
mod section;
mod slots;

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

// Whole, so that a new kind of account is named in `accounts` alone.
pub use self::accounts::*;
pub use self::parsers::SHORTEST_PAUSE;
pub use self::paths::{NoHome, Place, document};
pub use self::problem::{Problem, Severity};
pub use self::read::{Checked, Surroundings, check, check_file};
pub use self::secret::{Secret, SecretSource};
use crate::domain::one_on_one::Cadence;
use crate::domain::person::{Address, Person};
use crate::domain::policy::{Mode, Overtaken, Redaction};
use crate::domain::source::{Credential, SourceId, Whose};

/// Everything that the user can set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Whose daemon this is.
    pub owner: Owner,
    /// The accounts, in the order of the file.
    pub accounts: Vec<Account>,
    /// The people that the user named; others are found in the calendars.
    pub people: Vec<PersonSettings>,
    /// The owner's working hours.
    pub hours: WorkingHours,
    /// Whether the config says nothing of them, so that what the calendars show is the better guess.
    pub learn_hours: bool,
    /// What is done about a lost session, unless its person has a mode.
    pub mode: Mode,
    /// Whether nothing is written without asking while the screen is locked.
    pub pause_when_locked: bool,
    /// How sessions are put back on the calendar.
    pub slots: Slots,
    /// How calendars are understood.
    pub rules: Rules,
    /// What is told on the desktop, and when.
    pub notices: Notices,
    /// The weekly report.
    pub report: Report,
    /// How the owner mails the report to themselves, if at all.
    pub mail: Option<Mail>,
    /// The folder of the database, if not the usual one.
    pub data: Option<PathBuf>,
    /// How much is logged.
    pub log: LogLevel,
}

/// Whose daemon this is.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    /// Every address that means the owner; at least one.
    pub addresses: Vec<Address>,
    /// The owner's names as they may appear in titles.
    pub names: Vec<String>,
    /// The owner's zone: the configured one, else the machine's.
    pub zone: TimeZone,
    /// The first day of the owner's week.
    pub first_weekday: Weekday,
}

/// A login at a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its name, unique in the file.
    pub name: String,
    /// Whether anything may be written to it.
    pub access: Access,
    /// What it is at, with its calendars in the order of the file.
    pub provider: Provider,
}

/// What may be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its calendars are only read.
    Read,
    /// Sessions may be moved and made up in them, as the mode says.
    Write,
}

/// A calendar at a server that has several.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    /// What all calendars have.
    pub calendar: CalendarSettings,
    /// What the server calls it: its id (Google), or its name or path (`CalDAV`). Not set: the main one.
    pub name: Option<String>,
}

/// What all calendars have.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarSettings {
    /// Its name for ever: `account/calendar`.
    pub id: SourceId,
    /// Whose time it shows.
    pub whose: Whose,
    /// How often it is asked for changes.
    pub every: Duration,
    /// How often it is read in full, whatever its server says of changes.
    pub full_every: Duration,
    /// The most bytes to accept in one read, decoded.
    pub max_bytes: u64,
    /// Whether it is read at all.
    pub enabled: bool,
}

/// What to sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub username: String,
    /// Where the password comes from; never in the file itself.
    pub password: SecretSource,
}

/// A person that the user named.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonSettings {
    /// Who.
    pub person: Person,
    /// Further names as they may appear in titles.
    pub aliases: Vec<String>,
    /// How often the owner wants to meet them.
    pub cadence: Option<Cadence>,
    /// Whether they should have a standing 1:1 at all.
    pub expected: bool,
    /// What is done about their lost sessions, if not the usual.
    pub mode: Option<Mode>,
    /// Their zone, if not the owner's.
    pub zone: Option<TimeZone>,
    /// Their working hours in their zone; the owner's where nothing is set.
    pub hours: WorkingHours,
}

/// The hours that somebody works, by weekday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    /// Monday first; the spans of a day are in order and do not touch, each with an exclusive end.
    pub days: [Vec<(Time, Time)>; 7],
}

/// How calendars are understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Titles that are never a 1:1.
    pub excluded_titles: Vec<String>,
    /// Titles of an out-of-office, where the provider has no such kind.
    pub out_of_office_titles: Vec<String>,
    /// Usual names of groups before the `@`.
    pub group_names: Vec<String>,
    /// How long after a session's end a feed must be read to be believed.
    pub settle_feed: SignedDuration,
    /// The same for live calendars.
    pub settle_api: SignedDuration,
    /// When the next held session clears an owed one.
    pub overtaken: Overtaken,
}

/// How sessions are put back on the calendar.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Slots {
    /// How far ahead a slot starts at least.
    pub notice: SignedDuration,
    /// How much time stays free around a slot.
    pub buffer: SignedDuration,
    /// The shortest length that is taken where nothing longer is free.
    pub shorter: Option<SignedDuration>,
    /// Days without slots.
    pub protected_days: Vec<Weekday>,
    /// Times without slots, on every day.
    pub protected_times: WorkingHours,
    /// Whether tentative events block.
    pub tentative_is_busy: bool,
    /// Whether plain all-day events block.
    pub all_day_is_busy: bool,
    /// How long after a loss nothing is done by itself.
    pub grace: SignedDuration,
    /// How many sessions a day are moved or made up without asking.
    pub daily_limit: usize,
    /// Whether the user is asked anyway where the other side cancelled or declined.
    pub ask_when_other_lost: bool,
    /// Whether a session of a 1:1 that the other called may be made up by an event that the owner calls.
    pub make_up_as_guest: bool,
}

/// What is told on the desktop, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Notices {
    /// Whether anything is.
    pub enabled: bool,
    /// When notices rest, in the owner's wall-clock time; may span midnight.
    pub quiet: Option<(Time, Time)>,
    /// When the daily digest is told; `None` for never.
    pub digest_at: Option<Time>,
    /// How many single notices may come at once before they become one digest.
    pub flood: usize,
    /// How many are told in one day.
    pub daily_limit: usize,
    /// How long before a session the user is reminded; `None` for never.
    pub remind: Option<SignedDuration>,
    /// How much of names may be shown.
    pub redaction: Redaction,
    /// The same while the screen is locked.
    pub redaction_when_locked: Redaction,
    /// Whether a notice may make a sound.
    pub sound: bool,
    /// After how long of failing reads the user is told.
    pub stale_after: SignedDuration,
}

/// The weekly report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The day that the report of the week before is written.
    pub on: Weekday,
    /// The time of that day, in the owner's zone.
    pub at: Time,
    /// In which forms it is written.
    pub formats: Vec<ReportFormat>,
    /// The folder it is written to, if not `reports` beside the database.
    pub folder: Option<PathBuf>,
    /// The file for counts without names in Prometheus' text format, if any is wanted.
    pub metrics_file: Option<PathBuf>,
}

/// How the owner mails the report to themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The server that takes the owner's mail (RFC 6409).
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// What to sign in with, if anything (RFC 4954).
    pub login: Option<Login>,
    /// Whom it goes to: one of the owner's own addresses.
    pub to: Address,
    /// Whom it is from.
    pub from: Address,
    /// Whether each weekly report is mailed when it is written.
    pub reports: bool,
}

/// How the way to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// By STARTTLS (RFC 3207), or not at all: there is no falling back.
    StartTls,
    /// By TLS from the start (RFC 8314).
    Tls,
    /// By nothing; on this machine only.
    None,
}

/// A form that a report is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// As on a terminal.
    Text,
    /// Markdown.
    Markdown,
    /// One self-contained page.
    Html,
    /// For programs.
    Json,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// What may be wrong, too.
    Warn,
    /// What was done, too.
    Info,
    /// Why, too.
    Debug,
    /// Everything.
    Trace,
}

impl Settings {
    /// Every calendar that is to be read, in the order of the file.
    pub fn calendars(&self) -> impl Iterator<Item = &CalendarSettings> {
        self.accounts.iter().flat_map(Account::calendars).filter(|calendar| calendar.enabled)
    }
}

impl Account {
    /// Its calendars, in the order of the file, those that are switched off included.
    pub fn calendars(&self) -> impl Iterator<Item = &CalendarSettings> {
        self.provider.kind().calendars().into_iter()
    }

    /// Every secret that it needs, with the words that name it in messages.
    pub fn secrets(&self) -> Vec<(String, &SecretSource)> {
        self.provider.kind().secrets(&self.name)
    }

    /// What a calendar of this account is signed in to with.
    pub fn credential(&self, id: &SourceId) -> Credential {
        self.provider.kind().credential(id)
    }

    /// Whether cadenced may write to it.
    pub fn is_read_only(&self) -> bool {
        self.access == Access::Read
    }
}

impl LogLevel {
    /// The level's usual name, as log filters take it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl WorkingHours {
    /// The days with any hours, Monday first.
    pub fn working_days(&self) -> Vec<Weekday> {
        Weekday::Monday
            .cycle_forward()
            .take(7)
            .zip(&self.days)
            .filter(|(_, spans)| !spans.is_empty())
            .map(|(day, _)| day)
            .collect()
    }
}
