//! Parses a VTIMEZONE (RFC 5545 3.6.5) into rules that can be computed with.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::datetime::Value;
use super::line::Line;
use super::zone_names::posix_offset;
use crate::domain::recurrence::{ExtraDate, Moment, Options, Recurrence, Rule, Series, Window, Zone, expand};

mod posix;
mod tzif;

/// The stretch in which a definition without an end is compared with the IANA database: the rules that are in force.
const PRESENT: (Timestamp, Timestamp) = (Timestamp::constant(1_735_689_600, 0), Timestamp::constant(2_114_380_800, 0));
/// Definitions begin in 1601 or 1970 where the writer knew no better; nothing before this is a statement about history.
const HISTORY: Timestamp = Timestamp::constant(86_400 * 365, 0);
/// How many onsets of one definition are computed with.
const ONSET_CAP: usize = 4_000;

/// A VTIMEZONE, read.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// Its TZID.
    pub name: String,
    /// The IANA name that it says it is (`X-LIC-LOCATION`, `TZID-ALIAS-OF`).
    pub location: Option<String>,
    /// Its rules.
    pub zone: Zone,
    /// How many of its parts could not be used.
    pub dropped: usize,
    /// When its offset changes, as far as it says so.
    onsets: Vec<Onset>,
    endless: bool,
}

/// From `at` on, the offset from UTC in seconds is `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Onset {
    at: Timestamp,
    offset: i32,
}

/// A STANDARD or DAYLIGHT part.
#[derive(Clone, Debug)]
struct Observance {
    /// Its first onset, by the wall clock before it.
    start: DateTime,
    /// Seconds east of UTC before an onset.
    from: i32,
    /// Seconds east of UTC from an onset on.
    to: i32,
    rules: Vec<String>,
    dates: Vec<String>,
}

/// Reads the content lines of a VTIMEZONE.
///
/// # Errors
/// What is missing, where it defines nothing.
pub(super) fn parse(text: &[u8]) -> Result<Definition, &'static str> {
    let text = String::from_utf8_lossy(text);
    let mut name = None;
    let mut location = None;
    let mut observances = Vec::new();
    let mut dropped = 0;
    let mut part: Option<Draft> = None;
    for line in text.lines().filter_map(Line::parse) {
        match &mut part {
            None if line.is("BEGIN") => part = Some(Draft::default()),
            None if line.is("TZID") => name = Some(line.value.to_owned()),
            None if line.is("X-LIC-LOCATION") || line.is("TZID-ALIAS-OF") => location = Some(line.value.to_owned()),
            None => {}
            Some(draft) if line.is("END") => {
                let observance = std::mem::take(draft).finish();
                dropped += usize::from(observance.is_none());
                observances.extend(observance);
                part = None;
            }
            Some(draft) => draft.take(&line),
        }
    }
    let name = name.filter(|name| !name.is_empty()).ok_or("it has no TZID")?;
    if observances.is_empty() {
        return Err("it has no usable STANDARD or DAYLIGHT part");
    }
    build(name, location, &observances, dropped)
}

/// An observance while it is read.
#[derive(Debug, Default)]
struct Draft {
    start: Option<Value>,
    from: Option<i32>,
    to: Option<i32>,
    rules: Vec<String>,
    dates: Vec<String>,
}

impl Draft {
    fn take(&mut self, line: &Line<'_>) {
        match line.name.to_ascii_uppercase().as_str() {
            "DTSTART" => self.start = Value::parse(line.value).map(|(value, _)| value),
            "TZOFFSETFROM" => self.from = offset(line.value),
            "TZOFFSETTO" => self.to = offset(line.value),
            "RRULE" => self.rules.push(line.value.to_owned()),
            "RDATE" => self.dates.extend(line.value.split(',').map(str::to_owned)),
            _ => {}
        }
    }

    /// The observance; a missing TZOFFSETFROM is taken for no change, a missing DTSTART for always.
    fn finish(self) -> Option<Observance> {
        let to = self.to?;
        let from = self.from.unwrap_or(to);
        let start = match self.start {
            Some(Value::Local(local)) => local,
            Some(Value::Utc(utc)) => wall(utc, from),
            Some(Value::Date(date)) => date.to_datetime(jiff::civil::Time::midnight()),
            None => jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0),
        };
        Some(Observance { start, from, to, rules: self.rules, dates: self.dates })
    }
}

/// `+0100`, `-003000`, `+01:00`, `+100`; east is positive.
fn offset(text: &str) -> Option<i32> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i32>().ok());
    let (hours, minutes, seconds) = (digits.get(..2)?.parse::<i32>().ok()?, part(2)?, part(4)?);
    let size = hours * 3600 + minutes * 60 + seconds;
    let sane = digits.len() <= 6 && minutes < 60 && seconds < 60 && size <= 24 * 3600;
    sane.then_some(if text.trim().starts_with('-') { -size } else { size })
}

