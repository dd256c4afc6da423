//! Builds requests to Calendar API v3 as plain values, and splits its answers into items.

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use url::Url;

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::domain::span::Span;

/// How many events are asked for at a time: few enough that a page of them is a small part of what the process holds anyway.
const PAGE: &str = "1000";

/// What is asked of each event. Descriptions, places, attachments and links are not even sent to us.
pub(super) const EVENT_FIELDS: &str = "id,status,iCalUID,recurringEventId,originalStartTime,start,end,recurrence,summary,organizer(email,displayName,self),\
    creator(email,displayName),attendees(email,displayName,self,resource,responseStatus,additionalGuests),attendeesOmitted,guestsCanSeeOtherGuests,\
    eventType,transparency,sequence,updated";

/// The most calendars that one question about free/busy may name.
pub const MAX_ASKED: usize = 50;

/// One request, but for the token.
#[derive(Clone, PartialEq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The etag that the event must still have (`If-Match`).
    pub if_match: Option<String>,
    /// The body.
    pub body: Option<Value>,
}

impl Call {
    fn new(method: Method, url: Url) -> Self {
        Self { method, url, if_match: None, body: None }
    }

    /// A write that every guest is notified of.
    fn writing(method: Method, mut url: Url, if_match: Option<&str>, body: Option<Value>) -> Self {
        url.query_pairs_mut().append_pair(
            "sendUpdates",
            if method == Method::DELETE && planted!("google-removals-tell-nobody") { "none" } else { "all" },
        );
        Self {
            method,
            url,
            if_match: if_match.filter(|_| !planted!("google-writes-unconditionally")).map(str::to_owned),
            body,
        }
    }
}

/// The calendars of an account, page by page.
pub fn calendars(api: &Url, page: Option<&str>) -> Call {
    let mut url = below(api, &["users", "me", "calendarList"]);
    url.query_pairs_mut()
        .append_pair("maxResults", "250")
        .append_pair("fields", "nextPageToken,items(id,summary,summaryOverride,primary,accessRole,timeZone)");
    add(&mut url, "pageToken", page);
    Call::new(Method::GET, url)
}

/// The events of a calendar, masters and exceptions, page by page: all of them, or what changed since a sync token.
///
/// All but the two tokens must be the same in every request, or the token is refused.
pub fn events(api: &Url, calendar: &str, sync: Option<&str>, page: Option<&str>) -> Call {
    let mut url = below(api, &["calendars", calendar, "events"]);
    url.query_pairs_mut()
        .append_pair("singleEvents", "false")
        .append_pair("maxResults", PAGE)
        .append_pair("fields", &format!("nextPageToken,nextSyncToken,timeZone,accessRole,items({EVENT_FIELDS})"));
    add(&mut url, "syncToken", sync);
    add(&mut url, "pageToken", page);
    Call::new(Method::GET, url)
}

/// The one session of a series with this original start, whatever became of it. Its id is opaque, and only this finds it.
pub fn session(api: &Url, calendar: &str, series: &str, original: &str) -> Call {
    let mut url = below(api, &["calendars", calendar, "events", series, "instances"]);
    url.query_pairs_mut()
        .append_pair("originalStart", original)
        .append_pair("showDeleted", "true")
        .append_pair("fields", "items(id,originalStartTime)");
    Call::new(Method::GET, url)
}

/// One event with everything in it: what is about to be written, or was, is compared as a whole.
pub fn event(api: &Url, calendar: &str, id: &str) -> Call {
    Call::new(Method::GET, below(api, &["calendars", calendar, "events", id]))
}

/// Changes the fields of an event that stand in `body`, and no other.
pub fn patch(api: &Url, calendar: &str, id: &str, etag: &str, body: Value) -> Call {
    Call::writing(Method::PATCH, below(api, &["calendars", calendar, "events", id]), Some(etag), Some(body))
}

