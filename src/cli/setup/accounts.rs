//! Asks where the user's calendars are. Each account is tried before it goes into the config.

use std::collections::BTreeSet;
use std::path::PathBuf;

use url::Url;

use super::account::{Kept, Kind, NewAccount, NewCalendar, short, unique};
use super::config_edit::ConfigEdit;
use super::first_read::{Look, look, remedy};
use super::prompt::Mark;
use super::{Setup, config_file::Added};
use crate::calendar::failure::Failure;
use crate::calendar::google::list::{Listed, calendars};
use crate::calendar::google::session;
use crate::calendar::ics::feed::{Feed, Settings};
use crate::calendar::{ErrorKind, caldav};
use crate::cli::output::{self, foreign};
use crate::cli::sync;
use crate::config::{
    Access, Account, CalDav, DavLogin, Google, GoogleClient, Login, Provider, Secret, SecretSource, TokenPlace,
    document,
};
use crate::domain::person::Address;
use crate::domain::source::{Credential, SourceId};

/// The most that is read of a feed, in bytes, as in the config.
const MAX_FEED_BYTES: u64 = 200_000_000;

const FEEDS: &str = "\
Where to find your calendar's address:
  Google     on the web: Settings, your calendar, Integrate calendar,
             \"Secret address in iCal format\"
  Outlook    on the web: Settings, Calendar, Shared calendars, Publish a
             calendar: \"can view all details\", then the ICS link
  Fastmail   Settings, Calendars, the calendar's sharing: its private URL
  Nextcloud  the calendar's share menu, Share link, copied as subscription link
  elsewhere  look for \"ICS\", \"iCal\", \"publish\" or \"subscribe\"
";

const SERVERS: &str = "\
What CalDAV servers usually need:
  Nextcloud  https://cloud.example.com and an app password (Settings, Security)
  Fastmail   https://caldav.fastmail.com and an app password
  iCloud     https://caldav.icloud.com and an app-specific password
  elsewhere  your provider's page on calendars, \"CalDAV\"; often your e-mail
             address is enough
";

