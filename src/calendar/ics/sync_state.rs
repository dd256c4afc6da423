//! The cursor of a feed, and when it must not be trusted.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::gather::hexadecimal;
use crate::calendar::Cursor;
use crate::config::Secret;

const READER: &str = "reader";
const ADDRESS: &str = "address";
const ETAG: &str = "etag";
const LAST_MODIFIED: &str = "last_modified";
const STAMP: &str = "stamp";
const DIGEST: &str = "digest";
const REFRESH: &str = "refresh_seconds";

/// What a feed's last good read left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncState {
    /// The server's `ETag`.
    pub etag: Option<String>,
    /// The server's `Last-Modified`.
    pub last_modified: Option<String>,
    /// A file's size and times.
    pub stamp: Option<String>,
    /// The hash of what was read.
    pub digest: String,
    /// How often the calendar itself asked to be read.
    pub refresh: Option<Duration>,
}

impl SyncState {
    /// What a cursor remembers, unless it is of another address, or was written by a version that may have read differently.
    pub fn of(cursor: &Cursor, address: &Secret) -> Option<Self> {
        let told = |key: &str| cursor.0.get(key).cloned();
        if told(READER)? != env!("CARGO_PKG_VERSION")
            || (told(ADDRESS)? != fingerprint(address) && !planted!("cursors-outlive-their-address"))
        {
            return None;
        }
        Some(Self {
            etag: told(ETAG),
            last_modified: told(LAST_MODIFIED),
            stamp: told(STAMP),
            digest: told(DIGEST)?,
            refresh: told(REFRESH).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs),
        })
    }

    /// The cursor to store. The address goes into it as a fingerprint only.
    pub fn cursor(&self, address: &Secret) -> Cursor {
        let mut told = BTreeMap::from([
            (READER.to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            (ADDRESS.to_owned(), fingerprint(address)),
            (DIGEST.to_owned(), self.digest.clone()),
        ]);
        let refresh = self.refresh.map(|refresh| refresh.as_secs().to_string());
        let optional =
            [(ETAG, &self.etag), (LAST_MODIFIED, &self.last_modified), (STAMP, &self.stamp), (REFRESH, &refresh)];
        for (key, value) in optional {
            if let Some(value) = value {
                told.insert(key.to_owned(), value.clone());
            }
        }
        Cursor(told)
    }
}

/// Enough of a hash to tell two addresses apart, and too little to find one again.
fn fingerprint(address: &Secret) -> String {
    hexadecimal(&Sha256::digest(address.expose().as_bytes())[..8])
}
