//! What else was on: accepted busy events, out-of-offices and holidays, as spans to hold against a session.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::{Event, EventKind, GuestList, Reply, Status};
use crate::domain::one_on_one::participants::{is_alone, is_owner, owners_reply};
use crate::domain::one_on_one::title::names_somebody;
use crate::domain::person::{Address, Person};
use crate::domain::policy::Policy;
use crate::domain::recurrence::{self, Options, Window};
use crate::domain::series::{Body, Copy, Series, Single, Sorted};
use crate::domain::session::{Evidence, Side, scheduled};
use crate::domain::snapshot::{Mirrored, Snapshot};
use crate::domain::source::{SourceId, Whose};
use crate::domain::span::Span;
use crate::domain::words::{fold, has_words};

/// The shortest timed event that can be an out-of-office by its title alone.
const LONG: SignedDuration = SignedDuration::from_hours(4);

/// What else was on inside a stretch of time.
#[derive(Debug, Default)]
pub struct Elsewhere<'a> {
    /// Accepted, busy spans of the owner, by start.
    busy: Vec<Taken<'a>>,
    /// The longest of these, so that a search knows how far back to look.
    longest: SignedDuration,
    /// Out-of-office spans of the owner.
    owner_away: Vec<Span>,
    /// Out-of-office spans of other people, by address.
    others_away: Vec<(Address, Span)>,
    /// Holidays.
    holidays: Vec<Span>,
}

/// A stretch of time that an event takes of the owner.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// When.
    pub span: Span,
    /// The event that shows it.
    pub event: &'a Event,
    /// Whether it is one of a series.
    pub recurs: bool,
    /// Whether nobody but the owner takes part.
    pub is_alone: bool,
}

/// How one calendar shows an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It takes the owner's time.
    Taken,
    /// The owner is away.
    Away,
    /// It does not take the owner's time, and says nothing against another calendar that shows otherwise.
    Nothing,
    /// It was called off, or the owner does not take part or is free.
    Denied,
}

/// What deciding about the owner's own events takes.
struct Own<'p> {
    showing: Vec<&'p SourceId>,
    policy: &'p Policy,
    window: Span,
}

impl<'a> Elsewhere<'a> {
    /// Gathers what was on inside `window` from every source; `sorted` holds the owner's calendars.
    #[must_use]
    pub fn gather(snapshot: &'a Snapshot, sorted: &Sorted<'a>, window: Span, policy: &Policy) -> Self {
        let mut found = Self::default();
        let owner = Own { showing: sources_that_show_guests(snapshot), policy, window };
        for series in &sorted.recurring {
            found.take_series(series, &owner);
        }
        for single in &sorted.single {
            found.take_single(single, &owner);
        }
        found.take_of_others(snapshot, window, policy);
        found.busy.sort_by(|a, b| (a.span, &a.event.title, &a.event.uid).cmp(&(b.span, &b.event.title, &b.event.uid)));
        found.busy.dedup_by(|later, first| is_copy(later, first));
        found.owner_away.sort_unstable();
        found.others_away.sort_unstable();
        found.holidays.sort_unstable();
        found.longest = found.busy.iter().map(|taken| taken.span.length()).max().unwrap_or_default();
        found
    }

    fn take_series(&mut self, series: &Series<'a>, owner: &Own<'_>) {
        let Body::Recurring { copies } = &series.body else { return };
        match copies.as_slice() {
            [one] => {
                for (_, span, event, used) in owner.uses(one) {
                    self.take(span, event, used, true, owner);
                }
            }
            several => self.take_copies(several, owner),
        }
    }

