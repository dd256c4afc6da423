//! Collects what is known of both people's busy time, from calendars, the journal and servers.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::write_plan::organiser;
use super::{AHEAD, AVAILABILITY_MAX_AGE, AskBusy, UNANSWERED, history};
use crate::domain::availability::Availability;
use crate::domain::budget::Budget;
use crate::domain::event::{Event, EventKind, Reply, Status};
use crate::domain::hours::{WeeklyHours, learn};
use crate::domain::operation::State;
use crate::domain::outcome::busy::{is_away, is_focus, spans};
use crate::domain::person::{Address, Side};
use crate::domain::policy::Policy;
use crate::domain::series::density::is_denser_than_hourly;
use crate::domain::series::scheduled::instances;
use crate::domain::series::{Body, Series, Sorted, sort};
use crate::domain::session::{Outcome, Session};
use crate::domain::slot::{
    Against, Busy, BusyKind, Choice, Diary, Found, GaveWay, Known, NoSlot, Search, Usual, blocked_by, evaluate, search,
};
use crate::domain::snapshot::{Mirrored, Snapshot};
use crate::domain::source::{SourceKind, Whose};
use crate::domain::span::Span;
use crate::domain::standing::{OneOnOne, Standing};

/// How far back accepted events tell of somebody's hours.
const LEARNT_FROM: SignedDuration = SignedDuration::from_hours(61 * 24);

/// What is known of everybody's time; gathered once something is looked for.
pub(super) struct Diaries<'a> {
    standing: &'a Standing,
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    own: OnceCell<Own<'a>>,
}

/// The owner's time.
struct Own<'a> {
    busy: Vec<OwnerBusy<'a>>,
    hours: WeeklyHours,
}

/// A stretch of the owner's busy time, and the event that it comes from.
struct OwnerBusy<'a> {
    busy: Busy,
    /// Empty where it is no session's.
    uid: &'a str,
    original: Timestamp,
}

/// A day that is offered only where no other does. The owner's is offered rather than a time after the deadline.
#[derive(Clone, Copy)]
struct RefusedDay {
    span: Span,
    by: Side,
}

/// Everything that the search for one session's slot goes by.
pub(super) struct SearchInput<'a> {
    length: SignedDuration,
    usual: Usual,
    original: Span,
    after: Timestamp,
    before: Timestamp,
    now: Timestamp,
    deadline: Timestamp,
    owner_hours: &'a WeeklyHours,
    other_hours: WeeklyHours,
    owner_busy: Vec<Busy>,
    other_busy: Option<Vec<Busy>>,
    refused_day: Option<RefusedDay>,
    policy: &'a Policy,
    gave_way: GaveWay,
}

impl<'a> Diaries<'a> {
    pub(super) fn new(standing: &'a Standing, snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        Self { standing, snapshot, policy, own: OnceCell::new() }
    }

    /// The question whose answer is missing or too old, where there is a server to ask: when the other is busy, and when the owner is
    /// with what no calendar of the config shows.
    pub(super) fn asks(&self, one: &OneOnOne) -> Option<AskBusy> {
        let now = self.standing.now;
        let lasts = |said: &Availability| if said.busy.is_some() { AVAILABILITY_MAX_AGE } else { UNANSWERED };
        let is_missing = |who: &Address| {
            let mut of_them = self.snapshot.availability.iter().filter(|said| said.who == *who);
            !of_them.any(|said| said.asked > now - lasts(said))
        };
        let mut asks = whom_to_ask(one, self.standing, self.snapshot, self.policy)?;
        asks.who.retain(is_missing);
        (!asks.who.is_empty()).then_some(asks)
    }

