//! The content of a report in words, before it is rendered in any format.

use jiff::civil::Weekday;

use crate::domain::one_on_one::Verdict;
use crate::domain::person::{Person, Relation};
use crate::domain::sanitize;
use crate::domain::session::Session;
use crate::domain::source::{Source, SourceKind};
use crate::domain::week::{Mark, OneOnOneWeek, PersonWeek, StripWeek, WeekFacts, WeekId, WeekTotals, YEAR, mark};

use super::comparison::{self, Bearing};
use super::gaps;
use super::losses::Losses;
use super::rate::Rate;
use super::to_do::{self, ToDo};
use crate::wording::local_time::{LocalTime, count};
use crate::wording::{no_next, phrases};

/// How many characters of a name or title are shown.
pub const NAME: usize = 60;

/// What a report says.
pub struct Page {
    /// `2026-W47`.
    pub week: String,
    /// `Mon 16 to Sun 22 November 2026`.
    pub days: String,
    /// When it was made, in which zone.
    pub made: String,
    /// One sentence on the week.
    pub headline: String,
    /// The share of skipped sessions.
    pub rate: Rate,
    /// The sums: a word, this week, the last twelve weeks.
    pub sums: Vec<(&'static str, u32, u32)>,
    /// What waits for the owner, most urgent first.
    pub waiting: Vec<Waiting>,
    /// The same by person, those first who wait most.
    pub to_do: Vec<ToDo>,
    /// Everyone, in the order of the facts; nobody in a shared report.
    pub rows: Vec<Row>,
    /// How many people there are.
    pub people: usize,
    /// Whether names, addresses and titles are left out.
    pub is_shared: bool,
    /// What the user said since the report was made; empty where nothing.
    pub corrections: Vec<String>,
    /// The weeks of the year that ends with this one, oldest first.
    pub year: Vec<WeekId>,
    /// The report of the week before, where its file is beside this one.
    pub earlier: Option<WeekId>,
    /// The twelve weeks, for the chart.
    pub weeks: Vec<WeekTotals>,
    /// Lost sessions, and how they were made up.
    pub losses: Losses,
    /// Whether it is always the same person who is moved, in a sentence.
    pub fairness: String,
    /// Who was moved or given up how often.
    pub bearings: Vec<Bearing>,
    /// Who has the 1:1 that they should have, in a sentence.
    pub coverage: String,
    /// The rotation of skip-levels.
    pub rotation: Vec<String>,
    /// People with no standing 1:1.
    pub uncovered: Vec<String>,
    /// How fresh every source is.
    pub sources: Vec<Freshness>,
    /// What the report does not know.
    pub gaps: Vec<String>,
}

/// Something that waits for the owner.
pub struct Waiting {
    /// A word: owed, overdue, lapsed, tentative, new.
    pub kind: &'static str,
    /// Who.
    pub name: String,
    /// What.
    pub what: String,
    /// The command that settles it, where one does.
    pub command: Option<String>,
}

/// One 1:1 of one person.
pub struct Row {
    /// Who.
    pub name: String,
    /// What they are to the owner; may be empty.
    pub relation: &'static str,
    /// The heading under which people of this relation stand together.
    pub group: &'static str,
    /// Whether something is owed, overdue or lapsed, so that it stands before those with whom all is well.
    pub is_in_trouble: bool,
    /// How often.
    pub cadence: String,
    /// Whether it is new and not answered, tentative, lapsed or overdue.
    pub flags: Vec<&'static str>,
    /// The sessions of the week.
    pub sessions: Vec<Line>,
    /// What to say where there are none.
    pub quiet: String,
    /// The twelve weeks.
    pub strip: Vec<StripWeek>,
    /// The strip in words.
    pub strip_words: String,
    /// The weeks with a session, of the year that ends with this week.
    pub year: Vec<StripWeek>,
    /// The year in words.
    pub year_words: String,
    /// How long ago it was last held: `6 days`.
    pub held_short: String,
    /// How many sessions wait to be made up.
    pub owed_count: usize,
    /// The day of the next session, or a dash.
    pub next_day: String,
    /// When it was last held, against the cadence.
    pub last_held: String,
    /// How often the pair really meets; may be empty.
    pub pace: String,
    /// What was lost and moved in twelve weeks; may be empty.
    pub habits: String,
    /// The owed sessions of other weeks; those of this week say so themselves.
    pub owed: Vec<String>,
    /// The next session, or that there is none.
    pub next: String,
}

/// One session of the week.
pub struct Line {
    /// When.
    pub when: String,
    /// Its mark.
    pub mark: Mark,
    /// What became of it.
    pub story: String,
    /// What follows from it.
    pub aftermath: Vec<String>,
}

/// How fresh one source is.
pub struct Freshness {
    /// Which.
    pub name: String,
    /// How it is read.
    pub kind: &'static str,
    /// A word: fresh, stale, not read.
    pub tag: &'static str,
    /// Whether that is a worry.
    pub is_stale: bool,
    /// Since when, or when it was last read.
    pub words: String,
}

impl Page {
    /// Puts the facts in words.
    #[must_use]
    pub fn new(facts: &WeekFacts) -> Self {
        let wall = LocalTime::new(&facts.zone, facts.made);
        Self {
            waiting: facts.people.iter().flat_map(|person| waiting(person, &wall)).collect(),
            to_do: to_do::of(facts, &wall),
            rows: facts.people.iter().flat_map(|person| rows(person, &wall)).collect(),
            corrections: facts.corrections.iter().map(|one| phrases::correction(one, &wall)).collect(),
            fairness: comparison::fairness(facts, true),
            bearings: comparison::bearings(facts),
            rotation: comparison::rotation(&facts.rotation, &wall),
            uncovered: facts.uncovered.iter().map(uncovered).collect(),
            sources: facts.sources.iter().map(|source| freshness(source, &wall)).collect(),
            is_shared: false,
            ..Self::shared(facts)
        }
    }

