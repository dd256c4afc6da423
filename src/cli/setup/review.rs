//! Reads the calendars, lists the 1:1s found with the reasons, and asks about each.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::Setup;
use super::prompt::Mark;
use crate::cli::context::{Context, Found};
use crate::cli::{output, series, sync, words};
use crate::daemon::shared;
use crate::daemon::source_reader::readers;
use crate::domain::one_on_one::Verdict;
use crate::domain::sanitize;
use crate::domain::session::{Choice, Decision};
use crate::domain::standing::{OneOnOne, Standing};
use crate::store::Store;
use crate::wording::local_time::count;
use crate::wording::phrases;

/// How many kinds of what is no 1:1 are told.
const MAX_SORTS: usize = 5;

impl Setup<'_> {
    /// Reads every calendar into the store, with a line for each.
    pub(super) fn read(&mut self, context: &Context, store: &Store) -> anyhow::Result<()> {
        let all = readers(&context.settings, &shared(context.data(), &context.settings.owner));
        let bar = sync::progress(all.len());
        let mut said = Vec::new();
        let now = || context.now();
        let reading = sync::side_by_side(all, store, &now, None, &bar, |reader, outcome| {
            said.push(sync::line(reader, outcome));
            Ok(())
        });
        self.wait(reading)?;
        bar.finish_and_clear();
        for line in said {
            self.talk.say(&line)?;
        }
        Ok(())
    }

    /// Shows the 1:1s, asks which of them are, and keeps the answers.
    pub(super) fn found(&mut self, context: &Context, store: &Store) -> anyhow::Result<Found> {
        let found = self.wait(context.found(store))?;
        let standing = &found.standing;
        self.talk.show("\n")?;
        if standing.one_on_ones.is_empty() {
            self.talk.show(&series::text(standing, &context.wall(), false))?;
        } else {
            self.talk.show(&shown_with_reasons(standing))?;
            let marks: Vec<Mark> = standing.one_on_ones.iter().map(mark).collect();
            let kept = self.talk.mark("Which of them are 1:1s?", &marks)?;
            self.decide(standing, &kept, context, store)?;
        }
        self.talk.show(&rest(standing))?;
        self.wait(context.cycle(store).record(context.now())).context("recording what was found")?;
        Ok(found)
    }

    fn decide(&mut self, standing: &Standing, kept: &[usize], context: &Context, store: &Store) -> anyhow::Result<()> {
        let mut said = 0;
        for (place, one) in standing.one_on_ones.iter().enumerate() {
            let choice = match (one.verdict, kept.contains(&place)) {
                (Verdict::Tentative, true) => Choice::Confirm { id: one.id.clone(), person: None },
                (Verdict::OneOnOne, false) => Choice::Ignore { id: one.id.clone() },
                _ => continue,
            };
            let decision = Decision { choice, at: context.now() };
            self.wait(store.decide(decision)).context("recording the decision")?;
            said += 1;
        }
        if said > 0 {
            self.talk.say(&format!(
                "{} kept; `cadenced series confirm ID` and `ignore ID` say otherwise later.",
                count(said, "decision")
            ))?;
        }
        Ok(())
    }
}

fn mark(one: &OneOnOne) -> Mark {
    let doubt = if one.verdict == Verdict::Tentative { ", to be confirmed" } else { "" };
    let title = sanitize::one_line(&one.title, 28);
    let what = format!("{} ({}, {title:?}{doubt})", sanitize::name(&one.person, 20), phrases::cadence(one.cadence));
    Mark { what, is_on: one.verdict == Verdict::OneOnOne }
}

/// Each 1:1 with why it is one.
fn shown_with_reasons(standing: &Standing) -> String {
    let number = i64::try_from(standing.one_on_ones.len()).unwrap_or(i64::MAX);
    let mut out = format!("{} found, and why:\n", count(number, "1:1"));
    for one in &standing.one_on_ones {
        let name = sanitize::name(&one.person, 40);
        let why: Vec<String> = one.reasons.iter().map(|reason| phrases::reason(reason, &name)).collect();
        let line = format!("{name}, {}: {}", phrases::cadence(one.cadence), why.join("; "));
        out.push_str(&output::indented([line], "  ", "    "));
    }
    out
}

/// How many series are none, and for which reasons most of them.
fn rest(standing: &Standing) -> String {
    if standing.others.is_empty() {
        let other = if standing.one_on_ones.is_empty() {
            "series was found at all: nothing in the calendars recurs"
        } else {
            "other series was found"
        };
        return format!("No {other}.\n");
    }
    let mut sorts: BTreeMap<String, i64> = BTreeMap::new();
    for other in &standing.others {
        let name = words::other_side(other);
        let why = other.reasons.last().map(|reason| phrases::reason(reason, &name)).unwrap_or_default();
        *sorts.entry(why).or_default() += 1;
    }
    let mut sorts: Vec<(String, i64)> = sorts.into_iter().collect();
    sorts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let lines = sorts
        .iter()
        .take(MAX_SORTS)
        .map(|(why, number)| if *number > 1 { format!("{why} ({number} of them)") } else { why.clone() });
    let number = standing.others.len();
    format!(
        "{number} other series or events are no 1:1 (`cadenced series --all` shows each):\n{}",
        output::indented(lines, "  ", "    ")
    )
}
