//! Plans notices about what lies ahead: a session in conflict, a standing overlap, a deleted series.

use jiff::{SignedDuration, Timestamp};

use super::notices::{NOTICE_WINDOW, offer};
use super::{Notice, Proposal, Subject};
use crate::domain::policy::Policy;
use crate::domain::series::short_id;
use crate::domain::session::{Session, SessionId};
use crate::domain::standing::OneOnOne;

/// Where more conflicts come to light at once than may be told of, those within this time are told first.
const NEAR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The sessions of these 1:1s that another event covers, where that was not told: all of them, or, where there are too many, the nearest.
pub(super) fn conflicts<'s>(
    ones: impl Iterator<Item = &'s OneOnOne>,
    proposals: &[Proposal],
    now: Timestamp,
    policy: &Policy,
    is_new: impl Fn(&Notice) -> bool,
) -> Vec<Notice> {
    let all = ones.flat_map(|one| one.sessions.iter().map(move |session| (one, session)));
    let ahead: Vec<(&Session, Notice)> =
        all.filter_map(|(one, session)| Some((session, conflict(one, session, proposals)?))).collect();
    let is_told = |(session, notice): &&(&Session, Notice)| {
        let mut clashing = ahead.iter().filter(|(other, _)| cover_each_other(session, other));
        is_new(notice) && !clashing.any(|(other, told)| !is_new(told) || rank(other, told) < rank(session, notice))
    };
    let mut notices: Vec<Notice> =
        ahead.iter().filter(is_told).map(|(_, notice)| notice.clone()).filter(|notice| notice.until > now).collect();
    notices.sort_by_key(|notice| notice.until);
    if notices.len() > policy.flood {
        let soon = now.saturating_add(NEAR).unwrap_or(Timestamp::MAX);
        notices.retain(|notice| notice.until <= soon);
        notices.truncate(policy.flood);
    }
    notices
}

/// Whether two sessions take each other's time, so that moving one of them is enough: one notice tells of both.
fn cover_each_other(session: &Session, other: &Session) -> bool {
    let covers = |cover: &Session, covered: &Session| {
        covered.conflict_ahead().is_some_and(|(span, uid)| span == cover.span && uid == Some(cover.series.as_str()))
    };
    session.id != other.id && covers(session, other) && covers(other, session)
}

/// Which of two sessions is told of: one that a press moves, then one that was moved before.
fn rank<'s>(session: &'s Session, notice: &Notice) -> (bool, bool, &'s SessionId) {
    let by_button = matches!(&notice.subject, Subject::ConflictAhead { offer: Some(offer), .. } if !offer.by_message);
    (!by_button, !session.is_moved(), &session.id)
}

fn conflict(one: &OneOnOne, session: &Session, proposals: &[Proposal]) -> Option<Notice> {
    let (other, with) = session.conflict_ahead()?;
    let proposal = proposals.iter().find(|proposal| proposal.session == session.id);
    // What is being asked about is told once that is answered, and what the user decided needs no telling.
    if proposal.is_some_and(|proposal| proposal.asks.is_some() || proposal.is_in_hand()) {
        return None;
    }
    Some(Notice {
        key: format!("conflict:{}:{}", session.id, with.map(|uid| short_id(uid).0).unwrap_or_default()),
        settles: Vec::new(),
        subject: Subject::ConflictAhead {
            session: session.id.clone(),
            person: one.person.clone(),
            span: session.span,
            other,
            offer: proposal.and_then(|proposal| offer(session, proposal)),
            no_time: proposal.and_then(Proposal::why_no_time),
        },
        until: session.span.start,
    })
}

/// The questions whether the sessions of a 1:1 take place though another series covers them again and again.
pub(super) fn overlaps(one: &OneOnOne, now: Timestamp) -> Vec<Notice> {
    let notice = |with: &str| Notice {
        key: format!("overlap:{}:{}", one.id, short_id(with)),
        settles: Vec::new(),
        subject: Subject::Overlap { one_on_one: one.id.clone(), person: one.person.clone(), with: with.to_owned() },
        until: later(now),
    };
    one.open_overlaps().into_iter().map(notice).collect()
}

/// A series that was deleted or called off as a whole, and that nothing continues.
pub(super) fn deleted(one: &OneOnOne, now: Timestamp) -> Option<Notice> {
    let at = one.deleted.filter(|&at| now.duration_since(at) <= NOTICE_WINDOW && one.lapsed.is_none())?;
    let last = one.series.iter().filter_map(|series| series.last).max().unwrap_or(at);
    Some(Notice {
        key: format!("series-deleted:{}:{last}", one.id),
        settles: Vec::new(),
        subject: Subject::SeriesDeleted { one_on_one: one.id.clone(), person: one.person.clone(), since: at },
        until: later(now),
    })
}

fn later(now: Timestamp) -> Timestamp {
    now.saturating_add(NOTICE_WINDOW).unwrap_or(Timestamp::MAX)
}
