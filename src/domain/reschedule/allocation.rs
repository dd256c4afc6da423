//! Shares the owner's free time out among lost sessions, so that no time is offered for two of them.
//!
//! A time that a notice offered stays with its session for as long as it would do. Then come the sessions that were lost first.

use jiff::Timestamp;

use super::{Proposal, taken};
use crate::domain::session::{Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::span::Span;

/// The times that are spoken for while a plan is made.
#[derive(Default)]
pub(super) struct Spoken {
    spans: Vec<(SessionId, Span)>,
}

impl Spoken {
    /// What notices offered, each for a session that still waits.
    pub(super) fn by_notices(snapshot: &Snapshot, waiting: &[&Session]) -> Self {
        let waits = |id: &SessionId| waiting.iter().any(|session| session.id == *id);
        let offers = snapshot.offers.iter().filter(|offer| waits(&offer.session));
        Self { spans: offers.map(|offer| (offer.session.clone(), offer.slot)).collect() }
    }

    /// The times that are spoken for by other sessions.
    pub(super) fn for_others<'s>(&'s self, id: &'s SessionId) -> impl Iterator<Item = Span> + use<'s> {
        self.spans.iter().filter(move |(session, _)| session != id).map(|(_, span)| *span)
    }

    /// The time that a notice offered for this session.
    pub(super) fn offered(&self, id: &SessionId) -> Option<Span> {
        self.spans.iter().find(|(session, _)| session == id).map(|(_, span)| *span)
    }

    /// Notes what a proposal takes, in place of what was offered for its session before.
    pub(super) fn note(&mut self, proposal: &Proposal) {
        self.spans.retain(|(session, _)| *session != proposal.session);
        self.spans.extend(proposal.to.map(|span| (proposal.session.clone(), span)));
    }
}

/// The order in which sessions get their times.
pub(super) fn rank(session: &Session, snapshot: &Snapshot) -> (Claim, Timestamp, Timestamp) {
    let was_offered = snapshot.offers.iter().any(|offer| offer.session == session.id);
    let claim = match taken::slot(session, snapshot) {
        Some(_) => Claim::Taken,
        None if was_offered => Claim::Offered,
        None => Claim::None,
    };
    (claim, session.lost_by().unwrap_or(session.id.original), session.id.original)
}

/// What a session has of a time already, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// The user took one.
    Taken,
    /// A notice offered one.
    Offered,
    /// Nothing.
    None,
}

/// Takes out of each proposal the further times that another one offers too.
pub(super) fn part(proposals: &mut [Proposal]) {
    let best: Vec<(SessionId, Span)> =
        proposals.iter().filter_map(|proposal| Some((proposal.session.clone(), proposal.to?))).collect();
    let mut further: Vec<Span> = Vec::new();
    for proposal in proposals {
        let Some(choice) = &mut proposal.choice else { continue };
        choice.runners_up.retain(|candidate| {
            let clashes = |span: &Span| span.overlaps(&candidate.span);
            let is_best = best.iter().any(|(session, span)| *session != proposal.session && clashes(span));
            !is_best && !further.iter().any(clashes)
        });
        further.extend(choice.runners_up.iter().map(|candidate| candidate.span));
    }
}
