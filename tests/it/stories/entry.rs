//! One event or series as its owner thinks of it, and its ICS form.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan};

pub const OWNER: &str = "owner@example.com";
pub const ANN: &str = "ann@example.com";
pub const BOB: &str = "bob@example.com";

const ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// Reads `11-16 10:00`, in 2026 where no year is given.
pub fn local(text: &str) -> DateTime {
    let text = if text.len() > 11 { text.to_owned() } else { format!("2026-{text}") };
    text.replace(' ', "T").parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Somebody who was invited.
#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    pub address: String,
    pub name: Option<String>,
    pub reply: &'static str,
    /// Further parameters, as ICS writes them: `ROLE=NON-PARTICIPANT`.
    pub parameters: &'static str,
}

/// A single event, a series, or one session of a series that was set apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub uid: String,
    pub start: DateTime,
    pub minutes: i64,
    /// How many whole days it takes, where it is all-day.
    pub days: Option<i64>,
    pub rule: Option<String>,
    pub dates: Vec<DateTime>,
    pub except: Vec<DateTime>,
    pub title: String,
    pub organiser: Option<String>,
    pub guests: Vec<Guest>,
    pub status: Option<&'static str>,
    pub is_free: bool,
    pub sequence: u32,
    pub modified: Option<DateTime>,
    /// Further lines, as they stand in an ICS file.
    pub lines: Vec<String>,
    /// The sessions that were set apart, by their original start.
    pub own: BTreeMap<DateTime, Entry>,
}

/// A half-hour event that the owner called, with one guest.
pub fn pair(uid: &str, start: &str, other: &str) -> Entry {
    alone(uid, start, "Talk").by(OWNER).with(OWNER, "ACCEPTED").with(other, "ACCEPTED")
}

/// The same as a series.
pub fn series(uid: &str, start: &str, rule: &str, other: &str) -> Entry {
    pair(uid, start, other).rule(rule)
}

/// A half-hour entry of the owner alone, without organiser and guests.
pub fn alone(uid: &str, start: &str, title: &str) -> Entry {
    Entry {
        uid: uid.to_owned(),
        start: local(start),
        minutes: 30,
        days: None,
        rule: None,
        dates: Vec::new(),
        except: Vec::new(),
        title: title.to_owned(),
        organiser: None,
        guests: Vec::new(),
        status: None,
        is_free: false,
        sequence: 0,
        modified: None,
        lines: Vec::new(),
        own: BTreeMap::new(),
    }
}

/// Whole days, from this one on.
pub fn days(uid: &str, first: &str, days: i64, title: &str) -> Entry {
    Entry { days: Some(days), ..alone(uid, &format!("{first} 00:00"), title) }
}

impl Entry {
    pub fn rule(mut self, rule: &str) -> Self {
        self.rule = (!rule.is_empty()).then(|| rule.to_owned());
        self
    }

    pub fn by(mut self, organiser: &str) -> Self {
        self.organiser = Some(organiser.to_owned());
        self
    }

    pub fn with(self, address: &str, reply: &'static str) -> Self {
        self.guest(Guest { address: address.to_owned(), name: None, reply, parameters: "" })
    }

    pub fn guest(mut self, guest: Guest) -> Self {
        self.guests.push(guest);
        self
    }

    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    pub fn lasting(mut self, minutes: i64) -> Self {
        self.minutes = minutes;
        self
    }

    pub fn status(mut self, status: &'static str) -> Self {
        self.status = Some(status);
        self
    }

    pub fn free(mut self) -> Self {
        self.is_free = true;
        self
    }

    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    pub fn except(mut self, original: &str) -> Self {
        self.except.push(local(original));
        self
    }

    /// Changes the reply of a guest.
    pub fn reply(mut self, address: &str, reply: &'static str) -> Self {
        for guest in self.guests.iter_mut().filter(|guest| guest.address == address) {
            guest.reply = reply;
        }
        self
    }

    /// Puts another guest in the place of one.
    pub fn replace_guest(mut self, before: &str, after: &str) -> Self {
        for guest in self.guests.iter_mut().filter(|guest| guest.address == before) {
            after.clone_into(&mut guest.address);
        }
        self
    }

