//! Parses one component into an event, or into the reason why it is skipped.
//!
//! Dates and recurrence are read from the text itself, as they carry more than a parsed value does (zone names with
//! stray colons, rules that must not be repaired by guessing); everything else goes through calcard.

use std::borrow::Cow;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarProperty as Property, ICalendarStatus, ICalendarValue,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::datetime::{self, Length, Reading};
use super::line::{Line, with_plain_backslashes};
use super::participants::{Guests, participant};
use super::split::Component;
use super::zone::Zones;
use crate::calendar::{Item, Problem};
use crate::domain::event::{Event, EventKind, RecurrenceId, Status};
use crate::domain::recurrence::{ExtraDate, Moment, Recurrence, Rule};

mod decode;
mod file;

pub use file::{Calendar, read_calendar};

/// The longest title, in characters.
const TITLE_CAP: usize = 500;
/// The longest identity, in characters.
const UID_CAP: usize = 1000;
/// How many distinct unknown zones are told of.
const UNKNOWN_ZONE_CAP: usize = 1000;

/// Reads the components of one calendar file, knowing its zones.
#[derive(Debug, Default)]
pub struct Reader {
    zones: Zones,
    told_zones: HashSet<String>,
}

impl Reader {
    /// A reader for a file whose VTIMEZONEs have all been learnt.
    pub fn new(zones: Zones) -> Self {
        Self { zones, told_zones: HashSet::new() }
    }

    /// Reads recurrence properties that stand alone, as other formats carry them: what recurs, and what was repaired.
    ///
    /// # Errors
    /// Why they cannot be followed, in words.
    pub fn recurrence(&mut self, lines: &[String]) -> Result<(Option<Recurrence>, Vec<String>), String> {
        let component = Component { line: 0, calendar: 0, text: b"" };
        let mut draft = Draft { reader: self, component: &component, repairs: Vec::new() };
        let lines: Vec<Line<'_>> = lines.iter().filter_map(|line| Line::parse(line)).collect();
        let recurrence = draft.recurrence(&lines)?;
        Ok((recurrence, draft.repairs))
    }

    /// Reads one VEVENT: what was repaired, then the event; or only why it was left out.
    ///
    /// Every VEVENT yields exactly one [`Item::Event`] or one skipping [`Item::Problem`].
    pub fn read(&mut self, component: &Component<'_>) -> Vec<Item> {
        let mut draft = Draft { reader: self, component, repairs: Vec::new() };
        let read = draft.event();
        let repairs = std::mem::take(&mut draft.repairs);
        if repairs.is_empty()
            && let Ok(event) = read
        {
            return vec![Item::Event(Box::new(event))];
        }
        let place = component.place();
        let problem = |what, skipped| Item::Problem(Problem { place: place.clone(), what, skipped });
        let mut items: Vec<Item> = repairs.into_iter().map(|what| problem(what, false)).collect();
        items.push(match read {
            Ok(event) => Item::Event(Box::new(event)),
            Err(why) => problem(format!("the event was left out: {why}"), true),
        });
        items
    }
}

/// An event while it is read.
struct Draft<'r, 'c> {
    reader: &'r mut Reader,
    component: &'r Component<'c>,
    repairs: Vec<String>,
}

/// The lines of an event that say when it is.
#[derive(Default)]
struct TimeLines<'a> {
    start: Option<Line<'a>>,
    end: Option<Line<'a>>,
    length: Option<Line<'a>>,
    original: Option<Line<'a>>,
    recurring: Vec<Line<'a>>,
}

impl Draft<'_, '_> {
    fn event(&mut self) -> Result<Event, String> {
        let (text, guessed) = decode::text(self.component.text);
        if guessed {
            self.repair("it is not UTF-8 and was read as windows-1252");
        }
        let (times, others) = self.sort(&text);
        let start_line = times.start.ok_or("it has no DTSTART")?;
        let start = self.moment(&start_line, start_line.value).ok_or("its DTSTART is not a date or time")?;
        let (end, end_zone) = self.end(&times, &start.moment);
        let overrides = self.original(&times)?;
        let recurrence = self.recurrence(&times.recurring)?;
        if overrides.is_some() && recurrence.is_some() {
            self.repair("it changes a single instance, so its own recurrence rules were ignored");
        }
        let parsed = parse(&others)?;
        let uid = self.uid(&parsed, &text);
        let mut event = Event {
            uid,
            recurrence: recurrence.filter(|_| overrides.is_none()),
            overrides,
            start: start.moment,
            end,
            status: Status::Confirmed,
            busy: true,
            kind: EventKind::Ordinary,
            title: String::new(),
            organiser: None,
            guests: Vec::new(),
            guest_list: crate::domain::event::GuestList::Absent,
            untold_guests: false,
            sequence: 0,
            modified: None,
            unknown_zone: start.unknown_zone.or(end_zone),
        };
        self.fill(&mut event, &parsed);
        Ok(event)
    }

