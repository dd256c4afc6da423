//! The buttons of each notice, and what pressing them does.

use serde::{Deserialize, Serialize};

use crate::domain::inbox::{About, Item};
use crate::domain::operation::{OperationId, WriteKind};
use crate::domain::plan::{Notice, Subject};
use crate::domain::session::{Choice, Outcome, SessionId};
use crate::domain::span::Span;
use crate::domain::week::WeekId;

/// What happens when a button is pressed. It is kept with the notice, so that a late press does what the button said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "press", rename_all = "snake_case")]
pub enum Press {
    /// A decision is recorded, if it still means something.
    Decide {
        /// Which.
        choice: Choice,
    },
    /// The other slots are shown, in a notice of their own.
    OtherTimes {
        /// For which session.
        session: SessionId,
    },
    /// Why something was done is shown, in a notice of its own.
    Why {
        /// What was done.
        operation: OperationId,
    },
    /// The report of a week is opened.
    Open {
        /// Which week.
        week: WeekId,
    },
}

/// Spec servers show three buttons at most (GNOME Shell drops the rest).
const MAX_BUTTONS: usize = 3;

/// What can be pressed on a notice, given what waits for the user.
#[must_use]
pub fn presses(notice: &Notice, items: &[Item]) -> Vec<Press> {
    let mut presses = match &notice.subject {
        Subject::Lost { session, outcome, .. } | Subject::Missed { session, outcome, .. } => {
            of_session(session, *outcome, items)
        }
        Subject::OtherTimes { session, slots, .. } => {
            slots.iter().map(|slot| decide(Choice::Take { session: session.clone(), slot: *slot })).collect()
        }
        Subject::ConflictAhead { session, .. } => of_conflict(session, items),
        Subject::Overlap { one_on_one, with, .. } => {
            let asked = |item: &&Item| matches!(&item.about, About::Overlap { one_on_one: one, with: other } if one == one_on_one && other == with);
            let item = items.iter().find(asked);
            item.into_iter().flat_map(|item| &item.choices).map(|offer| decide(offer.choice.clone())).collect()
        }
        Subject::PutBack { operation, way: WriteKind::Move | WriteKind::MakeUp, .. } => {
            let undo = items.iter().filter(|item| item.id == operation.0).filter_map(|item| item.choice("undo"));
            let undo = undo.cloned().map(decide);
            undo.chain([Press::Why { operation: operation.clone() }]).collect()
        }
        Subject::Explained { operation, .. } => {
            let undo = items.iter().filter(|item| item.id == operation.0).filter_map(|item| item.choice("undo"));
            undo.cloned().map(decide).collect()
        }
        Subject::ReportReady { week, .. } => vec![Press::Open { week: *week }],
        Subject::Soon { .. }
        | Subject::PutBack { .. }
        | Subject::NotDone { .. }
        | Subject::Digest { .. }
        | Subject::Lapsed { .. }
        | Subject::SeriesDeclined { .. }
        | Subject::SeriesDeleted { .. }
        | Subject::Stale { .. }
        | Subject::TooLate { .. }
        | Subject::More { .. }
        | Subject::StoreRestored { .. }
        | Subject::Storage { .. } => Vec::new(),
    };
    presses.truncate(MAX_BUTTONS);
    presses
}

/// A conflict is a question first; anything else wants a new time.
fn of_session(session: &SessionId, outcome: Outcome, items: &[Item]) -> Vec<Press> {
    let Some(item) = items.iter().find(|item| is_about(item, session)) else { return Vec::new() };
    let choice = |word: &str| item.choice(word).cloned().map(decide);
    if outcome == Outcome::Conflicted {
        return [choice("held"), choice("take"), choice("no-show")].into_iter().flatten().collect();
    }
    let several = item.slots().count() > 1;
    let others = several.then(|| Press::OtherTimes { session: session.clone() });
    [choice("take"), others, choice("waive")].into_iter().flatten().collect()
}

/// A session that another event covers is moved, or stays.
fn of_conflict(session: &SessionId, items: &[Item]) -> Vec<Press> {
    let Some(item) = items.iter().find(|item| is_about(item, session)) else { return Vec::new() };
    let choice = |word: &str| item.choice(word).cloned().map(decide);
    let several = item.slots().count() > 1;
    let others = several.then(|| Press::OtherTimes { session: session.clone() });
    [choice("take"), others, choice("keep")].into_iter().flatten().collect()
}

fn is_about(item: &Item, id: &SessionId) -> bool {
    matches!(&item.about, About::Session { session, .. } if session == id)
}

const fn decide(choice: Choice) -> Press {
    Press::Decide { choice }
}

/// The slots besides the best one, for the notice that shows them.
#[must_use]
pub fn other_slots(session: &SessionId, items: &[Item]) -> Vec<Span> {
    let item = items.iter().find(|item| is_about(item, session));
    item.into_iter().flat_map(Item::slots).skip(1).take(MAX_BUTTONS).collect()
}
