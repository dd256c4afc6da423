//! Reconciles all 1:1s of a pair: a session belongs to one of them, and one extra event pays one debt.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Assessing;
use super::one_on_one::Shared;
use super::sessions::{Sessions, booked_instead};
use crate::domain::detection::participants::declined_by;
use crate::domain::event::Event;
use crate::domain::one_on_one::{OneOnOneId, Reason, Verdict};
use crate::domain::outcome::owed::{Account, Settlement, StandIn, settle};
use crate::domain::person::Person;
use crate::domain::series::people::People;
use crate::domain::series::scheduled::{Expected, is_called_off, of_single};
use crate::domain::series::stitch::{Chain, Link};
use crate::domain::series::{Body, Single, short_id};
use crate::domain::session::{Choice, Decision, Evidence, Outcome, Session};
use crate::domain::source::Source;
use crate::domain::span::Span;
use crate::domain::standing::{OtherSeries, Standing};

/// A pair's own events.
pub(super) struct Own<'a> {
    pub(super) person: &'a Person,
    uids: BTreeSet<&'a str>,
}

impl Own<'_> {
    pub(super) fn has(&self, uid: &str) -> bool {
        self.uids.contains(uid)
    }
}

/// The series that are no 1:1s, as far as the 1:1s of a pair need to know them.
#[derive(Default)]
pub(super) struct Others {
    /// The uids of those with just one other person, by the key of that person.
    of_person: BTreeMap<String, Vec<String>>,
    /// The uids of those that one side declined as a whole.
    declined: BTreeSet<String>,
}

impl Others {
    pub(super) fn new(others: &[OtherSeries], people: &People) -> Self {
        let mut found = Self::default();
        for other in others {
            if let Some(person) = &other.person {
                found.of_person.entry(people.key(person)).or_default().push(other.uid.clone());
            }
            if other.reasons.iter().any(|reason| matches!(reason, Reason::DeclinedAsAWhole { .. })) {
                found.declined.insert(other.uid.clone());
            }
        }
        found
    }

    fn of(&self, key: &str) -> impl Iterator<Item = &str> {
        self.of_person.get(key).into_iter().flatten().map(String::as_str)
    }

    /// Whether a 1:1 is no longer one: one side declined the series that it was last.
    fn end(&self, chain: &Chain<'_>) -> bool {
        let is_alive = |link: &Link<'_>| link.candidate.is_some() && link.known.last.is_none();
        !chain.links.iter().any(is_alive) && chain.links.iter().any(|link| self.declined.contains(&link.known.uid))
    }
}

/// A 1:1 of a pair, on its way to the standing.
struct Draft<'c, 'a> {
    chain: &'c Chain<'a>,
    account: Account,
    /// Sessions that another 1:1 of the pair has.
    shared: Shared,
}

impl<'a> Assessing<'a> {
    /// Puts the 1:1s of one pair into the standing.
    pub(super) fn take_pair(&self, key: &str, mut chains: Vec<Chain<'a>>, others: &Others, standing: &mut Standing) {
        let before = standing.others.len();
        chains.retain(|chain| !self.is_ignored(chain, standing));
        let ignored = standing.others.get(before..).unwrap_or_default();
        let links = chains.iter().flat_map(|chain| &chain.links);
        let Some(person) = links.map(|link| &link.known.person).max_by_key(|person| person.addresses.len()).cloned()
        else {
            return;
        };
        let own = self.own(key, &chains, &person, others.of(key).chain(ignored.iter().map(|other| other.uid.as_str())));
        let decisions = self.decisions(&chains);
        let (instead, mut stand_ins) = self.booked_instead(&chains);
        let mut drafts: Vec<Draft<'_, 'a>> = chains
            .iter()
            .map(|chain| {
                let verdict = self.verdict(chain, others);
                let account = Sessions::of(self, chain, &decisions).account(&own, &instead, verdict);
                Draft { chain, account, shared: Shared::default() }
            })
            .collect();
        share(&mut drafts);
        stand_ins.extend(self.stand_ins(key, &drafts, &instead, &person));
        once_each(&mut stand_ins);
        let (chains, mut accounts, shared) = taken_apart(drafts);
        let settling = Settlement {
            last_success: &|session| self.last_success(session),
            decisions: &decisions,
            policy: self.policy,
            now: self.now,
        };
        settle(&mut accounts, &stand_ins, &settling);
        for ((chain, account), shared) in chains.into_iter().zip(accounts).zip(shared) {
            self.put(chain, account, &shared, standing);
        }
    }

