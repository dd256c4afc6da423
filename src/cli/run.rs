//! Owns `cadenced run`: the daemon, in the foreground.

use super::Globals;
use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use crate::clock::{Clock, machine_zone};
use crate::config::check_file;
use crate::daemon::{self, Setup, presence};

/// Runs until SIGTERM or SIGINT; `--now` starts the clock there.
///
/// # Errors
/// The config's (exit code 78), the store's, and another daemon of the profile.
pub fn run(globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    let config = context.place.config.clone();
    let reload = move || {
        let checked = check_file(&config, machine_zone());
        let first = checked.problems.first().map(ToString::to_string).unwrap_or_default();
        checked.settings.ok_or(first)
    };
    let setup = Setup {
        data: context.data(),
        reports: context.place.reports(&context.settings),
        settings: context.settings,
        clock: globals.now.map_or(Clock::System, Clock::starting_at),
        reload: Box::new(reload),
    };
    match waiting()?.block_on(daemon::run(setup)) {
        Ok(()) => Ok(Exit::Fine),
        Err(daemon::Error::Presence(taken @ presence::Error::Taken { .. })) => {
            Err(Ended::new(Exit::LookHere, format!("{taken}; `cadenced status` says how it is")).into())
        }
        Err(error) => Err(error.into()),
    }
}
