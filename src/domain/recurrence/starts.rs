//! The original starts of a series, from its rules, RDATEs and DTSTART, that can matter to a window.

use std::ops::ControlFlow;

use super::civil::{DAY, seconds};
use super::expand::MAX_INSTANCES;
use super::frame::Frame;
use super::offsets::{Offsets, offset_at, timestamp};
use super::overrides::{Overrides, Segment};
use super::placing::{Shape, View};
use super::plan::Plan;
use super::rule::{Rule, Until};
use super::steps::Steps;
use super::{Moment, Options, Series};

/// The first wall-clock second past the last that a civil time can show.
const PAST_TIME: i64 = 253_402_300_800;

/// A start as the rules or dates give it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CandidateStart {
    pub(super) key: i64,
    pub(super) local: i64,
    /// The RDATE that stated it, where that states an end as well.
    pub(super) period: Option<u32>,
    pub(super) excluded: bool,
}

/// What the search for starts needs to know.
pub(super) struct Starts<'a> {
    pub(super) series: &'a Series<'a>,
    pub(super) frame: &'a Frame<'a>,
    pub(super) view: &'a View<'a>,
    pub(super) overrides: &'a Overrides,
    pub(super) options: Options,
}

/// Where to look: a segment of keys, and the readings between which they lie.
#[derive(Clone, Copy, Debug)]
struct Reach {
    segment: Segment,
    lo: i64,
    hi: i64,
}

