//! The highest density of a series.

use jiff::{SignedDuration, Timestamp};

/// Whether a series with these original starts, in order, comes more often than daily.
///
/// A day that is one hour shorter and one further date in a week are no reason; ten starts within seven days are.
#[must_use]
pub fn is_denser_than_daily(originals: &[Timestamp]) -> bool {
    has_more_than(9, SignedDuration::from_hours(7 * 24), originals)
}

/// Whether it comes more often than hourly.
#[must_use]
pub fn is_denser_than_hourly(originals: &[Timestamp]) -> bool {
    has_more_than(25, SignedDuration::from_hours(24), originals)
}

fn has_more_than(most: usize, within: SignedDuration, originals: &[Timestamp]) -> bool {
    let mut some = originals.iter().zip(originals.iter().skip(most));
    some.any(|(first, last)| last.duration_since(*first) < within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(hours: i64, count: i64) -> Vec<Timestamp> {
        (0..count).filter_map(|at| Timestamp::from_second(at * hours * 3_600).ok()).collect()
    }

    #[test]
    fn daily_is_no_denser_than_daily_and_twice_a_day_is() {
        for (hours, daily, hourly) in [(24, false, false), (23, false, false), (12, true, false), (1, true, false)] {
            let starts = every(hours, 400);
            assert_eq!(is_denser_than_daily(&starts), daily, "every {hours} hours");
            assert_eq!(is_denser_than_hourly(&starts), hourly, "every {hours} hours");
        }
        let burst: Vec<Timestamp> = (0..26).filter_map(|at| Timestamp::from_second(at).ok()).collect();
        assert!(is_denser_than_daily(&burst) && is_denser_than_hourly(&burst));
        assert!(!is_denser_than_hourly(&burst[..25]), "one a second, but only for 25 seconds");
        assert!(!is_denser_than_daily(&burst[..9]) && !is_denser_than_daily(&[]));
    }
}
