//! Hostile answers of a web server to feed requests.

use std::io::Write as _;
use std::time::Duration;

use cadenced::calendar::ErrorKind;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::wire::{Script, Step};

/// One answer, and how a read of it ends.
pub struct Answer {
    pub name: &'static str,
    pub script: Script,
    pub ends: &'static [ErrorKind],
}

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260302T100000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

const TOO_LARGE: &[ErrorKind] = &[ErrorKind::TooLarge];
const SERVER: &[ErrorKind] = &[ErrorKind::Server];
const OFFLINE: &[ErrorKind] = &[ErrorKind::Offline];
const TRUNCATED: &[ErrorKind] = &[ErrorKind::Truncated];
const NO_CALENDAR: &[ErrorKind] = &[ErrorKind::NotACalendar];
const REDIRECT: &[ErrorKind] = &[ErrorKind::Redirect];
/// It depends on what comes first: the end of the connection, or what is wrong with what came.
const BROKEN: &[ErrorKind] = &[ErrorKind::Offline, ErrorKind::Server, ErrorKind::Truncated];
/// Or how much came.
const ENDLESS: &[ErrorKind] = &[ErrorKind::TooLarge, ErrorKind::Offline, ErrorKind::Server, ErrorKind::Truncated];
/// It is read, as nothing that matters is wrong with it.
const READ: &[ErrorKind] = &[];

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// More than may be, in next to nothing.
fn bomb(max_bytes: usize) -> Vec<u8> {
    packed(&vec![b' '; max_bytes / 4 * 5])
}

fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

