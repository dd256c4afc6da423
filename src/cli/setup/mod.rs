//! `cadenced setup`: guides the user from nothing to a running service, and through later changes.

pub mod account;
mod accounts;
pub mod config_edit;
pub mod config_file;
pub mod first_read;
mod hours;
mod mode;
mod owner;
pub mod prompt;
mod review;
mod secrets;
mod service;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use url::Url;

use self::config_file::{ConfigFile, PartialConfig};
use self::first_read::Look;
use self::prompt::{Prompt, Terminal};
use super::context::{self, Context, waiting};
use super::doctor::trial;
use super::exit::{Ended, Exit};
use super::{Globals, check, report};
use crate::calendar::{Shared, http};
use crate::clock::{Clock, machine_zone};
use crate::config::{Checked, Place, document};
use crate::domain::person::Address;

const EXAMPLES: &str = "\
Examples:
  cadenced setup                  go from nothing to the first report, in a few minutes
  cadenced setup                  run it again to add a calendar or change the mode
  cadenced setup --unit           only start the service, now and at each login
  cadenced --profile ann setup    a second set, with its own config and data

Ctrl-C stops it at any point. Your answers so far are kept, and the next
`cadenced setup` continues from there. Your own config is changed only where you
agree to it, and a dated copy of it is kept.";

/// The arguments of `setup`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct SetupArgs {
    /// Only enable and start the service, sandboxed where that works; ask nothing
    #[arg(long, conflicts_with = "no_unit")]
    pub unit: bool,
    /// Don't touch systemd
    #[arg(long)]
    pub no_unit: bool,
}

/// What a guided start works on.
pub struct Setup<'a> {
    talk: &'a mut dyn Prompt,
    file: ConfigFile,
    place: Place,
    profile: Option<String>,
    clock: Clock,
    runtime: Runtime,
    client: Arc<http::Client>,
    /// Addresses that a login told.
    emails: Vec<Address>,
    /// What the published files show that were added just now, by the name of their account.
    looks: BTreeMap<String, Look>,
    /// Another server in the place of a provider's own, on this machine: for tests.
    stand_in: Option<Url>,
    /// Whether the config is not where the service looks for it.
    is_elsewhere: bool,
    has_desktop: bool,
}

/// Where a guided start takes place.
#[derive(Clone)]
pub struct SetupEnv {
    /// Where the files of the profile are.
    pub place: Place,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// What shows the present.
    pub clock: Clock,
    /// Another server in the place of a provider's own, on this machine: for tests.
    pub stand_in: Option<Url>,
    /// Whether the config is not where the service looks for it.
    pub is_elsewhere: bool,
    /// Whether the desktop may be asked, for its keyring and to show a notice; not by tests.
    pub has_desktop: bool,
    /// The HTTP client.
    pub client: Arc<http::Client>,
}

/// Leads through it on the terminal.
///
/// # Errors
/// A usage error without a terminal, an unusable config, and those of the file system.
pub fn run(args: SetupArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let place = context::place(globals)?;
    let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !args.unit && !is_terminal {
        let words = format!(
            "`cadenced setup` asks questions, and this is not a terminal. Without one, write {} as {} shows, then \
             run `cadenced check` and `cadenced setup --unit`, which starts the service",
            place.config.display(),
            document("guide.md")
        );
        return Err(Ended::new(Exit::Usage, words).into());
    }
    let around = SetupEnv {
        place,
        profile: globals.profile.clone(),
        clock: globals.now.map_or(Clock::System, Clock::Stopped),
        stand_in: None,
        is_elsewhere: globals.config.is_some(),
        has_desktop: true,
        client: http::Client::new(http::Settings::default().with_environment_proxy(), || Clock::System.now()).into(),
    };
    let program = program(globals.profile.as_deref());
    interruptible(&program, move || converse(args, &around, &mut Terminal))
}

