//! The guests of a Google event, and whether its guest list is complete.

use google_calendar3::api::{Event, EventAttendee};

use crate::calendar::ics::read::one_line;
use crate::domain::event::{Guest, GuestList, Participant, ParticipantKind, Reply};
use crate::domain::person::Address;

/// How many guests are kept; a longer list says so by being [`GuestList::Hidden`].
const GUEST_CAP: usize = 500;
/// The longest name, in characters.
const NAME_CAP: usize = 200;
/// What the addresses of calendars end in that are nobody's own.
const CALENDAR: &str = "@group.calendar.google.com";
/// What the addresses of rooms and things end in.
const RESOURCE: &str = "@resource.calendar.google.com";

/// Who called an event. What is called in a calendar that is nobody's own has that calendar for its organiser; then it is whoever put
/// it there.
pub fn organiser(event: &Event) -> Option<Participant> {
    let organiser = event.organizer.as_ref()?;
    let is_calendar = organiser.email.as_deref().is_some_and(|email| email.ends_with(CALENDAR));
    if let Some(creator) = event.creator.as_ref().filter(|creator| is_calendar && creator.email.is_some()) {
        return Some(participant(creator.email.as_deref(), creator.display_name.as_deref(), false));
    }
    let who = participant(organiser.email.as_deref(), organiser.display_name.as_deref(), false);
    (who.address.is_some() || who.name.is_some()).then_some(who)
}

/// Who was invited, and whether that is everybody; `shows_details` is false where the calendar shows when it is busy and no more.
pub fn guests(event: &Event, shows_details: bool) -> (Vec<Guest>, GuestList) {
    let listed = event.attendees.as_deref().unwrap_or_default();
    let list: Vec<Guest> = listed.iter().take(GUEST_CAP).filter_map(guest).collect();
    let brings_more = listed.iter().any(|one| one.additional_guests.unwrap_or(0) > 0);
    let organised_here = event.organizer.as_ref().is_some_and(|organiser| organiser.self_ == Some(true));
    // Whoever called an event sees its guests, whatever they may see of one another.
    let hidden_from_guests = event.guests_can_see_other_guests == Some(false) && !organised_here;
    let hidden = hidden_from_guests
        || brings_more
        || event.attendees_omitted == Some(true)
        || list.len() < listed.len()
        // Somebody else's private event, or a calendar that only shows when it is busy: both name nobody at all.
        || !shows_details
        || (event.organizer.is_none() && listed.is_empty());
    (list, if hidden { GuestList::Hidden } else { GuestList::Complete })
}

/// One that names nobody makes the list incomplete.
fn guest(one: &EventAttendee) -> Option<Guest> {
    let who = participant(one.email.as_deref(), one.display_name.as_deref(), one.resource == Some(true));
    let named = who.address.is_some() || who.name.is_some();
    named.then(|| Guest { who, reply: reply(one.response_status.as_deref()), non_participant: false })
}

fn participant(email: Option<&str>, name: Option<&str>, is_resource: bool) -> Participant {
    let address = email.and_then(Address::parse);
    let is_resource = is_resource || address.as_ref().is_some_and(|address| address.as_str().ends_with(RESOURCE));
    let kind = if is_resource { ParticipantKind::Resource } else { ParticipantKind::Individual };
    let name = name.map(|name| one_line(name, NAME_CAP)).filter(|name| !name.is_empty());
    Participant { address, name, kind }
}

fn reply(status: Option<&str>) -> Reply {
    match status {
        Some("accepted") => Reply::Accepted,
        Some("declined") => Reply::Declined,
        Some("tentative") => Reply::Tentative,
        _ => Reply::NeedsAction,
    }
}
