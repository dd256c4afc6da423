//! The instances of recurring events: their IDs and contents.

use cadenced::domain::recurrence::{Instance, Moment, Options, Series, Window, expand};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::encodings::{base32hex, from_base32hex, sha256};
use super::state::{Calendar, Settings, Stored};
use super::times::{Fields, from_stamp, instant, moment, recurrence, stamp, written};

/// An endless series is expanded as far as this, when nobody says how far.
pub fn horizon() -> Timestamp {
    date(2040, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// The instances that a master generates in a window, exceptions not applied.
pub fn within(calendar: &Calendar, master: &Stored, from: Timestamp, to: Timestamp) -> Vec<Instance> {
    let Some((start, end)) = span(&master.fields, &calendar.zone) else { return Vec::new() };
    let Ok(recurrence) = recurrence(&master.fields, &calendar.zone) else { return Vec::new() };
    let series = Series { start: &start, end: &end, recurrence: &recurrence, overrides: &[] };
    let window = Window { from, to, here: TimeZone::UTC };
    expand(&series, &window, Options::default()).instances
}

/// Start and end of an event.
pub fn span(fields: &Fields, zone: &str) -> Option<(Moment, Moment)> {
    Some((moment(fields.get("start")?, zone)?, moment(fields.get("end")?, zone)?))
}

/// The one instance with this original start, where the master generates it.
pub fn at(calendar: &Calendar, master: &Stored, original: Timestamp) -> Option<Instance> {
    let near = within(calendar, master, original, original.checked_add(SignedDuration::from_secs(1)).ok()?);
    near.into_iter().find(|one| instant(&one.original) == original)
}

/// An instance as an event, before anything was changed about it; its etag is the master's.
pub fn event(master: &Stored, instance: &Instance, settings: &Settings) -> Stored {
    let mut event = master.clone();
    let id = master.text("id");
    event.fields.remove("recurrence");
    event.fields.insert("id".to_owned(), json!(name(id, &instance.original, settings)));
    event.fields.insert("recurringEventId".to_owned(), json!(id));
    event.fields.insert("originalStartTime".to_owned(), written(&instance.original));
    event.fields.insert("start".to_owned(), written(&instance.start));
    event.fields.insert("end".to_owned(), written(&instance.end));
    event
}

/// The event that an id stands for, where it is an instance's that is not stored.
pub fn generated(calendar: &Calendar, id: &str, settings: &Settings) -> Option<Stored> {
    let (master, original) = meaning(id, settings)?;
    let master = calendar.events.get(&master)?;
    if master.cancelled() || !master.recurs() {
        return None;
    }
    Some(event(master, &at(calendar, master, from_stamp(&original)?)?, settings))
}

/// The id of an instance. Opaque ones are scrambled, so that nobody can read them, or build one from the other.
pub fn name(master: &str, original: &Moment, settings: &Settings) -> String {
    let plain = format!("{master}_{}", stamp(original));
    if settings.readable_instance_ids {
        return plain;
    }
    let salt = &sha256(plain.as_bytes())[..4];
    base32hex(&[salt, &scrambled(plain.as_bytes(), salt)].concat())
}

/// The master's id and the stamp of the original start.
fn meaning(id: &str, settings: &Settings) -> Option<(String, String)> {
    let plain = if settings.readable_instance_ids {
        id.to_owned()
    } else {
        let bytes = from_base32hex(id)?;
        let (salt, rest) = bytes.split_at_checked(4)?;
        String::from_utf8(scrambled(rest, salt)).ok()?
    };
    plain.rsplit_once('_').map(|(master, original)| (master.to_owned(), original.to_owned()))
}

/// The bytes under a stream that follows from the salt; doing it again undoes it.
fn scrambled(bytes: &[u8], salt: &[u8]) -> Vec<u8> {
    let block = |n: usize| sha256(&[salt, &n.to_be_bytes()].concat());
    bytes
        .chunks(32)
        .enumerate()
        .flat_map(|(n, part)| part.iter().zip(block(n)).map(|(a, b)| a ^ b).collect::<Vec<_>>())
        .collect()
}
