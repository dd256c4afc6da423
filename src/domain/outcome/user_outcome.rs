//! The user's decisions about single sessions; the latest one overrides what calendars show.

use jiff::Timestamp;

use crate::domain::one_on_one::OneOnOneId;
use crate::domain::session::{Choice, Decision, Outcome, SessionId};

/// What a decision says of one session.
enum Said {
    Became(Outcome),
    Waived,
    KeptBoth,
    /// What was said before is taken back.
    Withdrawn,
}

/// Of which session a choice says something, and what.
const fn said(choice: &Choice) -> Option<(&SessionId, Said)> {
    match choice {
        Choice::Held { session } => Some((session, Said::Became(Outcome::HeldConfirmed))),
        Choice::NoShow { session } => Some((session, Said::Became(Outcome::NoShow))),
        Choice::Excuse { session } => Some((session, Said::Became(Outcome::Excused))),
        Choice::Waive { session } => Some((session, Said::Waived)),
        Choice::KeepBoth { session } => Some((session, Said::KeptBoth)),
        Choice::Withdraw { session } => Some((session, Said::Withdrawn)),
        Choice::Confirm { .. }
        | Choice::Ignore { .. }
        | Choice::Overlap { .. }
        | Choice::Take { .. }
        | Choice::Undo { .. } => None,
    }
}

/// What was said of a session and when, the latest first.
fn said_of(decisions: &[Decision], id: &SessionId) -> impl Iterator<Item = (Said, Timestamp)> {
    decisions.iter().rev().filter_map(move |decision| {
        let (session, said) = said(&decision.choice)?;
        (session == id).then_some((said, decision.at))
    })
}

/// What the user last said became of a session, and when; `None` where nothing was said or it was taken back.
#[must_use]
pub fn outcome(decisions: &[Decision], id: &SessionId) -> Option<(Outcome, Timestamp)> {
    let mut last = said_of(decisions, id);
    last.find_map(|(said, at)| match said {
        Said::Became(outcome) => Some(Some((outcome, at))),
        Said::Withdrawn => Some(None),
        Said::Waived | Said::KeptBoth => None,
    })?
}

/// Whether the user said that a session need not be made up, and did not take that back.
#[must_use]
pub fn is_waived(decisions: &[Decision], id: &SessionId) -> bool {
    let last = said_of(decisions, id).find_map(|(said, _)| match said {
        Said::Waived => Some(true),
        Said::Withdrawn => Some(false),
        Said::Became(_) | Said::KeptBoth => None,
    });
    last.unwrap_or(false)
}

/// Whether the user said that a session stays where it is, though another event covers it.
#[must_use]
pub fn keeps_both(decisions: &[Decision], id: &SessionId) -> bool {
    let last = said_of(decisions, id).find_map(|(said, _)| match said {
        Said::KeptBoth => Some(true),
        Said::Withdrawn => Some(false),
        Said::Became(_) | Said::Waived => None,
    });
    last.unwrap_or(false)
}

/// Whether the user said that the sessions of a 1:1 take place though another series covers them again and again.
#[must_use]
pub fn takes_place(decisions: &[Decision], one: &OneOnOneId, other: &str) -> Option<bool> {
    decisions.iter().rev().find_map(|decision| {
        let Choice::Overlap { one_on_one, with, takes_place } = &decision.choice else { return None };
        (one_on_one == one && with == other).then_some(*takes_place)
    })
}

/// Whether a decision is the user's decision on a session, and on which.
#[must_use]
pub const fn about(decision: &Decision) -> Option<&SessionId> {
    match said(&decision.choice) {
        Some((session, _)) => Some(session),
        None => None,
    }
}
