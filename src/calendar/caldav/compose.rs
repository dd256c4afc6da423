//! Builds the iCalendar object for a make-up.

use icalendar::{Calendar, Component, Event, Property};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::edit::OPERATION;
use crate::calendar::write::MakeUp;
use crate::domain::make_up::MakeUpName;
use crate::domain::person::Address;
use crate::domain::recurrence::Moment;

/// The uid of a make-up.
pub fn uid(name: &MakeUpName) -> String {
    format!("cadenced-{name}")
}

/// The path of a make-up in a collection.
pub fn path(collection: &str, name: &MakeUpName) -> String {
    format!("{}/{}.ics", collection.trim_end_matches('/'), uid(name))
}

/// The object of a make-up, made at `at`. Its times are in UTC, which need no zone of their own; a server that schedules invites the guest.
pub fn make_up(make_up: &MakeUp, at: Timestamp) -> String {
    let mut event = Event::new();
    event
        .uid(&uid(&make_up.name))
        .summary(&make_up.title)
        .add_property("DTSTAMP", stamp(at))
        .add_property("CREATED", stamp(at))
        .add_property("LAST-MODIFIED", stamp(at))
        .add_property("DTSTART", stamp(instant(&make_up.start)))
        .add_property("DTEND", stamp(instant(&make_up.end)))
        .add_property("SEQUENCE", "0")
        .add_property(OPERATION, &make_up.operation)
        .append_property(Property::new("ORGANIZER", mailto(&make_up.organiser)));
    let mut organiser = Property::new("ATTENDEE", mailto(&make_up.organiser));
    organiser.add_parameter("PARTSTAT", "ACCEPTED");
    event.append_multi_property(organiser);
    if let Some(address) = &make_up.guest.address {
        let mut guest = Property::new("ATTENDEE", mailto(address));
        if let Some(name) = &make_up.guest.name {
            guest.add_parameter("CN", &quoted(name));
        }
        guest.add_parameter("PARTSTAT", "NEEDS-ACTION").add_parameter("RSVP", "TRUE");
        event.append_multi_property(guest);
    }
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//cadenced//EN"));
    calendar.push(event.done());
    calendar.to_string()
}

fn instant(moment: &Moment) -> Timestamp {
    moment.instant(&TimeZone::UTC)
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn mailto(address: &Address) -> String {
    format!("mailto:{address}")
}

/// A name as a parameter: without what a parameter cannot hold (RFC 5545 3.2), in quotes where it has marks.
fn quoted(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !c.is_control() && *c != '"').collect();
    if plain.contains([':', ';', ',']) { format!("\"{plain}\"") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::ics::read::read_calendar;
    use crate::domain::event::{Participant, ParticipantKind, Reply};
    use crate::domain::recurrence::Zone;

    #[test]
    fn a_make_up_reads_back_as_what_it_is() {
        let zone = Zone::iana("Europe/Berlin").unwrap();
        let moment = |text: &str| Moment::Zoned(text.parse().unwrap(), zone.clone());
        let guest = Participant {
            address: Address::parse("ann@example.com"),
            name: Some("Ann \"A\" Example; Ltd, x:y".into()),
            kind: ParticipantKind::Individual,
        };
        let made = MakeUp {
            name: MakeUpName::of("w", "2026-11-17T09:00:00Z".parse().unwrap(), false),
            title: "Ann, Bob; and \\ others".into(),
            start: moment("2026-11-24T10:00"),
            end: moment("2026-11-24T10:30"),
            organiser: Address::parse("bob@example.com").unwrap(),
            guest,
            operation: "op-1".into(),
        };
        let text = make_up(&made, "2026-11-20T08:00:00Z".parse().unwrap());
        let read = read_calendar(text.as_bytes()).unwrap();
        assert!(read.problems.is_empty(), "{:?}\n{text}", read.problems);
        let [event] = read.events.as_slice() else { panic!("{text}") };
        assert_eq!(MakeUpName::in_uid(&event.uid), Some(made.name.clone()));
        assert_eq!(event.title, made.title);
        assert_eq!(event.start.instant(&TimeZone::UTC), made.start.instant(&TimeZone::UTC));
        assert_eq!(event.end.instant(&TimeZone::UTC), made.end.instant(&TimeZone::UTC));
        assert_eq!(event.organiser.as_ref().unwrap().address, Some(made.organiser.clone()));
        let replies: Vec<_> =
            event.guests.iter().map(|guest| (guest.who.address.clone().unwrap(), guest.reply)).collect();
        let ann = Address::parse("ann@example.com").unwrap();
        assert_eq!(replies, [(made.organiser, Reply::Accepted), (ann, Reply::NeedsAction)]);
        assert!(text.contains("X-CADENCED-OPERATION:op-1\r\n"), "{text}");
    }
}
