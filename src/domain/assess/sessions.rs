//! The sessions of one 1:1: expanded from its series, judged, and merged with the ledger.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::pair::Own;
use super::{AHEAD, Assessing};
use crate::domain::one_on_one::{Cadence, CadenceUnit, OneOnOneId, Verdict};
use crate::domain::outcome::judge::{Judge, Judgement, overruled};
use crate::domain::outcome::owed::Account;
use crate::domain::outcome::user_outcome;
use crate::domain::series::scheduled::Expected;
use crate::domain::series::stitch::{Candidate, Chain, Link};
use crate::domain::session::{Decision, Evidence, LedgerLine, Outcome, Session, SessionId, Side};
use crate::domain::snapshot::Mirrored;
use crate::domain::source::SourceId;
use crate::domain::span::{Between, Span};

/// The cadence of what has none.
pub(super) const WEEKLY: Cadence = Cadence::every(1, CadenceUnit::Week);

/// The ledger of one 1:1, by original start.
type Recorded<'a> = BTreeMap<Timestamp, &'a LedgerLine>;

/// A session that series of one chain put on the calendar: which link, and what it shows.
pub(super) type ScheduledSessions<'c, 'a> = Vec<(&'c Link<'a>, &'c Expected<'a>)>;

/// What all sessions of one 1:1 share.
pub(super) struct Sessions<'c, 'a> {
    assessing: &'c Assessing<'a>,
    chain: &'c Chain<'a>,
    decisions: &'c [Decision],
    recorded: Recorded<'a>,
}

impl<'c, 'a> Sessions<'c, 'a> {
    pub(super) fn of(assessing: &'c Assessing<'a>, chain: &'c Chain<'a>, decisions: &'c [Decision]) -> Self {
        Self { assessing, chain, decisions, recorded: assessing.recorded(chain) }
    }

    pub(super) const fn decisions(&self) -> &[Decision] {
        self.decisions
    }

    pub(super) const fn id(&self) -> &OneOnOneId {
        &self.chain.id
    }

    /// The sessions of the 1:1, judged; `instead` are events that were booked in the place of one that was deleted.
    pub(super) fn account(&self, own: &Own<'_>, instead: &BTreeSet<(&str, Timestamp)>, verdict: Verdict) -> Account {
        let put = self.put(instead);
        let none = BTreeMap::new();
        let is_own = |uid: &str| own.has(uid);
        let court = Judge {
            person: own.person,
            elsewhere: &self.assessing.elsewhere,
            is_own: &is_own,
            overlaps: &none,
            decisions: self.decisions,
            policy: self.assessing.policy,
            now: self.assessing.now,
        };
        let overlaps = self.overlaps(&court, &put);
        let court = Judge { overlaps: &overlaps, ..court };
        let mut sessions: Vec<Session> =
            put.iter().map(|(original, put)| self.judged(&court, *original, put)).collect();
        let was_over = |line: &&&LedgerLine| line.was_over();
        let remembered = self.recorded.iter().filter(|(original, _)| !put.contains_key(*original));
        let remembered = remembered.map(|(_, line)| line).filter(was_over);
        sessions.extend(remembered.map(|line| self.as_recorded(line)));
        sessions.sort_by_key(|session| session.id.original);
        let over = self.recorded.iter().filter(|(_, line)| line.was_over());
        let cadence = self.chain.links.last().map_or(WEEKLY, |link| link.known.cadence);
        Account { sessions, cadence, verdict, frozen: over.map(|(original, _)| *original).collect() }
    }

