//! Another program's change between our read and our write is never lost, tested against a real server. The rigs start it.

use cadenced::calendar::write::{CalendarWriter, NewTime, Seen, Target, Version, WriteError, WriteErrorKind};
use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};

use crate::caldav_gate::Gate;
use crate::caldav_side::{Side, ZONE, env, moment};

/// What another program of the same person does in the meantime, and how it shows afterwards.
struct Edit {
    name: &'static str,
    /// Lines that go into the event.
    lines: &'static str,
    /// Whether they are a component of their own, behind the event.
    behind: bool,
    shows: &'static str,
}

const EDITS: [Edit; 5] = [
    Edit { name: "a comment", lines: "COMMENT:from the phone\r\n", behind: false, shows: "COMMENT:from the phone" },
    Edit {
        name: "an alarm",
        lines: "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:soon\r\nTRIGGER:-PT17M\r\nEND:VALARM\r\n",
        behind: false,
        shows: "TRIGGER:-PT17M",
    },
    Edit { name: "an X- line", lines: "X-PHONE-COLOUR:7\r\n", behind: false, shows: "X-PHONE-COLOUR:7" },
    Edit {
        name: "a description",
        lines: "DESCRIPTION:what to talk of\r\n",
        behind: false,
        shows: "DESCRIPTION:what to talk of",
    },
    Edit {
        name: "another session's time",
        lines: "BEGIN:VEVENT\r\nUID:@\r\nDTSTAMP:20261102T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20351203T100000\r\n\
                DTSTART;TZID=Europe/Berlin:20351204T161100\r\nDTEND;TZID=Europe/Berlin:20351204T164100\r\nSEQUENCE:1\r\n\
                SUMMARY:1:1 Mana / Rep\r\n%END:VEVENT\r\n",
        behind: true,
        shows: "20351204T161100",
    },
];

const PEOPLE: &str = "ORGANIZER;CN=Mana:mailto:manager@example.com\r\n\
    ATTENDEE;CN=Mana;PARTSTAT=ACCEPTED:mailto:manager@example.com\r\n\
    ATTENDEE;CN=Rep;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:report@example.com\r\n";

/// What we do to which sort of event.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Change {
    name: &'static str,
    series: bool,
    guest: bool,
    removes: bool,
}

const CHANGES: [Change; 4] = [
    Change { name: "a session moved", series: true, guest: true, removes: false },
    Change { name: "a session taken off", series: true, guest: true, removes: true },
    Change { name: "the same, nobody invited", series: true, guest: false, removes: false },
    Change { name: "a single event moved", series: false, guest: true, removes: false },
];

impl Change {
    fn people(self) -> &'static str {
        if self.guest { PEOPLE } else { "" }
    }

    fn object(self, uid: &str) -> String {
        let rule = if self.series { "RRULE:FREQ=WEEKLY;COUNT=8\r\n" } else { "" };
        let people = self.people();
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//walk//EN\r\n{ZONE}BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n\
             DTSTART;TZID=Europe/Berlin:20351112T100000\r\nDTEND;TZID=Europe/Berlin:20351112T103000\r\n{rule}\
             SUMMARY:1:1 Mana / Rep\r\n{people}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    }

    fn target(self, resource: String, uid: &str) -> Target {
        let original = self.series.then(|| moment("2035-11-19T10:00"));
        Target::Session { resource, uid: uid.to_owned(), original }
    }

    async fn send(self, writer: &mut dyn CalendarWriter, target: &Target, version: &Version) -> Result<(), WriteError> {
        let to =
            NewTime { start: moment("2035-11-20T15:07"), end: moment("2035-11-20T15:37"), operation: "op-1".into() };
        if self.removes { writer.remove(target, version).await } else { writer.move_to(target, version, &to).await }
    }

    /// Whether an object shows it.
    fn shows(self, text: &str) -> bool {
        if self.removes {
            text.lines().any(|line| line.starts_with("EXDATE"))
        } else {
            text.contains("20351120T150700") || text.contains("20351120T140700Z")
        }
    }
}

