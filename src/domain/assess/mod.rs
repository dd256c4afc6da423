//! Owns the way from a snapshot to a standing: series, verdicts, chains, sessions, losses.

mod one_on_one;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::one_on_one::verdict::{Finding, of_pair};
use super::one_on_one::{KnownSeries, OneOnOneId, Reason, Verdict};
use super::person::{Address, Person, Relation};
use super::policy::Policy;
use super::series::de_facto::{self, Pair, person_key};
use super::series::stitch::{Candidate, stitch};
use super::series::{Body, Series, Sorted, cadence, short_id, sort};
use super::session::busy::Elsewhere;
use super::session::owed::nominal;
use super::session::scheduled::schedule;
use super::session::{Choice, Decision};
use super::snapshot::Snapshot;
use super::span::Span;
use super::standing::{OneOnOne, OtherSeries, Standing};

/// How far back sessions are judged anew, enough for any report of the last two months; what is older stays as the ledger
/// has it.
pub const BACK: SignedDuration = SignedDuration::from_hours(20 * 7 * 24);

/// How far back the first look at a calendar goes; what it finds beyond [`BACK`] stands in the ledger from then on.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(53 * 7 * 24);

/// How far ahead sessions are looked for.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(13 * 7 * 24);

/// The stretch of time that the rules look at around an instant.
#[must_use]
pub fn horizon(now: Timestamp) -> Span {
    let start = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    Span::new(start, now.checked_add(AHEAD).unwrap_or(Timestamp::MAX))
}

/// The same for the first look at a calendar.
#[must_use]
pub fn first_look(now: Timestamp) -> Span {
    Span::new(now.checked_sub(FIRST_LOOK).unwrap_or(Timestamp::MIN), horizon(now).end)
}

/// Works out where every 1:1 stands.
#[must_use]
pub fn assess(snapshot: &Snapshot, policy: &Policy, horizon: Span, now: Timestamp) -> Standing {
    let sorted = sort(snapshot);
    let mut assessing = Assessing {
        snapshot,
        policy,
        now,
        horizon,
        pairs: de_facto::pairs(&sorted.single, policy),
        de_facto_uids: BTreeSet::new(),
        elsewhere: Elsewhere::gather(snapshot, &sorted, horizon, policy, now),
    };
    let (candidates, others) = assessing.sift(&sorted);
    assessing.de_facto_uids = booked(&candidates);
    let mut one_on_ones: Vec<OneOnOne> = stitch(candidates, &known_now(snapshot, &others))
        .iter()
        .filter_map(|chain| assessing.one_on_one(chain))
        .collect();
    one_on_ones.sort_by(|a, b| {
        let key =
            |one: &OneOnOne| (one.person.relation, one.person.name.to_lowercase(), one.series.first().map(|s| s.first));
        key(a).cmp(&key(b))
    });
    let uncovered = uncovered(&one_on_ones, policy);
    Standing { now, horizon, one_on_ones, others, uncovered, sources: snapshot.sources.clone() }
}

/// What all steps of one assessment share.
struct Assessing<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    horizon: Span,
    now: Timestamp,
    pairs: BTreeMap<String, Pair<'a>>,
    /// The uids of events that are sessions of a *de facto* 1:1.
    de_facto_uids: BTreeSet<&'a str>,
    elsewhere: Elsewhere<'a>,
}

impl<'a> Assessing<'a> {
    /// Sifts the series into those that are or may be 1:1s and the rest.
    fn sift(&self, sorted: &Sorted<'a>) -> (Vec<Candidate<'a>>, Vec<OtherSeries>) {
        let mut candidates = Vec::new();
        let mut others = Vec::new();
        for series in &sorted.recurring {
            self.consider(series, &mut candidates, &mut others);
        }
        let covered = covered(&candidates, self.horizon);
        for series in de_facto::find(&self.pairs, &covered, self.policy) {
            self.consider(&series, &mut candidates, &mut others);
        }
        (candidates, others)
    }

    /// Puts one series where it belongs.
    fn consider(&self, series: &Series<'a>, candidates: &mut Vec<Candidate<'a>>, others: &mut Vec<OtherSeries>) {
        let finding = self.finding(series);
        let face = series.face();
        let (Verdict::OneOnOne | Verdict::Tentative, Some(person)) = (finding.verdict, finding.person.clone()) else {
            others.push(OtherSeries {
                id: self.id_of(&series.uid),
                uid: series.uid.clone(),
                title: face.map(|held| held.event.title.clone()).unwrap_or_default(),
                calendar: series.source.id.clone(),
                person: finding.person,
                reasons: finding.reasons,
            });
            return;
        };
        let schedule = schedule(series, self.horizon, &self.policy.zone, self.now);
        let starts: Vec<Timestamp> = schedule.sessions.iter().map(|session| session.original).collect();
        let cadence = match &series.body {
            Body::DeFacto { cadence, .. } => *cadence,
            Body::Recurring { master, .. } => {
                cadence::of(&master.event.recurrence.clone().unwrap_or_default(), &starts)
            }
        };
        let appeared = face.map(|held| held.first_seen).unwrap_or_default();
        candidates.push(Candidate {
            series: series.clone(),
            person,
            verdict: finding.verdict,
            reasons: finding.reasons,
            cadence,
            schedule,
            appeared,
        });
    }

