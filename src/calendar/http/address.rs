//! Checks which addresses may be requested, which redirects followed, and where credentials may go.

use std::fmt;
use std::path::PathBuf;

use url::{Host, Url};

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::config::Secret;

/// Where a calendar is, as its address says.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file on this machine.
    File(PathBuf),
    /// A page on a server; the login that stood in the address is taken out of the URL.
    Web {
        /// Always `http` or `https`, without a login and without a fragment.
        url: Url,
        /// The login that the address held (`https://user:password@…`).
        login: Option<Login>,
    },
}

/// A name and a password for one server (RFC 7617).
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// An address is a credential, so that only its sort is shown.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => f.write_str("File(…)"),
            Self::Web { url, .. } => write!(f, "Web({}:…)", url.scheme()),
        }
    }
}

/// Neither half of a login is shown.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

impl Address {
    /// Reads an address as a person or a secret store gives it.
    ///
    /// `webcal` and `webcals` mean `https`: the first was registered as plain HTTP, but nearly every publisher answers on
    /// HTTPS, and a secret in an address must not travel in the clear. On this machine itself `webcal` means `http`.
    ///
    /// # Errors
    /// `Config`: it is no address, has no host, has a scheme that is not read here, or is plain HTTP to another machine
    /// without `allow_http`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, Failure> {
        let mut url = web_url(text.trim()).ok_or_else(|| config("the address is not a URL"))?;
        match url.scheme() {
            "file" => url
                .to_file_path()
                .map(Self::File)
                .map_err(|()| config("a file: address needs an absolute path on this machine, like file:///home/…")),
            "http" | "https" => {
                check_plain(&url, allow_http).map_err(config)?;
                let login = take_login(&mut url);
                Ok(Self::Web { url, login })
            }
            _ => Err(config("the address must begin with https:, http:, webcal:, webcals: or file:")),
        }
    }
}

/// Where a redirect leads, if it may be followed (RFC 9110 15.4).
///
/// A login in the target is dropped: a server does not choose what we sign in with.
///
/// # Errors
/// `Redirect`: the target is unreadable, leaves HTTPS, is plain HTTP to another machine without `allow_http`, or points from
/// another machine to this one.
pub fn redirect(from: &Url, target: &str, allow_http: bool) -> Result<Url, Failure> {
    let refused = |detail: &str| Failure::new(ErrorKind::Redirect, format!("the server's redirect {detail}"));
    let target = as_https(target.trim()).unwrap_or_else(|| target.trim().to_owned());
    let mut to = from.join(&target).map_err(|_| refused("has no address"))?;
    if !matches!(to.scheme(), "http" | "https") || to.host().is_none() {
        return Err(refused("leads to something other than a web address"));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(refused("would go from HTTPS to plain HTTP"));
    }
    if is_loopback(&to) && !is_loopback(from) {
        return Err(refused("points back to this machine"));
    }
    check_plain(&to, allow_http).map_err(|_| refused("would use plain HTTP to another machine"))?;
    drop(take_login(&mut to));
    Ok(to)
}

/// Whether what signs in at `first` may also be sent to `next`: only to the same host and port, or to the same host when a
/// redirect moves from the usual HTTP port up to the usual HTTPS port.
pub fn may_carry_login(first: &Url, next: &Url) -> bool {
    let ports = (first.port_or_known_default(), next.port_or_known_default());
    let same_service = first.scheme() == next.scheme() && ports.0 == ports.1;
    let upgrade = first.scheme() == "http" && next.scheme() == "https" && ports == (Some(80), Some(443));
    (first.host() == next.host() || planted!("redirects-carry-logins")) && (same_service || upgrade)
}

/// Whether a URL's host is this machine, by its literal address or as `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|inner| inner.is_loopback())
        }
        None => false,
    }
}

fn config(detail: &str) -> Failure {
    Failure::new(ErrorKind::Config, detail)
}

/// The URL that a text means, with `webcal` and `webcals` turned into what they stand for.
fn web_url(text: &str) -> Option<Url> {
    let Some(secure) = as_https(text) else { return Url::parse(text).ok() };
    let mut url = Url::parse(&secure).ok()?;
    if is_loopback(&url) && text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("webcal:")) {
        url.set_scheme("http").ok()?;
    }
    Some(url)
}

/// The same address with `https` where it begins with `webcal` or `webcals`, which the URL rules would not resolve.
fn as_https(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    let webcal = scheme.eq_ignore_ascii_case("webcal") || scheme.eq_ignore_ascii_case("webcals");
    webcal.then(|| format!("https:{rest}"))
}

fn check_plain(url: &Url, allow_http: bool) -> Result<(), &'static str> {
    if url.scheme() == "https" || allow_http || is_loopback(url) {
        return Ok(());
    }
    Err("plain http: is only allowed on this machine; use https:, or set allow_http = true for this calendar")
}

/// Takes the login out of a URL, and the fragment, which no server is told.
fn take_login(url: &mut Url) -> Option<Login> {
    url.set_fragment(None);
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let login = Login {
        username: percent_decoded(url.username()),
        password: Secret::new(percent_decoded(url.password().unwrap_or_default())),
    };
    // Both calls fail only for URLs without a host, and those have no login.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(login)
}

/// Undoes percent-encoding (RFC 3986 2.1); what is no valid encoding stays as it is.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| bytes[at] == b'%');
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
