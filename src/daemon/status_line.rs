//! [`StatusLine`]: the daemon's one-line status in `systemctl status`. It contains counts, never a name or a title.

use std::fmt;

use crate::wording::local_time::count;

/// How the daemon is at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// What keeps it from its work, in its own words.
    pub trouble: Option<String>,
    /// How many calendars there are.
    pub calendars: usize,
    /// How many of them are being read.
    pub reading: usize,
    /// How many could not be read the last time.
    pub failing: usize,
    /// How many 1:1s there are, once that is known.
    pub one_on_ones: Option<usize>,
    /// How many sessions are owed.
    pub owed: usize,
    /// When the next calendar is read, by the owner's clock.
    pub next: Option<String>,
}

impl fmt::Display for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trouble) = &self.trouble {
            return f.write_str(trouble);
        }
        if let Some(one_on_ones) = self.one_on_ones {
            write!(f, "{}, {} owed; ", nouns(one_on_ones, "1:1"), nouns(self.owed, "session"))?;
        }
        if self.failing > 0 {
            write!(f, "{} of {} could not be read; ", self.failing, nouns(self.calendars, "calendar"))?;
        }
        match (self.reading, &self.next) {
            (0, Some(next)) => write!(f, "next read at {next}"),
            (0, None) => f.write_str("no calendar to read"),
            (reading, _) => write!(f, "reading {reading} of {}", nouns(self.calendars, "calendar")),
        }
    }
}

fn nouns(n: usize, noun: &str) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX), noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_says_that_it_reads() {
        let line = StatusLine { calendars: 3, reading: 1, ..StatusLine::default() };
        assert_eq!(line.to_string(), "reading 1 of 3 calendars");
    }

    #[test]
    fn at_rest_it_says_what_is_owed_and_when_it_reads_again() {
        let line = StatusLine {
            calendars: 3,
            one_on_ones: Some(6),
            owed: 1,
            failing: 1,
            next: Some("10:15".to_owned()),
            ..StatusLine::default()
        };
        assert_eq!(line.to_string(), "6 1:1s, 1 session owed; 1 of 3 calendars could not be read; next read at 10:15");
    }

    #[test]
    fn trouble_goes_before_everything() {
        let line = StatusLine {
            trouble: Some("no space is left".to_owned()),
            reading: 1,
            calendars: 1,
            ..StatusLine::default()
        };
        assert_eq!(line.to_string(), "no space is left");
    }
}
