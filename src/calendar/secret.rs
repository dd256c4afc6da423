//! Fetches secrets: from the config itself, a command, the desktop's keyring, or systemd's credentials.

pub mod keyring;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::ErrorKind;
use super::failure::Failure;
use crate::config::{Secret, SecretSource};

/// How long a command may take; it may have to ask its user for a passphrase.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Where systemd says in which folder the credentials of a service are.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The most that is read of a command's output or a credential; a secret is one line.
const MAX_OUTPUT: u64 = 64 * 1024;

/// Gets a secret. The keyring is never asked to unlock itself, as a prompt at every poll would nag.
///
/// # Errors
/// `SignIn` where the secret is not available, with what to do; `Config` for a command that is none.
pub async fn read(source: &SecretSource) -> Result<Secret, Failure> {
    match source {
        SecretSource::Literal(secret) => Ok(secret.clone()),
        SecretSource::Command(words) => from_command(words, COMMAND_TIMEOUT).await,
        SecretSource::Keyring { key } => from_keyring(key).await,
        SecretSource::Credential { name } => {
            let folder = std::env::var_os(CREDENTIALS);
            from_credential(name, folder.as_deref().map(Path::new))
        }
    }
}

/// Runs a program and takes the first line that it prints. Only the program's name is ever shown: its arguments may be secret.
///
/// # Errors
/// `Config` without a program, `SignIn` where it fails, prints nothing, or takes longer than `limit`.
pub async fn from_command(words: &[String], limit: Duration) -> Result<Secret, Failure> {
    let Some((program, arguments)) = words.split_first().filter(|(program, _)| !program.is_empty()) else {
        return Err(Failure::new(
            ErrorKind::Config,
            "the command for a secret is empty; name a program and its arguments",
        ));
    };
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            sign_in(format!("the secret command `{name}` cannot be run ({}); is it installed?", error.kind()))
        })?;
    match timeout(limit, output(&mut child)).await {
        Err(_) => Err(sign_in(format!(
            "the secret command `{name}` took longer than {} s; run it by hand once",
            limit.as_secs()
        ))),
        Ok(Err(why)) => Err(sign_in(format!("the secret command `{name}` {why}; run it by hand to see why"))),
        Ok(Ok(printed)) => first_line(&printed)
            .ok_or_else(|| sign_in(format!("the secret command `{name}` printed no secret on its first line"))),
    }
}

/// What a child prints, once it has ended well.
async fn output(child: &mut Child) -> Result<Vec<u8>, String> {
    let mut printed = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let mut limited = stdout.take(MAX_OUTPUT);
        limited
            .read_to_end(&mut printed)
            .await
            .map_err(|error| format!("stopped while printing ({})", error.kind()))?;
    }
    let status = child.wait().await.map_err(|error| format!("could not be waited for ({})", error.kind()))?;
    if status.success() { Ok(printed) } else { Err(format!("failed ({status})")) }
}

fn first_line(printed: &[u8]) -> Option<Secret> {
    let line = printed.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_end_matches('\r');
    (!line.trim().is_empty()).then(|| Secret::new(line))
}

/// Takes the first line of what systemd passed to this service in `folder`; `None` where nothing was passed, as in a shell.
///
/// # Errors
/// `SignIn` where there is no such credential, with what to do; it names the credential and shows nothing of it.
pub fn from_credential(name: &str, folder: Option<&Path>) -> Result<Secret, Failure> {
    let Some(folder) = folder else {
        return Err(sign_in(format!(
            "only the service has the credential `{name}`: systemctl --user reload cadenced makes it read everything \
             again; to give it to a command of yours: systemd-run --user --pty -p LoadCredential={name}:FILE \
             cadenced …"
        )));
    };
    let mut content = Vec::new();
    let file = File::open(folder.join(name));
    file.and_then(|file| file.take(MAX_OUTPUT).read_to_end(&mut content)).map_err(|error| {
        sign_in(format!(
            "systemd passed no credential `{name}` ({}); add LoadCredential={name}:FILE below [Service] with \
             systemctl --user edit cadenced, and restart it",
            error.kind()
        ))
    })?;
    first_line(&content).ok_or_else(|| sign_in(format!("the credential `{name}` holds no secret on its first line")))
}

async fn from_keyring(key: &str) -> Result<Secret, Failure> {
    let found = keyring::look_up(key).await?.ok_or_else(|| {
        sign_in(format!(
            "the keyring holds no secret `{key}`; store it with `secret-tool store --label=cadenced application \
             cadenced key {key}`"
        ))
    })?;
    first_line(found.expose().as_bytes())
        .ok_or_else(|| sign_in(format!("the keyring's secret `{key}` is empty or not text")))
}

fn sign_in(detail: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::SignIn, detail)
}