fn head(status: &str, headers: &str) -> Step {
    send(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n"))
}

fn ok(headers: &str) -> Step {
    head("200 OK", headers)
}

fn answer(name: &'static str, steps: Vec<Step>, ends: &'static [ErrorKind]) -> Answer {
    Answer { name, script: Script { steps, is_rash: false }, ends }
}

/// What a good server plays.
pub fn good() -> Script {
    Script { steps: vec![ok(""), send(EVENT)], is_rash: false }
}

const SOON: Duration = Duration::from_millis(50);

/// All of them. `max_bytes` is what the reader accepts.
pub fn answers(max_bytes: usize) -> Vec<Answer> {
    let mut all = heads();
    all.extend(lengths(max_bytes));
    all.extend(packings(max_bytes));
    all.extend(silences());
    all.extend(redirects());
    all.extend(statuses());
    all
}

fn heads() -> Vec<Answer> {
    let endless = |text: &str| Step::Endless(text.as_bytes().to_vec());
    vec![
        answer("100 Continue without end", vec![endless("HTTP/1.1 100 Continue\r\n\r\n")], TOO_LARGE),
        answer(
            "103 Early Hints without end, with long headers",
            vec![Step::Endless(
                format!("HTTP/1.1 103 Early Hints\r\nLink: <{}>\r\n\r\n", "x".repeat(8000)).into_bytes(),
            )],
            TOO_LARGE,
        ),
        answer("a head without end", vec![send("HTTP/1.1 200 OK\r\n"), endless("X-Header: value\r\n")], ENDLESS),
        answer("a header of megabytes", vec![send("HTTP/1.1 200 OK\r\nX: "), endless("x")], ENDLESS),
        answer("a status line without end", vec![send("HTTP/1.1 200 "), endless("O")], ENDLESS),
        answer(
            "10,000 cookies",
            vec![ok(&format!("{}Content-Length: 0\r\n", "Set-Cookie: a=b\r\n".repeat(10_000)))],
            TOO_LARGE,
        ),
        answer("zeros in the head", vec![send("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n")], SERVER),
        answer("a calendar without a head", vec![send(EVENT)], SERVER),
        answer(
            "another protocol that greets",
            vec![send("220 mail.example.com ESMTP ready\r\n"), Step::Silence],
            SERVER,
        ),
        answer("TLS where plain HTTP was asked for", vec![send([0x15, 3, 1, 0, 2, 2, 70]), Step::Silence], SERVER),
        answer("a frame of HTTP/2", vec![send([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), Step::Silence], SERVER),
        answer(
            "a switch of protocols",
            vec![head("101 Switching Protocols", "Upgrade: h2c\r\n"), Step::Silence],
            BROKEN,
        ),
        Answer {
            name: "an answer before the question",
            script: Script { steps: vec![ok("Content-Length: 3\r\n"), send("abc")], is_rash: true },
            ends: &[ErrorKind::NotACalendar, ErrorKind::Offline, ErrorKind::Server],
        },
    ]
}

fn lengths(max_bytes: usize) -> Vec<Answer> {
    let chunked = || ok("Transfer-Encoding: chunked\r\n");
    let endless = |text: &str| Step::Endless(text.as_bytes().to_vec());
    let past = (max_bytes + 1).to_string();
    vec![
        answer("a body without end", vec![ok(""), endless("X-LINE:x\r\n")], TOO_LARGE),
        answer("chunks of one byte without end", vec![chunked(), endless("1\r\nx\r\n")], ENDLESS),
        answer("a chunk's size without end", vec![chunked(), endless("0")], ENDLESS),
        answer("a chunk's extension without end", vec![chunked(), send("1;"), endless("x")], ENDLESS),
        answer("a chunk beyond all numbers", vec![chunked(), send("fffffffffffffffff\r\n")], BROKEN),
        answer("trailers without end", vec![chunked(), send("0\r\n"), endless("X: y\r\n")], ENDLESS),
        answer("a length past the cap", vec![ok(&format!("Content-Length: {past}\r\n"))], TOO_LARGE),
        answer("a length beyond all numbers", vec![ok("Content-Length: 99999999999999999999\r\n"), send("x")], BROKEN),
        answer("a length below zero", vec![ok("Content-Length: -1\r\n"), send("x")], BROKEN),
        answer("two lengths", vec![ok("Content-Length: 3\r\nContent-Length: 5\r\n"), send("abcde")], BROKEN),
        answer(
            "a length and chunks",
            vec![ok("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), send("3\r\nabc\r\n0\r\n\r\n")],
            &[ErrorKind::NotACalendar, ErrorKind::Server],
        ),
        answer("less than announced", vec![ok("Content-Length: 500\r\n"), send(EVENT)], TRUNCATED),
        answer("more than announced", vec![ok("Content-Length: 20\r\n"), send(EVENT)], TRUNCATED),
        answer("nothing at all", vec![ok("Content-Length: 0\r\n")], NO_CALENDAR),
    ]
}

fn packings(max_bytes: usize) -> Vec<Answer> {
    let gzip = || ok("Content-Encoding: gzip\r\n");
    let whole = packed(EVENT.as_bytes());
    let mut damaged = whole.clone();
    damaged[20] ^= 0xff;
    vec![
        answer("empty gzip members without end, announced", vec![gzip(), Step::Endless(packed(b""))], TOO_LARGE),
        answer("empty gzip members without end", vec![ok(""), Step::Endless(packed(b""))], TOO_LARGE),
        answer("a gzip bomb, announced", vec![gzip(), send(bomb(max_bytes))], TOO_LARGE),
        answer("a gzip bomb", vec![ok(""), send(bomb(max_bytes))], TOO_LARGE),
        answer("a gzip bomb in gzip", vec![gzip(), send(packed(&bomb(max_bytes)))], TOO_LARGE),
        answer(
            "gzip with a name without end",
            vec![gzip(), send([31, 139, 8, 8, 0, 0, 0, 0, 0, 3]), Step::Endless(b"n".to_vec())],
            SERVER,
        ),
        answer("gzip that breaks off", vec![gzip(), send(&whole[..whole.len() - 6])], TRUNCATED),
        answer("gzip that is damaged", vec![gzip(), send(damaged)], &[ErrorKind::Server, ErrorKind::Truncated]),
        answer(
            "gzip with something behind it",
            vec![gzip(), send(&whole), send("and more of it")],
            &[ErrorKind::Server, ErrorKind::Truncated],
        ),
        answer("announced as gzip, and not packed", vec![gzip(), send(EVENT)], SERVER),
        answer("a packing that nobody asked for", vec![ok("Content-Encoding: br\r\n"), send("x")], SERVER),
        answer("announced as packed twice", vec![ok("Content-Encoding: gzip, gzip\r\n"), send(&whole)], SERVER),
    ]
}

fn silences() -> Vec<Answer> {
    let drip = |text: &str| Step::Drip(text.as_bytes().to_vec(), SOON);
    vec![
        answer("silence", vec![Step::Silence], OFFLINE),
        answer("silence after the head", vec![ok("Content-Length: 500\r\n"), Step::Silence], OFFLINE),
        answer("silence in the body", vec![ok("Content-Length: 500\r\n"), send(EVENT), Step::Silence], OFFLINE),
        answer("a head that drips", vec![send("HTTP/1.1 200 OK\r\nX: "), drip("x")], OFFLINE),
        answer("100 Continue that drips", vec![drip("HTTP/1.1 100 Continue\r\n\r\n")], OFFLINE),
        answer("a body that drips", vec![ok("Content-Length: 500000\r\n"), drip("x")], OFFLINE),
        answer("a reset at once", vec![Step::Reset], OFFLINE),
        answer("a reset in the head", vec![send("HTTP/1.1 200 OK\r\nX: "), Step::Reset], BROKEN),
        answer("a reset in the body", vec![ok("Content-Length: 500\r\n"), send("BEGIN"), Step::Reset], BROKEN),
        answer("the end at once", vec![], OFFLINE),
    ]
}

fn redirects() -> Vec<Answer> {
    let to = |target: &str| vec![head("302 Found", &format!("Location: {target}\r\nContent-Length: 0\r\n"))];
    vec![
        answer("a redirect in a circle", to("/feed.ics"), REDIRECT),
        answer("a redirect to a file", to("file:///etc/passwd"), REDIRECT),
        answer("a redirect to another scheme", to("ftp://example.com/feed.ics"), REDIRECT),
        answer("a redirect to data", to("data:text/calendar,BEGIN:VCALENDAR"), REDIRECT),
        answer("a redirect to nowhere", vec![head("302 Found", "Content-Length: 0\r\n")], REDIRECT),
        answer("a redirect to plain HTTP elsewhere", to("http://example.com/"), REDIRECT),
        answer(
            "a redirect of megabytes",
            vec![send("HTTP/1.1 302 Found\r\nLocation: /"), Step::Endless(b"x".to_vec())],
            ENDLESS,
        ),
    ]
}

fn statuses() -> Vec<Answer> {
    vec![
        answer("304 to a question without conditions", vec![head("304 Not Modified", "")], SERVER),
        answer("204", vec![head("204 No Content", "")], SERVER),
        answer("206", vec![head("206 Partial Content", "Content-Length: 5\r\n"), send("BEGIN")], SERVER),
        answer("a status of 999", vec![head("999 What", "Content-Length: 0\r\n")], SERVER),
        answer(
            "401 with a body without end",
            vec![head("401 Unauthorized", ""), Step::Endless(b"x".to_vec())],
            &[ErrorKind::SignIn],
        ),
        answer(
            "a page to sign in at",
            vec![ok("Content-Type: text/html\r\n"), send("<!DOCTYPE html><html><body>Sign in</body></html>")],
            NO_CALENDAR,
        ),
        answer(
            "a good calendar with a nonsense of headers",
            vec![ok("Date: yesterday\r\nRetry-After: never\r\nETag: \u{1F4C5}\r\nLast-Modified: -1\r\n"), send(EVENT)],
            READ,
        ),
    ]
}
