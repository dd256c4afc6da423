//! Deliberate faults, and the requests they apply to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::encodings::{base64url, sha256};
use super::refusal::{Refusal, oauth_error};
use super::wire::{Answer, Ending, Request};

/// One thing that goes wrong, for the requests that it matches.
#[derive(Clone, Debug)]
pub struct Fault {
    method: String,
    part: String,
    /// How many matching requests are still to be spared.
    spared: usize,
    /// How many are still to be hit.
    left: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Refused { code: u16, reason: String, retry_after: Option<String> },
    OauthError { code: u16, error: String },
    Ending(Ending),
    NotJson,
    OddEvent(Value),
    Instead(Value),
}

impl Fault {
    /// The next request with this method whose path or query holds this text is lost after it was carried out.
    pub fn on(method: &str, part: &str) -> Self {
        let kind = Kind::Ending(Ending::Lost);
        Self { method: method.to_owned(), part: part.to_owned(), spared: 0, left: 1, kind }
    }

    /// Only the nth matching request from now on is the first that is hit; the next one is number 1.
    pub fn nth(mut self, nth: usize) -> Self {
        self.spared = nth.saturating_sub(1);
        self
    }

    /// So many requests are hit in a row.
    pub fn times(mut self, times: usize) -> Self {
        self.left = times;
        self
    }

    /// Refused with an error in Google's form, without being carried out.
    pub fn refused(mut self, code: u16, reason: &str) -> Self {
        self.kind = Kind::Refused { code, reason: reason.to_owned(), retry_after: None };
        self
    }

    /// With a `Retry-After` header: seconds or a date.
    pub fn retry_after(mut self, value: &str) -> Self {
        if let Kind::Refused { retry_after, .. } = &mut self.kind {
            *retry_after = Some(value.to_owned());
        }
        self
    }

    /// Refused in the form of the OAuth endpoints.
    pub fn oauth_error(mut self, code: u16, error: &str) -> Self {
        self.kind = Kind::OauthError { code, error: error.to_owned() };
        self
    }

    /// Not carried out and never answered: the client has to give up.
    pub fn silent(mut self) -> Self {
        self.kind = Kind::Ending(Ending::Silent);
        self
    }

    /// Carried out, and answered with half a body.
    pub fn cut(mut self) -> Self {
        self.kind = Kind::Ending(Ending::Cut);
        self
    }

    /// Answered with a page for people instead of JSON, as captive portals do; not carried out.
    pub fn not_json(mut self) -> Self {
        self.kind = Kind::NotJson;
        self
    }

    /// This stands among the items of the page.
    pub fn odd_event(mut self, event: Value) -> Self {
        self.kind = Kind::OddEvent(event);
        self
    }

    /// Answered with this instead of what was asked for.
    pub fn answered(mut self, answer: Value) -> Self {
        self.kind = Kind::Instead(answer);
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let query = request.query.iter().any(|(name, value)| format!("{name}={value}").contains(&self.part));
        self.method == request.method && (query || request.path.contains(&self.part))
    }
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub struct Faults {
    faults: Vec<Fault>,
    /// The requests that were lost already, where every reply is lost once.
    lost: Option<BTreeSet<String>>,
}

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// From now on each distinct request is carried out and not answered when it is made for the first time.
    pub fn lose_every_reply_once(&mut self) {
        self.lost = Some(BTreeSet::new());
    }

    /// The fault that hits this request.
    pub fn take(&mut self, request: &Request) -> Option<Struck> {
        for fault in self.faults.iter_mut().filter(|fault| fault.matches(request)) {
            if fault.spared > 0 {
                fault.spared -= 1;
            } else if fault.left > 0 {
                fault.left -= 1;
                return Some(Struck(fault.kind.clone()));
            }
        }
        let seen = self.lost.as_mut()?;
        let all = format!("{} {} {:?} {}", request.method, request.path, request.query, base64url(&request.body));
        seen.insert(base64url(&sha256(all.as_bytes()))).then_some(Struck(Kind::Ending(Ending::Lost)))
    }
}

/// A fault that has found its request.
pub struct Struck(Kind);

impl Struck {
    /// The answer, where the request is not to be carried out.
    pub fn instead(&self) -> Option<Answer> {
        match &self.0 {
            Kind::Refused { code, reason, retry_after } => {
                let answer = Refusal::new(*code, reason).answer();
                Some(match retry_after {
                    Some(value) => answer.with("Retry-After", value),
                    None => answer,
                })
            }
            Kind::OauthError { code, error } => Some(oauth_error(*code, error, "Bad Request")),
            Kind::NotJson => Some(Answer::new(200, "text/html", "<html><body>Please sign in.</body></html>")),
            Kind::Instead(answer) => Some(Answer::json(200, answer)),
            Kind::Ending(Ending::Silent) => Some(Answer { end: Ending::Silent, ..Answer::default() }),
            Kind::Ending(_) | Kind::OddEvent(_) => None,
        }
    }

    /// What becomes of the answer to a request that was carried out.
    pub fn spoil(&self, mut answer: Answer) -> Answer {
        match &self.0 {
            Kind::Ending(end) => answer.end = *end,
            Kind::OddEvent(event) => {
                let mut page: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
                match page["items"].as_array_mut() {
                    Some(items) => items.insert(0, event.clone()),
                    None => page["items"] = json!([event]),
                }
                answer.body = page.to_string().into_bytes();
            }
            _ => {}
        }
        answer
    }
}
