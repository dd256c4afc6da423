//! Hostile answers of a `CalDAV` server.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::caldav_reads::{discovery, event};
use crate::caldav_server::{Asked, Told, found, multistatus, told};

/// How a read of a calendar ends.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// It is read, with so many events and at least so many problems.
    Read { events: usize, problems: usize },
    /// It fails, and the reason says this.
    Fails(&'static str),
}

/// A server that answers badly at one point, and well everywhere else.
pub struct Server {
    pub name: &'static str,
    pub ends: Ends,
    /// How many requests it may take at most to see it.
    pub requests: usize,
    pub answer: Box<dyn Fn(&Asked) -> Told + Send + Sync>,
}

/// What is asked, by what the question holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Principal,
    Home,
    Calendars,
    List,
    Objects,
}

const LIST: &str = "sync-collection";

fn question(asked: &Asked) -> Option<Question> {
    let known = [
        ("current-user-principal", Question::Principal),
        ("calendar-home-set", Question::Home),
        ("supported-report-set", Question::Calendars),
        (LIST, Question::List),
        ("multiget", Question::Objects),
    ];
    known.into_iter().find(|(part, _)| asked.body.contains(part)).map(|(_, question)| question)
}

/// The names of the objects that are asked for.
fn names(asked: &Asked) -> Vec<String> {
    let hrefs = asked.body.split("<D:href>/cals/main/").skip(1);
    hrefs.filter_map(|rest| rest.split_once("</D:href>")).map(|(name, _)| name.to_owned()).collect()
}

fn listed(name: &str) -> String {
    found(&format!("/cals/main/{name}"), "<D:getetag>\"1\"</D:getetag>")
}

fn object(name: &str, text: &str) -> String {
    let properties = format!("<D:getetag>\"1\"</D:getetag><C:calendar-data>{text}</C:calendar-data>");
    found(&format!("/cals/main/{name}"), &properties)
}

fn objects(asked: &Asked, text: impl Fn(&str) -> String) -> Told {
    let all: String = names(asked).iter().map(|name| object(name, &text(name))).collect();
    multistatus(&all, None)
}

/// A server without any fault, and a calendar with two events.
pub fn good(asked: &Asked) -> Told {
    match question(asked) {
        Some(Question::List) => multistatus(&(listed("a.ics") + &listed("b.ics")), Some("t1")),
        Some(Question::Objects) => objects(asked, |name| event(name, "x")),
        _ => discovery(asked, true).unwrap_or_else(|| told(404, "")),
    }
}

/// A server that answers one question so, and the others well.
fn bad(
    name: &'static str,
    point: Question,
    ends: Ends,
    answer: impl Fn(&Asked) -> Told + Send + Sync + 'static,
) -> Server {
    let answer = move |asked: &Asked| if question(asked) == Some(point) { answer(asked) } else { good(asked) };
    Server { name, ends, requests: 12, answer: Box::new(answer) }
}

fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

/// A 207 whose root holds this, with every usual prefix declared.
fn root(inside: &str) -> Told {
    multistatus(inside, Some("t1"))
}

fn fails(
    name: &'static str,
    point: Question,
    why: &'static str,
    answer: impl Fn(&Asked) -> Told + Send + Sync + 'static,
) -> Server {
    bad(name, point, Ends::Fails(why), answer)
}

/// All of them; `scale` is 1 for tests, and 10 at full size.
pub fn servers(scale: usize) -> Vec<Server> {
    let mut all = documents(scale);
    all.extend(lists(scale));
    all.extend(places(scale));
    all.extend(contents(scale));
    all
}

