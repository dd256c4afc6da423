//! What a single event shows without its body: enough to tell whether the rules need the body at all.
//!
//! Most single events are of neither one other person nor at the time of a session. Of those only the time that they take matters. An
//! outline is written with the event, knows nothing of the config, and is read with the config at hand. See `docs/decisions/outlines.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::availability::BusyKind;
use super::collation::fold;
use super::detection::participants::{counts_as_somebody, is_only_informed};
use super::detection::title::may_name_a_pair;
use super::detection::verdict::has_length_of_session;
use super::event::{Event, EventKind, GuestList, Participant, Reply, Status};
use super::make_up::MakeUpName;
use super::outcome::busy::{LONG, is_focus};
use super::policy::Policy;
use super::recurrence::Moment;

/// The form of outlines that this version writes; one of another form says nothing.
const FORM: u8 = 1;

/// The most guests of an event that is outlined.
const MOST_GUESTS: usize = 64;

/// What an event shows besides its guests.
mod flag {
    /// The body has to be read.
    pub const WHOLE: u8 = 1;
    /// It is busy and stands.
    pub const TAKES_TIME: u8 = 1 << 1;
    /// It is pencilled in.
    pub const TENTATIVE: u8 = 1 << 2;
    /// It is time kept free for work.
    pub const FOCUS: u8 = 1 << 3;
    /// Its list of guests is complete.
    pub const SHOWS_GUESTS: u8 = 1 << 4;
    /// It is of a kind and length that a session can have.
    pub const SHAPE: u8 = 1 << 5;
    /// No guests can be seen, and its title could name one other person.
    pub const TITLE: u8 = 1 << 6;
}

/// What a guest or organiser shows, in the byte before their key.
mod part {
    /// The bits of the reply.
    pub const REPLY: u8 = 0b111;
    /// They were invited.
    pub const GUEST: u8 = 1 << 3;
    /// They take part, and are a person or a group of some.
    pub const SOMEBODY: u8 = 1 << 4;
    /// They called it.
    pub const ORGANISER: u8 = 1 << 5;
}

/// The bytes before the first guest: the form, the flags, and the key of the uid.
const HEAD: usize = 2 + KEY;
const KEY: usize = 8;

/// A name that two different texts share by nobody's design: the first bytes of their SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; KEY]);

