//! Comparisons across people in words: fairness, coverage, rotation; and the habits of one 1:1.

use crate::domain::one_on_one::Cadence;
use crate::domain::person::Side;
use crate::domain::sanitize;
use crate::domain::week::{Burden, Coverage, Habits, Lead, RotationEntry, WeekFacts};

use super::page::NAME;
use crate::wording::local_time::{LocalTime, count};

/// A person's share of what was moved or given up.
pub struct Bearing {
    /// Who.
    pub name: String,
    /// How many sessions were expected, moved, and given up by the owner.
    pub numbers: [u32; 3],
    /// Whether this is clearly more than their share.
    pub is_heavy: bool,
}

/// Everyone who bore anything, the most burdened first.
#[must_use]
pub fn bearings(facts: &WeekFacts) -> Vec<Bearing> {
    let bearing = |burden: &Burden| Bearing {
        name: sanitize::name(&burden.person, NAME),
        numbers: [burden.expected, burden.moved, burden.given_up],
        is_heavy: burden.singled_out,
    };
    facts.fairness.iter().filter(|burden| burden.changes() > 0).map(bearing).collect()
}

/// Whether it is always the same person who is moved, in a sentence; `with_names` says who.
#[must_use]
pub fn fairness(facts: &WeekFacts, with_names: bool) -> String {
    let changes: u32 = facts.fairness.iter().map(Burden::changes).sum();
    if changes == 0 {
        return "In twelve weeks nobody was moved, and you gave up no session.".to_owned();
    }
    let heavy: Vec<&Burden> = facts.fairness.iter().filter(|burden| burden.singled_out).collect();
    let all = count(changes, "session");
    let were = if changes == 1 { "was" } else { "were" };
    let spread = format!("{all} {were} moved, or given up by you, in twelve weeks");
    match heavy.first() {
        None => format!("{spread}; nobody had clearly more than their share."),
        Some(burden) if with_names => {
            let name = sanitize::name(&burden.person, NAME);
            format!("{spread}: {} of them with {name}, clearly more than their share.", burden.changes())
        }
        Some(burden) => {
            format!("{spread}: {} of them with one person, clearly more than their share.", burden.changes())
        }
    }
}

/// Who of the config has the 1:1 that they should have, in a sentence; empty where the config names nobody.
#[must_use]
pub fn coverage(coverage: Coverage) -> String {
    match coverage {
        Coverage { expected: 0, .. } => String::new(),
        Coverage { expected, covered } if expected == covered => {
            format!("Everyone who should have a standing 1:1 has one ({expected} of {expected}).")
        }
        Coverage { expected, covered } => {
            format!("{covered} of {expected} people have the standing 1:1 that they should have.")
        }
    }
}

/// The rotation of skip-levels, a line each, those met longest ago first.
#[must_use]
pub fn rotation(turns: &[RotationEntry], wall: &LocalTime) -> Vec<String> {
    let line = |turn: &RotationEntry| {
        let last = turn.last_held.map_or_else(|| "never seen held".to_owned(), |at| format!("last {}", wall.day(at)));
        let next = turn.next.map_or_else(|| "nothing planned".to_owned(), |at| format!("next {}", wall.day(at)));
        format!("{}: {last}, {next}", sanitize::name(&turn.person, NAME))
    };
    turns.iter().map(line).collect()
}

/// How often a pair really meets; empty where that is not known, or is the cadence to within a tenth.
#[must_use]
pub fn pace(habits: &Habits, cadence: Cadence) -> String {
    let is_off = |days: &f64| (days - cadence.days()).abs() > cadence.days() / 10.0;
    habits.spacing.filter(is_off).map_or_else(String::new, |days| format!("in practice every {days} days"))
}

/// What was lost and moved in twelve weeks, and how fast it was made up; empty where nothing.
#[must_use]
pub fn habits(habits: &Habits, name: &str) -> String {
    let mut words = Vec::new();
    let lost = habits.lost.len();
    if lost > 0 {
        let by = [(habits.lost_by(Some(Side::Owner)), "you"), (habits.lost_by(Some(Side::Other)), name)];
        let by: Vec<String> = by.iter().filter(|(n, _)| *n > 0).map(|(n, who)| format!("{n} by {who}")).collect();
        let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
        words.push(format!("{lost} lost{by}"));
        let late = habits.lost.iter().filter(|lost| lost.how_early() <= Lead::Day).count();
        if late > 0 {
            words.push(format!("{late} with less than a day's notice"));
        }
    }
    let mut waits = habits.recovery_days.clone();
    waits.sort_unstable();
    let made_up = waits.len();
    match waits.get(made_up / 2) {
        None => {}
        Some(0) => words.push(format!("{made_up} made up on the same day")),
        Some(days) => words.push(format!("{made_up} made up within {}", count(*days, "day"))),
    }
    if habits.moved > 0 {
        words.push(format!("{} moved", habits.moved));
    }
    words.join(", ")
}
