//! The command line: its commands and their help, and the dispatch to the file that runs each.

pub mod check;
pub mod context;
pub mod csv;
pub mod demo;
pub mod doctor;
pub mod draft;
pub mod exit;
pub mod expand;
pub mod explain;
pub mod explain_rescheduling;
pub mod inbox;
mod logging;
pub mod login;
pub mod logout;
pub mod mail;
pub mod output;
mod packagers;
mod pauses;
pub mod people;
pub mod plan;
pub mod report;
pub mod run;
#[cfg(test)]
mod sample;
pub mod series;
pub mod sessions;
pub mod setup;
pub mod status;
pub mod status_health;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod unit;
pub mod verbs;
mod wake_daemon;
pub mod words;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand};
use jiff::Timestamp;
use tracing::level_filters::LevelFilter;

use crate::clock::{Clock, machine_zone};
use exit::Exit;

/// Keeps your 1:1s: notices missed ones, and tells you each week how you are doing.
#[derive(Debug, Parser)]
#[command(name = "cadenced", version, about, max_term_width = 100, after_long_help = EXAMPLES)]
pub struct Cli {
    /// The arguments that every verb takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The arguments that every verb takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Globals {
    /// Use this config file instead of the default one
    #[arg(long, value_name = "FILE", global = true, help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// Use the config and data of this profile
    #[arg(long, value_name = "NAME", global = true, help_heading = "Everywhere")]
    pub profile: Option<String>,
    /// Pretend that this is the current time, to try things out (RFC 3339, such as 2026-11-20T09:00:00Z)
    #[arg(long, value_name = "RFC3339", value_parser = instant, global = true, help_heading = "Everywhere")]
    pub now: Option<Timestamp>,
    /// Log more on stderr; repeat for still more
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = "Everywhere")]
    pub verbose: u8,
    /// Log only errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    pub quiet: bool,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the daemon in the foreground, until SIGTERM; SIGHUP reads the config again
    Run,
    /// Read the calendars once, with progress on a terminal
    Sync(sync::SyncArgs),
    /// Sign in to an account through the browser
    Login(login::LoginArgs),
    /// Revoke and delete a sign-in; what was read is kept
    Logout(logout::LogoutArgs),
    /// Set up cadenced step by step: calendars, who you are, the 1:1s found, the service
    Setup(setup::SetupArgs),
    /// Watch it work on made-up calendars around today; needs no config
    Demo(demo::DemoArgs),
    /// Show every problem in the config, with its line and how to fix it
    Check(check::CheckArgs),
    /// Show health and freshness of each calendar, the next 1:1, and what is owed
    Status(verbs::StatusArgs),
    /// Show the 1:1s found; confirm or ignore one
    Series(verbs::SeriesArgs),
    /// Show the ledger: every session and what became of it
    Sessions(verbs::SessionsArgs),
    /// Explain why a series or a session is what it is, and what would change it
    Explain(verbs::ExplainArgs),
    /// Show what would be done now about what is owed, without doing it
    Plan(verbs::FormatArgs),
    /// Write a message that proposes a new time for an owed session, and an invitation as a file
    Draft(draft::DraftArgs),
    /// Show every decision that waits for you, and its choices
    Inbox(inbox::InboxArgs),
    /// Make one of these decisions, or say what became of a session
    Do(inbox::DoArgs),
    /// Undo a move or a make-up that nobody has changed since
    Undo(inbox::UndoArgs),
    /// Write the report of a week
    Report(report::ReportArgs),
    /// Show the roster: cadence, last held, owed, and who has no standing 1:1
    People(verbs::FormatArgs),
    /// Find out what is wrong with the setup, and how to fix it; with --live, ask the servers too
    Doctor(doctor::DoctorArgs),
    /// Show what cadenced sees in a calendar file
    Expand(expand::ExpandArgs),
    /// Write shell completions to stdout (for packagers)
    Completions(packagers::Completions),
    /// Write a man page to stdout, or all of them into a folder (for packagers)
    Man(packagers::Man),
}

