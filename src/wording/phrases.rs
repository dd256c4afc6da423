//! Phrases for domain values: outcomes, evidence, reasons, cadences.

use crate::domain::one_on_one::{Cadence, CadenceUnit, Reason, Role, Verdict};
use crate::domain::operation::StandDownReason;
use crate::domain::person::Relation;
use crate::domain::plan::ProposalReason;
use crate::domain::sanitize;
use crate::domain::session::{Choice, Evidence, Loss, Outcome, Session, Side};
use crate::domain::slot::SlotReason;
use crate::domain::span::Span;
use crate::domain::standing::WhyLeftOut;
use crate::domain::week::{Correction, Mark};

use super::local_time::{LocalTime, about, count};
pub use super::sentences::{capital, either, ended};

/// How often: `every week`, `every 2 weeks`.
#[must_use]
pub fn cadence(cadence: Cadence) -> String {
    let unit = match cadence.unit {
        CadenceUnit::Day => "day",
        CadenceUnit::Week => "week",
        CadenceUnit::Month => "month",
        CadenceUnit::Year => "year",
    };
    let times = match cadence.times {
        0 | 1 => {
            return if cadence.every == 1 {
                format!("every {unit}")
            } else {
                format!("every {} {unit}s", cadence.every)
            };
        }
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    };
    if cadence.every == 1 { format!("{times} a {unit}") } else { format!("{times} every {} {unit}s", cadence.every) }
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
        Mark::MadeUpLate => "made up late",
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
        Verdict::Not => "not a 1:1",
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
pub const fn grounds(grounds: ProposalReason) -> &'static str {
    match grounds {
        ProposalReason::OwedOpen => "it is owed and can still be made up in time",
        ProposalReason::InConflict => "another event of yours covers it",
        ProposalReason::OwedMissed => "it is owed, and its deadline has passed",
        ProposalReason::ReplacementPlanned => "a replacement is on the calendar already",
        ProposalReason::ReadOnly => "cadenced can only read this calendar",
        ProposalReason::ModeOff => "its mode is off",
        ProposalReason::SourceStale => "one of your calendars could not be read recently, so no time is looked for",
        ProposalReason::Tentative => "the 1:1 is tentative until you confirm it",
        ProposalReason::NotOrganiser => "they organise it, so only they can move it",
        ProposalReason::InHand => "it is being put back on the calendar",
        ProposalReason::TakenBack => {
            "somebody deleted the make-up that cadenced put on the calendar, and that is respected"
        }
        ProposalReason::Undone => "you undid an earlier time, so it is yours to decide",
        ProposalReason::Uncertain => "the server reported success but shows something else; please check your calendar",
        ProposalReason::GaveUp => "it was tried twice without success, so it is yours to decide",
        ProposalReason::OnceAlready => "cadenced moved or made it up once without asking, and never does so twice",
        ProposalReason::LongLost => "it was past when cadenced first read the calendar, so it is yours to decide",
        ProposalReason::MayHaveBeenHeld => "another event took its time, so only you can say whether it was held",
        ProposalReason::OtherSideLost => "they cancelled or declined it, so it is yours to decide",
        ProposalReason::OtherUnknown => "their free time is not known",
        ProposalReason::Grace => "it was lost only just now, and somebody may be about to fix it",
        ProposalReason::DailyLimit => "the daily limit for doing this without asking is used up",
        ProposalReason::OrganiserFirst => "they organise it, and have a day to fix it first",
        ProposalReason::UserSaidYes => "you said yes",
        ProposalReason::SlotGone => "the time you chose is no longer available",
        ProposalReason::NoCommonFreeTime => "no time is left when both of you are free",
        ProposalReason::NoCommonHours => "no working hours are left that the two of you share",
        ProposalReason::ProtectedTimes => "every time that is left is one that you protect",
        ProposalReason::TooSoon => "every time that is left is too soon",
        ProposalReason::NoRoom => "there is no room between the sessions before and after it",
        ProposalReason::NotAskedYet => "whether they are free is asked right before anything is written",
        ProposalReason::ServerAskedToWait => "the server asked cadenced not to write to it for a while",
        ProposalReason::ManyWait => "so many sessions wait to be made up that it is not its turn yet",
        ProposalReason::OwnTimeUnknown => "your own calendar could not be read",
        ProposalReason::NoAddress => "there is no address to invite",
    }
}

