//! Owns [`Rate`]: the share of sessions that were skipped, and what the literature makes of it.

use crate::domain::week::Totals;

/// The share of settled sessions that were skipped, over twelve weeks.
pub struct Rate {
    /// Held, or made up.
    pub kept: u32,
    /// Missed.
    pub missed: u32,
    /// Where that stands.
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
        let (kept, missed) = (totals.held.saturating_add(totals.made_up), totals.missed);
        let band = band(kept, missed);
        let settled = kept.saturating_add(missed);
        let numbers = if band == Band::Nothing {
            "No session of the last twelve weeks is settled yet, so there is no rate.".to_owned()
        } else {
            let share = percent(kept, settled);
            let skipped = percent(missed, settled);
            format!(
                "Over twelve weeks {kept} of {settled} settled sessions were held or made up ({share}); {missed} were missed ({skipped})."
            )
        };
        Self { kept, missed, band, numbers, meaning: meaning(band, totals, settled) }
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
        Band::Fine => "That is steady: over 5 % skipped is worrying, over 20 % needs a talk.",
        Band::Worrying => "Over 5 % skipped is worrying; over 20 % would need a talk.",
        Band::Talk => "Over 20 % skipped: this needs a talk.",
    };
    let few = if settled < 20 { " With so few sessions, one more or less changes the picture." } else { "" };
    let presumed = totals.held.saturating_sub(totals.confirmed);
    let presumed = match (presumed, totals.held) {
        (0, _) => String::new(),
        (n, held) if n == held => {
            format!(" All {held} held ones are presumed: nothing on the calendar spoke against them.")
        }
        (n, held) => format!(" Of the {held} held, {n} are presumed: nothing on the calendar spoke against them."),
    };
    format!("{bands}{few}{presumed}")
}

/// A share in whole percent; one decimal below ten, so that 5.3 % is not shown as 5 %.
fn percent(part: u32, whole: u32) -> String {
    let tenths = (u64::from(part) * 1000 + u64::from(whole) / 2) / u64::from(whole.max(1));
    if tenths >= 100 || tenths.is_multiple_of(10) {
        return format!("{} %", (tenths + 5) / 10);
    }
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(held: u32, made_up: u32, missed: u32) -> Rate {
        Rate::new(&Totals { held, made_up, missed, ..Totals::default() })
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
    fn a_share_just_over_a_bound_is_not_rounded_onto_it() {
        assert_eq!(percent(1, 19), "5.3 %");
        assert_eq!(percent(1, 20), "5 %");
        assert_eq!(percent(2, 3), "67 %");
        assert_eq!(percent(999, 1000), "100 %");
    }
}