    /// What the series of the chain put on the calendar, by original start.
    fn put(&self, instead: &BTreeSet<(&str, Timestamp)>) -> BTreeMap<Timestamp, ScheduledSessions<'c, 'a>> {
        let mut put: BTreeMap<Timestamp, ScheduledSessions<'c, 'a>> = BTreeMap::new();
        for (index, link) in self.chain.links.iter().enumerate() {
            let Some(candidate) = &link.candidate else { continue };
            let until = self.chain.until(index);
            for expected in &candidate.schedule.sessions {
                let uid = expected.sightings.first().map(|one| one.session.shown_by.event.uid.as_str());
                let is_instead = uid.is_some_and(|uid| instead.contains(&(uid, expected.original)));
                if !is_instead && self.counts(link, expected.original, until) {
                    put.entry(expected.original).or_default().push((link, expected));
                }
            }
        }
        put
    }

    /// Whether a session of a link counts: after the link took over and until it ended; the past as the ledger has it.
    fn counts(&self, link: &Link<'_>, original: Timestamp, until: Option<Timestamp>) -> bool {
        let is_recorded = || self.recorded.get(&original).is_some_and(|line| line.session.series == link.known.uid);
        let is_after = link.known.since.is_none_or(|since| since < original);
        let is_before =
            link.known.last.is_none_or(|last| original <= last) && until.is_none_or(|until| original <= until);
        is_before && (is_after || is_recorded())
    }

    fn judged(&self, court: &Judge<'_>, original: Timestamp, put: &ScheduledSessions<'_, '_>) -> Session {
        let id = SessionId { one_on_one: self.chain.id.clone(), original };
        let expected: Vec<&Expected<'_>> = put.iter().map(|(_, expected)| *expected).collect();
        let judgement = court.judge(&id, &expected);
        let earlier = self.recorded.get(&original).copied();
        let mut session = self.joined(id, put, judgement, earlier);
        if session.outcome.is_lost() {
            session.settled = self.is_settled(session.span, &expected);
            session.made_up_by = earlier.and_then(|line| line.session.made_up_by.clone());
        }
        if let Some(line) = earlier.filter(|line| line.was_over()) {
            (session.deadline, session.state) = (line.session.deadline, line.session.state);
            session.cadence = line.session.cadence.or(session.cadence);
        }
        session
    }

    /// A session from what the calendars show now and what the ledger knew before.
    fn joined(
        &self,
        id: SessionId,
        put: &ScheduledSessions<'_, '_>,
        shown: Judgement,
        earlier: Option<&LedgerLine>,
    ) -> Session {
        let link = put.first().map(|(link, _)| *link);
        let uid = link.map(|link| link.known.uid.clone()).unwrap_or_default();
        let mut session = Session {
            by: shown.by,
            evidence: shown.evidence,
            cadence: link.map(|link| link.known.cadence),
            source: read_last(put),
            ..Session::new(id, uid, shown.span, shown.outcome)
        };
        if let Some(line) = earlier.filter(|line| stays(line, &session)) {
            let before = Before::of(line);
            if session.outcome.is_lost() {
                session.evidence.clear();
            }
            (session.outcome, session.by) = (before.outcome, before.by);
            session.evidence.extend(before.evidence);
            note_record(&mut session, line, false);
        }
        let candidate = link.and_then(|link| link.candidate.as_ref());
        let was_past = match earlier {
            Some(line) => line.session.evidence.contains(&Evidence::Reconstructed),
            None => candidate.is_some_and(|candidate| session.span.end <= candidate.appeared),
        };
        if was_past && !session.evidence.contains(&Evidence::Reconstructed) {
            session.evidence.push(Evidence::Reconstructed);
        }
        if session.outcome.is_lost() {
            self.date_the_loss(&mut session, shown.lost, earlier, link);
        }
        session
    }

