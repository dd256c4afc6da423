//! `cadenced demo`: plays the main job through on made-up calendars around today, step by step.

pub mod calendars;
mod cast;
mod entry;
#[cfg(test)]
mod tests;
mod turn;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;

use super::context::{Context, Found, waiting};
use super::exit::Exit;
use super::output::{self, Tone, paint};
use super::report::last_full_week;
use super::{Globals, plan, series, sessions};
use crate::clock::Clock;
use crate::domain::plan::{Notice, proposals};
use crate::domain::session::Outcome;
use crate::domain::standing::{OneOnOne, Standing};
use crate::domain::week::facts;
use crate::notify::dbus::Notifier;
use crate::notify::text::message;
use crate::report::write::whole;
use crate::report::{Format, Style, render};
use crate::store::Store;
use crate::wording::local_time::{LocalTime, count};
use calendars::World;
use turn::{Read, Turn};

/// The arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Keep everything in this folder, and replace what an earlier demo left there
    #[arg(long, value_name = "FOLDER", default_value = "cadenced-demo")]
    pub dir: PathBuf,
    /// Show the notices on the desktop as well
    #[arg(long)]
    pub notify: bool,
}

/// Plays the main job through.
///
/// # Errors
/// Those of the folder and of everything that the main job is made of.
pub fn run(args: &DemoArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let now = globals.now.map_or(Clock::System, Clock::Stopped).now();
    let world = World::around(now).context("the time zone database lacks Europe/Berlin")?;
    let folder = Folder::prepare(&args.dir)?;
    waiting()?.block_on(play(&world, &folder, args.notify))
}

/// Where the demo leaves its files.
struct Folder {
    path: PathBuf,
    config: PathBuf,
}

impl Folder {
    /// Makes the folder and its config; what an earlier demo left there is removed, and nothing else.
    fn prepare(path: &Path) -> anyhow::Result<Self> {
        let making = || format!("preparing {}", path.display());
        std::fs::create_dir_all(path.join("feeds")).with_context(making)?;
        let path = path.canonicalize().with_context(making)?;
        let config = path.join("config.toml");
        let data = path.join("data");
        // Only a folder that a demo made is emptied: one that holds another's config or data is left alone.
        if config.exists() {
            let is_ours = std::fs::read_to_string(&config).is_ok_and(|text| text.starts_with(cast::FIRST_LINE));
            anyhow::ensure!(is_ours, "{} is used by something else; name another folder with --dir", path.display());
            if data.exists() {
                std::fs::remove_dir_all(&data).with_context(making)?;
            }
        }
        let feeds = url::Url::from_directory_path(path.join("feeds"));
        let feeds = feeds.map_err(|()| anyhow::anyhow!("{} makes no file: address", path.display()))?;
        let is_taken = data.exists() && !config.exists();
        anyhow::ensure!(!is_taken, "{} holds other data; name another folder with --dir", path.display());
        write(&config, cast::config(feeds.as_str()).as_bytes())?;
        Ok(Self { path, config })
    }

    /// Puts the feeds there as they looked at an instant.
    fn serve(&self, world: &World, at: Timestamp) -> anyhow::Result<()> {
        for feed in world.feeds(at) {
            write(&self.path.join("feeds").join(feed.name), feed.ics.as_bytes())?;
        }
        Ok(())
    }

