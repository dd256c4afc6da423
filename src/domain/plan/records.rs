//! Owns what the ledger should learn from a standing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Action;
use crate::domain::one_on_one::KnownSeries;
use crate::domain::session::{LedgerLine, Outcome, Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;

/// The series of 1:1s that the ledger does not know yet, or knows otherwise.
pub(super) fn to_remember(standing: &Standing, snapshot: &Snapshot) -> Vec<Action> {
    let known: BTreeMap<&str, &KnownSeries> =
        snapshot.known.iter().map(|series| (series.uid.as_str(), series)).collect();
    let series = standing.one_on_ones.iter().flat_map(|one| &one.series);
    series
        .filter(|series| known.get(series.uid.as_str()).is_none_or(|before| before != series))
        .map(|series| Action::Remember(series.clone()))
        .collect()
}

/// The sessions whose last line in the ledger is missing or says something else.
///
/// Sessions still to come are no news, unless the ledger has them as lost; one that was lost ahead of its time gets
/// a second line once its time is over, as what was over stays as recorded.
pub(super) fn to_record(standing: &Standing, snapshot: &Snapshot) -> Vec<Action> {
    let lines: BTreeMap<&SessionId, &LedgerLine> =
        snapshot.ledger.iter().map(|line| (&line.session.id, line)).collect();
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    sessions
        .filter(|session| match lines.get(&session.id) {
            None => session.outcome != Outcome::Upcoming,
            Some(line) => says_otherwise(line, session) || is_over_since(line, session, standing.now),
        })
        .map(|session| Action::Record(LedgerLine { session: session.clone(), recorded: standing.now }))
        .collect()
}

fn says_otherwise(line: &LedgerLine, session: &Session) -> bool {
    let before = &line.session;
    let kept = |session: &Session| {
        (session.outcome, session.by, session.span, session.lost_at, session.deadline, session.state, session.owed)
    };
    kept(before) != kept(session) || before.made_up_by != session.made_up_by
}

fn is_over_since(line: &LedgerLine, session: &Session, now: Timestamp) -> bool {
    line.recorded < session.span.end && session.span.end <= now
}
