//! Chooses the series that fit a plan's budget: the most important first, and of these the cheapest.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::budget::{Budget, bytes_of};
use crate::domain::one_on_one::Verdict;
use crate::domain::series::stitch::Candidate;

/// How much a series matters, the most first: nobody can send one that comes before what the owner or the config vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It is with somebody of the config, or the user confirmed it.
    VouchedFor,
    /// The ledger has it as a 1:1.
    Known,
    /// It is a 1:1 by what the calendar shows.
    New,
    /// It is tentative.
    Tentative,
}

impl Weight {
    pub(super) const fn of(verdict: Verdict, is_vouched_for: bool, is_known: bool) -> Self {
        match verdict {
            _ if is_vouched_for => Self::VouchedFor,
            Verdict::OneOnOne if is_known => Self::Known,
            Verdict::OneOnOne => Self::New,
            Verdict::Tentative | Verdict::Not => Self::Tentative,
        }
    }
}

/// The place of a candidate among all: how much it matters, its bytes, and its number.
type Place = (Weight, usize, usize);

/// The candidates that there is room for so far.
#[derive(Default)]
pub(super) struct Room<'a> {
    /// With the key of the person of each.
    held: BTreeMap<usize, (String, Candidate<'a>)>,
    order: BTreeSet<Place>,
    of_person: BTreeMap<String, BTreeSet<Place>>,
    bytes: usize,
    next: usize,
}

impl<'a> Room<'a> {
    /// Takes a candidate in; returns those that there is no room for then, the least that matters first.
    pub(super) fn take(
        &mut self,
        candidate: Candidate<'a>,
        weight: Weight,
        key: &str,
        budget: &Budget,
    ) -> Vec<Candidate<'a>> {
        let bytes = bytes_of(candidate.schedule.sessions.len(), &candidate.series.uid);
        let place = (weight, bytes, self.next);
        self.next += 1;
        self.held.insert(place.2, (key.to_owned(), candidate));
        self.order.insert(place);
        self.bytes += bytes;
        let of_person = self.of_person.entry(key.to_owned()).or_default();
        of_person.insert(place);
        let mut out = Vec::new();
        if of_person.len() > budget.of_one_person {
            let last = of_person.last().copied();
            out.extend(last.and_then(|place| self.remove(place, key)));
        }
        while self.bytes > budget.bytes {
            let Some(&place) = self.order.last() else { break };
            let key = self.held.get(&place.2).map(|(key, _)| key.clone()).unwrap_or_default();
            out.extend(self.remove(place, &key));
        }
        out
    }

    fn remove(&mut self, place: Place, key: &str) -> Option<Candidate<'a>> {
        self.order.remove(&place);
        if let Some(of_person) = self.of_person.get_mut(key) {
            of_person.remove(&place);
        }
        self.bytes -= place.1;
        self.held.remove(&place.2).map(|(_, candidate)| candidate)
    }

    /// What it holds.
    pub(super) fn held(&self) -> impl Iterator<Item = &Candidate<'a>> {
        self.held.values().map(|(_, candidate)| candidate)
    }

    /// What it holds, in the order in which it came.
    pub(super) fn finish(self) -> Vec<Candidate<'a>> {
        self.held.into_values().map(|(_, candidate)| candidate).collect()
    }
}
