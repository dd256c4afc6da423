//! `cadenced expand FILE`: shows every event of a calendar file in a time window, as cadenced reads it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::Serialize;

use crate::calendar::Problem;
use crate::calendar::file::{Calendar, read_calendar};
use crate::config::MAX_SIZE;
use crate::domain::event::{Event, Status};
use crate::domain::recurrence::{Moment, Options, Window, expand as instances_of};

use crate::domain::sanitize;

use super::exit::{Ended, Exit};

mod family;

use family::families;

/// Steps of work that one series may cost: enough for every half hour of a year many times over.
const SERIES_BUDGET: u32 = 1_000_000;
/// Steps that all the series together may cost that did not end by themselves; after that, each gets the least.
const FILE_BUDGET: u32 = 4_000_000;
const LEAST_BUDGET: u32 = 10_000;

/// The arguments of `cadenced expand`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExpandArgs {
    /// The calendar file (ICS); `-` is standard input
    pub file: PathBuf,
    /// The start of the window: a date or an RFC 3339 time [default: 30 days ago]
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// The end of the window (exclusive): a date or an RFC 3339 time [default: in a year]
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = ExpandFormat::Text)]
    pub format: ExpandFormat,
}

/// How `cadenced expand` writes its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExpandFormat {
    /// One line per event, for people.
    Text,
    /// The stable form for programs.
    Json,
}

/// One event in the window, as written out. Times are RFC 3339, without an offset where they float; dates for all-day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Row {
    uid: String,
    original_start: String,
    start: String,
    end: String,
    /// Null for dates and for times that float.
    zone: Option<String>,
    all_day: bool,
    status: Status,
    summary: String,
    /// The name of the zone that could not be resolved, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_zone: Option<String>,
    #[serde(skip)]
    order: Timestamp,
}

#[derive(Serialize)]
struct Output<'a> {
    events: &'a [Row],
    problems: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    r#where: &'a str,
    what: &'a str,
    skipped: bool,
}

/// Runs `cadenced expand`; floating times and dates are placed in the zone of `now`. Returns the exit code: 1 where there were problems.
///
/// # Errors
/// When the file cannot be read, the window makes no sense, or the result cannot be written.
pub fn expand(args: &ExpandArgs, now: &Zoned, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8> {
    let window = window(args, now)?;
    let calendar =
        read_within(open(&args.file)?, MAX_SIZE).with_context(|| format!("reading {}", args.file.display()))?;
    let mut problems = calendar.problems;
    let rows = rows(calendar.events, &window, &mut problems);
    match args.format {
        ExpandFormat::Json => {
            let problems =
                problems.iter().map(|p| Told { r#where: &p.place, what: &p.what, skipped: p.skipped }).collect();
            serde_json::to_writer_pretty(&mut *out, &Output { events: &rows, problems })?;
            writeln!(out)?;
        }
        ExpandFormat::Text => write_text(&rows, out)?,
    }
    for problem in &problems {
        let (place, what) = (sanitize::one_line(&problem.place, 200), sanitize::one_line(&problem.what, 300));
        writeln!(err, "{}: {place}: {what}", args.file.display())?;
    }
    Ok(u8::from(!problems.is_empty()))
}

fn open(file: &std::path::Path) -> Result<Box<dyn Read>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    if opened.metadata().is_ok_and(|found| found.is_dir()) {
        anyhow::bail!("{} is a folder; name a calendar file in it", file.display());
    }
    Ok(Box::new(opened))
}

/// A calendar of at most so many bytes; whatever it is read from may never end.
fn read_within(input: impl Read, most: u64) -> Result<Calendar> {
    let mut input = input.take(most + 1);
    let read = read_calendar(&mut input);
    if input.limit() == 0 {
        anyhow::bail!("it is larger than the {} MB that a calendar may have", most / 1_000_000);
    }
    Ok(read?)
}

/// The window asked for; by default from 30 days before `now` to a year after it, or the same around the end that was given.
fn window(args: &ExpandArgs, now: &Zoned) -> Result<Window> {
    let here = now.time_zone().clone();
    let given = |text: &Option<String>| text.as_deref().map(|text| edge(text, &here)).transpose();
    let (from, to) = match (given(&args.from)?, given(&args.to)?) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from.clone(), (&from).max(now).checked_add(1.year())?),
        (None, Some(to)) => ((&to).min(now).checked_sub(30.days())?, to),
        (None, None) => (now.checked_sub(30.days())?, now.checked_add(1.year())?),
    };
    if to <= from {
        return Err(Ended::new(Exit::Usage, "the window is empty: --to has to be after --from").into());
    }
    Ok(Window { from: from.timestamp(), to: to.timestamp(), here })
}