    /// Says between which reads a session was lost, where a read before had shown it standing.
    fn date_the_loss(
        &self,
        session: &mut Session,
        shown: Option<Between>,
        earlier: Option<&LedgerLine>,
        link: Option<&Link<'_>>,
    ) {
        match earlier.map(|line| &line.session) {
            Some(before) if before.outcome.is_lost() => {
                session.lost = if planted!("losses-are-dated-again") { shown } else { before.lost };
                let first = Evidence::LostBeforeFirstRead;
                if before.evidence.contains(&first) && !session.evidence.contains(&first) {
                    session.evidence.push(first);
                }
            }
            Some(before) if matches!(before.outcome, Outcome::HeldPresumed | Outcome::Unknown) => session.lost = shown,
            // What an absence or the user's decision hid may have been there for long.
            Some(_) => {}
            None => {
                let was_known =
                    link.is_some_and(|link| link.was_known) || session.evidence.contains(&Evidence::Deleted);
                let was_seen = |between: &Between| was_known && is_in_view(session.id.original, between.after);
                session.lost = shown.filter(was_seen);
                let is_new = !self.chain.links.iter().any(|link| link.is_recorded);
                if is_new && session.lost.is_none() && !session.evidence.contains(&Evidence::Reconstructed) {
                    session.evidence.push(Evidence::LostBeforeFirstRead);
                }
            }
        }
    }

