//! Decides from an event's current state whether a write may be done, and whether it was. Nothing here sends anything.

use jiff::{SignedDuration, Timestamp};

use crate::calendar::write::{Found, Seen, Version, WriteErrorKind};
use crate::domain::event::{Event, Reply, Status};
use crate::domain::operation::{Intent, Operation, StandDownReason, State, Touched, WriteKind};
use crate::domain::policy::Policy;
use crate::domain::span::Span;

/// By how much this machine's clock and a server's may differ.
pub const SKEW: SignedDuration = SignedDuration::from_mins(2);

/// What a look before a write says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// It may be done, conditional on this.
    Go(Option<Version>),
    /// It may not, or need not; an undoing says how the event is now.
    End(State, Option<Touched>),
}

impl Before {
    /// It may not be done.
    #[must_use]
    pub const fn halt(why: StandDownReason) -> Self {
        Self::End(State::StoodDown { why }, None)
    }
}

/// What a look after a write says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// This is how it ended.
    Known(State),
    /// The event is as it was.
    NothingHappened,
    /// It could not be seen.
    Unknown,
}

/// What else two looks say before a session is put back: the marks on the session and on its make-up are of this very store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// That on the session.
    pub session_is_ours: bool,
    /// That on the make-up.
    pub make_up_is_ours: bool,
}

/// Whether a session may be moved: it is still lost where it was thought to be, nobody else is acting on it or has made it up, and the
/// owner may change it.
#[must_use]
pub fn before_move(seen: &Seen, made: &Seen, intent: &Intent, policy: &Policy, marks: Marks) -> Before {
    let found = match seen {
        Seen::Absent => return Before::halt(StandDownReason::NotThere),
        Seen::CalledOff { .. } => return Before::halt(StandDownReason::CalledOff),
        Seen::There(found) if found.event.status == Status::Cancelled => {
            return Before::halt(StandDownReason::CalledOff);
        }
        Seen::There(found) => found,
    };
    if span(&found.event, policy) != intent.from && !planted!("a-moved-session-is-moved-again") {
        return Before::halt(StandDownReason::Moved);
    }
    let is_made_up = *made != Seen::Absent && !marks.make_up_is_ours;
    if (found.operation.is_some() && !marks.session_is_ours && !planted!("marks-of-others-are-ignored"))
        || (intent.automatic && is_made_up)
    {
        return Before::halt(StandDownReason::InOtherHands);
    }
    // A user may say yes to moving one that stands: something else covers it.
    if intent.automatic && !is_declined(&found.event) {
        return Before::halt(StandDownReason::Stands);
    }
    writable(found)
}

fn writable(found: &Found) -> Before {
    if found.clock_skew.is_some_and(|skew| skew.abs() > SKEW) {
        return Before::halt(StandDownReason::ClockDisagrees);
    }
    if !found.may_write {
        return Before::halt(StandDownReason::NotAllowed);
    }
    Before::Go(Some(found.version.clone()))
}

/// Whether a session may be made up: it is still lost, no other machine of the owner acted on it, and no make-up of it was ever there.
#[must_use]
pub fn before_make_up(
    lost: &Seen,
    made: &Seen,
    intent: &Intent,
    policy: &Policy,
    marks: Marks,
    now: Timestamp,
) -> Before {
    let mark = match lost {
        Seen::Absent => &None,
        Seen::CalledOff { operation } => operation,
        Seen::There(found) => {
            let is_ahead = span(&found.event, policy).end > now;
            let is_off = found.event.status == Status::Cancelled || is_declined(&found.event);
            if is_ahead && !is_off && !planted!("what-stands-is-made-up") {
                return Before::halt(StandDownReason::Stands);
            }
            if found.clock_skew.is_some_and(|skew| skew.abs() > SKEW) {
                return Before::halt(StandDownReason::ClockDisagrees);
            }
            &found.operation
        }
    };
    match made {
        // A session gets one automatic operation ever, on whichever machine. A user who says yes knows of that one.
        Seen::Absent if intent.automatic && mark.is_some() && !marks.session_is_ours => {
            Before::halt(StandDownReason::InOtherHands)
        }
        Seen::Absent => Before::Go(None),
        Seen::CalledOff { .. } => Before::End(State::Refused, None),
        // Nobody else comes to this name: another machine of the owner was faster.
        Seen::There(_) if planted!("made-up-is-not-seen") => Before::halt(StandDownReason::Wait),
        Seen::There(_) => Before::End(State::Done, None),
    }
}

