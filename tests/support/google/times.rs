//! Google's time objects (`start`, `end`, `originalStartTime`) and recurrence lines.

use cadenced::domain::recurrence::{ExtraDate, Moment, Recurrence, Zone};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// The fields of a JSON object.
pub type Fields = Map<String, Value>;

/// A time object as a moment; `zone` is the calendar's, for times that name none.
pub fn moment(time: &Value, zone: &str) -> Option<Moment> {
    if let Some(date) = time["date"].as_str() {
        return Some(Moment::Date(date.parse().ok()?));
    }
    let text = time["dateTime"].as_str()?;
    let named = time["timeZone"].as_str();
    let zone = Zone::iana(named.unwrap_or(zone)).ok()?;
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Moment::Zoned(zone.rules().to_datetime(instant), zone));
    }
    // Without an offset a zone has to be named (the reference of `start.dateTime`).
    named.and(Some(Moment::Zoned(text.parse::<DateTime>().ok()?, zone)))
}

/// A moment as a time object.
pub fn written(moment: &Moment) -> Value {
    match moment {
        Moment::Date(date) => json!({"date": date.to_string()}),
        Moment::Zoned(_, zone) => {
            let zoned = instant(moment).to_zoned(zone.rules().clone());
            json!({"dateTime": zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "timeZone": zone.name()})
        }
        Moment::Floating(local) => json!({"dateTime": local.to_string()}),
    }
}

/// The instant of a moment; whole days are placed in UTC, as the fake has no zones but those of events.
pub fn instant(moment: &Moment) -> Timestamp {
    moment.instant(&TimeZone::UTC)
}

/// A moment in the form in which it names an instance: `20261208T090000Z`, or the date alone.
pub fn stamp(moment: &Moment) -> String {
    match moment {
        Moment::Date(date) => date.strftime("%Y%m%d").to_string(),
        _ => instant(moment).strftime("%Y%m%dT%H%M%SZ").to_string(),
    }
}

/// Milliseconds and a `Z`, as in `updated`.
pub fn written_instant(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The recurrence lines of a master.
pub fn recurrence(fields: &Fields, zone: &str) -> Result<Recurrence, Refusal> {
    let mut all = Recurrence::default();
    for line in fields.get("recurrence").and_then(Value::as_array).into_iter().flatten() {
        let line = line.as_str().unwrap_or_default();
        let refused = || Refusal::invalid(format!("Invalid recurrence rule: {line}"));
        let (name, value) = line.split_once(':').ok_or_else(refused)?;
        let (property, parameters) = name.split_once(';').unwrap_or((name, ""));
        let zone = parameters.split(';').find_map(|one| one.strip_prefix("TZID=")).unwrap_or(zone);
        let times = || value.split(',').map(|text| listed(text, zone).ok_or_else(refused));
        match property.to_ascii_uppercase().as_str() {
            "RRULE" => all.rules.push(value.parse().map_err(|_| refused())?),
            "EXRULE" => all.excluded_rules.push(value.parse().map_err(|_| refused())?),
            "EXDATE" => all.excluded.extend(times().collect::<Result<Vec<_>, _>>()?),
            "RDATE" => {
                for start in times() {
                    all.dates.push(ExtraDate { start: start?, end: None });
                }
            }
            _ => return Err(refused()),
        }
    }
    Ok(all)
}

/// One value of an RDATE or EXDATE (RFC 5545 3.3.4, 3.3.5).
fn listed(text: &str, zone: &str) -> Option<Moment> {
    if text.len() == 8 {
        return Date::strptime("%Y%m%d", text).ok().map(Moment::Date);
    }
    let local = DateTime::strptime("%Y%m%dT%H%M%S", text.trim_end_matches('Z')).ok()?;
    let zone = if text.ends_with('Z') { Zone::utc() } else { Zone::iana(zone).ok()? };
    Some(Moment::Zoned(local, zone))
}

/// A stamp as [`stamp`] writes it, as an instant: midnight in UTC for a date.
pub fn from_stamp(text: &str) -> Option<Timestamp> {
    listed(text, "UTC").map(|moment| instant(&moment))
}
