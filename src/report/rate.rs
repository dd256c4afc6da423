//! The share of skipped sessions over twelve weeks, and its band in the literature.

use crate::domain::week::{Settled, Totals};

/// The share of settled sessions that were skipped, over twelve weeks.
pub struct Rate {
    /// Held, or made up in time.
    pub kept: u32,
    /// Missed, or made up late.
    pub missed: u32,
    /// The band that the share falls in.
    pub band: Band,
    /// The numbers, in a sentence.
    pub numbers: String,
    /// What they mean, and what they rest on.
    pub meaning: String,
}

/// The bands of the literature: over 5 % skipped is worrying, over 20 % needs a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// Nothing is settled, so there is no share.
    Nothing,
    /// At most 5 %.
    Fine,
    /// Over 5 %.
    Worrying,
    /// Over 20 %.
    Talk,
}

impl Rate {
    /// Works the share out. Open, unknown, excused and upcoming sessions are not settled and stay out of it.
    #[must_use]
    pub fn new(totals: &Totals) -> Self {
        let settled = totals.settled();
        let Settled { kept, all } = settled;
        let missed = all.saturating_sub(kept);
        let band = band(kept, missed);
        let numbers = if band == Band::Nothing {
            "No session of the last twelve weeks is settled yet, so there is no rate.".to_owned()
        } else {
            let [kept_share, skipped_share] = shares(settled);
            let missed_words = match totals.made_up_late {
                0 => "missed",
                late if late == missed => "made up late",
                _ => "missed or made up late",
            };
            let were = if missed == 1 { "was" } else { "were" };
            format!(
                "Over twelve weeks, {kept} of {all} settled sessions were held or made up in time ({kept_share}) and {missed} {were} \
                 {missed_words} ({skipped_share})."
            )
        };
        Self { kept, missed, band, numbers, meaning: meaning(band, totals, all) }
    }
}

impl Band {
    /// A word or two for it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "no rate yet",
            Self::Fine => "steady",
            Self::Worrying => "worrying",
            Self::Talk => "needs a talk",
        }
    }
}

fn band(kept: u32, missed: u32) -> Band {
    let (settled, missed) = (u64::from(kept) + u64::from(missed), u64::from(missed));
    match settled {
        0 => Band::Nothing,
        _ if missed * 100 > settled * 20 => Band::Talk,
        _ if missed * 100 > settled * 5 => Band::Worrying,
        _ => Band::Fine,
    }
}

fn meaning(band: Band, totals: &Totals, settled: u32) -> String {
    let bands = match band {
        Band::Nothing => return String::new(),
        Band::Fine => "That is steady: over 5\u{a0}% skipped is worrying, over 20\u{a0}% needs a talk.",
        Band::Worrying => "Over 5\u{a0}% skipped is worrying; over 20\u{a0}% would need a talk.",
        Band::Talk => "Over 20\u{a0}% skipped: this needs a talk.",
    };
    let few = if settled < 20 { " With so few sessions, one more or less changes the picture." } else { "" };
    let presumed = totals.held.saturating_sub(totals.confirmed);
    let presumed = match (presumed, totals.held) {
        (0, _) => String::new(),
        (1, 1) => " The one that was held is presumed: nothing in the calendar says otherwise.".to_owned(),
        (n, held) if n == held => {
            format!(" All {held} that were held are presumed: nothing in the calendar says otherwise.")
        }
        (1, held) => format!(" Of the {held} held, one is presumed: nothing in the calendar says otherwise."),
        (n, held) => format!(" Of the {held} held, {n} are presumed: nothing in the calendar says otherwise."),
    };
    format!("{bands}{few}{presumed}")
}

/// The shares of kept and of skipped sessions in percent, which always add up to 100. The sign stays with its number.
///
/// They are rounded once, to a tenth, and the second is what the first leaves. What is over a bound of the bands is never shown as that
/// bound.
fn shares(settled: Settled) -> [String; 2] {
    let (all, missed) = (u64::from(settled.all.max(1)), u64::from(settled.all.saturating_sub(settled.kept)));
    let rounded = (missed * 1000 + all / 2) / all;
    let is_over = |bound: u64| missed * 100 > all * bound && rounded <= bound * 10;
    let skipped = [0, 5, 20].into_iter().find(|&bound| is_over(bound)).map_or(rounded, |bound| bound * 10 + 1);
    let skipped = if settled.kept > 0 { skipped.min(999) } else { skipped };
    [1000 - skipped, skipped].map(|tenths| match tenths % 10 {
        0 => format!("{}\u{a0}%", tenths / 10),
        tenth => format!("{}.{tenth}\u{a0}%", tenths / 10),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(held: u32, made_up: u32, missed: u32) -> Rate {
        Rate::new(&Totals { held, made_up, missed, ..Totals::default() })
    }

    fn number(share: &str) -> f64 {
        share.trim_end_matches("\u{a0}%").parse().unwrap()
    }

    #[test]
    fn the_bands_begin_just_over_their_bounds() {
        assert_eq!(of(95, 0, 5).band, Band::Fine);
        assert_eq!(of(94, 0, 6).band, Band::Worrying);
        assert_eq!(of(60, 20, 20).band, Band::Worrying);
        assert_eq!(of(60, 19, 21).band, Band::Talk);
        assert_eq!(of(0, 0, 0).band, Band::Nothing);
    }

    #[test]
    fn shares_are_rounded_once() {
        let shares = |kept, all| shares(Settled { kept, all }).map(|share| share.replace("\u{a0}%", ""));
        assert_eq!(shares(80, 106), ["75.5", "24.5"]);
        assert_eq!(shares(18, 19), ["94.7", "5.3"]);
        assert_eq!(shares(19, 20), ["95", "5"]);
        assert_eq!(shares(1, 3), ["33.3", "66.7"]);
        assert_eq!(shares(1999, 2500), ["79.9", "20.1"], "20.04 is over the bound");
        assert_eq!(shares(99_999, 100_000), ["99.9", "0.1"], "one of many is not nothing");
        assert_eq!((shares(5, 5), shares(0, 5)), (["100", "0"].map(str::to_owned), ["0", "100"].map(str::to_owned)));
    }

    #[test]
    fn what_was_made_up_late_is_skipped_and_said_to_be_late() {
        let rate = Rate::new(&Totals { held: 8, made_up_late: 1, missed: 1, ..Totals::default() });
        assert_eq!((rate.kept, rate.missed, rate.band), (8, 2, Band::Worrying));
        assert!(
            rate.numbers.contains("8 of 10") && rate.numbers.contains("2 were missed or made up late"),
            "{}",
            rate.numbers
        );
    }

    proptest! {
        #[test]
        fn the_shares_of_a_sentence_add_up_to_100(kept in 0u32..3000, missed in 0u32..3000) {
            prop_assume!(kept + missed > 0);
            let [kept_share, skipped] = shares(Settled { kept, all: kept + missed }).map(|share| number(&share));
            prop_assert!((kept_share + skipped - 100.0).abs() < 1e-9, "{kept_share} + {skipped}");
            for bound in [0.0, 5.0, 20.0] {
                let is_over = f64::from(missed) * 100.0 > f64::from(kept + missed) * bound;
                prop_assert!(!is_over || skipped > bound, "{skipped} hides that it is over {bound}");
            }
        }
    }
}
