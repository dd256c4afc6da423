//! Owns *de facto* recurrence: people who book each 1:1 by hand, at a spacing that can be recognised.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::cadence::{median_gap, of_spacing};
use super::{Body, Series};
use crate::domain::event::GuestList;
use crate::domain::one_on_one::participants::only_other;
use crate::domain::one_on_one::verdict::of_pair;
use crate::domain::one_on_one::{Reason, Verdict};
use crate::domain::person::Person;
use crate::domain::policy::Policy;
use crate::domain::snapshot::Mirrored;
use crate::domain::source::Source;
use crate::domain::span::Span;

/// How many events it takes.
const ENOUGH: usize = 3;

/// Within what time these must lie.
const WITHIN: SignedDuration = SignedDuration::from_hours(70 * 24);

/// The single events of one pair.
#[derive(Debug)]
pub struct Pair<'a> {
    /// The other person.
    pub person: Person,
    /// The events, each with its calendar, by start.
    pub events: Vec<(&'a Source, &'a Mirrored)>,
}

/// The single events that are of just the owner and one person, by that person's key.
///
/// Where no guests can be seen the title decides, as it does for a series.
#[must_use]
pub fn pairs<'a>(single: &[(&'a Source, &'a Mirrored)], policy: &Policy) -> BTreeMap<String, Pair<'a>> {
    let mut pairs: BTreeMap<String, Pair<'a>> = BTreeMap::new();
    for &(source, held) in single {
        let Some(person) = pair_with(held, policy) else { continue };
        let pair = pairs.entry(person_key(&person)).or_insert_with(|| Pair { person, events: Vec::new() });
        pair.events.push((source, held));
    }
    for pair in pairs.values_mut() {
        pair.events.sort_by_key(|(_, held)| start_of(held, policy));
    }
    pairs
}

/// The one other person of an event, also where one side declined it.
fn pair_with(held: &Mirrored, policy: &Policy) -> Option<Person> {
    // Most events are of more people, which is seen at once.
    if held.event.guest_list == GuestList::Complete && only_other(&held.event, policy).is_none() {
        return None;
    }
    let finding = of_pair(&held.event, policy);
    let is_declined = matches!(finding.reasons.as_slice(), [Reason::DeclinedAsAWhole { .. }]);
    (finding.verdict != Verdict::Not || is_declined).then_some(finding.person)?
}

/// The pairs whose single events recur in fact.
///
/// `covered` says when a person already has a series of their own: an event then is a replacement, and no session of
/// something else.
#[must_use]
pub fn find<'a>(
    pairs: &BTreeMap<String, Pair<'a>>,
    covered: &BTreeMap<String, Vec<Span>>,
    policy: &Policy,
) -> Vec<Series<'a>> {
    let is_free = |key: &str, held: &Mirrored| {
        let start = start_of(held, policy);
        let is_covered = covered.get(key).is_some_and(|spans| spans.iter().any(|span| span.contains(start)));
        !is_covered && held.event.overrides.is_none() && held.event.guest_list == GuestList::Complete
    };
    let series = pairs.iter().filter_map(|(key, pair)| {
        let events = pair.events.iter().filter(|(_, held)| is_free(key, held)).copied().collect();
        series(key, pair.person.clone(), events, policy)
    });
    series.collect()
}

/// One key for a person, whichever of their addresses an event uses.
#[must_use]
pub fn person_key(person: &Person) -> String {
    person.addresses.first().map_or_else(|| person.name.to_lowercase(), ToString::to_string)
}

fn start_of(held: &Mirrored, policy: &Policy) -> Timestamp {
    held.event.start.instant(&policy.zone)
}

fn series<'a>(
    key: &str,
    person: Person,
    events: Vec<(&'a Source, &'a Mirrored)>,
    policy: &Policy,
) -> Option<Series<'a>> {
    let starts: Vec<Timestamp> = events.iter().map(|(_, held)| start_of(held, policy)).collect();
    let gap = recognisable(&starts)?;
    let source = events.last()?.0;
    let events = events.into_iter().map(|(_, held)| held).collect();
    Some(Series {
        uid: format!("de-facto:{key}"),
        source,
        body: Body::DeFacto { events, person, cadence: of_spacing(gap) },
    })
}

/// The spacing of the starts, if three that follow one another lie within ten weeks, each distance within a third of
/// the usual one or of its double (a week that was left out).
fn recognisable(starts: &[Timestamp]) -> Option<SignedDuration> {
    let is_near = |gap: SignedDuration, usual: SignedDuration| (gap - usual).abs() * 3 <= usual;
    starts.windows(ENOUGH).find_map(|some| {
        let gaps = [some[1].duration_since(some[0]), some[2].duration_since(some[1])];
        let usual = gaps[0].min(gaps[1]);
        let is_apart = usual >= SignedDuration::from_hours(20);
        let fits = gaps.iter().all(|&gap| is_near(gap, usual) || is_near(gap, usual * 2));
        let is_close = some[2].duration_since(some[0]) <= WITHIN;
        (is_apart && fits && is_close).then_some(())
    })?;
    median_gap(starts)
}
