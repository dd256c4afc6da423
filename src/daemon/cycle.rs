//! One cycle: takes a snapshot, plans, and acts, until nothing is left to do.
//!
//! Nothing is written but what a plan says that was made from calendars which were just read, after every earlier write.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::poller::Ended;
use super::refresh::{Fresh, refresh};
use super::source_reader::{Outcome, SharedReader};
use crate::config::{Mail, Settings};
use crate::domain::assess::{assess, first_look, horizon};
use crate::domain::inbox::{Item, items};
use crate::domain::operation::{Intent, Operation};
use crate::domain::plan::{
    Action, Notice, Proposal, RequiredReads, awaited_read, history, needed, next_change, next_deed, plan, proposals,
};
use crate::domain::policy::Policy;
use crate::domain::reschedule::{landed, objection};
use crate::domain::session::LedgerLine;
use crate::domain::snapshot::{Horizon, Snapshot};
use crate::domain::source::{SourceId, Whose};
use crate::domain::span::Span;
use crate::domain::standing::Standing;
use crate::domain::week::{WeekId, facts};
use crate::report::write::{keep, whole_for_all};
use crate::report::{Format, email, metrics};
use crate::store::{self, Batch, Configured, Store};
use crate::writer::{EventWriter, WriteAccess};

/// Planning again after acting yields nothing; that many rounds are more than it ever takes.
const MAX_ROUNDS: usize = 5;

/// How many writes one cycle does at most; the next one goes on.
const MAX_WRITES: usize = 10;

/// How long a write waits whose calendars could not be read.
const READ_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What a cycle works with.
pub struct Cycle {
    /// Everything that is remembered.
    pub store: Store,
    /// The settings as far as the rules need them.
    pub policy: Arc<Policy>,
    /// The calendars of the config.
    pub sources: Vec<Configured>,
    /// Where reports go.
    pub reports: PathBuf,
    /// In which forms.
    pub formats: Vec<Format>,
    /// How each report is mailed to the owner, if it is.
    pub mail: Option<Mail>,
    /// Where counts without names go, if anywhere.
    pub metrics: Option<PathBuf>,
    /// What writes to calendars and asks their servers.
    pub mover: EventWriter,
    /// What reads calendars again before anything is written.
    pub readers: BTreeMap<SourceId, SharedReader>,
    /// Whether nothing is written without asking, as the user is away.
    pub is_paused: bool,
}

/// Everything at one instant, with what waits for the user.
pub struct View {
    /// Where everything stands.
    pub standing: Standing,
    /// What that was worked out from.
    pub snapshot: Snapshot,
    /// What would be done.
    pub proposals: Vec<Proposal>,
    /// What waits for the user.
    pub items: Vec<Item>,
}

/// What a cycle found, and when it should run again.
#[derive(Debug)]
pub struct CycleResult {
    /// Where everything stands.
    pub standing: Standing,
    /// The instant at which the plan may change by itself.
    pub wake: Timestamp,
    /// A good read that starts at or after this instant may change the plan, though it finds nothing new.
    pub awaited: Option<Timestamp>,
    /// The reports that were written.
    pub reports: Vec<(WeekId, PathBuf)>,
    /// Whether anything was done.
    pub acted: bool,
    /// The calendars that something was written to: they should be read again at once.
    pub touched: Vec<SourceId>,
    /// The reads that were made before writing.
    pub reads: Vec<Ended>,
}

/// What was done in the rounds of one cycle.
#[derive(Default)]
struct Done {
    acted: bool,
    reports: Vec<(WeekId, PathBuf)>,
    touched: Vec<SourceId>,
    reads: Vec<Ended>,
    /// How many writes were tried.
    writes: usize,
    /// Whether something is to be written and cannot be decided on, as a calendar could not be read.
    held_back: bool,
}

/// A plan, and what it was made from.
struct Planned {
    standing: Standing,
    snapshot: Snapshot,
    intents: Vec<Intent>,
    others: Vec<Action>,
    next: Option<Timestamp>,
}

impl Planned {
    fn new(standing: Standing, snapshot: Snapshot, policy: &Policy, is_paused: bool) -> Self {
        let (mut intents, mut others) = (Vec::new(), Vec::new());
        for action in plan(&standing, &snapshot, policy) {
            match action {
                Action::Write(intent) if intent.automatic && is_paused => {}
                Action::Write(intent) => intents.push(intent),
                Action::Remember(_)
                | Action::Forget { .. }
                | Action::Record(_)
                | Action::Recorded { .. }
                | Action::Ask(_)
                | Action::TurnDown(..)
                | Action::Tell(_)
                | Action::Report { .. } => others.push(action),
            }
        }
        let next = next_deed(&proposals(&standing, &snapshot, policy), &snapshot, standing.now);
        Self { standing, snapshot, intents, others, next }
    }
}