    /// Whether the user ignores a 1:1; its series then stand among the others.
    fn is_ignored(&self, chain: &Chain<'_>, standing: &mut Standing) -> bool {
        if !matches!(self.word_on(chain), Some(Choice::Ignore { .. })) {
            return false;
        }
        for candidate in chain.shown() {
            let title = candidate.series.face().map(|(_, face)| face.event.title.clone()).unwrap_or_default();
            standing.others.push(OtherSeries {
                id: chain.id.clone(),
                uid: candidate.series.uid.clone(),
                title,
                calendar: candidate.place.id.clone(),
                person: Some(candidate.person.clone()),
                reasons: vec![Reason::UserIgnored],
            });
        }
        true
    }

    /// The user's last word on a 1:1, under any of its names.
    fn word_on(&self, chain: &Chain<'_>) -> Option<&Choice> {
        let own = self.said.get(&chain.id).copied();
        own.or_else(|| self.earlier_names(chain).iter().find_map(|name| self.said.get(name).copied()))
    }

    /// The names that a 1:1 had while its series were not known to belong together.
    pub(super) fn earlier_names(&self, chain: &Chain<'_>) -> BTreeSet<OneOnOneId> {
        let own = chain.links.iter().map(|link| short_id(&link.known.uid)).filter(|name| !self.known.has(name));
        own.chain(chain.aliases.iter().cloned()).filter(|name| *name != chain.id).collect()
    }

