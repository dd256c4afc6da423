//! The desktop's keyring (Secret Service): items with the attributes `application=cadenced` and `key`.

use std::time::Duration;

use oo7::dbus::{Item, Service};
use tokio::time::timeout;

use super::sign_in;
use crate::calendar::failure::Failure;
use crate::config::Secret;

/// How long the keyring may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a user may take to unlock it.
const UNLOCKING: Duration = Duration::from_mins(2);

/// The secret of a key; none where the keyring holds none. It is never asked to unlock itself: a prompt at every poll would nag.
///
/// # Errors
/// `SignIn`, where there is no keyring, or a locked one that may hold it.
pub async fn look_up(key: &str) -> Result<Option<Secret>, Failure> {
    timeout(ANSWER, look_up_in_time(key)).await.unwrap_or_else(|_| Err(silent()))
}

/// Keeps a secret under a key, in the place of an older one. A locked keyring asks its user to unlock it.
///
/// # Errors
/// `SignIn`, where there is no keyring, or it stays locked.
pub async fn keep(key: &str, label: &str, secret: &Secret) -> Result<(), Failure> {
    let service = service().await?;
    let refused = |_| sign_in("the keyring did not store the secret; unlock it first");
    let collection = timeout(ANSWER, service.default_collection()).await.map_err(|_| silent())?.map_err(refused)?;
    if collection.is_locked().await.unwrap_or(true) {
        let asked = timeout(UNLOCKING, collection.unlock(None)).await;
        asked.map_err(|_| sign_in("the keyring stayed locked; unlock it first"))?.map_err(refused)?;
    }
    let attributes = attributes(key);
    let created = collection.create_item(label, &attributes, secret.expose(), true, None);
    timeout(ANSWER, created).await.map_err(|_| silent())?.map_err(refused)?;
    Ok(())
}

/// Forgets the secret of a key, if there is one.
///
/// # Errors
/// `SignIn`, where there is no keyring, or it does not let go.
pub async fn forget(key: &str) -> Result<(), Failure> {
    let service = service().await?;
    let forgetting = async {
        while let Some(item) = find(&service, key).await? {
            item.delete(None).await.map_err(|_| sign_in("the keyring did not delete the secret; unlock it first"))?;
        }
        Ok(())
    };
    timeout(UNLOCKING, forgetting).await.unwrap_or_else(|_| Err(silent()))
}

async fn look_up_in_time(key: &str) -> Result<Option<Secret>, Failure> {
    let service = service().await?;
    let Some(item) = find(&service, key).await? else { return Ok(None) };
    if item.is_locked().await.unwrap_or(true) {
        return Err(sign_in("the keyring is locked; unlock it, and the next read can use it"));
    }
    let secret = item.secret().await.map_err(|_| sign_in("the keyring did not return the secret; unlock it first"))?;
    let text = std::str::from_utf8(secret.as_bytes());
    text.map(|text| Some(Secret::new(text))).map_err(|_| sign_in(format!("the keyring's secret `{key}` is not text")))
}

async fn service() -> Result<Service, Failure> {
    let found = timeout(ANSWER, Service::new()).await.map_err(|_| silent())?;
    found.map_err(|_| sign_in("there is no keyring (no Secret Service on the session bus)"))
}

/// The item of this key, in whichever collection it lies: people keep more than the default one.
async fn find(service: &Service, key: &str) -> Result<Option<Item>, Failure> {
    let unreadable = |_| sign_in("the keyring cannot be read");
    let mut locked = false;
    for collection in service.collections().await.map_err(unreadable)? {
        locked |= collection.is_locked().await.unwrap_or(false);
        let found = collection.search_items(&attributes(key)).await.map_err(unreadable)?;
        if let Some(item) = found.into_iter().next() {
            return Ok(Some(item));
        }
    }
    if locked {
        return Err(sign_in(format!("a keyring is locked, and the open ones hold no secret `{key}`; unlock it")));
    }
    Ok(None)
}

fn attributes(key: &str) -> [(&'static str, &str); 2] {
    [("application", "cadenced"), ("key", key)]
}

fn silent() -> Failure {
    sign_in("the keyring does not answer; is a Secret Service running?")
}