    /// The same in counts alone: no name, address, title, or name of a calendar.
    #[must_use]
    pub fn shared(facts: &WeekFacts) -> Self {
        let wall = LocalTime::new(&facts.zone, facts.made);
        Self {
            week: facts.week.to_string(),
            days: wall.days(facts.span),
            made: format!("{} ({})", wall.long(facts.made), wall.name),
            headline: headline(facts),
            rate: Rate::new(&facts.quarter),
            sums: sums(facts),
            waiting: Vec::new(),
            to_do: Vec::new(),
            year: (0..YEAR).rev().map(|back| facts.week.back(back, Weekday::Monday)).collect(),
            earlier: None,
            rows: Vec::new(),
            people: facts.people.len(),
            is_shared: true,
            corrections: corrected(facts),
            weeks: facts.weeks.clone(),
            losses: Losses::new(facts),
            fairness: comparison::fairness(facts, false),
            bearings: Vec::new(),
            coverage: comparison::coverage(facts.coverage),
            rotation: Vec::new(),
            uncovered: Vec::new(),
            sources: Vec::new(),
            gaps: gaps::of(facts, &wall),
        }
    }
}

impl Page {
    /// How many people there are, for a report that names none.
    #[must_use]
    pub fn people_words(&self) -> String {
        match self.people {
            0 => "No 1:1 was found.".to_owned(),
            1 => "1 person has 1:1s with you.".to_owned(),
            n => format!("{n} people have 1:1s with you."),
        }
    }
}

fn corrected(facts: &WeekFacts) -> Vec<String> {
    let n = len(&facts.corrections);
    let words = format!("{} by the owner", count(n, "correction"));
    if n == 0 { Vec::new() } else { vec![words] }
}

fn headline(facts: &WeekFacts) -> String {
    let week = &facts.totals;
    if week.expected == 0 && week.upcoming == 0 && week.excused == 0 {
        return "No session was expected this week.".to_owned();
    }
    let more = [
        (week.made_up, "made up"),
        (week.made_up_late, "made up late"),
        (week.missed, "missed"),
        (week.open, "open"),
        (week.unknown, "unknown"),
        (week.excused, "excused"),
        (week.upcoming, "still to come"),
    ];
    let more: Vec<String> = more.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let sessions = if week.expected == 0 {
        format!("No session was due: {}", more.join(", "))
    } else {
        let held = format!("{} of {} held", week.held, count(week.expected, "expected session"));
        std::iter::once(held).chain(more).collect::<Vec<_>>().join(", ")
    };
    let owed = if week.owed == 0 {
        "Nothing is owed.".to_owned()
    } else {
        format!("{} owed now{}.", count(week.owed, "session"), phrases::planned(planned(facts), week.owed))
    };
    format!("{sessions}. {owed}")
}

/// How many of the owed sessions have a make-up on the calendar.
fn planned(facts: &WeekFacts) -> u32 {
    let ones = facts.people.iter().flat_map(|person| &person.one_on_ones);
    let planned = ones.flat_map(|one| &one.owed).filter(|session| session.made_up_by.is_some());
    u32::try_from(planned.count()).unwrap_or(u32::MAX)
}

fn sums(facts: &WeekFacts) -> Vec<(&'static str, u32, u32)> {
    let (week, quarter) = (&facts.totals, &facts.quarter);
    vec![
        ("expected", week.expected, quarter.expected),
        ("held", week.held, quarter.held),
        ("of these confirmed", week.confirmed, quarter.confirmed),
        ("made up in time", week.made_up, quarter.made_up),
        ("made up late", week.made_up_late, quarter.made_up_late),
        ("open", week.open, quarter.open),
        ("missed", week.missed, quarter.missed),
        ("excused", week.excused, quarter.excused),
        ("of these holidays", week.holiday, quarter.holiday),
        ("of these away", week.away, quarter.away),
        ("unknown", week.unknown, quarter.unknown),
        ("still to come", week.upcoming, quarter.upcoming),
        ("owed now", week.owed, quarter.owed),
    ]
}

/// What a 1:1 is that somebody unknown sent, and one that only its title shows.
const NEW: &str = "new";
const TENTATIVE: &str = "tentative";

/// What waits for the owner of one person's 1:1s.
pub(super) fn waiting(person: &PersonWeek, wall: &LocalTime) -> Vec<Waiting> {
    let name = sanitize::name(&person.person, NAME);
    let mut found = Vec::new();
    for one in &person.one_on_ones {
        let cadence = phrases::cadence(one.cadence);
        let mut add = |kind, what| found.push(Waiting { kind, name: name.clone(), what, command: None });
        // Where a make-up is on the calendar, nothing waits for the user.
        let to_do = one.owed.iter().filter(|session| session.made_up_by.is_none());
        let days: Vec<String> = to_do.map(|session| wall.day(session.span.start)).collect();
        if !days.is_empty() {
            add("owed", format!("{} ({})", count(len(&days), "session"), days.join("; ")));
        }
        if one.overdue {
            add("overdue", format!("{}; the cadence is {cadence}", held_words(one, wall)));
        }
        if let Some(since) = one.lapsed {
            add("lapsed", format!("its series ended on {}, and no other has followed", wall.day(since)));
        }
        if one.verdict == Verdict::Tentative {
            let id = plain_id(&one.id.0);
            let (kind, what) = if one.is_unanswered {
                (NEW, "new, not answered; if it is a 1:1:")
            } else {
                (TENTATIVE, "recognised by its title only; to confirm it:")
            };
            let command = Some(format!("cadenced series confirm {id}"));
            found.push(Waiting { kind, name: name.clone(), what: what.to_owned(), command });
        }
    }
    found
}

/// An identifier as it can stand in a command: nothing in it means anything to a shell.
pub(super) fn plain_id(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(NAME).collect()
}

fn rows(person: &PersonWeek, wall: &LocalTime) -> Vec<Row> {
    person.one_on_ones.iter().map(|one| row(&person.person, one, wall)).collect()
}

fn row(person: &Person, one: &OneOnOneWeek, wall: &LocalTime) -> Row {
    let name = sanitize::name(person, NAME);
    Row {
        relation: phrases::relation(person.relation),
        group: group(person.relation),
        is_in_trouble: one.overdue || one.lapsed.is_some() || !one.owed.is_empty(),
        cadence: phrases::cadence(one.cadence),
        flags: flags(one),
        sessions: one.sessions.iter().map(|session| line(session, &name, wall)).collect(),
        quiet: "no session this week".to_owned(),
        strip: one.strip.clone(),
        strip_words: strip_words(&one.strip),
        year_words: marks_words(&one.year),
        year: one.year.clone(),
        held_short: held_short(one, wall),
        owed_count: one.owed.len(),
        next_day: one.next.map_or_else(|| "–".to_owned(), |span| wall.day(span.start)),
        last_held: held_words(one, wall),
        pace: comparison::pace(&one.habits, one.cadence),
        habits: comparison::habits(&one.habits, &name),
        owed: one
            .owed
            .iter()
            .filter(|owed| one.sessions.iter().all(|shown| shown.id != owed.id))
            .map(|session| owed(session, &name, wall))
            .collect(),
        next: one.next.map_or_else(|| no_next(one.lapsed.is_some()).to_owned(), |span| wall.moment(span.start)),
        name,
    }
}

fn flags(one: &OneOnOneWeek) -> Vec<&'static str> {
    let all = [
        (one.is_unanswered, "new, not answered"),
        (one.verdict == Verdict::Tentative && !one.is_unanswered, TENTATIVE),
        (one.lapsed.is_some(), "lapsed"),
        (one.overdue, "overdue"),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect()
}

fn line(session: &Session, name: &str, wall: &LocalTime) -> Line {
    Line {
        when: wall.moment(session.span.start),
        mark: mark(session),
        story: phrases::story(session, name, wall),
        aftermath: phrases::aftermath(session, wall),
    }
}

fn owed(session: &Session, name: &str, wall: &LocalTime) -> String {
    let story = phrases::story(session, name, wall);
    let make_up = session.made_up_by.as_ref().filter(|made| !made.held);
    let make_up = make_up.map(|made| format!("; a make-up is on {}", wall.moment(made.span.start))).unwrap_or_default();
    format!("{}: {story}{make_up}", wall.day(session.span.start))
}

fn held_words(one: &OneOnOneWeek, wall: &LocalTime) -> String {
    let Some(at) = one.last_held else { return "never seen held".to_owned() };
    format!("last held {} ({})", wall.days_ago(at), wall.day(at))
}

/// How long ago a 1:1 was last held: `6 days`.
fn held_short(one: &OneOnOneWeek, wall: &LocalTime) -> String {
    match (one.last_held, one.days_since_held) {
        (None, _) => "never".to_owned(),
        (Some(_), Some(days)) if days > 1 => format!("{days} days"),
        (Some(at), _) => wall.days_ago(at),
    }
}

const fn group(relation: Relation) -> &'static str {
    match relation {
        Relation::Report => "Reports",
        Relation::Manager => "Manager",
        Relation::Skip => "Skip-levels",
        Relation::Peer => "Peers",
        Relation::Mentor => "Mentoring",
        Relation::Other => "Others",
    }
}

