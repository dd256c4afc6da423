//! [`Store`]: the SQLite database, accessed by one thread.

mod availability;
mod back_off;
mod backup;
mod decisions;
mod delta;
mod error;
mod header;
mod inspect;
mod journal;
mod known_good;
mod ledger;
mod listing;
mod mail;
mod migrate;
mod mirror;
mod notices;
mod offers;
mod open;
mod outlines;
mod poll;
mod reach;
mod relevant;
mod reports;
mod window;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

pub use delta::Changes;
pub use error::{Error, ErrorKind};
pub use inspect::{Checked, Form, Inspection, Room, StoreFile};
pub use ledger::Batch;
pub use mirror::{Applied, Listing, Unchanged};
pub use open::Opening;
pub use poll::{Failure, PollState};
pub use window::Configured;

/// A cheap handle on the store; its methods may be awaited on any runtime, and by several processes at once.
///
/// Every method is one transaction: it is done wholly, or an error says that it was not done at all.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    path: Arc<PathBuf>,
}

/// What the owner thread is asked to do.
enum Job {
    Work(Box<dyn FnOnce(&mut Connection) + Send>),
    Close(oneshot::Sender<Result<(), Error>>),
}

impl Store {
    /// Opens the store in `dir`, making or restoring it where needed; waits for the disk, so call it before the loop starts.
    ///
    /// # Errors
    /// [`Error`]: for a newer or foreign database, a lack of space or permission, and a lock that is not given up within
    /// ten seconds. Nothing is touched then. Damage is no error, unless another process has the database open.
    pub fn open(dir: &Path, now: Timestamp) -> Result<(Self, Opening), Error> {
        let opened = open::open(dir, now)?;
        let path = Arc::new(dir.join(open::FILE));
        let (jobs, inbox) = mpsc::channel();
        let (db, lock) = (opened.db, opened.lock);
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || serve(Some(lock), &inbox, db))
            .map_err(|error| Error::io(&path, &error))?;
        Ok((Self { jobs, path }, opened.opening))
    }

    /// Closes the database and waits until it is done; other handles get errors from then on.
    ///
    /// # Errors
    /// [`Error`], where SQLite could not finish its files; nothing is lost then.
    pub async fn close(self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        if self.jobs.send(Job::Close(reply)).is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(())).map_err(|error| error.about(&self.path))
    }

    /// A number that differs from the last answer once another process has changed the database (`PRAGMA data_version`).
    ///
    /// # Errors
    /// [`Error`], where the database cannot be read.
    pub async fn others_version(&self) -> Result<i64, Error> {
        self.ask(|db| Ok(db.pragma_query_value(None, "data_version", |row| row.get(0))?)).await
    }

    /// Gives the memory of pages back that were read; they are still in the file, and in the system's own cache.
    ///
    /// # Errors
    /// Any of SQLite's.
    pub async fn rest(&self) -> Result<(), Error> {
        self.ask(|db| Ok(db.execute_batch("PRAGMA shrink_memory")?)).await
    }

    /// Tries whether anything can be stored now: some room in the folder, and a transaction.
    ///
    /// # Errors
    /// [`Error`], where not.
    pub async fn try_storing(&self) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        self.ask(move |db| {
            error::probe(&folder)?;
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.pragma_update(None, "user_version", migrate::CURRENT)?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Runs `work` on the owner thread.
    async fn ask<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = move |db: &mut Connection| {
            // Nobody is waiting any longer if the caller was dropped; the work is done anyway.
            let _ = reply.send(work(db));
        };
        let gone =
            || Error::new(ErrorKind::Internal, &self.path, "the store's thread has stopped, or the operation panicked");
        self.jobs.send(Job::Work(Box::new(job))).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(|error| error.about(&self.path).looked_into())
    }

    /// Runs `work` on the owner thread, in one transaction that may write.
    async fn change<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.ask(move |db| {
            // Taking the lock at once avoids the upgrade that fails when another process wrote in between.
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
        .await
    }

    /// Runs `work` on the owner thread, seeing the database as it is at one instant.
    async fn look<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.ask(move |db| work(&db.transaction()?)).await
    }
}

/// Does the jobs in order, until the last handle is gone; the lock is let go after the database.
fn serve(lock: Option<File>, inbox: &mpsc::Receiver<Job>, mut db: Connection) {
    for job in inbox {
        match job {
            // A reader that panics in the middle of a listing loses its transaction, and not the store.
            Job::Work(work) => {
                if catch_unwind(AssertUnwindSafe(|| work(&mut db))).is_err() {
                    tracing::error!("a store operation panicked; it was rolled back");
                }
            }
            Job::Close(reply) => {
                let closed = db.close().map_err(|(_, error)| error.into());
                drop(lock);
                let _ = reply.send(closed);
                return;
            }
        }
    }
}

/// A time as it is stored: microseconds since 1970.
fn stamp(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored time; one that no clock can show is pinned to the last one.
fn unstamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// Reads stored records, leaving out those that cannot be read: one of them must not stop all others.
fn readable<T: serde::de::DeserializeOwned>(table: &str, id: &dyn std::fmt::Display, body: &str) -> Option<T> {
    match serde_json::from_str(body) {
        Ok(value) => Some(value),
        Err(error) => {
            let column = error.column();
            tracing::warn!(table, %id, column, "a stored record cannot be read and is left out");
            None
        }
    }
}