/// A wall-clock reading moved by an offset.
fn wall(at: DateTime, seconds: i32) -> DateTime {
    at.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(at)
}

fn instant(local: DateTime, offset: i32) -> Timestamp {
    wall(local, -offset).to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

fn build(
    name: String,
    location: Option<String>,
    observances: &[Observance],
    mut dropped: usize,
) -> Result<Definition, &'static str> {
    let regular = posix::from_observances(observances);
    let endless = observances.iter().any(|one| one.rules.iter().any(|rule| is_endless(rule)));
    let mut onsets = Vec::new();
    for observance in observances {
        dropped += observance.onsets(&mut onsets);
    }
    onsets.sort_unstable();
    onsets.dedup_by_key(|onset| onset.at);
    let first = observances.iter().min_by_key(|one| one.start).map_or(0, |one| one.from);
    let zone = match (&regular, fixed(observances)) {
        (_, Some(offset)) => Zone::posix(&name, &posix_offset(offset)),
        (Some(footer), None) if posix::is_whole(observances) => Zone::posix(&name, &footer.posix),
        // A footer has to continue the table; where it does not, the last offset stays.
        (footer, None) => Zone::table(&name, tzif::write(first, &onsets, footer.as_ref()))
            .or_else(|_| Zone::table(&name, tzif::write(first, &onsets, None))),
    };
    let zone = zone.map_err(|_| "its rules cannot be computed with")?;
    Ok(Definition { name, location, zone, dropped, onsets, endless })
}

/// The one offset that a definition knows, where it knows only one from its first onset on.
fn fixed(observances: &[Observance]) -> Option<i32> {
    let first = observances.first()?.to;
    observances.iter().all(|one| one.to == first).then_some(first)
}

fn is_endless(rule: &str) -> bool {
    let rule = rule.to_ascii_uppercase();
    !rule.contains("UNTIL=") && !rule.contains("COUNT=")
}

impl Observance {
    /// Adds every onset up to the end of [`PRESENT`]; returns how many rules and dates could not be read.
    fn onsets(&self, onsets: &mut Vec<Onset>) -> usize {
        let mut dropped = 0;
        let Ok(before) = Zone::posix("before", &posix_offset(self.from)) else { return 1 };
        let zoned = |local| Moment::Zoned(local, before.clone());
        let mut recurrence = Recurrence::default();
        for rule in &self.rules {
            match rule.parse::<Rule>() {
                Ok(rule) => recurrence.rules.push(rule),
                Err(_) => dropped += 1,
            }
        }
        for date in &self.dates {
            let start = match Value::parse(date) {
                Some((Value::Local(local), _)) => local,
                Some((Value::Utc(utc), _)) => wall(utc, self.from),
                Some((Value::Date(date), _)) => date.to_datetime(self.start.time()),
                None => {
                    dropped += 1;
                    continue;
                }
            };
            recurrence.dates.push(ExtraDate { start: zoned(start), end: None });
        }
        let onset = |at| Onset { at, offset: self.to };
        onsets.push(onset(instant(self.start, self.from)));
        let start = zoned(self.start);
        let series = Series { start: &start, end: &start, recurrence: &recurrence, overrides: &[] };
        let window = Window { from: Timestamp::MIN, to: PRESENT.1, here: TimeZone::UTC };
        let expansion = expand(&series, &window, Options { budget: 20_000, ..Options::default() });
        let found = expansion.instances.iter().map(|one| onset(one.start.instant(&TimeZone::UTC)));
        onsets.extend(found.take(ONSET_CAP.saturating_sub(onsets.len())));
        dropped
    }
}

impl Definition {
    /// Whether an IANA zone keeps the same time wherever this definition says anything.
    pub(super) fn agrees_with(&self, iana: &Zone) -> bool {
        let (from, to) = match (self.endless, self.onsets.as_slice()) {
            (true, _) => PRESENT,
            // Some writers put in only the part that the event needs: it agrees with a zone that uses its offset.
            (false, []) => return false,
            (false, [lone]) => return uses(iana.rules(), lone.offset),
            (false, [first, .., last]) if last.at > HISTORY => (first.at.max(HISTORY), last.at),
            (false, [.., last]) => return uses(iana.rules(), last.offset),
        };
        changes(self.zone.rules(), from, to) == changes(iana.rules(), from, to)
    }
}

/// Whether a zone has this offset at any time under its present rules.
fn uses(rules: &TimeZone, offset: i32) -> bool {
    changes(rules, PRESENT.0, PRESENT.1).iter().any(|onset| onset.offset == offset)
}

/// Every change of offset in a stretch, with the offset at its start.
fn changes(rules: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Onset> {
    let mut offset = rules.to_offset(from).seconds();
    let mut found = vec![Onset { at: from, offset }];
    for change in rules.following(from).take(ONSET_CAP).take_while(|change| change.timestamp() < to) {
        if change.offset().seconds() != offset {
            offset = change.offset().seconds();
            found.push(Onset { at: change.timestamp(), offset });
        }
    }
    found
}
