//! Everything the manager can read on one day, as one page.

use std::fmt::Write as _;

use cadenced::cli::{explain, inbox, people, plan, series, status};
use cadenced::domain::inbox::Item;
use cadenced::domain::plan::Notice;
use cadenced::domain::session::{Outcome, Session};
use cadenced::domain::standing::{OneOnOne, Standing};
use cadenced::domain::week::{WeekId, past};
use cadenced::notify::buttons::presses;
use cadenced::notify::text::{Message, message};
use cadenced::report::{Format, Style, render};
use cadenced::wording::local_time::LocalTime;
use jiff::Timestamp;

use super::office::Office;
use super::promises;
use crate::support::zone;

/// A notice as it stands on the screen.
pub fn shown(notice: &Notice, items: &[Item], office: &Office) -> Message {
    message(notice, &presses(notice, items), office.world.policy.redaction, &zone(), office.now)
}

/// A message as text, its buttons in pointed brackets.
pub fn in_text(message: &Message) -> String {
    let mut text = format!("{}\n", message.summary);
    for line in &message.body {
        let _ = writeln!(text, "    {line}");
    }
    for button in &message.buttons {
        let _ = writeln!(text, "    <{}>", button.label);
    }
    if let Some(instead) = &message.instead {
        let _ = writeln!(text, "    (without buttons: {instead})");
    }
    text
}

pub fn wall(now: Timestamp) -> LocalTime {
    LocalTime::of(zone(), now)
}

/// The report of a week, as it was when it was due.
pub fn report(office: &Office, week: WeekId, format: Format) -> String {
    let policy = &office.world.policy;
    let at = past::as_of(week, policy, office.now);
    let facts = past::facts_as_of(&office.world.snapshot.clone().as_of(at), policy, week, at);
    render(&facts, format, &Style::default()).unwrap()
}

/// What the commands print in the afternoon, each with its name.
pub fn commands(office: &Office, items: &[Item]) -> Vec<(&'static str, String)> {
    let standing = office.standing();
    let wall = wall(office.now);
    let proposals = office.proposals(&standing);
    [
        ("status", status::text(&standing, &wall)),
        ("plan", plan::text(&proposals, &wall)),
        ("inbox", inbox::text(items, &wall)),
        ("series", series::text(&standing, &wall, true)),
        ("people", people::text(&standing, &wall)),
    ]
    .map(|(name, text)| (name, anstream::adapter::strip_str(&text).to_string()))
    .into()
}

/// What `explain` prints of every session that is lost or is over since lately, and of every 1:1.
pub fn explained(office: &Office, since: Timestamp) -> String {
    let standing = office.standing();
    let wall = wall(office.now);
    let proposals = office.proposals(&standing);
    let title = |uid: &str| explain::title_of(uid, &office.world.snapshot, office.world.policy.redaction);
    let mut text = String::new();
    for one in &standing.one_on_ones {
        for session in one.sessions.iter().filter(|session| is_worth_it(session, since)) {
            let said = explain::text(explain::Subject::Session(one, session), &wall, &title);
            let said = anstream::adapter::strip_str(&said).to_string();
            promises::assert_can_be_said(&said, session, office, &standing, &proposals);
            let _ = writeln!(text, "$ cadenced explain {}\n{said}", session.id);
        }
    }
    text
}

pub fn explained_ones(standing: &Standing, now: Timestamp) -> String {
    let wall = wall(now);
    let of = |one: &OneOnOne| explain::text(explain::Subject::OneOnOne(one), &wall, &|_| None);
    standing.one_on_ones.iter().map(of).collect::<Vec<_>>().join("\n")
}

fn is_worth_it(session: &Session, since: Timestamp) -> bool {
    let is_plain = matches!(session.outcome, Outcome::HeldPresumed | Outcome::Upcoming);
    (session.owed || session.span.start >= since) && !is_plain
}
