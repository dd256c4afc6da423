//! Model of a pair with two machines each: every interleaving of their work ends with exactly one make-up.
//!
//! What a machine decides, the real rules decide: the plan, the checks before and after a write, and the objection to a repeat. The model
//! adds what they run in: two calendars, mail between them, requests on the wire, and a journal. See
//! `docs/decisions/one-make-up-per-pair.md`.

mod rules;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use rules::{Mistake, Rules, became, may};

/// How often machines die in one history, all of them together.
const CRASHES: u8 = 2;

/// Millions of states are looked up, and nobody chooses them to collide: the hash that the standard library has takes most of the time.
#[derive(Default)]
struct Fast(u64);

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

impl Hasher for Fast {
    fn finish(&self) -> u64 {
        // The table goes by the upper bits as well as by the lower ones.
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// The two people; also the index of their calendar and the half of the machines that are theirs.
type Who = usize;
const O: Who = 0;
const G: Who = 1;

/// What a calendar shows of one make-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Thing {
    Never,
    Stands,
    Off,
}

/// What is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Do {
    MakeUp,
    Withdraw,
}

/// How far an operation got, by the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Journal {
    Nothing,
    Sending,
    Done,
    /// Done by another machine of the same person.
    DoneElsewhere,
    Ended,
}

/// Where a machine is; all but `Idle` is forgotten in a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum At {
    Idle,
    /// It has read its calendar, and the plan says so.
    Wants(Do),
    /// It has looked, and may.
    May(Do),
    /// It is in the journal.
    Begun(Do),
    /// The request is out.
    Waits(Do),
    /// The server has answered: done, or not.
    Answered(Do, bool),
    /// No answer came.
    Unanswered(Do),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Machine {
    at: At,
    /// Its make-up, and the withdrawal of it.
    journal: [Journal; 2],
    /// A request that the server may still get, whatever became of the machine.
    wire: Option<Do>,
    /// Whether the make-up is its own, and not one of the other machine of the same person.
    is_author: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Model {
    /// By whose calendar it is, then by whose make-up.
    shown: [[Thing; 2]; 2],
    /// By who is told: what is on its way of the other's make-up, in order.
    mail: [[Option<Thing>; 2]; 2],
    /// Two of the organiser's, two of the guest's.
    machines: [Machine; 4],
    is_late: bool,
    /// Somebody changed the guest's make-up.
    is_edited: bool,
    crashes: u8,
    /// How many invitations and how many cancellations went out.
    mails: [u8; 2],
}

impl Model {
    fn start() -> Self {
        let machine = Machine { at: At::Idle, journal: [Journal::Nothing; 2], wire: None, is_author: false };
        Self {
            shown: [[Thing::Never; 2]; 2],
            mail: [[None; 2]; 2],
            machines: [machine; 4],
            is_late: false,
            is_edited: false,
            crashes: 0,
            mails: [0; 2],
        }
    }

    /// The two machines of one person do not differ.
    fn sorted(mut self) -> Self {
        self.machines[..2].sort_unstable();
        self.machines[2..].sort_unstable();
        self
    }

    /// What a make-up that stands means to a machine: done, by itself or by another.
    fn done(&self, index: usize, what: Do) -> Journal {
        let is_own = what == Do::Withdraw || self.machines[index].is_author;
        if is_own { Journal::Done } else { Journal::DoneElsewhere }
    }

    fn with(mut self, machine: usize, change: impl FnOnce(&mut Machine)) -> Self {
        change(&mut self.machines[machine]);
        self
    }

    /// Everything that can happen next.
    fn next(&self, rules: &Rules) -> Vec<Self> {
        let mut next = Vec::new();
        for machine in 0..4 {
            self.act(machine, rules, &mut next);
            self.serve(machine, rules, &mut next);
            if self.machines[machine].at != At::Idle && self.crashes < CRASHES {
                let mut crashed = self.with(machine, |machine| machine.at = At::Idle);
                crashed.crashes += 1;
                next.push(crashed);
            }
        }
        for told in [O, G] {
            if let [Some(thing), later] = self.mail[told] {
                let mut delivered = *self;
                delivered.shown[told][1 - told] = thing;
                delivered.mail[told] = [later, None];
                next.push(delivered);
            }
        }
        if !self.is_late {
            next.push(Self { is_late: true, ..*self });
        }
        if !self.is_edited && self.shown[G][G] == Thing::Stands {
            next.push(Self { is_edited: true, ..*self });
        }
        next.into_iter().map(Self::sorted).collect()
    }

    /// What a machine does next.
    fn act(&self, index: usize, rules: &Rules, next: &mut Vec<Self>) {
        let whose = index / 2;
        let machine = self.machines[index];
        match machine.at {
            At::Idle => next.extend(self.begin(index, rules)),
            At::Wants(what) => {
                let may = if rules.mistake == Mistake::NoLook { 1 } else { may(whose, what, self) };
                next.push(self.with(index, |machine| match may {
                    1 => machine.at = At::May(what),
                    ended => {
                        machine.at = At::Idle;
                        let journal = if ended == 0 { Journal::DoneElsewhere } else { Journal::Ended };
                        machine.journal[what as usize] = journal;
                    }
                }));
            }
            At::May(what) => next.push(self.with(index, |machine| {
                machine.at = At::Begun(what);
                machine.journal[what as usize] = Journal::Sending;
            })),
            At::Begun(what) => next.push(self.with(index, |machine| {
                machine.at = At::Waits(what);
                machine.wire = Some(what);
            })),
            // It may give up waiting at any time.
            At::Waits(what) => next.push(self.with(index, |machine| machine.at = At::Unanswered(what))),
            At::Answered(what, true) => next.push(self.with(index, |machine| {
                machine.at = At::Idle;
                machine.journal[what as usize] = Journal::Done;
            })),
            At::Answered(what, false) => {
                let became = became(whose, what, self);
                let may = may(whose, what, self);
                let done = self.done(index, what);
                next.push(self.with(index, |machine| match (became, may) {
                    // It changed in the meantime, and means the same: it is sent again.
                    (0, 1) if what == Do::Withdraw => machine.at = At::Begun(what),
                    (1, _) => (machine.at, machine.journal[what as usize]) = (At::Idle, done),
                    _ => (machine.at, machine.journal[what as usize]) = (At::Idle, Journal::Ended),
                }));
            }
            At::Unanswered(what) => {
                let became = became(whose, what, self);
                let done = self.done(index, what);
                next.push(self.with(index, |machine| {
                    machine.at = At::Idle;
                    match became {
                        1 => machine.journal[what as usize] = done,
                        0 => {}
                        _ => machine.journal[what as usize] = Journal::Ended,
                    }
                }));
            }
        }
    }

    /// A cycle begins: what was cut off is settled, else the calendar is read and planned from.
    fn begin(&self, index: usize, rules: &Rules) -> Option<Self> {
        let whose = index / 2;
        let machine = self.machines[index];
        let cut_off =
            [Do::MakeUp, Do::Withdraw].into_iter().find(|what| machine.journal[*what as usize] == Journal::Sending);
        if let Some(what) = cut_off {
            let repeats = || match what {
                Do::MakeUp => rules.is_wanted(whose, self.shown[whose], self.is_late),
                Do::Withdraw => may(whose, what, self) == 1,
            };
            let became = if rules.mistake == Mistake::NoLook { 0 } else { became(whose, what, self) };
            let done = self.done(index, what);
            return Some(self.with(index, |machine| match became {
                1 => machine.journal[what as usize] = done,
                0 if repeats() => machine.at = At::Begun(what),
                _ => machine.journal[what as usize] = Journal::Ended,
            }));
        }
        // A request that arrived after it was given up.
        let is_late = machine.journal[0] == Journal::Ended && machine.is_author;
        if is_late && self.shown[whose][whose] == Thing::Stands {
            return Some(self.with(index, |machine| machine.journal[0] = Journal::Done));
        }
        let shown = if rules.mistake == Mistake::OldReadings { [Thing::Never; 2] } else { self.shown[whose] };
        let what = rules.plan(whose, shown, machine.journal, self.is_late)?;
        Some(self.with(index, |machine| machine.at = At::Wants(what)))
    }

    /// A request reaches the server, whose answer is heard or lost; or it is lost itself.
    fn serve(&self, index: usize, rules: &Rules, next: &mut Vec<Self>) {
        let Some(what) = self.machines[index].wire else { return };
        let whose = index / 2;
        next.push(self.with(index, |machine| machine.wire = None));
        let mut served = self.with(index, |machine| machine.wire = None);
        let own = served.shown[whose][whose];
        let is_done = match what {
            // The server takes a name once.
            Do::MakeUp => own == Thing::Never || rules.mistake == Mistake::OwnNames,
            // It was looked at before anybody changed it.
            Do::Withdraw => own == Thing::Stands && !served.is_edited,
        };
        if is_done {
            let thing = if what == Do::MakeUp { Thing::Stands } else { Thing::Off };
            served.shown[whose][whose] = thing;
            served.machines[index].is_author |= what == Do::MakeUp;
            served.mails[what as usize] += 1;
            let mail = &mut served.mail[1 - whose];
            if let Some(place) = mail.iter_mut().find(|place| place.is_none()) {
                *place = Some(thing);
            }
        }
        if let At::Waits(doing) = self.machines[index].at
            && doing == what
        {
            let is_gone = what == Do::Withdraw && own == Thing::Off;
            next.push(served.with(index, |machine| machine.at = At::Answered(what, is_done || is_gone)));
        }
        next.push(served);
    }

    /// Nothing is on its way, and nobody wants to do anything.
    fn is_at_rest(&self, rules: &Rules) -> bool {
        let is_quiet = |index: usize| {
            let machine = self.machines[index];
            machine.at == At::Idle && machine.wire.is_none() && self.begin(index, rules).is_none()
        };
        self.is_late && self.mail == [[None; 2]; 2] && (0..4).all(is_quiet)
    }

    /// What is wrong, if anything is.
    fn broken(&self, rules: &Rules) -> Option<&'static str> {
        let stand = |calendar: [Thing; 2]| calendar.iter().filter(|thing| **thing == Thing::Stands).count();
        if self.mails[0] > 2 || self.mails[1] > 1 {
            return Some("more than one invitation was superfluous");
        }
        if !self.is_at_rest(rules) {
            return None;
        }
        if self.shown[O] != self.shown[G] {
            return Some("the two calendars differ");
        }
        // What somebody changed stays, and then both stand: that is theirs to settle.
        let most = if self.is_edited { 2 } else { 1 };
        if stand(self.shown[O]) > most {
            return Some("two make-ups stand for one session");
        }
        let gave_up = |machine: &Machine| machine.journal[0] == Journal::Ended;
        let all_gave_up = self.machines.iter().any(gave_up);
        (stand(self.shown[O]) == 0 && !all_gave_up).then_some("nothing stands for the session")
    }
}

