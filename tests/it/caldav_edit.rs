//! Moving or removing a session in an object's text changes nothing else in it.

use cadenced::calendar::caldav::edit::{Family, moved, operation, removed};
use cadenced::calendar::caldav::text::Object;
use cadenced::calendar::ics::read::read_calendar;
use cadenced::calendar::write::NewTime;
use cadenced::domain::recurrence::{Moment, Zone};
use jiff::Timestamp;

/// What no careful program would write, and what must stay anyway: odd folds, odd cases, unknown parts, an alarm, an attachment.
const HEAD: &str = "BEGIN:VCALENDAR\r\nPRODID:-//Somebody//Else\r\nVERSION:2.0\r\nX-WR-CALNAME:Wörk\r\nBEGIN:VTIMEZONE\r\n\
    TZID:Custom/Berlin\r\nX-LIC-LOCATION:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nTZOFFSETFROM:+0100\r\n\
    TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\n\
    TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
const MASTER_1: &str = "BEGIN:VEVENT\r\nCREATED:20260101T000000Z\r\nUID:one\r\n";
const MASTER_TIMES: &str = "DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Custom/Berlin:20261102T100000\r\nDTEND;TZID=Custom/Berlin:20261102T103000\r\n\
    RRULE:FREQ=WEEKLY\r\nEXDATE;TZID=Custom/Berlin:20261130T100000\r\nSEQUENCE:3\r\n";
const MASTER_2: &str = "summary;LANGUAGE=en:1:1 A / B\\, and a title that is fold\r\n ed where nobody \r\n\t would\r\nX-ODD;X-P=\"a:b;c\":kept \r\n\
    ORGANIZER;CN=A:mailto:a@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.com\r\n\
    ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=\"1.2\":mailto:b@exam\r\n ple.com\r\nDESCRIPTION:secret\\nnotes\r\n\
    ATTACH;VALUE=BINARY;ENCODING=BASE64:QUJD\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nDTSTART:19700101T000000\r\nEND:VALARM\r\n";
const OVERRIDE: &str = "BEGIN:VEVENT\r\nUID:one\r\nRECURRENCE-ID;TZID=Custom/Berlin:20261116T100000\r\nDTSTART;TZID=Custom/Berlin:20261117T100000\r\n\
    DURATION:PT45M\r\nSUMMARY:set apart\r\nEND:VEVENT\r\n";
const TAIL: &str = "BEGIN:VTODO\r\nUID:task\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

fn whole() -> String {
    [HEAD, MASTER_1, MASTER_TIMES, MASTER_2, "END:VEVENT\r\n", OVERRIDE, TAIL].concat()
}

fn zone() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

fn moment(local: &str) -> Moment {
    Moment::Zoned(local.parse().unwrap(), zone())
}

fn to(start: &str, end: &str) -> NewTime {
    NewTime { start: moment(start), end: moment(end), operation: "op-1".into() }
}

fn now() -> Timestamp {
    "2026-11-05T08:00:00Z".parse().unwrap()
}

fn move_in(text: &str, original: Option<&str>, to: &NewTime) -> Option<String> {
    let object = Object::parse(text)?;
    let family = Family::of(&object, "one");
    moved(&object, &family, original.map(moment).as_ref(), to, now())
}

#[test]
fn a_session_without_an_override_gets_one_behind_the_others() {
    let text = whole();
    let written = move_in(&text, Some("2026-11-09T10:00"), &to("2026-11-10T15:00", "2026-11-10T15:30")).unwrap();
    let added = "BEGIN:VEVENT\r\nCREATED:20261105T080000Z\r\nUID:one\r\nRECURRENCE-ID;TZID=Custom/Berlin:20261109T100000\r\n\
        DTSTART;TZID=Custom/Berlin:20261110T150000\r\nSEQUENCE:4\r\nDTSTAMP:20261105T080000Z\r\n\
        LAST-MODIFIED:20261105T080000Z\r\nX-CADENCED-OPERATION:op-1\r\nDTEND;TZID=Custom/Berlin:20261110T153000\r\n";
    let expected =
        [HEAD, MASTER_1, MASTER_TIMES, MASTER_2, "END:VEVENT\r\n", OVERRIDE, added, MASTER_2, "END:VEVENT\r\n", TAIL]
            .concat();
    assert_eq!(written, expected);
    let read = read_calendar(written.as_bytes()).unwrap();
    let own = read.events.iter().find(|event| event.start == moment("2026-11-10T15:00")).unwrap();
    assert_eq!((own.guests.len(), own.sequence), (2, 4));
}

