//! Owns the writing to calendars: it performs one intent at most once, however often it is retried, cut off or killed.
//!
//! The order is always the same: look at the event as it is now; put the operation down in the journal; send one conditional write; look
//! again. Whatever is not known for sure afterwards is looked at again before anything else is done.

mod key;
mod sight;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::write::{CalendarWriter, MakeUp, NewTime, Seen, Target, Version, WriteError, WriteErrorKind};
use crate::calendar::{Connected, FreeBusy};
use crate::domain::availability::Availability;
use crate::domain::operation::{Halt, Intent, Operation, OperationId, State, Way};
use crate::domain::person::Address;
use crate::domain::policy::Policy;
use crate::domain::reschedule::AskBusy;
use crate::domain::source::SourceId;
use crate::domain::span::Span;
use crate::store::{self, Store};

pub use key::make_up_key;
use sight::{After, Before};

/// How often one operation is sent at most.
const TRIES: u32 = 3;

/// How long after it was begun an operation may still be sent again; later the world has moved on.
const RESEND: SignedDuration = SignedDuration::from_hours(1);

/// The longest that one look, question or write may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// What can be done with one calendar besides reading it.
#[derive(Default)]
pub struct Hand {
    /// Writes to it, where that may be.
    pub writer: Option<Box<dyn CalendarWriter>>,
    /// Asks its server when people are busy.
    pub free_busy: Option<Box<dyn FreeBusy>>,
}

/// Performs intents.
pub struct Mover {
    store: Store,
    hands: BTreeMap<SourceId, Hand>,
    /// By how much this machine's clock and each server's differed when it was last read.
    skews: BTreeMap<SourceId, SignedDuration>,
    ids: Box<dyn FnMut() -> OperationId + Send>,
}

/// How something that was to be done ended, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The calendar that it was about; it should be read again.
    pub source: SourceId,
    /// How far it got. `None` where another operation for the session came first.
    pub state: Option<State>,
}

impl Mover {
    /// A mover that writes through these calendars.
    #[must_use]
    pub fn new(store: Store, hands: BTreeMap<SourceId, Hand>) -> Self {
        Self { store, hands, skews: BTreeMap::new(), ids: Box::new(random_id) }
    }

    /// Takes the names of operations from elsewhere: a story that is told again should name them alike.
    pub fn name_with(&mut self, ids: Box<dyn FnMut() -> OperationId + Send>) {
        self.ids = ids;
    }

    /// Takes the writing half out of calendars, leaving the reading half.
    pub fn hands(connected: &mut [Connected]) -> BTreeMap<SourceId, Hand> {
        let hand =
            |one: &mut Connected| (one.id.clone(), Hand { writer: one.writer.take(), free_busy: one.free_busy.take() });
        connected.iter_mut().map(hand).collect()
    }

    /// Takes note of the server's clock minus ours, as a read found it.
    pub fn heard_clock(&mut self, source: &SourceId, skew: SignedDuration) {
        self.skews.insert(source.clone(), skew);
    }

    fn clock_disagrees(&self, source: &SourceId) -> bool {
        self.skews.get(source).is_some_and(|skew| skew.abs() > sight::SKEW)
    }

    /// Asks when somebody is busy and keeps the answer, *unknown* among them.
    ///
    /// # Errors
    /// The store's own.
    pub async fn ask(&mut self, ask: &AskBusy, now: Timestamp) -> Result<(), store::Error> {
        let who = [ask.who.clone()];
        let mut said = self.busy(&ask.source, &who, ask.window, now).await;
        if said.is_empty() {
            said.push(Availability { who: ask.who.clone(), window: ask.window, asked: now, busy: None });
        }
        self.store.learn(said).await
    }

