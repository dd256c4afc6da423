//! `cadenced sync`: reads the calendars once, concurrently, with progress on a terminal, and records what they show.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::context::{Context, waiting};
use super::exit::Exit;
use super::login::account;
use super::{Globals, output};
use crate::calendar::Effort;
use crate::daemon::shared;
use crate::daemon::source_reader::{Outcome, Reader, readers};
use crate::domain::source::SourceId;
use crate::store::{Applied, Store};
use crate::wording::local_time::count;
use crate::wording::phrases::ended;
use crate::wording::read_problem::remedy;

/// How many calendars of one account are read at once.
const OF_ONE_ACCOUNT: usize = 4;

/// The arguments of `sync`.
#[derive(Debug, clap::Args)]
pub struct SyncArgs {
    /// Read only the calendars of these accounts
    #[arg(value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// Read everything again, not only what changed
    #[arg(long)]
    pub full: bool,
}

/// Reads the calendars once, side by side, and reports the result of each as soon as it is known.
///
/// # Errors
/// The config's and the store's own, and an account that the config does not have.
pub fn run(args: &SyncArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    for name in &args.accounts {
        account(&context, name)?;
    }
    let store = context.open()?;
    let all = readers(&context.settings, &shared(context.data(), &context.settings.owner));
    let is_wanted = |reader: &Reader| args.accounts.is_empty() || args.accounts.contains(&reader.id.account);
    let wanted: Vec<Reader> = all.into_iter().filter(is_wanted).collect();
    let effort = args.full.then_some(Effort::Full);
    waiting()?.block_on(read_all(wanted, &store, &context, effort))
}

async fn read_all(
    readers: Vec<Reader>,
    store: &Store,
    context: &Context,
    effort: Option<Effort>,
) -> anyhow::Result<Exit> {
    let mut worst = Exit::Fine;
    let bar = progress(readers.len());
    side_by_side(readers, store, &|| context.now(), effort, &bar, |reader, outcome| {
        if let Outcome::Failed(error) = outcome {
            worst = worse(worst, Exit::of_reading(error.kind));
        }
        Ok(bar.suspend(|| output::print(&line(reader, outcome)))?)
    })
    .await?;
    bar.finish_and_clear();
    context.cycle(store).record(context.now()).await.context("recording what follows from it")?;
    Ok(worst)
}

/// Reads calendars side by side, so that an account that hangs holds nobody else up, and hands on each outcome as it comes.
///
/// # Errors
/// The store's own, and those of `each`.
pub(super) async fn side_by_side(
    readers: Vec<Reader>,
    store: &Store,
    now: &dyn Fn() -> Timestamp,
    effort: Option<Effort>,
    bar: &ProgressBar,
    mut each: impl FnMut(&Reader, &Outcome) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut waiting = readers;
    let (mut reading, mut under_way, mut broken) = (JoinSet::new(), Vec::<SourceId>::new(), None);
    loop {
        let has_room = |reader: &mut Reader| {
            let busy = under_way.iter().filter(|id| id.account == reader.id.account).count();
            let starts = busy < OF_ONE_ACCOUNT;
            if starts {
                under_way.push(reader.id.clone());
            }
            starts
        };
        for mut reader in waiting.extract_if(.., has_room) {
            let (store, now) = (store.clone(), now());
            reading.spawn(async move {
                let outcome = reader.read(&store, now, effort).await;
                (reader, outcome)
            });
        }
        bar.set_message(names(&under_way));
        match reading.join_next().await {
            None => break,
            Some(Err(error)) => broken = Some(error),
            Some(Ok((reader, outcome))) => {
                under_way.retain(|id| *id != reader.id);
                bar.inc(1);
                each(&reader, &outcome.context("storing what was read")?)?;
            }
        }
    }
    broken.map_or(Ok(()), |error| Err(error).context("a read crashed; please report this bug"))
}

/// What is being read, short enough for one line.
fn names(ids: &[SourceId]) -> String {
    match ids {
        [] => String::new(),
        [one] => one.to_string(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

/// A moving line on a terminal, and nothing elsewhere.
pub(super) fn progress(calendars: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(calendars).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{spinner} reading {msg} ({pos} of {len} done, {elapsed})");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The result of one read, in a line.
pub(super) fn line(reader: &Reader, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Good(applied) => format!("{}: {}", reader.id, changes(applied)),
        Outcome::Failed(error) => {
            let remedy = remedy(error.kind, reader.credential, &reader.id.account);
            format!("{}: {} {remedy} What was read before is kept.", reader.id, ended(error.detail.clone()))
        }
    }
}

fn changes(applied: &Applied) -> String {
    let parts = [
        (applied.added, "new"),
        (applied.changed, "changed"),
        (applied.vanished, "gone (counted as deleted once the next read agrees)"),
        (applied.deleted, "deleted"),
        (applied.problems, "skipped or repaired (`cadenced status` says which)"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let total = i64::try_from(applied.added + applied.changed + applied.unchanged).unwrap_or(i64::MAX);
    if said.is_empty() {
        format!("{}, nothing new", count(total, "event"))
    } else {
        format!("{}: {}", count(total, "event"), said.join(", "))
    }
}

/// The exit code that tells more: a missing sign-in before a network that is down, and both before the rest.
fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Fine => 0,
        Exit::LookHere | Exit::Touched => 1,
        Exit::TryAgain => 2,
        Exit::Usage | Exit::BadConfig => 3,
        Exit::SignIn => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}
