//! Owns who takes part in an event besides the owner, once rooms, lists and the owner's own addresses are dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::domain::event::{Event, Participant, ParticipantKind, Reply};
use crate::domain::person::{Address, Person, Relation};
use crate::domain::policy::Policy;
use crate::domain::session::Side;

/// Who takes part in an event besides the owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others<'a> {
    /// Each other participant once, with the name that the event gives.
    pub people: Vec<&'a Participant>,
    /// Whether the owner is among the guests or called it.
    pub owner_takes_part: bool,
}

/// The other participants of an event: no rooms, no resources, no non-participants, no addresses of the owner, no
/// organisers that are calendars.
#[must_use]
pub fn others<'a>(event: &'a Event, policy: &'a Policy) -> Others<'a> {
    let mut found: BTreeMap<Cow<'a, str>, &'a Participant> = BTreeMap::new();
    let mut owner_takes_part = false;
    for who in taking_part(event) {
        if is_owner(who, policy) {
            owner_takes_part = true;
        } else if counts_as_somebody(who) {
            found.entry(identity(who, policy)).or_insert(who);
        }
    }
    Others { people: found.into_values().collect(), owner_takes_part }
}

/// Whether nobody but the owner takes part: what [`others`] would say, without finding out who they are.
#[must_use]
pub fn is_alone(event: &Event, policy: &Policy) -> bool {
    !taking_part(event).any(|who| !is_owner(who, policy) && counts_as_somebody(who))
}

/// The one other participant of an event, if there is exactly one: what [`others`] would say, without listing them.
#[must_use]
pub fn only_other<'a>(event: &'a Event, policy: &Policy) -> Option<&'a Participant> {
    let mut somebody = taking_part(event).filter(|who| !is_owner(who, policy) && counts_as_somebody(who));
    let first = somebody.next()?;
    let key = identity(first, policy);
    somebody.all(|who| identity(who, policy) == key).then_some(first)
}

fn taking_part(event: &Event) -> impl Iterator<Item = &Participant> {
    let invited = event.guests.iter().filter(|guest| !guest.non_participant).map(|guest| &guest.who);
    invited.chain(event.organiser.as_ref())
}

fn is_owner(who: &Participant, policy: &Policy) -> bool {
    who.address.as_ref().is_some_and(|address| policy.owner.contains(address))
}

fn counts_as_somebody(who: &Participant) -> bool {
    let is_place = matches!(who.kind, ParticipantKind::Room | ParticipantKind::Resource);
    let is_calendar = who.address.as_ref().is_some_and(|address| address.as_str().ends_with("calendar.google.com"));
    let is_nobody = who.address.is_none() && who.name.is_none();
    !is_place && !is_calendar && !is_nobody
}

/// One key for all addresses of one person of the config, so that an alias is not counted as somebody else.
fn identity<'a>(who: &'a Participant, policy: &Policy) -> Cow<'a, str> {
    let in_roster = who.address.as_ref().and_then(|address| {
        policy.people.iter().find(|entry| entry.person.addresses.contains(address)).map(|entry| &entry.person)
    });
    match (in_roster, &who.address, &who.name) {
        (Some(person), _, _) => format!("person {}", person.name).into(),
        (None, Some(address), _) => address.as_str().into(),
        (None, None, name) => format!("name {}", name.as_deref().unwrap_or_default().to_lowercase()).into(),
    }
}

/// Whether a participant is a group or a list: by kind, or by a usual name before the `@`.
#[must_use]
pub fn is_group(who: &Participant, policy: &Policy) -> bool {
    let usual = |address: &Address| {
        policy.group_names.iter().any(|name| name == address.local_part()) || address.domain() == "googlegroups.com"
    };
    who.kind == ParticipantKind::Group || who.address.as_ref().is_some_and(usual)
}

/// The person that a participant is: of the config where known there, else as the event names them.
#[must_use]
pub fn person(who: &Participant, policy: &Policy) -> Person {
    let known = policy
        .people
        .iter()
        .find(|entry| who.address.as_ref().is_some_and(|address| entry.person.addresses.contains(address)));
    if let Some(entry) = known {
        return entry.person.clone();
    }
    let shown = who.name.clone().filter(|name| !name.trim().is_empty());
    let name = shown.or_else(|| who.address.as_ref().map(Address::to_string)).unwrap_or_default();
    Person { name, addresses: who.address.iter().cloned().collect(), relation: Relation::Other }
}

/// Which side's reply to this event is *no*, if either's is.
#[must_use]
pub fn declined_by(event: &Event, other: &Person, policy: &Policy) -> Option<Side> {
    let said_no = |mine: &dyn Fn(&Address) -> bool| {
        event.guests.iter().any(|guest| guest.reply == Reply::Declined && guest.who.address.as_ref().is_some_and(mine))
    };
    if said_no(&|address| policy.owner.contains(address)) {
        return Some(Side::Owner);
    }
    said_no(&|address| other.addresses.contains(address)).then_some(Side::Other)
}

/// Whether an event is of just the owner and this person, by its guests.
#[must_use]
pub fn is_of_just_this_pair(event: &Event, other: &Person, policy: &Policy) -> bool {
    let address = only_other(event, policy).and_then(|one| one.address.as_ref());
    address.is_some_and(|address| other.addresses.contains(address))
}
