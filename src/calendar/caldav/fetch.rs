//! Fetches one object with its current version, and maps the server's replies to errors.

use http::header::{ACCEPT_ENCODING, CONNECTION, DATE, ETAG, HeaderName, IF_MATCH};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use url::Url;

use super::account::Account;
use super::etag::{is_marked, is_strong, same_version};
use super::quirks::{self, Quirk};
use super::{replies, requests};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::headers;
use crate::calendar::http::request::{Fate, NoResponse, Reply, Request};
use crate::calendar::write::{Version, WriteError, WriteErrorKind};

/// How often an object is got that changes while its tag is asked for.
const MAX_TRIES: usize = 3;

/// The most that the answer about one tag may hold, in bytes.
const MOST_ABOUT_A_TAG: u64 = 1 << 20;

/// An object as its server has it now.
pub struct Fetched {
    /// Its text, byte for byte.
    pub text: String,
    /// The strong entity tag of just this text; none where the server tells none.
    etag: Option<String>,
    /// The server's clock minus ours.
    pub clock_skew: Option<SignedDuration>,
    /// When it was got, by the server's clock, or by ours where the server shows none.
    pub at: Timestamp,
}

/// What is known of a name: an object, or that there is none.
pub enum Lookup {
    /// It is there.
    Object(Box<Fetched>),
    /// The server knows nothing of it.
    Nothing {
        /// When it was asked, as with [`Fetched::at`].
        at: Timestamp,
    },
}

/// Gets an object past every cache and unpacked: what packs on the way spoils etags. The connection is closed behind it, so that a write
/// never goes out on one that the server has given up.
pub async fn get(account: &Account, url: &Url) -> Result<Lookup, WriteError> {
    for _ in 0..MAX_TRIES {
        let reply = ask(account, url).await?;
        let at = reply.header(&DATE).and_then(headers::http_date).unwrap_or_else(|| account.now());
        match reply.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Lookup::Nothing { at }),
            _ => return Err(refusal(&reply, RequestKind::Look)),
        }
        let TagState::Settled(etag) = own_tag(account, url, reply.header(&ETAG)).await? else { continue };
        let clock_skew = reply.clock_skew;
        let text = String::from_utf8(reply.body).map_err(|_| {
            WriteError::new(WriteErrorKind::Refused, "the object is not UTF-8, so it is left unchanged")
        })?;
        return Ok(Lookup::Object(Box::new(Fetched { text, etag, clock_skew, at })));
    }
    Err(WriteError::new(WriteErrorKind::Changed, "the event kept changing while it was read"))
}

async fn ask(account: &Account, url: &Url) -> Result<Reply, WriteError> {
    let request = || Request::new(Method::GET, url).with(ACCEPT_ENCODING, "identity")?.with(CONNECTION, "close");
    // Nothing is changed by a look, so that its fate is always known.
    account.send_question(request).await.map_err(|failure| unsent(&failure))
}

/// What the tag beside a body comes to.
enum TagState {
    /// The strong tag of this body; none where there is none.
    Settled(Option<String>),
    /// The object is another one already.
    Changed,
}

/// The tag that a write to a body can use as its condition: the one that came with it, or, where something on the way marked that one, the server's
/// own, which its properties show (RFC 4918 15.6).
async fn own_tag(account: &Account, url: &Url, shown: Option<&str>) -> Result<TagState, WriteError> {
    let Some(shown) = shown.map(str::trim) else { return Ok(TagState::Settled(None)) };
    if !is_marked(shown) {
        return Ok(TagState::Settled(is_strong(shown).then(|| shown.to_owned())));
    }
    let asked = account.look_up(url, &requests::etag(), MOST_ABOUT_A_TAG).await;
    let (_, told) = asked.map_err(|failure| unsent(&failure))?;
    let own = told.responses.into_iter().find_map(|response| response.found.etag).filter(|etag| is_strong(etag));
    Ok(match own {
        Some(own) if !same_version(&own, shown) => TagState::Changed,
        own => TagState::Settled(own),
    })
}

impl Fetched {
    /// What a write is made for: the tag, and the text itself.
    pub fn version(&self) -> Version {
        Version(format!("{}\t{}", self.etag.as_deref().unwrap_or_default(), digest(&self.text)))
    }

    /// Whether this is the version that was decided on: the same tag, or the same text under another one.
    pub fn is(&self, version: &Version) -> bool {
        let (etag, text) = version.0.split_once('\t').unwrap_or_default();
        text == digest(&self.text) || self.etag.as_deref().is_some_and(|own| own == etag)
    }

    /// What holds a write to just this text. A schedule tag never takes its place (RFC 6638 3.2.10): it stays as it is when anything but
    /// the organiser's own changes.
    ///
    /// # Errors
    /// `NoVersion`, where the server tells no strong tag: nothing is written then.
    pub fn condition(&self) -> Result<[(HeaderName, String); 1], WriteError> {
        let why = "the server gives it no strong ETag, so a write could overwrite somebody's change";
        let etag = self.etag.clone().ok_or_else(|| WriteError::new(WriteErrorKind::NoVersion, why))?;
        Ok([(IF_MATCH, etag)])
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
pub enum RequestKind {
    /// To know how it is.
    Look,
    /// To change or delete what is there.
    Change,
    /// To make something new.
    Create,
}

/// What an answer that is no success means.
pub fn refusal(reply: &Reply, asked: RequestKind) -> WriteError {
    use WriteErrorKind as Kind;
    let conditions = replies::conditions(&reply.body);
    let names = |part: &str| conditions.iter().any(|condition| condition.contains(part));
    let code = reply.status.as_u16();
    let overrides = code == 500 && quirks::has(&reply.headers, Quirk::RefusesOverridesWithGuests);
    let (kind, why) = match code {
        401 => (Kind::SignIn, "check the user name and the password"),
        403 | 409 if asked == RequestKind::Create && names("uid-conflict") => (Kind::Taken, "the uid is taken"),
        _ if names("unique-scheduling-object-resource") => (Kind::Taken, "the uid is taken in another calendar"),
        _ if names("scheduling-object-change") || names("same-organizer") => {
            (Kind::NotAllowed, "only the organiser may change this")
        }
        403 | 405 | 423 => (Kind::NotAllowed, "you may not write to this calendar or event"),
        409 | 412 if asked == RequestKind::Create => (Kind::Taken, "the name or the uid is taken"),
        412 => (Kind::Changed, "the event has changed"),
        404 | 410 => (Kind::NotThere, "the event or its calendar does not exist"),
        429 | 503 => (Kind::Wait { after: reply.wait }, "it is busy"),
        _ if overrides => (Kind::Refused, "this server does not accept changes to one session of an event with guests"),
        500.. if asked != RequestKind::Look => (Kind::FateUnknown, "the write may have happened"),
        500.. => (Kind::NotSent, "the event could not be read"),
        _ => (Kind::Refused, "nothing was written"),
    };
    WriteError::new(kind, format!("the server answered {code}: {why}"))
}

/// What it means that no answer came to a write.
pub fn unanswered(unanswered: &NoResponse) -> WriteError {
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