    /// Everything that the search for a session's slot goes by.
    ///
    /// `spoken_for` are times that other lost sessions get.
    pub(super) fn sought(
        &self,
        one: &OneOnOne,
        session: &Session,
        spoken_for: impl Iterator<Item = Span>,
    ) -> SearchInput<'_> {
        let own = self.own.get_or_init(|| self.gather());
        let (after, before) = neighbours(one, session);
        let owner_busy = self.owner_busy(own, session, spoken_for);
        let other_busy = self.other_busy(one);
        let zone = self.series_zone(one, session);
        let local = zone.to_datetime(session.id.original);
        SearchInput {
            length: session.span.length(),
            usual: Usual { weekday: local.weekday(), time: local.time(), zone },
            original: session.span,
            after,
            before,
            now: self.standing.now,
            deadline: session.deadline,
            owner_hours: &own.hours,
            other_hours: self.other_hours(one, &own.hours),
            refused_day: self.refused_day(session, &owner_busy, other_busy.as_deref()),
            owner_busy,
            other_busy,
            policy: self.policy,
            gave_way: history::gave_way(&one.id, self.snapshot),
        }
    }

    /// The owner's busy time without the session itself, with what is kept for other sessions and what the user undid.
    fn owner_busy(&self, own: &Own<'a>, session: &Session, spoken_for: impl Iterator<Item = Span>) -> Vec<Busy> {
        let is_other = |taken: &&OwnerBusy<'_>| taken.uid != session.series || taken.original != session.id.original;
        let shown = own.busy.iter().filter(is_other).map(|taken| taken.busy);
        let kept = spoken_for.chain(history::undone_times(session, self.snapshot, self.policy));
        let kept = kept.map(|span| Busy { span, what: BusyKind::Busy });
        shown.chain(self.elsewhere(own)).chain(kept).collect()
    }

    /// The day on which a session was called off by somebody whose calendar does not show why: it may say that they are free all day.
    fn refused_day(&self, session: &Session, own: &[Busy], other: Option<&[Busy]>) -> Option<RefusedDay> {
        let by = session.by.filter(|_| !planted!("the-refused-day-is-offered"))?;
        let is_explained = match by {
            // A no of the owner's is about the time alone.
            Side::Owner => {
                session.outcome != Outcome::Cancelled || own.iter().any(|busy| busy.span.overlaps(&session.span))
            }
            Side::Other => other.is_some(),
        };
        let zone = &self.policy.zone;
        let day = zone.to_datetime(session.span.start).date();
        let midnight = |day: jiff::civil::Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
        let span = Span::new(midnight(day)?, midnight(day.tomorrow().ok()?)?);
        (!is_explained).then_some(RefusedDay { span, by })
    }

    fn series_zone(&self, one: &OneOnOne, session: &Session) -> jiff::tz::TimeZone {
        let mut held = self.snapshot.events.iter().filter(|held| held.source == one.calendar);
        let found = held.find(|held| held.event.uid == session.series);
        match found.map(|held| &held.event.start) {
            Some(crate::domain::recurrence::Moment::Zoned(_, zone)) => zone.rules().clone(),
            _ => self.policy.zone.clone(),
        }
    }

    fn other_hours(&self, one: &OneOnOne, own: &WeeklyHours) -> WeeklyHours {
        let of = |entry: &&crate::domain::policy::RosterEntry| {
            entry.person.addresses.iter().any(|address| one.person.addresses.contains(address))
        };
        let known = self.policy.people.iter().find(of).and_then(|entry| entry.hours.clone());
        known.filter(|_| !planted!("the-others-hours-are-ignored")).unwrap_or_else(|| own.clone())
    }

    /// When the other is busy: as their server said lately, and as calendars of theirs show that the owner can see. `None` where
    /// no server said anything.
    fn other_busy(&self, one: &OneOnOne) -> Option<Vec<Busy>> {
        let is_theirs = |address: &Address| one.person.addresses.contains(address);
        let now = self.standing.now;
        let said = self
            .snapshot
            .availability
            .iter()
            .filter(|said| is_theirs(&said.who) && said.asked > now - AVAILABILITY_MAX_AGE);
        let heard = said.filter_map(|said| said.busy.as_ref()).next_back()?;
        let kind = |tentative: bool| if tentative { BusyKind::Tentative } else { BusyKind::Busy };
        let mut busy: Vec<Busy> = heard.iter().map(|one| Busy { span: one.span, what: kind(one.tentative) }).collect();
        for source in &self.snapshot.sources {
            if matches!(&source.whose, Whose::Person(address) if is_theirs(address)) {
                let shown = self.snapshot.events.iter().filter(|held| held.source == source.id && is_there(held));
                let shown = shown.filter(|held| held.event.busy && held.event.status != Status::Cancelled);
                let budget = Budget::default();
                let taken = shown.flat_map(|held| spans(held, self.window(), self.policy, &mut budget.of_busy()));
                busy.extend(taken.map(|span| Busy { span, what: BusyKind::Busy }));
            }
        }
        busy.sort_unstable_by_key(|busy| busy.span);
        Some(busy)
    }

    /// When the owner is busy by what no calendar of the config shows yet, or ever: what was just written, and what their server says.
    ///
    /// A server doesn't say with what somebody is busy. Where a calendar shows it, such as time that is only kept free for work, the
    /// calendar's word counts.
    fn elsewhere(&self, own: &Own<'_>) -> Vec<Busy> {
        let now = self.standing.now;
        let is_owners =
            |said: &&Availability| self.policy.owner.contains(&said.who) && said.asked > now - AVAILABILITY_MAX_AGE;
        let said = self.snapshot.availability.iter().filter(is_owners).filter_map(|said| said.busy.as_ref()).flatten();
        let kind = |tentative: bool| if tentative { BusyKind::Tentative } else { BusyKind::Busy };
        let unexplained = said.flat_map(|said| {
            let left = without(said.span, own.busy.iter().map(|taken| taken.busy.span));
            left.into_iter().map(move |span| Busy { span, what: kind(said.tentative) })
        });
        let just_written = self.snapshot.operations.iter().filter(|operation| {
            let is_there = matches!(operation.state, State::Sending | State::Done) && !operation.is_undoing();
            is_there
                && !history::is_undone(operation, self.snapshot)
                && !history::was_read_since(&operation.intent.source, operation, self.snapshot)
        });
        let just_written = just_written.map(|operation| operation.intent.to.span(&self.policy.zone));
        unexplained.chain(just_written.map(|span| Busy { span, what: BusyKind::OtherSession })).collect()
    }

    fn window(&self) -> Span {
        let now = self.standing.now;
        Span::new(now, now.checked_add(AHEAD).unwrap_or(Timestamp::MAX))
    }

    fn gather(&self) -> Own<'a> {
        let sorted = sort(self.snapshot);
        let mut busy = self.taken(&sorted, self.window());
        let own_sessions: BTreeSet<&str> =
            self.standing.one_on_ones.iter().flat_map(|one| &one.series).map(|series| series.uid.as_str()).collect();
        for taken in &mut busy {
            if taken.busy.what == BusyKind::Busy && own_sessions.contains(taken.uid) {
                taken.busy.what = BusyKind::OtherSession;
            }
        }
        busy.extend(self.holidays());
        busy.sort_unstable_by_key(|taken| taken.busy.span);
        let hours = if self.policy.learn_hours { self.learnt(&sorted) } else { None };
        Own { busy, hours: hours.unwrap_or_else(|| self.policy.hours.clone()) }
    }

    /// Public holidays, which their calendars mostly show as free time.
    fn holidays(&self) -> impl Iterator<Item = OwnerBusy<'a>> {
        let sources = self.snapshot.sources.iter().filter(|source| source.whose == Whose::Holidays);
        let held = sources.flat_map(|source| self.snapshot.events.iter().filter(|held| held.source == source.id));
        let stands = |held: &&'a Mirrored| {
            held.event.start.is_date() && held.event.status != Status::Cancelled && is_there(held)
        };
        let budget = Budget::default();
        held.filter(stands).flat_map(move |held| {
            let taken = |span: Span| OwnerBusy {
                busy: Busy { span, what: BusyKind::OutOfOffice },
                uid: &held.event.uid,
                original: span.start,
            };
            spans(held, self.window(), self.policy, &mut budget.of_busy_alone()).into_iter().map(taken)
        })
    }

    fn learnt(&self, sorted: &Sorted<'a>) -> Option<WeeklyHours> {
        let now = self.standing.now;
        let past = self.taken(sorted, Span::new(now.checked_sub(LEARNT_FROM).unwrap_or(Timestamp::MIN), now));
        let accepted: Vec<Span> =
            past.iter().filter(|taken| taken.busy.what == BusyKind::Busy).map(|taken| taken.busy.span).collect();
        learn(&accepted, &self.policy.zone)
    }

    /// Everything that takes the owner's time in a window.
    fn taken(&self, sorted: &Sorted<'a>, window: Span) -> Vec<OwnerBusy<'a>> {
        let mut found = Vec::new();
        let mut budget = Budget::default();
        let here = &self.policy.zone;
        for series in &sorted.recurring {
            let Body::Recurring { copies } = &series.body else { continue };
            let Some(copy) = Series::newest(copies).filter(|copy| is_there(copy.master)) else { continue };
            let mut events = std::iter::once(copy.master).chain(copy.overrides.iter().copied());
            if !events.any(|held| kind(&held.event, self.policy).is_some()) {
                continue;
            }
            let mut allowance = budget.of_busy();
            let sessions = instances(copy.master, &copy.overrides, window, here, &mut allowance);
            budget.took_busy(&allowance, sessions.len());
            // What comes more often than hourly takes nobody's time.
            if is_denser_than_hourly(&sessions.iter().map(|one| one.original).collect::<Vec<_>>()) {
                continue;
            }
            for one in sessions.iter().filter(|one| !one.excepted && one.span.overlaps(&window)) {
                self.take(one.shown_by, one.span, one.original, &mut found);
            }
        }
        let singles = sorted.single.iter().map(|single| single.face().1);
        for held in singles.filter(|held| is_there(held)) {
            let span = Span::new(held.event.start.instant(here), held.event.end.instant(here));
            if span.overlaps(&window) {
                self.take(held, span, span.start, &mut found);
            }
        }
        let only = self.snapshot.busy_only.iter().filter(|busy| busy.span.overlaps(&window));
        found.extend(only.map(|&busy| OwnerBusy { busy, uid: "", original: busy.span.start }));
        found
    }

    fn take(&self, held: &'a Mirrored, span: Span, original: Timestamp, into: &mut Vec<OwnerBusy<'a>>) {
        if let Some(what) = kind(&held.event, self.policy) {
            into.push(OwnerBusy { busy: Busy { span, what }, uid: &held.event.uid, original });
        }
    }
}

