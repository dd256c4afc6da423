//! A made-up week with six people and every outcome, for the report's tests.

use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::one_on_one::{Cadence, CadenceUnit, OneOnOneId, Verdict};
use crate::domain::person::{Address, Person, Relation};
use crate::domain::session::{Choice, Evidence, Loss, Outcome, Replacement, Session, SessionId, Side};
use crate::domain::source::{Credential, ReadErrorKind, ReadProblem, Source, SourceId, SourceKind, Whose};
use crate::domain::span::{Between, Span};
use crate::domain::week::{
    Burden, Correction, Coverage, Habits, Lost, Mark, OneOnOneWeek, PersonWeek, RotationEntry, StripWeek, Totals,
    WeekFacts, WeekId, WeekTotals,
};

/// The zone of the owner.
const ZONE: &str = "Europe/Berlin";

/// Wall-clock time in the owner's zone, in 2026.
pub fn at(month: i8, day: i8, hour: i8) -> Timestamp {
    let zone = TimeZone::get(ZONE).unwrap();
    date(2026, month, day).at(hour, 0, 0, 0).to_zoned(zone).unwrap().timestamp()
}

/// Half an hour from an instant.
pub fn half_hour(start: Timestamp) -> Span {
    Span::new(start, start + SignedDuration::from_mins(30))
}

/// Somebody with a name and a relation.
pub fn person(name: &str, address: &str, relation: Relation) -> Person {
    Person { name: name.to_owned(), addresses: Address::parse(address).into_iter().collect(), relation }
}

fn session(id: &str, start: Timestamp, outcome: Outcome) -> Session {
    let named = SessionId { one_on_one: OneOnOneId(id.to_owned()), original: start };
    let session = Session::new(named, format!("{id}@example.com"), half_hour(start), outcome);
    Session { deadline: at(11, 23, 0), ..session }
}

fn one(id: &str, cadence: (u32, CadenceUnit), strip: &str, sessions: Vec<Session>) -> OneOnOneWeek {
    OneOnOneWeek {
        id: OneOnOneId(id.to_owned()),
        verdict: Verdict::OneOnOne,
        is_unanswered: false,
        cadence: Cadence::every(cadence.0, cadence.1),
        owed: sessions.iter().filter(|session| session.owed).cloned().collect(),
        sessions,
        strip: weeks(strip),
        last_held: None,
        days_since_held: None,
        next: None,
        lapsed: None,
        overdue: false,
        year: Vec::new(),
        habits: Habits::default(),
    }
}

/// Reads a strip as it is drawn: a word of marks for each week, `.` for none.
fn weeks(strip: &str) -> Vec<StripWeek> {
    let last = WeekId { year: 2026, week: 47 };
    let words: Vec<&str> = strip.split(' ').collect();
    let count = i64::try_from(words.len()).unwrap();
    let mark = |c| match c {
        'h' => Mark::Held,
        'u' => Mark::MadeUp,
        'l' => Mark::MadeUpLate,
        'o' => Mark::Open,
        'x' => Mark::Missed,
        'e' => Mark::Excused,
        '?' => Mark::Unknown,
        _ => Mark::Upcoming,
    };
    let week = |(n, word): (usize, &&str)| StripWeek {
        week: last.back(count - 1 - i64::try_from(n).unwrap(), Weekday::Monday),
        marks: word.chars().filter(|&c| c != '.').map(mark).collect(),
    };
    words.iter().enumerate().map(week).collect()
}

fn held(mut one: OneOnOneWeek, last: Timestamp, days: i64, next: Option<Timestamp>) -> OneOnOneWeek {
    one.last_held = Some(last);
    one.days_since_held = Some(days);
    one.next = next.map(half_hour);
    one
}

