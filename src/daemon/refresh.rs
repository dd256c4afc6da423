//! Reads every calendar that a write depends on, right before the write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::poller::{Ended, read};
use super::source_reader::{Outcome, SharedReader};
use crate::calendar::Effort;
use crate::domain::person::Address;
use crate::domain::plan::RequiredReads;
use crate::domain::source::SourceId;
use crate::store::Store;

/// The longest that one calendar may take; nothing is written then.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);

/// What was read and asked since the last write. What is planned from it may be written.
#[derive(Debug)]
pub(super) struct Fresh {
    sources: BTreeSet<SourceId>,
    who: BTreeSet<Address>,
}

impl Fresh {
    /// What a refresh of this brings.
    pub(super) fn of(needed: &RequiredReads) -> Self {
        let who = needed.asks.iter().flat_map(|ask| ask.who.iter().cloned()).collect();
        Self { sources: needed.sources.clone(), who }
    }

    /// Whether this is all that a write needs.
    pub(super) fn covers(&self, needed: &RequiredReads) -> bool {
        let mut who = needed.asks.iter().flat_map(|ask| &ask.who);
        needed.sources.is_subset(&self.sources) && who.all(|one| self.who.contains(one))
    }
}

/// Reads these calendars side by side, one small request each where nothing changed; says whether all of them were read well.
pub(super) async fn refresh(
    readers: &BTreeMap<SourceId, SharedReader>,
    sources: &BTreeSet<SourceId>,
    store: &Store,
    now: Timestamp,
) -> (Vec<Ended>, bool) {
    let mut reads = JoinSet::new();
    for reader in sources.iter().filter_map(|source| readers.get(source)) {
        let (reader, store) = (Arc::clone(reader), store.clone());
        let reading = async move { read(&reader, &store, now, Some(Effort::Incremental)).await };
        reads.spawn(tokio::time::timeout(ANSWER_TIMEOUT, reading));
    }
    let mut ended = Vec::new();
    while let Some(read) = reads.join_next().await {
        ended.extend(read.ok().and_then(Result::ok));
    }
    let good = ended.iter().filter(|ended| matches!(ended.outcome, Ok(Outcome::Good(_)))).count();
    let all = good == sources.len();
    (ended, all)
}
