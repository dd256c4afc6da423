//! Stores sign-ins in the keyring, or in a file that only its owner can read.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::ics::hexadecimal;
use crate::calendar::secret::keyring;
use crate::config::data_folder::keep_private;
use crate::config::{Secret, TokenPlace};

/// A sign-in, as far as it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What access tokens are given for.
    pub refresh_token: Secret,
    /// What was granted.
    pub scopes: Vec<String>,
    /// When the user signed in.
    pub since: Timestamp,
    /// When it ends whatever happens, where Google said so: after seven days, for clients in testing.
    pub until: Option<Timestamp>,
}

/// The same as it is written down.
#[derive(Serialize, Deserialize)]
struct Record {
    refresh_token: String,
    scopes: Vec<String>,
    since: Timestamp,
    #[serde(default)]
    until: Option<Timestamp>,
}

/// Where the sign-in of one account is kept.
#[derive(Clone, Debug)]
pub struct TokenStore {
    account: String,
    place: TokenPlace,
    /// The data folder, which also tells the accounts of one name in two profiles apart.
    folder: PathBuf,
}

impl TokenStore {
    /// The vault of an account of the profile that has its data in `folder`.
    pub fn new(account: &str, place: TokenPlace, folder: &Path) -> Self {
        Self { account: account.to_owned(), place, folder: folder.to_owned() }
    }

    /// What is kept; none before the first sign-in.
    ///
    /// # Errors
    /// `SignIn`, where the keyring cannot be read; `Local`, where the file cannot.
    pub async fn load(&self) -> Result<Option<Kept>, Failure> {
        let text = match self.place {
            TokenPlace::Keyring => keyring::look_up(&self.key()).await.map_err(|error| with_choice(&error))?,
            TokenPlace::File => read(&self.own_file()?)?.map(Secret::new),
        };
        let Some(text) = text else { return Ok(None) };
        let record: Record = serde_json::from_str(text.expose()).map_err(|_| {
            Failure::new(ErrorKind::SignIn, format!("the stored sign-in is damaged; {}", remedy(&self.account)))
        })?;
        let Record { refresh_token, scopes, since, until } = record;
        Ok(Some(Kept { refresh_token: Secret::new(refresh_token), scopes, since, until }))
    }

    /// Keeps a sign-in in the place of an older one.
    ///
    /// # Errors
    /// As [`TokenStore::load`].
    pub async fn save(&self, kept: &Kept) -> Result<(), Failure> {
        let Kept { refresh_token, scopes, since, until } = kept.clone();
        let record = Record { refresh_token: refresh_token.expose().to_owned(), scopes, since, until };
        // A record of texts and times always has a JSON form.
        let text = serde_json::to_string(&record).unwrap_or_default();
        match self.place {
            TokenPlace::Keyring => {
                let label = format!("cadenced: sign-in of {}", self.account);
                keyring::keep(&self.key(), &label, &Secret::new(text)).await.map_err(|error| with_choice(&error))
            }
            TokenPlace::File => write(&self.own_file()?, text.as_bytes()).map_err(|error| disk(&error)),
        }
    }

    /// Forgets the sign-in.
    ///
    /// # Errors
    /// As [`TokenStore::load`].
    pub async fn forget(&self) -> Result<(), Failure> {
        match self.place {
            TokenPlace::Keyring => keyring::forget(&self.key()).await.map_err(|error| with_choice(&error)),
            TokenPlace::File => match std::fs::remove_file(self.file()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(&error)),
                _ => Ok(()),
            },
        }
    }

    fn key(&self) -> String {
        format!("google {} {}", self.account, fingerprint(self.folder.as_os_str().as_encoded_bytes()))
    }

    /// The file, once nothing on the way to it leads elsewhere.
    fn own_file(&self) -> Result<PathBuf, Failure> {
        keep_private(&self.folder).map_err(|error| Failure::new(ErrorKind::Local, error.to_string()))?;
        Ok(self.file())
    }

    fn file(&self) -> PathBuf {
        self.folder.join("tokens").join(format!("{}.json", self.account))
    }
}

/// What to do about a missing sign-in.
pub fn remedy(account: &str) -> String {
    format!("run `cadenced login {account}`")
}

/// Enough of a hash to tell things apart, and too little to find them again.
pub fn fingerprint(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes)[..8])
}

/// A keyring that cannot be used is a choice to make, and nothing that is silently got around.
fn with_choice(error: &keyring::Error) -> Failure {
    let detail = format!(
        "{error}; on a machine without one, `tokens = \"file\"` in the account keeps the sign-in in a file that only you may read"
    );
    Failure::new(ErrorKind::SignIn, detail)
}

fn read(file: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk(&error)),
    }
}

/// The file appears whole or not at all, and was never readable for others.
fn write(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut fresh = tempfile::Builder::new()
        .prefix(".token")
        .make_in(folder, |path| std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path))?;
    fresh.write_all(text)?;
    fresh.as_file().sync_all()?;
    fresh.persist(file)?;
    Ok(())
}

fn disk(error: &io::Error) -> Failure {
    Failure::new(ErrorKind::Local, format!("the sign-in file cannot be used ({})", error.kind()))
}
