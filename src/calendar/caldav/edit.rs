//! Moves or removes a session inside an object's text, and keeps every other byte.
//!
//! Only the component that changes gets a later SEQUENCE and a new DTSTAMP and LAST-MODIFIED (RFC 5545 3.8.7, RFC 5546 2.1.4): a new
//! override leaves its series as it is.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::text::{Component, Line, Object, folded};
use crate::calendar::write::NewTime;
use crate::domain::event::Event;
use crate::domain::recurrence::Moment;

/// The mark of whoever made a change, an operation id. It only ever makes others stand down.
pub const OPERATION: &str = "X-CADENCED-OPERATION";

/// Lines that say which revision an event is, and when it was made.
const REVISION: [&str; 3] = ["SEQUENCE", "DTSTAMP", "LAST-MODIFIED"];
/// The highest revision (RFC 5545 3.3.8).
const LAST_SEQUENCE: u32 = i32::MAX.unsigned_abs();
/// Lines of a series that its overrides must not have.
const OF_SERIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// An event of an object: where its text is, and what it says.
pub struct Part {
    index: usize,
    /// What it says.
    pub event: Event,
}

/// The events of one object that are about one uid.
pub struct Family {
    /// The series, or the single event.
    pub master: Option<Part>,
    /// The sessions that were set apart.
    pub overrides: Vec<Part>,
}

impl Part {
    /// Its text.
    pub fn component<'o>(&self, object: &'o Object<'_>) -> &'o Component {
        &object.events[self.index]
    }
}

impl Family {
    /// Reads the events of a uid.
    pub fn of(object: &Object<'_>, uid: &str) -> Self {
        let read = (0..object.events.len()).filter_map(|index| Some(Part { index, event: object.event(index)? }));
        let (overrides, mut masters): (Vec<Part>, Vec<Part>) =
            read.filter(|part| part.event.uid == uid).partition(|part| part.event.overrides.is_some());
        Self { master: (!masters.is_empty()).then(|| masters.swap_remove(0)), overrides }
    }

    /// The override of just this session.
    pub fn own(&self, original: &Moment) -> Option<&Part> {
        self.overrides.iter().find(|part| {
            part.event.overrides.as_ref().is_some_and(|own| {
                !own.this_and_future
                    && if planted!("overrides-are-known-by-their-text") {
                        own.original == *original
                    } else {
                        same(&own.original, original)
                    }
            })
        })
    }

    /// What stands for this session alone: its override, or the single event.
    pub fn part(&self, original: Option<&Moment>) -> Option<&Part> {
        match original {
            Some(original) => self.own(original),
            None => self.master.as_ref().filter(|part| part.event.recurrence.is_none()),
        }
    }

    /// What says how this session is where it has no override of its own: the last one for it and the later ones, else the series.
    pub fn base(&self, original: &Moment) -> Option<&Part> {
        let start = |part: &Part| part.event.overrides.as_ref().map(|own| own.original.instant(&TimeZone::UTC));
        let holds = |part: &&Part| {
            part.event.overrides.as_ref().is_some_and(|own| own.this_and_future)
                && start(part) <= Some(original.instant(&TimeZone::UTC))
        };
        self.overrides.iter().filter(holds).max_by_key(|part| start(part)).or(self.master.as_ref())
    }
}

/// The revision of a session: its own or that of its series, whichever is higher. Whoever has only the series takes a lower one for old.
fn sequence(family: &Family, part: &Part) -> u32 {
    let of_series = family.master.as_ref().map_or(0, |master| master.event.sequence);
    part.event.sequence.max(of_series)
}

/// Whether two moments are one: the same instant, or, where one has no zone, the same on the wall.
pub fn same(one: &Moment, other: &Moment) -> bool {
    match (one, other) {
        (Moment::Zoned(..), Moment::Zoned(..)) => one.instant(&TimeZone::UTC) == other.instant(&TimeZone::UTC),
        (Moment::Date(one), other) | (other, Moment::Date(one)) => *one == other.local().date(),
        _ => one.local() == other.local(),
    }
}

