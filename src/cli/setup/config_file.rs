//! [`ConfigFile`]: the config during setup, saved after each answer. Each answer is saved at once, or not at all.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::config_edit::{ConfigEdit, HEADER};
use crate::config::{Checked, Settings, Severity, Surroundings, check};

/// Who the owner is taken for until they have said so: the rest of the file can be read with it.
const STAND_IN: &str = "\n[owner]\naddresses = [\"nobody@cadenced.invalid\"]\n";

/// The config file of a profile.
pub struct ConfigFile {
    /// Where it is; for a link, what it leads to.
    path: PathBuf,
    zone: TimeZone,
    today: Date,
    /// Whether what stood there at the beginning has its copy, or needs none.
    is_safe: bool,
}

/// What a config says so far.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialConfig {
    /// The settings; the owner may be a stand-in.
    pub settings: Settings,
    /// Whether the owner has said who they are.
    pub has_owner: bool,
    /// Whether the file says what is done about lost sessions.
    pub has_mode: bool,
    /// Whether `setup` began the file.
    pub is_ours: bool,
}

/// The result of an addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in the file.
    Done,
    /// The file is written in a way that nothing can be added to it by itself: these lines are for its owner to put in.
    ByHand(String),
}

impl ConfigFile {
    /// The file at `path`, which need not be there yet; `zone` is the machine's, `today` names the copy of what was there.
    pub fn new(path: &Path, zone: TimeZone, today: Date) -> Self {
        let path = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf());
        let is_safe = !path.exists();
        Self { path, zone, today, is_safe }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// What it says so far; `None` where there is nothing yet.
    ///
    /// # Errors
    /// What is wrong with it, other than being unfinished.
    pub fn known(&self) -> Result<Option<PartialConfig>, Box<Checked>> {
        let Ok(text) = self.text() else {
            return Err(Box::new(crate::config::check_file(&self.path, self.zone.clone())));
        };
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(None);
        }
        let has = |section: &str| has_section(&text, section);
        let has_owner = has("owner");
        let checked = self.check(&text);
        let (has_mode, is_ours) = (has("mode"), text.starts_with(HEADER));
        match checked.settings.clone() {
            Some(settings) => Ok(Some(PartialConfig { settings, has_owner, has_mode, is_ours })),
            None => Err(Box::new(checked)),
        }
    }

    /// Puts something in: what is there now is read, and replaced in one step by the same with the addition.
    ///
    /// # Errors
    /// Whatever the file system says; then nothing changed.
    pub fn add(&mut self, addition: &ConfigEdit) -> anyhow::Result<Added> {
        let before = self.text().with_context(|| format!("reading {}", self.path.display()))?;
        let fits = |text: &String| {
            let checked = self.check(text);
            checked.settings.is_some_and(|settings| addition.is_in(&settings))
        };
        let Some(after) = addition.to(&before).filter(fits) else { return Ok(Added::ByHand(addition.by_hand())) };
        if after != before {
            self.keep_copy(&before)?;
            write_private(&self.path, &after)?;
        }
        Ok(Added::Done)
    }

    fn text(&self) -> std::io::Result<String> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }

    /// Checks a text as if its owner were known.
    fn check(&self, text: &str) -> Checked {
        let around = Surroundings {
            zone: self.zone.clone(),
            folder: self.folder().to_path_buf(),
            home: etcetera::home_dir().ok(),
            exposed: false,
        };
        let stand_in = if has_section(text, "owner") { "" } else { STAND_IN };
        let mut checked = check(&format!("{text}{stand_in}"), &around);
        checked.problems.retain(|problem| problem.severity == Severity::Error);
        checked
    }

    /// Sets a copy of what somebody had written beside it, once, under today's date.
    fn keep_copy(&mut self, before: &str) -> anyhow::Result<()> {
        if self.is_safe {
            return Ok(());
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for number in 1.. {
            let again = if number == 1 { String::new() } else { format!("-{number}") };
            let copy = self.path.with_file_name(format!("{name}.{}{again}", self.today));
            match fs::read_to_string(&copy) {
                Ok(kept) if kept == before => break,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    write_private(&copy, before)?;
                    break;
                }
                _ => {}
            }
        }
        self.is_safe = true;
        Ok(())
    }
}

fn has_section(text: &str, section: &str) -> bool {
    let (table, _) = toml::de::DeTable::parse_recoverable(text);
    table.get_ref().keys().any(|key| key.get_ref() == section)
}

/// Writes a file that only its owner can read, in one step: whoever looks sees the old one or the new one.
///
/// # Errors
/// Whatever the file system says.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("writing {}", path.display());
    let folder = path.parent().context("the file has no folder")?;
    fs::create_dir_all(folder).with_context(failed)?;
    // Such files are made with mode 0600.
    let mut draft = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    draft.write_all(text.as_bytes()).with_context(failed)?;
    draft.as_file().sync_all().with_context(failed)?;
    draft.persist(path).with_context(failed)?;
    Ok(())
}
