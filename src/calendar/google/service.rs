//! Service accounts with domain-wide delegation (RFC 7523): exchanges a key for an access token, with yup-oauth2.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;
use url::Url;
use yup_oauth2::ServiceAccountAuthenticator;
use yup_oauth2::error::AuthErrorCode;

use super::client::service_key;
use super::scopes::Scope;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::config::{Secret, document};
use crate::domain::person::Address;

/// How long Google may take; yup-oauth2's own client would wait for ever.
const ANSWER: Duration = Duration::from_secs(30);

/// How long a token is used. It lasts an hour.
const LIFE: Duration = Duration::from_mins(50);

/// A token to act for `subject`, and until when it may be used.
///
/// # Errors
/// `Config` for a key that is none, `SignIn` where Google refuses, `Offline` where it does not answer.
pub async fn token(
    file: &Path,
    subject: &Address,
    endpoint: &Url,
    scopes: &[Scope],
    now: Timestamp,
) -> Result<(Secret, Timestamp), Failure> {
    let mut key = service_key(file).await?;
    // The address that is in the file is not used: Google has one.
    key.token_uri = endpoint.to_string();
    let signer = ServiceAccountAuthenticator::builder(key).subject(subject.as_str()).build().await;
    let signer = signer
        .map_err(|_| Failure::new(ErrorKind::Config, "the private key in the service account's key file is damaged"))?;
    let names: Vec<String> = scopes.iter().map(|scope| scope.name()).collect();
    let asked = timeout(ANSWER, signer.token(&names)).await;
    let token = asked.map_err(|_| offline())?.map_err(|error| of_error(&error))?;
    let token = token.token().ok_or_else(|| Failure::new(ErrorKind::Server, "Google gave no token"))?;
    Ok((Secret::new(token), now.saturating_add(LIFE).unwrap_or(Timestamp::MAX)))
}

fn of_error(error: &yup_oauth2::Error) -> Failure {
    match error {
        yup_oauth2::Error::HttpError(_) | yup_oauth2::Error::HttpClientError(_) => offline(),
        yup_oauth2::Error::AuthError(refused) => {
            let page = document("google.md");
            let hint = match refused.error {
                AuthErrorCode::UnauthorizedClient => {
                    format!("the domain's administrator has not delegated these scopes to it: see {page}")
                }
                AuthErrorCode::InvalidGrant => {
                    "is the key still valid, is the subject in its domain, and is the clock of this machine right?"
                        .to_owned()
                }
                _ => format!("{page} says what it needs"),
            };
            Failure::new(ErrorKind::SignIn, format!("Google refused the service account; {hint}"))
        }
        _ => Failure::new(ErrorKind::Server, "Google's answer to the service account could not be understood"),
    }
}

fn offline() -> Failure {
    Failure::new(ErrorKind::Offline, "Google's sign-in cannot be reached")
}