/// Why a cycle could not be finished; the next one starts over.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store's part.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The report could not be written.
    #[error("the report of {week} could not be written: {why}")]
    Report {
        /// Which week.
        week: WeekId,
        /// Why.
        why: crate::report::write::Error,
    },
}

impl Cycle {
    /// A cycle by these settings, which writes through `hands` alone, and only what `readers` could read before.
    #[must_use]
    pub fn new(
        store: Store,
        settings: &Settings,
        reports: PathBuf,
        hands: BTreeMap<SourceId, WriteAccess>,
        readers: BTreeMap<SourceId, SharedReader>,
    ) -> Self {
        let sources = settings.sources().into_iter().map(|source| Configured {
            id: source.id,
            kind: source.kind,
            read_only: source.read_only,
            whose: source.whose,
            credential: source.credential,
            guest_notice: source.guest_notice,
        });
        let formats = settings.report.formats.iter().map(|&format| format.into()).collect();
        let mover = EventWriter::new(store.clone(), hands);
        Self {
            store,
            policy: settings.policy().into(),
            sources: sources.collect(),
            reports,
            formats,
            mail: settings.mail.clone().filter(|mail| mail.reports),
            mover,
            readers,
            metrics: settings.report.metrics_file.clone(),
            is_paused: false,
        }
    }

    /// Looks, plans and acts as of `now`, until planning again yields nothing. Notices are queued, not shown.
    ///
    /// What was being written when a cycle or the process was cut off is settled first.
    ///
    /// # Errors
    /// [`Error`]; what was done until then stays done, and the next cycle goes on from there.
    pub async fn turn(&mut self, now: Timestamp) -> Result<CycleResult, Error> {
        let mut done = Done::default();
        self.settle(now, &mut done).await?;
        self.look_back(now).await?;
        let mut fresh = None;
        let mut rounds = 0;
        loop {
            let planned = self.plan(now).await?;
            if !planned.others.is_empty() {
                rounds += 1;
                if rounds > MAX_ROUNDS {
                    tracing::error!("planning again after acting still yields something to do; please report this");
                    return Ok(self.found(planned, done));
                }
                done.acted = true;
                self.perform(planned.others, &planned.standing, &planned.snapshot.ledger, &mut done).await?;
                continue;
            }
            let waits = done.held_back || done.writes >= MAX_WRITES;
            let Some(intent) = planned.intents.first().filter(|_| !waits) else {
                self.count(&planned.standing);
                return Ok(self.found(planned, done));
            };
            let needed = needed(intent, &planned.standing, &planned.snapshot, &self.policy);
            if fresh.take().is_some_and(|fresh: Fresh| fresh.covers(&needed)) || planted!("written-from-an-old-reading")
            {
                let ended = self.mover.act(intent, &self.policy, now).await?;
                // Something else is under way for the session: once that is settled it is decided again.
                done.held_back |= ended.state.is_none();
                done.touched.push(ended.source);
                done.writes += 1;
                done.acted = true;
            } else {
                fresh = self.refresh(&needed, now, &mut done).await?;
            }
        }
    }

    /// Finds out what became of operations that were cut off. One that did nothing is repeated if it would be decided again.
    async fn settle(&mut self, now: Timestamp, done: &mut Done) -> Result<(), Error> {
        let settled = self.mover.settle(&self.policy, now).await?;
        done.touched.extend(settled.ended.into_iter().map(|ended| ended.source));
        if self.store.has_given_up().await? {
            let (standing, snapshot) = self.look(now).await?;
            for operation in landed(&standing, &snapshot, &self.policy) {
                self.mover.look_for_late(operation.clone(), &self.policy, now).await?;
            }
        }
        for operation in settled.undone.into_iter().filter(|_| !planted!("the-cut-off-is-never-sent")) {
            let (standing, snapshot) = self.without(&operation, now).await?;
            let needed = needed(&operation.intent, &standing, &snapshot, &self.policy);
            if self.refresh(&needed, now, done).await?.is_none() {
                continue;
            }
            let (standing, snapshot) = self.without(&operation, now).await?;
            let ended = match objection(&operation.intent, &standing, &snapshot, &self.policy) {
                Some(why) => self.mover.stand_down(operation, why, now).await?,
                None => self.mover.repeat(operation, &self.policy, now).await?,
            };
            done.touched.push(ended.source);
        }
        Ok(())
    }

