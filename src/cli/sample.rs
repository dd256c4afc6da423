//! A made-up [`Standing`] with one of everything the commands show, for their tests.

use jiff::Timestamp;

use crate::domain::one_on_one::{Cadence, CadenceUnit, KnownSeries, OneOnOneId, Reason, Role, Verdict};
use crate::domain::person::{Address, Person, Relation};
use crate::domain::policy::Mode;
use crate::domain::session::{Evidence, Loss, Outcome, Replacement, Session, SessionId, Side};
use crate::domain::source::{Credential, ReadErrorKind, ReadProblem, Source, SourceId, SourceKind, Whose};
use crate::domain::span::{Between, Span};
use crate::domain::standing::{OneOnOne, OtherSeries, Standing};
use crate::wording::local_time::LocalTime;

/// The present of the sample: a Friday afternoon in Berlin.
pub const NOW: &str = "2026-11-20T15:00:00Z";

/// An instant.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Half an hour from an instant on.
pub fn half_hour(text: &str) -> Span {
    Span::new(at(text), at(text) + jiff::SignedDuration::from_mins(30))
}

/// The owner's wall.
pub fn wall() -> LocalTime {
    LocalTime::new("Europe/Berlin", at(NOW))
}

/// A person at example.com.
pub fn person(name: &str, relation: Relation) -> Person {
    let first = name.split(' ').next().unwrap_or(name).to_lowercase();
    let addresses = vec![Address::parse(&format!("{first}@example.com")).unwrap()];
    Person { name: name.to_owned(), addresses, relation }
}

/// A session of `id` that began at an instant and ended so.
pub fn session(id: &str, start: &str, outcome: Outcome, evidence: Vec<Evidence>) -> Session {
    let named = SessionId { one_on_one: OneOnOneId(id.to_owned()), original: at(start) };
    let session = Session::new(named, format!("{id}@example.com"), half_hour(start), outcome);
    Session { evidence, deadline: at("2026-11-22T23:00:00Z"), ..session }
}

fn one_on_one(id: &str, person: Person, every: u32, sessions: Vec<Session>) -> OneOnOne {
    let cadence = Cadence::every(every, CadenceUnit::Week);
    let calendar = SourceId { account: "work".to_owned(), calendar: "main".to_owned() };
    let known = KnownSeries {
        uid: format!("{id}@example.com"),
        one_on_one: OneOnOneId(id.to_owned()),
        person: person.clone(),
        source: calendar.clone(),
        cadence,
        first: at("2026-08-18T09:00:00Z"),
        last: None,
        schedule: None,
        since: None,
        answered: true,
    };
    OneOnOne {
        id: OneOnOneId(id.to_owned()),
        title: format!("Owner / {}", person.name),
        person,
        verdict: Verdict::OneOnOne,
        reasons: vec![Reason::Recurs, Reason::OneOther],
        cadence,
        role: Role::ReadOnly,
        calendar,
        mode: Mode::Ask,
        series: vec![known],
        last_held: sessions.iter().rev().find(|s| s.outcome.is_held()).map(|s| s.span.start),
        next: sessions.iter().find(|s| s.outcome == Outcome::Upcoming).map(|s| s.span),
        sessions,
        deleted: None,
        lapsed: None,
        overdue: false,
    }
}

fn ann() -> OneOnOne {
    let read = Evidence::ReadAfter { at: at("2026-11-10T17:00:00Z") };
    let mut cancelled =
        session("annaaaaa", "2026-11-17T09:00:00Z", Outcome::Cancelled, vec![Evidence::StatusCancelled]);
    cancelled.by = Some(Side::Owner);
    cancelled.lost = Some(Between { after: at("2026-11-17T06:45:00Z"), before: at("2026-11-17T07:00:00Z") });
    cancelled.state = Some(Loss::Open);
    cancelled.owed = true;
    let mut moved = session("annaaaaa", "2026-11-24T09:00:00Z", Outcome::Upcoming, Vec::new());
    moved.evidence = vec![Evidence::Moved { from: moved.id.original }];
    moved.span = half_hour("2026-11-25T13:00:00Z");
    let held = session("annaaaaa", "2026-11-10T09:00:00Z", Outcome::HeldPresumed, vec![read]);
    one_on_one("annaaaaa", person("Ann Berg", Relation::Report), 1, vec![held, cancelled, moved])
}

