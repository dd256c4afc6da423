//! Owns the words for what the rules say: outcomes, evidence, reasons, grounds, cadences.

use crate::domain::one_on_one::{Cadence, CadenceUnit, Reason, Role, Verdict};
use crate::domain::operation::Halt;
use crate::domain::person::Relation;
use crate::domain::plan::Grounds;
use crate::domain::session::{Choice, Evidence, Loss, Outcome, Session, Side};
use crate::domain::shown;
use crate::domain::slot::SlotGround;
use crate::domain::span::Span;
use crate::domain::week::{Correction, Mark};

use super::wall::{Wall, about, count};

/// How often: `every week`, `every 2 weeks`.
#[must_use]
pub fn cadence(cadence: Cadence) -> String {
    let unit = match cadence.unit {
        CadenceUnit::Day => "day",
        CadenceUnit::Week => "week",
        CadenceUnit::Month => "month",
        CadenceUnit::Year => "year",
    };
    if cadence.every == 1 { format!("every {unit}") } else { format!("every {} {unit}s", cadence.every) }
}

/// What a person is to the owner, as it follows a name: `report`, `skip-level`; nothing for *other*.
#[must_use]
pub const fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Report => "report",
        Relation::Manager => "manager",
        Relation::Skip => "skip-level",
        Relation::Peer => "peer",
        Relation::Mentor => "mentor",
        Relation::Other => "",
    }
}

/// What became of a session, in a word or two.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::HeldConfirmed => "held (confirmed)",
        Outcome::HeldPresumed => "held (presumed)",
        Outcome::NoShow => "no-show",
        Outcome::Excused => "excused",
        Outcome::Cancelled => "cancelled",
        Outcome::Declined => "declined",
        Outcome::Upcoming => "upcoming",
        Outcome::Conflicted => "conflicted",
        Outcome::Unknown => "unknown",
    }
}

/// The word for a mark of the strip.
#[must_use]
pub const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Held => "held",
        Mark::MadeUp => "made up",
        Mark::Open => "open",
        Mark::Missed => "missed",
        Mark::Excused => "excused",
        Mark::Unknown => "unknown",
        Mark::Upcoming => "upcoming",
    }
}

/// What the rules say of a series.
#[must_use]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::OneOnOne => "1:1",
        Verdict::Tentative => "tentative",
        Verdict::Not => "no 1:1",
    }
}

/// What the owner is in a series.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Organiser => "you organise it",
        Role::Guest => "you are a guest",
        Role::ReadOnly => "read only",
    }
}

/// One side as it stands after *by*; `other` is the person's name.
#[must_use]
pub fn side(side: Side, other: &str) -> &str {
    match side {
        Side::Owner => "you",
        Side::Other => other,
    }
}

/// A ground for a proposal, as a clause.
#[must_use]
pub const fn grounds(grounds: Grounds) -> &'static str {
    match grounds {
        Grounds::OwedOpen => "it is owed and can still be made up in time",
        Grounds::OwedMissed => "it is owed, and its deadline is past",
        Grounds::ReplacementPlanned => "a replacement is on the calendar already",
        Grounds::ReadOnly => "the calendar can only be read",
        Grounds::ModeOff => "the mode is off",
        Grounds::SourceStale => "the calendar is stale, and nothing is decided from stale data",
        Grounds::Tentative => "the 1:1 is tentative until you confirm it",
        Grounds::NotOrganiser => "they organise it, so that only they can move it",
        Grounds::InHand => "it is being put back on the calendar",
        Grounds::TakenBack => "what cadenced put on the calendar for it was taken off again, and that is an answer",
        Grounds::Undone => "you took back what cadenced did about it",
        Grounds::Uncertain => "its server says one thing and shows another: look at the calendar",
        Grounds::GaveUp => "it was tried often enough by itself",
        Grounds::OnceAlready => "it was put back by itself once, and never is again",
        Grounds::LongLost => "it was past when cadenced first saw it, so you are asked first",
        Grounds::OtherSideLost => "they cancelled or declined it, so you are asked first",
        Grounds::OtherUnknown => "nobody can say whether they are free, and unknown is never free",
        Grounds::Grace => "it was lost only now, and somebody may be about to mend it",
        Grounds::DailyLimit => "as many were put back today as may be without asking",
        Grounds::OrganiserFirst => "they organise it, and get a day to mend it first",
        Grounds::UserSaidYes => "you said yes",
        Grounds::SlotGone => "the time that you took does not do any more",
        Grounds::NoCommonFreeTime => "you two are never free at the same time",
        Grounds::NoCommonHours => "you two never work at the same time",
        Grounds::ProtectedTimes => "all that would do is at times that you protect",
        Grounds::TooSoon => "all that would do is too soon",
        Grounds::NoRoom => "there is no room between the sessions before and after it",
        Grounds::OwnTimeUnknown => "your own time could not be read",
        Grounds::NoAddress => "it is not known who to invite",
    }
}

