//! Writes results to stdout: table layout and colours.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};

use crate::domain::sanitize;

/// How wide text for people is at most, in columns.
pub const COLUMNS: u16 = 80;

/// How narrow the last column of a table may become before the others give way, in columns.
const LAST_COLUMN: u16 = 12;

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
/// As [`print()`].
pub fn print_json(value: &serde_json::Value) -> std::io::Result<()> {
    print(&format!("{value:#}"))
}

/// An empty table without lines that keeps to [`COLUMNS`], with its headings in place.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(COLUMNS);
    table.set_header(headings.iter().map(|heading| paint(Tone::Faint, heading)));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// A table as lines without trailing blanks, ended by a line feed. The last column gives way first, and then the others.
pub fn lines(table: &mut Table) -> String {
    let widths = table.column_max_content_widths();
    let others: u16 = widths.iter().rev().skip(1).map(|width| width.saturating_add(2)).fold(0, u16::saturating_add);
    if others.saturating_add(LAST_COLUMN) <= COLUMNS {
        let last = widths.len().saturating_sub(1);
        for column in table.column_iter_mut().take(last) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()]).collect()
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

/// Text from a calendar, safe for a terminal: on one line, at most `most` characters; see [`sanitize::one_line`].
pub fn foreign(text: &str, most: usize) -> String {
    sanitize::one_line(text, most)
}

/// Text under a heading.
pub fn section(heading: &str, body: &str) -> String {
    format!("{}\n{body}", paint(Tone::Strong, heading))
}

/// Lines of text, each indented and broken at words to fit [`COLUMNS`]; what follows the first line hangs.
pub fn indented(lines: impl IntoIterator<Item = String>, first: &str, hang: &str) -> String {
    let room = usize::from(COLUMNS);
    let mut out = String::new();
    for line in lines {
        let mut row = first.to_owned();
        let mut is_empty = true;
        for word in line.split(' ') {
            if !is_empty && row.chars().count() + 1 + word.chars().count() > room {
                out.push_str(row.trim_end());
                out.push('\n');
                hang.clone_into(&mut row);
                is_empty = true;
            }
            if !is_empty {
                row.push(' ');
            }
            row.push_str(word);
            is_empty = false;
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_at_words_and_hang() {
        let text = indented(["word ".repeat(20)], "- ", "  ");
        assert!(text.lines().all(|line| line.chars().count() <= 80));
        assert!(text.starts_with("- word") && text.lines().nth(1).unwrap().starts_with("  word"));
    }

    #[test]
    fn columns_stay_aligned_whatever_is_coloured() {
        let mut table = table(&["A", "B"]);
        table.add_row([paint(Tone::Bad, "x"), "1".to_owned()]).add_row(["long".to_owned(), "2".to_owned()]);
        let plain = anstream::adapter::strip_str(&lines(&mut table)).to_string();
        assert_eq!(plain, "A     B\nx     1\nlong  2\n");
    }
}
