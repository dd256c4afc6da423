//! Reasons in the journal against doing something (again) about a session.

use jiff::{SignedDuration, Timestamp};

use super::ProposalReason;
use crate::domain::make_up::MakeUpName;
use crate::domain::one_on_one::OneOnOneId;
use crate::domain::operation::{Operation, StandDownReason, State, WriteKind};
use crate::domain::person::Side;
use crate::domain::policy::Policy;
use crate::domain::session::Session;
use crate::domain::slot::GaveWay;
use crate::domain::snapshot::Snapshot;
use crate::domain::source::SourceId;
use crate::domain::span::Span;
use crate::domain::standing::OneOnOne;

/// How long after a write its calendar may go on showing what was there before.
const SERVER_LAG: SignedDuration = SignedDuration::from_mins(2);

/// How often something may be tried that comes to nothing.
const MAX_TRIES: usize = 2;

/// The operations that were to get a session back, oldest first.
pub(super) fn of_session<'a>(
    session: &'a Session,
    snapshot: &'a Snapshot,
) -> impl DoubleEndedIterator<Item = &'a Operation> {
    snapshot.operations.iter().filter(move |operation| operation.is_of(session) && !operation.is_undoing())
}

/// What speaks against anything more, whoever asks for it.
pub(super) fn final_word(one: &OneOnOne, session: &Session, snapshot: &Snapshot) -> Option<ProposalReason> {
    let under_way = |operation: &Operation| operation.is_of(session) && operation.state == State::Sending;
    if snapshot.operations.iter().any(under_way) {
        return Some(ProposalReason::InHand);
    }
    let last = of_session(session, snapshot).rfind(|operation| operation.may_have_written())?;
    match last.state {
        State::Refused => Some(ProposalReason::TakenBack),
        State::Uncertain => Some(ProposalReason::Uncertain),
        State::Done if last.is_unseen() || !was_read_since(&one.calendar, last_of(last, snapshot), snapshot) => {
            Some(ProposalReason::InHand)
        }
        // A session that was moved and lost again is as lost as any, and what the user undid may go to another time. A make-up that
        // somebody else took off is an answer.
        State::Done if is_undone(last, snapshot) => None,
        State::Done => (last.intent.way == WriteKind::MakeUp).then_some(ProposalReason::TakenBack),
        State::Sending | State::StoodDown { .. } => None,
    }
}

pub(super) fn is_undone(operation: &Operation, snapshot: &Snapshot) -> bool {
    let undoes = |other: &Operation| other.intent.undoes.as_ref() == Some(&operation.id) && other.state == State::Done;
    snapshot.operations.iter().any(undoes)
}

/// Whether the user undid something that was done about this session.
pub(super) fn was_undone(session: &Session, snapshot: &Snapshot) -> bool {
    of_session(session, snapshot).any(|operation| operation.state == State::Done && is_undone(operation, snapshot))
}

/// The times that the user undid: they are not offered again.
pub(super) fn undone_times<'a>(
    session: &'a Session,
    snapshot: &'a Snapshot,
    policy: &'a Policy,
) -> impl Iterator<Item = Span> + use<'a> {
    let undone = of_session(session, snapshot).filter(|operation| is_undone(operation, snapshot));
    undone.map(|operation| operation.intent.to.span(&policy.zone))
}

/// What undid an operation, else itself.
fn last_of<'a>(operation: &'a Operation, snapshot: &'a Snapshot) -> &'a Operation {
    let undoes = |other: &&Operation| other.intent.undoes.as_ref() == Some(&operation.id) && other.state == State::Done;
    snapshot.operations.iter().rfind(undoes).unwrap_or(operation)
}

/// Whether a calendar was read so long after an operation that it must show it.
pub(super) fn was_read_since(calendar: &SourceId, operation: &Operation, snapshot: &Snapshot) -> bool {
    let source = snapshot.sources.iter().find(|source| source.id == *calendar);
    let read = source.and_then(|source| source.last_success);
    read.is_some_and(|read| read.duration_since(operation.changed) >= SERVER_LAG)
}

/// What speaks against doing it without asking.
pub(super) fn limit(session: &Session, snapshot: &Snapshot, policy: &Policy, now: Timestamp) -> Option<ProposalReason> {
    // What another machine of the owner did counts as well: its mark was found.
    let by_another = |operation: &Operation| operation.state == State::StoodDown { why: StandDownReason::InOtherHands };
    let mut earlier = of_session(session, snapshot).filter(|operation| operation.intent.automatic);
    if earlier.any(|operation| operation.may_have_written() || by_another(operation)) || has_make_up(session, snapshot)
    {
        return (!planted!("put-back-as-often-as-lost")).then_some(ProposalReason::OnceAlready);
    }
    let in_vain = |operation: &&Operation| matches!(operation.state, State::StoodDown { why } if !why.passes());
    if of_session(session, snapshot).filter(in_vain).count() >= MAX_TRIES {
        return Some(ProposalReason::GaveUp);
    }
    (left_today(snapshot, policy, now) == 0).then_some(ProposalReason::DailyLimit)
}

/// Whether a calendar of the owner shows a make-up of this session, or showed one: whichever machine made it.
fn has_make_up(session: &Session, snapshot: &Snapshot) -> bool {
    let name = MakeUpName::of(&session.series, session.id.original, false);
    let shown = snapshot.events.iter().filter_map(|held| MakeUpName::in_uid(&held.event.uid));
    shown.into_iter().any(|other| other.is_for_the_same(&name))
}

/// How many more this machine may do today without asking.
#[must_use]
pub fn left_today(snapshot: &Snapshot, policy: &Policy, now: Timestamp) -> usize {
    let day = |at: Timestamp| policy.zone.to_datetime(at).date();
    let counts = |operation: &&Operation| {
        let is_one = operation.intent.automatic && !operation.is_undoing();
        is_one && operation.may_have_written() && day(operation.started) == day(now)
    };
    policy.daily_limit.saturating_sub(snapshot.operations.iter().filter(counts).count())
}

/// How often each side of a 1:1 gave way in what cadenced did.
pub(super) fn gave_way(one: &OneOnOneId, snapshot: &Snapshot) -> GaveWay {
    let done = snapshot.operations.iter().filter(|operation| {
        operation.intent.session.one_on_one == *one && operation.state == State::Done && !is_undone(operation, snapshot)
    });
    done.flat_map(|operation| &operation.intent.gave_way).fold(GaveWay::default(), |mut counted, side| {
        match side {
            Side::Owner => counted.owner += 1,
            Side::Other => counted.other += 1,
        }
        counted
    })
}
