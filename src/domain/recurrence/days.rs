//! [`Days`]: a set of days within one period, kept on the stack.

/// Days from `base` on, one bit each; the longest period is a year of 53 weeks, and SKIP may reach a day past either end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    base: i64,
    bits: [u64; 6],
}

impl Days {
    /// No days yet, of a period whose first day is `first`.
    pub(super) const fn from(first: i64) -> Self {
        Self { base: first - 1, bits: [0; 6] }
    }

    /// The first day that the set could hold.
    pub(super) const fn base(&self) -> i64 {
        self.base
    }

    /// Adds a day; one that is out of reach is no day of this period, and is left out.
    pub(super) fn insert(&mut self, day: i64) {
        if let Ok(index) = usize::try_from(day - self.base)
            && let Some(word) = self.bits.get_mut(index / 64)
        {
            *word |= 1 << (index % 64);
        }
    }

    /// How many days there are.
    pub(super) fn len(&self) -> i64 {
        self.bits.iter().map(|word| i64::from(word.count_ones())).sum()
    }

    /// The earliest day.
    pub(super) fn first(&self) -> Option<i64> {
        let (at, word) = (0..).step_by(64).zip(self.bits).find(|(_, word)| *word != 0)?;
        Some(self.base + at + i64::from(word.trailing_zeros()))
    }

    /// The latest day.
    pub(super) fn last(&self) -> Option<i64> {
        let (at, word) = (0..).step_by(64).zip(self.bits).filter(|(_, word)| *word != 0).last()?;
        Some(self.base + at + 63 - i64::from(word.leading_zeros()))
    }

    /// The days, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = i64> {
        let base = self.base;
        (0..)
            .step_by(64)
            .zip(self.bits)
            .filter(|(_, word)| *word != 0)
            .flat_map(move |(at, word): (i64, u64)| super::rule::bits(word).map(move |bit| base + at + i64::from(bit)))
    }

    /// The day at a place in the order, from 0.
    pub(super) fn nth(&self, mut place: i64) -> Option<i64> {
        for (at, word) in (0..).step_by(64).zip(self.bits) {
            let here = i64::from(word.count_ones());
            if place < here {
                let bit = super::rule::bits(word).nth(usize::try_from(place).ok()?)?;
                return Some(self.base + at + i64::from(bit));
            }
            place -= here;
        }
        None
    }

    /// Keeps the days of which `wanted` says so.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(i64) -> bool) {
        let all = *self;
        self.bits = [0; 6];
        for day in all.iter().filter(|day| wanted(*day)) {
            self.insert(day);
        }
    }
}
