//! Parses people and working hours.

use std::collections::BTreeSet;

use jiff::civil::{Time, time};

use super::section::Section;
use super::{Owner, PersonSettings, WorkingHours, parsers};
use crate::domain::person::{Address, Person, Relation};

/// The working hours of somebody who sets none.
pub(super) fn usual_hours() -> WorkingHours {
    let nine_to_six = || vec![(time(9, 0, 0, 0), time(18, 0, 0, 0))];
    let day = |index: usize| if index < 5 { nine_to_six() } else { Vec::new() };
    WorkingHours { days: std::array::from_fn(day) }
}

/// Working hours by weekday; `usual` fills the days that are not set.
pub(super) fn hours(section: &Section<'_>, usual: &WorkingHours) -> WorkingHours {
    let mut days = usual.days.clone();
    for ((name, _), day) in parsers::WEEKDAYS.into_iter().zip(&mut days) {
        let mut spans: Vec<(Time, Time)> = section.list(name, std::mem::take(day), parsers::time_span);
        spans.sort();
        if spans.windows(2).any(|pair| pair[1].0 <= pair[0].1) {
            section.wrong(&format!("has parts of {name} that overlap or touch"), "merge them");
        }
        *day = spans;
    }
    WorkingHours { days }
}

/// Every person of the file. `owner_hours` stand in for hours that are not set.
pub(super) fn people(top: &Section<'_>, owner: Option<&Owner>, owner_hours: &WorkingHours) -> Vec<PersonSettings> {
    let mut taken: BTreeSet<Address> = BTreeSet::new();
    let mut people = Vec::new();
    for section in top.sections("person", "person") {
        let person = person(&section, owner_hours);
        if let Some(person) = &person {
            check_addresses(&section, &person.person.addresses, owner, &mut taken);
        }
        section.finish();
        people.extend(person);
    }
    people
}

fn person(section: &Section<'_>, owner_hours: &WorkingHours) -> Option<PersonSettings> {
    let name = section.required("name", "say what to call this person: name = \"…\"");
    let addresses = section.list("addresses", Vec::new(), parsers::address);
    let aliases = section.list("aliases", Vec::new(), parsers::plain);
    let relation = section.parsed("relation", Relation::Other, parsers::relation);
    let cadence = section.optional("cadence", parsers::cadence);
    let expected = section.flag("expected", true);
    let mode = section.optional("mode", parsers::mode);
    let zone = section.optional("zone", parsers::zone);
    let own_hours = section.section("hours", "person.hours");
    let hours = hours(&own_hours, owner_hours);
    own_hours.finish();
    let person = Person { name: name?.text.to_owned(), addresses, relation };
    Some(PersonSettings { person, aliases, cadence, expected, mode, zone, hours })
}

/// An address must mean one person: a session that two people claim belongs to neither.
fn check_addresses(section: &Section<'_>, addresses: &[Address], owner: Option<&Owner>, taken: &mut BTreeSet<Address>) {
    let texts = section.texts("addresses").unwrap_or_default();
    let place = |address: &Address| {
        let text = texts.iter().find(|text| Address::parse(text.text).as_ref() == Some(address));
        text.map_or_else(|| section.at.clone(), |text| text.at.clone())
    };
    for address in addresses {
        let problems = &section.document.problems;
        if owner.is_some_and(|owner| owner.addresses.contains(address)) {
            problems.error(&place(address), format!("{address} is the owner's own"), "remove it here or in [owner]");
        } else if !taken.insert(address.clone()) {
            let remedy = "give each address to one person";
            problems.error(&place(address), format!("{address} is listed more than once"), remedy);
        }
    }
}
