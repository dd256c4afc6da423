//! The provider of Google Calendar.

use std::path::Path;
use std::sync::Arc;

use url::Url;

use super::client::service_key;
use super::list::{Listed, calendars};
use super::session::Session;
use super::sign_in;
use super::token_store::Kept;
use super::{id_of, scopes};
use crate::calendar::failure::Failure;
use crate::calendar::provider::{
    Answer, Asks, Check, CheckResult, Ends, Folder, Folders, Form, FormAccess, Grant, Help, OpenSignIn, Provider,
    SignIn, SignInState, SignedOut,
};
use crate::calendar::{Connected, Shared};
use crate::config::{self, Access, Account, GoogleClient, Remote, TokenPlace, document};
use crate::domain::person::Address;

const NAME: &str = "Google";

/// An account at Google, with a session of its own.
pub struct Google<'a> {
    account: &'a Account,
    settings: &'a config::Google,
    shared: &'a Shared,
    session: Arc<Session>,
}

impl<'a> Google<'a> {
    /// An account of the config. Nothing is asked yet.
    pub fn new(account: &'a Account, settings: &'a config::Google, shared: &'a Shared) -> Self {
        Self { account, settings, shared, session: super::session(account, settings, shared) }
    }

    /// Whether a calendar of the config is on the account's list. One that is not may be readable all the same.
    fn on_list(remote: &Remote, listed: &[Listed]) -> Check {
        let id = id_of(remote);
        let known = listed.iter().find(|one| one.id == id || (remote.name.is_none() && one.is_primary));
        let result = known.map_or_else(
            || CheckResult::Note("it is not on the account's list, but may still be readable".to_owned()),
            |one| CheckResult::Fine(one.role.clone()),
        );
        Check { what: format!("access to {}", remote.calendar.id), result }
    }
}

impl Provider for Google<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn connect(&self) -> Vec<Connected> {
        let connected = |remote| super::connected(self.account, remote, &self.session, self.shared);
        self.settings.calendars.iter().map(connected).collect()
    }

    fn folders(&self) -> Answer<'_, Result<Folders, Failure>> {
        Box::pin(async { Ok(folders(calendars(&self.session).await?)) })
    }

    fn sign_in(&self) -> Result<&dyn SignIn, &'static str> {
        match self.settings.client {
            GoogleClient::File(_) | GoogleClient::Id { .. } => Ok(self),
            GoogleClient::ServiceAccount { .. } => Err("it uses the key file of a service account (`service_account`)"),
        }
    }

    fn sign_in_state(&self) -> Option<Answer<'_, SignInState>> {
        Some(Box::pin(async {
            match &self.settings.client {
                GoogleClient::ServiceAccount { file, .. } => {
                    SignInState::KeyFile { key: "service_account", usable: service_key(file).await.map(drop) }
                }
                GoogleClient::File(_) | GoogleClient::Id { .. } => {
                    let kept = self.session.vault().load().await;
                    SignInState::Browser(kept.map(|kept| kept.map(|kept| grant(&kept, self.account.access))))
                }
            }
        }))
    }

    fn check_live(&self) -> Answer<'_, Vec<Check>> {
        Box::pin(async {
            let what = "calendar list".to_owned();
            let listed = match calendars(&self.session).await {
                Ok(listed) => listed,
                Err(failure) => return vec![Check { what, result: CheckResult::Failed(failure) }],
            };
            let of_list = Check { what, result: CheckResult::Fine(format!("{} calendars", listed.len())) };
            let read = self.settings.calendars.iter().filter(|remote| remote.calendar.enabled);
            std::iter::once(of_list).chain(read.map(|remote| Self::on_list(remote, &listed))).collect()
        })
    }
}

impl SignIn for Google<'_> {
    fn begin(&self) -> Answer<'_, Result<OpenSignIn<'_>, Failure>> {
        Box::pin(async move {
            // Whether there is a place for the sign-in is better known before the user has clicked through the pages.
            self.session.vault().load().await?;
            let open = sign_in::SignIn::begin(&self.session).await?;
            let page = open.page.clone();
            let finish = move |pages, limit| -> Answer<'_, Result<Grant, Failure>> {
                Box::pin(async move {
                    let kept = open.finish(pages, limit).await?;
                    self.session.vault().save(&kept).await?;
                    Ok(grant(&kept, self.account.access))
                })
            };
            Ok(OpenSignIn { page, finish: Box::new(finish) })
        })
    }

    fn sign_out(&self) -> Answer<'_, Result<SignedOut, Failure>> {
        Box::pin(async {
            let Some(kept) = self.session.vault().load().await? else { return Ok(SignedOut::Nothing) };
            let told = match self.session.oauth().await {
                Ok(oauth) => oauth.revoke(&kept.refresh_token).await,
                Err(failure) => Err(failure),
            };
            self.session.vault().forget().await?;
            let remedy = "remove cadenced at https://myaccount.google.com/connections yourself";
            Ok(told.map_or_else(|failure| SignedOut::HereOnly { failure, remedy }, |()| SignedOut::Revoked))
        })
    }
}

fn grant(kept: &Kept, access: Access) -> Grant {
    let why = || format!("as the client is in testing: {} says how to publish it", document("google.md"));
    Grant {
        since: kept.since,
        ends: kept.until.map(|at| Ends { at, why: why() }),
        missing: scopes::missing(access, &kept.scopes).iter().map(|scope| scope.short()).collect(),
    }
}

fn folders(listed: Vec<Listed>) -> Folders {
    let primary = listed.iter().find(|one| one.is_primary);
    let addresses = primary.and_then(|one| Address::parse(&one.id)).into_iter().collect();
    let folder = |one: Listed| Folder {
        is_main: one.is_primary,
        is_holidays: one.id.contains("#holiday@"),
        name: one.name,
        key: (!one.is_primary).then_some(one.id),
        role: one.role,
    };
    Folders { addresses, folders: listed.into_iter().map(folder).collect() }
}

/// Adds an account through a sign-in in the browser.
pub static FORM: Form = Form {
    provider: NAME,
    choice: "Google Calendar, through a sign-in in the browser",
    help: Help::Text(|| {
        format!(
            "Google needs to know which program is asking. {} explains, step by step, how to create a client of your \
             own in Google's console (ten minutes, once); the result is a file called client_secret….json.",
            document("google.md")
        )
    }),
    question: "The client file (press Enter to go back)",
    asks: Asks::File,
    check: |_| Ok(()),
    usual_name: |_| "google".to_owned(),
    access: FormAccess::Browser(settings),
    can_be_written: true,
};

fn settings(client: &Path, tokens: TokenPlace, server: Option<Url>) -> config::Provider {
    let client = GoogleClient::File(client.to_owned());
    config::Provider::Google(config::Google { client, tokens, server, calendars: Vec::new() })
}