#[test]
fn an_override_is_changed_where_it_stands() {
    let text = whole();
    let written = move_in(&text, Some("2026-11-16T10:00"), &to("2026-11-18T09:00", "2026-11-18T09:30")).unwrap();
    let changed = "BEGIN:VEVENT\r\nUID:one\r\nRECURRENCE-ID;TZID=Custom/Berlin:20261116T100000\r\n\
        DTSTART;TZID=Custom/Berlin:20261118T090000\r\nSEQUENCE:4\r\nDTSTAMP:20261105T080000Z\r\n\
        LAST-MODIFIED:20261105T080000Z\r\nX-CADENCED-OPERATION:op-1\r\nDURATION:PT30M\r\nSUMMARY:set apart\r\nEND:VEVENT\r\n";
    assert_eq!(written, [HEAD, MASTER_1, MASTER_TIMES, MASTER_2, "END:VEVENT\r\n", changed, TAIL].concat());
    // And once more, which replaces the mark and goes one revision on.
    let again = NewTime { operation: "op-2".into(), ..to("2026-11-18T10:00", "2026-11-18T10:30") };
    let written = move_in(&written, Some("2026-11-16T10:00"), &again).unwrap();
    assert_eq!(written.matches("X-CADENCED-OPERATION").count(), 1);
    assert!(written.contains("SEQUENCE:5\r\n") && written.contains("X-CADENCED-OPERATION:op-2\r\n"), "{written}");
    let object = Object::parse(&written).unwrap();
    let family = Family::of(&object, "one");
    let own = family.own(&moment("2026-11-16T10:00")).unwrap();
    assert_eq!(operation(&object, own).as_deref(), Some("op-2"));
}

/// The forms in which servers and programs name one session of a series.
const IDS: [&str; 4] = [
    "RECURRENCE-ID;TZID=Custom/Berlin:20261116T100000",
    "RECURRENCE-ID:20261116T090000Z",
    "RECURRENCE-ID:20261116T100000",
    "RECURRENCE-ID;VALUE=DATE:20261116",
];

#[test]
fn an_override_is_found_and_changed_in_its_place_however_its_session_is_named() {
    for (number, id) in IDS.into_iter().enumerate() {
        let text = whole().replace(IDS[0], id);
        let object = Object::parse(&text).unwrap();
        let family = Family::of(&object, "one");
        let utc = Moment::utc("2026-11-16T09:00".parse().unwrap());
        // A time without a zone is that of the series, which nothing but its own form says.
        let originals = [Some(moment("2026-11-16T10:00")), (number < 2).then_some(utc)];
        for original in originals.into_iter().flatten() {
            let to = to("2026-11-18T09:00", "2026-11-18T09:30");
            let written = moved(&object, &family, Some(&original), &to, now()).unwrap();
            assert_eq!(written.matches("BEGIN:VEVENT").count(), 2, "{id}: {written}");
            let changed = format!("{id}\r\nDTSTART;TZID=Custom/Berlin:20261118T090000\r\n");
            assert!(written.contains(&changed), "{id}: {written}");
            let taken_off = removed(&object, &family, &original, now()).unwrap();
            assert_eq!(taken_off.matches("BEGIN:VEVENT").count(), 1, "{id}: {taken_off}");
        }
    }
}

