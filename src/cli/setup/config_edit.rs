//! [`ConfigEdit`]: one edit that the user agreed to, applied to the text of the config. Comments and the order of keys stay.

use std::fmt::Write as _;

use jiff::civil::Time;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::account::{NewAccount, NewCalendar};
use crate::cli::words;
use crate::config::{Access, Kind, Settings, Written};
use crate::domain::person::Address;
use crate::domain::policy::Mode;

/// How a config begins that `setup` began.
pub const HEADER: &str = "\
# The config of cadenced, started by `cadenced setup`, which you can run again at any time: it keeps what is here.
# Edit it as you like; `cadenced check` shows any problems. Every key is explained in cadenced.toml(5), which
# `man cadenced.toml` shows, and in the example that comes with cadenced.
";

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// One thing to have in the config.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigEdit {
    /// One more account.
    Account(NewAccount),
    /// Who the owner is: what is there already stays.
    Owner {
        /// Their addresses.
        addresses: Vec<Address>,
        /// Their names in titles.
        names: Vec<String>,
    },
    /// What is done about lost sessions.
    Mode(Mode),
    /// That this account may be written to.
    Write(String),
    /// The owner's hours, Monday first.
    Hours([Vec<(Time, Time)>; 7]),
}

impl ConfigEdit {
    /// The text with it; `None` where the file is written in a way that this does not know how to add to.
    pub fn to(&self, text: &str) -> Option<String> {
        match self {
            Self::Account(account) => Some(append(text, &account_text(account))),
            Self::Owner { addresses, names } => owner(text, addresses, names),
            Self::Mode(mode) => {
                let mode = words::mode(*mode);
                set(text, "mode", &[("default", mode.into())], &format!("{MODE}default = {}\n", quoted(mode)))
            }
            Self::Write(account) => write(text, account),
            Self::Hours(days) => hours(text, days),
        }
    }

    /// Whether the settings of a text have it.
    pub fn is_in(&self, settings: &Settings) -> bool {
        match self {
            Self::Account(new) => settings.accounts.iter().any(|account| account.name == new.name),
            Self::Owner { addresses, names } => {
                let owner = &settings.owner;
                addresses.iter().all(|one| owner.addresses.contains(one))
                    && names.iter().all(|one| owner.names.contains(one))
            }
            Self::Mode(mode) => settings.mode == *mode,
            Self::Write(name) => {
                settings.accounts.iter().any(|account| account.name == *name && account.access == Access::Write)
            }
            Self::Hours(days) => !settings.learn_hours && settings.hours.days == *days,
        }
    }

    /// The lines to put in by hand, where [`Self::to`] cannot.
    pub fn by_hand(&self) -> String {
        match self {
            Self::Account(account) => account_text(account),
            Self::Owner { addresses, names } => owner_text(addresses, names),
            Self::Mode(mode) => format!("[mode]\ndefault = {}\n", quoted(words::mode(*mode))),
            Self::Write(account) => format!("access = \"write\"    # in the [[account]] {}\n", quoted(account)),
            Self::Hours(days) => format!("[hours]\n{}", hours_text(days)),
        }
    }
}

const MODE: &str = "\
# What to do about a lost session: \"off\" only counts it, \"ask\" asks you first, \"auto\" gets it back without asking where it may.
# A read-only calendar is never written to, whatever this says.
";

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn list<T: AsRef<str>>(texts: &[T]) -> String {
    array(texts).to_string()
}

fn array<T: AsRef<str>>(texts: &[T]) -> Value {
    Value::Array(texts.iter().map(|text| Value::from(text.as_ref())).collect())
}

/// A block at the end, with an empty line before it.
fn append(text: &str, block: &str) -> String {
    let text = if text.is_empty() { HEADER } else { text };
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}\n{block}")
}

/// Changes a text that is TOML. One that has nothing changed stays as it is, and one with Windows' line ends keeps them.
fn edited(text: &str, change: impl FnOnce(&mut DocumentMut) -> Option<bool>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    if !change(&mut document)? {
        return Some(text.to_owned());
    }
    let after = document.to_string();
    let is_windows = text.lines().count() > 1 && text.matches('\n').count() == text.matches("\r\n").count();
    Some(if is_windows { after.replace('\n', "\r\n") } else { after })
}

/// Sets keys of a section: in their places where they are, else below the others; a section that is not there comes last, with `block`.
fn set(text: &str, section: &str, keys: &[(&str, Value)], block: &str) -> Option<String> {
    if !text.parse::<DocumentMut>().ok()?.contains_key(section) {
        return Some(append(text, &format!("[{section}]\n{block}")));
    }
    edited(text, |document| {
        let table = document.get_mut(section)?.as_table_mut()?;
        let changed = keys.iter().map(|(key, value)| set_in(table, key, value.clone()));
        Some(changed.fold(false, |any, changed| any | changed))
    })
}

/// Sets a key, with the comment beside it kept; `false` where it has that value already.
fn set_in(table: &mut Table, key: &str, mut value: Value) -> bool {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if is_same(old, &value) => false,
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
            true
        }
        None => {
            table.insert(key, Item::Value(value));
            true
        }
    }
}

/// Whether two values mean the same, however they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    let plain = |value: &Value| value.clone().decorated("", "").to_string();
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one == other,
        _ => plain(one) == plain(other),
    }
}

