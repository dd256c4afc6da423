//! Zone names and VTIMEZONEs from the wild resolve to the intended zones, or are marked as unknown.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use cadenced::calendar::ics::read::{Calendar, read_calendar};
use cadenced::calendar::ics::zone::Zones;
use cadenced::domain::recurrence::{Moment, Zone};
use jiff::Timestamp;

/// Names whose meaning here differs from what the source says.
const DIFFER: [(&str, &str); 9] = [
    ("Central Asia Standard Time", "sources differ: Almaty moved in 2024; CLDR says Bishkek"),
    ("Dateline", "the source has the sign the wrong way round: it is twelve hours behind UTC"),
    ("Saskatchewan", "the source says Edmonton, which has daylight saving time; Saskatchewan has none"),
    ("Canada Central", "as Saskatchewan"),
    ("E. Europe", "the source says Minsk, which gave up daylight saving time in 2011; CLDR says Chisinau"),
    ("N. Central Asia", "the source says Almaty, which moved in 2024; CLDR says Novosibirsk"),
    ("Almaty, Novosibirsk, North Central Asia", "as N. Central Asia"),
    ("Mexico Standard Time 2", "the source says Chihuahua, which moved in 2022; CLDR says Mazatlan"),
    ("Mountain Standard Time (Mexico)", "sources differ: Chihuahua moved in 2022; CLDR says Mazatlan"),
];

fn same_time(one: &Zone, other: &Zone) -> bool {
    // Every six hours of 2024 to 2027.
    (0..5_844).all(|step| {
        let at = Timestamp::from_second(1_704_067_200 + step * 21_600).unwrap();
        one.rules().to_offset(at) == other.rules().to_offset(at)
    })
}

