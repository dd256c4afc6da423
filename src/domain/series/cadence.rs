//! The cadence of a series: from its rule, or measured from its events.

use jiff::{SignedDuration, Timestamp};

use crate::domain::one_on_one::{Cadence, CadenceUnit};
use crate::domain::recurrence::{Frequency, Recurrence, Rule};

/// The cadence of a series with these scheduled starts, in order.
///
/// The first rule says it, unless the starts tell otherwise by more than a quarter: then there are several in a period (Mondays and
/// Thursdays, the first and third Monday of the month), or the spacing is measured, as it is for a series by dates alone. A series that
/// shows too little has no cadence yet and counts as weekly.
#[must_use]
pub fn of(recurrence: &Recurrence, starts: &[Timestamp]) -> Cadence {
    let stated = recurrence.rules.first().map(stated);
    let measured = median_gap(starts).zip(mean_gap(starts));
    match (stated, measured) {
        (Some(stated), Some((median, mean))) if is_far(stated, median) || is_far(stated, mean) => {
            several_in(stated, mean).unwrap_or_else(|| of_spacing(median, mean))
        }
        (Some(stated), _) => stated,
        (None, Some((median, mean))) => of_spacing(median, mean),
        (None, None) => Cadence::every(1, CadenceUnit::Week),
    }
}

fn stated(rule: &Rule) -> Cadence {
    let unit = match rule.frequency() {
        Frequency::Yearly => CadenceUnit::Year,
        Frequency::Monthly => CadenceUnit::Month,
        Frequency::Weekly => CadenceUnit::Week,
        Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => CadenceUnit::Day,
    };
    Cadence::every(rule.interval().max(1), unit)
}

fn in_days(gap: SignedDuration) -> f64 {
    gap.as_secs_f64() / 86_400.0
}

fn is_far(stated: Cadence, gap: SignedDuration) -> bool {
    (in_days(gap) - stated.days()).abs() > stated.days() / 4.0
}

