//! Owns `cadenced explain ID`: why a series or a session is what it is, and what would change it.

use crate::domain::one_on_one::{KnownSeries, OneOnOneId, Role, Verdict};
use crate::domain::session::{Loss, Outcome, Session, SessionId};
use crate::domain::shown;
use crate::domain::standing::{OneOnOne, OtherSeries, Standing};
use crate::report::phrases;
use crate::report::wall::Wall;

use super::screen::{Tone, indented, paint, section};
use super::words;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject<'a> {
    /// A 1:1.
    OneOnOne(&'a OneOnOne),
    /// A session of one.
    Session(&'a OneOnOne, &'a Session),
    /// A series that is none.
    Other(&'a OtherSeries),
}

/// Finds what an id names; the beginning of one is enough where it names only one thing.
///
/// # Errors
/// Words for the user, when it names nothing or too much.
pub fn find<'a>(standing: &'a Standing, id: &str) -> Result<Subject<'a>, String> {
    if let Ok(session) = id.parse::<SessionId>() {
        return find_session(standing, &session);
    }
    let fits = |candidate: &OneOnOneId| !id.is_empty() && candidate.0.starts_with(id);
    let ones = standing.one_on_ones.iter().filter(|one| fits(&one.id)).map(Subject::OneOnOne);
    let others = standing.others.iter().filter(|other| fits(&other.id)).map(Subject::Other);
    let found: Vec<_> = ones.chain(others).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            Err(format!("{id:?} names no series and no session; see `cadenced series --all` and `cadenced sessions`"))
        }
        several => Err(format!("{id:?} begins {} ids; give more of it", several.len())),
    }
}

fn find_session<'a>(standing: &'a Standing, id: &SessionId) -> Result<Subject<'a>, String> {
    let one = standing.one_on_ones.iter().find(|one| one.id == id.one_on_one);
    let one = one.ok_or_else(|| format!("there is no 1:1 {}; see `cadenced series`", id.one_on_one))?;
    let session = one.sessions.iter().find(|session| session.id == *id);
    let session = session.ok_or_else(|| no_session(one))?;
    Ok(Subject::Session(one, session))
}

fn no_session(one: &OneOnOne) -> String {
    format!("{} has no such session; see `cadenced sessions`", shown::name(&one.person, 40))
}

/// The whole story of what an id names.
pub fn text(subject: Subject<'_>, wall: &Wall) -> String {
    match subject {
        Subject::OneOnOne(one) => of_one_on_one(one, wall),
        Subject::Session(one, session) => of_session(one, session, wall),
        Subject::Other(other) => of_other(other),
    }
}

fn listed(lines: impl IntoIterator<Item = String>) -> String {
    indented(lines, "  - ", "    ")
}

fn of_one_on_one(one: &OneOnOne, wall: &Wall) -> String {
    let name = shown::name(&one.person, 40);
    let kind = phrases::verdict(one.verdict);
    let head = paint(Tone::Strong, &format!("{name}: {kind}, {}", phrases::cadence(one.cadence)));
    let reasons = one.reasons.iter().map(|reason| phrases::reason(reason, &name));
    let parts = [
        format!("{head}\n{}", facts(one, wall)),
        section("Why", &listed(reasons)),
        section("Its series, oldest first", &listed(one.series.iter().map(|series| series_line(series, wall)))),
        section("What would change it", &listed(changes(one))),
    ];
    parts.join("\n")
}

fn facts(one: &OneOnOne, wall: &Wall) -> String {
    let mut lines = vec![
        format!("ID        {}", one.id),
        format!("Calendar  {}, {}", one.calendar, phrases::role(one.role)),
        format!(
            "Held      {}",
            one.last_held.map_or_else(|| "never yet".to_owned(), |at| format!("last {}", wall.moment(at)))
        ),
        format!(
            "Next      {}",
            one.next.map_or_else(|| "none on the calendar".to_owned(), |next| wall.moment(next.start))
        ),
        format!("Owed      {}", owed(one, wall)),
        format!("Mode      {}", words::mode(one.mode)),
    ];
    if !one.title.is_empty() {
        lines.insert(1, format!("Title     {}", shown::fit(&one.title, 60)));
    }
    if let Some(since) = one.lapsed {
        lines.push(format!("Lapsed    since {}: its series ended, and none followed", wall.moment(since)));
    }
    if one.overdue {
        lines.push("Overdue   nothing was held for more than twice its cadence".to_owned());
    }
    if one.truncated {
        lines.push("Beware    it recurs too often to be read in full: sessions may be missing here".to_owned());
    }
    indented(lines, "  ", "            ")
}

fn owed(one: &OneOnOne, wall: &Wall) -> String {
    let owed: Vec<_> = one.owed().map(|session| wall.day(session.id.original)).collect();
    if owed.is_empty() { "nothing".to_owned() } else { owed.join("; ") }
}

fn series_line(series: &KnownSeries, wall: &Wall) -> String {
    let last = series.last.map_or_else(|| "it goes on".to_owned(), |last| format!("last {}", wall.day(last)));
    let (uid, every) = (shown::fit(&series.uid, 60), phrases::cadence(series.cadence));
    format!("{every}, first {}, {last} ({uid})", wall.day(series.first))
}

fn changes(one: &OneOnOne) -> Vec<String> {
    let mut lines = Vec::new();
    if one.verdict == Verdict::Tentative {
        lines.push(format!("`cadenced series confirm {}`: it counts, and what is lost is owed", one.id));
    }
    lines.push(format!("`cadenced series ignore {}`: it is no 1:1", one.id));
    if one.role == Role::ReadOnly {
        lines.push("its calendar can only be read: cancel or move sessions where you keep it".to_owned());
    }
    lines
}

