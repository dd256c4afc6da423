//! `cadenced login ACCOUNT`: signs in through the browser, and shows the account's calendars.

use std::process::Stdio;
use std::time::Duration;

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::{Globals, output, wake_daemon};
use crate::calendar::failure::Failure;
use crate::calendar::google;
use crate::calendar::google::list::{Listed, calendars};
use crate::calendar::google::session::Session;
use crate::calendar::google::sign_in::{Pages, SignIn};
use crate::calendar::google::token_store::Kept;
use crate::config::{Account, Google, GoogleClient, Provider, document};
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
/// The config's; exit code 2 for an account without such a sign-in, 77 where the sign-in fails, 75 where Google cannot be reached.
pub fn run(args: &LoginArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    let account = account(&context, &args.account)?;
    let google = signed_in_with_a_browser(account)?;
    let shared = shared(context.data(), &context.settings.owner);
    let runtime = waiting()?;
    let signed_in = runtime.block_on(sign_in(&google::session(account, google, &shared), args.no_browser));
    let kept = signed_in.map_err(ended)?;
    output::print(&format!("Signed in to {}.\n", output::foreign(&account.name, 40)))?;
    if let Some(until) = kept.until {
        anstream::eprintln!("{}", ends(&context.wall(), until));
    }
    // A daemon that waits for this reads the calendars now, and not at its next poll.
    runtime.block_on(wake_daemon::wake(&context));
    // A session of its own, as the daemon will have it: what is shown then is what works.
    let listed = runtime.block_on(calendars(&google::session(account, google, &shared))).map_err(ended)?;
    output::print(&list(&listed))?;
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

/// The account, where it is signed in to through the browser.
///
/// # Errors
/// A usage error for any other account, which says where its secrets come from.
pub(super) fn signed_in_with_a_browser(account: &Account) -> Result<&Google, Ended> {
    let instead = match &account.provider {
        Provider::Google(google) => match google.client {
            GoogleClient::File(_) | GoogleClient::Id { .. } => return Ok(google),
            GoogleClient::ServiceAccount { .. } => "it uses the key file of a service account (`service_account`)",
        },
        Provider::CalDav(_) => {
            "its password or token comes from the config (`password_keyring`, `password_command`, `token_keyring` and the like)"
        }
        Provider::Ics(_) => "its calendars are read from their addresses alone",
    };
    let name = output::foreign(&account.name, 40);
    let words = format!(
        "{name} is not signed in to through a browser: {instead}. `cadenced doctor --live {name}` shows whether it works"
    );
    Err(Ended::new(Exit::Usage, words))
}

/// Signs in through the browser, whose address is shown in any case, and keeps the sign-in.
///
/// # Errors
/// Those of the session, of the sign-in and of the place where it is kept.
pub(super) async fn sign_in(session: &Session, no_browser: bool) -> Result<Kept, Failure> {
    // Whether there is a place for the sign-in is better known before the user has clicked through the pages.
    session.vault().load().await?;
    let sign_in = SignIn::begin(session).await?;
    let opened = !no_browser && open(sign_in.page.as_str());
    let first = if opened {
        "If no browser opens, open this address yourself:"
    } else {
        "Open this address in a browser on this machine:"
    };
    anstream::eprintln!(
        "{first}\n\n  {}\n\nThis waits for {} minutes; Ctrl-C gives up.",
        sign_in.page,
        BROWSER_TIMEOUT.as_secs() / 60
    );
    let kept = sign_in.finish(PAGES, BROWSER_TIMEOUT).await?;
    session.vault().save(&kept).await?;
    Ok(kept)
}

/// Hands an address to the desktop, which chooses the browser; `false` where nothing could be started.
fn open(address: &str) -> bool {
    let mut command = tokio::process::Command::new("xdg-open");
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}

fn ends(wall: &LocalTime, until: jiff::Timestamp) -> String {
    format!(
        "cadenced: Google ends this sign-in on {}, because the client is in testing. {} says how to publish it.",
        wall.moment(until),
        document("google.md")
    )
}

/// The calendars, each with the line that names it in the config.
fn list(listed: &[Listed]) -> String {
    let line = |one: &Listed| {
        let name = output::foreign(&one.name, 50);
        let main = if one.is_primary { "the main one: it needs no `calendar`" } else { "" };
        let key =
            if one.is_primary { String::new() } else { format!("calendar = \"{}\"", output::foreign(&one.id, 200)) };
        format!("  {name} ({})\n    {main}{key}\n", output::foreign(&one.role, 20))
    };
    output::section("Its calendars, as [[account.calendar]] names them", &listed.iter().map(line).collect::<String>())
}
