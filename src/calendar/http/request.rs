//! One API request and its complete response, or what is known where no response came.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use url::Url;

use super::address::{self, Login};
use super::{error, text};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::config::Secret;

/// The most of an answer that is read where the request does not say otherwise.
const USUAL_CAP: u64 = 16 << 20;

/// One request. It has no `Debug` form, as its headers and its body hold secrets.
pub struct Request<'a> {
    /// `GET`, `PATCH`, `PROPFIND`, …
    pub method: Method,
    /// What it is about; the caller has checked that it may be asked.
    pub url: &'a Url,
    /// What is sent besides what the client sends by itself.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The most decoded bytes of the answer to accept.
    pub max_bytes: u64,
}

impl<'a> Request<'a> {
    /// A request without headers and body.
    pub fn new(method: Method, url: &'a Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Vec::new(), max_bytes: USUAL_CAP }
    }

    /// The same with another header.
    ///
    /// # Errors
    /// `Config`, where the value holds what no header may (RFC 9110 5.5).
    pub fn with(mut self, name: HeaderName, value: &str) -> Result<Self, Failure> {
        let value = HeaderValue::from_str(value).map_err(|_| {
            Failure::new(ErrorKind::Config, format!("the header {name} has a value that cannot be sent"))
        })?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The same with a body of this media type.
    ///
    /// # Errors
    /// As [`Request::with`].
    pub fn with_body(self, media_type: &str, body: impl Into<Vec<u8>>) -> Result<Self, Failure> {
        let mut request = self.with(CONTENT_TYPE, media_type)?;
        request.body = body.into();
        Ok(request)
    }

    /// The same, signed in with a token (RFC 6750 2.1).
    ///
    /// # Errors
    /// `SignIn`, where no token could look like this.
    pub fn with_bearer(self, token: &Secret) -> Result<Self, Failure> {
        self.signed(&format!("Bearer {}", token.expose()))
    }

    /// The same, signed in with a name and a password (RFC 7617 2).
    ///
    /// # Errors
    /// `SignIn`, never in practice.
    pub fn with_login(self, login: &Login) -> Result<Self, Failure> {
        let pair = format!("{}:{}", login.username, login.password.expose());
        self.signed(&format!("Basic {}", base64(pair.as_bytes())))
    }

    fn signed(mut self, value: &str) -> Result<Self, Failure> {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| Failure::new(ErrorKind::SignIn, "the secret holds characters that cannot be sent"))?;
        // The HTTP library logs headers at trace level, all but sensitive ones.
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
        Ok(self)
    }
}

/// A whole answer, whatever its status.
pub struct Reply {
    /// The status (RFC 9110 15).
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, unpacked.
    pub body: Vec<u8>,
    /// The server's clock minus ours, where it sent a `Date`.
    pub clock_skew: Option<SignedDuration>,
    /// How long its `Retry-After` asks to wait.
    pub wait: Option<Duration>,
}

impl Reply {
    /// A header as text, where it is there and is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        text(&self.headers, name)
    }

    /// What the status means where it is no success, with nothing but the status to go by.
    pub fn failure(&self) -> Failure {
        error::of_status(self.status, self.wait)
    }

    /// Where the answer redirects to, as seen from `from`; none where it is no redirect.
    ///
    /// # Errors
    /// `Redirect`, where it must not be followed. Whether a login may go along says [`address::may_carry_login`].
    pub fn redirect(&self, from: &Url, allow_http: bool) -> Result<Option<Url>, Failure> {
        if !super::is_redirect(self.status) {
            return Ok(None);
        }
        address::redirect(from, self.header(&LOCATION).unwrap_or_default(), allow_http).map(Some)
    }
}

/// No whole answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoResponse {
    /// Why.
    pub failure: Failure,
    /// What is known of the request.
    pub fate: Fate,
}

/// What is known of a request that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It never left: there was no connection to send it on.
    NotSent,
    /// It may have arrived and may have been done.
    Unknown,
}

impl NoResponse {
    /// It never left.
    pub fn not_sent(failure: Failure) -> Self {
        Self { failure, fate: Fate::NotSent }
    }

    /// It may have been done.
    pub fn unknown(failure: Failure) -> Self {
        Self { failure, fate: Fate::Unknown }
    }
}

/// To those who only read, it makes no difference.
impl From<NoResponse> for Failure {
    fn from(unanswered: NoResponse) -> Self {
        unanswered.failure
    }
}

/// Base64 with padding (RFC 4648 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_encoded_as_the_specification_shows() {
        // RFC 7617 2, and RFC 4648 10.
        assert_eq!(base64(b"Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
