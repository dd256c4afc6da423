//! Computes the current state of a 1:1 from its chain of series: person, cadence, last held and next.

use jiff::{SignedDuration, Timestamp};

use super::Assessing;
use crate::domain::one_on_one::{Cadence, OneOnOneId, Reason, Role, Verdict};
use crate::domain::outcome::owed::{Account, patience, silence};
use crate::domain::person::Person;
use crate::domain::policy::{Mode, ModeFor};
use crate::domain::series::de_facto::is_de_facto;
use crate::domain::series::stitch::{Candidate, Chain, Link};
use crate::domain::session::{Outcome, Session};
use crate::domain::span::Span;
use crate::domain::standing::{OneOnOne, Standing};

/// Sessions of a 1:1 that another one of the same pair has, as both took place at once.
#[derive(Debug, Default)]
pub(super) struct Shared(pub(super) Vec<Session>);

/// When a pair met, and whether it still does.
struct Contact {
    last_held: Option<Timestamp>,
    next: Option<Span>,
    deleted: Option<Timestamp>,
    lapsed: Option<Timestamp>,
    overdue: bool,
}

impl<'a> Assessing<'a> {
    /// Puts a chain into the standing as the 1:1 that it is now.
    pub(super) fn put(&self, chain: &Chain<'a>, account: Account, shared: &Shared, standing: &mut Standing) {
        let Some(current) = current(chain) else { return };
        let shown = current.candidate.as_ref().or_else(|| chain.shown().next());
        let verdict = account.verdict;
        let contact = self.contact(chain, current, &account, shared);
        let reasons = shown.map_or_else(|| why_not(current, standing), |candidate| candidate.reasons.clone());
        let one = OneOnOne {
            id: chain.id.clone(),
            person: current.known.person.clone(),
            verdict,
            reasons,
            cadence: current.known.cadence,
            role: self.role(shown),
            calendar: current.known.source.clone(),
            title: shown
                .and_then(|candidate| candidate.series.face())
                .map(|(_, face)| face.event.title.clone())
                .unwrap_or_default(),
            mode: self.mode(&chain.id, &current.known.person),
            series: chain.links.iter().map(|link| link.known.clone()).collect(),
            sessions: account.sessions,
            last_held: contact.last_held,
            next: contact.next,
            deleted: contact.deleted,
            lapsed: contact.lapsed,
            overdue: contact.overdue,
        };
        match verdict {
            Verdict::OneOnOne | Verdict::Tentative => standing.one_on_ones.push(one),
            Verdict::Not => standing.former.push(one),
        }
    }

    fn contact(&self, chain: &Chain<'_>, current: &Link<'_>, account: &Account, shared: &Shared) -> Contact {
        let sessions = || account.sessions.iter().chain(&shared.0);
        let last_held = sessions().flat_map(Session::held_at).max();
        let of = |outcome: Outcome| sessions().filter(move |session| session.outcome == outcome);
        let maybe_held = of(Outcome::Unknown).map(|session| session.span.start).max();
        let next = next(&account.sessions, shared, self.now).or_else(|| self.first_beyond_the_horizon(chain));
        let now_and_then =
            [current.known.cadence, cadence_when_held(&account.sessions).unwrap_or(current.known.cadence)];
        // Who met every two weeks until lately is not missed after two.
        let twice = now_and_then.map(patience).into_iter().max().unwrap_or_default() * 2;
        let is_past = |since: Timestamp, by: SignedDuration| self.now.duration_since(since) > by;
        let ended: Option<Vec<Timestamp>> = chain.links.iter().map(|link| link.known.last).collect();
        let ended = ended.and_then(|ends| ends.into_iter().max()).filter(|_| next.is_none());
        // A session may have been moved, or made up, beyond the end of its series.
        let since = ended.map(|end| end.max(last_held.unwrap_or(end)));
        let silence = silence(current.known.cadence, is_de_facto(&current.known.uid));
        let is_counted = account.verdict != Verdict::Not;
        let lapsed = since.filter(|&since| is_counted && is_past(since, silence));
        // Of a calendar that is no longer read, or not yet again, nothing can be said.
        let is_watched = current.candidate.is_some() || current.known.last.is_some();
        let counts = is_watched && lapsed.is_none() && account.verdict == Verdict::OneOnOne;
        let first = chain.links.iter().map(|link| link.known.first).min();
        let since = last_held.max(maybe_held).or(first);
        let overdue = counts && since.is_some_and(|since| is_past(since, twice));
        Contact { last_held, next, deleted: deleted(chain), lapsed, overdue }
    }

