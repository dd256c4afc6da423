//! The fake's error responses, in the JSON form of Google's.

use serde_json::{Value, json};

use super::wire::Answer;

/// One refused request.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: u16,
    pub reason: String,
    message: String,
    domain: &'static str,
    /// The kind of place at fault and its name, such as `("parameter", "syncToken")`.
    location: Option<(&'static str, &'static str)>,
}

impl Refusal {
    /// A refusal with the domain and words that the documentation has for this reason.
    pub fn new(code: u16, reason: &str) -> Self {
        let domain = match reason {
            "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded" | "dailyLimitExceeded" => "usageLimits",
            "fullSyncRequired" | "updatedMinTooLongAgo" | "forbiddenForNonOrganizer" | "timeRangeEmpty" => "calendar",
            _ => "global",
        };
        Self { code, reason: reason.to_owned(), message: words(reason).to_owned(), domain, location: None }
    }

    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    pub fn at(mut self, kind: &'static str, name: &'static str) -> Self {
        self.location = Some((kind, name));
        self
    }

    pub fn not_found() -> Self {
        Self::new(404, "notFound")
    }

    /// A 400 about one parameter or field.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid").saying(message)
    }

    pub fn answer(&self) -> Answer {
        let mut error = json!({"domain": self.domain, "reason": self.reason, "message": self.message});
        if let Some((kind, name)) = self.location {
            error["locationType"] = kind.into();
            error["location"] = name.into();
        }
        let mut whole = json!({"code": self.code, "message": self.message, "errors": [error]});
        let status = match self.code {
            401 => Some("UNAUTHENTICATED"),
            403 if self.reason == "insufficientPermissions" => Some("PERMISSION_DENIED"),
            _ => None,
        };
        if let Some(status) = status {
            whole["status"] = status.into();
        }
        let answer = Answer::json(self.code, &json!({ "error": whole }));
        let challenge = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
        if self.code == 401 { answer.with("WWW-Authenticate", challenge) } else { answer }
    }
}

/// The error of an OAuth endpoint (RFC 6749 5.2), which has a form of its own.
pub fn oauth_error(code: u16, error: &str, description: &str) -> Answer {
    let body: Value = json!({"error": error, "error_description": description});
    Answer::json(code, &body)
}

fn words(reason: &str) -> &'static str {
    match reason {
        "authError" => "Invalid Credentials",
        "notFound" => "Not Found",
        "forbidden" => "Forbidden",
        "deleted" => "Resource has been deleted",
        "duplicate" => "The requested identifier already exists.",
        "conditionNotMet" => "Precondition Failed",
        "insufficientPermissions" => "Request had insufficient authentication scopes.",
        "requiredAccessLevel" => "You need to have writer access to this calendar.",
        "fullSyncRequired" => "Sync token is no longer valid, a full sync is required.",
        "updatedMinTooLongAgo" => "The requested minimum modification time lies too far in the past.",
        "forbiddenForNonOrganizer" => "Shared properties can only be changed by the organizer of the event.",
        "rateLimitExceeded" => "Rate Limit Exceeded",
        "userRateLimitExceeded" => "User Rate Limit Exceeded",
        "quotaExceeded" => "Calendar usage limits exceeded.",
        "backendError" => "Backend Error",
        "timeRangeEmpty" => "The specified time range is empty.",
        "required" => "Required",
        _ => "Bad Request",
    }
}