/// How many states there are, how many of them at rest, and how the first one that breaks a promise came about.
fn explore(mistake: Mistake) -> (usize, usize, Option<(&'static str, Vec<Model>)>) {
    let rules = Rules::with(mistake);
    let mut seen: Map<Model, Option<Model>> = Map::default();
    seen.insert(Model::start(), None);
    let mut open = VecDeque::from([Model::start()]);
    let mut at_rest = 0;
    while let Some(model) = open.pop_front() {
        if let Some(broken) = model.broken(&rules) {
            let mut history = vec![model];
            while let Some(Some(before)) = seen.get(history.last().unwrap()) {
                history.push(*before);
            }
            history.reverse();
            return (seen.len(), at_rest, Some((broken, history)));
        }
        at_rest += usize::from(model.is_at_rest(&rules));
        let next = model.next(&rules);
        assert!(!next.is_empty() || model.is_at_rest(&rules), "nothing can happen any more: {model:#?}");
        for after in next {
            if let Entry::Vacant(place) = seen.entry(after) {
                place.insert(Some(model));
                open.push_back(after);
            }
        }
    }
    (seen.len(), at_rest, None)
}

#[test]
fn in_every_order_of_everything_one_make_up_stands_and_one_invitation_at_most_was_superfluous() {
    let (states, at_rest, broken) = explore(Mistake::None);
    println!("{states} states, {at_rest} of them at rest");
    assert!(broken.is_none(), "{broken:#?}");
    assert!(states > 10_000 && at_rest > 1, "{states} states, {at_rest} at rest");
}

#[test]
fn a_mistake_in_the_rules_is_found() {
    for mistake in [Mistake::NobodyWithdraws, Mistake::OwnNames, Mistake::OldReadings] {
        let (states, _, broken) = explore(mistake);
        let (what, history) = broken.unwrap_or_else(|| panic!("{mistake:?} is not found"));
        println!("{mistake:?}: found after {states} states, in {} steps: {what}", history.len());
    }
}