    async fn look(&self, now: Timestamp) -> Result<(Standing, Snapshot), store::Error> {
        let span = horizon(now);
        let snapshot = self.snapshot(span, now).await?;
        Ok(self.assessed(snapshot, span, now).await)
    }

    /// Where everything stands but for one operation.
    async fn without(&self, operation: &Operation, now: Timestamp) -> Result<(Standing, Snapshot), store::Error> {
        let span = horizon(now);
        let mut snapshot = self.snapshot(span, now).await?;
        snapshot.operations.retain(|other| other.id != operation.id);
        Ok(self.assessed(snapshot, span, now).await)
    }

    async fn assessed(&self, snapshot: Snapshot, span: Span, now: Timestamp) -> (Standing, Snapshot) {
        let policy = Arc::clone(&self.policy);
        beside(move || (assess(&snapshot, &policy, span, now), snapshot)).await
    }

    /// Reads and asks what a write needs; none where something could not be read, so that nothing may be written.
    async fn refresh(
        &mut self,
        needed: &RequiredReads,
        now: Timestamp,
        done: &mut Done,
    ) -> Result<Option<Fresh>, Error> {
        let (reads, all) = refresh(&self.readers, &needed.sources, &self.store, now).await;
        for read in &reads {
            if let Some(skew) = read.clock_skew {
                self.mover.heard_clock(&read.id, skew);
            }
            match &read.outcome {
                Ok(Outcome::Good(applied)) => done.acted |= applied.is_a_change(),
                Ok(Outcome::Failed(_)) => {}
                Err(error) => return Err(error.clone().into()),
            }
        }
        done.reads.extend(reads);
        if !all && !planted!("written-though-a-calendar-is-down") {
            done.held_back = true;
            return Ok(None);
        }
        for ask in &needed.asks {
            self.mover.ask(ask, now).await?;
        }
        Ok(Some(Fresh::of(needed)))
    }

