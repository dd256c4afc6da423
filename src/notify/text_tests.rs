//! Tests of notice texts: every notice as the user sees it, in one snapshot.

use std::fmt::Write as _;

use jiff::SignedDuration;

use super::*;
use crate::domain::fingerprint::Part;
use crate::domain::inbox::{About, InvalidChoice, Item, Offer};
use crate::domain::one_on_one::OneOnOneId;
use crate::domain::operation::{StandDownReason, Touched, WriteKind};
use crate::domain::person::{Address, Relation};
use crate::domain::plan::{ProposalReason, SlotOffer};
use crate::domain::session::Outcome;
use crate::domain::session::{Choice, SessionId};
use crate::domain::source::{Credential, GuestNotice, ReadErrorKind, ReadProblem, SourceId};
use crate::domain::span::Span;
use crate::notify::buttons::presses;

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
    let (person, deadline) = (person("Ann Example"), Some(at(11, 23, 0)));
    Subject::Lost { session, person, span, outcome, by, owed, deadline, offer: None, no_time: None }
}

fn missed(start: Timestamp, outcome: Outcome, owed: u32) -> Subject {
    let session = SessionId { one_on_one: OneOnOneId("k3f9a2c1".to_owned()), original: start };
    let span = Span::new(start, start + SignedDuration::from_mins(30));
    Subject::Missed { session, person: person("Ann Example"), span, outcome, owed, offer: None, no_time: None }
}

fn half_hour(start: Timestamp) -> Span {
    Span::new(start, start + SignedDuration::from_mins(30))
}

fn session() -> SessionId {
    SessionId { one_on_one: OneOnOneId("k3f9a2c1".to_owned()), original: at(11, 20, 10) }
}

fn with_offer(subject: Subject, other_is_free: bool, in_time: bool, by_message: bool) -> Subject {
    let offered = SlotOffer { span: half_hour(at(11, 23, 15)), other_is_free, in_time, by_message };
    match subject {
        Subject::Lost { session, person, span, outcome, by, owed, deadline, no_time, .. } => {
            Subject::Lost { session, person, span, outcome, by, owed, deadline, offer: Some(offered), no_time }
        }
        Subject::Missed { session, person, span, outcome, owed, no_time, .. } => {
            Subject::Missed { session, person, span, outcome, owed, offer: Some(offered), no_time }
        }
        other => other,
    }
}

fn without_time(subject: Subject, why: ProposalReason) -> Subject {
    match subject {
        Subject::Lost { session, person, span, outcome, by, owed, deadline, offer, .. } => {
            Subject::Lost { session, person, span, outcome, by, owed, deadline, offer, no_time: Some(why) }
        }
        other => other,
    }
}

fn put_back(way: WriteKind, guest_notice: Option<GuestNotice>) -> Subject {
    let operation = OperationId("4f81c2d0aabbccdd".to_owned());
    let (from, to) = (half_hour(at(11, 20, 10)), half_hour(at(11, 23, 15)));
    let (from, to) = if matches!(way, WriteKind::MoveBack | WriteKind::TakeOff) { (to, from) } else { (from, to) };
    let (session, person) = (session(), person("Ann Example"));
    Subject::PutBack { operation, way, session, person, from, to, guest_notice, yields_to: None }
}

fn withdrawn(subject: Subject) -> Subject {
    let theirs = Some(half_hour(at(11, 24, 11)));
    match subject {
        Subject::PutBack { operation, way, session, person, from, to, guest_notice, .. } => {
            Subject::PutBack { operation, way, session, person, from, to, guest_notice, yields_to: theirs }
        }
        Subject::NotDone { operation, way, session, person, why, touched, .. } => {
            Subject::NotDone { operation, way, session, person, why, touched, yields_to: theirs }
        }
        other => other,
    }
}

fn touched(parts: &[Part], at: Option<Span>) -> Subject {
    let operation = OperationId("4f81c2d0aabbccdd".to_owned());
    let (session, person, touched) = (session(), person("Ann Example"), Some(Touched { parts: parts.to_vec(), at }));
    let (way, why, yields_to) = (WriteKind::TakeOff, Some(StandDownReason::TouchedSince), None);
    Subject::NotDone { operation, way, session, person, why, touched, yields_to }
}

