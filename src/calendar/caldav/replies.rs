//! Parses the XML that `CalDAV` servers send: multistatus responses (RFC 4918 13) and error conditions.

use libdav::xmlutils::parse_statusline;

use super::href;
use super::xml::{Vocabulary, Xml};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// How many places one answer may tell of: more objects than a calendar of twenty years has.
pub const MAX_RESPONSES: usize = 50_000;

/// How long the name of an object and a sync token may be, in bytes: they are kept, and sent back with every request.
const LONGEST_NAME: usize = 8 << 10;

/// How long an etag may be, in bytes; a longer one counts as none.
const LONGEST_ETAG: usize = 1 << 10;

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
    /// Its path, in the form of [`href::path`].
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
    /// What kind of resource it is, by the local names (`collection`, `calendar`, …).
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
/// `Server`, where it is none; `TooLarge` for one beyond [`MAX_RESPONSES`] or the bounds of [`Xml`].
pub fn multistatus(body: &[u8]) -> Result<Multistatus, Failure> {
    let text = String::from_utf8_lossy(body);
    let (mut xml, root) = Xml::open(&text)?;
    if !root.is("multistatus") {
        return Err(Failure::new(ErrorKind::Server, "the server's answer is not a WebDAV response"));
    }
    let mut told = Multistatus::default();
    while let Some(element) = xml.child()? {
        if element.is_dav("response") {
            if told.responses.len() == MAX_RESPONSES {
                let why = format!("the server's answer lists more than {MAX_RESPONSES} objects");
                return Err(Failure::new(ErrorKind::TooLarge, why));
            }
            told.responses.extend(response(&mut xml)?);
        } else if element.is("sync-token") && told.token.is_none() {
            told.token = name(&mut xml, "sync token")?;
        } else {
            xml.skip()?;
        }
    }
    Ok(told)
}

