//! Judges a session: the table of outcomes, from what calendars show and how fresh they are.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::busy::{OtherEvents, Taken};
use super::user_outcome;
use crate::domain::collation::fold;
use crate::domain::detection::participants::declined_by;
use crate::domain::detection::title::says_called_off;
use crate::domain::event::{GuestList, Status};
use crate::domain::person::Person;
use crate::domain::policy::Policy;
use crate::domain::series::scheduled::{Expected, Observation};
use crate::domain::session::{Decision, Evidence, Outcome, SessionId, Side};
use crate::domain::source::Source;
use crate::domain::span::{Between, Span};

/// What became of a session, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Where it is now, or was last.
    pub span: Span,
    /// The outcome.
    pub outcome: Outcome,
    /// Which side lost it, where that is known.
    pub by: Option<Side>,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// Between which reads calendars came to show that it was lost, where that can be told.
    pub lost: Option<Between>,
}

/// What all sessions of one 1:1 are judged by.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// With whom.
    pub person: &'a Person,
    /// What else was on.
    pub elsewhere: &'a OtherEvents<'a>,
    /// Whether an event of this uid is one of this pair's own: these never conflict with each other.
    pub is_own: &'a dyn Fn(&str) -> bool,
    /// The series that cover its sessions again and again, by uid, and whether the user says that these take place.
    pub overlaps: &'a BTreeMap<String, Option<bool>>,
    /// Everything that the user decided.
    pub decisions: &'a [Decision],
    /// The user's settings.
    pub policy: &'a Policy,
    /// The present.
    pub now: Timestamp,
}

/// What calendars show of a session.
enum Shown<'e> {
    /// That it is lost.
    Lost(Lost),
    /// Nothing that can be believed.
    Unclear { span: Span, why: Evidence },
    /// That it stands.
    Stands { span: Span, sources: Vec<&'e Source>, titles: Vec<&'e str> },
}

/// That a session is lost, by one calendar.
#[derive(Clone, Debug)]
struct Lost {
    span: Span,
    outcome: Outcome,
    by: Option<Side>,
    why: Evidence,
    between: Option<Between>,
}

