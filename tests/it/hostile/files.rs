//! Hostile calendar files.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use cadenced::calendar::ErrorKind;
use flate2::Compression;
use flate2::write::GzEncoder;

/// How a read of a file ends.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// It is read, with so many events at least.
    Read(usize),
    /// It is read, and its event is there or is reported as a problem.
    Shown,
    /// It fails in one of these ways.
    Fails(&'static [ErrorKind]),
}

/// One file, and how to make it.
pub struct Bad {
    pub name: &'static str,
    pub ends: Ends,
    pub make: Box<dyn Fn(&Path)>,
}

fn file(name: &'static str, ends: Ends, bytes: impl Fn() -> Vec<u8> + 'static) -> Bad {
    Bad { name, ends, make: Box::new(move |path| fs::write(path, bytes()).unwrap()) }
}

/// A calendar whose one event has these lines as well.
fn event(lines: &str) -> Vec<u8> {
    calendar(&format!("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T090000Z\r\n{lines}END:VEVENT\r\n"))
}

fn calendar(inside: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n").into_bytes()
}

fn zone(inside: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\r\nTZID:Z\r\n{inside}END:VTIMEZONE\r\n\
         BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Z:20260105T090000\r\nEND:VEVENT\r\n"
    )
}

fn many(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const NOTHING: Ends = Ends::Fails(&[ErrorKind::NotACalendar]);
const CUT: Ends = Ends::Fails(&[ErrorKind::Truncated]);
const LARGE: Ends = Ends::Fails(&[ErrorKind::TooLarge]);
const NO_FILE: Ends = Ends::Fails(&[ErrorKind::File]);

/// All of them; `scale` is 1 for tests, and 10 at full size. A reader of the tests accepts 16 MiB.
pub fn files(scale: usize) -> Vec<Bad> {
    let mut all = structures(scale);
    all.extend(lists(scale));
    all.extend(times());
    all.extend(zones(scale));
    all.extend(texts(scale));
    all.extend(others());
    all
}

fn structures(scale: usize) -> Vec<Bad> {
    vec![
        file("nothing", NOTHING, Vec::new),
        file("one byte", NOTHING, || vec![b'B']),
        file("a megabyte of zeros", NOTHING, || vec![0; 1 << 20]),
        file("one line of megabytes", NOTHING, move || vec![b'x'; scale << 20]),
        file("a calendar that breaks off", CUT, || b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n".to_vec()),
        file("events that never end", CUT, move || {
            format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:VEVENT\r\n".repeat(20_000 * scale)).into_bytes()
        }),
        file("components in components", CUT, move || {
            format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:X\r\n".repeat(20_000 * scale)).into_bytes()
        }),
        file("calendars in calendars", CUT, move || "BEGIN:VCALENDAR\r\n".repeat(20_000 * scale).into_bytes()),
        file("ends without a beginning", NOTHING, move || "END:VEVENT\r\n".repeat(20_000 * scale).into_bytes()),
        file("a fold at every character", Ends::Read(1), move || {
            event(&format!("SUMMARY:{}\r\n", "x\r\n ".repeat(30_000 * scale)))
        }),
        file("lines that end with CR alone", Ends::Read(1), || {
            String::from_utf8(event("")).unwrap().replace("\r\n", "\r").into_bytes()
        }),
        file("alarms in an event", Ends::Read(1), move || {
            event(&"BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n".repeat(5_000 * scale))
        }),
    ]
}

fn lists(scale: usize) -> Vec<Bad> {
    let count = 10_000 * scale;
    vec![
        file("100,000 guests", Ends::Read(1), move || {
            event(&many(count, |at| format!("ATTENDEE:mailto:a{at}@example.com\r\n")))
        }),
        file("100,000 unknown lines", Ends::Read(1), move || event(&many(count, |at| format!("X-{at}:x\r\n")))),
        file("100,000 parameters on one line", Ends::Read(1), move || {
            event(&format!("ATTENDEE{}:mailto:a@example.com\r\n", many(count, |at| format!(";X-{at}=x"))))
        }),
        file("100,000 exceptions", Ends::Read(1), move || {
            event(&format!("RRULE:FREQ=DAILY\r\n{}", "EXDATE:20260106T090000Z\r\n".repeat(count)))
        }),
        file("100,000 exceptions on one line", Ends::Read(1), move || {
            event(&format!("RRULE:FREQ=DAILY\r\nEXDATE:20260106T090000Z{}\r\n", ",20260107T090000Z".repeat(count)))
        }),
        file("100,000 further dates", Ends::Read(1), move || {
            event(&many(count, |at| format!("RDATE:2026{:02}{:02}T{:02}0000Z\r\n", at % 12 + 1, at % 28 + 1, at % 24)))
        }),
        file("a rule of 10,000 days", Ends::Shown, move || {
            event(&format!("RRULE:FREQ=YEARLY;BYYEARDAY=1{}\r\n", many(count, |at| format!(",{}", at % 366 + 1))))
        }),
        file("200 rules", Ends::Read(1), || event(&"RRULE:FREQ=WEEKLY\r\n".repeat(200))),
        file("100,000 changed sessions of one series", Ends::Read(1), move || {
            let one = |at: usize| {
                format!(
                    "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:{:04}0105T090000Z\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\n",
                    1900 + at % 200
                )
            };
            calendar(&many(count, one))
        }),
        file("1,000 changes of all later sessions", Ends::Read(1), move || {
            let one = |at: usize| {
                format!(
                    "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:2026{:02}{:02}T090000Z\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\n",
                    at % 12 + 1,
                    at % 28 + 1
                )
            };
            let master = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T090000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n";
            calendar(&format!("{master}{}", many(100 * scale, one)))
        }),
        file("one identity 100,000 times", Ends::Read(1), move || {
            calendar(&"BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\n".repeat(count))
        }),
        file("100,000 events without an identity", Ends::Read(1), move || {
            calendar(&many(count, |at| {
                format!("BEGIN:VEVENT\r\nDTSTART:2026{:02}{:02}T090000Z\r\nEND:VEVENT\r\n", at % 12 + 1, at % 28 + 1)
            }))
        }),
    ]
}

fn times() -> Vec<Bad> {
    let start = |line: &'static str, ends| {
        file(line, ends, move || calendar(&format!("BEGIN:VEVENT\r\nUID:a\r\n{line}\r\nEND:VEVENT\r\n")))
    };
    vec![
        start("DTSTART:00000000T000000Z", Ends::Shown),
        start("DTSTART:99991231T235959Z", Ends::Shown),
        start("DTSTART:-9990101T000000Z", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nDTEND:19000101T000000Z", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nDURATION:P99999999999999999999D", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nDURATION:-P2147483647W", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nRRULE:FREQ=DAILY;COUNT=4294967295", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nRRULE:FREQ=WEEKLY;INTERVAL=4294967295", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", Ends::Shown),
        start("DTSTART:20260105T090000Z\r\nRRULE:FREQ=SECONDLY", Ends::Shown),
    ]
}

fn zones(scale: usize) -> Vec<Bad> {
    let part = |at: usize| {
        format!(
            "BEGIN:STANDARD\r\nDTSTART:{:04}0101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n",
            1900 + at % 200
        )
    };
    vec![
        file("20,000 zones", Ends::Read(0), move || {
            calendar(&many(2_000 * scale, |at| {
                format!("BEGIN:VTIMEZONE\r\nTZID:Z{at}\r\n{}END:VTIMEZONE\r\n", part(at))
            }))
        }),
        file("a zone of 50,000 changes", Ends::Read(1), move || calendar(&zone(&many(5_000 * scale, part)))),
        file("a zone that changes every second", Ends::Read(1), || {
            calendar(&zone(
                "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n",
            ))
        }),
        file("a zone beyond all offsets", Ends::Read(1), || {
            calendar(&zone(
                "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+9999\r\nTZOFFSETTO:-9999\r\nEND:STANDARD\r\n",
            ))
        }),
        file("a zone's name of a megabyte", Ends::Read(1), move || {
            calendar(&format!(
                "BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID={}:20260105T090000\r\nEND:VEVENT\r\n",
                "z".repeat(100_000 * scale)
            ))
        }),
    ]
}

fn texts(scale: usize) -> Vec<Bad> {
    vec![
        file("a title of megabytes", Ends::Shown, move || {
            event(&format!("SUMMARY:{}\r\n", "t".repeat(300_000 * scale)))
        }),
        file("an identity of a megabyte", Ends::Read(1), move || {
            calendar(&format!(
                "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\n",
                "u".repeat(100_000 * scale)
            ))
        }),
        file("an attachment of megabytes", Ends::Shown, move || {
            event(&format!("ATTACH;ENCODING=BASE64;VALUE=BINARY:{}\r\n", "QUJD".repeat(200_000 * scale)))
        }),
        file("what makes terminals do things", Ends::Read(1), || {
            event("SUMMARY:\u{1b}]0;x\u{7}\u{1b}[2J\u{202e}x\u{0}\r\n")
        }),
        file("quotes that never end", Ends::Read(1), move || {
            event(&"ATTENDEE;CN=\"a:mailto:a@example.com\r\n".repeat(500 * scale))
        }),
        file("bytes that are no UTF-8", Ends::Read(1), || {
            [&calendar("")[..30], b"BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T090000Z\r\nSUMMARY:\xff\xfe\xc3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"].concat()
        }),
        file("UTF-16", Ends::Fails(&[ErrorKind::NotACalendar]), || {
            String::from_utf8(event("")).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect()
        }),
    ]
}

fn others() -> Vec<Bad> {
    let made = |name, ends, make: fn(&Path)| Bad { name, ends, make: Box::new(make) };
    vec![
        file("a gzip bomb", LARGE, || packed(&vec![b' '; 256 << 20])),
        file("a million empty gzip members", LARGE, || packed(b"").repeat(1_000_000)),
        file("a web page", NOTHING, || b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec()),
        file("a zip", NOTHING, || b"PK\x03\x04\x14\0\0\0\x08\0".to_vec()),
        made("a sparse file of terabytes", LARGE, |path| File::create(path).unwrap().set_len(1 << 40).unwrap()),
        made("a folder", NO_FILE, |path| fs::create_dir(path).unwrap()),
        made("a pipe that nobody writes to", NO_FILE, |path| {
            let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
            rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
        }),
        made("a link to zeros without end", NO_FILE, |path| symlink("/dev/zero", path).unwrap()),
        made("a link to itself", Ends::Fails(&[ErrorKind::Local, ErrorKind::Config]), |path| {
            symlink(path, path).unwrap();
        }),
        made("a link to nowhere", Ends::Fails(&[ErrorKind::File]), |path| {
            symlink("/nowhere/at/all", path).unwrap();
        }),
    ]
}
