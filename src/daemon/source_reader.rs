//! Reads one calendar, and applies the result or records the failure.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::backoff::{self, LastRead, Pace};
use crate::calendar::{self, Calendar, Connected, Cursor, Effort, ErrorKind, Reading, Shared};
use crate::config::Settings;
use crate::domain::reschedule::FRESH;
use crate::domain::source::{BackOff, Credential, ReadProblem, Scope, SourceId, SourceKind};
use crate::store::{self, Applied, Changes, Listing, Store, Unchanged};
use crate::writer::{EventWriter, WriteAccess};

/// A reader that the polls and the cycle share: whoever holds it reads, so that no calendar is read twice at once.
pub type SharedReader = Arc<Mutex<Reader>>;

/// A calendar of the config, ready to be read.
pub struct Reader {
    /// Which.
    pub id: SourceId,
    /// How often.
    pub pace: Pace,
    /// The server's clock minus ours, as the last good read found it.
    pub clock_skew: Option<SignedDuration>,
    /// Whether the calendar was stale, or read too long ago to decide from, before the last read: then that read may change the plan
    /// though it found nothing new.
    pub renewed: bool,
    /// What it is signed in to with.
    pub credential: Credential,
    kind: SourceKind,
    calendar: Box<dyn Calendar>,
}

/// How a read ended.
#[derive(Debug)]
pub enum Outcome {
    /// Well, with what it changed.
    Good(Applied),
    /// Badly; nothing was learnt, and the source is stale.
    Failed(calendar::Error),
}

/// A reader for each calendar of the config that is to be read, and what else can be done with these calendars.
#[must_use]
pub fn connect(settings: &Settings, shared: &Shared) -> (Vec<Reader>, BTreeMap<SourceId, WriteAccess>) {
    let mut connected: Vec<Connected> =
        settings.accounts.iter().flat_map(|account| calendar::connect(account, shared)).collect();
    let hands = EventWriter::hands(&mut connected);
    let readers = connected.into_iter().filter_map(|one| Reader::new(settings, one.id, one.reader));
    (readers.collect(), hands)
}

/// The readers alone.
#[must_use]
pub fn readers(settings: &Settings, shared: &Shared) -> Vec<Reader> {
    connect(settings, shared).0
}

impl Reader {
    /// A reader of a calendar of the config; `None` where the config has no such calendar.
    pub fn new(settings: &Settings, id: SourceId, calendar: Box<dyn Calendar>) -> Option<Self> {
        let source = settings.sources().into_iter().find(|source| source.id == id)?;
        let paced = settings.calendars().find(|calendar| calendar.id == id)?;
        let pace = Pace { every: paced.every, full_every: paced.full_every };
        let credential = source.credential;
        Some(Self { id, pace, clock_skew: None, renewed: false, credential, kind: source.kind, calendar })
    }

    /// Reads the calendar as of `now` and brings the mirror up to it.
    ///
    /// # Errors
    /// The store's own. A calendar that cannot be read is no error here: it is noted, and nothing is deleted.
    pub async fn read(
        &mut self,
        store: &Store,
        now: Timestamp,
        effort: Option<Effort>,
    ) -> Result<Outcome, store::Error> {
        let state = store.poll_state(self.id.clone()).await?;
        if let Some(error) = asked_to_wait(&self.id, store, now).await? {
            return Ok(Outcome::Failed(error));
        }
        let is_old = state.last_success.is_none_or(|last| now.duration_since(last) > FRESH);
        self.renewed = is_old || state.stale_since.is_some();
        let effort = effort.unwrap_or_else(|| backoff::effort(self.pace, state.last_full, now));
        let cursor = state.cursor.map(Cursor);
        let reading = self.calendar.read(cursor.as_ref(), effort).await;
        if let Ok(reading) = &reading {
            self.clock_skew = reading.hints().clock_skew.or(self.clock_skew);
            let told = reading.hints().guest_notice;
            if let Some(notice) = told.filter(|_| told != state.guest_notice) {
                store.note_guest_notice(self.id.clone(), notice).await?;
            }
        }
        match reading {
            Ok(Reading::Unchanged { cursor, hints }) => {
                let full = effort == Effort::Full;
                let news = Unchanged { cursor: cursor.map(|cursor| cursor.0), refresh: hints.refresh, full };
                Ok(Outcome::Good(store.apply_unchanged(self.id.clone(), now, news).await?))
            }
            Ok(Reading::Snapshot(snapshot)) => self.take(store, now, snapshot).await,
            Ok(Reading::Delta(delta)) => {
                let changes = Changes {
                    items: delta.items,
                    gone: delta.gone,
                    cursor: delta.cursor.0,
                    refresh: delta.hints.refresh,
                };
                Ok(Outcome::Good(store.apply_delta(self.id.clone(), now, changes).await?))
            }
            Err(error) => self.note(store, now, error).await,
        }
    }