impl Judge<'_> {
    /// The first row of the table that fits decides; `expected` is what each series shows that has the session.
    #[must_use]
    pub fn judge(&self, id: &SessionId, expected: &[&Expected<'_>]) -> Judgement {
        let mut judgement = self.by_the_calendars(id, self.shown(expected));
        if let Some((outcome, at)) = user_outcome::outcome(self.decisions, id) {
            judgement.evidence =
                std::iter::once(Evidence::UserSaid { at }).chain(overruled(outcome, judgement.outcome)).collect();
            (judgement.outcome, judgement.by, judgement.lost) = (outcome, None, None);
        }
        if judgement.span.start != id.original {
            judgement.evidence.push(Evidence::Moved { from: id.original });
        }
        judgement
    }

    /// The other series that cover a session that stands.
    pub fn covered_by<'s>(&'s self, expected: &[&Expected<'_>]) -> Vec<&'s str> {
        match self.shown(expected) {
            Shown::Stands { span, titles, .. } => self
                .conflicts(span, &titles)
                .filter(|taken| taken.recurs)
                .map(|taken| taken.event.uid.as_str())
                .collect(),
            Shown::Lost(_) | Shown::Unclear { .. } => Vec::new(),
        }
    }

    fn by_the_calendars(&self, id: &SessionId, shown: Shown<'_>) -> Judgement {
        let span = match &shown {
            Shown::Lost(lost) => lost.span,
            Shown::Unclear { span, .. } | Shown::Stands { span, .. } => *span,
        };
        let found = |outcome, by, why: Option<Evidence>| Judgement {
            span,
            outcome,
            by,
            evidence: why.into_iter().collect(),
            lost: None,
        };
        if let Some(why) = self.elsewhere.excuse(span, self.person) {
            let by = if let Evidence::OutOfOffice { by, .. } = &why { Some(*by) } else { None };
            return found(Outcome::Excused, by, Some(why));
        }
        let is_over = span.end <= self.now;
        match shown {
            Shown::Lost(lost) => Judgement { lost: lost.between, ..found(lost.outcome, lost.by, Some(lost.why)) },
            Shown::Unclear { why, .. } if is_over => found(Outcome::Unknown, None, Some(why)),
            Shown::Unclear { why, .. } => found(Outcome::Upcoming, None, Some(why)),
            Shown::Stands { sources, titles, .. } => match (self.against(id, span, &titles), is_over) {
                (Some(overlap @ Evidence::StandingOverlap { .. }), true) => {
                    found(Outcome::Unknown, None, Some(overlap))
                }
                (Some(conflict), true) => found(Outcome::Conflicted, None, Some(conflict)),
                (against, false) => found(Outcome::Upcoming, None, against),
                (None, true) => {
                    let (outcome, why) = self.by_freshness(span, &sources);
                    found(outcome, None, Some(why))
                }
            },
        }
    }

    /// The event that speaks against a session that stands, unless the user said that it takes place anyway.
    fn against(&self, id: &SessionId, span: Span, titles: &[&str]) -> Option<Evidence> {
        if user_outcome::keeps_both(self.decisions, id) && !planted!("keep-both-unheard") {
            return None;
        }
        let mut open = None;
        for taken in self.conflicts(span, titles) {
            let with = taken.event.uid.clone();
            match self.overlaps.get(&with).filter(|_| taken.recurs) {
                Some(Some(true)) => {}
                Some(None) => open = open.or(Some(Evidence::StandingOverlap { span: taken.span, with })),
                Some(Some(false)) | None => return Some(Evidence::Conflict { span: taken.span, uid: Some(with) }),
            }
        }
        open
    }

    fn conflicts<'s>(&'s self, span: Span, titles: &[&str]) -> impl Iterator<Item = &'s Taken<'s>> {
        let titles: Vec<String> = titles.iter().map(|title| fold(title)).collect();
        self.elsewhere.covering(span).filter(move |taken| {
            // The owner's own note of the session is no other event.
            let is_a_note = taken.is_alone && taken.span == span && titles.contains(&fold(&taken.event.title));
            !is_a_note && (planted!("own-series-conflict") || !(self.is_own)(&taken.event.uid))
        })
    }

    fn by_freshness(&self, span: Span, sources: &[&Source]) -> (Outcome, Evidence) {
        let needed =
            |source: &Source| span.end.saturating_add(self.policy.settle(source.kind)).unwrap_or(Timestamp::MAX);
        let fresh = sources
            .iter()
            .filter_map(|source| {
                source.last_success.filter(|&at| at >= needed(source) || planted!("held-without-a-later-read"))
            })
            .max();
        if let Some(at) = fresh {
            return (Outcome::HeldPresumed, Evidence::ReadAfter { at });
        }
        let soonest = sources.iter().map(|source| needed(source)).min().unwrap_or(span.end);
        let last = sources.iter().filter_map(|source| source.last_success).max();
        (Outcome::Unknown, Evidence::NotReadSince { needed: soonest, last })
    }

    /// What all calendars together show: a loss counts, whoever shows it; what they show otherwise must agree.
    fn shown<'e>(&self, expected: &[&'e Expected<'_>]) -> Shown<'e> {
        let of_series = expected.iter().map(|one| self.shown_by_series(one));
        of_series.reduce(together).unwrap_or(Shown::Unclear {
            span: Span::new(Timestamp::MIN, Timestamp::MIN),
            why: Evidence::CalendarsDisagree,
        })
    }

    fn shown_by_series<'e>(&self, expected: &'e Expected<'_>) -> Shown<'e> {
        let shown = expected.sightings.iter().map(|sighting| self.shown_by(sighting)).reduce(together);
        let shown = settled_by_revision(expected, shown);
        match shown {
            Some(Shown::Stands { span, .. }) if expected.disputed => {
                Shown::Unclear { span, why: Evidence::CalendarsDisagree }
            }
            Some(shown) => shown,
            None => Shown::Unclear { span: expected.span(), why: Evidence::CalendarsDisagree },
        }
    }

    fn shown_by<'e>(&self, sighting: &'e Observation<'_>) -> Shown<'e> {
        let span = sighting.session.span;
        if let Some((outcome, by, why)) = self.called_off(sighting).or_else(|| self.declined(sighting)) {
            return Shown::Lost(Lost { span, outcome, by, why, between: between(sighting) });
        }
        if let Some(why) = self.unclear(sighting) {
            return Shown::Unclear { span, why };
        }
        let title = sighting.session.shown_by.event.title.as_str();
        Shown::Stands { span, sources: vec![sighting.source], titles: vec![title] }
    }

    fn called_off(&self, sighting: &Observation<'_>) -> Option<(Outcome, Option<Side>, Evidence)> {
        let session = &sighting.session;
        let event = &session.shown_by.event;
        let organiser = event.organiser.as_ref().and_then(|who| who.address.as_ref());
        let owner = organiser.is_some_and(|address| self.policy.owner.contains(address)).then_some(Side::Owner);
        let cancelled = |by, why| Some((Outcome::Cancelled, by, why));
        if session.excepted && !planted!("exceptions-stand") {
            return cancelled(owner, Evidence::Excepted);
        }
        // A status is the organiser's word (RFC 5546 3.2.5); a hole in a guest's copy is anyone's.
        let other = organiser.is_some_and(|address| self.person.addresses.contains(address));
        let by = owner.or_else(|| other.then_some(Side::Other));
        let is_own = event.recurrence.is_none() && sighting.lives;
        if is_own && event.status == Status::Cancelled && !planted!("what-was-called-off-is-held") {
            return cancelled(by, Evidence::StatusCancelled);
        }
        if is_own && !event.busy && says_called_off(&event.title) {
            return cancelled(by, Evidence::TitleSaysCancelled { free: true });
        }
        let is_separate = event.recurrence.is_none() && event.overrides.is_none();
        let vanished = session.shown_by.vanished.filter(|_| is_separate)?;
        let is_sure = vanished.confirmed.is_some() || planted!("deleted-after-one-miss");
        let is_deleted = is_sure && session.span.end > vanished.last_seen;
        is_deleted.then_some((Outcome::Cancelled, owner, Evidence::Deleted))
    }

    fn declined(&self, sighting: &Observation<'_>) -> Option<(Outcome, Option<Side>, Evidence)> {
        let by = declined_by(&sighting.session.shown_by.event, self.person, self.policy)?;
        Some((Outcome::Declined, Some(by), Evidence::ReplyDeclined { by }))
    }

    /// Why what a calendar shows of a session cannot be believed.
    fn unclear(&self, sighting: &Observation<'_>) -> Option<Evidence> {
        let session = &sighting.session;
        let held = session.shown_by;
        if let Some(vanished) = held.vanished
            && session.span.end > vanished.last_seen
        {
            return Some(Evidence::Vanished { since: vanished.missed, confirmed: vanished.confirmed.is_some() });
        }
        let event = &held.event;
        if event.recurrence.is_none() && event.status == Status::Cancelled {
            // The whole series went, and took this session with it.
            return Some(Evidence::Vanished {
                since: sighting.source.last_success.unwrap_or(session.span.end),
                confirmed: true,
            });
        }
        if says_called_off(&event.title) && (event.busy || session.by_itself) {
            return Some(Evidence::TitleSaysCancelled { free: !event.busy });
        }
        if event.unknown_zone.is_some() {
            return Some(Evidence::ZoneUnknown);
        }
        (session.by_itself && self.is_without_the_other(sighting)).then_some(Evidence::OtherNotInvited)
    }

    fn is_without_the_other(&self, sighting: &Observation<'_>) -> bool {
        let event = &sighting.session.shown_by.event;
        let called = event.organiser.as_ref().and_then(|who| who.address.as_ref());
        let mut invited = event.guests.iter().filter_map(|guest| guest.who.address.as_ref()).chain(called);
        let is_known = event.guest_list == GuestList::Complete && !self.person.addresses.is_empty();
        is_known && !invited.any(|address| self.person.addresses.contains(address))
    }
}

