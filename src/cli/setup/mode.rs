//! Asks what should happen when a session is lost, and whether cadenced may write to a calendar.

use super::Setup;
use super::config_edit::ConfigEdit;
use crate::calendar::{FORMS, provider};
use crate::cli::context::Context;
use crate::config::{Access, Account};
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
        let can_be_written = |account: &&Account| account.provider.kind().can_be_written();
        let writable: Vec<&Account> = settings.accounts.iter().filter(can_be_written).collect();
        if writable.is_empty() {
            let writable: Vec<&str> =
                FORMS.iter().filter(|form| form.can_be_written).map(|form| form.provider).collect();
            return self.talk.say(&format!(
                "cadenced can only read published calendars, so it writes messages for you to send (`cadenced draft`). It can \
                 write to {} calendars.",
                writable.join(" and ")
            ));
        }
        for account in writable.into_iter().filter(|account| account.access == Access::Read) {
            let notice =
                sources.iter().find(|source| source.id.account == account.name).and_then(|one| one.guest_notice);
            self.open_for_writing(account, notice)?;
        }
        Ok(())
    }

    fn open_for_writing(&mut self, account: &Account, notice: Option<GuestNotice>) -> anyhow::Result<()> {
        let wider = Account { access: Access::Write, ..account.clone() };
        let shared = self.shared();
        let provider = provider(&wider, &shared);
        if let Some(notice) = notice {
            self.talk.say(&guests_learn(notice, provider.name()))?;
        }
        let question = format!("May cadenced write to {} to move and make up sessions?", account.name);
        if !self.talk.confirm(&question, false)? {
            return self.talk.say("It stays read-only. `access = \"write\"` in the config changes that.");
        }
        if let Ok(browser) = provider.sign_in() {
            self.talk.say(&format!("That needs a wider permission, so {} asks again.", provider.name()))?;
            if self.sign_in(browser, provider.as_ref())?.is_none() {
                return self.talk.say("It stays read-only.");
            }
        }
        self.add(&ConfigEdit::Write(account.name.clone()))
    }
}

/// How guests learn of what is written to an account.
fn guests_learn(notice: GuestNotice, provider: &str) -> String {
    match notice {
        GuestNotice::Mail => {
            format!("{provider} mails the guest whenever cadenced moves or makes up a session.")
        }
        GuestNotice::Server => {
            "Your server tells the guest whenever cadenced moves or makes up a session.".to_owned()
        }
        GuestNotice::Nobody => {
            "Your server tells nobody of changes: when cadenced moves or makes up a session, you write to the guest yourself \
             (`cadenced draft` has the words)."
                .to_owned()
        }
    }
}
