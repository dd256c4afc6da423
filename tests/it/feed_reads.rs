//! The result of reading a feed: changes, no changes, or a failure that changes nothing.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cadenced::calendar::http::{Client, Settings as HttpSettings};
use cadenced::calendar::ics::feed::{Feed, Settings};
use cadenced::calendar::{Calendar, Cursor, Effort, Error, ErrorKind, Hints, Item, Problem, Reading};
use cadenced::config::{Secret, SecretSource};
use cadenced::domain::source::SourceId;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::feed_server::{Reply, Server};
use crate::waiting::HANGS;

/// A calendar with an event per title, all else the same.
pub fn calendar(titles: &[&str]) -> String {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//test//EN\r\n");
    for (number, title) in titles.iter().enumerate() {
        let event = format!(
            "BEGIN:VEVENT\r\nUID:{number}@example.com\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:20260302T100000Z\r\n\
             DTEND:20260302T103000Z\r\nSUMMARY:{title}\r\nDESCRIPTION:private notes\r\nEND:VEVENT\r\n"
        );
        text.push_str(&event);
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

/// A feed and the folder that it may use.
pub struct Reader {
    pub feed: Feed,
    pub folder: TempDir,
}

impl Reader {
    pub fn of(address: &str) -> Self {
        Self::with(SecretSource::Literal(Secret::new(address)), None)
    }

    pub fn with(address: SecretSource, login: Option<(String, SecretSource)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            source: SourceId { account: "work".into(), calendar: "main".into() },
            address,
            login,
            spool_folder: folder.path().to_owned(),
            allow_http: false,
            max_bytes: 16 << 20,
        };
        let patience = HttpSettings { idle_timeout: HANGS, ..HttpSettings::default() };
        let client = Client::new(patience, || "2026-03-02T12:00:00Z".parse::<Timestamp>().unwrap());
        Self { feed: Feed::new(settings, Arc::new(client)), folder }
    }

    pub async fn read(&mut self, cursor: Option<&Cursor>, effort: Effort) -> Result<Reading, Error> {
        self.feed.read(cursor, effort).await
    }

    async fn news(&mut self, cursor: Option<&Cursor>) -> News {
        match self.read(cursor, Effort::Incremental).await.unwrap() {
            Reading::Snapshot(snapshot) => {
                let mut news =
                    News { cursor: snapshot.cursor, hints: snapshot.hints, events: snapshot.events, ..News::default() };
                for item in snapshot.items {
                    match item.unwrap() {
                        Item::Event(event) => news.titles.push(event.title),
                        Item::Problem(problem) => news.problems.push(problem),
                        other => panic!("no feed says {other:?}"),
                    }
                }
                news
            }
            Reading::Unchanged { .. } | Reading::Delta(_) => panic!("there were news, and feeds know no deltas"),
        }
    }

    /// The new cursor, if any, of a read that finds nothing new.
    async fn nothing_new(&mut self, cursor: &Cursor, effort: Effort) -> Option<Cursor> {
        match self.read(Some(cursor), effort).await.unwrap() {
            Reading::Unchanged { cursor, .. } => cursor,
            Reading::Snapshot(_) | Reading::Delta(_) => panic!("nothing was new"),
        }
    }

    pub async fn failure(&mut self) -> Error {
        match self.read(None, Effort::Incremental).await {
            Err(error) => error,
            Ok(_) => panic!("the read must fail"),
        }
    }
}

#[derive(Debug, Default)]
struct News {
    titles: Vec<String>,
    problems: Vec<Problem>,
    events: u64,
    cursor: Cursor,
    hints: Hints,
}

async fn kind_of(reply: Reply) -> ErrorKind {
    let server = Server::start(vec![reply]).await;
    Reader::of(&server.url("/feed.ics")).failure().await.kind
}

#[tokio::test]
async fn a_304_after_a_200_is_nothing_new_for_one_request() {
    let tagged = [
        ("ETag", "\"v1\""),
        ("Last-Modified", "Sun, 01 Mar 2026 00:00:00 GMT"),
        ("Date", "Mon, 02 Mar 2026 12:00:05 GMT"),
    ];
    let full = Reply::new("200 OK", &tagged, calendar(&["Mara / Jo"]));
    let server = Server::start(vec![full, Reply::new("304 Not Modified", &[], "")]).await;
    let mut reader = Reader::of(&server.url("/feed.ics"));
    let news = reader.news(None).await;
    assert_eq!((news.titles, news.events, news.problems), (vec!["Mara / Jo".to_owned()], 1, vec![]));
    assert_eq!(news.hints.clock_skew, Some(SignedDuration::from_secs(5)));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(reader.nothing_new(&news.cursor, Effort::Incremental).await, None);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        !requests[0].contains("if-none-match") && requests[1].contains("if-none-match: \"v1\"\r\n"),
        "{requests:?}"
    );
}

