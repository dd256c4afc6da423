//! Texts of notices about cadenced itself: unreadable calendars, a restored database, a failing disk.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{HEALTH, Message, NAME, TextStyle, message_of};
use crate::domain::policy::Redaction;
use crate::domain::sanitize;
use crate::domain::source::{Credential, ReadProblem, SourceId};
use crate::wording::phrases::{capital, ended};
use crate::wording::read_problem::remedy;

impl TextStyle {
    /// A calendar that cannot be read, with how many more of its account.
    pub(super) fn stale(
        &self,
        (source, others): (&SourceId, u32),
        since: Timestamp,
        why: Option<(&ReadProblem, Credential)>,
    ) -> Message {
        let may_name = self.redaction != Redaction::None;
        let named = match (may_name, others) {
            (true, 0) => sanitize::one_line(&source.to_string(), NAME),
            (true, more) => format!("{} and {more} more", sanitize::one_line(&source.to_string(), NAME)),
            (false, 0) => "a calendar".to_owned(),
            (false, more) => format!("{} calendars", more + 1),
        };
        let since = self.wall.near_moment(since);
        let there = if others == 0 { "in it" } else { "in them" };
        let mut body =
            vec![format!("Not read successfully since {since}. Until it is, nothing {there} counts as missed.")];
        match why.filter(|_| may_name) {
            Some((why, credential)) => {
                body.push(ended(capital(&sanitize::one_line(&why.to_string(), 160))));
                body.push(remedy(why.kind, credential, &source.account));
            }
            None => body.push("More: cadenced status".to_owned()),
        }
        message_of(HEALTH, format!("Cannot read {named}"), body)
    }
}

pub(super) fn restored(copy: Option<Date>) -> Message {
    let from = copy.map_or_else(
        || "There was no copy to restore it from, so everything recorded before is gone.".to_owned(),
        |day| format!("It was restored from the copy of {}.", day.strftime("%a %-d %b %Y")),
    );
    let body = vec![
        from,
        "The damaged file was kept, and the calendars are read again.".to_owned(),
        "More: cadenced status".to_owned(),
    ];
    message_of(HEALTH, "The database was damaged".to_owned(), body)
}

pub(super) fn storage(problem: &str) -> Message {
    let body = vec![
        ended(capital(&sanitize::one_line(problem, 200))),
        "Known sessions are still announced. Calendar reads and your decisions resume once this is fixed.".to_owned(),
    ];
    message_of(HEALTH, "cadenced cannot store anything".to_owned(), body)
}
