//! Owns the way from a calendar object to items, through the same reader that reads feeds.

use crate::calendar::ics::read::{self, read_calendar};
use crate::calendar::{Item, Problem};

/// What one object holds: its events under its name, and what is wrong with it.
pub fn items(path: &str, data: &str) -> Vec<Item> {
    let read = match read_calendar(data.as_bytes()) {
        Ok(read) => read,
        Err(error) => return vec![broken(format!("the object cannot be read ({})", error.kind()))],
    };
    let read::Calendar { events, problems, .. } = read;
    let kept = events.into_iter().map(|event| Item::Kept { resource: path.to_owned(), event: Box::new(event) });
    problems.into_iter().map(Item::Problem).chain(kept).collect()
}

/// An object that could not be had. Its name stays out of what is told.
pub fn broken(what: String) -> Item {
    Item::Problem(Problem { place: "one object of the calendar".into(), what, skipped: true })
}
