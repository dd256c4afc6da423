//! The user's decisions about single sessions; the latest one overrides what calendars show.

use jiff::Timestamp;

use crate::domain::one_on_one::OneOnOneId;
use crate::domain::session::{Choice, Decision, Outcome, SessionId};

/// What the user last said became of a session, and when; `None` where nothing was said or it was taken back.
#[must_use]
pub fn outcome(decisions: &[Decision], id: &SessionId) -> Option<(Outcome, Timestamp)> {
    let said = decisions.iter().rev().find_map(|decision| {
        let outcome = match &decision.choice {
            Choice::Held { session } if session == id => Some(Outcome::HeldConfirmed),
            Choice::NoShow { session } if session == id => Some(Outcome::NoShow),
            Choice::Excuse { session } if session == id => Some(Outcome::Excused),
            Choice::Withdraw { session } if session == id => None,
            _ => return None,
        };
        Some((outcome, decision.at))
    });
    said.and_then(|(outcome, at)| outcome.map(|outcome| (outcome, at)))
}

/// Whether the user said that a session need not be made up, and did not take that back.
#[must_use]
pub fn is_waived(decisions: &[Decision], id: &SessionId) -> bool {
    let last = decisions.iter().rev().find_map(|decision| match &decision.choice {
        Choice::Waive { session } if session == id => Some(true),
        Choice::Withdraw { session } if session == id => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

/// Whether the user said that a session stays where it is, though another event covers it.
#[must_use]
pub fn keeps_both(decisions: &[Decision], id: &SessionId) -> bool {
    let last = decisions.iter().rev().find_map(|decision| match &decision.choice {
        Choice::KeepBoth { session } if session == id => Some(true),
        Choice::Withdraw { session } if session == id => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

/// Whether the user said that the sessions of a 1:1 take place though another series covers them again and again.
#[must_use]
pub fn takes_place(decisions: &[Decision], one: &OneOnOneId, other: &str) -> Option<bool> {
    decisions.iter().rev().find_map(|decision| match &decision.choice {
        Choice::Overlap { one_on_one, with, takes_place } if one_on_one == one && with == other => Some(*takes_place),
        _ => None,
    })
}

/// Whether a decision is the user's decision on a session, and on which.
#[must_use]
pub const fn about(decision: &Decision) -> Option<&SessionId> {
    match &decision.choice {
        Choice::Held { session }
        | Choice::NoShow { session }
        | Choice::Excuse { session }
        | Choice::Waive { session }
        | Choice::KeepBoth { session }
        | Choice::Withdraw { session } => Some(session),
        _ => None,
    }
}
