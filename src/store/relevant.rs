//! Reads what can matter: every series, and of single events the bodies that a rule looks into; of all others only the time they take.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::window::{self, Configured};
use super::{Error, Store, poll};
use crate::domain::assess::session_spans;
use crate::domain::availability::Busy;
use crate::domain::outline::{Glimpse, Key, Reader};
use crate::domain::policy::Policy;
use crate::domain::snapshot::{Horizon, Mirrored, Snapshot};
use crate::domain::source::Whose;
use crate::domain::span::Span;

impl Store {
    /// What the rules need of [`Store::snapshot`]: whatever is judged and planned from it is the same.
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read. A record that cannot be read is left out and logged.
    pub async fn relevant_snapshot(
        &self,
        sources: Vec<Configured>,
        horizon: Horizon,
        policy: Arc<Policy>,
    ) -> Result<Snapshot, Error> {
        self.look(move |db| match relevant(db, &sources, horizon, &policy)? {
            Some(snapshot) => Ok(snapshot),
            None => Ok(window::whole(db, sources, horizon)?),
        })
        .await
    }
}

/// A single event as its outline shows it.
#[derive(Clone, Copy)]
struct Row {
    id: i64,
    /// The place of its source among all.
    source: usize,
    span: Span,
    /// Whether nobody agreed that it is gone.
    is_there: bool,
    glimpse: Glimpse,
}

impl Row {
    /// What copies of one event must agree on, as one of them can only stand for all then.
    fn word(&self) -> impl PartialEq {
        (self.span, self.is_there, self.glimpse.takes_time, self.glimpse.busy)
    }
}

/// None where an event has no outline that can be read, which then says nothing of its copies either.
fn relevant(
    db: &Connection,
    sources: &[Configured],
    horizon: Horizon,
    policy: &Policy,
) -> rusqlite::Result<Option<Snapshot>> {
    let reader = Reader::new(policy);
    let mut snapshot = window::remembered(db, horizon)?;
    let mut rows = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let (id, state) = poll::state(db, &source.id)?.unzip();
        match (id, &source.whose) {
            (Some(id), Whose::Owner) => {
                window::load_series(db, id, &source.id, horizon, &mut snapshot.events)?;
                let Some(more) = outlined(db, id, at, horizon, &reader)? else { return Ok(None) };
                rows.extend(more);
            }
            (Some(id), Whose::Person(_) | Whose::Holidays) => {
                window::load(db, id, &source.id, horizon, &mut snapshot.events)?;
            }
            (None, _) => {}
        }
        snapshot.sources.push(window::freshness(source.clone(), state.unwrap_or_default()));
    }
    let (wanted, rest) = split(rows, &snapshot.events);
    read(db, wanted, sources, &mut snapshot.events)?;
    let spans = session_spans(&snapshot, policy, horizon.0);
    let (beside, mut rest): (Vec<Row>, Vec<Row>) =
        rest.into_iter().partition(|row| row.glimpse.takes_time && touches(&spans, row.span));
    read(db, beside, sources, &mut snapshot.events)?;
    in_order(&mut snapshot.events, sources);
    rest.dedup_by_key(|row| row.glimpse.uid);
    let busy = |row: &Row| row.glimpse.busy.filter(|_| row.is_there).map(|what| Busy { span: row.span, what });
    snapshot.busy_only = rest.iter().filter_map(busy).collect();
    Ok(Some(snapshot))
}

/// The single events of a source, from an index that holds all that is asked of it.
const OUTLINED: &str = "SELECT id, starts, ends, confirmed IS NULL, outline FROM event
    WHERE source = ?1 AND recurring = 0 AND ends >= ?2 AND starts < ?3";

fn outlined(
    db: &Connection,
    id: i64,
    source: usize,
    horizon: Horizon,
    reader: &Reader,
) -> rusqlite::Result<Option<Vec<Row>>> {
    let mut query = db.prepare_cached(OUTLINED)?;
    let rows = query.query_map(window::seconds(id, horizon), |row| {
        let Some(outline) = row.get_ref(4)?.as_blob_or_null()? else { return Ok(None) };
        let Some(glimpse) = reader.read(outline) else { return Ok(None) };
        let second = |at: i64| Timestamp::from_second(at).unwrap_or_default();
        let span = Span::new(second(row.get(1)?), second(row.get(2)?));
        Ok(Some(Row { id: row.get(0)?, source, span, is_there: row.get(3)?, glimpse }))
    })?;
    rows.collect()
}

/// Those whose bodies are needed whatever the sessions are, with all their copies; and the others, by uid.
fn split(mut rows: Vec<Row>, loaded: &[Mirrored]) -> (Vec<Row>, Vec<Row>) {
    rows.sort_unstable_by_key(|row| (row.glimpse.uid, row.source));
    // Where one calendar shows a series, another one's single event of that uid is a part of it.
    let recurring: BTreeSet<Key> = loaded.iter().map(|held| Key::of(&held.event.uid)).collect();
    let mut showing = BTreeSet::new();
    let (mut wanted, mut rest) = (Vec::new(), Vec::new());
    for copies in rows.chunk_by(|one, other| one.glimpse.uid == other.glimpse.uid) {
        let disagree = copies.windows(2).any(|two| two[0].word() != two[1].word());
        // One event has to say that its calendar shows guests.
        let is_first = copies.iter().any(|row| row.glimpse.shows_guests && showing.insert(row.source));
        let is_wanted = copies.iter().any(|row| row.glimpse.is_wanted || recurring.contains(&row.glimpse.uid));
        if is_wanted || is_first || disagree { &mut wanted } else { &mut rest }.extend_from_slice(copies);
    }
    (wanted, rest)
}

/// Whether an event is on at any of these spans, which are in order and apart.
fn touches(spans: &[Span], event: Span) -> bool {
    let at = spans.partition_point(|span| span.end < event.start);
    spans.get(at).is_some_and(|span| span.start <= event.end)
}

/// Reads the bodies of these events.
fn read(db: &Connection, mut rows: Vec<Row>, sources: &[Configured], into: &mut Vec<Mirrored>) -> rusqlite::Result<()> {
    rows.sort_unstable_by_key(|row| (row.source, row.id));
    for of_one in rows.chunk_by(|one, other| one.source == other.source) {
        let ids = of_one.iter().map(|row| row.id);
        window::load_singles(db, ids, &sources[of_one[0].source].id, into)?;
    }
    Ok(())
}

/// Puts events into the order in which a whole snapshot has them.
fn in_order(events: &mut [Mirrored], sources: &[Configured]) {
    events.sort_by_cached_key(|held| {
        let source = sources.iter().position(|source| source.id == held.source);
        let is_single = held.event.recurrence.is_none() && held.event.overrides.is_none();
        (source, is_single.then(|| held.event.uid.clone()))
    });
}
