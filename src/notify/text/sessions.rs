//! Texts of notices about one session: lost, missed, coming up, put back on the calendar or not.

use jiff::{SignedDuration, Timestamp};

use super::{Message, SESSION, TextStyle, inbox_hint, message_of, short, with_buttons};
use crate::domain::operation::{StandDownReason, WriteKind};
use crate::domain::person::{Person, Side};
use crate::domain::plan::{ProposalReason, SlotOffer, Subject};
use crate::domain::session::{Outcome, SessionId};
use crate::domain::source::GuestNotice;
use crate::wording::phrases::{self, capital, ended};
use crate::wording::touched;

impl TextStyle {
    /// `Subject::Lost` in words.
    pub(super) fn lost(&self, subject: &Subject) -> Message {
        let Subject::Lost { session, person, span, outcome, by, owed, deadline, offer, no_time } = subject else {
            return message_of(SESSION, String::new(), Vec::new());
        };
        let with = self.with(person);
        let (summary, it) = match outcome {
            Outcome::Conflicted => (format!("1:1{with}: was it held?"), "If not, it"),
            lost => (format!("1:1{with} {}", lost_word(*lost)), "It"),
        };
        let mut body = vec![self.what_happened(person, span.start, *outcome, *by)];
        body.extend(deadline.map(|deadline| format!("{it} can be made up until {}.", self.wall.until(deadline))));
        body.extend(self.offer_line(person, *offer, *no_time));
        body.extend(self.owed_line(person, *owed));
        Self::with_way_on(summary, body, session, *offer)
    }

    fn what_happened(&self, person: &Person, start: Timestamp, outcome: Outcome, by: Option<Side>) -> String {
        let when = self.wall.near_moment(start);
        match (outcome, by) {
            (Outcome::Conflicted, _) => {
                format!("It was due {when}, but another event of yours took up that time.")
            }
            (outcome, Some(by)) => {
                let who = match by {
                    Side::Owner => "You".to_owned(),
                    Side::Other => capital(&self.other(person)),
                };
                let did = match outcome {
                    Outcome::Declined => "declined",
                    Outcome::NoShow => "did not come to",
                    Outcome::HeldConfirmed
                    | Outcome::Excused
                    | Outcome::Cancelled
                    | Outcome::Upcoming
                    | Outcome::Conflicted
                    | Outcome::Unknown
                    | Outcome::HeldPresumed => "cancelled",
                };
                ended(format!("{who} {did} the session of {when}"))
            }
            (outcome, None) => format!("The session of {when} was {}.", lost_word(outcome)),
        }
    }

    /// The time that is offered, or why there is none.
    pub(super) fn offer_line(
        &self,
        person: &Person,
        offer: Option<SlotOffer>,
        no_time: Option<ProposalReason>,
    ) -> Option<String> {
        let Some(offer) = offer else {
            return no_time.map(|ground| match phrases::grounds(ground) {
                words if ground.is_no_time() => format!("No time was found: {words}."),
                words => ended(capital(words)),
            });
        };
        let when = self.wall.near_moment(offer.span.start);
        let who = self.other(person);
        let late = if offer.in_time { "" } else { ", which is late" };
        Some(if offer.other_is_free {
            ended(format!("You are both free {when}{late}"))
        } else {
            ended(format!("You are free {when}{late}; whether that suits {who} is not known"))
        })
    }

    fn owed_line(&self, person: &Person, owed: u32) -> Option<String> {
        (owed > 1).then(|| ended(format!("{owed} sessions{} are owed now", self.with(person))))
    }

    /// Says what to do: decide, or write a message where cadenced may write nothing itself.
    pub(super) fn with_way_on(
        summary: String,
        mut body: Vec<String>,
        session: &SessionId,
        offer: Option<SlotOffer>,
    ) -> Message {
        if offer.is_some_and(|offer| offer.by_message) {
            body.push(format!("To propose it: cadenced draft {session}"));
        }
        with_buttons(SESSION, summary, body, inbox_hint())
    }

