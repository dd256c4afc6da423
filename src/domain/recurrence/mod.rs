//! Recurrence: computes the instances of a series (RFC 5545 3.3.10 and 3.8.5). Exact, bounded, and able to skip ahead.

mod civil;
mod count;
mod days;
mod exclusion;
mod expand;
mod frame;
mod grammar;
mod moment;
mod offsets;
mod overrides;
mod period;
mod placing;
mod plan;
mod rule;
mod starts;
mod steps;
mod times;
mod units;

use expand::MAX_INSTANCES;
pub use expand::expand;
pub use moment::{Moment, UnknownZone, Zone};
pub use rule::{BadRule, Frequency, Rule, Skip, Until};
use serde::{Deserialize, Serialize};

/// The properties that make a series recur, as its master states them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    /// Every RRULE.
    pub rules: Vec<Rule>,
    /// Every RDATE.
    pub dates: Vec<ExtraDate>,
    /// Every EXDATE.
    pub excluded: Vec<Moment>,
    /// Every EXRULE (RFC 2445 4.8.5.2, read and never written).
    pub excluded_rules: Vec<Rule>,
}

/// One RDATE value (RFC 5545 3.8.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraDate {
    /// The start of the added instance.
    pub start: Moment,
    /// The end, where the value is a PERIOD.
    pub end: Option<Moment>,
}

/// A series to expand: its first instance, what makes it recur, and what overrides single instances.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// DTSTART.
    pub start: &'a Moment,
    /// The end of the first instance (exclusive).
    pub end: &'a Moment,
    /// The rules and dates.
    pub recurrence: &'a Recurrence,
    /// The overrides, in any order.
    pub overrides: &'a [Override],
}

/// One override: the instance it stands for and where it puts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// RECURRENCE-ID, in any zone.
    pub original: Moment,
    /// `RANGE=THISANDFUTURE`.
    pub this_and_future: bool,
    /// The start it gives the instance.
    pub start: Moment,
    /// The end it gives the instance (exclusive).
    pub end: Moment,
    /// SEQUENCE; the highest wins where several override one instance.
    pub sequence: u32,
}

/// Half-open stretch to expand into; instances are selected by overlap, one of no length by its start.
#[derive(Clone, Debug)]
pub struct Window {
    /// The first instant inside.
    pub from: jiff::Timestamp,
    /// The first instant past it.
    pub to: jiff::Timestamp,
    /// The zone in which floating times and dates are placed.
    pub here: jiff::tz::TimeZone,
}

/// What an expansion may cost, and what it keeps.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Steps of work; past it the expansion ends and says `truncated`.
    pub budget: u32,
    /// The most instances that are looked for, 4,096 at the utmost; past it the expansion ends and says `truncated` and `full`.
    pub most: usize,
    /// Whether instances taken out by an EXDATE are kept, marked as excluded.
    pub keep_excluded: bool,
    /// Whether a DTSTART that the rules do not generate counts as the first instance (RFC 5545 3.8.5.3).
    pub include_start: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { budget: 100_000, most: MAX_INSTANCES, keep_excluded: false, include_start: true }
    }
}

/// The instances of a series in a window, by start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// What was found, ordered by start, then original start.
    pub instances: Vec<Instance>,
    /// Whether the budget ended before the window did.
    pub truncated: bool,
    /// Whether it ended as there were more instances than wanted.
    pub full: bool,
    /// How many steps of the budget were taken.
    pub steps: u32,
}

/// One recurrence instance (RFC 5545 3.8.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The start that the rules gave it, in the form of the master; it never changes.
    pub original: Moment,
    /// Where it is now.
    pub start: Moment,
    /// Where it ends now (exclusive).
    pub end: Moment,
    /// Which of the series' overrides placed it (`THISANDFUTURE` included).
    pub overridden_by: Option<usize>,
    /// Taken out by an EXDATE; there only when the options keep such.
    pub excluded: bool,
}
