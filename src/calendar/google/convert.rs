//! Converts Google events to domain events, cancelled instances and deletions.

use std::collections::HashSet;

use google_calendar3::api::{self, EventDateTime};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Deserialize;

use super::guests::{guests, organiser};
use super::times::Times;
use crate::calendar::ics::read::{Reader, one_line};
use crate::domain::event::{Event, EventKind, RecurrenceId, Status};
use crate::domain::recurrence::{Moment, Recurrence, Zone};

/// The longest title, in characters.
const TITLE_CAP: usize = 500;
/// The longest identity, in characters.
const UID_CAP: usize = 1000;

/// What an item of a list is.
#[derive(Debug)]
pub enum ItemKind {
    /// A single event, a master or an exception; with what was repaired.
    Event(Box<Event>, Vec<String>),
    /// One session of a series was called off.
    CalledOff {
        /// The id of the series.
        master: String,
        /// The start that the series gave it.
        original: Moment,
        /// Whether Google says that it is a session, and not only its id.
        is_sure: bool,
    },
    /// Deleted, and nothing more is known.
    Gone,
}

/// As much of an item as says which it is, for items that cannot be read otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// Its id in the calendar.
    #[serde(default)]
    pub id: Option<String>,
    /// The uid that it shares with its series.
    #[serde(default, rename = "iCalUID")]
    pub uid: Option<String>,
    /// Whether it stands.
    #[serde(default)]
    pub status: Option<String>,
    /// The id of its series, where it is a session of one.
    #[serde(default)]
    pub recurring_event_id: Option<String>,
}

impl Label {
    /// Whether it says no more than that something is deleted: every other cancelled item is a session that was called off, or, by its
    /// id, may be one.
    pub fn is_gone(&self) -> bool {
        let is_session = self.recurring_event_id.is_some() || self.id.as_deref().and_then(session_by_id).is_some();
        self.status.as_deref() == Some("cancelled") && !is_session
    }
}

/// Reads the events of one calendar.
#[derive(Debug)]
pub struct Converter {
    times: Times,
    lines: Reader,
    shows_details: bool,
    /// Zones that were told of: one that is unknown is so in every event.
    told_zones: HashSet<String>,
}

impl Converter {
    /// For a calendar in this zone, in which the account has this role.
    pub fn new(zone: Option<&str>, role: Option<&str>) -> Self {
        let shows_details = role != Some("freeBusyReader");
        Self { times: Times::new(zone), lines: Reader::default(), shows_details, told_zones: HashSet::new() }
    }

    /// What an event means.
    ///
    /// # Errors
    /// Why it has to be left out, in words fit for a log.
    pub fn read(&mut self, event: &api::Event) -> Result<ItemKind, String> {
        if event.status.as_deref() == Some("cancelled") {
            return self.cancelled(event);
        }
        let mut repairs = Vec::new();
        let (start, start_zone) = self.moment(event.start.as_ref()).ok_or("it has no start")?;
        let (end, end_zone) = match self.moment(event.end.as_ref()) {
            Some((end, zone)) => (align_end(&start, end, &mut repairs), zone),
            None => (start.clone(), None),
        };
        let unknown_zone = start_zone.or(end_zone);
        let overrides = self.original(event)?;
        let recurrence = match event.recurrence.as_deref() {
            Some(lines) if overrides.is_none() => self.recurrence(lines, &mut repairs)?,
            _ => None,
        };
        let (guests, guest_list) = guests(event, self.shows_details);
        let read = Event {
            uid: uid(event).ok_or("it has neither an iCalUID nor an id")?,
            overrides,
            start,
            end,
            recurrence,
            status: if event.status.as_deref() == Some("tentative") { Status::Tentative } else { Status::Confirmed },
            busy: event.transparency.as_deref() != Some("transparent"),
            kind: kind(event.event_type.as_deref()),
            title: one_line(event.summary.as_deref().unwrap_or_default(), TITLE_CAP),
            organiser: organiser(event),
            guests,
            guest_list,
            untold_guests: false,
            sequence: event.sequence.and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
            modified: event.updated.and_then(|at| Timestamp::from_millisecond(at.timestamp_millis()).ok()),
            unknown_zone,
        };
        if let Some(zone) = &read.unknown_zone
            && self.told_zones.insert(zone.clone())
        {
            let zone = one_line(zone, 80);
            repairs.push(format!("the time zone “{zone}” is not known; it is read in the calendar's own zone"));
        }
        Ok(ItemKind::Event(Box::new(read), repairs))
    }

