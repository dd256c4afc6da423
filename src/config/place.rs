//! Owns [`Place`]: where the config file and the data of a profile are (XDG Base Directory Specification 0.8).

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;

use super::Settings;

/// Where the files of one profile are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The config file.
    pub config: PathBuf,
    /// The folder of the data, unless the config names another.
    pub data: PathBuf,
}

/// The places cannot be worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHome {
    /// The environment names no home.
    #[error("no home folder is known; set HOME, or name the config with --config")]
    Unknown,
    /// A profile's name that would lead elsewhere.
    #[error("{0:?} cannot be a profile's name; use letters, digits, `-`, `_` and `.`")]
    BadProfile(String),
}

impl Place {
    /// The usual place of a profile: `$XDG_CONFIG_HOME/cadenced/config.toml` and `$XDG_DATA_HOME/cadenced`, each with
    /// `profiles/NAME` in between for a named one. `config` overrides the first.
    ///
    /// # Errors
    /// [`NoHome`], where the environment names no home or the profile's name is no plain name.
    pub fn of(profile: Option<&str>, config: Option<&Path>) -> Result<Self, NoHome> {
        let folders = Xdg::new().map_err(|_| NoHome::Unknown)?;
        Self::below(&folders.config_dir(), &folders.data_dir(), profile, config)
    }

    fn below(
        config_home: &Path,
        data_home: &Path,
        profile: Option<&str>,
        config: Option<&Path>,
    ) -> Result<Self, NoHome> {
        let own = match profile {
            None => PathBuf::from("cadenced"),
            Some(name) if is_plain(name) => Path::new("cadenced/profiles").join(name),
            Some(name) => return Err(NoHome::BadProfile(name.to_owned())),
        };
        let usual = config_home.join(&own).join("config.toml");
        Ok(Self { config: config.map_or(usual, Path::to_path_buf), data: data_home.join(&own) })
    }

    /// The folder of the data, as the settings have it.
    pub fn data<'a>(&'a self, settings: &'a Settings) -> &'a Path {
        settings.data.as_deref().unwrap_or(&self.data)
    }

    /// The folder of the reports, as the settings have it.
    pub fn reports(&self, settings: &Settings) -> PathBuf {
        settings.report.folder.clone().unwrap_or_else(|| self.data(settings).join("reports"))
    }
}

/// Whether a profile's name stays inside the folder of profiles.
fn is_plain(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.len() <= 100 && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_have_their_own_folders() {
        let place = |profile| Place::below(Path::new("/c"), Path::new("/d"), profile, None);
        let usual = Place { config: "/c/cadenced/config.toml".into(), data: "/d/cadenced".into() };
        assert_eq!(place(None), Ok(usual));
        let work =
            Place { config: "/c/cadenced/profiles/work/config.toml".into(), data: "/d/cadenced/profiles/work".into() };
        assert_eq!(place(Some("work")), Ok(work));
    }

    #[test]
    fn a_profile_cannot_leave_its_folder() {
        for name in ["", "..", "a/b", ".hidden", "/etc"] {
            let place = Place::below(Path::new("/c"), Path::new("/d"), Some(name), None);
            assert_eq!(place, Err(NoHome::BadProfile(name.to_owned())));
        }
    }
}