/// How many sessions got each mark: `9 held, 1 missed`.
fn marks_words(weeks: &[StripWeek]) -> String {
    each_mark(weeks).join(", ")
}

fn each_mark(weeks: &[StripWeek]) -> Vec<String> {
    let times = |mark| weeks.iter().flat_map(|week| &week.marks).filter(|&&found| found == mark).count();
    let found = Mark::ALL.into_iter().filter(|&mark| times(mark) > 0);
    found.map(|mark| format!("{} {}", times(mark), phrases::mark(mark))).collect()
}

/// The strip in words: `9 held, 1 missed, 2 weeks without a session`.
fn strip_words(strip: &[StripWeek]) -> String {
    let mut words = each_mark(strip);
    let empty = strip.iter().filter(|week| week.marks.is_empty()).count();
    if empty > 0 {
        let weeks = if empty == 1 { "week" } else { "weeks" };
        words.push(format!("{empty} {weeks} without a session"));
    }
    words.join(", ")
}

fn uncovered(person: &Person) -> String {
    let relation = phrases::relation(person.relation);
    let name = sanitize::name(person, NAME);
    if relation.is_empty() { name } else { format!("{name} ({relation})") }
}

fn freshness(source: &Source, wall: &LocalTime) -> Freshness {
    let last = source.last_success.map(|at| wall.moment(at));
    let words = match (source.stale_since, last) {
        (Some(since), last) => {
            let last = last.map_or_else(|| "never read yet".to_owned(), |at| format!("last good read {at}"));
            let why = source.problem.as_ref().map(|why| format!("; {}", sanitize::one_line(&why.to_string(), 200)));
            let why = why.unwrap_or_default();
            format!("not readable since {}; {last}{why}", wall.moment(since))
        }
        (None, Some(_)) if source.first_success.is_some_and(|first| first > wall.now) => {
            let first = source.first_success.map(|first| wall.moment(first)).unwrap_or_default();
            format!("first read {first}, after the time of this report")
        }
        (None, Some(_)) if source.last_success.is_some_and(|at| at >= wall.now) => {
            "read at the time of this report".to_owned()
        }
        (None, Some(at)) => format!("last read {at}"),
        (None, None) => "not read yet".to_owned(),
    };
    let kind = match source.kind {
        SourceKind::Feed => "feed",
        SourceKind::Api => "live",
    };
    let tag = match (source.stale_since, source.last_success) {
        (Some(_), _) => "stale",
        (None, Some(_)) => "fresh",
        (None, None) => "not read",
    };
    let name = sanitize::one_line(&source.id.to_string(), NAME);
    Freshness { name, kind, tag, is_stale: source.stale_since.is_some() || source.last_success.is_none(), words }
}

fn len<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}
