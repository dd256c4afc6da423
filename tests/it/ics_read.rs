//! One VEVENT becomes one event or one reason why not, and every repair is reported.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use cadenced::calendar::ics::read::{Calendar, read_calendar};
use cadenced::domain::event::{Event, EventKind, GuestList, ParticipantKind, Reply, Status};
use cadenced::domain::recurrence::Moment;
use jiff::civil::date;
use proptest::prelude::*;

fn read(lines: &str) -> Calendar {
    let text = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.replace('\n', "\r\n")
    );
    read_calendar(text.as_bytes()).unwrap()
}

/// The event of a VEVENT that needs no repair.
fn good(lines: &str) -> Event {
    let calendar = read(&format!("UID:a\n{lines}"));
    assert_eq!(calendar.problems, [], "{lines}");
    calendar.events.into_iter().next().unwrap()
}

/// The event of a VEVENT that needs exactly one repair, and what was said.
fn repaired(lines: &str) -> (Event, String) {
    let calendar = read(&format!("UID:a\n{lines}"));
    assert_eq!(calendar.problems.len(), 1, "{lines}: {:?}", calendar.problems);
    assert!(!calendar.problems[0].skipped);
    (calendar.events.into_iter().next().unwrap(), calendar.problems[0].what.clone())
}

/// Why a VEVENT was left out.
fn skipped(lines: &str) -> String {
    let calendar = read(&format!("UID:a\n{lines}"));
    assert_eq!((calendar.events.len(), calendar.problems.len()), (0, 1), "{lines}: {:?}", calendar.problems);
    assert!(calendar.problems[0].skipped && calendar.problems[0].place == "line 2, uid a", "{:?}", calendar.problems);
    calendar.problems[0].what.clone()
}

#[test]
fn an_event_keeps_what_the_rules_need() {
    let event = good(
        "DTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T093000\n\
         SUMMARY:Ann \\, Bob\\n1:1\nSTATUS:TENTATIVE\nTRANSP:TRANSPARENT\nSEQUENCE:3\nLAST-MODIFIED:20260102T100000Z\n\
         ORGANIZER;CN=Ann Example:mailto:Ann@Example.com\n\
         ATTENDEE;CN=\"Example, Bob\";PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:MAILTO:bob@example.com\n\
         ATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED;ROLE=NON-PARTICIPANT:mailto:room@example.com\n\
         ATTENDEE;CUTYPE=GROUP;EMAIL=team@example.com:/principals/team\n\
         RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Europe/Berlin:20260112T090000",
    );
    assert_eq!(event.start.local(), date(2026, 1, 5).at(9, 0, 0, 0));
    assert_eq!(event.end.local(), date(2026, 1, 5).at(9, 30, 0, 0));
    assert_eq!(event.title, "Ann , Bob 1:1");
    assert_eq!((event.status, event.busy, event.sequence), (Status::Tentative, false, 3));
    assert_eq!(event.modified, Some("2026-01-02T10:00:00Z".parse().unwrap()));
    let organiser = event.organiser.unwrap();
    assert_eq!(
        (organiser.address.unwrap().as_str(), organiser.name.as_deref()),
        ("ann@example.com", Some("Ann Example"))
    );
    let [bob, room, team] = event.guests.as_slice() else { panic!("{:?}", event.guests) };
    assert_eq!(
        (bob.who.name.as_deref(), bob.reply, bob.non_participant),
        (Some("Example, Bob"), Reply::Accepted, false)
    );
    assert_eq!((room.who.kind, room.reply, room.non_participant), (ParticipantKind::Room, Reply::Declined, true));
    assert_eq!(
        (team.who.kind, team.who.address.as_ref().unwrap().as_str()),
        (ParticipantKind::Group, "team@example.com")
    );
    assert_eq!(event.guest_list, GuestList::Complete);
    let recurrence = event.recurrence.unwrap();
    assert_eq!((recurrence.rules.len(), recurrence.excluded.len()), (1, 1));
}

