//! Owns the way from a chain of series to the 1:1 that it is now: who, how often, when last, when next.

use jiff::Timestamp;

use super::Assessing;
use crate::domain::one_on_one::{OneOnOneId, Role, Verdict};
use crate::domain::person::Person;
use crate::domain::policy::{Mode, ModeFor};
use crate::domain::series::stitch::{Candidate, Chain};
use crate::domain::session::owed::nominal;
use crate::domain::session::{Choice, Outcome, Session};
use crate::domain::span::Span;
use crate::domain::standing::OneOnOne;

/// When a pair met, and whether it still does.
struct Contact {
    last_held: Option<Timestamp>,
    next: Option<Span>,
    lapsed: Option<Timestamp>,
    overdue: bool,
}

impl Assessing<'_> {
    /// A chain as the 1:1 that it is now; `None` where only the ledger has it and the user ignores it.
    pub(super) fn one_on_one(&self, chain: &Chain<'_>) -> Option<OneOnOne> {
        let latest = &chain.links.last()?.known;
        let shown = chain.links.iter().rev().find_map(|link| link.candidate.as_ref());
        if shown.is_none() && matches!(self.said_of(&chain.id), Some(Choice::Ignore { .. })) {
            return None;
        }
        let verdict = shown.map_or(Verdict::OneOnOne, |candidate| candidate.verdict);
        let face = shown.and_then(|candidate| candidate.series.face());
        let sessions = self.sessions(chain, verdict);
        let contact = self.contact(chain, verdict, &sessions);
        Some(OneOnOne {
            id: chain.id.clone(),
            person: latest.person.clone(),
            verdict,
            reasons: shown.map(|candidate| candidate.reasons.clone()).unwrap_or_default(),
            cadence: latest.cadence,
            role: self.role(shown),
            calendar: latest.source.clone(),
            title: face.map(|held| held.event.title.clone()).unwrap_or_default(),
            mode: self.mode(&chain.id, &latest.person),
            series: chain.links.iter().map(|link| link.known.clone()).collect(),
            sessions,
            last_held: contact.last_held,
            next: contact.next,
            lapsed: contact.lapsed,
            overdue: contact.overdue,
            truncated: chain.links.iter().any(|link| link.candidate.as_ref().is_some_and(|one| one.schedule.truncated)),
        })
    }

    fn contact(&self, chain: &Chain<'_>, verdict: Verdict, sessions: &[Session]) -> Contact {
        let last_held = sessions.iter().flat_map(Session::held_at).max();
        let of = |outcome: Outcome| sessions.iter().filter(move |session| session.outcome == outcome);
        let maybe_held = of(Outcome::Unknown).map(|session| session.span.start).max();
        let next = next(sessions, self.now);
        let Some(latest) = chain.links.last() else {
            return Contact { last_held, next, lapsed: None, overdue: false };
        };
        let twice = nominal(latest.known.cadence) * 2;
        let is_past_twice = |since: Timestamp| self.now.duration_since(since) > twice;
        let lapsed = latest.known.last.filter(|&last| is_past_twice(last));
        // Of a calendar that is not read any more, or not yet again, nothing can be said.
        let is_watched = latest.candidate.is_some() || latest.known.last.is_some();
        let counts = is_watched && lapsed.is_none() && verdict == Verdict::OneOnOne;
        let since = last_held.max(maybe_held).or_else(|| chain.links.first().map(|link| link.known.first));
        Contact { last_held, next, lapsed, overdue: counts && since.is_some_and(is_past_twice) }
    }

    fn role(&self, shown: Option<&Candidate<'_>>) -> Role {
        let Some(candidate) = shown.filter(|candidate| !candidate.series.source.read_only) else {
            return Role::ReadOnly;
        };
        let organiser = candidate.series.face().and_then(|held| held.event.organiser.as_ref());
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
fn next(sessions: &[Session], now: Timestamp) -> Option<Span> {
    let upcoming = sessions.iter().filter(|session| session.outcome == Outcome::Upcoming).map(|session| session.span);
    let make_ups = sessions.iter().filter_map(|session| session.made_up_by.as_ref()).map(|made| made.span);
    upcoming.chain(make_ups).filter(|span| span.start > now).min()
}