/// Between which reads a calendar came to show that a session is lost: those between which its event vanished, else those between
/// which everything came that the ledger does not know yet.
fn between(sighting: &Observation<'_>) -> Option<Between> {
    let held = sighting.session.shown_by;
    if let Some(vanished) = held.vanished.filter(|_| held.event.status != Status::Cancelled) {
        return Some(Between { after: vanished.last_seen, before: vanished.missed });
    }
    let news = sighting.source.news?;
    Some(Between { after: news.after?, before: news.before })
}

/// Where calendars have a session at different times, the one that was changed last is right, if that can be told.
fn settled_by_revision<'e>(expected: &'e Expected<'_>, shown: Option<Shown<'e>>) -> Option<Shown<'e>> {
    let Some(Shown::Unclear { why: Evidence::CalendarsDisagree, .. }) = &shown else { return shown };
    let changed = |sighting: &Observation<'_>| sighting.session.shown_by.event.modified;
    let all_say = expected.sightings.iter().all(|sighting| changed(sighting).is_some());
    let latest = expected.sightings.iter().map(changed).max()?;
    let newest: Vec<&Observation<'_>> =
        expected.sightings.iter().filter(|sighting| changed(sighting) == latest).collect();
    let (Some(first), true) = (newest.first(), all_say) else { return shown };
    let span = first.session.span;
    if newest.iter().any(|sighting| sighting.session.span != span) {
        return shown;
    }
    let titles = newest.iter().map(|sighting| sighting.session.shown_by.event.title.as_str()).collect();
    Some(Shown::Stands { span, sources: newest.iter().map(|sighting| sighting.source).collect(), titles })
}

