//! Button labels, and the notices that answer a press.

use super::sessions::lost_word;
use super::{DIGEST, Message, SESSION, TextStyle, inbox_hint, message_of, with_buttons};
use crate::domain::inbox::InvalidChoice;
use crate::domain::operation::WriteKind;
use crate::domain::person::{Person, Side};
use crate::domain::plan::Subject;
use crate::domain::session::{Choice, Outcome, SessionId};
use crate::domain::span::Span;
use crate::notify::buttons::Press;
use crate::wording::phrases::{capital, either, ended};

impl TextStyle {
    /// What stands on a button: a word or two, and the time where one is taken.
    pub(super) fn label(&self, press: &Press, subject: &Subject) -> String {
        let is_conflict = matches!(subject, Subject::Lost { outcome: Outcome::Conflicted, .. });
        match press {
            Press::Decide { choice: Choice::Take { slot, .. } } if matches!(subject, Subject::OtherTimes { .. }) => {
                capital(&self.wall.near_moment(slot.start))
            }
            Press::Decide { choice: Choice::Take { slot, .. } } => {
                format!("Take {}", self.wall.near_moment(slot.start))
            }
            Press::Decide { choice: Choice::Held { .. } } if is_conflict => "It was held".to_owned(),
            Press::Decide { choice: Choice::NoShow { .. } } if is_conflict => "It was not held".to_owned(),
            Press::Decide { choice } => word(choice).to_owned(),
            Press::OtherTimes { .. } => "Other times".to_owned(),
            Press::Why { .. } => "Why?".to_owned(),
            Press::Open { .. } => "Open".to_owned(),
        }
    }

    pub(super) fn other_times(&self, session: &SessionId, person: &Person, slots: &[Span]) -> Message {
        let of = self.wall.near_day(session.original);
        if slots.is_empty() {
            let body = vec![format!("There is no other time for the session of {of} at the moment.")];
            return message_of(SESSION, format!("No other time{}", self.with(person)), body);
        }
        let times: Vec<String> = slots.iter().map(|slot| self.wall.near_moment(slot.start)).collect();
        let body = vec![format!("For the session of {of}: {}.", either(&times))];
        with_buttons(SESSION, format!("Other times{}", self.with(person)), body, inbox_hint())
    }

    pub(super) fn explained(
        &self,
        person: &Person,
        way: WriteKind,
        from: Span,
        lost: Option<(Outcome, Option<Side>)>,
        automatic: bool,
    ) -> Message {
        let what = if way == WriteKind::MakeUp { "has a new time" } else { "was moved" };
        let was = match lost {
            Some((outcome, by)) => format!("{}{}", lost_word(outcome), self.by(person, by)),
            None => "lost".to_owned(),
        };
        let who = if automatic {
            "Nothing took its place, and the mode of this 1:1 is `auto`."
        } else {
            "You took this time."
        };
        let first = ended(format!("The session of {} was {was}", self.wall.near_day(from.start)));
        message_of(SESSION, format!("Why the 1:1{} {what}", self.with(person)), vec![first, who.to_owned()])
    }

    pub(super) fn too_late(&self, person: Option<&Person>, why: InvalidChoice) -> Message {
        let with = person.map_or_else(String::new, |person| self.with(person));
        message_of(SESSION, format!("1:1{with}: nothing was changed"), vec![ended(capital(late(why)))])
    }

    /// ` by you`, ` by Ann`, or nothing where it is not known.
    fn by(&self, person: &Person, side: Option<Side>) -> String {
        match side {
            Some(Side::Owner) => " by you".to_owned(),
            Some(Side::Other) => format!(" by {}", self.other(person)),
            None => String::new(),
        }
    }
}

/// The one notice that comes when the day has had enough of them.
pub(super) fn more(n: u32) -> Message {
    let notices = if n == 1 { "1 more notice".to_owned() } else { format!("{n} more notices") };
    let body = vec!["That is the limit for one day (`daily_limit` in [notices]).".to_owned(), inbox_hint()];
    message_of(DIGEST, format!("{notices} about your 1:1s"), body)
}

/// A choice in a word or two, as buttons and `inbox` show it.
#[must_use]
pub const fn word(choice: &Choice) -> &'static str {
    match choice {
        Choice::Confirm { .. } => "It is a 1:1",
        Choice::Ignore { .. } => "It is not a 1:1",
        Choice::Held { .. } => "It was held",
        Choice::NoShow { .. } => "It was not held",
        Choice::Excuse { .. } => "It does not count",
        Choice::Waive { .. } => "Don't make it up",
        Choice::Withdraw { .. } => "Take back what you said",
        Choice::KeepBoth { .. } => "Keep both",
        Choice::Overlap { takes_place: true, .. } => "They are held",
        Choice::Overlap { takes_place: false, .. } => "They are not held",
        Choice::Take { .. } => "Take this time",
        Choice::Undo { .. } => "Undo",
    }
}

/// What follows once a choice is recorded.
#[must_use]
pub const fn then(choice: &Choice) -> &'static str {
    match choice {
        Choice::Confirm { .. } => "It counts as a 1:1 from now on.",
        Choice::Ignore { .. } => "It does not count as a 1:1 from now on.",
        Choice::Held { .. } => "It counts as held, whatever the calendar shows.",
        Choice::NoShow { .. } => "It counts as not held, and can be made up.",
        Choice::Excuse { .. } => "It counts as neither held nor missed.",
        Choice::Waive { .. } => "It is not owed, and you are not asked about it again.",
        Choice::Withdraw { .. } => "What you said is taken back: the calendar alone decides.",
        Choice::KeepBoth { .. } => "It stays where it is, and the other event no longer counts against it.",
        Choice::Overlap { takes_place: true, .. } => "The other series no longer counts against this 1:1.",
        Choice::Overlap { takes_place: false, .. } => "Sessions that the other series covers count as not held.",
        Choice::Take { .. } => {
            "The daemon checks that the time is still free, then writes to the calendar. A notice tells you how it went."
        }
        Choice::Undo { .. } => {
            "The daemon undoes it, unless somebody has changed the event since. A notice tells you how it went."
        }
    }
}

/// Why a choice is not recorded.
#[must_use]
pub const fn late(why: InvalidChoice) -> &'static str {
    match why {
        InvalidChoice::Already => "you said so before, and it still counts",
        InvalidChoice::Gone => "there is no longer anything with that name",
        InvalidChoice::NotOwed => {
            "the session is no longer owed: it was held, made up, waived or is back on the calendar"
        }
        InvalidChoice::MadeUp => "something on the calendar already makes up for the session",
        InvalidChoice::InHand => "it is already in progress",
        InvalidChoice::Past => "that time has passed",
        InvalidChoice::NotYet => "the session is not over yet",
        InvalidChoice::Undone => "it was undone before",
        InvalidChoice::NotDone => "there is nothing on the calendar to undo",
        InvalidChoice::Touched => "somebody has changed the event since, so it is not undone",
    }
}
