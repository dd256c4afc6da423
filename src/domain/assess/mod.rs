//! Computes a standing from a snapshot: verdicts, chains of series, sessions and losses.

mod one_on_one;
mod overlap;
mod pair;
mod selection;
mod sessions;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::budget::{Budget, Ended};
use super::one_on_one::{OneOnOneId, Reason};
use super::outcome::busy::OtherEvents;
use super::person::Person;
use super::policy::Policy;
use super::series::de_facto::{self, Pair};
use super::series::known::Known;
use super::series::links::LedgerView;
use super::series::people::{People, person_key};
use super::series::stitch::chains_of_one_person;
use super::series::{Series, Single, sort};
use super::session::{Choice, LedgerLine};
use super::snapshot::Snapshot;
use super::source::{Source, SourceId};
use super::span::Span;
use super::standing::{LeftOut, OneOnOne, OtherSeries, Standing, WhyLeftOut};
use pair::Others;
use verdicts::ClassifiedSeries;

/// How far back sessions are judged again, enough for any report of the last two months; what is older stays as the ledger
/// has it.
pub const BACK: SignedDuration = SignedDuration::from_hours(20 * 7 * 24);

/// How far back the first read of a calendar goes; what it finds beyond [`BACK`] is in the ledger from then on.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(53 * 7 * 24);

/// How far ahead sessions are looked for.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(13 * 7 * 24);

/// The stretch of time that the rules look at around an instant.
#[must_use]
pub fn horizon(now: Timestamp) -> Span {
    let start = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    Span::new(start, now.checked_add(AHEAD).unwrap_or(Timestamp::MAX))
}

/// The same for the first read of a calendar.
#[must_use]
pub fn first_look(now: Timestamp) -> Span {
    Span::new(now.checked_sub(FIRST_LOOK).unwrap_or(Timestamp::MIN), horizon(now).end)
}

/// Works out where every 1:1 stands.
#[must_use]
pub fn assess(snapshot: &Snapshot, policy: &Policy, horizon: Span, now: Timestamp) -> Standing {
    assess_within(&mut Budget::default(), snapshot, policy, horizon, now)
}

/// The same within a budget, which tells afterwards what was spent.
#[must_use]
pub fn assess_within(
    budget: &mut Budget,
    snapshot: &Snapshot,
    policy: &Policy,
    horizon: Span,
    now: Timestamp,
) -> Standing {
    let people = People::new(policy, &snapshot.known);
    let known = Known::new(&snapshot.known);
    let sorted = sort(snapshot);
    let elsewhere = OtherEvents::gather(snapshot, &sorted, horizon, policy, budget);
    let about = About { people: &people, known: &known, horizon, now };
    let assessing = Assessing::new(snapshot, policy, about, elsewhere, sorted.single);
    let ClassifiedSeries { candidates, others, mut left_out } = assessing.classify(&sorted.recurring, budget);
    left_out.extend(assessing.taking_no_time(&sorted.recurring));
    // Of what was left out nobody knows whether it is a 1:1 by now.
    let is_none = |other: &&OtherSeries| !other.reasons.contains(&Reason::LeftOut);
    let none: BTreeSet<String> = others.iter().filter(is_none).map(|other| other.uid.clone()).collect();
    let not_theirs = Others::new(&others, &people);
    let remembered = LedgerView::new(&known, &snapshot.ledger, &people);
    let mut standing = Standing {
        now,
        horizon,
        one_on_ones: Vec::new(),
        former: Vec::new(),
        others,
        uncovered: Vec::new(),
        left_out,
        sources: snapshot.sources.clone(),
    };
    for (key, links) in remembered.links(candidates, none) {
        assessing.take_pair(&key, chains_of_one_person(links), &not_theirs, &mut standing);
    }
    let key =
        |one: &OneOnOne| (one.person.relation, one.person.name.to_lowercase(), one.series.first().map(|s| s.first));
    standing.one_on_ones.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id)));
    standing.others.sort_by(|a, b| a.uid.cmp(&b.uid));
    standing.uncovered = uncovered(&standing.one_on_ones, policy);
    standing
}

/// When the sessions are that an assessment judges, wherever a calendar shows them; in order, and apart. What is on at no such time speaks
/// against none of them, so that the snapshot can be without it.
#[must_use]
pub fn session_spans(snapshot: &Snapshot, policy: &Policy, horizon: Span) -> Vec<Span> {
    let people = People::new(policy, &snapshot.known);
    let known = Known::new(&snapshot.known);
    let sorted = sort(snapshot);
    // Which series are 1:1s, and when their sessions are, is the same at any time.
    let about = About { people: &people, known: &known, horizon, now: horizon.start };
    let assessing = Assessing::new(snapshot, policy, about, OtherEvents::default(), sorted.single);
    let sifted = assessing.classify(&sorted.recurring, &mut Budget::default());
    let sessions = sifted.candidates.iter().flat_map(|candidate| &candidate.schedule.sessions);
    let mut spans: Vec<Span> =
        sessions.flat_map(|session| &session.sightings).map(|sighting| sighting.session.span).collect();
    spans.sort_unstable();
    spans.dedup_by(|later, first| {
        let is_one = later.start <= first.end;
        first.end = if is_one { first.end.max(later.end) } else { first.end };
        is_one
    });
    spans
}

