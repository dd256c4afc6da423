//! Matches the series on the calendars with those in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::known::Known;
use super::people::People;
use super::short_id;
use super::stitch::{Candidate, Link};
use crate::domain::one_on_one::{KnownSeries, OneOnOneId, Reason};
use crate::domain::person::Person;
use crate::domain::series::scheduled::Expected;
use crate::domain::session::LedgerLine;

/// What the ledger has.
pub struct LedgerView<'a> {
    known: &'a Known<'a>,
    people: &'a People,
    /// The last session of each series that was over when it was recorded.
    last_over: BTreeMap<&'a str, Timestamp>,
}

impl<'a> LedgerView<'a> {
    /// Of these series and lines.
    #[must_use]
    pub fn new(known: &'a Known<'a>, ledger: &'a [LedgerLine], people: &'a People) -> Self {
        let mut last_over: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for line in ledger.iter().filter(|line| line.was_over()) {
            let last = last_over.entry(line.session.series.as_str()).or_insert(line.session.id.original);
            *last = (*last).max(line.session.id.original);
        }
        Self { known, people, last_over }
    }

    /// The links of all people, by the keys of these: of the series on the calendars, and of those that only the ledger remembers;
    /// `others` are the uids on the calendars that are no 1:1s.
    #[must_use]
    pub fn links(&self, candidates: Vec<Candidate<'a>>, others: BTreeSet<String>) -> BTreeMap<String, Vec<Link<'a>>> {
        let mut links: BTreeMap<String, Vec<Link<'a>>> = BTreeMap::new();
        let mut shown: BTreeSet<(&str, &OneOnOneId)> = BTreeSet::new();
        let mut on_calendar = others;
        for candidate in candidates {
            on_calendar.insert(candidate.series.uid.clone());
            let before = self.of(&candidate.series.uid, &candidate.person);
            shown.extend(before.map(|known| (known.uid.as_str(), &known.one_on_one)));
            let link = self.fresh(candidate, before);
            links.entry(self.people.key(&link.known.person)).or_default().push(link);
        }
        for known in self.known.all().iter().filter(|known| !shown.contains(&(known.uid.as_str(), &known.one_on_one))) {
            let known = self.gone(known, on_calendar.contains(&known.uid));
            links.entry(self.people.key(&known.person)).or_default().push(Link {
                known,
                candidate: None,
                is_recorded: true,
                was_known: true,
                is_copy: false,
            });
        }
        links
    }

    /// What is known of a series as the 1:1 of a person: people have several addresses, and other ones in time.
    fn of(&self, uid: &str, person: &Person) -> Option<&'a KnownSeries> {
        let of_uid = self.known.of(uid);
        let same = of_uid.iter().find(|known| self.people.are_same(&known.person, person));
        same.or_else(|| of_uid.iter().find(|known| known.person.is_called_like(person))).copied()
    }

    /// Up to where the past of a series is what the ledger has: the last good read before what is on the calendar now, or the last
    /// session that was recorded.
    fn settled(&self, candidate: &Candidate<'_>) -> Option<Timestamp> {
        let read = candidate.news.and_then(|news| news.after);
        read.max(self.last_over.get(candidate.series.uid.as_str()).copied())
    }

    fn fresh(&self, candidate: Candidate<'a>, before: Option<&KnownSeries>) -> Link<'a> {
        let uid = candidate.series.uid.clone();
        let schedule = candidate.series.schedule_id();
        let is_same_rule = before.is_some_and(|known| known.schedule.is_none() || known.schedule == schedule);
        let goes_on_again = before.is_some_and(|known| known.last.is_some()) && last(&candidate, before).is_none();
        let was_known = is_same_rule && !goes_on_again;
        let is_somebody_elses = || !self.known.of(&uid).is_empty();
        let since = match before {
            Some(known) if was_known => known.since,
            Some(known) => known.since.max(self.settled(&candidate)),
            None if is_somebody_elses() => self.settled(&candidate),
            // A series that was made after its calendar was first read had no sessions while it was not there.
            None => candidate.news.and_then(|news| news.after).filter(|&after| after < candidate.appeared),
        };
        let counting = |session: &&Expected<'_>| since.is_none_or(|since| session.original > since);
        let first = candidate.schedule.sessions.iter().find(counting).map(|session| session.original);
        let first = if since.is_none() { candidate.schedule.first } else { first.unwrap_or(candidate.schedule.first) };
        let is_open = candidate.reasons.contains(&Reason::NotAnswered);
        let known = KnownSeries {
            one_on_one: before.map_or_else(|| self.name(&uid, &candidate.person), |known| known.one_on_one.clone()),
            person: self.person(&candidate.person, before),
            source: candidate.place.id.clone(),
            cadence: candidate.cadence,
            first: before.map_or(first, |known| known.first.min(first)),
            last: last(&candidate, before),
            schedule,
            since,
            answered: before.is_some_and(|known| known.answered) || !is_open,
            uid,
        };
        Link { known, candidate: Some(candidate), is_recorded: before.is_some(), was_known, is_copy: false }
    }

    fn name(&self, uid: &str, person: &Person) -> OneOnOneId {
        let name = short_id(uid);
        if self.known.has(&name) { short_id(&format!("{uid} {}", self.people.key(person))) } else { name }
    }

    /// A person as the config has them, else with all addresses under which they were known.
    fn person(&self, person: &Person, before: Option<&KnownSeries>) -> Person {
        let resolved = self.people.resolve(person);
        let Some(before) = before.filter(|_| resolved == *person) else { return resolved };
        let mut addresses = before.person.addresses.clone();
        addresses.extend(person.addresses.iter().filter(|address| !before.person.addresses.contains(address)).cloned());
        Person { addresses, ..resolved }
    }

    /// A series that is not on the calendar, or no longer as the 1:1 of this person.
    fn gone(&self, known: &KnownSeries, is_on_calendar: bool) -> KnownSeries {
        let last = || self.last_over.get(known.uid.as_str()).copied().unwrap_or(known.first);
        let last = known.last.or_else(|| is_on_calendar.then(last));
        KnownSeries { person: self.people.resolve(&known.person), last, ..known.clone() }
    }
}

/// The last session of a series that is over: it was deleted or called off, or its rule has an end.
fn last(candidate: &Candidate<'_>, before: Option<&KnownSeries>) -> Option<Timestamp> {
    let schedule = &candidate.schedule;
    let Some(gone) = schedule.gone.filter(|gone| gone.is_sure) else { return schedule.last };
    let recorded = before.and_then(|known| known.last);
    recorded.or_else(|| {
        let end = gone.between.map_or(Timestamp::MAX, |between| between.before);
        let before_it = schedule.sessions.iter().map(|session| session.original).filter(|&original| original < end);
        Some(before_it.max().unwrap_or(schedule.first))
    })
}
