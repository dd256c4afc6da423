//! Owns what a look at an event means: before a write, whether it may be done; after it, whether it was. Nothing here sends anything.

use jiff::{SignedDuration, Timestamp};

use crate::calendar::write::{Found, Seen, Version, WriteErrorKind};
use crate::domain::availability::Availability;
use crate::domain::event::{Event, Reply, Status};
use crate::domain::operation::{Halt, Intent, Operation, State, Way};
use crate::domain::person::Address;
use crate::domain::policy::Policy;
use crate::domain::span::Span;

/// By how much this machine's clock and a server's may differ.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(2);

/// What a look before a write says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// It may be done, conditional on this.
    Go(Option<Version>),
    /// It may not, or need not.
    End(State),
}

impl Before {
    pub(super) const fn halt(why: Halt) -> Self {
        Self::End(State::StoodDown { why })
    }
}

/// What a look after a write says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// This is how it ended.
    Known(State),
    /// The event is as it was.
    NothingHappened,
    /// It could not be seen.
    Unknown,
}

/// Whether a session may be moved: it stands where it was thought to be, nobody else has it in hand, and the owner may. `is_ours` says of
/// a mark that this very store knows it.
pub(super) fn before_move(seen: &Seen, intent: &Intent, policy: &Policy, is_ours: bool) -> Before {
    let found = match seen {
        Seen::Absent => return Before::halt(Halt::NotThere),
        Seen::CalledOff => return Before::halt(Halt::CalledOff),
        Seen::There(found) if found.event.status == Status::Cancelled => return Before::halt(Halt::CalledOff),
        Seen::There(found) => found,
    };
    if span(&found.event, policy) != intent.from {
        return Before::halt(Halt::Moved);
    }
    if found.operation.is_some() && !is_ours {
        return Before::halt(Halt::InOtherHands);
    }
    writable(found)
}

fn writable(found: &Found) -> Before {
    if found.clock_skew.is_some_and(|skew| skew.abs() > SKEW) {
        return Before::halt(Halt::ClockDisagrees);
    }
    if !found.may_write {
        return Before::halt(Halt::NotAllowed);
    }
    Before::Go(Some(found.version.clone()))
}

/// Whether a session may be made up: it is still lost, and no make-up of it was ever there.
pub(super) fn before_make_up(lost: &Seen, made: &Seen, policy: &Policy, now: Timestamp) -> Before {
    if let Seen::There(found) = lost {
        let is_ahead = span(&found.event, policy).end > now;
        let is_off = found.event.status == Status::Cancelled || is_declined(&found.event);
        if is_ahead && !is_off {
            return Before::halt(Halt::Stands);
        }
        if found.clock_skew.is_some_and(|skew| skew.abs() > SKEW) {
            return Before::halt(Halt::ClockDisagrees);
        }
    }
    match made {
        Seen::Absent => Before::Go(None),
        Seen::CalledOff => Before::End(State::Refused),
        // Nobody else comes to this name: another machine of the owner was faster.
        Seen::There(_) => Before::End(State::Done),
    }
}

fn is_declined(event: &Event) -> bool {
    event.guests.iter().any(|guest| guest.reply == Reply::Declined)
}

/// Whether an operation can be undone: what it wrote is as it wrote it.
pub(super) fn before_undoing(seen: &Seen, intent: &Intent, policy: &Policy) -> Before {
    let Seen::There(found) = seen else { return Before::halt(Halt::TouchedSince) };
    let is_ours = found.operation.is_some() && found.operation.as_ref() == intent.undoes.as_ref().map(|id| &id.0);
    if !is_ours || span(&found.event, policy) != intent.from || found.event.status == Status::Cancelled {
        return Before::halt(Halt::TouchedSince);
    }
    writable(found)
}

