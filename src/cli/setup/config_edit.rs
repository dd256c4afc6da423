//! [`ConfigEdit`]: one edit that the user agreed to, applied to the text of the config. Every other byte of the text stays as it is.

use std::fmt::Write as _;
use std::ops::Range;

use jiff::civil::Time;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
            Self::Mode(mode) => set(text, "mode", "default", &quoted(words::mode(*mode)), MODE),
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

/// A text as TOML writes it (TOML 1.0, basic strings).
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", quoted.join(", "))
}

/// A block at the end, with an empty line before it.
fn append(text: &str, block: &str) -> String {
    let text = if text.is_empty() { HEADER } else { text };
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}\n{block}")
}

fn insert(text: &str, at: usize, new: &str) -> Option<String> {
    Some(format!("{}{new}{}", text.get(..at)?, text.get(at..)?))
}

fn replace(text: &str, span: Range<usize>, new: &str) -> Option<String> {
    Some(format!("{}{new}{}", text.get(..span.start)?, text.get(span.end..)?))
}

fn key<'a>(table: &'a DeTable<'_>, name: &str) -> Option<(usize, &'a Spanned<DeValue<'a>>)> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(key, value)| (key.span().start, value))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |line_feed| line_feed + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |line_feed| at + line_feed + 1)
}

/// Sets a key of a section: in its place where it stands, else before the first key there, else in a section at the end.
fn set(text: &str, section: &str, name: &str, value: &str, comment: &str) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    let Some((_, found)) = key(table.get_ref(), section) else {
        return Some(append(text, &format!("[{section}]\n{comment}{name} = {value}\n")));
    };
    set_in(text, found, name, value)
}

fn set_in(text: &str, section: &Spanned<DeValue<'_>>, name: &str, value: &str) -> Option<String> {
    let DeValue::Table(table) = section.get_ref() else { return None };
    if let Some((_, old)) = key(table, name) {
        return replace(text, old.span(), value);
    }
    let line = format!("{name} = {value}\n");
    let first = table.keys().map(|key| key.span().start).min();
    match first {
        Some(first) => insert(text, line_start(text, first), &line),
        // A heading with nothing below it.
        None => insert(text, line_end(text, section.span().start), &line),
    }
}

fn write(text: &str, account: &str) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    let (_, accounts) = key(table.get_ref(), "account")?;
    let DeValue::Array(accounts) = accounts.get_ref() else { return None };
    let is_it = |one: &&Spanned<DeValue<'_>>| match one.get_ref() {
        DeValue::Table(table) => key(table, "name").is_some_and(|(_, name)| name.get_ref().as_str() == Some(account)),
        _ => false,
    };
    set_in(text, accounts.iter().find(is_it)?, "access", "\"write\"")
}

fn owner(text: &str, addresses: &[Address], names: &[String]) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    let Some((_, found)) = key(table.get_ref(), "owner") else {
        let block = owner_text(addresses, names);
        return match text.strip_prefix(HEADER) {
            Some(rest) => Some(format!("{HEADER}\n{block}{rest}")),
            None => Some(append(text, &block)),
        };
    };
    let DeValue::Table(owner) = found.get_ref() else { return None };
    let addresses: Vec<&str> = addresses.iter().map(Address::as_str).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // The later one first, so that what was found of the other one still holds.
    let mut lists = [("addresses", addresses), ("names", names)];
    lists.sort_by_key(|(name, _)| std::cmp::Reverse(key(owner, name).map(|(_, value)| value.span().start)));
    lists.into_iter().try_fold(text.to_owned(), |text, (name, wanted)| longer(&text, name, &wanted))
}

/// A list of [owner] with what it lacks put in front.
fn longer(text: &str, name: &str, wanted: &[&str]) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    let (_, found) = key(table.get_ref(), "owner")?;
    let DeValue::Table(owner) = found.get_ref() else { return None };
    let Some((_, old)) = key(owner, name) else {
        return if wanted.is_empty() { Some(text.to_owned()) } else { set_in(text, found, name, &list(wanted)) };
    };
    let DeValue::Array(there) = old.get_ref() else { return None };
    let is_there = |one: &str| {
        let same = |known: &str| known == one || Address::parse(known).is_some_and(|known| known.as_str() == one);
        there.iter().any(|known| known.get_ref().as_str().is_some_and(same))
    };
    let new: Vec<String> = wanted.iter().filter(|one| !is_there(one)).map(|one| quoted(one)).collect();
    if new.is_empty() {
        return Some(text.to_owned());
    }
    let after = if there.is_empty() { "" } else { ", " };
    insert(text, old.span().start + 1, &format!("{}{after}", new.join(", ")))
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
    let (table, _) = DeTable::parse_recoverable(text);
    if key(table.get_ref(), "hours").is_none() {
        let comment = "# Your working hours. Without this section they are learnt from the events you accepted.\n";
        return Some(append(text, &format!("[hours]\n{comment}{}", hours_text(days))));
    }
    let each = WEEKDAYS.into_iter().zip(days).rev();
    each.map(|(day, parts)| (day, day_text(parts)))
        .try_fold(text.to_owned(), |text, (day, parts)| set(&text, "hours", day, &parts, ""))
}

fn hours_text(days: &[Vec<(Time, Time)>; 7]) -> String {
    let line = |(day, parts): (&str, &Vec<_>)| format!("{day} = {}\n", day_text(parts));
    let lines: Vec<String> = WEEKDAYS.into_iter().zip(days).map(line).collect();
    lines.concat()
}

fn day_text(parts: &[(Time, Time)]) -> String {
    let part = |(from, to): &(Time, Time)| format!("{}-{}", from.strftime("%H:%M"), to.strftime("%H:%M"));
    list(&parts.iter().map(part).collect::<Vec<_>>())
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
