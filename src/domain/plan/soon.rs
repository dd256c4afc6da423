//! Owns the word before a session: only one that stands, and only shortly before it.

use jiff::Timestamp;

use super::{Notice, Subject};
use crate::domain::policy::Policy;
use crate::domain::session::{Outcome, Session};
use crate::domain::standing::{OneOnOne, Standing};

/// The sessions of a 1:1 that begin within the time that the user wants to be reminded.
pub(super) fn soon(one: &OneOnOne, now: Timestamp, policy: &Policy) -> Vec<Notice> {
    let Some(ahead) = policy.remind else { return Vec::new() };
    let owed = u32::try_from(one.owed().count()).unwrap_or(u32::MAX);
    let close = one.sessions.iter().filter(|session| {
        stands(session) && session.span.start > now && session.span.start.duration_since(now) <= ahead
    });
    let notice = |session: &Session| Notice {
        // A session that is moved once more is a new fact.
        key: format!("soon:{}:{}", session.id, session.span.start),
        settles: Vec::new(),
        subject: Subject::Soon {
            session: session.id.clone(),
            person: one.person.clone(),
            span: session.span,
            owed,
            last_held: one.last_held,
        },
        until: session.span.start,
    };
    close.map(notice).collect()
}

/// The instants at which such a word is due.
pub(super) fn next<'s>(standing: &'s Standing, policy: &'s Policy) -> impl Iterator<Item = Timestamp> + use<'s> {
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions).filter(|session| stands(session));
    sessions.filter_map(|session| session.span.start.checked_sub(policy.remind?).ok())
}

fn stands(session: &Session) -> bool {
    session.outcome == Outcome::Upcoming
}
