//! People and their addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::collation::fold;

/// An e-mail address as calendars use it to name a person: lower case, without `mailto:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Reads `mailto:Ann@Example.com`, ` ann@example.com ` and the like; `None` where there is no address in it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"');
        let bare = match text.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &text[7..],
            _ => text,
        };
        let bare = bare.split('?').next().unwrap_or_default().trim().trim_matches(['<', '>', '"']);
        let (local, domain) = bare.rsplit_once('@')?;
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if local.is_empty() || domain.is_empty() || bare.len() > 320 || bare.contains(odd) {
            return None;
        }
        Some(Self(bare.to_lowercase()))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Someone the owner has 1:1s with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name to show; the address where no name is known.
    pub name: String,
    /// Every address that means this person; the first is the usual one. Empty for one known by title only.
    pub addresses: Vec<Address>,
    /// What they are to the owner.
    pub relation: Relation,
}

impl Person {
    /// Whether both mean one person: by an address that both have, or by name, where one of them is known by name only.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        if self.addresses.is_empty() || other.addresses.is_empty() {
            return self.is_called_like(other);
        }
        self.addresses.iter().any(|address| other.addresses.contains(address))
    }

    /// Whether both have the same name, and one that is more than an address.
    #[must_use]
    pub fn is_called_like(&self, other: &Self) -> bool {
        !self.name.contains('@') && !self.name.trim().is_empty() && fold(self.name.trim()) == fold(other.name.trim())
    }
}

/// What a person is to the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Reports to the owner.
    Report,
    /// The owner reports to them.
    Manager,
    /// Two levels up or down.
    Skip,
    /// A colleague.
    Peer,
    /// A mentor or somebody mentored.
    Mentor,
    /// None of these, or not said.
    Other,
}

/// One side of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The owner.
    Owner,
    /// The other person.
    Other,
}