/// The week of 16 November 2026, as it stands on its Friday afternoon.
pub fn facts() -> WeekFacts {
    let week = WeekId { year: 2026, week: 47 };
    WeekFacts {
        week,
        span: week.span(Weekday::Monday, &TimeZone::get(ZONE).unwrap()),
        zone: ZONE.to_owned(),
        made: at(11, 20, 16),
        people: vec![dana(), alex(), bo(), cagla(), taro(), emre()],
        totals: Totals {
            expected: 7,
            held: 2,
            confirmed: 1,
            made_up: 1,
            open: 1,
            missed: 2,
            excused: 1,
            away: 1,
            unknown: 1,
            upcoming: 1,
            owed: 4,
            ..Totals::default()
        },
        quarter: Totals {
            expected: 56,
            held: 44,
            confirmed: 6,
            made_up: 2,
            made_up_late: 1,
            open: 1,
            missed: 7,
            excused: 3,
            holiday: 1,
            away: 2,
            unknown: 1,
            upcoming: 1,
            owed: 4,
            reconstructed: 9,
        },
        weeks: totals_by_week(week),
        fairness: vec![
            burden("Bo Test", 14, (1, 4), true),
            burden("Dana Example", 21, (1, 0), false),
            burden("Alex Sample", 13, (0, 0), false),
        ],
        rotation: vec![
            RotationEntry {
                person: person("Ida Kuckuck", "ida@example.com", Relation::Skip),
                last_held: None,
                next: None,
            },
            RotationEntry {
                person: person("見本 太郎", "taro@example.com", Relation::Skip),
                last_held: Some(at(10, 14, 8)),
                next: Some(at(12, 16, 8)),
            },
        ],
        coverage: Coverage { expected: 8, covered: 6 },
        corrections: vec![correction()],
        uncovered: vec![
            person("Farid Placeholder", "farid@example.com", Relation::Report),
            person("", "gil@example.com", Relation::Other),
        ],
        sources: sources(),
    }
}

fn correction() -> Correction {
    Correction {
        session: SessionId { one_on_one: OneOnOneId("b0b01111".to_owned()), original: at(11, 4, 14) },
        person: person("Bo Test", "bo@example.com", Relation::Report),
        choice: Choice::Held {
            session: SessionId { one_on_one: OneOnOneId("b0b01111".to_owned()), original: at(11, 4, 14) },
        },
        at: at(11, 20, 15),
    }
}

fn burden(name: &str, expected: u32, (moved, given_up): (u32, u32), singled_out: bool) -> Burden {
    Burden { person: person(name, "", Relation::Report), expected, moved, given_up, singled_out }
}

/// Held, made up and missed in each of the twelve weeks; one had nothing.
fn totals_by_week(last: WeekId) -> Vec<WeekTotals> {
    let weeks = [
        (5, 0, 0),
        (4, 0, 1),
        (5, 0, 1),
        (4, 0, 0),
        (3, 1, 0),
        (0, 0, 0),
        (4, 1, 1),
        (5, 0, 0),
        (3, 0, 1),
        (5, 0, 0),
        (4, 0, 1),
        (2, 1, 2),
    ];
    let week = |(n, (held, made_up, missed)): (usize, (u32, u32, u32))| WeekTotals {
        week: last.back(11 - i64::try_from(n).unwrap(), Weekday::Monday),
        totals: Totals { held, made_up, missed, ..Totals::default() },
    };
    weeks.into_iter().enumerate().map(week).collect()
}

/// A lost session of the twelve weeks.
fn lost(original: Timestamp, by: Option<Side>, lead: Option<i64>) -> Lost {
    Lost { original, outcome: Outcome::Cancelled, by, lead }
}

