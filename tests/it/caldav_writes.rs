//! Writes to `CalDAV` calendars are conditional and verified, and report as much of their outcome as is known.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use cadenced::calendar::write::{CalendarWriter, MakeUp, NewTime, Seen, Target, Version, WriteErrorKind as Kind};
use cadenced::domain::event::{Participant, ParticipantKind};
use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::person::Address;
use cadenced::domain::recurrence::Moment;

use crate::caldav_reads::{connect, discovery};
use crate::caldav_server::{Asked, Server, Told, found, multistatus, told};

const PATH: &str = "/cals/main/a.ics";

fn event(uid: &str, organiser: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261125T090000Z\r\n\
         DTEND:20261125T093000Z\r\nSUMMARY:x\r\nORGANIZER:mailto:{organiser}\r\nATTENDEE:mailto:ann@example.com\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}

/// A server with one object that changes only as it is told to.
struct Store {
    text: Option<String>,
    etag: u32,
}

type Shelf = Arc<Mutex<Store>>;

fn shelf(text: Option<String>) -> Shelf {
    Arc::new(Mutex::new(Store { text, etag: 1 }))
}

/// A proper server: conditions hold, and what was put is given out.
fn proper(shelf: &Shelf, asked: &Asked) -> Told {
    if let Some(found) = discovery(asked, true) {
        return found;
    }
    let mut store = shelf.lock().unwrap();
    let etag = format!("\"{}\"", store.etag);
    let failed = asked.header("if-match").is_some_and(|wanted| wanted != etag)
        || (asked.header("if-none-match") == Some("*") && store.text.is_some());
    match asked.method.as_str() {
        "GET" => store.text.as_ref().map_or_else(
            || told(404, ""),
            |text| told(200, text).with("ETag", &etag).with("Date", "Fri, 20 Nov 2026 12:00:00 GMT"),
        ),
        _ if failed => told(412, ""),
        "PUT" => {
            store.text = Some(asked.body.clone());
            store.etag += 1;
            told(204, "")
        }
        _ => {
            store.text = None;
            told(204, "")
        }
    }
}

async fn serve(
    shelf: &Shelf,
    answer: impl Fn(&Shelf, &Asked) -> Told + Send + Sync + 'static,
) -> (Server, Box<dyn CalendarWriter>) {
    let shelf = Arc::clone(shelf);
    let server = Server::start(move |asked| answer(&shelf, asked)).await;
    let writer = connect(&server.url("/")).writer.unwrap();
    (server, writer)
}

fn target() -> Target {
    Target::Session { resource: PATH.into(), uid: "a".into(), original: None }
}

fn to() -> NewTime {
    let moment = |text: &str| Moment::utc(text.parse().unwrap());
    NewTime { start: moment("2026-11-26T14:00"), end: moment("2026-11-26T14:30"), operation: "op-1".into() }
}

async fn version(writer: &mut dyn CalendarWriter) -> Version {
    match writer.look(&target()).await.unwrap() {
        Seen::There(found) => found.version,
        other => panic!("{other:?}"),
    }
}

async fn move_it(writer: &mut dyn CalendarWriter) -> Result<(), Kind> {
    let version = version(writer).await;
    writer.move_to(&target(), &version, &to()).await.map_err(|error| error.kind)
}

fn puts(server: &Server) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.method == "PUT").collect()
}

#[tokio::test]
async fn a_move_is_one_conditional_put_of_the_object_as_it_was_fetched() {
    let shelf = shelf(Some(event("a", "me@example.com")));
    let (server, mut writer) = serve(&shelf, proper).await;
    assert_eq!(move_it(writer.as_mut()).await, Ok(()));
    let [put] = &puts(&server)[..] else { panic!("{:?}", server.asked()) };
    assert_eq!((put.path.as_str(), put.header("if-match")), (PATH, Some("\"1\"")));
    let expected = event("a", "me@example.com")
        .replace("DTSTAMP:20261101T000000Z\r\nDTSTART:20261125T090000Z\r\nDTEND:20261125T093000Z\r\n", "DTSTART:20261126T140000Z\r\nSEQUENCE:1\r\nDTSTAMP:20261120T120000Z\r\nLAST-MODIFIED:20261120T120000Z\r\nX-CADENCED-OPERATION:op-1\r\nDTEND:20261126T143000Z\r\n");
    assert_eq!(put.body, expected);
    let Seen::There(found) = writer.look(&target()).await.unwrap() else { panic!() };
    assert_eq!((found.event.start, found.operation.as_deref()), (to().start, Some("op-1")));
}

