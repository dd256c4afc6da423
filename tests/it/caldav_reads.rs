//! Reads of `CalDAV` calendars, for the variety of answers that servers give.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cadenced::calendar::{Connected, Cursor, Effort, Error, ErrorKind, Item, Reading, caldav};

use crate::caldav_server::{Asked, Server, Told, found, multistatus, settings, shared, status, told};

pub fn connect(server: &str) -> Connected {
    caldav::connect(&settings(server), &shared(Vec::new())).remove(0)
}

/// The properties of the one calendar of an account; `sync` where it lists changes.
pub fn discovery(asked: &Asked, sync: bool) -> Option<Told> {
    let report = "<D:supported-report-set><D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report></D:supported-report-set>";
    let calendar = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>";
    let body = asked.body.as_str();
    let answer = match () {
        () if body.contains("current-user-principal") => {
            found("/", "<D:current-user-principal><D:href>/me/</D:href></D:current-user-principal>")
        }
        () if body.contains("calendar-home-set") => found(
            "/me/",
            "<C:calendar-home-set><D:href>/cals/</D:href></C:calendar-home-set>\
             <C:calendar-user-address-set><D:href>mailto:Me@Example.com</D:href></C:calendar-user-address-set>\
             <C:schedule-outbox-URL><D:href>/out/</D:href></C:schedule-outbox-URL>",
        ),
        () if body.contains("supported-report-set") => {
            found("/cals/main/", &format!("{calendar}{}", if sync { report } else { "" }))
        }
        () => return None,
    };
    Some(multistatus(&answer, None))
}

pub fn event(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261105T090000Z\r\n\
         DTEND:20261105T093000Z\r\nSUMMARY:{title}\r\nORGANIZER:mailto:me@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn object(name: &str, etag: &str) -> String {
    let properties = format!("<D:getetag>{etag}</D:getetag><C:calendar-data>{}</C:calendar-data>", event(name, etag));
    found(&format!("/cals/main/{name}.ics"), &properties)
}

fn listed(name: &str, etag: &str) -> String {
    found(&format!("/cals/main/{name}.ics"), &format!("<D:getetag>{etag}</D:getetag>"))
}

/// The objects that a multiget asks for, by their names.
fn names(asked: &Asked) -> Vec<String> {
    let hrefs = asked.body.split("<D:href>").skip(1);
    hrefs.filter_map(|rest| rest.split_once(".ics</D:href>")).map(|(path, _)| path.replace("/cals/main/", "")).collect()
}

fn has_token(asked: &Asked, token: &str) -> bool {
    asked.body.contains(&format!("<D:sync-token>{token}</D:sync-token>"))
}

/// What a read showed: what it was, the events by name with their titles, and what is gone.
#[derive(Debug, PartialEq)]
struct Shown {
    kind: &'static str,
    events: Vec<(String, String)>,
    gone: Vec<String>,
    problems: usize,
}

async fn read(calendar: &mut Connected, cursor: &mut Option<Cursor>, effort: Effort) -> Result<Shown, Error> {
    let (kind, items, gone, next) = match calendar.reader.read(cursor.as_ref(), effort).await? {
        Reading::Unchanged { cursor: next, .. } => {
            *cursor = next.or(cursor.take());
            return Ok(Shown { kind: "unchanged", events: Vec::new(), gone: Vec::new(), problems: 0 });
        }
        Reading::Snapshot(snapshot) => {
            let kind = if snapshot.restarted { "restarted" } else { "snapshot" };
            (kind, snapshot.items, Vec::new(), snapshot.cursor)
        }
        Reading::Delta(delta) => ("delta", delta.items, delta.gone, delta.cursor),
    };
    *cursor = Some(next);
    let mut shown = Shown { kind, events: Vec::new(), gone, problems: 0 };
    for item in items {
        match item.unwrap() {
            Item::Kept { resource, event } => shown.events.push((resource, event.title)),
            Item::Problem(_) => shown.problems += 1,
            other => panic!("{other:?}"),
        }
    }
    Ok(shown)
}

fn names_of(shown: &Shown) -> Vec<String> {
    let name =
        |(path, title): &(String, String)| format!("{}={title}", path.replace("/cals/main/", "").replace(".ics", ""));
    shown.events.iter().map(name).collect()
}

#[tokio::test]
async fn a_read_without_news_is_one_request() {
    let server = Server::start(|asked| {
        discovery(asked, true).unwrap_or_else(|| match asked.method.as_str() {
            "REPORT" if asked.body.contains("multiget") => {
                multistatus(&names(asked).iter().map(|name| object(name, "1")).collect::<String>(), None)
            }
            _ if has_token(asked, "t1") => multistatus("", Some("t1")),
            _ => multistatus(&(listed("a", "1") + &listed("b", "1")), Some("t1")),
        })
    })
    .await;
    let mut cursor = None;
    let first = read(&mut connect(&server.url("/")), &mut cursor, Effort::Incremental).await.unwrap();
    assert_eq!((first.kind, names_of(&first)), ("snapshot", vec!["a=1".to_owned(), "b=1".to_owned()]));
    server.forget();
    // Another process, which knows no more than the cursor.
    let second = read(&mut connect(&server.url("/")), &mut cursor, Effort::Incremental).await.unwrap();
    assert_eq!(second.kind, "unchanged");
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("REPORT", "/cals/main/"));
    assert_eq!(asked[0].header("authorization"), Some("Basic bWU6aHVudGVyMg=="));
}

