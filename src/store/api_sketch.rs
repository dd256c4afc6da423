//! The signatures of the store, committed early so that others can write against them; the bodies follow in their files.
#![allow(warnings, clippy::all)]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use jiff::Timestamp;
use jiff::civil::Date;
use crate::domain::one_on_one::KnownSeries;
use crate::domain::plan::Notice;
use crate::domain::session::{Decision, LedgerLine, SessionId};
use crate::domain::snapshot::{Horizon, Snapshot};
use crate::domain::source::{Item, Problem, SourceId, SourceKind, Whose};

/// Cheap handle; `Clone + Send + Sync`. All methods may be awaited on any runtime.
#[derive(Clone, Debug)]
pub struct Store;
pub struct Error { pub kind: ErrorKind, pub path: PathBuf, pub detail: String }
pub enum ErrorKind { Damaged, Full, Denied, Locked, Newer, Foreign, Failing, Internal }

pub enum Opening {
    Created,
    Opened,
    /// set_aside is None where the file was not there at all but copies were.
    Restored { set_aside: Option<PathBuf>, copy: Option<Date> },
}
/// A complete listing of a source (calendar::Snapshot { items, cursor: cursor.0, refresh: hints.refresh }).
pub struct Listing {
    pub items: Box<dyn Iterator<Item = Item> + Send>,
    pub cursor: BTreeMap<String, String>,
    pub refresh: Option<Duration>,
}
/// A good read that found nothing new. `full`: it was asked for with Effort::Full.
#[derive(Default)]
pub struct Unchanged { pub cursor: Option<BTreeMap<String, String>>, pub refresh: Option<Duration>, pub full: bool }
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied { pub added: u64, pub changed: u64, pub unchanged: u64, pub vanished: u64, pub deleted: u64, pub problems: u64 }
/// A calendar of the config.
pub struct Configured { pub id: SourceId, pub kind: SourceKind, pub read_only: bool, pub whose: Whose }
pub struct PollState {
    pub cursor: Option<BTreeMap<String, String>>, // None: never read well (or mirror cleared): read everything
    pub first_success: Option<Timestamp>, pub last_success: Option<Timestamp>, pub last_full: Option<Timestamp>,
    pub failures_in_row: u32, pub stale_since: Option<Timestamp>, pub problem: Option<Failure>,
    pub refresh: Option<Duration>, pub problems: Vec<Problem>, pub problems_in_all: u64,
}
pub struct Failure { pub kind: String, pub detail: String, pub at: Timestamp }
#[derive(Default)]
pub struct Batch { pub ledger: Vec<LedgerLine>, pub known: Vec<KnownSeries>, pub notices: Vec<Notice> }

impl Store {
    /// Blocking (once, at start).
    pub fn open(dir: &Path, now: Timestamp) -> Result<(Store, Opening), Error> { todo!() }
    pub async fn close(self) -> Result<(), Error> { todo!() }
    pub async fn apply_snapshot(&self, source: SourceId, read_started: Timestamp, listing: Listing) -> Result<Applied, Error> { todo!() }
    pub async fn apply_unchanged(&self, source: SourceId, read_started: Timestamp, what: Unchanged) -> Result<Applied, Error> { todo!() }
    pub async fn apply_failure(&self, source: SourceId, at: Timestamp, kind: &str, detail: &str) -> Result<(), Error> { todo!() }
    pub async fn alive(&self, source: SourceId) -> Result<u64, Error> { todo!() }
    pub async fn poll_state(&self, source: SourceId) -> Result<PollState, Error> { todo!() }
    pub async fn snapshot(&self, sources: Vec<Configured>, horizon: Horizon) -> Result<Snapshot, Error> { todo!() }
    pub async fn clear_mirror(&self) -> Result<(), Error> { todo!() }
    pub async fn record(&self, lines: Vec<LedgerLine>) -> Result<(), Error> { todo!() }
    pub async fn remember(&self, series: Vec<KnownSeries>) -> Result<(), Error> { todo!() }
    /// Everything of one plan in ONE transaction; returns the keys of the notices that were new (now pending).
    pub async fn perform(&self, batch: Batch, now: Timestamp) -> Result<Vec<String>, Error> { todo!() }
    pub async fn history(&self, session: SessionId) -> Result<Vec<LedgerLine>, Error> { todo!() }
    pub async fn decide(&self, decision: Decision) -> Result<(), Error> { todo!() }
    pub async fn propose(&self, notice: Notice, now: Timestamp) -> Result<bool, Error> { todo!() }
    pub async fn pending(&self, now: Timestamp) -> Result<Vec<Notice>, Error> { todo!() }
    pub async fn sent(&self, key: &str, at: Timestamp) -> Result<(), Error> { todo!() }
    /// Settles pending notices whose time is over; returns how many.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, Error> { todo!() }
    /// The path of the copy, where one was due and made.
    pub async fn backup_if_due(&self, now: Timestamp) -> Result<Option<PathBuf>, Error> { todo!() }
}
