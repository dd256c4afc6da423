//! `cadenced doctor`: diagnoses the installation, and with `--live` the servers, and says how to fix what is wrong.
//!
//! It changes nothing: it makes no file, restores nothing and unlocks nothing. Every look at something that might not
//! answer has its time.

mod blank;
mod bundle;
mod clock;
mod config;
mod database;
mod desktop;
mod finding;
mod live;
mod numbers;
mod pending;
mod redact;
mod secrets;
mod service;
mod sources;
pub(super) mod trial;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

pub use self::finding::{Finding, Kind, State};
use super::Globals;
use super::context::{self, Context, configured, waiting};
use super::exit::Exit;
use super::login::account;
use super::output;
use super::status;
use super::unit::UnitState;
use crate::clock::{Clock, machine_zone};
use crate::config::{Account, Place, Problem, Settings, check_file, document};
use crate::daemon::instance_lock;
use crate::domain::assess::{assess, horizon};
use crate::domain::email::QueuedEmail;
use crate::domain::operation::Operation;
use crate::domain::snapshot::Horizon;
use crate::domain::standing::LeftOut;
use crate::notify::server::About;
use crate::store::{Form, Inspection, PollState, Store};
use crate::wording::local_time::LocalTime;

/// How long the database may take to say what it knows.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Also check this account, or all of them, with its server: sign-in, calendars, events, changes, clock, free/busy. Nothing is written
    #[arg(long, value_name = "ACCOUNT", num_args = 0..=1)]
    pub live: Option<Option<String>>,
    /// Show one trial notice, and wait 20 seconds until its button is pressed
    #[arg(long)]
    pub notice: bool,
    /// The output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DoctorFormat,
    /// Write a report for a bug tracker, with nothing private in it; `-` for stdout. Nothing is sent
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "format")]
    pub bundle: Option<Option<PathBuf>>,
}

/// How the findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DoctorFormat {
    /// For people.
    Text,
    /// For programs; see docs/schemas/doctor.json.
    Json,
}

/// What the doctor looks at.
pub struct DoctorContext {
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// Where its files are, or why that is not known.
    pub place: Result<Place, String>,
    /// What is wrong with its config.
    pub problems: Vec<Problem>,
    /// The config, where it can be used.
    pub settings: Option<Settings>,
    /// The folder of its database, as far as it is known.
    pub data: Option<PathBuf>,
    /// The present.
    pub now: Timestamp,
    /// The words for times.
    pub wall: LocalTime,
}

/// The result of looking.
pub struct Examined {
    /// Everything that was looked at.
    pub findings: Vec<Finding>,
    /// The files of the database.
    pub inspection: Option<Inspection>,
    /// The notification server.
    pub server: Option<About>,
    /// What systemd says of the unit.
    pub unit: Option<UnitState>,
    /// What the daemon says of itself.
    pub daemon: Option<instance_lock::State>,
    /// What the database knows, where it can be read.
    pub known: Option<DatabaseFacts>,
}

/// What the database knows.
pub struct DatabaseFacts {
    /// The store, for reading only.
    pub store: Store,
    /// How each calendar of the config was read.
    states: Vec<PollState>,
    operations: Vec<Operation>,
    last_letter: Option<QueuedEmail>,
    left_out: Vec<LeftOut>,
}

/// Looks at everything that can be wrong here, and with `--live` at what the servers say.
///
/// # Errors
/// An account that the config does not have. Everything else is a finding; the exit code is that of the worst.
pub fn run(args: &DoctorArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let case = DoctorContext::of(globals);
    let asked = asked(args, globals)?;
    let runtime = waiting()?;
    let mut examined = runtime.block_on(examine(&case));
    if let Some((context, accounts)) = &asked {
        for account in accounts {
            examined.findings.extend(runtime.block_on(live::findings(account, context)));
        }
    }
    if args.notice {
        anstream::eprintln!("{}", trial::announcement());
        examined.findings.push(runtime.block_on(trial::finding()));
    }
    if let Some(file) = &args.bundle {
        let context = Context::load(globals).ok();
        let text = runtime.block_on(bundle::text(&case, &examined, context.as_ref()));
        runtime.shutdown_background();
        write_bundle(&case, file.clone(), &text)?;
        return Ok(finding::worst(&examined.findings));
    }
    // Whatever still waits for an answer is left to itself.
    runtime.shutdown_background();
    match args.format {
        DoctorFormat::Text => output::print(&text(&examined.findings))?,
        DoctorFormat::Json => output::print_json(&json(&examined.findings, &case))?,
    }
    Ok(finding::worst(&examined.findings))
}

