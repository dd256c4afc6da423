//! Owns what `cadenced plan` shows: for each owed session, what would be done about it, and why no more.

use super::{Grounds, Proposal, ProposalKind};
use crate::domain::one_on_one::{Role, Verdict};
use crate::domain::policy::Mode;
use crate::domain::session::{Loss, Session};
use crate::domain::standing::{OneOnOne, Standing};

/// What would be done about each lost session that is owed, or would be if its 1:1 were confirmed.
///
/// Calendars that can only be read get a proposal for the user to act on: nobody writes there.
#[must_use]
pub fn proposals(standing: &Standing) -> Vec<Proposal> {
    let of_one = |one: &OneOnOne| -> Vec<Proposal> {
        let waits = |session: &&Session| session.owed || (one.verdict == Verdict::Tentative && is_open(session));
        one.sessions.iter().filter(waits).map(|session| proposal(one, session, standing)).collect()
    };
    standing.one_on_ones.iter().flat_map(of_one).collect()
}

fn is_open(session: &Session) -> bool {
    session.state == Some(Loss::Open)
}

fn proposal(one: &OneOnOne, session: &Session, standing: &Standing) -> Proposal {
    let is_stale = standing.sources.iter().any(|source| source.id == one.calendar && source.stale_since.is_some());
    let replacement = session.made_up_by.as_ref();
    let mut why = vec![if is_open(session) { Grounds::OwedOpen } else { Grounds::OwedMissed }];
    let kind = if one.verdict == Verdict::Tentative {
        why = vec![Grounds::Tentative];
        ProposalKind::None
    } else if replacement.is_some() {
        why.push(Grounds::ReplacementPlanned);
        ProposalKind::None
    } else if one.mode == Mode::Off {
        why.push(Grounds::ModeOff);
        ProposalKind::None
    } else if is_stale {
        why.push(Grounds::SourceStale);
        ProposalKind::None
    } else if one.role == Role::ReadOnly {
        why.push(Grounds::ReadOnly);
        ProposalKind::Propose
    } else {
        ProposalKind::Ask
    };
    Proposal {
        session: session.id.clone(),
        person: one.person.clone(),
        kind,
        from: session.span,
        to: replacement.map(|replacement| replacement.span),
        why,
        mode: one.mode,
    }
}
