//! Owns the words of every notice; pure: a notice, what may be shown, the owner's zone and the present become a message.

mod answers;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::domain::operation::{Halt, OperationId, Way};
use crate::domain::person::Person;
use crate::domain::plan::{DigestLine, Notice, Subject};
use crate::domain::policy::Redaction;
use crate::domain::session::{Outcome, SessionId, Side};
use crate::domain::shown;
use crate::domain::source::SourceId;
use crate::domain::span::Span;

use super::buttons::Press;
use answers::more;
pub use answers::{late, then, word};

/// How many characters of a name a notice shows.
const NAME: usize = 40;
/// How many people a digest lists; servers cut longer bodies without saying so.
const LINES: usize = 6;

/// A notice in words, ready for any notification server.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// One line, never markup.
    pub summary: String,
    /// Lines of plain text; whoever delivers it escapes it where the server wants markup.
    pub body: Vec<String>,
    /// How much it presses.
    pub urgency: Urgency,
    /// What sort of notice it is (Desktop Notifications 1.2, *Categories*; our own with the vendor prefix).
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
    let voice = Voice { redaction, zone, now };
    let button = |press: &Press| Button { label: voice.label(press, &notice.subject), press: press.clone() };
    let buttons = presses.iter().map(button).collect();
    Message { buttons, ..voice.say(&notice.subject) }
}

