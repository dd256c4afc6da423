//! The events that compete with sessions: accepted busy events, out-of-offices and holidays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::cover::{Covers, Stretch};
use crate::domain::budget::{Allowance, Budget, Ended};
use crate::domain::collation::{fold, has_words};
use crate::domain::detection::participants::{is_alone, is_owner, owners_reply};
use crate::domain::detection::title::names_somebody;
use crate::domain::event::{Event, EventKind, GuestList, Reply, Status};
use crate::domain::person::{Address, Person};
use crate::domain::policy::Policy;
use crate::domain::recurrence::{self, Options, Window};
use crate::domain::series::density::is_denser_than_hourly;
use crate::domain::series::scheduled;
use crate::domain::series::{Body, Copy, Series, Single, Sorted, revision};
use crate::domain::session::{Evidence, Side};
use crate::domain::snapshot::{Mirrored, Snapshot};
use crate::domain::source::{SourceId, Whose};
use crate::domain::span::Span;

/// The shortest timed event that can be an out-of-office by its title alone.
pub(in crate::domain) const LONG: SignedDuration = SignedDuration::from_hours(4);

/// What else was on inside a stretch of time.
#[derive(Debug, Default)]
pub struct OtherEvents<'a> {
    /// Accepted, busy spans of the owner.
    busy: Covers<Taken<'a>>,
    /// Out-of-office spans of the owner.
    owner_away: Covers<Span>,
    /// Out-of-office spans of other people.
    others_away: BTreeMap<Address, Covers<Span>>,
    /// Holidays.
    holidays: Covers<Span>,
    /// The series whose time does not count, by uid, as too much of it would have to be looked at.
    pub left_out: BTreeMap<&'a str, Ended>,
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

impl Stretch for Taken<'_> {
    fn span(&self) -> Span {
        self.span
    }
}

/// What was on, while it is gathered.
struct Gathering<'a, 'b> {
    budget: &'b mut Budget,
    busy: Vec<Taken<'a>>,
    owner_away: Vec<Span>,
    others_away: BTreeMap<Address, Vec<Span>>,
    holidays: Vec<Span>,
    left_out: BTreeMap<&'a str, Ended>,
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

impl<'a> OtherEvents<'a> {
    /// Gathers what was on inside `window` from every source, as far as the budget goes; `sorted` holds the owner's calendars.
    #[must_use]
    pub fn gather(
        snapshot: &'a Snapshot,
        sorted: &Sorted<'a>,
        window: Span,
        policy: &Policy,
        budget: &mut Budget,
    ) -> Self {
        let mut found = Gathering {
            budget,
            busy: Vec::new(),
            owner_away: Vec::new(),
            others_away: BTreeMap::new(),
            holidays: Vec::new(),
            left_out: BTreeMap::new(),
        };
        let owner = Own { showing: sources_that_show_guests(snapshot), policy, window };
        for series in &sorted.recurring {
            found.take_series(series, &owner);
        }
        for single in &sorted.single {
            found.take_single(single, &owner);
        }
        found.take_of_others(snapshot, window, policy);
        found.finish()
    }

    /// What excuses a session at this span with this person.
    #[must_use]
    pub fn excuse(&self, span: Span, other: &Person) -> Option<Evidence> {
        if let Some(&holiday) = self.holidays.covering(span).next() {
            return Some(Evidence::Holiday { span: holiday });
        }
        if let Some(&away) = self.owner_away.covering(span).next() {
            return Some(Evidence::OutOfOffice { by: Side::Owner, span: away });
        }
        let is_theirs = |who: &Address| planted!("anybodys-absence-excuses") || other.addresses.contains(who);
        let mut theirs = self.others_away.iter().filter(|(who, _)| is_theirs(who));
        let away = theirs.find_map(|(_, away)| away.covering(span).next());
        away.map(|&away| Evidence::OutOfOffice { by: Side::Other, span: away })
    }

    /// The accepted, busy events that cover at least half of a span, by start.
    pub fn covering(&self, span: Span) -> impl Iterator<Item = &Taken<'a>> {
        self.busy.covering(span)
    }
}

