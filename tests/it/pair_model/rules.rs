//! The real rules' decisions for one machine of the model, each computed once.

use std::cell::RefCell;

use cadenced::calendar::content::{Aspect, Content};
use cadenced::calendar::write::{Found, Seen, Version};
use cadenced::domain::availability::Availability;
use cadenced::domain::event::{Event, Reply, Status};
use cadenced::domain::fingerprint::Part;
use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::operation::{Intent, Operation, OperationId, StandDownReason, State, WriteKind};
use cadenced::domain::plan::{Action, plan};
use cadenced::domain::policy::Mode;
use cadenced::domain::reschedule::objection;
use cadenced::domain::source::SourceKind;
use cadenced::domain::span::Span;
use cadenced::writer::checks::{After, Before, Marks, after, before_make_up, before_undoing};
use jiff::SignedDuration;

use super::{Do, G, Journal, Map, Model, O, Thing, Who};
use crate::support::{Changed, World, address, at, guest, instance, series, who, zone};

const ORGANISER: &str = "organiser@example.com";
const GUEST: &str = "guest@example.com";
const LOST: &str = "2026-11-17T10:00";
/// When the loss became known, and the two times at which machines act: within the organiser's day, and after it.
const KNOWN: &str = "2026-11-15T12:00";
const EARLY: &str = "2026-11-15T13:00";
const LATE: &str = "2026-11-16T13:00";
/// The rules as they are, or with a mistake in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mistake {
    #[default]
    None,
    /// The guest's make-up stays though the organiser's came.
    NobodyWithdraws,
    /// Each machine has a name of its own for it.
    OwnNames,
    /// Nobody looks whether the name is taken, or repeats what did nothing without looking.
    NoLook,
    /// What was planned from an old reading is written.
    OldReadings,
}

/// Whose, what the calendar shows, the journal, and whether the organiser's day is over.
type Situation = (Who, [Thing; 2], [Journal; 2], bool);

/// Answers by what they were worked out from.
type Known<K, V> = RefCell<Map<K, V>>;

/// The real decisions, each worked out once.
#[derive(Default)]
pub struct Rules {
    pub mistake: Mistake,
    plans: Known<Situation, Option<Do>>,
    objections: Known<(Who, [Thing; 2], bool), bool>,
}

fn name(whose: Who) -> MakeUpName {
    MakeUpName::of("w", at(LOST), whose == G)
}

/// A make-up as a calendar shows it.
fn made(whose: Who) -> Event {
    let (own, other) = if whose == O { (ORGANISER, GUEST) } else { (GUEST, ORGANISER) };
    let start = if whose == O { "2026-11-18T10:00" } else { "2026-11-19T10:00" };
    crate::support::pair(&format!("cadenced-{}", name(whose)), start, other).changed(|event| {
        event.organiser = Some(who(own));
        event.guests = vec![guest(own, Reply::Accepted), guest(other, Reply::NeedsAction)];
    })
}

/// What one of the two knows right after a read.
fn world(whose: Who, shown: [Thing; 2], now: &str) -> World {
    let own = if whose == O { ORGANISER } else { GUEST };
    let pair = |event: &mut Event| {
        event.organiser = Some(who(ORGANISER));
        event.guests = vec![guest(ORGANISER, Reply::Accepted), guest(GUEST, Reply::Accepted)];
    };
    let master = series("w", "2026-10-06T10:00", "FREQ=WEEKLY", GUEST).changed(pair);
    let lost = instance(&master, LOST).changed(|event| {
        event.status = Status::Cancelled;
        event.modified = Some(at(KNOWN));
    });
    let mut world = World::new("2026-10-01T08:00").with(master);
    let source = &mut world.snapshot.sources[0];
    (source.kind, source.read_only) = (SourceKind::Api, false);
    world.policy.owner = vec![address(own)];
    world.policy.hours.zone = zone();
    world.policy.mode = Mode::Auto;
    (world.policy.ask_when_other_lost, world.policy.make_up_as_guest) = (false, true);
    // Between these two reads it was lost, and the ledger has that.
    world.read("2026-11-15T11:50");
    world.act("2026-11-15T11:51");
    world.add(lost);
    world.read(KNOWN);
    world.act("2026-11-15T12:01");
    for (who, thing) in shown.into_iter().enumerate() {
        if thing != Thing::Never {
            let status = if thing == Thing::Off { Status::Cancelled } else { Status::Confirmed };
            world.add(made(who).changed(|event| event.status = status));
        }
    }
    world.read(now);
    let window = Span::new(at(now), at(now) + SignedDuration::from_hours(28 * 24));
    let free = |who: &str| Availability { who: address(who), window, asked: at(now), busy: Some(Vec::new()) };
    world.snapshot.availability = vec![free(GUEST), free(ORGANISER)];
    world
}

/// The intent that a person's plan has where nothing stands in for the session yet.
fn intent(whose: Who) -> Intent {
    let world = world(whose, [Thing::Never; 2], LATE);
    let actions = plan(&world.standing(LATE), &world.snapshot, &world.policy);
    let found =
        actions.into_iter().find_map(|action| if let Action::Write(intent) = action { Some(intent) } else { None });
    found.expect("both would make it up after a day")
}