#[tokio::test]
async fn a_version_that_was_decided_on_earlier_is_not_refreshed_before_writing() {
    let shelf = shelf(Some(event("a", "me@example.com")));
    let (server, mut writer) = serve(&shelf, proper).await;
    let old = version(writer.as_mut()).await;
    {
        let mut store = shelf.lock().unwrap();
        (store.etag, store.text) = (7, Some(event("a", "me@example.com").replace("SUMMARY:x", "SUMMARY:y")));
    }
    let error = writer.move_to(&target(), &old, &to()).await.unwrap_err();
    assert_eq!((error.kind, puts(&server).len()), (Kind::Changed, 0));
}

/// A change that leaves a server's schedule tag as it is.
const INSIGNIFICANT: [(&str, &str); 5] = [
    ("SUMMARY:x", "SUMMARY:x\r\nCOMMENT:from the phone"),
    ("SUMMARY:x", "SUMMARY:x\r\nX-PHONE:1"),
    ("SUMMARY:x", "SUMMARY:x\r\nDESCRIPTION:what to talk of"),
    ("ATTENDEE:", "ATTENDEE;PARTSTAT=ACCEPTED:"),
    ("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT"),
];

#[tokio::test]
async fn a_schedule_tag_never_takes_the_place_of_the_etag() {
    for (from, to_text) in INSIGNIFICANT {
        for is_before_the_write in [true, false] {
            let shelf = shelf(Some(event("a", "me@example.com")));
            let edit = move |store: &mut Store| {
                store.etag += 1;
                store.text = store.text.as_ref().map(|text| text.replacen(from, to_text, 1));
            };
            let (server, mut writer) = serve(&shelf, move |shelf, asked| {
                // The other program is faster than this very write.
                if asked.method == "PUT" && !is_before_the_write {
                    edit(&mut shelf.lock().unwrap());
                }
                let told = proper(shelf, asked);
                // A condition on the tag alone would hold.
                told.with("Schedule-Tag", "\"st-1\"")
            })
            .await;
            let version = version(writer.as_mut()).await;
            if is_before_the_write {
                edit(&mut shelf.lock().unwrap());
            }
            let error = writer.move_to(&target(), &version, &to()).await.unwrap_err();
            assert_eq!((error.kind, puts(&server).len()), (Kind::Changed, usize::from(!is_before_the_write)));
            assert!(puts(&server).iter().all(|put| put.header("if-match") == Some("\"1\"")));
            assert!(shelf.lock().unwrap().text.as_ref().unwrap().contains(to_text), "{to_text}");
        }
    }
}

/// What a server shows of an object's version: beside the object, and as a property.
struct Tags {
    header: Option<&'static str>,
    property: Option<&'static str>,
    /// What the write is held to; none where nothing may be written.
    held: Option<&'static str>,
}

const TAGS: [Tags; 11] = [
    Tags { header: Some("\"5\""), property: None, held: Some("\"5\"") },
    // Something on the way packs; the server's own tag is among its properties.
    Tags { header: Some("W/\"5\""), property: Some("\"5\""), held: Some("\"5\"") },
    Tags { header: Some("\"5-gzip\""), property: Some("\"5\""), held: Some("\"5\"") },
    Tags { header: Some("W/\"5-gzip\""), property: Some("\"5\""), held: Some("\"5\"") },
    Tags { header: Some("\"5-gzip\""), property: Some("\"5-gzip\""), held: Some("\"5-gzip\"") },
    // Weak all the way: two bodies may share it.
    Tags { header: Some("W/\"5\""), property: Some("W/\"5\""), held: None },
    Tags { header: Some("W/\"5\""), property: None, held: None },
    Tags { header: None, property: Some("\"5\""), held: None },
    Tags { header: None, property: None, held: None },
    Tags { header: Some("5"), property: Some("5"), held: None },
    Tags { header: Some("\"\""), property: None, held: None },
];

