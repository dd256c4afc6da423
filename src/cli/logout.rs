//! `cadenced logout ACCOUNT`: revokes and deletes the sign-in; what was read is kept.

use super::Globals;
use super::context::{Context, waiting};
use super::exit::Exit;
use super::login::{account, ended, signed_in_with_a_browser};
use super::output;
use crate::calendar::failure::Failure;
use crate::calendar::google;
use crate::calendar::google::session::Session;
use crate::daemon::shared;

/// The arguments of `logout`.
#[derive(Debug, clap::Args)]
pub struct LogoutArgs {
    /// The account, by its name in the config
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
}

/// What became of a sign-in.
enum Revocation {
    /// There was none.
    None,
    /// Back to Google, and forgotten.
    Back,
    /// Forgotten here; Google could not be told.
    HereOnly(Failure),
}

/// Gives a sign-in back and forgets it.
///
/// # Errors
/// The config's, and those of the keyring.
pub fn run(args: &LogoutArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    let account = account(&context, &args.account)?;
    let name = output::foreign(&account.name, 40);
    let google = signed_in_with_a_browser(account)?;
    let session = google::session(account, google, &shared(context.data(), &context.settings.owner));
    match waiting()?.block_on(log_out(&session)).map_err(ended)? {
        Revocation::None => output::print(&format!("There was no sign-in to {name}.\n"))?,
        Revocation::Back => output::print(&format!("Signed out of {name}. What was read from it stays.\n"))?,
        Revocation::HereOnly(failure) => {
            output::print(&format!("The sign-in to {name} is deleted here. What was read from it stays.\n"))?;
            anstream::eprintln!(
                "cadenced: Google could not be told ({}); remove cadenced at https://myaccount.google.com/connections yourself",
                failure.detail
            );
            return Ok(Exit::LookHere);
        }
    }
    Ok(Exit::Fine)
}

async fn log_out(session: &Session) -> Result<Revocation, Failure> {
    let Some(kept) = session.vault().load().await? else { return Ok(Revocation::None) };
    let told = match session.oauth().await {
        Ok(oauth) => oauth.revoke(&kept.refresh_token).await,
        Err(failure) => Err(failure),
    };
    session.vault().forget().await?;
    Ok(told.map_or_else(Revocation::HereOnly, |()| Revocation::Back))
}
