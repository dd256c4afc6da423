//! Maps Google's error responses to read and write errors.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::request::{Fate, NoResponse, Reply};
use crate::calendar::write::{WriteError, WriteErrorKind};
use crate::config::document;

/// How long all writes rest after the abuse limit was hit: Google does not say how long it lasts, and others found hours.
pub const ABUSE_PAUSE: Duration = Duration::from_hours(12);

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Google's own word for why, such as `quotaExceeded`; empty where there is none.
    pub reason: String,
    /// How long it asks to wait.
    pub wait: Option<Duration>,
    /// The server's clock minus ours, where it sent a `Date`.
    pub clock_skew: Option<SignedDuration>,
}

/// What Google wraps its refusals in. Its messages are not kept: they may hold addresses.
#[derive(Deserialize)]
struct Wrapped {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    errors: Vec<Reason>,
    #[serde(default)]
    details: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// What all refusals of one sort have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    SignIn,
    Scope,
    Disabled,
    RateLimit,
    AbuseLimit,
    NotYours,
    Gone,
    Conflict,
    Changed,
    Broken,
    Other,
}

impl Refusal {
    /// The refusal that an answer is; none for a success.
    pub fn of(reply: &Reply) -> Option<Self> {
        if reply.status.is_success() {
            return None;
        }
        let told = serde_json::from_slice::<Wrapped>(&reply.body).ok().map(|wrapped| wrapped.error);
        let reasons = told.into_iter().flat_map(|told| told.details.into_iter().chain(told.errors));
        let reason = reasons.map(|one| word(&one.reason)).find(|reason| !reason.is_empty()).unwrap_or_default();
        Some(Self { status: reply.status.as_u16(), reason, wait: reply.wait, clock_skew: reply.clock_skew })
    }

    /// Whether the sync token is no longer of use, so that everything has to be read: 410 by the documentation, for whichever
    /// reason; and 400, as nothing but the token can be bad in a request that is always the same.
    pub fn is_dead_token(&self) -> bool {
        matches!(self.status, 400 | 410)
    }

    /// What it means to those who only read.
    pub fn reading(&self) -> Failure {
        let (kind, hint) = match self.sort() {
            Sort::SignIn => (ErrorKind::SignIn, "the sign-in is no longer valid"),
            Sort::Scope => (ErrorKind::SignIn, "the sign-in does not cover this; sign in again and tick every box"),
            Sort::Disabled => {
                let hint =
                    format!("the Calendar API is not enabled in the client's project: see {}", document("google.md"));
                return Failure::new(ErrorKind::Config, self.words(&hint));
            }
            Sort::RateLimit | Sort::AbuseLimit => {
                (ErrorKind::Wait { after: self.wait }, "it has had too many requests")
            }
            // Google says so of a sync token; of a list of everything it can only mean that the list could not be made.
            Sort::Gone if self.status == 410 => (ErrorKind::Server, "it could not list the calendar"),
            Sort::NotYours | Sort::Gone => {
                (ErrorKind::NotFound, "there is no such calendar, or it is not shared with this account")
            }
            Sort::Broken if self.status == 503 => {
                (ErrorKind::Wait { after: self.wait }, "it is not available at the moment")
            }
            Sort::Broken => (ErrorKind::Server, "the fault is on its side"),
            Sort::Conflict | Sort::Changed | Sort::Other => (ErrorKind::Server, "it does not say why"),
        };
        Failure::new(kind, self.words(hint))
    }