#[test]
fn outlooks_own_words_for_busy_count() {
    let with = |status| good(&format!("DTSTART:20260105T090000Z\nX-MICROSOFT-CDO-BUSYSTATUS:{status}"));
    assert_eq!((with("OOF").kind, with("OOF").busy), (EventKind::OutOfOffice, true));
    assert!(!with("FREE").busy && with("BUSY").busy);
}

#[test]
fn an_end_comes_from_dtend_or_duration_or_the_kind_of_start() {
    let end = |lines: &str| good(lines).end;
    assert_eq!(end("DTSTART:20260105T090000Z\nDURATION:PT45M").local(), date(2026, 1, 5).at(9, 45, 0, 0));
    assert_eq!(end("DTSTART:20260105T090000Z").local(), date(2026, 1, 5).at(9, 0, 0, 0));
    assert_eq!(end("DTSTART;VALUE=DATE:20260105"), Moment::Date(date(2026, 1, 6)));
    assert_eq!(end("DTSTART;VALUE=DATE:20260105\nDURATION:P2D"), Moment::Date(date(2026, 1, 7)));
    assert_eq!(end("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107"), Moment::Date(date(2026, 1, 7)));
    // A day is a day of the calendar, over a change of the clocks too; hours are exact.
    let over = "DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:";
    assert_eq!(end(&format!("{over}P1D")).local(), date(2026, 3, 29).at(12, 0, 0, 0));
    assert_eq!(end(&format!("{over}PT24H")).local(), date(2026, 3, 29).at(13, 0, 0, 0));
}

#[test]
fn an_end_in_another_zone_is_put_into_that_of_the_start() {
    let event = good("DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/London:20260105T083000");
    assert_eq!(event.end.local(), date(2026, 1, 5).at(9, 30, 0, 0));
}

#[test]
fn a_senseless_end_is_repaired_and_told() {
    for (lines, end) in [
        ("DTSTART:20260105T090000Z\nDTEND:20260105T080000Z", date(2026, 1, 5).at(9, 0, 0, 0)),
        ("DTSTART:20260105T090000Z\nDURATION:-PT2D", date(2026, 1, 5).at(9, 0, 0, 0)),
        ("DTSTART:20260105T090000Z\nDURATION:-PT15M", date(2026, 1, 5).at(9, 0, 0, 0)),
        ("DTSTART:20260105T090000Z\nDTEND:soon", date(2026, 1, 5).at(9, 0, 0, 0)),
        ("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260105", date(2026, 1, 6).at(0, 0, 0, 0)),
        ("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260101", date(2026, 1, 6).at(0, 0, 0, 0)),
        ("DTSTART:20260105T090000Z\nDTEND:20260105T093000", date(2026, 1, 5).at(9, 30, 0, 0)),
    ] {
        let (event, what) = repaired(lines);
        assert_eq!(event.end.local(), end, "{lines}: {what}");
    }
}

#[test]
fn floating_times_and_dates_stay_what_they_are() {
    let text = "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Asia/Tokyo\nBEGIN:VEVENT\nUID:a\nDTSTART:20260105T090000\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:b\nDTSTART;VALUE=DATE:20260105\nEND:VEVENT\nEND:VCALENDAR\n";
    let calendar = read_calendar(text.as_bytes()).unwrap();
    assert_eq!(calendar.events[0].start, Moment::Floating(date(2026, 1, 5).at(9, 0, 0, 0)));
    assert_eq!(calendar.events[1].start, Moment::Date(date(2026, 1, 5)));
    assert_eq!(calendar.ending.zone_shown.as_deref(), Some("Asia/Tokyo"));
}

#[test]
fn a_start_that_cannot_be_read_leaves_the_event_out() {
    assert!(skipped("SUMMARY:secret").contains("no DTSTART"));
    assert!(skipped("DTSTART:tomorrow").contains("DTSTART"));
    assert!(skipped("DTSTART:20260230T090000Z").contains("DTSTART"));
}

