//! A small made-up world for tests of the rules: one owner, one calendar, events and reads of them.

use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::availability::Availability;
use cadenced::domain::event::{
    Event, EventKind, Guest, GuestList, Participant, ParticipantKind, RecurrenceId, Reply, Status,
};
use cadenced::domain::one_on_one::KnownSeries;
use cadenced::domain::operation::{Intent, Operation, OperationId, State};
use cadenced::domain::person::{Address, Person, Relation};
use cadenced::domain::plan::{Action, Notice, plan};
use cadenced::domain::policy::{Policy, RosterEntry};
use cadenced::domain::recurrence::{Moment, Recurrence, Rule, Zone};
use cadenced::domain::reschedule::AskBusy;
use cadenced::domain::session::{LedgerLine, Session};
use cadenced::domain::snapshot::{Mirrored, Snapshot, Vanished};
use cadenced::domain::source::{Credential, News, Source, SourceId, SourceKind, Whose};
use cadenced::domain::standing::{OneOnOne, Standing};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub const OWNER: &str = "owner@example.com";
pub const ANN: &str = "ann@example.com";
pub const BOB: &str = "bob@example.com";
const ZONE: &str = "Europe/Berlin";

/// Wall-clock time in the owner's zone, as an instant.
pub fn at(local: &str) -> Timestamp {
    let local: DateTime = local.parse().expect("a civil time");
    local.to_zoned(zone()).expect("a zoned time").timestamp()
}

pub fn zone() -> TimeZone {
    TimeZone::get(ZONE).expect("the zone")
}

pub fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub fn who(text: &str) -> Participant {
    Participant { address: Some(address(text)), name: None, kind: ParticipantKind::Individual }
}

pub fn guest(text: &str, reply: Reply) -> Guest {
    Guest { who: who(text), reply, non_participant: false }
}

fn moment(local: &str) -> Moment {
    Moment::Zoned(local.parse().expect("a civil time"), Zone::iana(ZONE).expect("the zone"))
}

/// A half-hour event of the owner and one other, called by the owner.
pub fn pair(uid: &str, start: &str, other: &str) -> Event {
    let start = moment(start);
    Event {
        uid: uid.into(),
        overrides: None,
        end: start.plus(jiff::SignedDuration::from_mins(30)),
        start,
        recurrence: None,
        status: Status::Confirmed,
        busy: true,
        kind: EventKind::Ordinary,
        title: "Talk".into(),
        organiser: Some(who(OWNER)),
        guests: vec![guest(OWNER, Reply::Accepted), guest(other, Reply::Accepted)],
        guest_list: GuestList::Complete,
        sequence: 0,
        modified: None,
        untold_guests: false,
        unknown_zone: None,
    }
}

/// The same as a series.
pub fn series(uid: &str, start: &str, rule: &str, other: &str) -> Event {
    let rule: Rule = rule.parse().expect("a rule");
    let recurrence = Recurrence { rules: vec![rule], ..Recurrence::default() };
    Event { recurrence: Some(recurrence), ..pair(uid, start, other) }
}

/// An override of one instance of a series, at the same place until it is changed.
pub fn instance(master: &Event, original: &str) -> Event {
    let start = moment(original);
    Event {
        overrides: Some(RecurrenceId { original: start.clone(), this_and_future: false }),
        end: start.plus(jiff::SignedDuration::from_mins(30)),
        start,
        recurrence: None,
        ..master.clone()
    }
}

/// An event without guests, of the owner alone.
pub fn alone(uid: &str, title: &str, start: &str, minutes: i64) -> Event {
    let start = moment(start);
    Event {
        end: start.plus(jiff::SignedDuration::from_mins(minutes)),
        start,
        title: title.into(),
        organiser: None,
        guests: vec![],
        guest_list: GuestList::Absent,
        ..pair(uid, "2026-01-01T00:00", ANN)
    }
}

