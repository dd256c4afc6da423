//! Discovers a login's calendars from a server name (RFC 6764, RFC 5397, RFC 4791 6.2, RFC 6638 2).
//!
//! The names of services in DNS (SRV) are not asked: plain DNS could send a password anywhere. A domain whose calendars are on another
//! host is named by that host in the config.

use http::StatusCode;
use libdav::Depth;
use url::Url;

use super::account::{Account, multistatus};
use super::href;
use super::quirks::{self, MAIN_NAMES, ODD_PLACES, Quirk};
use super::replies::{Found, Multistatus, Response};
use super::requests;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::request::Reply;
use crate::domain::person::Address;

/// The most that an answer to a question of discovery may hold, in bytes.
const MAX_RESPONSE_BYTES: u64 = 4 << 20;

/// How many places of calendars one login may have.
const MAX_HOMES: usize = 20;

/// How many calendars one login may have, and how many addresses.
const MAX_CALENDARS: usize = 500;

/// Whoever is signed in, and what is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The addresses that the server knows for theirs (RFC 6638 2.4.1).
    pub addresses: Vec<Address>,
    /// Where free/busy of others is asked for (RFC 6638 2.1.1).
    pub outbox: Option<Url>,
    /// The path of the calendar that new invitations go to (RFC 6638 9.2).
    pub default_calendar: Option<String>,
    /// The calendars that can hold events.
    pub calendars: Vec<Collection>,
}

/// A calendar at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Where it is.
    pub url: Url,
    /// What its user calls it.
    pub name: Option<String>,
    /// Whether it tells what changed (RFC 6578), in a way that can be believed.
    pub syncs: bool,
}

/// Where to start looking: the address of the config, or what a domain or a mail address means (RFC 6764 6).
pub fn start(server: &str) -> Option<Url> {
    if let Ok(mut url) = Url::parse(server)
        && url.has_host()
    {
        // What signs in is set by itself; here it would travel with every address that is made of this one.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.set_fragment(None);
        return Some(url);
    }
    let domain = server.rsplit_once('@').map_or(server, |(_, domain)| domain);
    Url::parse(&format!("https://{domain}/.well-known/caldav")).ok()
}

/// Finds whoever is signed in, and their calendars.
///
/// # Errors
/// `SignIn` for a login that the server does not take, `NotFound` where no `CalDAV` was found, `Redirect` where it is on another host, and
/// what keeps a server from being asked.
pub async fn find(account: &Account) -> Result<Principal, Failure> {
    let given = account.start()?.clone();
    let (mut redirect, mut broken) = (None, None);
    for url in places(&given) {
        match look(account, &url).await {
            Ok(Some((at, found))) => return gather(account, &given, &at, found).await,
            Ok(None) => {}
            Err(failure) if failure.kind == ErrorKind::NotFound => {}
            // These are told if nothing better is found.
            Err(failure) if failure.kind == ErrorKind::Redirect => redirect = redirect.or(Some(failure)),
            Err(failure) if failure.kind == ErrorKind::Server => broken = broken.or(Some(failure)),
            Err(failure) => return Err(failure),
        }
    }
    let nothing = "no CalDAV server was found there; ask your provider for its CalDAV address, and set it as `server`";
    Err(redirect.or(broken).unwrap_or_else(|| Failure::new(ErrorKind::NotFound, nothing)))
}

/// The places to look at, the likeliest first.
fn places(given: &Url) -> Vec<Url> {
    let mut places = vec![given.clone()];
    for path in ["/.well-known/caldav"].into_iter().chain(ODD_PLACES) {
        let url = href::at(given, path);
        if !places.contains(&url) {
            places.push(url);
        }
    }
    places
}

/// What stands at a place: something that says who is signed in, a calendar, or neither.
async fn look(account: &Account, url: &Url) -> Result<Option<(Url, Found)>, Failure> {
    let (at, mut reply) = account.ask(url, &requests::principal(), MAX_RESPONSE_BYTES).await?;
    match reply.status {
        StatusCode::MULTI_STATUS => {}
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            return Err(reply.failure());
        }
        _ => return Ok(None),
    }
    let found = multistatus(&mut reply).await?.responses.into_iter().map(|response| response.found).next();
    Ok(found.filter(|found| found.principal.is_some() || is_calendar(found)).map(|found| (at, found)))
}