fn of_other(other: &OtherSeries) -> String {
    let name = words::other_side(other);
    let head = paint(Tone::Strong, &format!("{}: no 1:1", shown::fit(&other.title, 60)));
    let facts = [format!("ID        {}", other.id), format!("Calendar  {}", other.calendar)];
    let reasons = other.reasons.iter().map(|reason| phrases::reason(reason, &name));
    let confirm = match &other.person {
        Some(_) => format!("`cadenced series confirm {}`: it is a 1:1", other.id),
        None => format!("`cadenced series confirm {} --person NAME`: it is a 1:1 with that person", other.id),
    };
    let parts = [
        format!("{head}\n{}", indented(facts, "  ", "            ")),
        section("Why", &listed(reasons)),
        section("What would change it", &listed([confirm])),
    ];
    parts.join("\n")
}

fn of_session(one: &OneOnOne, session: &Session, wall: &Wall) -> String {
    let name = shown::name(&one.person, 40);
    let head = format!("{name}, {}: {}", wall.moment(session.span.start), phrases::story(session, &name, wall));
    let evidence = session.evidence.iter().map(|piece| phrases::evidence(piece, &name, wall));
    let parts = [
        format!("{}\n  ID        {}\n", paint(Tone::Strong, &head), session.id),
        section("Evidence", &listed(evidence)),
        section("Rules that decided", &listed(rules(one, session, wall))),
        section("What would change it", &listed(session_changes(one, session, wall))),
    ];
    parts.join("\n")
}

/// The rules of the product that made this session what it is, most telling first.
fn rules(one: &OneOnOne, session: &Session, wall: &Wall) -> Vec<String> {
    let mut lines = vec![row(session.outcome).to_owned()];
    if session.is_moved() {
        lines.push("a session keeps its original start for ever; a new time is judged as its own".to_owned());
    }
    if session.outcome.is_lost() {
        lines.push(deadline(one, session, wall));
        lines.push(standing_in(session, wall));
        lines.push(owing(one, session));
    }
    lines
}

/// The row of the table of outcomes that fits.
const fn row(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::HeldConfirmed => "held, confirmed: your word goes over everything else",
        Outcome::NoShow => "no-show: your word goes over everything else",
        Outcome::Excused => "excused: a holiday or an out-of-office of either side covers at least half of it",
        Outcome::Cancelled => "cancelled: it was cancelled, taken out or deleted while its series lives",
        Outcome::Declined => "declined: one side replied no",
        Outcome::Upcoming => "upcoming: its time is not over, and nothing speaks against it",
        Outcome::Conflicted => "conflicted: one accepted, busy event covers at least half of it",
        Outcome::Unknown => {
            "unknown: nothing is presumed from a calendar that was not read well since, or contradicts itself"
        }
        Outcome::HeldPresumed => "held, presumed: the calendar was read well after it, and nothing speaks against it",
    }
}

fn deadline(one: &OneOnOne, session: &Session, wall: &Wall) -> String {
    let rule = if one.cadence.is_up_to_a_week() { "the end of your week" } else { "half the cadence after its start" };
    let until = wall.moment(session.deadline);
    match session.state {
        Some(Loss::Missed) => format!("missed: its deadline ({rule}, {until}) passed without a replacement"),
        Some(Loss::Open) => format!("open: it can be made up until its deadline ({rule}, {until})"),
        None => format!("its deadline is {rule}, {until}"),
    }
}

fn standing_in(session: &Session, wall: &Wall) -> String {
    match &session.made_up_by {
        Some(by) if by.held => {
            format!("made up: another event of just you two was held {}", wall.moment(by.span.start))
        }
        Some(by) => format!("another event of just you two stands in for it: {}", wall.moment(by.span.start)),
        None => "no other event of just you two lies between the sessions before and after it".to_owned(),
    }
}

fn owing(one: &OneOnOne, session: &Session) -> String {
    let words = match session {
        session if session.owed => "owed: lost, and not made up, waived or overtaken",
        _ if one.verdict == Verdict::Tentative => "not owed: nothing is, while the 1:1 is tentative",
        Session { made_up_by: Some(_), .. } => "not owed: a replacement is on the calendar",
        _ => "not owed: waived by you, or overtaken by a later session that was held",
    };
    words.to_owned()
}

fn session_changes(one: &OneOnOne, session: &Session, wall: &Wall) -> Vec<String> {
    let mut lines = Vec::new();
    match session.outcome {
        Outcome::Unknown => lines.push("a good read of its calendar: `cadenced sync`".to_owned()),
        Outcome::Upcoming => lines.push("a cancellation, a reply of no, a move, or its end".to_owned()),
        Outcome::HeldPresumed | Outcome::Excused => {
            lines.push("a calendar that shows it as cancelled, declined or moved".to_owned());
        }
        _ => {}
    }
    if session.outcome != Outcome::Upcoming {
        lines.push(format!("your word: `cadenced do {} held` (or no-show, excuse, waive)", session.id));
    }
    if session.outcome.is_lost() && session.made_up_by.is_none() {
        let until = wall.moment(session.deadline);
        let name = shown::name(&one.person, 40);
        lines.push(match session.state {
            Some(Loss::Missed) if !session.owed => return lines_or_nothing(lines),
            Some(Loss::Missed) => {
                format!("any event of just you and {name} before the next session: it is owed no more")
            }
            _ => format!("an event of just you and {name}, held by {until}: it is made up"),
        });
    }
    lines_or_nothing(lines)
}

fn lines_or_nothing(mut lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        lines.push("nothing that the calendar could still show".to_owned());
    }
    lines
}