/// Writes the report for a bug tracker where it should be, and says what to do with it.
fn write_bundle(case: &DoctorContext, file: Option<PathBuf>, text: &str) -> anyhow::Result<()> {
    let file = file.unwrap_or_else(|| bundle::usual_name(case));
    if file.as_os_str() == "-" {
        return Ok(output::print(text)?);
    }
    bundle::write(&file, text)?;
    let words = format!("{}: written. Read it before you send it; nothing was sent.", file.display());
    Ok(output::print(&words)?)
}

/// The accounts whose servers are to be asked; none where the config cannot be used, which is a finding.
fn asked(args: &DoctorArgs, globals: &Globals) -> anyhow::Result<Option<(Context, Vec<Account>)>> {
    let (Some(live), Ok(context)) = (&args.live, Context::load(globals)) else { return Ok(None) };
    let accounts = match live {
        Some(name) => vec![account(&context, name)?.clone()],
        None => context.settings.accounts.clone(),
    };
    Ok(Some((context, accounts)))
}

impl DoctorContext {
    fn of(globals: &Globals) -> Self {
        let place = context::place(globals).map_err(|error| error.to_string());
        let now = globals.now.map_or(Clock::System, Clock::Stopped).now();
        let checked = place.as_ref().ok().map(|place| check_file(&place.config, machine_zone()));
        let (settings, problems) = checked.map(|checked| (checked.settings, checked.problems)).unwrap_or_default();
        let zone = settings.as_ref().map_or_else(machine_zone, |settings| settings.owner.zone.clone());
        let data = place.as_ref().ok().map(|place| match &settings {
            Some(settings) => place.data(settings).to_path_buf(),
            None => place.data.clone(),
        });
        let wall = LocalTime::of(zone, now);
        Self { profile: globals.profile.clone(), place, problems, settings, data, now, wall }
    }
}

/// Looks at everything here, without asking anybody outside this machine.
async fn examine(case: &DoctorContext) -> Examined {
    let search = std::env::var_os("PATH");
    let desktop = desktop::look(case).await;
    let unit = service::look(case, desktop.has_session).await;
    let inspection = case.data.as_deref().and_then(database::inspect);
    // A disk that does not answer is not asked again.
    let daemon = case.data.as_deref().filter(|_| inspection.is_some()).and_then(instance_lock::look);
    let known = known(case, inspection.as_ref()).await;
    let mut findings = config::findings(case);
    findings.extend(secrets::findings(case, search.as_deref()).await);
    findings.extend(sources::sign_ins(case).await);
    findings.extend(desktop.findings);
    let (states, operations) =
        known.as_ref().map_or((&[][..], &[][..]), |known| (&known.states[..], &known.operations[..]));
    findings.push(clock::clock(case, desktop.system.as_ref(), states, operations).await);
    findings.extend(clock::zones(case));
    if case.data.is_some() {
        findings.extend(database::findings(case, inspection.as_ref(), daemon.is_some()));
    }
    findings.extend(calendars(case, known.as_ref()));
    findings.extend(service::daemon(case, daemon.as_ref()));
    findings.extend(service::unit(case, unit.as_ref(), daemon.is_some()));
    Examined { findings, inspection, server: desktop.server, unit, daemon, known }
}

