//! Digests of an event's parts, taken right after a write, to detect and name later changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A part of an event that people change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Start, end and recurrence, and how often they were changed: dragged away and back is a change.
    Time,
    /// The title.
    Title,
    /// Who is invited and who organises it. Replies are no change.
    Guests,
    /// The place, and the link to join.
    Place,
    /// Description, comments and attachments.
    Notes,
    /// Anything else that the server shows: reminders, colours, categories, what other programs add.
    Other,
}

/// Salted digests of what a server showed of an event. Nothing of the event can be read from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    parts: BTreeMap<Part, String>,
    /// Who accepted and who declined. It changes without anybody touching the event.
    replies: String,
    /// When the event was last changed, as it says itself.
    stamps: String,
}

impl Fingerprint {
    /// From the digest of each part, of the replies, and of the event's own modification time.
    #[must_use]
    pub const fn new(parts: BTreeMap<Part, String>, replies: String, stamps: String) -> Self {
        Self { parts, replies, stamps }
    }

    /// What somebody changed between this fingerprint and a later one of the same event, made with the same salt.
    ///
    /// A reply is no change. An event that was written again, though nothing in it is different and nobody replied, was changed and
    /// changed back.
    #[must_use]
    pub fn changed_since(&self, later: &Self) -> Vec<Part> {
        let all = [Part::Time, Part::Title, Part::Guests, Part::Place, Part::Notes, Part::Other];
        let differs = |part: &Part| self.parts.get(part) != later.parts.get(part);
        let mut changed: Vec<Part> = all.into_iter().filter(differs).collect();
        if changed.is_empty() && self.stamps != later.stamps && self.replies == later.replies {
            changed.push(Part::Other);
        }
        changed
    }
}
