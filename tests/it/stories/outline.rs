//! The final state of a story, in the short text form that stories expect.

use std::fmt::Write;

use cadenced::domain::one_on_one::Verdict;
use cadenced::domain::person::{Person, Side};
use cadenced::domain::session::{Evidence, Loss, Outcome, Session};
use cadenced::domain::span::Span;
use cadenced::domain::standing::OneOnOne;
use cadenced::wording::phrases;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A person by the beginning of their address, else by name.
pub fn name(person: &Person) -> String {
    let address = person.addresses.first().map(|address| address.local_part().to_owned());
    address.unwrap_or_else(|| person.name.to_lowercase())
}

/// `11-16`, and the time where it is not ten o'clock.
fn at(instant: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(instant);
    let time =
        if (local.hour(), local.minute()) == (10, 0) { String::new() } else { local.strftime(" %H:%M").to_string() };
    format!("{}{time}", local.strftime("%m-%d"))
}

/// Every 1:1 with its sessions inside `window`, a line each; like outcomes that follow one another share their word.
pub fn of(ones: &[OneOnOne], window: Span, zone: &TimeZone) -> String {
    let mut lines: Vec<String> = ones.iter().map(|one| of_one(one, window, zone)).collect();
    lines.sort();
    lines.join("\n")
}

fn of_one(one: &OneOnOne, window: Span, zone: &TimeZone) -> String {
    let mut line = format!("{} {}", name(&one.person), phrases::cadence(one.cadence));
    if one.verdict == Verdict::Tentative {
        line.push_str(" tentative");
    }
    if let Some(since) = one.lapsed {
        let _ = write!(line, " lapsed {}", at(since, zone));
    }
    if one.overdue {
        line.push_str(" overdue");
    }
    line.push(':');
    let mut last = String::new();
    for session in one.sessions.iter().filter(|session| window.contains(session.id.original)) {
        let words = words(session, zone);
        if words != last {
            let comma = if last.is_empty() { "" } else { "," };
            let _ = write!(line, "{comma} {words}");
            last = words;
        }
        let _ = write!(line, " {}", at(session.id.original, zone));
        if session.is_moved() {
            let _ = write!(line, ">{}", at(session.span.start, zone));
        }
    }
    line
}

/// What became of a session: `cancelled by owner missed owed`.
fn words(session: &Session, zone: &TimeZone) -> String {
    let outcome = match session.outcome {
        Outcome::HeldConfirmed => "confirmed",
        Outcome::NoShow => "no-show",
        Outcome::Excused => "excused",
        Outcome::Cancelled => "cancelled",
        Outcome::Declined => "declined",
        Outcome::Upcoming => "upcoming",
        Outcome::Conflicted => "conflicted",
        Outcome::Unknown => "unknown",
        Outcome::HeldPresumed => "held",
    };
    let mut words = outcome.to_owned();
    let is_told = matches!(session.outcome, Outcome::Cancelled | Outcome::Declined);
    match session.by.filter(|_| is_told) {
        Some(Side::Owner) => words.push_str(" by owner"),
        Some(Side::Other) => words.push_str(" by other"),
        None => {}
    }
    if session.outcome == Outcome::Upcoming
        && session.evidence.iter().any(|evidence| matches!(evidence, Evidence::Conflict { .. }))
    {
        words.push_str(" in conflict");
    }
    match session.state {
        Some(Loss::Open) => words.push_str(" open"),
        Some(Loss::Missed) => words.push_str(" missed"),
        None => {}
    }
    if session.owed {
        words.push_str(" owed");
    }
    if let Some(made) = &session.made_up_by {
        let _ = write!(words, " {}made up {}", if made.held { "" } else { "to be " }, at(made.span.start, zone));
    }
    words
}

/// Two texts of lines as they compare: without indentation and empty lines, in order.
pub fn trimmed(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.join("\n")
}
