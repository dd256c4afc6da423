//! What every `CalDAV` server must support, tested against a real one that the rigs start.
//!
//! It prints a table of what the server does, for `docs/caldav.md`.

use std::collections::BTreeMap;

use cadenced::calendar::http::request::Reply;
use cadenced::calendar::write::{CalendarWriter, Found, MakeUp, NewTime, Seen, Target, WriteErrorKind};
use cadenced::calendar::{Cursor, Effort, Item, Reading, caldav};
use cadenced::domain::event::{Event, Participant, ParticipantKind};
use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::person::Address;
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};

use crate::caldav_side::{Side, ZONE, env, moment};

/// What a calendar shows, kept as the store would.
#[derive(Default)]
struct Mirror {
    cursor: Option<Cursor>,
    objects: BTreeMap<String, Vec<Event>>,
    last: &'static str,
}

fn print(what: &str, how: impl std::fmt::Display) {
    println!("{:10} | {what:42} | {how}", env("CADENCED_CALDAV_NAME"));
}

impl Mirror {
    async fn read(&mut self, side: &Side, effort: Effort) {
        let read = side.connect().reader.read(self.cursor.as_ref(), effort).await.unwrap();
        let (items, gone, cursor) = match read {
            Reading::Unchanged { cursor, .. } => {
                self.last = "unchanged";
                self.cursor = cursor.or(self.cursor.take());
                return;
            }
            Reading::Snapshot(snapshot) => {
                self.last = if snapshot.restarted { "restarted" } else { "snapshot" };
                self.objects.clear();
                (snapshot.items, Vec::new(), snapshot.cursor)
            }
            Reading::Delta(delta) => {
                self.last = "delta";
                (delta.items, delta.gone, delta.cursor)
            }
        };
        let mut shown: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for item in items {
            match item.unwrap() {
                Item::Kept { resource, event } => shown.entry(resource).or_default().push(*event),
                other => panic!("{other:?}"),
            }
        }
        self.objects.extend(shown);
        self.objects.retain(|name, _| !gone.contains(name));
        self.cursor = Some(cursor);
    }

    fn uids(&self) -> Vec<&str> {
        let mut uids: Vec<&str> = self.objects.values().flatten().map(|event| event.uid.as_str()).collect();
        uids.sort_unstable();
        uids.dedup();
        uids
    }

    fn find(&self, uid: &str) -> (&str, &[Event]) {
        let found = self.objects.iter().find(|(_, events)| events.iter().any(|event| event.uid == uid));
        let Some((name, events)) = found else { panic!("{uid} is not there") };
        (name, events)
    }
}

fn simple(uid: &str, title: &str) -> String {
    let lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//contract//EN",
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20261101T000000Z",
        "DTSTART:20351105T090000Z",
        "DTEND:20351105T093000Z",
        &format!("SUMMARY:{title}"),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    lines.join("\r\n")
}

