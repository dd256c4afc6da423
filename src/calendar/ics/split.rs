//! Splits a calendar file, fed in chunks of any size, into components.
//!
//! It keeps only the properties that [`super::read`] uses, so that descriptions, notes and attachments never get past it.
//! Whatever it cannot hand on becomes a [`Problem`]; a component without its end loses itself and nothing after it.

use std::time::Duration;

use super::datetime;
use super::unfold::{self, Lines, Unfolder};
use crate::calendar::Problem;

/// The most that one component may hold, in bytes, counting only what is kept.
const COMPONENT_CAP: usize = 1024 * 1024;
/// How deep components may nest inside a top-level one; RFC 5545 needs one level, RFC 9073 two.
const DEPTH_CAP: usize = 8;
/// How many problems are listed; the rest are counted.
const PROBLEM_CAP: u64 = 1000;

/// What an event is read from. Everything else is dropped here.
const EVENT_PROPERTIES: [&str; 18] = [
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "UID",
    "ATTENDEE",
    "ORGANIZER",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
    "LAST-MODIFIED",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-INTENDEDSTATUS",
];
/// What is read of the calendar itself.
const CALENDAR_PROPERTIES: [&str; 4] = ["METHOD", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "X-WR-TIMEZONE"];

/// One piece of a calendar file.
#[derive(Debug)]
pub enum Part<'a> {
    /// A VEVENT.
    Event(Component<'a>),
    /// A VTIMEZONE; it may come after the events that use it.
    Zone(Component<'a>),
    /// Something that was lost, and why.
    Problem(Problem),
}

/// One component of a calendar file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component<'a> {
    /// The line of its BEGIN, counted from 1.
    pub line: u64,
    /// Which VCALENDAR of the file it is in, counted from 1; 0 outside of any. Zones count for their own first.
    pub calendar: u32,
    /// Its content lines, unfolded, in their original encoding, each ended by a line feed; without its own BEGIN and END.
    pub text: &'a [u8],
}

/// What a whole file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whether everything that the file should hold was there.
    pub completeness: Completeness,
    /// How many VEVENTs began, good or bad.
    pub events: u64,
    /// How many of them were lost on the way, each with its problem unless there were too many to list.
    pub lost: u64,
    /// How many components of other kinds there were (VTODO, VJOURNAL and the like); they are no events.
    pub others: u64,
    /// METHOD, as written.
    pub method: Option<String>,
    /// How often the publisher wants readers back: `REFRESH-INTERVAL` (RFC 7986 5.7), else `X-PUBLISHED-TTL`.
    pub refresh: Option<Duration>,
    /// X-WR-TIMEZONE: the zone in which the publisher shows the calendar. Never applied to floating times.
    pub zone_shown: Option<String>,
}

/// Whether a file is whole. Only a complete one may delete anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every VCALENDAR was ended.
    Complete,
    /// A VCALENDAR began and did not end.
    Truncated,
    /// No VCALENDAR began: a login page, an empty body, a lone component.
    NotACalendar,
}