async fn gather(account: &Account, given: &Url, at: &Url, found: Found) -> Result<Principal, Failure> {
    let principal = match &found.principal {
        Some(href) => href::resolve(at, href)?,
        None => at.clone(),
    };
    let (_, told) = account.look_up(&principal, &requests::principal_properties(), MAX_RESPONSE_BYTES).await?;
    let own = told.responses.into_iter().map(|response| response.found).next().unwrap_or_default();
    at_most("calendar homes", own.homes.len(), MAX_HOMES)?;
    at_most("addresses of yours", own.addresses.len(), MAX_CALENDARS)?;
    let mut homes = Vec::new();
    for href in &own.homes {
        homes.push(href::resolve(&principal, href)?);
    }
    if homes.is_empty() {
        homes.push(principal.clone());
    }
    let inbox = own.inbox.as_deref().and_then(|href| href::resolve(&principal, href).ok());
    let outbox = own.outbox.as_deref().and_then(|href| href::resolve(&principal, href).ok());
    let mut calendars = Vec::new();
    if is_calendar(&found) {
        let (reply, told) = account.look_up(at, &requests::calendars(Depth::Zero), MAX_RESPONSE_BYTES).await?;
        calendars.extend(collections(at, &reply, told, None));
    }
    for home in &homes {
        let (reply, told) = account.look_up(home, &requests::calendars(Depth::One), MAX_RESPONSE_BYTES).await?;
        for found in collections(home, &reply, told, inbox.as_ref()) {
            at_most("calendars", calendars.len(), MAX_CALENDARS)?;
            if !calendars.iter().any(|known: &Collection| known.url == found.url) {
                calendars.push(found);
            }
        }
    }
    let mut default_calendar = is_calendar(&found).then(|| href::path(given.path()));
    if default_calendar.is_none()
        && let Some(inbox) = &inbox
    {
        default_calendar = default_of(account, inbox).await;
    }
    let addresses = own.addresses.iter().filter_map(|address| Address::parse(address)).collect();
    Ok(Principal { addresses, outbox, default_calendar, calendars })
}

fn at_most(what: &str, found: usize, most: usize) -> Result<(), Failure> {
    if found <= most {
        return Ok(());
    }
    Err(Failure::new(ErrorKind::TooLarge, format!("the server lists more than {most} {what} for this login")))
}

/// The calendar that an inbox names; many servers name none, which is no trouble.
async fn default_of(account: &Account, inbox: &Url) -> Option<String> {
    let (_, told) = account.look_up(inbox, &requests::default_calendar(), MAX_RESPONSE_BYTES).await.ok()?;
    let href = told.responses.into_iter().find_map(|response| response.found.default_calendar)?;
    Some(href::path(&href))
}

fn is_calendar(found: &Found) -> bool {
    let is = |name: &str| found.types.iter().any(|kind| kind == name);
    // An outbox may be a calendar as well (SOGo's is), an inbox is none that events stay in.
    is("calendar") && !["schedule-inbox", "subscribed", "trash-bin", "deleted-calendar"].into_iter().any(is)
}

/// The calendars of an answer that can hold events.
fn collections(base: &Url, reply: &Reply, told: Multistatus, inbox: Option<&Url>) -> Vec<Collection> {
    let holds_events =
        |found: &Found| found.components.is_empty() || found.components.iter().any(|name| name == "VEVENT");
    // Some servers show their name here, and not where they list changes.
    let reliable = !quirks::has(&reply.headers, Quirk::ForgottenTokenListsAll);
    let collection = |response: Response| {
        let url = href::resolve(base, &response.href).ok()?;
        let syncs = reliable && response.found.reports.iter().any(|name| name == "sync-collection");
        Some(Collection { url, name: response.found.name, syncs })
    };
    let good =
        told.responses.into_iter().filter(|response| is_calendar(&response.found) && holds_events(&response.found));
    good.filter_map(collection).filter(|found| Some(&found.url) != inbox).collect()
}

impl Principal {
    /// The calendar of this name or path; without one, the main one.
    ///
    /// # Errors
    /// `NotFound` for a name that no calendar has, `Config` where it does not say which one is meant.
    pub fn choose(&self, name: Option<&str>) -> Result<&Collection, Failure> {
        match name {
            Some(name) => self.named(name),
            None => self.main(),
        }
    }

