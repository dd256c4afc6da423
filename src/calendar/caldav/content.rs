//! Classifies an event's properties by what changing them means, and digests them.

use super::text::{Component, Line, Object, lines};
use crate::calendar::content::{Aspect, Content};
use crate::domain::fingerprint::Part;

/// What servers and programs note for themselves: deliveries, and alarms that were dismissed or put off.
const NO_CONTENT: [&str; 7] =
    ["UID", "ACKNOWLEDGED", "X-MOZ-LASTACK", "X-MOZ-GENERATION", "X-MOZ-SNOOZE-TIME", "X-LIC-ERROR", "REQUEST-STATUS"];

/// Parameters of a guest that are part of the reply.
const REPLY: [&str; 4] = ["PARTSTAT", "RSVP", "X-RESPONSE-COMMENT", "X-NUM-GUESTS"];

/// The digests of one event of an object.
pub fn of(object: &Object<'_>, event: &Component) -> Content {
    let own = event.lines.iter().flat_map(shown);
    let inner = lines(&object.text[event.inner.clone()]);
    Content::of(own.chain(inner.iter().filter(|line| !line.is(&NO_CONTENT)).map(other)))
}

fn shown(line: &Line) -> Vec<(Aspect, String)> {
    if line.is(&NO_CONTENT) {
        return Vec::new();
    }
    if line.is(&["ATTENDEE", "ORGANIZER"]) {
        return participant(line);
    }
    let aspect = match line.name().to_ascii_uppercase().as_str() {
        "DTSTAMP" | "CREATED" | "LAST-MODIFIED" => Aspect::Stamp,
        "DTSTART" | "DTEND" | "DURATION" | "SEQUENCE" | "RECURRENCE-ID" | "RRULE" | "RDATE" | "EXDATE" | "EXRULE" => {
            Aspect::Part(Part::Time)
        }
        "SUMMARY" => Aspect::Part(Part::Title),
        "LOCATION" | "GEO" | "URL" | "CONFERENCE" | "X-GOOGLE-CONFERENCE" | "X-APPLE-STRUCTURED-LOCATION" => {
            Aspect::Part(Part::Place)
        }
        "DESCRIPTION" | "COMMENT" | "ATTACH" | "CONTACT" | "X-ALT-DESC" | "STYLED-DESCRIPTION" => {
            Aspect::Part(Part::Notes)
        }
        _ => return vec![other(line)],
    };
    vec![(aspect, line.text.clone())]
}

fn other(line: &Line) -> (Aspect, String) {
    (Aspect::Part(Part::Other), line.text.clone())
}

/// A guest or the organiser: who it is, and what they replied. What the server says of its messages to them is neither.
fn participant(line: &Line) -> Vec<(Aspect, String)> {
    let address = line.value().trim().to_ascii_lowercase();
    let (mut who, mut reply) = (Vec::new(), Vec::new());
    for parameter in parameters(line.parameters()) {
        let name = parameter.split('=').next().unwrap_or_default().to_ascii_uppercase();
        if REPLY.contains(&name.as_str()) {
            reply.push(parameter);
        } else if !name.starts_with("SCHEDULE-") {
            who.push(parameter);
        }
    }
    who.sort_unstable();
    reply.sort_unstable();
    let of = |parameters: &[&str]| format!("{} {address} {}", line.name(), parameters.join(";"));
    vec![(Aspect::Part(Part::Guests), of(&who)), (Aspect::Reply, of(&reply))]
}

/// The parameters of a line, cut at each semicolon outside of quotes.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let cut = text.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    cut.filter(|parameter| !parameter.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261116T080000Z\r\nSEQUENCE:1\r\n\
        DTSTART:20261117T090000Z\r\nDTEND:20261117T093000Z\r\nSUMMARY:Talk\r\nORGANIZER:mailto:me@example.com\r\n\
        ATTENDEE;CN=\"Ann; A\";PARTSTAT=NEEDS-ACTION:mailto:ann@example.com\r\nX-OTHER:1\r\n\
        BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn changed(from: &str, to: &str) -> Vec<Part> {
        let after = EVENT.replacen(from, to, 1);
        assert!(from.is_empty() || after != EVENT, "{from}");
        let print = |text: &str| {
            let object = Object::parse(text).unwrap();
            of(&object, &object.events[0]).fingerprint("salt")
        };
        print(EVENT).changed_since(&print(&after))
    }

    #[test]
    fn each_change_is_of_its_part() {
        let note = "X-OTHER:1\r\nDESCRIPTION:bring the plan\r\n";
        let rows: [(&str, &str, &[Part]); 16] = [
            ("", "", &[]),
            ("SUMMARY:Talk", "SUMMARY:Ta\r\n lk", &[]),
            ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED", &[]),
            ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=NEEDS-ACTION;SCHEDULE-STATUS=\"1.2\"", &[]),
            ("TRIGGER:-PT10M\r\n", "TRIGGER:-PT10M\r\nACKNOWLEDGED:20261117T085000Z\r\n", &[]),
            ("DTSTAMP:20261116T080000Z", "DTSTAMP:20261116T090000Z", &[Part::Other]),
            ("SEQUENCE:1", "SEQUENCE:3", &[Part::Time]),
            ("DTEND:20261117T093000Z", "DTEND:20261117T100000Z", &[Part::Time]),
            ("SUMMARY:Talk", "SUMMARY:Talks", &[Part::Title]),
            ("CN=\"Ann; A\"", "CN=\"Ann; A\";ROLE=OPT-PARTICIPANT", &[Part::Guests]),
            ("X-OTHER:1", "ATTENDEE:mailto:c@example.com\r\nX-OTHER:1", &[Part::Guests]),
            ("mailto:ann@example.com", "mailto:bob@example.com", &[Part::Guests]),
            ("X-OTHER:1", "X-OTHER:1\r\nLOCATION:Room 1", &[Part::Place]),
            ("X-OTHER:1\r\n", note, &[Part::Notes]),
            ("X-OTHER:1", "X-OTHER:2", &[Part::Other]),
            ("TRIGGER:-PT10M", "TRIGGER:-PT5M", &[Part::Other]),
        ];
        for (from, to, parts) in rows {
            assert_eq!(changed(from, to), parts, "{from} -> {to}");
        }
    }
}
