//! [`Finding`]: one thing that was checked, its state, and what to do about it.

use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::output::{self, Tone};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing; its name is an anchor in `docs/troubleshooting.md`.
    pub kind: Kind,
    /// The thing itself.
    pub what: String,
    /// How it is.
    pub state: State,
    /// The same in words.
    pub detail: String,
    /// What to do about it, with the command to type; none where there is nothing to do.
    pub remedy: Option<String>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Fine,
    /// Nothing wrong with cadenced; worth knowing.
    Note,
    /// Wrong, and how the program ends for it.
    Wrong(Exit),
}

/// What kind of thing a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The config file.
    Config,
    /// Who may read what cadenced keeps.
    Files,
    /// Passwords, tokens and secret addresses.
    Secret,
    /// Sign-ins through the browser, and key files that stand in for one.
    SignIn,
    /// The session bus.
    Bus,
    /// The notification server.
    Notices,
    /// Whether the screen is locked.
    Screen,
    /// Whether the machine slept.
    Sleep,
    /// Whether there is a network.
    Network,
    /// The machine's clock.
    Clock,
    /// Time zones.
    Zones,
    /// The database.
    Database,
    /// Its dated copies.
    Copies,
    /// The room on its disk.
    Disk,
    /// What cadenced writes to calendars.
    Writing,
    /// Letters to the owner.
    Mail,
    /// How fresh a calendar is.
    Calendar,
    /// The daemon.
    Daemon,
    /// Its systemd unit.
    Unit,
    /// What an account's server says, with `--live`.
    Server,
}

impl Kind {
    /// Every kind, in the order of `docs/troubleshooting.md`.
    pub const ALL: [Self; 20] = [
        Self::Config,
        Self::Files,
        Self::Secret,
        Self::SignIn,
        Self::Bus,
        Self::Notices,
        Self::Screen,
        Self::Sleep,
        Self::Network,
        Self::Clock,
        Self::Zones,
        Self::Database,
        Self::Copies,
        Self::Disk,
        Self::Writing,
        Self::Mail,
        Self::Calendar,
        Self::Daemon,
        Self::Unit,
        Self::Server,
    ];

    /// Its name for programs, and its anchor in `docs/troubleshooting.md`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Files => "files",
            Self::Secret => "secret",
            Self::SignIn => "sign-in",
            Self::Bus => "bus",
            Self::Notices => "notices",
            Self::Screen => "screen",
            Self::Sleep => "sleep",
            Self::Network => "network",
            Self::Clock => "clock",
            Self::Zones => "zones",
            Self::Database => "database",
            Self::Copies => "copies",
            Self::Disk => "disk",
            Self::Writing => "writing",
            Self::Mail => "mail",
            Self::Calendar => "calendar",
            Self::Daemon => "daemon",
            Self::Unit => "unit",
            Self::Server => "server",
        }
    }
}

impl Finding {
    /// Something that is as it should be.
    pub fn fine(kind: Kind, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, what: what.into(), state: State::Fine, detail: detail.into(), remedy: None }
    }

    /// Something worth knowing.
    pub fn note(kind: Kind, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { state: State::Note, ..Self::fine(kind, what, detail) }
    }

    /// Something wrong, for which the program ends with `exit`.
    pub fn wrong(kind: Kind, what: impl Into<String>, exit: Exit, detail: impl Into<String>) -> Self {
        Self { state: State::Wrong(exit), ..Self::fine(kind, what, detail) }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Its state in one word.
    pub const fn word(&self) -> &'static str {
        match self.state {
            State::Fine => "fine",
            State::Note => "note",
            State::Wrong(_) => "wrong",
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let tone = match self.state {
            State::Fine => Tone::Good,
            State::Note => Tone::Warn,
            State::Wrong(_) => Tone::Bad,
        };
        let mark = output::paint(tone, &format!("{:<5}", self.word()));
        let line = format!("{}: {}", output::foreign(&self.what, 60), output::foreign(&self.detail, 600));
        let text = output::indented([line], "       ", "         ");
        // The mark is put in afterwards, as its colour would count as width.
        let text = text.replacen("       ", &format!("{mark}  "), 1);
        let remedy =
            self.remedy.as_ref().map(|remedy| output::indented([remedy.clone()], "         -> ", "            "));
        text + &remedy.unwrap_or_default()
    }

    /// For programs; see `docs/schemas/doctor.json`.
    pub fn json(&self) -> Value {
        let exit = match self.state {
            State::Wrong(exit) => exit.code(),
            State::Fine | State::Note => 0,
        };
        json!({
            "kind": self.kind.name(),
            "what": self.what,
            "state": self.word(),
            "exit": exit,
            "detail": self.detail,
            "remedy": self.remedy,
        })
    }
}

/// The exit code that tells most: what the user has to do goes before what passes by itself.
pub fn worst(findings: &[Finding]) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::BadConfig | Exit::Usage => 4,
        Exit::SignIn => 3,
        Exit::LookHere | Exit::Touched => 2,
        Exit::TryAgain => 1,
        Exit::Fine => 0,
    };
    let exits = findings.iter().filter_map(|finding| match finding.state {
        State::Wrong(exit) => Some(exit),
        State::Fine | State::Note => None,
    });
    exits.max_by_key(rank).unwrap_or(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_to_eighty_columns_and_the_remedy_stands_below() {
        let finding =
            Finding::wrong(Kind::Disk, "disk", Exit::LookHere, "word ".repeat(40)).remedy("free `/home`, ".repeat(9));
        let text = anstream::adapter::strip_str(&finding.text()).to_string();
        assert!(text.starts_with("wrong  disk: word word"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("\n         -> free `/home`,"), "{text}");
    }

    #[test]
    fn what_has_to_be_done_decides_the_exit_code_before_what_passes() {
        let wrong = |exit| Finding::wrong(Kind::Calendar, "x", exit, "y");
        let all = [wrong(Exit::TryAgain), wrong(Exit::SignIn), wrong(Exit::LookHere)];
        assert_eq!(worst(&all), Exit::SignIn);
        assert_eq!(worst(&[Finding::note(Kind::Daemon, "x", "y")]), Exit::Fine);
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
