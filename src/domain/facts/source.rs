//! A calendar as the rules see it: freshness, the last failure, and how guests learn of changes.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::person::Address;
use crate::domain::recurrence::Moment;

/// Names one calendar of one account, for ever: `account/calendar`, as in the config.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId {
    /// The account's name in the config.
    pub account: String,
    /// The calendar's name in the account.
    pub calendar: String,
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.calendar)
    }
}

/// One calendar, how it is read, and how fresh it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which.
    pub id: SourceId,
    /// How it is read, which says how long its publisher lags.
    pub kind: SourceKind,
    /// Whether nothing can be written there.
    pub read_only: bool,
    /// Whose time it shows.
    pub whose: Whose,
    /// The start of the first good read there ever was.
    pub first_success: Option<Timestamp>,
    /// The start of the last good read: a valid body, or a 304.
    pub last_success: Option<Timestamp>,
    /// Between which good reads everything came that no plan has recorded yet; none where there is nothing of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<News>,
    /// Since when reads have failed, where the last one did.
    pub stale_since: Option<Timestamp>,
    /// Why the last read failed.
    pub problem: Option<ReadProblem>,
    /// What it is signed in to with.
    #[serde(default)]
    pub credential: Credential,
    /// How guests learn of what is written there; `None` where that is not known.
    pub guest_notice: Option<GuestNotice>,
}

/// What a calendar is signed in to with, which says what to do when that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A sign-in through the browser: `cadenced login` renews it.
    Browser,
    /// The key file of a service account.
    KeyFile,
    /// A user name with a password, or a token.
    Password,
    /// Nothing but its address, which is as good as a password.
    #[default]
    Address,
    /// A file on this machine.
    File,
}

/// How the guests of an event learn of a change that cadenced writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestNotice {
    /// The provider mails them.
    Mail,
    /// The calendar server passes it on, to their calendar or by mail as it sees fit.
    Server,
    /// Nobody tells them.
    Nobody,
}

/// Why a calendar could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredProblem")]
pub struct ReadProblem {
    /// What kind of failure, and so what to do about it.
    pub kind: ReadErrorKind,
    /// What happened, in words fit for a log: no URL, no secret, no title.
    pub detail: String,
}

/// A problem as it is stored: the first reports kept it in words.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredProblem {
    InParts { kind: ReadErrorKind, detail: String },
    InWords(String),
}

impl From<StoredProblem> for ReadProblem {
    fn from(stored: StoredProblem) -> Self {
        match stored {
            StoredProblem::InParts { kind, detail } => Self { kind, detail },
            StoredProblem::InWords(words) => {
                let parts = words.split_once(": ").and_then(|(kind, detail)| {
                    let kind: StrDeserializer<'_, serde::de::value::Error> = kind.into_deserializer();
                    Some(Self { kind: ReadErrorKind::deserialize(kind).ok()?, detail: detail.to_owned() })
                });
                parts.unwrap_or(Self { kind: ReadErrorKind::Server, detail: words })
            }
        }
    }
}

impl fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() { self.kind.fmt(f) } else { write!(f, "{}: {}", self.kind, self.detail) }
    }
}

/// The kinds of failure of a read that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ReadErrorKind {
    /// The server cannot be reached (no network, no name, refused, reset, timed out).
    #[error("cannot be reached")]
    #[serde(alias = "cannot be reached")]
    Offline,
    /// There is no secure connection, and nothing was sent.
    #[error("no secure connection")]
    Insecure(Distrust),
    /// The server wants other credentials (401, 403) or the secret is not available.
    #[error("sign-in needed")]
    #[serde(alias = "sign-in needed")]
    SignIn,
    /// The server says that there is nothing there (404, 410).
    #[error("not found")]
    #[serde(alias = "not found")]
    NotFound,
    /// The server wants us to come back later (429, 503).
    #[error("asked to wait")]
    #[serde(alias = "asked to wait")]
    Wait {
        /// How long, where it said so.
        #[serde(default)]
        after: Option<Duration>,
    },
    /// Any other answer that is no success.
    #[error("server error")]
    #[serde(alias = "server error")]
    Server,
    /// A success that is no calendar: a login page, a captive portal, an empty body.
    #[error("not a calendar")]
    #[serde(alias = "not a calendar")]
    NotACalendar,
    /// A calendar that ends before its end.
    #[error("cut short")]
    #[serde(alias = "cut short")]
    Truncated,
    /// More than the configured cap.
    #[error("too large")]
    #[serde(alias = "too large")]
    TooLarge,
    /// A calendar without events where there were some.
    #[error("suddenly empty")]
    #[serde(alias = "suddenly empty")]
    Emptied,
    /// A redirect that must not be followed (https to http, too many).
    #[error("unsafe redirect")]
    #[serde(alias = "unsafe redirect")]
    Redirect,
    /// A setting that cannot work.
    #[error("wrong setting")]
    #[serde(alias = "configuration")]
    Config,
    /// A calendar file on this machine that is missing, may not be read, or is no ordinary file.
    #[error("file cannot be read")]
    File,
    /// This machine could not do its part (disk, memory).
    #[error("problem on this machine")]
    #[serde(alias = "local failure")]
    Local,
}

