//! Renders the report as JSON (`docs/schemas/report.json`).

use serde::Serialize;

use crate::domain::one_on_one::Cadence;
use crate::domain::person::{Address, Person, Relation};
use crate::domain::sanitize;
use crate::domain::session::{Evidence, Loss, Outcome, Session, Side};
use crate::domain::source::Source;
use crate::domain::week::{
    Coverage, Habits, OneOnOneWeek, PersonWeek, StripWeek, Totals, WeekFacts, WeekId, WeekTotals,
};

use super::counts::{BurdenView, CorrectionView, LossesView, Shared, TurnView};
use super::page::NAME;
use super::rate::Rate;
use super::{Error, gaps};
use crate::wording::local_time::LocalTime;
use crate::wording::phrases;

/// Writes the facts as JSON, indented, with a line end.
///
/// # Errors
/// Where a value has no form in JSON.
pub fn write(facts: &WeekFacts) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(&Report::new(facts))?;
    text.push('\n');
    Ok(text)
}

/// Writes the counts alone as JSON: no name, address, title, id, or name of a calendar; see `docs/schemas/report-share.json`.
///
/// # Errors
/// Where a value has no form in JSON.
pub fn write_shared(facts: &WeekFacts) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(&Shared::new(facts))?;
    text.push('\n');
    Ok(text)
}

/// A session as every `--format json` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct SessionView {
    /// Its name for ever.
    pub id: String,
    /// The uid of its series.
    pub series: String,
    /// With whom.
    pub person: PersonView,
    /// RFC 3339, with the owner's offset; so are all times here.
    pub original_start: String,
    /// Where it is now, or was last.
    pub start: String,
    /// Exclusive.
    pub end: String,
    /// Whether `start` is not the original.
    pub moved: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// The same in words: who lost it, and how early.
    pub words: String,
    /// Which side lost it.
    pub by: Option<Side>,
    /// Why.
    pub evidence: Vec<EvidenceView>,
    /// The last good read that showed it standing, where one did before it was lost.
    pub lost_after: Option<String>,
    /// The good read that showed first that it was lost; null where no read had shown it standing.
    pub lost_at: Option<String>,
    /// `open`, `missed` or null.
    pub state: Option<Loss>,
    /// Until when it can be made up; null where it was not lost.
    pub deadline: Option<String>,
    /// Whether it waits to be made up.
    pub owed: bool,
    /// What stands in for it.
    pub made_up_by: Option<ReplacementView>,
}

/// A person as every `--format json` shows them.
#[derive(Clone, Debug, Serialize)]
pub struct PersonView {
    /// The name, on one line.
    pub name: String,
    /// Their addresses.
    pub addresses: Vec<Address>,
    /// What they are to the owner.
    pub relation: Relation,
}

/// A piece of evidence: its kind, and words.
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceView {
    /// The kind, stable.
    pub kind: &'static str,
    /// The words, which may change.
    pub detail: String,
}

/// What stands in for a lost session.
#[derive(Clone, Debug, Serialize)]
pub struct ReplacementView {
    /// The uid of the event.
    pub uid: String,
    /// Its start.
    pub start: String,
    /// Its end, exclusive.
    pub end: String,
    /// Whether it was held.
    pub held: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    week: WeekId,
    start: String,
    end: String,
    zone: &'a str,
    made: String,
    people: Vec<PersonReport>,
    totals: &'a Totals,
    quarter: &'a Totals,
    weeks: &'a [WeekTotals],
    rate: RateView,
    losses: LossesView,
    fairness: Vec<BurdenView>,
    coverage: Coverage,
    rotation: Vec<TurnView>,
    corrections: Vec<CorrectionView>,
    uncovered: Vec<PersonView>,
    sources: Vec<SourceView<'a>>,
    gaps: Vec<String>,
}

#[derive(Serialize)]
struct PersonReport {
    #[serde(flatten)]
    person: PersonView,
    one_on_ones: Vec<OneOnOneReport>,
}

#[derive(Serialize)]
struct OneOnOneReport {
    id: String,
    verdict: crate::domain::one_on_one::Verdict,
    unanswered: bool,
    cadence: Cadence,
    sessions: Vec<SessionView>,
    strip: Vec<StripWeek>,
    year: Vec<StripWeek>,
    last_held: Option<String>,
    days_since_held: Option<i64>,
    owed: Vec<SessionView>,
    next: Option<String>,
    lapsed: Option<String>,
    overdue: bool,
    habits: Habits,
}

#[derive(Serialize)]
struct RateView {
    kept: u32,
    missed: u32,
    band: &'static str,
    words: String,
}

#[derive(Serialize)]
struct SourceView<'a> {
    account: &'a str,
    calendar: &'a str,
    kind: crate::domain::source::SourceKind,
    last_success: Option<String>,
    stale_since: Option<String>,
    problem: Option<String>,
}

