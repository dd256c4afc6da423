//! Tells a story: lets people, servers and machines do what it says, and time go by.

use std::fmt::Write;
use std::path::Path;

use cadenced::domain::event::{Reply, Status};
use cadenced::domain::operation::Operation;
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::machine::{Machine, Turned, Wishes};
use super::ops::{Edit, Op, Setup};
use super::promises::ensure;
use super::world::{MANAGER, REPORTS, Server, TEAM, guest, instance_name, moment, single, span, stands, weekly, zone};

pub struct Story {
    pub server: Server,
    pub machines: Vec<Machine>,
    /// Each report, and the name of the series that is alive now.
    pairs: Vec<(&'static str, String)>,
    told: Vec<String>,
    /// How many writes were checked already.
    pub checked: usize,
    /// What users wanted undone: the machine, and the operation.
    pub undone: Vec<(usize, Operation)>,
}

pub type Check = Result<(), String>;

fn hours(n: u16) -> SignedDuration {
    SignedDuration::from_hours(n.into())
}

fn half(at: Timestamp) -> Span {
    Span::new(at, at + SignedDuration::from_mins(30))
}

fn pick<T>(of: &[T], by: u8) -> Option<&T> {
    (!of.is_empty()).then(|| &of[usize::from(by) % of.len()])
}

impl Story {
    pub fn new(setup: &Setup, folder: &Path) -> Self {
        let server = Server::default();
        let now: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
        let start: Timestamp = "2026-09-08T08:00:00Z".parse().unwrap();
        let mut pairs = Vec::new();
        {
            let mut world = server.lock();
            world.set_now(now);
            let reports = if setup.second_report { &REPORTS[..] } else { &REPORTS[..1] };
            for (index, &report) in reports.iter().enumerate() {
                let name = format!("one-on-one-{index}");
                let first = start + hours(u16::try_from(index).unwrap() * 2);
                world.put(MANAGER, &name, weekly(&name, MANAGER, &[report], half(first), setup.every), None);
                pairs.push((report, name));
            }
            let team = [REPORTS[0], TEAM[0], TEAM[1]];
            world.put(MANAGER, "team", weekly("team", MANAGER, &team, half(start + hours(25)), 1), None);
        }
        let mut machines = Vec::new();
        let manager = Wishes {
            whose: MANAGER,
            mode: setup.mode,
            access: if setup.read_only { "read" } else { "write" },
            ask_when_other_lost: setup.ask_when_other_lost,
            make_up_as_guest: false,
        };
        let mut add = |name: &str, wishes: Wishes, also: bool| {
            if also {
                machines.push(Machine::new(name, wishes, &server, folder, now));
            }
        };
        add("desk", manager.clone(), true);
        add("laptop", manager, setup.laptop);
        if let Some(own) = &setup.report {
            let wishes = Wishes {
                whose: REPORTS[0],
                mode: own.mode,
                access: "write",
                ask_when_other_lost: own.ask_when_other_lost,
                make_up_as_guest: own.make_up_as_guest,
            };
            add("reports-desk", wishes.clone(), true);
            add("reports-laptop", wishes, own.laptop);
        }
        Self { server, machines, pairs, told: Vec::new(), checked: 0, undone: Vec::new() }
    }

    /// Tells the story; an error is the promise that was broken and what had happened.
    pub async fn tell(mut self, ops: &[Op]) -> Check {
        let told = self.tell_on(ops).await;
        told.map_err(|broken| {
            let mut story = format!("{broken}\n");
            for line in &self.told {
                let _ = writeln!(story, "  {line}");
            }
            story
        })
    }

    async fn tell_on(&mut self, ops: &[Op]) -> Check {
        self.pass(SignedDuration::ZERO).await?;
        for op in ops {
            let what = self.happen(op).await?;
            if let Some(what) = what {
                self.note(&what);
            }
            self.check_writes().await?;
        }
        self.heal().await
    }

    fn note(&mut self, what: &str) {
        let now = self.server.lock().now;
        self.told.push(format!("{now} {what}"));
    }

    fn now(&self) -> Timestamp {
        self.server.lock().now
    }

    async fn happen(&mut self, op: &Op) -> Result<Option<String>, String> {
        match op {
            Op::Pass { minutes } => {
                self.note(&format!("{minutes} minutes go by"));
                self.pass(SignedDuration::from_mins((*minutes).into())).await?;
                Ok(None)
            }
            Op::Together { minutes, order } => {
                self.note(&format!("{minutes} minutes go by, and all machines act at once"));
                let now = self.now() + SignedDuration::from_mins((*minutes).into());
                self.server.lock().set_now(now);
                self.together(*order).await?;
                Ok(None)
            }
            Op::Take { machine } => Ok(self.user_takes(*machine).await),
            Op::Undo { machine } => Ok(self.user_undoes(*machine).await),
            Op::BesideTheSlot { machine, minutes } => Ok(self.beside_the_slot(*machine, *minutes).await),
            _ => Ok(self.simply(op)),
        }
    }

