//! Performs each calendar write at most once, across retries, crashes and lost replies.
//!
//! The order is always the same: look at the event as it is now; put the operation down in the journal; send one conditional write; look
//! again. Whatever is not known for sure afterwards is looked at again before anything else is done. That the intent is still wanted is
//! for the caller to know, from calendars that were just read.

pub mod checks;
mod settle;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::write::{CalendarWriter, MakeUp, NewTime, Seen, Target, Version, WriteError, WriteErrorKind};
use crate::calendar::{Connected, ErrorKind, FreeBusy};
use crate::domain::availability::Availability;
use crate::domain::operation::{Intent, Operation, OperationId, StandDownReason, State, WriteKind};
use crate::domain::person::Address;
use crate::domain::policy::Policy;
use crate::domain::reschedule::AskBusy;
use crate::domain::source::{BackOff, Scope, SourceId};
use crate::store::{self, Store};

use checks::{After, Before, Marks};

/// How often one operation is sent at most, and how often a change is made again to an event that changed in the meantime.
const MAX_TRIES: u32 = 3;

/// The longest that one look, question or write may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);

/// The longest pause that a server is believed to want.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// What can be done with one calendar besides reading it.
#[derive(Default)]
pub struct WriteAccess {
    /// Writes to it, where that may be.
    pub writer: Option<Box<dyn CalendarWriter>>,
    /// Asks its server when people are busy.
    pub free_busy: Option<Box<dyn FreeBusy>>,
}

/// Performs intents.
pub struct EventWriter {
    store: Store,
    hands: BTreeMap<SourceId, WriteAccess>,
    /// By how much this machine's clock and each server's differed when it was last read.
    skews: BTreeMap<SourceId, SignedDuration>,
    ids: Box<dyn FnMut() -> OperationId + Send>,
}

/// How something that was to be done ended, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The calendar that it was about; it should be read again.
    pub source: SourceId,
    /// How far it got. `None` where another operation for the session came first, or the server asked to wait.
    pub state: Option<State>,
}

impl EventWriter {
    /// A mover that writes through these calendars.
    #[must_use]
    pub fn new(store: Store, hands: BTreeMap<SourceId, WriteAccess>) -> Self {
        Self { store, hands, skews: BTreeMap::new(), ids: Box::new(random_id) }
    }

    /// Takes the names of operations from elsewhere: a story that is told again should name them alike.
    pub fn name_with(&mut self, ids: Box<dyn FnMut() -> OperationId + Send>) {
        self.ids = ids;
    }

    /// Takes the writing half out of calendars, leaving the reading half.
    pub fn hands(connected: &mut [Connected]) -> BTreeMap<SourceId, WriteAccess> {
        let hand = |one: &mut Connected| {
            (one.id.clone(), WriteAccess { writer: one.writer.take(), free_busy: one.free_busy.take() })
        };
        connected.iter_mut().map(hand).collect()
    }

    /// Takes note of the server's clock minus ours, as a read found it.
    pub fn heard_clock(&mut self, source: &SourceId, skew: SignedDuration) {
        self.skews.insert(source.clone(), skew);
    }

    fn clock_disagrees(&self, source: &SourceId) -> bool {
        self.skews.get(source).is_some_and(|skew| skew.abs() > checks::SKEW)
    }

    /// Asks when people are busy and keeps the answers, *unknown* among them.
    ///
    /// # Errors
    /// The store's own.
    pub async fn ask(&mut self, ask: &AskBusy, now: Timestamp) -> Result<(), store::Error> {
        let unknown = |who: &Address| Availability { who: who.clone(), window: ask.window, asked: now, busy: None };
        let asker = self.hands.get_mut(&ask.source).and_then(|hand| hand.free_busy.as_mut());
        let said = match asker {
            Some(asker) => tokio::time::timeout(ANSWER_TIMEOUT, asker.busy(&ask.who, ask.window, now)).await.ok(),
            None => None,
        };
        let mut said = match said {
            Some(Ok(said)) => said,
            Some(Err(error)) => {
                tracing::warn!(source = %ask.source, kind = %error.kind, detail = %error.detail, "free/busy could not be asked");
                if let ErrorKind::Wait { after: Some(after) } = error.kind {
                    self.back_off(Scope::Reading(ask.source.clone()), after, &error.detail, now).await?;
                }
                Vec::new()
            }
            None => Vec::new(),
        };
        let missing: Vec<Availability> =
            ask.who.iter().filter(|who| !said.iter().any(|one| one.who == **who)).map(unknown).collect();
        said.extend(missing);
        self.store.learn(said).await
    }

