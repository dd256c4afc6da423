//! `cadenced explain ID`: explains why a series or a session is what it is, and what would change it.

use crate::domain::one_on_one::{KnownSeries, OneOnOneId, Role, Verdict};
use crate::domain::policy::Redaction;
use crate::domain::sanitize;
use crate::domain::session::{Evidence, Loss, NotOwed, Outcome, Session, SessionId, Side};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::{OneOnOne, OtherSeries, Standing};
use crate::wording::local_time::LocalTime;
use crate::wording::{no_next, phrases};

use super::output::{Tone, indented, paint, section};
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

impl Subject<'_> {
    /// The 1:1 or series that it is of.
    const fn id(&self) -> &OneOnOneId {
        match self {
            Self::OneOnOne(one) | Self::Session(one, _) => &one.id,
            Self::Other(other) => &other.id,
        }
    }
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
    // A series that is no longer a 1:1 stands beside what is left of the 1:1, under the same name.
    let is_shown = |id: &OneOnOneId| standing.one_on_ones.iter().any(|one| one.id == *id);
    let others = standing.others.iter().filter(|other| fits(&other.id) && !is_shown(&other.id)).map(Subject::Other);
    let mut found: Vec<_> = ones.chain(others).collect();
    found.dedup_by(|a, b| a.id() == b.id());
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(format!("there is no series or session {id:?}; see `cadenced series --all` and `cadenced sessions`")),
        several => Err(format!("{} IDs begin with {id:?}; type more of it", several.len())),
    }
}

fn find_session<'a>(standing: &'a Standing, id: &SessionId) -> Result<Subject<'a>, String> {
    let one = standing.all().find(|one| one.id == id.one_on_one);
    let one = one.ok_or_else(|| format!("there is no 1:1 {}; see `cadenced series`", id.one_on_one))?;
    let session = one.sessions.iter().find(|session| session.id == *id);
    let session = session.ok_or_else(|| no_session(one))?;
    Ok(Subject::Session(one, session))
}

fn no_session(one: &OneOnOne) -> String {
    format!("{} has no such session; see `cadenced sessions`", sanitize::name(&one.person, 40))
}

/// The whole story of what an id names. `title` gives the title of an event by its uid, where that may be shown.
pub fn text(subject: Subject<'_>, wall: &LocalTime, title: &dyn Fn(&str) -> Option<String>) -> String {
    match subject {
        Subject::OneOnOne(one) => of_one_on_one(one, wall),
        Subject::Session(one, session) => of_session(one, session, wall, title),
        Subject::Other(other) => of_other(other),
    }
}

/// The title of an event by its uid, on one line; none where the user wants no names shown.
pub fn title_of(uid: &str, snapshot: &Snapshot, redaction: Redaction) -> Option<String> {
    let held = snapshot.events.iter().find(|held| held.event.uid == uid).filter(|_| redaction == Redaction::Full)?;
    Some(sanitize::one_line(&held.event.title, 60)).filter(|title| !title.is_empty())
}

fn listed(lines: impl IntoIterator<Item = String>) -> String {
    indented(lines, "  - ", "    ")
}