    fn simply(&mut self, op: &Op) -> Option<String> {
        match op {
            Op::Cancel { pair, session } => self.cancel(*pair, *session, true),
            Op::Restore { pair, session } => self.cancel(*pair, *session, false),
            Op::Reply { pair, session, by_manager, reply } => self.reply(*pair, *session, *by_manager, *reply),
            Op::Drag { pair, session, hours } => self.drag(*pair, *session, (*hours).into()),
            Op::BookByHand { pair, hours } => self.book(*pair, (*hours).into()),
            Op::Occupy { manager, hours, long } => Some(self.occupy(*manager, *hours, (*long).into())),
            Op::EditOurs { which, edit } => self.edit(*which, *edit),
            Op::DeleteOurs { which } => self.delete(*which),
            Op::Sleep { machine, hours: long } => {
                let now = self.now();
                let machine = self.machine(*machine);
                machine.asleep_until = now + hours((*long).into());
                Some(format!("{} sleeps for {long} hours", machine.name))
            }
            Op::Restart { machine } => {
                let machine = self.machine(*machine);
                machine.start();
                Some(format!("{} is started again", machine.name))
            }
            Op::WrongClock { machine } => {
                let machine = self.machine(*machine);
                let was_right = machine.skew.is_zero();
                machine.skew = if was_right { SignedDuration::from_mins(5) } else { SignedDuration::ZERO };
                machine.start();
                Some(format!("the clock of {} is off by {:#}", machine.name, machine.skew))
            }
            Op::Request { after, fault } => {
                self.server.lock().fault_after((*after).into(), *fault);
                Some(format!("request {after} from now: {fault:?}"))
            }
            Op::FailingReads { count } => {
                self.server.lock().failing_reads += u32::from(*count);
                Some(format!("{count} reads will fail"))
            }
            Op::Unreadable => {
                let mut world = self.server.lock();
                world.unreadable = !world.unreadable;
                Some(format!("the server can be read: {}", !world.unreadable))
            }
            Op::UnknownBusy => {
                let mut world = self.server.lock();
                world.unknown_busy = !world.unknown_busy;
                Some(format!("the server says who is busy: {}", !world.unknown_busy))
            }
            Op::Lag { minutes } => {
                self.server.lock().lag(SignedDuration::from_mins((*minutes).into()));
                Some(format!("lists show for {minutes} minutes what is there now"))
            }
            Op::FallBehind { minutes } => {
                self.server.lock().fall_behind(SignedDuration::from_mins((*minutes).into()));
                Some(format!("lists show for {minutes} minutes what was there half an hour ago or before that"))
            }
            Op::SlowMail { minutes } => {
                self.server.lock().delay = SignedDuration::from_mins((*minutes).into());
                Some(format!("mail takes {minutes} minutes from now on"))
            }
            Op::Split { pair } => self.split(*pair),
            Op::Pass { .. } | Op::Together { .. } | Op::Take { .. } | Op::Undo { .. } | Op::BesideTheSlot { .. } => {
                None
            }
        }
    }

    fn machine(&mut self, which: u8) -> &mut Machine {
        let count = self.machines.len();
        &mut self.machines[usize::from(which) % count]
    }

    fn pair(&self, pair: u8) -> (&'static str, String) {
        pick(&self.pairs, pair).unwrap().clone()
    }

    /// One session of a pair in the weeks around now; most often the next one.
    fn session(&self, pair: u8, session: u8) -> Option<(&'static str, String, Timestamp)> {
        let (report, series) = self.pair(pair);
        let world = self.server.lock();
        let from = if session < 160 { world.now } else { world.now - hours(7 * 24) };
        let starts = world.starts(MANAGER, &series, from, world.now + hours(15 * 24));
        let original = *if session < 160 { starts.first() } else { pick(&starts, session) }?;
        Some((report, instance_name(&series, original), original))
    }

    fn cancel(&mut self, pair: u8, session: u8, off: bool) -> Option<String> {
        let (_, name, original) = self.session(pair, session)?;
        self.server.lock().change(MANAGER, &name, |entry| entry.deleted = off);
        Some(format!("the manager {} the session of {original}", if off { "cancels" } else { "restores" }))
    }

    fn reply(&mut self, pair: u8, session: u8, by_manager: bool, reply: Reply) -> Option<String> {
        let (report, name, original) = self.session(pair, session)?;
        let whose = if by_manager { MANAGER } else { report };
        self.server.lock().reply(whose, &name, reply);
        Some(format!("{whose} replies {reply:?} to the session of {original}"))
    }

