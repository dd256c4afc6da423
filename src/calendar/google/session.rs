//! An account's access token: shared by all its calendars, and refreshed by one of them at a time.

use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use http::header::{IF_MATCH, USER_AGENT};
use jiff::{SignedDuration, Timestamp};

use super::client::{Endpoints, client_id};
use super::errors::Refusal;
use super::oauth::{Granted, OAuth};
use super::token_store::{Kept, TokenStore, fingerprint, remedy};
use super::wire::Call;
use super::{scopes, service};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::Client;
use crate::calendar::http::request::{NoResponse, Reply, Request};
use crate::config::{Access, Google, GoogleClient, Secret, document};

/// Google packs its answers only for programs that have this word in their name, whatever they say that they accept.
const NAME: &str = concat!("cadenced/", env!("CARGO_PKG_VERSION"), " (gzip)");

/// An access token is not used in the last minute of its life: it has to arrive.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// Sign-ins that Google ends after about so long were made with a client in testing.
const TESTING: std::ops::Range<SignedDuration> =
    SignedDuration::from_hours(7 * 24 - 6)..SignedDuration::from_hours(9 * 24);

/// The session of one account, shared by its calendars.
pub struct Session {
    account: String,
    access: Access,
    google: Google,
    vault: TokenStore,
    http: Arc<Client>,
    /// Whoever holds this renews the token; the others wait and then find it renewed.
    token: tokio::sync::Mutex<Token>,
}

#[derive(Default)]
struct Token {
    current: Option<Current>,
    /// The sign-in that Google no longer accepts, and what was said of it: it is not tried again.
    ended: Option<(String, Failure)>,
}

#[derive(Clone)]
struct Current {
    secret: Secret,
    until: Timestamp,
}

impl Session {
    /// The session of an account of the profile that has its data in `folder`. Nothing is asked yet.
    pub fn new(account: &str, access: Access, google: &Google, http: Arc<Client>, folder: &Path) -> Self {
        Self {
            account: account.to_owned(),
            access,
            google: google.clone(),
            vault: TokenStore::new(account, google.tokens, folder),
            http,
            token: tokio::sync::Mutex::default(),
        }
    }

    /// Where Google is.
    ///
    /// # Errors
    /// `Config`, for a server of the config that cannot be one.
    pub fn endpoints(&self) -> Result<Endpoints, Failure> {
        Endpoints::of(self.google.server.as_ref())
    }

    /// The token endpoint, as the client of the config.
    ///
    /// # Errors
    /// `Config`, where there is no such client.
    pub async fn oauth(&self) -> Result<OAuth, Failure> {
        let client = client_id(&self.google.client).await?;
        Ok(OAuth::new(client, &self.endpoints()?, Arc::clone(&self.http)))
    }

    /// Where the sign-in is kept.
    pub fn vault(&self) -> &TokenStore {
        &self.vault
    }

    /// What may be done with the account.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The present, as the HTTP client has it.
    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// Makes a call, signed in. A token that Google does not take is renewed once: a 401 has done nothing.
    ///
    /// # Errors
    /// [`NoResponse`], which says whether the call can have been done.
    pub async fn call(&self, call: &Call) -> Result<Reply, NoResponse> {
        let token = self.token(None).await.map_err(NoResponse::not_sent)?;
        let reply = self.send(call, &token).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let token = self.token(Some(&token)).await.map_err(NoResponse::not_sent)?;
        self.send(call, &token).await
    }

    /// Makes a call that reads.
    ///
    /// # Errors
    /// [`Failure`], by what was answered or why nothing was; a missing sign-in with its remedy.
    pub async fn read(&self, call: &Call) -> Result<Reply, Failure> {
        let reply = self.call(call).await?;
        Refusal::of(&reply).map_or(Ok(reply), |refusal| Err(self.refused(&refusal)))
    }

    /// What a refusal means to a reader, with what to do about a missing sign-in.
    pub fn refused(&self, refusal: &Refusal) -> Failure {
        self.with_remedy(refusal.reading())
    }

