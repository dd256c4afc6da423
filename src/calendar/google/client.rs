//! The OAuth client and Google's endpoints.

use std::path::Path;

use url::Url;
use yup_oauth2::ServiceAccountKey;

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::secret;
use crate::config::{GoogleClient, Secret, document};

/// Where Google is asked what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Calendar API v3.
    pub api: Url,
    /// The page on which a user signs in.
    pub consent: Url,
    /// Where tokens are given.
    pub token: Url,
    /// Where tokens are given back.
    pub revoke: Url,
}

/// A client of the kind "desktop app". Its secret is none, says Google, and is sent anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: Option<Secret>,
}

impl Endpoints {
    /// Google itself, or a server on this machine in its place.
    ///
    /// # Errors
    /// `Config` for a server below which nothing can be.
    pub fn of(server: Option<&Url>) -> Result<Self, Failure> {
        let at = |own: &str, path: &str| {
            let url = server.map_or_else(|| Url::parse(own), |server| server.join(path));
            url.map_err(|_| Failure::new(ErrorKind::Config, "`server` cannot be used as a base address"))
        };
        Ok(Self {
            api: at("https://www.googleapis.com/calendar/v3/", "calendar/v3/")?,
            consent: at("https://accounts.google.com/o/oauth2/v2/auth", "o/oauth2/v2/auth")?,
            token: at("https://oauth2.googleapis.com/token", "token")?,
            revoke: at("https://oauth2.googleapis.com/revoke", "revoke")?,
        })
    }
}

/// The client that the config names. The addresses that stand in a client file are not used: Google has one of each.
///
/// # Errors
/// `Config`, where the file is not there or is none of a desktop app; and those of the secret.
pub async fn client_id(client: &GoogleClient) -> Result<ClientId, Failure> {
    match client {
        GoogleClient::File(file) => {
            let read = yup_oauth2::read_application_secret(file).await;
            let read = read.map_err(|error| unusable(file, "client file", &error))?;
            Ok(ClientId { id: read.client_id, secret: Some(Secret::new(read.client_secret)) })
        }
        GoogleClient::Id { id, secret } => {
            let secret = match secret {
                Some(source) => Some(secret::read(source).await?),
                None => None,
            };
            Ok(ClientId { id: id.clone(), secret })
        }
        GoogleClient::ServiceAccount { .. } => {
            Err(Failure::new(ErrorKind::Config, "a service account needs no sign-in: it has a key file"))
        }
    }
}

/// The key of a service account.
///
/// # Errors
/// `Config`, where the file is not there or is none.
pub async fn service_key(file: &Path) -> Result<ServiceAccountKey, Failure> {
    yup_oauth2::read_service_account_key(file).await.map_err(|error| unusable(file, "key file", &error))
}

fn unusable(file: &Path, what: &str, error: &std::io::Error) -> Failure {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        std::io::ErrorKind::InvalidData => "is not a file from Google's console".to_owned(),
        kind => format!("cannot be read ({kind})"),
    };
    let file = file.display();
    Failure::new(ErrorKind::Config, format!("the {what} {file} {why}; {} says how to get one", document("google.md")))
}
