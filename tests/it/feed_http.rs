//! What the HTTP client sends, follows and refuses, and how it interprets each kind of answer.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cadenced::calendar::ErrorKind;
use cadenced::calendar::failure::Failure;
use cadenced::calendar::http::address::{Address, Login, may_carry_login, redirect};
use cadenced::calendar::http::{Answer, Ask, Client, Settings, headers};
use cadenced::config::Secret;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::feed_server::{Reply, Server};
use crate::waiting::HANGS;

const NOW: &str = "2026-03-02T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A client that waits for as long as the slowest machine may take.
fn client() -> Client {
    client_that_waits(HANGS, HANGS)
}

fn client_that_waits(idle_timeout: Duration, total_timeout: Duration) -> Client {
    Client::new(Settings { connect_timeout: HANGS, idle_timeout, total_timeout, https_proxy: None }, now)
}

fn ask(url: &Url) -> Ask<'_> {
    Ask { url, login: None, etag: None, last_modified: None, allow_http: false, max_bytes: 1 << 20 }
}

/// The whole body, or why there is none.
async fn get(ask: Ask<'_>) -> Result<Vec<u8>, Failure> {
    get_by(&client(), ask).await
}

async fn get_by(client: &Client, ask: Ask<'_>) -> Result<Vec<u8>, Failure> {
    let body = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&body);
    match client.get(ask).await? {
        Answer::Unchanged { .. } => panic!("nothing was conditional"),
        Answer::Page(page) => {
            page.read(&mut |bytes| {
                taken.lock().unwrap().extend_from_slice(bytes);
                Ok(())
            })
            .await?;
        }
    }
    Ok(body.lock().unwrap().clone())
}

async fn get_from(reply: Reply) -> Result<Vec<u8>, Failure> {
    let server = Server::start(vec![reply]).await;
    get(ask(&Url::parse(&server.url("/")).unwrap())).await
}

async fn kind_of(reply: Reply) -> ErrorKind {
    get_from(reply).await.unwrap_err().kind
}

fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_arrives_whole_and_the_request_says_who_asks() {
    let server = Server::start(vec![Reply::ok("BEGIN:VCALENDAR")]).await;
    let url = Url::parse(&server.url("/secret/feed.ics?token=abc")).unwrap();
    assert_eq!(get(ask(&url)).await.unwrap(), b"BEGIN:VCALENDAR");
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /secret/feed.ics?token=abc HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains(concat!("user-agent: cadenced/", env!("CARGO_PKG_VERSION"))), "{requests:?}");
    assert!(!requests[0].contains("authorization"), "{requests:?}");
}

#[tokio::test]
async fn announced_and_unannounced_gzip_are_both_unpacked() {
    let packed = gzipped(b"BEGIN:VCALENDAR and more");
    let announced = Reply::new("200 OK", &[("Content-Encoding", "gzip")], &packed);
    assert_eq!(get_from(announced).await.unwrap(), b"BEGIN:VCALENDAR and more");
    assert_eq!(get_from(Reply::ok(&packed)).await.unwrap(), b"BEGIN:VCALENDAR and more");
    let twice = Reply::new("200 OK", &[("Content-Encoding", "gzip")], gzipped(&packed));
    assert_eq!(get_from(twice).await.unwrap(), b"BEGIN:VCALENDAR and more");
    let bytewise = Reply::ok(&packed).trickling(1, Duration::from_micros(100));
    assert_eq!(get_from(bytewise).await.unwrap(), b"BEGIN:VCALENDAR and more");
}

