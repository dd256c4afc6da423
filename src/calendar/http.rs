//! Owns the one HTTP client: what is sent, how long is waited, which redirects are followed, and what an answer means.
//!
//! Nothing here logs or returns an address, a header or a secret. Of the proxy variables only `HTTPS_PROXY` (and `NO_PROXY`) is
//! honoured, as such a proxy sees host names and no more; a plain HTTP proxy would see the secrets in addresses.

pub mod address;
pub mod decoder;
pub mod exchange;
pub mod headers;
pub mod trouble;

use std::sync::OnceLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{
    ACCEPT, AGE, CONTENT_ENCODING, DATE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Method, NoProxy, Proxy, RequestBuilder, Response, StatusCode, redirect};
use tokio::time::Instant;
use url::Url;

use self::address::Login;
use self::decoder::{Decoder, Sink};
use self::exchange::{Reply, Request, Unanswered};
use self::trouble::Phase;
use super::ErrorKind;
use super::failure::Failure;

/// How many redirects are followed before the server is taken to run in circles.
const MOST_REDIRECTS: usize = 5;

/// For an answer of up to so many announced bytes, room is made at once.
const ANNOUNCED: u64 = 4 << 20;

/// Validators beyond this many bytes are not kept: they would be sent back with every request.
const LONGEST_VALIDATOR: usize = 1024;

/// How long and how much the client puts up with.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest silence inside an answer.
    pub idle_timeout: Duration,
    /// The longest for one read from its first request to its last byte, redirects included.
    pub total_timeout: Duration,
    /// The proxy for `https` addresses, as a URL; none is used for `http`.
    pub https_proxy: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(5),
            https_proxy: None,
        }
    }
}

impl Settings {
    /// The same settings with the proxy that the environment names in `HTTPS_PROXY` or `https_proxy`.
    #[must_use]
    pub fn with_environment_proxy(mut self) -> Self {
        let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.https_proxy = named("HTTPS_PROXY").or_else(|| named("https_proxy"));
        self
    }
}

/// One conditional request for a page.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// What to get; `http` or `https`.
    pub url: &'a Url,
    /// Sent to this address's own server only.
    pub login: Option<&'a Login>,
    /// The `ETag` of what we hold.
    pub etag: Option<&'a str>,
    /// The `Last-Modified` of what we hold.
    pub last_modified: Option<&'a str>,
    /// Whether plain HTTP to other machines is allowed.
    pub allow_http: bool,
    /// The most decoded bytes to accept.
    pub max_bytes: u64,
}

/// What a server said.
pub enum Answer {
    /// 304: what we hold is still right, says the server.
    Unchanged {
        /// The server's clock minus ours, where it sent a `Date`.
        clock_skew: Option<SignedDuration>,
    },
    /// 200, with a body still to be read.
    Page(Box<Page>),
}

/// A body still to be read, with what its headers said.
pub struct Page {
    /// The `ETag`, as sent.
    pub etag: Option<String>,
    /// The `Last-Modified`, as sent.
    pub last_modified: Option<String>,
    /// The server's clock minus ours, where it sent a `Date`.
    pub clock_skew: Option<SignedDuration>,
    response: Response,
    decoder: Decoder,
}

/// The client; one for the whole process, so that connections and certificates are shared.
pub struct Client {
    settings: Settings,
    now: fn() -> Timestamp,
    // Reading the machine's certificates takes a while, and calendars in files need none.
    inner: OnceLock<reqwest::Client>,
}

impl Client {
    /// A client that asks `now` for the time when an answer arrives.
    pub fn new(settings: Settings, now: fn() -> Timestamp) -> Self {
        Self { settings, now, inner: OnceLock::new() }
    }

