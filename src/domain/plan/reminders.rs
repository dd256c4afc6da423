//! Reminders shortly before sessions and make-ups that are still on.

use jiff::{SignedDuration, Timestamp};

use super::notices::waiting;
use super::turns::in_turns;
use super::{Notice, Subject};
use crate::domain::policy::Policy;
use crate::domain::session::{Outcome, Session, SessionId};
use crate::domain::span::Span;
use crate::domain::standing::{OneOnOne, Standing};

/// Something that the pair is to meet for.
struct Upcoming<'s> {
    session: &'s SessionId,
    span: Span,
    /// The original start of the session that it makes up for.
    makes_up: Option<Timestamp>,
}

/// Reminders of what begins within the time that the user wants to be reminded: where much does, of what begins first, and of everybody
/// before there is a second one of anybody.
pub(super) fn soon<'s>(ones: impl Iterator<Item = &'s OneOnOne>, now: Timestamp, policy: &Policy) -> Vec<Notice> {
    let Some(ahead) = policy.remind else { return Vec::new() };
    let mut close: Vec<Notice> = ones.flat_map(|one| of_one(one, now, ahead)).collect();
    close.sort_by(|a, b| (a.until, &a.key).cmp(&(b.until, &b.key)));
    let mut first = in_turns(close);
    first.truncate(policy.flood.max(1));
    first
}

fn of_one(one: &OneOnOne, now: Timestamp, ahead: SignedDuration) -> Vec<Notice> {
    let is_close = |meeting: &Upcoming<'_>| meeting.span.start > now && meeting.span.start.duration_since(now) <= ahead;
    let close: Vec<Upcoming<'_>> = one.sessions.iter().filter_map(meeting).filter(is_close).collect();
    if close.is_empty() {
        return Vec::new();
    }
    let owed = u32::try_from(waiting(one).count()).unwrap_or(u32::MAX);
    let notice = |meeting: Upcoming<'_>| Notice {
        // A session that is moved once more is a new fact.
        key: format!("soon:{}:{}", meeting.session, meeting.span.start),
        settles: Vec::new(),
        subject: Subject::Soon {
            session: meeting.session.clone(),
            person: one.person.clone(),
            span: meeting.span,
            owed,
            last_held: one.last_held,
            makes_up: meeting.makes_up,
        },
        until: meeting.span.start,
    };
    close.into_iter().map(notice).collect()
}

/// The instants at which a reminder is due: that much ahead, or when what comes before it begins.
pub(super) fn next<'s>(standing: &'s Standing, policy: &'s Policy) -> impl Iterator<Item = Timestamp> + use<'s> {
    let meetings = standing.one_on_ones.iter().flat_map(|one| &one.sessions).filter_map(meeting);
    let ahead = policy.remind;
    let instants = meetings.filter_map(move |meeting| {
        let start = meeting.span.start;
        ahead.and_then(|ahead| start.checked_sub(ahead).ok()).map(|due| [due, start])
    });
    instants.flatten()
}

/// Whether a session, or what makes it up, is still to take place at this time.
pub(super) fn is_on(session: &Session, span: Span) -> bool {
    meeting(session).is_some_and(|meeting| meeting.span == span)
}

fn meeting(session: &Session) -> Option<Upcoming<'_>> {
    let own = (session.outcome == Outcome::Upcoming).then_some((session.span, None));
    let planned = session.made_up_by.as_ref().filter(|made| !made.held);
    let (span, makes_up) = own.or_else(|| planned.map(|made| (made.span, Some(session.id.original))))?;
    Some(Upcoming { session: &session.id, span, makes_up })
}