    /// The verdict on a series, the user's own word included.
    fn finding(&self, series: &Series<'_>) -> Finding {
        let mut finding = match (&series.body, series.face()) {
            (Body::DeFacto { events, person, .. }, _) => {
                let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
                let reasons = vec![Reason::DeFacto { events: count }, Reason::OneOther];
                Finding { verdict: Verdict::OneOnOne, person: Some(person.clone()), reasons }
            }
            (Body::Recurring { .. }, Some(face)) => {
                let mut finding = of_pair(&face.event, self.policy);
                if finding.verdict != Verdict::Not {
                    finding.reasons.insert(0, Reason::Recurs);
                }
                finding
            }
            (Body::Recurring { .. }, None) => Finding { verdict: Verdict::Not, person: None, reasons: Vec::new() },
        };
        match self.said_of(&self.id_of(&series.uid)) {
            Some(Choice::Ignore { .. }) => {
                finding.verdict = Verdict::Not;
                finding.reasons = vec![Reason::UserIgnored];
            }
            Some(Choice::Confirm { person, .. }) => {
                finding.person = person.as_deref().map(|name| self.named(name)).or(finding.person);
                if finding.person.is_some() {
                    finding.verdict = Verdict::OneOnOne;
                    finding.reasons.push(Reason::UserConfirmed);
                }
            }
            _ => {}
        }
        finding
    }

    /// The 1:1 that a uid is known to belong to, else the name that it would get.
    fn id_of(&self, uid: &str) -> OneOnOneId {
        let known = self.snapshot.known.iter().find(|known| known.uid == uid);
        known.map_or_else(|| short_id(uid), |known| known.one_on_one.clone())
    }

    /// The user's last word on a series.
    fn said_of(&self, id: &OneOnOneId) -> Option<&Choice> {
        let about = |decision: &&Decision| match &decision.choice {
            Choice::Confirm { id: one, .. } | Choice::Ignore { id: one } => one == id,
            _ => false,
        };
        self.snapshot.decisions.iter().rev().find(about).map(|decision| &decision.choice)
    }

    /// The person that the user named: by address or name in the config, else by a new address.
    fn named(&self, name: &str) -> Person {
        let address = Address::parse(name);
        let in_roster = self.policy.people.iter().find(|entry| {
            let is_name = entry.person.name.eq_ignore_ascii_case(name)
                || entry.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
            is_name || address.as_ref().is_some_and(|address| entry.person.addresses.contains(address))
        });
        in_roster.map_or_else(
            || Person { name: name.to_owned(), addresses: address.into_iter().collect(), relation: Relation::Other },
            |entry| entry.person.clone(),
        )
    }
}

/// The known series, where one that is still on the calendar and is no 1:1 any more ended with its last recorded session.
fn known_now(snapshot: &Snapshot, others: &[OtherSeries]) -> Vec<KnownSeries> {
    let none_any_more: BTreeSet<&str> = others.iter().map(|other| other.uid.as_str()).collect();
    let last_recorded = |uid: &str| {
        let lines = snapshot.ledger.iter().filter(|line| line.session.series == uid && line.was_over());
        lines.map(|line| line.session.id.original).max()
    };
    let mut known = snapshot.known.clone();
    for series in known.iter_mut().filter(|series| series.last.is_none()) {
        if none_any_more.contains(series.uid.as_str()) {
            series.last = Some(last_recorded(&series.uid).unwrap_or(series.first));
        }
    }
    known
}

/// The uids of the events that *de facto* series are made of.
fn booked<'a>(candidates: &[Candidate<'a>]) -> BTreeSet<&'a str> {
    let events = candidates.iter().filter_map(|candidate| match &candidate.series.body {
        Body::DeFacto { events, .. } => Some(events),
        Body::Recurring { .. } => None,
    });
    events.flatten().map(|held| held.event.uid.as_str()).collect()
}

/// The stretches in which a person has a series of their own.
fn covered(candidates: &[Candidate<'_>], horizon: Span) -> BTreeMap<String, Vec<Span>> {
    let mut covered: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for candidate in candidates {
        let margin = nominal(candidate.cadence);
        let first = candidate.schedule.first.checked_sub(margin).unwrap_or(Timestamp::MIN);
        let last =
            candidate.schedule.last.map_or(horizon.end, |last| last.checked_add(margin).unwrap_or(Timestamp::MAX));
        covered.entry(person_key(&candidate.person)).or_default().push(Span::new(first, last));
    }
    covered
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
