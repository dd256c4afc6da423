//! Describes what somebody changed about an event that was to be undone.

use super::local_time::LocalTime;
use crate::domain::fingerprint::Part;
use crate::domain::operation::Touched;

/// Why an operation was not undone: what somebody changed about its event, and when that is now.
#[must_use]
pub fn words(touched: &Touched, wall: &LocalTime) -> String {
    let Some(at) = touched.at else { return "somebody has taken the event off the calendar since".to_owned() };
    let at = wall.near_moment(at.start);
    if touched.parts.is_empty() {
        return format!(
            "another machine of yours or an older version wrote it, so this machine cannot tell whether it was changed; it is {at} now. \
             Undo it on the machine that wrote it, or move it in your calendar"
        );
    }
    let parts: Vec<&str> = touched.parts.iter().map(|part| changed(*part)).collect();
    format!("somebody has changed {} since; it is {at} now", both(&parts))
}

/// `a`, `a and b`, `a, b and c`.
fn both(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

const fn changed(part: Part) -> &'static str {
    match part {
        Part::Time => "its time",
        Part::Title => "its title",
        Part::Guests => "its guests",
        Part::Place => "its place",
        Part::Notes => "its notes",
        Part::Other => "the event",
    }
}