impl Setup<'_> {
    /// Asks for accounts until there are enough; `false` where there is none in the end.
    pub(super) fn accounts(&mut self) -> anyhow::Result<bool> {
        loop {
            let names = self.account_names()?;
            let done = if names.is_empty() { "None of these; stop here" } else { "That is all" };
            let choices = [
                "An address that ends in .ics (Google, Outlook, Fastmail, … publish one)",
                "A CalDAV server (Nextcloud, Fastmail, iCloud, Radicale, …)",
                "Google Calendar, through a sign-in in the browser",
                "A calendar file on this machine",
                done,
            ]
            .map(str::to_owned);
            let question =
                if names.is_empty() { "Where is your calendar?" } else { "Is there another calendar of yours?" };
            let added = match self.talk.choose(question, &choices, if names.is_empty() { 0 } else { 4 })? {
                0 => self.feed(&names)?,
                1 => self.caldav(&names)?,
                2 => self.google(&names)?,
                3 => self.calendar_file(&names)?,
                _ => return Ok(!names.is_empty()),
            };
            if let Some(account) = added {
                self.add(&ConfigEdit::Account(account))?;
            }
        }
    }

    fn account_names(&self) -> anyhow::Result<Vec<String>> {
        let known = self.known()?;
        let accounts = known.map(|known| known.settings.accounts).unwrap_or_default();
        Ok(accounts.into_iter().map(|account| account.name).collect())
    }

    /// Puts something into the config, and says so.
    pub(super) fn add(&mut self, addition: &ConfigEdit) -> anyhow::Result<()> {
        match self.file.add(addition)? {
            Added::Done => self.talk.say("Kept."),
            Added::ByHand(lines) => {
                self.talk.say(
                    "cadenced cannot edit your config the way it is written, so it was left unchanged. Add this by \
                     hand:",
                )?;
                // An address of a feed is not shown again.
                let safe = lines.lines().filter(|line| !line.starts_with("url = ")).map(str::to_owned);
                self.talk.show(&output::indented(safe, "  ", "    "))
            }
        }
    }

    fn name(&mut self, usual: &str, taken: &[String]) -> anyhow::Result<String> {
        loop {
            let typed =
                self.talk.ask("A short name for it, which the history is kept under", Some(&unique(usual, taken)))?;
            let name = short(&typed);
            if name != typed {
                self.talk.say("A name must be short, on one line and without a slash. Please try again.")?;
            } else if taken.contains(&name) {
                self.talk.say("Another account has this name. Please try again.")?;
            } else {
                return Ok(name);
            }
        }
    }

    fn feed(&mut self, taken: &[String]) -> anyhow::Result<Option<NewAccount>> {
        self.talk.show(FEEDS)?;
        loop {
            let typed = self.talk.secret("Paste the address (not shown; press Enter to go back)")?;
            if typed.expose().is_empty() {
                return Ok(None);
            }
            if let Some(why) = odd(&typed) {
                self.talk.say(&why)?;
                continue;
            }
            let Some(look) = self.can_be_read(&typed)? else { continue };
            let name = self.name("work", taken)?;
            self.looks.insert(name.clone(), look);
            let kept = self.keep_address(&name, typed)?;
            return Ok(Some(feed_account(name, kept)));
        }
    }

    fn calendar_file(&mut self, taken: &[String]) -> anyhow::Result<Option<NewAccount>> {
        loop {
            let typed = self.talk.ask("The file (press Enter to go back)", Some(""))?;
            if typed.is_empty() {
                return Ok(None);
            }
            let path = std::path::absolute(expand(&typed))?;
            let Ok(url) = Url::from_file_path(&path) else {
                self.talk.say("That is not a file name. Please try again.")?;
                continue;
            };
            let address = Secret::new(url.as_str());
            if let Some(look) = self.can_be_read(&address)? {
                let name = self.name("file", taken)?;
                self.looks.insert(name.clone(), look);
                return Ok(Some(feed_account(name, Kept::Here(address))));
            }
        }
    }

    /// Reads a feed at once and says what is in it; `None` where it is not to be taken.
    fn can_be_read(&mut self, address: &Secret) -> anyhow::Result<Option<Look>> {
        self.talk.say("Reading it …")?;
        let spool = tempfile::tempdir()?;
        let settings = Settings {
            source: SourceId { account: "new".to_owned(), calendar: "main".to_owned() },
            address: SecretSource::Literal(address.clone()),
            login: None,
            spool_folder: spool.path().to_path_buf(),
            allow_http: false,
            max_bytes: MAX_FEED_BYTES,
        };
        let mut feed = Feed::new(settings, self.client());
        let progress = sync::progress(1);
        progress.set_message("it");
        let seen = self.wait(look(&mut feed));
        progress.finish_and_clear();
        match seen {
            Ok(found) => {
                self.talk.say(&found.words())?;
                let is_taken = found.events > 0 || self.talk.confirm("Use it anyway?", false)?;
                Ok(is_taken.then_some(found))
            }
            Err(error) => {
                let is_file = address.expose().starts_with("file:");
                let credential = if is_file { Credential::File } else { Credential::Address };
                let may_get_better = matches!(error.kind, ErrorKind::Offline | ErrorKind::Wait { .. });
                self.talk.say(&failed(&error.into(), credential))?;
                let is_taken = may_get_better && self.talk.confirm("Add it without reading it, and go on?", false)?;
                Ok(is_taken.then(Look::default))
            }
        }
    }

    fn caldav(&mut self, taken: &[String]) -> anyhow::Result<Option<NewAccount>> {
        self.talk.show(SERVERS)?;
        loop {
            let server = self.talk.ask("Server or e-mail address (press Enter to go back)", Some(""))?;
            if server.is_empty() {
                return Ok(None);
            }
            if let Some(why) = odd_server(&server) {
                self.talk.say(&why)?;
                continue;
            }
            let usual = Address::parse(&server).filter(|_| !server.contains("://")).map(|_| server.as_str());
            let username = loop {
                let username = self.talk.ask("User name", usual)?;
                if !username.is_empty() {
                    break username;
                }
                self.talk.say("A name is needed. Please try again.")?;
            };
            let host = host(&server);
            let name = self.name(&host, taken)?;
            let mut found = None;
            let kept = self.keep_password(&name, |setup, password| {
                found = setup.discover(&server, &username, password)?;
                Ok(found.is_some())
            })?;
            let (Some(password), Some(principal)) = (kept, found) else { continue };
            let calendars = self.choose_calendars(&principal)?;
            return Ok(Some(NewAccount { name, kind: Kind::CalDav { server, username, password }, calendars }));
        }
    }

    fn discover(
        &mut self,
        server: &str,
        username: &str,
        password: &Secret,
    ) -> anyhow::Result<Option<caldav::discovery::Principal>> {
        self.talk.say("Signing in …")?;
        let login = Login { username: username.to_owned(), password: SecretSource::Literal(password.clone()) };
        let settings = CalDav { server: server.to_owned(), login: DavLogin::Basic(login), calendars: Vec::new() };
        match self.wait(caldav::discover(&settings, &self.shared())) {
            Ok(principal) if principal.calendars.is_empty() => {
                self.talk.say("Signed in, but there is no calendar for events.")?;
                Ok(None)
            }
            Ok(principal) => {
                self.emails.extend(principal.addresses.iter().cloned());
                self.emails.extend(Address::parse(username));
                Ok(Some(principal))
            }
            Err(failure) => {
                self.talk.say(&failed(&failure, Credential::Password))?;
                Ok(None)
            }
        }
    }

    fn choose_calendars(&mut self, principal: &caldav::discovery::Principal) -> anyhow::Result<Vec<NewCalendar>> {
        let main = principal.choose(None).ok().map(|one| one.url.clone());
        let names: Vec<String> = principal.calendars.iter().map(|one| shown_name(principal, one)).collect();
        let offers: Vec<Offer> = principal
            .calendars
            .iter()
            .zip(&names)
            .map(|(one, name)| Offer {
                shown: name.clone(),
                remote: Some(name.clone()),
                is_main: main.as_ref().map_or(principal.calendars.len() == 1, |main| *main == one.url),
                is_holidays: is_holidays(name),
            })
            .collect();
        self.choose_of(&offers)
    }

    /// Lets the user choose among the calendars of an account; one at least.
    fn choose_of(&mut self, offers: &[Offer]) -> anyhow::Result<Vec<NewCalendar>> {
        let no_main = offers.iter().all(|offer| !offer.is_main);
        let marks: Vec<Mark> = offers
            .iter()
            .map(|offer| Mark {
                what: foreign(&offer.shown, 60),
                is_on: offer.is_main || offer.is_holidays || (no_main && offers.len() <= 3),
            })
            .collect();
        let chosen = loop {
            let chosen = self.talk.mark("Which calendars should cadenced read?", &marks)?;
            if !chosen.is_empty() {
                break chosen;
            }
            self.talk.say("At least one is needed. Please try again.")?;
        };
        let mut taken = Vec::new();
        let mut calendars = Vec::new();
        for offer in chosen.into_iter().filter_map(|place| offers.get(place)) {
            let name = unique(&short(&offer.shown), &taken);
            taken.push(name.clone());
            calendars.push(NewCalendar { name, remote: offer.remote.clone(), is_holidays: offer.is_holidays });
        }
        Ok(calendars)
    }

    fn google(&mut self, taken: &[String]) -> anyhow::Result<Option<NewAccount>> {
        self.talk.say(&format!(
            "Google needs to know which program is asking. {} explains, step by step, how to create a client of your \
             own in Google's console (ten minutes, once); the result is a file called client_secret….json.",
            document("google.md")
        ))?;
        loop {
            let typed = self.talk.ask("The client file (press Enter to go back)", Some(""))?;
            if typed.is_empty() {
                return Ok(None);
            }
            let file = std::path::absolute(expand(&typed))?;
            let name = self.name("google", taken)?;
            let tokens = match self.keyring_problem(&self.key(&name)) {
                None => TokenPlace::Keyring,
                Some(why) => {
                    self.talk.say(&format!("The keyring cannot be used: {why}."))?;
                    if !self.talk.confirm("Keep the sign-in in a file that only you can read?", true)? {
                        return Ok(None);
                    }
                    TokenPlace::File
                }
            };
            let google = Google {
                client: GoogleClient::File(file.clone()),
                tokens,
                server: self.google_server.clone(),
                calendars: Vec::new(),
            };
            let account =
                Account { name: name.clone(), access: Access::Read, provider: Provider::Google(google.clone()) };
            let Some(listed) = self.sign_in(&account, &google)? else { continue };
            let calendars = self.choose_of(&listed.iter().map(google_offer).collect::<Vec<_>>())?;
            let kind = Kind::Google { client: file, tokens, server: google.server };
            return Ok(Some(NewAccount { name, kind, calendars }));
        }
    }

    /// Signs in through the browser and lists the account's calendars; `None` where it does not work.
    pub(super) fn sign_in(&mut self, account: &Account, google: &Google) -> anyhow::Result<Option<Vec<Listed>>> {
        let shared = self.shared();
        let session = session(account, google, &shared);
        let signed_in = self.wait(async {
            crate::cli::login::sign_in(&session, false).await?;
            calendars(&session).await
        });
        match signed_in {
            Ok(listed) => {
                let primary = listed.iter().find(|one| one.is_primary);
                self.emails.extend(primary.and_then(|one| Address::parse(&one.id)));
                Ok(Some(listed))
            }
            Err(failure) => {
                self.talk.say(&failed(&failure, Credential::Browser))?;
                Ok(None)
            }
        }
    }
}

