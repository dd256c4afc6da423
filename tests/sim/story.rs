//! Owns one story: random things happen to two people's calendars and machines, and after each of them every promise is checked.

use std::fmt::Write;
use std::path::Path;

use cadenced::domain::event::Reply;
use cadenced::domain::operation::Operation;
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::machine::{Machine, Turned, Wishes};
use super::promises::{ensure, is_make_up};
use super::world::{Fault, MANAGER, OTHERS, REPORT, Server, moment, set_reply, single, span, weekly, zone};

const STEPS: u32 = 14;
const SERIES: &str = "one-on-one";
pub(super) const TEAM: &str = "team";

/// Small numbers that a seed gives, always the same ones (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

pub struct Story {
    seed: u64,
    chance: Chance,
    pub(super) server: Server,
    pub(super) machines: Vec<Machine>,
    told: Vec<String>,
    /// How many writes were checked already.
    pub(super) checked: usize,
    series: Vec<String>,
}

pub(super) type Check = Result<(), String>;

pub(super) fn hours(n: u64) -> SignedDuration {
    SignedDuration::from_hours(i64::try_from(n).unwrap())
}

impl Story {
    pub fn new(seed: u64, folder: &Path) -> Self {
        let mut chance = Chance(seed);
        let server = Server::default();
        let now: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
        let start: Timestamp = "2026-09-08T08:00:00Z".parse().unwrap();
        let half = |at: Timestamp| Span::new(at, at + SignedDuration::from_mins(30));
        {
            let mut world = server.lock();
            world.now = now;
            let every = chance.pick(&[1, 2]);
            world.put(SERIES, weekly(SERIES, MANAGER, &[REPORT], half(start), every));
            let team = [REPORT, OTHERS[0], OTHERS[1]];
            world.put(TEAM, weekly(TEAM, MANAGER, &team, half(start + hours(25)), 1));
        }
        let mut machines = Vec::new();
        let mode = chance.pick(&["auto", "auto", "auto", "ask", "off"]);
        let manager = Wishes {
            whose: MANAGER,
            mode,
            access: if chance.one_in(8) { "read" } else { "write" },
            ask_when_other_lost: chance.one_in(3),
            make_up_as_guest: false,
        };
        machines.push(Machine::new("desk", manager.clone(), &server, folder, now));
        if chance.one_in(2) {
            machines.push(Machine::new("laptop", manager, &server, folder, now));
        }
        if chance.one_in(2) {
            let wishes = Wishes {
                whose: REPORT,
                mode: chance.pick(&["auto", "ask", "off"]),
                access: "write",
                ask_when_other_lost: chance.one_in(2),
                make_up_as_guest: chance.one_in(2),
            };
            machines.push(Machine::new("reports", wishes, &server, folder, now));
        }
        let told = machines.iter().map(|machine| format!("{}: {:?}", machine.name, machine.wishes)).collect();
        Self { seed, chance, server, machines, told, checked: 0, series: vec![SERIES.to_owned()] }
    }

    /// Tells the story; an error is the story up to where a promise was broken.
    pub async fn tell(mut self) -> Result<(), String> {
        self.turn_all().await.map_err(|broken| self.ending(&broken))?;
        for _ in 0..STEPS {
            let what = self.step().await;
            self.told.push(format!("{} {what}", self.server.lock().now));
            self.turn_all().await.map_err(|broken| self.ending(&broken))?;
        }
        self.heal().await.map_err(|broken| self.ending(&broken))
    }

    fn ending(&self, broken: &str) -> String {
        let mut story = format!("seed {}: {broken}\n", self.seed);
        for line in &self.told {
            let _ = writeln!(story, "  {line}");
        }
        story
    }

