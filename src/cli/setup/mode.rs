//! Asks what should happen when a session is lost, and whether cadenced may write to a calendar.

use super::Setup;
use super::config_edit::ConfigEdit;
use crate::cli::context::Context;
use crate::config::{Access, Account, Google, GoogleClient, Provider};
use crate::domain::policy::Mode;
use crate::domain::source::{GuestNotice, Source};

impl Setup<'_> {
    /// Asks for the mode, and for the right to write where that is of use.
    pub(super) fn mode(&mut self, context: &Context, sources: &[Source]) -> anyhow::Result<()> {
        let settings = &context.settings;
        let modes = [Mode::Ask, Mode::Off, Mode::Auto];
        let choices = [
            "Ask: tells you, offers new times, and does what you choose (recommended)",
            "Off: only counts it, for the weekly report",
            "Auto: finds a new time and writes it to the calendar where that is safe; asks otherwise",
        ]
        .map(str::to_owned);
        self.talk.show("\n")?;
        let now = modes.iter().position(|mode| *mode == settings.mode).unwrap_or(0);
        let mode = modes[self.talk.choose("What should happen when a session is lost?", &choices, now)?];
        self.add(&ConfigEdit::Mode(mode))?;
        if mode == Mode::Off {
            return Ok(());
        }
        let can_be_written = |account: &&Account| !matches!(account.provider, Provider::Ics(_));
        let writable: Vec<&Account> = settings.accounts.iter().filter(can_be_written).collect();
        if writable.is_empty() {
            return self.talk.say(
                "cadenced can only read published calendars, so it writes messages for you to send (`cadenced draft`). It can \
                 write to CalDAV and Google calendars.",
            );
        }
        for account in writable.into_iter().filter(|account| account.access == Access::Read) {
            let notice =
                sources.iter().find(|source| source.id.account == account.name).and_then(|one| one.guest_notice);
            self.open_for_writing(account, notice)?;
        }
        Ok(())
    }

    fn open_for_writing(&mut self, account: &Account, notice: Option<GuestNotice>) -> anyhow::Result<()> {
        if let Some(notice) = notice {
            self.talk.say(guests_learn(notice))?;
        }
        let question = format!("May cadenced write to {} to move and make up sessions?", account.name);
        if !self.talk.confirm(&question, false)? {
            return self.talk.say("It stays read-only. `access = \"write\"` in the config changes that.");
        }
        if let Provider::Google(google) = &account.provider
            && !matches!(google.client, GoogleClient::ServiceAccount { .. })
        {
            let wider = Account { access: Access::Write, ..account.clone() };
            self.talk.say("That needs a wider permission, so Google asks again.")?;
            let google: Google = google.clone();
            if self.sign_in(&wider, &google)?.is_none() {
                return self.talk.say("It stays read-only.");
            }
        }
        self.add(&ConfigEdit::Write(account.name.clone()))
    }
}

/// How guests learn of what is written to an account.
const fn guests_learn(notice: GuestNotice) -> &'static str {
    match notice {
        GuestNotice::Mail => "Google mails the guest whenever cadenced moves or makes up a session.",
        GuestNotice::Server => "Your server tells the guest whenever cadenced moves or makes up a session.",
        GuestNotice::Nobody => {
            "Your server tells nobody of changes: when cadenced moves or makes up a session, you write to the guest yourself \
             (`cadenced draft` has the words)."
        }
    }
}
