//! Owns what a `CalDAV` server's XML says, as values: multistatus answers (RFC 4918 13) and the reasons of refusals.

use std::borrow::Cow;

use libdav::names;
use libdav::xmlutils::parse_statusline;
use roxmltree::{Document, Node};

use super::place;
use super::requests::{CTAG, DEFAULT_CALENDAR, INBOX, OUTBOX};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// A multistatus answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multistatus {
    /// What is said of each place.
    pub responses: Vec<Response>,
    /// The token for the next question about changes (RFC 6578 6.4).
    pub token: Option<String>,
}

/// What is said of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Its path, in the form of [`place::path`].
    pub path: String,
    /// The href as sent, for places on other hosts.
    pub href: String,
    /// The status of the place as a whole, where it has one.
    pub status: Option<u16>,
    /// The properties that were found.
    pub found: Found,
}

/// The properties that were found at a place; those that were refused or are not there are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The object's version.
    pub etag: Option<String>,
    /// The object itself.
    pub data: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What sort of resource it is, by the local names (`collection`, `calendar`, …).
    pub types: Vec<String>,
    /// Which components a calendar takes; empty where it does not say.
    pub components: Vec<String>,
    /// Which reports can be asked of it, by their local names.
    pub reports: Vec<String>,
    /// The tag that changes with the collection.
    pub ctag: Option<String>,
    /// Who is signed in.
    pub principal: Option<String>,
    /// Where the calendars are.
    pub homes: Vec<String>,
    /// Which addresses are the owner's.
    pub addresses: Vec<String>,
    /// Where free/busy is asked for.
    pub outbox: Option<String>,
    /// Where invitations arrive.
    pub inbox: Option<String>,
    /// Which calendar they go to.
    pub default_calendar: Option<String>,
}

/// Reads a multistatus answer.
///
/// # Errors
/// `Server`, where it is none.
pub fn multistatus(body: &[u8]) -> Result<Multistatus, Failure> {
    let text = String::from_utf8_lossy(body);
    let bad = || Failure::new(ErrorKind::Server, "the server's answer is no XML that could be read");
    // One object with a control character must not cost the whole batch.
    let clean;
    let document = if let Ok(document) = Document::parse(&text) {
        document
    } else {
        clean = without_forbidden(&text);
        Document::parse(&clean).map_err(|_| bad())?
    };
    let root = document.root_element();
    if root.tag_name().name() != "multistatus" {
        return Err(bad());
    }
    let responses = root.children().filter(|node| node.tag_name() == names::RESPONSE).filter_map(response).collect();
    let token = child(root, "sync-token").and_then(text_of);
    Ok(Multistatus { responses, token })
}

/// The names of the conditions that a refusal gives as its reasons (RFC 4918 16), without their namespaces.
pub fn conditions(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let Ok(document) = Document::parse(&text) else { return Vec::new() };
    let root = document.root_element();
    if root.tag_name().name() != "error" {
        return Vec::new();
    }
    root.children().filter(Node::is_element).map(|node| node.tag_name().name().to_owned()).collect()
}

/// What the outbox said of one recipient (RFC 6638 10.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whose answer, as an address.
    pub recipient: String,
    /// The request status (RFC 5545 3.8.8.3), as sent.
    pub status: String,
    /// The calendar object that came back.
    pub data: Option<String>,
}

/// Reads a schedule-response.
///
/// # Errors
/// `Server`, where it is none.
pub fn deliveries(body: &[u8]) -> Result<Vec<Delivery>, Failure> {
    let text = String::from_utf8_lossy(body);
    let bad = || Failure::new(ErrorKind::Server, "the server's answer about free times could not be read");
    let document = Document::parse(&text).map_err(|_| bad())?;
    let root = document.root_element();
    if root.tag_name().name() != "schedule-response" {
        return Err(bad());
    }
    let one = |node: Node<'_, '_>| {
        let recipient = child(node, "recipient")?;
        // Some servers leave the href out and write the address straight into it.
        let recipient = child(recipient, "href").and_then(text_of).or_else(|| text_of(recipient))?;
        let status = child(node, "request-status").and_then(text_of).unwrap_or_default();
        Some(Delivery { recipient, status, data: child(node, "calendar-data").and_then(text_of) })
    };
    Ok(root.children().filter(|node| node.tag_name().name() == "response").filter_map(one).collect())
}

fn response(node: Node<'_, '_>) -> Option<Response> {
    let href = child(node, "href").and_then(text_of)?;
    let status = status(node);
    let mut found = Found::default();
    for propstat in node.children().filter(|node| node.tag_name() == names::PROPSTAT) {
        let status = self::status(propstat).unwrap_or(200);
        if (200..300).contains(&status)
            && let Some(properties) = child(propstat, "prop")
        {
            properties.children().filter(Node::is_element).for_each(|property| found.take(property));
        }
    }
    Some(Response { path: place::path(&href), href, status, found })
}