    async fn step(&mut self) -> String {
        let now = self.server.lock().now;
        let series = self.series.last().unwrap().clone();
        let starts = self.server.lock().starts(&series, now - hours(7 * 24), now + hours(15 * 24));
        let original = if starts.is_empty() { now } else { self.chance.pick(&starts) };
        match self.chance.below(20) {
            0..=4 => self.advance(),
            5 | 6 => {
                self.server.lock().change_instance(&series, original, |entry| entry.deleted = true);
                format!("the manager cancels the session of {original}")
            }
            7 | 8 => self.reply(&series, original, REPORT, Reply::Declined),
            9 => self.reply(&series, original, MANAGER, Reply::Declined),
            10 => self.drag(&series, original),
            11 => self.occupy(REPORT),
            12 => self.occupy(MANAGER),
            13 | 14 => self.fault(),
            15 => self.trouble(),
            16 => self.split(&series),
            17 => self.user_takes(now).await,
            18 => self.user_undoes(now).await,
            _ => self.delete_make_up(),
        }
    }

    fn advance(&mut self) -> String {
        let by = SignedDuration::from_mins(self.chance.pick(&[11, 25, 60, 180, 600, 1440, 2880]));
        self.server.lock().now += by;
        format!("{by:#} go by")
    }

    fn reply(&mut self, series: &str, original: Timestamp, whose: &str, reply: Reply) -> String {
        self.server.lock().change_instance(series, original, |entry| set_reply(&mut entry.event, whose, reply));
        format!("{whose} replies {reply:?} to the session of {original}")
    }

    /// Somebody moves a session by hand.
    fn drag(&mut self, series: &str, original: Timestamp) -> String {
        let by = hours(self.chance.pick(&[1, 3, 24]));
        self.server.lock().change_instance(series, original, |entry| {
            let at = span(&entry.event);
            entry.event.start = moment(at.start + by);
            entry.event.end = moment(at.end + by);
        });
        format!("the manager drags the session of {original} by {by:#}")
    }

    fn occupy(&mut self, whose: &str) -> String {
        let from = self.chance.below(14 * 24);
        let long = self.chance.pick(&[1, 4, 10]);
        let mut world = self.server.lock();
        let at = world.now + hours(from);
        let at = Span::new(at, at + hours(long));
        let uid = format!("busy-{}-{whose}", world.next);
        let event = single(&uid, whose, &[], at);
        world.put(&uid, event);
        format!("{whose} is busy at {} for {long} h", at.start)
    }

    fn fault(&mut self) -> String {
        let faults =
            [Fault::LoseReply, Fault::LoseRequest, Fault::Refuse, Fault::Wait, Fault::KillBefore, Fault::KillAfter];
        let fault = self.chance.pick(&faults);
        // Requests that go well before it, so that it hits a look as well as a write.
        let at = usize::try_from(self.chance.below(4)).unwrap();
        self.server.lock().faults_after(at, fault);
        format!("request {at} from now: {fault:?}")
    }

    fn trouble(&mut self) -> String {
        match self.chance.below(3) {
            0 => {
                let mut world = self.server.lock();
                world.unreadable = !world.unreadable;
                format!("the server can be read: {}", !world.unreadable)
            }
            1 => {
                let mut world = self.server.lock();
                world.unknown_busy = !world.unknown_busy;
                format!("the server says who is busy: {}", !world.unknown_busy)
            }
            _ => {
                let which = usize::try_from(self.chance.below(self.machines.len() as u64)).unwrap();
                let machine = &mut self.machines[which];
                machine.skew = if machine.skew.is_zero() { SignedDuration::from_mins(5) } else { SignedDuration::ZERO };
                machine.start();
                format!("the clock of {} is off by {:#}", machine.name, machine.skew)
            }
        }
    }

