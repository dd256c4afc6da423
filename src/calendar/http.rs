//! The HTTP client for calendars: timeouts, redirects, conditional requests, and what each answer means.
//!
//! Nothing here logs or returns an address, a header or a secret. Of the proxy variables only `HTTPS_PROXY` (and `NO_PROXY`) is
//! honoured, as such a proxy sees host names and no more; a plain HTTP proxy would see the secrets in addresses.

pub mod address;
mod connect;
pub mod decoder;
pub mod error;
pub mod headers;
mod meter;
pub mod request;

use std::sync::OnceLock;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AGE, CONTENT_ENCODING, CONTENT_LENGTH, DATE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER, USER_AGENT,
};
use http::{Method, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout};
use url::Url;

use self::address::Login;
use self::connect::Connector;
use self::decoder::{Decoder, Sink};
use self::error::Phase;
use self::meter::{Grant, Meter};
use self::request::{NoResponse, Reply, Request};
use super::ErrorKind;
use super::failure::Failure;

/// How many redirects are followed before the server is taken to run in circles.
const MAX_REDIRECTS: usize = 5;

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
    body: Incoming,
    /// The length that was announced.
    length: Option<u64>,
    decoder: Decoder,
    patience: Deadlines,
    grant: Option<Grant>,
}

/// How long is still waited.
#[derive(Clone, Copy)]
struct Deadlines {
    idle: Duration,
    deadline: Instant,
}

impl Deadlines {
    /// The longest that the next wait may take.
    fn next(self) -> Duration {
        self.idle.min(self.deadline.saturating_duration_since(Instant::now()))
    }
}

type Connections = legacy::Client<Connector, Full<Bytes>>;

/// The client; one for the whole process, so that connections and certificates are shared.
pub struct Client {
    settings: Settings,
    now: fn() -> Timestamp,
    // Reading the machine's certificates takes a while, and calendars in files need none.
    inner: OnceLock<Connections>,
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

    /// The longest for one request, from its first byte to the last one of its answer.
    pub const fn most_time(&self) -> Duration {
        self.settings.total_timeout
    }

