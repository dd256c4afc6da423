//! Standing overlaps: the same other series conflicts with three of four sessions of a 1:1 in a row.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::sessions::{ScheduledSessions, Sessions};
use crate::domain::outcome::judge::Judge;
use crate::domain::outcome::user_outcome;

/// How many sessions in a row are looked at.
const IN_A_ROW: usize = 4;

/// How many of them it takes.
const MOST_OF_THEM: usize = 3;

impl Sessions<'_, '_> {
    /// The series that cover the sessions again and again, by uid, and whether the user says that these take place anyway.
    pub(super) fn overlaps(
        &self,
        court: &Judge<'_>,
        put: &BTreeMap<Timestamp, ScheduledSessions<'_, '_>>,
    ) -> BTreeMap<String, Option<bool>> {
        let covered = put.values().map(|put| {
            let expected: Vec<_> = put.iter().map(|(_, expected)| *expected).collect();
            court.covered_by(&expected)
        });
        let again = again_and_again(covered);
        again
            .into_iter()
            .map(|uid| {
                let said = user_outcome::takes_place(self.decisions(), self.id(), &uid);
                (uid, said)
            })
            .collect()
    }
}

/// What covers three of four in a row.
fn again_and_again<'s>(covered: impl Iterator<Item = Vec<&'s str>>) -> BTreeSet<String> {
    let mut lately: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (index, by) in covered.enumerate() {
        for uid in by {
            let times = lately.entry(uid).or_default();
            if times.last() == Some(&index) {
                continue;
            }
            times.push(index);
            let since = times.len().checked_sub(MOST_OF_THEM).and_then(|at| times.get(at));
            if since.is_some_and(|&first| index - first < IN_A_ROW) {
                found.insert(uid.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_four_in_a_row_are_a_standing_overlap_and_three_of_five_are_none() {
        let found = |row: &str| {
            let covered = row.chars().map(|c| if c == 'x' { vec!["a"] } else { Vec::new() });
            !again_and_again(covered).is_empty()
        };
        for row in ["xxx", "xx.x", "x.xx", "...xxx", "x..x.xx"] {
            assert!(found(row), "{row}");
        }
        for row in ["xx", "x.x.x", "xx..x", "x..x..x", ""] {
            assert!(!found(row), "{row}");
        }
    }
}
