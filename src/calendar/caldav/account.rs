//! One login at a `CalDAV` server: its credentials, the headers it sends, and the hosts it may be sent to.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::discovery::{self, Principal};
use super::href;
use super::replies::{self, Multistatus};
use super::requests::Question;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::Client;
use crate::calendar::http::address::Login;
use crate::calendar::http::request::{Fate, NoResponse, Reply, Request};
use crate::calendar::secret;
use crate::config::{CalDav, DavLogin, Secret};
use crate::domain::person::Address;

/// How many redirects are followed before the server is taken to run in circles.
const MAX_REDIRECTS: usize = 5;

/// How many times longer a read of many requests may take than one request.
const READS_LONGER: u32 = 6;

/// Within this time a connection that breaks was most likely broken before.
const AT_ONCE: Duration = Duration::from_secs(2);

/// One login at one server, shared by its calendars.
pub struct Account {
    client: Arc<Client>,
    server: String,
    login: DavLogin,
    owner: Vec<Address>,
    /// The first address that is asked; the login is for its host.
    start: Option<Url>,
    /// Kept between reads, so that a password store is not asked at every poll.
    key: Mutex<Option<Arc<Key>>>,
    principal: Mutex<Option<Arc<Principal>>>,
}

/// What signs a request.
enum Key {
    Basic(Login),
    Bearer(Secret),
}

impl Account {
    /// The login of the config; nothing is asked yet. `owner` is who the owner is besides what the server says.
    pub fn new(settings: &CalDav, client: Arc<Client>, owner: Vec<Address>) -> Self {
        Self {
            client,
            server: settings.server.clone(),
            login: settings.login.clone(),
            owner,
            start: discovery::start(&settings.server),
            key: Mutex::new(None),
            principal: Mutex::new(None),
        }
    }

    /// What was set as the server.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// The name that is signed in with; empty for a token.
    pub(super) fn username(&self) -> &str {
        match &self.login {
            DavLogin::Basic(login) => &login.username,
            DavLogin::Bearer(_) => "",
        }
    }

    /// The longest that all the requests of one read may take together.
    pub(super) fn most_time(&self) -> Duration {
        self.client.most_time() * READS_LONGER
    }

