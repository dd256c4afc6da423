//! Accounts at `CalDAV` servers: their settings, and how these are read from the config.

use url::Url;

use super::super::read::Surroundings;
use super::super::section::{Section, Text};
use super::super::{CalendarSettings, Login, Remote, SecretSource};
use super::feed::{is_this_machine, login, sources};
use super::{Kind, Provider, Reader, Written, remotes};
use crate::domain::source::{Credential, SourceId, SourceKind};

/// The keys that only such accounts have.
pub(super) const KEYS: [&str; 8] = [
    "server",
    "username",
    "password_command",
    "password_keyring",
    "password_credential",
    "token_command",
    "token_keyring",
    "token_credential",
];

/// A `CalDAV` server.
#[derive(Clone, Debug, PartialEq)]
pub struct CalDav {
    /// Where to start looking: an `https:` address (`http:` on this machine), or a mail address or domain (RFC 6764).
    pub server: String,
    /// What to sign in with.
    pub login: DavLogin,
    /// Its calendars.
    pub calendars: Vec<Remote>,
}

/// What to sign in to a `CalDAV` server with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DavLogin {
    /// A name and a password (RFC 7617).
    Basic(Login),
    /// A token (RFC 6750).
    Bearer(SecretSource),
}

/// How such accounts are read.
pub(super) const READER: Reader =
    Reader { word: "caldav", keys: &KEYS, shared_keys: &[], has_remote_calendars: true, read };

fn read(
    section: &Section<'_>,
    calendars: Vec<Section<'_>>,
    account_name: &str,
    _around: &Surroundings,
) -> Option<Provider> {
    let calendars = remotes(section, calendars, account_name);
    let token = sources(section, ["token_command", "token_keyring", "token_credential"]);
    account(section, login(section), &token, calendars).map(Provider::CalDav)
}

fn account(
    section: &Section<'_>,
    login: Option<Login>,
    token: &[SecretSource],
    calendars: Vec<Remote>,
) -> Option<CalDav> {
    let Some(server) = section.text("server") else {
        section.wrong("has no `server`", "set it to the server's address, or to your mail address there");
        return None;
    };
    check_server(section, &server);
    let server = server.text.to_owned();
    let login = match (login, token) {
        (Some(login), []) => DavLogin::Basic(login),
        (None, [token]) => DavLogin::Bearer(token.clone()),
        (None, []) => {
            section.wrong(
                "does not say how to sign in",
                "add `username` with `password_keyring`, `password_command` or `password_credential`",
            );
            return None;
        }
        _ => {
            section.wrong("has more than one way to sign in", "use a password or a token, and one key for it");
            return None;
        }
    };
    Some(CalDav { server, login, calendars })
}

impl Kind for CalDav {
    fn calendars(&self) -> Vec<&CalendarSettings> {
        self.calendars.iter().map(|remote| &remote.calendar).collect()
    }

    fn secrets(&self, account: &str) -> Vec<(String, &SecretSource)> {
        match &self.login {
            DavLogin::Basic(login) => vec![(format!("password of {account}"), &login.password)],
            DavLogin::Bearer(token) => vec![(format!("token of {account}"), token)],
        }
    }

    fn source_kind(&self) -> SourceKind {
        SourceKind::Api
    }

    fn credential(&self, _id: &SourceId) -> Credential {
        Credential::Password
    }

    fn account_keys(&self) -> Vec<(String, Written)> {
        let text = |key: &str, text: &str| (key.to_owned(), Written::Text(text.to_owned()));
        let mut keys = vec![text("kind", READER.word), text("server", &self.server)];
        match &self.login {
            DavLogin::Basic(login) => {
                keys.extend([text("username", &login.username), login.password.written("password")]);
            }
            DavLogin::Bearer(token) => keys.push(token.written("token")),
        }
        keys
    }
}

/// A password goes there, so that plain HTTP is for this machine alone.
fn check_server(section: &Section<'_>, server: &Text<'_>) {
    let problems = &section.document.problems;
    match Url::parse(server.text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => {}
        Ok(url) if url.scheme() == "http" && is_this_machine(&url) => {}
        Ok(url) if url.scheme() == "http" => problems.error(
            &server.at,
            "`server` is plain HTTP to another machine, which would send the password unencrypted",
            "use https:",
        ),
        Ok(url) if url.cannot_be_a_base() || !url.has_host() => {
            problems.error(&server.at, "`server` has no host name", "write it like \"https://dav.example.com/\"");
        }
        Ok(_) => problems.error(&server.at, "`server` has an unsupported scheme", "use https:"),
        Err(_) if is_name(server.text) => {}
        Err(_) => problems.error(
            &server.at,
            "`server` is neither an address nor a host name",
            "write it like \"https://dav.example.com/\", \"you@example.com\" or \"example.com\"",
        ),
    }
}

/// Whether a text looks like a domain, or a mail address at one.
fn is_name(text: &str) -> bool {
    let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
    domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && label.chars().all(is_label_char))
}

fn is_label_char(c: char) -> bool {
    c.is_alphanumeric() || c == '-'
}
