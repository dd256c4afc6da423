//! Prints the config with private values replaced by placeholders; keys, modes and durations stay.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::redact::{Class, Redactor};

/// The shipped config has every key: what stands in it may be shown.
const SHIPPED: &str = include_str!("../../../config/cadenced.toml");

/// Words that values may be made of, besides numbers; none of them can name anybody where a mode or a length is meant.
const PLAIN: &str = "ics caldav google read write owner holidays keyring file report manager skip peer mentor other off ask auto \
    full initials none text markdown html json starttls tls error warn info debug trace always never up_to_a_week every \
    monday tuesday wednesday thursday friday saturday sunday day days week weeks month months year years \
    s sec second seconds m min minute minutes h hour hours d w b kb mb gb kib mib gib";

/// The config as it may be shown; everything private in it is known to `redactor` afterwards.
pub fn config(text: &str, redactor: &mut Redactor) -> String {
    match text.parse::<Table>() {
        Ok(table) => {
            let mut out = String::new();
            section(&mut out, "", &table, redactor);
            out
        }
        Err(_) => skeleton(text, redactor),
    }
}

fn section(out: &mut String, name: &str, table: &Table, redactor: &mut Redactor) {
    for (key, value) in table.iter().filter(|(_, value)| !is_section(value)) {
        let shown = value_text(name, key, value, redactor);
        let _ = writeln!(out, "{} = {shown}", key_text(key));
    }
    for (key, value) in table.iter().filter(|(_, value)| is_section(value)) {
        let shown = key_text(key);
        let path = if name.is_empty() { shown } else { format!("{name}.{shown}") };
        match value {
            Value::Table(inner) => {
                let _ = writeln!(out, "\n[{path}]");
                section(out, &path, inner, redactor);
            }
            Value::Array(all) => {
                for inner in all.iter().filter_map(Value::as_table) {
                    let _ = writeln!(out, "\n[[{path}]]");
                    section(out, &path, inner, redactor);
                }
            }
            _ => {}
        }
    }
}

fn is_section(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(all) => !all.is_empty() && all.iter().all(Value::is_table),
        _ => false,
    }
}

/// A key, if cadenced knows it: in the place of another one, anything might have been pasted.
fn key_text(key: &str) -> String {
    if is_known(key) { key.to_owned() } else { "unknown_key".to_owned() }
}

fn is_known(key: &str) -> bool {
    let is_word = key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let keys = SHIPPED.lines().map(|line| line.trim_start_matches('#').trim_start());
    let mut keys = keys.filter_map(|line| Some(line.split_once('=')?.0.trim()));
    let sections = ["owner", "account", "calendar", "person", "hours", "mode", "slots", "rules", "notices", "report"];
    is_word && (sections.contains(&key) || ["mail", "paths", "log"].contains(&key) || keys.any(|known| known == key))
}

fn value_text(section: &str, key: &str, value: &Value, redactor: &mut Redactor) -> String {
    match value {
        Value::String(text) => string(section, key, text, redactor),
        Value::Array(all) if key.ends_with("_command") => {
            let words: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            let shown = words.first().map(|program| redactor.hide(Class::Command, program)).unwrap_or_default();
            words.iter().skip(1).for_each(|word| redactor.hide_argument(word));
            format!("[\"{shown}\"]  # and {} arguments", words.len().saturating_sub(1))
        }
        Value::Array(all) => {
            let shown: Vec<String> = all.iter().map(|one| value_text(section, key, one, redactor)).collect();
            format!("[{}]", shown.join(", "))
        }
        Value::Table(table) => {
            let shown = table.iter().map(|(key, value)| {
                let shown = value_text(section, key, value, redactor);
                format!("{} = {shown}", key_text(key))
            });
            format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
        }
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) if is_known(key) && number.abs() < 100_000 => number.to_string(),
        Value::Integer(_) | Value::Float(_) | Value::Datetime(_) => "\"[…]\"".to_owned(),
    }
}

fn string(section: &str, key: &str, text: &str, redactor: &mut Redactor) -> String {
    let shown = match class(section, key, text) {
        Some(Class::Url) => url(text, redactor),
        Some(class) => redactor.hide(class, text),
        None if text.is_empty() => String::new(),
        None if key == "zone" && is_zone(text) => text.to_owned(),
        None if is_known(key) && is_plain(text) => text.to_owned(),
        None => redactor.hide(Class::Secret, text),
    };
    format!("\"{shown}\"")
}

/// What a key's value is, where it is private.
fn class(section: &str, key: &str, text: &str) -> Option<Class> {
    Some(match (section, key) {
        ("account", "name") => Class::Account,
        ("account.calendar", "name") => Class::Calendar,
        ("person", "name") | (_, "names" | "aliases") => Class::Person,
        (_, "addresses" | "to" | "from" | "subject") => Class::Address,
        (_, "whose" | "username") if text.contains('@') => Class::Address,
        (_, "username") => Class::Machine,
        (_, "url" | "server" | "calendar") => Class::Url,
        (_, "client_file" | "service_account" | "folder" | "metrics_file" | "data") => Class::Path,
        (_, "client_id" | "client_secret") => Class::Secret,
        (_, "excluded_titles" | "out_of_office_titles" | "group_names") => Class::Title,
        (_, key) if key.ends_with("_keyring") => Class::Key,
        (_, key) if key.ends_with("_command") => Class::Command,
        _ => return None,
    })
}

