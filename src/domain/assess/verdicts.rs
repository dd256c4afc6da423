//! Decides which series are 1:1s, including the user's own decisions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Assessing;
use super::selection::{Room, Weight};
use crate::domain::budget::Budget;
use crate::domain::collation::fold;
use crate::domain::detection::participants::declined_by;
use crate::domain::detection::verdict::{Finding, of_pair};
use crate::domain::event::{GuestList, Status};
use crate::domain::one_on_one::{Cadence, Reason, Verdict};
use crate::domain::person::{Address, Person, Relation};
use crate::domain::series::de_facto::{self, Beside};
use crate::domain::series::scheduled::{Expected, Schedule, is_called_off, schedule};
use crate::domain::series::stitch::Candidate;
use crate::domain::series::{Body, Copy, Series, cadence};
use crate::domain::session::Choice;
use crate::domain::span::Span;
use crate::domain::standing::{LeftOut, OtherSeries, WhyLeftOut};

/// The series, sifted into those that are or may be 1:1s and the rest.
pub(super) struct ClassifiedSeries<'a> {
    pub(super) candidates: Vec<Candidate<'a>>,
    pub(super) others: Vec<OtherSeries>,
    pub(super) left_out: Vec<LeftOut>,
}

/// The series while they are sifted.
struct Classification<'a, 'b> {
    budget: &'b mut Budget,
    room: Room<'a>,
    others: Vec<OtherSeries>,
    left_out: Vec<LeftOut>,
}

impl Classification<'_, '_> {
    fn leave_out(&mut self, other: OtherSeries, why: WhyLeftOut) {
        let OtherSeries { id, title, calendar, .. } = other.clone();
        self.left_out.push(LeftOut { id, title, calendar, why });
        self.others.push(other);
    }
}

