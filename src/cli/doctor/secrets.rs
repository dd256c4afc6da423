//! Checks whether each secret is available, without showing it and without prompting anybody.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::calendar::secret::keyring;
use crate::config::{SecretSource, Settings};

/// How long the keyring may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// A secret of the config.
struct Named<'a> {
    /// What it is of.
    what: String,
    /// Whose server `--live` would ask with it.
    account: Option<&'a str>,
    source: &'a SecretSource,
}

/// Every secret that the config names.
pub async fn findings(case: &DoctorContext, search: Option<&std::ffi::OsStr>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for named in case.settings.as_ref().map(named).unwrap_or_default() {
        findings.push(match named.source {
            SecretSource::Literal(_) => Finding::fine(Kind::Secret, named.what, "in the config itself"),
            SecretSource::Keyring { key } => in_keyring(named.what, key).await,
            SecretSource::Command(words) => by_command(&named, words, search),
            SecretSource::Credential { name } => by_systemd(named.what, name),
        });
    }
    findings
}

fn named(settings: &Settings) -> Vec<Named<'_>> {
    let mut all = Vec::new();
    for account in &settings.accounts {
        let name = Some(account.name.as_str());
        all.extend(account.secrets().into_iter().map(|(what, source)| Named { what, account: name, source }));
    }
    if let Some(login) = settings.mail.as_ref().and_then(|mail| mail.login.as_ref()) {
        all.push(Named { what: "password of mail".to_owned(), account: None, source: &login.password });
    }
    all
}

/// The keyring is looked at and never asked to unlock itself.
async fn in_keyring(what: String, key: &str) -> Finding {
    let wrong = |what, detail: String| Finding::wrong(Kind::Secret, what, Exit::SignIn, detail);
    match timeout(ANSWER_TIMEOUT, keyring::look_up(key)).await {
        Ok(Ok(Some(_))) => Finding::fine(Kind::Secret, what, "in the keyring"),
        Ok(Ok(None)) => wrong(what, format!("the keyring holds no secret `{key}`"))
            .remedy(format!("secret-tool store --label=cadenced application cadenced key {key}")),
        Ok(Err(error)) => {
            let remedy = if error.wants_unlocking() {
                "unlock it: sign in to the desktop with its password, or open it in `seahorse`"
            } else {
                "start one, for example `gnome-keyring-daemon --start --components=secrets`, or use `…_command`"
            };
            wrong(what, error.to_string()).remedy(remedy)
        }
        Err(_) => wrong(what, format!("the keyring did not answer in {} s", ANSWER_TIMEOUT.as_secs()))
            .remedy("systemctl --user restart gnome-keyring-daemon"),
    }
}

/// A credential is there for the service alone, so that nobody else can look.
fn by_systemd(what: String, name: &str) -> Finding {
    Finding::note(Kind::Secret, what, format!("the credential `{name}`, which systemd passes only to the service"))
        .remedy("`systemctl --user show -p LoadCredential cadenced` says whether the unit names it")
}

/// A command is looked for and not run: it might ask its user for a passphrase.
fn by_command(named: &Named<'_>, words: &[String], search: Option<&std::ffi::OsStr>) -> Finding {
    let program = words.first().map(String::as_str).unwrap_or_default();
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    if find(program, search).is_none() {
        return Finding::wrong(
            Kind::Secret,
            named.what.clone(),
            Exit::SignIn,
            format!("the program `{name}` was not found, or may not be run"),
        )
        .remedy(format!("install `{name}`, or give its full path in the config"));
    }
    let how = match named.account {
        Some(account) => {
            format!("`{name}` exists; it was not run, as it may prompt you: `cadenced doctor --live {account}` runs it")
        }
        None => format!("`{name}` exists; it was not run, as it may prompt you"),
    };
    Finding::fine(Kind::Secret, named.what.clone(), how)
}

/// The file that a program's name stands for, as a shell would find it.
pub fn find(program: &str, search: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    let runs =
        |path: &PathBuf| path.metadata().is_ok_and(|known| known.is_file() && known.permissions().mode() & 0o111 != 0);
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(runs);
    }
    std::env::split_paths(search?).map(|folder| folder.join(program)).find(runs)
}