fn of_one_on_one(one: &OneOnOne, wall: &LocalTime) -> String {
    let name = sanitize::name(&one.person, 40);
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

fn facts(one: &OneOnOne, wall: &LocalTime) -> String {
    let mut lines = vec![
        format!("ID        {}", one.id),
        format!("Calendar  {}, {}", one.calendar, phrases::role(one.role)),
        format!(
            "Held      {}",
            one.last_held.map_or_else(|| "never seen held".to_owned(), |at| format!("last {}", wall.moment(at)))
        ),
        format!(
            "Next      {}",
            one.next.map_or_else(|| no_next(one.lapsed.is_some()).to_owned(), |next| wall.moment(next.start))
        ),
        format!("Owed      {}", owed(one, wall)),
        format!("Mode      {}", words::mode(one.mode)),
    ];
    if !one.title.is_empty() {
        lines.insert(1, format!("Title     {}", sanitize::one_line(&one.title, 60)));
    }
    if let Some(since) = one.lapsed {
        lines.push(format!("Lapsed    its series ended on {}, and no other has followed", wall.moment(since)));
    }
    if one.overdue {
        lines.push("Overdue   nothing has been held for more than twice its cadence".to_owned());
    }
    indented(lines, "  ", "            ")
}

fn owed(one: &OneOnOne, wall: &LocalTime) -> String {
    let owed: Vec<_> = one.owed().map(|session| wall.day(session.id.original)).collect();
    if owed.is_empty() { "nothing".to_owned() } else { owed.join("; ") }
}

fn series_line(series: &KnownSeries, wall: &LocalTime) -> String {
    let last = series.last.map_or_else(|| "still going on".to_owned(), |last| format!("last {}", wall.day(last)));
    let (uid, every) = (sanitize::one_line(&series.uid, 60), phrases::cadence(series.cadence));
    format!("{every}, first {}, {last}; UID {uid}", wall.day(series.first))
}

fn changes(one: &OneOnOne) -> Vec<String> {
    let mut lines = Vec::new();
    if one.verdict == Verdict::Tentative {
        lines.push(format!("`cadenced series confirm {}`: it counts, and lost sessions are owed", one.id));
    }
    lines.push(format!("`cadenced series ignore {}`: it no longer counts as a 1:1", one.id));
    if one.role == Role::ReadOnly {
        lines.push("cadenced can only read its calendar: cancel or move sessions in the calendar itself".to_owned());
    }
    lines
}

fn of_other(other: &OtherSeries) -> String {
    let name = words::other_side(other);
    let head = paint(Tone::Strong, &format!("{}: not a 1:1", sanitize::one_line(&other.title, 60)));
    let facts = [format!("ID        {}", other.id), format!("Calendar  {}", other.calendar)];
    let reasons = other.reasons.iter().map(|reason| phrases::reason(reason, &name));
    let confirm = match &other.person {
        Some(_) => format!("`cadenced series confirm {}`: it counts as a 1:1", other.id),
        None => format!("`cadenced series confirm {} --person NAME`: it counts as a 1:1 with that person", other.id),
    };
    let parts = [
        format!("{head}\n{}", indented(facts, "  ", "            ")),
        section("Why", &listed(reasons)),
        section("What would change it", &listed([confirm])),
    ];
    parts.join("\n")
}

fn of_session(one: &OneOnOne, session: &Session, wall: &LocalTime, title: &dyn Fn(&str) -> Option<String>) -> String {
    let name = sanitize::name(&one.person, 40);
    let head = format!("{name}, {}: {}", wall.moment(session.span.start), phrases::story(session, &name, wall));
    let evidence = session.evidence.iter().map(|piece| match piece {
        Evidence::Conflict { span, uid: Some(uid) } => phrases::conflict(*span, title(uid).as_deref(), wall),
        Evidence::StandingOverlap { span, with } => phrases::standing_overlap(*span, title(with).as_deref(), wall),
        other => phrases::evidence(other, &name, wall),
    });
    let parts = [
        format!("{}\n  ID        {}\n", paint(Tone::Strong, &head), session.id),
        section("Evidence", &listed(evidence)),
        section("Rules that decided", &listed(rules(one, session, wall))),
        section("What would change it", &listed(session_changes(one, session, wall))),
    ];
    parts.join("\n")
}

/// The rules of the product that made this session what it is, most telling first.
fn rules(one: &OneOnOne, session: &Session, wall: &LocalTime) -> Vec<String> {
    let mut lines = vec![row(session).to_owned()];
    if session.is_moved() {
        lines.push("a moved session stays the same session; what counts is what happens at its new time".to_owned());
    }
    if session.outcome.is_lost() {
        lines.push(deadline(one, session, wall));
        lines.push(standing_in(session, wall));
        lines.push(owing(session, wall));
    }
    lines
}

/// The row of the table of outcomes that fits.
fn row(session: &Session) -> &'static str {
    match session.outcome {
        Outcome::HeldConfirmed => "held, confirmed: you said so, and that counts more than the calendar",
        Outcome::NoShow => "no-show: you said so, and that counts more than the calendar",
        Outcome::Excused => "excused: a holiday or an out-of-office of either side covers at least half of it",
        Outcome::Cancelled => {
            "cancelled: it was cancelled, taken out of the series or deleted while the series goes on"
        }
        Outcome::Declined => "declined: one side declined it",
        Outcome::Upcoming if session.conflict_ahead().is_some() => {
            "upcoming, in conflict: it is not over yet, and another event that you accepted covers at least half of it"
        }
        Outcome::Upcoming => "upcoming: it is not over yet, and nothing in the calendar says otherwise",
        Outcome::Conflicted => "conflicted: another event that you accepted covers at least half of it",
        Outcome::Unknown if is_asked(session) => {
            "unknown: one other series conflicts with three of four sessions in a row, so you are asked what that means"
        }
        Outcome::Unknown => "unknown: the calendar has not been read since, or it contradicts itself",
        Outcome::HeldPresumed => "held, presumed: the calendar was read after it, and nothing in it says otherwise",
    }
}

/// Whether the user is asked what it means that another series covers most sessions.
fn is_asked(session: &Session) -> bool {
    session.evidence.iter().any(|evidence| matches!(evidence, Evidence::StandingOverlap { .. }))
}

fn deadline(one: &OneOnOne, session: &Session, wall: &LocalTime) -> String {
    let rule = if one.cadence.is_up_to_a_week() { "the end of your week" } else { "half the cadence after its start" };
    let until = wall.until(session.deadline);
    match session.state {
        Some(Loss::Missed) => match &session.made_up_by {
            Some(by) if by.held => format!("made up late: its deadline ({rule}, {until}) had passed"),
            _ => format!("missed: its deadline ({rule}, {until}) passed without a replacement"),
        },
        Some(Loss::Open) => format!("open: it can be made up until its deadline ({rule}, {until})"),
        None => format!("its deadline is {rule}, {until}"),
    }
}

