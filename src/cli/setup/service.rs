//! Enables and starts the systemd unit, sandboxed where that works.

use super::Setup;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::unit::hardening::{self, Written};
use crate::cli::unit::{Unit, UnitState, enable_and_start, look, unit_name};

impl Setup<'_> {
    /// Starts the unit of the profile, after asking unless `at_once`.
    pub(super) fn service(&mut self, context: &Context, at_once: bool) -> anyhow::Result<Exit> {
        let profile = self.profile.clone();
        let unit = unit_name(profile.as_deref());
        if self.is_elsewhere {
            self.talk.say(
                "The service reads the default config, not the one given with --config, so it was not changed. \
                 `cadenced --config FILE run` runs the daemon in the foreground.",
            )?;
            return Ok(Exit::LookHere);
        }
        match self.wait(look(profile.as_deref())) {
            UnitState::NoUserManager(why) => return self.without_systemd(&why),
            UnitState::NotInstalled => {
                self.talk.say(&format!(
                    "systemd does not know {unit} yet: install it with `make install` or a package of cadenced, then \
                     run `cadenced setup --unit`."
                ))?;
                return Ok(Exit::LookHere);
            }
            UnitState::Installed(found) if found.file_state == "masked" => {
                self.talk.say(&format!("{unit} is masked; `systemctl --user unmask {unit}` undoes that."))?;
                return Ok(Exit::LookHere);
            }
            UnitState::Installed(_) => {}
        }
        if !at_once && !self.talk.confirm("Start it now, and at each login?", true)? {
            self.talk.say("`cadenced setup --unit` does that later.")?;
            return Ok(Exit::Fine);
        }
        let written = self.harden(context, &unit, at_once)?;
        self.talk.say("Starting …")?;
        let started = self.wait(enable_and_start(profile.as_deref(), written == Some(Written::Changed)));
        match started {
            Ok(UnitState::Installed(state)) if state.is_active() => {
                let doing = if state.status.is_empty() { String::new() } else { format!(": {}", state.status) };
                self.talk.say(&format!(
                    "{unit} runs{doing}. It starts at each login; `loginctl enable-linger` keeps it running after \
                     logout."
                ))?;
                Ok(Exit::Fine)
            }
            Ok(UnitState::Installed(state)) => self.not_started(&unit, &state, written),
            Ok(_) => Ok(Exit::LookHere),
            Err(refused) => {
                self.talk.say(&format!("It was not started: {refused}."))?;
                Ok(Exit::LookHere)
            }
        }
    }

    /// Writes the hardening drop-in where it works; secret commands run inside it too, so that they are asked about.
    fn harden(&mut self, context: &Context, unit: &str, at_once: bool) -> anyhow::Result<Option<Written>> {
        let Some(file) = hardening::file(unit) else { return Ok(None) };
        if file.exists() {
            let folders = hardening::folders(&context.place, &context.settings);
            return hardening::write(&file, &folders).map(Some);
        }
        if let Err(why) = self.wait(hardening::works()) {
            self.talk.say(&format!("It runs without a sandbox around its files: {why}."))?;
            return Ok(None);
        }
        if hardening::runs_commands(&context.settings) {
            let question = "Your secrets come from programs. Should these run inside the service's sandbox, too?";
            if at_once || !self.talk.confirm(question, false)? {
                self.talk.say(
                    "It runs without a sandbox around its files, as programs of yours may need to write to them.",
                )?;
                return Ok(None);
            }
        }
        let written = hardening::write(&file, &hardening::folders(&context.place, &context.settings))?;
        if written == Written::Changed {
            self.talk.say(&format!(
                "It runs in a sandbox, where it can only write to its own folders: {}",
                file.display()
            ))?;
        }
        Ok(Some(written))
    }

    fn not_started(&mut self, unit: &str, state: &Unit, written: Option<Written>) -> anyhow::Result<Exit> {
        if written == Some(Written::Changed)
            && let Some(file) = hardening::file(unit)
        {
            std::fs::remove_file(&file)?;
            self.talk.say("It did not start inside its sandbox, so that was removed again.")?;
            let again = self.wait(enable_and_start(self.profile.as_deref(), true));
            if let Ok(UnitState::Installed(state)) = &again
                && state.is_active()
            {
                self.talk.say(&format!("{unit} runs without one."))?;
                return Ok(Exit::Fine);
            }
        }
        self.talk.say(&format!(
            "{unit} did not start ({}, {}). `journalctl --user -u {unit} -e` says why; `cadenced doctor` helps.",
            state.active_state, state.result
        ))?;
        Ok(Exit::LookHere)
    }

    fn without_systemd(&mut self, why: &str) -> anyhow::Result<Exit> {
        let profile = self.profile.as_ref().map(|name| format!("--profile {name} ")).unwrap_or_default();
        self.talk.say(&format!("There is no systemd user manager in this session ({why})."))?;
        self.talk.say(&format!(
            "Start `cadenced {profile}run` with your session instead, for example through its autostart."
        ))?;
        Ok(Exit::LookHere)
    }
}