    /// What it means to those who write.
    pub fn writing(&self) -> WriteError {
        let (kind, hint) = match self.sort() {
            Sort::SignIn => (WriteErrorKind::SignIn, "the sign-in is no longer valid"),
            Sort::Scope => {
                (WriteErrorKind::NotAllowed, "the sign-in does not cover writing; sign in again and tick every box")
            }
            Sort::Disabled => (WriteErrorKind::NotAllowed, "the Calendar API is not enabled in the client's project"),
            Sort::RateLimit => (WriteErrorKind::Wait { after: self.wait }, "it is tried again later"),
            Sort::AbuseLimit => (
                WriteErrorKind::Wait { after: Some(ABUSE_PAUSE) },
                "Google's abuse limit was reached; nothing is written to this account for 12 hours",
            ),
            Sort::NotYours => (WriteErrorKind::NotAllowed, "only its organiser may change it"),
            Sort::Gone => (WriteErrorKind::NotThere, "there is no such event"),
            Sort::Conflict => (WriteErrorKind::Taken, "its name is taken"),
            Sort::Changed => (WriteErrorKind::Changed, "it has changed in the meantime"),
            Sort::Broken => (WriteErrorKind::FateUnknown, "whether it was written is not known"),
            Sort::Other => (WriteErrorKind::Refused, "nothing was written"),
        };
        WriteError::new(kind, self.words(hint))
    }

    fn words(&self, hint: &str) -> String {
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        format!("Google answered {}{reason}; {hint}", self.status)
    }

    fn sort(&self) -> Sort {
        match (self.status, self.reason.as_str()) {
            (401, _) => Sort::SignIn,
            (_, "quotaExceeded") => Sort::AbuseLimit,
            (_, "rateLimitExceeded" | "userRateLimitExceeded" | "dailyLimitExceeded") | (429, _) => Sort::RateLimit,
            (403, "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => Sort::Scope,
            (403, "accessNotConfigured" | "SERVICE_DISABLED") => Sort::Disabled,
            (403, _) => Sort::NotYours,
            (404 | 410, _) => Sort::Gone,
            (409, _) => Sort::Conflict,
            (412, _) => Sort::Changed,
            (408 | 500.., _) => Sort::Broken,
            _ => Sort::Other,
        }
    }
}

/// What a request without an answer means to those who write.
pub fn unanswered(unanswered: NoResponse) -> WriteError {
    let NoResponse { failure, fate } = unanswered;
    let kind = match (fate, failure.kind) {
        (Fate::Unknown, _) => WriteErrorKind::FateUnknown,
        (Fate::NotSent, ErrorKind::SignIn) => WriteErrorKind::SignIn,
        (Fate::NotSent, ErrorKind::Wait { after }) => WriteErrorKind::Wait { after },
        (Fate::NotSent, _) => WriteErrorKind::NotSent,
    };
    WriteError::new(kind, failure.detail)
}

/// A reason as a word that is fit for a log, whatever came.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(48).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, reason: &str) -> Refusal {
        Refusal { status, reason: reason.to_owned(), wait: None, clock_skew: None }
    }

    #[test]
    fn limits_are_told_apart() {
        for (status, reason) in
            [(403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (429, "rateLimitExceeded"), (429, "")]
        {
            let refusal = refusal(status, reason);
            assert_eq!(refusal.reading().kind, ErrorKind::Wait { after: None }, "{status} {reason}");
            assert_eq!(refusal.writing().kind, WriteErrorKind::Wait { after: None }, "{status} {reason}");
        }
        let abuse = refusal(403, "quotaExceeded").writing();
        assert_eq!(abuse.kind, WriteErrorKind::Wait { after: Some(ABUSE_PAUSE) });
        assert!(abuse.detail.contains("12 hours"), "{abuse}");
    }

    #[test]
    fn each_refusal_of_a_write_has_its_kind() {
        use WriteErrorKind as Kind;
        let rows = [
            (401, "authError", Kind::SignIn),
            (403, "forbiddenForNonOrganizer", Kind::NotAllowed),
            (403, "insufficientPermissions", Kind::NotAllowed),
            (404, "notFound", Kind::NotThere),
            (409, "duplicate", Kind::Taken),
            (412, "conditionNotMet", Kind::Changed),
            (400, "invalid", Kind::Refused),
            (500, "backendError", Kind::FateUnknown),
            (503, "", Kind::FateUnknown),
        ];
        for (status, reason, kind) in rows {
            assert_eq!(refusal(status, reason).writing().kind, kind, "{status} {reason}");
        }
    }

    #[test]
    fn a_reason_is_a_word_whatever_came() {
        assert_eq!(word("rate Limit\nhttp://x?token=1"), "rateLimithttpxtoken1");
    }
}
