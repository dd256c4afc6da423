//! The text of every notice.

mod ahead;
mod answers;
mod health;
mod sessions;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::operation::OperationId;
use crate::domain::person::{Person, Side};
use crate::domain::plan::{DigestLine, DigestSession, Notice, Subject};
use crate::domain::policy::Redaction;
use crate::domain::sanitize;
use crate::wording::local_time::{LocalTime, count};
use crate::wording::phrases::{self, capital, ended};

use super::buttons::Press;
use answers::more;
pub use answers::{late, then, word};
use health::{restored, storage};

/// How many characters of a name a notice shows.
const NAME: usize = 40;
/// How many people a digest lists; servers cut longer bodies without saying so.
const LINES: usize = 6;
/// How many sessions of one person a digest lists.
const DAYS: usize = 3;

/// A notice in words, ready for any notification server.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// One line, never markup.
    pub summary: String,
    /// Lines of plain text; whoever delivers it escapes it where the server wants markup.
    pub body: Vec<String>,
    /// How much it presses.
    pub urgency: Urgency,
    /// What kind of notice it is (Desktop Notifications 1.2, *Categories*; our own with the vendor prefix).
    pub category: &'static str,
    /// An icon of the freedesktop icon naming, so that every theme has it.
    pub icon: &'static str,
    /// The name of our desktop file, so that the shell groups our notices and keeps their settings.
    pub desktop_entry: &'static str,
    /// What can be pressed, with its words, in the order of importance.
    pub buttons: Vec<Button>,
    /// What to type instead, where there are no buttons.
    pub instead: Option<String>,
}

/// One button.
#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What it does.
    pub press: Press,
}

/// How much a message presses (Desktop Notifications 1.2, *Urgency Levels*); never critical: nothing here may break
/// through do-not-disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It can wait.
    Low,
    /// It is worth a look.
    Normal,
}

/// Puts a notice in words. Without names (`Redaction::None`) nothing that tells people or calendars apart is left.
#[must_use]
pub fn message(notice: &Notice, presses: &[Press], redaction: Redaction, zone: &TimeZone, now: Timestamp) -> Message {
    let voice = TextStyle { redaction, wall: LocalTime::of(zone.clone(), now) };
    let button = |press: &Press| Button { label: voice.label(press, &notice.subject), press: press.clone() };
    let buttons = presses.iter().map(button).collect();
    Message { buttons, ..voice.say(&notice.subject) }
}

impl TextStyle {
    fn say(&self, subject: &Subject) -> Message {
        match subject {
            Subject::Lost { .. } => self.lost(subject),
            Subject::Missed { .. } => self.missed(subject),
            Subject::PutBack { .. } => self.put_back(subject),
            Subject::NotDone { .. } => self.not_done(subject),
            Subject::Digest { lines } => self.digest(lines),
            Subject::ReportReady { week, held, missed, owed, planned } => {
                let summary = format!("1:1 report for week {week}");
                let planned = phrases::planned(*planned, *owed);
                let numbers = format!("{held} held, {missed} missed, {owed} owed now{planned}.");
                with_buttons(REPORT, summary, vec![numbers], "To read it: cadenced report --open".to_owned())
            }
            Subject::Lapsed { person, since, .. } => self.lapsed(person, *since),
            Subject::SeriesDeclined { person, by } => self.series_declined(person, *by),
            Subject::ConflictAhead { .. } => self.conflict_ahead(subject),
            Subject::Overlap { person, .. } => self.overlap(person),
            Subject::SeriesDeleted { person, .. } => self.series_deleted(person),
            Subject::Stale { source, since, why, credential, others } => {
                self.stale((source, *others), *since, why.as_ref().zip(*credential))
            }
            Subject::Soon { .. } => self.soon(subject),
            Subject::OtherTimes { session, person, slots } => self.other_times(session, person, slots),
            Subject::Explained { person, way, from, lost, automatic, .. } => {
                self.explained(person, *way, *from, *lost, *automatic)
            }
            Subject::TooLate { person, why } => self.too_late(person.as_ref(), *why),
            Subject::More { count } => more(*count),
            Subject::StoreRestored { copy } => restored(*copy),
            Subject::Storage { problem } => storage(problem),
        }
    }
}

/// What a sort of notice looks like: urgency, category, icon.
type Look = (Urgency, &'static str, &'static str);

const SESSION: Look = (Urgency::Normal, "x-cadenced.session", "x-office-calendar");
const DIGEST: Look = (Urgency::Normal, "x-cadenced.digest", "x-office-calendar");
const REPORT: Look = (Urgency::Low, "x-cadenced.report", "x-office-document");
const HEALTH: Look = (Urgency::Normal, "x-cadenced.health", "dialog-warning");

fn message_of((urgency, category, icon): Look, summary: String, body: Vec<String>) -> Message {
    let (buttons, instead) = (Vec::new(), None);
    Message { summary, body, urgency, category, icon, desktop_entry: "cadenced", buttons, instead }
}

/// A message whose buttons, where there are some, make a command unnecessary.
fn with_buttons(look: Look, summary: String, body: Vec<String>, instead: String) -> Message {
    Message { instead: Some(instead), ..message_of(look, summary, body) }
}

