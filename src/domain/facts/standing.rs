//! The state of every 1:1 at one instant, computed from a snapshot alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::one_on_one::{Cadence, KnownSeries, Mode, OneOnOneId, Reason, Role, Verdict};
use super::person::Person;
use super::session::{Evidence, Session};
use super::source::{Source, SourceId};
use super::span::Span;

/// Where every 1:1 stands at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The instant.
    pub now: Timestamp,
    /// The stretch of time that was looked at.
    pub horizon: Span,
    /// The 1:1s, confirmed and tentative, by person and then by first session.
    pub one_on_ones: Vec<OneOnOne>,
    /// What is no longer a 1:1, as one side declined it as a whole; its history stays.
    pub former: Vec<OneOnOne>,
    /// Every other series, with the reasons why it is none.
    pub others: Vec<OtherSeries>,
    /// People of the config who have no standing 1:1 and should.
    pub uncovered: Vec<Person>,
    /// What the plan did not look at, as it would have taken too much.
    pub left_out: Vec<LeftOut>,
    /// The sources, with their freshness.
    pub sources: Vec<Source>,
}

/// One 1:1: one or several series over time with one person.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOnOne {
    /// Its name for ever.
    pub id: OneOnOneId,
    /// With whom.
    pub person: Person,
    /// `OneOnOne` or `Tentative`.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How often.
    pub cadence: Cadence,
    /// What the owner is in it.
    pub role: Role,
    /// The calendar that its latest series is in.
    pub calendar: SourceId,
    /// The title of its latest series; empty where only the ledger remembers it.
    pub title: String,
    /// What is done about its lost sessions.
    pub mode: Mode,
    /// Its series, oldest first.
    pub series: Vec<KnownSeries>,
    /// Its sessions inside the horizon and those of the ledger, by original start.
    pub sessions: Vec<Session>,
    /// When it was last held, replacements included.
    pub last_held: Option<Timestamp>,
    /// The next session or make-up that has not begun yet.
    pub next: Option<Span>,
    /// When a read first showed that its series was deleted or called off as a whole, where none took its place.
    pub deleted: Option<Timestamp>,
    /// Since when it has ended with no successor, once that is long enough.
    pub lapsed: Option<Timestamp>,
    /// Whether nothing was held for more than twice its cadence.
    pub overdue: bool,
}

/// A series that is no 1:1.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherSeries {
    /// A name that `series confirm` takes.
    pub id: OneOnOneId,
    /// Its uid.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// Where.
    pub calendar: SourceId,
    /// The one other person, where there is one.
    pub person: Option<Person>,
    /// Why it is none.
    pub reasons: Vec<Reason>,
}

/// A series that the plan did not look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// A name that `explain` takes.
    pub id: OneOnOneId,
    /// Its title.
    pub title: String,
    /// Where.
    pub calendar: SourceId,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why a series was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeftOut {
    /// It is of just one other person, but comes more often than daily.
    TooOften,
    /// Finding its sessions takes more work than one series may take.
    TooCostly,
    /// There is more of it than one plan has room for.
    NoRoom,
    /// It comes more often than hourly, or more often than can be looked at: its time counts as nobody's.
    TakesNoTime,
    /// Finding when it takes time takes more work than one series may take.
    TimeUnknown,
}

impl Standing {
    /// The 1:1s, and what is no longer one.
    pub fn all(&self) -> impl Iterator<Item = &OneOnOne> {
        self.one_on_ones.iter().chain(&self.former)
    }
}

impl OneOnOne {
    /// Its sessions, each with itself.
    pub fn sessions_with(&self) -> impl Iterator<Item = (&Self, &Session)> {
        self.sessions.iter().map(move |session| (self, session))
    }

    /// Whether somebody unknown sent it and the owner never answered.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.verdict == Verdict::Tentative && self.reasons.contains(&Reason::NotAnswered)
    }

    /// The UIDs of the series that cover its sessions again and again, where the user has not said whether it takes place.
    #[must_use]
    pub fn open_overlaps(&self) -> Vec<&str> {
        let evidence = self.sessions.iter().flat_map(|session| &session.evidence);
        let mut with: Vec<&str> = evidence
            .filter_map(|evidence| match evidence {
                Evidence::StandingOverlap { with, .. } => Some(with.as_str()),
                _ => None,
            })
            .collect();
        with.sort_unstable();
        with.dedup();
        with
    }

    /// The sessions that wait to be made up.
    pub fn owed(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(|session| session.owed)
    }
}
