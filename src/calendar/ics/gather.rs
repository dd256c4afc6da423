//! Collects a calendar as its bytes arrive, and releases nothing before the calendar is proven complete.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::read::Reader;
use super::split::{Completeness, Component, Ending, Part, Splitter};
use super::spool::{Spool, Unspool};
use super::zone::Zones;
use crate::calendar::failure::Failure;
use crate::calendar::{ErrorKind, Item, Problem};

/// How many problems in zones are listed; the file's structure has a cap of its own.
const MAX_PROBLEMS: usize = 2000;

/// A calendar that is still arriving.
pub struct Gathering {
    splitter: Splitter,
    kept: Collected,
}

/// What is kept of it: the zones, as they may come after the events, and the events themselves outside memory.
struct Collected {
    spool: Spool,
    zones: Zones,
    problems: Vec<Problem>,
    digest: Sha256,
    /// The first failure of the disk; the splitter cannot be stopped, so that it is told at the end of the chunk.
    failed: Option<io::Error>,
}

/// A calendar that is proven whole.
pub struct Whole {
    /// What the file as a whole is.
    pub ending: Ending,
    /// A hash of everything that is read of it; see [`Gathering`].
    pub digest: String,
    /// Its items, each parsed as it is asked for.
    pub items: Items,
}

impl Gathering {
    /// Nothing yet; what does not fit into memory goes to a nameless file in `folder`.
    pub fn new(folder: &Path) -> Self {
        let kept = Collected {
            spool: Spool::new(folder),
            zones: Zones::new(),
            problems: Vec::new(),
            digest: Sha256::new(),
            failed: None,
        };
        Self { splitter: Splitter::new(), kept }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `Local` where the disk fails.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.splitter.push(bytes, &mut |part| self.kept.take(part));
        self.kept.failed.take().map_or(Ok(()), |error| Err(disk(&error)))
    }

    /// Ends the calendar.
    ///
    /// # Errors
    /// `NotACalendar` and `Truncated` by what came, `Local` where the disk fails.
    pub fn finish(self) -> Result<Whole, Failure> {
        let Self { splitter, mut kept } = self;
        let ending = splitter.finish(&mut |part| kept.take(part));
        if let Some(error) = kept.failed {
            return Err(disk(&error));
        }
        if !planted!("cut-off-feeds-are-whole") {
            check(&ending)?;
        }
        kept.digest.update(format!("{:?} {:?}", ending.method, ending.zone_shown));
        let events = kept.spool.rewind().map_err(|error| disk(&error))?;
        let problems = kept.problems.into_iter().map(Item::Problem).collect();
        let items = Items { ready: problems, events, reader: Reader::new(kept.zones) };
        Ok(Whole { ending, digest: hexadecimal(&kept.digest.finalize()), items })
    }
}

impl Collected {
    fn take(&mut self, part: Part<'_>) {
        match part {
            Part::Event(event) => {
                self.hash(b"VEVENT", &event);
                if self.failed.is_none() {
                    self.failed = self.spool.add(&event).err();
                }
            }
            Part::Zone(zone) => {
                self.hash(b"VTIMEZONE", &zone);
                let problem = self.zones.learn(&zone);
                self.tell(problem);
            }
            Part::Problem(problem) => {
                self.digest.update(problem.what.as_bytes());
                self.tell(Some(problem));
            }
        }
    }

    fn tell(&mut self, problem: Option<Problem>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.extend(problem);
        }
    }

    /// Counts a component into the hash, all but `DTSTAMP`: many publishers write the time of the download there, and the same
    /// calendar would never be seen to be the same (RFC 5545 3.8.7.2).
    fn hash(&mut self, kind: &[u8], component: &Component<'_>) {
        self.digest.update(kind);
        self.digest.update(component.calendar.to_le_bytes());
        for line in component.text.split_inclusive(|byte| *byte == b'\n') {
            if !line.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"DTSTAMP")) {
                self.digest.update(line);
            }
        }
    }
}

/// The items of a whole calendar: first what was lost of its structure, then event by event.
pub struct Items {
    ready: VecDeque<Item>,
    events: Unspool,
    reader: Reader,
}

impl Iterator for Items {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<io::Result<Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            match self.events.next() {
                Ok(Some(event)) => self.ready.extend(self.reader.read(&event)),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn check(ending: &Ending) -> Result<(), Failure> {
    match ending.completeness {
        Completeness::Complete => Ok(()),
        Completeness::Truncated => {
            Err(Failure::new(ErrorKind::Truncated, "the calendar ends before its END:VCALENDAR; nothing of it is used"))
        }
        Completeness::NotACalendar => Err(Failure::new(
            ErrorKind::NotACalendar,
            "the answer is not a calendar (no BEGIN:VCALENDAR); is it a sign-in page? Open the address in a browser",
        )),
    }
}

fn disk(error: &io::Error) -> Failure {
    Failure::new(ErrorKind::Local, format!("the calendar could not be written to the data folder ({})", error.kind()))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
