//! Owns the table of outcomes: what became of one session, from what the calendars show and how fresh they are.

use jiff::Timestamp;

use super::busy::Elsewhere;
use super::scheduled::Scheduled;
use super::{Decision, Evidence, Outcome, SessionId, Side, said};
use crate::domain::event::Status;
use crate::domain::one_on_one::participants::declined_by;
use crate::domain::person::Person;
use crate::domain::policy::Policy;
use crate::domain::source::Source;

/// What became of a session, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The outcome.
    pub outcome: Outcome,
    /// Which side lost it, where that is known.
    pub by: Option<Side>,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// What all sessions of one series are judged by.
#[derive(Clone, Copy)]
pub struct Court<'a> {
    /// The calendar that the series is in.
    pub source: &'a Source,
    /// With whom.
    pub person: &'a Person,
    /// What else was on.
    pub elsewhere: &'a Elsewhere<'a>,
    /// The uids of this pair's own events, which never conflict with it.
    pub own_uids: &'a dyn Fn(&str) -> bool,
    /// Everything that the user decided.
    pub decisions: &'a [Decision],
    /// The user's settings.
    pub policy: &'a Policy,
    /// The present.
    pub now: Timestamp,
}

impl Court<'_> {
    /// The first row of the table that fits decides.
    #[must_use]
    pub fn judge(&self, id: &SessionId, session: &Scheduled<'_>) -> Judgement {
        let shown = self.shown_by_the_calendar(session);
        let mut judgement = said_by_the_user(self.decisions, id, shown.outcome).unwrap_or(shown);
        if session.span.start != session.original {
            judgement.evidence.push(Evidence::Moved { from: session.original });
        }
        judgement
    }

    fn shown_by_the_calendar(&self, session: &Scheduled<'_>) -> Judgement {
        self.excused(session)
            .or_else(|| self.called_off(session))
            .or_else(|| self.declined(session))
            .or_else(|| (self.now < session.span.end).then(|| found(Outcome::Upcoming, None, None)))
            .or_else(|| self.conflicted(session))
            .unwrap_or_else(|| self.by_freshness(session))
    }

    fn excused(&self, session: &Scheduled<'_>) -> Option<Judgement> {
        let evidence = self.elsewhere.excuse(session.span, self.person)?;
        let by = match &evidence {
            Evidence::OutOfOffice { by, .. } => Some(*by),
            _ => None,
        };
        Some(found(Outcome::Excused, by, Some(evidence)))
    }

    fn called_off(&self, session: &Scheduled<'_>) -> Option<Judgement> {
        let event = &session.shown_by.event;
        let organiser = event.organiser.as_ref().and_then(|who| who.address.as_ref());
        let owner_called_it = organiser.is_some_and(|address| self.policy.owner.contains(address));
        let owner = owner_called_it.then_some(Side::Owner);
        if session.excepted {
            return Some(found(Outcome::Cancelled, owner, Some(Evidence::Excepted)));
        }
        if event.recurrence.is_none() && event.status == Status::Cancelled {
            // A status of *cancelled* is the organiser's word (RFC 5546 3.2.5); a hole in a guest's copy is anyone's.
            let other = organiser.is_some_and(|address| self.person.addresses.contains(address));
            let by = owner.or_else(|| other.then_some(Side::Other));
            return Some(found(Outcome::Cancelled, by, Some(Evidence::StatusCancelled)));
        }
        let is_separate = event.recurrence.is_none() && event.overrides.is_none();
        let vanished = session.shown_by.vanished.filter(|_| is_separate)?;
        let is_deleted = vanished.confirmed.is_some() && session.span.end > vanished.last_seen;
        is_deleted.then(|| found(Outcome::Cancelled, owner, Some(Evidence::Deleted)))
    }

    fn declined(&self, session: &Scheduled<'_>) -> Option<Judgement> {
        let by = declined_by(&session.shown_by.event, self.person, self.policy)?;
        Some(found(Outcome::Declined, Some(by), Some(Evidence::ReplyDeclined { by })))
    }

    fn conflicted(&self, session: &Scheduled<'_>) -> Option<Judgement> {
        let evidence = self.elsewhere.conflict(session.span, self.own_uids)?;
        Some(found(Outcome::Conflicted, None, Some(evidence)))
    }

    fn by_freshness(&self, session: &Scheduled<'_>) -> Judgement {
        if let Some(vanished) = session.shown_by.vanished
            && session.span.end > vanished.last_seen
        {
            return found(
                Outcome::Unknown,
                None,
                Some(Evidence::Vanished { since: vanished.missed, confirmed: vanished.confirmed.is_some() }),
            );
        }
        if session.shown_by.event.unknown_zone.is_some() {
            return found(Outcome::Unknown, None, Some(Evidence::ZoneUnknown));
        }
        let needed = session.span.end.checked_add(self.policy.settle(self.source.kind)).unwrap_or(Timestamp::MAX);
        match self.source.last_success {
            Some(at) if at >= needed => found(Outcome::HeldPresumed, None, Some(Evidence::ReadAfter { at })),
            last => found(Outcome::Unknown, None, Some(Evidence::NotReadSince { needed, last })),
        }
    }
}

fn found(outcome: Outcome, by: Option<Side>, evidence: Option<Evidence>) -> Judgement {
    Judgement { outcome, by, evidence: evidence.into_iter().collect() }
}

fn said_by_the_user(decisions: &[Decision], id: &SessionId, shown: Outcome) -> Option<Judgement> {
    let (outcome, at) = said::outcome(decisions, id)?;
    let mut judgement = found(outcome, None, Some(Evidence::UserSaid { at }));
    judgement.evidence.extend(overruled(outcome, shown));
    Some(judgement)
}

/// What the calendar alone would say, where the user's word changes what counts.
#[must_use]
pub fn overruled(said: Outcome, shown: Outcome) -> Option<Evidence> {
    let differs = said != shown && !(said.is_held() && shown.is_held());
    differs.then_some(Evidence::Overruled { outcome: shown })
}