    /// `Subject::Missed` in words.
    pub(super) fn missed(&self, subject: &Subject) -> Message {
        let Subject::Missed { session, person, span, outcome, owed, offer, no_time } = subject else {
            return message_of(SESSION, String::new(), Vec::new());
        };
        let first = format!(
            "The session of {} was {}, and nothing was held in its place in time.",
            self.wall.near_day(span.start),
            lost_word(*outcome)
        );
        let mut body = vec![first];
        body.extend(self.offer_line(person, offer.map(|offer| SlotOffer { in_time: true, ..offer }), *no_time));
        body.extend(self.owed_line(person, *owed));
        Self::with_way_on(format!("1:1{} missed", self.with(person)), body, session, *offer)
    }

    /// `Subject::PutBack` in words.
    pub(super) fn put_back(&self, subject: &Subject) -> Message {
        let Subject::PutBack { operation, way, session, person, from, to, guest_notice, yields_to } = subject else {
            return message_of(SESSION, String::new(), Vec::new());
        };
        let (was, is) = (self.wall.near_moment(from.start), self.wall.near_moment(to.start));
        let with = self.with(person);
        let (summary, first) = match way {
            WriteKind::Move => (format!("1:1{with} moved"), format!("From {was} to {is}.")),
            WriteKind::MakeUp => {
                (format!("New time for the 1:1{with}"), format!("{} in place of {was}.", capital(&is)))
            }
            WriteKind::MoveBack => (format!("1:1{with} moved back"), format!("It is {is} again.")),
            WriteKind::TakeOff => match yields_to {
                Some(theirs) => {
                    let theirs = self.wall.near_moment(theirs.start);
                    let both = format!("They made up the same session: {theirs}. Yours, {was}, is off the calendar.");
                    (format!("Your make-up{with} withdrawn"), both)
                }
                None => (format!("Make-up{with} removed"), format!("{} is off the calendar again.", capital(&was))),
            },
        };
        let mut body = vec![first];
        body.extend(self.told_line(person, session, *way, *guest_notice));
        let undo = matches!(way, WriteKind::Move | WriteKind::MakeUp)
            .then(|| format!("To undo it: cadenced undo {}", short(operation)));
        Message { instead: undo, ..message_of(SESSION, summary, body) }
    }

    /// Whether the other learns of it, as far as that is known.
    fn told_line(
        &self,
        person: &Person,
        session: &SessionId,
        way: WriteKind,
        guest_notice: Option<GuestNotice>,
    ) -> Option<String> {
        let who = self.other(person);
        Some(match guest_notice? {
            GuestNotice::Mail => ended(format!("Your calendar provider mails {who}")),
            GuestNotice::Server => ended(format!("Your calendar server tells {who}")),
            GuestNotice::Nobody if matches!(way, WriteKind::Move | WriteKind::MakeUp) => {
                format!("Nobody was told: cadenced draft {session} writes a message.")
            }
            GuestNotice::Nobody => "Nobody was told.".to_owned(),
        })
    }

    /// `Subject::NotDone` in words.
    pub(super) fn not_done(&self, subject: &Subject) -> Message {
        let Subject::NotDone { way, person, session, why, touched, yields_to, .. } = subject else {
            return message_of(SESSION, String::new(), Vec::new());
        };
        let what = match (way, yields_to) {
            (WriteKind::Move | WriteKind::MakeUp, _) => "no new time",
            (WriteKind::MoveBack | WriteKind::TakeOff, None) => "not undone",
            (WriteKind::MoveBack | WriteKind::TakeOff, Some(_)) => "two make-ups",
        };
        let day = self.wall.near_day(session.original);
        let clause = match (why, touched) {
            (Some(StandDownReason::TouchedSince), Some(changed)) => touched::words(changed, &self.wall),
            (Some(why), _) => phrases::halt(*why).to_owned(),
            (None, _) => "the server reported success but shows something else. Please check your calendar".to_owned(),
        };
        let mut body = vec![ended(format!("The session of {day}: {clause}"))];
        body.extend(yields_to.map(|theirs| {
            let theirs = self.wall.near_moment(theirs.start);
            format!("They made it up as well: {theirs}. Please cancel one of the two.")
        }));
        // Where nobody can say what was changed, the clause says what to do.
        let is_plain = yields_to.is_none() && touched.as_ref().is_none_or(|touched| !touched.parts.is_empty());
        body.extend(why.filter(|_| is_plain).and_then(|why| what_next(why, *way, session)));
        message_of(SESSION, format!("1:1{}: {what}", self.with(person)), body)
    }