/// What speaks for or against a slot, as a clause; `other` is the person's name.
#[must_use]
pub fn slot_ground(ground: &SlotReason, other: &str) -> String {
    let whose = |whose: Side| match whose {
        Side::Owner => "your".to_owned(),
        Side::Other => format!("{other}'s"),
    };
    match ground {
        SlotReason::UsualWeekday => "on the usual weekday".to_owned(),
        SlotReason::OtherWeekday(day) => format!("on a {}", weekday(*day)),
        SlotReason::UsualTime => "at the usual time".to_owned(),
        SlotReason::FurtherFromUsual { minutes } => format!("{} from the usual time", lasting(*minutes)),
        SlotReason::OtherDay { days: 0 } => "on the same day".to_owned(),
        SlotReason::OtherDay { days } if *days > 0 => format!("{} later than planned", count(*days, "day")),
        SlotReason::OtherDay { days } => format!("{} earlier than planned", count(-days, "day")),
        SlotReason::Soonest => "the soonest".to_owned(),
        SlotReason::Later { minutes } => format!("{} later", lasting(*minutes)),
        SlotReason::BreaksFocus(side) => format!("breaks up {} focus time", whose(*side)),
        SlotReason::OverTentative(side) => format!("over something tentative in {} calendar", whose(*side)),
        SlotReason::TouchesSession => "right before or after another 1:1".to_owned(),
        SlotReason::Unfair { side: Side::Owner, .. } => "you would have to give way again".to_owned(),
        SlotReason::Unfair { side: Side::Other, .. } => format!("{other} would have to give way again"),
        SlotReason::Shorter { minutes } => format!("only {}", lasting(*minutes)),
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
pub const fn halt(why: StandDownReason) -> &'static str {
    match why {
        StandDownReason::CalledOff => "the session was cancelled in the meantime",
        StandDownReason::Stands => "the session is on again",
        StandDownReason::Replaced => "something on the calendar already makes up for it",
        StandDownReason::NotOwed => "the session is no longer owed",
        StandDownReason::Moved => "somebody moved the session in the meantime",
        StandDownReason::InOtherHands => "another cadenced is already dealing with it",
        StandDownReason::Changed => "somebody changed the event in the meantime",
        StandDownReason::NotAllowed => "you may not change it in that calendar",
        StandDownReason::NoVersion => {
            "the server gives the event no version (ETag), so a write could overwrite somebody's change"
        }
        StandDownReason::NotThere => "the event is no longer on the calendar",
        StandDownReason::SlotTaken => "the time is no longer free",
        StandDownReason::AvailabilityUnknown => "whether you are both free could not be checked",
        StandDownReason::ClockDisagrees => "this machine's clock and the server's differ by more than two minutes",
        StandDownReason::NotSent => "the server could not be reached; it will be tried again",
        StandDownReason::Wait => "the server asked to wait; it will be tried again",
        StandDownReason::Refused => "the server refused it",
        StandDownReason::NotForEverybody => "the server changed only your own copy",
        StandDownReason::TouchedSince => "somebody has changed the event since",
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
        Reason::OtherKind => "the calendar marks it as another kind of entry",
        Reason::OneOther => "exactly one other person takes part",
        Reason::TooOften => "it comes more often than daily, and a 1:1 comes once a day at most",
        Reason::LeftOut => "it was left out, as it would take too much work (see `cadenced status`)",
        Reason::OwnerAlone => "you are alone in it",
        Reason::OwnerAbsent => "you do not take part",
        Reason::GuestsHidden => "its guest list is hidden or incomplete, so nobody can tell who takes part",
        Reason::Group => "the only other guest is a group or mailing list",
        Reason::TitleNames => "no guests are shown, but the title names one person you know",
        Reason::TitleSilent => "no guests are shown, and the title does not name one person and a 1:1",
        Reason::TitleExcluded => "a title rule excludes it",
        Reason::NotAnswered => "new, not answered: you don't know the sender, and have not replied",
        Reason::CalledOff => "the whole series was cancelled",
        Reason::NotOwnersCalendar => "it is in somebody else's calendar",
        Reason::UserConfirmed => "you confirmed it",
        Reason::UserIgnored => "you said that it is not a 1:1",
    };
    fixed.to_owned()
}

/// Why series were left out of a plan, as a sentence.
#[must_use]
pub const fn left_out(why: WhyLeftOut) -> &'static str {
    match why {
        WhyLeftOut::TooOften => "They come more often than daily, so they are not 1:1s.",
        WhyLeftOut::TooCostly => "Finding their sessions takes more work than a series may take.",
        WhyLeftOut::NoRoom => "There are more series that look like 1:1s than cadenced follows at once.",
        WhyLeftOut::TakesNoTime => "They come more often than hourly, so they count as no conflict with a 1:1.",
        WhyLeftOut::TimeUnknown => {
            "Finding when they take place takes more work than a series may take, so no conflict with them is seen."
        }
    }
}

