//! The other participants of an event, without rooms, lists and the owner's own addresses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::domain::collation::fold;
use crate::domain::event::{Event, Participant, ParticipantKind, Reply};
use crate::domain::person::{Address, Person, Relation};
use crate::domain::policy::Policy;
use crate::domain::session::Side;

/// Hosts of mailing lists, by the first part of their name.
const LIST_HOSTS: [&str; 9] =
    ["lists", "list", "listserv", "listserver", "groups", "mailman", "majordomo", "sympa", "mlist"];

/// Domains that hold nothing but groups.
const GROUP_DOMAINS: [&str; 5] =
    ["googlegroups.com", "groups.io", "groups.google.com", "freelists.org", "yahoogroups.com"];

/// Usual names of groups that are names of people as well: they count only where they stand alone.
const NAMES_TOO: [&str; 2] = ["dev", "sales"];

/// Domains that anybody can have an address at: whoever writes from there belongs to nobody's company.
const PUBLIC_DOMAINS: [&str; 32] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "gmx.com",
    "web.de",
    "t-online.de",
    "posteo.de",
    "mailbox.org",
    "proton.me",
    "protonmail.com",
    "fastmail.com",
    "hey.com",
    "mail.com",
    "zoho.com",
    "free.fr",
    "orange.fr",
    "yandex.ru",
    "mail.ru",
    "qq.com",
    "163.com",
];

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

/// The somebody who called an event and is not the owner.
#[must_use]
pub fn called_by_another<'a>(event: &'a Event, policy: &Policy) -> Option<&'a Participant> {
    event.organiser.as_ref().filter(|who| !is_owner(who, policy) && counts_as_somebody(who))
}

/// Those who were invited to take part, and whoever called it, unless they are only kept informed.
fn taking_part(event: &Event) -> impl Iterator<Item = &Participant> {
    let invited = event.guests.iter().filter(|guest| !guest.non_participant).map(|guest| &guest.who);
    invited.chain(event.organiser.as_ref().filter(|who| !is_only_informed(who, event)))
}

/// Whether every invitation of whoever called an event only keeps them informed.
pub(in crate::domain) fn is_only_informed(who: &Participant, event: &Event) -> bool {
    let mut own =
        event.guests.iter().filter(|guest| who.address.is_some() && guest.who.address == who.address).peekable();
    own.peek().is_some() && own.all(|guest| guest.non_participant)
}

/// Whether a participant is the owner.
#[must_use]
pub fn is_owner(who: &Participant, policy: &Policy) -> bool {
    who.address.as_ref().is_some_and(|address| policy.owner.contains(address))
}

/// Whether a participant is a person or a group of some: no room, no thing, no calendar.
pub(in crate::domain) fn counts_as_somebody(who: &Participant) -> bool {
    let is_place = matches!(who.kind, ParticipantKind::Room | ParticipantKind::Resource);
    let is_calendar = who.address.as_ref().is_some_and(|address| address.as_str().ends_with("calendar.google.com"));
    let is_nobody = who.address.is_none() && who.name.is_none();
    !is_place && !is_calendar && !is_nobody
}

/// One key for all addresses of one person of the config, so that an alias is not counted as somebody else.
fn identity<'a>(who: &'a Participant, policy: &Policy) -> Cow<'a, str> {
    match (in_roster(who, policy), &who.address, &who.name) {
        (Some(person), _, _) => format!("person {}", person.name).into(),
        (None, Some(address), _) => address.as_str().into(),
        (None, None, name) => format!("name {}", fold(name.as_deref().unwrap_or_default())).into(),
    }
}

fn in_roster<'p>(who: &Participant, policy: &'p Policy) -> Option<&'p Person> {
    let address = who.address.as_ref()?;
    policy.people.iter().find(|entry| entry.person.addresses.contains(address)).map(|entry| &entry.person)
}

