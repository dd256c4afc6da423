//! The hardening drop-in: its content for these settings, and whether it works on this machine.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use etcetera::base_strategy::Xdg;
use tokio::process::Command;
use tokio::time::timeout;

use crate::config::{Account, Place, SecretSource, Settings};

/// The drop-in as it is shipped, for the usual folders.
const SHIPPED: &str = include_str!("../../../systemd/hardening.conf");

/// Opens each drop-in that was written here; one without it is the user's own.
const OURS: &str =
    "# Written by cadenced for the folders of your config; remove this line to keep the file as you like it.\n";

/// The lines that name a folder: one makes it where it is missing, the other opens it for writing.
const MAKE: &str = "ExecStartPre=";
const OPEN: &str = "ReadWritePaths=";

/// How long the trial may take.
const TRIAL: Duration = Duration::from_secs(20);

/// The result of writing the drop-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is new, or says something else now: the unit has to be restarted.
    Changed,
    /// It said the same already.
    Same,
    /// Somebody wrote their own, which stays.
    KeptYours,
}

/// Whether a unit of this user can be sandboxed: one is started with every line of the drop-in, and has to see its home
/// as read-only. Where user namespaces are switched off it fails, or the lines do nothing. Why not, else.
///
/// # Errors
/// The reason, in words for the user.
pub async fn works() -> Result<(), String> {
    let mut command = Command::new("systemd-run");
    command.args(["--user", "--wait", "--collect", "--quiet"]);
    for line in lines() {
        command.args(["-p", line]);
    }
    command.args(["/bin/sh", "-c", "[ ! -w \"$HOME\" ]"]).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ran = timeout(TRIAL, command.status()).await;
    match ran {
        Err(_) => Err("systemd did not run the trial in time".to_owned()),
        Ok(Err(error)) => Err(format!("systemd-run cannot be started ({})", error.kind())),
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => Err("systemd cannot sandbox units of yours here (user namespaces may be switched off)".to_owned()),
    }
}

/// The settings of the drop-in, each as `systemd-run -p` takes it, but for the folders.
fn lines() -> impl Iterator<Item = &'static str> {
    SHIPPED
        .lines()
        .filter(|line| !line.starts_with(['#', '[', ' ']) && line.contains('='))
        .filter(|line| !is_folder(line))
}

fn is_folder(line: &str) -> bool {
    line.starts_with(MAKE) || line.starts_with(OPEN)
}

/// Whether secrets come from programs of the user's: those run inside the sandbox too, and may want to write elsewhere.
pub fn runs_commands(settings: &Settings) -> bool {
    // Reading a file works inside as well, and is how `setup` keeps a password where there is no keyring.
    let is_command = |source: &SecretSource| matches!(source, SecretSource::Command(words) if words.first().is_none_or(|program| program != "cat"));
    let mail = settings.mail.as_ref().and_then(|mail| mail.login.as_ref()).map(|login| &login.password);
    let of_accounts = settings.accounts.iter().flat_map(Account::secrets).map(|(_, source)| source);
    of_accounts.chain(mail).any(is_command)
}

/// The folders that the daemon writes to.
pub fn folders(place: &Place, settings: &Settings) -> Vec<PathBuf> {
    let metrics = settings.report.metrics_file.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let mut all = vec![place.data(settings).to_path_buf()];
    for folder in [Some(place.reports(settings)), metrics].into_iter().flatten() {
        if !all.iter().any(|known| folder.starts_with(known)) {
            all.push(folder);
        }
    }
    all
}

/// The text of the drop-in for these folders. One that is missing does not keep the daemon from starting.
pub fn text(folders: &[PathBuf]) -> String {
    let mut out = OURS.to_owned();
    for line in SHIPPED.lines() {
        if line.starts_with(MAKE) {
            let quoted = folders.iter().map(|folder| escaped(folder).replace('$', "$$"));
            out.extend(quoted.map(|folder| format!("{MAKE}-+mkdir -p -m 700 \"{folder}\"\n")));
        } else if line.starts_with(OPEN) {
            out.extend(folders.iter().map(|folder| format!("{OPEN}\"-{}\"\n", escaped(folder))));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// A path as it stands inside quotes in a unit's file (systemd.syntax(7), systemd.unit(5) on specifiers).
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%%").replace('\\', "\\\\").replace('"', "\\\"")
}

/// Where the drop-in of a unit belongs; none where no home is known.
pub fn file(unit: &str) -> Option<PathBuf> {
    Some(below(&Xdg::new().ok()?.config_dir(), unit))
}

fn below(config_home: &Path, unit: &str) -> PathBuf {
    config_home.join("systemd/user").join(format!("{unit}.d")).join("hardening.conf")
}

/// Writes the drop-in, unless it is somebody's own; the folders in it are made where they are missing, so that they
/// can be opened for writing.
///
/// # Errors
/// Whatever the file system says.
pub fn write(file: &Path, folders: &[PathBuf]) -> anyhow::Result<Written> {
    let text = text(folders);
    match std::fs::read_to_string(file) {
        Ok(old) if old == text => return Ok(Written::Same),
        Ok(old) if !old.starts_with(OURS) => return Ok(Written::KeptYours),
        _ => {}
    }
    for folder in folders {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let parent = file.parent().context("the drop-in has no folder")?;
    let failed = || format!("writing {}", file.display());
    std::fs::create_dir_all(parent).with_context(failed)?;
    let mut draft = tempfile::NamedTempFile::new_in(parent).with_context(failed)?;
    draft.write_all(text.as_bytes()).with_context(failed)?;
    draft.persist(file).with_context(failed)?;
    Ok(Written::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drop_in_opens_exactly_the_folders_of_the_config() {
        let text = text(&["/d/100% \"mine\"".into(), "/r".into()]);
        let opened: Vec<&str> = text.lines().filter(|line| line.starts_with(OPEN)).collect();
        assert_eq!(opened, ["ReadWritePaths=\"-/d/100%% \\\"mine\\\"\"", "ReadWritePaths=\"-/r\""]);
        let made: Vec<&str> = text.lines().filter(|line| line.starts_with(MAKE)).collect();
        assert_eq!(made.len(), 2);
        assert_eq!(made[1], "ExecStartPre=-+mkdir -p -m 700 \"/r\"");
        assert!(text.contains("\nPrivateUsers=yes\n") && !text.contains("%h"));
    }

    #[test]
    fn the_trial_has_every_line_but_the_folders() {
        let tried: Vec<&str> = lines().collect();
        assert!(tried.contains(&"PrivateUsers=yes") && tried.contains(&"ProtectHome=read-only"));
        assert!(!tried.iter().any(|line| is_folder(line)));
    }

    #[test]
    fn a_drop_in_of_the_users_own_stays() {
        let home = tempfile::tempdir().unwrap();
        let file = below(home.path(), "cadenced.service");
        let folders = [home.path().join("data")];
        assert_eq!(write(&file, &folders).unwrap(), Written::Changed);
        assert_eq!(write(&file, &folders).unwrap(), Written::Same);
        std::fs::write(&file, "[Service]\n").unwrap();
        assert_eq!(write(&file, &folders).unwrap(), Written::KeptYours);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[Service]\n");
    }
}
