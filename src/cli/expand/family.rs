//! Groups a file's events: a series master with the overrides that share its UID.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::calendar::Problem;
use crate::domain::event::Event;
use crate::domain::recurrence::{Moment, Override, Recurrence, Series};

/// A master with its overrides, or an event that stands alone.
pub(super) struct Family {
    pub master: Event,
    pub overrides: Vec<Event>,
    none: Recurrence,
}

impl Family {
    const fn new(master: Event, overrides: Vec<Event>) -> Self {
        let none =
            Recurrence { rules: Vec::new(), dates: Vec::new(), excluded: Vec::new(), excluded_rules: Vec::new() };
        Self { master, overrides, none }
    }

    /// The overrides in the form that expansion takes, in the same order.
    pub(super) fn overrides_for_expansion(&self) -> Vec<Override> {
        let one = |event: &Event| {
            let stands_for = event.overrides.as_ref()?;
            Some(Override {
                original: stands_for.original.clone(),
                this_and_future: stands_for.this_and_future,
                start: event.start.clone(),
                end: event.end.clone(),
                sequence: event.sequence,
            })
        };
        self.overrides.iter().filter_map(one).collect()
    }

    /// What to expand.
    pub(super) fn series<'a>(&'a self, overrides: &'a [Override]) -> Series<'a> {
        let recurrence = self.master.recurrence.as_ref().unwrap_or(&self.none);
        Series { start: &self.master.start, end: &self.master.end, recurrence, overrides }
    }

    /// The original start of an instance; an override without its master knows its own.
    pub(super) fn original<'a>(&'a self, expanded: &'a Moment) -> &'a Moment {
        self.master.overrides.as_ref().map_or(expanded, |stands_for| &stands_for.original)
    }
}

/// Puts masters and overrides together. Of several masters with one uid the latest revision counts.
pub(super) fn families(events: Vec<Event>, problems: &mut Vec<Problem>) -> Vec<Family> {
    let mut by_uid: BTreeMap<String, (Vec<Event>, Vec<Event>)> = BTreeMap::new();
    for event in events {
        let (masters, overrides) = by_uid.entry(event.uid.clone()).or_default();
        if event.overrides.is_some() { overrides.push(event) } else { masters.push(event) }
    }
    let mut families = Vec::new();
    for (uid, (masters, overrides)) in by_uid {
        let mut masters = latest(&uid, masters, problems);
        if masters.is_empty() {
            families.extend(orphans(overrides));
            continue;
        }
        let first = masters.iter().position(|master| master.recurrence.is_some()).unwrap_or(0);
        families.push(Family::new(masters.remove(first), overrides));
        families.extend(masters.into_iter().map(|master| Family::new(master, Vec::new())));
    }
    families
}

/// Overrides whose master is not in the file stand as single events; of several for one instance the highest SEQUENCE counts.
fn orphans(mut overrides: Vec<Event>) -> Vec<Family> {
    overrides.sort_by_key(|event| std::cmp::Reverse(event.sequence));
    let mut seen = BTreeSet::new();
    overrides
        .retain(|event| seen.insert(event.overrides.as_ref().map(|stands_for| place_in_time(&stands_for.original))));
    overrides.into_iter().map(|event| Family::new(event, Vec::new())).collect()
}

/// The masters that count: of the highest SEQUENCE, and of several with one start the last changed, else the last in the file.
fn latest(uid: &str, mut masters: Vec<Event>, problems: &mut Vec<Problem>) -> Vec<Event> {
    if masters.len() < 2 {
        return masters;
    }
    let before = masters.len();
    let highest = masters.iter().map(|event| event.sequence).max().unwrap_or(0);
    masters.retain(|event| event.sequence == highest);
    let mut kept: BTreeMap<_, Event> = BTreeMap::new();
    for master in masters {
        let at = place_in_time(&master.start);
        if kept.get(&at).is_none_or(|other| other.modified <= master.modified) {
            kept.insert(at, master);
        }
    }
    let dropped = before - kept.len();
    let what = match dropped {
        0 => format!(
            "{before} events share this uid; all are kept, and its changed instances go to the first that recurs"
        ),
        _ => {
            format!("{before} events share this uid; {dropped} of them are older revisions or copies and were left out")
        }
    };
    let place = format!("uid {}", uid.chars().take(80).collect::<String>());
    problems.push(Problem { place, what, skipped: dropped > 0 });
    kept.into_values().collect()
}

/// What makes two moments the same here.
fn place_in_time(moment: &Moment) -> (Timestamp, DateTime, bool) {
    (moment.instant(&TimeZone::UTC), moment.local(), moment.is_date())
}
