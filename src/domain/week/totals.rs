//! Counts outcomes, and assigns each session its mark in the strip. Each session has one mark, and the counts count these marks.

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
    /// Lost, and made up by a replacement that was held in time.
    MadeUp,
    /// Lost, and made up by a replacement that was held after the deadline.
    MadeUpLate,
    /// Lost, with time left.
    Open,
    /// Lost, and not made up by the deadline or since.
    Missed,
    /// Excused.
    Excused,
    /// Not known.
    Unknown,
    /// Still to come.
    Upcoming,
}

impl Mark {
    /// All of them, from the best to the ones that say nothing.
    pub const ALL: [Self; 8] = [
        Self::Held,
        Self::MadeUp,
        Self::MadeUpLate,
        Self::Open,
        Self::Missed,
        Self::Excused,
        Self::Unknown,
        Self::Upcoming,
    ];
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
    /// Lost and made up after the deadline.
    #[serde(default)]
    pub made_up_late: u32,
    /// Lost, with time left.
    pub open: u32,
    /// Missed, and not made up since.
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

/// The mark of a session.
#[must_use]
pub fn mark(session: &Session) -> Mark {
    match session.outcome {
        Outcome::HeldConfirmed | Outcome::HeldPresumed => Mark::Held,
        Outcome::Excused => Mark::Excused,
        Outcome::Unknown => Mark::Unknown,
        Outcome::Upcoming => Mark::Upcoming,
        Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted | Outcome::NoShow => {
            let is_made_up = session.made_up_by.as_ref().is_some_and(|made| made.held);
            match (is_made_up, session.state) {
                (true, Some(Loss::Missed)) => Mark::MadeUpLate,
                (true, Some(Loss::Open) | None) => Mark::MadeUp,
                (false, Some(Loss::Missed)) => Mark::Missed,
                (false, Some(Loss::Open) | None) => Mark::Open,
            }
        }
    }
}

/// The sums over the sessions of 1:1s that are not tentative, by original start.
pub(super) fn totals(standing: &Standing, span: Span) -> Totals {
    let mut sum = Totals::default();
    let counted = standing.all().filter(|one| one.verdict != Verdict::Tentative);
    for session in counted.flat_map(|one| &one.sessions) {
        sum.owed += u32::from(session.owed);
        if span.contains(session.id.original) {
            sum.count(session);
        }
    }
    sum.expected = sum.held + sum.made_up + sum.made_up_late + sum.open + sum.missed + sum.unknown;
    sum
}

impl Totals {
    fn count(&mut self, session: &Session) {
        let place = match mark(session) {
            Mark::Held => &mut self.held,
            Mark::MadeUp => &mut self.made_up,
            Mark::MadeUpLate => &mut self.made_up_late,
            Mark::Open => &mut self.open,
            Mark::Missed => &mut self.missed,
            Mark::Excused => &mut self.excused,
            Mark::Unknown => &mut self.unknown,
            Mark::Upcoming => &mut self.upcoming,
        };
        *place += 1;
        self.confirmed += u32::from(session.outcome == Outcome::HeldConfirmed);
        self.reconstructed += u32::from(session.evidence.contains(&Evidence::Reconstructed));
        if session.outcome == Outcome::Excused {
            let has = |wanted: fn(&Evidence) -> bool| u32::from(session.evidence.iter().any(wanted));
            self.holiday += has(|evidence| matches!(evidence, Evidence::Holiday { .. }));
            self.away += has(|evidence| matches!(evidence, Evidence::OutOfOffice { .. }));
        }
    }

    /// The sessions whose fate is known and final, and how many of them were held or made up in time.
    #[must_use]
    pub const fn settled(&self) -> Settled {
        let kept = self.held.saturating_add(self.made_up);
        Settled { kept, all: kept.saturating_add(self.missed).saturating_add(self.made_up_late) }
    }
}

/// Sessions whose fate is known and final: neither open, unknown, excused nor still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Held, or made up in time.
    pub kept: u32,
    /// These, and those that were missed or made up late.
    pub all: u32,
}
