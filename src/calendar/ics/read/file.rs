//! Parses a whole calendar file in memory, for `expand` and for tests.

use std::io::{self, Read};

use super::Reader;
use crate::calendar::ics::split::{Completeness, Component, Ending, Part, Splitter};
use crate::calendar::ics::zone::Zones;
use crate::calendar::{Item, Problem};
use crate::domain::event::Event;

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

/// Everything that a calendar file holds.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The good events, in the order of the file.
    pub events: Vec<Event>,
    /// What was skipped or repaired, and why.
    pub problems: Vec<Problem>,
    /// What the file as a whole is.
    pub ending: Ending,
}

/// Reads a calendar file. What it lacks as a whole is among its problems as well.
///
/// # Errors
/// Only those of the input itself.
pub fn read_calendar(mut input: impl Read) -> io::Result<Calendar> {
    let mut splitter = Splitter::new();
    let mut kept = ParsedEvents::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => splitter.push(&chunk[..n], &mut |part| kept.take(part)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let ending = splitter.finish(&mut |part| kept.take(part));
    Ok(kept.read(ending))
}

/// The events of a file, before the last of its zones is known.
#[derive(Default)]
struct ParsedEvents {
    events: Vec<(u64, u32, Vec<u8>)>,
    zones: Zones,
    problems: Vec<Problem>,
}

impl ParsedEvents {
    fn take(&mut self, part: Part<'_>) {
        match part {
            Part::Event(event) => self.events.push((event.line, event.calendar, event.text.to_vec())),
            Part::Zone(zone) => self.problems.extend(self.zones.learn(&zone)),
            Part::Problem(problem) => self.problems.push(problem),
        }
    }

    fn read(mut self, ending: Ending) -> Calendar {
        let mut reader = Reader::new(self.zones);
        let mut events = Vec::with_capacity(self.events.len());
        for (line, calendar, text) in self.events {
            for item in reader.read(&Component { line, calendar, text: &text }) {
                match item {
                    Item::Event(event) | Item::Kept { event, .. } => events.push(*event),
                    // A file tells of a session that was called off by an event with that status.
                    Item::CalledOff { .. } => {}
                    Item::Problem(problem) => self.problems.push(problem),
                }
            }
        }
        let what = match ending.completeness {
            Completeness::Complete => None,
            Completeness::Truncated => Some("it is cut short: a VCALENDAR has no END"),
            Completeness::NotACalendar => Some("it is not a calendar: there is no BEGIN:VCALENDAR"),
        };
        self.problems.extend(what.map(|what| Problem {
            place: "whole file".into(),
            what: what.into(),
            skipped: false,
        }));
        Calendar { events, problems: self.problems, ending }
    }
}
