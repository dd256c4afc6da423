//! Any bytes are an answer of a CalDAV server: no panic, memory in proportion to the answer, and what a parser with a tree of the whole
//! document reads of it is read here as well.
#![no_main]


#[path = "../../benches/memory/counting.rs"]
mod counting;

use cadenced::calendar::caldav::replies::{Multistatus, conditions, deliveries, multistatus};
use libfuzzer_sys::fuzz_target;
use roxmltree::{Document, Node};

const DAV: &str = "DAV:";

fn children<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> + 'a {
    node.children().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// The text that stands directly in an element, without blanks around it, and with line ends in one form.
fn text(node: Node<'_, '_>) -> String {
    let all: String = node.children().filter(Node::is_text).filter_map(|part| part.text()).collect();
    plain(&all)
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// The names and etags of an answer, by the tree.
fn by_tree(document: &Document<'_>) -> Vec<(String, Option<String>)> {
    let responses = document.root_element().children().filter(|node| node.has_tag_name((DAV, "response")));
    let one = |node: Node<'_, '_>| {
        let href = children(node, "href").map(text).find(|href| !href.is_empty())?;
        let mut etag = None;
        for propstat in node.children().filter(|node| node.has_tag_name((DAV, "propstat"))) {
            let status = children(propstat, "status").last().map(text);
            let code = status.map_or(Some(200), |line| line.split(' ').nth(1)?.parse::<u16>().ok());
            if code.is_some_and(|code| !(200..300).contains(&code)) {
                continue;
            }
            let found = children(propstat, "prop").flat_map(|prop| prop.children());
            etag = found.filter(|node| node.has_tag_name((DAV, "getetag"))).map(text).last().or(etag);
        }
        Some((href, etag.filter(|etag| !etag.is_empty())))
    };
    responses.filter_map(one).collect()
}

fn names(told: &Multistatus) -> Vec<String> {
    told.responses.iter().map(|response| plain(&response.href)).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let memory = counting::mark();
    let told = multistatus(bytes);
    let _ = (deliveries(bytes), conditions(bytes));
    let took = memory.peak();
    assert!(took < (64 << 10) + 64 * bytes.len(), "{took} bytes for {}", bytes.len());
    let (Ok(told), Ok(text)) = (told, std::str::from_utf8(bytes)) else { return };
    if let Ok(document) = Document::parse(text) {
        assert_eq!(names(&told), by_tree(&document).into_iter().map(|(href, _)| href).collect::<Vec<_>>());
    }
});
