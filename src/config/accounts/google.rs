//! Accounts at Google: their settings, and how these are read from the config.

use std::path::PathBuf;

use url::Url;

use super::super::parsers::{self, token_place};
use super::super::paths::document;
use super::super::read::{Surroundings, path};
use super::super::section::{Section, Text};
use super::super::{CalendarSettings, Remote, Secret, SecretSource};
use super::feed::is_this_machine;
use super::{Kind, Provider, Reader, Written, remotes};
use crate::domain::person::Address;
use crate::domain::source::{Credential, GuestNotice, SourceId, SourceKind};

/// The keys that only such accounts have, and that somebody may have put elsewhere.
pub(super) const KEYS: [&str; 5] = ["client_file", "client_id", "client_secret", "service_account", "subject"];

/// An account at Google.
#[derive(Clone, Debug, PartialEq)]
pub struct Google {
    /// As whom cadenced shows itself.
    pub client: GoogleClient,
    /// Where the tokens are kept.
    pub tokens: TokenPlace,
    /// Another server in the place of Google's, on this machine: for tests.
    pub server: Option<Url>,
    /// Its calendars.
    pub calendars: Vec<Remote>,
}

/// As whom cadenced shows itself to Google.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoogleClient {
    /// The client file of a desktop app, as Google's console gives it out.
    File(PathBuf),
    /// The same by its two values; the secret of a desktop app is none.
    Id {
        /// The client id.
        id: String,
        /// The client secret.
        secret: Option<SecretSource>,
    },
    /// The key file of a service account, with delegation for the whole domain.
    ServiceAccount {
        /// The key file.
        file: PathBuf,
        /// Whose calendars it acts on.
        subject: Address,
    },
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// The desktop's keyring.
    Keyring,
    /// A file of mode 0600 beside the database: by the user's explicit choice only.
    File,
}

/// How such accounts are read.
pub(super) const READER: Reader =
    Reader { word: "google", keys: &KEYS, shared_keys: &["server", "tokens"], has_remote_calendars: true, read };

fn read(
    section: &Section<'_>,
    calendars: Vec<Section<'_>>,
    account_name: &str,
    around: &Surroundings,
) -> Option<Provider> {
    let calendars = remotes(section, calendars, account_name);
    Keys::read(section, around).finish(section, calendars).map(Provider::Google)
}

impl Kind for Google {
    fn calendars(&self) -> Vec<&CalendarSettings> {
        self.calendars.iter().map(|remote| &remote.calendar).collect()
    }

    fn secrets(&self, account: &str) -> Vec<(String, &SecretSource)> {
        match &self.client {
            GoogleClient::Id { secret: Some(secret), .. } => vec![(format!("client secret of {account}"), secret)],
            GoogleClient::Id { secret: None, .. } | GoogleClient::File(_) | GoogleClient::ServiceAccount { .. } => {
                Vec::new()
            }
        }
    }

    fn source_kind(&self) -> SourceKind {
        SourceKind::Api
    }

    /// Google is asked to mail the guests with every write.
    fn guest_notice(&self) -> Option<GuestNotice> {
        Some(GuestNotice::Mail)
    }

    fn credential(&self, _id: &SourceId) -> Credential {
        match self.client {
            GoogleClient::ServiceAccount { .. } => Credential::KeyFile,
            GoogleClient::File(_) | GoogleClient::Id { .. } => Credential::Browser,
        }
    }

    fn account_keys(&self) -> Vec<(String, Written)> {
        let text = |key: &str, text: &str| (key.to_owned(), Written::Text(text.to_owned()));
        let mut keys = vec![text("kind", READER.word)];
        match &self.client {
            GoogleClient::File(file) => keys.push(text("client_file", &file.to_string_lossy())),
            GoogleClient::Id { id, secret } => {
                keys.push(text("client_id", id));
                keys.extend(secret.as_ref().map(|secret| secret.written("client_secret")));
            }
            GoogleClient::ServiceAccount { file, subject } => {
                keys.push(text("service_account", &file.to_string_lossy()));
                keys.push(text("subject", subject.as_str()));
            }
        }
        keys.push(text("tokens", if self.tokens == TokenPlace::File { "file" } else { "keyring" }));
        keys.extend(self.server.as_ref().map(|server| text("server", server.as_str())));
        keys
    }
}

/// What an account's section says.
struct Keys<'a> {
    file: Option<PathBuf>,
    id: Option<Text<'a>>,
    secret: Option<Text<'a>>,
    service_account: Option<PathBuf>,
    subject: Option<Address>,
    tokens: TokenPlace,
    server: Option<Text<'a>>,
}

impl<'a> Keys<'a> {
    fn read(section: &Section<'a>, around: &Surroundings) -> Self {
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

    fn finish(self, section: &Section<'_>, calendars: Vec<Remote>) -> Option<Google> {
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