/// A manager: a session moved and confirmed, and another that the other side did not come to.
fn dana() -> PersonWeek {
    let mut moved = session("d4n41111", at(11, 16, 9), Outcome::HeldConfirmed);
    moved.span = half_hour(at(11, 17, 15));
    moved.evidence = vec![Evidence::Moved { from: at(11, 16, 9) }, Evidence::UserSaid { at: at(11, 17, 16) }];
    let mut absent = session("d4n41111", at(11, 19, 9), Outcome::NoShow);
    absent.by = Some(Side::Other);
    absent.evidence = vec![Evidence::UserSaid { at: at(11, 19, 10) }];
    (absent.state, absent.owed) = (Some(Loss::Missed), true);
    let strip = "hh hh hx hh hh hu hh he hh hh hh hx";
    let one = one("d4n41111", (3, CadenceUnit::Day), strip, vec![moved, absent]);
    PersonWeek {
        person: person("Dana Example", "dana@example.com", Relation::Manager),
        one_on_ones: vec![held(one, at(11, 17, 15), 3, Some(at(11, 23, 9)))],
    }
}

/// A report with two 1:1s: one presumed held, one still to come.
fn alex() -> PersonWeek {
    let mut weekly = session("a1e81111", at(11, 17, 10), Outcome::HeldPresumed);
    weekly.evidence = vec![Evidence::ReadAfter { at: at(11, 17, 18) }];
    let weekly = held(
        one("a1e81111", (1, CadenceUnit::Week), "h h h h h h u h h h h h", vec![weekly]),
        at(11, 17, 10),
        3,
        Some(at(11, 24, 10)),
    );
    let career = session("a1e82222", at(11, 20, 17), Outcome::Upcoming);
    let career = held(
        one("a1e82222", (2, CadenceUnit::Month), ". . . h . . . . . . . >", vec![career]),
        at(9, 25, 17),
        56,
        Some(at(11, 20, 17)),
    );
    PersonWeek {
        person: person("Alex Sample", "alex@example.com", Relation::Report),
        one_on_ones: vec![weekly, career],
    }
}

/// A report whose session the owner cancelled late; one before was made up.
fn bo() -> PersonWeek {
    let mut open = session("b0b01111", at(11, 18, 14), Outcome::Cancelled);
    open.by = Some(Side::Owner);
    open.lost = Some(Between { after: at(11, 18, 11), before: at(11, 18, 12) });
    open.evidence = vec![Evidence::StatusCancelled];
    (open.state, open.owed) = (Some(Loss::Open), true);
    let mut made_up = session("b0b01111", at(11, 16, 14), Outcome::Conflicted);
    made_up.evidence = vec![Evidence::Conflict { span: half_hour(at(11, 16, 14)), uid: None }];
    made_up.state = Some(Loss::Open);
    made_up.made_up_by =
        Some(Replacement { uid: "x@example.com".to_owned(), span: half_hour(at(11, 19, 11)), held: true });
    let mut one = one("b0b01111", (1, CadenceUnit::Week), "h h l h h h h h u h h uo", vec![made_up, open]);
    one.habits = Habits {
        expected: 14,
        moved: 1,
        lost: vec![
            lost(at(9, 16, 14), Some(Side::Owner), Some(-30)),
            lost(at(10, 28, 14), Some(Side::Owner), Some(300)),
            lost(at(11, 16, 14), None, None),
            lost(at(11, 18, 14), Some(Side::Owner), Some(90)),
        ],
        recoveries: vec![30, 69],
        recovery_days: vec![1, 3],
        spacing: Some(8.4),
    };
    PersonWeek {
        person: person("Bo Test", "bo@example.com", Relation::Report),
        one_on_ones: vec![held(one, at(11, 19, 11), 1, Some(at(11, 25, 14)))],
    }
}