    /// Does what was decided, once.
    ///
    /// # Errors
    /// The store's own; what was sent by then is in the journal, and [`Self::settle`] finds out what became of it.
    pub async fn act(&mut self, intent: &Intent, policy: &Policy, now: Timestamp) -> Result<Ended, store::Error> {
        let mut operation = self.operation(intent, now);
        match self.check(&operation, policy, now).await? {
            Before::Go(version) => operation.version = version.map(|version| version.0),
            Before::End(state, touched) => {
                operation.touched = touched;
                return self.end_at_once(operation, state).await;
            }
        }
        (operation.state, operation.tries) = (State::Sending, 1);
        if !planted!("written-without-the-journal") && !self.store.begin(operation.clone()).await? {
            return Ok(Ended { source: intent.source.clone(), state: None });
        }
        tracing::info!(operation = %operation.id, way = ?intent.way, source = %intent.source, "writing");
        self.send(operation, policy, now).await
    }

    /// Puts down that something the user wanted is not done.
    ///
    /// # Errors
    /// The store's own.
    pub async fn decline(
        &mut self,
        intent: &Intent,
        why: StandDownReason,
        now: Timestamp,
    ) -> Result<Ended, store::Error> {
        let operation = self.operation(intent, now);
        self.end_at_once(operation, State::StoodDown { why }).await
    }

    fn operation(&mut self, intent: &Intent, now: Timestamp) -> Operation {
        Operation::new((self.ids)(), intent.clone(), now)
    }

    async fn end_at_once(&mut self, mut operation: Operation, state: State) -> Result<Ended, store::Error> {
        operation.state = state;
        let source = operation.intent.source.clone();
        tracing::info!(way = ?operation.intent.way, %source, ?state, "nothing was written");
        let state = self.store.begin(operation).await?.then_some(state);
        Ok(Ended { source, state })
    }

    async fn conclude(
        &mut self,
        mut operation: Operation,
        state: State,
        now: Timestamp,
    ) -> Result<Ended, store::Error> {
        (operation.state, operation.changed) = (state, now);
        let source = operation.intent.source.clone();
        tracing::info!(operation = %operation.id, %source, ?state, "written");
        self.store.note(operation).await?;
        Ok(Ended { source, state: Some(state) })
    }

    /// Looks at the event as it is now: may it still be done?
    async fn check(&mut self, operation: &Operation, policy: &Policy, now: Timestamp) -> Result<Before, store::Error> {
        let intent = &operation.intent;
        if self.clock_disagrees(&intent.source) {
            return Ok(Before::halt(StandDownReason::ClockDisagrees));
        }
        let Some(session) = self.session(intent).await? else {
            return Ok(Before::halt(StandDownReason::NotThere));
        };
        let looked = match intent.way {
            WriteKind::Move | WriteKind::MoveBack | WriteKind::MakeUp => self.look(intent, &session).await,
            WriteKind::TakeOff => self.look(intent, &made(intent)).await,
        };
        let seen = match looked {
            Ok(seen) => seen,
            Err(error) => return self.cannot_look(intent, &error, now).await,
        };
        if let Some(undone) = &intent.undoes {
            let undone = self.store.operation(undone.clone()).await?;
            return Ok(checks::before_undoing(&seen, intent, undone.as_ref(), policy));
        }
        let made = match self.look(intent, &made(intent)).await {
            Ok(made) => made,
            Err(error) => return self.cannot_look(intent, &error, now).await,
        };
        let marks = Marks {
            session_is_ours: self.knows_mark_of(&seen).await?,
            make_up_is_ours: self.knows_mark_of(&made).await?,
        };
        Ok(match intent.way {
            WriteKind::Move | WriteKind::MoveBack => checks::before_move(&seen, &made, intent, policy, marks),
            WriteKind::MakeUp | WriteKind::TakeOff => checks::before_make_up(&seen, &made, intent, policy, marks, now),
        })
    }

