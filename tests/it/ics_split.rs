//! The splitter finds components at any chunk size, drops private text, and loses no more than what is broken.

use cadenced::calendar::ics::split::{Completeness, Ending, Part, Splitter};
use proptest::prelude::*;

/// What a file yields, with the problems as text.
#[derive(Debug, PartialEq, Eq)]
struct Yield {
    events: Vec<(u64, String)>,
    zones: usize,
    problems: Vec<String>,
    ending: Ending,
}

fn split<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Yield {
    let (mut events, mut zones, mut problems) = (Vec::new(), 0, Vec::new());
    let mut take = |part: Part<'_>| match part {
        Part::Event(event) => events.push((event.line, String::from_utf8_lossy(event.text).into_owned())),
        Part::Zone(_) => zones += 1,
        Part::Problem(problem) => problems.push(format!("{}: {}", problem.place, problem.what)),
    };
    let mut splitter = Splitter::new();
    for chunk in chunks {
        splitter.push(chunk, &mut take);
    }
    let ending = splitter.finish(&mut take);
    Yield { events, zones, problems, ending }
}

fn whole(text: &str) -> Yield {
    split([text.as_bytes()])
}

#[test]
fn folds_may_split_a_character_and_end_in_any_line_break() {
    for eol in ["\r\n", "\n", "\r", "\r\r\n"] {
        for fold in [" ", "\t"] {
            let mut bytes = format!("BEGIN:VCALENDAR{eol}BEGIN:VEVENT{eol}SUMMARY:Caf").into_bytes();
            bytes.push(0xc3);
            bytes.extend(format!("{eol}{fold}").bytes());
            bytes.push(0xa9);
            bytes.extend(format!("{eol}END:VEVENT{eol}END:VCALENDAR{eol}").bytes());
            let found = split([bytes.as_slice()]);
            assert_eq!(found.events, [(found.events[0].0, "SUMMARY:Café\n".into())], "{eol:?} {fold:?}");
            assert_eq!((found.problems.len(), found.ending.completeness), (0, Completeness::Complete));
        }
    }
}

#[test]
fn descriptions_notes_and_attachments_never_get_past_it() {
    let found = whole(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDESCRIPTION:she said\n  in confidence\nX-ALT-DESC;FMTTYPE=text/html:<b>confidence</b>\n\
         COMMENT:confidence\nATTACH;ENCODING=BASE64:confidence\nLOCATION:confidence\nBEGIN:VALARM\nSUMMARY:confidence\nEND:VALARM\nSUMMARY:1:1\nEND:VEVENT\nEND:VCALENDAR\n",
    );
    assert_eq!(found.events, [(2, "UID:a\nSUMMARY:1:1\n".into())]);
}

#[test]
fn a_missing_end_loses_one_event_and_never_the_rest() {
    let found = whole(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nBEGIN:VALARM\nBEGIN:VEVENT\nUID:b\nEND:VEVENT\nBEGIN:VEVENT\nUID:c\nEND:VCALENDAR\n\
         BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:d\nEND:VEVENT\nEND:VCALENDAR\n",
    );
    let uids: Vec<&str> = found.events.iter().map(|(_, text)| text.trim()).collect();
    assert_eq!(uids, ["UID:b", "UID:d"]);
    assert_eq!((found.ending.events, found.ending.lost), (4, 2));
    assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
    assert!(found.problems[0].starts_with("line 2, uid a: "), "{:?}", found.problems);
    assert_eq!(found.ending.completeness, Completeness::Complete);
}

#[test]
fn a_file_without_its_end_is_truncated() {
    let file = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(whole(file).ending.completeness, Completeness::Complete);
    for cut in 0..file.len() - 2 {
        assert_ne!(whole(&file[..cut]).ending.completeness, Completeness::Complete, "{}", &file[..cut]);
    }
    let twice = format!("BEGIN:VCALENDAR\n{file}");
    assert_eq!(whole(&twice).ending.completeness, Completeness::Truncated);
}

#[test]
fn a_login_page_is_no_calendar() {
    for page in ["", "<!DOCTYPE html><html><body>Sign in: <a href='x'>here</a></body></html>", "{\"error\": 401}"] {
        assert_eq!(whole(page).ending.completeness, Completeness::NotACalendar);
    }
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    let found = whole(
        "\u{feff}BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nEND:VCALENDAR\n\u{feff}BEGIN:VCALENDAR\nEND:VCALENDAR\n",
    );
    assert_eq!((found.events.len(), found.ending.completeness), (1, Completeness::Complete));
}