/// Days off, as an event of whole days.
pub fn days(uid: &str, title: &str, from: &str, to: &str) -> Event {
    Event {
        start: Moment::Date(from.parse().expect("a date")),
        end: Moment::Date(to.parse().expect("a date")),
        ..alone(uid, title, "2026-01-01T00:00", 30)
    }
}

pub trait Changed: Sized {
    fn changed(self, change: impl FnOnce(&mut Self)) -> Self;
}

impl<T> Changed for T {
    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

pub fn move_to(event: &mut Event, start: &str) {
    event.start = moment(start);
    event.end = event.start.plus(jiff::SignedDuration::from_mins(30));
}

pub fn except(master: &mut Event, original: &str) {
    if let Some(recurrence) = &mut master.recurrence {
        recurrence.excluded.push(moment(original));
    }
}

/// The owner's calendars, what is remembered, and the settings.
#[derive(Clone)]
pub struct World {
    pub snapshot: Snapshot,
    pub policy: Policy,
}

impl World {
    /// One feed, first read on `first` and never since; its events were all there on that read.
    pub fn new(first: &str) -> Self {
        let source = Source {
            id: source_id("work"),
            kind: SourceKind::Feed,
            read_only: true,
            whose: Whose::Owner,
            first_success: Some(at(first)),
            last_success: Some(at(first)),
            news: None,
            stale_since: None,
            problem: None,
            credential: Credential::Address,
            guest_notice: None,
        };
        let policy = Policy { owner: vec![address(OWNER)], zone: zone(), ..Policy::default() };
        Self { snapshot: Snapshot { sources: vec![source], ..Snapshot::default() }, policy }
    }

    pub fn with(mut self, event: Event) -> Self {
        self.add(event);
        self
    }

    /// Adds an event, or puts it in the place of the one that it revises.
    pub fn add(&mut self, event: Event) {
        let same = |held: &Mirrored| {
            held.event.uid == event.uid
                && held.event.overrides.as_ref().map(|id| &id.original)
                    == event.overrides.as_ref().map(|id| &id.original)
        };
        let read = self.snapshot.sources[0].last_success.expect("a read");
        match self.snapshot.events.iter_mut().find(|held| same(held)) {
            Some(held) => {
                held.event = event;
                held.vanished = None;
            }
            None => self.snapshot.events.push(Mirrored {
                source: source_id("work"),
                event,
                first_seen: read,
                vanished: None,
            }),
        }
    }

    /// A good read at this time.
    pub fn read(&mut self, when: &str) {
        let source = &mut self.snapshot.sources[0];
        let after = source.news.map_or(source.last_success, |news| news.after);
        source.news = Some(News { after, before: at(when) });
        source.last_success = Some(at(when));
        source.stale_since = None;
        for held in &mut self.snapshot.events {
            if let Some(vanished) = &mut held.vanished
                && vanished.confirmed.is_none()
                && at(when) > vanished.missed
            {
                vanished.confirmed = Some(at(when));
            }
        }
    }

    /// A good read at this time that no longer shows an event and its overrides.
    pub fn vanish(&mut self, uid: &str, when: &str) {
        let last_seen = self.snapshot.sources[0].last_success.expect("a read");
        self.read(when);
        for held in self.snapshot.events.iter_mut().filter(|held| held.event.uid == uid) {
            held.vanished = Some(Vanished { last_seen, missed: at(when), confirmed: None });
        }
    }

    pub fn roster(mut self, name: &str, addresses: &[&str]) -> Self {
        self.policy.people.push(RosterEntry {
            person: Person {
                name: name.into(),
                addresses: addresses.iter().map(|text| address(text)).collect(),
                relation: Relation::Report,
            },
            aliases: vec![],
            target: None,
            expected: true,
            hours: None,
        });
        self
    }

    pub fn standing(&self, now: &str) -> Standing {
        let now = at(now);
        assess(&self.snapshot.clone().known_at(now), &self.policy, horizon(now), now)
    }

