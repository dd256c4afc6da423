//! Decides when each source is read next, and how thoroughly: pure, on wall-clock times, unaffected by suspends.

use std::time::Duration;

use jiff::Timestamp;

use crate::calendar::{Effort, ErrorKind};

/// No source is polled more often than this, whatever the config or the jitter says.
pub const SHORTEST_INTERVAL: Duration = crate::config::SHORTEST_PAUSE;

/// The longest that a feed's own `REFRESH-INTERVAL` can keep us away.
pub const LONGEST_REFRESH: Duration = Duration::from_hours(6);

/// The longest wait after failures, however many.
pub const LONGEST_RETRY: Duration = Duration::from_hours(1);

/// The longest wait that a server can ask for.
pub const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// The first retry where nobody was reached: nobody is bothered by it, and networks come up late after a resume.
const FIRST_RETRY_OFFLINE: Duration = Duration::from_secs(30);

/// Over how long sources that are all due at once are spread.
const SPREAD: Duration = Duration::from_secs(20);

/// How often to poll, from the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The usual time between two reads.
    pub every: Duration,
    /// The longest time without a read that ignores validators.
    pub full_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_mins(15), full_every: Duration::from_hours(6) }
    }
}

/// How the last read of a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRead {
    /// Well.
    Good {
        /// How often the source wants to be read, where it says so.
        refresh: Option<Duration>,
    },
    /// Badly.
    Failed {
        /// How many reads in a row have failed, this one included.
        in_a_row: u32,
        /// Why this one did.
        kind: ErrorKind,
    },
}

/// When to read a source again after the read that ended at `ended`. `random` is in `0.0..1.0`.
///
/// The answer is kept until that read: computed again it would move, as it is random.
pub fn next_poll(pace: Pace, last: LastRead, ended: Timestamp, random: f64) -> Timestamp {
    let wait = match last {
        LastRead::Good { refresh } => jittered(interval(pace, refresh), random).max(SHORTEST_INTERVAL),
        LastRead::Failed { in_a_row, kind } => retry(in_a_row, kind, random),
    };
    later(ended, wait)
}

/// Whether a read planned for `planned` is due. A plan further off than any wait there is means that the clock was set back.
pub fn is_due(pace: Pace, planned: Timestamp, now: Timestamp) -> bool {
    let longest = LONGEST_WAIT.max(jittered(interval(pace, None), 1.0));
    planned <= now || planned > later(now, longest)
}

/// The plan for a source at a start or after a suspend: what is overdue is due at once, but not all in the same second.
pub fn on_waking(planned: Option<Timestamp>, woke: Timestamp, random: f64) -> Timestamp {
    planned.filter(|planned| *planned > woke).unwrap_or_else(|| later(woke, SPREAD.mul_f64(random.clamp(0.0, 1.0))))
}

/// How thoroughly to read now: validators lie, so that every few hours they are not asked.
pub fn effort(pace: Pace, last_full: Option<Timestamp>, now: Timestamp) -> Effort {
    match last_full {
        // One from the future was written under another clock.
        Some(last) if last <= now && now < later(last, pace.full_every) => Effort::Incremental,
        _ => Effort::Full,
    }
}

/// The configured interval, or the source's own where it is longer and not absurd.
fn interval(pace: Pace, refresh: Option<Duration>) -> Duration {
    let asked = refresh.unwrap_or_default().min(LONGEST_REFRESH);
    pace.every.max(asked).max(SHORTEST_INTERVAL)
}

fn retry(in_a_row: u32, kind: ErrorKind, random: f64) -> Duration {
    let first = if kind == ErrorKind::Offline { FIRST_RETRY_OFFLINE } else { SHORTEST_INTERVAL };
    let doublings = in_a_row.saturating_sub(1).min(16);
    let backed_off = jittered(first.saturating_mul(1 << doublings).min(LONGEST_RETRY), random).min(LONGEST_RETRY);
    match kind {
        // Never before the time that was asked for; a little after it, so that clients do not return all together.
        ErrorKind::Wait { after: Some(after) } => {
            let asked = after.min(LONGEST_WAIT);
            backed_off.max((asked + SPREAD.mul_f64(random.clamp(0.0, 1.0))).min(LONGEST_WAIT))
        }
        _ => backed_off,
    }
}

/// Up to a quarter more or less.
fn jittered(wait: Duration, random: f64) -> Duration {
    wait.mul_f64(0.75 + random.clamp(0.0, 1.0) / 2.0)
}

fn later(from: Timestamp, wait: Duration) -> Timestamp {
    from.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
