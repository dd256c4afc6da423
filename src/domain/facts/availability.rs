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
