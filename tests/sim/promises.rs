//! Owns the promises: what must hold after every step of a story, and at its end.

use std::collections::{BTreeMap, BTreeSet};

use cadenced::domain::event::{Reply, Status};
use cadenced::domain::operation::{Intent, Operation, State, Way};
use cadenced::domain::reschedule::ProposalKind;
use cadenced::domain::span::Span;
use cadenced::mover::make_up_key;
use jiff::{SignedDuration, Timestamp};

use super::story::{Check, Story, TEAM, hours};
use super::world::{Entry, MANAGER, REPORT, World, reply_of, span, zone};

impl Story {
    /// Planning again right after acting yields nothing.
    pub(super) async fn check_again(&mut self, index: usize, now: Timestamp) -> Check {
        let written = self.server.lock().written.len();
        let operations = self.machines[index].operations().await;
        if operations.iter().any(|one| one.state == State::Sending) {
            // What was cut off is being settled, and that is something to do.
            return Ok(());
        }
        self.machines[index].turn(now).await;
        let again = self.machines[index].operations().await;
        let count = |all: &[Operation]| all.iter().filter(|one| one.may_have_written()).count();
        let name = &self.machines[index].name;
        ensure(written == self.server.lock().written.len() && count(&operations) == count(&again), || {
            format!("{name} acted again though nothing had changed: {:?}", again.last())
        })
    }

    pub(super) async fn check(&mut self, now: Timestamp) -> Check {
        let mut operations: BTreeMap<String, (usize, Operation)> = BTreeMap::new();
        for (index, machine) in self.machines.iter().enumerate() {
            for operation in machine.operations().await {
                operations.insert(operation.id.0.clone(), (index, operation));
            }
        }
        self.check_writes(&operations)?;
        self.check_automatic(&operations)?;
        self.check_sessions(&operations, now)
    }

    /// Every write was one that may be: of a 1:1, once, to a free time, by an operation of the journal, as the mode allows.
    fn check_writes(&mut self, operations: &BTreeMap<String, (usize, Operation)>) -> Check {
        let world = self.server.lock();
        let mut seen = BTreeSet::new();
        for written in world.written.iter().filter(|written| !written.operation.is_empty()) {
            ensure(seen.insert(&written.operation), || format!("{} was written twice", written.operation))?;
        }
        for written in &world.written[self.checked..] {
            ensure(!written.resource.starts_with(TEAM), || format!("{} is no 1:1", written.resource))?;
            if written.operation.is_empty() {
                continue;
            }
            let known = operations.get(&written.operation);
            let Some((index, operation)) = known else {
                return Err(format!("{} was written and is in no journal", written.operation));
            };
            let wishes = &self.machines[*index].wishes;
            ensure(wishes.access == "write", || format!("{} was written to a read-only calendar", written.operation))?;
            ensure(wishes.mode != "off" || operation.is_undoing(), || "something was written in `off`".to_owned())?;
            ensure(wishes.mode == "auto" || !operation.intent.automatic, || {
                format!("{} was written without asking in `{}`", written.operation, wishes.mode)
            })?;
            ensure(wishes.whose == MANAGER || wishes.make_up_as_guest || operation.is_undoing(), || {
                format!("{} was written by a guest who did not want that", written.operation)
            })?;
            if !operation.is_undoing() {
                ensure(is_between_neighbours(&world, &operation.intent), || {
                    format!("{} is not between the sessions before and after it", written.operation)
                })?;
                // A user who takes a slot knows that nobody could say whether the other is free.
                let was_told = !operation.intent.automatic && world.unknown_busy;
                ensure(written.clash.is_none() || was_told, || {
                    format!("{} went onto a busy time: {:?}", written.operation, written.clash)
                })?;
            }
        }
        self.checked = world.written.len();
        Ok(())
    }

    /// A session is put back by itself at most once on one machine, and nobody moves it or makes it up twice, on however many machines.
    fn check_automatic(&self, operations: &BTreeMap<String, (usize, Operation)>) -> Check {
        let mut per_machine: BTreeMap<(usize, Timestamp), u32> = BTreeMap::new();
        let mut per_way: BTreeMap<(String, Timestamp), u32> = BTreeMap::new();
        let world = self.server.lock();
        let was_written = |id: &str| world.written.iter().any(|written| written.operation == id);
        for (id, (index, operation)) in operations {
            if !operation.intent.automatic || !was_written(id) {
                continue;
            }
            let original = operation.intent.session.original;
            *per_machine.entry((*index, original)).or_default() += 1;
            let who = self.machines[*index].wishes.whose;
            *per_way.entry((format!("{who} {:?}", operation.intent.way), original)).or_default() += 1;
        }
        let most = per_machine.values().chain(per_way.values()).max();
        ensure(most.is_none_or(|&most| most <= 1), || {
            format!("a session was put back twice: {per_machine:?} {per_way:?}")
        })
    }