/// A push parser that finds the components of a calendar file; its memory does not follow the file's size.
#[derive(Debug)]
pub struct Splitter {
    unfolder: Unfolder,
    frame: Frame,
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Splitter {
    /// A splitter at the start of a file.
    pub fn new() -> Self {
        Self { unfolder: Unfolder::new(), frame: Frame::default() }
    }

    /// Takes the next chunk and hands every part that it completes to `found`.
    pub fn push(&mut self, bytes: &[u8], found: &mut dyn FnMut(Part<'_>)) {
        self.unfolder.push(bytes, &mut Receiver { frame: &mut self.frame, found });
    }

    /// Says that the file is over, and what it was.
    pub fn finish(mut self, found: &mut dyn FnMut(Part<'_>)) -> Ending {
        let mut receiver = Receiver { frame: &mut self.frame, found };
        self.unfolder.finish(&mut receiver);
        receiver.lose("the file ends inside it");
        receiver.tell_of_the_unlisted();
        self.frame.ending()
    }
}

/// Where in the file's structure the splitter stands.
#[derive(Debug, Default)]
struct Frame {
    calendars: u32,
    in_calendar: bool,
    unended: bool,
    open: Option<Open>,
    /// The components open inside `open`.
    inner: Vec<Vec<u8>>,
    /// Kept between components so that its memory is.
    text: Vec<u8>,
    events: u64,
    lost: u64,
    others: u64,
    problems: u64,
    method: Option<String>,
    refresh_interval: Option<Duration>,
    published_ttl: Option<Duration>,
    zone_shown: Option<String>,
}

/// The top-level component that is being collected.
#[derive(Debug)]
struct Open {
    kind: Kind,
    name: Vec<u8>,
    row: u64,
    nameless: u32,
    /// Why it cannot be handed on, where it can't.
    spoilt: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Event,
    Zone,
    Other,
}

impl Kind {
    /// The kinds that only stand directly in a VCALENDAR: where one begins, whatever was open has lost its end.
    fn of_top_level(name: &[u8]) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match () {
            () if is("VEVENT") => Some(Self::Event),
            () if is("VTIMEZONE") => Some(Self::Zone),
            () if ["VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY"].into_iter().any(is) => Some(Self::Other),
            () => None,
        }
    }
}

impl Frame {
    fn ending(self) -> Ending {
        let completeness = match self.calendars {
            0 => Completeness::NotACalendar,
            _ if self.in_calendar || self.unended => Completeness::Truncated,
            _ => Completeness::Complete,
        };
        Ending {
            completeness,
            events: self.events,
            lost: self.lost,
            others: self.others,
            method: self.method,
            refresh: self.refresh_interval.or(self.published_ttl),
            zone_shown: self.zone_shown,
        }
    }

    /// Notes a property of the calendar itself; the first of each name counts.
    fn note(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let Some((head, value)) = text.split_once(':') else { return };
        let name = head.split(';').next().unwrap_or_default().trim().to_ascii_uppercase();
        let value = value.trim();
        match name.as_str() {
            "METHOD" => _ = self.method.get_or_insert_with(|| value.to_owned()),
            "X-WR-TIMEZONE" => _ = self.zone_shown.get_or_insert_with(|| value.to_owned()),
            "REFRESH-INTERVAL" => self.refresh_interval = self.refresh_interval.or_else(|| interval(value)),
            "X-PUBLISHED-TTL" => self.published_ttl = self.published_ttl.or_else(|| interval(value)),
            _ => {}
        }
    }
}

/// `PT1H`, and `VALUE=DURATION:PT1H` as some publishers write it; nothing where it makes no sense.
fn interval(value: &str) -> Option<Duration> {
    let value = value.rsplit(':').next().unwrap_or_default();
    let length = datetime::Length::parse(value).ok()?;
    u64::try_from(length.approximate_seconds()).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

/// The frame together with where its parts go.
struct Receiver<'a, 'f> {
    frame: &'a mut Frame,
    found: &'f mut dyn FnMut(Part<'_>),
}

impl Lines for Receiver<'_, '_> {
    fn wants(&self, name: &[u8]) -> bool {
        let listed = |list: &[&str]| list.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        if listed(&["BEGIN", "END"]) {
            return true;
        }
        match &self.frame.open {
            Some(Open { spoilt: Some(_), .. } | Open { kind: Kind::Other, .. }) => false,
            Some(Open { kind: Kind::Zone, .. }) => true,
            Some(Open { kind: Kind::Event, .. }) => self.frame.inner.is_empty() && listed(&EVENT_PROPERTIES),
            None => self.frame.in_calendar && listed(&CALENDAR_PROPERTIES),
        }
    }

    fn line(&mut self, row: u64, line: &[u8]) {
        let line = unfold::name(line);
        match structure(line) {
            Some((true, component)) => self.begin(row, component, line),
            Some((false, component)) => self.end(row, component, line),
            None if self.frame.open.is_some() => self.keep(line),
            None => self.frame.note(line),
        }
    }

    fn nameless(&mut self, _row: u64) {
        if let Some(open) = &mut self.frame.open {
            open.nameless = open.nameless.saturating_add(1);
        }
    }

    fn too_long(&mut self, row: u64) {
        match &mut self.frame.open {
            Some(open) => open.spoilt = Some("it has a line of more than 256 KiB"),
            None => self.tell(format!("line {row}"), "the line is longer than 256 KiB and was left out".into(), false),
        }
    }
}

/// `BEGIN:X` (true) or `END:X` (false), and X.
fn structure(line: &[u8]) -> Option<(bool, &[u8])> {
    let end = line.iter().position(|b| matches!(b, b':' | b';'))?;
    let name = line[..end].trim_ascii();
    let begins = name.eq_ignore_ascii_case(b"BEGIN");
    if !begins && !name.eq_ignore_ascii_case(b"END") {
        return None;
    }
    let value = line.iter().position(|b| *b == b':').map_or(&line[..0], |colon| line[colon + 1..].trim_ascii());
    Some((begins, value))
}

impl Receiver<'_, '_> {
    fn begin(&mut self, row: u64, name: &[u8], line: &[u8]) {
        if name.eq_ignore_ascii_case(b"VCALENDAR") {
            self.lose("another VCALENDAR begins inside it");
            self.frame.unended |= self.frame.in_calendar;
            self.frame.in_calendar = true;
            self.frame.calendars = self.frame.calendars.saturating_add(1);
            return;
        }
        if let Some(kind) = Kind::of_top_level(name) {
            self.lose("another component begins before its END");
            self.open(row, kind, name);
        } else if self.frame.open.is_none() {
            self.open(row, Kind::Other, name);
        } else if self.frame.inner.len() >= DEPTH_CAP {
            self.spoil("its components nest too deeply");
        } else {
            self.frame.inner.push(name.to_ascii_uppercase());
            self.keep_inside_a_zone(line);
        }
    }

    fn open(&mut self, row: u64, kind: Kind, name: &[u8]) {
        match kind {
            Kind::Event => self.frame.events += 1,
            Kind::Other => self.frame.others += 1,
            Kind::Zone => {}
        }
        self.frame.text.clear();
        self.frame.inner.clear();
        let name = name[..name.len().min(64)].to_ascii_uppercase();
        self.frame.open = Some(Open { kind, name, row, nameless: 0, spoilt: None });
    }

    fn end(&mut self, row: u64, name: &[u8], line: &[u8]) {
        if name.eq_ignore_ascii_case(b"VCALENDAR") {
            self.lose("its VCALENDAR ends before it does");
            self.frame.in_calendar = false;
            return;
        }
        let same = |other: &[u8]| other.eq_ignore_ascii_case(name);
        if let Some(at) = self.frame.inner.iter().rposition(|inner| same(inner)) {
            self.frame.inner.truncate(at);
            self.keep_inside_a_zone(line);
        } else if self.frame.open.as_ref().is_some_and(|open| same(&open.name)) {
            self.close();
        } else if self.frame.open.as_ref().is_none_or(|open| open.spoilt.is_none()) {
            self.tell(format!("line {row}"), "an END without its BEGIN was left out".into(), false);
        }
    }

    /// The END of the open component is there.
    fn close(&mut self) {
        let Some(open) = self.frame.open.take() else { return };
        if let Some(why) = open.spoilt {
            return self.tell_lost(&open, why);
        }
        if !self.frame.inner.is_empty() {
            self.tell(self.place(&open), "a component inside it has no END; it ends with the outer one".into(), false);
            self.frame.inner.clear();
        }
        if open.nameless > 0 && open.kind != Kind::Other {
            let what = format!("{} lines in it are not properties and were left out", open.nameless);
            self.tell(self.place(&open), what, false);
        }
        let component = Component { line: open.row, calendar: self.calendar(), text: &self.frame.text };
        match open.kind {
            Kind::Event => (self.found)(Part::Event(component)),
            Kind::Zone => (self.found)(Part::Zone(component)),
            Kind::Other => {}
        }
    }

    /// Drops the open component, if there is one.
    fn lose(&mut self, why: &'static str) {
        if let Some(open) = self.frame.open.take() {
            self.tell_lost(&open, open.spoilt.unwrap_or(why));
        }
        self.frame.inner.clear();
    }

    fn tell_lost(&mut self, open: &Open, why: &str) {
        self.frame.lost += u64::from(open.kind == Kind::Event);
        let name = match open.kind {
            Kind::Event => "the VEVENT",
            Kind::Zone => "the VTIMEZONE",
            Kind::Other => "a component that is not an event",
        };
        self.tell(self.place(open), format!("{name} was left out: {why}"), true);
    }

    fn spoil(&mut self, why: &'static str) {
        if let Some(open) = &mut self.frame.open {
            open.spoilt.get_or_insert(why);
        }
    }

    fn keep(&mut self, line: &[u8]) {
        if self.frame.text.len() + line.len() > COMPONENT_CAP {
            return self.spoil("it holds more than 1 MiB");
        }
        self.frame.text.extend_from_slice(line);
        self.frame.text.push(b'\n');
    }

    fn keep_inside_a_zone(&mut self, line: &[u8]) {
        if self.frame.open.as_ref().is_some_and(|open| open.kind == Kind::Zone) {
            self.keep(line);
        }
    }

    const fn calendar(&self) -> u32 {
        if self.frame.in_calendar { self.frame.calendars } else { 0 }
    }

    fn place(&self, open: &Open) -> String {
        Component { line: open.row, calendar: 0, text: &self.frame.text }.place()
    }

    fn tell(&mut self, place: String, what: String, skipped: bool) {
        self.frame.problems += 1;
        if self.frame.problems <= PROBLEM_CAP {
            (self.found)(Part::Problem(Problem { place, what, skipped }));
        }
    }

    fn tell_of_the_unlisted(&mut self) {
        let unlisted = self.frame.problems.saturating_sub(PROBLEM_CAP);
        if unlisted > 0 {
            let what = format!("{unlisted} more problems in the file's structure are not listed");
            (self.found)(Part::Problem(Problem { place: "whole file".into(), what, skipped: true }));
        }
    }
}

impl Component<'_> {
    /// Where it is, for a [`Problem`]: its line, and its UID where it has one.
    #[must_use]
    pub fn place(&self) -> String {
        let line = self.line;
        let uid = self.text.split(|b| *b == b'\n').find_map(|line| {
            let (name, value) = line.split_at_checked(4)?;
            name.eq_ignore_ascii_case(b"UID:").then(|| String::from_utf8_lossy(value))
        });
        match uid {
            None => format!("line {line}"),
            Some(uid) => {
                let uid: String = uid.trim().chars().filter(|c| !c.is_control()).take(80).collect();
                format!("line {line}, uid {uid}")
            }
        }
    }
}
