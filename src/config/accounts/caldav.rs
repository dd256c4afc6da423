//! Parses `CalDAV` accounts: the server and the credentials.

use url::Url;

use super::super::section::{Section, Text};
use super::super::{CalDav, DavLogin, Login, Remote, SecretSource};
use super::feed::{is_this_machine, login, sources};

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

/// What an account's section says, for whichever kind.
pub(super) struct Keys<'a> {
    server: Option<Text<'a>>,
    token: Vec<SecretSource>,
    login: Option<Login>,
}

impl<'a> Keys<'a> {
    pub(super) fn read(section: &Section<'a>) -> Self {
        let token = sources(section, ["token_command", "token_keyring", "token_credential"]);
        Self { server: section.text("server"), token, login: login(section) }
    }

    /// The account, once it is known to be of this kind.
    pub(super) fn finish(self, section: &Section<'_>, calendars: Vec<Remote>) -> Option<CalDav> {
        let Some(server) = &self.server else {
            section.wrong("has no `server`", "set it to the server's address, or to your mail address there");
            return None;
        };
        check_server(section, server);
        let server = server.text.to_owned();
        let login = match (self.login, self.token.as_slice()) {
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
