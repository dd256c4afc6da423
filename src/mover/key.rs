//! Owns the name of a make-up: the same on every machine of its organiser, so that no two of them make one session up twice.

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::calendar::write::MakeUpKey;
use crate::domain::operation::Intent;

/// Names the make-up of a session by its organiser. A deleted make-up keeps its name, so that it also stands for *no*.
#[must_use]
pub fn make_up_key(intent: &Intent) -> MakeUpKey {
    let original = TimeZone::UTC.to_datetime(intent.session.original).strftime("%Y%m%dT%H%M%SZ").to_string();
    let organiser = intent.organiser.as_ref().map_or("", |address| address.as_str());
    let mut hash = Sha256::new();
    for part in ["cadenced.v1", intent.uid.as_str(), original.as_str(), organiser] {
        hash.update(part.as_bytes());
        // Without it "ab" and "c" would read as "a" and "bc".
        hash.update([0]);
    }
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
    MakeUpKey(hash.finalize().iter().flat_map(digits).collect())
}