#[tokio::test]
async fn gzip_that_breaks_off_is_truncated_and_other_packing_is_a_server_error() {
    let packed = gzipped(&b"BEGIN:VCALENDAR and more".repeat(50));
    assert_eq!(kind_of(Reply::ok(&packed[..packed.len() - 9])).await, ErrorKind::Truncated);
    let announced = Reply::new("200 OK", &[("Content-Encoding", "gzip")], &packed[..packed.len() - 9]);
    assert_eq!(kind_of(announced).await, ErrorKind::Truncated);
    assert_eq!(kind_of(Reply::new("200 OK", &[("Content-Encoding", "br")], "x")).await, ErrorKind::Server);
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_truncated() {
    assert_eq!(kind_of(Reply::ok("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n").without_last(4)).await, ErrorKind::Truncated);
    let chunked = Reply::unannounced("200 OK", &[("Transfer-Encoding", "chunked")], "5\r\nBEGIN\r\n");
    assert_eq!(kind_of(chunked).await, ErrorKind::Truncated);
}

#[tokio::test]
async fn a_connection_that_breaks_is_offline_or_truncated_and_never_a_body() {
    let kind = kind_of(Reply::ok("BEGIN:VCALENDAR\r\n").without_last(4).then_reset()).await;
    assert!(matches!(kind, ErrorKind::Offline | ErrorKind::Truncated), "{kind:?}");
    assert_eq!(kind_of(Reply::default().then_reset()).await, ErrorKind::Offline);
    assert_eq!(kind_of(Reply::default()).await, ErrorKind::Offline);
}

#[tokio::test]
async fn nobody_listening_is_offline() {
    let gone = Server::start(vec![Reply::ok("")]).await;
    let url = Url::parse(&gone.url("/token")).unwrap();
    drop(gone);
    // The port is free once the aborted task has dropped its listener.
    tokio::task::yield_now().await;
    let failure = get(ask(&url)).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Offline);
    assert_eq!(failure.detail, "the server refused the connection");
}

#[tokio::test]
async fn silence_and_an_endless_trickle_both_time_out() {
    let silent = client_that_waits(Duration::from_millis(300), HANGS);
    let hurried = client_that_waits(HANGS, Duration::from_millis(900));
    let trickle = Reply::ok([b'x'; 4000]).trickling(1, Duration::from_millis(20));
    for (client, reply) in [
        (&silent, Reply::default().then_silence()),
        (&silent, Reply::ok("BEGIN:VCALENDAR").without_last(3).then_silence()),
        (&hurried, trickle),
    ] {
        let server = Server::start(vec![reply]).await;
        let failure = get_by(client, ask(&Url::parse(&server.url("/")).unwrap())).await.unwrap_err();
        assert_eq!((failure.kind, failure.detail.as_str()), (ErrorKind::Offline, "the server took too long"));
    }
}

