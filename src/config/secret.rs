//! [`SecretSource`]: where a secret comes from. Nothing here fetches one.

use std::fmt;

use super::accounts::Written;

/// A password, or an address that is as good as one. It shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for sending and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where a secret comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// It is in the config.
    Literal(Secret),
    /// The first line that this program prints; no shell is involved.
    Command(Vec<String>),
    /// An item of the Secret Service with the attributes `application=cadenced` and `key`.
    Keyring {
        /// The item's `key` attribute.
        key: String,
    },
    /// What systemd passes to the service under this name (systemd.exec(5), Credentials).
    Credential {
        /// A plain file name.
        name: String,
    },
}

impl SecretSource {
    /// The key and the value that name it in the config: `what` is what the secret is, such as `password`.
    pub fn written(&self, what: &str) -> (String, Written) {
        match self {
            Self::Literal(secret) => (what.to_owned(), Written::Text(secret.expose().to_owned())),
            Self::Command(words) => (format!("{what}_command"), Written::List(words.clone())),
            Self::Keyring { key } => (format!("{what}_keyring"), Written::Text(key.clone())),
            Self::Credential { name } => (format!("{what}_credential"), Written::Text(name.clone())),
        }
    }
}

/// A command's arguments may be secret as well, so that only its program is shown.
impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(secret) => f.debug_tuple("Literal").field(secret).finish(),
            Self::Command(words) => write!(f, "Command({:?}, …)", words.first().map_or("", String::as_str)),
            Self::Keyring { key } => f.debug_struct("Keyring").field("key", key).finish(),
            Self::Credential { name } => f.debug_struct("Credential").field("name", name).finish(),
        }
    }
}
