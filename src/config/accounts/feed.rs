//! Accounts of published calendar files: their settings, and how these are read from the config.

use std::collections::BTreeSet;

use url::{Host, Url};

use super::super::section::{Section, Text};
use super::super::{CalendarSettings, Login, Secret, SecretSource, parsers};
use super::{Kind, OF_FEEDS, Provider, Reader, Written, calendar, unique};
use crate::domain::source::{Credential, SourceId, SourceKind};

/// A word of this many letters and digits in an address is taken for a secret.
const TOKEN_LENGTH: usize = 16;

/// The keys that only such calendars have.
pub(super) const KEYS: [&str; 9] = [
    "url",
    "url_command",
    "url_keyring",
    "url_credential",
    "username",
    "password_command",
    "password_keyring",
    "password_credential",
    "allow_http",
];

/// A published calendar file.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// What all calendars have.
    pub calendar: CalendarSettings,
    /// Its address, which is as good as a password with many publishers.
    pub address: SecretSource,
    /// What to sign in with, if anything (RFC 7617).
    pub login: Option<Login>,
    /// Whether plain HTTP to other machines is allowed.
    pub allow_http: bool,
}

/// How such accounts are read.
pub(super) const READER: Reader = Reader {
    word: "ics",
    keys: &[],
    shared_keys: &[],
    has_remote_calendars: false,
    read: |account, calendars, name, around| Some(Provider::Ics(feeds(account, calendars, name, around.exposed))),
};

impl Kind for Vec<Feed> {
    fn calendars(&self) -> Vec<&CalendarSettings> {
        self.iter().map(|feed| &feed.calendar).collect()
    }

    fn secrets(&self, _account: &str) -> Vec<(String, &SecretSource)> {
        self.iter().filter(|feed| feed.calendar.enabled).flat_map(Feed::secrets).collect()
    }

    fn source_kind(&self) -> SourceKind {
        SourceKind::Feed
    }

    fn can_be_written(&self) -> bool {
        false
    }

    fn credential(&self, id: &SourceId) -> Credential {
        self.iter().find(|feed| feed.calendar.id == *id).map_or(Credential::Address, Feed::credential)
    }

    fn account_keys(&self) -> Vec<(String, Written)> {
        Vec::new()
    }

    fn calendar_keys(&self) -> Vec<(String, Written)> {
        self.first().map(|feed| feed.address.written("url")).into_iter().collect()
    }
}

impl Feed {
    /// A feed at this address, with every setting as it is usually.
    pub fn new(id: SourceId, address: SecretSource) -> Self {
        Self { calendar: CalendarSettings::usual(id, OF_FEEDS), address, login: None, allow_http: false }
    }

    fn secrets(&self) -> impl Iterator<Item = (String, &SecretSource)> {
        let id = &self.calendar.id;
        let password = self.login.as_ref().map(|login| (format!("password of {id}"), &login.password));
        std::iter::once((format!("address of {id}"), &self.address)).chain(password)
    }

    fn credential(&self) -> Credential {
        match &self.address {
            SecretSource::Literal(address) if address.expose().starts_with("file:") => Credential::File,
            _ if self.login.is_some() => Credential::Password,
            SecretSource::Literal(_)
            | SecretSource::Command(_)
            | SecretSource::Keyring { .. }
            | SecretSource::Credential { .. } => Credential::Address,
        }
    }
}

/// The calendars of an account of published files; `exposed` says that other users of the machine can read the config.
pub(super) fn feeds(
    account: &Section<'_>,
    calendars: Vec<Section<'_>>,
    account_name: &str,
    exposed: bool,
) -> Vec<Feed> {
    let mut names = BTreeSet::new();
    if calendars.is_empty() {
        account.wrong("has no calendar", "add an [[account.calendar]] below it, with a name and a url");
    }
    let read = |section: Section<'_>| {
        let name = unique(&section, &mut names, "calendar");
        let allow_http = section.flag("allow_http", false);
        let url = section.text("url");
        let place = url.as_ref().map(|url| url.text);
        let address = address(&section, url, allow_http, exposed);
        let login = login(&section);
        let settings = calendar(&section, account_name, name, place, OF_FEEDS);
        section.text("calendar");
        section.misplaced(&["calendar"], &[], &super::for_kinds(|kind| kind.has_remote_calendars));
        section.finish();
        Some(Feed { calendar: settings?, address: address?, login, allow_http })
    };
    calendars.into_iter().filter_map(read).collect()
}