    fn is_settled(&self, span: Span, expected: &[&Expected<'_>]) -> bool {
        let mut sources = expected.iter().flat_map(|one| &one.sightings).map(|sighting| sighting.source);
        sources.any(|source| {
            let needed = span.end.saturating_add(self.assessing.policy.settle(source.kind)).unwrap_or(Timestamp::MAX);
            source.last_success.is_some_and(|at| at >= needed)
        })
    }

    /// A session that the calendar no longer shows, as the ledger has it.
    fn as_recorded(&self, line: &LedgerLine) -> Session {
        let before = Before::of(line);
        let mut session =
            Session { outcome: before.outcome, by: before.by, evidence: before.evidence, ..line.session.clone() };
        session.id.one_on_one = self.chain.id.clone();
        if let Some((outcome, at)) = user_outcome::outcome(self.decisions, &session.id) {
            session.evidence = vec![Evidence::UserSaid { at }];
            session.evidence.extend(overruled(outcome, session.outcome));
            (session.outcome, session.by) = (outcome, None);
        }
        note_record(&mut session, line, self.is_gone(line));
        session
    }

    /// Whether the calendar was read since a line was recorded, and would show its session if it were still there.
    fn is_gone(&self, line: &LedgerLine) -> bool {
        let link = self.chain.links.iter().find(|link| link.known.uid == line.session.series);
        let calendar = line.session.source.as_ref().or(link.map(|link| &link.known.source));
        let source = calendar.and_then(|id| self.assessing.sources.get(id));
        let was_read = source.and_then(|source| source.last_success).is_some_and(|read| read > line.recorded);
        was_read && self.assessing.horizon.contains(line.session.id.original)
    }
}

impl<'a> Assessing<'a> {
    /// The lines of the ledger that are of a chain: of its series, unless they are of the time when one was somebody else's.
    fn recorded(&self, chain: &Chain<'_>) -> Recorded<'a> {
        let uids: BTreeSet<&str> = chain.links.iter().map(|link| link.known.uid.as_str()).collect();
        let earlier = self.earlier_names(chain);
        let is_anothers = |line: &&LedgerLine| {
            let id = &line.session.id.one_on_one;
            let mut of_uid = self.known.of(&line.session.series).iter();
            *id != chain.id && !earlier.contains(id) && of_uid.any(|known| known.one_on_one == *id)
        };
        let lines = uids.iter().filter_map(|uid| self.ledger.get(uid)).flatten().copied();
        let mut recorded = Recorded::new();
        for line in lines.filter(|line| !is_anothers(line)) {
            // Of two names of one session, the later line counts.
            let last = recorded.entry(line.session.id.original).or_insert(line);
            if line.recorded > last.recorded {
                *last = line;
            }
        }
        recorded
    }
}

/// What the ledger says of a session without the user's decision.
struct Before {
    outcome: Outcome,
    by: Option<Side>,
    evidence: Vec<Evidence>,
}

impl Before {
    fn of(line: &LedgerLine) -> Self {
        let session = &line.session;
        let was_said = session.evidence.iter().any(|evidence| matches!(evidence, Evidence::UserSaid { .. }));
        let overruled = session.evidence.iter().find_map(|evidence| match evidence {
            Evidence::Overruled { outcome } => Some(*outcome),
            _ => None,
        });
        let outcome = match (was_said, overruled, session.outcome) {
            (true, Some(shown), _) => shown,
            (true, None, Outcome::HeldConfirmed) => Outcome::HeldPresumed,
            (_, _, outcome) => outcome,
        };
        let is_of_calendar =
            |evidence: &&Evidence| !matches!(evidence, Evidence::UserSaid { .. } | Evidence::Overruled { .. });
        let evidence = session.evidence.iter().filter(is_of_calendar).cloned().collect();
        Self { outcome, by: session.by, evidence }
    }
}

/// Says that a session is as a line of the ledger has it, where it does not say that already.
fn note_record(session: &mut Session, line: &LedgerLine, gone: bool) {
    let recorded = Evidence::Recorded { at: line.recorded, gone };
    if !session.evidence.iter().any(|evidence| matches!(evidence, Evidence::Recorded { .. })) {
        session.evidence.push(recorded);
    }
}

/// Whether a session stays as the ledger has it: where nothing is known of it now, and where it was lost for sure and is shown as lost no
/// more, or in another way. Calendars forget exceptions; what was held stays held unless something is shown against it.
fn stays(line: &LedgerLine, session: &Session) -> bool {
    let is_asked = session.evidence.iter().any(|evidence| matches!(evidence, Evidence::StandingOverlap { .. }));
    let before = Before::of(line).outcome;
    let was_lost = before.is_lost() && line.was_over() && line.session.settled;
    match session.outcome {
        Outcome::Unknown if is_asked => before.is_held(),
        Outcome::Unknown => !matches!(before, Outcome::Unknown | Outcome::Upcoming),
        Outcome::HeldPresumed => was_lost && !planted!("losses-heal-themselves"),
        Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted => was_lost && before != session.outcome,
        Outcome::Upcoming | Outcome::HeldConfirmed | Outcome::NoShow | Outcome::Excused => false,
    }
}

/// The calendar that was read last of those that show a session.
fn read_last(put: &ScheduledSessions<'_, '_>) -> Option<SourceId> {
    let sources = put.iter().flat_map(|(_, expected)| &expected.sightings).map(|sighting| sighting.source);
    sources.max_by_key(|source| (source.last_success, &source.id)).map(|source| source.id.clone())
}

/// Whether a session was looked at as of an instant: what was too far ahead then may have been lost before.
fn is_in_view(original: Timestamp, at: Timestamp) -> bool {
    original < at.saturating_add(AHEAD).unwrap_or(Timestamp::MAX)
}

/// *De facto*: an event that was deleted and another that was booked in its place are a lost session and its
/// replacement, and not two sessions. These are the ones booked in the place of others.
pub(super) fn booked_instead<'a>(candidate: &Candidate<'a>) -> Vec<&'a Mirrored> {
    let shown = candidate.schedule.sessions.iter().filter_map(|one| one.sightings.first());
    let mut events: Vec<&'a Mirrored> = shown.map(|sighting| sighting.session.shown_by).collect();
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(lost) = events.get(index).copied() {
        let next = events.get(index + 1).filter(|next| is_booked_instead(lost, next)).map(|_| index + 1);
        let before = index.checked_sub(1).filter(|&before| is_booked_instead(lost, events[before]));
        match next.or(before) {
            Some(at) => found.push(events.remove(at)),
            None => index += 1,
        }
    }
    found
}

/// Whether one event went away before its time and the other appeared then or later.
fn is_booked_instead(lost: &Mirrored, other: &Mirrored) -> bool {
    let Some(gone) = lost.vanished else { return false };
    let ended = lost.event.end.instant(&jiff::tz::TimeZone::UTC);
    gone.confirmed.is_some() && ended > gone.last_seen && other.vanished.is_none() && other.first_seen > gone.last_seen
}
