//! What the owner's role allows cadenced to write, and the complete write.

use jiff::{SignedDuration, Timestamp};

use super::ProposalReason;
use super::history::{is_undone, of_session};
use crate::domain::detection::participants::{is_of_just_this_pair, only_other};
use crate::domain::detection::title::of_make_up;
use crate::domain::event::{Event, Participant, ParticipantKind};
use crate::domain::one_on_one::Role;
use crate::domain::operation::{Intent, State, Times, WriteKind};
use crate::domain::person::{Address, Side};
use crate::domain::policy::Policy;
use crate::domain::recurrence::Moment;
use crate::domain::session::{Outcome, Session};
use crate::domain::slot::{Candidate, SlotReason};
use crate::domain::snapshot::{Mirrored, Snapshot};
use crate::domain::source::GuestNotice;
use crate::domain::span::Span;
use crate::domain::standing::OneOnOne;

/// How long the one who organises a 1:1 has the first word, where the other may make sessions up as well: so that both of a pair
/// never do it at the same time.
const ORGANISER_FIRST: SignedDuration = SignedDuration::from_hours(24);

/// How long something that could not be sent waits to be tried again.
pub(super) const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// What may be written, and why no more.
pub(super) struct WritePlan {
    pub(super) writes: Option<WriteKind>,
    pub(super) why: Vec<ProposalReason>,
}

/// What the owner's role allows.
pub(super) fn of(one: &OneOnOne, session: &Session, policy: &Policy, now: Timestamp) -> WritePlan {
    let only = |why: Vec<ProposalReason>| WritePlan { writes: None, why };
    match one.role {
        Role::ReadOnly => only(vec![ProposalReason::ReadOnly]),
        // What stands can only be moved.
        Role::Guest if session.outcome == Outcome::Upcoming => only(vec![ProposalReason::NotOrganiser]),
        Role::Guest if !policy.make_up_as_guest && !planted!("guests-make-up-unasked") => {
            only(vec![ProposalReason::NotOrganiser])
        }
        Role::Guest
            if now.duration_since(session.lost_by().unwrap_or(session.span.end)) < ORGANISER_FIRST
                && !planted!("guests-do-not-wait") =>
        {
            only(vec![ProposalReason::NotOrganiser, ProposalReason::OrganiserFirst])
        }
        Role::Guest => WritePlan { writes: Some(WriteKind::MakeUp), why: vec![ProposalReason::NotOrganiser] },
        // What was called off cannot be moved, and what is past need not be.
        Role::Organiser
            if matches!(session.outcome, Outcome::Declined | Outcome::Upcoming) && session.span.start > now =>
        {
            WritePlan { writes: Some(WriteKind::Move), why: Vec::new() }
        }
        Role::Organiser => WritePlan { writes: Some(WriteKind::MakeUp), why: Vec::new() },
    }
}

/// From when on it may be done without asking: somebody may be about to fix it themselves.
///
/// Where no read showed the session standing before it was lost, it may have been lost right before the read that first showed it.
pub(super) fn due(one: &OneOnOne, session: &Session, snapshot: &Snapshot, policy: &Policy) -> Timestamp {
    let source = snapshot.sources.iter().find(|source| source.id == one.calendar);
    let missed = (session.outcome == Outcome::NoShow).then_some(session.span.end);
    let first_read = || source.and_then(|source| source.first_success);
    let known = session.lost_by().or(missed).or_else(|| first_read().max(first_shown(one, session, snapshot, policy)));
    let grace = known.map_or(Timestamp::MAX, |at| at.saturating_add(policy.grace).unwrap_or(Timestamp::MAX));
    grace.max(not_before(session, snapshot).unwrap_or(Timestamp::MIN))
}

/// The read that first showed the event of a session, or its override.
fn first_shown(one: &OneOnOne, session: &Session, snapshot: &Snapshot, policy: &Policy) -> Option<Timestamp> {
    let shown_by = shown_by(one, session, snapshot, policy)?;
    let is_of_session = |event: &Event| {
        let original = event.overrides.as_ref().map(|id| id.original.instant(&policy.zone));
        event.uid == shown_by.event.uid && original.is_none_or(|original| original == session.id.original)
    };
    let shown = snapshot.events.iter().filter(|held| held.source == shown_by.source && is_of_session(&held.event));
    shown.map(|held| held.first_seen).max()
}

/// When something that could not be sent may be tried again.
pub(super) fn not_before(session: &Session, snapshot: &Snapshot) -> Option<Timestamp> {
    let last = of_session(session, snapshot).next_back()?;
    let passes = matches!(last.state, State::StoodDown { why } if why.passes());
    passes.then(|| last.changed.saturating_add(PAUSE).unwrap_or(Timestamp::MAX))
}

/// The sides whose time a slot does not suit.
pub(super) fn gave_way(candidate: &Candidate) -> Vec<Side> {
    let side = |ground: &SlotReason| match ground {
        SlotReason::BreaksFocus(side) | SlotReason::OverTentative(side) => Some(*side),
        _ => None,
    };
    candidate.grounds.iter().filter_map(side).collect()
}