#[test]
fn a_session_that_is_taken_off_becomes_an_exdate_and_loses_its_override() {
    let text = whole();
    let object = Object::parse(&text).unwrap();
    let written = removed(&object, &Family::of(&object, "one"), &moment("2026-11-16T10:00"), now()).unwrap();
    let times = "DTSTART;TZID=Custom/Berlin:20261102T100000\r\nDTEND;TZID=Custom/Berlin:20261102T103000\r\nRRULE:FREQ=WEEKLY\r\n\
        EXDATE;TZID=Custom/Berlin:20261130T100000\r\nEXDATE;TZID=Custom/Berlin:20261116T100000\r\nSEQUENCE:4\r\nDTSTAMP:20261105T080000Z\r\n\
        LAST-MODIFIED:20261105T080000Z\r\n";
    assert_eq!(written, [HEAD, MASTER_1, times, MASTER_2, "END:VEVENT\r\n", TAIL].concat());
}

#[test]
fn line_ends_and_single_events_are_kept_as_they_are() {
    let text = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:one\nDTSTAMP:20260101T000000Z\nDTSTART:20261102T090000Z\nSUMMARY:x\n\
        END:VEVENT\nEND:VCALENDAR\n";
    let written = move_in(text, None, &to("2026-11-03T10:00", "2026-11-03T10:30")).unwrap();
    let expected = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:one\nDTSTART:20261103T090000Z\nDTEND:20261103T093000Z\nSEQUENCE:1\n\
        DTSTAMP:20261105T080000Z\nLAST-MODIFIED:20261105T080000Z\nX-CADENCED-OPERATION:op-1\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n";
    assert_eq!(written, expected);
}

#[test]
fn a_time_in_another_zone_is_written_in_the_zone_of_the_series() {
    let tokyo = Zone::iana("Asia/Tokyo").unwrap();
    let at = |local: &str| Moment::Zoned(local.parse().unwrap(), tokyo.clone());
    let to = NewTime { start: at("2026-11-10T18:00"), end: at("2026-11-10T18:30"), operation: "op-1".into() };
    let written = move_in(&whole(), Some("2026-11-09T10:00"), &to).unwrap();
    assert!(written.contains("DTSTART;TZID=Custom/Berlin:20261110T100000\r\n"), "{written}");
}

#[test]
fn all_later_sessions_of_a_range_are_no_one_session() {
    let range = OVERRIDE.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;");
    let text = [HEAD, MASTER_1, MASTER_TIMES, MASTER_2, "END:VEVENT\r\n", &range, TAIL].concat();
    let written = move_in(&text, Some("2026-11-23T10:00"), &to("2026-11-25T10:00", "2026-11-25T10:30")).unwrap();
    // The session is made of the range that it is in, and the range stays.
    assert!(written.contains(&range));
    assert_eq!(written.matches("SUMMARY:set apart").count(), 2);
    assert_eq!(written.matches("THISANDFUTURE").count(), 1);
}

#[test]
fn what_cannot_be_changed_safely_is_left_alone() {
    let to = to("2026-11-10T15:00", "2026-11-10T15:30");
    assert_eq!(move_in(&whole(), None, &to), None, "a series is no single event");
    assert_eq!(move_in("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:one\r\n", Some("2026-11-09T10:00"), &to), None);
    let orphan = [HEAD, OVERRIDE, TAIL].concat();
    assert_eq!(move_in(&orphan, Some("2026-11-09T10:00"), &to), None, "no series to make it of");
}

/// A part of an object that was there before: its SEQUENCE and LAST-MODIFIED, and the session that it is about.
struct Revised {
    session: Option<&'static str>,
    sequence: u32,
    modified: &'static str,
}

const REVISED: [Revised; 4] = [
    Revised { session: None, sequence: 3, modified: "20261101T000000Z" },
    Revised { session: Some("20261109T100000"), sequence: 1, modified: "20261102T000000Z" },
    Revised { session: Some("20261116T100000"), sequence: 7, modified: "20261103T000000Z" },
    // Its program's clock is ahead of the server's.
    Revised { session: Some("20261123T100000"), sequence: 4, modified: "20261106T000000Z" },
];

