//! Parses ORGANIZER and ATTENDEE (RFC 5545 3.8.4) into participants and guests.

use calcard::icalendar::{
    ICalendarEntry, ICalendarParameterName as Name, ICalendarParameterValue as Given,
    ICalendarParticipationRole as Role, ICalendarParticipationStatus as Partstat,
    ICalendarScheduleAgentValue as ScheduleAgent, ICalendarUserTypes as UserType, ICalendarValue, Uri,
};

use super::read::one_line;
use crate::domain::event::{Guest, GuestList, Participant, ParticipantKind, Reply};
use crate::domain::person::Address;

/// How many guests are kept; a longer list says so by being [`GuestList::Hidden`].
const GUEST_CAP: usize = 500;
/// The longest name, in characters.
const NAME_CAP: usize = 200;

/// Collects guests, and how far the list can be believed.
#[derive(Debug, Default)]
pub(super) struct Guests {
    list: Vec<Guest>,
    partly_hidden: bool,
    untold: bool,
}

impl Guests {
    /// Takes one ATTENDEE. One that names nobody, or brings more people along, makes the list incomplete.
    pub(super) fn add(&mut self, entry: &ICalendarEntry) {
        let who = participant(entry);
        let brings_more =
            other_parameter(entry, "X-NUM-GUESTS").is_some_and(|n| n.trim().parse::<u32>().unwrap_or(0) > 0);
        self.partly_hidden |= brings_more;
        self.untold |= is_untold(entry);
        if (who.address.is_none() && who.name.is_none()) || self.list.len() >= GUEST_CAP {
            self.partly_hidden = true;
            return;
        }
        let non_participant =
            parameter(entry, &Name::Role).is_some_and(|role| *role == Given::Role(Role::NonParticipant));
        self.list.push(Guest { who, reply: reply(entry), non_participant });
    }

    /// Whether the server is not to tell some guest of changes.
    pub(super) const fn are_untold(&self) -> bool {
        self.untold
    }

    /// The guests, and how far to believe them.
    pub(super) fn finish(self) -> (Vec<Guest>, GuestList) {
        let believed = match (self.partly_hidden, self.list.is_empty()) {
            (true, _) => GuestList::Hidden,
            (false, true) => GuestList::Absent,
            (false, false) => GuestList::Complete,
        };
        (self.list, believed)
    }
}

/// The participant that an ORGANIZER or ATTENDEE names.
pub(super) fn participant(entry: &ICalendarEntry) -> Participant {
    let uri = entry.values.iter().find_map(|value| match value {
        ICalendarValue::Uri(Uri::Location(text)) | ICalendarValue::Text(text) => Some(text.as_str()),
        _ => None,
    });
    // RFC 7986 6.2: EMAIL is the address where the value is none, such as a principal's URL.
    let address = uri.and_then(Address::parse).or_else(|| text_parameter(entry, &Name::Email).and_then(Address::parse));
    let name = text_parameter(entry, &Name::Cn).map(|name| one_line(name, NAME_CAP)).filter(|name| !name.is_empty());
    Participant { address, name, kind: kind(entry) }
}

fn kind(entry: &ICalendarEntry) -> ParticipantKind {
    match parameter(entry, &Name::Cutype) {
        None | Some(Given::Cutype(UserType::Individual)) => ParticipantKind::Individual,
        Some(Given::Cutype(UserType::Group)) => ParticipantKind::Group,
        Some(Given::Cutype(UserType::Room)) => ParticipantKind::Room,
        Some(Given::Cutype(UserType::Resource)) => ParticipantKind::Resource,
        Some(_) => ParticipantKind::Unknown,
    }
}

/// COMPLETED and IN-PROCESS belong to tasks, and unknown words count as no answer (RFC 5545 3.2.12).
fn reply(entry: &ICalendarEntry) -> Reply {
    match parameter(entry, &Name::Partstat) {
        Some(Given::Partstat(Partstat::Accepted)) => Reply::Accepted,
        Some(Given::Partstat(Partstat::Declined)) => Reply::Declined,
        Some(Given::Partstat(Partstat::Tentative)) => Reply::Tentative,
        Some(Given::Partstat(Partstat::Delegated)) => Reply::Delegated,
        _ => Reply::NeedsAction,
    }
}

/// Whether the server leaves it to others to tell a guest (RFC 6638 7.1); without the parameter, it tells them itself.
fn is_untold(entry: &ICalendarEntry) -> bool {
    matches!(
        parameter(entry, &Name::ScheduleAgent),
        Some(Given::ScheduleAgent(ScheduleAgent::Client | ScheduleAgent::None))
    )
}

fn parameter<'a>(entry: &'a ICalendarEntry, name: &Name) -> Option<&'a Given> {
    entry.params.iter().find(|given| given.name == *name).map(|given| &given.value)
}

fn text_parameter<'a>(entry: &'a ICalendarEntry, name: &Name) -> Option<&'a str> {
    match parameter(entry, name)? {
        Given::Text(text) | Given::Uri(Uri::Location(text)) => Some(text),
        _ => None,
    }
}

fn other_parameter<'a>(entry: &'a ICalendarEntry, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    entry.params.iter().find_map(|given| match (&given.name, &given.value) {
        (Name::Other(other), Given::Text(text)) if other.eq_ignore_ascii_case(name) => Some(text.as_str().into()),
        (Name::Other(other), Given::Integer(n)) if other.eq_ignore_ascii_case(name) => Some(n.to_string().into()),
        _ => None,
    })
}