#[tokio::test]
async fn a_full_read_does_not_ask_the_validators_and_so_finds_what_a_lying_one_hides() {
    let first = Reply::new("200 OK", &[("ETag", "\"same\"")], calendar(&["old"]));
    let second = Reply::new("200 OK", &[("ETag", "\"same\"")], calendar(&["new"]));
    let server = Server::start(vec![first, second]).await;
    let mut reader = Reader::of(&server.url("/"));
    let news = reader.news(None).await;
    let reading = reader.read(Some(&news.cursor), Effort::Full).await.unwrap();
    assert!(matches!(reading, Reading::Snapshot(_)));
    assert!(!server.requests()[1].contains("if-none-match"), "{:?}", server.requests());
}

#[tokio::test]
async fn the_same_content_is_nothing_new_though_the_server_thinks_so() {
    let first = Reply::new("200 OK", &[("ETag", "\"v1\"")], calendar(&["Mara / Jo"]));
    let stamped = calendar(&["Mara / Jo"]).replace("DTSTAMP:20260301T000000Z", "DTSTAMP:20260302T115959Z");
    let second = Reply::new("200 OK", &[("ETag", "\"v2\"")], stamped);
    let server = Server::start(vec![first, second]).await;
    let mut reader = Reader::of(&server.url("/"));
    let news = reader.news(None).await;
    let fresher = reader.nothing_new(&news.cursor, Effort::Incremental).await.expect("the new ETag must be kept");
    assert_eq!(reader.nothing_new(&fresher, Effort::Full).await, None);
    reader.nothing_new(&fresher, Effort::Incremental).await;
    assert!(server.requests()[3].contains("if-none-match: \"v2\""), "{:?}", server.requests());
}

#[tokio::test]
async fn every_change_of_what_is_read_is_news() {
    let base = calendar(&["Mara / Jo", "Mara / Lee"]);
    for changed in [
        calendar(&["Mara / Jo"]),
        calendar(&["Mara / Lee", "Mara / Jo"]),
        base.replace("T103000Z", "T104500Z"),
        base.replace("PRODID", "METHOD:CANCEL\r\nPRODID"),
    ] {
        let server = Server::start(vec![Reply::ok(&base), Reply::ok(changed)]).await;
        let mut reader = Reader::of(&server.url("/"));
        let cursor = reader.news(None).await.cursor;
        reader.news(Some(&cursor)).await;
    }
    let notes = base.replace("private notes", "other notes");
    let server = Server::start(vec![Reply::ok(&base), Reply::ok(notes)]).await;
    let mut reader = Reader::of(&server.url("/"));
    let cursor = reader.news(None).await.cursor;
    reader.nothing_new(&cursor, Effort::Incremental).await;
}

#[tokio::test]
async fn a_cursor_of_another_address_or_version_is_not_believed() {
    let tagged = || Reply::new("200 OK", &[("ETag", "\"v1\"")], calendar(&["Mara / Jo"]));
    let server = Server::start(vec![tagged()]).await;
    let mut cursor = Reader::of(&server.url("/one")).news(None).await.cursor;
    Reader::of(&server.url("/two")).news(Some(&cursor)).await;
    cursor.0.insert("reader".into(), "0.0.0".into());
    Reader::of(&server.url("/one")).news(Some(&cursor)).await;
    assert!(server.requests().iter().all(|request| !request.contains("if-none-match")), "{:?}", server.requests());
}

