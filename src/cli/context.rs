//! What a command works on: the config, clock and store of a profile, and the standing computed from them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;

use super::Globals;
use super::exit::{Ended, Exit};
use super::unit::unit_name;
use crate::clock::{Clock, machine_zone};
use crate::config::{Place, Problem, Settings, check_file};
use crate::daemon::cycle::Cycle;
use crate::domain::assess::{assess, horizon};
use crate::domain::policy::Policy;
use crate::domain::snapshot::{Horizon, Snapshot};
use crate::domain::source::Source;
use crate::domain::standing::Standing;
use crate::store::{Configured, Opening, Store};
use crate::wording::local_time::LocalTime;

/// What a verb works on.
pub struct Context {
    /// What the user wants.
    pub settings: Settings,
    /// The same, as far as the rules need it.
    pub policy: Policy,
    /// Where the files of the profile are.
    pub place: Place,
    /// What shows the present.
    pub clock: Clock,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// Whether the config is not where the service looks for it.
    pub is_elsewhere: bool,
}

/// What the store holds, and where everything stands by it.
pub struct Found {
    /// What the store holds.
    pub snapshot: Snapshot,
    /// Where everything stands.
    pub standing: Standing,
}

impl Context {
    /// Reads the config of the profile; `--now` stops the clock.
    ///
    /// # Errors
    /// [`Ended`] with exit code 78, for a config that cannot be used; `cadenced check` shows every problem of it.
    pub fn load(globals: &Globals) -> anyhow::Result<Self> {
        let place = place(globals)?;
        let checked = check_file(&place.config, machine_zone());
        let Some(settings) = checked.settings else {
            return Err(Ended::new(Exit::BadConfig, unusable(&place, &checked.problems)).into());
        };
        let clock = globals.now.map_or(Clock::System, Clock::Stopped);
        let (profile, is_elsewhere) = (globals.profile.clone(), globals.config.is_some());
        Ok(Self { policy: settings.policy(), settings, place, clock, profile, is_elsewhere })
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The words for times in the owner's zone.
    pub fn wall(&self) -> LocalTime {
        LocalTime::of(self.policy.zone.clone(), self.now())
    }

    /// The command that starts the daemon of this config: the units know those of the profiles only.
    pub fn start_command(&self) -> String {
        if self.is_elsewhere {
            return format!("cadenced --config {} run", self.place.config.display());
        }
        format!("systemctl --user start {}", unit_name(self.profile.as_deref()).trim_end_matches(".service"))
    }

    /// The folder of the database.
    pub fn data(&self) -> PathBuf {
        self.place.data(&self.settings).to_path_buf()
    }

    /// The store of the profile, made where there is none. A database that was damaged and restored is reported.
    ///
    /// # Errors
    /// The store's own, with the file and what to do.
    pub fn open(&self) -> anyhow::Result<Store> {
        let (store, opening) = Store::open(&self.data(), self.now())?;
        if let Opening::Restored { set_aside, copy } = opening {
            let from = copy.map_or_else(
                || "there was no copy, so the ledger is empty".to_owned(),
                |day| format!("the ledger is the copy of {day}"),
            );
            let aside = set_aside.map(|path| format!("; the old file is {}", path.display())).unwrap_or_default();
            tracing::warn!("the database was damaged and has been restored: {from}{aside}");
        }
        Ok(store)
    }

    /// What the store holds now, and where everything stands by it.
    ///
    /// # Errors
    /// The store's own.
    pub async fn found(&self, store: &Store) -> anyhow::Result<Found> {
        let (horizon, policy) = (Horizon(horizon(self.now())), Arc::new(self.policy.clone()));
        let snapshot = store.relevant_snapshot(self.sources(), horizon, policy).await.context("reading the store")?;
        Ok(self.assessed(snapshot))
    }

    /// The same with every event, also those that can't matter.
    ///
    /// # Errors
    /// The store's own.
    pub async fn found_whole(&self, store: &Store) -> anyhow::Result<Found> {
        let horizon = Horizon(horizon(self.now()));
        Ok(self.assessed(store.snapshot(self.sources(), horizon).await.context("reading the store")?))
    }

    fn assessed(&self, mut snapshot: Snapshot) -> Found {
        let now = self.now();
        if matches!(self.clock, Clock::Stopped(_)) {
            // What a calendar showed earlier is not kept: a look back sees it as it was last read.
            self.note_later_read(&snapshot);
            snapshot = snapshot.as_of(now);
        }
        let snapshot = snapshot.known_at(now);
        let standing = assess(&snapshot, &self.policy, horizon(now), now);
        Found { snapshot, standing }
    }

    /// Says where `--now` lies before the last read of a calendar.
    fn note_later_read(&self, snapshot: &Snapshot) {
        let reads = snapshot.sources.iter().filter_map(|source| source.last_success);
        if let Some(read) = reads.max().filter(|&read| read > self.now()) {
            tracing::warn!(
                "--now lies before the last read of the calendars ({}): they are shown as they were read then",
                self.wall().moment(read)
            );
        }
    }

    /// A cycle that looks and records, and writes to no calendar.
    pub fn cycle(&self, store: &Store) -> Cycle {
        Cycle::new(store.clone(), &self.settings, self.place.reports(&self.settings), BTreeMap::new(), BTreeMap::new())
    }

    /// The calendars of the config.
    pub fn sources(&self) -> Vec<Configured> {
        configured(&self.settings)
    }

    /// The same, for a verb that only looks.
    ///
    /// # Errors
    /// The config's and the store's own.
    pub fn look(globals: &Globals) -> anyhow::Result<(Self, Found)> {
        let context = Self::load(globals)?;
        let store = context.open()?;
        let found = waiting()?.block_on(context.found(&store))?;
        Ok((context, found))
    }
}

/// The first problem of a config, and where to see the rest.
fn unusable(place: &Place, problems: &[Problem]) -> String {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    let rest = match problems.len() {
        0 | 1 => String::new(),
        several => format!("\nand {} more; `cadenced check` shows every problem", several - 1),
    };
    format!("{}:{first}{rest}", place.config.display())
}

/// Where the files of the profile are.
///
/// # Errors
/// [`Ended`] with exit code 78, where the environment names no home or the profile's name cannot be one.
pub fn place(globals: &Globals) -> anyhow::Result<Place> {
    Place::of(globals.profile.as_deref(), globals.config.as_deref())
        .map_err(|error| Ended::new(Exit::BadConfig, error.to_string()).into())
}

/// The runtime that everything that waits runs on: one thread is enough.
///
/// # Errors
/// Where the system gives no event queue.
pub fn waiting() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")
}

/// The calendars of a config, as the store is asked for them.
pub fn configured(settings: &Settings) -> Vec<Configured> {
    let one = |source: Source| Configured {
        id: source.id,
        kind: source.kind,
        read_only: source.read_only,
        whose: source.whose,
        credential: source.credential,
        guest_notice: source.guest_notice,
    };
    settings.sources().into_iter().map(one).collect()
}
