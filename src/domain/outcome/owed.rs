//! The consequences of a loss: deadlines, replacements, and whether a session is open, missed or owed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::user_outcome;
use crate::domain::facts::week_id::WeekId;
use crate::domain::one_on_one::{Cadence, Verdict};
use crate::domain::policy::{Overtaken, Policy};
use crate::domain::series::de_facto::WITHIN;
use crate::domain::series::matching::{Window, assign};
use crate::domain::session::{Decision, Evidence, Loss, NotOwed, Replacement, Session};
use crate::domain::span::Span;

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

/// One 1:1 of a pair, while its losses are settled.
#[derive(Debug)]
pub struct Account {
    /// Its sessions, in order of their original starts.
    pub sessions: Vec<Session>,
    /// Its cadence now, for sessions that have none of their own.
    pub cadence: Cadence,
    /// What is known of it; a tentative one owes nothing.
    pub verdict: Verdict,
    /// The original starts of the sessions whose deadlines stay as the ledger has them.
    pub frozen: BTreeSet<Timestamp>,
}

/// What the losses of one pair are settled by.
#[derive(Clone, Copy)]
pub struct Settlement<'a> {
    /// The last good read of the calendar that a session is known from.
    pub last_success: &'a dyn Fn(&Session) -> Option<Timestamp>,
    /// Everything that the user decided.
    pub decisions: &'a [Decision],
    /// The user's settings.
    pub policy: &'a Policy,
    /// The present.
    pub now: Timestamp,
}

/// Sets the deadline, replacement, state and debt of every session of a pair's 1:1s.
///
/// A replacement that the ledger has stays; beyond these, each stand-in pays one debt over all of the 1:1s.
pub fn settle(accounts: &mut [Account], stand_ins: &[StandIn], settling: &Settlement<'_>) {
    for account in accounts.iter_mut() {
        account.set_deadlines(settling.policy);
    }
    replace(accounts, stand_ins);
    for account in accounts.iter_mut() {
        account.find_debts(settling);
    }
}

impl Account {
    fn cadence_of(&self, session: &Session) -> Cadence {
        session.cadence.unwrap_or(self.cadence)
    }

    fn set_deadlines(&mut self, policy: &Policy) {
        let originals: Vec<Timestamp> = self.sessions.iter().map(|session| session.id.original).collect();
        for index in 0..self.sessions.len() {
            let session = &self.sessions[index];
            if self.frozen.contains(&session.id.original) && !planted!("past-deadlines-move") {
                continue;
            }
            let next = originals.get(index + 1).copied();
            let deadline = deadline(session.id.original, next, self.cadence_of(session), policy);
            self.sessions[index].deadline = deadline;
        }
    }

    /// Between which original starts a replacement of a session may start: those of the sessions before and after it.
    fn window(&self, index: usize) -> (Timestamp, Timestamp) {
        let session = &self.sessions[index];
        let original = session.id.original;
        let one = self.cadence_of(session).interval();
        let previous = index.checked_sub(1).map(|before| self.sessions[before].id.original);
        let next = self.sessions.get(index + 1).map(|session| session.id.original);
        let after = previous.unwrap_or_else(|| original.saturating_sub(one).unwrap_or(Timestamp::MIN));
        let before = next.unwrap_or_else(|| original.saturating_add(one).unwrap_or(Timestamp::MAX));
        (after, before)
    }

    fn find_debts(&mut self, settling: &Settlement<'_>) {
        let held = |session: &&Session| session.outcome.is_held();
        let held: Vec<Timestamp> = self.sessions.iter().filter(held).map(|session| session.span.start).collect();
        let (verdict, cadence) = (self.verdict, self.cadence);
        for session in &mut self.sessions {
            session.state = state(session, settling);
            let is_made_up = session.made_up_by.as_ref().is_some_and(|replacement| replacement.held);
            let waits = session.outcome.is_lost() && !is_made_up;
            session.not_owed = if waits { not_owed(session, &held, verdict, cadence, settling) } else { None };
            session.owed = waits && session.not_owed.is_none();
        }
    }
}

/// Why a session that was lost and not made up is not owed; `held` are the starts of the sessions that were held.
fn not_owed(
    session: &Session,
    held: &[Timestamp],
    verdict: Verdict,
    cadence: Cadence,
    settling: &Settlement<'_>,
) -> Option<NotOwed> {
    if verdict != Verdict::OneOnOne && !planted!("guesses-owe") {
        return Some(NotOwed::Tentative);
    }
    if user_outcome::is_waived(settling.decisions, &session.id) && !planted!("waivers-are-forgotten") {
        return Some(NotOwed::Waived);
    }
    let may_be_overtaken = may_be_overtaken(session.cadence.unwrap_or(cadence), settling.policy);
    let since = held.iter().copied().filter(|&held| held > session.id.original).min();
    let met_since = since.filter(|_| may_be_overtaken && !planted!("never-overtaken"));
    met_since.map(NotOwed::MetSince).or_else(|| is_old_history(session, settling.now).then_some(NotOwed::LongPast))
}

/// Until when a session can be made up: the end of the owner's week for a cadence of up to a week, else half the actual
/// distance to the next session.
fn deadline(original: Timestamp, next: Option<Timestamp>, cadence: Cadence, policy: &Policy) -> Timestamp {
    if cadence.is_up_to_a_week() {
        let day = policy.zone.to_datetime(original).date();
        return WeekId::of(day, policy.first_weekday).span(policy.first_weekday, &policy.zone).end;
    }
    let distance = next.map_or_else(|| cadence.interval(), |next| next.duration_since(original));
    original.saturating_add(distance / 2).unwrap_or(Timestamp::MAX)
}