#[tokio::test]
async fn a_write_is_held_to_a_strong_etag_of_the_very_body_or_is_not_sent() {
    for Tags { header, property, held } in TAGS {
        let shelf = shelf(Some(event("a", "me@example.com")));
        let (server, mut writer) = serve(&shelf, move |shelf, asked| {
            let mut store = shelf.lock().unwrap();
            match asked.method.as_str() {
                "GET" => {
                    let got = told(200, store.text.as_ref().unwrap());
                    header.map_or(got.clone(), |header| got.with("ETag", header))
                }
                "PROPFIND" if asked.path == PATH => {
                    let property = property.map(|tag| format!("<D:getetag>{tag}</D:getetag>")).unwrap_or_default();
                    multistatus(&found(PATH, &property), None)
                }
                "PROPFIND" => discovery(asked, true).unwrap(),
                _ if asked.header("if-match") == held => {
                    store.text = Some(asked.body.clone());
                    told(204, "")
                }
                _ => told(412, ""),
            }
        })
        .await;
        let expected = if held.is_some() { Ok(()) } else { Err(Kind::NoVersion) };
        assert_eq!(move_it(writer.as_mut()).await, expected, "{header:?} {property:?}");
        assert_eq!(puts(&server).len(), usize::from(held.is_some()), "{header:?} {property:?}");
    }
}

#[tokio::test]
async fn a_removal_is_held_to_the_etag_as_well() {
    let shelf = shelf(Some(event("a", "me@example.com")));
    let (server, mut writer) = serve(&shelf, proper).await;
    let version = version(writer.as_mut()).await;
    writer.remove(&target(), &version).await.unwrap();
    let delete = server.asked().into_iter().find(|asked| asked.method == "DELETE").unwrap();
    assert_eq!(delete.header("if-match"), Some("\"1\""));
}

#[tokio::test]
async fn an_object_that_changes_under_a_marked_tag_is_got_again() {
    // The tag beside the first body is of an older version than the property says.
    let shelf = shelf(Some(event("a", "me@example.com")));
    let gets = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&gets);
    let (server, mut writer) = serve(&shelf, move |shelf, asked| match asked.method.as_str() {
        "GET" => {
            let old = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let text = shelf.lock().unwrap().text.clone().unwrap();
            told(200, &text).with("ETag", if old { "W/\"4\"" } else { "W/\"5\"" })
        }
        "PROPFIND" if asked.path == PATH => multistatus(&found(PATH, "<D:getetag>\"5\"</D:getetag>"), None),
        _ => proper(shelf, asked),
    })
    .await;
    assert!(version(writer.as_mut()).await.0.starts_with("\"5\""));
    assert_eq!((gets.load(Ordering::SeqCst), server.asked().iter().filter(|asked| asked.path == PATH).count()), (2, 4));
}

#[tokio::test]
async fn a_good_answer_to_a_move_that_was_not_done_is_not_believed() {
    let shelf = shelf(Some(event("a", "me@example.com")));
    let (_server, mut writer) = serve(&shelf, |shelf, asked| match asked.method.as_str() {
        "PUT" => told(204, ""),
        _ => proper(shelf, asked),
    })
    .await;
    assert_eq!(move_it(writer.as_mut()).await, Err(Kind::NotDone));
}

#[tokio::test]
async fn a_guests_copy_is_never_written() {
    let shelf = shelf(Some(event("a", "boss@example.com")));
    let (server, mut writer) = serve(&shelf, proper).await;
    let Seen::There(found) = writer.look(&target()).await.unwrap() else { panic!() };
    assert!(!found.may_write);
    assert_eq!(writer.move_to(&target(), &found.version, &to()).await.unwrap_err().kind, Kind::NotAllowed);
    assert_eq!(writer.remove(&target(), &found.version).await.unwrap_err().kind, Kind::NotAllowed);
    assert_eq!(writer.counter(&target(), &to()).await.unwrap_err().kind, Kind::NotAllowed);
    assert!(server.asked().iter().all(|asked| !["PUT", "DELETE", "POST"].contains(&asked.method.as_str())));
}

