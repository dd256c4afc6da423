//! [`Availability`]: the busy times that a server reports for somebody, and the spans it says nothing about.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::person::Address;
use super::span::Span;

/// What a server said of one person's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Whose time.
    pub who: Address,
    /// The stretch that was asked about.
    pub window: Span,
    /// When it was asked.
    pub asked: Timestamp,
    /// When they are busy in the window, in order. `None` where it could not be learnt, and *unknown is never free*.
    pub busy: Option<Vec<BusySpan>>,
}

/// A stretch of time that somebody is busy in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BusySpan {
    /// When.
    pub span: Span,
    /// Whether it is only pencilled in (RFC 5545 3.2.9 `BUSY-TENTATIVE`).
    pub tentative: bool,
}

/// One stretch of somebody's busy time. One of no length takes no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// When.
    pub span: Span,
    /// With what.
    pub what: BusyKind,
}

/// What somebody is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BusyKind {
    /// Something that takes their time, all day or not.
    Busy,
    /// Something that they may come to; [`crate::domain::slot::SlotRules::tentative_is_busy`] decides.
    Tentative,
    /// An all-day entry that may or may not take the day; [`crate::domain::slot::SlotRules::all_day_is_busy`] decides.
    AllDay,
    /// Away.
    OutOfOffice,
    /// Time kept free for work: it yields to a session, but is rather left whole.
    FocusTime,
    /// A session of another 1:1.
    OtherSession,
}