fn not_done(why: Option<StandDownReason>) -> Subject {
    let operation = OperationId("4f81c2d0aabbccdd".to_owned());
    let way = if why == Some(StandDownReason::TouchedSince) { WriteKind::MoveBack } else { WriteKind::Move };
    let (session, person) = (session(), person("Ann Example"));
    Subject::NotDone { operation, way, session, person, why, touched: None, yields_to: None }
}

fn soon(owed: u32) -> Subject {
    let start = at(11, 20, 12) + SignedDuration::from_mins(5);
    let last_held = (owed == 0).then(|| at(11, 13, 12));
    let (session, person, span) = (session(), person("Ann Example"), half_hour(start));
    Subject::Soon { session, person, span, owed, last_held, makes_up: None }
}

fn soon_make_up() -> Subject {
    match soon(0) {
        Subject::Soon { session, person, span, owed, last_held, .. } => {
            Subject::Soon { session, person, span, owed, last_held, makes_up: Some(at(11, 17, 10)) }
        }
        other => other,
    }
}

fn conflict_ahead(by_message: Option<bool>) -> Subject {
    let (session, person) = (session(), person("Ann Example"));
    let (span, other) = (half_hour(at(11, 23, 10)), Span::new(at(11, 23, 9), at(11, 23, 11)));
    let offer = by_message.map(|by_message| SlotOffer {
        span: half_hour(at(11, 23, 15)),
        other_is_free: !by_message,
        in_time: true,
        by_message,
    });
    Subject::ConflictAhead { session, person, span, other, offer, no_time: None }
}

fn other_times(n: i8) -> Subject {
    let slots = (0..n).map(|day| half_hour(at(11, 24 + day, 9 + day))).collect();
    Subject::OtherTimes { session: session(), person: person("Ann Example"), slots }
}

fn explained(automatic: bool) -> Subject {
    let operation = OperationId("4f81c2d0aabbccdd".to_owned());
    let (from, lost) = (half_hour(at(11, 20, 10)), Some((Outcome::Cancelled, Some(Side::Other))));
    Subject::Explained { operation, way: WriteKind::MakeUp, person: person("Ann Example"), from, lost, automatic }
}

fn digest(people: usize) -> Subject {
    let line = |n: usize| DigestLine {
        person: person(
            ["Ann Example", "Bo Test", "Çağla Örnek", "見本 太郎", "Emre Placeholder", "Farid", "Gil", "Hana"][n],
        ),
        sessions: (0..[1, 2, 5, 1, 1, 1, 1, 1][n])
            .map(|m| DigestSession {
                start: at(11, 18, 10) - SignedDuration::from_hours(168 * m),
                open: m == 0 && n < 2,
            })
            .rev()
            .collect(),
        overdue: n == 2 || n == 3,
        last_held: (n != 4).then(|| at(11, 19, 9) - SignedDuration::from_hours(24 * 9 * i64::try_from(n).unwrap())),
    };
    Subject::Digest { lines: (0..people).map(line).collect() }
}

fn stale(kind: ReadErrorKind, credential: Credential, others: u32) -> Subject {
    let why = ReadProblem { kind, detail: "the server answered 401: it does not accept the sign-in".to_owned() };
    Subject::Stale { source: source(), since: at(11, 18, 7), why: Some(why), credential: Some(credential), others }
}

fn source() -> SourceId {
    SourceId { account: "work".to_owned(), calendar: "main".to_owned() }
}

fn every() -> Vec<(&'static str, Subject)> {
    of_sessions().into_iter().chain(of_weeks_and_calendars()).collect()
}

