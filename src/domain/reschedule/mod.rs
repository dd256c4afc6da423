//! Decides what to do about an owed session: a move, a make-up, a question, a draft, or nothing, and why.

mod allocation;
mod diaries;
mod history;
mod user_choice;
mod write_plan;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use super::facts::notice::ProposalReason;
use super::one_on_one::Verdict;
use super::operation::{Intent, StandDownReason, WriteKind};
use super::person::{Address, Person, Side};
use super::policy::{Mode, Policy};
use super::session::{Evidence, Loss, Outcome, Session, SessionId};
use super::slot::{Choice, Found, NoSlot};
use super::snapshot::Snapshot;
use super::source::{GuestNotice, SourceId, SourceKind, Whose};
use super::span::Span;
use super::standing::{OneOnOne, Standing};
use allocation::AllocatedTimes;
use diaries::Diaries;

pub use diaries::{learnt_hours, whom_to_ask};
pub use history::left_today;
pub use user_choice::{landed, pointless, retried_at, undoings, withdrawals};
pub use write_plan::guest_notice;

/// How old a reading of a calendar may be for anything to be planned from it. Before anything is written it is read again.
pub const FRESH: SignedDuration = SignedDuration::from_mins(90);

/// How old the information on somebody's time may be. It is asked for again right before anything is written.
const AVAILABILITY_MAX_AGE: SignedDuration = SignedDuration::from_hours(1);

/// How long a question that brought no answer is not put again: the server may be back, or the user signed in again.
const UNANSWERED: SignedDuration = SignedDuration::from_mins(15);

/// How far ahead a slot is looked for.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(28 * 24);

/// What would be done about one owed session, as `cadenced plan` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The session.
    pub session: SessionId,
    /// With whom.
    pub person: Person,
    /// What.
    pub kind: ProposalKind,
    /// Where it was to be.
    pub from: Span,
    /// Where it would go; none where nobody may or can say.
    pub to: Option<Span>,
    /// Why this, and why no more.
    pub why: Vec<ProposalReason>,
    /// The mode that applies.
    pub mode: Mode,
    /// The slot with its runners-up, where one was looked for and found.
    pub choice: Option<Choice>,
    /// What is written if it is done: now, or once the user says yes.
    pub intent: Option<Intent>,
    /// From when on it is done by itself.
    pub due: Option<Timestamp>,
    /// Whose time has to be asked about first.
    pub asks: Option<AskBusy>,
    /// Set where the user took a slot that can no longer be had, and was not told yet: what is not done, and why.
    pub turned_down: Option<(Intent, StandDownReason)>,
    /// How the other learns of what is written; none where nothing would be, or where that is not known.
    pub guest_notice: Option<GuestNotice>,
}

/// A question to a calendar's server: when are these people busy?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskBusy {
    /// The calendar whose server is asked.
    pub source: SourceId,
    /// Whose time.
    pub who: Vec<Address>,
    /// Which stretch of it.
    pub window: Span,
}

/// What kind of proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// It is moved, without asking (again).
    Move,
    /// It is made up, without asking (again).
    MakeUp,
    /// The user is told and may draft a message.
    Propose,
    /// The user is asked first.
    Ask,
    /// Nothing.
    None,
}

impl Proposal {
    /// Whether the session is being acted on, so that nothing about it waits for the user.
    #[must_use]
    pub fn is_in_hand(&self) -> bool {
        self.why.iter().any(|ground| matches!(ground, ProposalReason::InHand | ProposalReason::UserSaidYes))
    }

    /// Why no time is offered; none where one is, or where none is wanted.
    #[must_use]
    pub fn why_no_time(&self) -> Option<ProposalReason> {
        let says = |ground: &ProposalReason| {
            let other = [
                ProposalReason::SourceStale,
                ProposalReason::ManyWait,
                ProposalReason::TakenBack,
                ProposalReason::Uncertain,
            ];
            ground.is_no_time() || other.contains(ground)
        };
        self.why.iter().copied().find(says).filter(|_| self.to.is_none())
    }