    /// The present, as it is compared with what servers say.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Gets a page, following at most five redirects.
    ///
    /// # Errors
    /// [`Failure`] by status (RFC 9110 15) or by what broke; `Redirect` for one that must not be followed; `TooLarge` where
    /// the announced length is past the cap.
    pub async fn get(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.settings.total_timeout;
        let mut url = ask.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.get_once(&ask, &url, deadline).await?;
            match response.status() {
                StatusCode::NOT_MODIFIED => return self.not_modified(&ask, response.headers()),
                StatusCode::OK => return self.page(ask.max_bytes, response).map(Answer::Page),
                status if is_redirect(status) => {
                    let target = text(response.headers(), &LOCATION).unwrap_or_default();
                    url = address::redirect(&url, target, ask.allow_http)?;
                }
                status => return Err(self.refusal(status, response.headers())),
            }
        }
        Err(Failure::new(ErrorKind::Redirect, format!("the server redirects more than {MOST_REDIRECTS} times")))
    }

    /// Sends one request as it stands and reads its whole answer, whatever the status. Redirects are not followed.
    ///
    /// # Errors
    /// [`Unanswered`], which says whether the request can have been done.
    pub async fn send(&self, request: Request<'_>) -> Result<Reply, Unanswered> {
        let deadline = Instant::now() + self.settings.total_timeout;
        let mut outgoing =
            self.request(request.method, request.url, deadline).map_err(Unanswered::not_sent)?.headers(request.headers);
        if !request.body.is_empty() {
            outgoing = outgoing.body(request.body);
        }
        let response = outgoing.send().await.map_err(|error| trouble::unanswered(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let page = self.page(request.max_bytes, response).map_err(Unanswered::unknown)?;
        // What a server announces is believed up to a point: memory is only taken as it is filled.
        let announced = page.response.content_length().unwrap_or(0).min(ANNOUNCED);
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        let clock_skew = page.clock_skew;
        let mut keep = |bytes: &[u8]| {
            body.extend_from_slice(bytes);
            Ok(())
        };
        page.read(&mut keep).await.map_err(Unanswered::unknown)?;
        let wait = self.wait(&headers);
        Ok(Reply { status, headers, body, clock_skew, wait })
    }

    async fn get_once(&self, ask: &Ask<'_>, url: &Url, deadline: Instant) -> Result<Response, Failure> {
        let mut request = self.request(Method::GET, url, deadline)?.header(ACCEPT, "text/calendar, */*;q=0.5");
        if let Some(login) = ask.login.filter(|_| address::may_carry_login(ask.url, url)) {
            request = request.basic_auth(&login.username, Some(login.password.expose()));
        }
        for (name, value) in [(IF_NONE_MATCH, ask.etag), (IF_MODIFIED_SINCE, ask.last_modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.send().await.map_err(|error| trouble::of_error(&error, Phase::Asking))
    }

    fn request(&self, method: Method, url: &Url, deadline: Instant) -> Result<RequestBuilder, Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
        Ok(self.connection()?.request(method, url.clone()).timeout(left))
    }

    fn connection(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.inner.get() {
            return Ok(client);
        }
        let client = build(&self.settings)?;
        Ok(self.inner.get_or_init(|| client))
    }

    /// A 304 that nobody asked for says nothing, so that it must not count as a good read.
    fn not_modified(&self, ask: &Ask<'_>, headers: &HeaderMap) -> Result<Answer, Failure> {
        if ask.etag.is_none() && ask.last_modified.is_none() {
            return Err(Failure::new(ErrorKind::Server, "the server answered 304 to a request without conditions"));
        }
        Ok(Answer::Unchanged { clock_skew: self.skew(headers) })
    }

    fn page(&self, max_bytes: u64, response: Response) -> Result<Box<Page>, Failure> {
        let headers = response.headers();
        if text(headers, &CONTENT_ENCODING).is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
            return Err(Failure::new(
                ErrorKind::Server,
                "the server packed its answer in a way that was not asked for",
            ));
        }
        if response.content_length().is_some_and(|length| length > max_bytes) {
            return Err(decoder::too_large(max_bytes));
        }
        Ok(Box::new(Page {
            etag: validator(headers, &ETAG),
            last_modified: validator(headers, &LAST_MODIFIED),
            clock_skew: self.skew(headers),
            decoder: Decoder::new(max_bytes),
            response,
        }))
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap) -> Failure {
        trouble::of_status(status, self.wait(headers))
    }

    fn wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let server_now = text(headers, &DATE).and_then(headers::http_date).unwrap_or_else(self.now);
        text(headers, &RETRY_AFTER).and_then(|value| headers::retry_after(value, server_now))
    }

    fn skew(&self, headers: &HeaderMap) -> Option<SignedDuration> {
        headers::clock_skew(text(headers, &DATE)?, text(headers, &AGE), (self.now)())
    }
}

impl Page {
    /// Reads the body to its end, handing it on piece by piece.
    ///
    /// # Errors
    /// `Truncated` where less came than was announced, `Offline` where the connection broke or fell silent, `TooLarge` past the
    /// cap, and what `sink` returns.
    pub async fn read(mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        loop {
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.decoder.push(&bytes, sink)?,
                Ok(None) => return self.decoder.finish(sink),
                Err(error) => return Err(trouble::of_error(&error, Phase::Reading)),
            }
        }
    }
}

fn build(settings: &Settings) -> Result<reqwest::Client, Failure> {
    // It fails only where a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("cadenced/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.idle_timeout)
        .pool_max_idle_per_host(1)
        .no_proxy();
    if let Some(proxy) = &settings.https_proxy {
        let proxy = Proxy::https(proxy)
            .map_err(|_| Failure::new(ErrorKind::Config, "HTTPS_PROXY is not the address of a proxy"))?;
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_env()));
    }
    builder.build().map_err(|_| {
        Failure::new(ErrorKind::Local, "no HTTPS client can be made; are the system's CA certificates installed?")
    })
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn validator(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    text(headers, name).filter(|value| !value.is_empty() && value.len() <= LONGEST_VALIDATOR).map(str::to_owned)
}
