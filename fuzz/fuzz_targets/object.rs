//! Any text is an object of a CalDAV server to be changed: no panic, a moved session is where it was put, a removed one is gone, and
//! every other event keeps its text.

#![no_main]

use cadenced::calendar::caldav::edit::{Family, moved, removed, same};
use cadenced::calendar::caldav::text::Object;
use cadenced::calendar::write::NewTime;
use cadenced::domain::recurrence::{Moment, Zone};
use jiff::Timestamp;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

/// The uids and sessions of one object that are tried.
const MOST: usize = 4;

/// Every event of the text but those of `changed`, which starts there, stands in `written`, in the same order.
fn others_stay(object: &Object<'_>, changed: Option<usize>, written: &str) {
    let mut rest = written;
    for event in object.events.iter().filter(|event| Some(event.at.start) != changed) {
        let text = &object.text[event.at.clone()];
        let at = rest.find(text).unwrap_or_else(|| panic!("another event was changed:\n{written}"));
        rest = &rest[at + text.len()..];
    }
}

fn try_session(object: &Object<'_>, uid: &str, original: Option<&Moment>, at: Timestamp) {
    let family = &Family::of(object, uid);
    let zone = Zone::iana("Europe/Berlin").unwrap();
    let start = Moment::Zoned(date(2026, 11, 10).at(15, 0, 0, 0), zone.clone());
    let end = Moment::Zoned(date(2026, 11, 10).at(15, 30, 0, 0), zone);
    let to = NewTime { start: start.clone(), end, operation: "operation".to_owned() };
    if let Some(written) = moved(object, family, original, &to, at) {
        let part = family.part(original);
        others_stay(object, part.map(|part| part.component(object).at.start), &written);
        let again = Object::parse(&written).expect("what was written is an object");
        let now = Family::of(&again, uid);
        let there = now.part(original).expect("the session is in what was written");
        assert!(same(&there.event.start, &start), "{:?}\n{written}", there.event.start);
    }
    if let Some(original) = original
        && let Some(written) = removed(object, family, original, at)
    {
        let again = Object::parse(&written).expect("what was written is an object");
        assert!(Family::of(&again, uid).own(original).is_none(), "its override is still there:\n{written}");
    }
}

fuzz_target!(|text: &str| {
    let at: Timestamp = "2026-11-05T08:00:00Z".parse().unwrap();
    let Some(object) = Object::parse(text) else { return };
    for index in 0..object.events.len().min(MOST) {
        let Some(event) = object.event(index) else { continue };
        let original = event.overrides.as_ref().map_or(&event.start, |own| &own.original);
        try_session(&object, &event.uid, Some(original), at);
        try_session(&object, &event.uid, None, at);
    }
});
