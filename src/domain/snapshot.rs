//! Owns [`Snapshot`]: everything the rules may know, read from the store at one instant.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::availability::Availability;
use super::event::Event;
use super::one_on_one::KnownSeries;
use super::operation::Operation;
use super::session::{Decision, LedgerLine};
use super::source::{Source, SourceId};
use super::span::Span;

/// Everything the rules may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The calendars of the config, each with its freshness.
    pub sources: Vec<Source>,
    /// The mirrored events that matter inside the window: series that are not over before it, and single events in it.
    pub events: Vec<Mirrored>,
    /// The series of 1:1s ever recorded.
    pub known: Vec<KnownSeries>,
    /// The last ledger line of every session.
    pub ledger: Vec<LedgerLine>,
    /// Every decision, oldest first.
    pub decisions: Vec<Decision>,
    /// What servers last said of people's time.
    pub availability: Vec<Availability>,
    /// Everything that cadenced ever set out to write, oldest first.
    pub operations: Vec<Operation>,
    /// The keys of everything already told or written: see [`super::plan::Notice::key`].
    pub told: std::collections::BTreeSet<String>,
}

/// An event as last seen in a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mirrored {
    /// Where.
    pub source: SourceId,
    /// What.
    pub event: Event,
    /// When it was first seen there.
    pub first_seen: Timestamp,
    /// Set once the source no longer shows it.
    pub vanished: Option<Vanished>,
}

/// How an event went away. It counts as deleted only once it is `confirmed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vanished {
    /// The last good read that showed it.
    pub last_seen: Timestamp,
    /// The first good read that did not.
    pub missed: Timestamp,
    /// The second such read, at least one poll later; or the source's explicit word.
    pub confirmed: Option<Timestamp>,
}

/// The stretch of time that the rules look at: history behind, horizon ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon(pub Span);