    async fn send(&self, call: &Call, token: &Secret) -> Result<Reply, NoResponse> {
        let request = outgoing(call, token).map_err(NoResponse::not_sent)?;
        self.http.send(request).await
    }

    /// An access token other than `bad`.
    async fn token(&self, bad: Option<&Secret>) -> Result<Secret, Failure> {
        let mut token = self.token.lock().await;
        let last = self.now().saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        let good = token.current.as_ref().filter(|current| current.until > last && Some(&current.secret) != bad);
        if let Some(current) = good {
            return Ok(current.secret.clone());
        }
        let fresh = self.renew(&mut token).await?;
        Ok(token.current.insert(fresh).secret.clone())
    }

    async fn renew(&self, token: &mut Token) -> Result<Current, Failure> {
        if let GoogleClient::ServiceAccount { file, subject } = &self.google.client {
            let endpoint = self.endpoints()?.token;
            let (secret, until) = service::token(file, subject, &endpoint, scopes::of(self.access), self.now()).await?;
            return Ok(Current { secret, until });
        }
        let kept = self.vault.load().await?;
        let kept = kept.ok_or_else(|| self.sign_in("nobody has signed in to this account yet"))?;
        let own = fingerprint(kept.refresh_token.expose().as_bytes());
        if let Some((ended, failure)) = &token.ended
            && *ended == own
        {
            return Err(failure.clone());
        }
        match self.oauth().await?.refresh(&kept.refresh_token).await {
            Ok(granted) => {
                tracing::debug!(account = %self.account, "the access token was renewed");
                self.keep_newer(&kept, &granted).await;
                Ok(Current { secret: granted.access_token, until: granted.until })
            }
            Err(failure) if failure.kind == ErrorKind::SignIn => {
                let failure = self.with_remedy(self.with_cause(failure, &kept));
                token.ended = Some((own, failure.clone()));
                token.current = None;
                Err(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Keeps a refresh token that came in the place of the old one. If it cannot be kept, the old one may still do.
    async fn keep_newer(&self, kept: &Kept, granted: &Granted) {
        let newer = granted.refresh_token.as_ref().filter(|token| **token != kept.refresh_token);
        if let Some(refresh_token) = newer {
            let kept = Kept { refresh_token: refresh_token.clone(), until: granted.refresh_until, ..kept.clone() };
            if let Err(failure) = self.vault.save(&kept).await {
                tracing::warn!(account = %self.account, detail = %failure.detail, "the new sign-in could not be \
                                                                                   stored");
            }
        }
    }

    /// Says so where a sign-in ended because its client is in testing.
    fn with_cause(&self, failure: Failure, kept: &Kept) -> Failure {
        let ended = kept.until.is_some_and(|until| until <= self.now());
        let lasted = self.now().duration_since(kept.since);
        if ended || TESTING.contains(&lasted) {
            let detail = format!(
                "{}; Google ends sign-ins after 7 days while the client is in testing: publish it, as {} says",
                failure.detail,
                document("google.md")
            );
            return Failure { detail, ..failure };
        }
        failure
    }

    fn with_remedy(&self, failure: Failure) -> Failure {
        if failure.kind == ErrorKind::SignIn && !matches!(self.google.client, GoogleClient::ServiceAccount { .. }) {
            return self.sign_in(&failure.detail);
        }
        failure
    }

    fn sign_in(&self, why: &str) -> Failure {
        Failure::new(ErrorKind::SignIn, format!("{why}; {}", remedy(&self.account)))
    }
}

fn outgoing<'a>(call: &'a Call, token: &Secret) -> Result<Request<'a>, Failure> {
    let mut request = Request::new(call.method.clone(), &call.url).with_bearer(token)?.with(USER_AGENT, NAME)?;
    if let Some(etag) = &call.if_match {
        request = request.with(IF_MATCH, etag)?;
    }
    match &call.body {
        Some(body) => request.with_body("application/json", body.to_string()),
        None => Ok(request),
    }
}
