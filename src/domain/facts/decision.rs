//! What the user decided, and the choices that they have.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::one_on_one::OneOnOneId;
use super::operation::OperationId;
use super::session::SessionId;
use super::span::Span;

/// Something that the user decided, kept for ever; the last word on one subject counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub choice: Choice,
    /// When.
    pub at: Timestamp,
}

/// The choices that a user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum Choice {
    /// This series is a 1:1, with that person where one is named.
    Confirm {
        /// The 1:1 or series.
        id: OneOnOneId,
        /// An address or a name of the config.
        person: Option<String>,
    },
    /// This series is none.
    Ignore {
        /// The 1:1 or series.
        id: OneOnOneId,
    },
    /// This session was held.
    Held {
        /// Which.
        session: SessionId,
    },
    /// One side did not come.
    NoShow {
        /// Which.
        session: SessionId,
    },
    /// This session was not to be: neither held nor missed.
    Excuse {
        /// Which.
        session: SessionId,
    },
    /// This session need not be made up.
    Waive {
        /// Which.
        session: SessionId,
    },
    /// Whatever was said of this session is taken back.
    Withdraw {
        /// Which.
        session: SessionId,
    },
    /// This session stays where it is, though another event covers it.
    KeepBoth {
        /// Which.
        session: SessionId,
    },
    /// Whether the sessions of this 1:1 take place though that series covers them again and again.
    Overlap {
        /// The 1:1.
        one_on_one: OneOnOneId,
        /// The uid of the other series.
        with: String,
        /// Whether they do.
        takes_place: bool,
    },
    /// This slot is taken for this session.
    Take {
        /// Which.
        session: SessionId,
        /// When it shall be.
        slot: Span,
    },
    /// This operation is to be undone.
    Undo {
        /// Which.
        operation: OperationId,
    },
}

impl Choice {
    /// The 1:1 that it is about, if it is about one.
    #[must_use]
    pub const fn one_on_one(&self) -> Option<&OneOnOneId> {
        match self {
            Self::Confirm { id, .. } | Self::Ignore { id } | Self::Overlap { one_on_one: id, .. } => Some(id),
            Self::Held { session }
            | Self::NoShow { session }
            | Self::Excuse { session }
            | Self::Waive { session }
            | Self::Withdraw { session }
            | Self::KeepBoth { session }
            | Self::Take { session, .. } => Some(&session.one_on_one),
            Self::Undo { .. } => None,
        }
    }

    /// The same with other names of 1:1s.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(&OneOnOneId) -> OneOnOneId) -> Self {
        let mut renamed = self.clone();
        match &mut renamed {
            Self::Confirm { id, .. } | Self::Ignore { id } | Self::Overlap { one_on_one: id, .. } => *id = name(id),
            Self::Held { session }
            | Self::NoShow { session }
            | Self::Excuse { session }
            | Self::Waive { session }
            | Self::Withdraw { session }
            | Self::KeepBoth { session }
            | Self::Take { session, .. } => session.one_on_one = name(&session.one_on_one),
            Self::Undo { .. } => {}
        }
        renamed
    }
}
