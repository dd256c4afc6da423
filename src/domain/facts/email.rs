//! [`Email`]: a mail to the owner; and [`Fate`]: what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::person::Address;

/// A mail from the owner's mailbox to the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// Names it for ever: no two letters with one key are ever queued.
    pub key: String,
    /// Whom it is from.
    pub from: Address,
    /// One of the owner's own addresses.
    pub to: Address,
    /// Its subject, which names nobody.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// A page that goes along: its file name, and its HTML.
    pub page: Option<(String, String)>,
    /// When it was written.
    pub written: Timestamp,
}

/// What became of an attempt to send a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server took it.
    Sent,
    /// The server does not take it, now or later.
    Refused {
        /// Why.
        why: String,
    },
    /// It was cut off after the text went out: the server may have taken it. It is not sent again.
    Uncertain {
        /// Why.
        why: String,
    },
    /// It did not go out, and is tried again.
    Later {
        /// Why.
        why: String,
        /// When.
        due: Timestamp,
    },
}

/// A mail in the queue, and how it is with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedEmail {
    /// Its key.
    pub key: String,
    /// `waiting`, `sending`, `sent`, `uncertain`, `refused` or `expired`.
    pub state: String,
    /// How many times it was tried.
    pub tries: u32,
    /// When it was last tried, or is tried next.
    pub due: Timestamp,
    /// Why it is not sent, where it is not.
    pub problem: Option<String>,
}