/// Who may be named, and where and when that is.
struct TextStyle {
    redaction: Redaction,
    wall: LocalTime,
}

impl TextStyle {
    fn digest(&self, lines: &[DigestLine]) -> Message {
        let all = || lines.iter().flat_map(|line| &line.sessions);
        let (owed, open) = (all().count(), all().filter(|session| session.open).count());
        let overdue = lines.iter().filter(|line| line.overdue).count();
        let summary = format!("{} owed", number(owed, "session"));
        let mut body: Vec<String> = Vec::new();
        if self.redaction == Redaction::None {
            body.extend((open > 0).then(|| format!("{} can still be made up in time.", capital(&of_all(open, owed)))));
            body.extend((overdue > 0).then(|| format!("{} overdue.", are(overdue, "1:1"))));
        } else {
            body.extend(lines.iter().take(LINES).map(|line| self.digest_line(line)));
            body.extend((lines.len() > LINES).then(|| format!("…and {} more.", number(lines.len() - LINES, "person"))));
        }
        body.push(inbox_hint());
        message_of(DIGEST, summary, body)
    }

    /// `Ann Example: Tue 17 Nov, Tue 24 Nov (still in time); last held Tue 10 Nov, overdue`
    fn digest_line(&self, line: &DigestLine) -> String {
        let name = self.name(&line.person).unwrap_or_else(|| "Someone".to_owned());
        let day = |session: &DigestSession| {
            let open = if session.open { " (still in time)" } else { "" };
            format!("{}{open}", self.wall.near_day(session.start))
        };
        // The latest ones: these can be made up, or are remembered.
        let earlier = line.sessions.len().saturating_sub(DAYS);
        let mut days: Vec<String> = line.sessions.iter().skip(earlier).map(day).collect();
        if earlier > 0 {
            days.insert(0, format!("{earlier} earlier"));
        }
        let held = match line.last_held {
            Some(at) => format!("last held {}", self.wall.near_day(at)),
            None => "never seen held".to_owned(),
        };
        let overdue = if line.overdue { ", overdue" } else { "" };
        format!("{name}: {}; {held}{overdue}", days.join(", "))
    }

    fn lapsed(&self, person: &Person, since: Timestamp) -> Message {
        let first = format!("Its series ended on {}, and no other has followed.", self.wall.day(since));
        let then = "If you still want these 1:1s, set up a new series in your calendar.".to_owned();
        message_of(SESSION, format!("1:1{} has ended", self.with(person)), vec![first, then])
    }

    fn series_declined(&self, person: &Person, by: Side) -> Message {
        let who = match by {
            Side::Owner => "You".to_owned(),
            Side::Other => self.other(person),
        };
        let first = ended(format!("{} declined the whole series, so it no longer counts as a 1:1", capital(&who)));
        let second = "Why: cadenced series --all".to_owned();
        message_of(SESSION, format!("1:1 series{} declined", self.with(person)), vec![first, second])
    }

    /// ` with Ann`, or nothing where nobody may be named.
    fn with(&self, person: &Person) -> String {
        self.name(person).map_or_else(String::new, |name| format!(" with {name}"))
    }

    /// The other by name, or as `the other side` where nobody may be named.
    fn other(&self, person: &Person) -> String {
        self.name(person).unwrap_or_else(|| "the other side".to_owned())
    }

    fn name(&self, person: &Person) -> Option<String> {
        match self.redaction {
            Redaction::Full => Some(sanitize::name(person, NAME)),
            Redaction::Initials => Some(initials(&sanitize::name(person, NAME))),
            Redaction::None => None,
        }
    }
}

/// The beginning of an operation's name is enough to say which one is meant.
fn short(operation: &OperationId) -> &str {
    operation.0.get(..8).unwrap_or(&operation.0)
}

fn inbox_hint() -> String {
    "To decide: cadenced inbox".to_owned()
}

fn number(n: usize, noun: &str) -> String {
    match (n, noun) {
        (1, noun) => format!("1 {noun}"),
        (n, "person") => format!("{n} people"),
        (n, noun) => count(i64::try_from(n).unwrap_or(i64::MAX), noun),
    }
}

/// `it` of one, `both` of two, `all 3`, `1 of 3`.
fn of_all(n: usize, all: usize) -> String {
    match (n, all) {
        (1, 1) => "it".to_owned(),
        (2, 2) => "both".to_owned(),
        (n, all) if n == all => format!("all {all}"),
        (n, all) => format!("{n} of the {all}"),
    }
}

fn are(n: usize, noun: &str) -> String {
    format!("{} {}", number(n, noun), if n == 1 { "is" } else { "are" })
}

/// `Ann Bea Example` -> `A. B. E.`; an address gives its first letter only.
fn initials(name: &str) -> String {
    let words = name.split('@').next().unwrap_or_default().split(' ');
    let firsts = words.filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let letters: Vec<String> = firsts.take(4).map(|c| format!("{}.", c.to_uppercase())).collect();
    if letters.is_empty() { "someone".to_owned() } else { letters.join(" ") }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
