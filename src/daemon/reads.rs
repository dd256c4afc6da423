//! [`Reads`]: which calendars are being read, and when each is read next.

use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinError, JoinSet};

use super::backoff;
use super::sync::{Outcome, Reader, random};
use crate::clock::Clock;
use crate::domain::source::SourceId;
use crate::store::{self, Store};

/// How many calendars are read at once, and how many of one account: one that hangs must leave room for the others.
const AT_ONCE: usize = 6;
const OF_ONE_ACCOUNT: usize = 2;

/// How long reads may hold up a cycle.
const HOLD_UP: SignedDuration = SignedDuration::from_secs(10);

/// A calendar with its plan; the reader is away while it reads.
struct Slot {
    id: SourceId,
    reader: Option<Reader>,
    planned: Timestamp,
    fails: bool,
}

/// A read that came to an end.
pub struct Ended {
    index: usize,
    /// Who read.
    pub reader: Reader,
    /// How it ended.
    pub outcome: Result<Outcome, store::Error>,
    /// When.
    pub at: Timestamp,
}

/// The calendars, those that are being read, and the plan of the others.
pub struct Reads {
    slots: Vec<Slot>,
    going_on: JoinSet<Ended>,
    /// Since when there was no moment without a read going on.
    busy_since: Option<Timestamp>,
}

impl Reads {
    /// The first is read at `at`, so that a start shows something; the others follow within seconds.
    pub fn new(readers: Vec<Reader>, at: Timestamp) -> Self {
        let slot = |(index, reader): (usize, Reader)| {
            let planned = if index == 0 { at } else { backoff::on_waking(None, at, random()) };
            Slot { id: reader.id.clone(), reader: Some(reader), planned, fails: false }
        };
        let slots = readers.into_iter().enumerate().map(slot).collect();
        Self { slots, going_on: JoinSet::new(), busy_since: None }
    }

    /// How many calendars there are.
    pub const fn calendars(&self) -> usize {
        self.slots.len()
    }

    /// How many of them are being read.
    pub fn running(&self) -> usize {
        self.going_on.len()
    }

    /// How many could not be read the last time.
    pub fn failing(&self) -> usize {
        self.slots.iter().filter(|slot| slot.fails).count()
    }

    /// Starts those that are due.
    pub fn start(&mut self, store: &Store, clock: Clock, now: Timestamp) {
        for index in 0..self.slots.len() {
            if !self.has_room(&self.slots[index].id.account) {
                continue;
            }
            let slot = &mut self.slots[index];
            let is_due = |reader: &mut Reader| backoff::is_due(reader.pace, slot.planned, now);
            let Some(mut reader) = slot.reader.take_if(is_due) else { continue };
            let store = store.clone();
            self.going_on.spawn(async move {
                let outcome = reader.read(&store, now, None).await;
                Ended { index, reader, outcome, at: clock.now() }
            });
        }
        if self.going_on.is_empty() {
            self.busy_since = None;
        } else {
            self.busy_since.get_or_insert(now);
        }
    }

    /// Whether another calendar of an account may be read now.
    fn has_room(&self, account: &str) -> bool {
        let of_account = self.slots.iter().filter(|slot| slot.reader.is_none() && slot.id.account == account).count();
        self.going_on.len() < AT_ONCE && of_account < OF_ONE_ACCOUNT
    }

    /// Waits for the next to end; an error is a panic of its own.
    pub async fn next(&mut self) -> Option<Result<Ended, JoinError>> {
        self.going_on.join_next().await
    }

    /// Takes back who read, to read again at `planned`.
    pub fn plan(&mut self, ended: Ended, planned: Timestamp) {
        if let Some(slot) = self.slots.get_mut(ended.index) {
            let fails = !matches!(ended.outcome, Ok(Outcome::Good(_)));
            *slot = Slot { id: ended.reader.id.clone(), reader: Some(ended.reader), planned, fails };
        }
    }

    /// Plans all of them for `now`.
    pub fn hurry(&mut self, now: Timestamp) {
        for slot in &mut self.slots {
            slot.planned = now;
        }
    }

    /// Plans these for `now`, but for those that are being read.
    pub fn again(&mut self, sources: &[SourceId], now: Timestamp) {
        for slot in &mut self.slots {
            if slot.reader.as_ref().is_some_and(|reader| sources.contains(&reader.id)) {
                slot.planned = slot.planned.min(now);
            }
        }
    }

    /// Puts off what was planned for before `at`.
    pub fn not_before(&mut self, at: Timestamp) {
        for slot in &mut self.slots {
            slot.planned = slot.planned.max(at);
        }
    }

    /// Ends everything that goes on.
    pub fn stop(&mut self) {
        self.going_on.abort_all();
    }

    /// When the next read is due; none while as many as may are going on.
    pub fn due(&self) -> Timestamp {
        let waiting = self.slots.iter().filter(|slot| slot.reader.is_some() && self.has_room(&slot.id.account));
        waiting.map(|slot| slot.planned).min().unwrap_or(Timestamp::MAX)
    }

    /// Until when a cycle should wait for reads, so that it sees what they bring; not for long, as one may hang.
    pub fn hold_up(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.busy_since.filter(|since| *since <= now)?;
        since.saturating_add(HOLD_UP).ok().filter(|until| now < *until)
    }
}
