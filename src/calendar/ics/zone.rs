//! Resolves a TZID to a [`Zone`]; one that cannot be resolved is marked and floats, and is never silently UTC.
//!
//! The order of trust:
//! 1. The file's own VTIMEZONE of that name. Where its rules agree with the IANA zone that the name (or its
//!    X-LIC-LOCATION) stands for, that IANA zone is used, as it also knows the past and has a better name; where they
//!    disagree, the file is right: RFC 5545 3.2.19 makes the VTIMEZONE the definition.
//! 2. An IANA name, in any case.
//! 3. A Windows name, by CLDR's windowsZones, then the labels of Exchange, Outlook and Lotus.
//! 4. An IANA name behind a vendor's prefix (`/mozilla.org/20050126_1/…`), or with `_` or `-` for its first `/`.
//! 5. A display name (`(UTC+01:00) Amsterdam, …`): its label, else a city that lies in a zone of that offset.
//! 6. A plain offset (`GMT+0100`).
//!
//! X-WR-TIMEZONE is not in the list: it says in which zone a publisher shows a calendar, while a floating time is the
//! same wall-clock reading everywhere (RFC 5545 3.3.5). Applying it would turn a stated fact into a guess.

use std::collections::HashMap;

use super::split::Component;
use super::vtimezone::{self, Definition};
use super::zone_names::by_name;
use crate::calendar::Problem;
use crate::domain::recurrence::Zone;

/// How many definitions one file may bring. Concatenated files repeat theirs; repetitions don't count.
const DEFINITION_CAP: usize = 5_000;
/// How many names are remembered with what they mean.
const CACHE_CAP: usize = 5_000;

/// The zones that a calendar file defines, and those that its names mean otherwise.
#[derive(Debug, Default)]
pub struct Zones {
    /// By TZID: the calendar of the file from which on a definition holds, and the definition.
    own: HashMap<String, Vec<(u32, Zone)>>,
    definitions: usize,
    /// What names turned out to mean, each with the calendar of the file in which it was asked.
    known: HashMap<String, Vec<(u32, Option<Zone>)>>,
    remembered: usize,
}

impl Zones {
    /// Zones without any definition of a file's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a VTIMEZONE of the file. All of them have to be learnt before the first event is read.
    ///
    /// What cannot be used is told; the name is then looked up as if the file did not define it.
    pub fn learn(&mut self, component: &Component<'_>) -> Option<Problem> {
        let problem = |what: String| Problem { place: component.place(), what, skipped: true };
        let definition = match vtimezone::parse(component.text) {
            Ok(definition) => definition,
            Err(why) => return Some(problem(format!("the VTIMEZONE was left out: {why}"))),
        };
        let name = definition.name.clone();
        let dropped = definition.dropped;
        let zone = preferred(definition);
        let own = self.own.entry(name).or_default();
        if own.last().is_none_or(|(_, last)| *last != zone) {
            if self.definitions >= DEFINITION_CAP {
                return Some(problem(format!(
                    "the file defines more than {DEFINITION_CAP} zones; this one was left out"
                )));
            }
            self.definitions += 1;
            own.push((component.calendar, zone));
        }
        self.known.clear();
        self.remembered = 0;
        (dropped > 0).then(|| Problem {
            skipped: false,
            ..problem(format!("{dropped} parts of the VTIMEZONE are not valid and were left out"))
        })
    }

    /// The zone that a TZID means in one calendar of the file; `None` where nobody knows.
    pub fn resolve(&mut self, name: &str, calendar: u32) -> Option<Zone> {
        if let Some((_, zone)) = self.known.get(name).and_then(|known| known.iter().find(|(at, _)| *at == calendar)) {
            return zone.clone();
        }
        let zone = self.defined(name, calendar).cloned().or_else(|| by_name(name));
        if self.remembered >= CACHE_CAP {
            self.known.clear();
            self.remembered = 0;
        }
        self.remembered += 1;
        // The last calendar that asked is the next to ask.
        self.known.entry(name.to_owned()).or_default().insert(0, (calendar, zone.clone()));
        zone
    }

    /// Whether a TZID clearly means another zone than UTC.
    pub(super) fn is_not_utc(&mut self, name: &str, calendar: u32) -> bool {
        self.resolve(name, calendar).is_some_and(|zone| !zone.is_utc() && !zone.name().to_uppercase().ends_with("UTC"))
    }

    /// The definition in the same calendar or the nearest one before it, else the first of the file.
    fn defined(&self, name: &str, calendar: u32) -> Option<&Zone> {
        let own = self.own.get(name.trim())?;
        own.iter().rev().find(|(from, _)| *from <= calendar).or_else(|| own.first()).map(|(_, zone)| zone)
    }
}

/// The IANA zone that a definition means, where the two agree; else the definition itself.
fn preferred(definition: Definition) -> Zone {
    let names = [Some(&definition.name), definition.location.as_ref()];
    let iana = names.into_iter().flatten().find_map(|name| by_name(name)).filter(|iana| definition.agrees_with(iana));
    iana.unwrap_or(definition.zone)
}
