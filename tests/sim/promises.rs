//! The promises: what must hold of every write, after every step of a story, and once all troubles are over.

use std::collections::{BTreeMap, BTreeSet};

use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::operation::{Operation, State, WriteKind};
use cadenced::domain::reschedule::ProposalKind;
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::machine::{BUFFER, GRACE, POLL};
use super::story::{Check, Story};
use super::world::{
    Entry, MANAGER, REPORTS, World, instance_in, instance_name, is_declined, is_of_pair, organiser_of, span, stands,
    zone,
};

/// What was so right before a write was done.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Lists showed an older state, or another machine may have written since this one read: nobody could know.
    unknowable: bool,
    unknown_busy: bool,
    /// Somebody had changed, since cadenced wrote it, what was written to.
    by_hand: bool,
    /// Something else was at the new time already.
    clash: Option<String>,
    /// The owner had something closer to the new time than the buffer.
    beside: Option<String>,
    /// The session that was made up stood.
    session_stood: bool,
    /// An event of just this pair stood in for it already.
    doubled: Option<String>,
}

/// What is so when `whose` is about to write to `resource`.
pub fn circumstances(world: &World, whose: &str, resource: &str, to: Option<Span>) -> Circumstances {
    let calendar = world.calendar(whose);
    let target = instance_in(calendar, resource);
    let mut found = Circumstances {
        unknowable: world.is_lagging() || world.at_once,
        unknown_busy: world.unknown_busy,
        by_hand: target.as_ref().is_some_and(|entry| entry.by_hand),
        clash: None,
        beside: None,
        session_stood: false,
        doubled: None,
    };
    if let Some(to) = to {
        for who in [MANAGER, REPORTS[0], REPORTS[1]]
            .iter()
            .filter(|who| **who == whose || is_with(world, whose, resource, who))
        {
            let taken = world.busy(who, to).into_iter().find(|(name, _)| name != resource);
            found.clash = found.clash.or(taken.map(|(name, span)| format!("{who} has {name} at {}", span.start)));
        }
        let wide = Span::new(to.start - BUFFER, to.end + BUFFER);
        // A session that is made up takes no time any more, though the calendar may show it.
        let lost = made_up(world, whose, resource).map(|(series, original)| instance_name(&series, original));
        let is_other = |name: &String| name != resource && Some(name) != lost.as_ref();
        let close = world.busy(whose, wide).into_iter().find(|(name, span)| is_other(name) && !span.overlaps(&to));
        found.beside = close.map(|(name, span)| format!("{name} at {}", span.start));
    }
    if let Some((series, original)) = made_up(world, whose, resource) {
        let lost = instance_in(calendar, &instance_name(&series, original));
        found.session_stood =
            lost.is_some_and(|lost| stands(&lost) && !is_declined(&lost.event) && span(&lost.event).end > world.now);
        found.doubled = standing_in(world, whose, &series, original, resource);
    }
    found
}

/// Whether an event that is about to be written to is with this person.
fn is_with(world: &World, whose: &str, resource: &str, who: &str) -> bool {
    let series = match made_up(world, whose, resource) {
        Some((series, _)) => series,
        None => resource.split('/').next().unwrap_or_default().to_owned(),
    };
    world.calendar(whose).get(&series).is_some_and(|entry| is_of_pair(&entry.event, whose, who))
}

/// The session that a make-up of this name stands in for.
fn made_up(world: &World, whose: &str, name: &str) -> Option<(String, Timestamp)> {
    let around = SignedDuration::from_hours(60 * 24);
    let calendar = world.calendar(whose);
    let series = calendar.iter().filter(|(_, entry)| entry.event.recurrence.is_some());
    for (series, entry) in series {
        // Those of a series that ended since are found as well.
        let starts = world.starts(whose, series, world.now - around, world.now + around);
        let by_guest = organiser_of(&entry.event) != Some(whose);
        let is_it = |original: &&Timestamp| MakeUpName::of(series, **original, by_guest).to_string() == name;
        if let Some(original) = starts.iter().find(is_it) {
            return Some((series.clone(), *original));
        }
    }
    None
}

