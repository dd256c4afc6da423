//! Decides whether a recurring event is a 1:1, and with whom, or why not.

use jiff::tz::TimeZone;

use super::participants::{called_by_another, declined_by, is_group, is_stranger, others, owners_reply, person};
use super::title::person_named;
use crate::domain::collation::fold;
use crate::domain::event::{Event, EventKind, GuestList, Reply};
use crate::domain::one_on_one::{Reason, Verdict};
use crate::domain::person::Person;
use crate::domain::policy::Policy;

/// A verdict with its reasons and, where it is a pair, the other person.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub verdict: Verdict,
    /// With whom; also set on some that are none, so that the user can see and confirm them.
    pub person: Option<Person>,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Finding {
    /// Nothing is known.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { verdict: Verdict::Not, person: None, reasons: Vec::new() }
    }

    fn not(person: Option<Person>, reason: Reason) -> Self {
        Self { verdict: Verdict::Not, person, reasons: vec![reason] }
    }
}

/// Shortest and longest session of a 1:1, in minutes.
const MINUTES: std::ops::RangeInclusive<i64> = 10..=120;

/// Whether an event, if it recurs, is a 1:1. Recurring is the caller's to know.
#[must_use]
pub fn of_pair(event: &Event, policy: &Policy) -> Finding {
    let by_title = || person_named(&event.title, policy).cloned();
    if let Some(reason) = wrong_shape(event).or_else(|| excluded_by_title(event, policy)) {
        return Finding::not(None, reason);
    }
    match event.guest_list {
        GuestList::Hidden => Finding::not(by_title(), Reason::GuestsHidden),
        GuestList::Absent => match by_title() {
            // Somebody else's 1:1 with the same person, seen in a shared calendar.
            Some(who) if called_by_a_third(event, &who, policy) => Finding::not(Some(who), Reason::OwnerAbsent),
            Some(who) => by_title_alone(who),
            None => Finding::not(None, Reason::TitleSilent),
        },
        GuestList::Complete => by_guests(event, policy),
    }
}

fn by_title_alone(who: Person) -> Finding {
    Finding { verdict: Verdict::Tentative, person: Some(who), reasons: vec![Reason::TitleNames] }
}

fn called_by_a_third(event: &Event, other: &Person, policy: &Policy) -> bool {
    let Some(caller) = called_by_another(event, policy).map(|who| person(who, policy)) else { return false };
    !other.addresses.is_empty() && !caller.is_same(other) && !caller.is_called_like(other)
}

fn by_guests(event: &Event, policy: &Policy) -> Finding {
    let others = others(event, policy);
    let [other] = others.people.as_slice() else {
        let count = u32::try_from(others.people.len()).unwrap_or(u32::MAX);
        let reason = if count == 0 { Reason::OwnerAlone } else { Reason::Others { count } };
        return Finding::not(None, reason);
    };
    let who = person(other, policy);
    if is_group(other, policy) {
        return Finding::not(Some(who), Reason::Group);
    }
    if !others.owner_takes_part {
        // Only the title can say that it is the owner's anyway: not every calendar names its owner as a guest.
        let is_named = person_named(&event.title, policy).is_some_and(|named| *named == who);
        return if is_named { by_title_alone(who) } else { Finding::not(Some(who), Reason::OwnerAbsent) };
    }
    if let Some(by) = declined_by(event, &who, policy) {
        return Finding::not(Some(who), Reason::DeclinedAsAWhole { by });
    }
    if is_unanswered(event, policy) {
        let reasons = vec![Reason::OneOther, Reason::NotAnswered];
        return Finding { verdict: Verdict::Tentative, person: Some(who), reasons };
    }
    Finding { verdict: Verdict::OneOnOne, person: Some(who), reasons: vec![Reason::OneOther] }
}

/// Whether somebody unknown sent it and the owner never answered.
fn is_unanswered(event: &Event, policy: &Policy) -> bool {
    let is_open = matches!(owners_reply(event, policy), None | Some(Reply::NeedsAction));
    is_open && called_by_another(event, policy).is_some_and(|who| is_stranger(who, policy))
}

fn wrong_shape(event: &Event) -> Option<Reason> {
    if event.start.is_date() {
        return Some(Reason::AllDay);
    }
    if event.kind != EventKind::Ordinary {
        return Some(Reason::OtherKind);
    }
    (!has_length_of_session(event)).then(|| Reason::Length { minutes: minutes(event) })
}

/// Whether a timed event is as long as a session of a 1:1 can be.
#[must_use]
pub fn has_length_of_session(event: &Event) -> bool {
    MINUTES.contains(&minutes(event))
}

/// The length of a timed event in whole minutes of real time.
#[must_use]
pub fn minutes(event: &Event) -> i64 {
    let (start, end) = (event.start.instant(&TimeZone::UTC), event.end.instant(&TimeZone::UTC));
    end.duration_since(start).as_mins()
}

fn excluded_by_title(event: &Event, policy: &Policy) -> Option<Reason> {
    let title = fold(&event.title);
    policy.excluded_titles.iter().any(|part| title.contains(part.as_str())).then_some(Reason::TitleExcluded)
}