impl Key {
    /// The key of a uid, or of an address.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        Self(std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default()))
    }

    /// Of somebody by address, else by name, as [`super::detection::participants`] tells people apart.
    fn of_participant(who: &Participant) -> Self {
        match (&who.address, &who.name) {
            (Some(address), _) => Self::of(address.as_str()),
            (None, name) => Self::of(&format!("name\0{}", fold(name.as_deref().unwrap_or_default()))),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The outline of a single event, as it is stored.
#[must_use]
pub fn of(event: &Event) -> Vec<u8> {
    let flags = flags(event);
    let mut outline = whole(&event.uid);
    if flags & flag::WHOLE != 0 {
        return outline;
    }
    outline[1] = flags;
    for guest in &event.guests {
        let takes_part = !guest.non_participant && counts_as_somebody(&guest.who);
        let facts = reply_bits(guest.reply) | part::GUEST | if takes_part { part::SOMEBODY } else { 0 };
        outline.push(facts);
        outline.extend(Key::of_participant(&guest.who).0);
    }
    if let Some(organiser) = &event.organiser {
        let takes_part = !is_only_informed(organiser, event) && counts_as_somebody(organiser);
        outline.push(part::ORGANISER | if takes_part { part::SOMEBODY } else { 0 });
        outline.extend(Key::of_participant(organiser).0);
    }
    outline
}

/// The outline of an event that says nothing but its uid: its body has to be read.
#[must_use]
pub fn whole(uid: &str) -> Vec<u8> {
    let mut outline = vec![FORM, flag::WHOLE];
    outline.extend(Key::of(uid).0);
    outline
}

fn flags(event: &Event) -> u8 {
    if !is_plain(event) || event.guests.len() > MOST_GUESTS || MakeUpName::in_uid(&event.uid).is_some() {
        return flag::WHOLE;
    }
    let could_be_session = event.kind == EventKind::Ordinary && has_length_of_session(event);
    let titled = event.guest_list == GuestList::Absent && may_name_a_pair(&event.title);
    [
        (event.busy && event.status != Status::Cancelled, flag::TAKES_TIME),
        (event.status == Status::Tentative, flag::TENTATIVE),
        (event.kind == EventKind::FocusTime || is_focus(event), flag::FOCUS),
        (event.guest_list == GuestList::Complete, flag::SHOWS_GUESTS),
        (could_be_session, flag::SHAPE),
        (titled, flag::TITLE),
    ]
    .into_iter()
    .fold(0, |flags, (is_set, flag)| if is_set { flags | flag } else { flags })
}

/// Whether start and end say all of its time, and it can be neither an absence nor a mark on a day.
fn is_plain(event: &Event) -> bool {
    let (Moment::Zoned(..), Moment::Zoned(..)) = (&event.start, &event.end) else { return false };
    let [start, end] = [&event.start, &event.end].map(|moment| moment.instant(&TimeZone::UTC));
    let is_of_whole_seconds = start.subsec_nanosecond() == 0 && end.subsec_nanosecond() == 0;
    let is_known_kind = matches!(event.kind, EventKind::Ordinary | EventKind::FocusTime);
    let is_single = event.recurrence.is_none() && event.overrides.is_none();
    is_single && is_known_kind && is_of_whole_seconds && start <= end && end.duration_since(start) < LONG
}

const fn reply_bits(reply: Reply) -> u8 {
    match reply {
        Reply::NeedsAction => 0,
        Reply::Accepted => 1,
        Reply::Declined => 2,
        Reply::Tentative => 3,
        Reply::Delegated => 4,
    }
}

/// What the config says that outlines are read with: who the owner is, and which addresses are one person's.
#[derive(Clone, Debug)]
pub struct Reader {
    owner: BTreeSet<Key>,
    people: BTreeMap<Key, usize>,
}

/// What an outline says to somebody who knows the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// The key of the event's uid.
    pub uid: Key,
    /// Whether its body has to be read: it is odd, or it could be of the owner and one other person.
    pub is_wanted: bool,
    /// Whether it could speak against a session at its time.
    pub takes_time: bool,
    /// Whether its list of guests is complete.
    pub shows_guests: bool,
    /// How it takes the owner's time, if it does.
    pub busy: Option<BusyKind>,
}

impl Reader {
    /// By the addresses of the owner and of the people of the config.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut people = BTreeMap::new();
        for entry in &policy.people {
            // Entries of one name are one person.
            let same = |other: &&super::policy::RosterEntry| other.person.name == entry.person.name;
            let number = policy.people.iter().position(|other| same(&other)).unwrap_or_default();
            for address in &entry.person.addresses {
                people.entry(Key::of(address.as_str())).or_insert(number);
            }
        }
        Self { owner: policy.owner.iter().map(|address| Key::of(address.as_str())).collect(), people }
    }

    /// What an outline says; none where it is of another form.
    #[must_use]
    pub fn read(&self, outline: &[u8]) -> Option<Glimpse> {
        let (head, guests) = outline.split_at_checked(HEAD)?;
        let [FORM, flags, uid @ ..] = head else { return None };
        let has = |flag: u8| flags & flag != 0;
        let (guests, []) = guests.as_chunks::<{ KEY + 1 }>() else { return None };
        let said = self.said(guests);
        let could_be_pair = has(flag::SHAPE) && (has(flag::TITLE) || (has(flag::SHOWS_GUESTS) && said.is_pair));
        let takes_time = has(flag::TAKES_TIME);
        Some(Glimpse {
            uid: Key::from_bytes(uid)?,
            is_wanted: has(flag::WHOLE) || could_be_pair,
            takes_time,
            shows_guests: has(flag::SHOWS_GUESTS),
            busy: Some(said.busy(has(flag::FOCUS), has(flag::TENTATIVE)))
                .filter(|_| takes_time && said.reply != Some(reply_bits(Reply::Declined))),
        })
    }

    fn said(&self, guests: &[[u8; KEY + 1]]) -> Said {
        let mut said = Said { reply: None, is_owners: true, is_pair: false };
        let (mut first, mut others) = (None, 0);
        for &[facts, ref key @ ..] in guests {
            let key = Key(*key);
            let is_owner = self.owner.contains(&key);
            if facts & part::GUEST != 0 && is_owner && said.reply.is_none() {
                said.reply = Some(facts & part::REPLY);
            }
            if facts & part::ORGANISER != 0 {
                said.is_owners = is_owner;
            }
            if facts & part::SOMEBODY != 0 && !is_owner {
                let who = self.people.get(&key).copied().ok_or(key);
                others += u32::from(first.is_none_or(|first| first != who));
                first.get_or_insert(who);
            }
        }
        said.is_pair = others == 1;
        said
    }
}

/// What the guests of an event say to somebody who knows the owner.
struct Said {
    /// The reply of the first of the owner's addresses.
    reply: Option<u8>,
    /// Whether nobody else called it.
    is_owners: bool,
    /// Whether exactly one other person takes part.
    is_pair: bool,
}

impl Said {
    fn busy(&self, is_focus: bool, is_tentative: bool) -> BusyKind {
        let accepted = self.reply == Some(reply_bits(Reply::Accepted));
        let is_unsure = self.reply == Some(reply_bits(Reply::Tentative)) || (!self.is_owners && !accepted);
        if is_focus {
            BusyKind::FocusTime
        } else if is_tentative || is_unsure {
            BusyKind::Tentative
        } else {
            BusyKind::Busy
        }
    }
}
