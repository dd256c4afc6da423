//! Checks whether a notice is still true, so that a stale one is withdrawn.

use super::notices::waiting;
use super::reminders::is_on;
use super::{Notice, SlotOffer, Subject};
use crate::domain::operation::{Operation, OperationId, State};
use crate::domain::reschedule::Proposal;
use crate::domain::session::{Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;

/// Whether what a notice says still holds, as far as that can be known.
#[must_use]
pub fn is_true(notice: &Notice, standing: &Standing, snapshot: &Snapshot, proposals: &[Proposal]) -> bool {
    if notice.until <= standing.now {
        return false;
    }
    let waits = |id: &SessionId| session_of(id, standing).is_none_or(|session| waits(session, proposals));
    match &notice.subject {
        Subject::Lost { session, outcome, offer, .. } => {
            let is_so = session_of(session, standing).is_none_or(|found| found.outcome == *outcome);
            is_so && waits(session) && still_offered(session, *offer, proposals)
        }
        Subject::Missed { session, offer, .. } => waits(session) && still_offered(session, *offer, proposals),
        Subject::OtherTimes { session, .. } => waits(session),
        Subject::Soon { session, span, .. } => session_of(session, standing)
            .is_some_and(|found| planted!("reminders-of-what-was-called-off") || is_on(found, *span)),
        Subject::PutBack { operation, .. } | Subject::Explained { operation, .. } => !is_undone(operation, snapshot),
        Subject::Stale { source, since, .. } => {
            standing.sources.iter().any(|found| found.id == *source && found.stale_since == Some(*since))
        }
        Subject::Lapsed { one_on_one, since, .. } => {
            standing.one_on_ones.iter().any(|one| one.id == *one_on_one && one.lapsed == Some(*since))
        }
        Subject::ConflictAhead { session, span, offer, .. } => {
            let found = session_of(session, standing).filter(|found| found.span == *span);
            let is_so = found.is_some_and(|found| found.conflict_ahead().is_some() && !in_hand(found, proposals));
            is_so && still_offered(session, *offer, proposals)
        }
        Subject::Overlap { one_on_one, with, .. } => {
            let one = standing.one_on_ones.iter().find(|one| one.id == *one_on_one);
            one.is_some_and(|one| one.open_overlaps().contains(&with.as_str()))
        }
        Subject::SeriesDeleted { one_on_one, since, .. } => {
            standing.one_on_ones.iter().any(|one| one.id == *one_on_one && one.deleted == Some(*since))
        }
        Subject::Digest { .. } => standing.one_on_ones.iter().any(|one| waiting(one).next().is_some()),
        Subject::NotDone { .. }
        | Subject::ReportReady { .. }
        | Subject::SeriesDeclined { .. }
        | Subject::TooLate { .. }
        | Subject::More { .. }
        | Subject::StoreRestored { .. }
        | Subject::Storage { .. } => true,
    }
}

fn session_of<'s>(id: &SessionId, standing: &'s Standing) -> Option<&'s Session> {
    standing.one_on_ones.iter().flat_map(|one| &one.sessions).find(|session| session.id == *id)
}

fn waits(session: &Session, proposals: &[Proposal]) -> bool {
    session.owed && session.made_up_by.is_none() && !in_hand(session, proposals)
}

fn in_hand(session: &Session, proposals: &[Proposal]) -> bool {
    proposals.iter().any(|proposal| proposal.session == session.id && proposal.is_in_hand())
}

/// Whether the time on a notice is still available. One without a time does not become untrue when there is one.
fn still_offered(id: &SessionId, offer: Option<SlotOffer>, proposals: &[Proposal]) -> bool {
    let (Some(offer), Some(proposal)) = (offer, proposals.iter().find(|proposal| proposal.session == *id)) else {
        return true;
    };
    match proposal.to {
        Some(to) => to == offer.span,
        // While a calendar cannot be read, nobody can tell.
        None => !proposal.why.iter().any(|ground| ground.is_no_time()),
    }
}

fn is_undone(id: &OperationId, snapshot: &Snapshot) -> bool {
    let undoes = |other: &Operation| other.intent.undoes.as_ref() == Some(id) && other.state == State::Done;
    snapshot.operations.iter().any(undoes)
}
