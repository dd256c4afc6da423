//! The manager's calendars, cadenced's reads of them, and its writes to them.

use std::collections::BTreeMap;

use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::event::{Event, Status};
use cadenced::domain::operation::{Intent, Operation, OperationId, State, WriteKind};
use cadenced::domain::plan::{Action, Notice, Proposal, is_true, plan, proposals};
use cadenced::domain::recurrence::Moment;
use cadenced::domain::reschedule::AskBusy;
use cadenced::domain::snapshot::{Mirrored, Vanished};
use cadenced::domain::source::{Credential, GuestNotice, News, ReadErrorKind, ReadProblem, Source, SourceKind, Whose};
use cadenced::domain::span::Span;
use cadenced::domain::standing::Standing;
use cadenced::domain::week::WeekId;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::chance::Chance;
use super::people::{TEAM, policy};
use crate::support::*;

/// What somebody does to a calendar.
#[derive(Clone)]
pub enum Change {
    /// An event is put there, or changed.
    Put(Box<Event>),
    /// An event is deleted.
    Delete(String),
}

impl Change {
    pub fn put(event: Event) -> Self {
        Self::Put(Box::new(event))
    }
}

/// One day's cycle of the daemon: what was told, and which reports were written.
#[derive(Default)]
pub struct Cycle {
    pub told: Vec<Notice>,
    pub reports: Vec<WeekId>,
}

/// The manager's calendars, and everything that cadenced remembers.
pub struct Office {
    pub world: World,
    pub now: Timestamp,
    /// What others see, while a calendar cannot be read.
    unseen: BTreeMap<String, Vec<Change>>,
    broken: BTreeMap<String, ReadProblem>,
    busy: Chance,
}

/// The calendars, the owner's main one first.
pub const CALENDARS: [&str; 3] = ["work", "side", "holidays"];

impl Office {
    pub fn new(first: Timestamp) -> Self {
        let mut world = World::new("2026-01-01T08:00");
        world.policy = policy();
        world.snapshot.sources = CALENDARS.map(|name| source(name, first)).into();
        let (unseen, broken) = (BTreeMap::new(), BTreeMap::new());
        let mut office = Self { world, now: first, unseen, broken, busy: Chance::new(7) };
        for report in &TEAM {
            office.change(report.calendar, Change::put(report.series()));
        }
        office
    }

    /// Somebody changes a calendar. It is seen at the next good read.
    pub fn change(&mut self, calendar: &str, change: Change) {
        self.unseen.entry(calendar.to_owned()).or_default().push(change);
    }

    /// From now on a calendar cannot be read, or can be again.
    pub fn breaks(&mut self, calendar: &str, problem: Option<(ReadErrorKind, &str)>) {
        match problem {
            Some((kind, detail)) => {
                self.broken.insert(calendar.to_owned(), ReadProblem { kind, detail: detail.to_owned() });
            }
            None => {
                self.broken.remove(calendar);
            }
        }
    }

    /// The event that stands in a calendar under this uid, the series itself where it is one.
    pub fn event(&self, uid: &str) -> Option<&Event> {
        let stands = |held: &&Mirrored| held.vanished.is_none() && held.event.overrides.is_none();
        let mut events = self.world.snapshot.events.iter().filter(stands).map(|held| &held.event);
        events.find(|event| event.uid == uid)
    }

    /// Every calendar is read, and the daemon does what it then wants to do.
    pub fn cycle(&mut self, now: Timestamp) -> Cycle {
        self.now = now;
        for calendar in CALENDARS {
            self.read(calendar);
        }
        self.act()
    }

    /// The daemon wakes without a read, as something is due.
    pub fn wake(&mut self, now: Timestamp) -> Cycle {
        assert!(now > self.now, "woken at {now}, when it is {}", self.now);
        self.now = now;
        self.act()
    }