const EXAMPLES: &str = "\
Examples:
  cadenced demo                      watch it work on made-up calendars; needs no config
  cadenced setup                     guided setup: from nothing to the first report
  cadenced login work                sign in to the account that the config calls work
  cadenced check                     every problem in the config, and how to fix it
  cadenced doctor                    what is wrong on this machine, and how to fix it
  cadenced sync && cadenced series   read the calendars, then show the 1:1s found
  cadenced sessions --since 2026-11-01 --person ann
  cadenced explain ID                why a 1:1 or a session is what it is
  cadenced do SESSION held           say that it was held; or no-show, excuse, waive, clear
  cadenced inbox                     what waits for you; then: cadenced do ITEM CHOICE
  cadenced report                    last week, on the terminal
  cadenced report --format html --output week.html --open
  cadenced report --mail --share     mail yourself counts without names
  cadenced run                       run the daemon in the foreground

Exit codes:
  0  fine
  1  something needs your attention: a part failed, or problems were found
  2  the command line is not valid
  3  not undone: somebody has changed the event since
  75 try again later: offline, or a server failed or asked to wait
  77 a calendar needs you to sign in
  78 the config is wrong; `cadenced check` says where

Results go to stdout, messages to stderr. `--format json` is stable; its schemas are installed with the
documentation (PREFIX/share/doc/cadenced/docs/schemas).
Output is coloured only on a terminal, and never with NO_COLOR set.";

fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write it like 2026-11-20T09:00:00Z or 2026-11-20T10:00:00+01:00".to_owned())
}

/// Reads the arguments, does what they say, and turns the result into an exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(refused) => return refuse(&refused),
    };
    // The daemon logs as its config says, which is read first.
    if !matches!(cli.verb, Verb::Run) {
        logging::start(&cli.globals, LevelFilter::WARN);
    }
    match perform(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error).into(),
    }
}

/// Help and version are results and end well; anything else that clap refuses is a usage error.
fn refuse(refused: &clap::Error) -> ExitCode {
    // Nobody is left to tell when even this cannot be written.
    let _ = refused.print();
    if refused.use_stderr() { Exit::Usage.into() } else { Exit::Fine.into() }
}

fn perform(cli: &Cli) -> anyhow::Result<Exit> {
    let globals = &cli.globals;
    match &cli.verb {
        Verb::Run => run::run(globals),
        Verb::Sync(args) => sync::run(args, globals),
        Verb::Login(args) => login::run(args, globals),
        Verb::Logout(args) => logout::run(args, globals),
        Verb::Doctor(args) => doctor::run(args, globals),
        Verb::Setup(args) => setup::run(*args, globals),
        Verb::Demo(args) => demo::run(args, globals),
        Verb::Check(args) => run_check(*args, globals),
        Verb::Status(args) => verbs::run_status(args, globals),
        Verb::Series(args) => verbs::run_series(args, globals),
        Verb::Sessions(args) => verbs::run_sessions(args, globals),
        Verb::Explain(args) => verbs::run_explain(args, globals),
        Verb::Plan(args) => verbs::run_plan(args, globals),
        Verb::Draft(args) => draft::run(args, globals),
        Verb::Inbox(args) => inbox::run_inbox(args, globals),
        Verb::Do(args) => inbox::run_do(args, globals),
        Verb::Undo(args) => inbox::run_undo(args, globals),
        Verb::Report(args) => report::run(args, globals),
        Verb::People(args) => verbs::run_people(args, globals),
        Verb::Expand(args) => run_expand(args, globals),
        Verb::Completions(args) => packagers::completions(args, &mut Cli::command()),
        Verb::Man(args) => packagers::man(args, Cli::command()),
    }
}

fn run_check(args: check::CheckArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let place = context::place(globals)?;
    let code = check::check(args, &place.config, machine_zone(), &mut anstream::stdout())?;
    Ok(Exit::from_code(code))
}

fn run_expand(args: &expand::ExpandArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let now = globals.now.map_or(Clock::System, Clock::Stopped).now().to_zoned(machine_zone());
    let code = expand::expand(args, &now, &mut anstream::stdout(), &mut anstream::stderr())?;
    Ok(Exit::from_code(code))
}