/// The operation that an event carries.
pub fn operation(object: &Object<'_>, part: &Part) -> Option<String> {
    object.events[part.index].value(OPERATION).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The object with a session at another time; none where its text does not allow that.
pub fn moved(
    object: &Object<'_>,
    family: &Family,
    original: Option<&Moment>,
    to: &NewTime,
    at: Timestamp,
) -> Option<String> {
    let rewrite = |part| {
        let revision = Revision::after(sequence(family, part), &part.event, at);
        Rewrite { object, component: &object.events[part.index], event: &part.event, to, revision }
    };
    let Some(original) = original else {
        let single = family.master.as_ref().filter(|part| part.event.recurrence.is_none())?;
        return Some(replaced(object, single, &rewrite(single).in_place()));
    };
    if let Some(own) = family.own(original) {
        return Some(replaced(object, own, &rewrite(own).in_place()));
    }
    let base = family.base(original)?;
    let master = family.master.as_ref()?;
    let of_series = object.events[master.index].line("DTSTART")?;
    let id = dated("RECURRENCE-ID", of_series, &master.event.start, original);
    let written = rewrite(base).as_override(&id);
    let end = object.events.iter().map(|event| event.at.end).max()?;
    let (before, after) = object.text.split_at(end);
    Some([before, &written, after].concat())
}

/// The object without a session; none where its text does not allow that.
pub fn removed(object: &Object<'_>, family: &Family, original: &Moment, at: Timestamp) -> Option<String> {
    let master = family.master.as_ref().filter(|part| part.event.recurrence.is_some())?;
    let component = &object.events[master.index];
    let start = component.line("DTSTART")?;
    let excluded = folded(&dated("EXDATE", start, &master.event.start, original), object.line_end);
    let last = component.lines.iter().rfind(|line| line.is(&["EXDATE", "RRULE", "RDATE", "DTSTART"]))?;
    let latest = family.own(original).map_or(0, |own| own.event.sequence).max(master.event.sequence);
    let revision = Revision::after(latest, &master.event, at);
    let mut written = String::new();
    copy(object, component, &mut written, |line, written| {
        if line.is(&REVISION) {
            return;
        }
        written.push_str(&object.text[line.at.clone()]);
        if line == last {
            written.push_str(&excluded);
            revision.write(object, written);
        }
    });
    let mut text = String::with_capacity(object.text.len() + 128);
    let mut from = 0;
    for (index, event) in object.events.iter().enumerate() {
        text.push_str(&object.text[from..event.at.start]);
        from = event.at.end;
        if index == master.index {
            text.push_str(&written);
        } else if planted!("removed-sessions-leave-their-override")
            || family.own(original).is_none_or(|own| own.index != index)
        {
            text.push_str(&object.text[event.at.clone()]);
        }
    }
    text.push_str(&object.text[from..]);
    Some(text)
}

/// Which revision a changed event is, and when it was made.
struct Revision {
    sequence: u32,
    at: Timestamp,
}

impl Revision {
    /// The one after `sequence`. Its time is never before the last one, as another program's clock may be ahead of the server's.
    fn after(sequence: u32, event: &Event, at: Timestamp) -> Self {
        let sequence = sequence.saturating_add(u32::from(!planted!("revisions-stay"))).min(LAST_SEQUENCE);
        Self { sequence, at: event.modified.map_or(at, |last| at.max(last)) }
    }

    fn stamp(&self) -> String {
        self.at.strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    fn write(&self, object: &Object<'_>, written: &mut String) {
        let (sequence, stamp) = (self.sequence, self.stamp());
        for line in [format!("SEQUENCE:{sequence}"), format!("DTSTAMP:{stamp}"), format!("LAST-MODIFIED:{stamp}")] {
            written.push_str(&folded(&line, object.line_end));
        }
    }
}

/// One event of an object while it is written at another time.
struct Rewrite<'a> {
    object: &'a Object<'a>,
    component: &'a Component,
    event: &'a Event,
    to: &'a NewTime,
    revision: Revision,
}

impl Rewrite<'_> {
    /// The same component, at the new time.
    fn in_place(&self) -> String {
        let mut written = String::new();
        copy(self.object, self.component, &mut written, |line, written| self.line(line, written));
        written
    }

    /// A copy of the component as the override of one session, with ORGANIZER and every ATTENDEE (RFC 6638 3.2.8). It is created now.
    fn as_override(&self, id: &str) -> String {
        let mut written = String::new();
        copy(self.object, self.component, &mut written, |line, written| {
            if (line.is(&OF_SERIES) && !planted!("overrides-repeat")) || line.is(&["RECURRENCE-ID"]) {
                return;
            }
            if line.is(&["CREATED"]) {
                let created = format!("CREATED:{}", self.revision.stamp());
                return written.push_str(&folded(&created, self.object.line_end));
            }
            if line.is(&["DTSTART"]) {
                written.push_str(&folded(id, self.object.line_end));
            }
            self.line(line, written);
        });
        written
    }

    /// Writes a line as the new time has it; the lines of the revision and the mark stand behind DTSTART.
    fn line(&self, line: &Line, written: &mut String) {
        if line.is(&REVISION) || line.is(&[OPERATION]) {
            return;
        }
        if !self.time(line, written) {
            written.push_str(&self.object.text[line.at.clone()]);
        }
        if line.is(&["DTSTART"]) {
            self.revision.write(self.object, written);
            written.push_str(&folded(&format!("{OPERATION}:{}", self.to.operation), self.object.line_end));
        }
    }

    /// Writes a line that says when the event is; false for every other line.
    fn time(&self, line: &Line, written: &mut String) -> bool {
        let new = match () {
            () if line.is(&["DTSTART"]) => {
                let start = dated("DTSTART", line, &self.event.start, &self.to.start);
                // An event without an end gets one, as the new time has a length.
                let ends = ["DTEND", "DURATION"].into_iter().any(|name| self.component.line(name).is_some());
                let end = (!ends).then(|| dated("DTEND", line, &self.event.start, &self.to.end));
                end.map_or(start.clone(), |end| format!("{start}{}{end}", self.object.line_end))
            }
            () if line.is(&["DTEND"]) => dated("DTEND", line, &self.event.end, &self.to.end),
            () if line.is(&["DURATION"]) => format!("DURATION:{}", length(self.to)),
            () => return false,
        };
        for part in new.split(self.object.line_end) {
            written.push_str(&folded(part, self.object.line_end));
        }
        true
    }
}