impl<'a> Gathering<'a, '_> {
    fn finish(mut self) -> OtherEvents<'a> {
        self.busy.sort_by(|a, b| (a.span, &a.event.title, &a.event.uid).cmp(&(b.span, &b.event.title, &b.event.uid)));
        self.busy.dedup_by(|later, first| is_copy(later, first));
        let covers = |mut spans: Vec<Span>| {
            spans.sort_unstable();
            Covers::of(spans)
        };
        OtherEvents {
            busy: Covers::of(self.busy),
            owner_away: covers(self.owner_away),
            others_away: self.others_away.into_iter().map(|(who, away)| (who, covers(away))).collect(),
            holidays: covers(self.holidays),
            left_out: self.left_out,
        }
    }

    fn take_series(&mut self, series: &Series<'a>, owner: &Own<'_>) {
        let Body::Recurring { copies } = &series.body else { return };
        if !copies.iter().any(|copy| owner.may_be_used_by(copy)) {
            return;
        }
        let uid = copies[0].master.event.uid.as_str();
        let Some(shown) =
            self.expanded(uid, |allowance| copies.iter().map(|copy| owner.uses(copy, allowance)).collect::<Vec<_>>())
        else {
            return;
        };
        match <[_; 1]>::try_from(shown) {
            Ok([one]) => {
                for (_, span, event, used) in one {
                    self.take(span, event, used, true, owner);
                }
            }
            Err(several) => self.take_copies(several, owner),
        }
    }

    /// What a series or a calendar's event puts into the window; none where that is too much to look at.
    fn expanded<T>(&mut self, uid: &'a str, look: impl FnOnce(&mut Allowance) -> Vec<Vec<T>>) -> Option<Vec<Vec<T>>>
    where
        T: Started,
    {
        let mut allowance = self.budget.of_busy();
        let found = look(&mut allowance);
        self.budget.took_busy(&allowance, found.iter().map(Vec::len).sum());
        let is_dense =
            || found.iter().any(|one| is_denser_than_hourly(&one.iter().map(Started::original).collect::<Vec<_>>()));
        if let Some(ended) = allowance.ended().or_else(|| is_dense().then_some(Ended::TooMany)) {
            self.left_out.insert(uid, ended);
            return None;
        }
        Some(found)
    }

    /// Several calendars show the series: its sessions take time where one of them says so and none denies it.
    fn take_copies(&mut self, shown: Vec<Vec<Shown<'a>>>, owner: &Own<'_>) {
        let mut sessions: BTreeMap<Timestamp, Vec<(Span, &'a Event, Use)>> = BTreeMap::new();
        for (original, span, event, used) in shown.into_iter().flatten() {
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
        // Never the calendar that happens to be read or named first.
        let first = telling.min_by(|(a, one, _), (b, other, _)| a.cmp(b).then_with(|| revision(other, one)));
        if let Some((span, event, used)) = first {
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
        let whose: BTreeMap<&SourceId, &Whose> =
            snapshot.sources.iter().map(|source| (&source.id, &source.whose)).collect();
        for held in snapshot.events.iter().filter(|held| counts(held, policy)) {
            let can_matter = match whose.get(&held.source) {
                Some(Whose::Holidays) => held.event.start.is_date(),
                Some(Whose::Person(_)) => is_away(&held.event, policy),
                Some(Whose::Owner) | None => false,
            };
            if !can_matter {
                continue;
            }
            let look = |allowance: &mut Allowance| vec![spans(held, window, policy, allowance)];
            let found = self.expanded(&held.event.uid, look).unwrap_or_default().into_iter().flatten();
            match whose.get(&held.source) {
                Some(Whose::Holidays) => self.holidays.extend(found),
                Some(Whose::Person(address)) => self.others_away.entry(address.clone()).or_default().extend(found),
                Some(Whose::Owner) | None => {}
            }
        }
    }
}

/// How a calendar shows one session of a series: its original start, where it is, by which event, and what that means.
type Shown<'a> = (Timestamp, Span, &'a Event, Use);

/// Something that has a start.
trait Started {
    fn original(&self) -> Timestamp;
}

impl Started for Shown<'_> {
    fn original(&self) -> Timestamp {
        self.0
    }
}

impl Started for Span {
    fn original(&self) -> Timestamp {
        self.start
    }
}

impl Own<'_> {
    /// Whether anything of a series could take the owner's time: what could not is not expanded.
    fn may_be_used_by(&self, copy: &Copy<'_>) -> bool {
        let mut events = std::iter::once(copy.master).chain(copy.overrides.iter().copied());
        events.any(|held| matches!(self.use_of(held), Use::Taken | Use::Away))
    }

    /// How a calendar shows each session of a series.
    fn uses<'a>(&self, copy: &Copy<'a>, allowance: &mut Allowance) -> Vec<Shown<'a>> {
        let can_matter = |held: &&Mirrored| held.event.busy || held.event.kind == EventKind::OutOfOffice;
        if !can_matter(&copy.master) && !copy.overrides.iter().any(can_matter) {
            return Vec::new();
        }
        let instances = scheduled::instances(copy.master, &copy.overrides, self.window, &self.policy.zone, allowance);
        let use_of = |one: &scheduled::Scheduled<'a>| {
            if one.excepted { Use::Denied } else { self.use_of(one.shown_by) }
        };
        let inside = instances.iter().filter(|one| one.span.overlaps(&self.window));
        inside.map(|one| (one.original, one.span, &one.shown_by.event, use_of(one))).collect()
    }

    /// How a calendar shows an event.
    fn use_of(&self, held: &Mirrored) -> Use {
        let event = &held.event;
        if event.status == Status::Cancelled
            || (owners_reply(event, self.policy) == Some(Reply::Declined) && !planted!("declined-events-conflict"))
        {
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

/// The spans of an event inside a window; of a series, one each, as far as `allowance` lets them be found.
pub(in crate::domain) fn spans(held: &Mirrored, window: Span, policy: &Policy, allowance: &mut Allowance) -> Vec<Span> {
    let here = &policy.zone;
    let Some(recurrence) = &held.event.recurrence else {
        return vec![span_of(held, policy)].into_iter().filter(|span| span.overlaps(&window)).collect();
    };
    let series = recurrence::Series { start: &held.event.start, end: &held.event.end, recurrence, overrides: &[] };
    let window = Window { from: window.start, to: window.end, here: here.clone() };
    let found = allowance.expand(&series, &window, Options::default());
    allowance.note(&found);
    found.instances.iter().map(|one| Span::new(one.start.instant(here), one.end.instant(here))).collect()
}