/// Why a slot does not do, by what servers say of both people's time there.
pub(super) fn not_free(
    said: &[Availability],
    other: Option<&Address>,
    to: Span,
    automatic: bool,
    policy: &Policy,
) -> Option<Halt> {
    let blocks = |one: &Availability| {
        let heeded = |tentative: bool| !tentative || policy.slots.tentative_is_busy;
        one.busy.iter().flatten().any(|busy| heeded(busy.tentative) && busy.span.overlaps(&to))
    };
    if said.iter().any(blocks) {
        return Some(Halt::SlotTaken);
    }
    let is_known = said.iter().any(|one| Some(&one.who) == other && one.busy.is_some());
    (automatic && !is_known).then_some(Halt::AvailabilityUnknown)
}

/// What became of an operation, by the event as it is now.
pub(super) fn after(seen: &Seen, operation: &Operation, policy: &Policy) -> After {
    match operation.intent.way {
        Way::Move | Way::MoveBack => after_move(seen, operation, policy),
        Way::MakeUp => after_make_up(seen),
        Way::TakeOff => match seen {
            Seen::Absent | Seen::CalledOff => After::Known(State::Done),
            Seen::There(_) => After::NothingHappened,
        },
    }
}

fn after_move(seen: &Seen, operation: &Operation, policy: &Policy) -> After {
    let found = match seen {
        Seen::Absent => return After::Known(State::StoodDown { why: Halt::NotThere }),
        Seen::CalledOff => return After::Known(State::StoodDown { why: Halt::CalledOff }),
        Seen::There(found) => found,
    };
    let is_ours = found.operation.as_ref() == Some(&operation.id.0);
    let at = span(&found.event, policy);
    let is_there = at == operation.intent.to.span(&policy.zone);
    if is_ours {
        // Whoever moved it on since had their reason.
        return After::Known(State::Done);
    }
    let is_marked_by_others =
        found.operation.is_some() && found.operation.as_ref() != operation.intent.undoes.as_ref().map(|id| &id.0);
    if is_marked_by_others {
        return After::Known(State::StoodDown { why: Halt::InOtherHands });
    }
    if is_there {
        // Our time without our mark: some servers keep no marks. Nobody else would have found just this time.
        return After::Known(State::Done);
    }
    if at != operation.intent.from {
        return After::Known(State::StoodDown { why: Halt::Moved });
    }
    After::NothingHappened
}

fn after_make_up(seen: &Seen) -> After {
    match seen {
        Seen::Absent => After::NothingHappened,
        Seen::CalledOff => After::Known(State::Refused),
        Seen::There(_) => After::Known(State::Done),
    }
}

/// How an operation ended where the answer to its write leaves no doubt; `None` where the event has to be looked at.
pub(super) const fn certain_failure(kind: WriteErrorKind) -> Option<State> {
    match kind {
        WriteErrorKind::FateUnknown | WriteErrorKind::Changed | WriteErrorKind::Taken => None,
        WriteErrorKind::NotDone => Some(State::Uncertain),
        WriteErrorKind::NotSent
        | WriteErrorKind::NotAllowed
        | WriteErrorKind::NoVersion
        | WriteErrorKind::NotThere
        | WriteErrorKind::SignIn
        | WriteErrorKind::Wait { .. }
        | WriteErrorKind::Refused => Some(State::StoodDown { why: halt(kind) }),
    }
}

/// Why nothing is done, by how a look or a write failed.
pub(super) const fn halt(kind: WriteErrorKind) -> Halt {
    match kind {
        WriteErrorKind::NotSent | WriteErrorKind::SignIn | WriteErrorKind::FateUnknown => Halt::NotSent,
        WriteErrorKind::Wait { .. } => Halt::Wait,
        WriteErrorKind::Changed => Halt::Changed,
        WriteErrorKind::NotAllowed => Halt::NotAllowed,
        WriteErrorKind::NoVersion => Halt::NoVersion,
        WriteErrorKind::NotThere => Halt::NotThere,
        WriteErrorKind::NotDone => Halt::NotForEverybody,
        WriteErrorKind::Taken | WriteErrorKind::Refused => Halt::Refused,
    }
}

fn span(event: &Event, policy: &Policy) -> Span {
    Span::new(event.start.instant(&policy.zone), event.end.instant(&policy.zone))
}