/// A piece of evidence, as a clause; `other` is the person's name.
#[must_use]
pub fn evidence(evidence: &Evidence, other: &str, wall: &LocalTime) -> String {
    match evidence {
        Evidence::StatusCancelled => "the calendar shows it as cancelled".to_owned(),
        Evidence::Excepted => "it was taken out of the series".to_owned(),
        Evidence::Deleted => "it was deleted from the calendar".to_owned(),
        Evidence::Vanished { since, confirmed: false } => {
            format!("gone from the calendar since {}; the next read has to confirm that", wall.moment(*since))
        }
        Evidence::Vanished { since, confirmed: true } => {
            format!("gone from the calendar since {}; whether it took place is not known", wall.moment(*since))
        }
        Evidence::ReplyDeclined { by } => format!("{} declined", side(*by, other)),
        Evidence::OutOfOffice { by, span } => {
            format!("{} out of office {}", be(*by, other), between(*span, wall))
        }
        Evidence::Holiday { span } => format!("a holiday {}", between(*span, wall)),
        Evidence::Conflict { span, .. } => conflict(*span, None, wall),
        Evidence::StandingOverlap { span, .. } => standing_overlap(*span, None, wall),
        Evidence::CalendarsDisagree => "your calendars show different things, and none is newer".to_owned(),
        Evidence::TitleSaysCancelled { free: true } => {
            "its title says that it was cancelled, and its time is free".to_owned()
        }
        Evidence::TitleSaysCancelled { free: false } => {
            "its title says that it was cancelled, and nothing else does".to_owned()
        }
        Evidence::OtherNotInvited => format!("{other} is not invited to it"),
        Evidence::Moved { from } => format!("it was moved from {}", wall.moment(*from)),
        Evidence::ReadAfter { at } => {
            format!("the calendar was read {}, and nothing in it says otherwise", wall.moment(*at))
        }
        Evidence::NotReadSince { needed, last } => not_read(wall, *needed, *last),
        Evidence::UserSaid { at } => format!("you said so on {}", wall.moment(*at)),
        Evidence::Overruled { outcome: shown } => format!("the calendar alone says: {}", outcome(*shown)),
        Evidence::Recorded { at, gone: false } => format!("as recorded on {}", wall.moment(*at)),
        Evidence::Recorded { at, gone: true } => {
            format!("as recorded on {}; the calendar no longer shows it", wall.moment(*at))
        }
        Evidence::Reconstructed => "it was past when cadenced first read the series".to_owned(),
        Evidence::LostBeforeFirstRead => "it was lost before cadenced first read its calendar".to_owned(),
        Evidence::ZoneUnknown => "its time zone is not known, so its time is a guess".to_owned(),
    }
}

/// An event that conflicts with a session, by its title where that may be shown.
#[must_use]
pub fn conflict(span: Span, title: Option<&str>, wall: &LocalTime) -> String {
    let what = title.map_or_else(|| "another event of yours".to_owned(), |title| format!("your event {title:?}"));
    format!("{what} {}", between(span, wall))
}

/// The series that takes up the time of most sessions of a 1:1; its title only where the user may see titles.
pub fn standing_overlap(span: Span, title: Option<&str>, wall: &LocalTime) -> String {
    let what = title.map_or_else(|| "a series of yours".to_owned(), |title| format!("your series {title:?}"));
    format!("{what} takes up the time of most sessions, here {}", between(span, wall))
}

fn not_read(wall: &LocalTime, needed: jiff::Timestamp, last: Option<jiff::Timestamp>) -> String {
    let last =
        last.map_or_else(|| "has not been read yet".to_owned(), |at| format!("was last read {}", wall.moment(at)));
    format!("the calendar {last}; a read after {} will tell", wall.moment(needed))
}

fn be(by: Side, other: &str) -> String {
    match by {
        Side::Owner => "you were".to_owned(),
        Side::Other => format!("{other} was"),
    }
}

fn between(span: Span, wall: &LocalTime) -> String {
    if span.length() >= jiff::SignedDuration::from_hours(20) {
        let (first, last) = (wall.day(span.start), wall.last_day(span.end));
        return if first == last { format!("on {first}") } else { format!("from {first} to {last}") };
    }
    format!("from {} for {}", wall.moment(span.start), about(span.length()))
}

