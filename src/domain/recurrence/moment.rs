//! [`Moment`] and [`Zone`]: a time as an event states it, before it is resolved to an instant.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::offsets::Stretch;

/// A time zone with a name to show and the rules to compute with.
///
/// The adapter that reads an event resolves its zone once; nobody below looks a name up again. It is shared, not copied:
/// an expansion clones it three times for every instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "ZoneRecord")]
pub struct Zone(Arc<Resolved>);

/// A zone as it is written down, and what that means.
#[derive(Debug)]
struct Resolved {
    record: ZoneRecord,
    rules: TimeZone,
    /// What was looked up in the rules last. It holds nothing that the rules don't say.
    recent: Mutex<[Stretch; 2]>,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.record == other.0.record && self.0.rules == other.0.rules)
    }
}

impl Eq for Zone {}

/// How a zone is written down so that it can be rebuilt without the file that it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ZoneRecord {
    /// A name in the IANA database, `UTC` included.
    Iana(String),
    /// A file's own VTIMEZONE that is regular enough for a POSIX TZ string (IEEE Std 1003.1, 8.3).
    Posix { name: String, posix: String },
    /// A file's own VTIMEZONE as a table of transitions in `TZif` form (RFC 9636).
    Table { name: String, tzif: Vec<u8> },
}

/// Why a zone could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time zone {name} is not known here: {why}")]
pub struct UnknownZone {
    /// The name or rule text that was asked for.
    pub name: String,
    /// What the zone database or rule parser said.
    pub why: String,
}

impl Zone {
    /// The zone UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::resolved(ZoneRecord::Iana("UTC".into()), TimeZone::UTC)
    }

    /// A zone of the IANA database, by its name (`Europe/Berlin`).
    ///
    /// # Errors
    /// When the database has no zone of that name.
    pub fn iana(name: &str) -> Result<Self, UnknownZone> {
        Self::try_from(ZoneRecord::Iana(name.into()))
    }

    /// A zone whose rules are a POSIX TZ string (`CET-1CEST,M3.5.0,M10.5.0/3`), shown as `name`.
    ///
    /// # Errors
    /// When the string is no POSIX TZ rule.
    pub fn posix(name: &str, posix: &str) -> Result<Self, UnknownZone> {
        Self::try_from(ZoneRecord::Posix { name: name.into(), posix: posix.into() })
    }

    /// A zone whose rules are a table of transitions as `TZif` bytes, shown as `name`.
    ///
    /// # Errors
    /// When the bytes are no `TZif` data.
    pub fn table(name: &str, tzif: Vec<u8>) -> Result<Self, UnknownZone> {
        Self::try_from(ZoneRecord::Table { name: name.into(), tzif })
    }

    /// The name to show: the IANA name, or what the calendar file called its own zone.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0.record {
            ZoneRecord::Iana(name) | ZoneRecord::Posix { name, .. } | ZoneRecord::Table { name, .. } => name,
        }
    }

    /// The rules to compute with.
    #[must_use]
    pub fn rules(&self) -> &TimeZone {
        &self.0.rules
    }

    /// The stretches of one offset that were looked up last, by whichever series.
    pub(super) fn recent(&self) -> [Stretch; 2] {
        *self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps stretches for the next series in this zone.
    pub(super) fn keep_recent(&self, stretches: [Stretch; 2]) {
        *self.0.recent.lock().unwrap_or_else(PoisonError::into_inner) = stretches;
    }

    fn resolved(record: ZoneRecord, rules: TimeZone) -> Self {
        Self(Arc::new(Resolved { record, rules, recent: Mutex::default() }))
    }

    /// Whether this is UTC itself, and not a zone that happens to agree with it.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        self.0.rules == TimeZone::UTC
    }
}

impl TryFrom<ZoneRecord> for Zone {
    type Error = UnknownZone;

    fn try_from(record: ZoneRecord) -> Result<Self, UnknownZone> {
        let built = match &record {
            ZoneRecord::Iana(name) if name == "UTC" => Ok(TimeZone::UTC),
            ZoneRecord::Iana(name) => TimeZone::get(name),
            ZoneRecord::Posix { posix, .. } => TimeZone::posix(posix),
            ZoneRecord::Table { name, tzif } => TimeZone::tzif(name, tzif),
        };
        match built {
            Ok(rules) => Ok(Self::resolved(record, rules)),
            Err(error) => {
                let name = match record {
                    ZoneRecord::Iana(name) | ZoneRecord::Table { name, .. } => name,
                    ZoneRecord::Posix { posix, .. } => posix,
                };
                Err(UnknownZone { name, why: error.to_string() })
            }
        }
    }
}

/// A record that is read back. Events by the thousand name one zone, so that each thread keeps the one that it built last.
#[derive(Deserialize)]
#[serde(transparent)]
struct Stored(ZoneRecord);

thread_local! {
    static LAST: RefCell<Option<Zone>> = const { RefCell::new(None) };
}

impl TryFrom<Stored> for Zone {
    type Error = UnknownZone;

    fn try_from(Stored(record): Stored) -> Result<Self, UnknownZone> {
        LAST.with_borrow_mut(|last| match last {
            Some(zone) if zone.0.record == record => Ok(zone.clone()),
            _ => Ok(last.insert(Self::try_from(record)?).clone()),
        })
    }
}

impl From<Zone> for ZoneRecord {
    fn from(zone: Zone) -> Self {
        zone.0.record.clone()
    }
}

/// A point in calendar time, in the form in which the event states it (RFC 5545 3.3.4, 3.3.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A whole day, the same date wherever one is.
    Date(Date),
    /// Wall-clock time wherever one is.
    Floating(DateTime),
    /// Wall-clock time in a zone, UTC included.
    Zoned(DateTime, Zone),
}

impl Moment {
    /// A UTC time.
    #[must_use]
    pub fn utc(local: DateTime) -> Self {
        Self::Zoned(local, Zone::utc())
    }

    /// The wall-clock reading: midnight for a date.
    #[must_use]
    pub fn local(&self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
            Self::Floating(local) | Self::Zoned(local, _) => *local,
        }
    }

    /// Whether this is a whole day.
    #[must_use]
    pub const fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// The instant; `here` is the zone for what has none of its own (floating times and dates).
    ///
    /// In a gap the offset before it is used, in an overlap the first reading (RFC 5545 3.3.5).
    /// Times outside the years that jiff can hold are pinned to its first or last instant.
    #[must_use]
    pub fn instant(&self, here: &TimeZone) -> Timestamp {
        let zone = match self {
            Self::Zoned(_, zone) => zone.rules(),
            Self::Date(_) | Self::Floating(_) => here,
        };
        let local = self.local();
        let at = zone.to_ambiguous_timestamp(local).compatible();
        at.unwrap_or(if local.year() < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// The same form of moment at another wall-clock reading.
    #[must_use]
    pub fn with_local(&self, local: DateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(local.date()),
            Self::Floating(_) => Self::Floating(local),
            Self::Zoned(_, zone) => Self::Zoned(local, zone.clone()),
        }
    }

    /// This moment plus an exact length of time: of real time where there is a zone, of the wall clock where there is none.
    #[must_use]
    pub fn plus(&self, length: SignedDuration) -> Self {
        match self {
            Self::Zoned(_, zone) => {
                let at = self.instant(zone.rules());
                let then = at.checked_add(length).unwrap_or(Timestamp::MAX);
                Self::Zoned(zone.rules().to_datetime(then), zone.clone())
            }
            Self::Date(_) | Self::Floating(_) => {
                self.with_local(self.local().checked_add(length).unwrap_or(DateTime::MAX))
            }
        }
    }
}
