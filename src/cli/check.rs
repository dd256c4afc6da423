//! `cadenced check`: shows every problem in the config, with its line and how to fix it.

use std::io::{self, Write};
use std::path::Path;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::config::{self, Checked, Problem, Settings};

/// Everything is fine.
const FINE: u8 = 0;
/// There is something that the user must see.
const SEE: u8 = 1;
/// The config cannot be used (`EX_CONFIG` of sysexits.h).
const BAD_CONFIG: u8 = 78;

/// What `cadenced check` can be asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct CheckArgs {
    /// The output format.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckFormat {
    /// For people and editors: `FILE:LINE:COLUMN: what; remedy`.
    Text,
    /// For programs.
    Json,
}

/// The result for programs; keys may be added, these stay.
#[derive(Serialize)]
struct Verdict<'a> {
    file: String,
    usable: bool,
    problems: &'a [Problem],
    accounts: usize,
    calendars: usize,
    people: usize,
}

/// Checks the file at `path` and prints what it found to `out`; `zone` is the machine's. Returns the exit code: 0 fine,
/// 1 only warnings, 78 unusable.
///
/// # Errors
/// Where `out` cannot be written.
pub fn check(args: CheckArgs, path: &Path, zone: TimeZone, out: &mut dyn Write) -> io::Result<u8> {
    let checked = config::check_file(path, zone);
    match args.format {
        CheckFormat::Text => print(&checked, path, out)?,
        CheckFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &verdict(&checked, path))?;
            writeln!(out)?;
        }
    }
    Ok(match checked {
        ref bad if bad.has_errors() => BAD_CONFIG,
        ref odd if !odd.problems.is_empty() => SEE,
        _ => FINE,
    })
}

fn print(checked: &Checked, path: &Path, out: &mut dyn Write) -> io::Result<()> {
    for problem in &checked.problems {
        writeln!(out, "{}:{problem}", path.display())?;
    }
    match &checked.settings {
        Some(settings) if checked.problems.is_empty() => {
            writeln!(out, "{}: no problems: {}", path.display(), summary(settings))
        }
        Some(settings) => writeln!(out, "It can be used as it is: {}", summary(settings)),
        None => {
            writeln!(out, "{} to fix before cadenced can run", counted(checked.problems.len(), "problem", "problems"))
        }
    }
}

/// What the config holds, in one line.
fn summary(settings: &Settings) -> String {
    let all: usize = settings.accounts.iter().map(|account| account.calendars().count()).sum();
    let off = all - settings.calendars().count();
    let off = if off > 0 { format!(" ({off} switched off)") } else { String::new() };
    format!(
        "{}, {}{off}, {}",
        counted(settings.accounts.len(), "account", "accounts"),
        counted(all, "calendar", "calendars"),
        counted(settings.people.len(), "person", "people"),
    )
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn verdict<'a>(checked: &'a Checked, path: &Path) -> Verdict<'a> {
    let settings = checked.settings.as_ref();
    Verdict {
        file: path.display().to_string(),
        usable: settings.is_some(),
        problems: &checked.problems,
        accounts: settings.map_or(0, |settings| settings.accounts.len()),
        calendars: settings.map_or(0, |settings| settings.calendars().count()),
        people: settings.map_or(0, |settings| settings.people.len()),
    }
}