    pub fn only(&self, now: &str) -> OneOnOne {
        let mut standing = self.standing(now);
        assert_eq!(standing.one_on_ones.len(), 1, "one 1:1 in {standing:#?}");
        standing.one_on_ones.remove(0)
    }

    /// The one session of the only 1:1 with this original start.
    pub fn session(&self, now: &str, original: &str) -> Session {
        let one = self.only(now);
        let found = one.sessions.iter().find(|session| session.id.original == at(original));
        found.unwrap_or_else(|| panic!("no session at {original} among {:#?}", one.sessions)).clone()
    }

    /// Plans, performs on the snapshot what the plan says, and gives back what was told.
    pub fn act(&mut self, now: &str) -> Vec<Notice> {
        let mut told = Vec::new();
        for round in 0.. {
            let standing = self.standing(now);
            let actions = plan(&standing, &self.snapshot.clone().known_at(at(now)), &self.policy);
            if actions.is_empty() {
                break;
            }
            assert!(round < 4, "planning after acting still yields {actions:#?}");
            for action in actions {
                self.perform(action, at(now), &mut told);
            }
        }
        told
    }

    fn perform(&mut self, action: Action, now: Timestamp, told: &mut Vec<Notice>) {
        match action {
            // No server answers here, and that is an answer.
            Action::Ask(AskBusy { who, window, .. }) => {
                let unknown = |who| Availability { who, window, asked: now, busy: None };
                self.snapshot.availability.extend(who.into_iter().map(unknown));
            }
            Action::Write(intent) => self.journal(intent, State::Done, now),
            Action::TurnDown(intent, why) => self.journal(intent, State::StoodDown { why }, now),
            fact @ (Action::Remember(_) | Action::Forget { .. } | Action::Record(_) | Action::Recorded { .. }) => {
                self.keep(fact);
            }
            Action::Tell(notice) => {
                self.snapshot.told.insert(notice.key.clone());
                self.snapshot.told.extend(notice.settles.iter().cloned());
                if let Some(offer) = notice.offer() {
                    self.snapshot.offers.retain(|other| other.session != offer.session);
                    self.snapshot.offers.push(offer);
                }
                told.push(notice);
            }
            Action::Report { key, .. } => {
                self.snapshot.told.insert(key);
            }
        }
    }

    /// Puts an operation into the journal that ended so.
    pub fn journal(&mut self, intent: Intent, state: State, now: Timestamp) {
        let id = OperationId(format!("operation-{}", self.snapshot.operations.len()));
        self.snapshot.operations.push(Operation { state, tries: 1, ..Operation::new(id, intent, now) });
    }

    /// Keeps what an action says of the past; every other action is the caller's.
    pub fn keep(&mut self, action: Action) {
        match action {
            Action::Remember(series) => {
                let same = |known: &KnownSeries| known.uid == series.uid && known.one_on_one == series.one_on_one;
                self.snapshot.known.retain(|known| !same(known));
                self.snapshot.known.push(series);
            }
            Action::Forget { uid, one_on_one } => {
                self.snapshot.known.retain(|known| known.uid != uid || known.one_on_one != one_on_one);
            }
            Action::Record(line) => self.record(line),
            Action::Recorded { source, until } => {
                for known in self.snapshot.sources.iter_mut().filter(|known| known.id == source) {
                    known.news = known.news.filter(|news| news.before > until);
                }
            }
            Action::Ask(_) | Action::Write(_) | Action::TurnDown(..) | Action::Tell(_) | Action::Report { .. } => {}
        }
    }

    fn record(&mut self, line: LedgerLine) {
        self.snapshot.ledger.retain(|before| before.session.id != line.session.id);
        self.snapshot.ledger.push(line);
    }
}

pub fn source_id(calendar: &str) -> SourceId {
    SourceId { account: "home".into(), calendar: calendar.into() }
}