/// An event of just the pair that stands in for a session, where no other session nearby is lost that it may stand in for.
fn standing_in(world: &World, whose: &str, series: &str, original: Timestamp, but: &str) -> Option<String> {
    let calendar = world.calendar(whose);
    let master = calendar.get(series)?;
    let other =
        master.event.guests.iter().filter_map(|guest| guest.who.address.as_ref()).find(|one| one.as_str() != whose)?;
    let around = SignedDuration::from_hours(35 * 24);
    let starts = world.starts(whose, series, original - around, original + around);
    let after = starts.iter().filter(|&&start| start < original).max()?;
    let before = starts.iter().filter(|&&start| start > original).min()?;
    let is_lost = |start: &&Timestamp| {
        let session = instance_in(calendar, &instance_name(series, **start));
        **start != original && session.is_none_or(|session| !stands(&session) || is_declined(&session.event))
    };
    if starts.iter().any(|start| is_lost(&start)) {
        return None;
    }
    let fits = |name: &str, entry: &Entry| {
        let at = span(&entry.event).start;
        let is_single = entry.event.recurrence.is_none() && entry.event.overrides.is_none();
        let is_ours = stands(entry) && !is_declined(&entry.event) && is_of_pair(&entry.event, whose, other.as_str());
        name != but && is_single && is_ours && *after < at && at < *before
    };
    calendar.iter().find(|(name, entry)| fits(name, entry)).map(|(name, _)| name.clone())
}

pub type Journal = BTreeMap<String, (usize, Operation)>;

impl Story {
    pub async fn journal(&self) -> Journal {
        let mut journal = Journal::new();
        for (index, machine) in self.machines.iter().enumerate() {
            for operation in machine.operations().await {
                journal.insert(operation.id.0.clone(), (index, operation));
            }
        }
        journal
    }

    /// What was written since the last look was right, and no session was put back by itself twice.
    pub async fn check_writes(&mut self) -> Check {
        if self.server.lock().written.len() == self.checked {
            return Ok(());
        }
        let journal = self.journal().await;
        self.check_each(&journal)?;
        self.check_once(&journal)
    }

    /// Every write was one that may be: of a 1:1, once, to a free time, by an operation of the journal, as the mode allows.
    fn check_each(&mut self, journal: &Journal) -> Check {
        let world = self.server.lock();
        let mut seen = BTreeSet::new();
        for written in world.written.iter().filter(|written| !written.operation.is_empty()) {
            ensure(seen.insert(&written.operation), || format!("{} was written twice", written.operation))?;
        }
        for written in &world.written[self.checked..] {
            let was = &written.was;
            ensure(!written.resource.starts_with("team"), || format!("{} is no 1:1", written.resource))?;
            if written.operation.is_empty() {
                ensure(!was.by_hand, || format!("{} was taken off though somebody had changed it", written.resource))?;
                continue;
            }
            let name = &written.operation;
            let Some((index, operation)) = journal.get(name) else {
                return Err(format!("{name} was written and is in no journal"));
            };
            let wishes = &self.machines[*index].wishes;
            ensure(wishes.access == "write", || format!("{name} was written to a read-only calendar"))?;
            if operation.is_undoing() {
                ensure(!was.by_hand, || format!("{name} took back what somebody had changed since"))?;
                continue;
            }
            let automatic = operation.intent.automatic;
            ensure(wishes.mode != "off", || format!("{name} was written in `off`"))?;
            ensure(wishes.mode == "auto" || !automatic, || format!("{name} was written without asking"))?;
            ensure(wishes.whose == MANAGER || wishes.make_up_as_guest, || {
                format!("{name} was written by a guest who did not want that")
            })?;
            ensure(is_between_neighbours(&world, &written.whose, operation), || {
                format!("{name} is not between the sessions before and after it")
            })?;
            ensure(!was.session_stood, || format!("{name} makes up a session that stands"))?;
            // A user who takes a slot knows that nobody could say whether the other is free.
            let was_told = !automatic && was.unknown_busy;
            ensure(was.clash.is_none() || was.unknowable || was_told, || {
                format!("{name} went onto a busy time: {:?}", was.clash)
            })?;
            ensure(was.beside.is_none() || was.unknowable || !automatic, || {
                format!("{name} leaves no buffer: {:?}", was.beside)
            })?;
            ensure(was.doubled.is_none() || was.unknowable, || {
                format!("{name} doubles what stands in for the session: {:?}", was.doubled)
            })?;
        }
        self.checked = world.written.len();
        Ok(())
    }