/// The names of the conditions that a refusal gives as its reasons (RFC 4918 16), without their namespaces; none where it gives none.
pub fn conditions(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let names = || -> Result<Vec<String>, Failure> {
        let (mut xml, root) = Xml::open(&text)?;
        if root.is("error") { local_names(&mut xml) } else { Ok(Vec::new()) }
    };
    names().unwrap_or_default()
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
/// `Server`, where it is none; `TooLarge` as [`multistatus`].
pub fn deliveries(body: &[u8]) -> Result<Vec<Delivery>, Failure> {
    let text = String::from_utf8_lossy(body);
    let (mut xml, root) = Xml::open(&text)?;
    if !root.is("schedule-response") {
        return Err(Failure::new(ErrorKind::Server, "the server's free/busy answer could not be read"));
    }
    let mut told = Vec::new();
    while let Some(element) = xml.child()? {
        if !element.is("response") {
            xml.skip()?;
        } else if told.len() == MAX_RESPONSES {
            let why = format!("the server's free/busy answer lists more than {MAX_RESPONSES} people");
            return Err(Failure::new(ErrorKind::TooLarge, why));
        } else {
            told.extend(delivery(&mut xml)?);
        }
    }
    Ok(told)
}

fn delivery(xml: &mut Xml<'_>) -> Result<Option<Delivery>, Failure> {
    let (mut recipient, mut status, mut data) = (None, String::new(), None);
    while let Some(element) = xml.child()? {
        match element.name() {
            "recipient" => recipient = address(xml)?,
            "request-status" => status = trimmed(xml)?.unwrap_or_default(),
            "calendar-data" => data = trimmed(xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(recipient.map(|recipient| Delivery { recipient, status, data }))
}

/// The address of a recipient. Some servers leave the href out and write it straight into the element.
fn address(xml: &mut Xml<'_>) -> Result<Option<String>, Failure> {
    let mut href = None;
    let plain = xml.text_and(|xml, element| {
        if element.is("href") {
            href = trimmed(xml)?;
            return Ok(());
        }
        xml.skip()
    })?;
    let plain = plain.trim();
    Ok(href.or_else(|| (!plain.is_empty()).then(|| plain.to_owned())))
}

fn response(xml: &mut Xml<'_>) -> Result<Option<Response>, Failure> {
    let (mut href, mut status, mut found) = (None, None, Found::default());
    while let Some(element) = xml.child()? {
        match element.name() {
            "href" if href.is_none() => href = name(xml, "name")?,
            "status" if status.is_none() => status = self::status(xml)?,
            "propstat" if element.is_dav("propstat") => found.take_all(xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(href.map(|href| Response { path: href::path(&href), href, status, found }))
}

impl Found {
    /// Takes the properties of a propstat, if its status says that they were found; the status stands behind them.
    fn take_all(&mut self, xml: &mut Xml<'_>) -> Result<(), Failure> {
        let (mut properties, mut status) = (Self::default(), None);
        while let Some(element) = xml.child()? {
            match element.name() {
                "prop" => {
                    while let Some(property) = xml.child()? {
                        properties.take(property.vocabulary, property.name(), xml)?;
                    }
                }
                "status" => status = self::status(xml)?,
                _ => xml.skip()?,
            }
        }
        if (200..300).contains(&status.unwrap_or(200)) {
            self.merge(properties);
        }
        Ok(())
    }

    fn take(&mut self, vocabulary: Vocabulary, name: &str, xml: &mut Xml<'_>) -> Result<(), Failure> {
        use Vocabulary::{CalDav, CalendarServer, Dav};
        match (vocabulary, name) {
            (Dav, "getetag") => self.etag = trimmed(xml)?.filter(|etag| etag.len() <= LONGEST_ETAG),
            // The text of an object is kept as it is, and its ends with it.
            (CalDav, "calendar-data") => self.data = Some(xml.text()?).filter(|text| !text.is_empty()),
            (Dav, "displayname") => self.name = trimmed(xml)?,
            (Dav, "resourcetype") => self.types = local_names(xml)?,
            (CalDav, "supported-calendar-component-set") => self.components = components(xml)?,
            (Dav, "supported-report-set") => reports(xml, &mut self.reports)?,
            (CalendarServer, "getctag") => self.ctag = trimmed(xml)?,
            (Dav, "current-user-principal") => self.principal = first_href(xml)?,
            (CalDav, "calendar-home-set") => hrefs(xml, &mut self.homes)?,
            (CalDav, "calendar-user-address-set") => hrefs(xml, &mut self.addresses)?,
            (CalDav, "schedule-outbox-URL") => self.outbox = first_href(xml)?,
            (CalDav, "schedule-inbox-URL") => self.inbox = first_href(xml)?,
            (CalDav, "schedule-default-calendar-URL") => self.default_calendar = first_href(xml)?,
            _ => xml.skip()?,
        }
        Ok(())
    }

    /// Adds what another propstat of the same place says.
    fn merge(&mut self, other: Self) {
        fn set<T>(own: &mut Option<T>, other: Option<T>) {
            *own = other.or(own.take());
        }
        set(&mut self.etag, other.etag);
        set(&mut self.data, other.data);
        set(&mut self.name, other.name);
        set(&mut self.ctag, other.ctag);
        set(&mut self.principal, other.principal);
        set(&mut self.outbox, other.outbox);
        set(&mut self.inbox, other.inbox);
        set(&mut self.default_calendar, other.default_calendar);
        self.types.extend(other.types);
        self.components.extend(other.components);
        self.reports.extend(other.reports);
        self.homes.extend(other.homes);
        self.addresses.extend(other.addresses);
    }
}

/// The local names of the elements in the present one.
fn local_names(xml: &mut Xml<'_>) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    while let Some(element) = xml.child()? {
        names.push(element.name().to_owned());
        xml.skip()?;
    }
    Ok(names)
}

fn components(xml: &mut Xml<'_>) -> Result<Vec<String>, Failure> {
    let mut components = Vec::new();
    while let Some(element) = xml.child()? {
        components.extend(element.attribute("name").map(|name| name.to_ascii_uppercase()));
        xml.skip()?;
    }
    Ok(components)
}

fn reports(xml: &mut Xml<'_>, reports: &mut Vec<String>) -> Result<(), Failure> {
    while let Some(element) = xml.child()? {
        if element.is("report") {
            reports.extend(local_names(xml)?);
        } else {
            self::reports(xml, reports)?;
        }
    }
    Ok(())
}

/// The hrefs anywhere in the present element.
fn hrefs(xml: &mut Xml<'_>, found: &mut Vec<String>) -> Result<(), Failure> {
    while let Some(element) = xml.child()? {
        if element.is_dav("href") {
            found.extend(trimmed(xml)?);
        } else {
            hrefs(xml, found)?;
        }
    }
    Ok(())
}

fn first_href(xml: &mut Xml<'_>) -> Result<Option<String>, Failure> {
    let mut found = Vec::new();
    hrefs(xml, &mut found)?;
    Ok(found.into_iter().next())
}

fn trimmed(xml: &mut Xml<'_>) -> Result<Option<String>, Failure> {
    let text = xml.text()?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text that is kept.
fn name(xml: &mut Xml<'_>, what: &str) -> Result<Option<String>, Failure> {
    let name = trimmed(xml)?;
    if name.as_ref().is_some_and(|name| name.len() > LONGEST_NAME) {
        let why = format!("the server's answer has a {what} longer than {LONGEST_NAME} bytes");
        return Err(Failure::new(ErrorKind::TooLarge, why));
    }
    Ok(name)
}

fn status(xml: &mut Xml<'_>) -> Result<Option<u16>, Failure> {
    let line = trimmed(xml)?.unwrap_or_default();
    Ok(parse_statusline(&line).ok().map(|status| status.as_u16()))
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