    async fn take(
        &mut self,
        store: &Store,
        now: Timestamp,
        snapshot: calendar::Snapshot,
    ) -> Result<Outcome, store::Error> {
        if snapshot.restarted {
            tracing::info!(source = %self.id, "the server no longer knew the last read; everything was read again");
        }
        // A server's complete listing is its own word; a publisher may have lost the file.
        if snapshot.events == 0 && self.kind == SourceKind::Feed && store.alive(self.id.clone()).await? > 0 {
            let detail = "the calendar has no events, but had some before; nothing was deleted".to_owned();
            let error = calendar::Error { kind: ErrorKind::Emptied, source_id: self.id.clone(), detail };
            return self.note(store, now, error).await;
        }
        let listing = Listing { items: snapshot.items, cursor: snapshot.cursor.0, refresh: snapshot.hints.refresh };
        Ok(Outcome::Good(store.apply_snapshot(self.id.clone(), now, listing).await?))
    }

    async fn note(&mut self, store: &Store, now: Timestamp, error: calendar::Error) -> Result<Outcome, store::Error> {
        let problem = ReadProblem { kind: error.kind, detail: error.detail.clone() };
        store.apply_failure(self.id.clone(), now, problem).await?;
        if let ErrorKind::Wait { after: Some(after) } = error.kind {
            let until = now.saturating_add(after.min(backoff::LONGEST_WAIT)).unwrap_or(Timestamp::MAX);
            let detail = error.detail.clone();
            store.back_off(BackOff { scope: Scope::Reading(self.id.clone()), until, detail }).await?;
        }
        Ok(Outcome::Failed(error))
    }
}

/// Why a calendar is not asked at all: its server asked to be left alone, and that time is not over.
async fn asked_to_wait(id: &SourceId, store: &Store, now: Timestamp) -> Result<Option<calendar::Error>, store::Error> {
    let off = store.back_offs().await?.into_iter().find(|off| off.scope == Scope::Reading(id.clone()));
    let left = off.and_then(|off| Some((Duration::try_from(off.until.duration_since(now)).ok()?, off)));
    // One that is further off than any that is heeded was written under another clock.
    let left = left.filter(|(left, _)| !left.is_zero() && *left <= backoff::LONGEST_WAIT);
    Ok(left.map(|(left, off)| {
        let detail =
            format!("{}; it is not asked again before {}", off.detail, off.until.strftime("%Y-%m-%d %H:%M UTC"));
        calendar::Error { kind: ErrorKind::Wait { after: Some(left) }, source_id: id.clone(), detail }
    }))
}

/// When to read a calendar again after a read that ended so at `ended`; `random` is in `0.0..1.0`.
///
/// # Errors
/// The store's own.
pub async fn next(
    id: &SourceId,
    pace: Pace,
    store: &Store,
    outcome: &Outcome,
    ended: Timestamp,
    random: f64,
) -> Result<Timestamp, store::Error> {
    let state = store.poll_state(id.clone()).await?;
    let last = match outcome {
        Outcome::Good(_) => LastRead::Good { refresh: state.refresh },
        Outcome::Failed(error) => LastRead::Failed { in_a_row: state.failures_in_row, kind: error.kind },
    };
    Ok(backoff::next_poll(pace, last, ended, random))
}

/// A number in `0.0..1.0`; to spread polls it needs no more than the seed of a hash map.
pub(super) fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let number = bits as f64;
    number / 9_007_199_254_740_992.0
}