fn misuse(words: String) -> anyhow::Error {
    Ended::new(Exit::Usage, words).into()
}

fn edge(text: &str, here: &TimeZone) -> Result<Zoned> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.to_zoned(here.clone()));
    }
    let local = match text.parse::<Date>() {
        Ok(date) if text.len() <= 10 => date.to_datetime(jiff::civil::Time::midnight()),
        _ => text.parse::<DateTime>().map_err(|_| {
            misuse(format!("“{text}” is neither a date (2026-11-20) nor a time (2026-11-20T09:00:00+01:00)"))
        })?,
    };
    local.to_zoned(here.clone()).map_err(|_| misuse(format!("“{text}” is out of range; use a year from 1 to 9999")))
}

/// Every event in the window, by start, then uid.
fn rows(events: Vec<Event>, window: &Window, problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut left = FILE_BUDGET;
    for family in families(events, problems) {
        let overrides = family.overrides_for_expansion();
        let budget = SERIES_BUDGET.min(left).max(LEAST_BUDGET);
        let expansion = instances_of(&family.series(&overrides), window, Options { budget, ..Options::default() });
        left = if expansion.truncated { left.saturating_sub(budget) } else { left };
        for instance in &expansion.instances {
            let event = instance.overridden_by.and_then(|at| family.overrides.get(at)).unwrap_or(&family.master);
            let original = family.original(&instance.original);
            rows.push(row(event, original, &instance.start, &instance.end, window));
        }
        if expansion.truncated {
            let place = format!("uid {}", family.master.uid);
            let what = "its recurrence takes too much work; only a part of it was expanded".into();
            problems.push(Problem { place, what, skipped: false });
        }
    }
    rows.sort_by(|a, b| (a.order, &a.uid, &a.original_start).cmp(&(b.order, &b.uid, &b.original_start)));
    rows
}

fn row(event: &Event, original: &Moment, start: &Moment, end: &Moment, window: &Window) -> Row {
    Row {
        uid: event.uid.clone(),
        original_start: written(original),
        start: written(start),
        end: written(end),
        zone: match start {
            Moment::Zoned(_, zone) => Some(zone.name().to_owned()),
            Moment::Date(_) | Moment::Floating(_) => None,
        },
        all_day: start.is_date(),
        status: event.status,
        summary: event.title.clone(),
        unknown_zone: event.unknown_zone.clone(),
        order: start.instant(&window.here),
    }
}

fn written(moment: &Moment) -> String {
    match moment {
        Moment::Date(date) => date.to_string(),
        Moment::Floating(local) => local.to_string(),
        Moment::Zoned(_, zone) => {
            let at = moment.instant(zone.rules());
            at.display_with_offset(zone.rules().to_offset(at)).to_string()
        }
    }
}

fn write_text(rows: &[Row], out: &mut dyn Write) -> Result<()> {
    for row in rows {
        let time = |text: &str| text.get(11..16).unwrap_or("").to_owned();
        let date = |text: &str| text.get(..10).unwrap_or(text).to_owned();
        let span = match (row.all_day, date(&row.start) == date(&row.end)) {
            (true, _) => "all day".to_owned(),
            (false, true) => format!("{}–{}", time(&row.start), time(&row.end)),
            (false, false) => format!("{}–…", time(&row.start)),
        };
        let note = match row.status {
            Status::Cancelled => " (cancelled)",
            Status::Tentative => " (tentative)",
            Status::Confirmed => "",
        };
        let zone = row.zone.as_deref().unwrap_or("-");
        let title = sanitize::one_line(&row.summary, 200);
        writeln!(out, "{}  {span:<11}  {zone:<20}  {title}{note}", date(&row.start))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_read_no_further_than_a_calendar_may_be_long() {
        let whole =
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260105T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let length = whole.len() as u64;
        assert_eq!(read_within(whole.as_slice(), length).unwrap().events.len(), 1);
        let endless = || io::repeat(b'\n');
        let inputs: [Box<dyn Read>; 4] = [
            Box::new(whole.as_slice().chain(b"\n".as_slice())),
            Box::new(whole.as_slice().chain(endless())),
            Box::new(b"BEGIN:VCALENDAR\r\n".as_slice().chain(endless())),
            Box::new(endless()),
        ];
        for input in inputs {
            let error = read_within(input, length).unwrap_err().to_string();
            assert!(error.contains("larger than"), "{error}");
        }
    }
}
