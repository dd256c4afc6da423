//! Sends queued mails that are due, for the daemon and for `cadenced report --mail`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::calendar::secret;
use crate::clock::Clock;
use crate::config::{Mail, Secret};
use crate::domain::email::{Email, Fate};
use crate::mail::{Failure, announce};
use crate::store::{self, Store};

/// How long a mail waits after its first failures, in minutes; greylists ask for a few. The last one repeats.
const PAUSES: [i64; 6] = [5, 10, 20, 60, 120, 240];

/// How long the end of the daemon waits for a mail that is on its way.
const CLOSING: Duration = Duration::from_millis(1200);

/// What became of one letter.
#[derive(Debug)]
pub struct Sent {
    /// Its key.
    pub key: String,
    /// What became of it; none where another process has it.
    pub fate: Option<Fate>,
    /// Whether it waits for another name or password.
    pub wants_sign_in: bool,
}

/// What the daemon keeps of the queue: when it is due next, and the sending that goes on beside the loop.
#[derive(Default)]
pub struct Mailer {
    due: Option<Timestamp>,
    tasks: JoinSet<Result<Vec<Sent>, store::Error>>,
}

impl Mailer {
    /// Looks when the next letter is due, unless one is being sent.
    ///
    /// # Errors
    /// The store's own.
    pub async fn look(&mut self, store: &Store) -> Result<(), store::Error> {
        if self.tasks.is_empty() {
            self.due = store.next_letter().await?;
        }
        Ok(())
    }

    /// When the next letter is due; none while one is being sent, whose end wakes the daemon by itself.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.due.filter(|_| self.tasks.is_empty())
    }

    /// Starts to send what is due, beside everything else.
    pub fn start(&mut self, store: &Store, mail: Option<&Mail>, clock: Clock) {
        if let Some(mail) = mail
            && self.due().is_some_and(|due| due <= clock.now())
        {
            let (store, mail) = (store.clone(), mail.clone());
            self.tasks.spawn(async move { deliver(&store, &mail, clock).await });
        }
        // Without a server nothing can be sent, however long it waits.
        self.due = self.due.filter(|_| mail.is_some());
    }

    /// Waits for the end of what is being sent; for ever, where nothing is.
    ///
    /// # Errors
    /// Words for the log, where the store failed or the sending broke off.
    pub async fn finish(&mut self) -> Result<Vec<Sent>, String> {
        match self.tasks.join_next().await {
            None => std::future::pending().await,
            Some(Ok(Ok(sent))) => Ok(sent),
            Some(Ok(Err(error))) => Err(error.to_string()),
            Some(Err(error)) => Err(format!("sending mail was interrupted: {error}")),
        }
    }

    /// Lets what is being sent come to its end, for a moment: what is cut off nobody can tell about.
    pub async fn close(&mut self) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(CLOSING, all).await;
    }
}

/// Says in the log what became of letters; no address is in it.
pub fn log(sent: &[Sent]) {
    for one in sent {
        match &one.fate {
            Some(Fate::Sent) => tracing::info!(letter = %one.key, "mailed"),
            Some(Fate::Later { why, due }) => tracing::warn!(letter = %one.key, %due, "not mailed yet: {why}"),
            Some(Fate::Refused { why }) => tracing::error!(letter = %one.key, "not mailed: {why}"),
            Some(Fate::Uncertain { why }) => tracing::error!(letter = %one.key, "may have been mailed: {why}"),
            None => {}
        }
    }
}

/// Sends what is due. Everything that fails is noted with the mail, and tried again where that can help.
///
/// # Errors
/// The store's own.
pub async fn deliver(store: &Store, mail: &Mail, clock: Clock) -> Result<Vec<Sent>, store::Error> {
    let letters = store.letters(clock.now()).await?;
    if letters.is_empty() {
        return Ok(Vec::new());
    }
    let password = password(mail).await;
    let mut done = Vec::new();
    for (letter, tries) in letters {
        let outcome = match &password {
            Ok(password) => send(store, mail, password.as_ref(), &letter, clock).await?,
            Err(failure) => Err(failure.clone()),
        };
        let wants_sign_in = matches!(outcome, Err(Failure::SignIn(_)));
        let fate = fate(outcome, tries, clock.now());
        if let Some(fate) = &fate {
            store.settle_letter(&letter.key, fate.clone(), clock.now()).await?;
        }
        done.push(Sent { key: letter.key, fate, wants_sign_in });
    }
    Ok(done)
}

async fn password(mail: &Mail) -> Result<Option<Secret>, Failure> {
    match &mail.login {
        None => Ok(None),
        Some(login) => {
            let read = secret::read(&login.password).await;
            read.map(Some).map_err(|failure| Failure::SignIn(failure.detail))
        }
    }
}

/// Sends one letter: announced first, then noted as on its way, and only then the text.
async fn send(
    store: &Store,
    mail: &Mail,
    password: Option<&Secret>,
    letter: &Email,
    clock: Clock,
) -> Result<Result<(), Failure>, store::Error> {
    let ready = match announce(mail, password, letter).await {
        Ok(ready) => ready,
        Err(failure) => return Ok(Err(failure)),
    };
    if store.take(&letter.key, clock.now()).await? {
        return Ok(ready.send().await);
    }
    ready.leave().await;
    Ok(Err(Failure::Taken))
}

fn fate(outcome: Result<(), Failure>, tries: u32, now: Timestamp) -> Option<Fate> {
    match outcome {
        Ok(()) => Some(Fate::Sent),
        Err(Failure::Taken) => None,
        Err(Failure::Refused(why)) => Some(Fate::Refused { why }),
        Err(Failure::Uncertain(why)) => Some(Fate::Uncertain { why }),
        Err(Failure::Later(why)) => Some(Fate::Later { why, due: later(now, pause(tries)) }),
        // Asking again soon with a wrong password locks accounts.
        Err(Failure::SignIn(why)) => Some(Fate::Later { why, due: later(now, pause(tries.max(3))) }),
    }
}

fn pause(tries: u32) -> SignedDuration {
    let step = usize::try_from(tries).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    SignedDuration::from_mins(PAUSES[step])
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
