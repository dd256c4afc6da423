//! Asks where to keep a secret: in the keyring, in a private file, or with a command that prints it.

use super::Setup;
use super::config_file::write_private;
use crate::calendar::secret::{COMMAND_TIMEOUT, from_command, keyring};
use crate::config::{Secret, SecretSource};

/// A way to have a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PasswordSource {
    Keyring,
    File,
    Program,
}

impl Setup<'_> {
    /// Why the keyring cannot be used, where it cannot.
    pub(super) fn keyring_problem(&self, key: &str) -> Option<String> {
        if !self.has_desktop {
            return Some("it is switched off".to_owned());
        }
        self.wait(keyring::look_up(key)).err().map(|error| error.to_string())
    }

    /// The key of a secret in the keyring: profiles do not share.
    pub(super) fn key(&self, account: &str) -> String {
        self.profile.as_deref().map_or_else(|| account.to_owned(), |profile| format!("{profile}/{account}"))
    }

    /// Asks where an address is to be kept, and puts it there.
    pub(super) fn keep_address(&mut self, account: &str, address: Secret) -> anyhow::Result<SecretSource> {
        let key = self.key(account);
        if let Some(why) = self.keyring_problem(&key) {
            self.talk.say(&format!(
                "The address goes into the config, which only you can read: {why}. `url_command` and `url_keyring` \
                 are alternatives."
            ))?;
            return Ok(SecretSource::Literal(address));
        }
        let choices = ["In the keyring".to_owned(), "In the config, which only you can read".to_owned()];
        let question = "Anyone who has this address can read your calendar. Where should it be kept?";
        if self.talk.choose(question, &choices, 0)? == 1 {
            return Ok(SecretSource::Literal(address));
        }
        match self.wait(keyring::keep(&key, &format!("cadenced: the calendar {account}"), &address)) {
            Ok(()) => Ok(SecretSource::Keyring { key }),
            Err(error) => {
                self.talk.say(&format!("The address goes into the config: {error}."))?;
                Ok(SecretSource::Literal(address))
            }
        }
    }

    /// Asks how to get a password; where it is typed, it is put away only once it was tried with `works`.
    ///
    /// `None` where the user gives up.
    pub(super) fn keep_password(
        &mut self,
        account: &str,
        mut works: impl FnMut(&mut Self, &Secret) -> anyhow::Result<bool>,
    ) -> anyhow::Result<Option<SecretSource>> {
        let key = self.key(account);
        let trouble = self.keyring_problem(&key);
        let file = self.file.folder().join(format!("{}.password", account.replace([' ', '.'], "-")));
        if let Some(why) = &trouble {
            self.talk.say(&format!("The keyring cannot be used: {why}."))?;
        }
        let mut ways = vec![
            (PasswordSource::Keyring, "I type it now, and cadenced puts it into the keyring".to_owned()),
            (PasswordSource::Program, "A program prints it, such as: pass show dav".to_owned()),
            (PasswordSource::File, "I type it now, and cadenced puts it into a file that only I can read".to_owned()),
        ];
        ways.retain(|(way, _)| *way != PasswordSource::Keyring || trouble.is_none());
        let choices: Vec<String> = ways.iter().map(|(_, words)| words.clone()).collect();
        let (way, _) = ways[self.talk.choose("How should cadenced get the password?", &choices, 0)?];
        loop {
            let found = match way {
                PasswordSource::Program => self.ask_program()?,
                PasswordSource::Keyring | PasswordSource::File => {
                    let typed = self.talk.secret("The password (not shown; press Enter to go back)")?;
                    (!typed.expose().is_empty()).then_some((typed, SecretSource::Command(Vec::new())))
                }
            };
            let Some((password, kept)) = found else { return Ok(None) };
            if !works(self, &password)? {
                continue;
            }
            return Ok(Some(match way {
                PasswordSource::Program => kept,
                PasswordSource::Keyring => {
                    match self.wait(keyring::keep(&key, &format!("cadenced: the account {account}"), &password)) {
                        Ok(()) => SecretSource::Keyring { key },
                        Err(error) => {
                            self.talk.say(&format!("The keyring did not take it: {error}."))?;
                            return Ok(None);
                        }
                    }
                }
                PasswordSource::File => {
                    write_private(&file, &format!("{}\n", password.expose()))?;
                    self.talk.say(&format!("It is in {}, which only you can read.", file.display()))?;
                    SecretSource::Command(vec!["cat".to_owned(), file.display().to_string()])
                }
            }));
        }
    }

    fn ask_program(&mut self) -> anyhow::Result<Option<(Secret, SecretSource)>> {
        loop {
            let typed = self.talk.ask("The program (press Enter to go back)", Some(""))?;
            let words = split(&typed);
            if words.is_empty() {
                return Ok(None);
            }
            match self.wait(from_command(&words, COMMAND_TIMEOUT)) {
                Ok(secret) => return Ok(Some((secret, SecretSource::Command(words)))),
                Err(failure) => self.talk.say(&format!("That does not work: {}.", failure.detail))?,
            }
        }
    }
}

/// Words as a shell would split them, as far as blanks and quotes go.
fn split(typed: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in typed.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_program_is_split_at_blanks_outside_quotes() {
        assert_eq!(split("pass show 'my dav' \"a b\"c"), ["pass", "show", "my dav", "a bc"]);
        assert_eq!(split("  "), Vec::<String>::new());
    }
}
