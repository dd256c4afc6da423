//! Owns how results reach stdout: the layout of tables, the few colours, and the words for times.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::span::Span;

/// How wide text for people is at most, in columns.
pub const COLUMNS: u16 = 80;

/// Writes a result to stdout. Colours are stripped unless stdout is a terminal that wants them.
///
/// # Errors
/// Whatever stdout says, a broken pipe included.
pub fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()
}

/// Writes a JSON value to stdout, indented.
///
/// # Errors
/// As [`print`].
pub fn print_json(value: &serde_json::Value) -> std::io::Result<()> {
    print(&format!("{value:#}"))
}

/// An empty table without lines that keeps to [`COLUMNS`], with its headings in place.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(COLUMNS);
    table.set_header(headings.iter().map(|heading| paint(Tone::Faint, heading)));
    table
}

/// A table as lines without trailing blanks, ended by a line feed.
pub fn lines(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What a colour means; no meaning is carried by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Look at it soon.
    Warn,
    /// Wrong.
    Bad,
    /// Of less weight.
    Faint,
    /// A heading.
    Strong,
}

/// Text in a tone.
pub fn paint(tone: Tone, text: &str) -> String {
    let style = match tone {
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warn => AnsiColor::Yellow.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Faint => Style::new().dimmed(),
        Tone::Strong => Style::new().bold(),
    };
    format!("{style}{text}{style:#}")
}

/// A day and time as the owner reads it: `Mon 16 Nov 10:00`, with the year where it is not that of `now`.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let form = if local.year() == now.to_zoned(zone.clone()).year() { "%a %-d %b %H:%M" } else { "%a %-d %b %Y %H:%M" };
    local.strftime(form).to_string()
}

/// A day as the owner reads it: `Mon 16 Nov`, with the year where it is not that of `now`.
pub fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let form = if local.year() == now.to_zoned(zone.clone()).year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    local.strftime(form).to_string()
}

/// A span as the owner reads it: `Mon 16 Nov 10:00-10:30`.
pub fn span(span: Span, now: Timestamp, zone: &TimeZone) -> String {
    let (start, end) = (span.start.to_zoned(zone.clone()), span.end.to_zoned(zone.clone()));
    if start.date() == end.date() {
        format!("{}-{}", moment(span.start, now, zone), end.strftime("%H:%M"))
    } else {
        format!("{} to {}", moment(span.start, now, zone), moment(span.end, now, zone))
    }
}

/// How many whole days of the owner's lie between two instants.
pub fn days_between(from: Timestamp, to: Timestamp, zone: &TimeZone) -> i64 {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    day(from).until(day(to)).map_or(0, |span| i64::from(span.get_days()))
}

/// An instant for programs: RFC 3339 with the offset of the owner's zone.
pub fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_name_the_year_only_when_it_is_another() {
        let now = at("2026-11-20T09:00:00Z");
        assert_eq!(moment(at("2026-11-16T09:00:00Z"), now, &TimeZone::UTC), "Mon 16 Nov 09:00");
        assert_eq!(moment(at("2025-11-16T09:00:00Z"), now, &TimeZone::UTC), "Sun 16 Nov 2025 09:00");
        let half_hour = Span::new(at("2026-11-16T09:00:00Z"), at("2026-11-16T09:30:00Z"));
        assert_eq!(span(half_hour, now, &TimeZone::UTC), "Mon 16 Nov 09:00-09:30");
    }

    #[test]
    fn instants_for_programs_carry_the_offset() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(rfc3339(at("2026-11-16T09:00:00Z"), &berlin), "2026-11-16T10:00:00+01:00");
        assert_eq!(rfc3339(at("2026-11-16T09:00:00Z"), &TimeZone::UTC), "2026-11-16T09:00:00+00:00");
    }

    #[test]
    fn days_are_counted_at_the_owners_midnight() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(days_between(at("2026-11-15T22:30:00Z"), at("2026-11-15T23:30:00Z"), &berlin), 1);
    }
}
