//! Assigns points in time to windows, one to one, as many as possible.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

/// A stretch of time that waits for one point inside it, its ends left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Windows of a lower rank are served first.
    pub rank: u8,
    /// Points lie before this.
    pub before: Timestamp,
    /// Points lie after this.
    pub after: Timestamp,
    /// Which one it is.
    pub name: usize,
}

/// The window of each point, of those that it may go to the one that ends first; `points` are in order.
#[must_use]
pub fn assign(points: &[Timestamp], mut windows: Vec<Window>) -> Vec<Option<usize>> {
    windows.sort_unstable_by_key(|window| std::cmp::Reverse((window.after, window.name)));
    let mut open: BTreeMap<u8, BTreeSet<Window>> = BTreeMap::new();
    let given = points.iter().map(|&point| {
        while let Some(window) = windows.pop_if(|window| window.after < point) {
            open.entry(window.rank).or_default().insert(window);
        }
        open.values_mut().find_map(|of_rank| {
            while of_rank.first().is_some_and(|window| window.before <= point) {
                of_rank.pop_first();
            }
            of_rank.pop_first().map(|window| window.name)
        })
    });
    given.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    fn given(points: &[i64], windows: &[(i64, i64)]) -> Vec<Option<usize>> {
        let window = |(name, &(after, before)): (usize, &(i64, i64))| Window {
            rank: 0,
            before: at(before),
            after: at(after),
            name,
        };
        let points: Vec<Timestamp> = points.iter().map(|&point| at(point)).collect();
        assign(&points, windows.iter().enumerate().map(window).collect())
    }

    #[test]
    fn as_many_windows_as_possible_get_a_point() {
        assert_eq!(given(&[5], &[(0, 10), (0, 10)]), [Some(0)]);
        assert_eq!(given(&[5, 20], &[(0, 30), (0, 10)]), [Some(1), Some(0)], "the narrow one is served first");
        assert_eq!(given(&[0, 10], &[(0, 10)]), [None, None], "the ends are left out");
        assert_eq!(given(&[1, 2, 3], &[(0, 5), (2, 9)]), [Some(0), None, Some(1)]);
    }
}
