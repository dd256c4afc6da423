//! The provider of `CalDAV` servers.

use url::Url;

use super::discovery::{Collection, Principal};
use crate::calendar::failure::Failure;
use crate::calendar::provider::{Answer, Asks, Folder, Folders, Form, FormAccess, Help, Provider, SignIn};
use crate::calendar::{Connected, Shared};
use crate::config::{self, CalDav, DavLogin, Login};
use crate::domain::person::Address;

const NAME: &str = "CalDAV";

/// What calendars of public holidays have in their names, in small letters.
const HOLIDAYS: [&str; 5] = ["holidays", "feiertage", "jours fériés", "festivos", "feestdagen"];

/// An account at a server.
pub struct Server<'a> {
    /// Its settings.
    pub settings: &'a CalDav,
    /// What it is asked with.
    pub shared: &'a Shared,
}

impl Provider for Server<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn connect(&self) -> Vec<Connected> {
        super::connect(self.settings, self.shared)
    }

    fn folders(&self) -> Answer<'_, Result<Folders, Failure>> {
        Box::pin(async {
            let principal = super::discover(self.settings, self.shared).await?;
            Ok(folders(&principal, &self.settings.login))
        })
    }

    fn sign_in(&self) -> Result<&dyn SignIn, &'static str> {
        Err(
            "its password or token comes from the config (`password_keyring`, `password_command`, `token_keyring` and the like)",
        )
    }
}

fn folders(principal: &Principal, login: &DavLogin) -> Folders {
    let main = principal.choose(None).ok();
    let is_main = |one: &Collection| main.map_or(principal.calendars.len() == 1, |main| main.url == one.url);
    let folder = |one: &Collection| {
        let name = config_name(principal, one);
        let small = name.to_lowercase();
        Folder {
            key: Some(name.clone()),
            is_main: is_main(one),
            is_holidays: HOLIDAYS.iter().any(|word| small.contains(word)),
            role: String::new(),
            name,
        }
    };
    let username = match login {
        DavLogin::Basic(login) => Address::parse(&login.username),
        DavLogin::Bearer(_) => None,
    };
    Folders {
        addresses: principal.addresses.iter().cloned().chain(username).collect(),
        folders: principal.calendars.iter().map(folder).collect(),
    }
}

/// What the config calls a calendar: its name, or its path where another one has that name too.
fn config_name(principal: &Principal, one: &Collection) -> String {
    let is_alone = principal.calendars.iter().filter(|other| other.name == one.name).count() == 1;
    one.name.clone().filter(|name| is_alone && !name.trim().is_empty()).unwrap_or_else(|| one.url.path().to_owned())
}

/// Adds an account at a server.
pub static FORM: Form = Form {
    provider: NAME,
    choice: "A CalDAV server (Nextcloud, Fastmail, iCloud, Radicale, …)",
    help: Help::Lines(SERVERS),
    question: "Server or e-mail address (press Enter to go back)",
    asks: Asks::Text,
    check: check_server,
    usual_name,
    access: FormAccess::Password(settings),
    can_be_written: true,
};

const SERVERS: &str = "\
What CalDAV servers usually need:
  Nextcloud  https://cloud.example.com and an app password (Settings, Security)
  Fastmail   https://caldav.fastmail.com and an app password
  iCloud     https://caldav.icloud.com and an app-specific password
  elsewhere  your provider's page on calendars, \"CalDAV\"; often your e-mail
             address is enough
";

fn settings(server: &str, login: Login) -> config::Provider {
    let login = DavLogin::Basic(login);
    config::Provider::CalDav(CalDav { server: server.to_owned(), login, calendars: Vec::new() })
}

fn check_server(server: &str) -> Result<(), String> {
    if let Ok(url) = Url::parse(server)
        && url.has_host()
    {
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() == "http" && !is_here {
            return Err("That would send your password unencrypted; use https://. Please try again.".to_owned());
        }
        return Ok(());
    }
    let domain = server.rsplit_once('@').map_or(server, |(_, domain)| domain);
    if domain.contains('.') && !domain.contains([' ', '/', ':']) {
        return Ok(());
    }
    Err("Write it like https://dav.example.com/, you@example.com or example.com. Please try again.".to_owned())
}

/// A short word for a server, as a name.
fn usual_name(server: &str) -> String {
    let host = Url::parse(server).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| server.rsplit_once('@').map_or(server, |(_, domain)| domain).to_owned());
    let labels: Vec<&str> = host.split('.').collect();
    let is_number = host.parse::<std::net::IpAddr>().is_ok();
    match labels.as_slice() {
        [.., name, _] if !is_number => (*name).to_owned(),
        _ => "dav".to_owned(),
    }
}