/// A calendar that can be chosen.
struct Offer {
    shown: String,
    remote: Option<String>,
    is_main: bool,
    is_holidays: bool,
}

fn google_offer(one: &Listed) -> Offer {
    Offer {
        shown: one.name.clone(),
        remote: (!one.is_primary).then(|| one.id.clone()),
        is_main: one.is_primary,
        is_holidays: one.id.contains("#holiday@"),
    }
}

/// What the config calls a calendar: its name, or its path where another one has that name too.
fn shown_name(principal: &caldav::discovery::Principal, one: &caldav::discovery::Collection) -> String {
    let same = |other: &&caldav::discovery::Collection| other.name == one.name;
    let is_alone = principal.calendars.iter().filter(same).count() == 1;
    one.name.clone().filter(|name| is_alone && !name.trim().is_empty()).unwrap_or_else(|| one.url.path().to_owned())
}

fn is_holidays(name: &str) -> bool {
    let name = name.to_lowercase();
    ["holidays", "feiertage", "jours fériés", "festivos", "feestdagen"].iter().any(|word| name.contains(word))
}

fn feed_account(name: String, kept: Kept) -> NewAccount {
    let calendar = NewCalendar { name: "main".to_owned(), remote: None, is_holidays: false };
    NewAccount { name, kind: Kind::Feed(kept), calendars: vec![calendar] }
}

