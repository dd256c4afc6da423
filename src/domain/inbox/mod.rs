//! The pending decisions and their choices. Notices, `inbox`, `do` and the bus all show these.

mod validate;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use super::facts::notice::InvalidChoice;
use super::one_on_one::{OneOnOneId, Verdict};
use super::operation::{Operation, OperationId, State, WriteKind};
use super::person::{Person, Side};
use super::policy::{Mode, Policy};
use super::reschedule::{Proposal, ProposalKind};
use super::series::short_id;
use super::session::{Choice, Loss, Outcome, Session, SessionId};
use super::snapshot::Snapshot;
use super::span::Span;
use super::standing::{OneOnOne, Standing};

pub use validate::validate;

/// How many slots besides the best one are offered.
const OTHERS: usize = 3;

/// How long after something was done it is offered to be undone.
const UNDO_WINDOW: SignedDuration = SignedDuration::from_hours(72);

/// A decision that waits for the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Names it: the id of the session, of the operation or of the 1:1 that it is about.
    pub id: String,
    /// With whom.
    pub person: Person,
    /// What it is about.
    pub about: About,
    /// What can be chosen, the likeliest first.
    pub choices: Vec<Offer>,
    /// The time that a message to the other could propose, where cadenced may write nothing itself.
    pub draft: Option<Span>,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    /// A session that is owed, or one whose outcome is asked for.
    Session {
        /// Which.
        session: SessionId,
        /// When it was to be.
        span: Span,
        /// What became of it.
        outcome: Outcome,
        /// By which side.
        by: Option<Side>,
        /// Whether it can still be made up in time.
        state: Option<Loss>,
    },
    /// Something that was written and can be taken back.
    Operation {
        /// Which.
        operation: OperationId,
        /// For which session.
        session: SessionId,
        /// What was done.
        way: WriteKind,
        /// When the session was to be.
        from: Span,
        /// When it is now.
        to: Span,
        /// Whether the server confirmed it and its calendar does not show it yet.
        unseen: bool,
    },
    /// Another series covers most sessions of a 1:1.
    Overlap {
        /// Which 1:1.
        one_on_one: OneOnOneId,
        /// The uid of the other series.
        with: String,
    },
    /// A series that may be a 1:1.
    Tentative {
        /// Which.
        one_on_one: OneOnOneId,
        /// Whether somebody unknown sent it and the owner never answered.
        is_unanswered: bool,
    },
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// What is typed for it: `take`, `take-2`, `held`, `no-show`, `waive`, `keep`, `not-held`, `undo`, `confirm`, `ignore`.
    pub word: String,
    /// What is recorded.
    pub choice: Choice,
}

impl Item {
    /// The slots that are offered, best first.
    pub fn slots(&self) -> impl Iterator<Item = Span> {
        self.choices.iter().filter_map(|offer| {
            let Choice::Take { slot, .. } = &offer.choice else { return None };
            Some(*slot)
        })
    }

    /// The choice that a word stands for.
    #[must_use]
    pub fn choice(&self, word: &str) -> Option<&Choice> {
        let offer = self.choices.iter().find(|offer| offer.word.eq_ignore_ascii_case(word))?;
        Some(&offer.choice)
    }
}

/// Everything that waits for the user: what is owed, what was done lately, and what may be a 1:1.
#[must_use]
pub fn items(standing: &Standing, snapshot: &Snapshot, policy: &Policy, proposals: &[Proposal]) -> Vec<Item> {
    let sure = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne && one.mode != Mode::Off);
    let owed = sure.flat_map(|one| one.owed().map(move |session| (one, session))).filter_map(|(one, session)| {
        let proposal = proposals.iter().find(|proposal| proposal.session == session.id);
        let is_settled = session.made_up_by.is_some() || proposal.is_some_and(Proposal::is_in_hand);
        (!is_settled).then(|| of_session(one, session, proposal, standing.now))
    });
    let covered = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne && one.mode != Mode::Off);
    let covered =
        covered.flat_map(|one| of_overlaps(one).into_iter().chain(of_conflicts(one, proposals, standing.now)));
    let done = snapshot.operations.iter().filter(|operation| {
        standing.now.duration_since(operation.changed) <= UNDO_WINDOW
            && validate(&undo(operation), standing, snapshot, policy, proposals).is_ok()
    });
    let done = done.filter_map(|operation| of_operation(operation, standing, policy));
    let tentative = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::Tentative).map(of_tentative);
    owed.chain(covered).chain(done).chain(tentative).collect()
}

/// The one item that the beginning of an id names: one that waits, or a session or an operation that could be decided on.
///
/// # Errors
/// How many it could be: none, or several.
pub fn find(
    typed: &str,
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
    proposals: &[Proposal],
) -> Result<Item, usize> {
    let mut found = items(standing, snapshot, policy, proposals);
    let sessions = standing.one_on_ones.iter().flat_map(|one| one.sessions.iter().map(move |session| (one, session)));
    // Any session can be spoken of, but only by its full name: the beginning of one names its 1:1.
    let named = sessions.filter(|(_, session)| session.id.to_string() == typed);
    let named: Vec<Item> = named.map(|(one, session)| of_session(one, session, None, standing.now)).collect();
    found.extend(named);
    found.extend(snapshot.operations.iter().filter_map(|operation| of_operation(operation, standing, policy)));
    found.retain(|item| !typed.is_empty() && item.id.starts_with(typed));
    let mut seen: Vec<String> = Vec::new();
    found.retain(|item| {
        let is_new = !seen.contains(&item.id);
        seen.push(item.id.clone());
        is_new
    });
    for item in &mut found {
        if let About::Session { session, span, .. } = &item.about {
            // Whoever names a session can say more of it, and take that back.
            let mut more = vec![
                Offer { word: "excuse".to_owned(), choice: Choice::Excuse { session: session.clone() } },
                Offer { word: "clear".to_owned(), choice: Choice::Withdraw { session: session.clone() } },
            ];
            if span.end <= standing.now {
                more.extend(said(session.clone()));
            }
            more.retain(|offer| item.choice(&offer.word).is_none());
            item.choices.extend(more);
        }
    }
    // An id in full is never ambiguous.
    if let Some(at) = found.iter().position(|item| item.id == typed) {
        return Ok(found.swap_remove(at));
    }
    let several = found.len();
    found.pop().filter(|_| several == 1).ok_or(several)
}

