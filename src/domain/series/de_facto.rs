//! *De facto* series: separate events with the same person at a regular spacing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::cadence::{mean_gap, median_gap, of_spacing};
use super::{Body, Series, Single};
use crate::domain::detection::participants::only_other;
use crate::domain::detection::verdict::of_pair;
use crate::domain::event::GuestList;
use crate::domain::one_on_one::{Reason, Verdict};
use crate::domain::person::Person;
use crate::domain::policy::Policy;
use crate::domain::series::matching::{Window, assign};
use crate::domain::snapshot::Mirrored;
use crate::domain::span::Span;

/// How many events it takes.
const ENOUGH: usize = 3;

/// Within what time these must lie.
pub const WITHIN: SignedDuration = SignedDuration::from_hours(70 * 24);

/// How the names of *de facto* series begin.
const NAME: &str = "de-facto:";

/// The single events of one pair.
#[derive(Debug)]
pub struct Pair<'a> {
    /// The other person.
    pub person: Person,
    /// The events, by start.
    pub events: Vec<Single<'a>>,
}

/// What a pair's own series have to say of their single events.
#[derive(Debug, Default)]
pub struct Beside {
    /// When a series of the pair lives, and how often it comes.
    pub lives: Vec<(Span, SignedDuration)>,
    /// Original starts of sessions that stand: an event at that very time is another copy of the session.
    pub standing: BTreeSet<Timestamp>,
    /// Between which starts an event may stand in for a lost session.
    pub lost: Vec<(Timestamp, Timestamp)>,
}

/// The single events that are of just the owner and one person, by that person's key.
///
/// Where no guests can be seen the title decides, as it does for a series.
#[must_use]
pub fn pairs<'a>(
    single: Vec<Single<'a>>,
    key_of: &dyn Fn(&Person) -> String,
    policy: &Policy,
) -> BTreeMap<String, Pair<'a>> {
    let mut pairs: BTreeMap<String, Pair<'a>> = BTreeMap::new();
    for event in single {
        let Some(person) = pair_with(event.face().1, policy) else { continue };
        let pair = pairs.entry(key_of(&person)).or_insert_with(|| Pair { person, events: Vec::new() });
        pair.events.push(event);
    }
    for pair in pairs.values_mut() {
        pair.events.sort_by_key(|single| start_of(single, policy));
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

/// The events of a pair that recur in fact, if they do.
///
/// An event beside a series that comes as often is an extra one, and so is one that stands in for a lost session: a pattern takes three
/// others.
#[must_use]
pub fn find<'a>(pair: &Pair<'a>, uid: String, beside: &Beside, policy: &Policy) -> Option<Series<'a>> {
    let is_copy = |single: &&Single<'a>| beside.standing.contains(&start_of(single, policy));
    let could_be: Vec<&Single<'a>> =
        pair.events.iter().filter(|single| is_separate(single) && !is_copy(single)).collect();
    let starts = |events: &[&Single<'a>]| events.iter().map(|one| start_of(one, policy)).collect::<Vec<_>>();
    let extra = stand_ins(&starts(&could_be), &beside.lost);
    let pattern: Vec<&Single<'a>> =
        could_be.iter().copied().filter(|one| !extra.contains(&start_of(one, policy))).collect();
    let spacing = spacing(&starts(&pattern), beside)?;
    let is_free = |one: &&Single<'a>| !beside.is_covered(start_of(one, policy), spacing);
    let events: Vec<&Single<'a>> = could_be.into_iter().filter(is_free).collect();
    let of_pattern: Vec<Timestamp> = starts(&events).into_iter().filter(|start| !extra.contains(start)).collect();
    recognisable(&of_pattern)?;
    let verdict = verdict(&events, policy);
    let (median, mean) = median_gap(&of_pattern).zip(mean_gap(&of_pattern))?;
    let body = Body::DeFacto {
        events: events.into_iter().cloned().collect(),
        person: pair.person.clone(),
        cadence: of_spacing(median, mean),
        verdict,
    };
    Some(Series { uid, body })
}

/// The spacing of what is covered by no series at all, else of all.
fn spacing(starts: &[Timestamp], beside: &Beside) -> Option<SignedDuration> {
    let alone: Vec<Timestamp> =
        starts.iter().copied().filter(|&start| !beside.lives.iter().any(|(span, _)| span.contains(start))).collect();
    recognisable(&alone).or_else(|| recognisable(starts))
}

impl Beside {
    /// Whether a series that comes about as often as `spacing` lives at an instant.
    fn is_covered(&self, at: Timestamp, spacing: SignedDuration) -> bool {
        self.lives.iter().any(|(span, every)| span.contains(at) && *every * 2 <= spacing * 3)
    }
}

/// The starts that stand in for lost sessions, one for each.
fn stand_ins(starts: &[Timestamp], lost: &[(Timestamp, Timestamp)]) -> BTreeSet<Timestamp> {
    let window = |(name, &(after, before)): (usize, &(Timestamp, Timestamp))| Window { rank: 0, before, after, name };
    let given = assign(starts, lost.iter().enumerate().map(window).collect());
    starts.iter().zip(given).filter(|(_, window)| window.is_some()).map(|(start, _)| *start).collect()
}

/// Whether an event is none of somebody's series.
fn is_separate(single: &Single<'_>) -> bool {
    single.face().1.event.overrides.is_none()
}

/// Three events whose guests show with whom make a 1:1, unless somebody unknown sent all of them and none was answered; titles alone
/// make a tentative one.
fn verdict(events: &[&Single<'_>], policy: &Policy) -> Verdict {
    let faces = || events.iter().map(|single| &single.face().1.event);
    let shown = faces().filter(|event| event.guest_list == GuestList::Complete).count();
    let is_answered = faces().any(|event| of_pair(event, policy).verdict != Verdict::Tentative);
    if shown >= ENOUGH && is_answered { Verdict::OneOnOne } else { Verdict::Tentative }
}

/// The name that a pair's *de facto* series gets where it has none yet, made from the key of the person.
#[must_use]
pub fn name(key: &str) -> String {
    format!("{NAME}{key}")
}

/// Whether a uid is the name of a *de facto* series.
#[must_use]
pub fn is_de_facto(uid: &str) -> bool {
    uid.starts_with(NAME)
}

/// When a single event starts.
#[must_use]
pub fn start_of(single: &Single<'_>, policy: &Policy) -> Timestamp {
    single.face().1.event.start.instant(&policy.zone)
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