/// XML that is made to be expensive.
fn documents(scale: usize) -> Vec<Server> {
    let nested = move |count: usize, open: fn(usize) -> String| {
        let begin: String = (0..count).map(open).collect();
        root(&format!("{begin}{}", "</x>".repeat(count)))
    };
    vec![
        fails("an element with 200,000 attributes", Question::List, "more than 64 attributes", move |_| {
            let attributes = many(20_000 * scale, |at| format!(" a{at}=\"\""));
            root(&format!("<D:response{attributes}><D:href>/a</D:href></D:response>"))
        }),
        fails("an element with 200,000 namespaces", Question::List, "more than 128 namespaces", move |_| {
            let names = many(20_000 * scale, |at| format!(" xmlns:n{at}=\"urn:{at}\""));
            root(&format!("<D:response{names}><D:href>/a</D:href></D:response>"))
        }),
        fails("20,000 nested namespaces", Question::List, "more than 64 deep", move |_| {
            nested(2_000 * scale, |at| format!("<x xmlns:n{at}=\"urn:{at}\">"))
        }),
        fails("200,000 nested elements", Question::List, "more than 64 deep", move |_| {
            nested(20_000 * scale, |_| "<x>".to_owned())
        }),
        fails("200,000 nested elements in a principal", Question::Principal, "more than 64 deep", move |_| {
            nested(20_000 * scale, |_| "<x>".to_owned())
        }),
        fails("entities that grow", Question::List, "no XML", |_| {
            let all = many(19, |at| format!("<!ENTITY e{} \"&e{at};&e{at};\">", at + 1));
            told(
                207,
                &format!("<!DOCTYPE x [<!ENTITY e0 \"aaaa\">{all}]><multistatus xmlns=\"DAV:\">&e19;</multistatus>"),
            )
        }),
        fails("an entity from a file", Question::List, "no XML", |_| {
            told(
                207,
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><multistatus xmlns=\"DAV:\">&e;</multistatus>",
            )
        }),
        fails("XML that breaks off", Question::List, "no XML", |_| {
            told(207, "<multistatus xmlns=\"DAV:\"><response><href>/a</href>")
        }),
        fails("a web page", Question::List, "no XML", |_| {
            told(207, "<!DOCTYPE html><html><body>Sign in</body></html>")
        }),
        fails("more bytes than any list has", Question::List, "16 MiB", |_| {
            root(&format!("<!--{}-->", "x".repeat(17 << 20)))
        }),
        bad("a megabyte of comments", Question::List, Ends::Read { events: 2, problems: 0 }, |_| {
            root(&format!("{}{}{}", "<!-- x -->".repeat(100_000), listed("a.ics"), listed("b.ics")))
        }),
    ]
}

/// Lists that do not end.
fn lists(scale: usize) -> Vec<Server> {
    let page = |inside: &str, token: usize| {
        let more = "<D:response><D:href>/cals/main/</D:href><D:status>HTTP/1.1 507 More</D:status></D:response>";
        multistatus(&format!("{inside}{more}"), Some(&format!("t{token}")))
    };
    let count = || AtomicUsize::new(0);
    let (empty, same, new, fixed) = (count(), count(), count(), count());
    let next = |count: &AtomicUsize| count.fetch_add(1, Ordering::SeqCst);
    vec![
        fails("an answer of 100,000 objects", Question::List, "more than 50000 objects", move |_| {
            let short = |at: usize| format!("<D:response><D:href>/cals/main/{at}</D:href></D:response>");
            root(&(0..50_001.max(10_000 * scale)).map(short).collect::<String>())
        }),
        fails("empty pages without end", Question::List, "3 pages in a row", move |_| page("", next(&empty))),
        fails("one page without end", Question::List, "3 pages in a row", move |_| page(&listed("a.ics"), next(&same))),
        fails("one page under one token without end", Question::List, "3 pages in a row", move |_| {
            next(&fixed);
            page(&listed("a.ics"), 7)
        }),
        fails("ever new objects without end", Question::List, "more than 50000 objects", move |_| {
            let at = next(&new);
            let short = |n: usize| format!("<D:response><D:href>/cals/main/{at}-{n}</D:href></D:response>");
            page(&(0..10_000).map(short).collect::<String>(), at)
        }),
        bad("one object 50,000 times", Question::List, Ends::Read { events: 1, problems: 0 }, move |_| {
            root(&listed("a.ics").repeat(5_000 * scale))
        }),
        fails("a token of a megabyte", Question::List, "sync token longer than 8192 bytes", |_| {
            multistatus(&listed("a.ics"), Some(&"t".repeat(1 << 20)))
        }),
        fails("a name of a megabyte", Question::List, "name longer than 8192 bytes", |_| {
            root(&listed(&"n".repeat(1 << 20)))
        }),
        bad("an etag of a megabyte", Question::List, Ends::Read { events: 1, problems: 0 }, |_| {
            root(&found("/cals/main/a.ics", &format!("<D:getetag>\"{}\"</D:getetag>", "e".repeat(1 << 20))))
        }),
        bad("an object with 50,000 statuses", Question::List, Ends::Read { events: 1, problems: 0 }, move |_| {
            let propstat = "<D:propstat><D:prop><D:getetag>\"1\"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>";
            root(&format!(
                "<D:response><D:href>/cals/main/a.ics</D:href>{}</D:response>",
                propstat.repeat(5_000 * scale)
            ))
        }),
    ]
}