    /// The present, by this machine's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.client.now()
    }

    /// Where to start looking.
    ///
    /// # Errors
    /// `Config`, where the server's name is none.
    pub(super) fn start(&self) -> Result<&Url, Failure> {
        self.start.as_ref().ok_or_else(|| Failure::new(ErrorKind::Config, "`server` has no host name"))
    }

    /// Whether an address means the owner, by the config or by the server.
    pub(super) async fn is_owner(&self, address: &Address) -> bool {
        let principal = self.principal.lock().await.clone();
        self.owner.contains(address) || principal.is_some_and(|principal| principal.addresses.contains(address))
    }

    /// What the server says of who is signed in; looked up once.
    ///
    /// # Errors
    /// [`Failure`], as discovery has it.
    pub(super) async fn principal(&self) -> Result<Arc<Principal>, Failure> {
        let mut known = self.principal.lock().await;
        if let Some(principal) = known.as_ref() {
            return Ok(Arc::clone(principal));
        }
        let found = Arc::new(discovery::find(self).await?);
        Ok(Arc::clone(known.insert(found)))
    }

    /// Forgets where things are, so that the next read looks again.
    pub(super) async fn forget(&self) {
        *self.principal.lock().await = None;
    }

    /// Asks a question and follows redirects to where the login may go; returns the answer and where it came from.
    ///
    /// # Errors
    /// [`Failure`], where no answer came or a redirect must not be followed. A refusal is an answer.
    pub(super) async fn ask(&self, url: &Url, question: &Question, max_bytes: u64) -> Result<(Url, Reply), Failure> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = || {
                let mut request = Request::new(question.method.clone(), &url)
                    .with_body("application/xml; charset=utf-8", question.body.as_bytes())?;
                request.max_bytes = max_bytes;
                if let Some(depth) = question.depth {
                    request.headers.insert(HeaderName::from_static("depth"), HeaderValue::from_static(depth));
                }
                Ok(request)
            };
            let reply = self.send_question(request).await?;
            match reply.redirect(&url, false)? {
                None => return Ok((url, reply)),
                Some(to) if href::may_follow(self.start()?, &to) => url = to,
                Some(_) => {
                    let why = "the server redirects to another host, and the password must not go there; if that \
                               host is right, set it as `server`";
                    return Err(Failure::new(ErrorKind::Redirect, why));
                }
            }
        }
        Err(Failure::new(ErrorKind::Redirect, format!("the server redirects more than {MAX_REDIRECTS} times")))
    }

    /// Asks a question whose answer is a multistatus.
    ///
    /// # Errors
    /// [`Failure`], also for every status but 207.
    pub(super) async fn look_up(
        &self,
        url: &Url,
        question: &Question,
        max_bytes: u64,
    ) -> Result<(Reply, Multistatus), Failure> {
        let (_, mut reply) = self.ask(url, question, max_bytes).await?;
        let told = multistatus(&mut reply).await?;
        Ok((reply, told))
    }

    /// Sends a request that changes nothing, and once more where the connection broke at once: it may have been an old one that the server
    /// had closed already.
    ///
    /// # Errors
    /// [`Failure`], where no answer came.
    pub(super) async fn send_question<'a>(
        &self,
        request: impl Fn() -> Result<Request<'a>, Failure>,
    ) -> Result<Reply, Failure> {
        let began = Instant::now();
        let broke = |why: &NoResponse| {
            let has_broken = matches!(why.failure.kind, ErrorKind::Offline | ErrorKind::Truncated);
            has_broken && why.fate == Fate::Unknown && began.elapsed() < AT_ONCE
        };
        match self.send(request()?).await {
            Err(why) if broke(&why) => Ok(self.send(request()?).await?),
            result => Ok(result?),
        }
    }

    /// Sends one request with the login, where that may go.
    ///
    /// # Errors
    /// [`NoResponse`], which says whether the request can have been done.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Reply, NoResponse> {
        let not_sent = |failure| NoResponse { failure, fate: Fate::NotSent };
        if !href::may_be_home(self.start().map_err(not_sent)?, request.url) {
            let why = "the server keeps its calendars on another host, and the password must not go there; if that \
                       host is right, set it as `server`";
            return Err(not_sent(Failure::new(ErrorKind::Redirect, why)));
        }
        let key = self.key().await.map_err(not_sent)?;
        let signed = match key.as_ref() {
            Key::Basic(login) => request.with_login(login),
            Key::Bearer(token) => request.with_bearer(token),
        };
        let reply = self.client.send(signed.map_err(not_sent)?).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            // The next request asks for the secret again: it may have been replaced.
            *self.key.lock().await = None;
        }
        Ok(reply)
    }

    async fn key(&self) -> Result<Arc<Key>, Failure> {
        let mut kept = self.key.lock().await;
        if let Some(key) = kept.as_ref() {
            return Ok(Arc::clone(key));
        }
        let key = match &self.login {
            DavLogin::Basic(login) => {
                Key::Basic(Login { username: login.username.clone(), password: secret::read(&login.password).await? })
            }
            DavLogin::Bearer(token) => Key::Bearer(secret::read(token).await?),
        };
        Ok(Arc::clone(kept.insert(Arc::new(key))))
    }
}

/// The multistatus of an answer, whose body it takes.
///
/// # Errors
/// [`Failure`], also for every status but 207.
pub(super) async fn multistatus(reply: &mut Reply) -> Result<Multistatus, Failure> {
    let body = body_of_multistatus(reply)?;
    aside(move || replies::multistatus(&body)).await?
}

/// The body of an answer that is a multistatus.
///
/// # Errors
/// [`Failure`] for every status but 207.
pub(super) fn body_of_multistatus(reply: &mut Reply) -> Result<Vec<u8>, Failure> {
    match reply.status {
        StatusCode::MULTI_STATUS => Ok(mem::take(&mut reply.body)),
        status if status.is_success() => {
            Err(Failure::new(ErrorKind::NotACalendar, "the server answers, but not as a CalDAV server does"))
        }
        _ => Err(reply.failure()),
    }
}

/// Does work whose length an answer decides where nothing else waits for it: on a thread of its own, beside the runtime's one.
///
/// # Errors
/// `Local`, where it broke off.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Failure::new(ErrorKind::Local, "the server's answer could not be read completely"))
}