/// Everything that a write takes; `None` where its event is not in the mirror, or nobody can be invited.
pub(super) fn intent(
    one: &OneOnOne,
    session: &Session,
    way: WriteKind,
    to: Span,
    snapshot: &Snapshot,
    policy: &Policy,
) -> Option<Intent> {
    let held = shown_by(one, session, snapshot, policy)?;
    let event = &held.event;
    let is_single = event.recurrence.is_none() && event.overrides.is_none();
    let guest = only_other(event, policy).filter(|who| who.address.is_some()).cloned().or_else(|| usual(one));
    if way == WriteKind::MakeUp && guest.is_none() {
        return None;
    }
    Some(Intent {
        session: session.id.clone(),
        way,
        source: held.source.clone(),
        uid: event.uid.clone(),
        original: (!is_single).then(|| like(&event.start, session.id.original, policy)),
        from: session.span,
        to: times(&event.start, to, policy),
        title: if way == WriteKind::MakeUp { make_up_title(one, event, session, policy) } else { event.title.clone() },
        organiser: organiser(event, policy),
        guest,
        automatic: false,
        gave_way: Vec::new(),
        as_guest: one.role == Role::Guest,
        undone_before: undone_make_ups(session, snapshot),
        undoes: None,
        yields_to: None,
    })
}

/// The title of a make-up: that of its series, else both names, and the day that it stands in for. Nothing else of an event that guests
/// see is free for that: descriptions are theirs.
fn make_up_title(one: &OneOnOne, event: &Event, session: &Session, policy: &Policy) -> String {
    let title = event.title.trim();
    let both = || match policy.owner_names.first() {
        Some(owner) => format!("{owner} / {}", one.person.name),
        None => "1:1".to_owned(),
    };
    let day = policy.zone.to_datetime(session.id.original).date();
    let title = if title.is_empty() { both() } else { title.to_owned() };
    of_make_up(&title, day)
}

/// How many make-ups of a session its user undid.
fn undone_make_ups(session: &Session, snapshot: &Snapshot) -> u32 {
    let undone = of_session(session, snapshot)
        .filter(|operation| operation.intent.way == WriteKind::MakeUp && is_undone(operation, snapshot));
    u32::try_from(undone.count()).unwrap_or(u32::MAX)
}

/// The event that shows a session: its series, else the event of its own.
fn shown_by<'a>(one: &OneOnOne, session: &Session, snapshot: &'a Snapshot, policy: &Policy) -> Option<&'a Mirrored> {
    let in_calendar = || snapshot.events.iter().filter(|held| held.source == one.calendar);
    let is_series = |held: &&Mirrored| held.event.uid == session.series && held.event.recurrence.is_some();
    let is_own = |held: &&Mirrored| {
        held.event.recurrence.is_none()
            && held.event.start.instant(&policy.zone) == session.id.original
            && is_of_just_this_pair(&held.event, &one.person, policy)
    };
    in_calendar().find(is_series).or_else(|| in_calendar().find(is_own))
}

/// The owner, by the address that an event has.
pub(super) fn organiser(event: &Event, policy: &Policy) -> Option<Address> {
    let called = event.organiser.as_ref().and_then(|who| who.address.as_ref());
    let invited = event.guests.iter().filter_map(|guest| guest.who.address.as_ref());
    let own = called.into_iter().chain(invited).find(|address| policy.owner.contains(address));
    own.or(policy.owner.first()).cloned()
}

fn usual(one: &OneOnOne) -> Option<Participant> {
    let address = one.person.addresses.first()?.clone();
    Some(Participant { address: Some(address), name: Some(one.person.name.clone()), kind: ParticipantKind::Individual })
}

/// A span in the zone of a series.
pub(super) fn times(series: &Moment, span: Span, policy: &Policy) -> Times {
    Times { start: like(series, span.start, policy), end: like(series, span.end, policy) }
}

/// An instant in the form of another moment.
fn like(model: &Moment, at: Timestamp, policy: &Policy) -> Moment {
    match model {
        Moment::Zoned(_, zone) => Moment::Zoned(zone.rules().to_datetime(at), zone.clone()),
        Moment::Floating(_) | Moment::Date(_) => model.with_local(policy.zone.to_datetime(at)),
    }
}

/// How the other learns of what was written: as their calendar's server says it, unless the event itself leaves the server out.
#[must_use]
pub fn guest_notice(intent: &Intent, snapshot: &Snapshot) -> Option<GuestNotice> {
    let is_it = |held: &&Mirrored| held.source == intent.source && held.event.uid == intent.uid;
    let moves = matches!(intent.way, WriteKind::Move | WriteKind::MoveBack);
    if moves
        && !planted!("silent-servers-tell-guests")
        && snapshot.events.iter().find(is_it).is_some_and(|held| held.event.untold_guests)
    {
        return Some(GuestNotice::Nobody);
    }
    snapshot.sources.iter().find(|source| source.id == intent.source)?.guest_notice
}
