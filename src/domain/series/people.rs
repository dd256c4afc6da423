//! One key per person, whichever of their addresses an event uses.

use std::collections::BTreeMap;

use crate::domain::collation::fold;
use crate::domain::one_on_one::KnownSeries;
use crate::domain::person::{Address, Person};
use crate::domain::policy::Policy;

/// The people of the config and of the ledger.
#[derive(Debug, Default)]
pub struct People {
    /// The usual address of each person by all of their addresses.
    usual: BTreeMap<Address, Address>,
    /// The people of the config by name.
    named: BTreeMap<String, Person>,
    /// The people of the config by address.
    roster: BTreeMap<Address, Person>,
}

impl People {
    /// The people of the config; then those of the ledger, whose addresses belong together unless the config says otherwise.
    #[must_use]
    pub fn new(policy: &Policy, known: &[KnownSeries]) -> Self {
        let mut people = Self::default();
        for entry in &policy.people {
            people.named.entry(fold(entry.person.name.trim())).or_insert_with(|| entry.person.clone());
            for address in &entry.person.addresses {
                people.roster.entry(address.clone()).or_insert_with(|| entry.person.clone());
            }
            people.join(&entry.person);
        }
        for series in known {
            people.join(&series.person);
        }
        people
    }

    /// Takes all addresses of somebody for those of one person.
    fn join(&mut self, person: &Person) {
        let known = person.addresses.iter().find_map(|address| self.usual.get(address).cloned());
        let Some(usual) = known.or_else(|| person.addresses.first().cloned()) else { return };
        for address in &person.addresses {
            self.usual.entry(address.clone()).or_insert_with(|| usual.clone());
        }
    }

    /// The key of a person.
    #[must_use]
    pub fn key(&self, person: &Person) -> String {
        let address = person
            .addresses
            .first()
            .or_else(|| self.named.get(&fold(person.name.trim())).and_then(|named| named.addresses.first()));
        match address {
            Some(address) => self.usual.get(address).unwrap_or(address).to_string(),
            None => fold(person.name.trim()),
        }
    }

    /// A person as the config has them, else as they are.
    #[must_use]
    pub fn resolve(&self, person: &Person) -> Person {
        let by_address = person.addresses.iter().find_map(|address| self.roster.get(address));
        let by_name = || self.named.get(&fold(person.name.trim())).filter(|_| person.addresses.is_empty());
        by_address.or_else(by_name).unwrap_or(person).clone()
    }

    /// Whether somebody is in the config.
    #[must_use]
    pub fn is_in_roster(&self, person: &Person) -> bool {
        let by_address = person.addresses.iter().any(|address| self.roster.contains_key(address));
        by_address || (person.addresses.is_empty() && self.named.contains_key(&fold(person.name.trim())))
    }

    /// Whether both are one person.
    #[must_use]
    pub fn are_same(&self, one: &Person, other: &Person) -> bool {
        self.key(one) == self.key(other)
    }
}

/// One key for a person by themselves.
#[must_use]
pub fn person_key(person: &Person) -> String {
    person.addresses.first().map_or_else(|| fold(person.name.trim()), ToString::to_string)
}
