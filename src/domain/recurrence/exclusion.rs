//! Excludes starts from a series: EXDATE (RFC 5545 3.8.5.1) and EXRULE (RFC 2445 4.8.5.2).

use super::civil::{DAY, seconds};
use super::frame::Frame;
use super::plan::Plan;
use super::starts::{CandidateStart, Last};
use super::steps::Steps;
use super::{Moment, Recurrence, Rule};

/// Marks the starts, which are in order of their keys, that an EXDATE or EXRULE takes out.
pub(super) fn mark(found: &mut [CandidateStart], recurrence: &Recurrence, frame: &Frame<'_>, steps: &mut Steps) {
    let (Some(first), Some(last)) = (found.first().copied(), found.last().copied()) else { return };
    // Readings in two zones are never two days apart.
    let near = first.local - 2 * DAY..=last.local + 2 * DAY;
    for date in &recurrence.excluded {
        if !near.contains(&seconds(date.local())) {
            continue;
        }
        if !steps.take() {
            return;
        }
        mark_date(found, date, frame, steps);
    }
    for rule in &recurrence.excluded_rules {
        mark_rule(found, rule, frame, steps);
    }
}

fn mark_date(found: &mut [CandidateStart], excluded: &Moment, frame: &Frame<'_>, steps: &mut Steps) {
    if !excluded.is_date() || frame.whole_days() {
        let key = frame.key_of_stated(excluded);
        if let Ok(at) = found.binary_search_by_key(&key, |start| start.key) {
            found[at].excluded = true;
        }
        return;
    }
    // A date takes out whatever starts on that day.
    let midnight = seconds(excluded.local());
    let first = found.partition_point(|start| start.key < midnight - 2 * DAY);
    for start in found[first..].iter_mut().take_while(|start| start.key < midnight + 3 * DAY) {
        if !steps.take() {
            return;
        }
        start.excluded |= (midnight..midnight + DAY).contains(&start.local);
    }
}

/// Asks for each start whether the rule generates it: that costs no more than the starts that were found.
fn mark_rule(found: &mut [CandidateStart], rule: &Rule, frame: &Frame<'_>, steps: &mut Steps) {
    let plan = Plan::new(rule, frame.start, frame.whole_days());
    let last = Last::of(rule, frame);
    for start in found.iter_mut().take_while(|start| start.local <= last.local && start.key <= last.key) {
        let generated = plan.walked(start.local, start.local + 1, steps) > 0;
        if generated && rule.count.is_some_and(|count| plan.before(start.local, steps) >= count.into()) {
            return;
        }
        if steps.are_spent() {
            return;
        }
        start.excluded |= generated;
    }
}