impl Revised {
    fn text(&self) -> String {
        let Self { session, sequence, modified } = self;
        let (id, start) = match session {
            None => ("RRULE:FREQ=WEEKLY\r\n".to_owned(), "20261102T100000"),
            Some(session) => (format!("RECURRENCE-ID;TZID=Custom/Berlin:{session}\r\n"), *session),
        };
        format!(
            "BEGIN:VEVENT\r\nLAST-MODIFIED:{modified}\r\nUID:one\r\nDTSTART;TZID=Custom/Berlin:{start}\r\n{id}SEQUENCE:{sequence}\r\n\
             CREATED:20260101T000000Z\r\nDTSTAMP:{modified}\r\nSUMMARY:x\r\nDURATION:PT30M\r\nEND:VEVENT\r\n"
        )
    }
}

/// The events of an object, each with its own bytes.
fn parts(text: &str) -> Vec<String> {
    let events = text.split("BEGIN:VEVENT\r\n").skip(1);
    events.map(|rest| rest.split("END:VEVENT\r\n").next().unwrap().to_owned()).collect()
}

/// The one line of this name.
fn line<'a>(part: &'a str, name: &str) -> &'a str {
    let values: Vec<&str> = part.lines().filter_map(|line| line.strip_prefix(&format!("{name}:"))).collect();
    let [value] = values[..] else { panic!("{name} stands {} times in {part}", values.len()) };
    value
}

#[test]
fn what_changes_gets_a_later_revision_and_a_new_time_and_nothing_else_does() {
    let text = [HEAD, &REVISED.iter().map(Revised::text).collect::<String>(), TAIL].concat();
    let before = parts(&text);
    let cases = [
        // A new override: later than the series that others know the session by, which stays as it is.
        ("2026-11-30T10:00", false, 4, "4", "20261105T080000Z"),
        // An override of before the series' last revision.
        ("2026-11-09T10:00", false, 1, "4", "20261105T080000Z"),
        ("2026-11-16T10:00", false, 2, "8", "20261105T080000Z"),
        ("2026-11-23T10:00", false, 3, "5", "20261106T000000Z"),
        // Taken off: the series changes, and is later than the override that goes.
        ("2026-11-30T10:00", true, 0, "4", "20261105T080000Z"),
        ("2026-11-16T10:00", true, 0, "8", "20261105T080000Z"),
    ];
    for (session, is_removal, touched, sequence, at) in cases {
        let object = Object::parse(&text).unwrap();
        let family = Family::of(&object, "one");
        let written = if is_removal {
            removed(&object, &family, &moment(session), now()).unwrap()
        } else {
            move_in(&text, Some(session), &to("2026-12-01T15:00", "2026-12-01T15:30")).unwrap()
        };
        let after = parts(&written);
        let own = &after[touched];
        assert_eq!(line(own, "SEQUENCE"), sequence, "{session}");
        assert_eq!((line(own, "LAST-MODIFIED"), line(own, "DTSTAMP")), (at, at), "{session}");
        let created = if touched == before.len() { at } else { "20260101T000000Z" };
        assert_eq!(line(own, "CREATED"), created, "{session}");
        for part in after.iter().enumerate().filter(|(index, _)| *index != touched).map(|(_, part)| part) {
            assert!(before.contains(part), "{session}: {part}");
        }
        let gone = usize::from(is_removal && session.contains("11-16"));
        assert_eq!(after.len(), before.len() + usize::from(touched == before.len()) - gone);
    }
}

#[test]
fn the_highest_revision_stays_the_highest() {
    let text = whole().replace("SEQUENCE:3", "SEQUENCE:2147483647");
    let written = move_in(&text, Some("2026-11-09T10:00"), &to("2026-11-10T15:00", "2026-11-10T15:30")).unwrap();
    assert_eq!(written.matches("SEQUENCE:2147483647").count(), 2);
}