/// Whether a participant is a group or a list: by kind, by its host, or by a usual name before the `@`, alone or joined to others by
/// hyphens (`platform-team`). Somebody of the config never is.
#[must_use]
pub fn is_group(who: &Participant, policy: &Policy) -> bool {
    if in_roster(who, policy).is_some() {
        return false;
    }
    let named_so = |address: &Address| is_list_host(address.domain()) || is_group_name(address.local_part(), policy);
    who.kind == ParticipantKind::Group || who.address.as_ref().is_some_and(named_so)
}

fn is_list_host(domain: &str) -> bool {
    let is_below =
        || domain.split_once('.').is_some_and(|(first, rest)| LIST_HOSTS.contains(&first) && rest.contains('.'));
    GROUP_DOMAINS.contains(&domain) || is_below()
}

/// A dot joins the names of a person (`team.nguyen`), and makes a group only of words that are all of groups.
fn is_group_name(local: &str, policy: &Policy) -> bool {
    let local = fold(local.split('+').next().unwrap_or_default());
    let is_usual = |word: &str| policy.group_names.iter().any(|name| name == word);
    let mut parts = local.split(['-', '_']);
    let joined = |word: Option<&str>| word.is_some_and(|word| is_usual(word) && !NAMES_TOO.contains(&word));
    let is_joined = local.contains(['-', '_']) && (joined(parts.next()) || joined(parts.next_back()));
    is_usual(&local) || is_joined || (local.contains('.') && local.split('.').all(is_usual))
}

/// Whether somebody is unknown: neither in the config nor at a domain of the owner's.
#[must_use]
pub fn is_stranger(who: &Participant, policy: &Policy) -> bool {
    let Some(address) = &who.address else { return false };
    let is_below = |one: &str, other: &str| one == other || one.ends_with(&format!(".{other}"));
    let is_own = |own: &Address| {
        let (own, theirs) = (own.domain(), address.domain());
        !PUBLIC_DOMAINS.contains(&own) && (is_below(own, theirs) || is_below(theirs, own))
    };
    in_roster(who, policy).is_none() && !policy.owner.iter().any(is_own)
}

/// The person that a participant is: of the config where known there, else as the event names them.
#[must_use]
pub fn person(who: &Participant, policy: &Policy) -> Person {
    if let Some(known) = in_roster(who, policy) {
        return known.clone();
    }
    let shown = who.name.clone().filter(|name| !name.trim().is_empty());
    let name = shown.or_else(|| who.address.as_ref().map(Address::to_string)).unwrap_or_default();
    Person { name, addresses: who.address.iter().cloned().collect(), relation: Relation::Other }
}

/// What one side answered, over all of their addresses: a yes with one of them outweighs a no with another.
fn answer(event: &Event, mine: impl Fn(&Address) -> bool) -> Option<Reply> {
    let rank = |reply: &Reply| match reply {
        Reply::Accepted => 4,
        Reply::Tentative => 3,
        Reply::Delegated => 2,
        Reply::Declined => 1,
        Reply::NeedsAction => 0,
    };
    let own = event.guests.iter().filter(|guest| guest.who.address.as_ref().is_some_and(&mine));
    own.map(|guest| guest.reply).max_by_key(rank)
}

/// What the owner answered; none where the owner was not invited.
#[must_use]
pub fn owners_reply(event: &Event, policy: &Policy) -> Option<Reply> {
    answer(event, |address| policy.owner.contains(address))
}

/// Which side's reply to this event is *no*, if either's is.
#[must_use]
pub fn declined_by(event: &Event, other: &Person, policy: &Policy) -> Option<Side> {
    if owners_reply(event, policy) == Some(Reply::Declined) {
        return Some(Side::Owner);
    }
    let theirs = answer(event, |address| other.addresses.contains(address));
    let is_no =
        theirs == Some(Reply::Declined) || (planted!("no-answer-is-a-no") && theirs == Some(Reply::NeedsAction));
    is_no.then_some(Side::Other)
}

/// Whether an event is of just the owner and this person, by its guests.
#[must_use]
pub fn is_of_just_this_pair(event: &Event, other: &Person, policy: &Policy) -> bool {
    let address = only_other(event, policy).and_then(|one| one.address.as_ref());
    address.is_some_and(|address| other.addresses.contains(address))
}
