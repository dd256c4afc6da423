//! Accounts: what all of them have, and the registry of their kinds. Each kind has a module with its settings and how they are read.

mod caldav;
pub(super) mod feed;
mod google;

use std::collections::BTreeSet;
use std::time::Duration;

pub use self::caldav::{CalDav, DavLogin};
pub use self::feed::Feed;
pub use self::google::{Google, GoogleClient, TokenPlace};
use super::parsers::{self, Bad};
use super::read::Surroundings;
use super::section::Section;
use super::{Access, Account, CalendarSettings, Remote, SecretSource};
use crate::domain::source::{Credential, GuestNotice, SourceId, SourceKind, Whose};

/// The most bytes that a calendar may have, unless the config says otherwise.
pub const MAX_SIZE: u64 = 200_000_000;

/// What an account is at: one line per kind, and one in [`Provider::kind`] and `READERS`.
#[derive(Clone, Debug, PartialEq)]
pub enum Provider {
    /// Published calendar files (RFC 5545), each at its own address.
    Ics(Vec<Feed>),
    /// A `CalDAV` server (RFC 4791).
    CalDav(CalDav),
    /// Google Calendar.
    Google(Google),
}

/// Every kind of account; the first is meant where the config does not say.
const READERS: [&Reader; 3] = [&feed::READER, &caldav::READER, &google::READER];

impl Provider {
    /// The settings, whatever the kind.
    pub fn kind(&self) -> &dyn Kind {
        match self {
            Self::Ics(feeds) => feeds,
            Self::CalDav(server) => server,
            Self::Google(google) => google,
        }
    }
}

/// What the settings of every kind of account answer.
pub trait Kind {
    /// The calendars, in the order of the file, those that are switched off included.
    fn calendars(&self) -> Vec<&CalendarSettings>;

    /// Every secret that is needed, with the words that name it in messages; `account` is the account's name.
    fn secrets(&self, account: &str) -> Vec<(String, &SecretSource)>;

    /// How the calendars are read, which says how long their publisher lags.
    fn source_kind(&self) -> SourceKind;

    /// Whether the calendars can be written to at all.
    fn can_be_written(&self) -> bool {
        true
    }

    /// How guests learn of what is written, where that is known before the server is asked.
    fn guest_notice(&self) -> Option<GuestNotice> {
        None
    }

    /// What a calendar is signed in to with.
    fn credential(&self, id: &SourceId) -> Credential;

    /// The keys of the account's section that say all this, in the order in which they are written.
    fn account_keys(&self) -> Vec<(String, Written)>;

    /// The keys that each calendar's section needs besides its name.
    fn calendar_keys(&self) -> Vec<(String, Written)> {
        Vec::new()
    }
}

/// The value of a key that `setup` writes. It may be a secret, and so has no `Debug`.
pub enum Written {
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// How accounts of one kind are read from the config.
struct Reader {
    /// What `kind` says.
    word: &'static str,
    /// The keys of an account that only this kind has.
    keys: &'static [&'static str],
    /// Further keys of an account that this kind takes, and that may be another kind's as well.
    shared_keys: &'static [&'static str],
    /// Whether its calendars are named by `calendar`, as at a server that has several.
    has_remote_calendars: bool,
    /// Reads the account's section and those of its calendars, and reports what is wrong.
    read: fn(&Section<'_>, Vec<Section<'_>>, &str, &Surroundings) -> Option<Provider>,
}

/// What a calendar's section may say, as its account's kind has it.
#[derive(Clone, Copy)]
struct Defaults {
    every: Duration,
    full_every: Duration,
}

/// Files are asked for rarely, and their validators believed for hours.
const OF_FEEDS: Defaults = Defaults { every: Duration::from_mins(15), full_every: Duration::from_hours(6) };

/// A live calendar says what changed, so that asking costs little and the answer can be believed.
const OF_SERVERS: Defaults = Defaults { every: Duration::from_mins(5), full_every: Duration::from_hours(24 * 7) };

/// Every account of the file.
pub(super) fn accounts(top: &Section<'_>, around: &Surroundings) -> Vec<Account> {
    let mut names = BTreeSet::new();
    let mut accounts = Vec::new();
    for section in top.sections("account", "account") {
        accounts.extend(account(&section, &mut names, around));
        section.finish();
    }
    if top.sections("account", "account").is_empty() {
        let remedy = "add an [[account]] with a name and, below it, an [[account.calendar]] with a name and a url";
        top.document.problems.error(&top.at, "there is no calendar to read", remedy);
    }
    accounts
}

