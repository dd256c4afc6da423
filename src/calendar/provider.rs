//! The interface of every kind of calendar: what it answers about an account, and what `setup` asks for a new one.
//!
//! Each kind fills it in its own folder; [`super::provider()`] and [`super::FORMS`] are the registry.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::Connected;
use super::failure::Failure;
use crate::config::{Login, Provider as Settings, SecretSource, TokenPlace};
use crate::domain::person::Address;

/// What a provider answers once its server, or the place of its secrets, has.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a kind of calendar answers about one of its accounts.
pub trait Provider: Send + Sync {
    /// What messages call it.
    fn name(&self) -> &'static str;

    /// The calendars of the config. Nothing is asked yet.
    fn connect(&self) -> Vec<Connected>;

    /// The calendars that the account has, whatever the config says of them; none where each has an address of its own.
    ///
    /// # Errors
    /// [`Failure`], which says what to do.
    fn folders(&self) -> Answer<'_, Result<Folders, Failure>> {
        Box::pin(async { Ok(Folders::default()) })
    }

    /// The sign-in through the browser.
    ///
    /// # Errors
    /// Where there is none: how the account is signed in to instead, as the end of "it is not signed in to through a browser: …".
    fn sign_in(&self) -> Result<&dyn SignIn, &'static str>;

    /// What this machine knows of the sign-in; `None` for an account whose secrets the config names.
    fn sign_in_state(&self) -> Option<Answer<'_, SignInState>> {
        None
    }

    /// What `doctor --live` asks of the server besides reading each calendar.
    fn check_live(&self) -> Answer<'_, Vec<Check>> {
        Box::pin(async { Vec::new() })
    }
}

/// A sign-in through the browser (RFC 8252).
pub trait SignIn: Send + Sync {
    /// Prepares a sign-in. Nothing leaves this machine yet.
    ///
    /// # Errors
    /// Where nothing could be kept of it, or the config names no client.
    fn begin(&self) -> Answer<'_, Result<OpenSignIn<'_>, Failure>>;

    /// Gives the sign-in back and forgets it.
    ///
    /// # Errors
    /// Those of the place where it is kept.
    fn sign_out(&self) -> Answer<'_, Result<SignedOut, Failure>>;
}

/// Waits until the user has answered in the browser, and keeps the sign-in.
///
/// # Errors
/// `SignIn`, where the user refuses, answers nothing in time, or leaves out what is needed; and those of the network.
pub type Finish<'a> = Box<dyn FnOnce(Pages, Duration) -> Answer<'a, Result<Grant, Failure>> + Send + 'a>;

/// A sign-in that waits for its user.
pub struct OpenSignIn<'a> {
    /// What the user has to open.
    pub page: Url,
    /// What is left to do, with what the browser shows in the end, and how long the user may take.
    pub finish: Finish<'a>,
}

/// What the browser shows in the end; whole HTML pages.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// After the user allowed it.
    pub allowed: &'static str,
    /// After the user refused, or something else went wrong.
    pub refused: &'static str,
}

/// What this machine knows of a sign-in.
pub enum SignInState {
    /// A key file stands in for one.
    KeyFile {
        /// The key of the config that names it.
        key: &'static str,
        /// Whether it can be used.
        usable: Result<(), Failure>,
    },
    /// What is kept of a sign-in through the browser, if there was one.
    Browser(Result<Option<Grant>, Failure>),
}

/// What was granted when the user signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// When that was.
    pub since: Timestamp,
    /// When it ends whatever happens, where that is known.
    pub ends: Option<Ends>,
    /// What the config needs and was not granted.
    pub missing: Vec<&'static str>,
}

/// When a sign-in ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// When.
    pub at: Timestamp,
    /// Why, and what to do about it: "as …".
    pub why: String,
}

/// What became of a sign-in that was given back.
pub enum SignedOut {
    /// There was none.
    Nothing,
    /// The provider took it back, and it is forgotten here.
    Revoked,
    /// It is forgotten here, and the provider could not be told.
    HereOnly {
        /// Why.
        failure: Failure,
        /// What the user can do about it.
        remedy: &'static str,
    },
}

/// The calendars that an account has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// The addresses that the server knows for the owner's.
    pub addresses: Vec<Address>,
    /// The calendars that hold events.
    pub folders: Vec<Folder>,
}

/// A calendar as its server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The name that its user sees.
    pub name: String,
    /// What `calendar` in the config calls it; `None` for the main one, which needs no such key.
    pub key: Option<String>,
    /// Whether it is the account's main one.
    pub is_main: bool,
    /// Whether it shows public holidays.
    pub is_holidays: bool,
    /// What the account may do with it, in the server's own word; empty where it does not say.
    pub role: String,
}

/// One thing that was asked of a server.
pub struct Check {
    /// What.
    pub what: String,
    /// What it answered.
    pub result: CheckResult,
}

/// What a server answered.
pub enum CheckResult {
    /// All is well.
    Fine(String),
    /// Nothing wrong, and worth knowing.
    Note(String),
    /// It did not answer as it should.
    Failed(Failure),
}

/// One way to add an account in `setup`.
pub struct Form {
    /// What messages call the provider.
    pub provider: &'static str,
    /// The line of the menu.
    pub choice: &'static str,
    /// Where the user finds what is asked.
    pub help: Help,
    /// The first question.
    pub question: &'static str,
    /// What it asks for.
    pub asks: Asks,
    /// Says what is wrong with an answer, where that can be seen without asking a server.
    pub check: fn(&str) -> Result<(), String>,
    /// A name for the account, by the answer.
    pub usual_name: fn(&str) -> String,
    /// What else is asked, and the settings that this makes.
    pub access: FormAccess,
    /// Whether calendars of this kind can be written to.
    pub can_be_written: bool,
}

/// Where the user finds what is asked.
pub enum Help {
    /// The question says enough.
    None,
    /// Lines that are laid out already.
    Lines(&'static str),
    /// A paragraph.
    Text(fn() -> String),
}

/// What the first question of a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A line of text.
    Text,
    /// A file of this machine; the answer is its absolute path.
    File,
    /// Something that is not shown while it is typed.
    Secret,
}

/// How an account is reached, which says what else is asked; and the settings that the answers make, without calendars.
pub enum FormAccess {
    /// By the address of one calendar.
    Address(fn(SecretSource) -> Settings),
    /// By a path of this machine.
    File(fn(&Path) -> Result<Settings, String>),
    /// With a name and a password, at the server of the first answer.
    Password(fn(&str, Login) -> Settings),
    /// Through the browser, with the client file of the first answer. A test has another server in the place of the provider's.
    Browser(fn(&Path, TokenPlace, Option<Url>) -> Settings),
}
