//! Owns the reading of accounts and their calendars.

use std::collections::BTreeSet;
use std::time::Duration;

use url::{Host, Url};

use super::section::{Section, Text};
use super::value::{self, Bad};
use super::{Account, AccountKind, CalendarSettings, Login, Secret, SecretSource};
use crate::domain::source::{SourceId, Whose};

/// A word of this many letters and digits in an address is taken for a secret.
const TOKEN_LENGTH: usize = 16;

/// Every account of the file; `exposed` says that other users of the machine can read it.
pub(super) fn accounts(top: &Section<'_>, exposed: bool) -> Vec<Account> {
    let mut names = BTreeSet::new();
    let mut accounts = Vec::new();
    for section in top.sections("account", "account") {
        let name = unique(&section, &mut names, "account");
        let kind = section.parsed("kind", AccountKind::Ics, value::account_kind);
        let calendars = calendars(&section, name.as_deref().unwrap_or_default(), exposed);
        if calendars.is_none() {
            section.wrong("has no calendar", "add an [[account.calendar]] below it, with a name and a url");
        }
        section.finish();
        accounts.extend(name.map(|name| Account { name, kind, calendars: calendars.unwrap_or_default() }));
    }
    if top.sections("account", "account").is_empty() {
        let remedy = "add an [[account]] with a name and, below it, an [[account.calendar]] with a name and a url";
        top.document.problems.error(&top.at, "there is no calendar to read", remedy);
    }
    accounts
}

/// The name of a section that no other one like it has.
fn unique(section: &Section<'_>, names: &mut BTreeSet<String>, what: &str) -> Option<String> {
    let text = section.required("name", &format!("give the {what} a short name of your own: name = \"work\""))?;
    let name = section.optional("name", value::name)?;
    if !names.insert(name.clone()) {
        let clash = format!("a second {what} is called {name:?}");
        section.document.problems.error(&text.at, clash, "give each its own name; it keeps the history apart");
    }
    Some(name)
}

/// The calendars of an account; `None` where it lists none at all.
fn calendars(account: &Section<'_>, account_name: &str, exposed: bool) -> Option<Vec<CalendarSettings>> {
    let mut names = BTreeSet::new();
    let sections = account.sections("calendar", "account.calendar");
    if sections.is_empty() {
        return None;
    }
    let read = |section: Section<'_>| {
        let name = unique(&section, &mut names, "calendar");
        let calendar = calendar(&section, account_name, name, exposed);
        section.finish();
        calendar
    };
    Some(sections.into_iter().filter_map(read).collect())
}

fn calendar(section: &Section<'_>, account: &str, name: Option<String>, exposed: bool) -> Option<CalendarSettings> {
    let allow_http = section.flag("allow_http", false);
    let address = address(section, allow_http, exposed);
    let login = login(section);
    let whose = section.parsed("whose", Whose::Owner, whose);
    let every = section.parsed("every", Duration::from_mins(15), value::pause);
    let full_every = section.parsed("full_every", Duration::from_hours(6), value::pause);
    let max_bytes = section.parsed("max_size", 200_000_000, value::size);
    let enabled = section.flag("enabled", true);
    let id = SourceId { account: account.to_owned(), calendar: name? };
    Some(CalendarSettings { id, address: address?, login, whose, every, full_every, allow_http, max_bytes, enabled })
}

/// Whose time a calendar shows.
fn whose(text: &str) -> Result<Whose, Bad> {
    match text {
        "owner" => Ok(Whose::Owner),
        "holidays" => Ok(Whose::Holidays),
        other => value::address(other)
            .map(Whose::Person)
            .map_err(|_| Bad::new("is nobody", "use \"owner\", \"holidays\" or the address of a person")),
    }
}

/// The address of a calendar: exactly one of three keys.
fn address(section: &Section<'_>, allow_http: bool, exposed: bool) -> Option<SecretSource> {
    let url = section.text("url");
    if let Some(url) = &url {
        check_url(section, url, allow_http, exposed);
    }
    let literal = url.map(|url| SecretSource::Literal(Secret::new(url.text)));
    let given: Vec<SecretSource> =
        [literal, command(section, "url_command"), keyring(section, "url_keyring")].into_iter().flatten().collect();
    if given.len() != 1 {
        let what = if given.is_empty() { "has no address" } else { "has more than one address" };
        section.wrong(what, "use exactly one of `url`, `url_command` and `url_keyring`");
    }
    given.into_iter().next()
}

/// What to sign in with: a name and exactly one way to the password, or nothing.
pub(super) fn login(section: &Section<'_>) -> Option<Login> {
    let username = section.text("username");
    let given: Vec<SecretSource> =
        [command(section, "password_command"), keyring(section, "password_keyring")].into_iter().flatten().collect();
    match (&username, given.len()) {
        (None, 0) | (Some(_), 1) => {}
        (Some(_), 0) => {
            section.wrong("has a `username` but no password", "add `password_keyring` or `password_command`");
        }
        (None, 1) => section.wrong("has a password but no `username`", "add `username`"),
        _ => section.wrong("has more than one password", "use one of `password_keyring` and `password_command`"),
    }
    let username = username?.text.to_owned();
    given.into_iter().next().map(|password| Login { username, password })
}

fn command(section: &Section<'_>, key: &'static str) -> Option<SecretSource> {
    let words: Vec<String> = section.list(key, Vec::new(), value::plain);
    (!words.is_empty()).then_some(SecretSource::Command(words))
}

fn keyring(section: &Section<'_>, key: &'static str) -> Option<SecretSource> {
    section.text(key).map(|text| SecretSource::Keyring { key: text.text.to_owned() })
}

/// Reports what is wrong with an address, without ever showing it.
fn check_url(section: &Section<'_>, text: &Text<'_>, allow_http: bool, exposed: bool) {
    let problems = &section.document.problems;
    let Ok(url) = Url::parse(text.text) else {
        return problems.error(&text.at, "`url` is no address", "write it like \"https://…\" or \"file:///…\"");
    };
    match url.scheme() {
        "https" | "webcal" | "webcals" if !url.has_host() => {
            problems.error(&text.at, "`url` names no server", "copy the whole address from your calendar's settings");
        }
        "https" | "webcal" | "webcals" => {}
        "http" if allow_http || is_this_machine(&url) => {}
        "http" => problems.error(
            &text.at,
            "`url` is plain HTTP to another machine, where others can read along",
            "use https:, or set allow_http = true",
        ),
        "file" if url.to_file_path().is_ok() => {}
        "file" => problems.error(&text.at, "`url` names no file of this machine", "write it like \"file:///home/…\""),
        _ => problems.error(
            &text.at,
            "`url` starts with something that is not read here",
            "use https:, http:, webcal:, webcals: or file:",
        ),
    }
    if exposed && bears_secret(&url) {
        let remedy = "chmod 600 this file, or use `url_keyring` or `url_command`";
        problems.warning(&text.at, "`url` is as good as a password, and other users can read this file", remedy);
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address looks as if knowing it were enough: a login, a query, or a long random word in it.
fn bears_secret(url: &Url) -> bool {
    let word = |word: &str| word.len() >= TOKEN_LENGTH && word.bytes().any(|byte| byte.is_ascii_digit());
    let path = url.path().split(|c: char| !c.is_ascii_alphanumeric()).any(|part| word(part) || part == "private");
    let has_login = !url.username().is_empty() || url.password().is_some();
    url.scheme() != "file" && (has_login || url.query().is_some() || path)
}
