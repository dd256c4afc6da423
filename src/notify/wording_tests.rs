//! Owns the tests of the words: every notice as the user hears it, in one file that reads top to bottom.

use std::fmt::Write as _;

use jiff::SignedDuration;

use super::*;
use crate::domain::one_on_one::OneOnOneId;
use crate::domain::person::{Address, Relation};
use crate::domain::session::SessionId;
use crate::domain::span::Span;

fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn at(month: i8, day: i8, hour: i8) -> Timestamp {
    jiff::civil::date(2026, month, day).at(hour, 0, 0, 0).to_zoned(zone()).unwrap().timestamp()
}

fn person(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        addresses: Address::parse("x@example.com").into_iter().collect(),
        relation: Relation::Report,
    }
}

fn lost(start: Timestamp, outcome: Outcome, by: Option<Side>, owed: u32) -> Subject {
    let session = SessionId { one_on_one: OneOnOneId("k3f9a2c1".to_owned()), original: start };
    let span = Span::new(start, start + SignedDuration::from_mins(30));
    Subject::Lost { session, person: person("Ann Example"), span, outcome, by, owed, slot: None }
}

fn missed(start: Timestamp, outcome: Outcome, owed: u32) -> Subject {
    let session = SessionId { one_on_one: OneOnOneId("k3f9a2c1".to_owned()), original: start };
    let span = Span::new(start, start + SignedDuration::from_mins(30));
    Subject::Missed { session, person: person("Ann Example"), span, outcome, owed }
}

fn digest(people: usize) -> Subject {
    let line = |n: usize| DigestLine {
        person: person(
            ["Ann Example", "Bo Test", "Çağla Örnek", "見本 太郎", "Emre Placeholder", "Farid", "Gil", "Hana"][n],
        ),
        owed: [1, 2, 3, 0, 1, 1, 1, 1][n],
        open: [1, 1, 0, 0, 0, 0, 0, 0][n],
        overdue: n == 2 || n == 3,
        last_held: (n != 4).then(|| at(11, 19, 9) - SignedDuration::from_hours(24 * 9 * i64::try_from(n).unwrap())),
    };
    Subject::Digest { lines: (0..people).map(line).collect() }
}

fn source() -> SourceId {
    SourceId { account: "work".to_owned(), calendar: "main".to_owned() }
}

fn every() -> Vec<(&'static str, Subject)> {
    let week = "2026-W47".parse().unwrap();
    vec![
        ("cancelled by the other side, before", lost(at(11, 21, 10), Outcome::Cancelled, Some(Side::Other), 1)),
        ("cancelled by the owner, today", lost(at(11, 20, 10), Outcome::Cancelled, Some(Side::Owner), 2)),
        ("cancelled, nobody knows by whom", lost(at(11, 19, 10), Outcome::Cancelled, None, 1)),
        ("declined", lost(at(11, 24, 10), Outcome::Declined, Some(Side::Other), 1)),
        ("in conflict", lost(at(11, 20, 14), Outcome::Conflicted, None, 1)),
        ("a no-show", lost(at(11, 20, 9), Outcome::NoShow, Some(Side::Other), 1)),
        ("missed", missed(at(11, 17, 10), Outcome::Cancelled, 1)),
        ("missed, one more", missed(at(11, 17, 10), Outcome::Declined, 3)),
        ("a digest of one", digest(1)),
        ("a digest of four", digest(4)),
        ("a digest of many", digest(8)),
        ("the report", Subject::ReportReady { week, held: 7, missed: 1, owed: 2 }),
        (
            "lapsed",
            Subject::Lapsed {
                one_on_one: OneOnOneId("k3f9a2c1".to_owned()),
                person: person("Ann Example"),
                since: at(9, 18, 11),
            },
        ),
        ("a series declined by them", Subject::SeriesDeclined { person: person("Ann Example"), by: Side::Other }),
        ("a series declined by the owner", Subject::SeriesDeclined { person: person("Ann Example"), by: Side::Owner }),
        (
            "stale",
            Subject::Stale { source: source(), since: at(11, 18, 7), problem: "sign-in needed: HTTP 401".to_owned() },
        ),
        ("restored", Subject::StoreRestored { copy: Some(jiff::civil::date(2026, 11, 19)) }),
        ("lost", Subject::StoreRestored { copy: None }),
    ]
}

fn say(subject: Subject, redaction: Redaction) -> Message {
    let notice = Notice { key: "k".to_owned(), settles: Vec::new(), subject, until: Timestamp::MAX };
    message(&notice, redaction, &zone(), at(11, 20, 12))
}

#[test]
fn every_notice_reads_as_a_person_would_say_it() {
    let mut heard = String::new();
    for (redaction, title) in [(Redaction::Full, "FULL"), (Redaction::Initials, "INITIALS"), (Redaction::None, "NONE")]
    {
        let _ = write!(heard, "=== {title} ===\n\n");
        for (name, subject) in every() {
            let message = say(subject, redaction);
            let _ = writeln!(
                heard,
                "[{name}] {:?} {} {}\n{}",
                message.urgency, message.category, message.icon, message.summary
            );
            let _ = write!(
                heard,
                "{}\n\n",
                message.body.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
            );
        }
    }
    insta::assert_snapshot!("every_notice", heard);
}

#[test]
fn without_names_nothing_tells_people_or_calendars_apart() {
    for (name, subject) in every() {
        let message = say(subject, Redaction::None);
        let text = format!("{} {}", message.summary, message.body.join(" "));
        for secret in ["Ann", "Example", "Bo ", "Örnek", "太郎", "A. E.", "work", "main", "401", "@"] {
            assert!(!text.contains(secret), "{name}: {secret} in {text}");
        }
    }
}

#[test]
fn a_hostile_name_stays_on_one_line_and_turns_nothing_round() {
    let who = person(&format!("<b>Ann</b>\u{202E}\n\u{1b}[2J{}", "x".repeat(10_000)));
    let message = say(Subject::SeriesDeclined { person: who, by: Side::Other }, Redaction::Full);
    for line in std::iter::once(&message.summary).chain(&message.body) {
        assert!(line.chars().count() < 200 && !line.contains(['\n', '\u{202E}', '\u{1b}']), "{line}");
    }
    assert!(message.summary.contains("<b>Ann</b>"), "escaping is the deliverer's, where the server wants it");
}