#[test]
fn a_problem_never_holds_the_title() {
    for lines in [
        "SUMMARY:secret",
        "SUMMARY:secret\nDTSTART:20260105\nRRULE:FREQ=secret",
        "SUMMARY:secret\nDTSTART:20260105T090000Z\nSTATUS:ODD",
    ] {
        let told = format!("{:?}", read(lines).problems);
        assert!(
            told.len() > 2 && !told.contains("SUMMARY") && !told.replace("FREQ: `secret`", "").contains("secret"),
            "{told}"
        );
    }
}

#[test]
fn a_missing_uid_is_made_of_the_content_and_stays() {
    let uid = |stamp: &str| {
        let calendar = read(&format!("DTSTART:20260105T090000Z\nSUMMARY:x\nDTSTAMP:{stamp}"));
        assert_eq!(calendar.problems.len(), 1);
        calendar.events[0].uid.clone()
    };
    assert_eq!(uid("20260101T000000Z"), uid("20260102T000000Z"));
    assert_ne!(uid("20260101T000000Z"), read("DTSTART:20260105T090000Z\nSUMMARY:y").events[0].uid);
}

#[test]
fn text_that_is_not_utf_8_is_read_as_windows_1252() {
    let mut bytes = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260105T090000Z\nSUMMARY:Caf".to_vec();
    bytes.extend([0xe9, 0x20, 0x80]);
    bytes.extend(b"\nORGANIZER;CN=J\xc3\xbcrgen:mailto:j@example.com\nEND:VEVENT\nEND:VCALENDAR\n");
    let calendar = read_calendar(bytes.as_slice()).unwrap();
    assert_eq!(calendar.events[0].title, "Café €");
    assert_eq!(calendar.events[0].organiser.as_ref().unwrap().name.as_deref(), Some("Jürgen"), "line by line");
    assert_eq!(calendar.problems.len(), 1);
}

#[test]
fn titles_are_one_line_without_control_characters_and_bounded() {
    let event = good(&format!("DTSTART:20260105T090000Z\nSUMMARY:a\u{1b}[31m\u{0}b\\nc{}", "ü".repeat(900)));
    assert!(event.title.starts_with("a[31mb cü"), "{}", event.title);
    assert_eq!(event.title.chars().count(), 500);
}

#[test]
fn a_backslash_before_a_quote_costs_nobody_their_address() {
    for name in [r#""DOM\bob\""#, r#""bob\";ROLE=CHAIR"#, r"bob\", r#""\""#, r#""a\\b\""#] {
        let event = good(&format!(
            "DTSTART:20260105T090000Z\nORGANIZER;CN={name}:mailto:bob@example.com\nATTENDEE;CN={name}:mailto:bob@example.com"
        ));
        let guest = &event.guests[0].who;
        assert_eq!(
            guest.address.as_ref().map(cadenced::domain::person::Address::as_str),
            Some("bob@example.com"),
            "{name}"
        );
        assert_eq!(event.organiser.unwrap().address, guest.address, "{name}");
        assert_eq!(event.guest_list, GuestList::Complete, "{name}");
    }
    let event = good("DTSTART:20260105T090000Z\nATTENDEE;CN=\"DOM\\bob\\\":mailto:bob@example.com");
    assert!(event.guests[0].who.name.as_deref().unwrap().ends_with("bob\\"), "{:?}", event.guests);
}

#[test]
fn a_guest_list_that_does_not_name_everyone_is_not_complete() {
    let list = |lines: &str| good(&format!("DTSTART:20260105T090000Z{lines}")).guest_list;
    assert_eq!(list(""), GuestList::Absent);
    assert_eq!(list("\nATTENDEE:mailto:a@example.com"), GuestList::Complete);
    assert_eq!(list("\nATTENDEE:mailto:a@example.com\nATTENDEE:invalid:nomail"), GuestList::Hidden);
    assert_eq!(list("\nATTENDEE;X-NUM-GUESTS=2:mailto:a@example.com"), GuestList::Hidden);
}

