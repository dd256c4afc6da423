//! `cadenced login ACCOUNT`: signs in through the browser, and shows the account's calendars.

use std::process::Stdio;
use std::time::Duration;

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::{Globals, output, wake_daemon};
use crate::calendar;
use crate::calendar::failure::Failure;
use crate::calendar::provider::{Ends, Folder, Grant, Pages, Provider, SignIn};
use crate::config::Account;
use crate::daemon::shared;
use crate::wording::local_time::LocalTime;

/// How long the user may take in the browser.
const BROWSER_TIMEOUT: Duration = Duration::from_mins(5);

const PAGES: Pages = Pages {
    allowed: "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>cadenced</title>\
        <body style=\"font-family:sans-serif;margin:4em auto;max-width:32em\"><h1>Thank you</h1>\
        <p>cadenced goes on in the terminal, which says whether it worked.</p>\
        <p>This page may be closed.</p></body></html>\n",
    refused: "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>cadenced</title>\
        <body style=\"font-family:sans-serif;margin:4em auto;max-width:32em\"><h1>Not signed in</h1>\
        <p>Nothing was changed. The terminal says more.</p>\
        <p>This page may be closed.</p></body></html>\n",
};

/// The arguments of `login`.
#[derive(Debug, clap::Args)]
pub struct LoginArgs {
    /// The account, by its name in the config
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Only print the address to open
    #[arg(long)]
    pub no_browser: bool,
}

/// Signs in to an account, and shows its calendars.
///
/// # Errors
/// The config's; exit code 2 for an account without such a sign-in, 77 where the sign-in fails, 75 where the server cannot be reached.
pub fn run(args: &LoginArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    let account = account(&context, &args.account)?;
    let shared = shared(context.data(), &context.settings.owner);
    let provider = calendar::provider(account, &shared);
    let browser = in_browser(account, provider.as_ref())?;
    let runtime = waiting()?;
    let grant = runtime.block_on(sign_in(browser, args.no_browser)).map_err(ended)?;
    output::print(&format!("Signed in to {}.\n", output::foreign(&account.name, 40)))?;
    if let Some(until) = &grant.ends {
        anstream::eprintln!("{}", ends(provider.name(), &context.wall(), until));
    }
    // A daemon that waits for this reads the calendars now, and not at its next poll.
    runtime.block_on(wake_daemon::wake(&context));
    // A session of its own, as the daemon will have it: what is shown then is what works.
    let listed = runtime.block_on(calendar::provider(account, &shared).folders()).map_err(ended)?;
    output::print(&list(&listed.folders))?;
    Ok(Exit::Fine)
}

/// The account of this name.
///
/// # Errors
/// A usage error, where the config has none.
pub fn account<'a>(context: &'a Context, name: &str) -> anyhow::Result<&'a Account> {
    context.settings.accounts.iter().find(|known| known.name == name).ok_or_else(|| {
        let names: Vec<&str> = context.settings.accounts.iter().map(|account| account.name.as_str()).collect();
        let words = format!("the config has no account {name:?}; it has {}", names.join(", "));
        Ended::new(Exit::Usage, words).into()
    })
}

/// A failure of a calendar's server, and how it ends the program.
pub fn ended(failure: Failure) -> Ended {
    let exit = Exit::of_reading(failure.kind);
    // Nothing tries a sign-in again by itself.
    let words = if exit == Exit::TryAgain { format!("{}; try again later", failure.detail) } else { failure.detail };
    Ended::new(exit, words)
}

/// The account's sign-in through the browser.
///
/// # Errors
/// A usage error for any other account, which says where its secrets come from.
pub(super) fn in_browser<'a>(account: &Account, provider: &'a dyn Provider) -> Result<&'a dyn SignIn, Ended> {
    provider.sign_in().map_err(|instead| {
        let name = output::foreign(&account.name, 40);
        let words = format!(
            "{name} is not signed in to through a browser: {instead}. `cadenced doctor --live {name}` shows whether it works"
        );
        Ended::new(Exit::Usage, words)
    })
}

/// Signs in through the browser, whose address is shown in any case, and keeps the sign-in.
///
/// # Errors
/// Those of the sign-in and of the place where it is kept.
pub(super) async fn sign_in(browser: &dyn SignIn, no_browser: bool) -> Result<Grant, Failure> {
    let open_sign_in = browser.begin().await?;
    let opened = !no_browser && open(open_sign_in.page.as_str());
    let first = if opened {
        "If no browser opens, open this address yourself:"
    } else {
        "Open this address in a browser on this machine:"
    };
    anstream::eprintln!(
        "{first}\n\n  {}\n\nThis waits for {} minutes; Ctrl-C gives up.",
        open_sign_in.page,
        BROWSER_TIMEOUT.as_secs() / 60
    );
    (open_sign_in.finish)(PAGES, BROWSER_TIMEOUT).await
}

/// Hands an address to the desktop, which chooses the browser; `false` where nothing could be started.
fn open(address: &str) -> bool {
    let mut command = tokio::process::Command::new("xdg-open");
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}

fn ends(provider: &str, wall: &LocalTime, ends: &Ends) -> String {
    format!("cadenced: {provider} ends this sign-in on {}, {}.", wall.moment(ends.at), ends.why)
}

/// The calendars, each with the line that names it in the config.
fn list(folders: &[Folder]) -> String {
    let line = |one: &Folder| {
        let name = output::foreign(&one.name, 50);
        let key = match &one.key {
            Some(key) => format!("calendar = \"{}\"", output::foreign(key, 200)),
            None => "the main one: it needs no `calendar`".to_owned(),
        };
        format!("  {name} ({})\n    {key}\n", output::foreign(&one.role, 20))
    };
    output::section("Its calendars, as [[account.calendar]] names them", &folders.iter().map(line).collect::<String>())
}
