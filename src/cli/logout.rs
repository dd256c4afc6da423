//! `cadenced logout ACCOUNT`: revokes and deletes the sign-in; what was read is kept.

use super::Globals;
use super::context::{Context, waiting};
use super::exit::Exit;
use super::login::{account, ended, in_browser};
use super::output;
use crate::calendar;
use crate::calendar::provider::SignedOut;
use crate::daemon::shared;

/// The arguments of `logout`.
#[derive(Debug, clap::Args)]
pub struct LogoutArgs {
    /// The account, by its name in the config
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
}

/// Gives a sign-in back and forgets it.
///
/// # Errors
/// The config's, and those of the keyring.
pub fn run(args: &LogoutArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    let account = account(&context, &args.account)?;
    let name = output::foreign(&account.name, 40);
    let shared = shared(context.data(), &context.settings.owner);
    let provider = calendar::provider(account, &shared);
    let browser = in_browser(account, provider.as_ref())?;
    match waiting()?.block_on(browser.sign_out()).map_err(ended)? {
        SignedOut::Nothing => output::print(&format!("There was no sign-in to {name}.\n"))?,
        SignedOut::Revoked => output::print(&format!("Signed out of {name}. What was read from it stays.\n"))?,
        SignedOut::HereOnly { failure, remedy } => {
            output::print(&format!("The sign-in to {name} is deleted here. What was read from it stays.\n"))?;
            anstream::eprintln!("cadenced: {} could not be told ({}); {remedy}", provider.name(), failure.detail);
            return Ok(Exit::LookHere);
        }
    }
    Ok(Exit::Fine)
}