    fn read(&mut self, calendar: &str) {
        let now = self.now;
        let stale_after = self.world.policy.stale_after;
        let problem = self.broken.get(calendar).cloned();
        let changes = if problem.is_none() { self.unseen.remove(calendar).unwrap_or_default() } else { Vec::new() };
        let source = self.source(calendar);
        if let Some(problem) = problem {
            let last = source.last_success.unwrap();
            source.stale_since = (now.duration_since(last) >= stale_after).then_some(last);
            source.problem = Some(problem);
            return;
        }
        let before = source.last_success.unwrap();
        (source.last_success, source.stale_since, source.problem) = (Some(now), None, None);
        if !changes.is_empty() {
            let after = source.news.map_or(Some(before), |news| news.after).filter(|&after| after < now);
            source.news = Some(News { after, before: now });
        }
        for held in &mut self.world.snapshot.events {
            if held.source == source_id(calendar)
                && let Some(vanished) = &mut held.vanished
                && vanished.confirmed.is_none()
            {
                vanished.confirmed = Some(now);
            }
        }
        for change in changes {
            self.take_in(calendar, change, before);
        }
    }

    fn source(&mut self, calendar: &str) -> &mut Source {
        self.world.snapshot.sources.iter_mut().find(|source| source.id == source_id(calendar)).unwrap()
    }

    fn take_in(&mut self, calendar: &str, change: Change, before: Timestamp) {
        let (now, source) = (self.now, source_id(calendar));
        let events = &mut self.world.snapshot.events;
        match change {
            Change::Put(event) => {
                let event = *event;
                let key = |event: &Event| (event.uid.clone(), event.overrides.as_ref().map(|id| id.original.clone()));
                match events.iter_mut().find(|held| held.source == source && key(&held.event) == key(&event)) {
                    Some(held) => (held.event, held.vanished) = (event, None),
                    None => events.push(Mirrored { source, event, first_seen: now, vanished: None }),
                }
            }
            Change::Delete(uid) => {
                for held in events.iter_mut().filter(|held| held.source == source && held.event.uid == uid) {
                    held.vanished = Some(Vanished { last_seen: before, missed: now, confirmed: None });
                }
            }
        }
    }

    /// Plans and performs until there is nothing left to do.
    pub fn act(&mut self) -> Cycle {
        let mut cycle = Cycle::default();
        for round in 0.. {
            let actions = plan(&self.standing(), &self.world.snapshot, &self.world.policy);
            if actions.is_empty() {
                break;
            }
            assert!(round < 6, "planning after acting still yields {actions:#?}");
            for action in actions {
                self.perform(action, &mut cycle);
            }
        }
        cycle
    }

    pub fn standing(&self) -> Standing {
        use cadenced::domain::assess::{assess, horizon};
        assess(&self.world.snapshot, &self.world.policy, horizon(self.now), self.now)
    }

    pub fn proposals(&self, standing: &Standing) -> Vec<Proposal> {
        proposals(standing, &self.world.snapshot, &self.world.policy)
    }

    pub fn is_true(&self, notice: &Notice) -> bool {
        let standing = self.standing();
        is_true(notice, &standing, &self.world.snapshot, &self.proposals(&standing))
    }

    fn perform(&mut self, action: Action, cycle: &mut Cycle) {
        let snapshot = &mut self.world.snapshot;
        match action {
            Action::Ask(ask) => self.answer(ask),
            Action::Write(intent) => self.write(intent),
            Action::TurnDown(intent, why) => self.journal(intent, State::StoodDown { why }),
            fact @ (Action::Remember(_) | Action::Forget { .. } | Action::Record(_) | Action::Recorded { .. }) => {
                self.world.keep(fact);
            }
            Action::Tell(notice) => {
                snapshot.told.insert(notice.key.clone());
                snapshot.told.extend(notice.settles.iter().cloned());
                if let Some(offer) = notice.offer() {
                    snapshot.offers.retain(|other| other.session != offer.session);
                    snapshot.offers.push(offer);
                }
                cycle.told.push(notice);
            }
            Action::Report { week, key } => {
                snapshot.told.insert(key);
                cycle.reports.push(week);
            }
        }
    }