    fn named(&self, name: &str) -> Result<&Collection, Failure> {
        let by_name = |one: &&Collection| one.name.as_deref().is_some_and(|own| own.trim() == name.trim());
        let any_case =
            |one: &&Collection| one.name.as_deref().is_some_and(|own| own.trim().eq_ignore_ascii_case(name.trim()));
        let path = href::path(name);
        let by_path = |one: &&Collection| {
            let own = one.url.path().trim_end_matches('/');
            own == path.trim_end_matches('/') || last_part(own).eq_ignore_ascii_case(path.trim_matches('/'))
        };
        let calendars = || self.calendars.iter();
        let found =
            calendars().find(by_name).or_else(|| calendars().find(any_case)).or_else(|| calendars().find(by_path));
        found.ok_or_else(|| {
            let count = self.calendars.len();
            Failure::new(
                ErrorKind::NotFound,
                format!("none of its {count} calendars has the name or path of `calendar`"),
            )
        })
    }

    fn main(&self) -> Result<&Collection, Failure> {
        let path = |one: &Collection| one.url.path().trim_end_matches('/').to_owned();
        let default = self.default_calendar.as_deref().map(|path| path.trim_end_matches('/'));
        if let Some(found) = self.calendars.iter().find(|one| Some(path(one).as_str()) == default) {
            return Ok(found);
        }
        if let [only] = self.calendars.as_slice() {
            return Ok(only);
        }
        let usual = MAIN_NAMES
            .iter()
            .find_map(|name| self.calendars.iter().find(|one| last_part(&path(one)).eq_ignore_ascii_case(name)));
        usual.ok_or_else(|| match self.calendars.len() {
            0 => Failure::new(ErrorKind::NotFound, "the account has no calendar that holds events"),
            count => {
                let why =
                    format!("the account has {count} calendars; say which one you mean, as in `calendar = \"Work\"`");
                Failure::new(ErrorKind::Config, why)
            }
        })
    }
}

fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(calendars: &[(&str, Option<&str>)], default: Option<&str>) -> Principal {
        let base = Url::parse("https://example.com/").unwrap();
        let collection = |(path, name): &(&str, Option<&str>)| Collection {
            url: href::at(&base, path),
            name: name.map(str::to_owned),
            syncs: true,
        };
        Principal {
            addresses: Vec::new(),
            outbox: None,
            default_calendar: default.map(str::to_owned),
            calendars: calendars.iter().map(collection).collect(),
        }
    }

    fn chosen<'a>(principal: &'a Principal, name: Option<&str>) -> Result<&'a str, ErrorKind> {
        principal.choose(name).map(|one| one.url.path()).map_err(|failure| failure.kind)
    }

    #[test]
    fn a_server_is_an_address_a_domain_or_a_mail_address() {
        let well_known = "https://example.com/.well-known/caldav";
        assert_eq!(start("https://dav.example.com/x/").unwrap().as_str(), "https://dav.example.com/x/");
        assert_eq!(start("https://me:secret@example.com/x/#y").unwrap().as_str(), "https://example.com/x/");
        assert_eq!(start("example.com").unwrap().as_str(), well_known);
        assert_eq!(start("me@example.com").unwrap().as_str(), well_known);
    }

    #[test]
    fn a_calendar_is_chosen_by_name_or_path() {
        let account = principal(&[("/me/a/", Some("Private")), ("/me/work%20cal/", Some("Work"))], None);
        for name in ["Work", "work", "/me/work cal/", "/me/work%20cal", "work%20cal"] {
            assert_eq!(chosen(&account, Some(name)), Ok("/me/work%20cal/"), "{name}");
        }
        assert_eq!(chosen(&account, Some("Other")), Err(ErrorKind::NotFound));
    }

    #[test]
    fn without_a_name_the_main_calendar_is_meant() {
        let two = [("/me/a/", None), ("/me/b/", None)];
        assert_eq!(chosen(&principal(&two, Some("/me/b")), None), Ok("/me/b/"));
        assert_eq!(chosen(&principal(&two, None), None), Err(ErrorKind::Config));
        assert_eq!(chosen(&principal(&two[..1], None), None), Ok("/me/a/"));
        assert_eq!(chosen(&principal(&[("/me/a/", None), ("/me/Default/", None)], None), None), Ok("/me/Default/"));
        assert_eq!(chosen(&principal(&[], None), None), Err(ErrorKind::NotFound));
    }
}
