//! Who waits for the owner, and the command that helps.

use crate::domain::sanitize;
use crate::domain::session::Session;
use crate::domain::week::WeekFacts;

use super::page::{NAME, plain_id, waiting};
use crate::wording::local_time::LocalTime;

/// Somebody who waits for the owner, with everything that waits.
pub struct ToDo {
    /// Who.
    pub name: String,
    /// What, as sentences without their full stops.
    pub what: Vec<String>,
    /// The command that helps, where one does.
    pub command: Option<String>,
}

/// Everybody who waits for the owner: who is owed most first, then who was not met for long, whose series ended, and who is only guessed.
pub fn of(facts: &WeekFacts, wall: &LocalTime) -> Vec<ToDo> {
    let mut all: Vec<(usize, bool, bool, ToDo)> = Vec::new();
    for person in &facts.people {
        let ones = &person.one_on_ones;
        let owed: Vec<&Session> =
            ones.iter().flat_map(|one| &one.owed).filter(|owed| owed.made_up_by.is_none()).collect();
        let waits = waiting(person, wall);
        if waits.is_empty() {
            continue;
        }
        let command = match owed.first() {
            Some(first) => Some(format!("cadenced draft {}", plain_id(&first.id.to_string()))),
            None => waits.iter().find_map(|one| one.command.clone()),
        };
        let what = waits.into_iter().map(|one| match one.kind {
            "owed" => format!("{} to make up", one.what),
            _ => one.what,
        });
        let to_do = ToDo { name: sanitize::name(&person.person, NAME), what: what.collect(), command };
        let is_overdue = ones.iter().any(|one| one.overdue);
        let is_lapsed = ones.iter().any(|one| one.lapsed.is_some());
        all.push((owed.len(), is_overdue, is_lapsed, to_do));
    }
    all.sort_by_key(|(owed, is_overdue, is_lapsed, _)| std::cmp::Reverse((*owed, *is_overdue, *is_lapsed)));
    all.into_iter().map(|(.., to_do)| to_do).collect()
}
