//! The made-up feed that reading is measured with.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// How many events the feed holds.
pub const EVENTS: usize = 100_000;

const ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n\
    BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// A feed as a company's server writes it: folded descriptions, some guests, every twentieth event a series.
pub fn write(file: &Path) -> std::io::Result<u64> {
    let mut out = std::io::BufWriter::new(File::create(file)?);
    write!(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Feed//EN\r\n{ZONE}")?;
    for number in 0..EVENTS {
        out.write_all(event(number).as_bytes())?;
    }
    write!(out, "END:VCALENDAR\r\n")?;
    out.into_inner()?.metadata().map(|metadata| metadata.len())
}

fn event(number: usize) -> String {
    let (month, day, hour) = (number % 12 + 1, number % 28 + 1, number % 9 + 8);
    let zone = if number.is_multiple_of(3) { "W. Europe Standard Time" } else { "Europe/London" };
    let mut text = format!(
        "BEGIN:VEVENT\r\nUID:{number:08x}-0f3a-4b7e-9d51-7f3c2a1b0e9d@example.com\r\nDTSTAMP:20260101T000000Z\r\n\
         CREATED:20251201T101500Z\r\nLAST-MODIFIED:20251215T101500Z\r\nSEQUENCE:1\r\nSTATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\n\
         SUMMARY:Planning of the next release\\, part {number}\r\n\
         DTSTART;TZID={zone}:2026{month:02}{day:02}T{hour:02}0000\r\nDTEND;TZID={zone}:2026{month:02}{day:02}T{hour:02}3000\r\n\
         LOCATION:Building 4\\, second floor\\, the room beside the stairs\r\n\
         ORGANIZER;CN=Ann Example:mailto:ann@example.com\r\n"
    );
    for guest in 0..3 {
        let _ = write!(
            text,
            "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Guest \r\n Number {guest};X-NUM-GUESTS=0:mailto:guest{guest}@example.com\r\n"
        );
    }
    text.push_str("DESCRIPTION:");
    for line in 0..4 {
        let _ = write!(text, "Item {line}: what was left from last time\\, and what comes next\\n\r\n  ");
    }
    text.push_str("\r\n");
    if number.is_multiple_of(20) {
        text.push_str("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO\r\n");
    }
    text.push_str("END:VEVENT\r\n");
    text
}