/// A report who declined, twice: overdue.
fn cagla() -> PersonWeek {
    let mut declined = session("c4g11111", at(11, 19, 13), Outcome::Declined);
    declined.by = Some(Side::Other);
    declined.lost = Some(Between { after: at(11, 16, 12), before: at(11, 16, 13) });
    declined.evidence = vec![Evidence::ReplyDeclined { by: Side::Other }];
    (declined.state, declined.owed) = (Some(Loss::Missed), true);
    declined.made_up_by =
        Some(Replacement { uid: "y@example.com".to_owned(), span: half_hour(at(11, 24, 9)), held: false });
    declined.owed = false;
    let mut earlier = session("c4g11111", at(11, 5, 13), Outcome::Cancelled);
    (earlier.state, earlier.owed) = (Some(Loss::Missed), true);
    earlier.lost = Some(Between { after: at(11, 5, 13), before: at(11, 5, 14) });
    earlier.evidence = vec![Evidence::Deleted, Evidence::Recorded { at: at(11, 6, 9), gone: true }];
    let habits = Habits {
        expected: 6,
        moved: 0,
        lost: vec![
            lost(at(11, 5, 13), None, None),
            lost(at(10, 22, 13), Some(Side::Other), Some(12_000)),
            lost(at(11, 19, 13), Some(Side::Other), Some(4_320)),
        ],
        recoveries: Vec::new(),
        recovery_days: Vec::new(),
        spacing: Some(14.0),
    };
    let mut one = one("c4g11111", (2, CadenceUnit::Week), ". h . h . h . x . x . x", vec![declined]);
    one.owed = vec![earlier];
    one.habits = habits;
    one.overdue = true;
    PersonWeek {
        person: person("Çağla Örnek", "cagla@example.com", Relation::Report),
        one_on_ones: vec![held(one, at(10, 8, 13), 43, Some(at(12, 3, 13)))],
    }
}

/// A skip-level, excused.
fn taro() -> PersonWeek {
    let mut excused = session("ta201111", at(11, 18, 8), Outcome::Excused);
    excused.evidence = vec![Evidence::OutOfOffice { by: Side::Other, span: Span::new(at(11, 16, 0), at(11, 21, 0)) }];
    let one = one("ta201111", (1, CadenceUnit::Month), ". . h . . . h . . . . e", vec![excused]);
    PersonWeek {
        person: person("見本 太郎", "taro@example.com", Relation::Skip),
        one_on_ones: vec![held(one, at(10, 14, 8), 37, Some(at(12, 16, 8)))],
    }
}

/// A peer: a tentative 1:1 whose calendar is stale, and one that lapsed.
fn emre() -> PersonWeek {
    let mut unknown = session("e3ee1111", at(11, 19, 16), Outcome::Unknown);
    unknown.evidence =
        vec![Evidence::NotReadSince { needed: at(11, 19, 22), last: Some(at(11, 18, 6)) }, Evidence::ZoneUnknown];
    let mut tentative = one("e3ee1111", (1, CadenceUnit::Week), ". . . . . . . . h h h ?", vec![unknown]);
    tentative.verdict = Verdict::Tentative;
    let mut lapsed = one("e3ee2222", (2, CadenceUnit::Week), "h . h . . . . . . . . .", Vec::new());
    lapsed.lapsed = Some(at(9, 18, 11));
    let ones = vec![held(tentative, at(11, 12, 16), 8, None), held(lapsed, at(9, 18, 11), 63, None)];
    PersonWeek { person: person("Emre Placeholder", "emre@example.com", Relation::Peer), one_on_ones: ones }
}

fn sources() -> Vec<Source> {
    let source = |account: &str, calendar: &str, kind, last: Option<Timestamp>| Source {
        id: SourceId { account: account.to_owned(), calendar: calendar.to_owned() },
        kind,
        read_only: true,
        whose: Whose::Owner,
        first_success: last,
        last_success: last,
        news: None,
        stale_since: None,
        problem: None,
        credential: Credential::Address,
        guest_notice: None,
    };
    let mut stale = source("home", "shared", SourceKind::Feed, Some(at(11, 18, 6)));
    stale.stale_since = Some(at(11, 18, 7));
    let detail = "the server answered with a sign-in page".to_owned();
    stale.problem = Some(ReadProblem { kind: ReadErrorKind::NotACalendar, detail });
    vec![
        source("work", "main", SourceKind::Api, Some(at(11, 20, 15))),
        stale,
        source("work", "holidays", SourceKind::Feed, None),
    ]
}
