//! [`Session`]: one expected instance of a 1:1, its outcome, and the evidence.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::decision::{Choice, Decision};
use super::one_on_one::{Cadence, OneOnOneId};
pub use super::person::Side;
use super::source::SourceId;
use super::span::{Between, Span};

/// Names a session for ever: its 1:1 and its original start. Written `k3f9a2c1-20261116T090000Z`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// The 1:1.
    pub one_on_one: OneOnOneId,
    /// The start that the series gave it, wherever it was moved since.
    pub original: Timestamp,
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::tz::TimeZone::UTC.to_datetime(self.original);
        write!(f, "{}-{}Z", self.one_on_one, at.strftime("%Y%m%dT%H%M%S"))
    }
}

/// Text that names no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a session; they look like k3f9a2c1-20261116T090000Z")]
pub struct BadSessionId(pub String);

impl FromStr for SessionId {
    type Err = BadSessionId;

    fn from_str(text: &str) -> Result<Self, BadSessionId> {
        let bad = || BadSessionId(text.to_owned());
        let (id, at) = text.rsplit_once('-').ok_or_else(bad)?;
        let local = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", at).map_err(|_| bad())?;
        let original = local.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| bad())?.timestamp();
        Ok(Self { one_on_one: OneOnOneId(id.to_owned()), original })
    }
}

impl Serialize for SessionId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What became of a session; the first row of the table in the product's rules that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The user said that it was held.
    HeldConfirmed,
    /// The user said that one side did not come.
    NoShow,
    /// A holiday or an out-of-office covers at least half of it.
    Excused,
    /// Cancelled, excepted or deleted while its series lives.
    Cancelled,
    /// One side said no.
    Declined,
    /// Its time is not over.
    Upcoming,
    /// An accepted, busy event covers at least half of it.
    Conflicted,
    /// The source is not fresh, or the data contradicts itself.
    Unknown,
    /// None of these.
    HeldPresumed,
}

impl Outcome {
    /// Whether it was held, as far as anyone knows.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::HeldConfirmed | Self::HeldPresumed)
    }

    /// Whether it was lost: not held, and not excused.
    #[must_use]
    pub const fn is_lost(self) -> bool {
        matches!(self, Self::Cancelled | Self::Declined | Self::Conflicted | Self::NoShow)
    }
}

/// One piece of evidence for an outcome; the words for it are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// The instance carries the status *cancelled*.
    StatusCancelled,
    /// The series excepts the instance.
    Excepted,
    /// The event is gone from the source, and a second good read agreed.
    Deleted,
    /// The event is gone from the source.
    Vanished {
        /// The first good read without it.
        since: Timestamp,
        /// Whether a second good read has confirmed that.
        #[serde(default)]
        confirmed: bool,
    },
    /// One side's reply is *no*.
    ReplyDeclined {
        /// Which.
        by: Side,
    },
    /// An out-of-office covers it.
    OutOfOffice {
        /// Whose.
        by: Side,
        /// When.
        span: Span,
    },
    /// A holiday covers it.
    Holiday {
        /// When.
        span: Span,
    },
    /// An accepted, busy event covers it.
    Conflict {
        /// When.
        span: Span,
        /// The uid of that event; none on lines that older versions wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
    /// The same other series conflicts with three of four sessions in a row, and the user has not said whether these take place.
    StandingOverlap {
        /// When this time.
        span: Span,
        /// The uid of that series.
        with: String,
    },
    /// Two calendars show different things, and neither is newer.
    CalendarsDisagree,
    /// Its title says that it was called off.
    TitleSaysCancelled {
        /// Whether its time is marked as free as well.
        free: bool,
    },
    /// The other is not among those who are invited to it.
    OtherNotInvited,
    /// It was moved here from its original start.
    Moved {
        /// The original start.
        from: Timestamp,
    },
    /// The source was read well after the session, and showed nothing against it.
    ReadAfter {
        /// When it was read.
        at: Timestamp,
    },
    /// The source has not been read well since.
    NotReadSince {
        /// A read at or after this instant would settle it.
        needed: Timestamp,
        /// The last good read.
        last: Option<Timestamp>,
    },
    /// The user said so.
    UserSaid {
        /// When.
        at: Timestamp,
    },
    /// What the calendar alone would say, where the user said otherwise.
    Overruled {
        /// The outcome by the calendar.
        outcome: Outcome,
    },
    /// This is what was recorded earlier, as the calendar alone no longer tells.
    Recorded {
        /// When.
        at: Timestamp,
        /// Whether the calendar would show it and does not; sessions that are only old are not looked for.
        #[serde(default)]
        gone: bool,
    },
    /// It was already past when cadenced first saw the series.
    Reconstructed,
    /// It was already lost when cadenced first saw the series.
    LostBeforeFirstRead,
    /// The zone of the event is not known, so that its time is a guess.
    ZoneUnknown,
}

impl Evidence {
    /// Its name for programs, which is its tag in the ledger too.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::StatusCancelled => "status_cancelled",
            Self::Excepted => "excepted",
            Self::Deleted => "deleted",
            Self::Vanished { .. } => "vanished",
            Self::ReplyDeclined { .. } => "reply_declined",
            Self::OutOfOffice { .. } => "out_of_office",
            Self::Holiday { .. } => "holiday",
            Self::Conflict { .. } => "conflict",
            Self::StandingOverlap { .. } => "standing_overlap",
            Self::CalendarsDisagree => "calendars_disagree",
            Self::TitleSaysCancelled { .. } => "title_says_cancelled",
            Self::OtherNotInvited => "other_not_invited",
            Self::Moved { .. } => "moved",
            Self::ReadAfter { .. } => "read_after",
            Self::NotReadSince { .. } => "not_read_since",
            Self::UserSaid { .. } => "user_said",
            Self::Overruled { .. } => "overruled",
            Self::Recorded { .. } => "recorded",
            Self::Reconstructed => "reconstructed",
            Self::LostBeforeFirstRead => "lost_before_first_read",
            Self::ZoneUnknown => "zone_unknown",
        }
    }
}

