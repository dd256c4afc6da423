//! The digest of owed sessions: when it is due, and what it contains.

use jiff::Timestamp;

use super::away::is_away_on;
use super::notices::{NOTICE_WINDOW, counted, waiting};
use super::times::{digest_today, due_week, midnight};
use super::{DigestLine, DigestSession, Notice, Proposal, Subject};
use crate::domain::policy::Policy;
use crate::domain::session::{Loss, Outcome, Session, SessionId};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::{OneOnOne, Standing};

/// The digest of the day, from its hour on. It is told where it says something new or something can be done about it, else once with
/// each weekly report; never on a day that the owner is away. What was lost today is told by itself, and by the next digest.
pub(super) fn daily(
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
    proposals: &[Proposal],
) -> Option<Notice> {
    digest_today(standing.now, policy).filter(|&hour| hour <= standing.now)?;
    let today = midnight(policy.zone.to_datetime(standing.now).date(), policy);
    let (before, of_today): (Vec<&Session>, Vec<&Session>) =
        counted(standing).flat_map(waiting).partition(|session| known_since(session).is_none_or(|at| at < today));
    if before.is_empty() {
        return None;
    }
    let digest = digest(standing, policy, Vec::new())?;
    let told_by_itself: Vec<String> = of_today.iter().map(|session| owed_fact(&session.id, session.state)).collect();
    let is_news = digest.settles.iter().any(|fact| !snapshot.told.contains(fact) && !told_by_itself.contains(fact));
    let can_be_done = || before.iter().any(|session| is_for_now(session, proposals, standing.now));
    let is_due = is_news || can_be_done();
    (is_due && !is_away_on(policy.zone.to_datetime(standing.now).date(), snapshot, policy)).then_some(digest)
}

/// Since when a session is known to be lost; none for what was lost before anybody looked. One that something else took the place of is
/// lost when it is over.
fn known_since(session: &Session) -> Option<Timestamp> {
    let is_lost_by_passing = matches!(session.outcome, Outcome::Conflicted | Outcome::NoShow);
    session.lost_by().or_else(|| is_lost_by_passing.then_some(session.span.end))
}

/// Whether the user can do something about a session that was lost lately: take a time, write a message, or say what happened.
fn is_for_now(session: &Session, proposals: &[Proposal], now: Timestamp) -> bool {
    if now.duration_since(session.deadline) > NOTICE_WINDOW {
        return false;
    }
    let proposal = proposals.iter().find(|proposal| proposal.session == session.id);
    let is_question = session.outcome == Outcome::Conflicted && session.span.end <= now;
    is_question || proposal.is_some_and(|proposal| proposal.to.is_some() && !proposal.is_in_hand())
}

/// Names the digest of a day: there is one at most.
pub(super) fn daily_key(now: Timestamp, policy: &Policy) -> String {
    format!("digest:{}", policy.zone.to_datetime(now).date())
}

/// Names the fact that a session is owed in this state, as far as the digest says it.
pub(super) fn owed_fact(id: &SessionId, state: Option<Loss>) -> String {
    let state = match state {
        Some(Loss::Missed) => "missed",
        Some(Loss::Open) | None => "open",
    };
    format!("owed:{id}:{state}")
}

/// Everything that waits to be made up, a line a person: that of the day, or one in the place of many notices, whose facts it settles.
pub(super) fn digest(standing: &Standing, policy: &Policy, instead_of: Vec<String>) -> Option<Notice> {
    let mut lines: Vec<DigestLine> = Vec::new();
    let mut facts = Vec::new();
    for one in counted(standing).filter(|one| waiting(one).next().is_some()) {
        facts.extend(waiting(one).map(|session| owed_fact(&session.id, session.state)));
        facts.extend(one.overdue.then(|| overdue_fact(one)));
        match lines.iter_mut().find(|line| line.person == one.person) {
            Some(line) => {
                line.sessions.extend(waiting(one).map(in_digest));
                line.overdue |= one.overdue;
                line.last_held = line.last_held.max(one.last_held);
            }
            None => lines.push(DigestLine {
                person: one.person.clone(),
                sessions: waiting(one).map(in_digest).collect(),
                overdue: one.overdue,
                last_held: one.last_held,
            }),
        }
    }
    let today = policy.zone.to_datetime(standing.now).date();
    let tomorrow = today.tomorrow().unwrap_or(today);
    let until = tomorrow.to_zoned(policy.zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
    let key = match instead_of.first() {
        Some(first) => format!("flood:{today}:{first}"),
        None => daily_key(standing.now, policy),
    };
    // With each weekly report it is news once more.
    facts.push(format!("digest-with:{}", due_week(standing.now, policy)));
    let settles = instead_of.into_iter().chain(facts).collect();
    (!lines.is_empty()).then_some(Notice { key, settles, subject: Subject::Digest { lines }, until })
}

fn overdue_fact(one: &OneOnOne) -> String {
    let since = one.last_held.map_or_else(|| "ever".to_owned(), |at| at.to_string());
    format!("overdue:{}:{since}", one.id)
}

fn in_digest(session: &Session) -> DigestSession {
    DigestSession { start: session.span.start, open: session.state == Some(Loss::Open) }
}