    fn drag(&mut self, pair: u8, session: u8, by: u16) -> Option<String> {
        let (_, name, original) = self.session(pair, session)?;
        self.server.lock().change(MANAGER, &name, |entry| {
            let at = span(&entry.event);
            entry.event.start = moment(at.start + hours(by));
            entry.event.end = moment(at.end + hours(by));
            entry.event.sequence += 1;
            entry.by_hand = true;
        });
        Some(format!("the manager drags the session of {original} by {by} hours"))
    }

    fn book(&mut self, pair: u8, ahead: u16) -> Option<String> {
        let (report, _) = self.pair(pair);
        let mut world = self.server.lock();
        let at = half(world.now + hours(ahead));
        if [MANAGER, report].iter().any(|who| !world.busy(who, at).is_empty()) {
            return None;
        }
        let uid = format!("booked-{}", world.next);
        world.put(MANAGER, &uid, single(&uid, MANAGER, &[report], at), None);
        Some(format!("the manager books {report} by hand at {}", at.start))
    }

    fn occupy(&mut self, manager: bool, from: u16, long: u16) -> String {
        let whose = if manager { MANAGER } else { REPORTS[0] };
        let mut world = self.server.lock();
        let start = world.now + hours(from);
        let uid = format!("busy-{}", world.next);
        world.put(whose, &uid, single(&uid, whose, &[], Span::new(start, start + hours(long))), None);
        format!("{whose} is busy at {start} for {long} hours")
    }

    /// A meeting is booked next to the time that a machine would take.
    async fn beside_the_slot(&mut self, which: u8, minutes: u8) -> Option<String> {
        let now = self.now();
        let machine = self.machine(which);
        let whose = machine.wishes.whose;
        let slot = machine.proposals(now).await.into_iter().find_map(|proposal| proposal.choice)?.best.span;
        let start = slot.end + SignedDuration::from_mins(minutes.into());
        let mut world = self.server.lock();
        let uid = format!("beside-{}", world.next);
        world.put(whose, &uid, single(&uid, whose, &[], half(start)), None);
        Some(format!("{whose} is busy at {start}, {minutes} minutes after the slot"))
    }