    /// `Subject::Soon` in words.
    pub(super) fn soon(&self, subject: &Subject) -> Message {
        let Subject::Soon { person, span, owed, last_held, makes_up, .. } = subject else {
            return message_of(SESSION, String::new(), Vec::new());
        };
        let minutes = (span.start.duration_since(self.wall.now) + SignedDuration::from_secs(30)).as_mins();
        let when = match minutes {
            ..=0 => "now".to_owned(),
            1 => "in a minute".to_owned(),
            n => format!("in {n} minutes"),
        };
        let mut body = vec![format!("{} to {}.", self.wall.clock(span.start), self.wall.clock(span.end))];
        body.extend(
            makes_up.map(|original| format!("It makes up for the session of {}.", self.wall.near_moment(original))),
        );
        body.extend(match owed {
            0 => None,
            1 => Some("1 session is owed.".to_owned()),
            n => Some(format!("{n} sessions are owed.")),
        });
        body.extend(last_held.map(|at| format!("Last held {}.", self.wall.near_day(at))));
        message_of(SESSION, format!("1:1{} {when}", self.with(person)), body)
    }
}

/// What the user can do about something that was not done; none where nothing has to be done.
fn what_next(why: StandDownReason, way: WriteKind, session: &SessionId) -> Option<String> {
    let is_undoing = matches!(way, WriteKind::MoveBack | WriteKind::TakeOff);
    match why {
        StandDownReason::CalledOff
        | StandDownReason::Stands
        | StandDownReason::Replaced
        | StandDownReason::NotOwed
        | StandDownReason::Moved
        | StandDownReason::InOtherHands
        | StandDownReason::Wait => None,
        StandDownReason::NotSent => Some("More: cadenced status".to_owned()),
        StandDownReason::ClockDisagrees => Some("To set this machine's clock: timedatectl set-ntp true".to_owned()),
        StandDownReason::NotThere => Some(format!("More: cadenced explain {session}")),
        StandDownReason::TouchedSince => Some("If you still want that, change it in your calendar.".to_owned()),
        StandDownReason::Changed
        | StandDownReason::SlotTaken
        | StandDownReason::AvailabilityUnknown
        | StandDownReason::NotAllowed
        | StandDownReason::NoVersion
        | StandDownReason::Refused
        | StandDownReason::NotForEverybody
            if is_undoing =>
        {
            Some("Change it in your calendar.".to_owned())
        }
        StandDownReason::Changed | StandDownReason::SlotTaken | StandDownReason::AvailabilityUnknown => {
            Some("To choose another time: cadenced inbox".to_owned())
        }
        StandDownReason::NotAllowed
        | StandDownReason::NoVersion
        | StandDownReason::Refused
        | StandDownReason::NotForEverybody => Some(format!("To write to them instead: cadenced draft {session}")),
    }
}

/// What became of a lost session, as it follows `was`.
pub(super) const fn lost_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Cancelled => "cancelled",
        Outcome::Declined => "declined",
        Outcome::Conflicted => "in conflict with another event",
        Outcome::NoShow => "not attended",
        Outcome::HeldConfirmed | Outcome::Excused | Outcome::Upcoming | Outcome::Unknown | Outcome::HeldPresumed => {
            "lost"
        }
    }
}