fn of_sessions() -> Vec<(&'static str, Subject)> {
    vec![
        ("cancelled by the other side, before", lost(at(11, 21, 10), Outcome::Cancelled, Some(Side::Other), 1)),
        ("cancelled by the owner, today", lost(at(11, 20, 10), Outcome::Cancelled, Some(Side::Owner), 2)),
        ("cancelled, nobody knows by whom", lost(at(11, 19, 10), Outcome::Cancelled, None, 1)),
        ("declined", lost(at(11, 24, 10), Outcome::Declined, Some(Side::Other), 1)),
        ("in conflict", lost(at(11, 20, 14), Outcome::Conflicted, None, 1)),
        ("a no-show", lost(at(11, 20, 9), Outcome::NoShow, Some(Side::Other), 1)),
        (
            "a slot for both",
            with_offer(lost(at(11, 21, 10), Outcome::Cancelled, Some(Side::Other), 1), true, true, false),
        ),
        (
            "a late slot for one",
            with_offer(lost(at(11, 21, 10), Outcome::Declined, Some(Side::Owner), 2), false, false, true),
        ),
        (
            "no slot",
            without_time(
                lost(at(11, 21, 10), Outcome::Cancelled, Some(Side::Owner), 1),
                ProposalReason::NoCommonFreeTime,
            ),
        ),
        ("moved, mailed", put_back(WriteKind::Move, Some(GuestNotice::Mail))),
        ("moved, told by the server", put_back(WriteKind::Move, Some(GuestNotice::Server))),
        ("made up, nobody told", put_back(WriteKind::MakeUp, Some(GuestNotice::Nobody))),
        ("made up, nobody knows", put_back(WriteKind::MakeUp, None)),
        ("moved back", put_back(WriteKind::MoveBack, Some(GuestNotice::Mail))),
        ("a make-up taken off", put_back(WriteKind::TakeOff, Some(GuestNotice::Nobody))),
        ("not done, the time is taken", not_done(Some(StandDownReason::SlotTaken))),
        ("a make-up withdrawn", withdrawn(put_back(WriteKind::TakeOff, Some(GuestNotice::Mail)))),
        ("not taken back", not_done(Some(StandDownReason::TouchedSince))),
        (
            "not taken back, changed",
            touched(&[Part::Title, Part::Notes, Part::Guests], Some(half_hour(at(11, 23, 15)))),
        ),
        ("not taken back, gone", touched(&[], None)),
        ("not taken back, nobody can tell", touched(&[], Some(half_hour(at(11, 23, 15))))),
        ("not withdrawn", withdrawn(touched(&[Part::Time], Some(half_hour(at(11, 23, 16)))))),
        ("not done, nobody knows", not_done(None)),
        ("in conflict ahead", conflict_ahead(None)),
        ("in conflict ahead, with a slot", conflict_ahead(Some(false))),
        ("in conflict ahead, in a feed", conflict_ahead(Some(true))),
        (
            "another series covers it",
            Subject::Overlap {
                one_on_one: OneOnOneId("k3f9a2c1".to_owned()),
                person: person("Ann Example"),
                with: "team@example.com".to_owned(),
            },
        ),
        ("soon", soon(0)),
        ("soon, with something owed", soon(2)),
        ("soon, a make-up", soon_make_up()),
        ("other times", other_times(3)),
        ("no other times", other_times(0)),
        ("why, by itself", explained(true)),
        ("why, as the user said", explained(false)),
        ("too late", Subject::TooLate { person: Some(person("Ann Example")), why: InvalidChoice::NotOwed }),
        ("too late to undo", Subject::TooLate { person: Some(person("Ann Example")), why: InvalidChoice::Past }),
        ("enough for a day", Subject::More { count: 3 }),
    ]
}

fn of_weeks_and_calendars() -> Vec<(&'static str, Subject)> {
    let week = "2026-W47".parse().unwrap();
    vec![
        ("missed", missed(at(11, 17, 10), Outcome::Cancelled, 1)),
        ("missed, one more", missed(at(11, 17, 10), Outcome::Declined, 3)),
        ("missed, with a slot", with_offer(missed(at(11, 17, 10), Outcome::NoShow, 1), true, false, false)),
        ("a digest of one", digest(1)),
        ("a digest of four", digest(4)),
        ("a digest of many", digest(8)),
        ("the report", Subject::ReportReady { week, held: 7, missed: 1, owed: 2, planned: 1 }),
        (
            "lapsed",
            Subject::Lapsed {
                one_on_one: OneOnOneId("k3f9a2c1".to_owned()),
                person: person("Ann Example"),
                since: at(9, 18, 11),
            },
        ),
        (
            "a series that was deleted",
            Subject::SeriesDeleted {
                one_on_one: OneOnOneId("k3f9a2c1".to_owned()),
                person: person("Ann Example"),
                since: at(11, 20, 9),
            },
        ),
        ("a series declined by them", Subject::SeriesDeclined { person: person("Ann Example"), by: Side::Other }),
        ("a series declined by the owner", Subject::SeriesDeclined { person: person("Ann Example"), by: Side::Owner }),
        ("stale", stale(ReadErrorKind::SignIn, Credential::Browser, 0)),
        ("stale, three calendars", stale(ReadErrorKind::SignIn, Credential::Browser, 2)),
        ("stale, with a password", stale(ReadErrorKind::SignIn, Credential::Password, 0)),
        ("stale, offline", stale(ReadErrorKind::Offline, Credential::Address, 0)),
        ("restored", Subject::StoreRestored { copy: Some(jiff::civil::date(2026, 11, 19)) }),
        ("lost", Subject::StoreRestored { copy: None }),
        (
            "nothing can be stored",
            Subject::Storage {
                problem: "/home/ann/.local/share/cadenced/cadenced.db: no space is left for the database; free some, \
                          nothing was lost"
                    .to_owned(),
            },
        ),
    ]
}

