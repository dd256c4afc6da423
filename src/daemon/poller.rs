//! Tracks which calendars are being read, and when each is due next.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinSet};

use super::backoff::{self, Pace};
use super::source_reader::{Outcome, Reader, SharedReader, next, random};
use crate::calendar::Effort;
use crate::domain::source::SourceId;
use crate::store::{self, Store};

/// How many calendars are read at once, and how many of one account: one that hangs must leave room for the others.
const AT_ONCE: usize = 6;
const OF_ONE_ACCOUNT: usize = 2;

/// How long reads may hold up a cycle.
const MAX_READ_WAIT: SignedDuration = SignedDuration::from_secs(10);

/// A calendar with its plan.
struct Slot {
    id: SourceId,
    pace: Pace,
    reader: SharedReader,
    is_read: bool,
    planned: Timestamp,
    fails: bool,
}

/// A read that came to an end.
#[derive(Debug)]
pub struct Ended {
    /// What was read.
    pub id: SourceId,
    /// How it ended.
    pub outcome: Result<Outcome, store::Error>,
    /// The server's clock minus ours, as the last good read found it.
    pub clock_skew: Option<SignedDuration>,
    /// Whether it may change the plan though it found nothing new, as the calendar was stale or read long ago.
    pub renewed: bool,
}

/// Reads a calendar, once whoever reads it already is done.
pub async fn read(reader: &Mutex<Reader>, store: &Store, now: Timestamp, effort: Option<Effort>) -> Ended {
    let mut reader = reader.lock().await;
    let outcome = reader.read(store, now, effort).await;
    let renewed = reader.renewed && matches!(outcome, Ok(Outcome::Good(_)));
    Ended { id: reader.id.clone(), outcome, clock_skew: reader.clock_skew, renewed }
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
            let (id, pace) = (reader.id.clone(), reader.pace);
            Slot { id, pace, reader: Arc::new(Mutex::new(reader)), is_read: false, planned, fails: false }
        };
        let slots = readers.into_iter().enumerate().map(slot).collect();
        Self { slots, going_on: JoinSet::new(), busy_since: None }
    }

    /// The readers, for whoever has to read a calendar right now.
    pub fn readers(&self) -> BTreeMap<SourceId, SharedReader> {
        self.slots.iter().map(|slot| (slot.id.clone(), Arc::clone(&slot.reader))).collect()
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
    pub fn start(&mut self, store: &Store, now: Timestamp) {
        for index in 0..self.slots.len() {
            if !self.has_room(&self.slots[index].id.account) {
                continue;
            }
            let slot = &mut self.slots[index];
            if slot.is_read || !backoff::is_due(slot.pace, slot.planned, now) {
                continue;
            }
            slot.is_read = true;
            let (store, reader) = (store.clone(), Arc::clone(&slot.reader));
            self.going_on.spawn(async move { read(&reader, &store, now, None).await });
        }
        if self.going_on.is_empty() {
            self.busy_since = None;
        } else {
            self.busy_since.get_or_insert(now);
        }
    }

    /// Whether another calendar of an account may be read now.
    fn has_room(&self, account: &str) -> bool {
        let being_read = self.slots.iter().filter(|slot| slot.is_read).map(|slot| slot.id.account.as_str());
        has_room_beside(&being_read.collect::<Vec<_>>(), account)
    }

    /// Waits for the next to end; an error is a panic of its own.
    pub async fn next(&mut self) -> Option<Result<Ended, JoinError>> {
        let ended = self.going_on.join_next().await?;
        if let Ok(ended) = &ended
            && let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == ended.id)
        {
            slot.is_read = false;
        }
        Some(ended)
    }

    /// Plans the next read of a calendar after one that ended at `at`.
    ///
    /// # Errors
    /// The store's own; it is planned for a minute later then.
    pub async fn plan(&mut self, ended: &Ended, store: &Store, at: Timestamp) -> Result<(), store::Error> {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == ended.id) else { return Ok(()) };
        slot.fails = !matches!(ended.outcome, Ok(Outcome::Good(_)));
        slot.planned = super::later(at);
        if let Ok(outcome) = &ended.outcome {
            slot.planned = next(&slot.id, slot.pace, store, outcome, at, random()).await?;
        }
        Ok(())
    }

    /// Plans all of them for `now`.
    pub fn poll_now(&mut self, now: Timestamp) {
        for slot in &mut self.slots {
            slot.planned = now;
        }
    }

    /// Plans these for `now`, but for those that are being read.
    pub fn again(&mut self, sources: &[SourceId], now: Timestamp) {
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_read && sources.contains(&slot.id)) {
            slot.planned = slot.planned.min(now);
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
        let waiting = self.slots.iter().filter(|slot| !slot.is_read && self.has_room(&slot.id.account));
        waiting.map(|slot| slot.planned).min().unwrap_or(Timestamp::MAX)
    }

    /// Until when a cycle should wait for reads, so that it sees what they bring; not for long, as one may hang.
    pub fn wait_for_reads(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.busy_since.filter(|since| *since <= now)?;
        since.saturating_add(MAX_READ_WAIT).ok().filter(|until| now < *until)
    }
}

/// Whether another calendar of an account may be read beside those, each named by its account.
fn has_room_beside(being_read: &[&str], account: &str) -> bool {
    let of_account = being_read.iter().filter(|other| **other == account).count();
    being_read.len() < AT_ONCE && of_account < OF_ONE_ACCOUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_calendars_of_an_account_are_read_at_once_and_six_in_all() {
        let mut begun = Vec::new();
        for account in ["a", "a", "a", "b", "b", "c", "b", "c", "d", "e"] {
            if has_room_beside(&begun, account) {
                begun.push(account);
            }
        }
        assert_eq!(begun, ["a", "a", "b", "b", "c", "c"]);
    }
}