    fn repair(&mut self, what: impl Into<String>) {
        self.repairs.push(what.into());
    }

    /// Sorts the lines into those about time and the text of the others, for calcard.
    fn sort<'a>(&mut self, text: &'a str) -> (TimeLines<'a>, String) {
        let mut times = TimeLines::default();
        let mut others = String::with_capacity(text.len() + 32);
        others.push_str("BEGIN:VEVENT\n");
        for whole in text.lines() {
            let name = whole.split([':', ';']).next().unwrap_or_default().trim();
            let slot = match () {
                () if name.eq_ignore_ascii_case("DTSTART") => &mut times.start,
                () if name.eq_ignore_ascii_case("DTEND") => &mut times.end,
                () if name.eq_ignore_ascii_case("DURATION") => &mut times.length,
                () if name.eq_ignore_ascii_case("RECURRENCE-ID") => &mut times.original,
                () if ["RRULE", "RDATE", "EXDATE", "EXRULE"].iter().any(|known| name.eq_ignore_ascii_case(known)) => {
                    match Line::parse(whole) {
                        Some(line) => times.recurring.push(line),
                        None => self.repair(format!("its {name} has no value and was ignored")),
                    }
                    continue;
                }
                () => {
                    let is_address = ["ATTENDEE", "ORGANIZER"].iter().any(|known| name.eq_ignore_ascii_case(known));
                    others.push_str(&if is_address { with_plain_backslashes(whole) } else { whole.into() });
                    others.push('\n');
                    continue;
                }
            };
            if slot.is_some() {
                self.repair(format!("it has more than one {}; the first counts", name.to_ascii_uppercase()));
            } else {
                *slot = Line::parse(whole);
            }
        }
        others.push_str("END:VEVENT\n");
        (times, others)
    }

    /// Reads a date or time and tells what was assumed.
    fn moment(&mut self, line: &Line<'_>, text: &str) -> Option<Reading> {
        let line = &line.cut_before_digits();
        let text = if text.starts_with(|c: char| c.is_ascii_digit()) { text } else { line.value };
        let reading = datetime::moment(line, text, &mut self.reader.zones, self.component.calendar)?;
        if let Some(odd) = reading.odd {
            self.repair(format!("its {} is {odd}", line.name.to_ascii_uppercase()));
        }
        if let Some(zone) = &reading.unknown_zone
            && self.reader.told_zones.len() < UNKNOWN_ZONE_CAP
            && self.reader.told_zones.insert(zone.clone())
        {
            let zone: String = one_line(zone, 80);
            self.repair(format!("the time zone “{zone}” is not known; events that use it are read without a zone"));
        }
        Some(reading)
    }

    /// The end by DTEND, else by DURATION, else what RFC 5545 3.6.1 says: a date's day, or no length.
    fn end(&mut self, times: &TimeLines<'_>, start: &Moment) -> (Moment, Option<String>) {
        if let Some(line) = &times.end {
            match self.moment(line, line.value) {
                Some(end) => return (self.align_end(start, end.moment), end.unknown_zone),
                None => self.repair("its DTEND is not a date or time and was ignored"),
            }
        }
        if let Some(line) = &times.length {
            match Length::parse(line.value) {
                Ok(length) => return (self.align_end(start, length.after(start)), None),
                Err(why) => self.repair(format!("its DURATION was ignored: {why}")),
            }
        }
        (least_end(start), None)
    }

    /// Gives an end the form of the start, and keeps it from lying before it.
    fn align_end(&mut self, start: &Moment, end: Moment) -> Moment {
        let end = match (start, end) {
            (Moment::Zoned(_, zone), Moment::Zoned(local, its_zone)) if *zone != its_zone => {
                let at = Moment::Zoned(local, its_zone).instant(zone.rules());
                Moment::Zoned(zone.rules().to_datetime(at), zone.clone())
            }
            (start, end) if std::mem::discriminant(start) == std::mem::discriminant(&end) => end,
            (start, end) => {
                self.repair("its DTSTART and DTEND are of different kinds; the end is read like the start");
                start.with_local(end.local())
            }
        };
        // Both are now in one form and one zone, so that their wall-clock readings compare.
        let (from, to) = (start.local(), end.local());
        if to < from {
            self.repair("it ends before it starts; its end was ignored");
            return least_end(start);
        }
        if start.is_date() && to == from {
            self.repair("it ends on the date it starts; it is read as one day");
            return least_end(start);
        }
        end
    }

    fn original(&mut self, times: &TimeLines<'_>) -> Result<Option<RecurrenceId>, String> {
        let Some(line) = &times.original else { return Ok(None) };
        let original = self.moment(line, line.value).ok_or("its RECURRENCE-ID is not a date or time")?.moment;
        let range = line.parameter("RANGE");
        let this_and_future = range.as_deref().is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
        if range.is_some() && !this_and_future {
            // RFC 2445 had THISANDPRIOR; RFC 5545 took it away as nobody could say what it means.
            self.repair("its RECURRENCE-ID has a RANGE that is not THISANDFUTURE; it applies to this instance only");
        }
        Ok(Some(RecurrenceId { original, this_and_future }))
    }

    /// What makes it recur. A rule that is refused is not guessed at: what is left must say when the event is.
    fn recurrence(&mut self, lines: &[Line<'_>]) -> Result<Option<Recurrence>, String> {
        let mut recurrence = Recurrence::default();
        let mut refused = None;
        for line in lines {
            if line.is("RRULE") || line.is("EXRULE") {
                match line.value.parse::<Rule>() {
                    Ok(rule) if line.is("RRULE") => recurrence.rules.push(rule),
                    Ok(rule) => recurrence.excluded_rules.push(rule),
                    // Without what an EXRULE takes out, sessions would appear that nobody planned.
                    Err(bad) if line.is("EXRULE") => return Err(bad.to_string()),
                    Err(bad) => refused = Some(bad.to_string()),
                }
            } else {
                self.dates(line, &mut recurrence);
            }
        }
        match refused {
            Some(bad) if recurrence.rules.is_empty() && recurrence.dates.is_empty() => return Err(bad),
            Some(bad) => self.repair(format!("{bad}; only its other rules and dates are used")),
            None => {}
        }
        Ok((recurrence != Recurrence::default()).then_some(recurrence))
    }

    fn dates(&mut self, line: &Line<'_>, recurrence: &mut Recurrence) {
        let line = &line.cut_before_digits();
        let mut bad = 0;
        for text in line.value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let (start, rest) = text.split_once('/').map_or((text, None), |(start, rest)| (start, Some(rest)));
            let Some(moment) = Some(start)
                .filter(|start| start.starts_with(|c: char| c.is_ascii_digit()))
                .and_then(|start| self.moment(line, start))
                .map(|reading| reading.moment)
            else {
                bad += 1;
                continue;
            };
            if line.is("EXDATE") {
                recurrence.excluded.push(moment);
                continue;
            }
            let end = rest.and_then(|rest| self.period_end(line, &moment, rest));
            bad += u32::from(rest.is_some() && end.is_none());
            recurrence.dates.push(ExtraDate { start: moment, end });
        }
        if bad > 0 {
            self.repair(format!(
                "{bad} values of its {} could not be read and were ignored",
                line.name.to_ascii_uppercase()
            ));
        }
    }

    fn period_end(&mut self, line: &Line<'_>, start: &Moment, text: &str) -> Option<Moment> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let end = self.moment(line, text)?.moment;
            return Some(self.align_end(start, end));
        }
        Length::parse(text).ok().map(|length| length.after(start))
    }

    /// The UID, or one made of what the event says, so that it is the same at every read.
    fn uid(&mut self, parsed: &ICalendarComponent, text: &str) -> String {
        let uid = text_of(parsed, &Property::Uid).map(|uid| one_line(uid, UID_CAP)).unwrap_or_default();
        if !uid.is_empty() {
            return uid;
        }
        self.repair("it has no UID; one was made from its time and title");
        let lasting = ["DTSTART", "DTEND", "DURATION", "RRULE", "SUMMARY"];
        let mut hash = Sha256::new();
        for line in text.lines().filter_map(Line::parse).filter(|line| lasting.iter().any(|name| line.is(name))) {
            hash.update(line.name.to_ascii_uppercase());
            hash.update(line.value);
            hash.update([0]);
        }
        let mut uid = String::from("no-uid-");
        for byte in hash.finalize().iter().take(16) {
            uid.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0')));
        }
        uid
    }

    /// Everything but time and identity.
    fn fill(&mut self, event: &mut Event, parsed: &ICalendarComponent) {
        let mut guests = Guests::default();
        let (mut busy_status, mut intended) = (None, None);
        for entry in &parsed.entries {
            let text = entry.values.first().and_then(|value| match value {
                ICalendarValue::Text(text) => Some(text.as_str()),
                _ => None,
            });
            match (&entry.name, entry.values.first()) {
                (Property::Summary, _) => event.title = one_line(text.unwrap_or_default(), TITLE_CAP),
                (Property::Status, Some(ICalendarValue::Status(status))) => event.status = status_of(status),
                (Property::Status, Some(ICalendarValue::Text(other))) => event.status = self.odd_status(other),
                (Property::Transp, Some(ICalendarValue::Transparency(transparency))) => {
                    event.busy = *transparency != calcard::icalendar::ICalendarTransparency::Transparent;
                }
                (Property::Sequence, value) => event.sequence = self.sequence(value),
                (Property::LastModified, _) => event.modified = modified(entry),
                (Property::Organizer, _) => event.organiser = Some(participant(entry)),
                (Property::Attendee, _) => guests.add(entry),
                (Property::Other(name), _) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-BUSYSTATUS") => {
                    busy_status = text.map(|text| text.trim().to_ascii_uppercase());
                }
                (Property::Other(name), _) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-INTENDEDSTATUS") => {
                    intended = text.map(|text| text.trim().to_ascii_uppercase());
                }
                _ => {}
            }
        }
        match busy_status.or(intended).as_deref() {
            Some("FREE" | "WORKINGELSEWHERE") => event.busy = false,
            Some("OOF") => event.kind = EventKind::OutOfOffice,
            Some("TENTATIVE") if event.status == Status::Confirmed => event.status = Status::Tentative,
            _ => {}
        }
        event.untold_guests = guests.are_untold();
        (event.guests, event.guest_list) = guests.finish();
    }

    fn odd_status(&mut self, text: &str) -> Status {
        // One l is how half the world writes it, and a cancellation must not be lost over that.
        if text.trim().eq_ignore_ascii_case("CANCELED") {
            return Status::Cancelled;
        }
        self.repair("its STATUS is not one of RFC 5545; it is treated as confirmed");
        Status::Confirmed
    }

    fn sequence(&mut self, value: Option<&ICalendarValue>) -> u32 {
        let number = match value {
            Some(ICalendarValue::Integer(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        if number.is_none() {
            self.repair("its SEQUENCE is not a revision number; it is treated as 0");
        }
        number.unwrap_or(0)
    }
}

/// Runs calcard over the lines that are not about time.
fn parse(text: &str) -> Result<ICalendarComponent, String> {
    // A parser of foreign input that panics costs one event, not the feed.
    let parsed = catch_unwind(AssertUnwindSafe(|| ICalendar::parse(text)))
        .map_err(|_| "the parser gave up on it")?
        .map_err(|_| "it cannot be parsed as properties")?;
    parsed.components.into_iter().next().ok_or_else(|| "it is empty".into())
}

fn text_of<'a>(parsed: &'a ICalendarComponent, name: &Property) -> Option<&'a str> {
    let entry = parsed.entries.iter().find(|entry| entry.name == *name)?;
    entry.values.iter().find_map(|value| match value {
        ICalendarValue::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

fn modified(entry: &calcard::icalendar::ICalendarEntry) -> Option<Timestamp> {
    let ICalendarValue::PartialDateTime(value) = entry.values.first()? else { return None };
    Timestamp::from_second(value.to_date_time_with_tz(calcard::common::timezone::Tz::UTC)?.timestamp()).ok()
}

const fn status_of(status: &ICalendarStatus) -> Status {
    match status {
        ICalendarStatus::Cancelled => Status::Cancelled,
        ICalendarStatus::Tentative => Status::Tentative,
        _ => Status::Confirmed,
    }
}

fn least_end(start: &Moment) -> Moment {
    match start {
        Moment::Date(date) => Moment::Date(date.tomorrow().unwrap_or(*date)),
        Moment::Floating(_) | Moment::Zoned(..) => start.clone(),
    }
}

/// Text on one line, without control characters, at most `cap` characters.
pub fn one_line(text: &str, cap: usize) -> String {
    let trimmed = text.trim();
    if trimmed.len() <= cap && !trimmed.chars().any(char::is_control) {
        return trimmed.to_owned();
    }
    let joined: Cow<'_, str> = trimmed.replace(['\n', '\r', '\t'], " ").into();
    joined.chars().filter(|c| !c.is_control()).take(cap).collect::<String>().trim().to_owned()
}