    /// Gets a page, following at most five redirects.
    ///
    /// # Errors
    /// [`Failure`] by status (RFC 9110 15) or by what broke; `Redirect` for one that must not be followed; `TooLarge` where
    /// the announced length is past the cap.
    pub async fn get(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let patience = self.patience();
        let mut url = ask.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.get_once(&ask, &url, patience).await?;
            match response.status() {
                StatusCode::NOT_MODIFIED => return self.not_modified(&ask, response.headers()),
                StatusCode::OK => return self.page(ask.max_bytes, response, patience).map(Answer::Page),
                status if is_redirect(status) => {
                    let target = text(response.headers(), &LOCATION).unwrap_or_default();
                    url = address::redirect(&url, target, ask.allow_http)?;
                }
                status => return Err(self.refusal(status, response.headers())),
            }
        }
        Err(Failure::new(ErrorKind::Redirect, format!("the server redirects more than {MAX_REDIRECTS} times")))
    }

    /// Sends one request as it stands and reads its whole answer, whatever the status. Redirects are not followed.
    ///
    /// # Errors
    /// [`NoResponse`], which says whether the request can have been done.
    pub async fn send(&self, request: Request<'_>) -> Result<Reply, NoResponse> {
        let patience = self.patience();
        let max_bytes = request.max_bytes;
        let response = self.exchange(request, patience).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let page = self.page(max_bytes, response, patience).map_err(NoResponse::unknown)?;
        // What a server announces is believed up to a point: memory is only taken as it is filled.
        let announced = page.length.unwrap_or(0).min(ANNOUNCED);
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        let clock_skew = page.clock_skew;
        let mut keep = |bytes: &[u8]| {
            body.extend_from_slice(bytes);
            Ok(())
        };
        page.read(&mut keep).await.map_err(NoResponse::unknown)?;
        let wait = self.wait(&headers);
        Ok(Reply { status, headers, body, clock_skew, wait })
    }

    async fn get_once(&self, ask: &Ask<'_>, url: &Url, patience: Deadlines) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::new(Method::GET, url).with(ACCEPT, "text/calendar, */*;q=0.5")?;
        if let Some(login) = ask.login.filter(|_| address::may_carry_login(ask.url, url)) {
            request = request.with_login(login)?;
        }
        for (name, value) in [(IF_NONE_MATCH, ask.etag), (IF_MODIFIED_SINCE, ask.last_modified)] {
            if let Some(value) = value {
                request = request.with(name, value)?;
            }
        }
        Ok(self.exchange(request, patience).await?)
    }

    /// Sends a request, and waits for the head of its answer.
    async fn exchange(&self, request: Request<'_>, patience: Deadlines) -> Result<Response<Incoming>, NoResponse> {
        let connections = self.connections().map_err(NoResponse::not_sent)?;
        let outgoing = outgoing(request).map_err(NoResponse::not_sent)?;
        match timeout(patience.next(), connections.request(outgoing)).await {
            Ok(answer) => answer.map_err(|error| error::unanswered(&error)),
            Err(_) => Err(NoResponse::unknown(error::too_slow())),
        }
    }

    fn patience(&self) -> Deadlines {
        Deadlines { idle: self.settings.idle_timeout, deadline: Instant::now() + self.settings.total_timeout }
    }

    fn connections(&self) -> Result<&Connections, Failure> {
        if let Some(connections) = self.inner.get() {
            return Ok(connections);
        }
        let connector = Connector::new(self.settings.connect_timeout, self.settings.https_proxy.as_deref())?;
        Ok(self.inner.get_or_init(|| connections(connector)))
    }

    /// A 304 that nobody asked for says nothing, so that it must not count as a good read.
    fn not_modified(&self, ask: &Ask<'_>, headers: &HeaderMap) -> Result<Answer, Failure> {
        if ask.etag.is_none() && ask.last_modified.is_none() {
            return Err(Failure::new(ErrorKind::Server, "the server answered 304 to a request without conditions"));
        }
        Ok(Answer::Unchanged { clock_skew: self.skew(headers) })
    }

    fn page(&self, max_bytes: u64, response: Response<Incoming>, patience: Deadlines) -> Result<Box<Page>, Failure> {
        let headers = response.headers();
        let coding = text(headers, &CONTENT_ENCODING).map(|coding| coding.trim().to_ascii_lowercase());
        let decoder = match coding.as_deref() {
            None | Some("" | "identity") => Decoder::new(max_bytes),
            Some("gzip" | "x-gzip") => Decoder::gzip(max_bytes),
            Some(_) => {
                return Err(Failure::new(
                    ErrorKind::Server,
                    "the server compressed its answer in a way that was not requested",
                ));
            }
        };
        let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if length.is_some_and(|length: u64| length > max_bytes) {
            return Err(decoder::too_large(max_bytes));
        }
        let grant = response.extensions().get::<Meter>().map(Meter::grant);
        Ok(Box::new(Page {
            etag: validator(headers, &ETAG),
            last_modified: validator(headers, &LAST_MODIFIED),
            clock_skew: self.skew(headers),
            length,
            decoder,
            patience,
            grant,
            body: response.into_body(),
        }))
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap) -> Failure {
        error::of_status(status, self.wait(headers))
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
            let patience = self.patience.next();
            // A timeout looks at what it waits for first: a body that always has more would never let it run out.
            if patience.is_zero() {
                return Err(error::too_slow());
            }
            let frame = timeout(patience, self.body.frame()).await.map_err(|_| error::too_slow())?;
            match frame {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.grant.iter().for_each(|grant| grant.extend(bytes.len()));
                        self.decoder.push(&bytes, sink)?;
                    }
                }
                None => {
                    drop(self.grant);
                    return self.decoder.finish(sink);
                }
                Some(Err(error)) => return Err(error::of_error(&error, Phase::Reading)),
            }
        }
    }
}

/// A request with what every request says.
fn outgoing(request: Request<'_>) -> Result<http::Request<Full<Bytes>>, Failure> {
    let unusable = || Failure::new(ErrorKind::Config, "no request can be made with this address or login");
    let mut url = request.url.clone();
    url.set_fragment(None);
    let uri: Uri = url.as_str().parse().map_err(|_| unusable())?;
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("cadenced/", env!("CARGO_PKG_VERSION"))));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.extend(request.headers);
    let mut outgoing = http::Request::new(Full::new(Bytes::from(request.body)));
    (*outgoing.method_mut(), *outgoing.uri_mut(), *outgoing.headers_mut()) = (request.method, uri, headers);
    Ok(outgoing)
}

fn connections(connector: Connector) -> Connections {
    // It fails only where a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .pool_max_idle_per_host(1)
        .build(connector)
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