impl Voice<'_> {
    fn say(&self, subject: &Subject) -> Message {
        let voice = self;
        match subject {
            Subject::Lost { person, span, outcome, by, owed, slot, .. } => {
                voice.lost(person, span.start, *outcome, *by, *owed, *slot)
            }
            Subject::PutBack { way, person, from, to, operation, .. } => {
                voice.put_back(*way, person, *from, *to, operation)
            }
            Subject::NotDone { way, person, session, why, .. } => voice.not_done(*way, person, session, *why),
            Subject::Missed { person, span, outcome, owed, .. } => voice.missed(person, span.start, *outcome, *owed),
            Subject::Digest { lines } => voice.digest(lines),
            Subject::ReportReady { week, held, missed, owed } => {
                let summary = format!("Your 1:1 report for week {week}");
                let numbers = format!("{held} held, {missed} missed, {owed} owed now.");
                with_buttons(REPORT, summary, vec![numbers], "To read it: cadenced report --open".to_owned())
            }
            Subject::Lapsed { person, since, .. } => voice.lapsed(person, *since),
            Subject::SeriesDeclined { person, by } => voice.series_declined(person, *by),
            Subject::Stale { source, since, problem } => voice.stale(source, *since, problem),
            Subject::Soon { person, span, owed, last_held, .. } => voice.soon(person, *span, *owed, *last_held),
            Subject::OtherTimes { session, person, slots } => voice.other_times(session, person, slots),
            Subject::Explained { person, way, from, lost, automatic, .. } => {
                voice.explained(person, *way, *from, *lost, *automatic)
            }
            Subject::TooLate { person, why } => voice.too_late(person.as_ref(), *why),
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
struct Voice<'a> {
    redaction: Redaction,
    zone: &'a TimeZone,
    now: Timestamp,
}

impl Voice<'_> {
    fn lost(
        &self,
        person: &Person,
        start: Timestamp,
        outcome: Outcome,
        by: Option<Side>,
        owed: u32,
        slot: Option<Span>,
    ) -> Message {
        let what = match outcome {
            Outcome::Declined => "declined",
            Outcome::Conflicted => "in conflict",
            Outcome::NoShow => "not attended",
            _ => "cancelled",
        };
        let who = match by {
            Some(Side::Owner) => " by you".to_owned(),
            Some(Side::Other) => format!(" by {}", self.name(person).unwrap_or_else(|| "the other side".to_owned())),
            None => String::new(),
        };
        let summary = format!("1:1{} {what}", self.with(person));
        let when = self.moment(start);
        let first = match outcome {
            Outcome::Conflicted => format!("It was due {when}. Another event of yours covers it."),
            _ if who.is_empty() => format!("It was to be {when}."),
            _ => ended(format!("It was to be {when}; {what}{who}")),
        };
        let then = match outcome {
            Outcome::Conflicted => "If it was not held, there is still time to make it up.",
            _ => "There is still time to make it up.",
        };
        let mut body = vec![first, format!("{} {then}", owed_words(owed))];
        body.extend(slot.map(|slot| format!("You could meet {}.", self.moment(slot.start))));
        with_buttons(SESSION, summary, body, inbox_hint())
    }

    fn put_back(&self, way: Way, person: &Person, from: Span, to: Span, operation: &OperationId) -> Message {
        let (was, is) = (self.moment(from.start), self.moment(to.start));
        let with = self.with(person);
        let (summary, first) = match way {
            Way::Move => {
                (format!("1:1{with} moved"), format!("It was {was}, and is {is} now. The invitation was sent."))
            }
            Way::MakeUp => {
                (format!("1:1{with} made up"), format!("Instead of {was}, you meet {is}. The invitation was sent."))
            }
            Way::MoveBack => (format!("1:1{with} is back where it was"), format!("It is {is} again.")),
            Way::TakeOff => (format!("Make-up{with} taken off"), format!("What was to be {was} is off the calendar.")),
        };
        let message = message_of(SESSION, summary, vec![first]);
        let undo = matches!(way, Way::Move | Way::MakeUp)
            .then(|| format!("To take it back: cadenced undo {}", short(operation)));
        Message { instead: undo, ..message }
    }

    fn not_done(&self, way: Way, person: &Person, session: &SessionId, why: Option<Halt>) -> Message {
        let what = match way {
            Way::Move => "not moved",
            Way::MakeUp => "not made up",
            Way::MoveBack | Way::TakeOff => "not taken back",
        };
        let first = match why {
            Some(why) => ended(format!("The session of {}: {}", self.day(session.original), halted(why))),
            None => format!(
                "The session of {}: the server says one thing and shows another. Please look at your calendar.",
                self.day(session.original)
            ),
        };
        message_of(SESSION, format!("1:1{} {what}", self.with(person)), vec![first, sessions_hint()])
    }

    fn missed(&self, person: &Person, start: Timestamp, outcome: Outcome, owed: u32) -> Message {
        let why = match outcome {
            Outcome::Declined => "declined",
            Outcome::Conflicted => "in conflict with another event",
            Outcome::NoShow => "not attended",
            _ => "cancelled",
        };
        let first = format!("The session of {} was {why}, and no other was held in time.", self.day(start));
        with_buttons(SESSION, format!("1:1{} missed", self.with(person)), vec![first, owed_words(owed)], inbox_hint())
    }

    fn digest(&self, lines: &[DigestLine]) -> Message {
        let owed: u32 = lines.iter().map(|line| line.owed).fold(0, u32::saturating_add);
        let overdue = lines.iter().filter(|line| line.overdue).count();
        let summary = match (owed, overdue) {
            (0, 1) => "One 1:1 is overdue".to_owned(),
            (0, n) => format!("{n} 1:1s are overdue"),
            (owed, _) => format!("{} owed", count(owed, "session")),
        };
        let mut body: Vec<String> = Vec::new();
        if self.redaction != Redaction::None {
            body.extend(lines.iter().take(LINES).map(|line| self.digest_line(line)));
            if lines.len() > LINES {
                body.push(format!("…and {} more.", lines.len() - LINES));
            }
        } else if overdue > 0 && owed > 0 {
            body.push(if overdue == 1 {
                "One 1:1 is overdue.".to_owned()
            } else {
                format!("{overdue} 1:1s are overdue.")
            });
        }
        body.push(inbox_hint());
        message_of(DIGEST, summary, body)
    }

    fn digest_line(&self, line: &DigestLine) -> String {
        let name = self.name(&line.person).unwrap_or_else(|| "Someone".to_owned());
        let mut parts = Vec::new();
        if line.owed > 0 {
            let open = match line.open {
                0 => String::new(),
                n if n == line.owed => " (still in time)".to_owned(),
                n => format!(" ({n} still in time)"),
            };
            parts.push(format!("{} owed{open}", line.owed));
        }
        if line.overdue {
            parts.push("overdue".to_owned());
        }
        let last =
            line.last_held.map_or_else(|| "never seen held".to_owned(), |at| format!("last held {}", self.day(at)));
        parts.push(last);
        format!("{name}: {}", parts.join(", "))
    }

    fn lapsed(&self, person: &Person, since: Timestamp) -> Message {
        let first = format!("Its series ended on {}, and none follows it.", self.day(since));
        let then = "If you still want it, set up a new series in your calendar.".to_owned();
        message_of(SESSION, format!("1:1{} lapsed", self.with(person)), vec![first, then])
    }

    fn series_declined(&self, person: &Person, by: Side) -> Message {
        let who = match by {
            Side::Owner => "You".to_owned(),
            Side::Other => self.name(person).unwrap_or_else(|| "The other side".to_owned()),
        };
        let first = format!("{who} declined the whole series, so it is not counted as a 1:1 any more.");
        message_of(
            SESSION,
            format!("1:1 series{} declined", self.with(person)),
            vec![first, "To see why: cadenced series --all".to_owned()],
        )
    }

    fn stale(&self, source: &SourceId, since: Timestamp, problem: &str) -> Message {
        let named = match self.redaction {
            Redaction::None => "A calendar".to_owned(),
            _ => format!("Calendar {}", shown::fit(&source.to_string(), NAME)),
        };
        let mut body = vec![format!("Not read well since {}; nothing is called missed from it.", self.moment(since))];
        let problem = shown::fit(problem, 120);
        if self.redaction != Redaction::None && !problem.is_empty() {
            body.push(format!("Reason: {problem}"));
        }
        let may_name = self.redaction != Redaction::None;
        body.push(if may_name && wants_sign_in(&problem) {
            format!("To sign in: cadenced login {}", source.account)
        } else {
            "To see more: cadenced status".to_owned()
        });
        message_of(HEALTH, format!("{named} is stale"), body)
    }

    /// ` with Ann`, or nothing where nobody may be named.
    fn with(&self, person: &Person) -> String {
        self.name(person).map_or_else(String::new, |name| format!(" with {name}"))
    }

    fn name(&self, person: &Person) -> Option<String> {
        match self.redaction {
            Redaction::Full => Some(shown::name(person, NAME)),
            Redaction::Initials => Some(initials(&shown::name(person, NAME))),
            Redaction::None => None,
        }
    }

    /// `today, 10:00`, `Tue 17 Nov, 10:00`.
    fn moment(&self, at: Timestamp) -> String {
        format!("{}, {}", self.day(at), self.at(at).strftime("%H:%M"))
    }

    fn day(&self, at: Timestamp) -> String {
        let (at, now) = (self.at(at), self.at(self.now));
        match at.date() {
            day if day == now.date() => "today".to_owned(),
            day if Some(day) == now.date().tomorrow().ok() => "tomorrow".to_owned(),
            day if Some(day) == now.date().yesterday().ok() => "yesterday".to_owned(),
            day if day.year() == now.date().year() => at.strftime("%a %-d %b").to_string(),
            _ => at.strftime("%a %-d %b %Y").to_string(),
        }
    }

    fn at(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }
}