#[test]
fn refresh_intervals_are_read_even_where_they_are_written_wrongly() {
    let refresh =
        |line: &str| whole(&format!("BEGIN:VCALENDAR\n{line}\nEND:VCALENDAR\n")).ending.refresh.map(|d| d.as_secs());
    assert_eq!(refresh("REFRESH-INTERVAL;VALUE=DURATION:PT12H"), Some(43_200));
    assert_eq!(refresh("REFRESH-INTERVAL:VALUE=DURATION:PT1H"), Some(3_600));
    assert_eq!(refresh("X-PUBLISHED-TTL:P1D\nREFRESH-INTERVAL:PT2H"), Some(7_200));
    assert_eq!(refresh("X-PUBLISHED-TTL:-PT2D"), None);
}

#[test]
fn too_large_a_component_is_lost_alone_and_without_its_memory() {
    let long = "x".repeat(300 * 1024);
    let many = "ATTENDEE:mailto:a@example.com\n".repeat(40_000);
    for body in [format!("SUMMARY:{long}\n"), many] {
        let found = whole(&format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n{body}END:VEVENT\nBEGIN:VEVENT\nUID:b\nEND:VEVENT\nEND:VCALENDAR\n"
        ));
        assert_eq!((found.events.len(), found.problems.len(), found.ending.lost), (1, 1, 1), "{:?}", found.problems);
    }
}

#[test]
fn a_long_description_is_no_reason_to_lose_its_event() {
    let found = whole(&format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDESCRIPTION:{}\nEND:VEVENT\nEND:VCALENDAR\n",
        "x".repeat(5 << 20)
    ));
    assert_eq!((found.events.len(), found.problems.len()), (1, 0));
}

#[test]
fn deep_nesting_costs_one_event() {
    let deep = "BEGIN:X\n".repeat(100_000);
    let found = whole(&format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n{deep}END:VEVENT\nBEGIN:VEVENT\nUID:b\nEND:VEVENT\nEND:VCALENDAR\n"
    ));
    assert_eq!((found.events.len(), found.ending.lost), (1, 1), "{:?}", found.problems);
}

#[test]
fn problems_without_end_are_counted_and_not_listed() {
    let found = whole(&format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", "END:VEVENT\n".repeat(50_000)));
    assert_eq!(found.problems.len(), 1001);
    assert!(found.problems[1000].contains("49000 more"), "{}", found.problems[1000]);
}

/// Pieces that files are made of, whole and broken.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("BEGIN:VCALENDAR\r\n"),
        Just("END:VCALENDAR\r\n"),
        Just("BEGIN:VEVENT\r\n"),
        Just("END:VEVENT\n"),
        Just("BEGIN:VTIMEZONE\rTZID:X\r"),
        Just("END:VTIMEZONE\r\n"),
        Just("BEGIN:VALARM\nSUMMARY:no\n"),
        Just("UID:ä\r\n  ß\r\n\t€\r\n"),
        Just("DESCRIPTION:long\n and folded\n"),
        Just("SUMMARY;ENCODING=QUOTED-PRINTABLE:a=\r\nb\r\n"),
        Just("no property\n"),
        Just("\r\n"),
        Just(" "),
        Just("\u{feff}"),
        Just(":"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn where_chunks_end_changes_nothing(file in pieces(), cuts in prop::collection::vec(0_usize..600, 0..12)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(file.len())).chain([0, file.len()]).collect();
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &file[pair[0]..pair[1]]).collect();
        prop_assert_eq!(split(chunks), split([file.as_slice()]));
    }

    #[test]
    fn every_byte_may_be_its_own_chunk(file in pieces()) {
        prop_assert_eq!(split(file.chunks(1)), split([file.as_slice()]));
    }

    #[test]
    fn every_event_that_begins_comes_out_or_is_lost(file in pieces()) {
        let found = split([file.as_slice()]);
        prop_assert_eq!(found.ending.events, found.events.len() as u64 + found.ending.lost);
    }

    #[test]
    fn any_bytes_at_all_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        split([bytes.as_slice()]);
    }
}