fn series(uid: &str) -> String {
    let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//contract//EN\r\n";
    let event = [
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20261101T000000Z",
        "DTSTART;TZID=Europe/Berlin:20351105T100000",
        "DTEND;TZID=Europe/Berlin:20351105T103000",
        "RRULE:FREQ=WEEKLY;COUNT=8",
        "SUMMARY:1:1 Mana / Rep",
        "X-UNKNOWN;X-P=1:kept",
        "ORGANIZER;CN=Mana:mailto:manager@example.com",
        "ATTENDEE;CN=Mana;PARTSTAT=ACCEPTED:mailto:manager@example.com",
        "ATTENDEE;CN=Rep;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:report@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    [head, ZONE, &event.join("\r\n")].concat()
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn a_server_keeps_the_contract() {
    let manager = Side::new("manager").await;
    let run = format!("{}", std::process::id());
    print("version", env("CADENCED_CALDAV_VERSION"));
    reading(&manager, &run).await;
    conditions(&manager, &run).await;
    free_busy(&manager).await;
    writing(&manager, &run).await;
    make_up(&manager, &run).await;
    if env("CADENCED_CALDAV_SCHEDULES") == "yes" {
        scheduling(&manager, &run).await;
    }
}

async fn reading(side: &Side, run: &str) {
    let uid = |n: u8| format!("read-{n}-{run}");
    let name = |n: u8| format!("read-{n}-{run}.ics");
    for n in 1..=4 {
        side.put(&name(n), &simple(&uid(n), "one")).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    let mut mirror = Mirror::default();
    mirror.read(side, Effort::Incremental).await;
    assert_eq!(mirror.last, "snapshot");
    let there = mirror.uids().len();
    assert!(mirror.uids().contains(&uid(1).as_str()));
    mirror.read(side, Effort::Incremental).await;
    assert_eq!(mirror.last, "unchanged");
    let kind = if mirror.cursor.as_ref().unwrap().0.contains_key("token") { "sync token" } else { "tag and etags" };
    print("changes are read by", kind);
    side.put(&name(1), &simple(&uid(1), "two")).await;
    side.raw(Method::DELETE, &name(2), &[], "").await;
    mirror.read(side, Effort::Incremental).await;
    assert_eq!(mirror.last, "delta");
    assert_eq!(mirror.uids().len(), there - 1);
    assert_eq!(mirror.find(&uid(1)).1[0].title, "two");
    mirror.read(side, Effort::Incremental).await;
    assert_eq!((mirror.last, mirror.uids().len()), ("unchanged", there - 1));
    forgotten_token(side, &mut mirror, &name(3)).await;
    assert!(!mirror.uids().contains(&uid(3).as_str()) && mirror.uids().contains(&uid(4).as_str()));
    let before: Vec<String> = mirror.objects.keys().cloned().collect();
    mirror.read(side, Effort::Full).await;
    assert_eq!(before, mirror.objects.keys().cloned().collect::<Vec<_>>());
}

async fn forgotten_token(side: &Side, mirror: &mut Mirror, deleted: &str) {
    side.raw(Method::DELETE, deleted, &[], "").await;
    let asked = caldav::requests::changes(Some("http://example.com/ns/sync/999999999"));
    let depth = [(HeaderName::from_static("depth"), "1")];
    let reply = side.raw(asked.method, "", &depth, &asked.body).await;
    print("a forgotten token is answered", reply.status.as_u16());
    let cursor = mirror.cursor.as_mut().unwrap();
    if let Some(token) = cursor.0.get_mut("token") {
        "http://example.com/ns/sync/999999999".clone_into(token);
    }
    mirror.read(side, Effort::Incremental).await;
    print("and then is read as", mirror.last);
}

async fn conditions(side: &Side, run: &str) {
    let (uid, name) = (format!("cond-{run}"), format!("cond-{run}.ics"));
    let put = side.put(&name, &simple(&uid, "one")).await;
    print("etag after PUT", if put.header(&ETAG).is_some() { "yes" } else { "no" });
    let status = |reply: Reply| reply.status.as_u16();
    let stale = [(IF_MATCH, "\"stale\"")];
    print("PUT with a stale If-Match", status(side.raw(Method::PUT, &name, &stale, &simple(&uid, "x")).await));
    let taken = side.raw(Method::PUT, &name, &[(IF_NONE_MATCH, "*")], &simple(&uid, "one")).await;
    print("If-None-Match: * on what is there", status(taken));
    let twice = side.raw(Method::PUT, &format!("cond-{run}-2.ics"), &[], &simple(&uid, "one")).await;
    let twice_taken = twice.status.is_success();
    print("the same UID under another name", status(twice));
    if twice_taken {
        side.raw(Method::DELETE, &format!("cond-{run}-2.ics"), &[], "").await;
    }
    print("DELETE with a stale If-Match", status(side.raw(Method::DELETE, &name, &stale, "").await));
    side.raw(Method::DELETE, &name, &[], "").await;
}

async fn free_busy(side: &Side) {
    let other = Address::parse("report@example.com").unwrap();
    let start: Timestamp = "2035-11-01T00:00:00Z".parse().unwrap();
    let window = Span::new(start, start + SignedDuration::from_hours(24 * 30));
    let who = [side.address.clone(), other];
    let mut asker = side.connect().free_busy.unwrap();
    let told = asker.busy(&who, window, start).await.unwrap();
    let say =
        |at: usize| told[at].busy.as_ref().map_or("unknown".to_owned(), |busy| format!("known, {} spans", busy.len()));
    assert_eq!(told.len(), 2);
    print("outbox", if side.outbox.is_some() { "yes" } else { "no" });
    print("own free/busy", say(0));
    print("free/busy of others", say(1));
}

async fn writing(side: &Side, run: &str) {
    let (uid, name) = (format!("series-{run}"), format!("series-{run}.ics"));
    let body = series(&uid);
    side.put(&name, &body).await;
    print("body as it was put", if side.text(&name).await == body { "yes" } else { "rewritten" });
    let mut mirror = Mirror::default();
    mirror.read(side, Effort::Full).await;
    let resource = mirror.find(&uid).0.to_owned();
    let session =
        |local: &str| Target::Session { resource: resource.clone(), uid: uid.clone(), original: Some(moment(local)) };
    let mut writer = side.connect().writer.unwrap();
    let second = session("2035-11-12T10:00");
    let Seen::There(found) = writer.look(&second).await.unwrap() else { panic!("it stands") };
    assert!(found.may_write && found.operation.is_none());
    assert_eq!(found.event.start, moment("2035-11-12T10:00"));
    let to = NewTime { start: moment("2035-11-13T15:00"), end: moment("2035-11-13T15:30"), operation: "op-1".into() };
    match writer.move_to(&second, &found.version, &to).await {
        Ok(()) => moved(side, writer.as_mut(), &second, &found, &to, &name).await,
        Err(error) => {
            assert_eq!(error.kind, WriteErrorKind::Refused, "{error}");
            print("a move, and its mark", "refused, and nothing is changed");
        }
    }
    let third = session("2035-11-19T10:00");
    let Seen::There(found) = writer.look(&third).await.unwrap() else { panic!("it stands") };
    writer.remove(&third, &found.version).await.unwrap();
    assert_eq!(writer.look(&third).await.unwrap(), Seen::CalledOff { operation: None });
    assert_eq!(writer.look(&session("2035-11-20T10:00")).await.unwrap(), Seen::Absent);
    mirror.read(side, Effort::Incremental).await;
    let events = mirror.find(&uid).1;
    let guest = Address::parse("report@example.com");
    if let Some(own) = events.iter().find(|event| event.overrides.is_some()) {
        assert_eq!(own.start, to.start);
        assert!(own.guests.iter().any(|one| one.who.address == guest) && own.organiser.is_some());
    }
    let master = events.iter().find(|event| event.recurrence.is_some()).unwrap();
    assert_eq!(master.recurrence.as_ref().unwrap().excluded.len(), 1);
    print("a session taken off", "read as an EXDATE");
}

/// After a move: it is read back, a second one for the old version is refused, and nothing else of the object was touched.
async fn moved(
    side: &Side,
    writer: &mut dyn CalendarWriter,
    target: &Target,
    before: &Found,
    to: &NewTime,
    name: &str,
) {
    let Seen::There(moved) = writer.look(target).await.unwrap() else { panic!("it stands") };
    assert_eq!((&moved.event.start, moved.operation.as_deref()), (&to.start, Some("op-1")));
    assert!(moved.event.sequence > before.event.sequence, "{}", moved.event.sequence);
    print("a move, and its mark", "read back");
    let stale = writer.move_to(target, &before.version, to).await.unwrap_err();
    assert_eq!(stale.kind, WriteErrorKind::Changed);
    let text = side.text(name).await;
    let kept = text.matches("X-UNKNOWN;X-P=1:kept").count() == 2;
    print("an unknown property", if kept { "kept, also in the override" } else { "changed" });
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
}

async fn make_up(side: &Side, run: &str) {
    let name = MakeUpName::of(run, "2035-12-20T09:00:00Z".parse().unwrap(), false);
    let guest = Participant {
        address: Address::parse("report@example.com"),
        name: Some("Rep".into()),
        kind: ParticipantKind::Individual,
    };
    let made = MakeUp {
        name: name.clone(),
        title: "1:1 Mana / Rep".into(),
        start: moment("2035-12-20T11:00"),
        end: moment("2035-12-20T11:30"),
        organiser: side.address.clone(),
        guest,
        operation: "op-2".into(),
    };
    let target = Target::MakeUp(name);
    let mut writer = side.connect().writer.unwrap();
    assert_eq!(writer.look(&target).await.unwrap(), Seen::Absent);
    writer.create(&made).await.unwrap();
    let Seen::There(found) = writer.look(&target).await.unwrap() else { panic!("it stands") };
    assert_eq!((found.operation.as_deref(), found.event.title.as_str()), (Some("op-2"), made.title.as_str()));
    assert!(caldav::edit::same(&found.event.start, &made.start) && found.may_write);
    assert_eq!(writer.create(&made).await.unwrap_err().kind, WriteErrorKind::Taken);
    writer.remove(&target, &found.version).await.unwrap();
    assert_eq!(writer.look(&target).await.unwrap(), Seen::Absent);
    print("a make-up", "created once, read back, removed");
}

async fn scheduling(manager: &Side, run: &str) {
    let report = Side::new("report").await;
    let uid = format!("series-{run}");
    let mut theirs = Mirror::default();
    for _ in 0..50 {
        theirs.read(&report, Effort::Incremental).await;
        if theirs.uids().contains(&uid.as_str()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let (resource, events) = theirs.find(&uid);
    let own = events.iter().find(|event| event.overrides.is_some() && event.start == moment("2035-11-13T15:00"));
    print("the guest's copy", if own.is_some() { "there, with the move" } else { "there, without the move" });
    let excepted = events.iter().any(|event| {
        event.recurrence.as_ref().is_some_and(|rules| !rules.excluded.is_empty())
            || event.status == cadenced::domain::event::Status::Cancelled
    });
    print("the session taken off, with the guest", if excepted { "excepted or cancelled" } else { "not told" });
    let target =
        Target::Session { resource: resource.to_owned(), uid: uid.clone(), original: Some(moment("2035-11-26T10:00")) };
    let mut writer = report.connect().writer.unwrap();
    let Seen::There(found) = writer.look(&target).await.unwrap() else { panic!("it stands") };
    assert!(!found.may_write);
    let to = NewTime { start: moment("2035-11-27T15:00"), end: moment("2035-11-27T15:30"), operation: "op-3".into() };
    assert_eq!(writer.move_to(&target, &found.version, &to).await.unwrap_err().kind, WriteErrorKind::NotAllowed);
    print("a guest's move", "not sent");
    counter(&report, &uid).await;
    let name = format!("series-{run}.ics");
    assert!(manager.raw(Method::DELETE, &name, &[], "").await.status.is_success());
    for _ in 0..50 {
        theirs.read(&report, Effort::Incremental).await;
        let cancelled = |event: &Event| event.status == cadenced::domain::event::Status::Cancelled;
        let form = match theirs.objects.values().flatten().find(|event| event.uid == uid && event.overrides.is_none()) {
            None => "the copy is deleted",
            Some(event) if cancelled(event) => "STATUS:CANCELLED",
            Some(_) => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        print("a series called off, with the guest", form);
        return;
    }
    panic!("the guest never learns that the series was called off");
}

/// What a server makes of another time that a guest proposes (RFC 5546 3.2.7), put where messages are posted.
async fn counter(report: &Side, uid: &str) {
    let lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//contract//EN",
        "METHOD:COUNTER",
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20261101T000000Z",
        "RECURRENCE-ID:20351126T090000Z",
        "DTSTART:20351127T140000Z",
        "DTEND:20351127T143000Z",
        "SEQUENCE:9",
        "ORGANIZER:mailto:manager@example.com",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:report@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    let outbox = report.outbox.as_ref().unwrap().to_string();
    let headers = [
        (HeaderName::from_static("originator"), "mailto:report@example.com"),
        (HeaderName::from_static("recipient"), "mailto:manager@example.com"),
    ];
    let reply = report.raw(Method::POST, &outbox, &headers, &lines.join("\r\n")).await;
    let said = caldav::replies::deliveries(&reply.body).unwrap_or_default();
    let statuses: Vec<&str> = said.iter().map(|delivery| delivery.status.as_str()).collect();
    print("a COUNTER to the outbox", format!("{} {}", reply.status.as_u16(), statuses.join(" ")));
}

/// Writes a series with one session moved and one taken off, and a make-up, and says in a file what any other program must see of them.
#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn other_programs_can_read_what_is_written() {
    let manager = Side::new("manager").await;
    manager.empty().await;
    let title = "1:1 for others, with; marks";
    let body = series("others").replace("SUMMARY:1:1 Mana / Rep", "SUMMARY:1:1 for others\\, with\\; marks");
    manager.put("others.ics", &body).await;
    let resource = manager.calendar.join("others.ics").unwrap().path().to_owned();
    let session = |local: &str| Target::Session {
        resource: resource.clone(),
        uid: "others".into(),
        original: Some(moment(local)),
    };
    let mut writer = manager.connect().writer.unwrap();
    let Seen::There(found) = writer.look(&session("2035-11-12T10:00")).await.unwrap() else { panic!("it stands") };
    let to = NewTime { start: moment("2035-11-13T15:00"), end: moment("2035-11-13T15:45"), operation: "op-1".into() };
    writer.move_to(&session("2035-11-12T10:00"), &found.version, &to).await.unwrap();
    let Seen::There(found) = writer.look(&session("2035-11-19T10:00")).await.unwrap() else { panic!("it stands") };
    writer.remove(&session("2035-11-19T10:00"), &found.version).await.unwrap();
    let guest = Participant {
        address: Address::parse("report@example.com"),
        name: Some("Rep".into()),
        kind: ParticipantKind::Individual,
    };
    let make_up = MakeUp {
        name: MakeUpName::of("f", "2035-12-20T09:00:00Z".parse().unwrap(), false),
        title: title.into(),
        start: moment("2035-11-21T11:00"),
        end: moment("2035-11-21T11:30"),
        organiser: manager.address.clone(),
        guest,
        operation: "op-2".into(),
    };
    writer.create(&make_up).await.unwrap();
    let starts = ["05T09:00", "13T14:00", "21T10:00", "26T09:00"].map(|day| format!("2035-11-{day}:00Z"));
    let december = ["03", "10", "17", "24"].map(|day| format!("2035-12-{day}T09:00:00Z"));
    let expected: Vec<serde_json::Value> = starts
        .iter()
        .chain(&december)
        .map(|start| {
            let minutes = if start.contains("13T14") { 45 } else { 30 };
            let end = start.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
            serde_json::json!({"start": start, "end": end.to_string(), "title": title})
        })
        .collect();
    std::fs::write(env("CADENCED_CALDAV_EXPECTED"), serde_json::to_string(&expected).unwrap()).unwrap();
}