/// What can be pressed on each notice when everything that could be offered is.
fn offered(subject: &Subject) -> Vec<Press> {
    let item = |id: String, about: About, choices: Vec<Choice>| {
        let word = |choice: &Choice| match choice {
            Choice::Take { .. } => "take",
            Choice::Held { .. } | Choice::Overlap { takes_place: true, .. } => "held",
            Choice::NoShow { .. } => "no-show",
            Choice::Waive { .. } => "waive",
            Choice::KeepBoth { .. } => "keep",
            Choice::Overlap { takes_place: false, .. } => "not-held",
            _ => "undo",
        };
        let choices = choices.into_iter().map(|choice| Offer { word: word(&choice).to_owned(), choice }).collect();
        Item { id, person: person("Ann Example"), about, choices, draft: None }
    };
    let items = match subject {
        Subject::Lost { session, span, outcome, by, .. } => {
            let (session, id) = (session.clone(), session.to_string());
            let take = |day| Choice::Take { session: session.clone(), slot: half_hour(at(11, day, 15)) };
            let said = [Choice::Held { session: session.clone() }, Choice::NoShow { session: session.clone() }];
            let choices =
                [take(23), take(24), Choice::Waive { session: session.clone() }].into_iter().chain(said).collect();
            let (outcome, by) = (*outcome, *by);
            vec![item(id, About::Session { session, span: *span, outcome, by, state: None }, choices)]
        }
        Subject::ConflictAhead { session, span, offer, .. } => {
            let (session, id) = (session.clone(), session.to_string());
            let by_button = offer.filter(|offer| !offer.by_message);
            let take = by_button.map(|offer| Choice::Take { session: session.clone(), slot: offer.span });
            let choices = take.into_iter().chain([Choice::KeepBoth { session: session.clone() }]).collect();
            let about = About::Session { session, span: *span, outcome: Outcome::Upcoming, by: None, state: None };
            vec![item(id, about, choices)]
        }
        Subject::Overlap { one_on_one, with, .. } => {
            let (one_on_one, with) = (one_on_one.clone(), with.clone());
            let says =
                |takes_place| Choice::Overlap { one_on_one: one_on_one.clone(), with: with.clone(), takes_place };
            let choices = vec![says(true), says(false)];
            vec![item("k3f9a2c1-team".to_owned(), About::Overlap { one_on_one, with }, choices)]
        }
        Subject::PutBack { operation, way, session, from, to, .. } => {
            let (operation, session) = (operation.clone(), session.clone());
            let id = operation.0.clone();
            let undo = Choice::Undo { operation: operation.clone() };
            let about = About::Operation { operation, session, way: *way, from: *from, to: *to, unseen: false };
            vec![item(id, about, vec![undo])]
        }
        _ => Vec::new(),
    };
    let notice = Notice { key: "k".to_owned(), settles: Vec::new(), subject: subject.clone(), until: Timestamp::MAX };
    presses(&notice, &items)
}

fn say(subject: Subject, redaction: Redaction) -> Message {
    let offered = offered(&subject);
    let notice = Notice { key: "k".to_owned(), settles: Vec::new(), subject, until: Timestamp::MAX };
    message(&notice, &offered, redaction, &zone(), at(11, 20, 12))
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
            for line in &message.body {
                let _ = writeln!(heard, "  {line}");
            }
            if let Some(line) = &message.instead {
                let _ = writeln!(heard, "  (without buttons: {line})");
            }
            for button in &message.buttons {
                let _ = write!(heard, "  <{}>", button.label);
            }
            heard.push_str(if message.buttons.is_empty() { "\n" } else { "\n\n" });
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