/// The length that *overdue* and *lapsed* count by: a whole period, and at least a week. Who meets twice a week misses each other after
/// two weeks, and not after one.
#[must_use]
pub fn patience(cadence: Cadence) -> SignedDuration {
    let period = if cadence.days() < 7.0 { cadence.period_days() } else { cadence.days() };
    days(period.max(7.0))
}

/// How long after its last session a 1:1 without a successor has lapsed: twice as long as it can wait for a session; one that is booked by
/// hand when nothing of it was booked for as long as it takes to tell a pattern.
#[must_use]
pub fn silence(cadence: Cadence, is_booked_by_hand: bool) -> SignedDuration {
    let twice = patience(cadence) * 2;
    if is_booked_by_hand { (twice * 2).max(WITHIN) } else { twice }
}

fn days(days: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(days * 86_400.0).unwrap_or(SignedDuration::MAX)
}

/// Gives each lost session at most one stand-in, and each stand-in to at most one session of all 1:1s: that of those that it may stand
/// in for whose time for it ends first.
fn replace(accounts: &mut [Account], stand_ins: &[StandIn]) {
    let taken = keep_recorded(accounts, stand_ins);
    let mut free: Vec<&StandIn> = stand_ins
        .iter()
        .filter(|stand_in| planted!("one-make-up-pays-twice") || !taken.contains(&stand_in.uid))
        .collect();
    free.sort_by_key(|stand_in| (stand_in.span.start, stand_in.uid.as_str()));
    let waiting = waiting(accounts);
    let windows = waiting.iter().enumerate().map(|(name, one)| {
        let account = &accounts[one.account];
        let (after, before) = account.window(one.session);
        Window { rank: u8::from(account.verdict != Verdict::OneOnOne), before, after, name }
    });
    let starts: Vec<Timestamp> = free.iter().map(|stand_in| stand_in.span.start).collect();
    let given = assign(&starts, windows.collect());
    for (stand_in, name) in free.into_iter().zip(given) {
        let Some(one) = name.and_then(|name| waiting.get(name)) else { continue };
        let made = Replacement { uid: stand_in.uid.clone(), span: stand_in.span, held: stand_in.held };
        accounts[one.account].sessions[one.session].made_up_by = Some(made);
    }
}

/// A lost session that nothing stands in for.
struct Waiting {
    account: usize,
    session: usize,
}

fn waiting(accounts: &[Account]) -> Vec<Waiting> {
    let of_one = |(account, one): (usize, &Account)| -> Vec<Waiting> {
        let bare = one.sessions.iter().enumerate().filter(|(_, session)| is_bare(session));
        bare.map(|(session, _)| Waiting { account, session }).collect()
    };
    accounts.iter().enumerate().flat_map(of_one).collect()
}

fn is_bare(session: &Session) -> bool {
    session.outcome.is_lost() && session.made_up_by.is_none()
}

/// Brings the replacements that the ledger has up to what the calendars show; one that is no longer there is dropped, unless it was
/// held. Returns which stand-ins are taken.
fn keep_recorded(accounts: &mut [Account], stand_ins: &[StandIn]) -> BTreeSet<String> {
    let by_uid: BTreeMap<&str, &StandIn> = stand_ins.iter().map(|stand_in| (stand_in.uid.as_str(), stand_in)).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for account in accounts.iter_mut() {
        for index in 0..account.sessions.len() {
            let window = account.window(index);
            let session = &mut account.sessions[index];
            let Some(made) = session.made_up_by.take().filter(|_| session.outcome.is_lost()) else { continue };
            let shown = by_uid.get(made.uid.as_str()).copied();
            let Some(kept) = kept(made, shown, window) else { continue };
            if taken.insert(kept.uid.clone()) {
                session.made_up_by = Some(kept);
            }
        }
    }
    taken
}

fn kept(made: Replacement, shown: Option<&StandIn>, (after, before): (Timestamp, Timestamp)) -> Option<Replacement> {
    let Some(shown) = shown else { return made.held.then_some(made) };
    let stands_in = made.span == shown.span || (after < shown.span.start && shown.span.start < before);
    stands_in.then_some(Replacement { span: shown.span, held: made.held || shown.held, ..made })
}

fn state(session: &Session, settling: &Settlement<'_>) -> Option<Loss> {
    if !session.outcome.is_lost() {
        return None;
    }
    if let Some(replacement) = &session.made_up_by
        && replacement.span.end <= session.deadline
    {
        // One that ended in time counts as soon as a read shows that it was held; until then nothing is missed.
        return if replacement.held { None } else { Some(Loss::Open) };
    }
    // What was once missed was read then, whatever became of the calendar since.
    let was_missed = session.state == Some(Loss::Missed);
    let was_read_since = (settling.last_success)(session).is_some_and(|at| at >= session.deadline);
    let is_over =
        settling.now >= session.deadline && (was_read_since || was_missed || planted!("missed-without-a-read"));
    Some(if is_over { Loss::Missed } else { Loss::Open })
}

fn may_be_overtaken(cadence: Cadence, policy: &Policy) -> bool {
    match policy.overtaken {
        Overtaken::Always => true,
        Overtaken::Never => false,
        Overtaken::UpToAWeek => cadence.is_up_to_a_week(),
    }
}

/// What was lost before cadenced first read its calendar is history once its deadline is past: nobody is asked to make it up.
fn is_old_history(session: &Session, now: Timestamp) -> bool {
    let is_old = |evidence: &Evidence| matches!(evidence, Evidence::Reconstructed | Evidence::LostBeforeFirstRead);
    session.evidence.iter().any(is_old) && now >= session.deadline
}
