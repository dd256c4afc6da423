//! The limits of one plan: expansion steps, busy instances, and bytes of sessions.

use super::recurrence::{self, Expansion, Options, Series, Window};

/// What an expansion costs before its first step.
const SET_UP: u32 = 16;

/// The bytes that a session takes on its way through a plan, its uid aside: as expected, as judged, and as a line of the ledger.
const SESSION: usize = 1_200;

/// What one plan may spend.
///
/// Every series has an allowance of its own, which nobody else can take, and a limit; what it needs beyond its allowance comes from what
/// all share. So the cost of a plan grows with the number of series and no faster, and a series that takes much work takes it from
/// others of its kind.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Steps of expanding what may be 1:1s.
    pub sessions: Pool,
    /// Steps of expanding everything that takes time.
    pub busy: Pool,
    /// Instances of what takes time.
    pub instances: Pool,
    /// Bytes of the sessions of all 1:1s.
    pub bytes: usize,
    /// The most series of one person that are looked at.
    pub of_one_person: usize,
}

/// One thing that is shared out among series.
#[derive(Clone, Debug)]
pub struct Pool {
    own: u32,
    most: u32,
    shared: u32,
    taken: u64,
}

/// What one series may spend: several expansions share it.
#[derive(Clone, Debug)]
pub struct Allowance {
    steps: u32,
    most: usize,
    taken: u32,
    ended: Option<Ended>,
}

/// Why an expansion ended before its window did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There are more instances than may be looked at.
    TooMany,
    /// Finding them takes more work than may be done.
    TooCostly,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            sessions: Pool::new(1_000, 20_000, 1_000_000),
            busy: Pool::new(1_000, 20_000, 1_000_000),
            instances: Pool::new(80, 4_096, 60_000),
            bytes: 8 << 20,
            of_one_person: 64,
        }
    }
}

impl Pool {
    const fn new(own: u32, most: u32, shared: u32) -> Self {
        Self { own, most, shared, taken: 0 }
    }

    /// What the next series may take.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.own.saturating_add(self.shared).min(self.most)
    }

    /// Notes what a series took.
    pub fn take(&mut self, amount: u32) {
        self.taken += u64::from(amount);
        self.shared = self.shared.saturating_sub(amount.saturating_sub(self.own));
    }

    /// What all series took together.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// The most that this many series can take together.
    #[must_use]
    pub fn utmost(&self, series: usize) -> u64 {
        let series = u64::try_from(series).unwrap_or(u64::MAX);
        series.saturating_mul(self.own.into()).saturating_add(self.shared.into())
    }
}

impl Allowance {
    /// So many steps, and so many instances in each expansion.
    #[must_use]
    pub const fn new(steps: u32, most: usize) -> Self {
        Self { steps, most, taken: 0, ended: None }
    }

    /// Expands a series as far as the rest allows.
    pub fn expand(&mut self, series: &Series<'_>, window: &Window, options: Options) -> Expansion {
        let left = self.left().saturating_sub(SET_UP);
        let options = Options { budget: left.min(options.budget), most: self.most.min(options.most), ..options };
        let found = recurrence::expand(series, window, options);
        self.taken = self.taken.saturating_add(found.steps).saturating_add(SET_UP);
        found
    }

    /// Notes how an expansion ended that should have reached the end of its window.
    pub fn note(&mut self, found: &Expansion) {
        if found.truncated && self.ended.is_none() {
            self.ended = Some(if found.full { Ended::TooMany } else { Ended::TooCostly });
        }
    }

    fn left(&self) -> u32 {
        self.steps.saturating_sub(self.taken)
    }

    /// The steps that were taken.
    #[must_use]
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    /// Why something was not found, where that is so.
    #[must_use]
    pub const fn ended(&self) -> Option<Ended> {
        self.ended
    }
}

impl Budget {
    /// What every series may take for the time that it takes up, whatever others took.
    #[must_use]
    pub fn of_busy_alone(&self) -> Allowance {
        Allowance::new(self.busy.own, usize::try_from(self.instances.own).unwrap_or(usize::MAX))
    }

    /// What the next series may take for the time that it takes up.
    #[must_use]
    pub fn of_busy(&self) -> Allowance {
        Allowance::new(self.busy.limit(), usize::try_from(self.instances.limit()).unwrap_or(usize::MAX))
    }

    /// Notes what a series took of it: work, and so many instances.
    pub fn took_busy(&mut self, allowance: &Allowance, instances: usize) {
        self.busy.take(allowance.taken());
        self.instances.take(u32::try_from(instances).unwrap_or(u32::MAX));
    }

    /// What the next series may take to show its sessions.
    #[must_use]
    pub fn of_sessions(&self) -> Allowance {
        Allowance::new(self.sessions.limit(), MOST_SESSIONS)
    }
}

/// The most sessions of one series that are looked for: a daily one has 462 in the longest stretch of time that is looked at.
const MOST_SESSIONS: usize = 640;

/// The bytes that so many sessions of a series take.
#[must_use]
pub const fn bytes_of(sessions: usize, uid: &str) -> usize {
    sessions.saturating_mul(SESSION.saturating_add(uid.len() * 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_series_takes_leaves_every_other_its_own_part() {
        let mut pool = Pool::new(10, 100, 150);
        let takes: Vec<u32> = (0..5)
            .map(|_| {
                let limit = pool.limit();
                pool.take(limit);
                limit
            })
            .collect();
        assert_eq!(takes, [100, 70, 10, 10, 10]);
        assert_eq!(pool.taken(), 200);
        assert_eq!(Pool::new(10, 100, 150).utmost(5), 200);
    }
}
