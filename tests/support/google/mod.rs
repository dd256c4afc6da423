//! A stateful fake of Google Calendar API v3 and of Google's OAuth 2.0, on 127.0.0.1, with its own clock.
//!
//! It follows the documentation, and where that leaves something open, what was reported of the real one. Two things
//! are its own: access tokens live by its clock, and what was asked of it can be looked at.

mod acting;
mod copies;
pub mod encodings;
mod events;
mod faults;
mod freebusy;
mod instances;
mod lists;
mod oauth;
mod paging;
mod patching;
mod refusal;
pub mod state;
mod times;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use acting::Acting;
pub use faults::Fault;
pub use oauth::{CLIENT, Consent};
pub use state::{Mail, Role, Settings};
pub use wire::Request;

use state::World;

/// The scope that holds everything.
pub const FULL: &str = "https://www.googleapis.com/auth/calendar";

/// The server; it ends when this is dropped.
pub struct Fake {
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Listens on a free port and answers from then on; there are no users yet, and it is Monday, 2026-11-02, 08:00 UTC.
    pub async fn start() -> Self {
        Self::listening("127.0.0.1:0").await
    }

    /// The same at this address.
    pub async fn listening(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World::new(&base, "2026-11-02T08:00:00Z".parse().unwrap())));
        let shared = Arc::clone(&world);
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(wire::converse(stream, Arc::clone(&shared)));
            }
        });
        Self { world, task }
    }

    /// `http://127.0.0.1:PORT`, in front of `/calendar/v3/…`, `/o/oauth2/v2/auth`, `/token` and `/revoke`.
    pub fn url(&self) -> String {
        self.world().base.clone()
    }

    /// A user with a primary calendar in this zone.
    pub fn add_user(&self, address: &str, zone: &str) {
        self.world().add_user(address, zone);
    }

    /// Another calendar: a second one of a user, or one of nobody (holidays).
    pub fn add_calendar(&self, id: &str, summary: &str, zone: &str, owner: Option<&str>) {
        self.world().add_calendar(id, summary, zone, owner);
    }

    /// Gives a user a role in a calendar, or takes it; this ends the sync tokens of that calendar.
    pub fn share(&self, calendar: &str, user: &str, role: Option<Role>) {
        self.world().grant(calendar, user, role);
    }

    /// Puts a calendar on a user's list or takes it off.
    pub fn list(&self, user: &str, calendar: &str, listed: bool) {
        self.world().list(user, calendar, listed);
    }

    /// A user at work on their primary calendar.
    pub fn as_user(&self, user: &str) -> Acting<'_> {
        Acting::new(self, user)
    }

    /// An access token with every scope.
    pub fn token(&self, user: &str) -> String {
        self.token_with(user, &[FULL])
    }

    /// An access token with these scopes.
    pub fn token_with(&self, user: &str, scopes: &[&str]) -> String {
        self.world().give_access(user, &owned(scopes), None)
    }

    /// A refresh token with these scopes.
    pub fn refresh_token(&self, user: &str, scopes: &[&str]) -> String {
        self.world().give_refresh(user, &owned(scopes))
    }

    /// Takes every grant from a user: 401 from now on, and `invalid_grant` for refresh tokens.
    pub fn revoke(&self, user: &str) {
        self.world().revoke(user);
    }

    /// What the user answers on the page of consent, so that nobody has to click.
    pub fn consent(&self, answer: Option<Consent>) {
        self.world().grants.answer = answer;
    }

    /// Whether refresh tokens die after seven days, as those of a project in testing.
    pub fn in_testing(&self, testing: bool) {
        self.world().grants.testing = testing;
    }

    /// How long access tokens live from now on, in seconds.
    pub fn expires_in(&self, seconds: i64) {
        self.world().grants.expires_in = seconds;
    }

    /// How many access tokens were given for refresh tokens.
    pub fn refreshes(&self) -> usize {
        self.world().grants.refreshes
    }

    pub fn now(&self) -> Timestamp {
        self.world().now
    }

    pub fn set_now(&self, now: Timestamp) {
        self.world().now = now;
    }

    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.world().settings);
    }

    pub fn fail(&self, fault: Fault) {
        self.world().faults.add(fault);
    }

    /// From now on each distinct request is carried out and not answered when it is made for the first time.
    pub fn lose_every_reply_once(&self) {
        self.world().faults.lose_every_reply_once();
    }

    /// Free/busy of this calendar is this error from now on, such as `notFound` or `groupTooBig`.
    pub fn busy_error(&self, calendar: &str, reason: Option<&str>) {
        if let Some(calendar) = self.world().calendars.get_mut(calendar) {
            calendar.busy_error = reason.map(str::to_owned);
        }
    }

    /// Every sync token is dead from now on; the 410 gives this reason (`fullSyncRequired`, `updatedMinTooLongAgo`).
    pub fn kill_sync_tokens(&self, reason: &str) {
        self.world().marks.kill(reason);
    }

    /// Every request so far, those that were refused or lost included.
    pub fn requests(&self) -> Vec<Request> {
        self.world().requests.clone()
    }

    pub fn forget_requests(&self) {
        self.world().requests.clear();
    }

    /// Every mail that Google would have sent.
    pub fn mails(&self) -> Vec<Mail> {
        self.world().mails.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
