//! Locates events and content lines in an object's text, so that one can be changed without touching the rest.

use std::ops::Range;

use crate::calendar::ics::read::read_calendar;
use crate::domain::event::Event;

/// How many bytes may have to be read to know all events of an object; one with 500 changed sessions and a large zone takes 5 MiB.
const MOST_READ: usize = 32 << 20;

/// One content line (RFC 5545 3.1) of an event, folded or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands, its line ends included.
    pub at: Range<usize>,
    /// The line without its folds.
    pub text: String,
}

/// One VEVENT of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Where it stands, from its BEGIN to the end of the line of its END.
    pub at: Range<usize>,
    /// Its own lines, without BEGIN and END and without those of the components inside it.
    pub lines: Vec<Line>,
    /// Where the components inside it stand, from the first BEGIN to the last END; empty and at its END where there are none.
    pub inner: Range<usize>,
}

/// An object as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// All of it.
    pub text: &'a str,
    /// Its events, in the order of the text.
    pub events: Vec<Component>,
    /// How its lines end.
    pub line_end: &'static str,
}

impl Line {
    /// Its name, as written.
    pub fn name(&self) -> &str {
        self.text.split([':', ';']).next().unwrap_or_default().trim()
    }

    /// Whether it has one of these names.
    pub fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name().eq_ignore_ascii_case(name))
    }

    /// Its parameters, with their first semicolon.
    pub fn parameters(&self) -> &str {
        let head = self.name_length();
        &self.text[head..self.colon()]
    }

    /// Its value.
    pub fn value(&self) -> &str {
        self.text.get(self.colon() + 1..).unwrap_or_default()
    }

    fn name_length(&self) -> usize {
        self.text.find([':', ';']).unwrap_or(self.text.len())
    }

    /// Where the value's colon is: the first one outside of quotes.
    fn colon(&self) -> usize {
        let mut quoted = false;
        let found = self.text.char_indices().find(|&(_, c)| {
            quoted ^= c == '"';
            c == ':' && !quoted
        });
        found.map_or(self.text.len(), |(at, _)| at)
    }
}

impl Component {
    /// Its first line of this name.
    pub fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.is(&[name]))
    }

    /// The value of its first line of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(Line::value)
    }
}

impl<'a> Object<'a> {
    /// Finds the events of an object; none where its text is not that of one whole calendar.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut open: Vec<String> = Vec::new();
        let mut events: Vec<Component> = Vec::new();
        let mut calendars = 0;
        for line in lines(text) {
            let value = line.value().trim().to_ascii_uppercase();
            if line.is(&["BEGIN"]) {
                match open.len() {
                    0 if value == "VCALENDAR" => calendars += 1,
                    0 => return None,
                    1 if value == "VEVENT" => {
                        events.push(Component { at: line.at.clone(), lines: vec![], inner: 0..0 });
                    }
                    2 if open[1] == "VEVENT" => begin_inner(events.last_mut()?, line.at.start),
                    _ => {}
                }
                open.push(value);
            } else if line.is(&["END"]) {
                if open.pop()? != value {
                    return None;
                }
                match open.len() {
                    1 if value == "VEVENT" => end(events.last_mut()?, &line.at),
                    2 if open[1] == "VEVENT" => events.last_mut()?.inner.end = line.at.end,
                    _ => {}
                }
            } else if open.len() == 2 && open[1] == "VEVENT" {
                events.last_mut()?.lines.push(line);
            }
        }
        let line_end = if text.split_once('\n')?.0.ends_with('\r') { "\r\n" } else { "\n" };
        // Each event is read on its own, with all that is around the events.
        let around = text.len() - events.iter().map(|event| event.at.len()).sum::<usize>();
        let is_bounded = around.saturating_mul(events.len()) <= MOST_READ;
        (calendars == 1 && open.is_empty() && !events.is_empty() && is_bounded).then_some(Self {
            text,
            events,
            line_end,
        })
    }

    /// One of its events, read with the object's own zones; none where it cannot be.
    pub fn event(&self, index: usize) -> Option<Event> {
        let mut alone = String::with_capacity(self.text.len());
        let mut at = 0;
        for (other, component) in self.events.iter().enumerate() {
            alone.push_str(&self.text[at..component.at.start]);
            if other == index {
                alone.push_str(&self.text[component.at.clone()]);
            }
            at = component.at.end;
        }
        alone.push_str(&self.text[at..]);
        read_calendar(alone.as_bytes()).ok()?.events.into_iter().next()
    }
}

fn begin_inner(event: &mut Component, at: usize) {
    if event.inner.is_empty() {
        event.inner = at..at;
    }
}

fn end(event: &mut Component, line: &Range<usize>) {
    event.at.end = line.end;
    if event.inner.is_empty() {
        event.inner = line.start..line.start;
    }
}

/// The content lines of a text, unfolded, each with where it stands.
pub fn lines(text: &str) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let mut at = 0;
    for physical in text.split_inclusive('\n') {
        let range = at..at + physical.len();
        at = range.end;
        let plain = physical.trim_end_matches(['\n', '\r']);
        match (plain.strip_prefix([' ', '\t']), found.last_mut()) {
            (Some(rest), Some(last)) => {
                last.text.push_str(rest);
                last.at.end = range.end;
            }
            _ if plain.is_empty() => {}
            _ => found.push(Line { at: range, text: plain.to_owned() }),
        }
    }
    found
}

/// A content line as it is written: folded at 75 bytes (RFC 5545 3.1), never inside a character.
pub fn folded(line: &str, line_end: &str) -> String {
    let mut written = String::with_capacity(line.len() + 8);
    let mut room = 75;
    for c in line.chars() {
        if c.len_utf8() > room {
            written.push_str(line_end);
            written.push(' ');
            room = 74;
        }
        written.push(c);
        room -= c.len_utf8();
    }
    written.push_str(line_end);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:a\r\n\
        SUMMARY;X=\"a:b\":fol\r\n ded\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nDTSTART:20260101T090000Z\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:b\r\nDTSTART:20260102T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn events_and_their_lines_are_found_where_they_stand() {
        let object = Object::parse(OBJECT).unwrap();
        let first = &object.events[0];
        let names: Vec<&str> = first.lines.iter().map(Line::name).collect();
        assert_eq!(names, ["UID", "SUMMARY", "DTSTART"]);
        let title = first.line("summary").unwrap();
        assert_eq!((title.parameters(), title.value()), (";X=\"a:b\"", "folded"));
        assert_eq!(&OBJECT[title.at.clone()], "SUMMARY;X=\"a:b\":fol\r\n ded\r\n");
        assert_eq!(&OBJECT[first.inner.clone()], "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n");
        assert!(OBJECT[object.events[1].at.clone()].starts_with("BEGIN:VEVENT\r\nUID:b"));
        assert_eq!(object.event(1).unwrap().uid, "b");
    }

    #[test]
    fn what_is_not_one_whole_calendar_is_no_object() {
        let broken =
            ["", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", &OBJECT[..OBJECT.len() - 15], &format!("{OBJECT}{OBJECT}")];
        for text in broken {
            assert_eq!(Object::parse(text), None, "{text}");
        }
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let long = format!("SUMMARY:{}", "\u{e4}".repeat(60));
        let written = folded(&long, "\r\n");
        assert!(written.lines().all(|line| line.len() <= 75), "{written}");
        assert_eq!(written.replace("\r\n ", ""), format!("{long}\r\n"));
    }
}