    /// "This and following": the old series ends, a new one goes on an hour later.
    fn split(&mut self, series: &str) -> String {
        let mut world = self.server.lock();
        let now = world.now;
        let Some(next) = world.starts(series, now + hours(1), now + hours(21 * 24)).first().copied() else {
            return "there is nothing left to split".to_owned();
        };
        let is_first = span(&world.entries[series].event).start == next;
        let name = format!("{SERIES}-{}", world.next);
        let mut event = world.entries[series].event.clone();
        event.uid.clone_from(&name);
        event.start = moment(next + hours(1));
        event.end = moment(next + hours(1) + SignedDuration::from_mins(30));
        let later: Vec<String> = world
            .entries
            .keys()
            .filter(|key| {
                let original = key.strip_prefix(&format!("{series}/")).and_then(|at| at.parse::<Timestamp>().ok());
                original.is_some_and(|original| original >= next)
            })
            .cloned()
            .collect();
        for key in later {
            world.entries.remove(&key);
        }
        world.change(series, |entry| {
            // Split at its first session, nothing is left of it.
            entry.deleted |= is_first;
            let rule = &entry.event.recurrence.as_ref().unwrap().rules[0];
            let until = zone().rules().to_datetime(next - SignedDuration::from_secs(1));
            let until = moment(until.to_zoned(zone().rules().clone()).unwrap().timestamp()).instant(zone().rules());
            let utc = jiff::tz::TimeZone::UTC.to_datetime(until).strftime("%Y%m%dT%H%M%SZ");
            let rule = format!("{rule};UNTIL={utc}").parse().unwrap();
            entry.event.recurrence.as_mut().unwrap().rules = vec![rule];
        });
        world.put(&name, event);
        drop(world);
        self.series.push(name.clone());
        format!("the manager splits the series at {next}: {name} goes on an hour later")
    }

    async fn user_takes(&mut self, now: Timestamp) -> String {
        let which = usize::try_from(self.chance.below(self.machines.len() as u64)).unwrap();
        let taken = self.machines[which].take_slot(now).await;
        taken.map_or_else(
            || "nobody is asked anything".to_owned(),
            |what| format!("the user of {} takes {what}", self.machines[which].name),
        )
    }

    async fn user_undoes(&mut self, now: Timestamp) -> String {
        let which = usize::try_from(self.chance.below(self.machines.len() as u64)).unwrap();
        let undone = self.machines[which].undo_last(now).await;
        undone.map_or_else(
            || "there is nothing to undo".to_owned(),
            |what| format!("the user of {} wants {what} undone", self.machines[which].name),
        )
    }

    fn delete_make_up(&mut self) -> String {
        let mut world = self.server.lock();
        let found = world.entries.iter().find(|(name, entry)| is_make_up(name) && !entry.deleted);
        let Some(name) = found.map(|(name, _)| name.clone()) else {
            return "there is no make-up to delete".to_owned();
        };
        world.change(&name, |entry| entry.deleted = true);
        format!("the manager deletes the make-up {}", &name[..8])
    }

    async fn turn_all(&mut self) -> Check {
        let mut order: Vec<usize> = (0..self.machines.len()).collect();
        if self.chance.one_in(2) {
            order.reverse();
        }
        for index in order {
            // A machine may be asleep.
            if !self.chance.one_in(6) {
                self.turn_one(index).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn turn_one(&mut self, index: usize) -> Check {
        let now = self.server.lock().now;
        let before = self.machines[index].operations().await.len();
        let written = self.server.lock().written.len();
        let turned = self.machines[index].turn(now).await;
        let name = self.machines[index].name.clone();
        let after = self.machines[index].operations().await;
        for operation in &after[before.min(after.len())..] {
            let Operation { id, intent, state, .. } = operation;
            self.told.push(format!("{now}   {name}: {id} {:?} of {} is {state:?}", intent.way, intent.session));
        }
        if turned == Turned::Killed {
            self.told.push(format!("{now}   {name} was killed"));
        }
        if turned == Turned::Unread {
            let begun = after[before..].iter().find(|one| one.intent.automatic && one.may_have_written());
            ensure(begun.is_none(), || format!("{name} began something from stale data: {begun:?}"))?;
        }
        if self.machines[index].skew.abs() > SignedDuration::from_mins(2) {
            let still = self.server.lock().written.len();
            ensure(still == written, || format!("{name} wrote though its clock is wrong"))?;
        }
        self.check(now).await?;
        if turned == Turned::Whole && self.server.lock().faults.is_empty() {
            self.check_again(index, now).await?;
        }
        Ok(())
    }
}