#[tokio::test]
async fn refusals_say_what_is_known() {
    let forbidden = "<error xmlns=\"DAV:\"><C:allowed-organizer-scheduling-object-change xmlns:C=\"urn:ietf:params:xml:ns:caldav\"/></error>";
    let cases = [
        (412, "", Kind::Changed),
        (403, forbidden, Kind::NotAllowed),
        (403, "", Kind::NotAllowed),
        (401, "", Kind::SignIn),
        (404, "", Kind::NotThere),
        (429, "", Kind::Wait { after: None }),
        (500, "", Kind::FateUnknown),
        (502, "", Kind::FateUnknown),
        (415, "", Kind::Refused),
    ];
    for (status, body, kind) in cases {
        let shelf = shelf(Some(event("a", "me@example.com")));
        let (_server, mut writer) = serve(&shelf, move |shelf, asked| match asked.method.as_str() {
            "PUT" => told(status, body),
            _ => proper(shelf, asked),
        })
        .await;
        assert_eq!(move_it(writer.as_mut()).await, Err(kind), "{status}");
    }
}

fn make_up() -> MakeUp {
    let guest =
        Participant { address: Address::parse("ann@example.com"), name: None, kind: ParticipantKind::Individual };
    MakeUp {
        name: MakeUpName::of("0", "2026-11-10T09:00:00Z".parse().unwrap(), false),
        title: "1:1".into(),
        start: to().start,
        end: to().end,
        organiser: Address::parse("me@example.com").unwrap(),
        guest,
        operation: "op-2".into(),
    }
}

#[tokio::test]
async fn a_make_up_is_created_once_under_its_own_name() {
    let shelf = shelf(None);
    let (server, mut writer) = serve(&shelf, proper).await;
    let target = Target::MakeUp(make_up().name);
    assert_eq!(writer.look(&target).await.unwrap(), Seen::Absent);
    writer.create(&make_up()).await.unwrap();
    let [put] = &puts(&server)[..] else { panic!() };
    let name = format!("/cals/main/cadenced-{}.ics", make_up().name);
    assert_eq!((put.path.clone(), put.header("if-none-match")), (name, Some("*")));
    assert_eq!(writer.create(&make_up()).await.unwrap_err().kind, Kind::Taken);
    let Seen::There(found) = writer.look(&target).await.unwrap() else { panic!() };
    writer.remove(&target, &found.version).await.unwrap();
    assert_eq!(writer.look(&target).await.unwrap(), Seen::Absent);
}

#[tokio::test]
async fn a_server_that_replaces_what_is_there_gets_no_second_make_up() {
    let shelf = shelf(None);
    let (server, mut writer) = serve(&shelf, |shelf, asked| {
        let mut deaf = asked.clone();
        deaf.head = deaf.head.to_lowercase().replace("if-none-match", "x");
        proper(shelf, &deaf)
    })
    .await;
    writer.create(&make_up()).await.unwrap();
    assert_eq!(writer.create(&make_up()).await.unwrap_err().kind, Kind::Taken);
    assert_eq!(puts(&server).len(), 1);
}

#[tokio::test]
async fn a_uid_that_a_deleted_event_still_holds_is_taken() {
    let conflict =
        "<d:error xmlns:d=\"DAV:\"><cal:no-uid-conflict xmlns:cal=\"urn:ietf:params:xml:ns:caldav\"/></d:error>";
    for (status, body) in [(403, conflict), (409, conflict), (412, ""), (409, "")] {
        let shelf = shelf(None);
        let (_server, mut writer) = serve(&shelf, move |shelf, asked| match asked.method.as_str() {
            "PUT" => told(status, body),
            _ => proper(shelf, asked),
        })
        .await;
        assert_eq!(writer.create(&make_up()).await.unwrap_err().kind, Kind::Taken, "{status}");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let shelf = shelf(Some(event("a", "me@example.com")));
    let (server, mut writer) = serve(&shelf, proper).await;
    let version = version(writer.as_mut()).await;
    drop(server);
    tokio::task::yield_now().await;
    let error = writer.move_to(&target(), &version, &to()).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotSent);
}
