//! A pull parser for server XML, with limits on depth, size and namespaces.
//!
//! Nothing is built up: what a walk takes is its input and the few elements that are open. Document types are refused, so that no entity
//! can grow.

use quick_xml::NsReader;
use quick_xml::errors::Error as XmlError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceError, ResolveResult};

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// How deep elements may be inside one another; answers of servers are about ten deep.
const MAX_DEPTH: usize = 64;

/// How many attributes one element may have, the declarations of namespaces among them.
const MAX_ATTRIBUTES: usize = 64;

/// How many declarations of namespaces may hold at one place.
const MAX_NAMESPACES: usize = 128;

const DAV: &str = "DAV:";
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
const CALENDAR_SERVER: &str = "http://calendarserver.org/ns/";

/// To which vocabulary a name belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// `WebDAV` (RFC 4918).
    Dav,
    /// `CalDAV` (RFC 4791, RFC 6638).
    CalDav,
    /// Apple's extensions.
    CalendarServer,
    /// Any other, or none.
    Other,
}

/// The start of an element.
pub struct Element<'a> {
    /// The vocabulary of its name.
    pub vocabulary: Vocabulary,
    start: BytesStart<'a>,
}

impl Element<'_> {
    /// Its name without the prefix.
    pub fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// Whether it has this name, whatever the vocabulary: some servers get theirs wrong.
    pub fn is(&self, name: &str) -> bool {
        self.name() == name
    }

    /// Whether it has this name of `WebDAV`.
    pub fn is_dav(&self, name: &str) -> bool {
        self.vocabulary == Vocabulary::Dav && self.is(name)
    }

    /// The value of an attribute without a prefix.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.start.attributes();
        let found = attributes.with_checks(false).flatten().find(|one| one.key.into_inner() == name);
        found.map(|one| one.value.into_owned())
    }
}

/// A walk through a document. Whoever is given an element goes through all that is in it, by [`Xml::child`] until there is none left, by
/// [`Xml::text`] or by [`Xml::skip`], before going on behind it.
pub struct Xml<'a> {
    reader: NsReader<&'a [u8]>,
    depth: usize,
}

impl<'a> Xml<'a> {
    /// Begins a walk, inside of the document's one element.
    ///
    /// # Errors
    /// `Server` for what is no XML, `TooLarge` beyond a bound.
    pub fn open(document: &'a str) -> Result<(Self, Element<'a>), Failure> {
        let mut reader = NsReader::from_str(document);
        reader.config_mut().expand_empty_elements = true;
        reader.resolver_mut().set_max_namespace_bindings(MAX_NAMESPACES);
        let mut xml = Self { reader, depth: 0 };
        loop {
            match xml.next()? {
                Event::Start(start) => {
                    let root = xml.enter(start)?;
                    return Ok((xml, root));
                }
                Event::Text(text) if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                _ => return Err(broken()),
            }
        }
    }

    /// Goes into the next element inside the present one; none at its end, and then the walk is behind it.
    ///
    /// # Errors
    /// As [`Xml::open`].
    pub fn child(&mut self) -> Result<Option<Element<'a>>, Failure> {
        loop {
            match self.next()? {
                Event::Start(start) => return self.enter(start).map(Some),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::DocType(_) | Event::Eof => return Err(broken()),
                _ => {}
            }
        }
    }

    /// The text that stands directly in the present element, to its end. Characters that XML forbids are left out (XML 1.0 2.2): one of
    /// them in one object must not cost the others.
    ///
    /// # Errors
    /// As [`Xml::open`].
    pub fn text(&mut self) -> Result<String, Failure> {
        self.text_and(|xml, _| xml.skip())
    }

    /// The same, with each element inside the present one given to `inner`, which goes through all that is in it.
    ///
    /// # Errors
    /// As [`Xml::open`], and those of `inner`.
    pub fn text_and(
        &mut self,
        mut inner: impl FnMut(&mut Self, Element<'a>) -> Result<(), Failure>,
    ) -> Result<String, Failure> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Event::Text(part) => append(&part, &mut text),
                Event::CData(part) => append(&part, &mut text),
                Event::GeneralRef(reference) => refer(&reference, &mut text),
                Event::Start(start) => {
                    let element = self.enter(start)?;
                    inner(self, element)?;
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(text);
                }
                Event::DocType(_) | Event::Eof => return Err(broken()),
                _ => {}
            }
        }
    }

    /// Goes to the end of the present element.
    ///
    /// # Errors
    /// As [`Xml::open`].
    pub fn skip(&mut self) -> Result<(), Failure> {
        let behind = self.depth - 1;
        while self.depth > behind {
            self.child()?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Event<'a>, Failure> {
        self.reader.read_event().map_err(|error| match error {
            XmlError::Namespace(NamespaceError::TooManyBindings(most)) => {
                beyond(&format!("declares more than {most} namespaces at once"))
            }
            _ => broken(),
        })
    }

    fn enter(&mut self, start: BytesStart<'a>) -> Result<Element<'a>, Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(beyond(&format!("has elements more than {MAX_DEPTH} deep")));
        }
        if start.attributes().with_checks(false).nth(MAX_ATTRIBUTES).is_some() {
            return Err(beyond(&format!("has an element with more than {MAX_ATTRIBUTES} attributes")));
        }
        let vocabulary = match self.reader.resolver().resolve_element(start.name()).0 {
            ResolveResult::Bound(Namespace(DAV)) => Vocabulary::Dav,
            ResolveResult::Bound(Namespace(CALDAV)) => Vocabulary::CalDav,
            ResolveResult::Bound(Namespace(CALENDAR_SERVER)) => Vocabulary::CalendarServer,
            _ => Vocabulary::Other,
        };
        Ok(Element { vocabulary, start })
    }
}

