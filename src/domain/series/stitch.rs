//! Joins series of one person that succeed or copy each other into one 1:1.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::de_facto::is_de_facto;
use super::{Series, short_id};
use crate::domain::one_on_one::{Cadence, KnownSeries, OneOnOneId, Reason, Verdict};
use crate::domain::person::Person;
use crate::domain::series::scheduled::Schedule;
use crate::domain::source::{News, Source};

/// A series that is, or may be, a 1:1, with what it puts on the calendar.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The series.
    pub series: Series<'a>,
    /// The calendar to write to, where it can be written at all.
    pub place: &'a Source,
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
    /// When what its calendar shows of it, and the ledger does not know yet, came to be shown.
    pub news: Option<News>,
}

/// One link of a chain: a series that the mirror holds, or one that only the ledger remembers.
#[derive(Debug)]
pub struct Link<'a> {
    /// What the ledger remembers, or will.
    pub known: KnownSeries,
    /// What the mirror holds.
    pub candidate: Option<Candidate<'a>>,
    /// Whether the ledger has it as the 1:1 of this person.
    pub is_recorded: bool,
    /// Whether it has it by this rule as well, so that its sessions were looked at before.
    pub was_known: bool,
    /// Whether it is another copy of a series before it, and so does not follow that one.
    pub is_copy: bool,
}

/// The series of one 1:1, oldest first; never empty.
#[derive(Debug)]
pub struct Chain<'a> {
    /// The name of the 1:1.
    pub id: OneOnOneId,
    /// Its series.
    pub links: Vec<Link<'a>>,
    /// Names that it had while it was taken for another 1:1.
    pub aliases: BTreeSet<OneOnOneId>,
}

/// How long a new series and the one before it may stand side by side: people make the new one first.
const SIDE_BY_SIDE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Puts the series of one person together where one follows another or is its copy; those alive side by side stay apart.
#[must_use]
pub fn chains_of_one_person(mut links: Vec<Link<'_>>) -> Vec<Chain<'_>> {
    links.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut chains: Vec<Chain<'_>> = Vec::new();
    for link in links {
        match fitting(&chains, &link) {
            Some((at, place)) => chains[at].push(link, place),
            None => chains.push(Chain::begin(link, &chains)),
        }
    }
    chains
}

/// How a link belongs to a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The ledger says so.
    Recorded,
    /// It is a copy of a series there.
    Copy,
    /// It follows the chain, whose last session was at this original start.
    After(Timestamp),
}

fn fitting(chains: &[Chain<'_>], link: &Link<'_>) -> Option<(usize, Place)> {
    let numbered = || chains.iter().enumerate();
    if let Some((at, _)) = numbered().find(|(_, chain)| chain.id == link.known.one_on_one) {
        return Some((at, Place::Recorded));
    }
    if let Some((at, _)) = numbered().find(|(_, chain)| chain.links.iter().any(|other| other.is_copied_by(link))) {
        return Some((at, Place::Copy));
    }
    let following = numbered().filter_map(|(at, chain)| Some((at, chain.end_before(link)?)));
    let best = following.max_by_key(|(at, end)| (chains[*at].is_as_often_as(link), *end));
    best.map(|(at, end)| (at, Place::After(end)))
}

impl Link<'_> {
    /// The order in which series of one person came: by their first session that counts.
    fn order(&self) -> (Timestamp, Option<Timestamp>, &str) {
        (self.known.first, self.known.last, &self.known.uid)
    }

    /// The sessions that count, by original start, while it is on the calendar.
    fn originals(&self) -> impl DoubleEndedIterator<Item = Timestamp> + Clone {
        let sessions = self.candidate.as_ref().map_or(&[][..], |candidate| &candidate.schedule.sessions);
        let since = self.known.since.unwrap_or(Timestamp::MIN);
        let last = self.known.last.unwrap_or(Timestamp::MAX);
        let from = sessions.partition_point(|session| session.original <= since);
        let until = sessions.partition_point(|session| session.original <= last).max(from);
        sessions[from..until].iter().map(|session| session.original)
    }

    /// Whether another series puts most of its sessions where this one puts most of its own, as long as both live.
    fn is_copied_by(&self, other: &Link<'_>) -> bool {
        let ends = |link: &Link<'_>| Some((link.originals().next()?, link.originals().next_back()?));
        let Some(((first, last), (began, ended))) = ends(self).zip(ends(other)) else { return false };
        let both = first.max(began)..=last.min(ended);
        let inside = |link: &Link<'_>| link.originals().filter(|original| both.contains(original)).collect::<Vec<_>>();
        let (own, theirs) = (inside(self), inside(other));
        let mut later = theirs.iter().peekable();
        let is_shared = |original: &&Timestamp| {
            while later.next_if(|other| other < original).is_some() {}
            later.peek() == Some(original)
        };
        let shared = own.iter().filter(is_shared).count();
        shared * 2 > own.len().max(theirs.len())
    }

    /// The last session, of a series that ended or is about to be known to have ended, and how it ended.
    fn end(&self, next: &Link<'_>) -> Option<Timestamp> {
        if let Some(last) = self.known.last {
            return (!self.may_go_on_beside(next, last)).then_some(last);
        }
        let gone = self.candidate.as_ref()?.schedule.gone?;
        let between = gone.between?;
        // It is missing since the very reads between which the next one appeared: nobody needs to see that twice.
        let is_replaced = next.candidate.as_ref().is_some_and(|next| next.appeared > between.after);
        let before = self.originals().rfind(|&original| original < between.before);
        is_replaced.then(|| before.unwrap_or(self.known.first))
    }
}

