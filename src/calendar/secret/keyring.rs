//! The desktop's keyring (Secret Service): items with the attributes `application=cadenced` and `key`.

use std::time::Duration;

use oo7::dbus::{Item, Service};
use tokio::time::timeout;

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::config::Secret;

/// How long the keyring may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a user may take to unlock it.
const UNLOCKING: Duration = Duration::from_mins(2);

/// Why the keyring does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing on the session bus keeps secrets.
    #[error("there is no keyring (no Secret Service on the session bus)")]
    Absent,
    /// It is there and does not answer in time.
    #[error("the keyring does not answer; is a Secret Service running?")]
    Silent,
    /// The secret is in a locked collection.
    #[error("the keyring is locked; unlock it, and the next read can use it")]
    Locked,
    /// The secret of this key may be in a locked collection; it is in no open one.
    #[error("a keyring is locked, and the open ones hold no secret `{0}`; unlock it")]
    MaybeLocked(String),
    /// It was to be unlocked, and its user did not.
    #[error("the keyring stayed locked; unlock it first")]
    StayedLocked,
    /// It cannot be searched.
    #[error("the keyring cannot be read")]
    Unreadable,
    /// It refuses to give the secret out.
    #[error("the keyring did not return the secret; unlock it first")]
    Withheld,
    /// It refuses to take the secret.
    #[error("the keyring did not store the secret; unlock it first")]
    NotTaken,
    /// It refuses to forget the secret.
    #[error("the keyring did not delete the secret; unlock it first")]
    NotForgotten,
    /// The secret of this key is no text.
    #[error("the keyring's secret `{0}` is not text")]
    NotText(String),
}

impl Error {
    /// Whether unlocking the keyring is what helps.
    pub const fn wants_unlocking(&self) -> bool {
        match self {
            Self::Locked
            | Self::MaybeLocked(_)
            | Self::StayedLocked
            | Self::Withheld
            | Self::NotTaken
            | Self::NotForgotten => true,
            Self::Absent | Self::Silent | Self::Unreadable | Self::NotText(_) => false,
        }
    }
}

impl From<Error> for Failure {
    /// Whatever the keyring lacks, a sign-in is what is missing.
    fn from(error: Error) -> Self {
        Self::new(ErrorKind::SignIn, error.to_string())
    }
}

/// The secret of a key; none where the keyring holds none. It is never asked to unlock itself: a prompt at every poll would nag.
///
/// # Errors
/// Where there is no keyring, or a locked one that may hold it.
pub async fn look_up(key: &str) -> Result<Option<Secret>, Error> {
    timeout(ANSWER, look_up_in_time(key)).await.unwrap_or(Err(Error::Silent))
}

/// Keeps a secret under a key, in the place of an older one. A locked keyring asks its user to unlock it.
///
/// # Errors
/// Where there is no keyring, or it stays locked.
pub async fn keep(key: &str, label: &str, secret: &Secret) -> Result<(), Error> {
    let service = service().await?;
    let refused = |_| Error::NotTaken;
    let collection =
        timeout(ANSWER, service.default_collection()).await.map_err(|_| Error::Silent)?.map_err(refused)?;
    if collection.is_locked().await.unwrap_or(true) {
        let asked = timeout(UNLOCKING, collection.unlock(None)).await;
        asked.map_err(|_| Error::StayedLocked)?.map_err(refused)?;
    }
    let attributes = attributes(key);
    let created = collection.create_item(label, &attributes, secret.expose(), true, None);
    timeout(ANSWER, created).await.map_err(|_| Error::Silent)?.map_err(refused)?;
    Ok(())
}

/// Forgets the secret of a key, if there is one.
///
/// # Errors
/// Where there is no keyring, or it does not let go.
pub async fn forget(key: &str) -> Result<(), Error> {
    let service = service().await?;
    let forgetting = async {
        while let Some(item) = find(&service, key).await? {
            item.delete(None).await.map_err(|_| Error::NotForgotten)?;
        }
        Ok(())
    };
    timeout(UNLOCKING, forgetting).await.unwrap_or(Err(Error::Silent))
}

async fn look_up_in_time(key: &str) -> Result<Option<Secret>, Error> {
    let service = service().await?;
    let Some(item) = find(&service, key).await? else { return Ok(None) };
    if item.is_locked().await.unwrap_or(true) {
        return Err(Error::Locked);
    }
    let secret = item.secret().await.map_err(|_| Error::Withheld)?;
    let text = std::str::from_utf8(secret.as_bytes());
    text.map(|text| Some(Secret::new(text))).map_err(|_| Error::NotText(key.to_owned()))
}

async fn service() -> Result<Service, Error> {
    let found = timeout(ANSWER, Service::new()).await.map_err(|_| Error::Silent)?;
    found.map_err(|_| Error::Absent)
}

/// The item of this key, in whichever collection it lies: people keep more than the default one.
async fn find(service: &Service, key: &str) -> Result<Option<Item>, Error> {
    let unreadable = |_| Error::Unreadable;
    let mut locked = false;
    for collection in service.collections().await.map_err(unreadable)? {
        locked |= collection.is_locked().await.unwrap_or(false);
        let found = collection.search_items(&attributes(key)).await.map_err(unreadable)?;
        if let Some(item) = found.into_iter().next() {
            return Ok(Some(item));
        }
    }
    if locked {
        return Err(Error::MaybeLocked(key.to_owned()));
    }
    Ok(None)
}

fn attributes(key: &str) -> [(&'static str, &str); 2] {
    [("application", "cadenced"), ("key", key)]
}
