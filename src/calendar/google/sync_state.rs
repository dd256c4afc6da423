//! The cursor of a Google calendar: its sync token, and the request parameters that it is valid for.

use std::collections::BTreeMap;

use super::token_store::fingerprint;
use super::wire::EVENT_FIELDS;
use crate::calendar::Cursor;

const READER: &str = "reader";
const CALENDAR: &str = "calendar";
const TOKEN: &str = "token";

/// The sync token of a cursor, unless it is of another calendar, or of a version that may have asked for other fields.
pub fn token(cursor: &Cursor, calendar: &str) -> Option<String> {
    let told = |key: &str| cursor.0.get(key);
    let same = *told(READER)? == reader() && *told(CALENDAR)? == fingerprint(calendar.as_bytes());
    told(TOKEN).filter(|_| same).cloned()
}

/// This version, and which fields it asks for.
fn reader() -> String {
    format!("{} {}", env!("CARGO_PKG_VERSION"), fingerprint(EVENT_FIELDS.as_bytes()))
}

/// The cursor to store.
pub fn cursor(calendar: &str, token: &str) -> Cursor {
    Cursor(BTreeMap::from([
        (READER.to_owned(), reader()),
        (CALENDAR.to_owned(), fingerprint(calendar.as_bytes())),
        (TOKEN.to_owned(), token.to_owned()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_calendar_only() {
        let cursor = cursor("primary", "abc");
        assert_eq!(token(&cursor, "primary").as_deref(), Some("abc"));
        assert_eq!(token(&cursor, "other@example.com"), None);
        assert_eq!(token(&Cursor::default(), "primary"), None);
    }
}