impl<'a> Assessing<'a> {
    pub(super) fn classify(&self, recurring: &[Series<'a>], budget: &mut Budget) -> ClassifiedSeries<'a> {
        let mut sifting = Classification { budget, room: Room::default(), others: Vec::new(), left_out: Vec::new() };
        for series in recurring {
            self.classify_one(series, &mut sifting);
        }
        let mut beside: BTreeMap<String, Beside> = BTreeMap::new();
        for candidate in sifting.room.held() {
            let entry = beside.entry(self.people.key(&candidate.person)).or_default();
            self.put_beside(candidate, entry);
        }
        let by_hand = self.known_by_hand();
        let none = Beside::default();
        for (key, pair) in &self.pairs {
            let uid = by_hand.get(key).map_or_else(|| de_facto::name(key), |uid| (*uid).to_owned());
            if let Some(series) = de_facto::find(pair, uid, beside.get(key).unwrap_or(&none), self.policy) {
                self.classify_one(&series, &mut sifting);
            }
        }
        let Classification { room, others, left_out, .. } = sifting;
        ClassifiedSeries { candidates: room.finish(), others, left_out }
    }

    /// The names that *de facto* series have already, by the keys of their people.
    fn known_by_hand(&self) -> BTreeMap<String, &'a str> {
        let mut names = BTreeMap::new();
        for known in self.known.all().iter().filter(|known| de_facto::is_de_facto(&known.uid)) {
            names.entry(self.people.key(&known.person)).or_insert(known.uid.as_str());
        }
        names
    }

    /// What a series has to say of single events of the same pair.
    fn put_beside(&self, candidate: &Candidate<'_>, beside: &mut Beside) {
        let Schedule { sessions, first, last, gone, .. } = &candidate.schedule;
        let deleted = gone.and_then(|gone| gone.between).map(|between| between.before);
        let end = deleted.into_iter().chain(*last).min().unwrap_or(self.horizon.end);
        let every = candidate.cadence.interval();
        beside.lives.push((Span::new(*first, end), every));
        for (index, session) in sessions.iter().enumerate() {
            let original = session.original;
            if !self.is_plainly_lost(session, &candidate.person) {
                beside.standing.insert(original);
                continue;
            }
            let previous = index.checked_sub(1).and_then(|before| sessions.get(before)).map(|one| one.original);
            let next = sessions.get(index + 1).map(|one| one.original);
            beside.lost.push((
                previous.unwrap_or_else(|| original.saturating_sub(every).unwrap_or(Timestamp::MIN)),
                next.unwrap_or_else(|| original.saturating_add(every).unwrap_or(Timestamp::MAX)),
            ));
        }
    }

    fn is_plainly_lost(&self, session: &Expected<'_>, person: &Person) -> bool {
        session.sightings.iter().any(|sighting| {
            let event = &sighting.session.shown_by.event;
            let is_off = event.recurrence.is_none() && event.status == Status::Cancelled;
            sighting.session.excepted || is_off || declined_by(event, person, self.policy).is_some()
        })
    }

    /// Puts one series where it belongs.
    fn classify_one(&self, series: &Series<'a>, sifting: &mut Classification<'a, '_>) {
        let Some(((source, face), place)) = series.face().zip(series.place()) else { return };
        let finding = self.finding(series);
        let other = |person, reasons| OtherSeries {
            id: self.id_of(&series.uid),
            uid: series.uid.clone(),
            title: face.event.title.clone(),
            calendar: source.id.clone(),
            person,
            reasons,
        };
        let (Verdict::OneOnOne | Verdict::Tentative, Some(person)) = (finding.verdict, finding.person.clone()) else {
            sifting.others.push(other(finding.person, finding.reasons));
            return;
        };
        let mut allowance = sifting.budget.of_sessions();
        let schedule = schedule(series, self.horizon, &self.policy.zone, &mut allowance);
        sifting.budget.sessions.take(allowance.taken());
        if schedule.is_dense {
            sifting.leave_out(other(Some(person), vec![Reason::TooOften]), WhyLeftOut::TooOften);
            return;
        }
        if schedule.is_cut {
            sifting.leave_out(other(Some(person), vec![Reason::LeftOut]), WhyLeftOut::TooCostly);
            return;
        }
        let is_confirmed = finding.reasons.contains(&Reason::UserConfirmed);
        let is_vouched_for = is_confirmed || self.people.is_in_roster(&person);
        let weight = Weight::of(finding.verdict, is_vouched_for, !self.known.of(&series.uid).is_empty());
        let key = self.people.key(&person);
        let candidate = Candidate {
            series: series.clone(),
            place,
            person,
            verdict: finding.verdict,
            reasons: finding.reasons,
            cadence: cadence_of(series, &schedule),
            schedule,
            appeared: appeared(series),
            news: source.news,
        };
        for candidate in sifting.room.take(candidate, weight, &key, sifting.budget) {
            sifting.leave_out(self.other(candidate), WhyLeftOut::NoRoom);
        }
    }

    /// A candidate as a series that was not looked at.
    fn other(&self, candidate: Candidate<'_>) -> OtherSeries {
        let title = candidate.series.face().map(|(_, face)| face.event.title.clone()).unwrap_or_default();
        OtherSeries {
            id: self.id_of(&candidate.series.uid),
            uid: candidate.series.uid,
            title,
            calendar: candidate.place.id.clone(),
            person: Some(candidate.person),
            reasons: vec![Reason::LeftOut],
        }
    }

    /// The verdict on a series, the user's decision included. One that the user ignores is followed anyway, so that what
    /// continues it is known to.
    fn finding(&self, series: &Series<'_>) -> Finding {
        let mut finding = self.by_itself(series);
        match self.said.get(&self.id_of(&series.uid)) {
            Some(Choice::Ignore { .. }) if finding.verdict == Verdict::Not => {
                finding.reasons = vec![Reason::UserIgnored];
            }
            Some(Choice::Confirm { person, .. }) => {
                finding.person = person.as_deref().map(|name| self.named(name)).or(finding.person);
                if finding.person.is_some() {
                    finding.verdict = Verdict::OneOnOne;
                    finding.reasons.push(Reason::UserConfirmed);
                }
            }
            Some(
                Choice::Ignore { .. }
                | Choice::Held { .. }
                | Choice::NoShow { .. }
                | Choice::Excuse { .. }
                | Choice::Waive { .. }
                | Choice::Withdraw { .. }
                | Choice::KeepBoth { .. }
                | Choice::Overlap { .. }
                | Choice::Take { .. }
                | Choice::Undo { .. },
            )
            | None => {}
        }
        finding
    }

    fn by_itself(&self, series: &Series<'_>) -> Finding {
        match &series.body {
            Body::DeFacto { events, person, verdict, .. } => {
                let shows_guests = events.iter().any(|one| one.face().1.event.guest_list == GuestList::Complete);
                let how = match verdict {
                    Verdict::OneOnOne => Reason::OneOther,
                    Verdict::Tentative | Verdict::Not if shows_guests => Reason::NotAnswered,
                    Verdict::Tentative | Verdict::Not => Reason::TitleNames,
                };
                let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
                let reasons = vec![Reason::DeFacto { events: count }, how];
                self.unless_answered(&series.uid, Finding { verdict: *verdict, person: Some(person.clone()), reasons })
            }
            Body::Recurring { copies } => {
                let is_known = || !self.known.of(&series.uid).is_empty();
                if copies.iter().all(|copy| is_called_off(copy.master)) && !is_known() {
                    return Finding { verdict: Verdict::Not, person: None, reasons: vec![Reason::CalledOff] };
                }
                let mut finding = self.unless_answered(&series.uid, self.of_copies(copies));
                if finding.verdict != Verdict::Not {
                    finding.reasons.insert(0, Reason::Recurs);
                }
                finding
            }
        }
    }

    /// What the calendars show together: a no to all of it, whoever shows that; else what the one says that shows most.
    fn of_copies(&self, copies: &[Copy<'_>]) -> Finding {
        let newest = copies.iter().map(|copy| copy.master.event.sequence).max();
        let current = copies.iter().filter(|copy| Some(copy.master.event.sequence) == newest);
        let mut findings = current.map(|copy| of_pair(&copy.master.event, self.policy));
        let is_no = |finding: &Finding| matches!(finding.reasons.as_slice(), [Reason::DeclinedAsAWhole { .. }]);
        if let Some(declined) = findings.find(is_no) {
            return declined;
        }
        let shows = |copy: &&Copy<'_>| copy.master.event.guest_list == GuestList::Complete;
        let showing: Vec<Copy<'_>> = copies.iter().filter(shows).cloned().collect();
        let best = Series::newest(&showing).or_else(|| Series::newest(copies)).map(|copy| &copy.master.event);
        best.map_or_else(Finding::nothing, |event| of_pair(event, self.policy))
    }

    /// What was answered once stays answered: a changed time resets replies.
    fn unless_answered(&self, uid: &str, mut finding: Finding) -> Finding {
        let was_answered = || self.known.of(uid).iter().any(|known| known.answered);
        if finding.reasons.contains(&Reason::NotAnswered) && was_answered() {
            finding.reasons.retain(|reason| *reason != Reason::NotAnswered);
            finding.verdict = Verdict::OneOnOne;
        }
        finding
    }

    /// The person that the user named: by address or name in the config, else by a new address.
    fn named(&self, name: &str) -> Person {
        let address = Address::parse(name);
        let in_roster = self.policy.people.iter().find(|entry| {
            let is_name =
                fold(&entry.person.name) == fold(name) || entry.aliases.iter().any(|alias| fold(alias) == fold(name));
            is_name || address.as_ref().is_some_and(|address| entry.person.addresses.contains(address))
        });
        in_roster.map_or_else(
            || Person { name: name.to_owned(), addresses: address.into_iter().collect(), relation: Relation::Other },
            |entry| entry.person.clone(),
        )
    }
}

fn cadence_of(series: &Series<'_>, schedule: &Schedule<'_>) -> Cadence {
    match &series.body {
        Body::DeFacto { cadence, .. } => *cadence,
        Body::Recurring { copies } => {
            let starts: Vec<Timestamp> = schedule.sessions.iter().map(|session| session.original).collect();
            let rules = Series::newest(copies).and_then(|copy| copy.master.event.recurrence.clone());
            cadence::of(&rules.unwrap_or_default(), &starts)
        }
    }
}

/// When a series was first seen, in whichever calendar.
fn appeared(series: &Series<'_>) -> Timestamp {
    let first = match &series.body {
        Body::Recurring { copies } => copies.iter().map(|copy| copy.master.first_seen).min(),
        Body::DeFacto { events, .. } => {
            events.iter().flat_map(|single| &single.copies).map(|(_, held)| held.first_seen).min()
        }
    };
    first.unwrap_or_default()
}
