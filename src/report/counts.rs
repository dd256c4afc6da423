//! The report's numbers as JSON, and the shared report, which contains nothing but numbers.

use serde::Serialize;

use crate::domain::one_on_one::Verdict;
use crate::domain::session::Choice;
use crate::domain::source::Source;
use crate::domain::week::{Burden, Correction, Coverage, RotationEntry, Totals, WeekFacts, WeekId, WeekTotals};

use super::gaps;
use super::json::PersonView;
use super::losses::Losses;
use super::rate::Rate;
use crate::wording::local_time::LocalTime;

/// How early sessions were lost, each with how many by which side; and how long they waited to be made up.
#[derive(Serialize)]
pub(super) struct LossesView {
    lost: u32,
    not_made_up: u32,
    open: u32,
    median_hours: Option<i64>,
    median_days: Option<i64>,
    by_lead: Vec<LeadView>,
    waited: Vec<WaitView>,
}

#[derive(Serialize)]
struct LeadView {
    lead: &'static str,
    owner: u32,
    other: u32,
    unknown: u32,
}

#[derive(Serialize)]
struct WaitView {
    wait: &'static str,
    sessions: u32,
}

#[derive(Serialize)]
pub(super) struct BurdenView {
    person: PersonView,
    expected: u32,
    moved: u32,
    given_up: u32,
    singled_out: bool,
}

#[derive(Serialize)]
pub(super) struct TurnView {
    person: PersonView,
    last_held: Option<String>,
    next: Option<String>,
}

#[derive(Serialize)]
pub(super) struct CorrectionView {
    session: String,
    person: PersonView,
    choice: &'static str,
    at: String,
}

/// The report in counts alone.
#[derive(Serialize)]
pub(super) struct Shared<'a> {
    schema: u32,
    #[serde(rename = "shared")]
    is_without_names: bool,
    week: WeekId,
    start: String,
    end: String,
    made: String,
    people: usize,
    one_on_ones: usize,
    tentative: usize,
    overdue: usize,
    lapsed: usize,
    totals: &'a Totals,
    quarter: &'a Totals,
    weeks: &'a [WeekTotals],
    rate: SharedRate,
    losses: LossesView,
    moved: u32,
    given_up: u32,
    singled_out: usize,
    coverage: Coverage,
    sources: usize,
    stale_sources: usize,
    corrections: usize,
    gaps: Vec<String>,
}

#[derive(Serialize)]
struct SharedRate {
    kept: u32,
    missed: u32,
    band: &'static str,
}

impl LossesView {
    pub(super) fn new(facts: &WeekFacts) -> Self {
        let losses = Losses::new(facts);
        let lead = |(lead, [owner, other, unknown]): (&'static str, [u32; 3])| LeadView { lead, owner, other, unknown };
        Self {
            lost: losses.lost,
            not_made_up: losses.not_made_up(),
            open: losses.open,
            median_hours: losses.median_hours,
            median_days: losses.median_days,
            by_lead: losses.by_lead.into_iter().map(lead).collect(),
            waited: losses.waited.into_iter().map(|(wait, sessions)| WaitView { wait, sessions }).collect(),
        }
    }
}

impl BurdenView {
    pub(super) fn new(burden: &Burden) -> Self {
        Self {
            person: PersonView::new(&burden.person),
            expected: burden.expected,
            moved: burden.moved,
            given_up: burden.given_up,
            singled_out: burden.singled_out,
        }
    }
}

impl TurnView {
    pub(super) fn new(turn: &RotationEntry, wall: &LocalTime) -> Self {
        Self {
            person: PersonView::new(&turn.person),
            last_held: turn.last_held.map(|at| wall.exact(at)),
            next: turn.next.map(|at| wall.exact(at)),
        }
    }
}

impl CorrectionView {
    pub(super) fn new(correction: &Correction, wall: &LocalTime) -> Self {
        let choice = match correction.choice {
            Choice::Held { .. } => "held",
            Choice::NoShow { .. } => "no_show",
            Choice::Excuse { .. } => "excuse",
            Choice::Waive { .. } => "waive",
            Choice::KeepBoth { .. } => "keep",
            Choice::Withdraw { .. }
            | Choice::Overlap { .. }
            | Choice::Confirm { .. }
            | Choice::Ignore { .. }
            | Choice::Take { .. }
            | Choice::Undo { .. } => "clear",
        };
        Self {
            session: correction.session.to_string(),
            person: PersonView::new(&correction.person),
            choice,
            at: wall.exact(correction.at),
        }
    }
}

impl<'a> Shared<'a> {
    pub(super) fn new(facts: &'a WeekFacts) -> Self {
        let wall = LocalTime::new(&facts.zone, facts.made);
        let rate = Rate::new(&facts.quarter);
        let ones: Vec<_> = facts.people.iter().flat_map(|person| &person.one_on_ones).collect();
        let is_stale = |source: &&Source| source.stale_since.is_some() || source.last_success.is_none();
        Self {
            schema: 1,
            is_without_names: true,
            week: facts.week,
            start: wall.exact(facts.span.start),
            end: wall.exact(facts.span.end),
            made: wall.exact(facts.made),
            people: facts.people.len(),
            one_on_ones: ones.iter().filter(|one| one.verdict == Verdict::OneOnOne).count(),
            tentative: ones.iter().filter(|one| one.verdict == Verdict::Tentative).count(),
            overdue: ones.iter().filter(|one| one.overdue).count(),
            lapsed: ones.iter().filter(|one| one.lapsed.is_some()).count(),
            totals: &facts.totals,
            quarter: &facts.quarter,
            weeks: &facts.weeks,
            rate: SharedRate { kept: rate.kept, missed: rate.missed, band: rate.band.words() },
            losses: LossesView::new(facts),
            moved: facts.fairness.iter().map(|burden| burden.moved).sum(),
            given_up: facts.fairness.iter().map(|burden| burden.given_up).sum(),
            singled_out: facts.fairness.iter().filter(|burden| burden.singled_out).count(),
            coverage: facts.coverage,
            sources: facts.sources.len(),
            stale_sources: facts.sources.iter().filter(is_stale).count(),
            corrections: facts.corrections.len(),
            gaps: gaps::of(facts, &wall),
        }
    }
}
