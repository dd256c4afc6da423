//! Owns what else was on: accepted busy events, out-of-offices and holidays, as spans to hold against a session.

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::{Event, EventKind, GuestList, Reply, Status};
use crate::domain::one_on_one::participants::is_alone;
use crate::domain::one_on_one::title::has_words;
use crate::domain::person::{Address, Person};
use crate::domain::policy::Policy;
use crate::domain::recurrence::{self, Options, Window};
use crate::domain::series::{Body, Series, Sorted};
use crate::domain::session::{Evidence, Side, scheduled};
use crate::domain::snapshot::{Mirrored, Snapshot};
use crate::domain::source::{SourceId, Whose};
use crate::domain::span::Span;

/// The shortest timed event that can be an out-of-office by its title alone.
const LONG: SignedDuration = SignedDuration::from_hours(4);

/// What else was on inside a stretch of time.
#[derive(Debug, Default)]
pub struct Elsewhere<'a> {
    /// Accepted, busy spans of the owner with the uid that they come from, by start.
    busy: Vec<(Span, &'a str)>,
    /// The longest of these, so that a search knows how far back to look.
    longest: SignedDuration,
    /// Out-of-office spans of the owner.
    owner_away: Vec<Span>,
    /// Out-of-office spans of other people, by address.
    others_away: Vec<(Address, Span)>,
    /// Holidays.
    holidays: Vec<Span>,
}

/// What deciding about the owner's own events takes.
struct Own<'p> {
    showing: Vec<&'p SourceId>,
    policy: &'p Policy,
    now: Timestamp,
}

impl<'a> Elsewhere<'a> {
    /// Gathers what was on inside `window` from every source; `sorted` holds the owner's calendars.
    #[must_use]
    pub fn gather(snapshot: &'a Snapshot, sorted: &Sorted<'a>, window: Span, policy: &Policy, now: Timestamp) -> Self {
        let mut found = Self::default();
        let owner = Own { showing: sources_that_show_guests(snapshot), policy, now };
        for series in &sorted.recurring {
            found.take_series(series, window, &owner);
        }
        for (_, held) in sorted.single.iter().filter(|(_, held)| counts(held, policy)) {
            found.take_own(held, span_of(held, policy), window, &owner);
        }
        found.take_of_others(snapshot, window, policy);
        found.busy.sort_unstable();
        found.longest = found.busy.iter().map(|(span, _)| span.length()).max().unwrap_or_default();
        found
    }

    fn take_series(&mut self, series: &Series<'a>, window: Span, owner: &Own<'_>) {
        let Body::Recurring { master, overrides } = &series.body else { return };
        let can_matter = |held: &&Mirrored| held.event.busy && held.event.status != Status::Cancelled;
        if !can_matter(master) && !overrides.iter().any(can_matter) {
            return;
        }
        let (instances, _) = scheduled::instances(master, overrides, window, &owner.policy.zone, owner.now);
        for one in instances.iter().filter(|one| !one.excepted && one.shown_by.event.status != Status::Cancelled) {
            self.take_own(one.shown_by, one.span, window, owner);
        }
    }

    fn take_own(&mut self, held: &'a Mirrored, span: Span, window: Span, owner: &Own<'_>) {
        let event = &held.event;
        if !event.busy || !span.overlaps(&window) {
            return;
        }
        if is_owners_alone(event, owner.policy) && is_away(event, owner.policy) {
            self.owner_away.push(span);
        } else if is_taken_up(event, owner.policy, || owner.showing.contains(&&held.source)) {
            self.busy.push((span, event.uid.as_str()));
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

    /// One accepted, busy event that covers at least half of a session, other than the given uids.
    #[must_use]
    pub fn conflict(&self, span: Span, own_uids: &dyn Fn(&str) -> bool) -> Option<Evidence> {
        let from = span.start.checked_sub(self.longest).unwrap_or(span.start);
        let begin = self.busy.partition_point(|(busy, _)| busy.start < from);
        self.busy[begin..]
            .iter()
            .take_while(|(busy, _)| busy.start < span.end)
            .find(|(busy, uid)| span.is_half_covered_by(busy) && !own_uids(uid))
            .map(|&(busy, uid)| Evidence::Conflict { span: busy, uid: Some(uid.to_owned()) })
    }
}

/// Titles of time that was only kept free, where the provider has no such kind: such time yields to a session.
const FOCUS: [&str; 4] = ["focus", "focus time", "deep work", "no meetings"];

/// What stands, or had ended before it went away: feeds roll on.
fn counts(held: &Mirrored, policy: &Policy) -> bool {
    let ended_before = |last| held.event.recurrence.is_none() && held.event.end.instant(&policy.zone) <= last;
    held.event.status != Status::Cancelled && held.vanished.is_none_or(|vanished| ended_before(vanished.last_seen))
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

/// Out-of-office by kind, or a long one whose title says so.
pub(in crate::domain) fn is_away(event: &Event, policy: &Policy) -> bool {
    if event.kind == EventKind::OutOfOffice {
        return true;
    }
    let title = event.title.to_lowercase();
    let is_long = event.start.is_date()
        || event.end.instant(&policy.zone).duration_since(event.start.instant(&policy.zone)) >= LONG;
    event.kind == EventKind::Ordinary
        && is_long
        && policy.out_of_office_titles.iter().any(|part| has_words(&title, part))
}

fn is_owners_alone(event: &Event, policy: &Policy) -> bool {
    event.guest_list != GuestList::Hidden && is_alone(event, policy)
}

/// Whether an event took up the owner's time so that a session beside it was likely not held: the owner accepted it,
/// called it, or has it alone; not all day; not time that was only kept free.
fn is_taken_up(event: &Event, policy: &Policy, shows_guests: impl FnOnce() -> bool) -> bool {
    let is_ordinary = matches!(event.kind, EventKind::Ordinary | EventKind::OutOfOffice);
    if event.start.is_date() || !is_ordinary {
        return false;
    }
    let is_owner = |address: &Option<Address>| address.as_ref().is_some_and(|one| policy.owner.contains(one));
    let reply = event.guests.iter().find(|guest| is_owner(&guest.who.address)).map(|guest| guest.reply);
    let called_it = event.organiser.as_ref().is_some_and(|who| is_owner(&who.address));
    match reply {
        Some(Reply::Accepted) => true,
        Some(Reply::NeedsAction) | None if called_it => true,
        Some(_) => false,
        None => event.organiser.is_none() && event.guests.is_empty() && !is_focus(event) && shows_guests(),
    }
}

pub(in crate::domain) fn is_focus(event: &Event) -> bool {
    let title = event.title.to_lowercase();
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