    /// The server says when each of them is busy, if it does. Of the manager it knows no more than the calendar shows.
    fn answer(&mut self, ask: AskBusy) {
        for who in ask.who {
            let busy = match TEAM.iter().find(|report| who.to_string() == report.address()) {
                Some(person) => person.shows_busy.then(|| self.diary(person.short, ask.window)),
                None => Some(Vec::new()),
            };
            self.world.snapshot.availability.retain(|other| other.who != who);
            self.world.snapshot.availability.push(Availability { who, window: ask.window, asked: self.now, busy });
        }
    }

    /// Somebody's meetings besides the 1:1s: the same whenever they are asked for.
    fn diary(&self, who: &str, window: Span) -> Vec<BusySpan> {
        let mut found = Vec::new();
        let first: Date = zone().to_datetime(window.start).date();
        for day in (0..60).map(|ahead| first + ahead.days()) {
            let mut chance = self.busy.of(&format!("{who} {day}"));
            let mut hour = 9 + chance.below(2);
            while hour < 17 {
                let start = at(&format!("{day}T{hour:02}:00"));
                let span = Span::new(start, start + SignedDuration::from_mins(30 * (1 + i64::from(chance.below(3)))));
                hour += 2 + chance.below(2);
                if span.overlaps(&window) {
                    found.push(BusySpan { span, tentative: false });
                }
            }
        }
        found
    }

    fn write(&mut self, intent: Intent) {
        let calendar = intent.source.calendar.clone();
        let now = self.now;
        let moved = |event: &Event, to: &cadenced::domain::operation::Times| Event {
            start: to.start.clone(),
            end: to.end.clone(),
            ..event.clone()
        };
        match intent.way {
            WriteKind::Move | WriteKind::MoveBack => {
                let standing = self.event(&intent.uid).unwrap().clone();
                let event = match &intent.original {
                    Some(original) => moved(&override_of(&standing, original), &intent.to),
                    None => moved(&standing, &intent.to),
                };
                self.take_in(&calendar, Change::put(event), now);
            }
            WriteKind::MakeUp => {
                let mut event = pair(&make_up(&intent), "2026-01-01T09:00", "x@example.com");
                (event.start, event.end) = (intent.to.start.clone(), intent.to.end.clone());
                event.title.clone_from(&intent.title);
                event.guests[1].who = intent.guest.clone().unwrap();
                event.guests[1].reply = cadenced::domain::event::Reply::NeedsAction;
                self.take_in(&calendar, Change::put(event), now);
            }
            WriteKind::TakeOff => {
                let undone = intent.undoes.clone().unwrap();
                let of = self.world.snapshot.operations.iter().find(|operation| operation.id == undone);
                let uid = make_up(&of.unwrap().intent);
                let mut event = self.event(&uid).unwrap().clone();
                event.status = Status::Cancelled;
                self.take_in(&calendar, Change::put(event), now);
            }
        }
        self.journal(intent, State::Done);
    }

    fn journal(&mut self, intent: Intent, state: State) {
        let id = OperationId(format!("{:08x}", self.world.snapshot.operations.len() * 7_919 + 0x4f81_0000));
        self.world.snapshot.operations.push(Operation { state, tries: 1, ..Operation::new(id, intent, self.now) });
    }
}

/// The uid of a make-up: any will do, as nothing else writes here.
fn make_up(intent: &Intent) -> String {
    format!("make-up-{}-{}", intent.session, intent.from.start.as_second())
}

/// The override of one session of a series, at its own time.
pub fn override_of(series: &Event, original: &Moment) -> Event {
    let local = original.instant(&zone()).to_zoned(zone()).datetime();
    instance(series, &local.strftime("%Y-%m-%dT%H:%M").to_string())
}

fn source(name: &str, first: Timestamp) -> Source {
    let is_main = name == "work";
    Source {
        id: source_id(name),
        kind: if is_main { SourceKind::Api } else { SourceKind::Feed },
        read_only: !is_main,
        whose: if name == "holidays" { Whose::Holidays } else { Whose::Owner },
        first_success: Some(first),
        last_success: Some(first),
        news: None,
        stale_since: None,
        problem: None,
        credential: if is_main { Credential::Browser } else { Credential::Address },
        guest_notice: is_main.then_some(GuestNotice::Mail),
    }
}
