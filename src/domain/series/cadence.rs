//! Owns the cadence of a series: read from its rule, or measured where the rule does not say it.

use jiff::{SignedDuration, Timestamp};

use crate::domain::one_on_one::{Cadence, CadenceUnit};
use crate::domain::recurrence::{Frequency, Recurrence};

/// The cadence of a series with these scheduled starts, in order.
///
/// The first rule says it, unless the starts tell otherwise by more than a quarter (several days a week, the first and
/// third Monday of the month); a series by dates alone is measured. A series that shows too little has no cadence yet
/// and counts as weekly.
#[must_use]
pub fn of(recurrence: &Recurrence, starts: &[Timestamp]) -> Cadence {
    let stated = recurrence.rules.first().map(|rule| {
        let unit = match rule.frequency() {
            Frequency::Yearly => CadenceUnit::Year,
            Frequency::Monthly => CadenceUnit::Month,
            Frequency::Weekly => CadenceUnit::Week,
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => CadenceUnit::Day,
        };
        Cadence { unit, every: rule.interval().max(1) }
    });
    let measured = median_gap(starts);
    match (stated, measured) {
        (Some(stated), Some(gap)) if is_far(stated, gap) => of_spacing(gap),
        (Some(stated), _) => stated,
        (None, Some(gap)) => of_spacing(gap),
        (None, None) => Cadence { unit: CadenceUnit::Week, every: 1 },
    }
}

fn is_far(stated: Cadence, gap: SignedDuration) -> bool {
    let days = gap.as_secs_f64() / 86_400.0;
    (days - stated.days()).abs() > stated.days() / 4.0
}

/// The cadence that a spacing comes nearest to: weeks, months, else days.
#[must_use]
pub fn of_spacing(spacing: SignedDuration) -> Cadence {
    let days = (spacing.as_hours() + 12) / 24;
    let (unit, every) = match days {
        ..=1 => (CadenceUnit::Day, 1),
        5..=9 => (CadenceUnit::Week, 1),
        12..=16 => (CadenceUnit::Week, 2),
        19..=23 => (CadenceUnit::Week, 3),
        26..=33 => (CadenceUnit::Month, 1),
        _ => (CadenceUnit::Day, u32::try_from(days).unwrap_or(1)),
    };
    Cadence { unit, every }
}

/// The median distance between neighbours, of at least three starts in order.
#[must_use]
pub fn median_gap(starts: &[Timestamp]) -> Option<SignedDuration> {
    let mut gaps: Vec<SignedDuration> = starts.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    gaps.sort();
    if gaps.len() < 2 { None } else { gaps.get(gaps.len() / 2).copied() }
}