/// Whether a lost session can still be made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Time is left.
    Open,
    /// The deadline is past.
    Missed,
}

/// Why a lost session that was not made up is not owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOwed {
    /// The user said that it need not be made up.
    Waived,
    /// The pair has met since, first at this time.
    MetSince(Timestamp),
    /// It was lost before the first read, and its deadline is past.
    LongPast,
    /// Its 1:1 is tentative.
    Tentative,
}

/// Another event of just this pair that stands in for a lost session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// The event's uid.
    pub uid: String,
    /// When.
    pub span: Span,
    /// Whether it is over and nothing speaks against it.
    pub held: bool,
}

/// One expected instance of a 1:1, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// The uid of the series that it came from.
    pub series: String,
    /// Where it is now; where it was last, if it is no more.
    pub span: Span,
    /// What became of it.
    pub outcome: Outcome,
    /// Which side lost it, where that is known.
    pub by: Option<Side>,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// Between which good reads it was lost; none where no read had shown it standing before.
    #[serde(default)]
    pub lost: Option<Between>,
    /// Whether its calendar was read well long enough after its end to be believed.
    #[serde(default)]
    pub settled: bool,
    /// How often its 1:1 took place when it was expected; none on lines that older versions wrote.
    #[serde(default)]
    pub cadence: Option<Cadence>,
    /// The calendar that showed it last; none on lines that older versions wrote.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Until when a lost session can be made up.
    pub deadline: Timestamp,
    /// Set on a lost session.
    pub state: Option<Loss>,
    /// Whether it waits to be made up.
    pub owed: bool,
    /// Why it is not owed, where it was lost and not made up. Worked out again each time, never stored.
    #[serde(skip)]
    pub not_owed: Option<NotOwed>,
    /// What stands in for it.
    pub made_up_by: Option<Replacement>,
}

impl Session {
    /// A session of which nothing but this is known.
    #[must_use]
    pub const fn new(id: SessionId, series: String, span: Span, outcome: Outcome) -> Self {
        Self {
            deadline: id.original,
            id,
            series,
            span,
            outcome,
            by: None,
            evidence: Vec::new(),
            lost: None,
            settled: false,
            cadence: None,
            source: None,
            state: None,
            owed: false,
            not_owed: None,
            made_up_by: None,
        }
    }

    /// Whether it is elsewhere than its series put it.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.span.start != self.id.original
    }

    /// The event that covers it while its time is still to come: when that is, and its UID where it is known.
    #[must_use]
    pub fn conflict_ahead(&self) -> Option<(Span, Option<&str>)> {
        let mut evidence = self.evidence.iter().filter(|_| self.outcome == Outcome::Upcoming);
        evidence.find_map(|evidence| match evidence {
            Evidence::Conflict { span, uid } => Some((*span, uid.as_deref())),
            _ => None,
        })
    }

    /// The read that showed first that it was lost, where a read before had shown it standing.
    #[must_use]
    pub fn lost_by(&self) -> Option<Timestamp> {
        self.lost.map(|between| between.before)
    }

    /// When the pair met for it: in it, or in what stood in for it.
    pub fn held_at(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let own = self.outcome.is_held().then_some(self.span.start);
        let instead = self.made_up_by.as_ref().filter(|made| made.held).map(|made| made.span.start);
        own.into_iter().chain(instead)
    }
}

/// A line of the ledger: what was found of a session, and when. Lines are added, never changed; the last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// The session as it was judged.
    pub session: Session,
    /// When that was.
    pub recorded: Timestamp,
}

impl LedgerLine {
    /// Whether the session was over when the line was written, so that it stays as recorded.
    #[must_use]
    pub fn was_over(&self) -> bool {
        self.session.span.end <= self.recorded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_evidence_is_its_tag_in_the_ledger() {
        let at = Timestamp::UNIX_EPOCH;
        let span = Span { start: at, end: at };
        let all = [
            Evidence::StatusCancelled,
            Evidence::Excepted,
            Evidence::Deleted,
            Evidence::Vanished { since: at, confirmed: false },
            Evidence::ReplyDeclined { by: Side::Owner },
            Evidence::OutOfOffice { by: Side::Owner, span },
            Evidence::Holiday { span },
            Evidence::Conflict { span, uid: None },
            Evidence::StandingOverlap { span, with: String::new() },
            Evidence::CalendarsDisagree,
            Evidence::TitleSaysCancelled { free: true },
            Evidence::OtherNotInvited,
            Evidence::Moved { from: at },
            Evidence::ReadAfter { at },
            Evidence::NotReadSince { needed: at, last: None },
            Evidence::UserSaid { at },
            Evidence::Overruled { outcome: Outcome::Unknown },
            Evidence::Recorded { at, gone: false },
            Evidence::Reconstructed,
            Evidence::LostBeforeFirstRead,
            Evidence::ZoneUnknown,
        ];
        for evidence in all {
            let stored = serde_json::to_value(&evidence).expect("evidence has a JSON form");
            assert_eq!(stored["kind"], evidence.kind());
        }
    }
}