fn append(part: &str, text: &mut String) {
    if part.chars().all(is_allowed) {
        text.push_str(part);
    } else {
        text.extend(part.chars().filter(|character| is_allowed(*character)));
    }
}

/// Puts what a reference stands for behind a text.
fn refer(reference: &BytesRef<'_>, text: &mut String) {
    if reference.is_char_ref() {
        let character = reference.resolve_char_ref().ok().flatten();
        text.extend(character.filter(|character| is_allowed(*character)));
        return;
    }
    match &**reference {
        "amp" => text.push('&'),
        "lt" => text.push('<'),
        "gt" => text.push('>'),
        "quot" => text.push('"'),
        "apos" => text.push('\''),
        // Without a document type there are no others.
        _ => {}
    }
}

const fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn broken() -> Failure {
    Failure::new(ErrorKind::Server, "the server's answer is no XML that could be read")
}

fn beyond(what: &str) -> Failure {
    Failure::new(ErrorKind::TooLarge, format!("the server's answer {what}, which no calendar server needs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> Result<String, ErrorKind> {
        let (mut xml, _) = Xml::open(document).map_err(|failure| failure.kind)?;
        xml.text().map_err(|failure| failure.kind)
    }

    #[test]
    fn the_text_of_an_element_is_what_stands_directly_in_it() {
        for (document, said) in [
            ("<a>x</a>", "x"),
            ("\u{feff}<?xml version=\"1.0\"?>\n<!-- c --><a>x</a>", "x"),
            ("<a> x<b>inside<c/></b>y </a>", " xy "),
            ("<a><![CDATA[<x>&amp;]]>y</a>", "<x>&amp;y"),
            ("<a>x<!-- c -->y<?p i?>z</a>", "xyz"),
            ("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a>", "<>&\"'AB"),
            ("<a>x\u{b}&#x0;&#xFFFE;&#xD800;&unknown;y</a>", "xy"),
            ("<a/>", ""),
        ] {
            assert_eq!(text(document).as_deref(), Ok(said), "{document}");
        }
        for broken in ["", "x", "<a>", "<a></b>", "<a><!DOCTYPE x></a>", "<!DOCTYPE x><a/>", "<a>&#</a>", "<a", "</a>"]
        {
            assert_eq!(text(broken), Err(ErrorKind::Server), "{broken}");
        }
    }

    #[test]
    fn a_walk_goes_through_elements_in_their_order() {
        let document =
            "<m xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><a><x/>y</a><c:b name=\"n\"/><d>z</d></m>";
        let (mut xml, root) = Xml::open(document).unwrap();
        assert!(root.is_dav("m"));
        let first = xml.child().unwrap().unwrap();
        assert!(first.is_dav("a"));
        xml.skip().unwrap();
        let second = xml.child().unwrap().unwrap();
        assert_eq!((second.vocabulary, second.name()), (Vocabulary::CalDav, "b"));
        assert_eq!((second.attribute("name").as_deref(), second.attribute("x")), (Some("n"), None));
        assert!(xml.child().unwrap().is_none(), "nothing is in it");
        assert!(xml.child().unwrap().unwrap().is("d"));
        assert_eq!(xml.text().unwrap(), "z");
        assert!(xml.child().unwrap().is_none(), "the end of the root");
    }

    #[test]
    fn each_bound_says_which_it_is() {
        let nested = |depth: usize, open: &dyn Fn(usize) -> String| {
            let opened: Vec<String> = (0..depth).map(open).collect();
            opened.concat() + &"</a>".repeat(depth)
        };
        let deep = |depth| nested(depth, &|_| "<a>".to_owned());
        let attributes = |count: usize| {
            let all: Vec<String> = (0..count).map(|at| format!(" a{at}=\"\"")).collect();
            format!("<a{}/>", all.concat())
        };
        let three_names =
            |at| format!("<a xmlns:n{at}=\"urn:{at}\" xmlns:m{at}=\"urn:{at}\" xmlns:o{at}=\"urn:{at}\">");
        let names = |depth| nested(depth, &three_names);
        for (fine, beyond) in [
            (deep(MAX_DEPTH), deep(MAX_DEPTH + 1)),
            (attributes(MAX_ATTRIBUTES), attributes(MAX_ATTRIBUTES + 1)),
            (names(MAX_NAMESPACES / 3), names(MAX_NAMESPACES / 3 + 1)),
        ] {
            assert_eq!(text(&fine), Ok(String::new()));
            assert_eq!(text(&beyond), Err(ErrorKind::TooLarge));
        }
    }
}
