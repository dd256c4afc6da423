//! A failure and its kind, before it is known which source it belongs to.

use super::{Error, ErrorKind};
use crate::domain::source::SourceId;

/// What a layer that knows no source reports; [`Failure::of`] names the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What happened and what to do, in words fit for a log: no URL, no secret, no title.
    pub detail: String,
}

impl Failure {
    /// A failure of this kind; `detail` must be fit for a log.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The same failure, said of a source.
    pub fn of(self, source: &SourceId) -> Error {
        Error { kind: self.kind, source_id: source.clone(), detail: self.detail }
    }
}

impl From<Error> for Failure {
    /// The same failure, of whichever source.
    fn from(error: Error) -> Self {
        Self { kind: error.kind, detail: error.detail }
    }
}