    /// The program's own view of the folder at an instant, by the very config that is left there.
    fn context(&self, at: Timestamp) -> anyhow::Result<Context> {
        Context::load(&Globals { config: Some(self.config.clone()), now: Some(at), ..Globals::default() })
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    whole(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// What the readings came to.
struct DemoResult {
    context: Context,
    found: Found,
    /// A line for each reading.
    reads: Vec<String>,
    told: Vec<(Timestamp, Notice)>,
}

async fn play(world: &World, folder: &Folder, notify: bool) -> anyhow::Result<Exit> {
    opening(folder)?;
    let readings = world.readings();
    let store = folder.context(readings[0])?.open()?;
    let played = Box::pin(read_through(world, folder, &store)).await?;
    step("Reads", &output::indented(played.reads.clone(), "  ", "      "))?;
    let (standing, wall) = (&played.found.standing, played.context.wall());
    step("The 1:1s found", &series::text(standing, &wall, true))?;
    step("Lost sessions", &lost(standing, &wall))?;
    step("Notices", &notices(&played))?;
    let proposed = proposals(standing, &played.found.snapshot, &played.context.policy);
    step("What would be done now (`cadenced plan`)", &plan::text(&proposed, &wall))?;
    let html = report(&played)?;
    closing(folder, &html)?;
    if notify {
        on_the_desktop(&played).await?;
    }
    store.close().await?;
    Ok(Exit::Fine)
}

fn opening(folder: &Folder) -> anyhow::Result<()> {
    let words = "A made-up manager with six people, over fourteen weeks. The calendars change while they are watched, so they are \
                 read five times, as if over the last eight days.";
    let lines = [words.to_owned(), format!("Feeds, config and database: {}", folder.path.display())];
    step("Made-up calendars", &output::indented(lines, "", ""))
}

/// Reads the calendars as they looked at each instant, and does after each what the daemon would do.
async fn read_through(world: &World, folder: &Folder, store: &Store) -> anyhow::Result<DemoResult> {
    let mut told = Vec::new();
    let mut reads = Vec::new();
    let mut last = None;
    for at in world.readings() {
        folder.serve(world, at)?;
        let context = folder.context(at)?;
        let turn = Turn { context: &context, store };
        let each = turn.read().await?;
        reads.push(read_line(&each, at, &context.wall()));
        told.extend(turn.act().await?.into_iter().map(|notice| (at, notice)));
        last = Some((turn.found().await?, context));
    }
    let (found, context) = last.context("nothing was read")?;
    Ok(DemoResult { context, found, reads, told })
}

fn read_line(reads: &[Read], at: Timestamp, wall: &LocalTime) -> String {
    let each = reads.iter().map(|read| {
        let applied = &read.applied;
        let events = i64::try_from(applied.added + applied.changed + applied.unchanged).unwrap_or(i64::MAX);
        let mut words = format!("{} {}", read.name, count(events, "event"));
        let news = [
            (applied.changed, "changed"),
            (applied.vanished, "missing"),
            (applied.deleted, "deleted, as a second read confirms"),
            (applied.problems, "with problems"),
        ];
        let is_first = applied.unchanged + applied.changed == 0;
        let added = (!is_first && applied.added > 0).then(|| format!("{} new", applied.added));
        let news = news.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        let news: Vec<_> = added.into_iter().chain(news).collect();
        if !news.is_empty() {
            let _ = write!(words, " ({})", news.join(", "));
        }
        words
    });
    format!("{}: {}", wall.moment(at), each.collect::<Vec<_>>().join("; "))
}

/// The lost sessions of the demo's fourteen weeks, by person, and how many were held.
fn lost(standing: &Standing, wall: &LocalTime) -> String {
    let kept = |one: &OneOnOne| OneOnOne {
        sessions: one
            .sessions
            .iter()
            .filter(|s| s.outcome.is_lost() || s.outcome == Outcome::Excused)
            .cloned()
            .collect(),
        ..one.clone()
    };
    let lost = Standing { one_on_ones: standing.one_on_ones.iter().map(kept).collect(), ..standing.clone() };
    let all = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    let held = all.clone().filter(|session| session.outcome.is_held()).count();
    let over = all.filter(|session| session.outcome != Outcome::Upcoming).count();
    let which = sessions::Selection::default();
    format!("{held} of {over} sessions were held. The others:\n\n{}", sessions::text(&lost, wall, &which))
}

/// Every notice of the five readings, in the words that the desktop gets.
fn notices(played: &DemoResult) -> String {
    if played.told.is_empty() {
        return "Nothing.\n".to_owned();
    }
    let policy = &played.context.policy;
    let wall = played.context.wall();
    let said = played.told.iter().map(|(at, notice)| {
        let message = message(notice, &[], policy.redaction, &policy.zone, *at);
        let head = format!("{}  {}", paint(Tone::Faint, &wall.moment(*at)), paint(Tone::Strong, &message.summary));
        let body = message.body.iter().chain(&message.instead).map(|line| output::foreign(line, 400));
        format!("{head}\n{}", output::indented(body, "    ", "    "))
    });
    said.collect()
}

/// Prints the report and writes the HTML beside the database; says where.
fn report(played: &DemoResult) -> anyhow::Result<PathBuf> {
    let context = &played.context;
    let week = last_full_week(context);
    let facts = facts(&played.found.standing, &[], &context.policy, week);
    step(
        "The report of last week (`cadenced report`)",
        &render(&facts, Format::Text, &Style { colour: true, share: false, earlier: None })?,
    )?;
    let folder = context.place.reports(&context.settings);
    Ok(crate::report::write::keep(&folder, &facts, &[Format::Html])?)
}

fn closing(folder: &Folder, html: &Path) -> anyhow::Result<()> {
    let config = folder.config.display();
    let body = format!(
        "{}\n\nLook around with any command, for example\n  cadenced --config {config} explain ID\n  cadenced --config {config} sessions --person ada\n",
        html.display()
    );
    step("The same as HTML", &body)
}

/// The notices of the last reading, on the desktop.
async fn on_the_desktop(played: &DemoResult) -> anyhow::Result<()> {
    let now = played.found.standing.now;
    let policy = &played.context.policy;
    let mut notifier = Notifier::new(std::time::Duration::from_secs(5));
    for (_, notice) in played.told.iter().filter(|(at, _)| *at == now) {
        notifier.send(&message(notice, &[], policy.redaction, &policy.zone, now), None).await?;
    }
    Ok(())
}

/// Tells one step of the main job.
fn step(heading: &str, body: &str) -> anyhow::Result<()> {
    let rule = "─".repeat(usize::from(output::COLUMNS));
    Ok(output::print(&format!("{}\n{}\n{body}\n", paint(Tone::Strong, heading), paint(Tone::Faint, &rule)))?)
}