/// What the database knows of calendars, writes and letters; nothing where it cannot be read or does not answer.
async fn known(case: &DoctorContext, inspection: Option<&Inspection>) -> Option<DatabaseFacts> {
    inspection?.form.as_ref().ok().filter(|form| **form == Form::Current)?;
    let store = Store::view(case.data.as_deref()?).ok()?;
    let ask = async {
        let mut states = Vec::new();
        for calendar in case.settings.iter().flat_map(Settings::calendars) {
            states.push(store.poll_state(calendar.id.clone()).await.ok()?);
        }
        let operations = store.operations().await.ok()?;
        let last_letter = store.posted(1).await.ok()?.pop();
        let left_out = left_out(case, &store).await?;
        Some((states, operations, last_letter, left_out))
    };
    let (states, operations, last_letter, left_out) = timeout(ANSWER_TIMEOUT, ask).await.ok().flatten()?;
    Some(DatabaseFacts { store, states, operations, last_letter, left_out })
}

/// The series that a plan does not look at.
async fn left_out(case: &DoctorContext, store: &Store) -> Option<Vec<LeftOut>> {
    let Some(settings) = &case.settings else { return Some(Vec::new()) };
    let (span, policy) = (horizon(case.now), Arc::new(settings.policy()));
    let snapshot = store.relevant_snapshot(configured(settings), Horizon(span), Arc::clone(&policy)).await.ok()?;
    Some(assess(&snapshot.known_at(case.now), &policy, span, case.now).left_out)
}

fn calendars(case: &DoctorContext, known: Option<&DatabaseFacts>) -> Vec<Finding> {
    let never = PollState::default();
    let calendars = case.settings.iter().flat_map(Settings::calendars).enumerate();
    let mut findings: Vec<Finding> = calendars
        .map(|(at, calendar)| {
            let state = known.and_then(|known| known.states.get(at)).unwrap_or(&never);
            sources::freshness(case, calendar, state)
        })
        .collect();
    if let Some(known) = known {
        findings.push(pending::writing(case, &known.operations));
        findings.extend(known.last_letter.as_ref().map(|last| pending::mail(case, last)));
        findings.extend(status::left_out(&known.left_out).into_iter().map(sources::left_out));
    }
    findings
}

/// For people: each finding, and the sum of it.
fn text(findings: &[Finding]) -> String {
    let mut text: String = findings.iter().map(|finding| at_home(finding).text()).collect();
    let many = |word: &str| findings.iter().filter(|finding| finding.word() == word).count();
    let more = document("troubleshooting.md");
    let sum = match (many("wrong"), many("note")) {
        (0, 0) => "Nothing is wrong.".to_owned(),
        (0, note) => format!("Nothing is wrong, {note} worth knowing. More about each:\n  {more}"),
        (wrong, note) => format!("{wrong} wrong, {note} worth knowing. More about each:\n  {more}"),
    };
    text.push('\n');
    text.push_str(&sum);
    text
}

/// The same with `~` for the home folder, as a shell takes it too.
fn at_home(finding: &Finding) -> Finding {
    let Some(home) = std::env::var("HOME").ok().filter(|home| home.len() > 1) else { return finding.clone() };
    let short = |text: &str| text.replace(&format!("{}/", home.trim_end_matches('/')), "~/");
    Finding { detail: short(&finding.detail), remedy: finding.remedy.as_deref().map(short), ..finding.clone() }
}

/// For programs; see `docs/schemas/doctor.json`.
fn json(findings: &[Finding], case: &DoctorContext) -> Value {
    json!({
        "now": case.wall.exact(case.now),
        "version": env!("CARGO_PKG_VERSION"),
        "worst": finding::worst(findings).code(),
        "findings": findings.iter().map(Finding::json).collect::<Value>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_get_is_what_the_schema_says() {
        let schema: Value = serde_json::from_str(include_str!("../../docs/schemas/doctor.json")).unwrap();
        let findings: Vec<Finding> = Kind::ALL
            .into_iter()
            .map(|kind| Finding::wrong(kind, "x", Exit::LookHere, "y").remedy("z"))
            .chain([Finding::fine(Kind::Bus, "x", "y"), Finding::note(Kind::Unit, "x", "y")])
            .collect();
        let json = json(&findings, &DoctorContext::of(&Globals::default()));
        assert_eq!(crate::cli::tests::against(&schema, &json, "doctor"), [""; 0]);
    }
}
