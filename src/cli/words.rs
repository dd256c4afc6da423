//! Formats that several commands share: people, modes, reasons, and looking things up by what a user types.

use serde_json::{Value, json};

use crate::domain::one_on_one::Reason;
use crate::domain::person::Person;
use crate::domain::policy::Mode;
use crate::domain::sanitize;
use crate::domain::standing::OtherSeries;
use crate::wording::phrases;

/// A person for programs.
pub fn person_json(person: &Person) -> Value {
    json!({ "name": person.name, "addresses": person.addresses })
}

/// The other side of a series that is no 1:1, where the calendar shows one.
pub fn other_side(other: &OtherSeries) -> String {
    other.person.as_ref().map_or_else(|| "the other side".to_owned(), |person| sanitize::name(person, 40))
}

/// A mode, as in the config.
pub const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "off",
        Mode::Ask => "ask",
        Mode::Auto => "auto",
    }
}

/// Reasons for programs: what sort, and in words.
pub fn reasons_json(reasons: &[Reason], other: &str) -> Value {
    reasons.iter().map(|reason| detailed(reason, &phrases::reason(reason, other))).collect()
}

/// A tagged or plain value for programs: its tag as `kind`, its words as `detail`, and its fields beside them.
pub fn detailed(value: &impl serde::Serialize, words: &str) -> Value {
    let mut fields = match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        Ok(plain) => serde_json::Map::from_iter([("kind".to_owned(), plain)]),
        Err(_) => serde_json::Map::new(),
    };
    fields.insert("detail".to_owned(), words.into());
    Value::Object(fields)
}

/// Whether two are one person: an address in common or, where one has none, the name.
pub fn is_same(one: &Person, other: &Person) -> bool {
    if one.addresses.is_empty() || other.addresses.is_empty() {
        return one.name == other.name;
    }
    one.addresses.iter().any(|address| other.addresses.contains(address))
}

/// Whether a user who typed `wanted` means this person: part of a name, or an address.
pub fn is_meant(person: &Person, wanted: &str) -> bool {
    let wanted = wanted.trim().to_lowercase();
    let address =
        |address: &crate::domain::person::Address| address.as_str() == wanted || address.local_part() == wanted;
    person.name.to_lowercase().contains(&wanted) || person.addresses.iter().any(address)
}