fn bob() -> OneOnOne {
    let declined = Evidence::ReplyDeclined { by: Side::Other };
    let mut missed = session("bobbbbbb", "2026-10-26T09:00:00Z", Outcome::Declined, vec![declined]);
    missed.by = Some(Side::Other);
    missed.state = Some(Loss::Missed);
    missed.owed = true;
    missed.deadline = at("2026-11-02T09:00:00Z");
    let mut made_up = session("bobbbbbb", "2026-11-09T09:00:00Z", Outcome::Cancelled, vec![Evidence::Excepted]);
    made_up.state = Some(Loss::Open);
    made_up.deadline = at("2026-11-16T09:00:00Z");
    let span = half_hour("2026-11-11T13:00:00Z");
    made_up.made_up_by = Some(Replacement { uid: "extra@example.com".to_owned(), span, held: true });
    let mut bob = one_on_one("bobbbbbb", person("Bob Castellanos", Relation::Skip), 2, vec![missed, made_up]);
    bob.last_held = Some(span.start);
    bob.lapsed = Some(at("2026-11-09T09:00:00Z"));
    bob.overdue = true;
    bob
}

fn cleo() -> OneOnOne {
    let evidence = Evidence::NotReadSince { needed: at("2026-11-20T20:00:00Z"), last: None };
    let unknown = session("cleooooo", "2026-11-20T13:30:00Z", Outcome::Unknown, vec![evidence]);
    let mut cleo = one_on_one("cleooooo", person("Cleo", Relation::Other), 1, vec![unknown]);
    cleo.person.addresses.clear();
    cleo.verdict = Verdict::Tentative;
    cleo.reasons = vec![Reason::Recurs, Reason::TitleNames];
    cleo
}

fn source(calendar: &str, problem: Option<&str>) -> Source {
    Source {
        id: SourceId { account: "work".to_owned(), calendar: calendar.to_owned() },
        kind: SourceKind::Feed,
        read_only: true,
        whose: Whose::Owner,
        first_success: Some(at("2026-08-01T00:00:00Z")),
        last_success: Some(at("2026-11-20T14:30:00Z")),
        news: None,
        stale_since: problem.map(|_| at("2026-11-19T08:00:00Z")),
        problem: problem.map(|detail| ReadProblem { kind: ReadErrorKind::NotACalendar, detail: detail.to_owned() }),
        credential: Credential::Address,
        guest_notice: None,
    }
}

/// One of everything.
pub fn standing() -> Standing {
    Standing {
        left_out: Vec::new(),
        now: at(NOW),
        horizon: Span::new(at("2026-08-01T00:00:00Z"), at("2027-01-01T00:00:00Z")),
        one_on_ones: vec![ann(), bob(), cleo()],
        former: Vec::new(),
        others: vec![OtherSeries {
            id: OneOnOneId("standup1".to_owned()),
            uid: "standup@example.com".to_owned(),
            title: "Team stand-up".to_owned(),
            calendar: SourceId { account: "work".to_owned(), calendar: "main".to_owned() },
            person: None,
            reasons: vec![Reason::Recurs, Reason::Others { count: 6 }],
        }],
        uncovered: vec![person("Dora", Relation::Report)],
        sources: vec![source("main", None), source("holidays", Some("an HTML page"))],
    }
}

/// Nothing at all, as on the first day.
pub fn nothing() -> Standing {
    let all = standing();
    let (one_on_ones, others) = (Vec::new(), Vec::new());
    Standing { one_on_ones, others, former: Vec::new(), uncovered: Vec::new(), sources: Vec::new(), ..all }
}
