//! [`NewAccount`]: an account as the user described it, before it is in the config.

use std::path::PathBuf;

use url::Url;

use crate::config::{Secret, SecretSource, TokenPlace};

/// An account as it was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAccount {
    /// Its name, unique in the config.
    pub name: String,
    /// What it is at.
    pub kind: Kind,
    /// Its calendars.
    pub calendars: Vec<NewCalendar>,
}

/// What an account is at.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A published calendar file, by its address.
    Feed(Kept),
    /// A `CalDAV` server.
    CalDav {
        /// Where to start looking.
        server: String,
        /// User name.
        username: String,
        /// Where the password is.
        password: Kept,
    },
    /// Google Calendar.
    Google {
        /// The client file.
        client: PathBuf,
        /// Where the sign-in is kept.
        tokens: TokenPlace,
        /// Another server than Google's, on this machine: for tests.
        server: Option<Url>,
    },
}

/// A calendar of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCalendar {
    /// Its name, unique in the account.
    pub name: String,
    /// What the server calls it; not set for the main one, and for feeds.
    pub remote: Option<String>,
    /// Whether it shows public holidays.
    pub is_holidays: bool,
}

/// Where a secret was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Into the config itself: addresses of feeds alone.
    Here(Secret),
    /// Into the keyring, under this key.
    Keyring(String),
    /// This program prints it.
    Command(Vec<String>),
}

impl Kept {
    /// The same, as the settings have it.
    pub fn source(&self) -> SecretSource {
        match self {
            Self::Here(secret) => SecretSource::Literal(secret.clone()),
            Self::Keyring(key) => SecretSource::Keyring { key: key.clone() },
            Self::Command(words) => SecretSource::Command(words.clone()),
        }
    }
}

/// A name for the config made of what somebody else calls a thing: on one line, without a slash, not too long.
pub fn short(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c == '/' || c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(40).collect();
    if short.trim().is_empty() { "main".to_owned() } else { short.trim().to_owned() }
}

/// A name that none of the `taken` has.
pub fn unique(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|one| !taken.contains(one)).unwrap_or_default()
}