fn restored(copy: Option<Date>) -> Message {
    let from = copy.map_or_else(
        || "There was no copy to restore from: what was recorded before is gone.".to_owned(),
        |day| format!("What was recorded was restored from the copy of {}.", day.strftime("%a %-d %b %Y")),
    );
    let body = vec![
        from,
        "The damaged file was set aside; the calendars are read again.".to_owned(),
        "To see more: cadenced status".to_owned(),
    ];
    message_of(HEALTH, "The database was damaged".to_owned(), body)
}

fn storage(problem: &str) -> Message {
    let body = vec![
        shown::fit(problem, 200),
        "You are still told of sessions that are known; calendars are read again, and what you decide is kept, once that is mended."
            .to_owned(),
    ];
    message_of(HEALTH, "cadenced cannot store anything".to_owned(), body)
}

/// A sentence with one full stop at its end, also where it ends in initials.
fn ended(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Why something was not done, as a notice says it.
const fn halted(why: Halt) -> &'static str {
    match why {
        Halt::CalledOff => "it was called off meanwhile",
        Halt::Stands => "it stands again",
        Halt::Moved | Halt::InOtherHands | Halt::Changed => "somebody changed it meanwhile",
        Halt::NotAllowed => "you may not change it in that calendar",
        Halt::NoVersion => "its server tells no versions (ETags), so that a write could overwrite what others changed",
        Halt::NotThere => "the calendar does not have it any more",
        Halt::SlotTaken => "the time is taken by now",
        Halt::AvailabilityUnknown => "nobody could say whether you are both free",
        Halt::ClockDisagrees => "this machine's clock and the server's differ",
        Halt::NotSent | Halt::Wait => "the server could not be reached",
        Halt::Refused => "the server refused it",
        Halt::NotForEverybody => "the server changed only your own copy",
        Halt::TouchedSince => "somebody changed it since, so that it cannot be taken back",
    }
}

/// Whether the words of a failure are those of `ErrorKind::SignIn`.
fn wants_sign_in(problem: &str) -> bool {
    problem.starts_with("sign-in needed")
}

/// The beginning of an operation's name is enough to say which one is meant.
fn short(operation: &OperationId) -> &str {
    operation.0.get(..8).unwrap_or(&operation.0)
}

fn inbox_hint() -> String {
    "To decide: cadenced inbox".to_owned()
}

fn sessions_hint() -> String {
    "To see them: cadenced sessions".to_owned()
}

fn owed_words(owed: u32) -> String {
    if owed <= 1 { "One session is owed now.".to_owned() } else { format!("{owed} sessions are owed now.") }
}

fn count(n: u32, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `Ann Bea Example` -> `A. B. E.`; an address gives its first letter only.
fn initials(name: &str) -> String {
    let words = name.split('@').next().unwrap_or_default().split(' ');
    let firsts = words.filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let letters: Vec<String> = firsts.take(4).map(|c| format!("{}.", c.to_uppercase())).collect();
    if letters.is_empty() { "someone".to_owned() } else { letters.join(" ") }
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
