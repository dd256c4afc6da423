//! Owns the sessions of one 1:1: what its series put on the calendar, judged, joined with what the ledger remembers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Assessing;
use crate::domain::event::Status;
use crate::domain::one_on_one::participants::declined_by;
use crate::domain::one_on_one::{Cadence, CadenceUnit, KnownSeries, Verdict};
use crate::domain::person::Person;
use crate::domain::series::Body;
use crate::domain::series::de_facto::person_key;
use crate::domain::series::stitch::{Candidate, Chain, Link};
use crate::domain::session::judge::{Court, Judgement, overruled};
use crate::domain::session::owed::{Settling, StandIn, nominal, settle};
use crate::domain::session::scheduled::Scheduled;
use crate::domain::session::{Evidence, LedgerLine, Outcome, Session, SessionId, said};
use crate::domain::snapshot::Mirrored;
use crate::domain::source::Source;
use crate::domain::span::Span;

/// The cadence of what has none.
const WEEKLY: Cadence = Cadence { unit: CadenceUnit::Week, every: 1 };

/// The ledger of one 1:1, by original start.
type Recorded<'a> = BTreeMap<Timestamp, &'a LedgerLine>;

impl Assessing<'_> {
    /// The sessions of a chain, judged and settled, by original start.
    pub(super) fn sessions(&self, chain: &Chain<'_>, verdict: Verdict) -> Vec<Session> {
        let recorded = self.recorded(chain);
        let mut stand_ins = Vec::new();
        let mut sessions: Vec<Session> = Vec::new();
        for link in &chain.links {
            if let Some(candidate) = &link.candidate {
                let (scheduled, booked_instead) = self.without_rebooked(candidate);
                stand_ins.extend(booked_instead);
                sessions.extend(self.judged(chain, link, candidate, &scheduled, &recorded));
            }
        }
        let live: BTreeSet<Timestamp> = sessions.iter().map(|session| session.id.original).collect();
        let remembered = recorded.iter().filter(|(original, line)| !live.contains(original) && line.was_over());
        let frozen: BTreeSet<Timestamp> = remembered.clone().map(|(original, _)| *original).collect();
        sessions.extend(remembered.map(|(_, line)| self.as_recorded(chain, line)));
        sessions.sort_by_key(|session| session.id.original);
        stand_ins.extend(self.stand_ins(chain));
        let latest = chain.links.last();
        let source = latest.and_then(|link| link.candidate.as_ref()).map(|candidate| candidate.series.source);
        let settling = Settling {
            cadence: latest.map_or(WEEKLY, |link| link.known.cadence),
            verdict,
            last_success: source.and_then(|source| source.last_success),
            decisions: &self.snapshot.decisions,
            policy: self.policy,
            now: self.now,
        };
        settle(&mut sessions, &frozen, &stand_ins, &settling);
        sessions
    }

    fn recorded(&self, chain: &Chain<'_>) -> Recorded<'_> {
        let uids: BTreeSet<&str> = chain.links.iter().map(|link| link.known.uid.as_str()).collect();
        let of_chain = |line: &&LedgerLine| uids.contains(line.session.series.as_str());
        self.snapshot.ledger.iter().filter(of_chain).map(|line| (line.session.id.original, line)).collect()
    }

    fn judged(
        &self,
        chain: &Chain<'_>,
        link: &Link<'_>,
        candidate: &Candidate<'_>,
        scheduled: &[Scheduled<'_>],
        recorded: &Recorded<'_>,
    ) -> Vec<Session> {
        let pair = self.pairs.get(&person_key(&candidate.person));
        let uids: BTreeSet<&str> = chain.links.iter().map(|link| link.known.uid.as_str()).collect();
        let is_own = |uid: &str| {
            uids.contains(uid) || pair.is_some_and(|pair| pair.events.iter().any(|(_, held)| held.event.uid == uid))
        };
        let court = Court {
            source: candidate.series.source,
            person: &candidate.person,
            elsewhere: &self.elsewhere,
            own_uids: &is_own,
            decisions: &self.snapshot.decisions,
            policy: self.policy,
            now: self.now,
        };
        let settled_until = settled_until(&link.known, scheduled, recorded);
        let counts = |session: &&Scheduled<'_>| {
            let is_of_this_link = link.after.is_none_or(|after| session.original > after);
            let is_as_recorded = recorded.contains_key(&session.original);
            is_of_this_link && (is_as_recorded || settled_until.is_none_or(|until| session.original > until))
        };
        let judge = |session: &Scheduled<'_>| {
            let id = SessionId { one_on_one: chain.id.clone(), original: session.original };
            let judgement = court.judge(&id, session);
            let earlier = recorded.get(&session.original).copied();
            join(id, &link.known.uid, session, judgement, earlier, candidate)
        };
        scheduled.iter().filter(counts).map(judge).collect()
    }

    /// A session that the calendar no longer shows, as the ledger has it.
    fn as_recorded(&self, chain: &Chain<'_>, line: &LedgerLine) -> Session {
        let mut session = line.session.clone();
        session.id.one_on_one = chain.id.clone();
        if let Some((outcome, at)) = said::outcome(&self.snapshot.decisions, &session.id) {
            let before = line.session.evidence.iter().find_map(|evidence| match evidence {
                Evidence::Overruled { outcome } => Some(*outcome),
                _ => None,
            });
            let shown = before.unwrap_or(session.outcome);
            session.evidence = vec![Evidence::UserSaid { at }];
            session.evidence.extend(overruled(outcome, shown));
            session.outcome = outcome;
        }
        if !session.evidence.iter().any(|evidence| matches!(evidence, Evidence::Recorded { .. })) {
            session.evidence.push(Evidence::Recorded { at: line.recorded, gone: self.is_gone(chain, line) });
        }
        session
    }

    /// Whether the calendar was read since a line was recorded, and would show its session if it were still there.
    fn is_gone(&self, chain: &Chain<'_>, line: &LedgerLine) -> bool {
        let series = chain.links.iter().find(|link| link.known.uid == line.session.series);
        let source = series.and_then(|link| self.snapshot.sources.iter().find(|source| source.id == link.known.source));
        let was_read = source.and_then(|source| source.last_success).is_some_and(|read| read > line.recorded);
        was_read && self.horizon.contains(line.session.id.original)
    }

    /// *De facto*: an event that was deleted and another that was booked in its place are a lost session and its
    /// replacement, and not two sessions.
    fn without_rebooked<'s>(&self, candidate: &Candidate<'s>) -> (Vec<Scheduled<'s>>, Vec<StandIn>) {
        let mut sessions = candidate.schedule.sessions.clone();
        let mut stand_ins = Vec::new();
        if !matches!(candidate.series.body, Body::DeFacto { .. }) {
            return (sessions, stand_ins);
        }
        let mut index = 0;
        while let Some(lost) = sessions.get(index).copied() {
            let after = index.checked_sub(1).map_or(Timestamp::MIN, |before| sessions[before].original);
            let instead = sessions.iter().enumerate().find(|(at, other)| {
                let next = sessions.iter().enumerate().find(|(later, _)| *later > index && later != at);
                let before = next.map_or(Timestamp::MAX, |(_, next)| next.original);
                is_booked_instead(lost.shown_by, other.shown_by)
                    && after < other.original
                    && (other.original < before || *at == index + 1)
            });
            if let Some((at, other)) = instead {
                let held = self.is_over_and_read(other.span, candidate.series.source);
                stand_ins.push(StandIn { uid: other.shown_by.event.uid.clone(), span: other.span, held });
                sessions.remove(at);
            }
            index += 1;
        }
        (sessions, stand_ins)
    }

    /// Single events of just this pair that are no sessions themselves.
    fn stand_ins(&self, chain: &Chain<'_>) -> Vec<StandIn> {
        let Some(person) = chain.links.last().map(|link| &link.known.person) else { return Vec::new() };
        let Some(pair) = self.pairs.get(&person_key(person)) else { return Vec::new() };
        let is_session =
            |held: &Mirrored| self.de_facto_uids.contains(held.event.uid.as_str()) || is_called_off(held, person, self);
        let free = pair.events.iter().filter(|(_, held)| !is_session(held));
        free.map(|(source, held)| {
            let here = &self.policy.zone;
            let span = Span::new(held.event.start.instant(here), held.event.end.instant(here));
            let is_there = held.vanished.is_none_or(|vanished| span.end <= vanished.last_seen);
            let held_then = is_there && self.is_over_and_read(span, source);
            StandIn { uid: held.event.uid.clone(), span, held: held_then }
        })
        .collect()
    }

    fn is_over_and_read(&self, span: Span, source: &Source) -> bool {
        let needed = span.end.checked_add(self.policy.settle(source.kind)).unwrap_or(Timestamp::MAX);
        span.end <= self.now && source.last_success.is_some_and(|at| at >= needed)
    }
}