/// Runs the conversation so that Ctrl-C ends it in whatever it is waiting for, with the terminal as it was.
fn interruptible(program: &str, work: impl FnOnce() -> anyhow::Result<Exit> + Send + 'static) -> anyhow::Result<Exit> {
    let (tell, done) = oneshot::channel();
    // It is left behind where the user gives up: a terminal that is being read cannot be made to stop.
    std::thread::spawn(move || tell.send(work()));
    let ended = waiting()?.block_on(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => None,
            result = done => result.ok(),
        }
    });
    match ended {
        Some(Err(error)) if is_interruption(&error) => Ok(given_up(program)),
        Some(result) => result,
        None => Ok(given_up(program)),
    }
}

fn is_interruption(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<dialoguer::Error>()).any(|dialoguer::Error::IO(io)| {
        matches!(io.kind(), std::io::ErrorKind::Interrupted | std::io::ErrorKind::UnexpectedEof)
    })
}

fn given_up(program: &str) -> Exit {
    // A password may have been on its way, and a list hides the cursor.
    let _ = Command::new("stty").arg("echo").stderr(Stdio::null()).status();
    anstream::eprint!("\u{1b}[?25h");
    anstream::eprintln!("\nStopped. Your answers so far are kept; `{program} setup` continues from there.");
    Exit::LookHere
}

/// Leads through it, whoever answers.
///
/// # Errors
/// An unusable config, and those of the file system and of whoever answers.
pub fn converse(args: SetupArgs, around: &SetupEnv, talk: &mut dyn Prompt) -> anyhow::Result<Exit> {
    let today = around.clock.now().to_zoned(machine_zone()).date();
    let mut setup = Setup {
        talk,
        file: ConfigFile::new(&around.place.config, machine_zone(), today),
        place: around.place.clone(),
        profile: around.profile.clone(),
        clock: around.clock,
        runtime: waiting()?,
        client: Arc::clone(&around.client),
        emails: Vec::new(),
        looks: BTreeMap::new(),
        stand_in: around.stand_in.clone(),
        is_elsewhere: around.is_elsewhere,
        has_desktop: around.has_desktop,
    };
    if args.unit {
        let context = setup.context()?;
        return setup.service(&context, true);
    }
    match setup.known()? {
        Some(known) if known.has_owner && (known.has_mode || !known.is_ours) => setup.again(args),
        known => setup.first(args, known.is_some()),
    }
}

