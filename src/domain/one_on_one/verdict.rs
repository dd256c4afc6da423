//! Owns the verdict: is this event, as a series would repeat it, a 1:1, with whom, or why not.

use jiff::tz::TimeZone;

use super::participants::{declined_by, is_group, others, person};
use super::title::person_named;
use super::{Reason, Verdict};
use crate::domain::event::{Event, EventKind, GuestList};
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
            Some(who) => Finding { verdict: Verdict::Tentative, person: Some(who), reasons: vec![Reason::TitleNames] },
            None => Finding::not(None, Reason::TitleSilent),
        },
        GuestList::Complete => by_guests(event, policy),
    }
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
    if let Some(by) = declined_by(event, &who, policy) {
        return Finding::not(Some(who), Reason::DeclinedAsAWhole { by });
    }
    Finding { verdict: Verdict::OneOnOne, person: Some(who), reasons: vec![Reason::OneOther] }
}

fn wrong_shape(event: &Event) -> Option<Reason> {
    if event.start.is_date() {
        return Some(Reason::AllDay);
    }
    if event.kind != EventKind::Ordinary {
        return Some(Reason::OtherKind);
    }
    let minutes = minutes(event);
    (!MINUTES.contains(&minutes)).then_some(Reason::Length { minutes })
}

/// The length of a timed event in whole minutes of real time.
#[must_use]
pub fn minutes(event: &Event) -> i64 {
    let (start, end) = (event.start.instant(&TimeZone::UTC), event.end.instant(&TimeZone::UTC));
    end.duration_since(start).as_mins()
}

fn excluded_by_title(event: &Event, policy: &Policy) -> Option<Reason> {
    let title = event.title.to_lowercase();
    policy.excluded_titles.iter().any(|part| title.contains(part.as_str())).then_some(Reason::TitleExcluded)
}
