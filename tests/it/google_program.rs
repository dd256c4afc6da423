//! The real program with its own home and an account at the fake of Google Calendar.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::google_account::{OWNER, config, kept};
use crate::google_fake::{FULL, Fake};

/// A home with a config.
pub struct Home {
    folder: TempDir,
}

/// What a run said, and how it ended.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:#?}"))
    }

    /// Everything it said.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Home {
    /// With these further lines in the account, and further sections after it.
    pub fn new(server: &str, account: &str, more: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.configure(&config(server, account, more));
        home
    }

    /// Signed in at the fake.
    pub fn signed_in(fake: &Fake) -> Self {
        let home = Self::new(&fake.url(), "", "");
        home.keep(&fake.refresh_token(OWNER, &[FULL]));
        home
    }

    pub fn configure(&self, text: &str) {
        std::fs::write(self.path("config.toml"), text).unwrap();
    }

    pub fn keep(&self, refresh_token: &str) {
        std::fs::create_dir_all(self.path("data/cadenced/tokens")).unwrap();
        std::fs::write(self.tokens(), kept(refresh_token, "2026-11-01T08:00:00Z")).unwrap();
    }

    pub fn tokens(&self) -> PathBuf {
        self.path("data/cadenced/tokens/work.json")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> Vec<u8> {
        let files = ["cadenced.db", "cadenced.db-wal"].map(|name| self.path("data/cadenced").join(name));
        let found: Vec<Vec<u8>> = files.iter().filter_map(|file| std::fs::read(file).ok()).collect();
        assert!(!found.is_empty(), "{:?}", names(&self.path("data/cadenced")));
        found.concat()
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
        command
            .arg("--config")
            .arg(self.path("config.toml"))
            .args(words)
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/no-bus", self.folder.path().display()))
            .env("PATH", self.path("bin"))
            .env_remove("JOURNAL_STREAM")
            .env_remove("CADENCED_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub async fn run(&self, words: &[&str]) -> Said {
        said(self.command(words).spawn().unwrap()).await
    }

    /// The same as of an instant.
    pub async fn at(&self, now: &str, words: &[&str]) -> Said {
        self.run(&[&["--now", now], words].concat()).await
    }
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect()
}

pub async fn said(child: Child) -> Said {
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A sign-in that waits, with the address that it printed.
pub struct Waiting {
    pub page: String,
    child: Child,
    err: String,
    rest: BufReader<tokio::process::ChildStderr>,
}

impl Waiting {
    /// Starts `login` and reads the address that is to be opened.
    pub async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut rest = BufReader::new(child.stderr.take().unwrap());
        let mut err = String::new();
        loop {
            let mut line = String::new();
            let length = rest.read_line(&mut line).await.unwrap();
            assert!(length > 0, "no address was printed: {err}");
            err.push_str(&line);
            if let Some(page) = line.strip_prefix("  http") {
                let page = format!("http{}", page.trim_end());
                return Self { page, child, err, rest };
            }
        }
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Said {
        self.rest.read_to_string(&mut self.err).await.unwrap();
        let said = said(self.child).await;
        Said { err: self.err, ..said }
    }
}

/// Opens an address as a browser would, redirects included; says the last page.
pub async fn open(page: &str) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(page).send().await.unwrap().text().await.unwrap()
}
