//! [`Problem`]: one mistake in the config, where it is, and how to fix it.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// One thing wrong in the config file. It never shows an address or a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whether the file can be used anyway.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can, but should not stay so.
    Warning,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.severity == Severity::Warning { "warning: " } else { "" };
        write!(f, "{}:{}: {mark}{}; {}", self.line, self.column, self.what, self.remedy)
    }
}

/// The problems found so far in one text. Readers share it, so that one problem never hides the next.
pub(super) struct Problems<'a> {
    text: &'a str,
    found: RefCell<Vec<(usize, Problem)>>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, found: RefCell::default() }
    }

    /// Notes something that makes the file unusable, at a range of bytes.
    pub(super) fn error(&self, at: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(at, Severity::Error, what.into(), remedy.into());
    }

    /// Notes something that should not stay so.
    pub(super) fn warning(&self, at: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(at, Severity::Warning, what.into(), remedy.into());
    }

    fn note(&self, at: &Range<usize>, severity: Severity, what: String, remedy: String) {
        let (line, column) = position(self.text, at.start);
        self.found.borrow_mut().push((at.start, Problem { line, column, severity, what, remedy }));
    }

    /// Everything found, in the order of the file, each once.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(at, _)| *at);
        let mut sorted: Vec<Problem> = found.into_iter().map(|(_, problem)| problem).collect();
        sorted.dedup();
        sorted
    }
}

/// The line and column of a byte, both from 1; a column counts characters.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_not_bytes() {
        assert_eq!(position("é = 1\nüü = x", 0), (1, 1));
        assert_eq!(position("é = 1\nüü = x", 14), (2, 6));
        assert_eq!(position("a", 99), (1, 2));
    }
}
