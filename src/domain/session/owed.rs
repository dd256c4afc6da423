//! Owns what follows from a loss: deadlines, replacements, and whether a session is open, missed or owed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Evidence, Loss, Replacement, Session, said};
use crate::domain::assess::BACK;
use crate::domain::one_on_one::{Cadence, Verdict};
use crate::domain::policy::{Overtaken, Policy};
use crate::domain::span::Span;
use crate::domain::week::WeekId;

/// An event of just this pair that could stand in for a lost session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Its uid.
    pub uid: String,
    /// When.
    pub span: Span,
    /// Whether it is over and nothing speaks against it.
    pub held: bool,
}

/// What the losses of one 1:1 are settled by.
#[derive(Clone, Copy)]
pub struct Settling<'a> {
    /// The cadence of the 1:1.
    pub cadence: Cadence,
    /// What is known of it; a tentative one owes nothing.
    pub verdict: Verdict,
    /// The last good read of its calendar.
    pub last_success: Option<Timestamp>,
    /// Everything that the user decided.
    pub decisions: &'a [Decision],
    /// The user's settings.
    pub policy: &'a Policy,
    /// The present.
    pub now: Timestamp,
}

/// Sets the deadline, replacement, state and debt of every session; they must be in order of their original starts.
///
/// What the ledger alone remembers is `frozen`, by original start: its deadline stays, and a replacement that it has.
pub fn settle(sessions: &mut [Session], frozen: &BTreeSet<Timestamp>, stand_ins: &[StandIn], settling: &Settling<'_>) {
    let originals: Vec<Timestamp> = sessions.iter().map(|session| session.id.original).collect();
    for (index, session) in sessions.iter_mut().enumerate() {
        if frozen.contains(&session.id.original) {
            continue;
        }
        session.deadline = deadline(session.id.original, originals.get(index + 1).copied(), settling);
    }
    replace(sessions, stand_ins, settling.cadence);
    let held: Vec<Timestamp> =
        sessions.iter().filter(|session| session.outcome.is_held()).map(|session| session.id.original).collect();
    for session in sessions.iter_mut() {
        session.state = state(session, settling);
        let overtaken = may_be_overtaken(settling) && held.last().is_some_and(|&last| last > session.id.original);
        session.owed = session.outcome.is_lost()
            && settling.verdict == Verdict::OneOnOne
            && !session.made_up_by.as_ref().is_some_and(|replacement| replacement.held)
            && !overtaken
            && !is_old_history(session, settling.now)
            && !said::is_waived(settling.decisions, &session.id);
    }
}

/// Until when a session can be made up: the end of the owner's week for a cadence of up to a week, else half the actual
/// distance to the next session.
fn deadline(original: Timestamp, next: Option<Timestamp>, settling: &Settling<'_>) -> Timestamp {
    let policy = settling.policy;
    if settling.cadence.is_up_to_a_week() {
        let day = policy.zone.to_datetime(original).date();
        return WeekId::of(day, policy.first_weekday).span(policy.first_weekday, &policy.zone).end;
    }
    let distance = next.map_or_else(|| nominal(settling.cadence), |next| next.duration_since(original));
    original.checked_add(distance / 2).unwrap_or(Timestamp::MAX)
}

/// The length of one cadence, where no neighbour says it exactly.
#[must_use]
pub fn nominal(cadence: Cadence) -> SignedDuration {
    SignedDuration::try_from_secs_f64(cadence.days() * 86_400.0).unwrap_or(SignedDuration::MAX)
}

/// Gives each lost session at most one stand-in, and each stand-in to at most one session: the earliest lost session
/// that may still take it.
fn replace(sessions: &mut [Session], stand_ins: &[StandIn], cadence: Cadence) {
    let originals: Vec<Timestamp> = sessions.iter().map(|session| session.id.original).collect();
    let taken: BTreeSet<String> =
        sessions.iter().filter_map(|session| Some(session.made_up_by.as_ref()?.uid.clone())).collect();
    let mut free: Vec<&StandIn> = stand_ins.iter().filter(|stand_in| !taken.contains(&stand_in.uid)).collect();
    free.sort_by_key(|stand_in| (stand_in.span.start, stand_in.uid.as_str()));
    let is_bare = |session: &Session| session.outcome.is_lost() && session.made_up_by.is_none();
    for (index, session) in sessions.iter_mut().enumerate().filter(|(_, session)| is_bare(session)) {
        let one = nominal(cadence);
        let original = originals[index];
        let previous = index.checked_sub(1).map(|before| originals[before]);
        let after = previous.unwrap_or_else(|| original.checked_sub(one).unwrap_or(Timestamp::MIN));
        let next = originals.get(index + 1).copied();
        let before = next.unwrap_or_else(|| original.checked_add(one).unwrap_or(Timestamp::MAX));
        let fits = |stand_in: &&StandIn| after < stand_in.span.start && stand_in.span.start < before;
        let Some(at) = free.iter().position(fits) else { continue };
        let taken = free.remove(at);
        session.made_up_by = Some(Replacement { uid: taken.uid.clone(), span: taken.span, held: taken.held });
    }
}

fn state(session: &Session, settling: &Settling<'_>) -> Option<Loss> {
    if !session.outcome.is_lost() {
        return None;
    }
    if let Some(replacement) = &session.made_up_by
        && replacement.span.end <= session.deadline
    {
        // One that ended in time counts as soon as a read shows that it was held; until then nothing is missed.
        return if replacement.held { None } else { Some(Loss::Open) };
    }
    let was_read_since = settling.last_success.is_some_and(|at| at >= session.deadline);
    let is_over = settling.now >= session.deadline && was_read_since;
    Some(if is_over { Loss::Missed } else { Loss::Open })
}

fn may_be_overtaken(settling: &Settling<'_>) -> bool {
    match settling.policy.overtaken {
        Overtaken::Always => true,
        Overtaken::Never => false,
        Overtaken::UpToAWeek => settling.cadence.is_up_to_a_week(),
    }
}

/// What was past long before cadenced first saw it is history: nobody is asked to make it up.
fn is_old_history(session: &Session, now: Timestamp) -> bool {
    session.evidence.contains(&Evidence::Reconstructed) && now.duration_since(session.span.end) > BACK
}