    fn nothing(one: &OneOnOne, session: &Session, why: Vec<ProposalReason>) -> Self {
        Self {
            session: session.id.clone(),
            person: one.person.clone(),
            kind: ProposalKind::None,
            from: session.span,
            to: None,
            why,
            mode: one.mode,
            choice: None,
            intent: None,
            due: None,
            asks: None,
            turned_down: None,
            guest_notice: None,
        }
    }
}

/// What would be done about each lost session that is owed, or would be if its 1:1 were confirmed.
#[must_use]
pub fn proposals(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Vec<Proposal> {
    let deciding = DecisionContext { standing, snapshot, policy, diaries: Diaries::new(standing, snapshot, policy) };
    let waits = |one: &OneOnOne, session: &Session| {
        let is_tentative = one.verdict == Verdict::Tentative;
        session.owed || (is_tentative && is_open(session)) || (!is_tentative && session.conflict_ahead().is_some())
    };
    let of_one = |one| OneOnOne::sessions_with(one).filter(|(one, session)| waits(one, session));
    let waiting: Vec<(&OneOnOne, &Session)> = standing.one_on_ones.iter().flat_map(of_one).collect();
    let sessions: Vec<&Session> = waiting.iter().map(|(_, session)| *session).collect();
    let mut spoken = AllocatedTimes::by_notices(snapshot, &sessions);
    let mut order: Vec<usize> = (0..waiting.len()).collect();
    order.sort_by_key(|&place| allocation::rank(waiting[place].1, snapshot));
    let mut proposals: Vec<(usize, Proposal)> = Vec::with_capacity(waiting.len());
    let turns = allocation::turns(&order, |place| &waiting[place].0.id);
    for place in order {
        let (one, session) = waiting[place];
        let mut proposal = deciding.about(one, session, turns.contains(&place), &spoken);
        proposal.guest_notice = proposal.intent.as_ref().and_then(|intent| guest_notice(intent, snapshot));
        spoken.note(&proposal);
        proposals.push((place, proposal));
    }
    proposals.sort_by_key(|(place, _)| *place);
    let mut proposals: Vec<Proposal> = proposals.into_iter().map(|(_, proposal)| proposal).collect();
    allocation::part(&mut proposals);
    proposals
}

/// Why something that was decided earlier is no longer wanted; none where it would be decided again. Its own operation must not be in
/// the snapshot.
#[must_use]
pub fn objection(
    intent: &Intent,
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Option<StandDownReason> {
    if intent.undoes.is_some() {
        return None;
    }
    let is_it = |session: &&Session| {
        session.id == intent.session || (session.series == intent.uid && session.id.original == intent.session.original)
    };
    let mut all = standing.one_on_ones.iter();
    let Some((one, session)) = all.find_map(|one| Some((one, one.sessions.iter().find(is_it)?))) else {
        return Some(StandDownReason::NotThere);
    };
    if session.made_up_by.is_some() {
        return Some(StandDownReason::Replaced);
    }
    if !session.owed && session.conflict_ahead().is_none() {
        return Some(if session.outcome.is_lost() { StandDownReason::NotOwed } else { StandDownReason::Stands });
    }
    let deciding = DecisionContext { standing, snapshot, policy, diaries: Diaries::new(standing, snapshot, policy) };
    deciding.objection(one, session, intent)
}

fn is_open(session: &Session) -> bool {
    session.state == Some(Loss::Open)
}

/// What all decisions of one plan share.
struct DecisionContext<'a> {
    standing: &'a Standing,
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    diaries: Diaries<'a>,
}

impl DecisionContext<'_> {
    /// What would be done about a session; a time is looked for if it is its turn.
    fn about(&self, one: &OneOnOne, session: &Session, is_its_turn: bool, spoken: &AllocatedTimes) -> Proposal {
        let owed = if session.conflict_ahead().is_some() {
            ProposalReason::InConflict
        } else if is_open(session) {
            ProposalReason::OwedOpen
        } else {
            ProposalReason::OwedMissed
        };
        if one.verdict == Verdict::Tentative {
            return Proposal::nothing(one, session, vec![ProposalReason::Tentative]);
        }
        if let Some(replacement) = &session.made_up_by {
            let why = vec![owed, ProposalReason::ReplacementPlanned];
            let turned_down = self.turned_down(one, session, StandDownReason::Replaced);
            return Proposal { to: Some(replacement.span), turned_down, ..Proposal::nothing(one, session, why) };
        }
        let against = (one.mode == Mode::Off)
            .then_some(ProposalReason::ModeOff)
            .or_else(|| history::final_word(one, session, self.snapshot))
            .or_else(|| {
                (self.is_stale(one) && !planted!("stale-calendars-decide")).then_some(ProposalReason::SourceStale)
            })
            .or((!is_its_turn).then_some(ProposalReason::ManyWait));
        if let Some(against) = against {
            return Proposal::nothing(one, session, vec![owed, against]);
        }
        self.with_slot(one, session, owed, spoken)
    }

    fn objection(&self, one: &OneOnOne, session: &Session, intent: &Intent) -> Option<StandDownReason> {
        if intent.automatic && one.mode != Mode::Auto {
            return Some(StandDownReason::NotAllowed);
        }
        if write_plan::of(one, session, self.policy, self.standing.now).writes != Some(intent.way) {
            return Some(StandDownReason::Changed);
        }
        let slot = intent.to.span(&self.policy.zone);
        let sought = self.diaries.sought(one, session, std::iter::empty());
        let search = sought.search();
        let does =
            if intent.automatic { user_choice::does(&search, slot) } else { user_choice::still_does(&search, slot) };
        (!does).then_some(StandDownReason::SlotTaken)
    }

    /// Whether anything that this would be decided from is not as it is now: every calendar of the owner says when they are free.
    fn is_stale(&self, one: &OneOnOne) -> bool {
        let now = self.standing.now;
        let fresh = |kind, at: Timestamp| match kind {
            // Publishers lag anyway, and nothing is written there.
            SourceKind::Feed => true,
            SourceKind::Api => now.duration_since(at) <= FRESH,
        };
        let own = |source: &&super::source::Source| source.id == one.calendar || source.whose == Whose::Owner;
        let mut sources = self.standing.sources.iter().filter(own);
        sources
            .any(|source| source.stale_since.is_some() || !source.last_success.is_some_and(|at| fresh(source.kind, at)))
    }

    fn with_slot(&self, one: &OneOnOne, session: &Session, owed: ProposalReason, spoken: &AllocatedTimes) -> Proposal {
        let way = write_plan::of(one, session, self.policy, self.standing.now);
        let mut proposal = Proposal::nothing(one, session, vec![owed]);
        proposal.why.extend(way.why);
        proposal.asks = self.diaries.asks(one);
        let mut sought = self.diaries.sought(one, session, spoken.for_others(&session.id));
        if let Some(slot) = user_choice::slot(session, self.snapshot) {
            let does = user_choice::still_does(&sought.search(), slot);
            let intent = way.writes.filter(|_| does).and_then(|writes| self.intent(one, session, writes, slot));
            if let Some(intent) = intent {
                return self.as_the_user_said(session, slot, intent, proposal);
            }
            proposal.why.push(ProposalReason::SlotGone);
            proposal.turned_down = self.turned_down(one, session, StandDownReason::SlotTaken);
        }
        match sought.find(spoken.offered(&session.id)) {
            Found::None(why) => {
                proposal.why.push(no_slot(why));
                proposal
            }
            Found::Slot(choice) => self.to_slot(one, session, way.writes, choice, proposal),
        }
    }

    /// The slot that the user took and that was not acted on, as what is not done.
    fn turned_down(
        &self,
        one: &OneOnOne,
        session: &Session,
        why: StandDownReason,
    ) -> Option<(Intent, StandDownReason)> {
        let slot = user_choice::slot(session, self.snapshot)?;
        let writes = write_plan::of(one, session, self.policy, self.standing.now).writes.unwrap_or(WriteKind::MakeUp);
        Some((self.intent(one, session, writes, slot)?, why))
    }

    fn as_the_user_said(&self, session: &Session, slot: Span, intent: Intent, mut proposal: Proposal) -> Proposal {
        proposal.kind = kind_of(intent.way);
        proposal.to = Some(slot);
        proposal.why.push(ProposalReason::UserSaidYes);
        let now = self.standing.now;
        let pause = self.snapshot.no_writes_until(&intent.source, now);
        proposal.why.extend(pause.map(|_| ProposalReason::ServerAskedToWait));
        proposal.due = write_plan::not_before(session, self.snapshot).max(pause).or(Some(now));
        proposal.intent = Some(intent);
        proposal.asks = None;
        proposal
    }

    fn intent(&self, one: &OneOnOne, session: &Session, writes: WriteKind, to: Span) -> Option<Intent> {
        write_plan::intent(one, session, writes, to, self.snapshot, self.policy)
    }

    fn to_slot(
        &self,
        one: &OneOnOne,
        session: &Session,
        writes: Option<WriteKind>,
        choice: Choice,
        mut proposal: Proposal,
    ) -> Proposal {
        proposal.to = Some(choice.best.span);
        let intent = writes.and_then(|writes| self.intent(one, session, writes, choice.best.span));
        let is_asked = proposal.asks.is_none();
        let is_sure = !choice.other_unknown;
        if !is_sure {
            proposal.why.push(if is_asked { ProposalReason::OtherUnknown } else { ProposalReason::NotAskedYet });
        }
        let gave_way = write_plan::gave_way(&choice.best);
        proposal.choice = Some(choice);
        let Some(intent) = intent else {
            proposal.why.extend(writes.is_some().then_some(ProposalReason::NoAddress));
            proposal.kind = ProposalKind::Propose;
            return proposal;
        };
        let against = self.against_doing_it(one, session);
        // A session that stands is never moved without asking.
        let may = (one.mode == Mode::Auto || planted!("asking-is-doing"))
            && (is_sure || !is_asked)
            && against.is_none()
            && session.outcome.is_lost();
        proposal.why.extend(against);
        proposal.kind = if may { kind_of(intent.way) } else { ProposalKind::Ask };
        if may {
            self.set_due(one, session, &intent, &mut proposal);
        }
        proposal.intent = Some(Intent { automatic: may, gave_way, ..intent });
        proposal
    }

    fn set_due(&self, one: &OneOnOne, session: &Session, intent: &Intent, proposal: &mut Proposal) {
        let now = self.standing.now;
        let due = write_plan::due(one, session, self.snapshot, self.policy);
        proposal.why.extend((due > now).then_some(ProposalReason::Grace));
        let pause = self.snapshot.no_writes_until(&intent.source, now);
        proposal.why.extend(pause.map(|_| ProposalReason::ServerAskedToWait));
        proposal.due = Some(due).max(pause);
    }

    /// Why it may not be done without asking, though the mode is `auto`.
    fn against_doing_it(&self, one: &OneOnOne, session: &Session) -> Option<ProposalReason> {
        if one.mode != Mode::Auto {
            return None;
        }
        if history::was_undone(session, self.snapshot) {
            return Some(ProposalReason::Undone);
        }
        // A conflict is a guess: an answer turns it into *held* or *no-show*.
        let may_have_been_held = session.outcome == Outcome::Conflicted;
        let by_other = session.by == Some(Side::Other) && self.policy.ask_when_other_lost;
        let limit = || history::limit(session, self.snapshot, self.policy, self.standing.now);
        let long_lost = session.evidence.contains(&Evidence::Reconstructed);
        may_have_been_held
            .then_some(ProposalReason::MayHaveBeenHeld)
            .or(by_other.then_some(ProposalReason::OtherSideLost))
            .or(long_lost.then_some(ProposalReason::LongLost))
            .or_else(limit)
    }
}

const fn kind_of(way: WriteKind) -> ProposalKind {
    match way {
        WriteKind::Move | WriteKind::MoveBack => ProposalKind::Move,
        WriteKind::MakeUp | WriteKind::TakeOff => ProposalKind::MakeUp,
    }
}

const fn no_slot(why: NoSlot) -> ProposalReason {
    match why {
        NoSlot::NoCommonFreeTime => ProposalReason::NoCommonFreeTime,
        NoSlot::NoCommonHours => ProposalReason::NoCommonHours,
        NoSlot::Protected => ProposalReason::ProtectedTimes,
        NoSlot::Notice => ProposalReason::TooSoon,
        NoSlot::NoRoom => ProposalReason::NoRoom,
        NoSlot::OwnerUnknown => ProposalReason::OwnTimeUnknown,
    }
}