/// The stated period with as many sessions in it as there are in fact, where that is a small whole number.
fn several_in(stated: Cadence, mean: SignedDuration) -> Option<Cadence> {
    let times = stated.period_days() / in_days(mean);
    let whole = times.round();
    let is_whole = (times - whole).abs() <= whole * 0.12;
    let most = match stated.unit {
        CadenceUnit::Week => 7.0,
        CadenceUnit::Month => 2.0,
        CadenceUnit::Day | CadenceUnit::Year => 0.0,
    };
    (is_whole && (2.0..=most).contains(&whole)).then(|| Cadence { times: small(whole), ..stated })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 1 and 7")]
fn small(number: f64) -> u32 {
    number.clamp(1.0, 7.0) as u32
}

/// The cadence that a spacing comes nearest to: some days a week, weeks, months, a year, else days.
#[must_use]
pub fn of_spacing(median: SignedDuration, mean: SignedDuration) -> Cadence {
    let days = (median.as_hours() + 12) / 24;
    let every = |every, unit| Cadence::every(every, unit);
    match days {
        ..=4 => several_in(every(1, CadenceUnit::Week), mean)
            .unwrap_or_else(|| every(u32::try_from(days.max(1)).unwrap_or(1), CadenceUnit::Day)),
        5..=9 => every(1, CadenceUnit::Week),
        12..=16 => every(2, CadenceUnit::Week),
        19..=23 => every(3, CadenceUnit::Week),
        26..=33 => every(1, CadenceUnit::Month),
        40..=44 => every(6, CadenceUnit::Week),
        56..=65 => every(2, CadenceUnit::Month),
        85..=97 => every(3, CadenceUnit::Month),
        175..=190 => every(6, CadenceUnit::Month),
        355..=375 => every(1, CadenceUnit::Year),
        _ => every(u32::try_from(days).unwrap_or(1), CadenceUnit::Day),
    }
}

/// The median distance between neighbours, of at least three starts in order.
#[must_use]
pub fn median_gap(starts: &[Timestamp]) -> Option<SignedDuration> {
    let mut gaps: Vec<SignedDuration> = starts.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    gaps.sort();
    if gaps.len() < 2 { None } else { gaps.get(gaps.len() / 2).copied() }
}

/// The mean distance between neighbours, of at least three starts in order.
#[must_use]
pub fn mean_gap(starts: &[Timestamp]) -> Option<SignedDuration> {
    let gaps = i32::try_from(starts.len().checked_sub(1)?).ok().filter(|&gaps| gaps >= 2)?;
    Some(starts.last()?.duration_since(*starts.first()?) / gaps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::recurrence::{self, Moment, Options, Series, Window, Zone};

    /// The cadence of a rule from 7 September 2026 on, as it is measured over half a year.
    fn cadence_of(rules: &[&str]) -> Cadence {
        let start = Moment::Zoned("2026-09-07T10:00".parse().expect("a civil time"), zone());
        let end = start.plus(SignedDuration::from_mins(30));
        let rules = rules.iter().filter_map(|rule| rule.parse().ok()).collect();
        let recurrence = Recurrence { rules, ..Recurrence::default() };
        let series = Series { start: &start, end: &end, recurrence: &recurrence, overrides: &[] };
        let here = zone().rules().clone();
        let (from, to) = (start.instant(&here), start.plus(SignedDuration::from_hours(33 * 7 * 24)).instant(&here));
        let window = Window { from, to, here: here.clone() };
        let found = recurrence::expand(&series, &window, Options::default());
        let starts: Vec<Timestamp> = found.instances.iter().map(|one| one.start.instant(&here)).collect();
        of(&recurrence, &starts)
    }

    fn zone() -> Zone {
        Zone::iana("Europe/Berlin").expect("the zone")
    }

    #[test]
    fn a_rule_has_the_cadence_that_people_would_say() {
        use CadenceUnit::{Day, Month, Week, Year};
        let times = |times, every, unit| Cadence { unit, every, times };
        for (rules, expected) in [
            (&["FREQ=WEEKLY"][..], times(1, 1, Week)),
            (&["FREQ=WEEKLY;INTERVAL=2"], times(1, 2, Week)),
            (&["FREQ=WEEKLY;BYDAY=MO,TH"], times(2, 1, Week)),
            (&["FREQ=WEEKLY;BYDAY=MO,TU"], times(2, 1, Week)),
            (&["FREQ=WEEKLY;BYDAY=MO,WE,FR"], times(3, 1, Week)),
            (&["FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=TH"], times(2, 1, Week)),
            (&["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"], times(5, 1, Week)),
            (&["FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"], times(5, 1, Week)),
            (&["FREQ=DAILY"], times(1, 1, Day)),
            (&["FREQ=DAILY;INTERVAL=3"], times(1, 3, Day)),
            (&["FREQ=DAILY;INTERVAL=14"], times(1, 14, Day)),
            (&["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"], times(2, 2, Week)),
            (&["FREQ=MONTHLY;BYDAY=1MO"], times(1, 1, Month)),
            (&["FREQ=MONTHLY;BYDAY=1MO,3MO"], times(2, 1, Month)),
            (&["FREQ=MONTHLY;BYMONTHDAY=1,15"], times(2, 1, Month)),
            (&["FREQ=MONTHLY;BYDAY=MO"], times(1, 1, Week)),
            (&["FREQ=MONTHLY;BYMONTHDAY=-1"], times(1, 1, Month)),
            (&["FREQ=MONTHLY;INTERVAL=2"], times(1, 2, Month)),
            (&["FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO"], times(1, 3, Month)),
            (&["FREQ=YEARLY"], times(1, 1, Year)),
            (&["FREQ=YEARLY;BYMONTH=3,6,9,12"], times(1, 3, Month)),
        ] {
            assert_eq!(cadence_of(rules), expected, "{rules:?}");
        }
    }
}