impl Setup<'_> {
    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn client(&self) -> Arc<http::Client> {
        Arc::clone(&self.client)
    }

    fn shared(&self) -> Shared {
        Shared {
            client: self.client(),
            data_folder: self.place.data.clone(),
            spool_folder: self.place.data.clone(),
            owner: Vec::new(),
        }
    }

    fn known(&self) -> anyhow::Result<Option<PartialConfig>> {
        self.file.known().map_err(|checked| unusable(&self.file, &checked).into())
    }

    fn context(&self) -> anyhow::Result<Context> {
        let known = self.known()?.filter(|known| known.has_owner);
        let settings = known.map(|known| known.settings).ok_or_else(|| {
            let words = format!("there is no config yet at {}; `cadenced setup` makes one", self.file.path().display());
            Ended::new(Exit::BadConfig, words)
        })?;
        let (place, clock, profile) = (self.place.clone(), self.clock, self.profile.clone());
        Ok(Context { policy: settings.policy(), settings, place, clock, profile, is_elsewhere: self.is_elsewhere })
    }

    /// The way through from nothing, or from where it was left.
    fn first(&mut self, args: SetupArgs, is_begun: bool) -> anyhow::Result<Exit> {
        let greeting = if is_begun {
            "This continues where you left off; your answers so far are kept."
        } else {
            "This asks where your calendars are and who you are, shows the 1:1s it finds, and starts the service. \
             Each answer is kept at once: Ctrl-C loses nothing, and `cadenced setup` continues from there."
        };
        self.talk.say(greeting)?;
        let is_further = self.known()?.is_some_and(|known| known.has_owner);
        if !is_further && !self.accounts()? {
            self.talk.say("Nothing was set up. `cadenced demo` shows what it does, without any calendar.")?;
            return Ok(Exit::LookHere);
        }
        if let Some(known) = self.known()?.filter(|known| !known.has_owner) {
            self.owner(&known.settings)?;
        }
        self.rest(args)
    }

    /// What comes once accounts and owner are there.
    fn rest(&mut self, args: SetupArgs) -> anyhow::Result<Exit> {
        let context = self.context()?;
        let store = context.open()?;
        self.read(&context, &store)?;
        let found = self.found(&context, &store)?;
        self.hours(&context, &found)?;
        self.mode(&context, &found.snapshot.sources)?;
        self.finish(args)
    }

    /// A complete config: asks what to change.
    fn again(&mut self, args: SetupArgs) -> anyhow::Result<Exit> {
        let choices = [
            "Nothing: check it, and start the service",
            "Add a calendar",
            "Review the 1:1s that were found",
            "Add an address or a name of mine",
            "What happens when a session is lost",
            "Working hours",
            "Everything, step by step",
        ]
        .map(str::to_owned);
        self.talk.say(&format!(
            "Your config is {}. Nothing in it is changed unless you say so.",
            self.file.path().display()
        ))?;
        loop {
            let context = self.context()?;
            let chosen = self.talk.choose("What would you like to change?", &choices, 0)?;
            let looked = |setup: &mut Self| {
                let store = context.open()?;
                setup.read(&context, &store)?;
                anyhow::Ok(store)
            };
            match chosen {
                1 => drop(self.accounts()?),
                2 => {
                    let store = looked(self)?;
                    self.found(&context, &store)?;
                }
                3 => self.owner(&context.settings)?,
                4 => {
                    let store = context.open()?;
                    let sources = self.wait(context.found(&store))?.snapshot.sources;
                    self.mode(&context, &sources)?;
                }
                5 => {
                    let store = looked(self)?;
                    let found = self.wait(context.found(&store))?;
                    self.hours(&context, &found)?;
                }
                6 => return self.rest(args),
                _ => return self.finish(args),
            }
        }
    }

    /// Checks the config, starts the service, and shows the first report.
    fn finish(&mut self, args: SetupArgs) -> anyhow::Result<Exit> {
        let mut said = Vec::new();
        let arguments = check::CheckArgs { format: check::CheckFormat::Text };
        check::check(arguments, self.file.path(), machine_zone(), &mut said)?;
        self.talk.show(&format!("\n{}", String::from_utf8_lossy(&said)))?;
        let context = self.context()?;
        let exit = if args.no_unit { Exit::Fine } else { self.service(&context, false)? };
        if self.has_desktop && context.settings.notices.enabled {
            self.talk.say(&trial::announcement())?;
            let finding = self.wait(trial::finding());
            self.talk.show(&finding.text())?;
        }
        if self.talk.confirm("Show the report of last week?", true)? {
            let store = context.open()?;
            let text = self.wait(report::last_week(&context, &store))?;
            self.talk.show(&format!("\n{text}"))?;
        }
        self.talk.show(&next(self.profile.as_deref()))?;
        Ok(exit)
    }
}

const NEXT: &str = "\
  cadenced status           how fresh your calendars are, and the next 1:1
  cadenced series --all     which series are 1:1s, and why the others are not
  cadenced inbox            what waits for your decision
  cadenced report --open    last week as a page; a new one comes on Mondays
  cadenced doctor           what is wrong, and what to do about it
  man cadenced.toml         everything that can be set
";

/// What to do next.
fn next(profile: Option<&str>) -> String {
    let how = profile.map(|name| format!(", each with `--profile {name}` after `cadenced`")).unwrap_or_default();
    format!("\nNext steps{how}:\n{NEXT}")
}

/// How the program is called for a profile.
fn program(profile: Option<&str>) -> String {
    profile.map_or_else(|| "cadenced".to_owned(), |name| format!("cadenced --profile {name}"))
}

fn unusable(file: &ConfigFile, checked: &Checked) -> Ended {
    let first = checked.problems.first().map(ToString::to_string).unwrap_or_default();
    let path = file.path().display();
    let words =
        format!("{path}:{first}; fix that first; the file was left unchanged (`cadenced check` shows every problem)");
    Ended::new(Exit::BadConfig, words)
}
