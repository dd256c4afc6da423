//! Comparisons across people: fairness, coverage, and the rotation of skip-levels.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{OneOnOneWeek, PersonWeek};
use crate::domain::one_on_one::Verdict;
use crate::domain::person::{Person, Relation, Side};
use crate::domain::policy::Policy;
use crate::domain::series::people::person_key;
use crate::domain::standing::Standing;

/// What one person had to bear over twelve weeks: sessions with them that were moved, or that the owner gave up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burden {
    /// Who.
    pub person: Person,
    /// How many sessions were expected.
    pub expected: u32,
    /// How many of them were moved.
    pub moved: u32,
    /// How many of them the owner lost.
    pub given_up: u32,
    /// Whether this person bears clearly more than their share.
    pub singled_out: bool,
}

/// How many people of the config should have a standing 1:1, and how many do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Those who should.
    pub expected: u32,
    /// Those of them who do.
    pub covered: u32,
}

/// One place in the rotation of skip-levels: who was met longest ago comes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotationEntry {
    /// Who.
    pub person: Person,
    /// When they were last met, as far as it is known.
    pub last_held: Option<Timestamp>,
    /// When they are met next.
    pub next: Option<Timestamp>,
}

impl Burden {
    /// Moved and given up together.
    #[must_use]
    pub const fn changes(&self) -> u32 {
        self.moved.saturating_add(self.given_up)
    }
}

/// Who bore what, the most burdened first; people without any session that was expected are left out.
#[must_use]
pub fn fairness(people: &[PersonWeek]) -> Vec<Burden> {
    let mut burdens: Vec<Burden> = people.iter().filter_map(burden).collect();
    burdens.sort_by_key(|burden| std::cmp::Reverse((burden.changes(), burden.given_up)));
    let changes: u32 = burdens.iter().map(Burden::changes).sum();
    let expected: u32 = burdens.iter().map(|burden| burden.expected).sum();
    let several = burdens.len() > 1;
    for burden in &mut burdens {
        burden.singled_out = several && is_singled_out(burden, changes, expected);
    }
    burdens
}

/// Three changes are chance no more, when they are a quarter of all above the person's share of all sessions.
fn is_singled_out(burden: &Burden, changes: u32, expected: u32) -> bool {
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    burden.changes() >= 3 && share(burden.changes(), changes) >= share(burden.expected, expected) + 0.25
}

fn burden(week: &PersonWeek) -> Option<Burden> {
    let counted: Vec<&OneOnOneWeek> = week.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne).collect();
    let sum = |of: fn(&OneOnOneWeek) -> u32| counted.iter().map(|one| of(one)).sum::<u32>();
    let expected = sum(|one| one.habits.expected);
    (expected > 0).then(|| Burden {
        person: week.person.clone(),
        expected,
        moved: sum(|one| one.habits.moved),
        given_up: sum(|one| one.habits.lost_by(Some(Side::Owner))),
        singled_out: false,
    })
}

/// How many people of the config have the standing 1:1 that they should have.
#[must_use]
pub fn coverage(standing: &Standing, policy: &Policy) -> Coverage {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let expected = count(policy.people.iter().filter(|entry| entry.expected).count());
    Coverage { expected, covered: expected.saturating_sub(count(standing.uncovered.len())) }
}

/// The rotation over the people two levels away, those without any 1:1 included.
#[must_use]
pub fn rotation(people: &[PersonWeek], policy: &Policy) -> Vec<RotationEntry> {
    let mut turns: Vec<RotationEntry> = people
        .iter()
        .filter(|week| week.person.relation == Relation::Skip)
        .map(|week| RotationEntry {
            person: week.person.clone(),
            last_held: week.one_on_ones.iter().filter_map(|one| one.last_held).max(),
            next: week.one_on_ones.iter().filter_map(|one| one.next).map(|span| span.start).min(),
        })
        .collect();
    let named = policy.people.iter().map(|entry| &entry.person).filter(|person| person.relation == Relation::Skip);
    for person in named {
        if turns.iter().all(|turn| person_key(&turn.person) != person_key(person)) {
            turns.push(RotationEntry { person: person.clone(), last_held: None, next: None });
        }
    }
    turns.sort_by_key(|turn| turn.last_held);
    turns
}