    async fn cannot_look(
        &mut self,
        intent: &Intent,
        error: &WriteError,
        now: Timestamp,
    ) -> Result<Before, store::Error> {
        self.note_pause(intent, error, now).await?;
        Ok(Before::halt(checks::halt(error.kind)))
    }

    /// Whether the mark on an event is of an operation of this very store.
    async fn knows_mark_of(&self, seen: &Seen) -> Result<bool, store::Error> {
        let mark = match seen {
            Seen::There(found) => found.operation.clone(),
            Seen::CalledOff { operation } => operation.clone(),
            Seen::Absent => None,
        };
        let Some(mark) = mark else { return Ok(false) };
        Ok(self.store.operation(OperationId(mark)).await?.is_some())
    }

    /// The session that an intent is about, by the names that its server knows.
    async fn session(&self, intent: &Intent) -> Result<Option<Target>, store::Error> {
        let resource = self.store.resource(intent.source.clone(), intent.uid.clone()).await?;
        Ok(resource.map(|resource| Target::Session {
            resource,
            uid: intent.uid.clone(),
            original: intent.original.clone(),
        }))
    }

    /// The event that an intent changes.
    async fn target(&self, intent: &Intent) -> Result<Option<Target>, store::Error> {
        match intent.way {
            WriteKind::Move | WriteKind::MoveBack => self.session(intent).await,
            WriteKind::MakeUp | WriteKind::TakeOff => Ok(Some(made(intent))),
        }
    }

    async fn look(&mut self, intent: &Intent, target: &Target) -> Result<Seen, WriteError> {
        let writer = self.writer(intent)?;
        let late = || WriteError::new(WriteErrorKind::NotSent, "the server did not answer in time");
        tokio::time::timeout(ANSWER_TIMEOUT, writer.look(target)).await.unwrap_or_else(|_| Err(late()))
    }

    fn writer(&mut self, intent: &Intent) -> Result<&mut Box<dyn CalendarWriter>, WriteError> {
        let writer = self.hands.get_mut(&intent.source).and_then(|hand| hand.writer.as_mut());
        writer.ok_or_else(|| {
            WriteError::new(WriteErrorKind::NotAllowed, "the config does not allow writing to this calendar")
        })
    }

    /// Sends the one write of an operation that is in the journal, and looks what became of it. Where the event changed in the meantime and
    /// means the same, the change is made to the event as it is now.
    async fn send(&mut self, mut operation: Operation, policy: &Policy, now: Timestamp) -> Result<Ended, store::Error> {
        let Some(target) = self.target(&operation.intent).await? else {
            return self.conclude(operation, State::StoodDown { why: StandDownReason::NotThere }, now).await;
        };
        for attempt in 1..=MAX_TRIES {
            let Err(error) = self.write(&operation, &target).await else {
                return self.confirmed(operation, &target, policy, now).await;
            };
            tracing::warn!(operation = %operation.id, kind = %error.kind, detail = %error.detail, "a write failed");
            self.note_pause(&operation.intent, &error, now).await?;
            if let Some(state) = checks::certain_failure(error.kind) {
                return self.conclude(operation, state, now).await;
            }
            match self.look_after(&mut operation, &target, policy).await {
                After::Known(state) => return self.conclude(operation, state, now).await,
                After::Unknown => return self.conclude(operation, State::Sending, now).await,
                After::NothingHappened => {}
            }
            if error.kind != WriteErrorKind::Changed || attempt == MAX_TRIES {
                return self.conclude(operation, nothing_happened(error.kind), now).await;
            }
            match self.check(&operation, policy, now).await? {
                Before::Go(version) => operation.version = version.map(|version| version.0),
                Before::End(state, touched) => {
                    operation.touched = touched;
                    return self.conclude(operation, state, now).await;
                }
            }
            operation.tries += 1;
            self.store.note(operation.clone()).await?;
        }
        self.conclude(operation, State::StoodDown { why: StandDownReason::Changed }, now).await
    }