/// Copies a component, its own lines as `write` has them, and what stands between them and inside it as it is.
fn copy(object: &Object<'_>, component: &Component, written: &mut String, mut write: impl FnMut(&Line, &mut String)) {
    let mut at = component.at.start;
    for line in &component.lines {
        written.push_str(&object.text[at..line.at.start]);
        write(line, written);
        at = line.at.end;
    }
    written.push_str(&object.text[at..component.at.end]);
}

fn replaced(object: &Object<'_>, part: &Part, written: &str) -> String {
    let component = &object.events[part.index];
    [&object.text[..component.at.start], written, &object.text[component.at.end..]].concat()
}

/// A line with a date or time in the form of a line that is there already: its parameters, with them its zone. Where the zones are
/// not the same, in UTC, which needs no definition.
fn dated(name: &str, like: &Line, its: &Moment, moment: &Moment) -> String {
    match (its, moment) {
        (_, Moment::Date(date)) => format!("{name};VALUE=DATE:{}", date.strftime("%Y%m%d")),
        (_, Moment::Floating(local)) => format!("{name}:{}", local.strftime("%Y%m%dT%H%M%S")),
        (Moment::Zoned(_, zone), Moment::Zoned(..))
            if !zone.is_utc() && like.parameters().to_ascii_uppercase().contains("TZID=") =>
        {
            let local = zone.rules().to_datetime(moment.instant(&TimeZone::UTC));
            format!("{name}{}:{}", like.parameters(), local.strftime("%Y%m%dT%H%M%S"))
        }
        (_, Moment::Zoned(..)) => format!("{name}:{}", moment.instant(&TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ")),
    }
}

/// The length of a new time as a DURATION (RFC 5545 3.3.6).
fn length(to: &NewTime) -> String {
    let length =
        to.end.instant(&TimeZone::UTC).duration_since(to.start.instant(&TimeZone::UTC)).max(SignedDuration::ZERO);
    let (minutes, seconds) = (length.as_secs() / 60, length.as_secs() % 60);
    if seconds == 0 { format!("PT{minutes}M") } else { format!("PT{minutes}M{seconds}S") }
}
