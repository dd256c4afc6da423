//! Owns what twelve weeks of lost sessions say: by which side, how early, and how fast they were made up.

use crate::domain::one_on_one::Verdict;
use crate::domain::person::Side;
use crate::domain::week::{Habits, Lead, Lost, WeekFacts};

use super::wall::count;

/// Lost sessions and what came of them, over twelve weeks.
#[derive(Default)]
pub struct Losses {
    /// How early, the latest first, each with how many: by the owner, by the other side, by nobody knows whom.
    pub by_lead: Vec<(&'static str, [u32; 3])>,
    /// The sums of these.
    pub by_side: [u32; 3],
    /// How long lost sessions waited for their replacement, each span with how many.
    pub waited: Vec<(&'static str, u32)>,
    /// How many were not made up.
    pub not_made_up: u32,
    /// How many were lost in all.
    pub lost: u32,
    /// The median wait in hours; `None` where nothing was made up.
    pub median_hours: Option<i64>,
}

/// The columns of `by_lead`.
pub const SIDES: [&str; 3] = ["by you", "by the other side", "not known"];

/// The spans of `waited`, each with the hours that it ends before.
const WAITS: [(&str, i64); 4] =
    [("in less than a day", 24), ("in one to three days", 72), ("in three days to a week", 168), ("later", i64::MAX)];

impl Losses {
    /// Adds up the habits of every 1:1 that is not tentative.
    #[must_use]
    pub fn new(facts: &WeekFacts) -> Self {
        let ones = facts.people.iter().flat_map(|person| &person.one_on_ones);
        let habits: Vec<&Habits> = ones.filter(|one| one.verdict == Verdict::OneOnOne).map(|one| &one.habits).collect();
        let lost: Vec<&Lost> = habits.iter().flat_map(|habits| &habits.lost).collect();
        let mut waits: Vec<i64> = habits.iter().flat_map(|habits| &habits.recoveries).copied().collect();
        waits.sort_unstable();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let on = |lost: &&&Lost, side: Option<Side>| lost.by == side;
        let of = |lead: Option<Lead>, side| {
            let fits = |lost: &&&Lost| lead.is_none_or(|lead| lost.how_early() == lead) && on(lost, side);
            number(lost.iter().filter(fits).count())
        };
        let sides = |lead| [of(lead, Some(Side::Owner)), of(lead, Some(Side::Other)), of(lead, None)];
        let mut floor = 0;
        let mut waited = Vec::new();
        for (words, end) in WAITS {
            waited.push((words, number(waits.iter().filter(|&&hours| floor <= hours && hours < end).count())));
            floor = end;
        }
        Self {
            by_lead: Lead::ALL.into_iter().map(|lead| (lead_words(lead), sides(Some(lead)))).collect(),
            by_side: sides(None),
            waited,
            not_made_up: number(lost.len().saturating_sub(waits.len())),
            lost: number(lost.len()),
            median_hours: waits.get(waits.len() / 2).copied(),
        }
    }

    /// Who lost them and how late, in a sentence.
    #[must_use]
    pub fn lost_words(&self) -> String {
        if self.lost == 0 {
            return "No session of the last twelve weeks was lost.".to_owned();
        }
        let late: u32 = self.by_lead.iter().take(3).flat_map(|(_, sides)| sides).sum();
        let [owner, other, unknown] = self.by_side;
        let mut words = format!("{} lost in twelve weeks: {owner} by you, {other} by the other side", were(self.lost));
        if unknown > 0 {
            words = format!("{words}, {unknown} where the calendar does not say");
        }
        format!("{words}. {late} on the same day or later.")
    }

    /// How fast they were made up, in a sentence; empty where nothing was lost.
    #[must_use]
    pub fn recovery_words(&self) -> String {
        let made_up = self.lost - self.not_made_up;
        match self.median_hours {
            _ if self.lost == 0 => String::new(),
            None => format!("None of the {} was made up.", count(self.lost, "lost session")),
            Some(hours) => {
                let wait = if hours < 24 { "less than a day".to_owned() } else { count((hours + 12) / 24, "day") };
                format!("{made_up} of {} made up, after {wait} in the middle case.", were(self.lost))
            }
        }
    }
}

fn were(n: u32) -> String {
    format!("{} {}", count(n, "session"), if n == 1 { "was" } else { "were" })
}

/// How early a session was lost, in words.
#[must_use]
pub const fn lead_words(lead: Lead) -> &'static str {
    match lead {
        Lead::After => "after its start",
        Lead::Hours => "less than 2 hours before",
        Lead::Day => "less than a day before",
        Lead::Week => "less than a week before",
        Lead::Earlier => "a week before or earlier",
        Lead::Unknown => "not known",
    }
}