/// What became of a session, who lost it and how early: `cancelled by you, 2 hours before`.
#[must_use]
pub fn story(session: &Session, other: &str, wall: &LocalTime) -> String {
    let mut words = outcome(session.outcome).to_owned();
    match session.outcome {
        Outcome::Cancelled | Outcome::Declined | Outcome::NoShow => {
            if let Some(by) = session.by {
                words = format!("{words} by {}", side(by, other));
            }
            if let Some(notice) = notice(session, wall) {
                words = format!("{words}, {notice}");
            }
        }
        Outcome::Conflicted => words.push_str(": you had another event, so it was probably not held"),
        Outcome::Excused | Outcome::Unknown => match telling(session) {
            Some(Evidence::StandingOverlap { .. }) => {
                words.push_str(": another series of yours takes up the time of most sessions");
            }
            Some(why) => words = format!("{words}: {}", evidence(why, other, wall)),
            None => {}
        },
        Outcome::Upcoming if session.conflict_ahead().is_some() => {
            words.push_str(", in conflict with another event of yours");
        }
        Outcome::HeldPresumed | Outcome::HeldConfirmed | Outcome::Upcoming => {}
    }
    words
}

/// How early a session was lost: between two reads of its calendar, or nothing where no read had shown it standing.
fn notice(session: &Session, wall: &LocalTime) -> Option<String> {
    let lost = session.lost.filter(|_| session.outcome != Outcome::NoShow)?;
    let start = session.span.start;
    if lost.after >= start {
        return Some("after its start".to_owned());
    }
    let (earliest, latest) = (wall.gap(lost.after, start), wall.gap(lost.before, start));
    if lost.before <= start && earliest == latest {
        return Some(format!("{latest} before"));
    }
    let is_one_day = wall.day(lost.after) == wall.day(lost.before);
    let until = if is_one_day { wall.clock(lost.before) } else { wall.moment(lost.before) };
    Some(format!("between {} and {until}", wall.moment(lost.after)))
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
                | Evidence::StandingOverlap { .. }
                | Evidence::CalendarsDisagree
                | Evidence::TitleSaysCancelled { .. }
                | Evidence::OtherNotInvited
                | Evidence::ZoneUnknown
                | Evidence::UserSaid { .. }
        )
    })
}

/// What follows from a lost session, or what is odd about a kept one: made up, open until, owed, moved.
#[must_use]
pub fn aftermath(session: &Session, wall: &LocalTime) -> Vec<String> {
    let mut words: Vec<String> = session.evidence.iter().filter_map(corrected).collect();
    if session.is_moved() {
        words.push(format!("moved from {}", wall.moment(session.id.original)));
    }
    match (&session.made_up_by, session.state) {
        (Some(by), Some(Loss::Missed)) if by.held => {
            words.push(format!("made up late, {}", wall.moment(by.span.start)));
        }
        (Some(by), _) if by.held => words.push(format!("made up {}", wall.moment(by.span.start))),
        (Some(by), _) => words.push(format!("make-up planned for {}", wall.moment(by.span.start))),
        (None, Some(Loss::Open)) => words.push(format!("can be made up until {}", wall.until(session.deadline))),
        (None, Some(Loss::Missed)) => words.push("missed".to_owned()),
        (None, None) => {}
    }
    if session.owed {
        words.push("owed".to_owned());
    }
    words
}

fn corrected(evidence: &Evidence) -> Option<String> {
    let Evidence::Overruled { outcome: shown } = evidence else { return None };
    Some(format!("you said so; the calendar says {}", outcome(*shown)))
}

/// What the user said of a session after its report was made.
#[must_use]
pub fn correction(correction: &Correction, wall: &LocalTime) -> String {
    let what = match correction.choice {
        Choice::Held { .. } => "it was held",
        Choice::NoShow { .. } => "it was not held",
        Choice::Excuse { .. } => "it does not count",
        Choice::Waive { .. } => "it need not be made up",
        Choice::KeepBoth { .. } => "it stays where it is",
        Choice::Withdraw { .. }
        | Choice::Overlap { .. }
        | Choice::Confirm { .. }
        | Choice::Ignore { .. }
        | Choice::Take { .. }
        | Choice::Undo { .. } => "the calendar alone decides",
    };
    let name = sanitize::name(&correction.person, 60);
    let (session, at) = (wall.moment(correction.session.original), wall.moment(correction.at));
    format!("{name}, {session}: {what} (said {at})")
}

/// How many of the owed sessions have a make-up on the calendar, as what follows their number.
#[must_use]
pub fn planned(planned: u32, owed: u32) -> String {
    match (planned, owed) {
        (0, _) => String::new(),
        (_, 1) => ", with a make-up on the calendar".to_owned(),
        (all, owed) if all == owed => ", each with a make-up on the calendar".to_owned(),
        (some, _) => format!(", {some} of them with a make-up on the calendar"),
    }
}
