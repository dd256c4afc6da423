//! Owns the words around buttons: what stands on each, and the notices that answer a press.

use jiff::{SignedDuration, Timestamp};

use super::{DIGEST, Message, SESSION, Voice, count, ended, inbox_hint, message_of, owed_words, with_buttons};
use crate::domain::inbox::Late;
use crate::domain::operation::Way;
use crate::domain::person::Person;
use crate::domain::plan::Subject;
use crate::domain::session::{Choice, Outcome, SessionId, Side};
use crate::domain::span::Span;
use crate::notify::buttons::Press;

impl Voice<'_> {
    /// What stands on a button: a word or two, and the time where it is one that is taken.
    pub(super) fn label(&self, press: &Press, subject: &Subject) -> String {
        let is_conflict = matches!(subject, Subject::Lost { outcome: Outcome::Conflicted, .. });
        match press {
            Press::Decide { choice: Choice::Take { slot, .. } } if matches!(subject, Subject::OtherTimes { .. }) => {
                self.moment(slot.start)
            }
            Press::Decide { choice: Choice::Take { slot, .. } } => format!("Take {}", self.moment(slot.start)),
            Press::Decide { choice: Choice::Held { .. } } if is_conflict => "Yes, it was held".to_owned(),
            Press::Decide { choice: Choice::NoShow { .. } } if is_conflict => "No".to_owned(),
            Press::Decide { choice } => word(choice).to_owned(),
            Press::OtherTimes { .. } => "Other times".to_owned(),
            Press::Why { .. } => "Why".to_owned(),
            Press::Open { .. } => "Open".to_owned(),
        }
    }

    pub(super) fn soon(&self, person: &Person, span: Span, owed: u32, last_held: Option<Timestamp>) -> Message {
        let minutes = span.start.duration_since(self.now);
        let minutes = (minutes + SignedDuration::from_secs(30)).as_mins();
        let when = match minutes {
            ..=0 => "now".to_owned(),
            1 => "in a minute".to_owned(),
            n => format!("in {n} minutes"),
        };
        let mut body = vec![format!("From {} to {}.", self.clock(span.start), self.clock(span.end))];
        body.extend((owed > 0).then(|| owed_words(owed)));
        body.extend(last_held.map(|at| format!("You last met {}.", self.day(at))));
        message_of(SESSION, format!("1:1{} {when}", self.with(person)), body)
    }

    pub(super) fn other_times(&self, session: &SessionId, person: &Person, slots: &[Span]) -> Message {
        let of = self.day(session.original);
        if slots.is_empty() {
            let body = vec![format!("For the session of {of} there is no other time that suits both of you by now.")];
            return message_of(SESSION, format!("No other time{}", self.with(person)), body);
        }
        let times: Vec<String> = slots.iter().map(|slot| self.moment(slot.start)).collect();
        let body = vec![format!("For the session of {of} you could meet {}.", either(&times))];
        with_buttons(SESSION, format!("Other times{}", self.with(person)), body, inbox_hint())
    }

    pub(super) fn explained(
        &self,
        person: &Person,
        way: Way,
        from: Span,
        lost: Option<(Outcome, Option<Side>)>,
        automatic: bool,
    ) -> Message {
        let what = if way == Way::MakeUp { "made up" } else { "moved" };
        let was = match lost {
            Some((Outcome::Declined, by)) => format!("declined{}", self.by(person, by)),
            Some((Outcome::Cancelled, by)) => format!("cancelled{}", self.by(person, by)),
            Some((Outcome::Conflicted, _)) => "in conflict with another event".to_owned(),
            Some((Outcome::NoShow, _)) => "not attended".to_owned(),
            _ => "lost".to_owned(),
        };
        let who = if automatic {
            "Nothing stood in for it, and the mode of this 1:1 is auto."
        } else {
            "You took this time."
        };
        let first = ended(format!("The session of {} was {was}", self.day(from.start)));
        message_of(SESSION, format!("Why the 1:1{} was {what}", self.with(person)), vec![first, who.to_owned()])
    }

    pub(super) fn too_late(&self, person: Option<&Person>, why: Late) -> Message {
        let with = person.map_or_else(String::new, |person| self.with(person));
        message_of(SESSION, format!("1:1{with}: nothing was changed"), vec![ended(capital(late(why)))])
    }

    /// ` by you`, ` by Ann`, or nothing where it is not known.
    fn by(&self, person: &Person, side: Option<Side>) -> String {
        match side {
            Some(Side::Owner) => " by you".to_owned(),
            Some(Side::Other) => format!(" by {}", self.name(person).unwrap_or_else(|| "the other side".to_owned())),
            None => String::new(),
        }
    }

    fn clock(&self, at: Timestamp) -> String {
        self.at(at).strftime("%H:%M").to_string()
    }
}

/// The one notice that comes when the day has had enough of them.
pub(super) fn more(n: u32) -> Message {
    let body = vec!["No more is told today, as there was much already.".to_owned(), inbox_hint()];
    message_of(DIGEST, format!("{} more about your 1:1s", count(n, "fact")), body)
}

/// A choice in a word or two, as buttons and `inbox` have it.
#[must_use]
pub const fn word(choice: &Choice) -> &'static str {
    match choice {
        Choice::Confirm { .. } => "It is a 1:1",
        Choice::Ignore { .. } => "It is none",
        Choice::Held { .. } => "It was held",
        Choice::NoShow { .. } => "It was not held",
        Choice::Excuse { .. } => "It was not to be",
        Choice::Waive { .. } => "Skip this one",
        Choice::Withdraw { .. } => "Take my word back",
        Choice::Take { .. } => "Take this time",
        Choice::Undo { .. } => "Undo",
    }
}

/// What follows once a choice is recorded.
#[must_use]
pub const fn then(choice: &Choice) -> &'static str {
    match choice {
        Choice::Confirm { .. } => "It counts as a 1:1 from now on.",
        Choice::Ignore { .. } => "It counts as no 1:1 from now on.",
        Choice::Held { .. } => "It counts as held, whatever the calendar shows.",
        Choice::NoShow { .. } => "It counts as not held, and can be made up.",
        Choice::Excuse { .. } => "It counts as neither held nor missed.",
        Choice::Waive { .. } => "It need not be made up, and is not asked about again.",
        Choice::Withdraw { .. } => "What you said of it is taken back; the calendar's word counts.",
        Choice::Take { .. } => {
            "The daemon looks once more whether the time is free, and sends the invitation; a notice says how it went."
        }
        Choice::Undo { .. } => {
            "The daemon takes it back, if nobody has changed it in the calendar since; a notice says how it went."
        }
    }
}

/// Why a choice is not recorded.
#[must_use]
pub const fn late(why: Late) -> &'static str {
    match why {
        Late::Already => "you said so before, and it stands",
        Late::Gone => "it is not known any more",
        Late::NotOwed => "the session is not owed any more: it was held, made up, waived or put back",
        Late::MadeUp => "something stands in for the session on the calendar already",
        Late::InHand => "it is being done already",
        Late::Past => "its time has passed",
        Late::NotYet => "its time is not over yet",
        Late::Undone => "it was taken back already",
        Late::NotDone => "there is nothing on the calendar to take back",
    }
}

/// `A, B or C`.
fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join("; ")),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
