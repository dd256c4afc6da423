//! Asks for the owner's addresses and names, and proposes those found in the calendars.

use super::Setup;
use super::config_edit::ConfigEdit;
use super::first_read::{Look, look};
use crate::calendar::{Shared, connect};
use crate::config::Settings;
use crate::domain::person::Address;

impl Setup<'_> {
    /// Asks for the owner's addresses and names.
    pub(super) fn owner(&mut self, settings: &Settings) -> anyhow::Result<()> {
        self.talk.say("Everyone else in an invitation counts as the other side, so list every address of yours.")?;
        let look = self.look_at_all(settings)?;
        let mut proposed: Vec<Address> = Vec::new();
        let seen = look.owner();
        for address in seen.iter().map(|(address, _)| address).chain(&self.emails) {
            if !proposed.contains(address) {
                proposed.push(address.clone());
            }
        }
        if let Some((address, _)) = &seen {
            self.talk.say(&format!("Most events that show guests include {address}."))?;
        }
        let addresses = self.addresses(&proposed)?;
        let names = addresses.iter().filter_map(|address| look.name_of(address)).map(|name| name.trim().to_owned());
        let mut usual: Vec<String> = Vec::new();
        for name in names.filter(|name| !name.is_empty() && !name.contains(',')) {
            if !usual.contains(&name) {
                usual.push(name);
            }
        }
        self.talk
            .say("Where a calendar shows no guests, cadenced looks for your names in titles like \"You / Bob\".")?;
        let usual = usual.join(", ");
        let typed = self
            .talk
            .ask("Your names, separated by commas (- for none)", Some(if usual.is_empty() { "-" } else { &usual }))?;
        let names = parts(&typed).filter(|name| *name != "-").map(str::to_owned).collect();
        self.add(&ConfigEdit::Owner { addresses, names })
    }

    fn addresses(&mut self, proposed: &[Address]) -> anyhow::Result<Vec<Address>> {
        let usual: Vec<&str> = proposed.iter().map(Address::as_str).collect();
        let usual = usual.join(", ");
        loop {
            let question = "Your e-mail addresses, separated by commas";
            let typed = self.talk.ask(question, Some(usual.as_str()).filter(|usual| !usual.is_empty()))?;
            let bad: Vec<&str> = parts(&typed).filter(|part| Address::parse(part).is_none()).collect();
            let addresses: Vec<Address> = parts(&typed).filter_map(Address::parse).collect();
            match (addresses.is_empty(), bad.first()) {
                (_, Some(bad)) => self.talk.say(&format!("{bad:?} is not an e-mail address. Please try again."))?,
                (true, None) => self.talk.say("At least one is needed. Please try again.")?,
                (false, None) => return Ok(addresses),
            }
        }
    }

    /// What all calendars show; one that cannot be read now tells nothing.
    fn look_at_all(&mut self, settings: &Settings) -> anyhow::Result<Look> {
        let mut all = Look::default();
        let spool = tempfile::tempdir()?;
        let shared = Shared { spool_folder: spool.path().to_path_buf(), ..self.shared() };
        for account in &settings.accounts {
            // What was read a moment ago is not read again: it may be large, and its server may count.
            if let Some(look) = self.looks.get(&account.name) {
                all.join(look);
                continue;
            }
            for mut one in connect(account, &shared) {
                self.talk.say(&format!("Looking at {} …", one.id))?;
                if let Ok(look) = self.wait(look(one.reader.as_mut())) {
                    all.join(&look);
                }
            }
        }
        Ok(all)
    }
}

fn parts(typed: &str) -> impl Iterator<Item = &str> {
    typed.split([',', ';']).map(str::trim).filter(|part| !part.is_empty())
}