/// What speaks for or against a slot, as a clause; `other` is the person's name.
#[must_use]
pub fn slot_ground(ground: &SlotGround, other: &str) -> String {
    let whose = |whose: Side| match whose {
        Side::Owner => "your".to_owned(),
        Side::Other => format!("{other}'s"),
    };
    match ground {
        SlotGround::UsualWeekday => "on the usual weekday".to_owned(),
        SlotGround::OtherWeekday(day) => format!("on a {}", weekday(*day)),
        SlotGround::UsualTime => "at the usual time".to_owned(),
        SlotGround::FurtherFromUsual { minutes } => format!("{} from the usual time", lasting(*minutes)),
        SlotGround::OtherDay { days: 0 } => "on the same day".to_owned(),
        SlotGround::OtherDay { days } if *days > 0 => format!("{} later than it was", count(*days, "day")),
        SlotGround::OtherDay { days } => format!("{} earlier than it was", count(-days, "day")),
        SlotGround::Soonest => "the soonest".to_owned(),
        SlotGround::Later { minutes } => format!("{} later", lasting(*minutes)),
        SlotGround::BreaksFocus(side) => format!("breaks up {} focus time", whose(*side)),
        SlotGround::OverTentative(side) => format!("over something that is tentative in {} calendar", whose(*side)),
        SlotGround::TouchesSession => "right beside another session".to_owned(),
        SlotGround::Unfair { side: Side::Owner, .. } => "you would give way again".to_owned(),
        SlotGround::Unfair { side: Side::Other, .. } => format!("{other} would give way again"),
        SlotGround::Shorter { minutes } => format!("only {}", lasting(*minutes)),
    }
}

fn weekday(day: jiff::civil::Weekday) -> &'static str {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match day {
        Monday => "Monday",
        Tuesday => "Tuesday",
        Wednesday => "Wednesday",
        Thursday => "Thursday",
        Friday => "Friday",
        Saturday => "Saturday",
        Sunday => "Sunday",
    }
}

