//! Owns one object as its server has it now, the version that a write is made for, and what answers to writes mean.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT_ENCODING, CONNECTION, DATE, ETAG, HeaderName, IF_MATCH};
use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};
use url::Url;

use super::account::Account;
use super::listing::{bare, same_version};
use super::quirks::{self, Quirk};
use super::replies;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::exchange::{Fate, Reply, Request, Unanswered};
use crate::calendar::http::headers;
use crate::calendar::write::{Version, WriteError, WriteErrorKind};

const SCHEDULE_TAG: HeaderName = HeaderName::from_static("schedule-tag");
const IF_SCHEDULE_TAG_MATCH: HeaderName = HeaderName::from_static("if-schedule-tag-match");

/// An object as its server has it now.
pub struct Fetched {
    /// Its text, byte for byte.
    pub text: String,
    etag: Option<String>,
    schedule_tag: Option<String>,
    /// The server's clock minus ours.
    pub clock_skew: Option<SignedDuration>,
    /// The server's time.
    pub at: Option<Timestamp>,
}

/// What is known of a name: an object, or that there is none, and the server's time.
pub enum There {
    /// It is there.
    Object(Box<Fetched>),
    /// The server knows nothing of it.
    Nothing {
        /// The server's time.
        at: Option<Timestamp>,
    },
}

/// Gets an object past every cache and unpacked: what packs on the way spoils etags. The connection is closed behind it, so that a write
/// never goes out on one that the server has given up.
pub async fn get(account: &Account, url: &Url) -> Result<There, WriteError> {
    let request = || Request::new(Method::GET, url).with(ACCEPT_ENCODING, "identity")?.with(CONNECTION, "close");
    // Nothing is changed by a look, so that its fate is always known.
    let reply = account.send_question(request).await.map_err(|failure| unsent(&failure))?;
    let at = reply.header(&DATE).and_then(headers::http_date);
    match reply.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(There::Nothing { at }),
        _ => return Err(refusal(&reply, Asked::Look)),
    }
    let text = |name: &HeaderName| reply.header(name).map(str::to_owned);
    let (etag, schedule_tag) = (text(&ETAG), text(&SCHEDULE_TAG));
    let clock_skew = reply.clock_skew;
    let text = String::from_utf8(reply.body)
        .map_err(|_| WriteError::new(WriteErrorKind::Refused, "the object is not UTF-8, and is left as it is"))?;
    Ok(There::Object(Box::new(Fetched { text, etag, schedule_tag, clock_skew, at })))
}

impl Fetched {
    /// What a write must be conditional on: the schedule tag, the etag, and the text itself.
    pub fn version(&self) -> Version {
        let part = |tag: &Option<String>| tag.clone().unwrap_or_default();
        Version(format!("{}\t{}\t{}", part(&self.schedule_tag), part(&self.etag), digest(&self.text)))
    }

    /// Whether this is the version that was decided on. A reply of a guest that came meanwhile leaves the schedule tag as it was.
    pub fn is(&self, version: &Version) -> bool {
        let mut parts = version.0.split('\t');
        let (schedule_tag, etag) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let same_text = parts.next() == Some(digest(&self.text).as_str());
        let own = self.schedule_tag.as_deref().unwrap_or_default();
        same_text
            || (!own.is_empty() && own == schedule_tag)
            || same_version(self.etag.as_deref().unwrap_or_default(), etag)
    }

    /// The conditions to try, one after the other, for a write to this very version. Weak etags cannot be used (RFC 9110 13.1.1); the
    /// strong one behind the marks can, where a proxy put them on.
    pub fn conditions(&self) -> Vec<(HeaderName, String)> {
        if let Some(tag) = &self.schedule_tag {
            return vec![(IF_SCHEDULE_TAG_MATCH, tag.clone())];
        }
        let Some(etag) = &self.etag else { return Vec::new() };
        let strong = format!("\"{}\"", bare(etag));
        let mut conditions = vec![(IF_MATCH, strong.clone())];
        if strong != etag.trim() {
            conditions.push((IF_MATCH, etag.trim().to_owned()));
        }
        conditions
    }

    /// Whether another look shows the very same text.
    pub fn same_text(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

fn digest(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().take(16).fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What a refused request wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To know how it is.
    Look,
    /// To change or delete what is there.
    Change,
    /// To make something new.
    Create,
}

/// What an answer that is no success means.
pub fn refusal(reply: &Reply, asked: Asked) -> WriteError {
    use WriteErrorKind as Kind;
    let conditions = replies::conditions(&reply.body);
    let names = |part: &str| conditions.iter().any(|condition| condition.contains(part));
    let code = reply.status.as_u16();
    let overrides = code == 500 && quirks::has(&reply.headers, Quirk::RefusesOverridesWithGuests);
    let (kind, why) = match code {
        401 => (Kind::SignIn, "check the user name and the password"),
        403 | 409 if asked == Asked::Create && names("uid-conflict") => (Kind::Taken, "the uid is taken"),
        _ if names("unique-scheduling-object-resource") => (Kind::Taken, "the uid is taken in another calendar"),
        _ if names("scheduling-object-change") || names("same-organizer") => {
            (Kind::NotAllowed, "only the organiser may change this")
        }
        403 | 405 | 423 => (Kind::NotAllowed, "this calendar or event may not be written"),
        409 | 412 if asked == Asked::Create => (Kind::Taken, "the name or the uid is taken"),
        412 => (Kind::Changed, "the event is not as it was"),
        404 | 410 => (Kind::NotThere, "the event or its calendar is not there"),
        429 | 503 => (Kind::Wait { after: reply.wait }, "it is busy"),
        _ if overrides => (Kind::Refused, "this server takes no session of its own in an event with guests"),
        500.. if asked != Asked::Look => (Kind::FateUnknown, "it may have been done"),
        500.. => (Kind::NotSent, "nothing could be learnt"),
        _ => (Kind::Refused, "nothing was done"),
    };
    WriteError::new(kind, format!("the server answered {code}: {why}"))
}

/// What it means that no answer came to a write.
pub fn unanswered(unanswered: &Unanswered) -> WriteError {
    match unanswered.fate {
        Fate::NotSent => unsent(&unanswered.failure),
        Fate::Unknown => WriteError::new(WriteErrorKind::FateUnknown, unanswered.failure.detail.clone()),
    }
}

/// What it means that nothing was changed, as nothing was sent or only looked at.
pub fn unsent(failure: &Failure) -> WriteError {
    let kind = match failure.kind {
        ErrorKind::SignIn => WriteErrorKind::SignIn,
        ErrorKind::Wait { after } => WriteErrorKind::Wait { after },
        ErrorKind::NotFound => WriteErrorKind::NotThere,
        _ => WriteErrorKind::NotSent,
    };
    WriteError::new(kind, failure.detail.clone())
}