/// The server to ask about both people of a 1:1, and under which addresses; none where no server can be asked.
#[must_use]
pub fn whom_to_ask(one: &OneOnOne, standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Option<AskBusy> {
    let source = standing.sources.iter().find(|source| source.id == one.calendar)?;
    if source.kind != SourceKind::Api || source.read_only {
        return None;
    }
    let now = standing.now;
    let window = Span::new(now, now.checked_add(AHEAD * 2).unwrap_or(Timestamp::MAX));
    let latest = one.series.last();
    let mut held = snapshot.events.iter().filter(|held| held.source == one.calendar);
    let event = held.find(|held| latest.is_some_and(|series| series.uid == held.event.uid)).map(|held| &held.event);
    let own = event.map_or_else(|| policy.owner.first().cloned(), |event| organiser(event, policy));
    let who = one.person.addresses.first().cloned().into_iter().chain(own).collect();
    Some(AskBusy { source: source.id.clone(), who, window })
}

/// What is left of a span without others, which are in order of their starts.
fn without(span: Span, others: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut left = Vec::new();
    let mut from = span.start;
    for other in others.filter(|other| other.overlaps(&span)) {
        if from < other.start {
            left.push(Span::new(from, other.start));
        }
        from = from.max(other.end);
    }
    if from < span.end {
        left.push(Span::new(from, span.end));
    }
    left
}

/// The hours that the owner seems to work, by what their calendars show; `None` where they show too little.
#[must_use]
pub fn learnt_hours(snapshot: &Snapshot, standing: &Standing, policy: &Policy) -> Option<WeeklyHours> {
    Diaries::new(standing, snapshot, policy).learnt(&sort(snapshot))
}

/// What nobody agreed is gone is still there.
fn is_there(held: &Mirrored) -> bool {
    held.vanished.is_none_or(|vanished| vanished.confirmed.is_none())
}

/// How an event takes the owner's time, if it does.
fn kind(event: &Event, policy: &Policy) -> Option<BusyKind> {
    let is_owner = |address: &Option<Address>| address.as_ref().is_some_and(|one| policy.owner.contains(one));
    let reply = event.guests.iter().find(|guest| is_owner(&guest.who.address)).map(|guest| guest.reply);
    let called_it = event.organiser.as_ref().is_none_or(|who| is_owner(&who.address));
    let is_nothing = matches!(event.kind, EventKind::Birthday | EventKind::WorkingLocation);
    if !event.busy
        || event.status == Status::Cancelled
        || is_nothing
        || (reply == Some(Reply::Declined) && !planted!("declined-time-is-taken"))
    {
        return None;
    }
    let is_unsure = matches!(reply, Some(Reply::Tentative)) || (!called_it && reply != Some(Reply::Accepted));
    Some(if is_away(event, policy) {
        BusyKind::OutOfOffice
    } else if event.start.is_date() {
        BusyKind::AllDay
    } else if event.kind == EventKind::FocusTime || is_focus(event) {
        BusyKind::FocusTime
    } else if event.status == Status::Tentative || is_unsure {
        BusyKind::Tentative
    } else {
        BusyKind::Busy
    })
}

/// The end of the session before and the start of the one after, wherever they were put and whether or not they stand: what
/// stands in for a session starts between their original starts.
fn neighbours(one: &OneOnOne, session: &Session) -> (Timestamp, Timestamp) {
    let stands = |other: &&Session| !matches!(other.outcome, Outcome::Cancelled);
    let earlier = one.sessions.iter().filter(|other| other.id.original < session.id.original);
    let later = one.sessions.iter().filter(|other| other.id.original > session.id.original);
    let previous = earlier.clone().map(|other| other.id.original).max();
    let ended = earlier.filter(stands).map(|other| other.span.end).max();
    let next = later.clone().map(|other| other.id.original).min();
    let begins = later.filter(stands).map(|other| other.span.start).min();
    let after = previous.max(ended.filter(|_| !planted!("slots-ignore-a-dragged-session"))).unwrap_or(Timestamp::MIN);
    let before = next.into_iter().chain(begins).min().filter(|_| !planted!("slots-ignore-the-next-session"));
    (after, before.unwrap_or(Timestamp::MAX))
}

impl SearchInput<'_> {
    /// The search up to the last instant that could do.
    pub(super) fn search(&self) -> Search<'_> {
        let latest = self.now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
        self.until(latest)
    }

    fn until(&self, latest: Timestamp) -> Search<'_> {
        Search {
            length: self.length,
            shorter: self.policy.shorter,
            usual: self.usual.clone(),
            original: self.original,
            after: self.after,
            before: self.before,
            now: self.now,
            latest,
            owner: Diary { hours: self.owner_hours, busy: Known::Known(&self.owner_busy) },
            other: Diary {
                hours: &self.other_hours,
                busy: self.other_busy.as_deref().map_or(Known::Unknown, Known::Known),
            },
            rules: &self.policy.slots,
            gave_way: self.gave_way,
        }
    }

    /// The slot that was offered, if it still does; else the best slot in time, else the best one that is late.
    pub(super) fn find(&mut self, offered: Option<Span>) -> Found {
        let Some(day) = self.refused_day.take() else { return self.find_any(offered) };
        self.owner_busy.push(Busy { span: day.span, what: BusyKind::Busy });
        let elsewhere = self.find_any(offered);
        self.owner_busy.pop();
        let does = |span: Span| day.by == Side::Other || span.end <= self.deadline;
        match elsewhere {
            Found::Slot(choice) if does(choice.best.span) => Found::Slot(choice),
            Found::Slot(_) | Found::None(_) => self.find_any(offered),
        }
    }

    fn find_any(&self, offered: Option<Span>) -> Found {
        let in_time = (self.deadline > self.now).then(|| self.until(self.deadline));
        let found = match in_time.as_ref().map(search) {
            Some(Found::None(NoSlot::OwnerUnknown)) => return Found::None(NoSlot::OwnerUnknown),
            Some(found @ Found::Slot(_)) => found,
            Some(Found::None(_)) | None => search(&self.search()),
        };
        match (found, offered) {
            (Found::Slot(choice), Some(slot)) => Found::Slot(self.keep(choice, slot)),
            (found, _) => found,
        }
    }

    /// Puts a slot that was offered before in the first place, if it still does.
    fn keep(&self, mut choice: Choice, slot: Span) -> Choice {
        let search = self.search();
        let is_unknown = |against: &Against| matches!(against, Against::Unknown(Side::Other));
        let is_later = slot.end > self.deadline && choice.best.span.end <= self.deadline;
        if choice.best.span == slot || is_later || !blocked_by(&search, slot).iter().all(is_unknown) {
            return choice;
        }
        let before = std::mem::replace(&mut choice.best, evaluate(&search, slot));
        choice.runners_up.insert(0, before);
        choice.runners_up.retain(|candidate| !candidate.span.overlaps(&slot));
        choice
    }
}
