//! Owns [`WeekFacts`]: the facts of one week, for the report.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::one_on_one::{Cadence, OneOnOneId, Verdict};
use super::person::Person;
use super::policy::Policy;
use super::series::de_facto::person_key;
use super::session::{Loss, Outcome, Session};
use super::source::Source;
use super::span::Span;
use super::standing::{OneOnOne, Standing};

/// Names a week as people write it, `2026-W47` (ISO 8601); a week that starts on another day than Monday
/// has the name of the ISO week that most of its days fall in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekId {
    /// The ISO year.
    pub year: i16,
    /// The ISO week, 1 to 53.
    pub week: i8,
}

/// Text that names no week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no week; write it like 2026-W47")]
pub struct BadWeek(pub String);

impl fmt::Display for WeekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl FromStr for WeekId {
    type Err = BadWeek;

    fn from_str(text: &str) -> Result<Self, BadWeek> {
        let bad = || BadWeek(text.to_owned());
        let (year, week) = text.split_once("-W").ok_or_else(bad)?;
        let (year, week) = (year.parse().map_err(|_| bad())?, week.parse().map_err(|_| bad())?);
        ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| bad())?;
        Ok(Self { year, week })
    }
}

impl Serialize for WeekId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WeekId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl WeekId {
    /// The week that a day falls in, where weeks start on `first`.
    #[must_use]
    pub fn of(day: Date, first: Weekday) -> Self {
        let start = start_of_week(day, first);
        let middle = start.checked_add(jiff::Span::new().days(3)).unwrap_or(start);
        let iso = middle.iso_week_date();
        Self { year: iso.year(), week: iso.week() }
    }

    /// The first day of the week, where weeks start on `first`.
    #[must_use]
    pub fn first_day(self, first: Weekday) -> Date {
        let thursday = ISOWeekDate::new(self.year, self.week, Weekday::Thursday).map_or(Date::MIN, ISOWeekDate::date);
        start_of_week(thursday, first)
    }

    /// The week's stretch of real time in the owner's zone.
    #[must_use]
    pub fn span(self, first: Weekday, zone: &TimeZone) -> Span {
        let start = self.first_day(first);
        let end = start.checked_add(jiff::Span::new().days(7)).unwrap_or(Date::MAX);
        let at = |day: Date| day.to_zoned(zone.clone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp());
        Span::new(at(start), at(end))
    }

    /// The week `weeks` before this one, where weeks start on `first`.
    #[must_use]
    pub fn back(self, weeks: i64, first: Weekday) -> Self {
        let start = self.first_day(first);
        Self::of(start.checked_sub(jiff::Span::new().days(7 * weeks)).unwrap_or(start), first)
    }
}

fn start_of_week(day: Date, first: Weekday) -> Date {
    let into = i64::from(day.weekday().since(first));
    day.checked_sub(jiff::Span::new().days(into)).unwrap_or(day)
}

/// How many weeks a strip shows.
pub const STRIP: i64 = 12;

/// The facts of one week, from where everything stands.
#[must_use]
pub fn facts(standing: &Standing, policy: &Policy, week: WeekId) -> WeekFacts {
    let span = week.span(policy.first_weekday, &policy.zone);
    let strip: Vec<(WeekId, Span)> = (0..STRIP)
        .rev()
        .map(|back| week.back(back, policy.first_weekday))
        .map(|week| (week, week.span(policy.first_weekday, &policy.zone)))
        .collect();
    let quarter = Span::new(strip.first().map_or(span.start, |(_, first)| first.start), span.end);
    let mut people: Vec<PersonWeek> = Vec::new();
    for one in &standing.one_on_ones {
        let facts = of_one(one, standing.now, span, &strip, policy);
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
        people,
        totals: totals(standing, span),
        quarter: totals(standing, quarter),
        uncovered: standing.uncovered.clone(),
        sources: standing.sources.clone(),
    }
}

