//! [`WeekFacts`]: the facts of one week, for the report.

mod habits;
pub mod past;
mod people;
mod totals;
mod year;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::habits::{Habits, Lead, Lost};
pub use self::people::{Burden, Coverage, RotationEntry};
use self::people::{coverage, fairness, rotation};
use self::totals::totals;
pub use self::totals::{Mark, Settled, Totals, mark};
use self::year::Years;
pub use super::facts::week_id::{BadWeek, WeekId};
use super::one_on_one::{Cadence, OneOnOneId, Verdict};
use super::person::Person;
use super::policy::Policy;
use super::series::people::person_key;
use super::session::{Choice, LedgerLine, Session, SessionId};
use super::source::Source;
use super::span::{Span, days_between};
use super::standing::{OneOnOne, Standing};

/// How many weeks a strip shows.
pub const STRIP: i64 = 12;

/// How many weeks a year shows.
pub const YEAR: i64 = 52;

/// The facts of one week, from where everything stands; `ledger` has what became of the year's older sessions.
#[must_use]
pub fn facts(standing: &Standing, ledger: &[LedgerLine], policy: &Policy, week: WeekId) -> WeekFacts {
    let span = week.span(policy.first_weekday, &policy.zone);
    let strip: Vec<(WeekId, Span)> = (0..STRIP)
        .rev()
        .map(|back| week.back(back, policy.first_weekday))
        .map(|week| (week, week.span(policy.first_weekday, &policy.zone)))
        .collect();
    let quarter = Span::new(strip.first().map_or(span.start, |(_, first)| first.start), span.end);
    let mut people: Vec<PersonWeek> = Vec::new();
    let years = Years::new(standing, ledger, policy, week);
    // What was a 1:1 in these weeks is reported, though it is no longer one.
    let was_one = |one: &&OneOnOne| one.sessions.iter().any(|session| quarter.contains(session.id.original));
    for one in standing.one_on_ones.iter().chain(standing.former.iter().filter(was_one)) {
        let facts = OneOnOneWeek { year: years.of(one), ..of_one(one, standing.now, (span, quarter), &strip, policy) };
        match people.iter_mut().find(|other| person_key(&other.person) == person_key(&one.person)) {
            Some(person) => person.one_on_ones.push(facts),
            None => people.push(PersonWeek { person: one.person.clone(), one_on_ones: vec![facts] }),
        }
    }
    WeekFacts {
        week,
        span,
        zone: policy.zone.iana_name().unwrap_or("UTC").to_owned(),
        made: standing.now,
        fairness: fairness(&people),
        rotation: rotation(&people, policy),
        coverage: coverage(standing, policy),
        people,
        totals: totals(standing, span),
        quarter: totals(standing, quarter),
        weeks: strip.iter().map(|(week, span)| WeekTotals { week: *week, totals: totals(standing, *span) }).collect(),
        corrections: Vec::new(),
        uncovered: standing.uncovered.clone(),
        sources: standing.sources.clone(),
    }
}

fn of_one(
    one: &OneOnOne,
    now: Timestamp,
    (span, quarter): (Span, Span),
    strip: &[(WeekId, Span)],
    policy: &Policy,
) -> OneOnOneWeek {
    let within = |span: &Span| -> Vec<&Session> {
        one.sessions.iter().filter(|session| span.contains(session.id.original)).collect()
    };
    let last_held = one.last_held;
    OneOnOneWeek {
        id: one.id.clone(),
        verdict: if one.verdict == Verdict::Tentative { Verdict::Tentative } else { Verdict::OneOnOne },
        is_unanswered: one.is_unanswered(),
        cadence: one.cadence,
        sessions: within(&span).into_iter().cloned().collect(),
        strip: strip
            .iter()
            .map(|(week, span)| StripWeek { week: *week, marks: within(span).into_iter().map(mark).collect() })
            .collect(),
        last_held,
        days_since_held: last_held.map(|held| days_between(held, now, &policy.zone)),
        owed: one.owed().cloned().collect(),
        next: one.next,
        lapsed: one.lapsed,
        overdue: one.overdue,
        year: Vec::new(),
        habits: Habits::of(&one.sessions, quarter, now.min(span.end), &policy.zone),
    }
}

/// The facts of one week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeekFacts {
    /// Which week.
    pub week: WeekId,
    /// Its stretch of real time in the owner's zone.
    pub span: Span,
    /// The owner's zone, by name, for showing times.
    pub zone: String,
    /// When the facts were worked out.
    pub made: Timestamp,
    /// Every person with a 1:1, by relation and name.
    pub people: Vec<PersonWeek>,
    /// All of them together.
    pub totals: Totals,
    /// The same over the twelve weeks that end with this one.
    pub quarter: Totals,
    /// The same for each of these weeks, oldest first.
    #[serde(default)]
    pub weeks: Vec<WeekTotals>,
    /// Who bore what over the twelve weeks, the most burdened first.
    #[serde(default)]
    pub fairness: Vec<Burden>,
    /// The people two levels away, those met longest ago first.
    #[serde(default)]
    pub rotation: Vec<RotationEntry>,
    /// How many people should have a standing 1:1, and how many do.
    #[serde(default)]
    pub coverage: Coverage,
    /// What the user said of sessions of these twelve weeks after the week's report was made; empty where nothing.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// People who have no standing 1:1 and should.
    pub uncovered: Vec<Person>,
    /// The sources, with their freshness.
    pub sources: Vec<Source>,
}

/// One person in a week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonWeek {
    /// Who.
    pub person: Person,
    /// Their 1:1s.
    pub one_on_ones: Vec<OneOnOneWeek>,
}

/// One 1:1 in a week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneOnOneWeek {
    /// Which.
    pub id: OneOnOneId,
    /// Whether the user has confirmed it, where it is only known by its title.
    pub verdict: Verdict,
    /// Whether somebody unknown sent it and the owner never answered; it is tentative then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unanswered: bool,
    /// How often.
    pub cadence: Cadence,
    /// The sessions of the week, by original start.
    pub sessions: Vec<Session>,
    /// The twelve weeks that end with this one, oldest first.
    pub strip: Vec<StripWeek>,
    /// When it was last held, replacements included.
    pub last_held: Option<Timestamp>,
    /// How many calendar days ago that was, in the owner's zone, when the facts were worked out.
    pub days_since_held: Option<i64>,
    /// The sessions that wait to be made up, of any week.
    pub owed: Vec<Session>,
    /// The next session or make-up that has not begun yet.
    pub next: Option<Span>,
    /// Since when it has lapsed.
    pub lapsed: Option<Timestamp>,
    /// Whether nothing was held for more than twice its cadence.
    pub overdue: bool,
    /// The weeks with a session, of the 52 that end with this one, oldest first.
    #[serde(default)]
    pub year: Vec<StripWeek>,
    /// How it went over the twelve weeks.
    #[serde(default)]
    pub habits: Habits,
}

/// One week in a strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripWeek {
    /// Which.
    pub week: WeekId,
    /// What became of its sessions, by original start; empty where there were none.
    pub marks: Vec<Mark>,
}

/// The sums of one week of the twelve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekTotals {
    /// Which.
    pub week: WeekId,
    /// Its sums.
    pub totals: Totals,
}

/// The user's decision on one session, said after the report was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Which session.
    pub session: SessionId,
    /// With whom.
    pub person: Person,
    /// What.
    pub choice: Choice,
    /// When it was said.
    pub at: Timestamp,
}