fn lasting(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => count(minutes, "minute"),
        (hours, 0) => count(hours, "hour"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Why an operation came to nothing, as a clause.
#[must_use]
pub const fn halt(why: Halt) -> &'static str {
    match why {
        Halt::CalledOff => "the session was called off meanwhile",
        Halt::Stands => "the session stands again",
        Halt::Moved => "somebody moved the session meanwhile",
        Halt::InOtherHands => "somebody else's cadenced has it in hand",
        Halt::Changed => "the event was changed meanwhile",
        Halt::NotAllowed => "you may not change it in that calendar",
        Halt::NoVersion => "its server tells no versions (ETags), so that a write could overwrite what others changed",
        Halt::NotThere => "the calendar does not have it any more",
        Halt::SlotTaken => "the time is taken by now",
        Halt::AvailabilityUnknown => "nobody could say whether you are both free",
        Halt::ClockDisagrees => "this machine's clock and the server's differ",
        Halt::NotSent => "the server could not be reached; it is tried again",
        Halt::Wait => "the server asked to wait; it is tried again",
        Halt::Refused => "the server refused it",
        Halt::NotForEverybody => "the server changed only your own copy",
        Halt::TouchedSince => "somebody changed it since",
    }
}

/// A reason for a verdict, as a clause.
#[must_use]
pub fn reason(reason: &Reason, other: &str) -> String {
    let fixed = match reason {
        Reason::DeFacto { events } => return format!("{events} separate events at a regular spacing"),
        Reason::Length { minutes } => {
            return format!("it takes {}, and a 1:1 takes 10 to 120", count(*minutes, "minute"));
        }
        Reason::Others { count: 0 } => "nobody else takes part",
        Reason::Others { count } => return format!("{count} other people take part"),
        Reason::DeclinedAsAWhole { by } => return format!("{} declined the whole series", side(*by, other)),
        Reason::Recurs => "it recurs",
        Reason::HappensOnce => "it happens once",
        Reason::AllDay => "it takes all day",
        Reason::OtherKind => "the calendar says that it is another kind of entry",
        Reason::OneOther => "exactly one other person takes part",
        Reason::OwnerAlone => "you are alone in it",
        Reason::OwnerAbsent => "you do not take part",
        Reason::GuestsHidden => "the list of guests is hidden or cut, so it is not known who takes part",
        Reason::Group => "the only other guest is a group or a mailing list",
        Reason::TitleNames => "no guests can be seen; the title names one person you know",
        Reason::TitleSilent => "no guests can be seen, and the title does not name one person and a 1:1",
        Reason::TitleExcluded => "a title rule excludes it",
        Reason::NotOwnersCalendar => "the calendar is not yours",
        Reason::UserConfirmed => "you confirmed it",
        Reason::UserIgnored => "you ignore it",
    };
    fixed.to_owned()
}

/// A piece of evidence, as a clause; `other` is the person's name.
#[must_use]
pub fn evidence(evidence: &Evidence, other: &str, wall: &Wall) -> String {
    match evidence {
        Evidence::StatusCancelled => "the calendar shows it as cancelled".to_owned(),
        Evidence::Excepted => "it was taken out of the series".to_owned(),
        Evidence::Deleted => "it was deleted from the calendar".to_owned(),
        Evidence::Vanished { since } => {
            format!("it is gone from the calendar since {}; a second read must agree", wall.moment(*since))
        }
        Evidence::ReplyDeclined { by } => format!("{} replied no", side(*by, other)),
        Evidence::OutOfOffice { by, span } => {
            format!("{} out of office {}", be(*by, other), between(*span, wall))
        }
        Evidence::Holiday { span } => format!("a holiday {}", between(*span, wall)),
        Evidence::Conflict { span } => format!("another event of yours {}", between(*span, wall)),
        Evidence::Moved { from } => format!("it was moved from {}", wall.moment(*from)),
        Evidence::ReadAfter { at } => format!("read {}, and nothing spoke against it", wall.moment(*at)),
        Evidence::NotReadSince { needed, last } => not_read(wall, *needed, *last),
        Evidence::UserSaid { at } => format!("you said so {}", wall.moment(*at)),
        Evidence::Overruled { outcome: shown } => format!("by the calendar alone: {}", outcome(*shown)),
        Evidence::Recorded { at } => format!("recorded {}; the calendar no longer shows it", wall.moment(*at)),
        Evidence::Reconstructed => "it was past when cadenced first saw the series".to_owned(),
        Evidence::ZoneUnknown => "the zone of the event is not known, so its time is a guess".to_owned(),
    }
}

fn not_read(wall: &Wall, needed: jiff::Timestamp, last: Option<jiff::Timestamp>) -> String {
    let last =
        last.map_or_else(|| "was never read well".to_owned(), |at| format!("was last read well {}", wall.moment(at)));
    format!("the calendar {last}; a read after {} would tell", wall.moment(needed))
}

fn be(by: Side, other: &str) -> String {
    match by {
        Side::Owner => "you were".to_owned(),
        Side::Other => format!("{other} was"),
    }
}

fn between(span: Span, wall: &Wall) -> String {
    if span.length() >= jiff::SignedDuration::from_hours(20) {
        let (first, last) = (wall.day(span.start), wall.last_day(span.end));
        return if first == last { format!("on {first}") } else { format!("from {first} to {last}") };
    }
    format!("from {} for {}", wall.moment(span.start), about(span.length()))
}

/// What became of a session, who lost it and how early: `cancelled by you, 2 hours before`.
#[must_use]
pub fn story(session: &Session, other: &str, wall: &Wall) -> String {
    let mut words = outcome(session.outcome).to_owned();
    match session.outcome {
        Outcome::Cancelled | Outcome::Declined | Outcome::NoShow => {
            if let Some(by) = session.by {
                words = format!("{words} by {}", side(by, other));
            }
            if let Some(notice) = notice(session) {
                words = format!("{words}, {notice}");
            }
        }
        Outcome::Conflicted => words.push_str(": likely not held, you had another event"),
        Outcome::Excused | Outcome::Unknown => {
            if let Some(why) = telling(session) {
                words = format!("{words}: {}", evidence(why, other, wall));
            }
        }
        _ => {}
    }
    words
}

/// How early a session was lost, where that is known.
fn notice(session: &Session) -> Option<String> {
    if session.outcome == Outcome::NoShow {
        return None;
    }
    let early = session.span.start.duration_since(session.lost_at?);
    Some(if early.is_negative() { "after its start".to_owned() } else { format!("{} before", about(early)) })
}

/// The evidence that explains an excused or unknown session best.
fn telling(session: &Session) -> Option<&Evidence> {
    session.evidence.iter().find(|evidence| {
        matches!(
            evidence,
            Evidence::OutOfOffice { .. }
                | Evidence::Holiday { .. }
                | Evidence::NotReadSince { .. }
                | Evidence::Vanished { .. }
                | Evidence::ZoneUnknown
                | Evidence::UserSaid { .. }
        )
    })
}

/// What follows from a lost session, or what is odd about a kept one: made up, open until, owed, moved.
#[must_use]
pub fn aftermath(session: &Session, wall: &Wall) -> Vec<String> {
    let mut words: Vec<String> = session.evidence.iter().filter_map(corrected).collect();
    if session.is_moved() {
        words.push(format!("moved from {}", wall.moment(session.id.original)));
    }
    match (&session.made_up_by, session.state) {
        (Some(by), _) if by.held => words.push(format!("made up {}", wall.moment(by.span.start))),
        (Some(by), _) => words.push(format!("replacement planned for {}", wall.moment(by.span.start))),
        (None, Some(Loss::Open)) => words.push(format!("can be made up until {}", wall.last_day(session.deadline))),
        (None, Some(Loss::Missed)) => words.push("missed".to_owned()),
        (None, None) => {}
    }
    if session.owed {
        words.push("owed".to_owned());
    }
    words
}

fn corrected(evidence: &Evidence) -> Option<String> {
    match evidence {
        Evidence::Overruled { outcome: shown } => Some(format!("you said so; by the calendar {}", outcome(*shown))),
        _ => None,
    }
}

/// What the user said of a session after its report was made.
#[must_use]
pub fn correction(correction: &Correction, wall: &Wall) -> String {
    let what = match correction.choice {
        Choice::Held { .. } => "it was held",
        Choice::NoShow { .. } => "one side did not come",
        Choice::Excuse { .. } => "it is excused",
        Choice::Waive { .. } => "it need not be made up",
        _ => "the calendar alone decides",
    };
    let name = shown::name(&correction.person, 60);
    let (session, at) = (wall.moment(correction.session.original), wall.moment(correction.at));
    format!("{name}, {session}: {what} (said {at})")
}