    /// The events that cadenced wrote and that stand, in the manager's calendar.
    fn ours(&self) -> Vec<String> {
        let world = self.server.lock();
        let calendar = world.calendar(MANAGER);
        calendar
            .iter()
            .filter(|(_, entry)| entry.mark.is_some() && stands(entry))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn edit(&mut self, which: u8, edit: Edit) -> Option<String> {
        let name = pick(&self.ours(), which)?.clone();
        self.server.lock().change(MANAGER, &name, |entry| {
            entry.by_hand = true;
            match edit {
                Edit::Title => entry.event.title.push_str(" about the plan"),
                Edit::Notes => entry.notes.push_str("bring the plan"),
                Edit::Room => entry.place.push_str("Room 1"),
                Edit::Guest => entry.event.guests.push(guest(TEAM[0])),
                Edit::DragAndBack => entry.event.sequence += 2,
                Edit::Drag => {
                    let at = span(&entry.event);
                    entry.event.start = moment(at.start + hours(1));
                    entry.event.end = moment(at.end + hours(1));
                    entry.event.sequence += 1;
                }
            }
        });
        Some(format!("the manager changes what cadenced wrote, {edit:?}: {name:.12}"))
    }

    fn delete(&mut self, which: u8) -> Option<String> {
        let name = pick(&self.ours(), which)?.clone();
        self.server.lock().change(MANAGER, &name, |entry| entry.deleted = true);
        Some(format!("the manager deletes what cadenced wrote: {name:.12}"))
    }

    /// "This and following": the old series ends, a new one goes on an hour later.
    fn split(&mut self, pair: u8) -> Option<String> {
        let (report, series) = self.pair(pair);
        let mut world = self.server.lock();
        let now = world.now;
        let next = *world.starts(MANAGER, &series, now + hours(1), now + hours(21 * 24)).first()?;
        let master = world.calendar(MANAGER)[&series].event.clone();
        let name = format!("{series}-{}", world.next);
        let mut event = master.clone();
        event.uid.clone_from(&name);
        event.start = moment(next + hours(1));
        event.end = event.start.plus(SignedDuration::from_mins(30));
        let set_apart = |name: &String| {
            let original = name.strip_prefix(&format!("{series}/")).and_then(|at| at.parse::<Timestamp>().ok());
            original.is_some_and(|original| original >= next)
        };
        let later: Vec<String> = world.calendar(MANAGER).keys().filter(|name| set_apart(name)).cloned().collect();
        for name in later {
            world.change(MANAGER, &name, |entry| entry.event.status = Status::Cancelled);
        }
        let is_first = span(&master).start == next;
        world.change(MANAGER, &series, |entry| {
            // Split at its first session, nothing is left of it.
            entry.deleted |= is_first;
            let until = next - SignedDuration::from_secs(1);
            let utc = jiff::tz::TimeZone::UTC.to_datetime(until).strftime("%Y%m%dT%H%M%SZ");
            let rule = &entry.event.recurrence.as_ref().unwrap().rules[0];
            let rule = format!("{rule};UNTIL={utc}").parse().unwrap();
            entry.event.recurrence.as_mut().unwrap().rules = vec![rule];
        });
        world.put(MANAGER, &name, event, None);
        drop(world);
        let index = self.pairs.iter().position(|(one, _)| *one == report).unwrap();
        self.pairs[index].1.clone_from(&name);
        Some(format!("the manager splits {series} at {next}: {name} goes on an hour later"))
    }

    async fn user_takes(&mut self, which: u8) -> Option<String> {
        let now = self.now();
        let machine = self.machine(which);
        let taken = machine.take_slot(now).await?;
        Some(format!("the user of {} takes {taken}", machine.name))
    }

    async fn user_undoes(&mut self, which: u8) -> Option<String> {
        let now = self.now();
        let index = usize::from(which) % self.machines.len();
        let machine = &mut self.machines[index];
        let undone = machine.undo_last(now).await?;
        let told = format!("the user of {} wants {} undone", machine.name, undone.id);
        self.undone.push((index, undone));
        Some(told)
    }

    /// Time goes by, and every machine does what is due when it is due.
    pub async fn pass(&mut self, by: SignedDuration) -> Check {
        let until = self.now() + by;
        loop {
            let due = (0..self.machines.len()).min_by_key(|&index| (self.machines[index].due(), index)).unwrap();
            let at = self.machines[due].due().max(self.now());
            if at > until {
                break;
            }
            self.server.lock().set_now(at);
            self.turn(due).await?;
        }
        self.server.lock().set_now(until);
        Ok(())
    }

    async fn turn(&mut self, index: usize) -> Check {
        let now = self.now();
        let before = self.machines[index].operations().await;
        let turned = self.machines[index].turn(now).await;
        self.note_turn(index, &before, turned).await;
        self.check_turn(index, &before).await
    }

    /// All machines act at once, one request at a time.
    async fn together(&mut self, order: u64) -> Check {
        let now = self.now();
        let gate = self.server.gate.clone();
        let mut before = Vec::new();
        for machine in &mut self.machines {
            before.push(machine.operations().await);
            machine.next_poll = now;
            machine.wake = Timestamp::MIN;
        }
        let names: Vec<String> = self.machines.iter().map(|machine| machine.name.clone()).collect();
        gate.close(&names);
        let mut turned = vec![Turned::Whole; self.machines.len()];
        {
            let mut acting: Vec<_> = Vec::new();
            for (machine, turned) in self.machines.iter_mut().zip(&mut turned) {
                let gate = gate.clone();
                acting.push(Box::pin(async move {
                    *turned = machine.turn(now).await;
                    gate.leave(&machine.name);
                }));
            }
            self.server.lock().at_once = true;
            tokio::join!(gate.conduct(order), all(acting));
        }
        self.server.lock().at_once = false;
        for (index, before) in before.iter().enumerate() {
            self.note_turn(index, before, turned[index]).await;
            self.check_turn(index, before).await?;
        }
        Ok(())
    }

    async fn note_turn(&mut self, index: usize, before: &[Operation], turned: Turned) {
        let name = self.machines[index].name.clone();
        for operation in self.machines[index].operations().await {
            let Operation { id, intent, state, .. } = &operation;
            let is_news = before.iter().find(|old| old.id == *id).is_none_or(|old| old.state != *state);
            if is_news {
                let to = intent.to.span(zone().rules()).start;
                self.note(&format!("  {name}: {id} {:?} of {} to {to} is {state:?}", intent.way, intent.session));
            }
        }
        if turned == Turned::Killed {
            self.note(&format!("  {name} was killed"));
        }
    }

    async fn check_turn(&mut self, index: usize, before: &[Operation]) -> Check {
        let machine = &self.machines[index];
        if machine.skew.abs() > SignedDuration::from_mins(2) {
            let sent = machine.operations().await.iter().filter(|one| one.tries > 0).count();
            let earlier = before.iter().filter(|one| one.tries > 0).count();
            ensure(sent == earlier, || format!("{} wrote though its clock is wrong", machine.name))?;
        }
        self.check_writes().await
    }
}

/// Waits for all of them, side by side.
async fn all<F: Future<Output = ()> + Unpin>(mut futures: Vec<F>) {
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| std::pin::Pin::new(future).poll(context).is_pending());
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