    /// A session is put back by itself at most once by one owner, on however many machines and in whatever way.
    fn check_once(&self, journal: &Journal) -> Check {
        let world = self.server.lock();
        let was_written = |id: &str| world.written.iter().any(|written| written.operation == id);
        let mut times: BTreeMap<(&str, &str, Timestamp), Vec<&str>> = BTreeMap::new();
        for (id, (index, operation)) in journal {
            if operation.intent.automatic && !operation.is_undoing() && was_written(id) {
                let whose = self.machines[*index].wishes.whose;
                let session = (whose, operation.intent.uid.as_str(), operation.intent.session.original);
                times.entry(session).or_default().push(id);
            }
        }
        let twice = times.iter().find(|(_, ids)| ids.len() > 1);
        ensure(twice.is_none(), || format!("a session was put back twice by itself: {twice:?}"))
    }

    /// All troubles end and days go by: nothing is left hanging, every session that is owed has a reason to be, and one thing at most
    /// stands for each lost session.
    pub async fn heal(&mut self) -> Check {
        {
            let mut world = self.server.lock();
            world.mend();
            world.deliver_all();
        }
        let now = self.server.lock().now;
        for machine in &mut self.machines {
            machine.skew = SignedDuration::ZERO;
            machine.asleep_until = now;
            machine.next_poll = now;
            machine.start();
        }
        self.pass(GRACE + POLL).await?;
        self.check_done().await?;
        self.pass(POLL * 2).await?;
        self.check_writes().await?;
        for machine in &self.machines {
            for operation in machine.operations().await {
                ensure(operation.state != State::Sending, || format!("{} was never settled", operation.id))?;
                ensure(!operation.is_unseen(), || format!("{} was never seen", operation.id))?;
            }
        }
        self.check_done().await?;
        self.check_pairs().await?;
        self.check_undone().await?;
        self.sleep_over_the_deadlines().await?;
        self.check_judgement().await
    }

    /// Every session that is owed has a reason to be, and what could be done by itself was, or will be once its time has come.
    async fn check_done(&self) -> Check {
        let now = self.server.lock().now;
        for machine in &self.machines {
            for proposal in machine.proposals(now).await {
                let has_reason = proposal.kind != ProposalKind::None || proposal.why.len() > 1;
                ensure(has_reason, || format!("{} is owed without a reason: {proposal:?}", proposal.session))?;
                let is_late = matches!(proposal.kind, ProposalKind::Move | ProposalKind::MakeUp)
                    && proposal.asks.is_none()
                    && proposal.due.is_some_and(|due| due < now);
                ensure(!is_late, || format!("{} should have been put back by now: {proposal:?}", proposal.session))?;
                ensure(proposal.turned_down.is_none(), || format!("nobody was told of {:?}", proposal.turned_down))?;
            }
        }
        Ok(())
    }

    /// Of two make-ups for one session the guest's was withdrawn, unless somebody had changed it or it had begun.
    async fn check_pairs(&self) -> Check {
        let journal = self.journal().await;
        let world = self.server.lock();
        for (id, (_, operation)) in &journal {
            let intent = &operation.intent;
            if intent.way != WriteKind::MakeUp || !intent.as_guest || operation.state != State::Done {
                continue;
            }
            let (own, theirs) = (intent.make_up_name(), intent.make_up_name().of_the_other());
            let calendar = world.calendar(MANAGER);
            let (Some(own), Some(theirs)) = (calendar.get(&own.to_string()), calendar.get(&theirs.to_string())) else {
                continue;
            };
            let both = [own, theirs].iter().all(|made| stands(made) && !is_declined(&made.event));
            let could_be = !own.by_hand && span(&own.event).start > world.now;
            ensure(!both || !could_be, || format!("{id} and the organiser's make-up both stand"))?;
        }
        Ok(())
    }
}

/// Whether something lies between the original starts of the sessions before and after the one that it is for.
fn is_between_neighbours(world: &World, whose: &str, operation: &Operation) -> bool {
    let intent = &operation.intent;
    let (original, to) = (intent.session.original, intent.to.span(zone().rules()).start);
    let around = SignedDuration::from_hours(35 * 24);
    let starts = world.starts(whose, &intent.uid, original - around, original + around);
    let previous = starts.iter().filter(|&&start| start < original).max();
    let next = starts.iter().filter(|&&start| start > original).min();
    previous.is_none_or(|&start| start < to) && next.is_none_or(|&start| to < start)
}

pub fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(broken()) }
}
