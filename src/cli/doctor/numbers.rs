//! The statistics in a bug report: database size, reads per calendar, and counts of outcomes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::context::Found;
use super::redact::Redactor;
use super::{DoctorContext, Examined};
use crate::domain::one_on_one::Verdict;
use crate::domain::operation::Operation;
use crate::store::{Checked, PollState};
use crate::wording::phrases;

/// All of it, as lines.
pub fn text(case: &DoctorContext, examined: &Examined, found: Option<&Found>, redactor: &Redactor) -> String {
    let mut out = String::new();
    if let Some(inspection) = &examined.inspection {
        let form = match &inspection.form {
            Ok(form) => format!("{form:?}"),
            Err(error) => format!("{:?}", error.kind),
        };
        let check = match &inspection.check {
            Some(Checked::Good) => "whole",
            Some(Checked::Broken(_)) => "broken",
            Some(Checked::TooLong) => "not checked in time",
            None => "none",
        };
        let _ = writeln!(out, "schema version {form}, {} bytes, structure {check}", inspection.bytes);
        for (table, rows) in &inspection.rows {
            let _ = writeln!(out, "rows of {table:<14}{rows:>9}");
        }
        let _ = writeln!(out, "copies {}", inspection.copies.len());
    }
    if let (Some(known), Some(settings)) = (&examined.known, &case.settings) {
        for (calendar, state) in settings.calendars().zip(&known.states) {
            let _ = writeln!(out, "{}: {}", redactor.strict(&calendar.id.to_string()), reading(case, state));
        }
        counted(&mut out, "writes, by how they ended", known.operations.iter().map(ended));
    }
    if let Some(found) = found {
        let sure = |verdict| found.standing.one_on_ones.iter().filter(|one| one.verdict == verdict).count();
        let _ = writeln!(
            out,
            "1:1s {}, tentative {}, other series {}",
            sure(Verdict::OneOnOne),
            sure(Verdict::Tentative),
            found.standing.others.len()
        );
        counted(
            &mut out,
            "1:1s by cadence",
            found.standing.one_on_ones.iter().map(|one| phrases::cadence(one.cadence)),
        );
        let sessions = found.standing.one_on_ones.iter().flat_map(|one| &one.sessions);
        counted(&mut out, "sessions by outcome", sessions.map(|session| format!("{:?}", session.outcome)));
    }
    out
}

/// How the reads of a calendar went, in times and kinds of failures.
fn reading(case: &DoctorContext, state: &PollState) -> String {
    let at = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| case.wall.exact(at));
    let kind = state.problem.as_ref().map_or_else(|| "none".to_owned(), |why| why.problem.kind.to_string());
    format!(
        "first {}, last {}, whole {}, stale since {}, failures {}, last failure {kind}, skipped or repaired {}",
        at(state.first_success),
        at(state.last_success),
        at(state.last_full),
        at(state.stale_since),
        state.failures_in_row,
        state.problems_in_all,
    )
}

fn ended(operation: &Operation) -> String {
    format!("{:?}", operation.state)
}

fn counted(out: &mut String, title: &str, all: impl Iterator<Item = String>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_insert(0) += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(what, many)| format!("{what} {many}")).collect();
    let _ = writeln!(out, "{title}: {}", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") });
}