    pub fn at(mut self, start: &str) -> Self {
        self.start = local(start);
        self
    }

    pub fn revised(mut self) -> Self {
        self.sequence += 1;
        self
    }

    pub fn modified(mut self, at: &str) -> Self {
        self.modified = Some(local(at));
        self
    }

    /// One session of a series as an entry of its own, where it is until it is changed.
    fn session(&self, original: DateTime) -> Self {
        let plain = Self { rule: None, dates: Vec::new(), except: Vec::new(), own: BTreeMap::new(), ..self.clone() };
        Self { start: original, ..plain }
    }

    /// Sets one session apart.
    pub fn own(mut self, original: &str, change: impl FnOnce(Self) -> Self) -> Self {
        let original = local(original);
        let before = self.own.get(&original).cloned().unwrap_or_else(|| self.session(original));
        self.own.insert(original, change(before));
        self
    }

    /// Moves one session.
    pub fn moved(self, original: &str, to: &str) -> Self {
        self.own(original, |session| session.at(to).revised())
    }

    /// Calls one session off by its status.
    pub fn called_off(self, original: &str) -> Self {
        self.own(original, |session| session.status("CANCELLED"))
    }

    /// A calendar object with this entry in it.
    pub fn object(&self) -> String {
        file(std::iter::once(self))
    }

    fn write(&self, original: Option<DateTime>, out: &mut String) {
        let mut line = |text: String| {
            out.push_str(&text);
            out.push_str("\r\n");
        };
        line("BEGIN:VEVENT".to_owned());
        line(format!("UID:{}", self.uid));
        line("DTSTAMP:20260101T000000Z".to_owned());
        if let Some(original) = original {
            line(format!("RECURRENCE-ID{}", self.time(original)));
        }
        line(format!("DTSTART{}", self.time(self.start)));
        line(format!("DTEND{}", self.time(self.end())));
        if let Some(rule) = &self.rule {
            line(format!("RRULE:{rule}"));
        }
        for date in &self.dates {
            line(format!("RDATE{}", self.time(*date)));
        }
        for date in &self.except {
            line(format!("EXDATE{}", self.time(*date)));
        }
        line(format!("SUMMARY:{}", self.title));
        if let Some(organiser) = &self.organiser {
            line(format!("ORGANIZER:mailto:{organiser}"));
        }
        for guest in &self.guests {
            line(guest.line());
        }
        line(format!("SEQUENCE:{}", self.sequence));
        if let Some(status) = self.status {
            line(format!("STATUS:{status}"));
        }
        if self.is_free {
            line("TRANSP:TRANSPARENT".to_owned());
        }
        if let Some(modified) = self.modified {
            line(format!("LAST-MODIFIED:{}Z", modified.strftime("%Y%m%dT%H%M%S")));
        }
        for more in &self.lines {
            line(more.clone());
        }
        line("END:VEVENT".to_owned());
    }

    pub fn end(&self) -> DateTime {
        self.days.map_or_else(|| self.start + self.minutes.minutes(), |days| self.start + Span::new().days(days))
    }

    fn time(&self, at: DateTime) -> String {
        if self.days.is_some() {
            let date: Date = at.date();
            return format!(";VALUE=DATE:{}", date.strftime("%Y%m%d"));
        }
        format!(";TZID=Europe/Berlin:{}", at.strftime("%Y%m%dT%H%M%S"))
    }
}

impl Guest {
    fn line(&self) -> String {
        let mut line = format!("ATTENDEE;PARTSTAT={}", self.reply);
        if let Some(name) = &self.name {
            let _ = write!(line, ";CN=\"{name}\"");
        }
        if !self.parameters.is_empty() {
            let _ = write!(line, ";{}", self.parameters);
        }
        let _ = write!(line, ":mailto:{}", self.address);
        line
    }
}

/// A calendar file with these entries in it.
pub fn file<'e>(entries: impl Iterator<Item = &'e Entry>) -> String {
    let mut out = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//stories//EN\r\n{ZONE}");
    for entry in entries {
        entry.write(None, &mut out);
        for (original, session) in &entry.own {
            session.write(Some(*original), &mut out);
        }
    }
    out.push_str("END:VCALENDAR\r\n");
    out
}