    async fn busy(&mut self, source: &SourceId, who: &[Address], window: Span, now: Timestamp) -> Vec<Availability> {
        let asker = self.hands.get_mut(source).and_then(|hand| hand.free_busy.as_mut());
        let Some(asker) = asker else { return Vec::new() };
        match tokio::time::timeout(PATIENCE, asker.busy(who, window, now)).await {
            Ok(Ok(said)) => said,
            Ok(Err(error)) => {
                tracing::warn!(%source, kind = %error.kind, detail = %error.detail, "nobody's time could be learnt");
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    /// Does what was decided, once.
    ///
    /// # Errors
    /// The store's own; what was sent by then is in the journal, and [`Self::settle`] finds out what became of it.
    pub async fn act(&mut self, intent: &Intent, policy: &Policy, now: Timestamp) -> Result<Ended, store::Error> {
        let version = match self.look_before(intent, policy, now).await? {
            Before::Go(version) => version,
            Before::End(state) => return self.end_at_once(intent, state, now).await,
        };
        let operation = Operation {
            id: (self.ids)(),
            intent: intent.clone(),
            state: State::Sending,
            version: version.map(|version| version.0),
            started: now,
            changed: now,
            tries: 1,
            unseen: false,
        };
        if !self.store.begin(operation.clone()).await? {
            return Ok(Ended { source: intent.source.clone(), state: None });
        }
        tracing::info!(operation = %operation.id, way = ?intent.way, source = %intent.source, "writing");
        let state = self.send(&operation, policy).await?;
        self.conclude(operation, state, now).await
    }

    /// Finds out what became of operations that were cut off, and ends or repeats them. Nothing may be planned before this.
    ///
    /// # Errors
    /// The store's own.
    pub async fn settle(&mut self, policy: &Policy, now: Timestamp) -> Result<Vec<Ended>, store::Error> {
        let mut ended = Vec::new();
        for mut operation in self.store.unsettled().await? {
            operation.unseen = true;
            let state = match self.look_after(&operation, policy).await? {
                After::Known(state) => state,
                After::Unknown => continue,
                After::NothingHappened if self.clock_disagrees(&operation.intent.source) => continue,
                After::NothingHappened => {
                    operation.tries += 1;
                    self.send_again(&operation, policy, now).await?
                }
            };
            ended.push(self.conclude(operation, state, now).await?);
        }
        Ok(ended)
    }

    /// Sends an operation again that certainly did nothing yet, unless it is too late for it.
    async fn send_again(
        &mut self,
        operation: &Operation,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<State, store::Error> {
        let intent = &operation.intent;
        let is_late = now.duration_since(operation.started) > RESEND || intent.to.span(&policy.zone).start <= now;
        if operation.tries > TRIES || (is_late && !operation.is_undoing()) {
            return Ok(State::StoodDown { why: Halt::NotSent });
        }
        if let Some(why) = self.not_free(intent, policy, now).await {
            return Ok(State::StoodDown { why });
        }
        self.store.note(operation.clone()).await?;
        self.send(operation, policy).await
    }

    async fn end_at_once(&mut self, intent: &Intent, state: State, now: Timestamp) -> Result<Ended, store::Error> {
        let id = (self.ids)();
        let operation = Operation {
            id,
            intent: intent.clone(),
            state,
            version: None,
            started: now,
            changed: now,
            tries: 0,
            unseen: false,
        };
        let source = intent.source.clone();
        tracing::info!(way = ?intent.way, %source, ?state, "nothing was written");
        let state = self.store.begin(operation).await?.then_some(state);
        Ok(Ended { source, state })
    }

    async fn conclude(
        &mut self,
        mut operation: Operation,
        state: State,
        now: Timestamp,
    ) -> Result<Ended, store::Error> {
        operation.state = state;
        operation.changed = now;
        let source = operation.intent.source.clone();
        tracing::info!(operation = %operation.id, %source, ?state, "written");
        self.store.note(operation).await?;
        Ok(Ended { source, state: Some(state) })
    }

    /// Looks at the event as it is now, and at both people's time: may it still be done?
    async fn look_before(&mut self, intent: &Intent, policy: &Policy, now: Timestamp) -> Result<Before, store::Error> {
        if self.clock_disagrees(&intent.source) {
            return Ok(Before::halt(Halt::ClockDisagrees));
        }
        let Some(session) = self.session(intent).await? else {
            return Ok(Before::halt(Halt::NotThere));
        };
        let version = match intent.way {
            Way::Move => match self.look(intent, &session).await {
                Ok(seen) => {
                    let is_ours = self.knows_mark_of(&seen).await?;
                    sight::before_move(&seen, intent, policy, is_ours)
                }
                Err(error) => Before::halt(sight::halt(error.kind)),
            },
            Way::MakeUp => match (self.look(intent, &session).await, self.look(intent, &made(intent)).await) {
                (Ok(lost), Ok(made)) => sight::before_make_up(&lost, &made, policy, now),
                (Err(error), _) | (_, Err(error)) => Before::halt(sight::halt(error.kind)),
            },
            Way::MoveBack => match self.look(intent, &session).await {
                Ok(seen) => sight::before_undoing(&seen, intent, policy),
                Err(error) => Before::halt(sight::halt(error.kind)),
            },
            Way::TakeOff => match self.look(intent, &made(intent)).await {
                Ok(seen) => sight::before_undoing(&seen, intent, policy),
                Err(error) => Before::halt(sight::halt(error.kind)),
            },
        };
        if let Before::Go(_) = version
            && let Some(why) = self.not_free(intent, policy, now).await
        {
            return Ok(Before::halt(why));
        }
        Ok(version)
    }

    /// Whether the mark on an event is of an operation of this very store.
    async fn knows_mark_of(&self, seen: &Seen) -> Result<bool, store::Error> {
        let Seen::There(found) = seen else { return Ok(false) };
        let Some(mark) = &found.operation else { return Ok(false) };
        Ok(self.store.operation(OperationId(mark.clone())).await?.is_some())
    }

    /// Why the slot does not do any more, asked right before it is written. What the user takes back goes where it was.
    async fn not_free(&mut self, intent: &Intent, policy: &Policy, now: Timestamp) -> Option<Halt> {
        if matches!(intent.way, Way::MoveBack | Way::TakeOff) {
            return None;
        }
        let to = intent.to.span(&policy.zone);
        if to.start <= now {
            return Some(Halt::SlotTaken);
        }
        let other = intent.guest.as_ref().and_then(|guest| guest.address.clone());
        let who: Vec<Address> = other.iter().chain(intent.organiser.as_ref()).cloned().collect();
        let said = self.busy(&intent.source, &who, to, now).await;
        sight::not_free(&said, other.as_ref(), to, intent.automatic, policy)
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

    async fn target(&self, intent: &Intent) -> Result<Option<Target>, store::Error> {
        match intent.way {
            Way::Move | Way::MoveBack => self.session(intent).await,
            Way::MakeUp | Way::TakeOff => Ok(Some(made(intent))),
        }
    }

    async fn look(&mut self, intent: &Intent, target: &Target) -> Result<Seen, WriteError> {
        let writer = self.writer(intent)?;
        let late = || WriteError::new(WriteErrorKind::NotSent, "the server did not answer in time");
        tokio::time::timeout(PATIENCE, writer.look(target)).await.unwrap_or_else(|_| Err(late()))
    }

    fn writer(&mut self, intent: &Intent) -> Result<&mut Box<dyn CalendarWriter>, WriteError> {
        let writer = self.hands.get_mut(&intent.source).and_then(|hand| hand.writer.as_mut());
        writer
            .ok_or_else(|| WriteError::new(WriteErrorKind::NotAllowed, "the config lets nobody write to this calendar"))
    }

    /// Sends the one write of an operation, and looks what became of it.
    async fn send(&mut self, operation: &Operation, policy: &Policy) -> Result<State, store::Error> {
        let Some(target) = self.target(&operation.intent).await? else {
            return Ok(State::StoodDown { why: Halt::NotThere });
        };
        let sent = self.write(operation, &target).await;
        if let Err(error) = &sent {
            tracing::warn!(operation = %operation.id, kind = %error.kind, detail = %error.detail, "a write failed");
            if let Some(state) = sight::certain_failure(error.kind) {
                return Ok(state);
            }
        }
        match self.look_after(operation, policy).await? {
            After::Known(state) => Ok(state),
            After::Unknown => Ok(State::Sending),
            After::NothingHappened => self.nothing_happened(operation, &sent, policy).await,
        }
    }

    /// What it means that the event is as it was before, by what the server had answered.
    async fn nothing_happened(
        &mut self,
        operation: &Operation,
        sent: &Result<(), WriteError>,
        policy: &Policy,
    ) -> Result<State, store::Error> {
        match sent.as_ref().map_err(|error| error.kind) {
            // It may still be on its way; the same operation is sent again later, under the same condition.
            Err(WriteErrorKind::FateUnknown) => Ok(State::Sending),
            Err(WriteErrorKind::Changed) => Ok(State::StoodDown { why: Halt::Changed }),
            Err(WriteErrorKind::Taken) => Ok(State::Uncertain),
            Err(_) => Ok(State::StoodDown { why: Halt::Refused }),
            // Well answered and not done: servers are slow at times, so that it is looked at once more.
            Ok(()) => Ok(match self.look_after(operation, policy).await? {
                After::Known(state) => state,
                After::Unknown | After::NothingHappened => State::Uncertain,
            }),
        }
    }

    async fn write(&mut self, operation: &Operation, target: &Target) -> Result<(), WriteError> {
        let intent = &operation.intent;
        let version = Version(operation.version.clone().unwrap_or_default());
        let to =
            NewTime { start: intent.to.start.clone(), end: intent.to.end.clone(), operation: operation.id.0.clone() };
        let make_up = make_up(operation);
        let writer = self.writer(intent)?;
        let writing = match (intent.way, &make_up) {
            (Way::Move | Way::MoveBack, _) => writer.move_to(target, &version, &to),
            (Way::TakeOff, _) => writer.remove(target, &version),
            (Way::MakeUp, Some(make_up)) => writer.create(make_up),
            (Way::MakeUp, None) => {
                return Err(WriteError::new(WriteErrorKind::Refused, "it is not known who to invite"));
            }
        };
        let late = || WriteError::new(WriteErrorKind::FateUnknown, "the server did not answer in time");
        tokio::time::timeout(PATIENCE, writing).await.unwrap_or_else(|_| Err(late()))
    }

    /// Looks what became of an operation that may have been sent.
    async fn look_after(&mut self, operation: &Operation, policy: &Policy) -> Result<After, store::Error> {
        let Some(target) = self.target(&operation.intent).await? else { return Ok(After::Unknown) };
        match self.look(&operation.intent, &target).await {
            Ok(seen) => Ok(sight::after(&seen, operation, policy)),
            Err(error) => {
                tracing::warn!(operation = %operation.id, kind = %error.kind, "what became of a write cannot be seen");
                Ok(After::Unknown)
            }
        }
    }
}

fn made(intent: &Intent) -> Target {
    Target::MakeUp(make_up_key(intent))
}

fn make_up(operation: &Operation) -> Option<MakeUp> {
    let intent = &operation.intent;
    Some(MakeUp {
        key: make_up_key(intent),
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