    /// Takes into the ledger what a calendar still holds of the last year, once, after its first good read.
    async fn look_back(&self, now: Timestamp) -> Result<(), Error> {
        let key = |source: &Configured| format!("history:{}", source.id);
        let own = self.sources.iter().filter(|source| source.whose == Whose::Owner);
        let keys: Vec<String> = own.clone().map(key).collect();
        let done = self.store.told_of(keys).await?;
        let mut fresh = Vec::new();
        for source in own.filter(|source| !done.contains(&key(source))) {
            if self.store.poll_state(source.id.clone()).await?.first_success.is_some() {
                fresh.push(key(source));
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        self.keep_history(first_look(now), now).await?;
        for key in fresh {
            self.store.sent(&key, now).await?;
        }
        Ok(())
    }

    /// Takes into the ledger what the calendars show, and does nothing else: for whoever reads them without a daemon.
    ///
    /// # Errors
    /// The store's own.
    pub async fn record(&self, now: Timestamp) -> Result<(), Error> {
        self.look_back(now).await?;
        self.keep_history(horizon(now), now).await
    }

    async fn keep_history(&self, span: Span, now: Timestamp) -> Result<(), Error> {
        let snapshot = self.snapshot(span, now).await?;
        let policy = Arc::clone(&self.policy);
        let learnt = beside(move || history(&assess(&snapshot, &policy, span, now), &snapshot)).await;
        let mut batch = Batch::default();
        for action in learnt {
            match action {
                Action::Remember(series) => batch.known.push(series),
                Action::Forget { uid, one_on_one } => batch.forgotten.push((uid, one_on_one)),
                Action::Record(line) => batch.ledger.push(line),
                Action::Recorded { source, until } => batch.recorded.push((source, until)),
                Action::Tell(_) | Action::Report { .. } | Action::Ask(_) | Action::Write(_) | Action::TurnDown(..) => {}
            }
        }
        self.store.perform(batch, now).await?;
        Ok(())
    }

    async fn snapshot(&self, span: Span, now: Timestamp) -> Result<Snapshot, store::Error> {
        let policy = Arc::clone(&self.policy);
        Ok(self.store.relevant_snapshot(self.sources.clone(), Horizon(span), policy).await?.known_at(now))
    }

    /// Where everything stands, what is to be done now, and when the next write is due.
    async fn plan(&self, now: Timestamp) -> Result<Planned, store::Error> {
        let (standing, snapshot) = self.look(now).await?;
        let (policy, is_paused) = (Arc::clone(&self.policy), self.is_paused);
        Ok(beside(move || Planned::new(standing, snapshot, &policy, is_paused)).await)
    }

    /// The notices that the plan of `now` has and that are not queued: what there is to tell where nothing can be stored.
    ///
    /// # Errors
    /// The store's own.
    pub async fn unqueued(&self, now: Timestamp) -> Result<Vec<Notice>, store::Error> {
        let actions = self.plan(now).await?.others;
        let notice = |action| if let Action::Tell(notice) = action { Some(notice) } else { None };
        Ok(actions.into_iter().filter_map(notice).collect())
    }

    /// Writes the counts where they are wanted; they are worth no failure of a cycle.
    fn count(&self, standing: &Standing) {
        let Some(path) = &self.metrics else { return };
        let text = metrics::text(standing);
        if std::fs::read_to_string(path).is_ok_and(|before| before == text) {
            return;
        }
        if let Err(error) = whole_for_all(path, text.as_bytes()) {
            tracing::warn!("the counts could not be written: {error}");
        }
    }

    /// Everything as of `now`, with what waits for the user.
    ///
    /// # Errors
    /// The store's own.
    pub async fn view(&self, now: Timestamp) -> Result<View, store::Error> {
        let (standing, snapshot) = self.look(now).await?;
        let policy = Arc::clone(&self.policy);
        let view = beside(move || {
            let proposals = proposals(&standing, &snapshot, &policy);
            let items = items(&standing, &snapshot, &policy, &proposals);
            View { standing, snapshot, proposals, items }
        });
        Ok(view.await)
    }

    fn found(&self, planned: Planned, done: Done) -> CycleResult {
        let Planned { standing, next, .. } = planned;
        let again = match (done.held_back, done.writes >= MAX_WRITES) {
            (true, _) => Some(standing.now.saturating_add(READ_AGAIN).unwrap_or(Timestamp::MAX)),
            (false, full) => full.then_some(standing.now),
        };
        let wake = next
            .filter(|_| !planted!("the-cycle-forgets-what-is-due"))
            .into_iter()
            .chain(again)
            .fold(next_change(&standing, &self.policy), Timestamp::min);
        let awaited = awaited_read(&standing);
        let Done { acted, reports, touched, reads, .. } = done;
        CycleResult { standing, wake, awaited, reports, acted, touched, reads }
    }

    async fn perform(
        &mut self,
        actions: Vec<Action>,
        standing: &Standing,
        ledger: &[LedgerLine],
        done: &mut Done,
    ) -> Result<(), Error> {
        let mut batch = Batch::default();
        let mut due = Vec::new();
        let (mut asks, mut turned_down) = (Vec::new(), Vec::new());
        for action in actions {
            match action {
                Action::Remember(series) => batch.known.push(series),
                Action::Forget { uid, one_on_one } => batch.forgotten.push((uid, one_on_one)),
                Action::Record(line) => batch.ledger.push(line),
                Action::Recorded { source, until } => batch.recorded.push((source, until)),
                Action::Tell(notice) => batch.notices.push(notice),
                Action::Ask(ask) => asks.push(ask),
                Action::TurnDown(intent, why) => turned_down.push((intent, why)),
                // Writes are done one by one, each from a plan of its own.
                Action::Write(_) => {}
                Action::Report { week, key } => due.push((week, key)),
            }
        }
        self.store.perform(batch, standing.now).await?;
        for (week, key) in due {
            let facts = facts(standing, ledger, &self.policy, week);
            let path = keep(&self.reports, &facts, &self.formats).map_err(|why| Error::Report { week, why })?;
            if let Some(mail) = &self.mail {
                let letter = email::of(&facts, mail, email::key(&facts), false, standing.now);
                let letter = letter.map_err(|why| Error::Report { week, why: why.into() })?;
                self.store.post(letter, standing.now).await?;
            }
            self.store.delivered(facts, key, standing.now).await?;
            done.reports.push((week, path));
        }
        for ask in asks {
            self.mover.ask(&ask, standing.now).await?;
        }
        for (intent, why) in turned_down {
            self.mover.decline(&intent, why, standing.now).await?;
        }
        Ok(())
    }
}

/// Thinks on a thread of its own: signals, the watchdog and the reads of calendars don't wait for it. Whoever stops waiting leaves it to
/// come to its end, which the budget of a plan brings about soon.
async fn beside<T: Send + 'static>(think: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(think).await {
        Ok(found) => found,
        // It is never cancelled, so this is a panic, and goes on as one.
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}
