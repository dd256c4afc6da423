//! Parses accounts: the keys they share, and those of each kind.

mod caldav;
pub(super) mod feed;
mod google;

use std::collections::BTreeSet;
use std::time::Duration;

use super::parsers::{self, Bad};
use super::read::Surroundings;
use super::section::Section;
use super::{Access, Account, CalendarSettings, Provider, Remote};
use crate::domain::source::{SourceId, Whose};

/// The most bytes that a calendar may have, unless the config says otherwise.
pub const MAX_SIZE: u64 = 200_000_000;

/// What kind of provider an account is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccountKind {
    /// Published calendar files.
    Ics,
    /// A `CalDAV` server.
    CalDav,
    /// Google Calendar.
    Google,
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
    let kind = section.parsed("kind", AccountKind::Ics, parsers::account_kind);
    let access = section.optional("access", parsers::access);
    let calendars = section.sections("calendar", "account.calendar");
    // Every key of every kind is read, so that each is known; those of other kinds are then reported.
    let (dav, google) = (caldav::Keys::read(section), google::Keys::read(section, around));
    let shared: &[&str] = if kind == AccountKind::Ics { &[] } else { &["server"] };
    if kind != AccountKind::CalDav {
        section.misplaced(&caldav::KEYS, shared, "it is for accounts of kind \"caldav\"");
    }
    if kind != AccountKind::Google {
        section.misplaced(&google::KEYS, &[], "it is for accounts of kind \"google\"");
    }
    if kind == AccountKind::Ics && access == Some(Access::Write) {
        section.wrong("asks for `access = \"write\"`", "published files can only be read; remove `access`");
    }
    let account_name = name.clone().unwrap_or_default();
    let provider = match kind {
        AccountKind::Ics => Provider::Ics(feed::feeds(section, calendars, &account_name, around.exposed)),
        AccountKind::CalDav => Provider::CalDav(dav.finish(section, remotes(section, calendars, &account_name))?),
        AccountKind::Google => Provider::Google(google.finish(section, remotes(section, calendars, &account_name))?),
    };
    Some(Account { name: name?, access: access.unwrap_or(Access::Read), provider })
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
