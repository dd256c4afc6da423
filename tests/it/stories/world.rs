//! A story's calendars at one instant, and the reader that serves them to the program.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use cadenced::calendar::{Calendar, Cursor, Effort, Error, ErrorKind, Reading};
use cadenced::domain::one_on_one::OneOnOneId;
use cadenced::domain::session::Choice;
use cadenced::domain::source::SourceId;
use cadenced::domain::standing::Standing;
use serde_json::Value;

use super::entry::{Entry, local};
use super::forms::{Told, listing};
use super::outline;
use super::runner::instant;

/// What one calendar shows, by uid.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub entries: BTreeMap<String, Entry>,
    /// Whether it cannot be read.
    pub is_down: bool,
}

/// All calendars of a story, by the names that the story gives them.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub calendars: BTreeMap<String, Shown>,
    /// What the user decides at this instant: a person, an original start, and the word for it.
    pub said: Vec<Said>,
}

/// A decision of the user, before anybody knows the ids.
#[derive(Clone, Debug)]
pub enum Said {
    /// Of a session: with whom, its original start, and `held`, `no-show`, `excuse`, `waive` or `clear`.
    Session(&'static str, &'static str, &'static str),
    /// Of a 1:1 with somebody: `confirm` or `ignore`.
    Series(&'static str, &'static str),
    /// Of a series by its title: a 1:1 with that person.
    IsWith(&'static str, &'static str),
    /// Whether the sessions with somebody take place though the series of this uid covers them.
    Overlap(&'static str, &'static str, bool),
}

impl World {
    /// What a calendar shows.
    pub fn calendar(&mut self, name: &str) -> &mut Shown {
        self.calendars.get_mut(name).unwrap_or_else(|| panic!("there is no calendar {name}"))
    }

    /// Puts an entry into the first calendar.
    pub fn put(&mut self, entry: Entry) {
        self.put_in("main", entry);
    }

    pub fn put_in(&mut self, calendar: &str, entry: Entry) {
        self.calendar(calendar).entries.insert(entry.uid.clone(), entry);
    }

    /// Changes an entry of the first calendar.
    pub fn edit(&mut self, uid: &str, change: impl FnOnce(Entry) -> Entry) {
        self.edit_in("main", uid, change);
    }

    pub fn edit_in(&mut self, calendar: &str, uid: &str, change: impl FnOnce(Entry) -> Entry) {
        let entries = &mut self.calendar(calendar).entries;
        let entry = entries.remove(uid).unwrap_or_else(|| panic!("there is no {uid}"));
        entries.insert(uid.to_owned(), change(entry));
    }

    /// Deletes an entry of the first calendar.
    pub fn delete(&mut self, uid: &str) {
        self.delete_in("main", uid);
    }

    pub fn delete_in(&mut self, calendar: &str, uid: &str) {
        self.calendar(calendar).entries.remove(uid).unwrap_or_else(|| panic!("there is no {uid}"));
    }

    pub fn down(&mut self, calendar: &str, is_down: bool) {
        self.calendar(calendar).is_down = is_down;
    }

    pub fn says(&mut self, person: &'static str, original: &'static str, word: &'static str) {
        self.said.push(Said::Session(person, original, word));
    }
}

/// Reads one calendar of a world.
pub struct View {
    pub world: Arc<Mutex<World>>,
    pub calendar: String,
    pub source: SourceId,
    /// What a server has told already, where it tells changes; else everything is shown each time.
    pub told: Option<Told>,
}

impl Calendar for View {
    fn read<'a>(
        &'a mut self,
        _: Option<&'a Cursor>,
        _: Effort,
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>> {
        let mut world = self.world.lock().unwrap();
        let shown = world.calendar(&self.calendar);
        let read = if shown.is_down {
            let detail = "the story says so".to_owned();
            Err(Error { kind: ErrorKind::Offline, source_id: self.source.clone(), detail })
        } else {
            Ok(self.told.as_mut().map_or_else(|| listing(&shown.entries), |told| told.changes(&shown.entries)))
        };
        Box::pin(std::future::ready(read))
    }
}

/// A decision of the user with the ids that are known by now.
pub fn choice(said: &Said, standing: &Standing) -> Choice {
    let one = |person: &str| {
        let found = standing.one_on_ones.iter().find(|one| outline::name(&one.person) == person);
        found.unwrap_or_else(|| panic!("there is no 1:1 with {person}"))
    };
    match *said {
        Said::Session(person, original, word) => {
            let at = instant(local(original));
            let mut all = standing.one_on_ones.iter().filter(|one| outline::name(&one.person) == person);
            let session = all.find_map(|one| one.sessions.iter().find(|session| session.id.original == at));
            let session = session.unwrap_or_else(|| panic!("no session of {person} at {original}")).id.clone();
            match word {
                "held" => Choice::Held { session },
                "no-show" => Choice::NoShow { session },
                "excuse" => Choice::Excuse { session },
                "waive" => Choice::Waive { session },
                "clear" => Choice::Withdraw { session },
                "keep" => decided(serde_json::json!({ "choice": "keep_both", "session": session })),
                other => panic!("{other} is no word for a session"),
            }
        }
        Said::Overlap(person, with, takes_place) => decided(serde_json::json!({
            "choice": "overlap", "one_on_one": one(person).id, "with": with, "takes_place": takes_place
        })),
        Said::Series(person, "confirm") => Choice::Confirm { id: one(person).id.clone(), person: None },
        Said::Series(person, _) => Choice::Ignore { id: one(person).id.clone() },
        Said::IsWith(title, person) => {
            let other = standing.others.iter().find(|other| other.title == title);
            let id: OneOnOneId = other.unwrap_or_else(|| panic!("there is no {title}")).id.clone();
            Choice::Confirm { id, person: Some(person.to_owned()) }
        }
    }
}

/// A choice as the store has it.
fn decided(choice: Value) -> Choice {
    serde_json::from_value(choice).unwrap()
}