impl Starts<'_> {
    /// Every start once, by key.
    pub(super) fn collect(&self, steps: &mut Steps) -> Vec<CandidateStart> {
        let mut found = Vec::new();
        for segment in self.overrides.segments() {
            let worth_a_look = self.may_reach(segment);
            if !steps.take_many(if worth_a_look { 16 } else { 1 }) {
                break;
            }
            if !worth_a_look {
                continue;
            }
            let reach = self.reach(segment);
            self.collect_stated(reach, &mut found, steps);
            for rule in &self.series.recurrence.rules {
                self.collect_rule(rule, reach, &mut found, steps);
            }
        }
        // A PERIOD says more than a bare start: of two alike it is the one that stays.
        let order = |start: &CandidateStart| (start.key, start.period.is_none());
        if !found.is_sorted_by_key(order) {
            found.sort_unstable_by_key(order);
        }
        found.dedup_by_key(|start| start.key);
        found
    }

    fn most(&self) -> usize {
        self.options.most.min(MAX_INSTANCES)
    }

    /// `false` where it takes no zone to see that a segment stays out of the window.
    fn may_reach(&self, segment: Segment) -> bool {
        let over = segment.range.and_then(|at| self.series.overrides.get(at));
        let (start, end) = over.map_or((self.series.start, self.series.end), |over| (&over.start, &over.end));
        let (start, end) = (seconds(start.local()), seconds(end.local()));
        let shift = if over.is_some() { start - segment.from } else { 0 };
        // Readings, instants and lengths in whatever zones differ by less than this.
        let slack = 6 * DAY;
        let first = segment.from.saturating_add(shift).saturating_sub(slack);
        let last = segment.to.saturating_add(shift).saturating_add((end - start).max(0)).saturating_add(slack);
        first < self.view.to && last > self.view.from
    }

    fn reach(&self, mut segment: Segment) -> Reach {
        let shape = Shape::in_force(self.series, segment.range, self.frame);
        let (lo, hi) = shape.reach(self.view, self.frame);
        if shape.overridden_by.is_none() && self.frame.offsets().is_some() {
            segment.to = segment.to.min(self.view.to);
        }
        let lo = if segment.from == i64::MIN { lo } else { lo.max(self.frame.local_of(segment.from)) };
        Reach { segment, lo, hi: hi.min(PAST_TIME) }
    }

    fn collect_stated(&self, reach: Reach, found: &mut Vec<CandidateStart>, steps: &mut Steps) {
        let recurrence = self.series.recurrence;
        if self.options.include_start || (recurrence.rules.is_empty() && recurrence.dates.is_empty()) {
            self.state(self.series.start, None, reach, found, steps);
        }
        for (at, date) in (0..).zip(&recurrence.dates) {
            self.state(&date.start, date.end.is_some().then_some(at), reach, found, steps);
        }
    }

    fn state(
        &self,
        start: &Moment,
        period: Option<u32>,
        reach: Reach,
        found: &mut Vec<CandidateStart>,
        steps: &mut Steps,
    ) {
        let reading = seconds(start.local());
        let near = reach.lo.saturating_sub(2 * DAY)..reach.hi.saturating_add(2 * DAY);
        // A PERIOD has a length of its own, so it can reach the window from further away.
        if !steps.take() || (period.is_none() && !near.contains(&reading)) {
            return;
        }
        let key = self.frame.key_of_stated(start);
        if (reach.segment.from..reach.segment.to).contains(&key) {
            let start = CandidateStart { key, local: self.frame.local_of(key), period, excluded: false };
            if found.len() < self.most() {
                found.push(start);
            } else {
                steps.end();
            }
        }
    }

    fn collect_rule(&self, rule: &Rule, reach: Reach, found: &mut Vec<CandidateStart>, steps: &mut Steps) {
        let plan = Plan::new(rule, self.frame.start, self.frame.whole_days());
        let last = Last::of(rule, self.frame);
        let hi = reach.hi.min(last.local.saturating_add(1));
        let mut left = self.left_of_count(&plan, reach.lo, hi, steps);
        let mut ended = false;
        // The steps are the walk's; what the visitor runs out of is told to them afterwards.
        plan.walk(reach.lo, hi, steps, |local| {
            let Some(key) = self.frame.key_of_generated(local) else { return ControlFlow::Continue(()) };
            if left == 0 || key > last.key || key >= reach.segment.to {
                return ControlFlow::Break(());
            }
            left -= 1;
            // DTSTART is there already, as stated.
            if key >= reach.segment.from && !(self.options.include_start && local == self.frame.start) {
                ended = found.len() >= self.most();
                if ended {
                    return ControlFlow::Break(());
                }
                if found.is_empty() {
                    // Most windows hold few instances: one allocation does.
                    found.reserve(16);
                }
                found.push(CandidateStart { key, local, period: None, excluded: false });
            }
            ControlFlow::Continue(())
        });
        if ended {
            steps.end();
        }
    }

    /// How many instances COUNT leaves from the reading `lo` on.
    fn left_of_count(&self, plan: &Plan<'_>, lo: i64, hi: i64, steps: &mut Steps) -> i64 {
        let Some(count) = plan.rule.count.map(i64::from) else { return i64::MAX };
        if plan.at_most_before(hi) < count {
            return i64::MAX;
        }
        let start = self.frame.start;
        let unsynchronised = self.options.include_start && plan.walked(start, start + 1, steps) == 0;
        let before = plan.before(lo, steps) + i64::from(unsynchronised);
        (count - before + self.in_gaps(plan, lo, steps)).max(0)
    }

    /// How many generated times before the reading `lo` fall into gaps of the zone, and so were never counted.
    fn in_gaps(&self, plan: &Plan<'_>, lo: i64, steps: &mut Steps) -> i64 {
        let Some(zone) = self.frame.offsets().map(Offsets::zone) else { return 0 };
        let start = self.frame.key_of_stated(self.series.start);
        // What is read after a DTSTART in a gap, up to what clocks show at it, is in that gap or no later than DTSTART.
        let shown = self.frame.local_of(start);
        let mut count = plan.walked(plan.start + 1, shown.saturating_add(1).min(lo), steps);
        let mut before = offset_at(start, zone);
        for change in zone.following(timestamp(start)) {
            let (at, after) = (change.timestamp().as_second(), i64::from(change.offset().seconds()));
            if at + before >= lo || !steps.take() {
                break;
            }
            count += plan.walked(at + before, (at + after).min(lo), steps);
            before = after;
        }
        count
    }
}

/// UNTIL as the last reading and the last key that it lets through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) local: i64,
    pub(super) key: i64,
}

impl Last {
    /// UTC is compared as an instant where the series has a zone; everything else by its reading.
    pub(super) fn of(rule: &Rule, frame: &Frame<'_>) -> Self {
        let all = Self { local: PAST_TIME, key: i64::MAX };
        match rule.until {
            None => all,
            Some(Until::Date(date)) => Self { local: seconds(date.at(23, 59, 59, 0)), ..all },
            Some(Until::Utc(utc)) => match frame.offsets() {
                // No zone is further than a day and some hours from UTC.
                Some(_) => Self { local: seconds(utc) + DAY + 7_200, key: seconds(utc) },
                None => Self { local: seconds(utc), ..all },
            },
            Some(Until::Local(local)) => Self { local: seconds(local), ..all },
        }
    }
}
