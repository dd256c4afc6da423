//! Asks for the owner's working hours, and proposes those learnt from the calendars.

use std::fmt::Write as _;

use jiff::civil::Time;

use super::Setup;
use super::config_edit::ConfigEdit;
use crate::cli::context::{Context, Found};
use crate::domain::reschedule::learnt_hours;

type Days = [Vec<(Time, Time)>; 7];

const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Setup<'_> {
    /// Shows the hours that the calendars tell, and asks whether they are right.
    pub(super) fn hours(&mut self, context: &Context, found: &Found) -> anyhow::Result<()> {
        let settings = &context.settings;
        let learnt = learnt_hours(&found.snapshot, &found.standing, &context.policy).filter(|_| settings.learn_hours);
        let (days, whence) = match learnt {
            Some(hours) => (hours.days, "Your working hours, as your calendars of the last two months show them:"),
            None if settings.learn_hours => (
                settings.hours.days.clone(),
                "Your calendars show too little to learn your working hours from. The default is:",
            ),
            None => (settings.hours.days.clone(), "Your working hours, as your config has them:"),
        };
        self.talk.show(&format!("\n{whence}\n{}", shown(&days)))?;
        self.talk.say("New times for sessions are looked for within them.")?;
        if self.talk.confirm("Are they right?", true)? {
            return Ok(());
        }
        let mut right: Days = Default::default();
        for (day, name) in NAMES.iter().enumerate() {
            right[day] = self.day(name, &days[day])?;
        }
        self.add(&ConfigEdit::Hours(right))
    }

    fn day(&mut self, name: &str, usual: &[(Time, Time)]) -> anyhow::Result<Vec<(Time, Time)>> {
        loop {
            let typed = self.talk.ask(&format!("{name} (- for a day off)"), Some(&parts(usual)))?;
            match parse(&typed) {
                Some(day) => return Ok(day),
                None => self.talk.say("Write it like 09:00-17:30, or 09:00-12:00, 13:00-17:00. Please try again.")?,
            }
        }
    }
}

/// The hours, with days that are alike in one line.
fn shown(days: &Days) -> String {
    let mut out = String::new();
    let mut from = 0;
    for day in 0..7 {
        if day < 6 && days[day + 1] == days[from] {
            continue;
        }
        let name = if from == day { NAMES[day].to_owned() } else { format!("{} to {}", NAMES[from], NAMES[day]) };
        let hours = if days[day].is_empty() { "off".to_owned() } else { parts(&days[day]) };
        // Writing to a text cannot fail.
        let _ = writeln!(out, "  {name:<22}{hours}");
        from = day + 1;
    }
    out
}

fn parts(day: &[(Time, Time)]) -> String {
    if day.is_empty() {
        return "-".to_owned();
    }
    let part = |(from, to): &(Time, Time)| format!("{}-{}", from.strftime("%H:%M"), to.strftime("%H:%M"));
    day.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The parts of a day as typed; they may neither touch nor overlap.
fn parse(typed: &str) -> Option<Vec<(Time, Time)>> {
    if matches!(typed, "-" | "off" | "none") {
        return Some(Vec::new());
    }
    let time = |text: &str| match text.trim().split_once(':') {
        Some((hour, minute)) => Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok(),
        None => Time::new(text.trim().parse().ok()?, 0, 0, 0).ok(),
    };
    let part = |text: &str| {
        let (from, to) = text.split_once(['-', '–'])?;
        let (from, to) = (time(from)?, time(to)?);
        (from < to).then_some((from, to))
    };
    let mut day = typed.split([',', ';']).map(part).collect::<Option<Vec<_>>>()?;
    day.sort_unstable();
    let is_apart = day.windows(2).all(|pair| pair[0].1 < pair[1].0);
    (is_apart && !day.is_empty()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_typed_in_the_ways_that_people_write_it() {
        let at = |hour, minute| Time::constant(hour, minute, 0, 0);
        assert_eq!(parse("9-17:30"), Some(vec![(at(9, 0), at(17, 30))]));
        assert_eq!(parse("13:00-17:00, 09:00–12:00"), Some(vec![(at(9, 0), at(12, 0)), (at(13, 0), at(17, 0))]));
        assert_eq!(parse("-"), Some(Vec::new()));
        for bad in ["", "17-9", "9", "25-26", "9-12, 12-13", "nine to five"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_that_are_alike_share_a_line() {
        let nine = vec![(Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0))];
        let days = std::array::from_fn(|day| if day < 4 { nine.clone() } else { Vec::new() });
        assert_eq!(shown(&days), "  Monday to Thursday    09:00-17:00\n  Friday to Sunday      off\n");
    }
}
