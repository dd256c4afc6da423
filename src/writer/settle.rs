//! Finds out what became of interrupted and unconfirmed writes.

use jiff::{SignedDuration, Timestamp};

use super::checks::After;
use super::{Ended, EventWriter, MAX_TRIES};
use crate::domain::operation::{Operation, StandDownReason, State, WriteKind};
use crate::domain::policy::Policy;
use crate::store;

/// How long after it was begun an operation may still be sent again; later the world has moved on.
const RESEND: SignedDuration = SignedDuration::from_hours(1);

/// How long a server may take to show what it confirmed; after that it says one thing and shows another.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What became of operations that had not come to their end.
#[derive(Debug, Default)]
pub struct Settled {
    /// Those that did now.
    pub ended: Vec<Ended>,
    /// Those that certainly did nothing yet. Each is repeated if it is still wanted, else stands down.
    pub undone: Vec<Operation>,
}

impl EventWriter {
    /// Looks what became of operations that were cut off. Nothing may be planned before this.
    ///
    /// # Errors
    /// The store's own.
    pub async fn settle(&mut self, policy: &Policy, now: Timestamp) -> Result<Settled, store::Error> {
        let mut settled = Settled::default();
        for operation in self.store.unsettled().await? {
            if operation.is_unseen() {
                settled.ended.extend(self.look_for(operation, policy, now).await?);
            } else {
                self.settle_one(Operation { unseen: true, ..operation }, policy, now, &mut settled).await?;
            }
        }
        Ok(settled)
    }

    async fn settle_one(
        &mut self,
        mut operation: Operation,
        policy: &Policy,
        now: Timestamp,
        settled: &mut Settled,
    ) -> Result<(), store::Error> {
        let Some(target) = self.target(&operation.intent).await? else { return Ok(()) };
        match self.look_after(&mut operation, &target, policy).await {
            After::Known(state) => settled.ended.push(self.conclude(operation, state, now).await?),
            After::Unknown => {}
            After::NothingHappened if self.clock_disagrees(&operation.intent.source) => {}
            After::NothingHappened if is_too_late(&operation, policy, now) => {
                settled.ended.push(self.stand_down(operation, StandDownReason::NotSent, now).await?);
            }
            After::NothingHappened => settled.undone.push(operation),
        }
        Ok(())
    }

    /// Sends an operation again that certainly did nothing yet and is still wanted.
    ///
    /// # Errors
    /// The store's own.
    pub async fn repeat(
        &mut self,
        operation: Operation,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Ended, store::Error> {
        let operation = Operation { tries: operation.tries + 1, ..operation };
        self.store.note(operation.clone()).await?;
        self.send(operation, policy, now).await
    }

    /// Ends an operation that did nothing, as far as anybody could see.
    ///
    /// # Errors
    /// The store's own.
    pub async fn stand_down(
        &mut self,
        operation: Operation,
        why: StandDownReason,
        now: Timestamp,
    ) -> Result<Ended, store::Error> {
        self.conclude(operation, State::StoodDown { why }, now).await
    }

    /// Looks for an operation that was given up and that a calendar shows anyway: done is done, however late.
    ///
    /// # Errors
    /// The store's own.
    pub async fn look_for_late(
        &mut self,
        mut operation: Operation,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let Some(target) = self.target(&operation.intent).await? else { return Ok(()) };
        let after = self.look_after(&mut operation, &target, policy).await;
        // Another machine of the owner comes to the same name.
        if after == After::Known(State::Done) && operation.written.is_some() {
            self.conclude(operation, State::Done, now).await?;
        }
        Ok(())
    }

    /// Looks again for what a server confirmed and no look has shown yet.
    async fn look_for(
        &mut self,
        mut operation: Operation,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Ended>, store::Error> {
        let Some(target) = self.target(&operation.intent).await? else { return Ok(None) };
        let is_overdue = now.duration_since(operation.changed) >= SHOWN_WITHIN;
        let state = match self.look_after(&mut operation, &target, policy).await {
            After::Unknown => return Ok(None),
            After::Known(State::Refused) => State::Refused,
            After::Known(State::StoodDown { why: StandDownReason::NotThere }) | After::NothingHappened
                if !is_overdue =>
            {
                return Ok(None);
            }
            After::Known(State::StoodDown { why: StandDownReason::NotThere }) | After::NothingHappened => {
                State::Uncertain
            }
            // It was done, and somebody changed it since.
            After::Known(_) => State::Done,
        };
        let changed = operation.changed;
        let seen = Operation { unseen: false, ..operation };
        self.conclude(seen, state, changed).await.map(Some)
    }
}

fn is_too_late(operation: &Operation, policy: &Policy, now: Timestamp) -> bool {
    let intent = &operation.intent;
    let is_late = now.duration_since(operation.started) > RESEND || intent.to.span(&policy.zone).start <= now;
    let is_back = matches!(intent.way, WriteKind::MoveBack | WriteKind::TakeOff);
    operation.tries >= MAX_TRIES || (is_late && !is_back)
}
