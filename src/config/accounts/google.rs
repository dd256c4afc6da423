//! Parses Google accounts: the OAuth client or service account, and where the tokens are kept.

use std::path::PathBuf;

use url::Url;

use super::super::parsers::{self, token_place};
use super::super::paths::document;
use super::super::read::{Surroundings, path};
use super::super::section::{Section, Text};
use super::super::{Google, GoogleClient, Remote, Secret, SecretSource, TokenPlace};
use super::feed::is_this_machine;
use crate::domain::person::Address;

/// The keys that only such accounts have, and that somebody may have put elsewhere.
pub(super) const KEYS: [&str; 5] = ["client_file", "client_id", "client_secret", "service_account", "subject"];

/// What an account's section says, for whichever kind.
pub(super) struct Keys<'a> {
    file: Option<PathBuf>,
    id: Option<Text<'a>>,
    secret: Option<Text<'a>>,
    service_account: Option<PathBuf>,
    subject: Option<Address>,
    tokens: TokenPlace,
    server: Option<Text<'a>>,
}

impl<'a> Keys<'a> {
    pub(super) fn read(section: &Section<'a>, around: &Surroundings) -> Self {
        Self {
            file: path(section, "client_file", around),
            id: section.text("client_id"),
            secret: section.text("client_secret"),
            service_account: path(section, "service_account", around),
            subject: section.optional("subject", parsers::address),
            tokens: section.parsed("tokens", TokenPlace::Keyring, token_place),
            server: section.text("server"),
        }
    }

    /// The account, once it is known to be of this kind.
    pub(super) fn finish(self, section: &Section<'_>, calendars: Vec<Remote>) -> Option<Google> {
        let server = self.server.as_ref().and_then(|text| check_server(section, text));
        let tokens = self.tokens;
        Some(Google { client: self.client(section)?, tokens, server, calendars })
    }

    fn client(self, section: &Section<'_>) -> Option<GoogleClient> {
        match (self.file, self.id, self.service_account) {
            (Some(file), None, None) => Some(GoogleClient::File(file)),
            (None, Some(id), None) => Some(GoogleClient::Id {
                id: id.text.to_owned(),
                secret: self.secret.map(|secret| SecretSource::Literal(Secret::new(secret.text))),
            }),
            (None, None, Some(file)) => {
                if self.subject.is_none() {
                    let remedy = "add the address of the person it acts for";
                    section.wrong("has a `service_account` and no `subject`", remedy);
                }
                Some(GoogleClient::ServiceAccount { file, subject: self.subject? })
            }
            (None, None, None) => {
                section.wrong(
                    "has no client",
                    &format!("add `client_file`: {} says how to get one", document("google.md")),
                );
                None
            }
            _ => {
                section
                    .wrong("has more than one client", "use one of `client_file`, `client_id` and `service_account`");
                None
            }
        }
    }
}

/// Another server than Google's gets to see the tokens, so that only this machine will do.
fn check_server(section: &Section<'_>, text: &Text<'_>) -> Option<Url> {
    let url = Url::parse(text.text).ok().filter(|url| url.scheme() == "http" && is_this_machine(url));
    if url.is_none() {
        let remedy = "remove it; it is for tests, and takes only http: addresses of this machine";
        section.document.problems.error(&text.at, "`server` is not on this machine", remedy);
    }
    url
}