/// Why a connection is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distrust {
    /// This machine does not know who issued the server's certificate.
    UnknownIssuer,
    /// The certificate is that of an issuer itself, which no server may use.
    SelfSigned,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotValidYet,
    /// The certificate was revoked.
    Revoked,
    /// The certificate is not valid for another reason.
    BadCertificate,
    /// What answers speaks no TLS.
    NoTls,
    /// The two have no version or cipher of TLS in common.
    NothingInCommon,
    /// Any other failure of TLS.
    Other,
}

impl Distrust {
    /// Each of them.
    pub const ALL: [Self; 10] = [
        Self::UnknownIssuer,
        Self::SelfSigned,
        Self::WrongName,
        Self::Expired,
        Self::NotValidYet,
        Self::Revoked,
        Self::BadCertificate,
        Self::NoTls,
        Self::NothingInCommon,
        Self::Other,
    ];
}

impl ReadErrorKind {
    /// One of each kind.
    pub const ALL: [Self; 14] = [
        Self::Offline,
        Self::Insecure(Distrust::Other),
        Self::SignIn,
        Self::NotFound,
        Self::Wait { after: None },
        Self::Server,
        Self::NotACalendar,
        Self::Truncated,
        Self::TooLarge,
        Self::Emptied,
        Self::Redirect,
        Self::Config,
        Self::File,
        Self::Local,
    ];
}

#[cfg(test)]
impl ReadErrorKind {
    /// Whether reading a calendar that is reached with this can fail so: files know no servers, and servers no files.
    pub fn can_be_with(self, credential: Credential) -> bool {
        let is_of_files = match self {
            Self::NotACalendar | Self::Truncated | Self::TooLarge | Self::Emptied | Self::Config | Self::Local => {
                return true;
            }
            Self::File => true,
            Self::Offline
            | Self::Insecure(_)
            | Self::SignIn
            | Self::NotFound
            | Self::Wait { .. }
            | Self::Server
            | Self::Redirect => false,
        };
        is_of_files == (credential == Credential::File)
    }
}

/// When what a calendar shows now, and the ledger does not know yet, came to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// The last good read before any of it; none where there was no read before.
    pub after: Option<Timestamp>,
    /// The good read since which all of it was there.
    pub before: Timestamp,
}

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A published ICS file; publishers lag by hours.
    Feed,
    /// A live calendar.
    Api,
}

/// Whose time a calendar shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The owner's own.
    Owner,
    /// Another person's, by their address; read for their out-of-office only.
    Person(Address),
    /// Nobody's: public holidays.
    Holidays,
}

/// A time until which a server asked not to be bothered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// With what.
    pub scope: Scope,
    /// Until when.
    pub until: Timestamp,
    /// What the server said, fit for a log.
    pub detail: String,
}

/// What a server asked to be spared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reads of one calendar.
    Reading(SourceId),
    /// Writes to all calendars of this account.
    Writing(String),
}

/// One item of a listing.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A good event.
    Event(Box<Event>),
    /// A good event, and the name of the object that holds it: an id (Google) or a path (CalDAV).
    Kept {
        /// The object's name, by which its source can be asked for it again.
        resource: String,
        /// The event.
        event: Box<Event>,
    },
    /// One session of a series was called off, and the source says no more of it than that.
    CalledOff {
        /// The name of the object that says so.
        resource: String,
        /// The name of the object that holds the series.
        master: String,
        /// The start that the series gave it.
        original: Moment,
        /// Whether its source says that it is a session; else that was read from its name, and where nothing is known of such a
        /// series, the object is gone and that is all.
        is_sure: bool,
    },
    /// One that was skipped or repaired, and why.
    Problem(Problem),
}

/// Something in a source that could not be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: `line 120, uid abc`. Never a title.
    pub place: String,
    /// What was wrong, and what was done about it.
    pub what: String,
    /// Whether the item was left out altogether, and not just repaired.
    pub skipped: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports and polls of the first version kept a problem in words.
    #[test]
    fn a_problem_that_was_stored_in_words_keeps_its_meaning() {
        let read = |text: &str| serde_json::from_str::<ReadProblem>(text).expect("a problem");
        let parts = ReadProblem { kind: ReadErrorKind::NotFound, detail: "the server answered 404".to_owned() };
        assert_eq!(read("\"not found: the server answered 404\""), parts);
        assert_eq!(read("{\"kind\":\"not found\",\"detail\":\"the server answered 404\"}"), parts);
        assert_eq!(read(&serde_json::to_string(&parts).expect("JSON")), parts);
        let unknown = ReadProblem { kind: ReadErrorKind::Server, detail: "something else".to_owned() };
        assert_eq!(read("\"something else\""), unknown);
    }
}