impl<'a> Report<'a> {
    fn new(facts: &'a WeekFacts) -> Self {
        let wall = LocalTime::new(&facts.zone, facts.made);
        let rate = Rate::new(&facts.quarter);
        Self {
            schema: 1,
            week: facts.week,
            start: wall.exact(facts.span.start),
            end: wall.exact(facts.span.end),
            zone: &facts.zone,
            made: wall.exact(facts.made),
            people: facts.people.iter().map(|person| PersonReport::new(person, &wall)).collect(),
            totals: &facts.totals,
            quarter: &facts.quarter,
            weeks: &facts.weeks,
            rate: RateView { kept: rate.kept, missed: rate.missed, band: rate.band.words(), words: rate.numbers },
            losses: LossesView::new(facts),
            fairness: facts.fairness.iter().map(BurdenView::new).collect(),
            coverage: facts.coverage,
            rotation: facts.rotation.iter().map(|turn| TurnView::new(turn, &wall)).collect(),
            corrections: facts.corrections.iter().map(|one| CorrectionView::new(one, &wall)).collect(),
            uncovered: facts.uncovered.iter().map(PersonView::new).collect(),
            sources: facts.sources.iter().map(|source| SourceView::new(source, &wall)).collect(),
            gaps: gaps::of(facts, &wall),
        }
    }
}

impl PersonReport {
    fn new(person: &PersonWeek, wall: &LocalTime) -> Self {
        let ones = person.one_on_ones.iter();
        Self {
            person: PersonView::new(&person.person),
            one_on_ones: ones.map(|one| OneOnOneReport::new(one, &person.person, wall)).collect(),
        }
    }
}

impl OneOnOneReport {
    fn new(one: &OneOnOneWeek, person: &Person, wall: &LocalTime) -> Self {
        let views = |sessions: &[Session]| sessions.iter().map(|one| SessionView::new(one, person, wall)).collect();
        Self {
            id: one.id.0.clone(),
            verdict: one.verdict,
            unanswered: one.is_unanswered,
            cadence: one.cadence,
            sessions: views(&one.sessions),
            strip: one.strip.clone(),
            year: one.year.clone(),
            last_held: one.last_held.map(|at| wall.exact(at)),
            days_since_held: one.days_since_held,
            owed: views(&one.owed),
            next: one.next.map(|span| wall.exact(span.start)),
            lapsed: one.lapsed.map(|at| wall.exact(at)),
            overdue: one.overdue,
            habits: one.habits.clone(),
        }
    }
}

impl SessionView {
    /// Puts a session in the shape that every `--format json` has.
    #[must_use]
    pub fn new(session: &Session, person: &Person, wall: &LocalTime) -> Self {
        let name = sanitize::name(person, NAME);
        Self {
            id: session.id.to_string(),
            series: session.series.clone(),
            person: PersonView::new(person),
            original_start: wall.exact(session.id.original),
            start: wall.exact(session.span.start),
            end: wall.exact(session.span.end),
            moved: session.is_moved(),
            outcome: session.outcome,
            words: phrases::story(session, &name, wall),
            by: session.by,
            evidence: session.evidence.iter().map(|one| EvidenceView::new(one, &name, wall)).collect(),
            lost_after: session.lost.map(|lost| wall.exact(lost.after)),
            lost_at: session.lost.map(|lost| wall.exact(lost.before)),
            state: session.state,
            deadline: session.outcome.is_lost().then(|| wall.exact(session.deadline)),
            owed: session.owed,
            made_up_by: session.made_up_by.as_ref().map(|by| ReplacementView {
                uid: by.uid.clone(),
                start: wall.exact(by.span.start),
                end: wall.exact(by.span.end),
                held: by.held,
            }),
        }
    }
}

impl PersonView {
    /// Puts a person in the shape that every `--format json` has.
    #[must_use]
    pub fn new(person: &Person) -> Self {
        Self { name: sanitize::name(person, NAME), addresses: person.addresses.clone(), relation: person.relation }
    }
}

impl EvidenceView {
    fn new(evidence: &Evidence, other: &str, wall: &LocalTime) -> Self {
        Self { kind: evidence.kind(), detail: phrases::evidence(evidence, other, wall) }
    }
}

impl<'a> SourceView<'a> {
    fn new(source: &'a Source, wall: &LocalTime) -> Self {
        Self {
            account: &source.id.account,
            calendar: &source.id.calendar,
            kind: source.kind,
            last_success: source.last_success.map(|at| wall.exact(at)),
            stale_since: source.stale_since.map(|at| wall.exact(at)),
            problem: source.problem.as_ref().map(|why| sanitize::one_line(&why.to_string(), 200)),
        }
    }
}
