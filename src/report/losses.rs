//! Statistics of twelve weeks of lost sessions: by whom, how early, and how fast they were made up.

use crate::domain::one_on_one::Verdict;
use crate::domain::person::Side;
use crate::domain::week::{Habits, Lead, Lost, WeekFacts};

use crate::wording::local_time::count;

/// Lost sessions and the result of them, over twelve weeks.
#[derive(Default)]
pub struct Losses {
    /// How early, the latest first, each with how many: by the owner, by the other side, by nobody knows whom.
    pub by_lead: Vec<(&'static str, [u32; 3])>,
    /// The sums of these.
    pub by_side: [u32; 3],
    /// What became of them: how long they waited for their replacement, or that there was none; each with how many. Their sum is `lost`.
    pub waited: Vec<(&'static str, u32)>,
    /// How many were made up, in time or late.
    pub made_up: u32,
    /// How many can still be made up in time.
    pub open: u32,
    /// How many were lost in all.
    pub lost: u32,
    /// The median wait in hours; `None` where nothing was made up.
    pub median_hours: Option<i64>,
    /// The same in calendar days.
    pub median_days: Option<i64>,
}

/// The columns of `by_lead`.
pub const SIDES: [&str; 3] = ["by you", "by the other side", "not known"];

/// The spans of `waited`, each with the last calendar day that it includes.
const WAITS: [(&str, i64); 4] =
    [("by the next day", 1), ("after 2 or 3 days", 3), ("after 4 to 7 days", 7), ("after more than a week", i64::MAX)];

/// What `waited` says of those that were not made up.
pub const NOT_MADE_UP: &str = "not made up";
const STILL_OPEN: &str = "can still be made up";

impl Losses {
    /// Adds up the habits of every 1:1 that is not tentative.
    #[must_use]
    pub fn new(facts: &WeekFacts) -> Self {
        let ones = facts.people.iter().flat_map(|person| &person.one_on_ones);
        let habits: Vec<&Habits> = ones.filter(|one| one.verdict == Verdict::OneOnOne).map(|one| &one.habits).collect();
        let lost: Vec<&Lost> = habits.iter().flat_map(|habits| &habits.lost).collect();
        let sorted = |waits: fn(&Habits) -> &[i64]| {
            let mut waits: Vec<i64> = habits.iter().flat_map(|habits| waits(habits)).copied().collect();
            waits.sort_unstable();
            waits
        };
        let (hours, days) = (sorted(|habits| &habits.recoveries), sorted(|habits| &habits.recovery_days));
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let on = |lost: &&&Lost, side: Option<Side>| lost.by == side;
        let of = |lead: Option<Lead>, side| {
            let fits = |lost: &&&Lost| lead.is_none_or(|lead| lost.how_early() == lead) && on(lost, side);
            number(lost.iter().filter(fits).count())
        };
        let sides = |lead| [of(lead, Some(Side::Owner)), of(lead, Some(Side::Other)), of(lead, None)];
        let mut from = 0;
        let mut waited = Vec::new();
        for (words, last) in WAITS {
            waited.push((words, number(days.iter().filter(|&&wait| from <= wait && wait <= last).count())));
            from = last.saturating_add(1);
        }
        let (lost, made_up, open) = (number(lost.len()), number(days.len()), facts.quarter.open);
        waited.push((STILL_OPEN, open));
        waited.push((NOT_MADE_UP, lost.saturating_sub(made_up).saturating_sub(open)));
        Self {
            by_lead: Lead::ALL.into_iter().map(|lead| (lead_words(lead), sides(Some(lead)))).collect(),
            by_side: sides(None),
            waited,
            made_up,
            open,
            lost,
            median_hours: hours.get(hours.len() / 2).copied(),
            median_days: days.get(days.len() / 2).copied(),
        }
    }

    /// How many were neither made up nor can still be.
    #[must_use]
    pub const fn not_made_up(&self) -> u32 {
        self.lost.saturating_sub(self.made_up).saturating_sub(self.open)
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
        match late {
            0 => format!("{words}."),
            late => format!("{words}. {late} of them with less than a day's notice."),
        }
    }

    /// How fast they were made up, in a sentence; empty where nothing was lost.
    #[must_use]
    pub fn recovery_words(&self) -> String {
        let wait = match self.median_days {
            _ if self.lost == 0 => return String::new(),
            None if self.lost == 1 => return "It was not made up.".to_owned(),
            None => return format!("None of the {} lost sessions was made up.", self.lost),
            Some(0) => "on the same day".to_owned(),
            Some(days) => format!("within {}", count(days, "day")),
        };
        match (self.made_up, self.lost) {
            (1, 1) => format!("It was made up {wait}."),
            (1, lost) => format!("One of the {lost} was made up, {wait}."),
            (made_up, lost) if made_up == lost => format!("All {lost} were made up, half of them {wait}."),
            (made_up, lost) => format!("{made_up} of the {lost} were made up, half of these {wait}."),
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
