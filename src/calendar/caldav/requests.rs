//! Builds `CalDAV` requests as plain values: methods, depths and bodies, without I/O.
//!
//! The XML is libdav's; where it goes and how it travels is ours.

use http::Method;
use http::Uri;
use libdav::caldav::GetCalendarResources;
use libdav::dav::{Propfind, SyncCollection};
use libdav::requests::DavRequest;
use libdav::xmlutils::XmlNode;
use libdav::{Depth, PropertyName, names};

/// Tells of every change of a collection (calendarserver-ctag-03).
pub const CTAG: PropertyName<'static, 'static> = PropertyName::new(names::CALENDAR_SERVER, "getctag");
/// Where free/busy is asked for (RFC 6638 2.1.1).
pub const OUTBOX: PropertyName<'static, 'static> = PropertyName::new(names::CALDAV, "schedule-outbox-URL");
/// Where invitations arrive (RFC 6638 2.2.1).
pub const INBOX: PropertyName<'static, 'static> = PropertyName::new(names::CALDAV, "schedule-inbox-URL");
/// The calendar that new invitations go to, a property of the inbox (RFC 6638 9.2).
pub const DEFAULT_CALENDAR: PropertyName<'static, 'static> =
    PropertyName::new(names::CALDAV, "schedule-default-calendar-URL");

/// One question, wherever it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `PROPFIND`, `REPORT`, …
    pub method: Method,
    /// The `Depth` header (RFC 4918 10.2), where it has one.
    pub depth: Option<&'static str>,
    /// The XML.
    pub body: String,
}

/// Who is signed in here, and whether this place is a calendar itself (RFC 5397).
pub fn principal() -> Question {
    propfind(Depth::Zero, &[&names::CURRENT_USER_PRINCIPAL, &names::RESOURCETYPE])
}

/// What a principal says of its owner: where the calendars are, which addresses are theirs, and where to ask for free/busy.
pub fn principal_properties() -> Question {
    propfind(Depth::Zero, &[&names::CALENDAR_HOME_SET, &names::CALENDAR_USER_ADDRESS_SET, &OUTBOX, &INBOX])
}

/// Which calendar new invitations go to; asked of the inbox.
pub fn default_calendar() -> Question {
    propfind(Depth::Zero, &[&DEFAULT_CALENDAR])
}

/// The calendars of a home, or the one calendar at a place of depth zero.
pub fn calendars(depth: Depth) -> Question {
    propfind(
        depth,
        &[
            &names::RESOURCETYPE,
            &names::DISPLAY_NAME,
            &names::SUPPORTED_CALENDAR_COMPONENT_SET,
            &names::SUPPORTED_REPORT_SET,
        ],
    )
}

/// Whether anything changed in a collection at all.
pub fn collection_tag() -> Question {
    propfind(Depth::Zero, &[&CTAG])
}

/// The etag of one object.
pub fn etag() -> Question {
    propfind(Depth::Zero, &[&names::GETETAG])
}

/// The etag of every member of a collection, without a sync token.
pub fn etags() -> Question {
    propfind(Depth::One, &[&names::GETETAG, &names::RESOURCETYPE])
}

/// What changed in a collection since `token`, or everything in it (RFC 6578 3.2).
pub fn changes(token: Option<&str>) -> Question {
    let mut report = SyncCollection::new("/");
    if let Some(token) = token {
        report = report.with_sync_token(token);
    }
    // RFC 6578 3.2 wants no depth but 0; servers older than it go by Depth: 1, and newer ones by the level in the body.
    Question { depth: Some("1"), ..question(&report) }
}

/// The named objects of a collection (RFC 4791 7.9).
pub fn objects(paths: &[&str]) -> Question {
    question(&GetCalendarResources::new("/").with_hrefs(paths))
}

/// When the owner of a collection is busy in it (RFC 4791 7.10); both times as `20260131T090000Z`.
pub fn free_busy(start: &str, end: &str) -> Question {
    let name = PropertyName::new(names::CALDAV, "free-busy-query");
    let range = XmlNode::new(&names::TIME_RANGE).with_attributes(vec![("start", start), ("end", end)]);
    let body = XmlNode::new(&name).with_children(vec![range]).render_node();
    Question { method: report(), depth: Some("1"), body }
}

fn propfind(depth: Depth, properties: &[&PropertyName<'_, '_>]) -> Question {
    let depth_header = match depth {
        Depth::Zero => "0",
        _ => "1",
    };
    let asked = question(&Propfind::new("/").with_properties(properties).with_depth(depth));
    Question { depth: Some(depth_header), ..asked }
}

fn question<R: DavRequest>(request: &R) -> Question {
    // The place is fixed, so that nothing in it can be refused.
    let prepared = request.prepare_request(Uri::from_static("http://localhost/")).unwrap_or_default();
    let method = Method::from_bytes(prepared.method().as_str().as_bytes()).unwrap_or_default();
    let depth = prepared.headers().get("Depth").map(|depth| if depth == "0" { "0" } else { "1" });
    Question { method, depth, body: prepared.into_body() }
}

fn report() -> Method {
    Method::from_bytes(b"REPORT").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_asked_for_by_their_token() {
        let asked = changes(Some("http://example.com/sync/<7>"));
        assert_eq!((asked.method.as_str(), asked.depth), ("REPORT", Some("1")));
        assert!(
            asked.body.contains("<D:sync-token>http://example.com/sync/&lt;7&gt;</D:sync-token>"),
            "{}",
            asked.body
        );
        assert!(asked.body.contains("<D:sync-level>1</D:sync-level>"));
        assert!(changes(None).body.contains("<D:sync-token/>"));
    }

    #[test]
    fn objects_are_asked_for_by_their_paths() {
        let asked = objects(&["/cal/a&b.ics", "/cal/c.ics"]);
        assert_eq!((asked.method.as_str(), asked.depth), ("REPORT", Some("1")));
        assert!(asked.body.contains("<D:href>/cal/a&amp;b.ics</D:href><D:href>/cal/c.ics</D:href>"), "{}", asked.body);
        assert!(asked.body.contains("calendar-data"));
    }

    #[test]
    fn properties_are_asked_for_at_their_depth() {
        assert_eq!((principal().method.as_str(), principal().depth), ("PROPFIND", Some("0")));
        assert_eq!(calendars(Depth::One).depth, Some("1"));
        assert!(principal_properties().body.contains("schedule-outbox-URL"));
        assert!(free_busy("20260101T000000Z", "20260102T000000Z").body.contains("start=\"20260101T000000Z\""));
    }
}
