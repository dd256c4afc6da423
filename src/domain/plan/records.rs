//! The changes to the ledger that follow from a standing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Action;
use crate::domain::one_on_one::KnownSeries;
use crate::domain::session::{LedgerLine, Outcome, Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;

/// The series of 1:1s that the ledger does not know yet, or knows otherwise.
pub(super) fn to_remember(standing: &Standing, snapshot: &Snapshot) -> Vec<Action> {
    let name = |series: &'_ KnownSeries| (series.uid.clone(), series.one_on_one.clone());
    let known: BTreeMap<_, &KnownSeries> = snapshot.known.iter().map(|series| (name(series), series)).collect();
    let series: Vec<&KnownSeries> = standing.all().flat_map(|one| &one.series).collect();
    let is_new = |series: &&&KnownSeries| known.get(&name(series)).is_none_or(|before| before != *series);
    let new = series.iter().filter(is_new);
    let mut actions: Vec<Action> = new.map(|series| Action::Remember((*series).clone())).collect();
    // A series that turned out to continue another 1:1 has that one's name from now on.
    let mut present: BTreeMap<&str, Vec<&KnownSeries>> = BTreeMap::new();
    for &series in &series {
        present.entry(series.uid.as_str()).or_default().push(series);
    }
    let is_renamed = |before: &&KnownSeries| {
        let now = present.get(before.uid.as_str()).into_iter().flatten();
        let mut of_them = now.filter(|series| series.person.is_same(&before.person)).peekable();
        of_them.peek().is_some() && of_them.all(|series| series.one_on_one != before.one_on_one)
    };
    let renamed = snapshot.known.iter().filter(is_renamed);
    actions.extend(
        renamed.map(|before| Action::Forget { uid: before.uid.clone(), one_on_one: before.one_on_one.clone() }),
    );
    actions
}

/// The sessions whose last line in the ledger is missing or says something else.
///
/// Sessions still to come are no news, unless the ledger has them as lost; one that was lost ahead of its time gets
/// a second line once its time is over, as what was over stays as recorded. Nothing is recorded of what a stranger sent
/// and nobody answered: anybody can send a hundred of these. Once one is answered or confirmed, what calendars show of its past is recorded.
pub(super) fn to_record(standing: &Standing, snapshot: &Snapshot) -> Vec<Action> {
    let lines: BTreeMap<&SessionId, &LedgerLine> =
        snapshot.ledger.iter().map(|line| (&line.session.id, line)).collect();
    let heard = standing.all().filter(|one| !one.is_unanswered());
    let sessions = heard.flat_map(|one| &one.sessions);
    sessions
        .filter(|session| match lines.get(&session.id) {
            None => session.outcome != Outcome::Upcoming,
            Some(line) => says_otherwise(line, session) || is_over_since(line, session, standing.now),
        })
        .map(|session| Action::Record(LedgerLine { session: session.clone(), recorded: standing.now }))
        .collect()
}

/// The calendars with news, which the ledger has once these actions are done.
pub(super) fn recorded(snapshot: &Snapshot) -> impl Iterator<Item = Action> {
    snapshot
        .sources
        .iter()
        .filter_map(|source| source.news.map(|news| Action::Recorded { source: source.id.clone(), until: news.before }))
}

fn says_otherwise(line: &LedgerLine, session: &Session) -> bool {
    let before = &line.session;
    let kept = |session: &Session| {
        let shown = (session.outcome, session.by, session.span, session.lost, session.settled);
        (shown, session.deadline, session.state, session.owed)
    };
    kept(before) != kept(session)
        || before.made_up_by != session.made_up_by
        || (planted!("the-ledger-stutters") && before.evidence != session.evidence)
}

fn is_over_since(line: &LedgerLine, session: &Session, now: Timestamp) -> bool {
    line.recorded < session.span.end && session.span.end <= now
}