#[tokio::test]
async fn the_cap_counts_announced_sent_and_unpacked_bytes() {
    let big = vec![b'x'; (1 << 20) + 1];
    assert_eq!(kind_of(Reply::ok(&big)).await, ErrorKind::TooLarge);
    assert_eq!(kind_of(Reply::unannounced("200 OK", &[], &big)).await, ErrorKind::TooLarge);
    assert_eq!(kind_of(Reply::ok(gzipped(&big))).await, ErrorKind::TooLarge);
    assert_eq!(
        kind_of(Reply::new("200 OK", &[("Content-Encoding", "gzip")], gzipped(&big))).await,
        ErrorKind::TooLarge
    );
    assert_eq!(get_from(Reply::ok(&big[..1 << 20])).await.unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn each_status_has_its_kind() {
    for (status, kind) in [
        ("401 Unauthorized", ErrorKind::SignIn),
        ("403 Forbidden", ErrorKind::SignIn),
        ("404 Not Found", ErrorKind::NotFound),
        ("410 Gone", ErrorKind::NotFound),
        ("500 Internal Server Error", ErrorKind::Server),
        ("206 Partial Content", ErrorKind::Server),
        ("304 Not Modified", ErrorKind::Server),
        ("503 Service Unavailable", ErrorKind::Wait { after: None }),
    ] {
        assert_eq!(kind_of(Reply::new(status, &[], "")).await, kind, "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_and_as_a_date_by_the_servers_clock() {
    let wait = |seconds| ErrorKind::Wait { after: Some(Duration::from_secs(seconds)) };
    assert_eq!(kind_of(Reply::new("429 Too Many Requests", &[("Retry-After", "120")], "")).await, wait(120));
    let by_date = [("Date", "Mon, 02 Mar 2026 15:00:00 GMT"), ("Retry-After", "Mon, 02 Mar 2026 15:10:00 GMT")];
    assert_eq!(kind_of(Reply::new("503 Service Unavailable", &by_date, "")).await, wait(600));
    let no_clock = [("Retry-After", "Mon, 02 Mar 2026 12:00:30 GMT")];
    assert_eq!(kind_of(Reply::new("503 Service Unavailable", &no_clock, "")).await, wait(30));
}

#[test]
fn waiting_times_are_bounded_and_nonsense_is_none() {
    let read = |text| headers::retry_after(text, now());
    assert_eq!(read("99999999999999999999999"), Some(headers::LONGEST_WAIT));
    assert_eq!(read("Mon, 02 Mar 2099 12:00:30 GMT"), Some(headers::LONGEST_WAIT));
    assert_eq!(read("Mon, 02 Mar 2020 12:00:30 GMT"), Some(Duration::ZERO));
    assert_eq!(read("-5"), None);
    assert_eq!(read("soon"), None);
    assert_eq!(read(""), None);
}

#[tokio::test]
async fn the_clock_skew_is_the_servers_date_and_age_minus_our_now() {
    let headers = [("Date", "Mon, 02 Mar 2026 12:03:00 GMT"), ("Age", "60")];
    let server = Server::start(vec![Reply::new("200 OK", &headers, "x")]).await;
    let url = Url::parse(&server.url("/")).unwrap();
    let Answer::Page(page) = client().get(ask(&url)).await.unwrap() else { panic!("a page was sent") };
    assert_eq!(page.clock_skew, Some(SignedDuration::from_mins(4)));
}

#[tokio::test]
async fn conditions_are_sent_and_a_304_is_believed_only_then() {
    let server = Server::start(vec![Reply::new("304 Not Modified", &[], "")]).await;
    let url = Url::parse(&server.url("/")).unwrap();
    let asked = Ask { etag: Some("W/\"v1-gzip\""), last_modified: Some("Mon, 02 Mar 2026 12:00:00 GMT"), ..ask(&url) };
    assert!(matches!(client().get(asked).await.unwrap(), Answer::Unchanged { .. }));
    let request = &server.requests()[0];
    assert!(request.contains("if-none-match: W/\"v1-gzip\"\r\n"), "{request}");
    assert!(request.contains("if-modified-since: Mon, 02 Mar 2026 12:00:00 GMT\r\n"), "{request}");
}

#[tokio::test]
async fn redirects_are_followed_with_the_login_only_to_the_same_server() {
    let other = Server::start(vec![Reply::ok("there")]).await;
    let to_other = Reply::new("302 Found", &[("Location", &other.url("/b"))], "");
    let here = Server::start(vec![Reply::new("301 Moved", &[("Location", "/moved")], ""), to_other]).await;
    let url = Url::parse(&here.url("/a")).unwrap();
    let login = Login { username: "mara@example.com".into(), password: Secret::new("hunter2") };
    let asked = Ask { login: Some(&login), ..ask(&url) };
    assert_eq!(get(asked).await.unwrap(), b"there");
    let sent = here.requests();
    assert!(sent[0].contains("authorization: Basic bWFyYUBleGFtcGxlLmNvbTpodW50ZXIy\r\n"), "{sent:?}");
    assert!(sent[1].starts_with("GET /moved ") && sent[1].contains("authorization: Basic"), "{sent:?}");
    assert!(!other.requests()[0].contains("authorization"), "{:?}", other.requests());
}

#[tokio::test]
async fn a_circle_of_redirects_ends_after_five() {
    let server = Server::start(vec![Reply::new("302 Found", &[("Location", "/round")], "")]).await;
    let failure = get(ask(&Url::parse(&server.url("/round")).unwrap())).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Redirect);
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn a_redirect_never_leaves_https_and_never_points_back_here() {
    let from = |text: &str| Url::parse(text).unwrap();
    let refused = |at: &str, to: &str, allow| redirect(&from(at), to, allow).unwrap_err().kind == ErrorKind::Redirect;
    assert!(refused("https://a.example/x", "http://a.example/x", true));
    assert!(refused("https://a.example/x", "//", true));
    assert!(refused("https://a.example/x", "file:///etc/passwd", true));
    assert!(refused("https://a.example/x", "https://127.0.0.1/x", true));
    assert!(refused("http://a.example/x", "http://localhost/x", true));
    assert!(refused("http://127.0.0.1/x", "http://a.example/x", false));
    let followed = |at: &str, to: &str| redirect(&from(at), to, false).unwrap().to_string();
    assert_eq!(followed("https://a.example/x/y", "z?k=1#part"), "https://a.example/x/z?k=1");
    assert_eq!(followed("https://a.example/x", "webcal://b.example/y"), "https://b.example/y");
    assert_eq!(followed("https://a.example/x", "https://eve:pw@b.example/y"), "https://b.example/y");
    assert_eq!(followed("http://127.0.0.1/x", "https://b.example/y"), "https://b.example/y");
}

#[test]
fn a_login_stays_with_its_host_and_port() {
    let may = |first: &str, next: &str| may_carry_login(&Url::parse(first).unwrap(), &Url::parse(next).unwrap());
    assert!(may("https://a.example/x", "https://a.example:443/y"));
    assert!(may("http://a.example/x", "https://a.example/y"));
    assert!(!may("https://a.example/x", "https://b.example/x"));
    assert!(!may("https://a.example/x", "https://a.example:8443/x"));
    assert!(!may("https://a.example/x", "https://sub.a.example/x"));
    assert!(!may("https://a.example/x", "http://a.example/x"));
}

#[test]
fn addresses_are_sorted_into_files_and_pages() {
    let web = |text: &str| match Address::parse(text, false) {
        Ok(Address::Web { url, .. }) => url.to_string(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(web(" https://a.example/x#top "), "https://a.example/x");
    assert_eq!(web("webcal://a.example/x"), "https://a.example/x");
    assert_eq!(web("WebCals://a.example/x"), "https://a.example/x");
    assert_eq!(web("webcal://127.0.0.1:8080/x"), "http://127.0.0.1:8080/x");
    assert_eq!(web("http://localhost/x"), "http://localhost/x");
    assert_eq!(web("http://[::1]/x"), "http://[::1]/x");
    assert_eq!(Address::parse("file:///srv/a%20b.ics", false).unwrap(), Address::File("/srv/a b.ics".into()));
    for bad in ["http://a.example/x", "http://127.0.0.1.a.example/", "ftp://a.example", "a.example/x", "", "file://h/x"]
    {
        assert_eq!(Address::parse(bad, false).unwrap_err().kind, ErrorKind::Config, "{bad}");
    }
    assert!(Address::parse("http://a.example/x", true).is_ok());
}

#[test]
fn a_login_in_an_address_is_taken_out_and_decoded() {
    let address = Address::parse("https://mara%40example.com:p%C3%A4ss%2Fwort%zz@a.example/x", false).unwrap();
    assert!(!format!("{address:?}").contains("example"));
    let Address::Web { url, login: Some(login) } = address else { panic!("it is a page with a login") };
    assert_eq!(url.as_str(), "https://a.example/x");
    assert_eq!((login.username.as_str(), login.password.expose()), ("mara@example.com", "päss/wort%zz"));
}

#[tokio::test]
async fn a_body_that_always_has_more_is_read_for_as_long_as_one_may_take_and_no_longer() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    // It ends with the connection, which goes with this test's runtime.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = listener.into_std().unwrap();
        runtime.block_on(async {
            let (mut to, _) = tokio::net::TcpListener::from_std(listener).unwrap().accept().await.unwrap();
            to.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
            let mut next = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
            while to.write_all(&next).await.is_ok() {
                next = vec![b'x'; 1 << 20];
            }
        });
    });
    let client = client_that_waits(HANGS, Duration::from_millis(900));
    let asked = client.get(Ask { max_bytes: 8 << 30, ..ask(&url) }).await;
    // Whoever takes long over each piece finds the next one there already.
    let slowly = &mut |_: &[u8]| {
        std::thread::sleep(Duration::from_millis(2));
        Ok(())
    };
    let failure = match asked {
        Ok(Answer::Page(page)) => page.read(slowly).await.unwrap_err(),
        Ok(Answer::Unchanged { .. }) => panic!("nothing was conditional"),
        // A machine that is slow enough has no time left for the body.
        Err(failure) => failure,
    };
    assert_eq!(failure.kind, ErrorKind::Offline, "{failure:?}");
}
