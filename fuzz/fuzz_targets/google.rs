//! Any bytes are a page of a Google calendar's events: no panic, every item is an event, a deletion or a reason, and a plan from the
//! events costs no more than it may.

#![no_main]

mod planned;

use cadenced::calendar::google::convert::{Label, ItemKind, Converter};
use cadenced::calendar::google::wire::page;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = page(bytes) else { return };
    let mut normaliser = Converter::new(page.time_zone.as_deref(), page.access_role.as_deref());
    let mut events = Vec::new();
    for item in &page.items {
        let label: Label = serde_json::from_str(item.get()).unwrap_or_default();
        let Ok(parsed) = serde_json::from_str(item.get()) else { continue };
        match normaliser.read(&parsed) {
            Ok(ItemKind::Event(event, _)) => {
                assert!(!label.is_gone(), "an event that is gone was read");
                events.push(*event);
            }
            Ok(ItemKind::CalledOff { .. } | ItemKind::Gone) => {
                assert_eq!(label.status.as_deref(), Some("cancelled"), "an event that stands was taken for a cancelled one");
            }
            Err(why) => assert!(!why.is_empty() && !why.contains('\n')),
        }
    }
    planned::within_its_budget(events);
});
