//! API requests: what is sent, and what is known of a request without an answer.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use cadenced::calendar::ErrorKind;
use cadenced::calendar::http::address::Login;
use cadenced::calendar::http::request::{Fate, NoResponse, Request};
use cadenced::calendar::http::{Client, Settings};
use cadenced::config::Secret;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};
use url::Url;

use crate::feed_server::{Reply, Server};
use crate::waiting::{HANGS, until};

fn now() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

/// A client that waits for as long as the slowest machine may take.
fn client() -> Client {
    client_that_waits(HANGS)
}

fn client_that_waits(idle_timeout: Duration) -> Client {
    Client::new(Settings { connect_timeout: HANGS, idle_timeout, total_timeout: HANGS, https_proxy: None }, now)
}

#[tokio::test]
async fn a_write_goes_out_whole_and_its_answer_comes_back_whole() {
    let told = [("ETag", "\"7\""), ("Date", "Mon, 02 Mar 2026 12:00:05 GMT")];
    let reply = Reply::new("200 OK", &told, "{\"a\":1}");
    let server = Server::start(vec![reply]).await;
    let url = Url::parse(&server.url("/events/1")).unwrap();
    let request = Request::new(Method::PATCH, &url)
        .with(IF_MATCH, "\"6\"")
        .and_then(|request| request.with_body("application/json", "{}"))
        .and_then(|request| request.with_bearer(&Secret::new("abc.def")))
        .unwrap();
    let answer = client().send(request).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, b"{\"a\":1}".as_slice()));
    assert_eq!(answer.header(&ETAG), Some("\"7\""));
    assert_eq!(answer.clock_skew.unwrap().as_secs(), 5);
    let sent = server.requests().remove(0);
    assert!(sent.starts_with("PATCH /events/1 HTTP/1.1\r\n"), "{sent}");
    for line in ["if-match: \"6\"", "authorization: Bearer abc.def", "content-type: application/json"] {
        assert!(sent.contains(line), "{sent}");
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_too_and_keeps_its_body_and_waiting_time() {
    let reply = Reply::new("429 Too Many Requests", &[("Retry-After", "7")], "slow down");
    let server = Server::start(vec![reply]).await;
    let url = Url::parse(&server.url("/")).unwrap();
    let method = Method::from_bytes(b"PROPFIND").unwrap();
    let login = Login { username: "Aladdin".to_owned(), password: Secret::new("open sesame") };
    let answer = client().send(Request::new(method, &url).with_login(&login).unwrap()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (429, b"slow down".as_slice()));
    assert_eq!(answer.failure().kind, ErrorKind::Wait { after: Some(Duration::from_secs(7)) });
    let sent = server.requests().remove(0);
    assert!(sent.starts_with("PROPFIND / ") && sent.contains("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "{sent}");
}

#[tokio::test]
async fn a_redirect_is_shown_and_not_followed() {
    let server = Server::start(vec![Reply::new("301 Moved Permanently", &[("Location", "/dav/")], "")]).await;
    let url = Url::parse(&server.url("/.well-known/caldav")).unwrap();
    let answer = client().send(Request::new(Method::GET, &url)).await.unwrap();
    let target = answer.redirect(&url, false).unwrap().unwrap();
    assert_eq!((target.path(), server.requests().len()), ("/dav/", 1));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{free}/")).unwrap();
    let unanswered = client().send(Request::new(Method::POST, &url)).await.err().unwrap();
    assert_eq!((unanswered.fate, unanswered.failure.kind), (Fate::NotSent, ErrorKind::Offline));
}

#[tokio::test]
async fn a_reply_that_is_lost_or_cut_off_leaves_the_fate_of_its_request_open() {
    let all = Reply::ok("whole");
    let nothing = Reply::default();
    let silent = nothing.clone().then_silence();
    let short = Duration::from_millis(300);
    for (reply, waits) in
        [(nothing.clone(), HANGS), (silent, short), (nothing.then_reset(), HANGS), (all.without_last(2), HANGS)]
    {
        let server = Server::start(vec![reply]).await;
        let url = Url::parse(&server.url("/")).unwrap();
        let request = Request::new(Method::PUT, &url).with_body("text/calendar", "BEGIN:VCALENDAR").unwrap();
        let unanswered: NoResponse = client_that_waits(waits).send(request).await.err().unwrap();
        assert_eq!(unanswered.fate, Fate::Unknown, "{unanswered:?}");
        until("the request", || !server.requests().is_empty()).await;
        assert_eq!(server.requests().len(), 1, "a write must not be repeated behind its writer's back");
    }
}

#[tokio::test]
async fn an_answer_past_the_cap_is_not_kept() {
    let server = Server::start(vec![Reply::ok("0123456789")]).await;
    let url = Url::parse(&server.url("/")).unwrap();
    let request = Request { max_bytes: 9, ..Request::new(Method::GET, &url) };
    assert_eq!(client().send(request).await.err().unwrap().failure.kind, ErrorKind::TooLarge);
}