    /// A cancelled exception is a session that was called off, and need say no more than its id, its series and its original
    /// start; anything else that is cancelled is deleted, and need say no more than its id.
    fn cancelled(&mut self, event: &api::Event) -> Result<ItemKind, String> {
        let original = self.original(event)?;
        let by_id = event.id.as_deref().and_then(session_by_id);
        Ok(match (event.recurring_event_id.clone(), original, by_id) {
            (Some(master), Some(RecurrenceId { original, .. }), _) => {
                ItemKind::CalledOff { master, original, is_sure: true }
            }
            (None, _, Some((master, original))) => {
                ItemKind::CalledOff { master: master.to_owned(), original, is_sure: false }
            }
            _ => ItemKind::Gone,
        })
    }

    fn original(&mut self, event: &api::Event) -> Result<Option<RecurrenceId>, String> {
        if event.recurring_event_id.is_none() {
            return Ok(None);
        }
        let told = self.moment(event.original_start_time.as_ref()).map(|(original, _)| original);
        let by_id = || event.id.as_deref().and_then(session_by_id).map(|(_, original)| original);
        let original = told.or_else(by_id).ok_or("it is one session of a series and has no original start")?;
        Ok(Some(RecurrenceId { original, this_and_future: false }))
    }

    fn moment(&mut self, given: Option<&EventDateTime>) -> Option<(Moment, Option<String>)> {
        self.times.read(given?).map(|read| (read.moment, read.unknown_zone))
    }

    fn recurrence(&mut self, lines: &[String], repairs: &mut Vec<String>) -> Result<Option<Recurrence>, String> {
        let (recurrence, repaired) = self.lines.recurrence(lines)?;
        repairs.extend(repaired);
        Ok(recurrence)
    }
}

/// The series and the original start that the id of a session has in it: `abc_20261116T090000Z`. Google calls ids opaque, and this is
/// asked only of a session about which nothing else is told.
fn session_by_id(id: &str) -> Option<(&str, Moment)> {
    let (master, tail) = id.rsplit_once('_').filter(|(master, _)| !master.is_empty())?;
    let is_plain = tail.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'));
    let original = match tail.len() {
        8 => Moment::Date(Date::strptime("%Y%m%d", tail).ok()?),
        16 => Moment::Zoned(DateTime::strptime("%Y%m%dT%H%M%SZ", tail).ok()?, Zone::utc()),
        _ => return None,
    };
    is_plain.then_some((master, original))
}

/// The uid that a master and its exceptions share.
fn uid(event: &api::Event) -> Option<String> {
    let uid = event.i_cal_uid.as_deref().or(event.id.as_deref()).map(|uid| one_line(uid, UID_CAP))?;
    (!uid.is_empty()).then_some(uid)
}

fn kind(event_type: Option<&str>) -> EventKind {
    match event_type {
        Some("outOfOffice") => EventKind::OutOfOffice,
        Some("focusTime") => EventKind::FocusTime,
        Some("workingLocation") => EventKind::WorkingLocation,
        Some("birthday") => EventKind::Birthday,
        // Events from mail (`fromGmail`) are ordinary ones, and so is what Google will think of next.
        _ => EventKind::Ordinary,
    }
}

/// Gives an end the form and the zone of the start, and keeps it from lying before it.
fn align_end(start: &Moment, end: Moment, repairs: &mut Vec<String>) -> Moment {
    let end = match (start, &end) {
        (Moment::Zoned(_, zone), Moment::Zoned(_, other)) if zone != other => {
            Moment::Zoned(zone.rules().to_datetime(end.instant(other.rules())), zone.clone())
        }
        (start, end) if start.is_date() != end.is_date() => {
            repairs.push("its start and end are of different kinds; the end is read like the start".to_owned());
            start.with_local(end.local())
        }
        _ => end,
    };
    if end.local() < start.local() {
        repairs.push("it ends before it starts; its end was ignored".to_owned());
        return start.clone();
    }
    end
}