/// Makes the keys of such calendars known.
pub(super) fn know(section: &Section<'_>) {
    for key in KEYS {
        section.know(key);
    }
}

/// The address of a calendar: exactly one of four keys.
fn address(section: &Section<'_>, url: Option<Text<'_>>, allow_http: bool, exposed: bool) -> Option<SecretSource> {
    if let Some(url) = &url {
        check_url(section, url, allow_http, exposed);
    }
    let mut given = sources(section, ["url_command", "url_keyring", "url_credential"]);
    given.extend(url.map(|url| SecretSource::Literal(Secret::new(url.text))));
    if given.len() != 1 {
        let what = if given.is_empty() { "has no address" } else { "has more than one address" };
        section.wrong(what, "use exactly one of `url`, `url_command`, `url_keyring` and `url_credential`");
    }
    given.into_iter().next()
}

/// What to sign in with: a name and exactly one way to the password, or nothing.
pub(in crate::config) fn login(section: &Section<'_>) -> Option<Login> {
    let username = section.text("username");
    let given = sources(section, ["password_command", "password_keyring", "password_credential"]);
    match (&username, given.len()) {
        (None, 0) | (Some(_), 1) => {}
        (Some(_), 0) => {
            section.wrong(
                "has a `username` but no password",
                "add `password_keyring`, `password_command` or `password_credential`",
            );
        }
        (None, 1) => section.wrong("has a password but no `username`", "add `username`"),
        _ => section.wrong(
            "has more than one password",
            "use one of `password_keyring`, `password_command` and `password_credential`",
        ),
    }
    let username = username?.text.to_owned();
    given.into_iter().next().map(|password| Login { username, password })
}

/// Where a secret comes from, as the keys for a command, an item of the keyring and a credential say; all that are given.
pub(super) fn sources(section: &Section<'_>, [command, keyring, credential]: [&'static str; 3]) -> Vec<SecretSource> {
    let words: Vec<String> = section.list(command, Vec::new(), parsers::plain);
    let command = (!words.is_empty()).then_some(SecretSource::Command(words));
    let keyring = section.text(keyring).map(|text| SecretSource::Keyring { key: text.text.to_owned() });
    let credential = section.text(credential).and_then(|text| self::credential(section, credential, &text));
    [command, keyring, credential].into_iter().flatten().collect()
}

/// A credential of this name. What is no name may be the secret itself, put into the wrong key, and is not shown.
fn credential(section: &Section<'_>, key: &str, text: &Text<'_>) -> Option<SecretSource> {
    if !parsers::is_credential_name(text.text) {
        let remedy = "use letters, digits, `-`, `_` and `.`, as in LoadCredential=NAME:FILE";
        section.document.problems.error(&text.at, format!("`{key}` is not the name of a credential"), remedy);
        return None;
    }
    Some(SecretSource::Credential { name: text.text.to_owned() })
}

/// Reports what is wrong with an address, without ever showing it.
fn check_url(section: &Section<'_>, text: &Text<'_>, allow_http: bool, exposed: bool) {
    let problems = &section.document.problems;
    let Ok(url) = Url::parse(text.text) else {
        return problems.error(&text.at, "`url` is not an address", "write it like \"https://…\" or \"file:///…\"");
    };
    match url.scheme() {
        "https" | "webcal" | "webcals" if !url.has_host() => {
            problems.error(&text.at, "`url` has no host name", "copy the whole address from your calendar's settings");
        }
        "https" | "webcal" | "webcals" => {}
        "http" if allow_http || is_this_machine(&url) => {}
        "http" => problems.error(
            &text.at,
            "`url` is plain HTTP to another machine, which others on the network can read",
            "use https:, or set allow_http = true",
        ),
        "file" if url.to_file_path().is_ok() => {}
        "file" => {
            problems.error(&text.at, "`url` does not name a file on this machine", "write it like \"file:///home/…\"");
        }
        _ => {
            problems.error(
                &text.at,
                "`url` has an unsupported scheme",
                "use https:, http:, webcal:, webcals: or file:",
            );
        }
    }
    if exposed && bears_secret(&url) {
        let remedy = "chmod 600 this file, or use `url_keyring`, `url_command` or `url_credential`";
        problems.warning(&text.at, "`url` is as good as a password, and other users can read this file", remedy);
    }
}

pub(super) fn is_this_machine(url: &Url) -> bool {
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
