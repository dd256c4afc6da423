//! Looks up the ledger's series by UID and by the ID of their 1:1.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::one_on_one::{KnownSeries, OneOnOneId};

/// The series that the ledger knows.
#[derive(Debug)]
pub struct Known<'a> {
    all: &'a [KnownSeries],
    by_uid: BTreeMap<&'a str, Vec<&'a KnownSeries>>,
    names: BTreeSet<&'a OneOnOneId>,
}

impl<'a> Known<'a> {
    /// Of these, in any order.
    #[must_use]
    pub fn new(all: &'a [KnownSeries]) -> Self {
        let mut by_uid: BTreeMap<&str, Vec<&KnownSeries>> = BTreeMap::new();
        for series in all {
            by_uid.entry(series.uid.as_str()).or_default().push(series);
        }
        Self { all, by_uid, names: all.iter().map(|series| &series.one_on_one).collect() }
    }

    /// All of them.
    #[must_use]
    pub const fn all(&self) -> &'a [KnownSeries] {
        self.all
    }

    /// What one series is known as: once for each person that it was a 1:1 with.
    #[must_use]
    pub fn of(&self, uid: &str) -> &[&'a KnownSeries] {
        self.by_uid.get(uid).map_or(&[], Vec::as_slice)
    }

    /// Whether a 1:1 has this name.
    #[must_use]
    pub fn has(&self, name: &OneOnOneId) -> bool {
        self.names.contains(name)
    }
}
