//! [`Shown`]: the notices on screen by server ID, kept in a file so that presses still work after a restart. The IDs are only valid while
//! that server runs, so the file is removed with it; nothing durable is in it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::buttons::Press;
use super::dbus::ServerId;
use super::text::Button;
use crate::domain::plan::Notice;

/// How many are kept; a server's own history is shorter.
const KEPT: usize = 64;

/// One notice on the screen, or lately there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Popup {
    /// The server's number for it.
    pub id: u32,
    /// What it says.
    pub notice: Notice,
    /// What each of its buttons does, by the key that the server sends back.
    pub presses: Vec<(String, Press)>,
    /// Whether it is on the screen, as far as the server said. Some servers show one again from their history.
    pub up: bool,
    /// Whether less was shown than the user wants, as the screen was locked.
    pub hidden: bool,
}

/// What was shown by the server that runs now.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Shown {
    server: Option<ServerId>,
    popups: Vec<Popup>,
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl Shown {
    /// What an earlier daemon left; nothing where it left nothing that can be read.
    #[must_use]
    pub fn load(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let left: Self = serde_json::from_str(&text).unwrap_or_default();
        Self { path: Some(path), ..left }
    }

    /// Says which server runs now; what another one showed is gone with it.
    pub fn serve(&mut self, server: &ServerId) {
        if self.server.as_ref() != Some(server) {
            self.server = Some(server.clone());
            self.popups.clear();
            self.keep();
        }
    }

    /// Adds a notice, in the place of what had its number.
    pub fn add(&mut self, popup: Popup) {
        self.popups.retain(|other| other.id != popup.id);
        self.popups.push(popup);
        let over = self.popups.len().saturating_sub(KEPT);
        self.popups.drain(..over);
        self.keep();
    }

    /// The server says that it took one down. Its buttons are kept: a history may show it again.
    pub fn closed(&mut self, sender: &str, id: u32) {
        if self.server.as_ref().is_none_or(|server| server.owner != sender) {
            return;
        }
        for popup in self.popups.iter_mut().filter(|popup| popup.id == id) {
            popup.up = false;
        }
        self.keep();
    }

    /// What a press means, where it is one of ours.
    #[must_use]
    pub fn pressed(&self, sender: &str, id: u32, key: &str) -> Option<(&Popup, &Press)> {
        self.server.as_ref().filter(|server| server.owner == sender)?;
        let popup = self.popups.iter().find(|popup| popup.id == id)?;
        popup.presses.iter().find(|(own, _)| own == key).map(|(_, press)| (popup, press))
    }

    /// What is on the screen, oldest first.
    pub fn up(&self) -> impl Iterator<Item = &Popup> {
        self.popups.iter().filter(|popup| popup.up)
    }

    /// Written for the next daemon, whole or not at all; without it a restart costs buttons and nothing else.
    fn keep(&self) {
        let Some(path) = &self.path else { return };
        let written = serde_json::to_vec(self).map_err(std::io::Error::from).and_then(|text| {
            let aside = path.with_extension("new");
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?.write_all(&text)?;
            std::fs::rename(&aside, path)
        });
        if let Err(error) = written {
            tracing::debug!(%error, "the notices on the screen could not be recorded");
        }
    }
}

/// The key of each button, which some servers show: a word, with a number where it is there already.
#[must_use]
pub fn keyed(buttons: &[Button]) -> Vec<(String, Press)> {
    let mut keyed: Vec<(String, Press)> = Vec::new();
    for button in buttons {
        let word = key(&button.press);
        let same = keyed.iter().filter(|(_, other)| key(other) == word).count();
        let key = if same == 0 { word.to_owned() } else { format!("{word}-{}", same + 1) };
        keyed.push((key, button.press.clone()));
    }
    keyed
}

const fn key(press: &Press) -> &'static str {
    use crate::domain::session::Choice;
    match press {
        Press::OtherTimes { .. } => "other-times",
        Press::Why { .. } => "why",
        Press::Open { .. } => "open",
        Press::Decide { choice } => match choice {
            Choice::Take { .. } => "take",
            Choice::Waive { .. } => "waive",
            Choice::Held { .. } => "held",
            Choice::NoShow { .. } => "no-show",
            Choice::Excuse { .. } => "excuse",
            Choice::Withdraw { .. } => "clear",
            Choice::Undo { .. } => "undo",
            Choice::Confirm { .. } => "confirm",
            Choice::Ignore { .. } => "ignore",
            Choice::KeepBoth { .. } => "keep",
            Choice::Overlap { takes_place: true, .. } => "takes-place",
            Choice::Overlap { takes_place: false, .. } => "does-not",
        },
    }
}
