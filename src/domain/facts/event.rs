//! [`Event`]: an event as any kind of calendar holds it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::person::Address;
use crate::domain::recurrence::{Moment, Recurrence};

/// A single event, a series master, or an override of one instance of a series.
///
/// It never holds a description, notes or attachments: the adapters drop them before they build one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The identity that a master and its overrides share (RFC 5545 3.8.4.7).
    pub uid: String,
    /// Set on an override: which instance it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<RecurrenceId>,
    /// When it starts; for a master, its first instance.
    pub start: Moment,
    /// When it ends (exclusive), in the same form as `start`.
    pub end: Moment,
    /// Set on a series master.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// Whether it stands.
    pub status: Status,
    /// Whether it takes up the owner's time (RFC 5545 3.8.2.7 `TRANSP:OPAQUE`).
    pub busy: bool,
    /// What kind of entry the provider says that it is.
    pub kind: EventKind,
    /// The title, on one line, at most 500 characters.
    pub title: String,
    /// Who called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organiser: Option<Participant>,
    /// Who was invited; the organiser may be among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guests: Vec<Guest>,
    /// How far `guests` can be believed.
    pub guest_list: GuestList,
    /// Whether some guest has to be told by the organiser's own program, or not at all, and never by the server (RFC 6638 7.1
    /// `SCHEDULE-AGENT`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold_guests: bool,
    /// The revision as the organiser counts it (RFC 5545 3.8.7.4).
    pub sequence: u32,
    /// When it was last changed, as the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// Set where the zone of `start` or `end` could not be resolved: the name as the source gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_zone: Option<String>,
}

impl Event {
    /// The override that says of one instance of this series that it was called off, and nothing else.
    #[must_use]
    pub fn called_off(&self, original: &Moment) -> Self {
        let length = self.end.instant(&TimeZone::UTC).duration_since(self.start.instant(&TimeZone::UTC));
        Self {
            overrides: Some(RecurrenceId { original: original.clone(), this_and_future: false }),
            start: original.clone(),
            end: original.plus(length),
            recurrence: None,
            status: Status::Cancelled,
            modified: None,
            ..self.clone()
        }
    }
}

/// Which instance of a series an override stands for (RFC 5545 3.8.4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurrenceId {
    /// The original start of the instance, in whatever zone the source used.
    pub original: Moment,
    /// `RANGE=THISANDFUTURE`: it changes every later instance as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub this_and_future: bool,
}

/// Whether an event stands (RFC 5545 3.8.1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It stands; also where the source says nothing.
    Confirmed,
    /// It is pencilled in.
    Tentative,
    /// It was called off.
    Cancelled,
}

/// What kind of entry an event is, where the provider says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An ordinary event; also where the source has no kinds.
    Ordinary,
    /// Away from work.
    OutOfOffice,
    /// Time kept free of others.
    FocusTime,
    /// Where the owner works that day.
    WorkingLocation,
    /// A birthday or another anniversary.
    Birthday,
}

/// How far a list of guests can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestList {
    /// Everyone who was invited is listed.
    Complete,
    /// The source shows nobody; many feeds never do.
    Absent,
    /// The source says that it hides or cut the list.
    Hidden,
}

/// Somebody or something that takes part in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The calendar address, where it is an e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The name to show (RFC 5545 3.2.2 `CN`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is.
    pub kind: ParticipantKind,
}

/// What a participant is (RFC 5545 3.2.3 `CUTYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParticipantKind {
    /// A person; also where the source says nothing.
    Individual,
    /// A mailing list or another group.
    Group,
    /// A room.
    Room,
    /// A thing that can be booked.
    Resource,
    /// The source says that it does not know.
    Unknown,
}

/// A participant who was invited, and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "GuestRecord")]
pub struct Guest {
    /// Who.
    #[serde(flatten)]
    pub who: Participant,
    /// The answer (RFC 5545 3.2.12 `PARTSTAT`).
    pub reply: Reply,
    /// Whether they are only kept informed (RFC 5545 3.2.16 `ROLE=NON-PARTICIPANT`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub non_participant: bool,
}

/// A guest's answer to an invitation (RFC 5545 3.2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// None yet; close to noise, and never evidence.
    NeedsAction,
    /// Yes.
    Accepted,
    /// No.
    Declined,
    /// Perhaps.
    Tentative,
    /// Somebody else comes instead.
    Delegated,
}

/// A guest as it is written down. Reading it in one piece is several times as fast as reading a flattened participant,
/// and most of what a mirror holds is guests.
#[derive(Deserialize)]
struct GuestRecord {
    #[serde(default)]
    address: Option<Address>,
    #[serde(default)]
    name: Option<String>,
    kind: ParticipantKind,
    reply: Reply,
    #[serde(default)]
    non_participant: bool,
}

impl From<GuestRecord> for Guest {
    fn from(record: GuestRecord) -> Self {
        let GuestRecord { address, name, kind, reply, non_participant } = record;
        Self { who: Participant { address, name, kind }, reply, non_participant }
    }
}
