//! `cadenced sessions`: shows the ledger, one line per session.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::{self, Tone};
use super::words;
use crate::domain::sanitize;
use crate::domain::session::{Loss, Outcome, Replacement, Session};
use crate::domain::standing::{OneOnOne, Standing};
use crate::wording::local_time::LocalTime;
use crate::wording::phrases;

/// Which sessions are shown: those that start inside `[since, until)`, by what they are now, with a person.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// From when on.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// With whom, as the user typed it.
    pub person: Option<String>,
}

impl Selection {
    /// Whether no instant can be inside.
    pub fn is_empty(&self) -> bool {
        self.since.zip(self.until).is_some_and(|(since, until)| until <= since)
    }

    /// Checks that the person who was asked for has a 1:1.
    ///
    /// # Errors
    /// Words for the user, who may have mistyped.
    pub fn check_person(&self, standing: &Standing) -> Result<(), String> {
        match &self.person {
            Some(wanted) if !standing.one_on_ones.iter().any(|one| self.wants(one)) => {
                let wanted = sanitize::one_line(wanted, 60);
                Err(format!("there is no 1:1 with anybody called {wanted:?}; `cadenced people` lists everybody"))
            }
            _ => Ok(()),
        }
    }

    fn wants(&self, one: &OneOnOne) -> bool {
        self.person.as_ref().is_none_or(|wanted| words::is_meant(&one.person, wanted))
    }

    fn has(&self, session: &Session) -> bool {
        let start = session.span.start;
        self.since.is_none_or(|since| since <= start) && self.until.is_none_or(|until| start < until)
    }
}

/// The 1:1s with any session in the selection, each with these sessions.
fn selected<'a>(standing: &'a Standing, which: &Selection) -> Vec<(&'a OneOnOne, Vec<&'a Session>)> {
    let wanted = standing.all().filter(|one| which.wants(one));
    let chosen = wanted.map(|one| (one, one.sessions.iter().filter(|session| which.has(session)).collect::<Vec<_>>()));
    chosen.filter(|(_, sessions)| !sessions.is_empty()).collect()
}

/// The ledger as text, a table for each 1:1.
pub fn text(standing: &Standing, wall: &LocalTime, which: &Selection) -> String {
    let mut out = String::new();
    for (one, sessions) in selected(standing, which) {
        if !out.is_empty() {
            out.push('\n');
        }
        let name = output::paint(Tone::Strong, &sanitize::name(&one.person, 40));
        let _ = writeln!(out, "{name}, {}", phrases::cadence(one.cadence));
        let mut table = output::table(&["ID", "START", "WHAT BECAME OF IT"]);
        for session in sessions {
            table.add_row([session.id.to_string(), wall.moment(session.span.start), story(session, one, wall)]);
        }
        out.push_str(&output::lines(&mut table));
    }
    if out.is_empty() { "No sessions in that time.\n".to_owned() } else { out }
}

/// What became of a session and what follows, in its tone.
fn story(session: &Session, one: &OneOnOne, wall: &LocalTime) -> String {
    let mut clauses = vec![phrases::story(session, &sanitize::name(&one.person, 40), wall)];
    clauses.extend(phrases::aftermath(session, wall));
    output::paint(tone(session), &clauses.join("; "))
}

/// How serious an outcome is.
pub fn tone(session: &Session) -> Tone {
    match (session.outcome, session.state) {
        (Outcome::HeldConfirmed | Outcome::HeldPresumed, _) => Tone::Good,
        (_, Some(Loss::Missed)) => Tone::Bad,
        (_, Some(Loss::Open)) | (Outcome::Unknown, _) => Tone::Warn,
        _ => Tone::Faint,
    }
}

/// The ledger for programs, by start. See `docs/schemas/sessions.json`.
pub fn json(standing: &Standing, wall: &LocalTime, which: &Selection) -> Value {
    by_start(standing, which).into_iter().map(|(one, session)| session_json(session, one, wall)).collect()
}

/// The sessions of a selection by start, each with its 1:1.
pub fn by_start<'a>(standing: &'a Standing, which: &Selection) -> Vec<(&'a OneOnOne, &'a Session)> {
    let chosen = selected(standing, which).into_iter();
    let mut rows: Vec<_> = chosen.flat_map(|(one, all)| all.into_iter().map(move |session| (one, session))).collect();
    rows.sort_by_key(|(_, session)| (session.span.start, session.id.clone()));
    rows
}

/// One session for programs.
pub fn session_json(session: &Session, one: &OneOnOne, wall: &LocalTime) -> Value {
    let (evidence, name) = (session.evidence.iter(), sanitize::name(&one.person, 60));
    let evidence = evidence.map(|piece| words::detailed(piece, &phrases::evidence(piece, &name, wall)));
    let mut value = json!({
        "id": session.id,
        "series": session.id.one_on_one,
        "person": words::person_json(&one.person),
        "original_start": wall.exact(session.id.original),
        "start": wall.exact(session.span.start),
        "end": wall.exact(session.span.end),
        "outcome": session.outcome,
        "by": session.by,
        "evidence": evidence.collect::<Value>(),
        "state": session.state,
        "owed": session.owed,
        "made_up_by": session.made_up_by.as_ref().map(|by| replacement_json(by, wall)),
        "deadline": wall.exact(session.deadline),
        "lost_after": session.lost.map(|lost| wall.exact(lost.after)),
        "lost_at": session.lost.map(|lost| wall.exact(lost.before)),
    });
    if session.is_moved() {
        value["moved"] = true.into();
    }
    value
}

fn replacement_json(by: &Replacement, wall: &LocalTime) -> Value {
    json!({ "uid": by.uid, "start": wall.exact(by.span.start), "end": wall.exact(by.span.end), "held": by.held })
}
