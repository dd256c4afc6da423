//! Fifteen people and their 1:1s.

use cadenced::domain::event::{Event, Reply};
use cadenced::domain::person::{Person, Relation};
use cadenced::domain::policy::{Policy, RosterEntry};

use crate::support::*;

/// Somebody the manager has 1:1s with.
pub struct Report {
    pub name: &'static str,
    /// Before the `@`, and the uid of the series.
    pub short: &'static str,
    pub first: &'static str,
    pub rule: &'static str,
    pub relation: Relation,
    /// The calendar that holds the series.
    pub calendar: &'static str,
    /// Whether they called the series, and not the owner.
    pub is_organiser: bool,
    /// Whether their server says when they are busy.
    pub shows_busy: bool,
}

const WEEKLY: &str = "FREQ=WEEKLY";
const FORTNIGHTLY: &str = "FREQ=WEEKLY;INTERVAL=2";

const fn report(name: &'static str, short: &'static str, first: &'static str, rule: &'static str) -> Report {
    let (relation, calendar) = (Relation::Report, "work");
    Report { name, short, first, rule, relation, calendar, is_organiser: false, shows_busy: true }
}

/// The team.
pub const TEAM: [Report; 15] = [
    report("Ann Example", "ann", "2026-01-05T09:30", WEEKLY),
    report("Bo Lindqvist", "bo", "2026-01-05T11:00", WEEKLY),
    report("Chi Nguyen", "chi", "2026-01-06T10:00", WEEKLY),
    report("Dana Ortiz", "dana", "2026-01-06T14:00", WEEKLY),
    Report { shows_busy: false, ..report("Eli Stone", "eli", "2026-01-07T09:00", WEEKLY) },
    report("Fay Okafor", "fay", "2026-01-07T15:30", WEEKLY),
    report("Gus Meyer", "gus", "2026-01-08T10:30", "FREQ=WEEKLY;UNTIL=20260514T220000Z"),
    Report { is_organiser: true, ..report("Hana Sato", "hana", "2026-01-08T13:00", WEEKLY) },
    report("Ivo Petrov", "ivo", "2026-01-09T10:00", FORTNIGHTLY),
    report("Jo Carter", "jo", "2026-01-09T11:00", FORTNIGHTLY),
    Report { shows_busy: false, ..report("Kim Park", "kim", "2026-01-12T16:00", FORTNIGHTLY) },
    report("Lea Martin", "lea", "2026-06-02T11:00", WEEKLY),
    Report { relation: Relation::Skip, ..report("Max Weber", "max", "2026-01-20T15:00", "FREQ=MONTHLY;BYDAY=3TU") },
    Report {
        relation: Relation::Peer,
        calendar: "side",
        shows_busy: false,
        ..report("Nia Adams", "nia", "2026-01-15T16:00", FORTNIGHTLY)
    },
    Report {
        relation: Relation::Manager,
        is_organiser: true,
        ..report("Olga Rossi", "olga", "2026-01-07T11:00", WEEKLY)
    },
];

impl Report {
    pub fn address(&self) -> String {
        format!("{}@example.com", self.short)
    }

    /// The series as it is on the first day.
    pub fn series(&self) -> Event {
        let mut event = series(self.short, self.first, self.rule, &self.address());
        event.title = format!("{} / Owner", self.name.split(' ').next().unwrap());
        event.guests[1].who.name = Some(self.name.to_owned());
        if self.is_organiser {
            event.organiser = Some(event.guests[1].who.clone());
        }
        event
    }

    /// What the config says of them.
    fn entry(&self) -> RosterEntry {
        let (name, addresses) = (self.name.to_owned(), vec![address(&self.address())]);
        RosterEntry {
            person: Person { name, addresses, relation: self.relation },
            aliases: Vec::new(),
            target: None,
            expected: self.relation == Relation::Report,
            hours: None,
        }
    }
}

/// The settings of the manager: those of the defaults, in the owner's zone.
pub fn policy() -> Policy {
    use cadenced::domain::hours::WeeklyHours;
    use jiff::civil::time;
    Policy {
        owner: vec![address(OWNER)],
        owner_names: vec!["Owner".to_owned()],
        zone: zone(),
        people: TEAM.iter().map(Report::entry).collect(),
        hours: WeeklyHours::on_workdays(zone(), &[(time(9, 0, 0, 0), time(18, 0, 0, 0))]),
        quiet: Some((time(18, 0, 0, 0), time(8, 0, 0, 0))),
        remind: Some(jiff::SignedDuration::from_mins(5)),
        ..Policy::default()
    }
}

/// Another's answer to one session.
pub fn declined(event: &mut Event, place: usize) {
    event.guests[place].reply = Reply::Declined;
}