/// What two calendars show together.
fn together<'e>(one: Shown<'e>, other: Shown<'e>) -> Shown<'e> {
    match (one, other) {
        (Shown::Lost(one), Shown::Lost(other)) => Shown::Lost(if other.comes_before(&one) { other } else { one }),
        (lost @ Shown::Lost(_), _) | (_, lost @ Shown::Lost(_)) => lost,
        // What one calendar no longer has, another that has it knows better.
        (
            stands @ Shown::Stands { .. },
            Shown::Unclear { why: Evidence::Vanished { .. } | Evidence::ZoneUnknown, .. },
        )
        | (
            Shown::Unclear { why: Evidence::Vanished { .. } | Evidence::ZoneUnknown, .. },
            stands @ Shown::Stands { .. },
        ) => stands,
        (
            Shown::Stands { span, mut sources, mut titles },
            Shown::Stands { span: at, sources: more, titles: further },
        ) => {
            if span != at {
                return Shown::Unclear { span: span.min(at), why: Evidence::CalendarsDisagree };
            }
            sources.extend(more);
            titles.extend(further);
            Shown::Stands { span, sources, titles }
        }
        (Shown::Unclear { span, why }, Shown::Stands { .. }) | (Shown::Stands { .. }, Shown::Unclear { span, why }) => {
            Shown::Unclear { span, why }
        }
        (Shown::Unclear { span, why }, Shown::Unclear { span: at, why: because }) => {
            let is_first = (span, rank(&why)) <= (at, rank(&because));
            if is_first { Shown::Unclear { span, why } } else { Shown::Unclear { span: at, why: because } }
        }
    }
}

/// Any order will do, as long as it is always the same one.
fn rank(why: &Evidence) -> String {
    serde_json::to_string(why).unwrap_or_default()
}

impl Lost {
    /// Whether this is the one to tell of: called off before declined, known sides first, then the earlier one.
    fn comes_before(&self, other: &Self) -> bool {
        let key = |lost: &Self| {
            let by = match lost.by {
                Some(Side::Owner) => 0,
                Some(Side::Other) => 1,
                None => 2,
            };
            (lost.outcome != Outcome::Cancelled, by, lost.between.is_none(), lost.between, lost.span, rank(&lost.why))
        };
        key(self) < key(other)
    }
}

/// What the calendar alone would say, where the user's word changes what counts.
#[must_use]
pub fn overruled(said: Outcome, shown: Outcome) -> Option<Evidence> {
    let differs = said != shown && !(said.is_held() && shown.is_held());
    differs.then_some(Evidence::Overruled { outcome: shown })
}