    /// Several calendars show the series: its sessions take time where one of them says so and none denies it.
    fn take_copies(&mut self, copies: &[Copy<'a>], owner: &Own<'_>) {
        let mut sessions: BTreeMap<Timestamp, Vec<(Span, &'a Event, Use)>> = BTreeMap::new();
        for (original, span, event, used) in copies.iter().flat_map(|copy| owner.uses(copy)) {
            sessions.entry(original).or_default().push((span, event, used));
        }
        for uses in sessions.values() {
            self.take_agreed(uses, true, owner);
        }
    }

    fn take_single(&mut self, single: &Single<'a>, owner: &Own<'_>) {
        let shown = single.copies.iter().filter(|(_, held)| is_there(held, owner.policy));
        let uses: Vec<(Span, &'a Event, Use)> = shown
            .map(|(_, held)| (span_of(held, owner.policy), &held.event, owner.use_of(held)))
            .filter(|(span, ..)| span.overlaps(&owner.window))
            .collect();
        self.take_agreed(&uses, false, owner);
    }

    fn take_agreed(&mut self, uses: &[(Span, &'a Event, Use)], recurs: bool, owner: &Own<'_>) {
        if uses.iter().any(|(_, _, used)| *used == Use::Denied) {
            return;
        }
        let telling = uses.iter().filter(|(_, _, used)| matches!(used, Use::Taken | Use::Away));
        if let Some((span, event, used)) = telling.min_by_key(|(span, ..)| *span) {
            self.take(*span, event, *used, recurs, owner);
        }
    }

    fn take(&mut self, span: Span, event: &'a Event, used: Use, recurs: bool, owner: &Own<'_>) {
        match used {
            Use::Away => self.owner_away.push(span),
            Use::Taken => {
                let is_alone = is_alone(event, owner.policy);
                self.busy.push(Taken { span, event, recurs, is_alone });
            }
            Use::Nothing | Use::Denied => {}
        }
    }

    fn take_of_others(&mut self, snapshot: &'a Snapshot, window: Span, policy: &Policy) {
        for source in &snapshot.sources {
            let held = snapshot.events.iter().filter(|held| held.source == source.id && counts(held, policy));
            match &source.whose {
                Whose::Owner => {}
                Whose::Holidays => {
                    let days = held.filter(|held| held.event.start.is_date());
                    self.holidays.extend(days.flat_map(|held| spans(held, window, policy)));
                }
                Whose::Person(address) => {
                    let away = held.filter(|held| is_away(&held.event, policy));
                    let away = away.flat_map(|held| spans(held, window, policy));
                    self.others_away.extend(away.map(|span| (address.clone(), span)));
                }
            }
        }
    }

    /// What excuses a session at this span with this person.
    #[must_use]
    pub fn excuse(&self, span: Span, other: &Person) -> Option<Evidence> {
        let covering = |away: &&Span| span.is_half_covered_by(away);
        if let Some(&holiday) = self.holidays.iter().find(covering) {
            return Some(Evidence::Holiday { span: holiday });
        }
        if let Some(&away) = self.owner_away.iter().find(covering) {
            return Some(Evidence::OutOfOffice { by: Side::Owner, span: away });
        }
        let theirs = self.others_away.iter().filter(|(address, _)| other.addresses.contains(address));
        theirs.map(|(_, away)| away).find(covering).map(|&away| Evidence::OutOfOffice { by: Side::Other, span: away })
    }

    /// The accepted, busy events that cover at least half of a span, by start.
    pub fn covering(&self, span: Span) -> impl Iterator<Item = &Taken<'a>> {
        let from = span.start.checked_sub(self.longest).unwrap_or(span.start);
        let begin = self.busy.partition_point(|taken| taken.span.start < from);
        let near = self.busy[begin..].iter().take_while(move |taken| taken.span.start < span.end);
        near.filter(move |taken| span.is_half_covered_by(&taken.span))
    }
}

impl Own<'_> {
    /// How a calendar shows each session of a series: its original start, where it is, and by which event.
    fn uses<'a>(&self, copy: &Copy<'a>) -> Vec<(Timestamp, Span, &'a Event, Use)> {
        let can_matter = |held: &&Mirrored| held.event.busy || held.event.kind == EventKind::OutOfOffice;
        if !can_matter(&copy.master) && !copy.overrides.iter().any(can_matter) {
            return Vec::new();
        }
        let (instances, _) = scheduled::instances(copy.master, &copy.overrides, self.window, &self.policy.zone);
        let use_of = |one: &scheduled::Scheduled<'a>| {
            if one.excepted { Use::Denied } else { self.use_of(one.shown_by) }
        };
        let inside = instances.iter().filter(|one| one.span.overlaps(&self.window));
        inside.map(|one| (one.original, one.span, &one.shown_by.event, use_of(one))).collect()
    }

    /// How a calendar shows an event.
    fn use_of(&self, held: &Mirrored) -> Use {
        let event = &held.event;
        if event.status == Status::Cancelled || owners_reply(event, self.policy) == Some(Reply::Declined) {
            return Use::Denied;
        }
        if is_owners_alone(event, self.policy)
            && is_away(event, self.policy)
            && !is_of_somebody_else(event, self.policy)
        {
            return Use::Away;
        }
        if !event.busy || event.status == Status::Tentative {
            return Use::Denied;
        }
        let shows_guests = || self.showing.contains(&&held.source);
        if is_taken_up(event, self.policy, shows_guests) { Use::Taken } else { Use::Nothing }
    }
}

/// Titles of time that was only kept free, where the provider has no such kind: such time yields to a session.
const FOCUS: [&str; 4] = ["focus", "focus time", "deep work", "no meetings"];

/// Words before the name of somebody who comes along.
const WITH: [&str; 6] = ["with", "w/", "mit", "avec", "con", "met"];

/// What stands, or had ended before it went away: feeds roll on.
fn counts(held: &Mirrored, policy: &Policy) -> bool {
    held.event.status != Status::Cancelled && is_there(held, policy)
}

fn is_there(held: &Mirrored, policy: &Policy) -> bool {
    let ended_before = |last| held.event.recurrence.is_none() && held.event.end.instant(&policy.zone) <= last;
    held.vanished.is_none_or(|vanished| ended_before(vanished.last_seen))
}

/// A source that shows guests on some event shows that the others have none.
fn sources_that_show_guests(snapshot: &Snapshot) -> Vec<&SourceId> {
    let mut showing: Vec<&SourceId> = Vec::new();
    for held in &snapshot.events {
        if showing.len() == snapshot.sources.len() {
            break;
        }
        if held.event.guest_list == GuestList::Complete && !showing.contains(&&held.source) {
            showing.push(&held.source);
        }
    }
    showing
}

/// Out-of-office by kind, or a long busy one whose title says so.
pub(in crate::domain) fn is_away(event: &Event, policy: &Policy) -> bool {
    if event.kind == EventKind::OutOfOffice {
        return true;
    }
    let is_long = event.start.is_date()
        || event.end.instant(&policy.zone).duration_since(event.start.instant(&policy.zone)) >= LONG;
    if event.kind != EventKind::Ordinary || !is_long || !event.busy {
        return false;
    }
    let title = fold(&event.title);
    policy.out_of_office_titles.iter().any(|part| has_words(&title, part))
}

/// Whether a title says that somebody else is away, as calendars of a whole team do: `Bob on vacation`, and not `vacation with Bob`.
fn is_of_somebody_else(event: &Event, policy: &Policy) -> bool {
    let title = fold(&event.title);
    names_somebody(&title, policy) && !WITH.iter().any(|with| has_words(&title, with))
}

/// Whether two calendars show one event under two uids: what is asked about it is asked once.
fn is_copy(one: &Taken<'_>, other: &Taken<'_>) -> bool {
    let who = |event: &Event| {
        let people = event.guests.iter().map(|guest| guest.who.address.clone());
        people.chain(event.organiser.iter().map(|who| who.address.clone())).collect::<BTreeSet<_>>()
    };
    (one.span, one.recurs, &one.event.title) == (other.span, other.recurs, &other.event.title)
        && who(one.event) == who(other.event)
}

fn is_owners_alone(event: &Event, policy: &Policy) -> bool {
    event.guest_list != GuestList::Hidden && is_alone(event, policy)
}

/// Whether an event took up the owner's time so that a session beside it was likely not held: the owner accepted it,
/// called it, or has it alone; not all day; not time that was only kept free.
fn is_taken_up(event: &Event, policy: &Policy, shows_guests: impl FnOnce() -> bool) -> bool {
    let is_ordinary = matches!(event.kind, EventKind::Ordinary | EventKind::OutOfOffice);
    if event.start.is_date() || !is_ordinary || is_only_told(event, policy) {
        return false;
    }
    let called_it = event.organiser.as_ref().is_some_and(|who| is_owner(who, policy));
    let has_guests = event.guests.iter().any(|guest| !is_owner(&guest.who, policy));
    if !has_guests && is_focus(event) {
        return false;
    }
    match owners_reply(event, policy) {
        Some(Reply::Accepted) => true,
        Some(Reply::NeedsAction) | None if called_it => true,
        Some(_) => false,
        None => event.organiser.is_none() && event.guests.is_empty() && shows_guests(),
    }
}

/// Whether the owner is only kept informed.
fn is_only_told(event: &Event, policy: &Policy) -> bool {
    let mut own = event.guests.iter().filter(|guest| is_owner(&guest.who, policy)).peekable();
    own.peek().is_some() && own.all(|guest| guest.non_participant)
}

pub(in crate::domain) fn is_focus(event: &Event) -> bool {
    let title = fold(&event.title);
    FOCUS.iter().any(|part| has_words(&title, part))
}

fn span_of(held: &Mirrored, policy: &Policy) -> Span {
    Span::new(held.event.start.instant(&policy.zone), held.event.end.instant(&policy.zone))
}

/// The spans of an event inside a window; of a series, one each.
pub(in crate::domain) fn spans(held: &Mirrored, window: Span, policy: &Policy) -> Vec<Span> {
    let here = &policy.zone;
    let Some(recurrence) = &held.event.recurrence else {
        return vec![span_of(held, policy)].into_iter().filter(|span| span.overlaps(&window)).collect();
    };
    let series = recurrence::Series { start: &held.event.start, end: &held.event.end, recurrence, overrides: &[] };
    let window = Window { from: window.start, to: window.end, here: here.clone() };
    let found = recurrence::expand(&series, &window, Options::default());
    found.instances.iter().map(|one| Span::new(one.start.instant(here), one.end.instant(here))).collect()
}
