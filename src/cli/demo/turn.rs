//! Owns [`Turn`]: one reading of the demo's feeds at a made-up present, and what the daemon does after it.

<<<<<<< HEAD
=======
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;

use crate::calendar::Item;
use crate::calendar::ics::read::read_calendar;
>>>>>>> verbs
use crate::cli::context::{Context, Found};
use crate::daemon::cycle::Cycle;
use crate::daemon::shared;
use crate::daemon::sync::{Outcome, readers};
use crate::domain::plan::Notice;
use crate::store::{Applied, Store};

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
    /// Reads the feeds as the daemon does, as of the made-up present.
    pub async fn read(&self) -> anyhow::Result<Vec<Read>> {
        let mut reads = Vec::new();
<<<<<<< HEAD
        for mut reader in readers(&self.context.settings, &shared(self.context.data())) {
            match reader.read(self.store, self.context.now(), None).await? {
                Outcome::Good(applied) => reads.push(Read { name: reader.id.calendar.clone(), applied }),
                Outcome::Failed(error) => return Err(error.into()),
            }
=======
        for calendar in self.context.settings.calendars() {
            let path = feeds.join(format!("{}.ics", calendar.id.calendar));
            let file = File::open(&path).with_context(|| format!("reading {}", path.display()))?;
            let whole = read_calendar(file)?;
            let events = whole.events.into_iter().map(|event| Item::Event(Box::new(event)));
            let items: Vec<_> = events.chain(whole.problems.into_iter().map(Item::Problem)).collect();
            let listing = Listing { items: Box::new(items.into_iter()), cursor: BTreeMap::default(), refresh: None };
            let applied = self.store.apply_snapshot(calendar.id.clone(), self.context.now(), listing).await?;
            reads.push(Read { name: calendar.id.calendar.clone(), applied });
>>>>>>> verbs
        }
        Ok(reads)
    }

    /// Where everything stands now.
    pub async fn found(&self) -> anyhow::Result<Found> {
        self.context.found(self.store).await
    }

    /// Does everything that should be done now, as the daemon does; returns what the user is told.
    pub async fn act(&self) -> anyhow::Result<Vec<Notice>> {
        let now = self.context.now();
        let reports = self.context.place.reports(&self.context.settings);
        Cycle::new(self.store.clone(), &self.context.settings, reports).turn(now).await?;
        let told = self.store.pending(now).await?;
        for notice in &told {
            self.store.sent(&notice.key, now).await?;
        }
        Ok(told)
    }
}
