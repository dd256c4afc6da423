//! Finds one session in an object, with or without an override, or the reason why it is not there.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::edit::{Family, Part, same};
use crate::domain::event::{Event, RecurrenceId, Status};
use crate::domain::recurrence::{Moment, Options, Series, Window, expand};

/// Why a session is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is no such session.
    Absent,
    /// It was called off.
    CalledOff,
}

/// A session by its original start, as the one instance and not its series; without an original start, the single event.
///
/// # Errors
/// [`Missing`], where it does not stand.
pub fn find(family: &Family, original: Option<&Moment>) -> Result<Event, Missing> {
    let Some(original) = original else {
        let single = family.master.as_ref().filter(|part| part.event.recurrence.is_none());
        return standing(single.ok_or(Missing::Absent)?);
    };
    if let Some(own) = family.own(original) {
        return standing(own);
    }
    let master = &family.master.as_ref().ok_or(Missing::Absent)?.event;
    if master.status == Status::Cancelled {
        return Err(Missing::CalledOff);
    }
    member(master, original)?;
    let base = &family.base(original).ok_or(Missing::Absent)?.event;
    Ok(placed(base, original))
}

fn standing(part: &Part) -> Result<Event, Missing> {
    match part.event.status {
        Status::Cancelled => Err(Missing::CalledOff),
        Status::Confirmed | Status::Tentative => Ok(part.event.clone()),
    }
}

/// Whether the rules of a series have such a session.
fn member(master: &Event, original: &Moment) -> Result<(), Missing> {
    let recurrence = master.recurrence.as_ref().ok_or(Missing::Absent)?;
    let at = original.instant(&TimeZone::UTC);
    let day = |from: Timestamp, length| from.saturating_add(length).unwrap_or(from);
    let series = Series { start: &master.start, end: &master.end, recurrence, overrides: &[] };
    // A day around it, as floating times and dates have no instant of their own.
    let window = Window {
        from: day(at, SignedDuration::from_hours(-24)),
        to: day(at, SignedDuration::from_hours(24)),
        here: TimeZone::UTC,
    };
    let options = Options { keep_excluded: true, ..Options::default() };
    match expand(&series, &window, options).instances.into_iter().find(|one| same(&one.original, original)) {
        Some(one) if one.excluded => Err(Missing::CalledOff),
        Some(_) => Ok(()),
        None => Err(Missing::Absent),
    }
}

/// The instance that a series, or a change to it and the later ones, makes of an original start.
fn placed(base: &Event, original: &Moment) -> Event {
    let length = base.end.instant(&TimeZone::UTC).duration_since(base.start.instant(&TimeZone::UTC));
    let start = match &base.overrides {
        None => original.clone(),
        Some(from) => {
            let shift = base.start.local().duration_since(from.original.local());
            original.with_local(original.local().checked_add(shift).unwrap_or(original.local()))
        }
    };
    Event {
        end: start.plus(length),
        start,
        recurrence: None,
        overrides: Some(RecurrenceId { original: original.clone(), this_and_future: false }),
        ..base.clone()
    }
}
