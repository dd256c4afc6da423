//! `cadenced doctor --bundle`: collects what helps with a bug in one Markdown file, without anything private.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::super::context::{Context, Found};
use super::super::unit::{UnitState, unit_name};
use super::numbers;
use super::redact::{Class, Redactor};
use super::{DoctorContext, Examined, Finding, blank};
use crate::clock::machine_zone;
use crate::store::Inspection;

/// How long each program that is asked may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How many lines of the log go along.
const LOG_LINES: &str = "200";

/// The most of a config that goes along, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

const HEAD: &str = "\
# A report from cadenced

Read this before you send it. Addresses, names, titles, hosts, commands and paths are left out: `user1@domain1`, `account-1` and the
like stand in for them, always the same one for the same thing, and `[…]` for every word that cadenced does not ship itself. Numbers, times in
numbers and your time zone are kept. Nothing was sent anywhere.
";

/// The name of the file where the user gives none.
pub fn usual_name(case: &DoctorContext) -> PathBuf {
    PathBuf::from(format!("cadenced-report-{}.md", case.now.strftime("%Y-%m-%d")))
}

/// Writes the report, which only the user can read.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    crate::report::write::whole(path, text.as_bytes())?;
    Ok(())
}

/// The report.
pub async fn text(case: &DoctorContext, examined: &Examined, context: Option<&Context>) -> String {
    let mut redactor = Redactor::new();
    let zone = case.settings.as_ref().map(|settings| &settings.owner.zone);
    zone.into_iter()
        .chain([&machine_zone()])
        .filter_map(|zone| zone.iana_name())
        .for_each(|name| redactor.publish(name));
    let shown_config = shown_config(case, &mut redactor);
    surroundings(case, &mut redactor);
    let found = match (context, &examined.known) {
        (Some(context), Some(known)) => {
            timeout(ANSWER_TIMEOUT, context.found_whole(&known.store)).await.ok().and_then(Result::ok)
        }
        _ => None,
    };
    if let Some(found) = &found {
        everybody(found, &mut redactor);
    }
    let mut out = HEAD.to_owned();
    part(&mut out, "Versions", &redactor.known(&versions(examined).await));
    part(&mut out, "Findings", &redactor.strict(&findings(&examined.findings)));
    let _ = write!(out, "\n## Config\n\n```toml\n{}```\n", shown_config.replace("```", "'''"));
    part(&mut out, "Database", &redactor.known(&numbers::text(case, examined, found.as_ref(), &redactor)));
    part(&mut out, "Daemon", &redactor.strict(&daemon(case, examined)));
    part(&mut out, "Log", &log(case, &redactor).await);
    out
}

fn part(out: &mut String, title: &str, text: &str) {
    let _ = write!(out, "\n## {title}\n\n```text\n{}\n```\n", text.replace("```", "'''").trim_end());
}

/// Whose machine it is.
fn surroundings(case: &DoctorContext, redactor: &mut Redactor) {
    if let Some(profile) = &case.profile {
        redactor.hide(Class::Machine, profile);
    }
    for variable in ["USER", "LOGNAME"] {
        if let Ok(user) = std::env::var(variable) {
            redactor.hide(Class::Machine, &user);
        }
    }
    if let Ok(host) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        redactor.hide(Class::Machine, &host);
    }
    let folders = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"].map(|variable| std::env::var(variable).ok());
    let config = case.place.as_ref().ok().and_then(|place| place.config.parent());
    let places = [config, case.data.as_deref()].map(|path| path.map(|path| path.display().to_string()));
    for folder in folders.into_iter().chain(places).flatten().filter(|folder| folder.len() > 1) {
        redactor.hide(Class::Path, &folder);
    }
    // The home is named after its user, who need not be in the environment.
    if let Some(user) = std::env::var("HOME").ok().as_deref().and_then(|home| Path::new(home).file_name()?.to_str()) {
        redactor.hide(Class::Machine, user);
    }
}

fn shown_config(case: &DoctorContext, redactor: &mut Redactor) -> String {
    use std::io::Read as _;
    let Ok(place) = &case.place else { return "# its path is not known\n".to_owned() };
    let mut bytes = Vec::new();
    match std::fs::File::open(&place.config).and_then(|file| file.take(MAX_CONFIG).read_to_end(&mut bytes)) {
        Ok(_) => blank::config(&String::from_utf8_lossy(&bytes), redactor),
        Err(error) => format!("# it cannot be read: {}\n", error.kind()),
    }
}

