//! Owns `cadenced report`: the week, on the terminal or into a file.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::context::Context;
use super::exit::{Ended, Exit};
use super::{Globals, screen};
use crate::domain::assess::horizon;
use crate::domain::week::{WeekId, facts};
use crate::report::write::whole;
use crate::report::{Format, Style, render};

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Which week, such as 2026-W47 [default: the last full one]
    #[arg(long, value_name = "WEEK")]
    pub week: Option<WeekId>,
    /// text, markdown, html or json [default: text, or html with --open]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Counts alone, without names, addresses and titles: safe to pass on
    #[arg(long)]
    pub share: bool,
    /// Write it to this file
    #[arg(long, value_name = "F")]
    pub output: Option<PathBuf>,
    /// Open it in the desktop's browser
    #[arg(long)]
    pub open: bool,
}

/// Writes the report of a week.
///
/// # Errors
/// The config's, the store's, and those of the file.
pub fn run(args: &ReportArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let week = args.week.unwrap_or_else(|| last_full_week(&context));
    in_view(week, &context)?;
    let format = args.format.unwrap_or(if args.open { Format::Html } else { Format::Text });
    // `screen::print` strips the colours again where stdout does not want them.
    let style = Style { colour: args.output.is_none(), share: args.share };
    let text = render(&facts(&found.standing, &context.policy, week), format, &style)?;
    let file = match (&args.output, args.open) {
        (Some(file), _) => file.clone(),
        (None, true) => context.place.reports(&context.settings).join(format!("{week}.{}", format.extension())),
        (None, false) => {
            screen::print(&text)?;
            return Ok(Exit::Fine);
        }
    };
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    whole(&file, text.as_bytes())?;
    anstream::eprintln!("The report of {week} is in {}", file.display());
    if args.open {
        show(&file)?;
    }
    Ok(Exit::Fine)
}

/// Refuses weeks of which nothing can be known: those to come, and those before what is kept in view.
fn in_view(week: WeekId, context: &Context) -> anyhow::Result<()> {
    let span = week.span(context.policy.first_weekday, &context.policy.zone);
    let view = horizon(context.now());
    let words = if span.start > context.now() {
        format!("{week} has not begun; the last full week is {}", last_full_week(context))
    } else if span.start < view.start {
        let first = context.wall().date(view.start);
        format!("{week} is too long ago: sessions are kept in view from {first} on")
    } else {
        return Ok(());
    };
    Err(Ended::new(Exit::Usage, words).into())
}

/// The week before the present one.
pub fn last_full_week(context: &Context) -> WeekId {
    let today = context.now().to_zoned(context.policy.zone.clone()).date();
    let first = context.policy.first_weekday;
    WeekId::of(today, first).back(1, first)
}

/// Hands a file to the desktop, which chooses what shows it.
fn show(file: &std::path::Path) -> anyhow::Result<()> {
    let quiet = Command::new("xdg-open").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match quiet {
        Ok(status) if status.success() => Ok(()),
        _ => {
            let words = format!("nothing could open {}; is xdg-open installed, and is this a desktop?", file.display());
            Err(Ended::new(Exit::LookHere, words).into())
        }
    }
}