    /// What the user decided of these 1:1s, by their present names.
    fn decisions(&self, chains: &[Chain<'_>]) -> Vec<Decision> {
        let all = self.snapshot.decisions.as_slice();
        if all.is_empty() {
            return Vec::new();
        }
        let earlier = chains.iter().filter(|chain| chain.links.len() > 1);
        let earlier = earlier.flat_map(|chain| self.earlier_names(chain).into_iter().map(|name| (name, &chain.id)));
        let mut names: BTreeMap<OneOnOneId, &OneOnOneId> = earlier.collect();
        names.extend(chains.iter().map(|chain| (chain.id.clone(), &chain.id)));
        let renamed = |decision: &Decision| {
            let name = *names.get(decision.choice.one_on_one()?)?;
            Some(Decision { choice: decision.choice.renamed(|_| name.clone()), at: decision.at })
        };
        all.iter().filter_map(renamed).collect()
    }

    fn verdict(&self, chain: &Chain<'_>, others: &Others) -> Verdict {
        if others.end(chain) {
            return Verdict::Not;
        }
        let is_sure = chain.shown().any(|candidate| candidate.verdict == Verdict::OneOnOne);
        let is_confirmed = matches!(self.word_on(chain), Some(Choice::Confirm { .. }));
        let is_shown = chain.shown().next().is_some();
        if is_sure || is_confirmed || !is_shown { Verdict::OneOnOne } else { Verdict::Tentative }
    }

    /// The uids of everything that is of just this pair; `others` are those of series that are no 1:1s.
    fn own<'o>(
        &'o self,
        key: &str,
        chains: &'o [Chain<'a>],
        person: &'o Person,
        others: impl Iterator<Item = &'o str>,
    ) -> Own<'o> {
        let links = chains.iter().flat_map(|chain| &chain.links).map(|link| link.known.uid.as_str());
        let singles = self.pairs.get(key).into_iter().flat_map(|pair| &pair.events);
        let singles = singles.map(|single| single.face().1.event.uid.as_str());
        Own { person, uids: links.chain(singles).chain(others).collect() }
    }

    /// The last good read of the calendar that a session is known from; where that is no longer read, of any calendar of the owner's.
    fn last_success(&self, session: &Session) -> Option<Timestamp> {
        let own = session.source.as_ref().and_then(|source| self.sources.get(source));
        let any = || self.snapshot.sources.iter().filter_map(|source| source.last_success).max();
        own.map_or_else(any, |source| source.last_success)
    }

    /// *De facto* events that were booked in the place of one that was deleted.
    fn booked_instead(&self, chains: &[Chain<'a>]) -> (BTreeSet<(&'a str, Timestamp)>, Vec<StandIn>) {
        let mut instead = BTreeSet::new();
        let mut stand_ins = Vec::new();
        for candidate in chains.iter().flat_map(Chain::shown) {
            if !matches!(candidate.series.body, Body::DeFacto { .. }) {
                continue;
            }
            for held in booked_instead(candidate) {
                let here = &self.policy.zone;
                let span = Span::new(held.event.start.instant(here), held.event.end.instant(here));
                instead.insert((held.event.uid.as_str(), span.start));
                let source = self.sources.get(&held.source);
                let is_held = source.is_some_and(|source| self.is_over_and_read(span, source));
                stand_ins.push(StandIn { uid: held.event.uid.clone(), span, held: is_held });
            }
        }
        (instead, stand_ins)
    }

    /// Single events of just this pair that are no sessions themselves.
    fn stand_ins(
        &self,
        key: &str,
        drafts: &[Draft<'_, 'a>],
        instead: &BTreeSet<(&str, Timestamp)>,
        person: &Person,
    ) -> Vec<StandIn> {
        let Some(pair) = self.pairs.get(key) else { return Vec::new() };
        let sessions = || drafts.iter().flat_map(|draft| &draft.account.sessions);
        let standing: BTreeSet<Timestamp> =
            sessions().filter(|session| !session.outcome.is_lost()).map(|session| session.span.start).collect();
        let booked: BTreeSet<(&str, Timestamp)> = drafts.iter().flat_map(|draft| self.booked(draft.chain)).collect();
        let of_event = |single: &Single<'a>| {
            let event = of_single(single, &self.policy.zone);
            let name = (single.face().1.event.uid.as_str(), event.original);
            let is_session = booked.contains(&name) || instead.contains(&name) || standing.contains(&event.original);
            if is_session || self.is_called_off(&event, person) {
                return None;
            }
            let is_read = |source: &&Source| self.is_over_and_read(event.span(), source);
            let held = event.sightings.iter().map(|sighting| sighting.source).any(|source| is_read(&source));
            let is_there = event.sightings.iter().any(|sighting| {
                sighting.session.shown_by.vanished.is_none_or(|gone| event.span().end <= gone.last_seen)
            });
            Some(StandIn { uid: name.0.to_owned(), span: event.span(), held: held && is_there })
        };
        pair.events.iter().filter_map(of_event).collect()
    }

    /// The events that are sessions of a *de facto* 1:1.
    fn booked<'c>(&self, chain: &'c Chain<'a>) -> impl Iterator<Item = (&'a str, Timestamp)> + use<'c, 'a> {
        let here = self.policy.zone.clone();
        let events = chain.shown().filter_map(|candidate| match &candidate.series.body {
            Body::DeFacto { events, .. } => Some(events),
            Body::Recurring { .. } => None,
        });
        let events = events.flatten().map(move |single| {
            let event: &'a Event = &single.face().1.event;
            (event.uid.as_str(), event.start.instant(&here))
        });
        events.collect::<Vec<_>>().into_iter()
    }

    fn is_called_off(&self, event: &Expected<'_>, person: &Person) -> bool {
        event.sightings.iter().any(|sighting| {
            let held = sighting.session.shown_by;
            let is_deleted =
                held.vanished.is_some_and(|gone| gone.confirmed.is_some() && event.span().end > gone.last_seen);
            let is_declined = declined_by(&held.event, person, self.policy);
            is_called_off(held) || is_deleted || is_declined.is_some()
        })
    }

    fn is_over_and_read(&self, span: Span, source: &Source) -> bool {
        let needed = span.end.saturating_add(self.policy.settle(source.kind)).unwrap_or(Timestamp::MAX);
        span.end <= self.now && source.last_success.is_some_and(|at| at >= needed)
    }
}