impl Link<'_> {
    /// Whether more events may be booked by hand beside a series that comes less often: the last one booked is no end yet.
    fn may_go_on_beside(&self, next: &Link<'_>, last: Timestamp) -> bool {
        let (own, theirs) = (self.known.cadence.interval(), next.known.cadence.interval());
        let soon = last.saturating_add(own * 2).unwrap_or(Timestamp::MAX);
        is_de_facto(&self.known.uid) && theirs * 2 > own * 3 && next.known.first < soon
    }
}

impl<'a> Chain<'a> {
    fn begin(mut link: Link<'a>, others: &[Chain<'_>]) -> Self {
        if others.iter().any(|chain| chain.id == link.known.one_on_one) {
            link.known.one_on_one = short_id(&format!("{} {}", link.known.uid, link.known.person.name));
        }
        Self { id: link.known.one_on_one.clone(), links: vec![link], aliases: BTreeSet::new() }
    }

    fn push(&mut self, mut link: Link<'a>, place: Place) {
        if link.known.one_on_one != self.id {
            self.aliases.insert(link.known.one_on_one.clone());
            link.known.one_on_one = self.id.clone();
        }
        match place {
            Place::Recorded => link.is_copy = self.links.iter().any(|other| other.is_copied_by(&link)),
            Place::Copy => link.is_copy = true,
            Place::After(end) => {
                link.known.since = link.known.since.max(Some(end));
                let first = link.originals().next();
                link.known.first = first.unwrap_or_else(|| link.known.first.max(end));
            }
        }
        self.links.push(link);
    }

    /// Where this chain ended, if the link can follow it: it ended before the link's first session, or only days after it.
    fn end_before(&self, link: &Link<'_>) -> Option<Timestamp> {
        let ends: Option<Vec<Timestamp>> = self.links.iter().map(|own| own.end(link)).collect();
        let end = ends?.into_iter().max()?;
        if end < link.known.first {
            return Some(end);
        }
        let tail = self.links.iter().filter_map(|own| own.candidate.as_ref()).max_by_key(|own| own.appeared)?;
        let next = link.candidate.as_ref()?;
        let gone = tail.schedule.gone.and_then(|gone| gone.between).map_or(end, |between| between.before);
        let begins = next.appeared.max(link.known.first);
        ((next.appeared > tail.appeared || planted!("a-deleted-series-takes-another"))
            && gone.duration_since(begins) <= SIDE_BY_SIDE)
            .then_some(end)
    }

    fn is_as_often_as(&self, link: &Link<'_>) -> bool {
        self.links.last().is_some_and(|tail| tail.known.cadence == link.known.cadence)
    }

    /// The series that are on the calendar, by which it is known now: the last first.
    pub fn shown(&self) -> impl Iterator<Item = &Candidate<'a>> {
        self.links.iter().rev().filter_map(|link| link.candidate.as_ref())
    }

    /// Up to where the sessions of a link count: where another one followed it before it was known to have ended.
    #[must_use]
    pub fn until(&self, index: usize) -> Option<Timestamp> {
        self.links.get(index)?.candidate.as_ref()?.schedule.gone?;
        let later = self.links.iter().skip(index + 1).filter(|link| !link.is_copy);
        later.filter_map(|link| link.known.since).min()
    }
}