fn operation(whose: Who, what: Do, journal: Journal) -> Operation {
    let id = OperationId(format!("make-up-{whose}"));
    let intent = intent(whose);
    let tries = u32::from(journal != Journal::DoneElsewhere);
    let state = match journal {
        Journal::Nothing | Journal::Sending => State::Sending,
        Journal::Done | Journal::DoneElsewhere => State::Done,
        Journal::Ended if what == Do::MakeUp => State::Refused,
        Journal::Ended => State::StoodDown { why: StandDownReason::TouchedSince },
    };
    let written = (journal == Journal::Done).then(|| content(false).fingerprint(&id.0));
    match what {
        Do::MakeUp => Operation { state, tries, written, ..Operation::new(id, intent, at(KNOWN)) },
        Do::Withdraw => {
            let from = intent.to.span(&zone());
            let intent = Intent { way: WriteKind::TakeOff, undoes: Some(id), yields_to: Some(from), from, ..intent };
            Operation { state, tries, ..Operation::new(OperationId(format!("withdrawal-{whose}")), intent, at(KNOWN)) }
        }
    }
}

fn content(is_edited: bool) -> Content {
    Content::of([(Aspect::Part(Part::Notes), if is_edited { "bring the plan" } else { "" }.to_owned())])
}

impl Rules {
    pub fn with(mistake: Mistake) -> Self {
        Self { mistake, ..Self::default() }
    }

    /// What a machine that has just read its calendar does next.
    pub fn plan(&self, whose: Who, shown: [Thing; 2], journal: [Journal; 2], is_late: bool) -> Option<Do> {
        let key = (whose, shown, journal, is_late);
        if let Some(known) = self.plans.borrow().get(&key) {
            return *known;
        }
        let now = if is_late { LATE } else { EARLY };
        let mut world = world(whose, shown, now);
        for (what, journal) in [Do::MakeUp, Do::Withdraw].into_iter().zip(journal) {
            if journal != Journal::Nothing {
                world.snapshot.operations.push(operation(whose, what, journal));
            }
        }
        let actions = plan(&world.standing(now), &world.snapshot, &world.policy);
        let found = actions.into_iter().find_map(|action| match action {
            Action::Write(intent) if intent.undoes.is_some() => Some(Do::Withdraw),
            Action::Write(_) => Some(Do::MakeUp),
            _ => None,
        });
        let found = found.filter(|what| self.mistake != Mistake::NobodyWithdraws || *what == Do::MakeUp);
        self.plans.borrow_mut().insert(key, found);
        found
    }

    /// Whether a make-up that did nothing is still wanted.
    pub fn is_wanted(&self, whose: Who, shown: [Thing; 2], is_late: bool) -> bool {
        let key = (whose, shown, is_late);
        if let Some(known) = self.objections.borrow().get(&key) {
            return *known;
        }
        let now = if is_late { LATE } else { EARLY };
        let world = world(whose, shown, now);
        let found = objection(&intent(whose), &world.standing(now), &world.snapshot, &world.policy).is_none();
        self.objections.borrow_mut().insert(key, found);
        found
    }
}

/// What a look at a person's own make-up shows.
fn seen(whose: Who, model: &Model) -> Seen {
    match model.shown[whose][whose] {
        Thing::Never => Seen::Absent,
        Thing::Off => Seen::CalledOff { operation: None },
        Thing::Stands => Seen::There(Box::new(Found {
            // The plan's own slot, as it was written.
            event: made(whose).changed(|event| {
                let to = intent(whose).to;
                (event.start, event.end) = (to.start, to.end);
            }),
            version: Version(model.is_edited.to_string()),
            operation: Some(format!("make-up-{whose}")),
            content: content(whose == G && model.is_edited),
            may_write: true,
            clock_skew: None,
        })),
    }
}

thread_local! {
    static CHECKS: RefCell<Map<(u8, Who, Thing, bool), i8>> = RefCell::default();
}

/// A check of the real rules, worked out once for each thing that a look can show.
fn once(which: u8, whose: Who, model: &Model, check: impl FnOnce() -> i8) -> i8 {
    let key = (which, whose, model.shown[whose][whose], model.is_edited);
    if let Some(known) = CHECKS.with_borrow(|checks| checks.get(&key).copied()) {
        return known;
    }
    let found = check();
    CHECKS.with_borrow_mut(|checks| checks.insert(key, found));
    found
}

/// 1: it may be done; 0: it is done already; -1: it ends.
pub fn may(whose: Who, what: Do, model: &Model) -> i8 {
    once(what as u8, whose, model, || {
        let policy = world(whose, [Thing::Never; 2], LATE).policy;
        let seen = seen(whose, model);
        let before = match what {
            Do::MakeUp => {
                let lost = Seen::CalledOff { operation: None };
                before_make_up(&lost, &seen, &intent(whose), &policy, Marks::default(), at(LATE))
            }
            Do::Withdraw => {
                let withdrawal = operation(whose, Do::Withdraw, Journal::Sending);
                let undone = operation(whose, Do::MakeUp, Journal::Done);
                before_undoing(&seen, &withdrawal.intent, Some(&undone), &policy)
            }
        };
        match before {
            Before::Go(_) => 1,
            Before::End(State::Done, _) => 0,
            Before::End(..) => -1,
        }
    })
}

/// 1: done; 0: nothing happened; -1: it ended otherwise.
pub fn became(whose: Who, what: Do, model: &Model) -> i8 {
    once(2 + what as u8, whose, model, || {
        let policy = world(whose, [Thing::Never; 2], LATE).policy;
        match after(&seen(whose, model), &operation(whose, what, Journal::Sending), &policy) {
            After::Known(State::Done) => 1,
            After::NothingHappened => 0,
            After::Known(_) | After::Unknown => -1,
        }
    })
}
