//! [`NewAccount`]: an account as the user described it, before it is in the config.

use crate::config::Provider;

/// An account as the user described it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAccount {
    /// Its name, unique in the config.
    pub name: String,
    /// Its settings, whose own calendars are not looked at.
    pub provider: Provider,
    /// Its calendars.
    pub calendars: Vec<NewCalendar>,
}

/// A calendar of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCalendar {
    /// Its name, unique in the account.
    pub name: String,
    /// What the server calls it; not set for the main one, and for feeds.
    pub remote: Option<String>,
    /// Whether it shows public holidays.
    pub is_holidays: bool,
}

/// A name for the config made of what somebody else calls a thing: on one line, without a slash, not too long.
pub fn short(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c == '/' || c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(40).collect();
    if short.trim().is_empty() { "main".to_owned() } else { short.trim().to_owned() }
}

/// A name that none of the `taken` has.
pub fn unique(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|one| !taken.contains(one)).unwrap_or_default()
}