#[test]
fn a_changed_instance_says_which_it_stands_for() {
    let event =
        good("RECURRENCE-ID;TZID=America/New_York;RANGE=THISANDFUTURE:20260105T090000\nDTSTART:20260106T150000Z");
    let stands_for = event.overrides.unwrap();
    assert!(stands_for.this_and_future);
    assert_eq!(stands_for.original.local(), date(2026, 1, 5).at(9, 0, 0, 0));
}

#[test]
fn a_cancellation_is_seen_however_it_is_spelt() {
    for spelling in ["CANCELLED", "CANCELED", "cancelled"] {
        assert_eq!(
            good(&format!("DTSTART:20260105T090000Z\nSTATUS:{spelling}")).status,
            Status::Cancelled,
            "{spelling}"
        );
    }
}

#[test]
fn a_rule_that_is_refused_is_not_guessed_at() {
    assert!(skipped("DTSTART:20260105T090000Z\nRRULE:FREQ=FORTNIGHTLY").contains("FORTNIGHTLY"));
    assert!(skipped("DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=SOMETIMES").contains("SOMETIMES"));
    let (event, _) = repaired("DTSTART:20260105T090000Z\nRRULE:FREQ=FORTNIGHTLY\nRDATE:20260119T090000Z");
    assert_eq!(event.recurrence.unwrap().dates.len(), 1);
}

#[test]
fn one_bad_date_in_a_list_costs_only_itself() {
    let (event, _) =
        repaired("DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\nEXDATE:20260106T090000Z,never,20260107T090000Z");
    assert_eq!(event.recurrence.unwrap().excluded.len(), 2);
    let event =
        good("DTSTART:20260105T090000Z\nRDATE;VALUE=PERIOD:20260106T090000Z/PT1H,20260107T090000Z/20260107T100000Z");
    let dates = event.recurrence.unwrap().dates;
    assert_eq!(dates[0].end.as_ref().unwrap().local(), date(2026, 1, 6).at(10, 0, 0, 0));
    assert_eq!(dates[1].end.as_ref().unwrap().local(), date(2026, 1, 7).at(10, 0, 0, 0));
}

#[test]
fn one_bad_event_never_stops_the_others() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260105T090000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:x\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:c\nDTSTART:20260105T090000Z\nEND:VEVENT\nEND:VCALENDAR\n";
    let calendar = read_calendar(text.as_bytes()).unwrap();
    assert_eq!(calendar.events.iter().map(|event| event.uid.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(calendar.problems[0].place, "line 6, uid b");
}

proptest! {
    #[test]
    fn whatever_a_line_says_nothing_panics_and_nothing_is_silent(
        lines in prop::collection::vec(
            ("(DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|SUMMARY|ATTENDEE|SEQUENCE|STATUS|LAST-MODIFIED)",
             "(;[A-Z-]{1,8}=[ -~ä]{0,12}){0,2}", "[ -~äß]{0,30}|2026[01][0-9]{3}T[0-9]{6}Z?"),
            0..8,
        )
    ) {
        let text: Vec<String> = lines.iter().map(|(name, parameters, value)| format!("{name}{parameters}:{value}\n")).collect();
        let text = text.concat();
        let calendar = read(&text);
        let skips = calendar.problems.iter().filter(|problem| problem.skipped).count();
        prop_assert_eq!(calendar.events.len() + skips, 1, "{:?}", calendar.problems);
    }

    #[test]
    fn any_bytes_between_begin_and_end_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut text = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105T090000Z\n".to_vec();
        text.extend(bytes);
        text.extend(b"\nEND:VEVENT\nEND:VCALENDAR\n");
        read_calendar(text.as_slice()).unwrap();
    }
}
