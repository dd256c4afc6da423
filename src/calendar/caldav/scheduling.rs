//! Detects whether a server tells guests about changes to a calendar (RFC 6638 2).

use http::Method;
use http::header::HeaderMap;
use url::Url;

use super::account::Account;
use crate::calendar::http::request::Request;
use crate::domain::source::GuestNotice;

/// What a server that tells guests by itself names among its features (RFC 6638 2).
const AUTO_SCHEDULE: &str = "calendar-auto-schedule";

/// How guests learn of what is written to a calendar; `None` where the server does not say.
pub(super) async fn guest_notice(account: &Account, calendar: &Url) -> Option<GuestNotice> {
    let reply = account.send_question(|| Ok(Request::new(Method::OPTIONS, calendar))).await.ok()?;
    reply.status.is_success().then(|| from_features(&reply.headers))?
}

/// Reads the features in the `DAV` headers (RFC 4918 10.1); a server that names none says nothing.
fn from_features(headers: &HeaderMap) -> Option<GuestNotice> {
    let lines = headers.get_all("dav").iter().filter_map(|line| line.to_str().ok());
    let features: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    if features.iter().all(|feature| feature.is_empty()) {
        return None;
    }
    let tells = features.iter().any(|feature| feature.eq_ignore_ascii_case(AUTO_SCHEDULE));
    Some(if tells { GuestNotice::Server } else { GuestNotice::Nobody })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_names_the_feature_tells_guests() {
        let cases: [(&[&str], Option<GuestNotice>); 6] = [
            (&["1, 2, 3, access-control, calendar-access, calendar-auto-schedule"], Some(GuestNotice::Server)),
            (&["1, 3", "calendar-access, Calendar-Auto-Schedule"], Some(GuestNotice::Server)),
            // Radicale 3.5.
            (&["1, 2, 3, calendar-access, addressbook, extended-mkcol"], Some(GuestNotice::Nobody)),
            // The draft before RFC 6638: a client sends the messages itself.
            (&["1, calendar-access, calendar-schedule"], Some(GuestNotice::Nobody)),
            (&[" "], None),
            (&[], None),
        ];
        for (lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("dav", line.parse().unwrap());
            }
            assert_eq!(from_features(&headers), expected, "{lines:?}");
        }
    }
}