/// Creates an event.
pub fn insert(api: &Url, calendar: &str, body: Value) -> Call {
    Call::writing(Method::POST, below(api, &["calendars", calendar, "events"]), None, Some(body))
}

/// Takes an event off the calendar.
pub fn delete(api: &Url, calendar: &str, id: &str, etag: &str) -> Call {
    Call::writing(Method::DELETE, below(api, &["calendars", calendar, "events", id]), Some(etag), None)
}

/// When up to [`MAX_ASKED`] people are busy.
pub fn free_busy<'a>(api: &Url, who: impl Iterator<Item = &'a str>, window: Span) -> Call {
    let items: Vec<Value> = who.map(|id| json!({ "id": id })).collect();
    let body = json!({ "timeMin": window.start.to_string(), "timeMax": window.end.to_string(), "items": items });
    Call { body: Some(body), ..Call::new(Method::POST, below(api, &["freeBusy"])) }
}

/// One page of a list, its items still as they came.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<'a> {
    /// The way to the next page; none on the last one.
    #[serde(default)]
    pub next_page_token: Option<String>,
    /// What to ask with for what changes from now on; on the last page only.
    #[serde(default)]
    pub next_sync_token: Option<String>,
    /// The calendar's zone.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// What the account may do with the calendar.
    #[serde(default)]
    pub access_role: Option<String>,
    /// The items.
    #[serde(default, borrow)]
    pub items: Vec<&'a RawValue>,
}

/// Cuts a page into its items. None of them is looked at, so that an odd one costs nobody else.
///
/// # Errors
/// `NotACalendar` for what is no page of a list.
pub fn page(body: &[u8]) -> Result<Page<'_>, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| not_google())?;
    serde_json::from_str(text).map_err(|_| not_google())
}

/// Reads an answer of one piece.
///
/// # Errors
/// `NotACalendar` for what is no such answer.
pub fn whole<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|_| not_google())
}

fn not_google() -> Failure {
    Failure::new(
        ErrorKind::NotACalendar,
        "the answer is not from Google Calendar; does this network require a sign-in first?",
    )
}

/// An address below another, each step encoded so that no id can leave its place (`#` in ids of holiday calendars).
fn below(api: &Url, steps: &[&str]) -> Url {
    let mut url = api.clone();
    // An address that cannot have a path is never an API's.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(steps);
    }
    url
}

fn add(url: &mut Url, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> Url {
        Url::parse("https://www.googleapis.com/calendar/v3/").unwrap()
    }

    #[test]
    fn ids_stay_in_their_place() {
        let url = event(&api(), "en.german#holiday@group.v.calendar.google.com", "a/../b?c").url;
        assert_eq!(
            url.path(),
            "/calendar/v3/calendars/en.german%23holiday@group.v.calendar.google.com/events/a%2F..%2Fb%3Fc"
        );
    }

    #[test]
    fn the_first_sync_and_the_later_ones_differ_in_their_tokens_only() {
        let first = events(&api(), "primary", None, None).url;
        let later = events(&api(), "primary", Some("t"), Some("p")).url;
        assert_eq!(later.as_str(), format!("{first}&syncToken=t&pageToken=p"));
        assert!(!first.as_str().contains("description") && !first.as_str().contains("timeM"), "{first}");
    }

    #[test]
    fn a_write_tells_every_guest_and_names_the_version_that_it_is_for() {
        let call = patch(&api(), "primary", "x", "\"1\"", json!({}));
        assert_eq!((call.url.query(), call.if_match.as_deref()), (Some("sendUpdates=all"), Some("\"1\"")));
    }

    #[test]
    fn a_page_of_odd_items_is_a_page_and_a_sign_in_page_is_none() {
        let odd = page(br#"{"items": [{"id": 7}, [1], null], "nextSyncToken": "s"}"#).unwrap();
        assert_eq!((odd.items.len(), odd.next_sync_token.as_deref()), (3, Some("s")));
        assert_eq!(page(b"<html>").unwrap_err().kind, ErrorKind::NotACalendar);
    }
}
