//! Owns the question what is done about a lost session, and whether a calendar may be written to.

use super::Setup;
use super::addition::Addition;
use crate::config::{Access, Account, Google, GoogleClient, Provider, Settings};
use crate::domain::policy::Mode;

impl Setup<'_> {
    /// Asks for the mode, and for the right to write where that is of use.
    pub(super) fn mode(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let modes = [Mode::Ask, Mode::Off, Mode::Auto];
        let choices = [
            "Ask: tells you, offers new times, and does what you choose (recommended)",
            "Off: only counts, and tells you in the weekly report",
            "Auto: puts it back by itself where everything is clear; asks elsewhere",
        ]
        .map(str::to_owned);
        self.talk.show("\n")?;
        let now = modes.iter().position(|mode| *mode == settings.mode).unwrap_or(0);
        let mode = modes[self.talk.choose("What shall be done about a lost session?", &choices, now)?];
        self.add(&Addition::Mode(mode))?;
        if mode == Mode::Off {
            return Ok(());
        }
        let can_be_written = |account: &&Account| !matches!(account.provider, Provider::Ics(_));
        let writable: Vec<&Account> = settings.accounts.iter().filter(can_be_written).collect();
        if writable.is_empty() {
            return self.talk.say(
                "Published files can only be read, so that you get a message to send instead (`cadenced draft`). A CalDAV or \
                 Google account could be written.",
            );
        }
        for account in writable.into_iter().filter(|account| account.access == Access::Read) {
            self.open_for_writing(account)?;
        }
        Ok(())
    }

    fn open_for_writing(&mut self, account: &Account) -> anyhow::Result<()> {
        let question = format!("May cadenced move and make up sessions in {}, as just said?", account.name);
        if !self.talk.confirm(&question, false)? {
            return self.talk.say("It stays read-only; `access = \"write\"` in the config opens it.");
        }
        if let Provider::Google(google) = &account.provider
            && !matches!(google.client, GoogleClient::ServiceAccount { .. })
        {
            let wider = Account { access: Access::Write, ..account.clone() };
            self.talk.say("Google asks once more, as that is a wider permission.")?;
            let google: Google = google.clone();
            if self.sign_in(&wider, &google)?.is_none() {
                return self.talk.say("It stays read-only.");
            }
        }
        self.add(&Addition::Write(account.name.clone()))
    }
}