fn of_session(one: &OneOnOne, session: &Session, proposal: Option<&Proposal>, now: Timestamp) -> Item {
    let id = || session.id.clone();
    let mut choices = Vec::new();
    // Only where the calendar leaves it open: what was cancelled was not held, and nobody has to say so.
    if session.outcome == Outcome::Conflicted && session.span.end <= now {
        choices.extend(said(id()));
    }
    choices.extend(proposal.into_iter().flat_map(slots).enumerate().map(|(index, slot)| Offer {
        word: if index == 0 { "take".to_owned() } else { format!("take-{}", index + 1) },
        choice: Choice::Take { session: id(), slot },
    }));
    choices.push(if session.conflict_ahead().is_some() {
        Offer { word: "keep".to_owned(), choice: Choice::KeepBoth { session: id() } }
    } else {
        Offer { word: "waive".to_owned(), choice: Choice::Waive { session: id() } }
    });
    Item {
        id: session.id.to_string(),
        person: one.person.clone(),
        about: About::Session {
            session: id(),
            span: session.span,
            outcome: session.outcome,
            by: session.by,
            state: session.state,
        },
        choices,
        draft: proposal.filter(|proposal| proposal.kind == ProposalKind::Propose).and_then(|proposal| proposal.to),
    }
}

/// The sessions to come that another event covers.
fn of_conflicts(one: &OneOnOne, proposals: &[Proposal], now: Timestamp) -> Vec<Item> {
    let covered = one.sessions.iter().filter(|session| session.conflict_ahead().is_some());
    let proposal = |session: &Session| proposals.iter().find(|proposal| proposal.session == session.id);
    let open = covered.filter(|session| !proposal(session).is_some_and(Proposal::is_in_hand));
    open.map(|session| of_session(one, session, proposal(session), now)).collect()
}

/// The questions whether the sessions of a 1:1 take place though another series covers most of them.
fn of_overlaps(one: &OneOnOne) -> Vec<Item> {
    let item = |with: &str| {
        let says = |word: &str, takes_place| {
            let choice = Choice::Overlap { one_on_one: one.id.clone(), with: with.to_owned(), takes_place };
            Offer { word: word.to_owned(), choice }
        };
        Item {
            id: format!("{}-{}", one.id, short_id(with)),
            person: one.person.clone(),
            about: About::Overlap { one_on_one: one.id.clone(), with: with.to_owned() },
            choices: vec![says("held", true), says("not-held", false)],
            draft: None,
        }
    };
    one.open_overlaps().into_iter().map(item).collect()
}

/// What can be said of a session whose time is over.
fn said(session: SessionId) -> [Offer; 2] {
    [
        Offer { word: "held".to_owned(), choice: Choice::Held { session: session.clone() } },
        Offer { word: "no-show".to_owned(), choice: Choice::NoShow { session } },
    ]
}

/// The slots that can be taken: only where saying yes leads to a write.
fn slots(proposal: &Proposal) -> Vec<Span> {
    if proposal.intent.is_none() {
        return Vec::new();
    }
    let best = proposal.to;
    let others = proposal.choice.iter().flat_map(|choice| &choice.runners_up).map(|candidate| candidate.span);
    best.into_iter().chain(others.filter(|span| Some(*span) != best).take(OTHERS)).collect()
}

fn of_operation(operation: &Operation, standing: &Standing, policy: &Policy) -> Option<Item> {
    let intent = &operation.intent;
    let of_its_own = |one: &&OneOnOne| one.sessions.iter().any(|session| operation.is_of(session));
    let one = standing.one_on_ones.iter().find(|one| one.id == intent.session.one_on_one);
    let one = one.or_else(|| standing.one_on_ones.iter().find(of_its_own))?;
    let is_done = operation.state == State::Done && !operation.is_undoing();
    is_done.then(|| Item {
        id: operation.id.0.clone(),
        person: one.person.clone(),
        about: About::Operation {
            operation: operation.id.clone(),
            session: intent.session.clone(),
            way: intent.way,
            from: intent.from,
            to: intent.to.span(&policy.zone),
            unseen: operation.is_unseen(),
        },
        choices: vec![Offer { word: "undo".to_owned(), choice: undo(operation) }],
        draft: None,
    })
}

fn undo(operation: &Operation) -> Choice {
    Choice::Undo { operation: operation.id.clone() }
}

fn of_tentative(one: &OneOnOne) -> Item {
    let id = || one.id.clone();
    let confirm = Offer { word: "confirm".to_owned(), choice: Choice::Confirm { id: id(), person: None } };
    let ignore = Offer { word: "ignore".to_owned(), choice: Choice::Ignore { id: id() } };
    Item {
        id: one.id.0.clone(),
        person: one.person.clone(),
        about: About::Tentative { one_on_one: id(), is_unanswered: one.is_unanswered() },
        choices: vec![confirm, ignore],
        draft: None,
    }
}
