//! Converts Google's times to [`Moment`] and back.

use google_calendar3::api::EventDateTime;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::calendar::ics::zone::Zones;
use crate::domain::recurrence::{Moment, Zone};

/// The zones of one calendar: its own, and those that its events name.
#[derive(Debug)]
pub struct Times {
    zones: Zones,
    own: Zone,
    /// What was asked last: most events of a calendar name one zone.
    last: Option<(String, Option<Zone>)>,
}

/// A moment, and what had to be assumed to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// When.
    pub moment: Moment,
    /// The zone's name, where it means nothing to us and the calendar's own is used instead.
    pub unknown_zone: Option<String>,
}

impl Times {
    /// For a calendar in this zone; UTC where it says none that is known.
    pub fn new(zone: Option<&str>) -> Self {
        let mut zones = Zones::new();
        let own = zone.and_then(|name| zones.resolve(name, 0)).unwrap_or_else(Zone::utc);
        Self { zones, own, last: None }
    }

    /// The zone that a name means.
    pub fn zone(&mut self, name: &str) -> Option<Zone> {
        if let Some((last, zone)) = &self.last
            && last == name
        {
            return zone.clone();
        }
        let zone = self.zones.resolve(name, 0);
        self.last.insert((name.to_owned(), zone)).1.clone()
    }

    /// Reads a date or a time. A time is an instant; its zone says by which wall clock a series goes on.
    pub fn read(&mut self, given: &EventDateTime) -> Option<Read> {
        if let Some(at) = given.date_time {
            let at = Timestamp::new(at.timestamp(), 0).ok()?;
            let named = given.time_zone.as_deref();
            let known = named.map(|name| self.zone(name));
            let unknown_zone = named.filter(|_| known == Some(None)).map(str::to_owned);
            let zone = known.flatten().unwrap_or_else(|| self.own.clone());
            return Some(Read { moment: Moment::Zoned(zone.rules().to_datetime(at), zone), unknown_zone });
        }
        let date: Date = given.date?.to_string().parse().ok()?;
        Some(Read { moment: Moment::Date(date), unknown_zone: None })
    }
}

/// A moment as the API takes it: with its offset, and with its zone where that has a name that Google knows.
pub fn written(moment: &Moment) -> Value {
    match moment {
        Moment::Date(date) => json!({ "date": date.to_string() }),
        Moment::Floating(local) => json!({ "dateTime": local.to_string() }),
        Moment::Zoned(_, zone) => match zone.rules().iana_name() {
            Some(name) => json!({ "dateTime": stamp(moment), "timeZone": name }),
            None => json!({ "dateTime": stamp(moment) }),
        },
    }
}

/// A moment as text: a date, or a time with its offset (RFC 3339).
pub fn stamp(moment: &Moment) -> String {
    match moment {
        Moment::Date(date) => date.to_string(),
        Moment::Floating(local) => local.to_string(),
        Moment::Zoned(_, zone) => {
            let at = moment.instant(zone.rules());
            at.display_with_offset(zone.rules().to_offset(at)).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> EventDateTime {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_time_is_read_in_the_zone_that_it_names_and_written_as_it_was() {
        let text = r#"{"dateTime":"2026-03-02T10:00:00+01:00","timeZone":"Europe/Berlin"}"#;
        let read = Times::new(Some("UTC")).read(&given(text)).unwrap();
        assert_eq!(
            read.moment,
            Moment::Zoned("2026-03-02T10:00".parse().unwrap(), Zone::iana("Europe/Berlin").unwrap())
        );
        assert_eq!(written(&read.moment).to_string(), text);
    }

    #[test]
    fn a_time_without_a_zone_is_in_the_calendars() {
        let read = Times::new(Some("America/New_York")).read(&given(r#"{"dateTime":"2026-03-02T15:00:00Z"}"#)).unwrap();
        assert_eq!(stamp(&read.moment), "2026-03-02T10:00:00-05:00");
        assert_eq!(read.unknown_zone, None);
    }

    #[test]
    fn an_unknown_zone_is_told_and_the_instant_stands() {
        let text = r#"{"dateTime":"2026-03-02T15:00:00Z","timeZone":"Mars/Olympus"}"#;
        let read = Times::new(Some("Europe/Berlin")).read(&given(text)).unwrap();
        assert_eq!(
            (stamp(&read.moment).as_str(), read.unknown_zone.as_deref()),
            ("2026-03-02T16:00:00+01:00", Some("Mars/Olympus"))
        );
    }

    #[test]
    fn a_date_is_a_date_wherever_one_is() {
        let read = Times::new(None).read(&given(r#"{"date":"2026-03-02"}"#)).unwrap();
        assert_eq!((read.moment.is_date(), stamp(&read.moment).as_str()), (true, "2026-03-02"));
        assert_eq!(Times::new(None).read(&given(r#"{"timeZone":"UTC"}"#)), None);
    }
}