/// What is wrong with an address, where that can be seen without asking anybody.
fn odd(address: &Secret) -> Option<String> {
    let Ok(url) = Url::parse(address.expose()) else {
        return Some(
            "That is not an address: it should start with https:// or webcal://. Please try again.".to_owned(),
        );
    };
    let known: BTreeSet<&str> = ["https", "http", "webcal", "webcals", "file"].into();
    if !known.contains(url.scheme()) {
        return Some("An address starts with https:// or webcal://. Please try again.".to_owned());
    }
    url.path().ends_with("/public/basic.ics").then(|| {
        "That is Google's public address, which works for public calendars only; use the secret one. Please try again."
            .to_owned()
    })
}

fn odd_server(server: &str) -> Option<String> {
    if let Ok(url) = Url::parse(server)
        && url.has_host()
    {
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_plain = url.scheme() == "http" && !is_here;
        return is_plain
            .then(|| "That would send your password unencrypted; use https://. Please try again.".to_owned());
    }
    let domain = server.rsplit_once('@').map_or(server, |(_, domain)| domain);
    let is_name = domain.contains('.') && !domain.contains([' ', '/', ':']);
    (!is_name)
        .then(|| "Write it like https://dav.example.com/, you@example.com or example.com. Please try again.".to_owned())
}

/// A short word for a server, as a name.
fn host(server: &str) -> String {
    let host = Url::parse(server).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| server.rsplit_once('@').map_or(server, |(_, domain)| domain).to_owned());
    let labels: Vec<&str> = host.split('.').collect();
    let is_number = host.parse::<std::net::IpAddr>().is_ok();
    match labels.as_slice() {
        [.., name, _] if !is_number => short(name),
        _ => "dav".to_owned(),
    }
}

/// A file as typed: `~/` is the home, and quotes around it were meant for a shell.
fn expand(typed: &str) -> PathBuf {
    let bare = typed.trim_matches(['\'', '"']);
    match (bare.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(bare.strip_prefix("file://").unwrap_or(bare)),
    }
}

/// What went wrong, and what to do about it.
fn failed(failure: &Failure, credential: Credential) -> String {
    format!("That did not work: {}. {}", failure.detail, remedy(failure.kind, credential))
}
