//! What became of each 1:1's sessions over a year, from the ledger where the standing does not reach so far back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Mark, StripWeek, WeekId, YEAR, mark};
use crate::domain::assess::horizon;
use crate::domain::one_on_one::OneOnOneId;
use crate::domain::policy::Policy;
use crate::domain::session::{LedgerLine, SessionId};
use crate::domain::span::Span;
use crate::domain::standing::{OneOnOne, Standing};

/// The years of all 1:1s up to one week.
pub(super) struct Years<'a> {
    /// What the ledger has of sessions before the standing's horizon, by 1:1 and original start.
    recorded: BTreeMap<&'a OneOnOneId, BTreeMap<Timestamp, Mark>>,
    span: Span,
    policy: &'a Policy,
}

impl<'a> Years<'a> {
    pub(super) fn new(standing: &Standing, ledger: &'a [LedgerLine], policy: &'a Policy, last: WeekId) -> Self {
        let week = |week: WeekId| week.span(policy.first_weekday, &policy.zone);
        let span = Span::new(week(last.back(YEAR - 1, policy.first_weekday)).start, week(last).end);
        let known_since = horizon(standing.now).start;
        let mut recorded: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for line in ledger {
            let SessionId { one_on_one, original } = &line.session.id;
            if line.was_over() && *original < known_since && span.contains(*original) {
                recorded.entry(one_on_one).or_default().insert(*original, mark(&line.session));
            }
        }
        Self { recorded, span, policy }
    }

    /// The weeks in which a 1:1 had sessions, oldest first.
    pub(super) fn of(&self, one: &OneOnOne) -> Vec<StripWeek> {
        let mut marks = self.recorded.get(&one.id).cloned().unwrap_or_default();
        let seen = one.sessions.iter().filter(|session| self.span.contains(session.id.original));
        marks.extend(seen.map(|session| (session.id.original, mark(session))));
        let mut weeks: Vec<StripWeek> = Vec::new();
        for (original, mark) in marks {
            let day = self.policy.zone.to_datetime(original).date();
            let week = WeekId::of(day, self.policy.first_weekday);
            match weeks.last_mut().filter(|last| last.week == week) {
                Some(last) => last.marks.push(mark),
                None => weeks.push(StripWeek { week, marks: vec![mark] }),
            }
        }
        weeks
    }
}
