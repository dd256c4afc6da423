//! Asks where the calendars are, by the form of each provider. Each account is tried before it goes into the config.

use std::path::{Path, PathBuf};

use url::Url;

use super::account::{NewAccount, NewCalendar, short, unique};
use super::config_edit::ConfigEdit;
use super::first_read::{Look, look, remedy};
use super::prompt::Mark;
use super::{Setup, config_file::Added};
use crate::calendar::failure::Failure;
use crate::calendar::provider::{Asks, Folder, Folders, Form, FormAccess, Help, Provider, SignIn};
use crate::calendar::{ErrorKind, FORMS, Shared, connect, provider};
use crate::cli::output::{self, foreign};
use crate::cli::{login, sync};
use crate::config::{Access, Account, Login, Provider as Settings, Secret, SecretSource, TokenPlace};
use crate::domain::person::Address;
use crate::domain::source::Credential;

/// What came of trying an account.
enum Tried {
    /// It goes into the config.
    Taken(Box<NewAccount>),
    /// The first question is asked again.
    Again,
    /// The user went back to the menu.
    Back,
}

impl Setup<'_> {
    /// Asks for accounts until there are enough; `false` where there is none in the end.
    pub(super) fn accounts(&mut self) -> anyhow::Result<bool> {
        loop {
            let names = self.account_names()?;
            let done = if names.is_empty() { "None of these; stop here" } else { "That is all" };
            let choices: Vec<String> = FORMS.iter().map(|form| form.choice).chain([done]).map(str::to_owned).collect();
            let question =
                if names.is_empty() { "Where is your calendar?" } else { "Is there another calendar of yours?" };
            let usual = if names.is_empty() { 0 } else { FORMS.len() };
            let chosen = self.talk.choose(question, &choices, usual)?;
            let Some(form) = FORMS.get(chosen) else { return Ok(!names.is_empty()) };
            if let Some(account) = self.new_account(form, &names)? {
                self.add(&ConfigEdit::Account(account))?;
            }
        }
    }

    /// Asks what a form asks until an account works; `None` where the user goes back.
    fn new_account(&mut self, form: &Form, taken: &[String]) -> anyhow::Result<Option<NewAccount>> {
        match &form.help {
            Help::None => {}
            Help::Lines(lines) => self.talk.show(lines)?,
            Help::Text(text) => self.talk.say(&text())?,
        }
        loop {
            let Some(typed) = self.first_answer(form)? else { return Ok(None) };
            if let Err(why) = (form.check)(typed.expose()) {
                self.talk.say(&why)?;
                continue;
            }
            let tried = match form.access {
                FormAccess::Address(settings) => self.by_address(form, settings, typed, taken)?,
                FormAccess::File(settings) => self.by_file(form, settings, typed.expose(), taken)?,
                FormAccess::Password(settings) => self.by_password(form, settings, typed.expose(), taken)?,
                FormAccess::Browser(settings) => self.by_browser(form, settings, typed.expose(), taken)?,
            };
            match tried {
                Tried::Taken(account) => return Ok(Some(*account)),
                Tried::Again => {}
                Tried::Back => return Ok(None),
            }
        }
    }

    fn first_answer(&mut self, form: &Form) -> anyhow::Result<Option<Secret>> {
        let typed = match form.asks {
            Asks::Secret => self.talk.secret(form.question)?,
            Asks::Text | Asks::File => Secret::new(self.talk.ask(form.question, Some(""))?),
        };
        if typed.expose().is_empty() {
            return Ok(None);
        }
        Ok(Some(match form.asks {
            Asks::File => Secret::new(std::path::absolute(expand(typed.expose()))?.to_string_lossy()),
            Asks::Text | Asks::Secret => typed,
        }))
    }

    fn account_names(&self) -> anyhow::Result<Vec<String>> {
        let known = self.known()?;
        let accounts = known.map(|known| known.settings.accounts).unwrap_or_default();
        Ok(accounts.into_iter().map(|account| account.name).collect())
    }

    /// Puts something into the config, and says so.
    pub(super) fn add(&mut self, addition: &ConfigEdit) -> anyhow::Result<()> {
        match self.file.add(addition)? {
            Added::Done => self.talk.say("Kept."),
            Added::ByHand(lines) => {
                self.talk.say(
                    "cadenced cannot edit your config the way it is written, so it was left unchanged. Add this by \
                     hand:",
                )?;
                // An address of a feed is not shown again.
                let safe = lines.lines().filter(|line| !line.starts_with("url = ")).map(str::to_owned);
                self.talk.show(&output::indented(safe, "  ", "    "))
            }
        }
    }

    fn name(&mut self, usual: &str, taken: &[String]) -> anyhow::Result<String> {
        loop {
            let typed =
                self.talk.ask("A short name for it, which the history is kept under", Some(&unique(usual, taken)))?;
            let name = short(&typed);
            if name != typed {
                self.talk.say("A name must be short, on one line and without a slash. Please try again.")?;
            } else if taken.contains(&name) {
                self.talk.say("Another account has this name. Please try again.")?;
            } else {
                return Ok(name);
            }
        }
    }

    fn by_address(
        &mut self,
        form: &Form,
        settings: fn(SecretSource) -> Settings,
        address: Secret,
        taken: &[String],
    ) -> anyhow::Result<Tried> {
        let tried = settings(SecretSource::Literal(address.clone()));
        let Some(look) = self.can_be_read(&tried)? else { return Ok(Tried::Again) };
        let name = self.name(&(form.usual_name)(address.expose()), taken)?;
        self.looks.insert(name.clone(), look);
        let provider = settings(self.keep_address(&name, address)?);
        Ok(Tried::Taken(Box::new(NewAccount { name, provider, calendars: vec![only_calendar()] })))
    }

    fn by_file(
        &mut self,
        form: &Form,
        settings: fn(&Path) -> Result<Settings, String>,
        path: &str,
        taken: &[String],
    ) -> anyhow::Result<Tried> {
        let provider = match settings(Path::new(path)) {
            Ok(provider) => provider,
            Err(why) => {
                self.talk.say(&why)?;
                return Ok(Tried::Again);
            }
        };
        let Some(look) = self.can_be_read(&provider)? else { return Ok(Tried::Again) };
        let name = self.name(&(form.usual_name)(path), taken)?;
        self.looks.insert(name.clone(), look);
        Ok(Tried::Taken(Box::new(NewAccount { name, provider, calendars: vec![only_calendar()] })))
    }

    /// Reads a calendar at once and says what is in it; `None` where it is not to be taken.
    fn can_be_read(&mut self, settings: &Settings) -> anyhow::Result<Option<Look>> {
        self.talk.say("Reading it …")?;
        let spool = tempfile::tempdir()?;
        let account = Account { name: "new".to_owned(), access: Access::Read, provider: settings.clone() };
        let shared = Shared { spool_folder: spool.path().to_path_buf(), ..self.shared() };
        let Some(mut one) = connect(&account, &shared).into_iter().next() else { return Ok(None) };
        let progress = sync::progress(1);
        progress.set_message("it");
        let seen = self.wait(look(one.reader.as_mut()));
        progress.finish_and_clear();
        match seen {
            Ok(found) => {
                self.talk.say(&found.words())?;
                let is_taken = found.events > 0 || self.talk.confirm("Use it anyway?", false)?;
                Ok(is_taken.then_some(found))
            }
            Err(error) => {
                let may_get_better = matches!(error.kind, ErrorKind::Offline | ErrorKind::Wait { .. });
                self.talk.say(&failed(&error.into(), account.credential(&one.id)))?;
                let is_taken = may_get_better && self.talk.confirm("Add it without reading it, and go on?", false)?;
                Ok(is_taken.then(Look::default))
            }
        }
    }

    fn by_password(
        &mut self,
        form: &Form,
        settings: fn(&str, Login) -> Settings,
        server: &str,
        taken: &[String],
    ) -> anyhow::Result<Tried> {
        let usual = Address::parse(server).filter(|_| !server.contains("://")).map(|_| server);
        let username = loop {
            let username = self.talk.ask("User name", usual)?;
            if !username.is_empty() {
                break username;
            }
            self.talk.say("A name is needed. Please try again.")?;
        };
        let with = |password: SecretSource| settings(server, Login { username: username.clone(), password });
        let name = self.name(&short(&(form.usual_name)(server)), taken)?;
        let mut found = None;
        let kept = self.keep_password(&name, |setup, password| {
            let provider = with(SecretSource::Literal(password.clone()));
            found = setup.discover(&Account { name: name.clone(), access: Access::Read, provider })?;
            Ok(found.is_some())
        })?;
        let (Some(password), Some(found)) = (kept, found) else { return Ok(Tried::Again) };
        let calendars = self.choose_calendars(&found)?;
        Ok(Tried::Taken(Box::new(NewAccount { name, provider: with(password), calendars })))
    }

    /// Signs in with a password and finds the account's calendars; `None` where that does not work.
    fn discover(&mut self, account: &Account) -> anyhow::Result<Option<Vec<Folder>>> {
        self.talk.say("Signing in …")?;
        let shared = self.shared();
        match self.wait(provider(account, &shared).folders()) {
            Ok(found) if found.folders.is_empty() => {
                self.talk.say("Signed in, but there is no calendar for events.")?;
                Ok(None)
            }
            Ok(Folders { addresses, folders }) => {
                self.emails.extend(addresses);
                Ok(Some(folders))
            }
            Err(failure) => {
                self.talk.say(&failed(&failure, Credential::Password))?;
                Ok(None)
            }
        }
    }

    fn by_browser(
        &mut self,
        form: &Form,
        settings: fn(&Path, TokenPlace, Option<Url>) -> Settings,
        client: &str,
        taken: &[String],
    ) -> anyhow::Result<Tried> {
        let name = self.name(&(form.usual_name)(client), taken)?;
        let tokens = match self.keyring_problem(&self.key(&name)) {
            None => TokenPlace::Keyring,
            Some(why) => {
                self.talk.say(&format!("The keyring cannot be used: {why}."))?;
                if !self.talk.confirm("Keep the sign-in in a file that only you can read?", true)? {
                    return Ok(Tried::Back);
                }
                TokenPlace::File
            }
        };
        let settings = settings(Path::new(client), tokens, self.stand_in.clone());
        let account = Account { name: name.clone(), access: Access::Read, provider: settings.clone() };
        let shared = self.shared();
        let at = provider(&account, &shared);
        let Ok(browser) = at.sign_in() else { return Ok(Tried::Again) };
        let Some(found) = self.sign_in(browser, at.as_ref())? else { return Ok(Tried::Again) };
        let calendars = self.choose_calendars(&found)?;
        Ok(Tried::Taken(Box::new(NewAccount { name, provider: settings, calendars })))
    }

    /// Signs in through the browser and lists the account's calendars; `None` where it does not work.
    pub(super) fn sign_in(&mut self, browser: &dyn SignIn, at: &dyn Provider) -> anyhow::Result<Option<Vec<Folder>>> {
        let signed_in = self.wait(async {
            login::sign_in(browser, false).await?;
            at.folders().await
        });
        match signed_in {
            Ok(Folders { addresses, folders }) => {
                self.emails.extend(addresses);
                Ok(Some(folders))
            }
            Err(failure) => {
                self.talk.say(&failed(&failure, Credential::Browser))?;
                Ok(None)
            }
        }
    }

    /// Lets the user choose among the calendars of an account; one at least.
    fn choose_calendars(&mut self, offers: &[Folder]) -> anyhow::Result<Vec<NewCalendar>> {
        let no_main = offers.iter().all(|offer| !offer.is_main);
        let marks: Vec<Mark> = offers
            .iter()
            .map(|offer| Mark {
                what: foreign(&offer.name, 60),
                is_on: offer.is_main || offer.is_holidays || (no_main && offers.len() <= 3),
            })
            .collect();
        let chosen = loop {
            let chosen = self.talk.mark("Which calendars should cadenced read?", &marks)?;
            if !chosen.is_empty() {
                break chosen;
            }
            self.talk.say("At least one is needed. Please try again.")?;
        };
        let mut taken = Vec::new();
        let mut calendars = Vec::new();
        for offer in chosen.into_iter().filter_map(|place| offers.get(place)) {
            let name = unique(&short(&offer.name), &taken);
            taken.push(name.clone());
            calendars.push(NewCalendar { name, remote: offer.key.clone(), is_holidays: offer.is_holidays });
        }
        Ok(calendars)
    }
}

/// The calendar of an account that has but one, without a name of its own.
fn only_calendar() -> NewCalendar {
    NewCalendar { name: "main".to_owned(), remote: None, is_holidays: false }
}

/// A file as typed: `~/` is the home, and quotes around it were meant for a shell.
fn expand(typed: &str) -> PathBuf {
    let bare = typed.trim_matches(['\'', '"']);
    match (bare.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(bare.strip_prefix("file://").unwrap_or(bare)),
    }
}

/// What went wrong, and what to do about it.
fn failed(failure: &Failure, credential: Credential) -> String {
    format!("That did not work: {}. {}", failure.detail, remedy(failure.kind, credential))
}