#[tokio::test]
async fn a_list_that_was_cut_short_is_asked_for_again_before_anything_is_taken_for_gone() {
    let server = Server::start(|asked| {
        discovery(asked, true).unwrap_or_else(|| match () {
            () if asked.body.contains("multiget") => {
                multistatus(&names(asked).iter().map(|name| object(name, "2")).collect::<String>(), None)
            }
            () if has_token(asked, "t1") => {
                multistatus(&(listed("a", "2") + &status("/cals/main/", 507)), Some("t1-half"))
            }
            () if has_token(asked, "t1-half") => {
                multistatus(&(listed("new", "2") + &status("/cals/main/b.ics", 404)), Some("t2"))
            }
            () if has_token(asked, "t2") => multistatus("", Some("t2")),
            () => multistatus(&["a", "b", "c"].map(|name| listed(name, "1")).concat(), Some("t1")),
        })
    })
    .await;
    let (mut calendar, mut cursor) = (connect(&server.url("/")), None);
    read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    // Everything was given out as version 2, so that a list with version 2 would not be one of changes.
    let held = cursor.as_mut().unwrap().0.get_mut("held").unwrap();
    *held = held.replace(" 2", " 1");
    let news = read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    assert_eq!((news.kind, names_of(&news)), ("delta", vec!["a=2".to_owned(), "new=2".to_owned()]));
    assert_eq!(news.gone, ["/cals/main/b.ics"]);
    assert_eq!(read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap().kind, "unchanged");
}

#[tokio::test]
async fn a_dead_token_is_a_full_read_whatever_its_status() {
    for dead in [400, 403, 409, 410, 412, 507] {
        let server = Server::start(move |asked| {
            discovery(asked, true).unwrap_or_else(|| match () {
                () if asked.body.contains("multiget") => {
                    multistatus(&names(asked).iter().map(|name| object(name, "1")).collect::<String>(), None)
                }
                () if has_token(asked, "t1") => told(dead, "<D:error xmlns:D=\"DAV:\"><D:valid-sync-token/></D:error>"),
                () => multistatus(&listed("a", "1"), Some("t1")),
            })
        })
        .await;
        let (mut calendar, mut cursor) = (connect(&server.url("/")), None);
        assert_eq!(read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap().kind, "snapshot");
        let again = read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
        assert_eq!((again.kind, names_of(&again)), ("restarted", vec!["a=1".to_owned()]), "{dead}");
    }
}

#[tokio::test]
async fn a_list_of_everything_in_the_guise_of_changes_deletes_what_it_does_not_name() {
    // The server forgot t1, and b was deleted: it lists what is there now, and names nothing as gone.
    let reads = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&reads);
    let server = Server::start(move |asked| {
        discovery(asked, true).unwrap_or_else(|| match () {
            () if asked.body.contains("multiget") => {
                multistatus(&names(asked).iter().map(|name| object(name, "1")).collect::<String>(), None)
            }
            () if seen.fetch_add(1, Ordering::SeqCst) == 0 => {
                multistatus(&["a", "b", "c"].map(|name| listed(name, "1")).concat(), Some("t1"))
            }
            () => multistatus(&["a", "c"].map(|name| listed(name, "1")).concat(), Some("t9")),
        })
    })
    .await;
    let (mut calendar, mut cursor) = (connect(&server.url("/")), None);
    read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    server.forget();
    let news = read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    assert_eq!((news.kind, news.events.len(), news.gone), ("delta", 0, vec!["/cals/main/b.ics".to_owned()]));
    assert!(!server.asked().iter().any(|asked| asked.body.contains("multiget")), "nothing is fetched anew");
}