impl Found {
    fn take(&mut self, property: Node<'_, '_>) {
        let name = property.tag_name();
        let hrefs = || property.descendants().filter(|node| node.tag_name() == names::HREF).filter_map(text_of);
        match () {
            () if name == names::GETETAG => self.etag = text_of(property),
            // The text of an object is kept as it is, and its ends with it.
            () if name == names::CALENDAR_DATA => self.data = property.text().map(str::to_owned),
            () if name == names::DISPLAY_NAME => self.name = text_of(property),
            () if name == names::RESOURCETYPE => self.types = local_names(property),
            () if name == names::SUPPORTED_CALENDAR_COMPONENT_SET => self.components = components(property),
            () if name == names::SUPPORTED_REPORT_SET => self.reports = reports(property),
            () if name == CTAG => self.ctag = text_of(property),
            () if name == names::CURRENT_USER_PRINCIPAL => self.principal = hrefs().next(),
            () if name == names::CALENDAR_HOME_SET => self.homes = hrefs().collect(),
            () if name == names::CALENDAR_USER_ADDRESS_SET => self.addresses = hrefs().collect(),
            () if name == OUTBOX => self.outbox = hrefs().next(),
            () if name == INBOX => self.inbox = hrefs().next(),
            () if name == DEFAULT_CALENDAR => self.default_calendar = hrefs().next(),
            () => {}
        }
    }
}

fn local_names(node: Node<'_, '_>) -> Vec<String> {
    node.children().filter(Node::is_element).map(|node| node.tag_name().name().to_owned()).collect()
}

fn components(node: Node<'_, '_>) -> Vec<String> {
    node.children().filter_map(|node| node.attribute("name")).map(str::to_ascii_uppercase).collect()
}

fn reports(node: Node<'_, '_>) -> Vec<String> {
    let reports = node.descendants().filter(|node| node.tag_name().name() == "report");
    reports.flat_map(local_names).collect()
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|node| node.is_element() && node.tag_name().name() == name)
}

fn text_of(node: Node<'_, '_>) -> Option<String> {
    node.text().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn status(node: Node<'_, '_>) -> Option<u16> {
    let line = child(node, "status").and_then(text_of)?;
    parse_statusline(&line).ok().map(|status| status.as_u16())
}

/// The text without the characters that XML 1.0 forbids (2.2), written plainly or as references.
fn without_forbidden(text: &str) -> Cow<'_, str> {
    let plain: String = text.chars().filter(|&c| allowed(c)).collect();
    let mut clean = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(at) = rest.find("&#") {
        clean.push_str(&rest[..at]);
        let end = rest[at..].find(';').map_or(rest.len(), |end| at + end + 1);
        let number = rest[at + 2..end].trim_end_matches(';');
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        if code.and_then(char::from_u32).is_some_and(allowed) {
            clean.push_str(&rest[at..end]);
        }
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean.into()
}

const fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_found_counts_as_a_property() {
        let body = br#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
          <d:response><d:href>/cal/a%40b.ics</d:href>
            <d:propstat><d:prop><d:getetag>"1"</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
            <d:propstat><d:prop><c:calendar-data/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>
          </d:response>
          <d:response><d:href>/cal/gone.ics</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>
          <d:sync-token>t2</d:sync-token></d:multistatus>"#;
        let answer = multistatus(body).unwrap();
        assert_eq!(answer.token.as_deref(), Some("t2"));
        assert_eq!(answer.responses[0].path, "/cal/a@b.ics");
        assert_eq!(answer.responses[0].found.etag.as_deref(), Some("\"1\""));
        assert_eq!(answer.responses[0].found.data, None);
        assert_eq!(answer.responses[1].status, Some(404));
    }

    #[test]
    fn a_control_character_in_one_object_does_not_cost_the_others() {
        let body = "<multistatus xmlns=\"DAV:\"><response><href>/a\u{b}</href></response>\
                    <response><href>/b&#x0B;&#65;&amp;</href></response></multistatus>";
        let paths: Vec<_> = multistatus(body.as_bytes()).unwrap().responses.into_iter().map(|one| one.path).collect();
        assert_eq!(paths, ["/a", "/bA&"]);
    }

    #[test]
    fn what_is_no_multistatus_is_an_error() {
        for body in ["", "<html></html>", "<!DOCTYPE html><html><body>Sign in</body></html>", "nonsense"] {
            assert!(multistatus(body.as_bytes()).is_err(), "{body}");
        }
        // An entity that grows without end is not even looked at.
        let bomb =
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><multistatus xmlns=\"DAV:\">&b;</multistatus>";
        assert!(multistatus(bomb.as_bytes()).is_err());
    }

    #[test]
    fn a_refusal_names_its_conditions() {
        let body = br#"<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>"#;
        assert_eq!(conditions(body), ["valid-sync-token"]);
        assert!(conditions(b"no XML").is_empty());
    }

    #[test]
    fn the_outbox_answers_for_each_recipient() {
        let body = br#"<C:schedule-response xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
          <C:response><C:recipient><D:href>mailto:a@example.com</D:href></C:recipient>
            <C:request-status>2.0;Success</C:request-status><C:calendar-data>BEGIN:VCALENDAR</C:calendar-data></C:response>
          <C:response><C:recipient>mailto:b@example.com</C:recipient><C:request-status>3.7;Unknown</C:request-status></C:response>
        </C:schedule-response>"#;
        let told = deliveries(body).unwrap();
        assert_eq!(
            (told[0].recipient.as_str(), told[0].data.as_deref()),
            ("mailto:a@example.com", Some("BEGIN:VCALENDAR"))
        );
        assert_eq!((told[1].recipient.as_str(), told[1].status.as_str()), ("mailto:b@example.com", "3.7;Unknown"));
    }
}
