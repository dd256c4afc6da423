//! `cadenced run`: runs the daemon in the foreground.

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::{Globals, inbox, logging, status};
use crate::clock::{Clock, machine_zone};
use crate::config::Settings;
use crate::config::check_file;
use crate::daemon::cycle::View;
use crate::daemon::{self, Forms, Setup, instance_lock};
use crate::store::ErrorKind;
use crate::wording::local_time::LocalTime;

/// Runs until SIGTERM or SIGINT; `--now` starts the clock there.
///
/// # Errors
/// The config's and that of a database which is not for this version (exit code 78), and another daemon of the profile.
pub fn run(globals: &Globals) -> anyhow::Result<Exit> {
    let context = Context::load(globals)?;
    logging::start(globals, context.settings.log.into());
    let place = context.place.clone();
    let reload = move || {
        let checked = check_file(&place.config, machine_zone());
        let first = checked.problems.first().map(ToString::to_string).unwrap_or_default();
        let settings = checked.settings.ok_or(first)?;
        let reports = place.reports(&settings);
        Ok((settings, reports))
    };
    let setup = Setup {
        data: context.data(),
        reports: context.place.reports(&context.settings),
        settings: context.settings,
        clock: globals.now.map_or(Clock::System, Clock::starting_at),
        reload: Box::new(reload),
        profile: context.profile,
        forms: Forms { status: status_form, inbox: inbox_form },
    };
    let runtime = waiting()?;
    let ended = runtime.block_on(daemon::run(setup));
    // A name that the system still looks up must not hold up the end.
    runtime.shutdown_background();
    match ended {
        Ok(()) => Ok(Exit::Fine),
        Err(daemon::Error::InstanceLock(taken @ instance_lock::Error::Taken { .. })) => {
            Err(Ended::new(Exit::LookHere, taken.to_string()).into())
        }
        // A restart does not help: systemd is not to try it again and again.
        Err(daemon::Error::Store(error)) if matches!(error.kind, ErrorKind::Newer | ErrorKind::Foreign) => {
            Err(Ended::new(Exit::BadConfig, error.to_string()).into())
        }
        Err(error) => Err(error.into()),
    }
}

fn wall(view: &View, settings: &Settings) -> LocalTime {
    LocalTime::of(settings.owner.zone.clone(), view.standing.now)
}

fn status_form(view: &View, settings: &Settings) -> String {
    status::json(&view.standing, &wall(view, settings)).to_string()
}

fn inbox_form(view: &View, settings: &Settings) -> String {
    inbox::json(&view.items, &wall(view, settings)).to_string()
}