#[tokio::test]
async fn without_lists_of_changes_the_tag_and_the_etags_say_what_changed() {
    let version = Arc::new(AtomicUsize::new(1));
    let now = Arc::clone(&version);
    let server = Server::start(move |asked| {
        let now = now.load(Ordering::SeqCst);
        discovery(asked, false).unwrap_or_else(|| match () {
            () if asked.body.contains("getctag") => {
                multistatus(&found("/cals/main/", &format!("<CS:getctag>tag-{now}</CS:getctag>")), None)
            }
            () if asked.body.contains("multiget") => {
                multistatus(&names(asked).iter().map(|name| object(name, &now.to_string())).collect::<String>(), None)
            }
            () if now == 1 => multistatus(&(found("/cals/main/", "") + &listed("a", "1") + &listed("b", "1")), None),
            // A proxy packs, and marks the etag of what has not changed; b is gone, and c is new.
            () => multistatus(&(listed("a", "W/&quot;1-gzip&quot;") + &listed("c", "2")), None),
        })
    })
    .await;
    let (mut calendar, mut cursor) = (connect(&server.url("/")), None);
    assert_eq!(read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap().events.len(), 2);
    server.forget();
    assert_eq!(read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap().kind, "unchanged");
    assert_eq!(server.asked().len(), 1);
    version.store(2, Ordering::SeqCst);
    let news = read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    assert_eq!((names_of(&news), news.gone), (vec!["c=2".to_owned()], vec!["/cals/main/b.ics".to_owned()]));
}

#[tokio::test]
async fn an_object_that_is_listed_and_not_given_keeps_the_token_if_it_was_known() {
    let server = Server::start(|asked| {
        discovery(asked, true).unwrap_or_else(|| match () {
            () if asked.body.contains("multiget") => {
                let one = |name: &String| match name.as_str() {
                    "b" if names(asked).len() < 3 => status("/cals/main/b.ics", 404),
                    name => object(name, "1"),
                };
                multistatus(&names(asked).iter().map(one).collect::<String>(), None)
            }
            () if has_token(asked, "t1") => multistatus(&(listed("b", "2") + &listed("new", "2")), Some("t2")),
            () => multistatus(&["a", "b", "c"].map(|name| listed(name, "1")).concat(), Some("t1")),
        })
    })
    .await;
    let (mut calendar, mut cursor) = (connect(&server.url("/")), None);
    read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    let news = read(&mut calendar, &mut cursor, Effort::Incremental).await.unwrap();
    assert_eq!((names_of(&news), news.gone.len()), (vec!["new=1".to_owned()], 0));
    assert_eq!(cursor.as_ref().unwrap().0["token"], "t1");
}

#[tokio::test]
async fn one_bad_object_is_a_problem_and_no_more() {
    let server = Server::start(|asked| {
        discovery(asked, true).unwrap_or_else(|| match () {
            () if asked.body.contains("multiget") => {
                let bad = "<D:getetag>1</D:getetag><C:calendar-data>BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR</C:calendar-data>";
                multistatus(&(found("/cals/main/a.ics", bad) + &object("b", "1")), None)
            }
            () => multistatus(&["a", "b"].map(|name| listed(name, "1")).concat(), Some("t1")),
        })
    })
    .await;
    let shown = read(&mut connect(&server.url("/")), &mut None, Effort::Incremental).await.unwrap();
    assert_eq!((names_of(&shown), shown.problems), (vec!["b=1".to_owned()], 1));
}

#[tokio::test]
async fn a_refused_password_is_told_without_it() {
    let server = Server::start(|_| told(401, "no")).await;
    let error = read(&mut connect(&server.url("/secret-path/")), &mut None, Effort::Incremental).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignIn);
    let text = error.to_string();
    assert!(!text.contains("hunter2") && !text.contains("secret-path") && !text.contains("127.0.0.1"), "{text}");
}

#[tokio::test]
async fn the_password_follows_no_redirect_to_another_server() {
    let other = Server::start(|asked| discovery(asked, true).unwrap_or_else(|| multistatus("", Some("t1")))).await;
    let target = other.url("/dav/");
    let server = Server::start(move |_| told(301, "").with("Location", &target)).await;
    let error = read(&mut connect(&server.url("/")), &mut None, Effort::Incremental).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Redirect);
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_on_the_same_server_is_followed() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/" => told(404, ""),
        "/.well-known/caldav" => told(301, "").with("Location", "/odd/dav"),
        _ => discovery(asked, true).unwrap_or_else(|| multistatus("", Some("t1"))),
    })
    .await;
    let shown = read(&mut connect(&server.url("/")), &mut None, Effort::Incremental).await.unwrap();
    assert_eq!(shown.kind, "snapshot");
    let methods: Vec<String> = server.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(methods[..3], ["PROPFIND /", "PROPFIND /.well-known/caldav", "PROPFIND /odd/dav"]);
}