/// Two series of one pair at the same time are one session: that of the 1:1 that the ledger has it for, else of the one that comes more
/// often. The pair met if either of them took place.
fn share(drafts: &mut [Draft<'_, '_>]) {
    if drafts.len() < 2 {
        return;
    }
    let mut at: BTreeMap<(Timestamp, Timestamp), Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        for session in &draft.account.sessions {
            at.entry((session.id.original, session.span.start)).or_default().push(index);
        }
    }
    for ((original, _), owners) in at.into_iter().filter(|(_, owners)| owners.len() > 1) {
        let comes_first = |&index: &usize| {
            let Account { cadence, frozen, .. } = &drafts[index].account;
            (!frozen.contains(&original), cadence.interval(), &drafts[index].chain.id)
        };
        let Some(keeper) = owners.iter().copied().min_by(|a, b| comes_first(a).cmp(&comes_first(b))) else { continue };
        let others: Vec<Session> = owners
            .iter()
            .filter(|&&index| index != keeper)
            .filter_map(|&index| drafts[index].account.take(original))
            .collect();
        let kept = drafts[keeper].account.adopt(original, &others);
        for &index in owners.iter().filter(|&&index| index != keeper) {
            drafts[index].shared.0.extend(kept.clone());
        }
    }
}

impl Account {
    /// Takes a session out.
    fn take(&mut self, original: Timestamp) -> Option<Session> {
        let at = self.sessions.binary_search_by_key(&original, |session| session.id.original).ok()?;
        Some(self.sessions.remove(at))
    }

    /// Lets a session take place that another 1:1 of the pair shows as taking place; returns the session.
    fn adopt(&mut self, original: Timestamp, others: &[Session]) -> Option<Session> {
        let at = self.sessions.binary_search_by_key(&original, |session| session.id.original).ok()?;
        let session = &mut self.sessions[at];
        let is_said = session.evidence.iter().any(|evidence| matches!(evidence, Evidence::UserSaid { .. }));
        let better = others.iter().find(|other| !other.outcome.is_lost() && other.outcome != Outcome::Excused);
        if let Some(other) = better.filter(|_| !is_said && session.outcome.is_lost()) {
            (session.outcome, session.by) = (other.outcome, other.by);
            session.evidence.clone_from(&other.evidence);
            (session.lost, session.made_up_by) = (None, None);
        }
        Some(session.clone())
    }
}

/// Several events at one time are one event.
fn once_each(stand_ins: &mut Vec<StandIn>) {
    stand_ins.sort_by(|a, b| (a.span.start, !a.held, &a.uid).cmp(&(b.span.start, !b.held, &b.uid)));
    stand_ins.dedup_by_key(|stand_in| stand_in.span.start);
}

fn taken_apart<'c, 'a>(drafts: Vec<Draft<'c, 'a>>) -> (Vec<&'c Chain<'a>>, Vec<Account>, Vec<Shared>) {
    let mut apart = (Vec::new(), Vec::new(), Vec::new());
    for Draft { chain, account, shared } in drafts {
        apart.0.push(chain);
        apart.1.push(account);
        apart.2.push(shared);
    }
    apart
}
