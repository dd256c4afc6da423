//! Maps zone names that are not plain IANA names to zones.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::recurrence::Zone;

/// Windows names (Unicode CLDR); the file carries its source and licence.
const WINDOWS: &str = include_str!("zone_windows.tsv");
/// What Exchange, Outlook and Lotus show for zones; the file carries its source and licence.
const LABELS: &str = include_str!("zone_labels.tsv");
/// An instant outside of daylight saving time in the north, to compare offsets at.
const WINTER: Timestamp = Timestamp::constant(1_768_435_200, 0);
/// The same for the south.
const SUMMER: Timestamp = Timestamp::constant(1_784_073_600, 0);

static NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    // The first mention of a name counts, so CLDR goes before the older tables.
    let mut names = HashMap::new();
    for line in WINDOWS.lines().chain(LABELS.lines()).filter(|line| !line.starts_with('#')) {
        if let Some((name, iana)) = line.split_once('\t') {
            names.entry(key(name)).or_insert(iana);
        }
    }
    names
});

/// The zone that a name means by itself, without any VTIMEZONE: IANA, Windows, labels, prefixes, plain offsets, in this order.
pub(super) fn by_name(name: &str) -> Option<Zone> {
    let name = name.trim().trim_matches('"').trim();
    if name.is_empty() || name.len() > 200 {
        return None;
    }
    iana(name)
        .or_else(|| table(name))
        .or_else(|| by_suffix(name))
        .or_else(|| iana(&name.replacen(['_', '-'], "/", 1)))
        .or_else(|| by_display_name(name))
        .or_else(|| by_offset(name))
}

/// An IANA name in any case. Names that mean the machine's own zone, or files beside the database, are none.
fn iana(name: &str) -> Option<Zone> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    let lower = name.to_ascii_lowercase();
    let foreign = ["localtime", "local", "posixrules", "leapseconds"].contains(&lower.as_str())
        || lower.starts_with("right/")
        || lower.starts_with("posix/");
    if !plain || foreign || name.starts_with('/') {
        return None;
    }
    if ["utc", "z"].contains(&lower.as_str()) {
        return Some(Zone::utc());
    }
    let known = TimeZone::get(name).ok()?;
    Zone::iana(known.iana_name().unwrap_or(name)).ok()
}

fn table(name: &str) -> Option<Zone> {
    iana(NAMES.get(&key(name))?)
}

/// `/mozilla.org/20050126_1/Europe/Berlin` and `tzone://Microsoft/Utc`: whatever tail is an IANA name.
fn by_suffix(name: &str) -> Option<Zone> {
    if !name.starts_with('/') && !name.contains("://") {
        return None;
    }
    name.match_indices('/').find_map(|(slash, _)| iana(&name[slash + 1..]))
}

/// `(UTC+01:00) Amsterdam, Berlin, …`: by the whole label, else by its first city that lies in a zone of that offset.
fn by_display_name(name: &str) -> Option<Zone> {
    let (offset, label) = name.strip_prefix('(')?.split_once(')')?;
    let label = label.trim();
    table(label).or_else(|| {
        let seconds = offset_seconds(offset)?;
        label.split(['/', ',', ';', '&']).find_map(|city| in_city(city.trim(), seconds))
    })
}

fn in_city(city: &str, seconds: i32) -> Option<Zone> {
    let tail = format!("/{}", city.replace(' ', "_").to_ascii_lowercase());
    let named = jiff::tz::db().available().find(|name| name.as_str().to_ascii_lowercase().ends_with(&tail))?;
    let zone = iana(named.as_str())?;
    let standard = [WINTER, SUMMER].map(|at| zone.rules().to_offset(at).seconds());
    standard.contains(&seconds).then_some(zone)
}

/// `UTC+11`, `GMT+0100`, `+05:30`: a fixed offset, east of Greenwich where it says `+`.
fn by_offset(name: &str) -> Option<Zone> {
    let seconds = offset_seconds(name)?;
    if seconds == 0 {
        return Some(Zone::utc());
    }
    Zone::posix(name, &posix_offset(seconds)).ok()
}

fn offset_seconds(text: &str) -> Option<i32> {
    let text = text.trim();
    let rest = match text.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("UTC") || prefix.eq_ignore_ascii_case("GMT") => &text[3..],
        _ => text,
    };
    let east = match rest.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        None if rest.len() < text.len() => return Some(0),
        _ => return None,
    };
    let digits: String = rest[1..].chars().filter(|c| !matches!(c, ':' | '.')).collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.is_empty() || digits.len() > 4 {
        return None;
    }
    let split = if digits.len() > 2 { digits.len() - 2 } else { digits.len() };
    let hours: i32 = digits[..split].parse().ok()?;
    let minutes: i32 = digits.get(split..).filter(|m| !m.is_empty()).map_or(Ok(0), str::parse).ok()?;
    (hours <= 14 && minutes < 60).then_some(east * (hours * 3600 + minutes * 60))
}

/// A fixed offset as a POSIX TZ string, whose sign is the other way round: `<+0100>-1:00:00`.
pub(super) fn posix_offset(seconds: i32) -> String {
    let (h, m, s) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    let sign = if seconds < 0 { "" } else { "-" };
    format!("<{}>{sign}{h}:{m:02}:{s:02}", designation(seconds))
}

/// What an offset is called: `+0100`.
pub(super) fn designation(seconds: i32) -> String {
    let (h, m, s) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    let sign = if seconds < 0 { '-' } else { '+' };
    let fine = if s > 0 { format!("{s:02}") } else { String::new() };
    format!("{sign}{h:02}{m:02}{fine}")
}

/// What makes two spellings of a name the same: case and runs of blanks don't count.
fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_own_zone_has_no_name_here() {
        for name in ["localtime", "Local", "posixrules", "right/UTC", "../../etc/localtime", "/etc/localtime", ""] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_plus_means_east() {
        let zone = by_name("GMT+0530").unwrap();
        assert_eq!(zone.rules().to_offset(WINTER).seconds(), 19_800);
        assert_eq!(posix_offset(-12_600), "<-0330>3:30:00");
    }
}
