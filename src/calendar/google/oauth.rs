//! The token endpoint: exchanges codes and refresh tokens for access tokens (RFC 6749 4.1.3, 6; RFC 7636).

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::client::{ClientId, Endpoints};
use super::scopes::Scope;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::Client;
use crate::calendar::http::request::Request;
use crate::config::Secret;

/// How long an access token lasts where Google does not say.
const USUAL_LIFE: Duration = Duration::from_mins(10);

/// What Google says of tokens besides the standard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct GoogleTokenFields {
    /// How many seconds the refresh token lasts; only where it does not last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token_expires_in: Option<u64>,
}

impl ExtraTokenFields for GoogleTokenFields {}

type Tokens = StandardTokenResponse<GoogleTokenFields, BasicTokenType>;

type Inner = oauth2::Client<
    BasicErrorResponse,
    Tokens,
    oauth2::basic::BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    oauth2::basic::BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What Google gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What calls are signed with.
    pub access_token: Secret,
    /// When they came.
    pub now: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// What the next one is given for; comes with the sign-in, and seldom later.
    pub refresh_token: Option<Secret>,
    /// When that ends, where Google says that it does.
    pub refresh_until: Option<Timestamp>,
    /// What was granted; none where Google does not say.
    pub scopes: Option<Vec<String>>,
}

/// Asks for tokens as one client.
pub struct OAuth {
    inner: Inner,
    http: Arc<Client>,
    revoke: Url,
}

/// What a user is sent to sign in with, and what has to fit when they come back.
pub struct Consent {
    /// The page to open.
    pub page: Url,
    /// What the answer must carry.
    pub state: String,
    /// Proves that the code was given to us.
    pub verifier: PkceCodeVerifier,
}

/// Our own failures, in the form that oauth2 takes.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub struct Broken(Failure);

impl OAuth {
    /// For this client.
    pub fn new(client: ClientId, endpoints: &Endpoints, http: Arc<Client>) -> Self {
        let mut inner = oauth2::Client::new(oauth2::ClientId::new(client.id))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(endpoints.consent.clone()))
            .set_token_uri(TokenUrl::from_url(endpoints.token.clone()));
        if let Some(secret) = client.secret {
            inner = inner.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        Self { inner, http, revoke: endpoints.revoke.clone() }
    }

    /// A page for this user to sign in on, coming back to `redirect`.
    pub fn consent(&self, redirect: &Url, scopes: &[Scope]) -> Consent {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let redirect = RedirectUrl::from_url(redirect.clone());
        let (page, state) = self
            .inner
            .authorize_url(CsrfToken::new_random)
            .set_redirect_uri(std::borrow::Cow::Owned(redirect))
            .add_scopes(scopes.iter().map(|scope| oauth2::Scope::new(scope.name())))
            .set_pkce_challenge(challenge)
            // Without these two, Google gives a refresh token only the first time that it is asked.
            .add_extra_param("access_type", "offline")
            .add_extra_param("prompt", "consent")
            .url();
        Consent { page, state: state.into_secret(), verifier }
    }

    /// Turns a code into tokens.
    ///
    /// # Errors
    /// `SignIn` where Google refuses, and those of the network.
    pub async fn redeem(&self, code: String, verifier: PkceCodeVerifier, redirect: &Url) -> Result<Granted, Failure> {
        let redirect = RedirectUrl::from_url(redirect.clone());
        let request = self
            .inner
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(verifier)
            .set_redirect_uri(std::borrow::Cow::Owned(redirect));
        let answered = request.request_async(self).await;
        answered.map(|tokens| self.granted(&tokens)).map_err(of_error)
    }

    /// A new access token for a refresh token.
    ///
    /// # Errors
    /// `SignIn` where Google refuses; and those of the network, which say nothing of the sign-in.
    pub async fn refresh(&self, token: &Secret) -> Result<Granted, Failure> {
        let token = RefreshToken::new(token.expose().to_owned());
        let answered = self.inner.exchange_refresh_token(&token).request_async(self).await;
        answered.map(|tokens| self.granted(&tokens)).map_err(of_error)
    }

    /// Gives a token back, and with it all that was granted (RFC 7009).
    ///
    /// # Errors
    /// Those of the network; a token that was no longer valid is none.
    pub async fn revoke(&self, token: &Secret) -> Result<(), Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose()).finish();
        let request = Request::new(Method::POST, &self.revoke).with_body("application/x-www-form-urlencoded", body)?;
        let reply = self.http.send(request).await?;
        if reply.status.is_success() || reply.status.as_u16() == 400 { Ok(()) } else { Err(reply.failure()) }
    }

    /// Sends a request of oauth2 through our own client.
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Broken> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string())
            .map_err(|_| Broken(Failure::new(ErrorKind::Config, "the token endpoint has no address")))?;
        let outgoing = Request { headers: head.headers, body, ..Request::new(head.method, &url) };
        let reply = self.http.send(outgoing).await.map_err(|unanswered| Broken(unanswered.failure))?;
        // These say nothing of the sign-in, whatever stands in their body.
        if reply.status.is_server_error() || reply.status.as_u16() == 429 {
            return Err(Broken(reply.failure()));
        }
        let mut response = HttpResponse::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }

    fn granted(&self, tokens: &Tokens) -> Granted {
        let now = self.http.now();
        let after = |life: Duration| now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let scopes = tokens.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect());
        Granted {
            access_token: Secret::new(tokens.access_token().secret()),
            now,
            until: after(tokens.expires_in().unwrap_or(USUAL_LIFE)),
            refresh_token: tokens.refresh_token().map(|token| Secret::new(token.secret())),
            refresh_until: tokens.extra_fields().refresh_token_expires_in.map(Duration::from_secs).map(after),
            scopes,
        }
    }
}

impl<'c> AsyncHttpClient<'c> for OAuth {
    type Error = Broken;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Broken>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// What an error means. Its own texts are not used: a server may put anything into them.
fn of_error(error: RequestTokenError<Broken, BasicErrorResponse>) -> Failure {
    match error {
        RequestTokenError::Request(Broken(failure)) => failure,
        RequestTokenError::ServerResponse(refused) => of_refusal(refused.error()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Failure::new(
            ErrorKind::NotACalendar,
            "the answer is not from Google's sign-in service; does this network require a sign-in first?",
        ),
    }
}

fn of_refusal(error: &BasicErrorResponseType) -> Failure {
    let detail = match error {
        BasicErrorResponseType::InvalidGrant => "Google no longer accepts the sign-in (invalid_grant)",
        BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
            "Google does not know the client of the config, or its secret is wrong (invalid_client)"
        }
        _ => "Google refused the sign-in",
    };
    Failure::new(ErrorKind::SignIn, detail)
}