fn is_called_off(held: &Mirrored, person: &Person, assessing: &Assessing<'_>) -> bool {
    let span_end = held.event.end.instant(&assessing.policy.zone);
    let is_deleted = held.vanished.is_some_and(|gone| gone.confirmed.is_some() && span_end > gone.last_seen);
    let is_declined = declined_by(&held.event, person, assessing.policy).is_some();
    held.event.status == Status::Cancelled || is_deleted || is_declined
}

/// Whether one event went away before its time and the other appeared then or later.
fn is_booked_instead(lost: &Mirrored, other: &Mirrored) -> bool {
    let Some(gone) = lost.vanished else { return false };
    let ended = lost.event.end.instant(&jiff::tz::TimeZone::UTC);
    gone.confirmed.is_some() && ended > gone.last_seen && other.vanished.is_none() && other.first_seen > gone.last_seen
}

/// Up to where the past of a series stays as recorded, also if the series is changed in place.
///
/// After such a change the new times may fall just behind the last recorded session, in a week that had one already:
/// half a cadence is left to it.
fn settled_until(known: &KnownSeries, scheduled: &[Scheduled<'_>], recorded: &Recorded<'_>) -> Option<Timestamp> {
    let over = recorded.values().filter(|line| line.session.series == known.uid && line.was_over());
    let last = over.map(|line| line.session.id.original).max()?;
    if scheduled.iter().any(|session| session.original == last) {
        return Some(last);
    }
    last.checked_add(nominal(known.cadence) / 2).ok()
}

/// A session from what the calendar shows now and what the ledger knew before.
fn join(
    id: SessionId,
    uid: &str,
    scheduled: &Scheduled<'_>,
    judgement: Judgement,
    earlier: Option<&LedgerLine>,
    candidate: &Candidate<'_>,
) -> Session {
    let mut session = Session {
        deadline: id.original,
        id,
        series: uid.to_owned(),
        span: scheduled.span,
        outcome: judgement.outcome,
        by: judgement.by,
        evidence: judgement.evidence,
        lost_at: None,
        state: None,
        owed: false,
        made_up_by: None,
    };
    let known_before = earlier.filter(|line| !matches!(line.session.outcome, Outcome::Unknown | Outcome::Upcoming));
    if let (Outcome::Unknown, Some(line)) = (session.outcome, known_before) {
        session.outcome = line.session.outcome;
        session.by = line.session.by;
        session.evidence.extend(line.session.evidence.iter().cloned());
        session.evidence.push(Evidence::Recorded { at: line.recorded, gone: false });
    }
    if session.outcome.is_lost() {
        session.lost_at = match earlier.filter(|line| line.session.outcome.is_lost()) {
            Some(line) => line.session.lost_at,
            None => first_known(scheduled, candidate),
        };
    }
    let was_past = match earlier {
        Some(line) => line.session.evidence.contains(&Evidence::Reconstructed),
        None => scheduled.span.end <= candidate.appeared,
    };
    if was_past && !session.evidence.contains(&Evidence::Reconstructed) {
        session.evidence.push(Evidence::Reconstructed);
    }
    session
}

/// When it became known that a session was lost: as its own event says, else the read that showed it; not known where
/// that was the first read of all.
fn first_known(scheduled: &Scheduled<'_>, candidate: &Candidate<'_>) -> Option<Timestamp> {
    let read = candidate.series.source.last_success;
    let by_itself = scheduled.shown_by.event.modified.filter(|_| scheduled.by_itself);
    let since_last = read.filter(|&read| read > candidate.appeared);
    by_itself.into_iter().chain(since_last).min()
}
