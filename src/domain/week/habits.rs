//! Statistics of one 1:1 over twelve weeks: losses, moves, recoveries, and the actual spacing of its sessions.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::session::{Outcome, Session, Side};
use crate::domain::span::{Span, days_between};

/// How one 1:1 went over twelve weeks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Habits {
    /// The sessions that were expected: all but the excused and those still to come.
    pub expected: u32,
    /// The sessions that were moved to another time.
    pub moved: u32,
    /// The sessions that were lost, by original start.
    pub lost: Vec<Lost>,
    /// How long each lost session that was made up waited, in hours from its own start to that of its replacement; zero
    /// where the replacement came first.
    pub recoveries: Vec<i64>,
    /// The same in calendar days.
    #[serde(default)]
    pub recovery_days: Vec<i64>,
    /// The days between two held ones, on average, to a tenth; the real cadence. `None` with fewer than two.
    pub spacing: Option<f64>,
}

/// One lost session: by whom, and how early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Its original start.
    pub original: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// Which side lost it, where that is known.
    pub by: Option<Side>,
    /// At least how many minutes before its start it was lost, below zero for after it; where that is known.
    pub lead: Option<i64>,
}

/// How early a session was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lead {
    /// After its start.
    After,
    /// Less than two hours before.
    Hours,
    /// Less than a day before.
    Day,
    /// Less than a week before.
    Week,
    /// A week before, or earlier.
    Earlier,
    /// Not known.
    Unknown,
}

impl Lead {
    /// All of them, the latest first.
    pub const ALL: [Self; 6] = [Self::After, Self::Hours, Self::Day, Self::Week, Self::Earlier, Self::Unknown];
}

impl Lost {
    /// How early it was.
    #[must_use]
    pub const fn how_early(&self) -> Lead {
        match self.lead {
            None => Lead::Unknown,
            Some(minutes) if minutes < 0 => Lead::After,
            Some(0..120) => Lead::Hours,
            Some(0..1440) => Lead::Day,
            Some(0..10080) => Lead::Week,
            Some(_) => Lead::Earlier,
        }
    }
}

impl Habits {
    /// Works them out from the sessions of a 1:1; those count whose original start is in `quarter`.
    #[must_use]
    pub fn of(sessions: &[Session], quarter: Span, as_of: Timestamp, zone: &TimeZone) -> Self {
        let inside = || sessions.iter().filter(|session| quarter.contains(session.id.original));
        let is_expected = |session: &&Session| !matches!(session.outcome, Outcome::Excused | Outcome::Upcoming);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            expected: count(inside().filter(is_expected).count()),
            moved: count(inside().filter(|session| session.is_moved()).count()),
            lost: inside().filter(|session| session.outcome.is_lost()).map(lost).collect(),
            recoveries: inside().filter_map(recovery).map(|wait| wait.length().as_hours()).collect(),
            recovery_days: inside().filter_map(recovery).map(|wait| days_between(wait.start, wait.end, zone)).collect(),
            spacing: spacing(sessions, quarter, as_of),
        }
    }

    /// How many sessions one side lost.
    #[must_use]
    pub fn lost_by(&self, side: Option<Side>) -> u32 {
        u32::try_from(self.lost.iter().filter(|lost| lost.by == side).count()).unwrap_or(u32::MAX)
    }
}

fn lost(session: &Session) -> Lost {
    let lost = |lead| Lost { original: session.id.original, outcome: session.outcome, by: session.by, lead };
    // Nobody gave notice of a conflict or of not coming, whenever that became known.
    let is_told = matches!(session.outcome, Outcome::Cancelled | Outcome::Declined);
    let Some(between) = session.lost.filter(|_| is_told) else { return lost(None) };
    let lead = |at: Timestamp| lost(Some(session.span.start.duration_since(at).as_mins()));
    // It was lost at some time between the two reads: where these tell different things of it, neither is known.
    let (earliest, latest) = (lead(between.after), lead(between.before));
    if earliest.how_early() == latest.how_early() { latest } else { lost(None) }
}

/// From a lost session to what it was made up by; of no length where that came first.
fn recovery(session: &Session) -> Option<Span> {
    let made = session.made_up_by.as_ref().filter(|made| made.held && session.outcome.is_lost())?;
    Some(Span::new(session.id.original, made.span.start))
}

/// The mean distance between the times at which the pair met, the last one before the quarter included.
fn spacing(sessions: &[Session], quarter: Span, as_of: Timestamp) -> Option<f64> {
    let mut held: Vec<Timestamp> = sessions.iter().flat_map(Session::held_at).filter(|&at| at < as_of).collect();
    held.sort_unstable();
    let first = held.partition_point(|&at| at < quarter.start).saturating_sub(1);
    let held = &held[first..];
    let gaps = u32::try_from(held.len().checked_sub(1)?).ok().filter(|&gaps| gaps > 0)?;
    let days = held.last()?.duration_since(*held.first()?).as_secs_f64() / 86_400.0;
    Some((days / f64::from(gaps) * 10.0).round() / 10.0)
}