/// What all steps of one assessment share.
struct Assessing<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    horizon: Span,
    now: Timestamp,
    people: &'a People,
    known: &'a Known<'a>,
    elsewhere: OtherEvents<'a>,
    /// The user's last word on each series.
    said: BTreeMap<&'a OneOnOneId, &'a Choice>,
    sources: BTreeMap<&'a SourceId, &'a Source>,
    /// The last line of every session, by its series.
    ledger: BTreeMap<&'a str, Vec<&'a LedgerLine>>,
    /// The single events of each pair.
    pairs: BTreeMap<String, Pair<'a>>,
}

/// What an assessment is about, besides what the store holds.
#[derive(Clone, Copy)]
struct About<'a> {
    people: &'a People,
    known: &'a Known<'a>,
    horizon: Span,
    now: Timestamp,
}

impl<'a> Assessing<'a> {
    fn new(
        snapshot: &'a Snapshot,
        policy: &'a Policy,
        about: About<'a>,
        elsewhere: OtherEvents<'a>,
        single: Vec<Single<'a>>,
    ) -> Self {
        let About { people, known, horizon, now } = about;
        Self {
            snapshot,
            policy,
            horizon,
            now,
            people,
            known,
            elsewhere,
            said: said(snapshot),
            sources: snapshot.sources.iter().map(|source| (&source.id, source)).collect(),
            ledger: by_series(&snapshot.ledger),
            pairs: de_facto::pairs(single, &|person| people.key(person), policy),
        }
    }
}

impl Assessing<'_> {
    /// The series whose time counts as nobody's.
    fn taking_no_time(&self, recurring: &[Series<'_>]) -> Vec<LeftOut> {
        let of_one = |series: &Series<'_>| {
            let ended = self.elsewhere.left_out.get(series.uid.as_str())?;
            let (source, face) = series.face()?;
            let why = match ended {
                Ended::TooMany => WhyLeftOut::TakesNoTime,
                Ended::TooCostly => WhyLeftOut::TimeUnknown,
            };
            let (id, title) = (self.id_of(&series.uid), face.event.title.clone());
            Some(LeftOut { id, title, calendar: source.id.clone(), why })
        };
        recurring.iter().filter_map(of_one).collect()
    }

    /// The 1:1 that a uid is known to belong to, else the name that it would get.
    fn id_of(&self, uid: &str) -> OneOnOneId {
        let known = self.known.of(uid).last();
        known.map_or_else(|| super::series::short_id(uid), |known| known.one_on_one.clone())
    }
}

/// The user's last word on each series.
fn said(snapshot: &Snapshot) -> BTreeMap<&OneOnOneId, &Choice> {
    let words = snapshot.decisions.iter().filter_map(|decision| match &decision.choice {
        Choice::Confirm { id, .. } | Choice::Ignore { id } => Some((id, &decision.choice)),
        Choice::Held { .. }
        | Choice::NoShow { .. }
        | Choice::Excuse { .. }
        | Choice::Waive { .. }
        | Choice::Withdraw { .. }
        | Choice::KeepBoth { .. }
        | Choice::Overlap { .. }
        | Choice::Take { .. }
        | Choice::Undo { .. } => None,
    });
    words.collect()
}

fn by_series(ledger: &[LedgerLine]) -> BTreeMap<&str, Vec<&LedgerLine>> {
    let mut by_series: BTreeMap<&str, Vec<&LedgerLine>> = BTreeMap::new();
    for line in ledger {
        by_series.entry(line.session.series.as_str()).or_default().push(line);
    }
    by_series
}

/// People of the config who should have a standing 1:1 and have none that lives.
fn uncovered(one_on_ones: &[OneOnOne], policy: &Policy) -> Vec<Person> {
    let covered: BTreeSet<String> = one_on_ones
        .iter()
        .filter(|one| one.series.last().is_some_and(|series| series.last.is_none()) || one.next.is_some())
        .map(|one| person_key(&one.person))
        .collect();
    let is_missing = |person: &&Person| !covered.contains(&person_key(person));
    policy.people.iter().filter(|entry| entry.expected).map(|entry| &entry.person).filter(is_missing).cloned().collect()
}
