//! Owns stitching: which series of one person follow one another and so are one 1:1.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Series, short_id};
use crate::domain::one_on_one::{Cadence, KnownSeries, OneOnOneId, Reason, Verdict};
use crate::domain::person::Person;
use crate::domain::series::de_facto::person_key;
use crate::domain::session::scheduled::Schedule;

/// A series that is, or may be, a 1:1, with what it puts on the calendar.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The series.
    pub series: Series<'a>,
    /// With whom.
    pub person: Person,
    /// `OneOnOne` or `Tentative`.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How often.
    pub cadence: Cadence,
    /// Its sessions and its ends.
    pub schedule: Schedule<'a>,
    /// When it was first seen.
    pub appeared: Timestamp,
}

/// One link of a chain: a series that the mirror holds, or one that only the ledger remembers.
#[derive(Debug)]
pub struct Link<'a> {
    /// What the ledger remembers, or will.
    pub known: KnownSeries,
    /// What the mirror holds.
    pub candidate: Option<Candidate<'a>>,
    /// Sessions before or at this instant belong to the link before.
    pub after: Option<Timestamp>,
}

/// The series of one 1:1, oldest first; never empty.
#[derive(Debug)]
pub struct Chain<'a> {
    /// The name of the 1:1.
    pub id: OneOnOneId,
    /// Its series.
    pub links: Vec<Link<'a>>,
}

/// How long a new series and the deleted one before it may stand side by side: people make the new one first.
const SIDE_BY_SIDE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Puts series of one person together where one follows another; those alive side by side stay apart.
#[must_use]
pub fn stitch<'a>(candidates: Vec<Candidate<'a>>, known: &[KnownSeries]) -> Vec<Chain<'a>> {
    let by_uid: BTreeMap<&str, &KnownSeries> = known.iter().map(|series| (series.uid.as_str(), series)).collect();
    let mut people: BTreeMap<String, Vec<Link<'a>>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for candidate in candidates {
        seen.insert(candidate.series.uid.clone());
        let link = fresh(candidate, &by_uid);
        people.entry(person_key(&link.known.person)).or_default().push(link);
    }
    for series in known.iter().filter(|series| !seen.contains(&series.uid)) {
        let link = Link { known: series.clone(), candidate: None, after: None };
        people.entry(person_key(&series.person)).or_default().push(link);
    }
    people.into_values().flat_map(chains_of_one_person).collect()
}

fn fresh<'a>(candidate: Candidate<'a>, by_uid: &BTreeMap<&str, &KnownSeries>) -> Link<'a> {
    let uid = candidate.series.uid.clone();
    let before = by_uid.get(uid.as_str());
    let known = KnownSeries {
        one_on_one: before.map_or_else(|| short_id(&uid), |known| known.one_on_one.clone()),
        person: candidate.person.clone(),
        source: candidate.series.source.id.clone(),
        cadence: candidate.cadence,
        first: before.map_or(candidate.schedule.first, |known| known.first.min(candidate.schedule.first)),
        last: candidate.schedule.last,
        uid,
    };
    Link { known, candidate: Some(candidate), after: None }
}

fn chains_of_one_person(mut links: Vec<Link<'_>>) -> Vec<Chain<'_>> {
    links.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut chains: Vec<Chain<'_>> = Vec::new();
    for mut link in links {
        let fitting = chains
            .iter_mut()
            .filter_map(|chain| chain.end_before(&link).map(|end| (chain, end)))
            .max_by_key(|(chain, end)| (chain.id == link.known.one_on_one, chain.is_as_often_as(&link), *end));
        if let Some((chain, end)) = fitting {
            link.after = Some(end);
            link.known.one_on_one = chain.id.clone();
            chain.links.push(link);
            continue;
        }
        if chains.iter().any(|chain| chain.id == link.known.one_on_one) {
            link.known.one_on_one = short_id(&link.known.uid);
        }
        chains.push(Chain { id: link.known.one_on_one.clone(), links: vec![link] });
    }
    chains
}

impl Link<'_> {
    /// The order in which series of one person came: those that only the ledger remembers, then as they appeared,
    /// then by their first session. A recreated series may pretend to have begun long ago.
    fn order(&self) -> (Timestamp, Timestamp, &str) {
        let appeared = self.candidate.as_ref().map_or(Timestamp::MIN, |candidate| candidate.appeared);
        (appeared, self.known.first, &self.known.uid)
    }
}

impl Chain<'_> {
    /// Where this chain ended, if the link can follow it: it ended before the link's first session; or the ledger says
    /// that the two are one; or it was deleted, and the link appeared about then.
    fn end_before(&self, link: &Link<'_>) -> Option<Timestamp> {
        let tail = self.links.last()?;
        let end = tail.known.last?;
        if end < link.known.first || link.known.one_on_one == self.id {
            return Some(end);
        }
        let before = tail.candidate.as_ref()?;
        let appeared = link.candidate.as_ref()?.appeared;
        let side_by_side = before.schedule.cut?.duration_since(appeared);
        (side_by_side <= SIDE_BY_SIDE && appeared > before.appeared).then_some(end)
    }

    fn is_as_often_as(&self, link: &Link<'_>) -> bool {
        self.links.last().is_some_and(|tail| tail.known.cadence == link.known.cadence)
    }
}