    /// The first session of a series that begins later than sessions are looked for.
    fn first_beyond_the_horizon(&self, chain: &Chain<'_>) -> Option<Span> {
        let begins = |link: &Link<'_>| {
            let first = link.known.first;
            let candidate = link.candidate.as_ref().filter(|one| one.schedule.gone.is_none())?;
            let event = &candidate.series.face()?.1.event;
            let zone = &self.policy.zone;
            let length = event.end.instant(zone).duration_since(event.start.instant(zone));
            (first >= self.horizon.end).then(|| Span::new(first, first.saturating_add(length).unwrap_or(first)))
        };
        chain.links.iter().filter_map(begins).min()
    }

    fn role(&self, shown: Option<&Candidate<'_>>) -> Role {
        let Some(candidate) = shown.filter(|candidate| !candidate.place.read_only) else {
            return Role::ReadOnly;
        };
        let face = candidate.series.face();
        let organiser = face.and_then(|(_, held)| held.event.organiser.as_ref());
        let address = organiser.and_then(|who| who.address.as_ref());
        let is_owner = address.is_none_or(|address| self.policy.owner.contains(address));
        if is_owner { Role::Organiser } else { Role::Guest }
    }

    fn mode(&self, id: &OneOnOneId, person: &Person) -> Mode {
        let applies = |to: &ModeFor| match to {
            ModeFor::OneOnOne(one) => one == id,
            ModeFor::Person(address) => person.addresses.contains(address),
        };
        let own = self.policy.modes.iter().rev().find(|(to, _)| applies(to));
        own.map_or(self.policy.mode, |(_, mode)| *mode)
    }
}

/// The first session, or make-up of one, that has not begun yet.
fn next(own: &[Session], shared: &Shared, now: Timestamp) -> Option<Span> {
    let sessions = || own.iter().chain(&shared.0);
    let upcoming = sessions().filter(|session| session.outcome == Outcome::Upcoming).map(|session| session.span);
    let make_ups = sessions().filter_map(|session| session.made_up_by.as_ref()).map(|made| made.span);
    upcoming.chain(make_ups).filter(|span| span.start > now).min()
}

/// The cadence that a 1:1 had when it was last held.
fn cadence_when_held(sessions: &[Session]) -> Option<Cadence> {
    sessions.iter().rfind(|session| session.held_at().next().is_some()).and_then(|session| session.cadence)
}

/// The series that a 1:1 is now: one that lives, else the one that ended last.
fn current<'c, 'a>(chain: &'c Chain<'a>) -> Option<&'c Link<'a>> {
    let lives = |link: &Link<'_>| link.candidate.is_some() && link.known.last.is_none();
    let order = |link: &Link<'_>| (lives(link), link.candidate.is_some(), link.known.last, link.known.first);
    chain.links.iter().filter(|link| !link.is_copy || lives(link)).max_by_key(|link| order(link)).or(chain.links.last())
}

/// Why the series of a 1:1 is no longer one, where it is still on a calendar.
fn why_not(current: &Link<'_>, standing: &Standing) -> Vec<Reason> {
    let other = standing.others.iter().find(|other| other.uid == current.known.uid);
    other.map(|other| other.reasons.clone()).unwrap_or_default()
}

/// When a read first showed that the series was deleted or called off as a whole, where it would have gone on and none took its place.
fn deleted(chain: &Chain<'_>) -> Option<Timestamp> {
    let gone = |link: &Link<'_>| -> Option<Timestamp> {
        let schedule = &link.candidate.as_ref()?.schedule;
        let gone = schedule.gone.filter(|gone| gone.is_sure)?;
        let at = gone.between.map(|between| between.before).or(link.known.last)?;
        schedule.last.is_none_or(|last| last >= at).then_some(at)
    };
    let has_ended = chain.links.iter().all(|link| link.known.last.is_some());
    let latest = chain.links.iter().max_by_key(|link| link.known.last)?;
    gone(latest).filter(|_| has_ended)
}