fn read(zone: &str, tzid: &str) -> Calendar {
    let text = format!(
        "BEGIN:VCALENDAR\r\n{zone}BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID={tzid}:20260701T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    read_calendar(text.as_bytes()).unwrap()
}

/// The offsets in hours that an event on 1 July and one on 1 January have.
fn offsets(calendar: &Calendar) -> (f64, f64) {
    let Moment::Zoned(_, zone) = &calendar.events[0].start else { panic!("it floats: {:?}", calendar.problems) };
    let hours = |at: &str| f64::from(zone.rules().to_offset(at.parse().unwrap()).seconds()) / 3600.0;
    (hours("2026-07-01T12:00:00Z"), hours("2026-01-01T12:00:00Z"))
}

#[test]
fn every_zone_name_of_the_list_means_the_zone_that_its_source_says() {
    let mut zones = Zones::new();
    let mut wrong = Vec::new();
    for line in include_str!("../fixtures/zones/zones.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (name, iana) = (case["name"].as_str().unwrap(), case["iana"].as_str().unwrap());
        if DIFFER.iter().any(|(known, _)| *known == name) {
            assert!(zones.resolve(name, 0).is_some(), "{name} is known");
            continue;
        }
        let found = zones.resolve(name, 0);
        let right = match iana {
            "VTIMEZONE" => found.is_none(),
            offset if offset.starts_with('+') => {
                let hours: i32 = offset[1..3].parse().unwrap();
                found
                    .as_ref()
                    .is_some_and(|zone| zone.rules().to_offset(Timestamp::UNIX_EPOCH).seconds() == hours * 3600)
            }
            name => found.as_ref().is_some_and(|zone| same_time(zone, &Zone::iana(name).unwrap())),
        };
        if !right {
            wrong.push(format!("{name} should be {iana}, is {:?}", found.as_ref().map(Zone::name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_zone_that_nobody_knows_floats_and_is_marked_and_told_once() {
    let calendar = read("", "Customized Time Zone");
    assert!(matches!(calendar.events[0].start, Moment::Floating(_)));
    assert_eq!(calendar.events[0].unknown_zone.as_deref(), Some("Customized Time Zone"));
    assert_eq!(calendar.problems.len(), 1, "{:?}", calendar.problems);
}

/// What Outlook writes for a zone that a user set up by hand.
const CUSTOMIZED: &str = "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\n\
    BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

#[test]
fn a_customized_time_zone_from_1601_is_what_its_vtimezone_says() {
    let calendar = read(CUSTOMIZED, "Customized Time Zone");
    assert_eq!(calendar.problems, []);
    assert_eq!(offsets(&calendar), (2.0, 1.0));
}

#[test]
fn a_vtimezone_may_come_after_the_event_that_uses_it() {
    let text = format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Customized Time Zone:20260701T090000\nEND:VEVENT\n{CUSTOMIZED}END:VCALENDAR\n"
    );
    assert_eq!(offsets(&read_calendar(text.as_bytes()).unwrap()), (2.0, 1.0));
}

#[test]
fn a_vtimezone_that_agrees_with_the_iana_zone_of_its_name_is_that_zone() {
    let calendar =
        read(&CUSTOMIZED.replace("Customized Time Zone", "W. Europe Standard Time"), "W. Europe Standard Time");
    let Moment::Zoned(_, zone) = &calendar.events[0].start else { panic!("it floats") };
    assert_eq!(zone.name(), "Europe/Berlin");
}

#[test]
fn a_vtimezone_that_disagrees_with_the_iana_zone_of_its_name_wins() {
    let stale = CUSTOMIZED.replace("Customized Time Zone", "Europe/Istanbul");
    assert_eq!(offsets(&read(&stale, "Europe/Istanbul")), (2.0, 1.0));
    assert_eq!(offsets(&read("", "Europe/Istanbul")), (3.0, 3.0));
}

#[test]
fn offsets_may_have_seconds() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Old\nBEGIN:STANDARD\nDTSTART:18000101T000000\nTZOFFSETFROM:+005328\nTZOFFSETTO:+005328\nEND:STANDARD\nEND:VTIMEZONE\n";
    let (july, _) = offsets(&read(zone, "Old"));
    assert!((july - 3208.0 / 3600.0).abs() < 1e-9, "{july}");
}

#[test]
fn an_observance_may_start_in_utc() {
    let zone = CUSTOMIZED.replace("16010101T030000", "20071028T010000Z").replace("16010101T020000", "20070325T010000Z");
    assert_eq!(offsets(&read(&zone, "Customized Time Zone")), (2.0, 1.0));
}

#[test]
fn a_zone_with_only_its_summer_part_is_the_iana_zone_that_uses_its_offset() {
    let zone = "BEGIN:VTIMEZONE\nTZID:America/New_York\nBEGIN:DAYLIGHT\nDTSTART:20260308T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    assert_eq!(offsets(&read(zone, "America/New_York")), (-4.0, -5.0));
    assert_eq!(
        offsets(&read(&zone.replace("America/New_York", "Mine"), "Mine")),
        (-4.0, -4.0),
        "of a name of its own, for ever"
    );
}

#[test]
fn an_irregular_zone_is_kept_as_its_table() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Ramadan\n\
        BEGIN:STANDARD\nDTSTART:20250101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\n\
        BEGIN:STANDARD\nDTSTART:20260215T030000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:20250406T020000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\nRDATE:20260322T020000,20270314T020000\nEND:DAYLIGHT\n\
        END:VTIMEZONE\n";
    let calendar = read(zone, "Ramadan");
    assert_eq!(offsets(&calendar), (1.0, 1.0));
    let Moment::Zoned(_, zone) = &calendar.events[0].start else { panic!("it floats") };
    assert_eq!(zone.rules().to_offset("2026-03-01T12:00:00Z".parse().unwrap()).seconds(), 0, "in Ramadan");
}

#[test]
fn rules_that_changed_are_followed_and_the_last_ones_stay() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Mine\n\
        BEGIN:DAYLIGHT\nDTSTART:19870405T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z\nEND:DAYLIGHT\n\
        BEGIN:STANDARD\nDTSTART:19671029T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:20070311T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\nEND:DAYLIGHT\n\
        BEGIN:STANDARD\nDTSTART:20071104T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\nEND:STANDARD\n\
        END:VTIMEZONE\n";
    let calendar = read(zone, "Mine");
    let Moment::Zoned(_, zone) = &calendar.events[0].start else { panic!("it floats") };
    let iana = Zone::iana("America/New_York").unwrap();
    for year in [1990, 2006, 2007, 2026, 2045] {
        for day in 1..=365 {
            let at = jiff::civil::date(year, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let at = at.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
            assert_eq!(zone.rules().to_offset(at), iana.rules().to_offset(at), "{at}");
        }
    }
}

#[test]
fn two_calendars_in_one_file_may_mean_different_zones_by_one_name() {
    let event = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Mine:20260701T090000\nEND:VEVENT\n";
    let zone = |offset| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:20000101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    let text =
        ["+0300", "+0500"].map(|offset| format!("BEGIN:VCALENDAR\n{event}{}END:VCALENDAR\n", zone(offset))).concat();
    let calendar = read_calendar(text.as_bytes()).unwrap();
    let hours: Vec<i32> = calendar
        .events
        .iter()
        .map(|event| match &event.start {
            Moment::Zoned(_, zone) => zone.rules().to_offset(Timestamp::UNIX_EPOCH).seconds() / 3600,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(hours, [3, 5]);
}
