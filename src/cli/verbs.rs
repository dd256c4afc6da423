//! Arguments of the commands that show a standing, and the code that runs them.

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::sessions::Selection;
use super::status_health::Health;
use super::{Globals, csv, explain, explain_rescheduling, output, pauses, people, plan, series, sessions, status};
use crate::domain::plan::proposals;
use crate::domain::sanitize;
use crate::domain::session::{Choice, Decision};
use crate::domain::span::Span;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs; stable
    Json,
}

/// How `status` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people
    Text,
    /// For programs; stable
    Json,
    /// For a custom waybar module
    Waybar,
}

/// How `sessions` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SessionsFormat {
    /// For people
    Text,
    /// For programs; stable
    Json,
    /// For spreadsheets: one line per session (RFC 4180)
    Csv,
}

/// The arguments of `series`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SeriesArgs {
    /// Decide about one series
    #[command(subcommand)]
    pub decide: Option<Decide>,
    /// Show the other series too, with why each is not a 1:1
    #[arg(long)]
    pub all: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What can be decided about a series; the last word counts, and is kept.
#[derive(Debug, Subcommand)]
pub enum Decide {
    /// Say that it is a 1:1
    Confirm {
        /// The ID of the series, as `cadenced series --all` shows it; its first characters are enough
        id: String,
        /// Who it is with, if the calendar does not say: a name or an address
        #[arg(long, value_name = "PERSON")]
        person: Option<String>,
    },
    /// Say that it is not a 1:1
    Ignore {
        /// The ID of the 1:1, as `cadenced series` shows it; its first characters are enough
        id: String,
    },
}

/// The arguments of `sessions`.
#[derive(Debug, Args)]
pub struct SessionsArgs {
    /// Show sessions from this date or RFC 3339 time on [default: the first on record]
    #[arg(long, value_name = "DATE")]
    pub since: Option<DateOrInstant>,
    /// Show sessions up to this date (inclusive) or RFC 3339 time (exclusive) [default: in a week]
    #[arg(long, value_name = "DATE")]
    pub until: Option<DateOrInstant>,
    /// Show only sessions with this person: part of a name, or an address
    #[arg(long, value_name = "PERSON")]
    pub person: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = SessionsFormat::Text)]
    pub format: SessionsFormat,
}

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The ID of a series or a session, as `cadenced series --all` and `cadenced sessions` show it
    pub id: String,
}

/// The arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The output format
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
}

/// The arguments of verbs that have only a format.
#[derive(Debug, Args)]
pub struct FormatArgs {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// A date or an instant, as typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DateOrInstant {
    /// A day of the owner's.
    Day(Date),
    /// An instant.
    At(Timestamp),
}

impl std::str::FromStr for DateOrInstant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        let day = text.parse().map_err(|_| "write it like 2026-11-20 or 2026-11-20T09:00:00Z".to_owned())?;
        Ok(Self::Day(day))
    }
}

impl DateOrInstant {
    /// The instant at which a stretch begins here.
    fn start(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => day.to_zoned(zone.clone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp()),
        }
    }

    /// The instant at which a stretch that includes this day ends.
    fn end(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => day.tomorrow().map_or(Timestamp::MAX, |next| Self::Day(next).start(zone)),
        }
    }
}

fn put(format: Format, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) -> anyhow::Result<Exit> {
    match format {
        Format::Text => output::print(&text())?,
        Format::Json => output::print_json(&json())?,
    }
    Ok(Exit::Fine)
}

/// Runs `cadenced series`.
///
/// # Errors
/// The config's, the store's, stdout's, and an id that names nothing.
pub fn run_series(args: &SeriesArgs, globals: &Globals) -> anyhow::Result<Exit> {
    if let Some(decide) = &args.decide {
        return run_decide(decide, globals);
    }
    let (context, found) = Context::look(globals)?;
    let (standing, wall) = (&found.standing, context.wall());
    put(args.format, || series::text(standing, &wall, args.all), || series::json(standing, &wall, args.all))
}

fn run_decide(decide: &Decide, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let (Decide::Confirm { id, .. } | Decide::Ignore { id }) = decide;
    let subject = explain::find(&found.standing, id).map_err(|words| Ended::new(Exit::Usage, words))?;
    let (id, name) = match subject {
        explain::Subject::OneOnOne(one) | explain::Subject::Session(one, _) => {
            (one.id.clone(), Some(sanitize::name(&one.person, 60)))
        }
        explain::Subject::Other(other) => {
            (other.id.clone(), other.person.as_ref().map(|person| sanitize::name(person, 60)))
        }
    };
    let words = match decide {
        Decide::Confirm { person, .. } => {
            let whom =
                person.as_ref().map(|typed| sanitize::one_line(typed, 60)).or(name).ok_or_else(|| unnamed(&id.0))?;
            format!("{id} counts as a 1:1 with {whom} from now on.")
        }
        Decide::Ignore { .. } => format!("{id} does not count as a 1:1 from now on."),
    };
    let choice = match decide {
        Decide::Confirm { person, .. } => Choice::Confirm { id, person: person.clone() },
        Decide::Ignore { .. } => Choice::Ignore { id },
    };
    let decision = Decision { choice, at: context.now() };
    waiting()?.block_on(async { context.open()?.decide(decision).await.context("recording the decision") })?;
    output::print(&words)?;
    Ok(Exit::Fine)
}

