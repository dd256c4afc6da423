//! `cadenced report`: writes the report of a week to the terminal or a file.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::{Globals, mail, output};
use crate::domain::assess::first_look;
use crate::domain::week::{WeekFacts, WeekId, past};
use crate::report::write::whole;
use crate::report::{Format, Style, render};
use crate::store::Store;

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that is typed")]
pub struct ReportArgs {
    /// The week, such as 2026-W47 [default: the last full one]
    #[arg(long, value_name = "WEEK")]
    pub week: Option<WeekId>,
    /// text, markdown, html or json [default: by the extension of --output; html with --open, else text]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Only counts, without names, addresses and titles: safe to pass on
    #[arg(long)]
    pub share: bool,
    /// Compute it from what is known now, instead of as it stood when it was due
    #[arg(long)]
    pub recompute: bool,
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Open it in the desktop's browser
    #[arg(long)]
    pub open: bool,
    /// Mail it to yourself, through the server in [mail] of the config
    #[arg(long, conflicts_with_all = ["format", "output", "open"])]
    pub mail: bool,
}

/// Writes the report of a week.
///
/// # Errors
/// The config's, the store's, and those of the file.
pub fn run(args: &ReportArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    let week = args.week.unwrap_or_else(|| last_full_week(&context));
    has_begun(week, &context)?;
    let by_name = || args.output.as_deref().and_then(Format::of_file);
    let usual = if args.open { Format::Html } else { Format::Text };
    let format = args.format.or_else(by_name).unwrap_or(usual);
    let store = context.open()?;
    let facts = waiting()?.block_on(facts_of(week, args.recompute, &context, &store))?;
    if args.mail {
        return mail::send(&facts, args.share, &context, &store);
    }
    // `output::print` strips the colours again where stdout does not want them.
    let style = Style { colour: args.output.is_none(), share: args.share, earlier: None };
    let text = render(&facts, format, &style)?;
    let file = match (&args.output, args.open) {
        (Some(file), _) => file.clone(),
        (None, true) => context.place.reports(&context.settings).join(format!("{week}.{}", format.extension())),
        (None, false) => {
            output::print(&text)?;
            return Ok(Exit::Fine);
        }
    };
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    whole(&file, text.as_bytes())?;
    anstream::eprintln!("The report for {week} is in {}", file.display());
    if args.open {
        show(&file)?;
    }
    Ok(Exit::Fine)
}

/// The report of the last full week, as text.
///
/// # Errors
/// The store's.
pub async fn last_week(context: &Context, store: &Store) -> anyhow::Result<String> {
    let facts = facts_of(last_full_week(context), false, context, store).await?;
    Ok(render(&facts, Format::Text, &Style { colour: true, share: false, earlier: None })?)
}

/// The facts of a week: as its report was delivered, unless it was corrected since; else as they were when it was due.
async fn facts_of(week: WeekId, recompute: bool, context: &Context, store: &Store) -> anyhow::Result<WeekFacts> {
    let (policy, now) = (&context.policy, context.now());
    let delivered = if recompute { None } else { store.report(week).await.context("reading the store")? };
    let at = match &delivered {
        Some(facts) => facts.made.min(now),
        None if recompute => now,
        None => past::as_of(week, policy, now),
    };
    let view = past::view(week, policy, at);
    let snapshot = store.snapshot_as_of(context.sources(), view, at).await.context("reading the store")?;
    match delivered {
        Some(facts) if !past::is_corrected(&snapshot.decisions, policy, week, at) => Ok(facts),
        _ => Ok(past::facts_as_of(&snapshot, policy, week, at)).and_then(|facts| known(facts, context)),
    }
}

/// Refuses a report of a week that neither a calendar nor the ledger reaches back to.
fn known(facts: WeekFacts, context: &Context) -> anyhow::Result<WeekFacts> {
    let mut strips = facts.people.iter().flat_map(|person| &person.one_on_ones).flat_map(|one| &one.strip);
    let is_recent = facts.span.end >= first_look(context.now()).start;
    if is_recent || strips.any(|week| !week.marks.is_empty()) {
        return Ok(facts);
    }
    let words = format!("{} is too long ago: neither the calendars nor the ledger go back that far", facts.week);
    Err(Ended::new(Exit::Usage, words).into())
}

/// Refuses weeks of which nothing can be known.
fn has_begun(week: WeekId, context: &Context) -> anyhow::Result<()> {
    if week.span(context.policy.first_weekday, &context.policy.zone).start <= context.now() {
        return Ok(());
    }
    let words = format!("{week} has not begun; the last full week is {}", last_full_week(context));
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
