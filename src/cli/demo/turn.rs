//! Owns [`Turn`]: one reading of the demo's feeds at a made-up present, and what the daemon would do after it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;

use crate::calendar::Item;
use crate::calendar::ics::read::read_calendar;
use crate::cli::context::{Context, Found};
use crate::domain::plan::{Action, Notice, plan};
use crate::domain::week::facts;
use crate::report::write::keep;
use crate::store::{Applied, Batch, Listing, Store};

/// One reading, at the present of `context`.
pub struct Turn<'a> {
    /// The program's view at that instant.
    pub context: &'a Context,
    /// The demo's store.
    pub store: &'a Store,
}

/// What the reading of one feed came to.
pub struct Read {
    /// The calendar's name in the config.
    pub name: String,
    /// What it changed.
    pub applied: Applied,
}

impl Turn<'_> {
    /// Takes the feeds in, as of the made-up present.
    pub async fn read(&self, feeds: &Path) -> anyhow::Result<Vec<Read>> {
        let mut reads = Vec::new();
        for calendar in self.context.settings.calendars() {
            let path = feeds.join(format!("{}.ics", calendar.id.calendar));
            let file = File::open(&path).with_context(|| format!("reading {}", path.display()))?;
            let whole = read_calendar(file)?;
            let events = whole.events.into_iter().map(|event| Item::Event(Box::new(event)));
            let items: Vec<_> = events.chain(whole.problems.into_iter().map(Item::Problem)).collect();
            let listing = Listing { items: Box::new(items.into_iter()), cursor: BTreeMap::default(), refresh: None };
            let applied = self.store.apply_snapshot(calendar.id.clone(), self.context.now(), listing).await?;
            reads.push(Read { name: calendar.id.calendar.clone(), applied });
        }
        Ok(reads)
    }

    /// Where everything stands now.
    pub async fn found(&self) -> anyhow::Result<Found> {
        self.context.found(self.store).await
    }

    /// Does everything that should be done now, as the daemon would; returns what the user is told.
    pub async fn act(&self) -> anyhow::Result<Vec<Notice>> {
        let now = self.context.now();
        let mut told = Vec::new();
        // What is written down may call for more: a report that was written is then told of.
        for _ in 0..4 {
            let found = self.found().await?;
            let actions = plan(&found.standing, &found.snapshot, &self.context.policy);
            if actions.is_empty() {
                break;
            }
            let mut batch = Batch::default();
            for action in actions {
                match action {
                    Action::Remember(series) => batch.known.push(series),
                    Action::Record(line) => batch.ledger.push(line),
                    Action::Tell(notice) => batch.notices.push(notice),
                    Action::Report { week, key } => {
                        let folder = self.context.place.reports(&self.context.settings);
                        keep(&folder, &facts(&found.standing, &self.context.policy, week))?;
                        self.store.sent(&key, now).await?;
                    }
                }
            }
            self.store.perform(batch, now).await?;
            for notice in self.store.pending(now).await? {
                self.store.sent(&notice.key, now).await?;
                told.push(notice);
            }
        }
        Ok(told)
    }
}