fn unnamed(id: &str) -> Ended {
    let words = format!("the calendar does not say who {id} is with; add --person with a name or an address");
    Ended::new(Exit::Usage, words)
}

/// Runs `cadenced sessions`.
///
/// # Errors
/// The config's, the store's and stdout's.
pub fn run_sessions(args: &SessionsArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let zone = &context.policy.zone;
    let week = Span::new(found.standing.now, found.standing.now.saturating_add(jiff::SignedDuration::from_hours(168))?);
    let which = Selection {
        since: args.since.map(|edge| edge.start(zone)),
        until: Some(args.until.map_or(week.end, |edge| edge.end(zone))),
        person: args.person.clone(),
    };
    if which.is_empty() {
        return Err(Ended::new(Exit::Usage, "--until has to be after --since").into());
    }
    which.check_person(&found.standing).map_err(|words| Ended::new(Exit::Usage, words))?;
    let (standing, wall) = (&found.standing, context.wall());
    match args.format {
        SessionsFormat::Text => output::print(&sessions::text(standing, &wall, &which))?,
        SessionsFormat::Json => output::print_json(&sessions::json(standing, &wall, &which))?,
        SessionsFormat::Csv => output::print(&csv::sessions(standing, &wall, &which))?,
    }
    Ok(Exit::Fine)
}

/// Runs `cadenced explain`.
///
/// # Errors
/// The config's, the store's, stdout's, and an id that names nothing (exit code 2).
pub fn run_explain(args: &ExplainArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let subject = explain::find(&found.standing, &args.id).map_err(|words| Ended::new(Exit::Usage, words))?;
    let redaction = context.settings.notices.redaction;
    let title = |uid: &str| explain::title_of(uid, &found.snapshot, redaction);
    let mut text = explain::text(subject, &context.wall(), &title);
    if let explain::Subject::Session(_, session) = subject {
        let (standing, snapshot) = (&found.standing, &found.snapshot);
        text.push_str(&explain_rescheduling::text(session, standing, snapshot, &context.policy, &context.wall()));
    }
    output::print(&text)?;
    Ok(Exit::Fine)
}

/// Runs `cadenced plan`.
///
/// # Errors
/// The config's, the store's and stdout's.
pub fn run_plan(args: &FormatArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let (proposals, wall) = (proposals(&found.standing, &found.snapshot, &context.policy), context.wall());
    put(args.format, || plan::text(&proposals, &wall), || plan::json(&proposals, &wall))
}

/// Runs `cadenced people`.
///
/// # Errors
/// The config's, the store's and stdout's.
pub fn run_people(args: &FormatArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let wall = context.wall();
    put(args.format, || people::text(&found.standing, &wall), || people::json(&found.standing, &wall))
}

/// Runs `cadenced status`: exit code 1 where a source fails, but for a bar, which would hide it.
///
/// # Errors
/// The config's, the store's and stdout's.
pub fn run_status(args: &StatusArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let (standing, wall) = (&found.standing, context.wall());
    match args.format {
        StatusFormat::Text => {
            let health = Health::gather(&context)?;
            let pauses = pauses::text(standing, &found.snapshot, &wall);
            output::print(&(status::text(standing, &wall) + &pauses + &health.text(&wall)))?;
        }
        StatusFormat::Json => {
            let mut whole = status::json(standing, &wall);
            whole["pauses"] = pauses::json(standing, &found.snapshot, &wall);
            Health::gather(&context)?.add_to(&mut whole, &wall);
            output::print_json(&whole)?;
        }
        StatusFormat::Waybar => output::print(&status::waybar(standing, &wall).to_string())?,
    }
    let is_seen = args.format == StatusFormat::Waybar || !status::needs_a_look(standing);
    Ok(if is_seen { Exit::Fine } else { Exit::LookHere })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_wholly_inside_whether_it_begins_or_ends_the_stretch() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let day: DateOrInstant = "2026-11-20".parse().unwrap();
        assert_eq!(day.start(&berlin).to_string(), "2026-11-19T23:00:00Z");
        assert_eq!(day.end(&berlin).to_string(), "2026-11-20T23:00:00Z");
        let at: DateOrInstant = "2026-11-20T10:00:00+01:00".parse().unwrap();
        assert_eq!(at.end(&berlin).to_string(), "2026-11-20T09:00:00Z");
        assert!("tomorrow".parse::<DateOrInstant>().is_err());
    }
}
