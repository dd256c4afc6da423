//! Everything the rules may know, read from the store at one instant.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::availability::{Availability, Busy};
use super::event::Event;
use super::one_on_one::KnownSeries;
use super::operation::Operation;
use super::session::{Decision, LedgerLine, SessionId};
use super::source::{BackOff, News, Scope, Source, SourceId};
use super::span::Span;

/// How far ahead of the present something may be dated: two processes read the clock one after the other.
const AHEAD_OF_US: SignedDuration = SignedDuration::from_hours(1);

/// Everything the rules may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The calendars of the config, each with its freshness.
    pub sources: Vec<Source>,
    /// The mirrored events that matter inside the window: series that are not over before it, and single events in it.
    pub events: Vec<Mirrored>,
    /// The time of single events of the owner's that are not among `events`, as nothing else of them can matter; in no order.
    pub busy_only: Vec<Busy>,
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
    /// How long servers asked not to be bothered; those that are over among them.
    pub back_offs: Vec<BackOff>,
    /// The times that notices last offered, each for another session.
    pub offers: Vec<Offered>,
    /// The keys of everything already told or written: see [`super::notice::Notice::key`].
    pub told: std::collections::BTreeSet<String>,
}

impl Snapshot {
    /// What was known at an earlier instant, as far as that can be told: reads after it are left out, and what was recorded after it of later
    /// sessions.
    ///
    /// The ledger must hold each session's line of that time already. What calendars show is their present word, as nobody
    /// keeps their earlier ones.
    #[must_use]
    pub fn as_of(mut self, at: Timestamp) -> Self {
        self.ledger.retain(|line| line.session.id.original < at || line.recorded <= at);
        for source in &mut self.sources {
            source.last_success = source.last_success.map(|read| read.min(at));
            source.news = source.news.filter(|news| news.before <= at);
            if source.stale_since.is_some_and(|since| since > at) {
                source.stale_since = None;
                source.problem = None;
            }
        }
        self
    }

    /// Until when nothing may be written to the account of a calendar; none where it may be now.
    #[must_use]
    pub fn no_writes_until(&self, source: &SourceId, now: Timestamp) -> Option<Timestamp> {
        let of_account = |off: &&BackOff| off.scope == Scope::Writing(source.account.clone()) && off.until > now;
        self.back_offs.iter().filter(of_account).map(|off| off.until).max()
    }

    /// The same without what was written while the clock ran ahead: nothing that is dated after `now` is known at `now`.
    ///
    /// What a clock that was behind wrote is dated in the past, and is believed; there it finds next to nothing to write.
    #[must_use]
    pub fn known_at(mut self, now: Timestamp) -> Self {
        let latest = now.saturating_add(AHEAD_OF_US).unwrap_or(Timestamp::MAX);
        self.ledger.retain(|line| line.recorded <= latest);
        self.availability.retain(|said| said.asked <= latest);
        for source in &mut self.sources {
            source.last_success = source.last_success.filter(|&read| read <= latest);
            source.news = source.news.map(|news| news.known_at(latest));
        }
        for held in &mut self.events {
            held.first_seen = held.first_seen.min(latest);
        }
        // What was written then is done, and any read since shows it.
        let before = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        for operation in self.operations.iter_mut().filter(|operation| operation.changed > latest) {
            operation.changed = before;
            operation.started = operation.started.min(before);
        }
        self
    }
}

/// A time that a notice offered for a lost session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// For which session.
    pub session: SessionId,
    /// When.
    pub slot: Span,
}

impl News {
    /// The same where nothing that is dated after `latest` is believed.
    fn known_at(self, latest: Timestamp) -> Self {
        let is_sound = self.before <= latest && self.after.is_none_or(|after| after < self.before);
        Self { after: self.after.filter(|_| is_sound), before: self.before.min(latest) }
    }
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