fn is_declined(event: &Event) -> bool {
    event.guests.iter().any(|guest| guest.reply == Reply::Declined)
}

/// Whether an operation can be undone: everything that the server shows of what it wrote is as it was then.
#[must_use]
pub fn before_undoing(seen: &Seen, intent: &Intent, undone: Option<&Operation>, policy: &Policy) -> Before {
    let touched =
        |touched: Touched| Before::End(State::StoodDown { why: StandDownReason::TouchedSince }, Some(touched));
    let found = match seen {
        Seen::There(found) if found.event.status != Status::Cancelled => found,
        Seen::There(_) | Seen::Absent | Seen::CalledOff { .. } => return touched(Touched::default()),
    };
    let at = Some(span(&found.event, policy));
    let written = undone.and_then(|undone| Some((undone, undone.written.as_ref()?)));
    let Some((undone, written)) = written else {
        // Nobody knows how it was.
        return touched(Touched { parts: Vec::new(), at });
    };
    let parts = written.changed_since(&found.content.fingerprint(&undone.id.0));
    let is_elsewhere = at != Some(intent.from) || found.operation.as_ref() != Some(&undone.id.0);
    if is_elsewhere || (!parts.is_empty() && !planted!("undo-takes-changes-of-others-back")) {
        return touched(Touched { parts, at });
    }
    writable(found)
}

/// What became of an operation, by the event as it is now.
#[must_use]
pub fn after(seen: &Seen, operation: &Operation, policy: &Policy) -> After {
    match operation.intent.way {
        WriteKind::Move | WriteKind::MoveBack => after_move(seen, operation, policy),
        WriteKind::MakeUp => after_make_up(seen),
        WriteKind::TakeOff => match seen {
            Seen::Absent | Seen::CalledOff { .. } => After::Known(State::Done),
            Seen::There(_) => After::NothingHappened,
        },
    }
}

fn after_move(seen: &Seen, operation: &Operation, policy: &Policy) -> After {
    let found = match seen {
        Seen::Absent => return After::Known(State::StoodDown { why: StandDownReason::NotThere }),
        // Whoever cancelled what was moved had their reason.
        Seen::CalledOff { operation: mark } if mark.as_ref() == Some(&operation.id.0) => {
            return After::Known(State::Done);
        }
        Seen::CalledOff { .. } => return After::Known(State::StoodDown { why: StandDownReason::CalledOff }),
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
        return After::Known(State::StoodDown { why: StandDownReason::InOtherHands });
    }
    if is_there {
        // Our time without our mark: some servers keep no marks. Nobody else would have found just this time.
        return After::Known(State::Done);
    }
    if at != operation.intent.from {
        return After::Known(State::StoodDown { why: StandDownReason::Moved });
    }
    After::NothingHappened
}

const fn after_make_up(seen: &Seen) -> After {
    match seen {
        Seen::Absent => After::NothingHappened,
        Seen::CalledOff { .. } => After::Known(State::Refused),
        Seen::There(_) => After::Known(State::Done),
    }
}

/// How an operation ended where the answer to its write leaves no doubt; `None` where the event has to be looked at.
#[must_use]
pub const fn certain_failure(kind: WriteErrorKind) -> Option<State> {
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
#[must_use]
pub const fn halt(kind: WriteErrorKind) -> StandDownReason {
    match kind {
        WriteErrorKind::NotSent | WriteErrorKind::SignIn | WriteErrorKind::FateUnknown => StandDownReason::NotSent,
        WriteErrorKind::Wait { .. } => StandDownReason::Wait,
        WriteErrorKind::Changed => StandDownReason::Changed,
        WriteErrorKind::NotAllowed => StandDownReason::NotAllowed,
        WriteErrorKind::NoVersion => StandDownReason::NoVersion,
        WriteErrorKind::NotThere => StandDownReason::NotThere,
        WriteErrorKind::NotDone => StandDownReason::NotForEverybody,
        WriteErrorKind::Taken | WriteErrorKind::Refused => StandDownReason::Refused,
    }
}

/// Where an event is in real time.
#[must_use]
pub fn span(event: &Event, policy: &Policy) -> Span {
    Span::new(event.start.instant(&policy.zone), event.end.instant(&policy.zone))
}
