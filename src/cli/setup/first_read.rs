//! Describes the first read of a calendar: its contents, its probable owner, or how to fix what failed.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::calendar::{Calendar, Effort, Error, ErrorKind, Reading};
use crate::domain::event::{Event, ParticipantKind};
use crate::domain::person::Address;
use crate::domain::source::{Credential, Item};
use crate::wording::local_time::count;
use crate::wording::read_problem::secure_again;

/// Of so many events with guests, one may be somebody else's.
const MOSTLY: usize = 2;

/// What a first reading of a calendar shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// How many events it holds.
    pub events: usize,
    /// How many of them repeat.
    pub repeating: usize,
    /// How many show who was invited.
    pub with_guests: usize,
    /// How many had to be left out.
    pub skipped: usize,
    /// The first and the last day that an event begins on.
    pub days: Option<(Date, Date)>,
    people: BTreeMap<Address, Seen>,
}

/// How an address shows in a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    events: usize,
    name: Option<String>,
}

/// Reads a calendar once, in full, and keeps nothing but counts and the addresses of people.
///
/// # Errors
/// The calendar's own.
pub async fn look(calendar: &mut dyn Calendar) -> Result<Look, Error> {
    let mut look = Look::default();
    let items = match calendar.read(None, Effort::Full).await? {
        Reading::Unchanged { .. } => return Ok(look),
        Reading::Snapshot(snapshot) => snapshot.items,
        Reading::Delta(delta) => delta.items,
    };
    for item in items.map_while(Result::ok) {
        match item {
            Item::Event(event) | Item::Kept { event, .. } => look.take(&event),
            Item::Problem(problem) => look.skipped += usize::from(problem.skipped),
            Item::CalledOff { .. } => {}
        }
    }
    Ok(look)
}

impl Look {
    fn take(&mut self, event: &Event) {
        self.events += 1;
        self.repeating += usize::from(event.recurrence.is_some());
        let day = event.start.local().date();
        let (first, last) = self.days.unwrap_or((day, day));
        self.days = Some((first.min(day), last.max(day)));
        if event.guests.is_empty() {
            return;
        }
        self.with_guests += 1;
        let guests = event.guests.iter().map(|guest| &guest.who);
        let mut people: BTreeMap<&Address, Option<&String>> = BTreeMap::new();
        for who in guests.chain(&event.organiser).filter(|who| who.kind == ParticipantKind::Individual) {
            if let Some(address) = &who.address {
                let name = people.entry(address).or_default();
                *name = name.or(who.name.as_ref());
            }
        }
        for (address, name) in people {
            let seen = self.people.entry(address.clone()).or_default();
            seen.events += 1;
            if seen.name.is_none() {
                seen.name = name.filter(|name| !name.contains('@')).cloned();
            }
        }
    }

    /// Adds what another calendar shows.
    pub fn join(&mut self, other: &Self) {
        self.events += other.events;
        self.repeating += other.repeating;
        self.with_guests += other.with_guests;
        self.skipped += other.skipped;
        for (address, seen) in &other.people {
            let known = self.people.entry(address.clone()).or_default();
            known.events += seen.events;
            known.name = known.name.take().or_else(|| seen.name.clone());
        }
    }

    /// Whoever takes part in most events that show guests, with their name: whose calendar would that be, if not theirs?
    pub fn owner(&self) -> Option<(Address, Option<String>)> {
        let (address, seen) = self.people.iter().max_by_key(|(_, seen)| seen.events)?;
        (seen.events * MOSTLY > self.with_guests).then(|| (address.clone(), seen.name.clone()))
    }

    /// The name that an address has.
    pub fn name_of(&self, address: &Address) -> Option<String> {
        self.people.get(address).and_then(|seen| seen.name.clone())
    }

    /// What it shows, in a few lines.
    pub fn words(&self) -> String {
        let Some((first, last)) = self.days else { return "It can be read, but is empty.".to_owned() };
        let number = |n: usize, noun: &str| count(i64::try_from(n).unwrap_or(i64::MAX), noun);
        let skipped = match self.skipped {
            0 => String::new(),
            some => format!(" {} could not be read.", number(some, "event")),
        };
        let guests = if self.with_guests == 0 {
            "None shows who was invited, so only titles say who a 1:1 is with, and you have to confirm each one."
                .to_owned()
        } else {
            format!("{} of them show who was invited.", self.with_guests)
        };
        format!(
            "It can be read: {} ({} repeating), starting between {first} and {last}.{skipped} {guests}",
            number(self.events, "event"),
            self.repeating
        )
    }
}

/// What to try where a calendar that is being set up cannot be read.
pub const fn remedy(kind: ErrorKind, credential: Credential) -> &'static str {
    match kind {
        ErrorKind::Offline => "Is this machine online, and is the name right?",
        ErrorKind::Insecure(distrust) => secure_again(distrust),
        ErrorKind::SignIn => match credential {
            Credential::Browser => "Try again, and allow everything that the page lists.",
            Credential::KeyFile => "Check the service account and its key file.",
            Credential::Password => {
                "Check the name and the password. Some servers want an app password made for each program."
            }
            Credential::Address => "Copy the address again: it may have been replaced by a new one.",
            Credential::File => "Check that you have permission to read it.",
        },
        ErrorKind::NotFound => match credential {
            Credential::Browser | Credential::KeyFile => "Check that the calendar is still shared with this account.",
            Credential::Password => "Check the server's address.",
            Credential::Address => "Copy the whole address again: it may have been cut off, or replaced by a new one.",
            Credential::File => "Check the path.",
        },
        ErrorKind::File => "Check the path, and that you have permission to read the file.",
        ErrorKind::NotACalendar => match credential {
            Credential::File => "Use an .ics file, as calendars export it.",
            Credential::Password => "Check the server's address: it has to be one for CalDAV.",
            Credential::Address | Credential::Browser | Credential::KeyFile => {
                "Use the address for subscribing: it ends in .ics, or is called \"iCal\" or \"subscribe\"."
            }
        },
        ErrorKind::Wait { .. } => "Try again in a few minutes.",
        ErrorKind::Truncated | ErrorKind::Server => {
            "Try again; if it keeps failing, the problem is on the server's side."
        }
        ErrorKind::TooLarge => "If that size is right, `max_size` in the config raises the limit.",
        ErrorKind::Redirect => "Use the address that it redirects to in a browser.",
        ErrorKind::Emptied => "Check that it is the right calendar.",
        ErrorKind::Config => "Check what you typed.",
        ErrorKind::Local => "`cadenced doctor` looks for what is wrong on this machine.",
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn every_failure_has_a_remedy_that_fits_how_the_calendar_is_reached() {
        let credentials =
            [Credential::Browser, Credential::KeyFile, Credential::Password, Credential::Address, Credential::File];
        let mut table = String::new();
        for kind in ErrorKind::ALL {
            let _ = writeln!(table, "{kind}");
            for credential in credentials.into_iter().filter(|&credential| kind.can_be_with(credential)) {
                let _ = writeln!(table, "  {credential:?}: {}", remedy(kind, credential));
            }
        }
        insta::assert_snapshot!(table);
        for line in table.lines().filter(|line| line.trim_start().starts_with("File:")) {
            assert!(!line.contains("address") && !line.contains("password") && !line.contains("online"), "{line}");
        }
    }
}
