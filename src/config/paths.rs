//! The paths of the config, the data folder (XDG Base Directory Specification 0.8) and the documentation.

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
    #[error("{0:?} cannot be the name of a profile; use letters, digits, `-`, `_` and `.`")]
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

/// Where a page of the documentation is: beside the installed program, else in the source.
#[must_use]
pub fn document(page: &str) -> String {
    let program = std::env::current_exe().unwrap_or_default();
    installed(&program, page)
        .map_or_else(|| format!("docs/{page} in cadenced's source"), |path| path.display().to_string())
}

/// The page where an installation puts it: `PREFIX/share/doc/cadenced/docs` for a program in `PREFIX/bin`.
fn installed(program: &Path, page: &str) -> Option<PathBuf> {
    let prefix = program.parent().filter(|folder| folder.ends_with("bin"))?.parent()?;
    let path = prefix.join("share/doc/cadenced/docs").join(page);
    path.is_file().then_some(path)
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

    #[test]
    fn a_page_is_where_the_installation_put_it() {
        let prefix = tempfile::tempdir().unwrap();
        let page = prefix.path().join("share/doc/cadenced/docs/google.md");
        std::fs::create_dir_all(page.parent().unwrap()).unwrap();
        std::fs::write(&page, "").unwrap();
        let program = |folder: &str| prefix.path().join(folder).join("cadenced");
        assert_eq!(installed(&program("bin"), "google.md"), Some(page));
        assert_eq!(installed(&program("bin"), "nothing.md"), None);
        assert_eq!(installed(&program("target/debug"), "google.md"), None);
    }
}