fn account(section: &Section<'_>, names: &mut BTreeSet<String>, around: &Surroundings) -> Option<Account> {
    let name = unique(section, names, "account");
    let words = READERS.map(|reader| (reader.word, reader));
    let kind = section.parsed("kind", READERS[0], |text| parsers::word(text, &words));
    let access = section.optional("access", parsers::access);
    let calendars = section.sections("calendar", "account.calendar");
    for other in READERS {
        // Every key of every kind is known; those of other kinds are reported as such.
        other.keys.iter().chain(other.shared_keys).for_each(|key| section.know(key));
        if other.word != kind.word {
            section.misplaced(other.keys, kind.shared_keys, &for_kinds(|kind| kind.word == other.word));
        }
    }
    let provider = (kind.read)(section, calendars, name.as_deref().unwrap_or_default(), around);
    if access == Some(Access::Write) && provider.as_ref().is_some_and(|provider| !provider.kind().can_be_written()) {
        section.wrong("asks for `access = \"write\"`", "published files can only be read; remove `access`");
    }
    Some(Account { name: name?, access: access.unwrap_or(Access::Read), provider: provider? })
}

/// For which kinds of account a misplaced key is.
fn for_kinds(has: impl Fn(&Reader) -> bool) -> String {
    let words: Vec<String> = READERS.iter().filter(|kind| has(kind)).map(|kind| format!("\"{}\"", kind.word)).collect();
    format!("it is for accounts of kind {}", words.join(" or "))
}

/// The name of a section that no other one like it has.
fn unique(section: &Section<'_>, names: &mut BTreeSet<String>, what: &str) -> Option<String> {
    let text = section.required("name", &format!("give the {what} a short name of your own: name = \"work\""))?;
    let name = section.optional("name", parsers::name)?;
    if !names.insert(name.clone()) {
        let clash = format!("a second {what} is called {name:?}");
        section.document.problems.error(&text.at, clash, "give each its own name; histories are kept by name");
    }
    Some(name)
}

/// The calendars of an account at a server that has several.
fn remotes(account: &Section<'_>, calendars: Vec<Section<'_>>, account_name: &str) -> Vec<Remote> {
    let mut names = BTreeSet::new();
    if calendars.is_empty() {
        account.wrong("has no calendar", "add an [[account.calendar]] below it, with a name");
    }
    let read = |section: Section<'_>| {
        let name = unique(&section, &mut names, "calendar");
        let remote = section.text("calendar").map(|text| text.text.to_owned());
        let settings = calendar(&section, account_name, name, remote.as_deref(), OF_SERVERS);
        feed::know(&section);
        section.misplaced(&feed::KEYS, &[], "it is for accounts of kind \"ics\"");
        section.finish();
        Some(Remote { calendar: settings?, name: remote })
    };
    calendars.into_iter().filter_map(read).collect()
}

/// What all calendars have; `place` is what its provider calls it, or its address.
fn calendar(
    section: &Section<'_>,
    account: &str,
    name: Option<String>,
    place: Option<&str>,
    defaults: Defaults,
) -> Option<CalendarSettings> {
    let usual = if place.is_some_and(shows_holidays) { Whose::Holidays } else { Whose::Owner };
    let whose = section.parsed("whose", usual, whose);
    let every = section.parsed("every", defaults.every, parsers::pause);
    let full_every = section.parsed("full_every", defaults.full_every, parsers::pause);
    let max_bytes = section.parsed("max_size", MAX_SIZE, parsers::size);
    let enabled = section.flag("enabled", true);
    let id = SourceId { account: account.to_owned(), calendar: name? };
    Some(CalendarSettings { id, whose, every, full_every, max_bytes, enabled })
}

impl CalendarSettings {
    /// A calendar of the owner's about which the config says nothing more.
    fn usual(id: SourceId, defaults: Defaults) -> Self {
        let Defaults { every, full_every } = defaults;
        Self { id, whose: Whose::Owner, every, full_every, max_bytes: MAX_SIZE, enabled: true }
    }
}

/// Whether its provider gives a calendar this name or address because it shows public holidays.
fn shows_holidays(place: &str) -> bool {
    let place = place.to_ascii_lowercase();
    let of_google = ["#holiday@group.v.calendar.google.com", "%23holiday%40group.v.calendar.google.com"];
    of_google.iter().any(|name| place.contains(name)) || place.contains("://calendars.icloud.com/holidays/")
}

/// Whose time a calendar shows.
fn whose(text: &str) -> Result<Whose, Bad> {
    match text {
        "owner" => Ok(Whose::Owner),
        "holidays" => Ok(Whose::Holidays),
        other => parsers::address(other)
            .map(Whose::Person)
            .map_err(|_| Bad::new("is nobody", "use \"owner\", \"holidays\" or the address of a person")),
    }
}