/// An address on the web keeps its scheme; its host, its path and what follows are private, whole and in parts.
fn url(text: &str, redactor: &mut Redactor) -> String {
    let shown = redactor.hide(Class::Url, text);
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_lowercase());
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    for part in rest.split(['/', '?', '&', '#', '=', ':', '@']).filter(|part| part.chars().count() >= 4) {
        redactor.hide(Class::Url, part);
    }
    match scheme.as_deref() {
        Some(scheme @ ("https" | "http" | "webcal" | "webcals" | "file")) => format!("{scheme}://{shown}"),
        _ => shown,
    }
}

fn is_zone(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c)) && jiff::tz::TimeZone::get(text).is_ok()
}

/// Whether a value is a mode, a day, a time or a length, and nothing else.
fn is_plain(text: &str) -> bool {
    let is_word = |word: &str| PLAIN.split_whitespace().any(|plain| plain == word);
    let is_number = |word: &str| word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    // `15m` is a number with its unit.
    let is_length = |word: &str| {
        let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() < word.len() && is_number(&word[..word.len() - unit.len()]) && is_word(unit)
    };
    let lower = text.to_lowercase();
    let mut words = lower.split([' ', ':', '-', '.', ',']).filter(|word| !word.is_empty());
    words.all(|word| is_word(word) || is_number(word) || is_length(word))
}

/// What can be shown of a file that is no TOML: which keys stand on which lines. Every text in it becomes private.
fn skeleton(text: &str, redactor: &mut Redactor) -> String {
    for quoted in text.split(['"', '\'', '\n']).map(str::trim).filter(|part| !part.is_empty() && !is_plain(part)) {
        let key = quoted.split('=').next().unwrap_or_default().trim();
        if !is_known(key) && !quoted.starts_with(['[', '#']) {
            redactor.hide(Class::Secret, quoted);
        }
    }
    let mut out = String::from("# not TOML: only its keys are shown\n");
    for line in text.lines() {
        let bare = line.trim().trim_matches(['[', ']']);
        let key = bare.split('=').next().unwrap_or_default().trim();
        let is_section = line.trim().starts_with('[') && bare.split('.').all(is_known);
        let _ = match (is_section, is_known(key)) {
            _ if line.trim().is_empty() => writeln!(out),
            (true, _) => writeln!(out, "{}", line.trim().chars().filter(|c| !c.is_whitespace()).collect::<String>()),
            (false, true) => writeln!(out, "{key} = …"),
            (false, false) => writeln!(out, "… {} characters", line.chars().count()),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_modes_and_lengths_stay_and_everything_else_is_stood_for() {
        let text = r#"
            [owner]
            addresses = ["Ann.Lee@corp.example"]
            zone = "Europe/Berlin"
            sk_live_pasted = "x"
            [[account]]
            name = "acme"
            kind = "ics"
            [[account.calendar]]
            name = "chief"
            url = "https://cal.corp.example/private-abc/basic.ics"
            every = "15m"
            password_command = ["pass", "show", "acme/cal"]
            [mode]
            default = "auto"
            [notices]
            quiet = ["18:00", "08:00"]
            flood = 3
            redaction = "Lee"
        "#;
        let mut redactor = Redactor::new();
        let shown = config(text, &mut redactor);
        for kept in [
            "addresses = [\"user1@domain1\"]",
            "zone = \"Europe/Berlin\"",
            "unknown_key = \"secret-",
            "name = \"account-1\"",
            "kind = \"ics\"",
            "name = \"calendar-1\"",
            "url = \"https://url-1\"",
            "every = \"15m\"",
            "password_command = [\"command-1\"]  # and 2 arguments",
            "default = \"auto\"",
            "quiet = [\"18:00\", \"08:00\"]",
            "flood = 3",
        ] {
            assert!(shown.contains(kept), "{kept}\n{shown}");
        }
        for gone in ["lee", "corp", "acme", "chief", "private", "sk_live", "pass\"", "basic"] {
            assert!(!shown.to_lowercase().contains(gone), "{gone}\n{shown}");
        }
        assert_eq!(
            redactor.strict("calendar acme/chief at CAL.CORP.EXAMPLE"),
            "calendar account-1/calendar-1 at url-2"
        );
    }

    #[test]
    fn a_file_that_is_no_toml_shows_its_keys_alone() {
        let mut redactor = Redactor::new();
        let shown = config(
            "[owner]\naddresses = [\"ann@corp.example\"\nhunter2\n[[account]]\nname = \"acme\"\n",
            &mut redactor,
        );
        assert_eq!(
            shown,
            "# not TOML: only its keys are shown\n[owner]\naddresses = …\n… 7 characters\n[[account]]\nname = …\n"
        );
        assert!(!redactor.strict("acme is hunter2").contains("acme"));
    }
}