impl Edit {
    /// The other program gets the object, changes it and puts it back, as it should: conditionally.
    async fn make(&self, side: &Side, name: &str, uid: &str, change: Change) {
        let got = side.raw(Method::GET, name, &[], "").await;
        let etag = got.header(&ETAG).unwrap().to_owned();
        let text = String::from_utf8(got.body).unwrap();
        let lines = self.lines.replace('@', uid).replace('%', change.people());
        let end = "END:VEVENT\r\n";
        let changed = if self.behind {
            text.replacen(end, &format!("{end}{lines}"), 1)
        } else {
            text.replacen(end, &format!("{lines}{end}"), 1)
        };
        let put = side.raw(Method::PUT, name, &[(IF_MATCH, &etag)], &changed).await;
        assert!(put.status.is_success(), "{}: {} {}", self.name, put.status, String::from_utf8_lossy(&put.body));
    }
}

async fn version(writer: &mut dyn CalendarWriter, target: &Target) -> Option<Version> {
    match writer.look(target).await.unwrap() {
        Seen::There(found) => Some(found.version),
        Seen::Absent | Seen::CalledOff { .. } => None,
    }
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

/// The result of one row of the table.
struct Row {
    first: String,
    kept: bool,
    both: &'static str,
}

async fn row(gate: &mut Gate, ours: &Side, other: &Side, change: Change, edit: &Edit, uid: &str) -> Row {
    let name = format!("{uid}.ics");
    // Twice, as events do change: Cyrus leaves its schedule tag as it is from the second time on.
    for title in ["1:1", "1:1 Mana / Rep"] {
        other.put(&name, &change.object(uid).replace("1:1 Mana / Rep", title)).await;
    }
    let target = change.target(ours.calendar.join(&name).unwrap().path().to_owned(), uid);
    let mut writer = ours.connect().writer.unwrap();
    let before = version(writer.as_mut(), &target).await.unwrap();
    gate.hold(true);
    let meanwhile = async {
        let held = gate.next().await;
        edit.make(other, &name, uid, change).await;
        gate.hold(false);
        held.pass();
    };
    let (first, ()) = tokio::join!(change.send(writer.as_mut(), &target, &before), meanwhile);
    let kept = unfolded(&other.text(&name).await).contains(edit.shows);
    // What the mover does next: it looks again, and makes the change to the event as it is now.
    let again = match version(writer.as_mut(), &target).await {
        Some(now) => Some(change.send(writer.as_mut(), &target, &now).await),
        None => None,
    };
    let text = unfolded(&other.text(&name).await);
    let both = match again {
        Some(Ok(())) if text.contains(edit.shows) && change.shows(&text) => "yes",
        Some(Err(WriteError { kind: WriteErrorKind::Refused, .. })) => "refused by the server",
        _ => "NO",
    };
    other.raw(Method::DELETE, &name, &[], "").await;
    Row { first: first.map_or_else(|error| error.kind.to_string(), |()| "done".to_owned()), kept, both }
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn what_others_change_between_our_look_and_our_write_is_kept() {
    let server = env("CADENCED_CALDAV_SERVER");
    let mut gate = Gate::start(&server).await;
    let ours = Side::at("manager", &gate.url()).await;
    let other = Side::new("manager").await;
    let guests_of_overrides = env("CADENCED_CALDAV_NAME") != "davical";
    let (mut rows, mut lost, mut wrong) = (0, 0, 0);
    for (at, change) in CHANGES.into_iter().enumerate() {
        for (edit_at, edit) in EDITS.iter().enumerate() {
            if edit.behind && (!change.series || (change.guest && !guests_of_overrides)) {
                continue;
            }
            let uid = format!("walk-{at}-{edit_at}-{}", std::process::id());
            let row = row(&mut gate, &ours, &other, change, edit, &uid).await;
            println!(
                "{:8} | {:24} | {:22} | our write: {:18} | the edit: {:4} | both in the end: {}",
                env("CADENCED_CALDAV_NAME"),
                change.name,
                edit.name,
                row.first,
                if row.kept { "kept" } else { "LOST" },
                row.both
            );
            rows += 1;
            lost += u32::from(!row.kept);
            wrong += u32::from(row.both == "NO");
        }
    }
    println!("{:8} | {rows} rows, {lost} edits lost", env("CADENCED_CALDAV_NAME"));
    assert_eq!((lost, wrong), (0, 0));
}
