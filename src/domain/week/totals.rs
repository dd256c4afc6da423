//! Owns [`Totals`] and [`Mark`]: what became of sessions, counted and drawn.

use serde::{Deserialize, Serialize};

use crate::domain::one_on_one::Verdict;
use crate::domain::session::{Evidence, Loss, Outcome, Session};
use crate::domain::span::Span;
use crate::domain::standing::Standing;

/// What became of one session, for a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Held.
    Held,
    /// Lost, and made up by a replacement that was held.
    MadeUp,
    /// Lost, with time left.
    Open,
    /// Lost for good or late.
    Missed,
    /// Excused.
    Excused,
    /// Not known.
    Unknown,
    /// Still to come.
    Upcoming,
}

/// Sums over sessions of 1:1s that are not tentative, by original start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Sessions that were expected: all but the excused and those still to come.
    pub expected: u32,
    /// Held.
    pub held: u32,
    /// Of these, confirmed by the user.
    pub confirmed: u32,
    /// Lost and made up in time.
    pub made_up: u32,
    /// Lost, with time left.
    pub open: u32,
    /// Missed.
    pub missed: u32,
    /// Excused.
    pub excused: u32,
    /// Of these, by a holiday.
    #[serde(default)]
    pub holiday: u32,
    /// Of these, as either side was away.
    #[serde(default)]
    pub away: u32,
    /// Not known.
    pub unknown: u32,
    /// Still to come.
    pub upcoming: u32,
    /// Owed now.
    pub owed: u32,
    /// Of all these, already past when cadenced first saw their series.
    #[serde(default)]
    pub reconstructed: u32,
}

/// The mark of a session. One that was made up after its deadline was missed all the same.
#[must_use]
pub fn mark(session: &Session) -> Mark {
    match session.outcome {
        Outcome::HeldConfirmed | Outcome::HeldPresumed => Mark::Held,
        Outcome::Excused => Mark::Excused,
        Outcome::Unknown => Mark::Unknown,
        Outcome::Upcoming => Mark::Upcoming,
        Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted | Outcome::NoShow => match session.state {
            Some(Loss::Missed) => Mark::Missed,
            _ if session.made_up_by.as_ref().is_some_and(|made| made.held) => Mark::MadeUp,
            Some(Loss::Open) | None => Mark::Open,
        },
    }
}

/// The sums over the sessions of 1:1s that are not tentative, by original start.
pub(super) fn totals(standing: &Standing, span: Span) -> Totals {
    let mut sum = Totals::default();
    let counted = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne);
    for session in counted.flat_map(|one| &one.sessions) {
        sum.owed += u32::from(session.owed);
        if span.contains(session.id.original) {
            sum.count(session);
        }
    }
    sum.expected = sum.held + sum.made_up + sum.open + sum.missed + sum.unknown;
    sum
}

impl Totals {
    fn count(&mut self, session: &Session) {
        let place = match session.outcome {
            Outcome::HeldConfirmed => {
                self.confirmed += 1;
                &mut self.held
            }
            Outcome::HeldPresumed => &mut self.held,
            Outcome::Excused => &mut self.excused,
            Outcome::Unknown => &mut self.unknown,
            Outcome::Upcoming => &mut self.upcoming,
            Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted | Outcome::NoShow => match session.state {
                Some(Loss::Missed) => &mut self.missed,
                Some(Loss::Open) => &mut self.open,
                None => &mut self.made_up,
            },
        };
        *place += 1;
        self.reconstructed += u32::from(session.evidence.contains(&Evidence::Reconstructed));
        if session.outcome == Outcome::Excused {
            let has = |wanted: fn(&Evidence) -> bool| u32::from(session.evidence.iter().any(wanted));
            self.holiday += has(|evidence| matches!(evidence, Evidence::Holiday { .. }));
            self.away += has(|evidence| matches!(evidence, Evidence::OutOfOffice { .. }));
        }
    }
}
