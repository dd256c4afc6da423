//! A standing 1:1 with one person: its identity, cadence and verdict.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::person::{Person, Side};
use super::source::SourceId;

/// Names a 1:1 for ever, over splits and recreations: eight characters that are easy to type.
///
/// A series that is none is named in the same way, from its own uid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneOnOneId(pub String);

impl fmt::Display for OneOnOneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the rules say of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is a 1:1.
    OneOnOne,
    /// Its title says so and nothing contradicts it; nothing is done until the user confirms.
    Tentative,
    /// It is none.
    Not,
}

/// One reason for a verdict; the words for it are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// It recurs by its own rules.
    Recurs,
    /// This many separate events at a recognisable spacing.
    DeFacto {
        /// How many.
        events: u32,
    },
    /// It happens once.
    HappensOnce,
    /// All-day events are no 1:1s.
    AllDay,
    /// The provider says that it is another kind of entry.
    OtherKind,
    /// Shorter than 10 or longer than 120 minutes.
    Length {
        /// How long, in minutes.
        minutes: i64,
    },
    /// Exactly one other person takes part.
    OneOther,
    /// This many others take part, and not one.
    Others {
        /// How many.
        count: u32,
    },
    /// It comes more often than daily.
    TooOften,
    /// It was not looked at, as that would have taken too much.
    LeftOut,
    /// Nobody but the owner takes part.
    OwnerAlone,
    /// The owner does not take part.
    OwnerAbsent,
    /// Somebody unknown sent it, and the owner never answered.
    NotAnswered,
    /// It was called off as a whole.
    CalledOff,
    /// The list of guests is hidden or cut.
    GuestsHidden,
    /// The only other one is a group or a list.
    Group,
    /// No guests can be seen; the title names a person of the config.
    TitleNames,
    /// No guests can be seen, and the title does not name exactly one known person and the form of a 1:1.
    TitleSilent,
    /// A title rule of the config excludes it.
    TitleExcluded,
    /// One side declined it as a whole.
    DeclinedAsAWhole {
        /// Which side.
        by: Side,
    },
    /// The calendar is another person's, or one of holidays.
    NotOwnersCalendar,
    /// The user confirmed it.
    UserConfirmed,
    /// The user ignores it.
    UserIgnored,
}

/// How often a 1:1 should happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    /// The unit.
    pub unit: CadenceUnit,
    /// How many units make one period, at least 1.
    pub every: u32,
    /// How many sessions there are in a period, at least 1: two for Mondays and Thursdays.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_once(times: &u32) -> bool {
    *times == 1
}

/// The unit of a cadence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CadenceUnit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl Cadence {
    /// One session every so many units.
    #[must_use]
    pub const fn every(every: u32, unit: CadenceUnit) -> Self {
        Self { unit, every, times: 1 }
    }

    /// About how many days from one session to the next.
    #[must_use]
    pub fn days(self) -> f64 {
        self.period_days() / f64::from(self.times.max(1))
    }

    /// About how long it is from one session to the next, where no neighbour says it exactly.
    #[must_use]
    pub fn interval(self) -> SignedDuration {
        SignedDuration::try_from_secs_f64(self.days() * 86_400.0).unwrap_or(SignedDuration::MAX)
    }

    /// About how many days a period has, however many sessions there are in it.
    #[must_use]
    pub fn period_days(self) -> f64 {
        let unit = match self.unit {
            CadenceUnit::Day => 1.0,
            CadenceUnit::Week => 7.0,
            CadenceUnit::Month => 30.44,
            CadenceUnit::Year => 365.25,
        };
        unit * f64::from(self.every)
    }

    /// Whether sessions come at least once a week.
    #[must_use]
    pub fn is_up_to_a_week(self) -> bool {
        self.days() <= 7.0
    }
}

/// What the owner is in a series, and so what may be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The owner called it.
    Organiser,
    /// Somebody else called it.
    Guest,
    /// It is only seen through a calendar that cannot be written.
    ReadOnly,
}

/// One series of a 1:1, remembered beyond the life of its event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSeries {
    /// The series' uid; for a *de facto* one, a name made from the person.
    pub uid: String,
    /// The 1:1 that it belongs to.
    pub one_on_one: OneOnOneId,
    /// With whom.
    pub person: Person,
    /// Where it was seen.
    pub source: SourceId,
    /// How often.
    pub cadence: Cadence,
    /// Its first scheduled session that counts.
    pub first: Timestamp,
    /// Its last scheduled session, where it has ended; `None` while it lives on.
    pub last: Option<Timestamp>,
    /// Names the rule that it recurs by now; another name means that its rhythm or its time was changed in place.
    #[serde(default)]
    pub schedule: Option<ScheduleId>,
    /// Sessions up to here are what the ledger has of them: the series was made, changed or given to this person after it.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Whether the owner ever answered it, or need not, as it came from nobody unknown.
    #[serde(default = "yes")]
    pub answered: bool,
}

const fn yes() -> bool {
    true
}

/// Names the rule that a series recurs by: its start, its rules and its further dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScheduleId(pub String);

/// What is done about a lost session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing; it is only counted.
    Off,
    /// The user is asked.
    Ask,
    /// It is done, where that may be.
    Auto,
}
