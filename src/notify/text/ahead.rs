//! Texts of notices about what lies ahead: a session in conflict, a standing overlap, a deleted series.

use super::{Message, SESSION, TextStyle, inbox_hint, message_of, with_buttons};
use crate::domain::person::Person;
use crate::domain::plan::Subject;

impl TextStyle {
    /// `Subject::ConflictAhead` in words.
    pub(super) fn conflict_ahead(&self, subject: &Subject) -> Message {
        let Subject::ConflictAhead { session, person, span, other, offer, no_time } = subject else {
            return message_of(SESSION, String::new(), Vec::new());
        };
        let first = format!(
            "It is due {}, and another event of yours takes up that time ({} to {}).",
            self.wall.near_moment(span.start),
            self.wall.clock(other.start),
            self.wall.clock(other.end)
        );
        let mut body = vec![first];
        body.extend(self.offer_line(person, *offer, *no_time));
        Self::with_way_on(format!("1:1{} is in conflict", self.with(person)), body, session, *offer)
    }

    pub(super) fn overlap(&self, person: &Person) -> Message {
        let body = vec![
            "Another series of yours takes up the time of most of its sessions. Are they still held?".to_owned(),
            "Until you say so, they count as neither held nor missed.".to_owned(),
        ];
        with_buttons(SESSION, format!("1:1{}: is it held?", self.with(person)), body, inbox_hint())
    }

    pub(super) fn series_deleted(&self, person: &Person) -> Message {
        let body = vec!["The series is gone from your calendar, and no other has taken its place.".to_owned()];
        message_of(SESSION, format!("1:1{} was deleted", self.with(person)), body)
    }
}