    /// Ends an operation that the server confirmed: it is done, whatever a look shows. Where none shows it, it is looked for again later.
    async fn confirmed(
        &mut self,
        mut operation: Operation,
        target: &Target,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Ended, store::Error> {
        let mut is_seen = false;
        for _ in 0..2 {
            is_seen = self.look_after(&mut operation, target, policy).await == After::Known(State::Done);
            if is_seen {
                break;
            }
        }
        self.conclude(Operation { unseen: !is_seen, ..operation }, State::Done, now).await
    }

    async fn write(&mut self, operation: &Operation, target: &Target) -> Result<(), WriteError> {
        let intent = &operation.intent;
        let version = Version(operation.version.clone().unwrap_or_default());
        let to =
            NewTime { start: intent.to.start.clone(), end: intent.to.end.clone(), operation: operation.id.0.clone() };
        let make_up = make_up(operation);
        let writer = self.writer(intent)?;
        let writing = match (intent.way, &make_up) {
            (WriteKind::Move | WriteKind::MoveBack, _) => writer.move_to(target, &version, &to),
            (WriteKind::TakeOff, _) => writer.remove(target, &version),
            (WriteKind::MakeUp, Some(make_up)) => writer.create(make_up),
            (WriteKind::MakeUp, None) => {
                return Err(WriteError::new(WriteErrorKind::Refused, "it is not known whom to invite"));
            }
        };
        let late = || WriteError::new(WriteErrorKind::FateUnknown, "the server did not answer in time");
        tokio::time::timeout(ANSWER_TIMEOUT, writing).await.unwrap_or_else(|_| Err(late()))
    }

    /// Looks what became of an operation that may have been sent, and keeps what the event held right after it.
    async fn look_after(&mut self, operation: &mut Operation, target: &Target, policy: &Policy) -> After {
        match self.look(&operation.intent, target).await {
            Ok(seen) => {
                let after = checks::after(&seen, operation, policy);
                operation.unseen &= after != After::Known(State::Done);
                if let (Seen::There(found), After::Known(State::Done)) = (&seen, after)
                    && found.operation.as_ref() == Some(&operation.id.0)
                {
                    operation.written = Some(found.content.fingerprint(&operation.id.0));
                }
                after
            }
            Err(error) => {
                tracing::warn!(operation = %operation.id, kind = %error.kind, "the outcome of a write cannot be \
                                                                               checked");
                After::Unknown
            }
        }
    }

    /// Keeps how long the server asked not to be written to.
    async fn note_pause(&self, intent: &Intent, error: &WriteError, now: Timestamp) -> Result<(), store::Error> {
        let WriteErrorKind::Wait { after: Some(after) } = error.kind else { return Ok(()) };
        self.back_off(Scope::Writing(intent.source.account.clone()), after, &error.detail, now).await
    }

    async fn back_off(&self, scope: Scope, after: Duration, detail: &str, now: Timestamp) -> Result<(), store::Error> {
        let until = now.saturating_add(after.min(LONGEST_PAUSE)).unwrap_or(Timestamp::MAX);
        self.store.back_off(BackOff { scope, until, detail: detail.to_owned() }).await
    }
}

/// What it means that the event is as it was before, by how the write had failed.
const fn nothing_happened(kind: WriteErrorKind) -> State {
    match kind {
        // It may still be on its way; the same operation is sent again later, under the same condition.
        WriteErrorKind::FateUnknown => State::Sending,
        WriteErrorKind::Changed => State::StoodDown { why: StandDownReason::Changed },
        WriteErrorKind::Taken => State::Uncertain,
        WriteErrorKind::NotSent
        | WriteErrorKind::NotAllowed
        | WriteErrorKind::NoVersion
        | WriteErrorKind::NotThere
        | WriteErrorKind::NotDone
        | WriteErrorKind::SignIn
        | WriteErrorKind::Wait { .. }
        | WriteErrorKind::Refused => State::StoodDown { why: StandDownReason::Refused },
    }
}

fn made(intent: &Intent) -> Target {
    Target::MakeUp(intent.make_up_name())
}

fn make_up(operation: &Operation) -> Option<MakeUp> {
    let intent = &operation.intent;
    Some(MakeUp {
        name: intent.make_up_name(),
        title: intent.title.clone(),
        start: intent.to.start.clone(),
        end: intent.to.end.clone(),
        organiser: intent.organiser.clone()?,
        guest: intent.guest.clone()?,
        operation: operation.id.0.clone(),
    })
}

fn random_id() -> OperationId {
    let word = || RandomState::new().build_hasher().finish();
    OperationId(format!("{:016x}{:016x}", word(), word()))
}