#[tokio::test]
async fn what_is_no_whole_calendar_fails_by_its_kind() {
    let page = Reply::new("200 OK", &[("Content-Type", "text/html")], "<html><body>Please sign in</body></html>");
    assert_eq!(kind_of(page).await, ErrorKind::NotACalendar);
    assert_eq!(kind_of(Reply::ok("")).await, ErrorKind::NotACalendar);
    let whole = calendar(&["Mara / Jo", "Mara / Lee"]);
    for cut in [whole.len() - 20, whole.len() / 2, 20] {
        let closed = Reply::unannounced("200 OK", &[], &whole[..cut]);
        assert_eq!(kind_of(closed).await, ErrorKind::Truncated, "cut at {cut}");
        assert_eq!(
            kind_of(Reply::ok(&whole).without_last(whole.len() - cut)).await,
            ErrorKind::Truncated,
            "cut at {cut}"
        );
    }
    assert_eq!(kind_of(Reply::new("403 Forbidden", &[], &whole)).await, ErrorKind::SignIn);
    assert_eq!(kind_of(Reply::ok(vec![b'x'; (16 << 20) + 1])).await, ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_empty_calendar_is_a_listing_of_none() {
    let server = Server::start(vec![Reply::ok(calendar(&[]))]).await;
    let news = Reader::of(&server.url("/")).news(None).await;
    assert_eq!((news.events, news.titles.len()), (0, 0));
}

#[tokio::test]
async fn one_bad_event_is_one_problem_and_not_a_lost_feed() {
    let text = calendar(&["one", "two", "three"]).replacen("DTSTART:20260302T100000Z", "DTSTART:rubbish", 1);
    let server = Server::start(vec![Reply::ok(format!("\u{feff}{text}"))]).await;
    let news = Reader::of(&server.url("/")).news(None).await;
    assert_eq!(news.titles, ["two", "three"]);
    assert_eq!((news.events, news.problems.len()), (3, 1));
    assert!(news.problems[0].skipped);
}

#[tokio::test]
async fn the_feeds_own_interval_is_passed_on_also_in_its_malformed_form_and_after_a_304() {
    for (line, hours) in [
        ("REFRESH-INTERVAL;VALUE=DURATION:PT2H", 2),
        ("REFRESH-INTERVAL:VALUE=DURATION:PT1H", 1),
        ("X-PUBLISHED-TTL:PT4H", 4),
    ] {
        let text = calendar(&["x"]).replace("VERSION:2.0", &format!("VERSION:2.0\r\n{line}"));
        let full = Reply::new("200 OK", &[("ETag", "\"v1\"")], text);
        let server = Server::start(vec![full, Reply::new("304 Not Modified", &[], "")]).await;
        let mut reader = Reader::of(&server.url("/"));
        let news = reader.news(None).await;
        assert_eq!(news.hints.refresh, Some(Duration::from_hours(hours)), "{line}");
        let Reading::Unchanged { hints, .. } = reader.read(Some(&news.cursor), Effort::Incremental).await.unwrap()
        else {
            panic!("a 304 is nothing new")
        };
        assert_eq!(hints.refresh, Some(Duration::from_hours(hours)), "{line}");
    }
}

#[tokio::test]
async fn a_zone_defined_after_its_events_is_used_for_them() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\n\
                TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n";
    let text = calendar(&["x"]).replace("END:VCALENDAR\r\n", zone);
    let text = text.replace("DTSTART:20260302T100000Z", "DTSTART;TZID=Office:20260302T100000");
    let server = Server::start(vec![Reply::ok(text.replace("DTEND:20260302T103000Z", "DURATION:PT30M"))]).await;
    let mut reader = Reader::of(&server.url("/"));
    let Reading::Snapshot(snapshot) = reader.read(None, Effort::Full).await.unwrap() else { panic!("there are news") };
    let events: Vec<Item> = snapshot.items.map(Result::unwrap).collect();
    let [Item::Event(event)] = &events[..] else { panic!("one event: {events:?}") };
    assert_eq!(event.unknown_zone, None);
}

#[tokio::test]
async fn a_large_feed_leaves_no_named_file_and_comes_back_whole() {
    let titles: Vec<String> = (0..20_000).map(|number| format!("{number} {}", "x".repeat(300))).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let server = Server::start(vec![Reply::ok(calendar(&titles))]).await;
    let mut reader = Reader::of(&server.url("/"));
    let Reading::Snapshot(snapshot) = reader.read(None, Effort::Full).await.unwrap() else { panic!("there are news") };
    assert_eq!(std::fs::read_dir(reader.folder.path()).unwrap().count(), 0);
    assert_eq!(snapshot.events, 20_000);
    let read: Vec<String> = snapshot
        .items
        .map(|item| match item.unwrap() {
            Item::Event(event) => event.title,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(read == titles, "20,000 titles come back in their order");
}

#[tokio::test]
async fn a_feed_that_cannot_be_set_down_fails_and_hands_nothing_out() {
    let titles = vec!["x"; 100_000];
    let server = Server::start(vec![Reply::ok(calendar(&titles))]).await;
    let mut reader = Reader::of(&server.url("/"));
    std::fs::remove_dir(reader.folder.path()).unwrap();
    assert_eq!(reader.failure().await.kind, ErrorKind::Local);
}

#[tokio::test]
async fn a_login_is_sent_and_asked_for_again_only_after_it_was_refused() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let script = format!("echo asked >> {}; echo pass-$(wc -l < {})", count.display(), count.display());
    let command = SecretSource::Command(["sh", "-c", &script].map(str::to_owned).to_vec());
    let ok = || Reply::ok(calendar(&["x"]));
    let server = Server::start(vec![ok(), ok(), Reply::new("401 Unauthorized", &[], ""), ok()]).await;
    let address = SecretSource::Literal(Secret::new(server.url("/")));
    let mut reader = Reader::with(address, Some(("mara".into(), command)));
    let cursor = reader.news(None).await.cursor;
    reader.nothing_new(&cursor, Effort::Full).await;
    assert_eq!(reader.failure().await.kind, ErrorKind::SignIn);
    reader.nothing_new(&cursor, Effort::Full).await;
    let requests = server.requests();
    // `mara:pass-1` three times, then `mara:pass-2`.
    assert!(
        requests[..3].iter().all(|request| request.contains("authorization: Basic bWFyYTpwYXNzLTE=\r\n")),
        "{requests:?}"
    );
    assert!(requests[3].contains("authorization: Basic bWFyYTpwYXNzLTI=\r\n"), "{requests:?}");
}

#[tokio::test]
async fn an_address_may_come_from_a_command_and_its_failure_reaches_no_server() {
    let server = Server::start(vec![Reply::ok(calendar(&["x"]))]).await;
    let printing = SecretSource::Command(vec!["echo".into(), server.url("/token")]);
    assert_eq!(Reader::with(printing, None).news(None).await.titles, ["x"]);
    let failing = SecretSource::Command(vec!["false".into()]);
    assert_eq!(Reader::with(failing, None).failure().await.kind, ErrorKind::SignIn);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused_before_anything_is_sent() {
    let error = Reader::of("http://calendar.example.com/feed.ics").failure().await;
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(!error.to_string().contains("example"), "{error}");
}

fn file_address(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[tokio::test]
async fn a_file_is_read_again_only_when_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ics");
    std::fs::write(&path, calendar(&["one"])).unwrap();
    let mut reader = Reader::of(&file_address(&path));
    let news = reader.news(None).await;
    assert_eq!(news.titles, ["one"]);
    assert_eq!(reader.nothing_new(&news.cursor, Effort::Incremental).await, None);
    std::fs::write(&path, calendar(&["one", "two"])).unwrap();
    let news = reader.news(Some(&news.cursor)).await;
    assert_eq!(news.titles, ["one", "two"]);
    let touched = std::fs::File::options().append(true).open(&path).unwrap();
    touched.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
    let fresher = reader.nothing_new(&news.cursor, Effort::Incremental).await;
    assert!(fresher.is_some(), "the new times are to be kept");
}

#[tokio::test]
async fn a_file_that_is_missing_cut_short_or_no_file_fails_by_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ics");
    let mut reader = Reader::of(&file_address(&path));
    assert_eq!(reader.failure().await.kind, ErrorKind::File);
    std::fs::write(&path, &calendar(&["one"])[..90]).unwrap();
    assert_eq!(reader.failure().await.kind, ErrorKind::Truncated);
    std::fs::write(&path, vec![b'x'; (16 << 20) + 1]).unwrap();
    assert_eq!(reader.failure().await.kind, ErrorKind::TooLarge);
    assert_eq!(Reader::of(&file_address(folder.path())).failure().await.kind, ErrorKind::File);
    assert_eq!(Reader::of("file:///dev/zero").failure().await.kind, ErrorKind::File);
}
