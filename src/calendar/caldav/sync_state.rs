//! The cursor of a `CalDAV` calendar: its path, sync token, and the `ETag` of every mirrored object.

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};
use url::Url;

use super::account::Account;
use crate::calendar::Cursor;

/// What is remembered. It names objects, so that it is kept beside the mirror and shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Of which login and calendar this is; another one in the config makes all of it void.
    pub(super) account: String,
    /// Where the calendar is.
    pub collection: Url,
    /// Up to where it was read.
    pub mark: Mark,
    /// The objects that are mirrored.
    pub held: Held,
}

/// Up to where a calendar was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A sync token (RFC 6578).
    Token(String),
    /// The collection's tag, where it has one that can be trusted.
    Tag(Option<String>),
}

/// The etags of mirrored objects, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(pub BTreeMap<String, String>);

impl SyncState {
    /// A new memory of a calendar.
    pub fn new(account: &Account, name: Option<&str>, collection: Url, mark: Mark, held: Held) -> Self {
        Self { account: digest(account, name), collection, mark, held }
    }

    /// Reads a cursor; none where it is of another login or calendar, or makes no sense.
    pub fn of(cursor: &Cursor, account: &Account, name: Option<&str>) -> Option<Self> {
        let text = |key: &str| cursor.0.get(key).filter(|text| !text.is_empty()).cloned();
        let own = digest(account, name);
        if text("account")? != own {
            return None;
        }
        let collection = Url::parse(&text("collection")?).ok()?;
        let mark = text("token").map_or_else(|| Mark::Tag(text("tag")), Mark::Token);
        let held = Held::read(collection.path(), &cursor.0.get("held").cloned().unwrap_or_default());
        Some(Self { account: own, collection, mark, held })
    }

    /// The cursor that [`SyncState::of`] reads.
    pub fn cursor(&self) -> Cursor {
        let mut all = BTreeMap::from([
            ("account".to_owned(), self.account.clone()),
            ("collection".to_owned(), self.collection.to_string()),
            ("held".to_owned(), self.held.write(self.collection.path())),
        ]);
        match &self.mark {
            Mark::Token(token) => all.insert("token".to_owned(), token.clone()),
            Mark::Tag(tag) => all.insert("tag".to_owned(), tag.clone().unwrap_or_default()),
        };
        Cursor(all)
    }
}

/// Names a login and a calendar without naming them.
fn digest(account: &Account, name: Option<&str>) -> String {
    let mut hash = Sha256::new();
    // A later version may read an object differently.
    for part in [env!("CARGO_PKG_VERSION"), account.server(), account.username(), name.unwrap_or_default()] {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Held {
    /// A line for each object: its path below the collection and its etag. Paths hold no spaces, and etags no line ends.
    fn write(&self, collection: &str) -> String {
        self.0.iter().fold(String::new(), |mut text, (path, etag)| {
            let _ = writeln!(text, "{} {etag}", path.strip_prefix(collection).unwrap_or(path));
            text
        })
    }

    fn read(collection: &str, text: &str) -> Self {
        let whole = |name: &str| if name.starts_with('/') { name.to_owned() } else { format!("{collection}{name}") };
        let line = |line: &str| line.split_once(' ').map(|(name, etag)| (whole(name), etag.to_owned()));
        Self(text.lines().filter_map(line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_survives_being_written_down() {
        let etags = [("/cal/a.ics", "\"1 2\""), ("/cal/b%20c.ics", "W/\"x\""), ("/other/d.ics", "")];
        let held = Held(etags.iter().map(|(path, etag)| ((*path).to_owned(), (*etag).to_owned())).collect());
        let text = held.write("/cal/");
        assert_eq!(text, "a.ics \"1 2\"\nb%20c.ics W/\"x\"\n/other/d.ics \n");
        assert_eq!(Held::read("/cal/", &text), held);
    }
}