/// Everybody and every title that the calendars hold.
fn everybody(found: &Found, redactor: &mut Redactor) {
    for mirrored in &found.snapshot.events {
        let event = &mirrored.event;
        let guests = event.guests.iter().map(|guest| &guest.who);
        for participant in event.organiser.iter().chain(guests) {
            participant.address.iter().for_each(|address| drop(redactor.hide(Class::Address, address.as_str())));
            participant.name.iter().for_each(|name| drop(redactor.hide(Class::Person, name)));
        }
        // A title of one word says nothing where that word is one of ours, and is hidden where it is not.
        if event.title.split_whitespace().count() > 1 {
            redactor.hide(Class::Title, &event.title);
        }
        redactor.hide(Class::Key, &event.uid);
    }
    let people = found.standing.one_on_ones.iter().map(|one| &one.person);
    for person in people.chain(found.snapshot.known.iter().map(|known| &known.person)) {
        redactor.hide(Class::Person, &person.name);
        person.addresses.iter().for_each(|address| drop(redactor.hide(Class::Address, address.as_str())));
    }
}

async fn versions(examined: &Examined) -> String {
    let mut out = format!("cadenced              {}\n", env!("CARGO_PKG_VERSION"));
    let mut add = |what: &str, version: Option<String>| {
        let _ = writeln!(out, "{what:<22}{}", version.unwrap_or_else(|| "unknown".to_owned()));
    };
    add("SQLite", Some(Inspection::sqlite().to_owned()));
    add("built-in zones", Some(super::clock::BUILT_IN_ZONES.to_owned()));
    add("kernel", std::fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()));
    add("system", std::fs::read_to_string("/etc/os-release").ok().and_then(|text| pretty(&text)));
    add("systemd", said("systemctl", &["--version"]).await.and_then(|text| Some(text.lines().next()?.to_owned())));
    let variable = |name: &str| std::env::var(name).ok();
    add("desktop", variable("XDG_CURRENT_DESKTOP"));
    add("session", variable("XDG_SESSION_TYPE"));
    add("language", variable("LC_ALL").or_else(|| variable("LANG")));
    let server = examined.server.as_ref();
    add("notification server", server.map(|about| format!("{} {} ({})", about.name, about.version, about.vendor)));
    add("its capabilities", server.map(|about| about.capabilities.join(" ")));
    out
}

/// The name that a system gives itself (os-release(5)).
fn pretty(text: &str) -> Option<String> {
    text.lines().find_map(|line| Some(line.strip_prefix("PRETTY_NAME=")?.trim_matches('"').to_owned()))
}

fn findings(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let remedy = finding.remedy.as_deref().map(|remedy| format!("\n       -> {remedy}")).unwrap_or_default();
        format!("{:<5}  {}: {}{remedy}\n", finding.word(), finding.what, finding.detail)
    };
    findings.iter().map(line).collect()
}

fn daemon(case: &DoctorContext, examined: &Examined) -> String {
    let mut out = match &examined.daemon {
        Some(state) => format!(
            "runs since {}\nnotices: {}\n",
            case.wall.exact(state.since),
            state.notices.as_deref().unwrap_or("no trouble")
        ),
        None => "does not run\n".to_owned(),
    };
    match &examined.unit {
        Some(UnitState::Installed(unit)) => {
            let _ = write!(
                out,
                "unit: {}, {}, {} ({})\nstatus: {}\nresult: {}, exit {}, {} restarts, {} drop-ins, read again \
                 needed: {}\n",
                unit.file_state,
                unit.load_state,
                unit.active_state,
                unit.sub_state,
                unit.status,
                unit.result,
                unit.exit_status,
                unit.restarts,
                unit.drop_ins.len(),
                unit.is_outdated,
            );
        }
        Some(UnitState::NotInstalled) => out.push_str("unit: not installed\n"),
        Some(UnitState::NoUserManager(_)) => out.push_str("unit: no systemd user manager\n"),
        None => out.push_str("unit: systemd does not answer\n"),
    }
    out
}

/// The last lines of the unit's log. They hold no titles; they are gone through anyway.
async fn log(case: &DoctorContext, redactor: &Redactor) -> String {
    let unit = unit_name(case.profile.as_deref());
    let words = ["--user", "-u", &unit, "-n", LOG_LINES, "-o", "short-iso", "--no-pager", "-q"];
    match said("journalctl", &words).await {
        Some(text) if text.trim().is_empty() => "nothing".to_owned(),
        Some(text) => text.lines().map(|line| redactor.strict(&without_machine(line)) + "\n").collect(),
        None => "journalctl does not answer".to_owned(),
    }
}

/// A line of the log without the name of the machine, which is its second word.
fn without_machine(line: &str) -> String {
    let mut words = line.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(time), Some(_), Some(rest)) => format!("{time} {rest}"),
        _ => line.to_owned(),
    }
}

/// What a program prints; nothing where it is not there, fails or takes too long.
async fn said(program: &str, words: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(ANSWER_TIMEOUT, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