fn standing_in(session: &Session, wall: &LocalTime) -> String {
    match &session.made_up_by {
        Some(by) if by.held => {
            format!("made up: the two of you met {}", wall.moment(by.span.start))
        }
        Some(by) => format!("a make-up is on the calendar: {}", wall.moment(by.span.start)),
        None => "there is no other event of just the two of you between the sessions before and after it".to_owned(),
    }
}

fn owing(session: &Session, wall: &LocalTime) -> String {
    match session.not_owed {
        _ if session.owed => "owed: lost, and you have not met since".to_owned(),
        Some(NotOwed::Waived) => "not owed: you said that it need not be made up".to_owned(),
        Some(NotOwed::MetSince(held)) => format!("not owed: you have met since, {}", wall.moment(held)),
        Some(NotOwed::LongPast) => {
            "not owed: it was lost before cadenced first read the calendar, and its deadline is past".to_owned()
        }
        Some(NotOwed::Tentative) => "not owed: nothing is owed while the 1:1 is tentative".to_owned(),
        None => "not owed: it was made up".to_owned(),
    }
}

fn session_changes(one: &OneOnOne, session: &Session, wall: &LocalTime) -> Vec<String> {
    let name = sanitize::name(&one.person, 40);
    let mut lines: Vec<String> = shown_by_a_calendar(session, &name).into_iter().collect();
    lines.extend(what_you_say(session, wall));
    if session.owed && session.made_up_by.is_none() {
        lines.push(match session.state {
            Some(Loss::Missed) => format!("any event of just you and {name} before the next session makes it up, late"),
            Some(Loss::Open) | None => {
                format!("an event of just you and {name}, held by {}, makes it up", wall.until(session.deadline))
            }
        });
    }
    if lines.is_empty() {
        lines.push("nothing that a calendar could still show".to_owned());
    }
    lines
}

/// What a calendar could show that would change the outcome.
fn shown_by_a_calendar(session: &Session, name: &str) -> Option<String> {
    let words = match session.outcome {
        Outcome::Unknown if is_asked(session) => "your answer for all of these sessions: `cadenced inbox`".to_owned(),
        Outcome::Unknown => "reading its calendar: `cadenced sync`".to_owned(),
        Outcome::Upcoming if session.conflict_ahead().is_some() => {
            format!("what you say: `cadenced do {} keep`; else a cancellation, a decline or a move", session.id)
        }
        Outcome::Upcoming => "a cancellation, a decline or a move".to_owned(),
        Outcome::HeldPresumed => "a calendar that shows it as cancelled, declined or moved".to_owned(),
        Outcome::Excused => return excused_by(session, name),
        Outcome::Conflicted => "a calendar that shows that other event as cancelled, declined or free".to_owned(),
        Outcome::HeldConfirmed | Outcome::Cancelled | Outcome::Declined | Outcome::NoShow => return None,
    };
    Some(words)
}

/// What excuses a session, and what would end that; none where the user said so.
fn excused_by(session: &Session, name: &str) -> Option<String> {
    let is_holiday = session.evidence.iter().any(|evidence| matches!(evidence, Evidence::Holiday { .. }));
    if is_holiday {
        return Some("a calendar without that holiday, or the session on another day".to_owned());
    }
    let away = |evidence: &Evidence| if let Evidence::OutOfOffice { by, .. } = evidence { Some(*by) } else { None };
    let whose = match session.evidence.iter().find_map(away)? {
        Side::Owner => "your calendar without that absence".to_owned(),
        Side::Other => format!("a calendar without that absence of {name}"),
    };
    Some(format!("{whose}, or the session at another time"))
}

/// The words for `cadenced do` that change something about a session that is not upcoming.
fn what_you_say(session: &Session, wall: &LocalTime) -> Option<String> {
    if session.outcome == Outcome::Upcoming {
        return None;
    }
    let is_past = wall.is_past(session.span.end);
    let was_said = session.evidence.iter().any(|evidence| matches!(evidence, Evidence::UserSaid { .. }))
        || session.not_owed == Some(NotOwed::Waived);
    let words = [
        ("held", is_past && session.outcome != Outcome::HeldConfirmed),
        // What was called off did not fail to take place.
        ("no-show", is_past && (!session.outcome.is_lost() || session.outcome == Outcome::Conflicted)),
        ("excuse", session.outcome != Outcome::Excused),
        ("waive", session.owed),
        ("clear", was_said),
    ];
    let words: Vec<&str> = words.iter().filter(|(_, counts)| *counts).map(|(word, _)| *word).collect();
    let (first, others) = words.split_first()?;
    let others = if others.is_empty() { String::new() } else { format!(" (or {})", others.join(", ")) };
    Some(format!("what you say: `cadenced do {} {first}`{others}", session.id))
}
