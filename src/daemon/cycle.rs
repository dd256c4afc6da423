//! Owns one cycle: look at everything, plan, do what the plan says, until there is nothing left to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::config::{Mail, Settings};
use crate::domain::assess::{assess, first_look, horizon};
use crate::domain::inbox::{Item, items};
use crate::domain::plan::{Action, Notice, Proposal, awaited_read, history, next_change, next_deed, plan, proposals};
use crate::domain::policy::Policy;
use crate::domain::snapshot::{Horizon, Snapshot};
use crate::domain::source::{SourceId, Whose};
use crate::domain::span::Span;
use crate::domain::standing::Standing;
use crate::domain::week::{WeekId, facts};
use crate::mover::{Hand, Mover};
use crate::report::write::{keep, whole_for_all};
use crate::report::{Format, letter, metrics};
use crate::store::{self, Batch, Configured, Store};

/// Planning again after acting yields nothing; that many rounds are more than it ever takes.
const ROUNDS: usize = 5;

/// What a cycle works with.
pub struct Cycle {
    /// Everything that is remembered.
    pub store: Store,
    /// The settings as far as the rules need them.
    pub policy: Policy,
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
    pub mover: Mover,
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
pub struct Found {
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
}

/// What was done in the rounds of one cycle.
#[derive(Default)]
struct Done {
    acted: bool,
    reports: Vec<(WeekId, PathBuf)>,
    touched: Vec<SourceId>,
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
    /// A cycle by these settings, which writes through `hands` alone.
    #[must_use]
    pub fn new(store: Store, settings: &Settings, reports: PathBuf, hands: BTreeMap<SourceId, Hand>) -> Self {
        let sources = settings.sources().into_iter().map(|source| Configured {
            id: source.id,
            kind: source.kind,
            read_only: source.read_only,
            whose: source.whose,
            credential: source.credential,
            guest_notice: source.guest_notice,
        });
        let formats = settings.report.formats.iter().map(|&format| format.into()).collect();
        let mover = Mover::new(store.clone(), hands);
        Self {
            store,
            policy: settings.policy(),
            sources: sources.collect(),
            reports,
            formats,
            mail: settings.mail.clone().filter(|mail| mail.reports),
            mover,
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
    pub async fn turn(&mut self, now: Timestamp) -> Result<Found, Error> {
        let mut done = Done::default();
        let settled = self.mover.settle(&self.policy, now).await?;
        done.touched.extend(settled.into_iter().map(|ended| ended.source));
        self.look_back(now).await?;
        for _ in 0..ROUNDS {
            let (standing, actions, deed) = self.plan(now).await?;
            if actions.is_empty() {
                self.count(&standing);
                return Ok(self.found(standing, deed, done));
            }
            done.acted = true;
            self.perform(actions, &standing, &mut done).await?;
        }
        tracing::error!("planning again after acting still yields something to do; please report this");
        let (standing, _, deed) = self.plan(now).await?;
        Ok(self.found(standing, deed, done))
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
        let standing = assess(&snapshot, &self.policy, span, now);
        let mut batch = Batch::default();
        for action in history(&standing, &snapshot) {
            match action {
                Action::Remember(series) => batch.known.push(series),
                Action::Forget { uid, one_on_one } => batch.forgotten.push((uid, one_on_one)),
                Action::Record(line) => batch.ledger.push(line),
                Action::Recorded { source, until } => batch.recorded.push((source, until)),
                Action::Tell(_) | Action::Report { .. } | Action::Ask(_) | Action::Write(_) => {}
            }
        }
        self.store.perform(batch, now).await?;
        Ok(())
    }

    async fn snapshot(&self, span: Span, now: Timestamp) -> Result<Snapshot, store::Error> {
        Ok(self.store.snapshot(self.sources.clone(), Horizon(span)).await?.known_at(now))
    }

    /// Where everything stands, what is to be done now, and when the next deed is due.
    async fn plan(&self, now: Timestamp) -> Result<(Standing, Vec<Action>, Option<Timestamp>), store::Error> {
        let span = horizon(now);
        let snapshot = self.snapshot(span, now).await?;
        let standing = assess(&snapshot, &self.policy, span, now);
        let mut actions = plan(&standing, &snapshot, &self.policy);
        if self.is_paused {
            actions.retain(|action| !matches!(action, Action::Write(intent) if intent.automatic));
        }
        let deed = next_deed(&proposals(&standing, &snapshot, &self.policy), &snapshot, now);
        Ok((standing, actions, deed))
    }

    /// The notices that the plan of `now` has and that are not queued: what there is to tell where nothing can be stored.
    ///
    /// # Errors
    /// The store's own.
    pub async fn unqueued(&self, now: Timestamp) -> Result<Vec<Notice>, store::Error> {
        let (_, actions, _) = self.plan(now).await?;
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
        let span = horizon(now);
        let snapshot = self.snapshot(span, now).await?;
        let standing = assess(&snapshot, &self.policy, span, now);
        let proposals = proposals(&standing, &snapshot, &self.policy);
        let items = items(&standing, &snapshot, &self.policy, &proposals);
        Ok(View { standing, snapshot, proposals, items })
    }

    fn found(&self, standing: Standing, deed: Option<Timestamp>, done: Done) -> Found {
        let wake = next_change(&standing, &self.policy);
        let wake = deed.map_or(wake, |deed| wake.min(deed));
        let awaited = awaited_read(&standing);
        Found { standing, wake, awaited, reports: done.reports, acted: done.acted, touched: done.touched }
    }

    async fn perform(&mut self, actions: Vec<Action>, standing: &Standing, done: &mut Done) -> Result<(), Error> {
        let mut batch = Batch::default();
        let mut due = Vec::new();
        let (mut asks, mut intents) = (Vec::new(), Vec::new());
        for action in actions {
            match action {
                Action::Remember(series) => batch.known.push(series),
                Action::Forget { uid, one_on_one } => batch.forgotten.push((uid, one_on_one)),
                Action::Record(line) => batch.ledger.push(line),
                Action::Recorded { source, until } => batch.recorded.push((source, until)),
                Action::Tell(notice) => batch.notices.push(notice),
                Action::Ask(ask) => asks.push(ask),
                Action::Write(intent) => intents.push(intent),
                Action::Report { week, key } => due.push((week, key)),
            }
        }
        self.store.perform(batch, standing.now).await?;
        for (week, key) in due {
            let facts = facts(standing, &self.policy, week);
            let path = keep(&self.reports, &facts, &self.formats).map_err(|why| Error::Report { week, why })?;
            if let Some(mail) = &self.mail {
                let letter = letter::of(&facts, mail, letter::key(&facts), false, standing.now);
                let letter = letter.map_err(|why| Error::Report { week, why: why.into() })?;
                self.store.post(letter, standing.now).await?;
            }
            self.store.delivered(facts, key, standing.now).await?;
            done.reports.push((week, path));
        }
        for ask in asks {
            self.mover.ask(&ask, standing.now).await?;
        }
        for intent in intents {
            let ended = self.mover.act(&intent, &self.policy, standing.now).await?;
            done.touched.push(ended.source);
        }
        Ok(())
    }
}
