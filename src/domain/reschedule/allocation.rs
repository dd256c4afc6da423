//! Allocates free time among lost sessions, so that no time is offered for two of them.
//!
//! A time that a notice offered stays with its session for as long as it would do. Then come the sessions that were lost first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Proposal, user_choice};
use crate::domain::one_on_one::OneOnOneId;
use crate::domain::session::{Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::span::Span;

/// The times that are spoken for while a plan is made.
#[derive(Default)]
pub(super) struct AllocatedTimes {
    spans: Vec<(SessionId, Span)>,
}

impl AllocatedTimes {
    /// What notices offered, each for a session that still waits.
    pub(super) fn by_notices(snapshot: &Snapshot, waiting: &[&Session]) -> Self {
        let waits = |id: &SessionId| waiting.iter().any(|session| session.id == *id);
        let offers = snapshot.offers.iter().filter(|offer| waits(&offer.session));
        Self { spans: offers.map(|offer| (offer.session.clone(), offer.slot)).collect() }
    }

    /// The times that are spoken for by other sessions.
    pub(super) fn for_others<'s>(&'s self, id: &'s SessionId) -> impl Iterator<Item = Span> + use<'s> {
        self.spans
            .iter()
            .filter(move |(session, _)| session != id && !planted!("one-time-for-two-sessions"))
            .map(|(_, span)| *span)
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
    let claim = match user_choice::slot(session, snapshot) {
        Some(_) => Claim::Taken,
        None if was_offered => Claim::Offered,
        None => Claim::None,
    };
    (claim, session.lost_by().unwrap_or(session.id.original), session.id.original)
}

/// For how many sessions a plan looks for a time.
const TURNS: usize = 48;

/// The sessions that a time is looked for, of those in `order`, each of the 1:1 that `one_of` says: where more wait, the first of every 1:1, then the second of each, and so on,
/// so that nobody's sessions wait for all of somebody else's.
pub(super) fn turns<'s>(order: &[usize], one_of: impl Fn(usize) -> &'s OneOnOneId) -> BTreeSet<usize> {
    let mut of_each: BTreeMap<&OneOnOneId, usize> = BTreeMap::new();
    let rounds = order.iter().map(|&place| {
        let round = of_each.entry(one_of(place)).or_default();
        *round += 1;
        (*round, place)
    });
    let mut rounds: Vec<(usize, usize)> = rounds.collect();
    rounds.sort_by_key(|(round, _)| *round);
    rounds.into_iter().take(TURNS).map(|(_, place)| place).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_many_wait_every_one_on_one_gets_a_turn_before_any_gets_a_second() {
        let (many, few) = (OneOnOneId("many".to_owned()), OneOnOneId("few".to_owned()));
        let order: Vec<usize> = (0..501).collect();
        let found = turns(&order, |place| if place == 500 { &few } else { &many });
        assert_eq!(found.len(), TURNS);
        assert!(found.contains(&500), "the one of the other 1:1, though it was lost last");
        assert!(found.contains(&0) && !found.contains(&499));
        assert_eq!(turns(&order[..3], |_| &many), BTreeSet::from([0, 1, 2]));
    }
}