fn of_one(one: &OneOnOne, now: Timestamp, span: Span, strip: &[(WeekId, Span)], policy: &Policy) -> OneOnOneWeek {
    let within = |span: &Span| -> Vec<&Session> {
        one.sessions.iter().filter(|session| span.contains(session.id.original)).collect()
    };
    let as_of = now.min(span.end);
    let last_held = last_held(one, as_of);
    let day = |at: Timestamp| policy.zone.to_datetime(at).date();
    let days_since = |held: Timestamp| day(as_of).since(day(held)).map_or(0, |gap| i64::from(gap.get_days()));
    OneOnOneWeek {
        id: one.id.clone(),
        verdict: one.verdict,
        cadence: one.cadence,
        sessions: within(&span).into_iter().cloned().collect(),
        strip: strip
            .iter()
            .map(|(week, span)| StripWeek { week: *week, marks: within(span).into_iter().map(mark).collect() })
            .collect(),
        last_held,
        days_since_held: last_held.map(days_since),
        owed: one.owed().cloned().collect(),
        next: one.next,
        lapsed: one.lapsed,
        overdue: one.overdue,
    }
}

/// When a 1:1 was last held before an instant, replacements included.
fn last_held(one: &OneOnOne, before: Timestamp) -> Option<Timestamp> {
    one.sessions.iter().flat_map(Session::held_at).filter(|&at| at < before).max()
}

fn mark(session: &Session) -> Mark {
    match session.outcome {
        Outcome::HeldConfirmed | Outcome::HeldPresumed => Mark::Held,
        Outcome::Excused => Mark::Excused,
        Outcome::Unknown => Mark::Unknown,
        Outcome::Upcoming => Mark::Upcoming,
        Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted | Outcome::NoShow => match session.state {
            _ if session.made_up_by.as_ref().is_some_and(|made| made.held) => Mark::MadeUp,
            Some(Loss::Missed) => Mark::Missed,
            Some(Loss::Open) | None => Mark::Open,
        },
    }
}

fn totals(standing: &Standing, span: Span) -> Totals {
    let mut sum = Totals::default();
    let counted = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne);
    for session in counted.flat_map(|one| &one.sessions) {
        sum.owed += u32::from(session.owed);
        if span.contains(session.id.original) {
            sum.count(session);
        }
    }
    sum.expected = sum.held + sum.made_up + sum.open + sum.missed + sum.unknown;
    sum
}

impl Totals {
    fn count(&mut self, session: &Session) {
        let place = match session.outcome {
            Outcome::HeldConfirmed => {
                self.confirmed += 1;
                &mut self.held
            }
            Outcome::HeldPresumed => &mut self.held,
            Outcome::Excused => &mut self.excused,
            Outcome::Unknown => &mut self.unknown,
            Outcome::Upcoming => &mut self.upcoming,
            Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted | Outcome::NoShow => match session.state {
                Some(Loss::Missed) => &mut self.missed,
                Some(Loss::Open) => &mut self.open,
                None => &mut self.made_up,
            },
        };
        *place += 1;
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
    /// How often.
    pub cadence: Cadence,
    /// The sessions of the week, by original start.
    pub sessions: Vec<Session>,
    /// The twelve weeks that end with this one, oldest first.
    pub strip: Vec<StripWeek>,
    /// When it was last held, replacements included.
    pub last_held: Option<Timestamp>,
    /// How many whole days ago that was, in the owner's zone, at the end of the week or now, whichever is earlier.
    pub days_since_held: Option<i64>,
    /// The sessions that wait to be made up, of any week.
    pub owed: Vec<Session>,
    /// The next session still to come that stands.
    pub next: Option<Span>,
    /// Since when it has lapsed.
    pub lapsed: Option<Timestamp>,
    /// Whether nothing was held for more than twice its cadence.
    pub overdue: bool,
}

/// One week in a strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripWeek {
    /// Which.
    pub week: WeekId,
    /// What became of its sessions, by original start; empty where there were none.
    pub marks: Vec<Mark>,
}

/// What became of one session, for a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Held.
    Held,
    /// Lost, and made up by a replacement that was held.
    MadeUp,
    /// Lost, with time left.
    Open,
    /// Lost for good or late.
    Missed,
    /// Excused.
    Excused,
    /// Not known.
    Unknown,
    /// Still to come.
    Upcoming,
}

/// Sums over sessions of 1:1s that are not tentative, by original start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Sessions that were expected: all but the excused and those still to come.
    pub expected: u32,
    /// Held.
    pub held: u32,
    /// Of these, confirmed by the user.
    pub confirmed: u32,
    /// Lost and made up in time.
    pub made_up: u32,
    /// Lost, with time left.
    pub open: u32,
    /// Missed.
    pub missed: u32,
    /// Excused.
    pub excused: u32,
    /// Not known.
    pub unknown: u32,
    /// Still to come.
    pub upcoming: u32,
    /// Owed now.
    pub owed: u32,
}
