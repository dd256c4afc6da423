//! Owns `cadenced doctor`: what is wrong with the set-up, and with `--live` what an account's server says of it.

mod live;

use super::Globals;
use super::context::{self, Context, waiting};
use super::exit::{Ended, Exit};
use super::login::account;
use super::screen::{self, Tone};
use crate::calendar::google::{self, scopes};
use crate::clock::machine_zone;
use crate::config::{Access, Account, Google, GoogleClient, Provider, check_file};
use crate::daemon::{presence, shared};
use crate::report::wall::{Wall, about};
use crate::store::Store;

/// The arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Ask the server of this account too: sign-in, calendars, events, changes, free/busy. Nothing is written
    #[arg(long, value_name = "ACCOUNT")]
    pub live: Option<String>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    what: String,
    state: State,
    detail: String,
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    /// Nothing wrong with cadenced; worth knowing.
    Note,
    /// Wrong, and how the program ends for it.
    Wrong(Exit),
}

impl Finding {
    fn fine(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Fine, detail: detail.into() }
    }

    fn note(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Note, detail: detail.into() }
    }

    fn wrong(what: impl Into<String>, exit: Exit, detail: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Wrong(exit), detail: detail.into() }
    }

    fn text(&self) -> String {
        let mark = match self.state {
            State::Fine => screen::paint(Tone::Good, "fine "),
            State::Note => screen::paint(Tone::Warn, "note "),
            State::Wrong(_) => screen::paint(Tone::Bad, "wrong"),
        };
        let line = format!("{}: {}", screen::foreign(&self.what, 60), screen::foreign(&self.detail, 400));
        let text = screen::indented([line], "       ", "         ");
        // The mark is put in afterwards, as its colour would count as width.
        text.replacen("       ", &format!("{mark}  "), 1)
    }
}

/// Looks at everything that can be wrong here, and with `--live` at what the account's server says.
///
/// # Errors
/// An account that the config does not have. Everything else is a finding; the exit code is that of the worst.
pub fn run(args: &DoctorArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let mut findings = vec![config(globals)?];
    if !findings[0].is_wrong() {
        let context = Context::load(globals)?;
        findings.extend(here(&context)?);
        if let Some(name) = &args.live {
            let account = account(&context, name)?;
            findings.extend(waiting()?.block_on(live::findings(account, &context)));
        }
    }
    screen::print(&findings.iter().map(Finding::text).collect::<String>())?;
    Ok(worst(&findings))
}

impl Finding {
    fn is_wrong(&self) -> bool {
        matches!(self.state, State::Wrong(_))
    }
}

/// The exit code that tells most: what the user has to do goes before what passes by itself.
fn worst(findings: &[Finding]) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::BadConfig | Exit::Usage => 4,
        Exit::SignIn => 3,
        Exit::LookHere => 2,
        Exit::TryAgain => 1,
        Exit::Fine => 0,
    };
    let exits = findings.iter().filter_map(|finding| match finding.state {
        State::Wrong(exit) => Some(exit),
        State::Fine | State::Note => None,
    });
    exits.max_by_key(rank).unwrap_or(Exit::Fine)
}

fn config(globals: &Globals) -> anyhow::Result<Finding> {
    let place = context::place(globals)?;
    let checked = check_file(&place.config, machine_zone());
    let file = place.config.display();
    let first = checked.problems.first().map(ToString::to_string).unwrap_or_default();
    Ok(match (checked.settings.is_some(), checked.problems.len()) {
        (true, 0) => Finding::fine("config", file.to_string()),
        (true, _) => Finding::note("config", format!("{file}:{first}; `cadenced check` shows all")),
        (false, _) => Finding::wrong("config", Exit::BadConfig, format!("{file}:{first}; `cadenced check` shows all")),
    })
}

/// What can be seen without asking anybody.
fn here(context: &Context) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let wall = context.wall();
    findings.push(match presence::look(&context.data()) {
        Some(state) => {
            Finding::fine("daemon", format!("runs since {}, process {}", wall.moment(state.since), state.pid))
        }
        None => Finding::note("daemon", "does not run; start it with `systemctl --user start cadenced`"),
    });
    match context.open() {
        Ok(store) => {
            findings.push(Finding::fine("database", context.data().display().to_string()));
            findings.extend(waiting()?.block_on(sources(context, &store, &wall))?);
        }
        Err(error) => findings.push(Finding::wrong("database", Exit::LookHere, format!("{error:#}"))),
    }
    for account in &context.settings.accounts {
        if let Provider::Google(google) = &account.provider {
            findings.push(waiting()?.block_on(signed_in(account, google, context, &wall)));
        }
    }
    Ok(findings)
}

/// How fresh each calendar is.
async fn sources(context: &Context, store: &Store, wall: &Wall) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for calendar in context.settings.calendars() {
        let state = store.poll_state(calendar.id.clone()).await?;
        let what = format!("calendar {}", calendar.id);
        let read = state.last_success.map(|at| format!("read {} ago", about(context.now().duration_since(at))));
        findings.push(match (state.problem.filter(|_| state.stale_since.is_some()), read) {
            (Some(why), _) => {
                let since = state.stale_since.map(|at| wall.moment(at)).unwrap_or_default();
                Finding::wrong(what, Exit::LookHere, format!("stale since {since}: {}: {}", why.kind, why.detail))
            }
            (None, Some(read)) if state.problems_in_all > 0 => Finding::note(
                what,
                format!("{read}; {} skipped or repaired, `cadenced status` says which", state.problems_in_all),
            ),
            (None, Some(read)) => Finding::fine(what, read),
            (None, None) => Finding::note(what, "not read yet; `cadenced sync` does"),
        });
    }
    Ok(findings)
}

/// Whether there is a sign-in to an account at Google, and whether it covers what the config wants.
async fn signed_in(account: &Account, google: &Google, context: &Context, wall: &Wall) -> Finding {
    let what = format!("sign-in to {}", account.name);
    if let GoogleClient::ServiceAccount { file, .. } = &google.client {
        return match google::client::service_key(file).await {
            Ok(_) => Finding::fine(what, "by the key of a service account"),
            Err(failure) => Finding::wrong(what, Exit::of_reading(failure.kind), failure.detail),
        };
    }
    let session = google::session(account, google, &shared(context.data(), &context.settings.owner));
    let remedy = google::vault::remedy(&account.name);
    let kept = match session.vault().load().await {
        Ok(Some(kept)) => kept,
        Ok(None) => return Finding::wrong(what, Exit::SignIn, format!("nobody has signed in yet; {remedy}")),
        Err(failure) => return Finding::wrong(what, Exit::of_reading(failure.kind), failure.detail),
    };
    let missing: Vec<&str> = scopes::missing(account.access, &kept.scopes).iter().map(|scope| scope.short()).collect();
    if !missing.is_empty() {
        let why =
            if account.access == Access::Write { "the config lets cadenced write" } else { "it is needed to read" };
        return Finding::wrong(
            what,
            Exit::SignIn,
            format!("{} is missing, and {why}; {remedy}", missing.join(" and ")),
        );
    }
    let since = wall.moment(kept.since);
    match kept.until {
        Some(until) => Finding::note(
            what,
            format!(
                "since {since}; Google ends it on {}, as the client is in testing (docs/google.md)",
                wall.moment(until)
            ),
        ),
        None => Finding::fine(what, format!("since {since}")),
    }
}

/// How a failure of a server shows.
fn failed(what: impl Into<String>, failure: &Ended) -> Finding {
    Finding::wrong(what, failure.exit, failure.words.clone())
}