fn write(text: &str, account: &str) -> Option<String> {
    edited(text, |document| {
        let accounts = document.get_mut("account")?.as_array_of_tables_mut()?;
        let is_it = |one: &&mut Table| one.get("name").and_then(Item::as_str) == Some(account);
        Some(set_in(accounts.iter_mut().find(is_it)?, "access", "write".into()))
    })
}

fn owner(text: &str, addresses: &[Address], names: &[String]) -> Option<String> {
    if !text.parse::<DocumentMut>().ok()?.contains_key("owner") {
        let block = owner_text(addresses, names);
        return match text.strip_prefix(HEADER) {
            Some(rest) => Some(format!("{HEADER}\n{block}{rest}")),
            None => Some(append(text, &block)),
        };
    }
    edited(text, |document| {
        let owner = document.get_mut("owner")?.as_table_mut()?;
        let addresses: Vec<&str> = addresses.iter().map(Address::as_str).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let longer_addresses = longer(owner, "addresses", &addresses)?;
        Some(longer(owner, "names", &names)? || longer_addresses)
    })
}

/// Puts what a list of [owner] lacks in front; `false` where it lacks nothing.
fn longer(owner: &mut Table, key: &str, wanted: &[&str]) -> Option<bool> {
    let Some(there) = owner.get_mut(key) else {
        return Some(!wanted.is_empty() && set_in(owner, key, array(wanted)));
    };
    let there = there.as_array_mut()?;
    let is_there = |there: &Array, one: &str| {
        let same = |known: &str| known == one || Address::parse(known).is_some_and(|known| known.as_str() == one);
        there.iter().any(|known| known.as_str().is_some_and(same))
    };
    let new: Vec<&str> = wanted.iter().copied().filter(|one| !is_there(there, one)).collect();
    if let Some(first) = there.get_mut(0).filter(|_| !new.is_empty())
        && first.decor().prefix().and_then(|prefix| prefix.as_str()).is_none_or(str::is_empty)
    {
        first.decor_mut().set_prefix(" ");
    }
    for (at, one) in new.iter().enumerate() {
        there.insert_formatted(at, Value::from(*one).decorated(if at == 0 { "" } else { " " }, ""));
    }
    Some(!new.is_empty())
}

fn owner_text(addresses: &[Address], names: &[String]) -> String {
    let addresses: Vec<&str> = addresses.iter().map(Address::as_str).collect();
    let mut out =
        format!("[owner]\n# Every e-mail address that means you in invitations.\naddresses = {}\n", list(&addresses));
    if !names.is_empty() {
        out.push_str("# Your names as they appear in titles (\"You / Bob\").\nnames = ");
        out.push_str(&list(names));
        out.push('\n');
    }
    out
}

fn hours(text: &str, days: &[Vec<(Time, Time)>; 7]) -> Option<String> {
    let comment = "# Your working hours. Without this section they are learnt from the events you accepted.\n";
    let keys: Vec<(&str, Value)> =
        WEEKDAYS.into_iter().zip(days).map(|(day, parts)| (day, array(&day_parts(parts)))).collect();
    set(text, "hours", &keys, &format!("{comment}{}", hours_text(days)))
}

fn hours_text(days: &[Vec<(Time, Time)>; 7]) -> String {
    let line = |(day, parts): (&str, &Vec<_>)| format!("{day} = {}\n", list(&day_parts(parts)));
    let lines: Vec<String> = WEEKDAYS.into_iter().zip(days).map(line).collect();
    lines.concat()
}

fn day_parts(parts: &[(Time, Time)]) -> Vec<String> {
    let part = |(from, to): &(Time, Time)| format!("{}-{}", from.strftime("%H:%M"), to.strftime("%H:%M"));
    parts.iter().map(part).collect()
}

fn account_text(account: &NewAccount) -> String {
    let mut out = String::from("[[account]]\n");
    let mut line = |key: &str, value: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{key} = {value}");
    };
    line("name", &quoted(&account.name));
    let kind = account.provider.kind();
    for (key, value) in kind.account_keys() {
        line(&key, &written(&value));
    }
    if kind.can_be_written() {
        line("access", "\"read\"");
    }
    for calendar in &account.calendars {
        out.push_str(&calendar_text(calendar, kind));
    }
    out.replacen(
        "[[account]]\n",
        "[[account]]\n# A short name of your choice. The history is kept under it: changing it starts a new one.\n",
        1,
    )
    .replacen(
        "access = ",
        "# \"write\" lets cadenced put sessions back on the calendar, as [mode] says.\naccess = ",
        1,
    )
}

fn calendar_text(calendar: &NewCalendar, kind: &dyn Kind) -> String {
    let mut out = format!("\n[[account.calendar]]\nname = {}\n", quoted(&calendar.name));
    for (key, value) in kind.calendar_keys() {
        if key == "url" {
            out.push_str("# With most publishers this is as good as a password: keep this file private.\n");
        }
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{key} = {}", written(&value));
    }
    if let Some(remote) = &calendar.remote {
        let _ = writeln!(out, "# What the server calls it.\ncalendar = {}", quoted(remote));
    }
    if calendar.is_holidays {
        out.push_str("# Sessions on its days are excused.\nwhose = \"holidays\"\n");
    }
    out
}

fn written(value: &Written) -> String {
    match value {
        Written::Text(text) => quoted(text),
        Written::List(texts) => list(texts),
    }
}
