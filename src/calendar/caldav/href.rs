//! Normalises hrefs, and checks which hosts may receive the login.

use std::fmt::Write;

use url::{Host, Url};

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::address;

/// The path of an href (RFC 4918 8.3) in the one form in which paths are compared, kept and sent.
///
/// Servers encode one path in several ways (`%40` and `@`), also within one answer.
pub fn path(href: &str) -> String {
    let path = match href.find("://") {
        Some(scheme) => href[scheme + 3..].find('/').map_or("/", |slash| &href[scheme + 3 + slash..]),
        None => href,
    };
    let bytes = path.trim().as_bytes();
    let mut canonical = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let coded = if bytes[at] == b'%' { hex(bytes.get(at + 1), bytes.get(at + 2)) } else { None };
        let byte = coded.unwrap_or(bytes[at]);
        if stays(byte) || (byte == b'/' && coded.is_none()) {
            canonical.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(canonical, "%{byte:02X}");
        }
        at += if coded.is_some() { 3 } else { 1 };
    }
    canonical
}

/// Characters of a path segment that need no encoding (RFC 3986 3.3).
fn stays(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

fn hex(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The address that an href means in an answer from `base`.
///
/// # Errors
/// `Server`, where it means none.
pub fn resolve(base: &Url, href: &str) -> Result<Url, Failure> {
    let unreadable = || Failure::new(ErrorKind::Server, "the server returned an invalid path");
    let mut url = base.join(href.trim()).map_err(|_| unreadable())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(unreadable());
    }
    if base.scheme() == "https" && url.scheme() == "http" && url.host() == base.host() && url.port().is_none() {
        // A server behind a proxy does not always know that it is reached by TLS. Without a port both calls succeed.
        let _ = url.set_scheme("https").and_then(|()| url.set_port(base.port()));
    }
    let whole = path(url.path());
    url.set_path(&whole);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// The address of another path on the server of `base`.
pub fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url
}

/// Whether the login for `start` may be sent to where a redirect of its server leads: to the same server, or over HTTPS to a host below
/// the one that the user named (from `example.com` to `dav.example.com`).
pub fn may_follow(start: &Url, to: &Url) -> bool {
    address::may_carry_login(start, to) || (secure(start, to) && below(to, domain(start)))
}

/// Whether the login for `start` may be sent to where a server that took it keeps the calendars: as with redirects, and to hosts beside it.
///
/// iCloud keeps those of `caldav.icloud.com` on `p42-caldav.icloud.com`.
pub fn may_be_home(start: &Url, to: &Url) -> bool {
    let beside = || {
        let parent = domain(start).and_then(|domain| domain.split_once('.')).map(|(_, parent)| parent);
        secure(start, to) && below(to, parent.filter(|parent| parent.contains('.')))
    };
    may_follow(start, to) || beside()
}

fn secure(start: &Url, to: &Url) -> bool {
    start.scheme() == "https" && to.scheme() == "https" && to.port().is_none()
}

fn domain(url: &Url) -> Option<&str> {
    match url.host()? {
        Host::Domain(domain) => Some(domain),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

fn below(url: &Url, parent: Option<&str>) -> bool {
    let (Some(host), Some(parent)) = (domain(url), parent) else { return false };
    host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn one_path_has_one_form_however_it_was_encoded() {
        for href in [
            "/dav/me%40example.com/a b.ics",
            "/dav/me@example.com/a%20b.ics",
            "https://x/dav/me%40example.com/a%20b.ics",
        ] {
            assert_eq!(path(href), "/dav/me@example.com/a%20b.ics");
        }
        assert_eq!(path("/a%2fb/100%/\u{e4}"), "/a%2Fb/100%25/%C3%A4");
        assert_eq!(path(&path("/a%2fb/100%/\u{e4}")), path("/a%2fb/100%/\u{e4}"));
        assert_eq!(path("https://example.com"), "/");
    }

    #[test]
    fn a_login_follows_a_redirect_to_no_other_host() {
        let start = url("https://example.com/");
        for good in ["https://example.com/dav/", "https://dav.example.com/", "https://a.b.example.com/x"] {
            assert!(may_follow(&start, &url(good)), "{good}");
        }
        for bad in [
            "https://example.org/",
            "https://badexample.com/",
            "http://example.com/",
            "http://dav.example.com/",
            "https://dav.example.com:8443/",
            "https://example.com.evil.org/",
        ] {
            assert!(!may_follow(&start, &url(bad)), "{bad}");
            assert!(!may_be_home(&start, &url(bad)), "{bad}");
        }
        assert!(!may_follow(&url("https://127.0.0.1/"), &url("https://0.127.0.0.1.example/")));
    }

    #[test]
    fn a_server_that_does_not_know_of_its_tls_is_still_asked_by_it() {
        let base = url("https://example.com:8443/dav/");
        assert_eq!(
            resolve(&base, "http://example.com/cal/a b").unwrap().as_str(),
            "https://example.com:8443/cal/a%20b"
        );
        assert_eq!(resolve(&base, "http://example.org/cal/").unwrap().as_str(), "http://example.org/cal/");
        assert_eq!(resolve(&base, "cal/?x#y").unwrap().as_str(), "https://example.com:8443/dav/cal/");
        assert!(resolve(&base, "mailto:a@example.com").is_err());
    }

    #[test]
    fn calendars_may_be_on_a_host_beside_the_named_one() {
        let start = url("https://caldav.icloud.com/");
        assert!(may_be_home(&start, &url("https://p42-caldav.icloud.com/1/calendars/")));
        assert!(!may_follow(&start, &url("https://p42-caldav.icloud.com/1/calendars/")));
        assert!(!may_be_home(&start, &url("https://caldav.example.com/")));
        // What is left of a name of two parts is a top-level domain, which everybody shares.
        assert!(!may_be_home(&url("https://example.com/"), &url("https://other.com/")));
    }
}