/// Places without end.
fn places(scale: usize) -> Vec<Server> {
    let hrefs = move |count: usize| many(count * scale, |at| format!("<D:href>/home-{at}/</D:href>"));
    vec![
        fails("3,000 homes of calendars", Question::Home, "more than 20 calendar homes", move |_| {
            root(&found("/me/", &format!("<C:calendar-home-set>{}</C:calendar-home-set>", hrefs(300))))
        }),
        fails("20,000 addresses of the owner", Question::Home, "more than 500 addresses", move |_| {
            let addresses = format!("<C:calendar-user-address-set>{}</C:calendar-user-address-set>", hrefs(2_000));
            root(&found("/me/", &addresses))
        }),
        fails("10,000 calendars", Question::Calendars, "more than 500 calendars", move |_| {
            let types = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>";
            root(&(0..1_000 * scale).map(|at| found(&format!("/cals/{at}/"), types)).collect::<String>())
        }),
        fails("a home that leads in a circle", Question::Home, "redirects more than 5 times", |asked| {
            told(302, "").with("Location", &asked.path)
        }),
        fails("a login that is never good, with a page of megabytes", Question::Principal, "401", move |_| {
            told(401, &"x".repeat(100_000 * scale))
        }),
    ]
}

/// Objects that are made to be expensive.
fn contents(scale: usize) -> Vec<Server> {
    let many = move |count: usize| {
        move |_: &Asked| root(&(0..count).map(|at| listed(&format!("{at}.ics"))).collect::<String>())
    };
    let large = |bytes: usize| {
        move |name: &str| event(name, "x").replace("END:VEVENT", &format!("ATTACH:{}\r\nEND:VEVENT", "x".repeat(bytes)))
    };
    let halved = many(40);
    let whole = many(80);
    vec![
        Server {
            name: "objects of 300 kB, 40 at once",
            ends: Ends::Read { events: 40, problems: 0 },
            requests: 12,
            answer: Box::new(move |asked| match question(asked) {
                Some(Question::List) => halved(asked),
                Some(Question::Objects) => objects(asked, large(300_000)),
                _ => good(asked),
            }),
        },
        bad(
            "one object of 9 MB beside a good one",
            Question::Objects,
            Ends::Read { events: 1, problems: 1 },
            move |asked| objects(asked, |name| if name == "a.ics" { large(9_000_000)(name) } else { event(name, "x") }),
        ),
        Server {
            name: "80 objects of 9 MB",
            ends: Ends::Fails("8 MiB"),
            requests: 80,
            answer: Box::new(move |asked| match question(asked) {
                Some(Question::List) => whole(asked),
                Some(Question::Objects) => told(207, &"x".repeat(9_000_000)),
                _ => good(asked),
            }),
        },
        bad("an object of 20,000 events", Question::Objects, Ends::Read { events: 2_001, problems: 0 }, move |asked| {
            let one = |at: usize| {
                format!(
                    "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20{:02}0101T090000Z\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\n",
                    at % 100
                )
            };
            let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", (0..2_000).map(one).collect::<String>());
            objects(asked, |name| if name == "a.ics" { text.clone() } else { event(name, "x") })
        }),
        bad(
            "an object that is one line of megabytes",
            Question::Objects,
            Ends::Read { events: 1, problems: 1 },
            move |asked| {
                objects(asked, |name| if name == "a.ics" { "x".repeat(300_000 * scale) } else { event(name, "x") })
            },
        ),
        bad("characters that XML forbids", Question::Objects, Ends::Read { events: 2, problems: 0 }, move |asked| {
            objects(asked, |name| event(name, "a\u{b}b&#x0;c&#xFFFF;d&#xD800;&nothing;"))
        }),
    ]
}
