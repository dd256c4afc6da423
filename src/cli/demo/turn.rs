//! [`Turn`]: one read of the demo's feeds at a made-up time, and the daemon's work after it.

use std::collections::BTreeMap;

use crate::cli::context::{Context, Found};
use crate::daemon::cycle::Cycle;
use crate::daemon::shared;
use crate::daemon::source_reader::{Outcome, readers};
use crate::domain::plan::Notice;
use crate::store::{Applied, Store};

/// One reading, at the present of `context`.
pub struct Turn<'a> {
    /// The program's view at that instant.
    pub context: &'a Context,
    /// The demo's store.
    pub store: &'a Store,
}

/// What reading one feed came to.
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
        for mut reader in readers(&self.context.settings, &shared(self.context.data(), &self.context.settings.owner)) {
            match reader.read(self.store, self.context.now(), None).await? {
                Outcome::Good(applied) => reads.push(Read { name: reader.id.calendar.clone(), applied }),
                Outcome::Failed(error) => return Err(error.into()),
            }
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
        Cycle::new(self.store.clone(), &self.context.settings, reports, BTreeMap::new(), BTreeMap::new())
            .turn(now)
            .await?;
        let told = self.store.pending(now).await?;
        for notice in &told {
            self.store.sent(&notice.key, now).await?;
        }
        Ok(told)
    }
}