    /// At most one thing stands for a session.
    fn check_sessions(&self, operations: &BTreeMap<String, (usize, Operation)>, now: Timestamp) -> Check {
        let world = self.server.lock();
        let mut standing: BTreeMap<Timestamp, BTreeSet<String>> = BTreeMap::new();
        for (_, operation) in operations.values() {
            let (intent, original) = (&operation.intent, operation.intent.session.original);
            if intent.way != Way::MakeUp {
                continue;
            }
            let key = make_up_key(intent).0;
            if world.entries.get(&key).is_none_or(|made| made.deleted || span(&made.event).end <= now) {
                continue;
            }
            let things = standing.entry(original).or_default();
            things.insert(key);
            let stands = world.instance(&intent.uid, original).is_some_and(|lost| {
                let is_off = lost.deleted || lost.event.status == Status::Cancelled || is_declined(&lost);
                !is_off && span(&lost.event).end > now
            });
            // Where another session nearby is lost as well, either may be what the make-up stands for.
            if stands && !is_another_lost(&world, &intent.uid, original) {
                things.insert("the session itself".to_owned());
            }
        }
        let twice = standing.iter().find(|(_, what)| what.len() > 1);
        ensure(twice.is_none(), || format!("two things stand for one session: {twice:?}"))
    }

    /// All troubles end, and days go by: every session that is owed has a reason to be.
    pub(super) async fn heal(&mut self) -> Check {
        {
            let mut world = self.server.lock();
            world.unreadable = false;
            world.unknown_busy = false;
            world.faults.clear();
        }
        for machine in &mut self.machines {
            machine.skew = SignedDuration::ZERO;
            machine.start();
        }
        for _ in 0..3 {
            self.server.lock().now += SignedDuration::from_mins(30);
            for index in 0..self.machines.len() {
                self.turn_one(index).await?;
            }
        }
        let now = self.server.lock().now;
        for machine in &self.machines {
            for operation in machine.operations().await {
                ensure(operation.state != State::Sending, || format!("{} was never settled", operation.id))?;
            }
            for proposal in machine.proposals(now).await {
                let has_reason = proposal.kind != ProposalKind::None || proposal.why.len() > 1;
                ensure(has_reason, || format!("{} is owed without a reason: {proposal:?}", proposal.session))?;
                // What could be done by itself was, or will be once its grace is over.
                let is_late = matches!(proposal.kind, ProposalKind::Move | ProposalKind::MakeUp)
                    && proposal.asks.is_none()
                    && proposal.due.is_some_and(|due| due < now);
                ensure(!is_late, || format!("{} should have been put back by now: {proposal:?}", proposal.session))?;
            }
        }
        Ok(())
    }
}

/// Whether something lies between the original starts of the sessions before and after the one that it is for.
fn is_between_neighbours(world: &World, intent: &Intent) -> bool {
    let (original, to) = (intent.session.original, span_of(intent).start);
    let around = world.starts(&intent.uid, original - hours(35 * 24), original + hours(35 * 24));
    let previous = around.iter().filter(|&&start| start < original).max();
    let next = around.iter().filter(|&&start| start > original).min();
    previous.is_none_or(|&start| start < to) && next.is_none_or(|&start| to < start)
}

fn span_of(intent: &Intent) -> Span {
    intent.to.span(zone().rules())
}

fn is_another_lost(world: &World, series: &str, original: Timestamp) -> bool {
    world.entries.iter().any(|(name, entry)| {
        let own = name.strip_prefix(series).and_then(|rest| rest.strip_prefix('/')?.parse::<Timestamp>().ok());
        let is_near = own.is_some_and(|own| own != original && own.duration_since(original).abs() <= hours(15 * 24));
        is_near && (entry.deleted || is_declined(entry))
    })
}

fn is_declined(entry: &Entry) -> bool {
    [MANAGER, REPORT].iter().any(|who| reply_of(&entry.event, who) == Some(Reply::Declined))
}

pub(super) fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(broken()) }
}

pub(super) fn is_make_up(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
