//! A `CalDAV` server on 127.0.0.1 that answers as a test tells it to, and records the requests.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cadenced::calendar::Shared;
use cadenced::calendar::http::{Client, Settings};
use cadenced::config::{CalDav, CalendarSettings, DavLogin, Login, Remote, Secret, SecretSource};
use cadenced::domain::person::Address;
use cadenced::domain::source::{SourceId, Whose};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Told {
    status: u16,
    headers: String,
    body: String,
}

pub fn told(status: u16, body: &str) -> Told {
    Told { status, headers: String::new(), body: body.to_owned() }
}

/// A 207 with these responses, and a sync token where there is one.
pub fn multistatus(responses: &str, token: Option<&str>) -> Told {
    let token = token.map(|token| format!("<D:sync-token>{token}</D:sync-token>")).unwrap_or_default();
    let body = format!(
        "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
         xmlns:CS=\"http://calendarserver.org/ns/\">{responses}{token}</D:multistatus>"
    );
    told(207, &body)
}

/// What a 207 says of a place that has these properties.
pub fn found(href: &str, properties: &str) -> String {
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

/// What a 207 says of a place as a whole.
pub fn status(href: &str, status: u16) -> String {
    format!("<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 {status} Said</D:status></D:response>")
}

impl Told {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        write!(self.headers, "{name}: {value}\r\n").unwrap();
        self
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| line.split_once(": ").is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.head.lines().find(|one| line(one)).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }
}

/// The server; it ends with its test.
pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

type Answer = dyn Fn(&Asked) -> Told + Send + Sync;

impl Server {
    pub async fn start(answer: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer): (_, Arc<Answer>) = (Arc::clone(&asked), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&seen)));
            }
        });
        Self { port, asked, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Forgets what was asked so far.
    pub fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<Answer>, seen: Arc<Mutex<Vec<Asked>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let mut words = head.split(' ');
    let asked = Asked {
        method: words.next().unwrap().to_owned(),
        path: words.next().unwrap().to_owned(),
        body: String::from_utf8(body).unwrap(),
        head: head.clone(),
    };
    let Told { status, headers, body } = answer(&asked);
    seen.lock().unwrap().push(asked);
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// What calendars of one process share, for tests.
pub fn shared(owner: Vec<Address>) -> Shared {
    let patience = Settings { idle_timeout: Duration::from_secs(20), ..Settings::default() };
    let client = Client::new(patience, || "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap());
    Shared { client: client.into(), data_folder: std::env::temp_dir(), spool_folder: std::env::temp_dir(), owner }
}

/// An account with one calendar, the main one.
pub fn settings(server: &str) -> CalDav {
    let login = Login { username: "me".into(), password: SecretSource::Literal(Secret::new("hunter2")) };
    let calendar = CalendarSettings {
        id: SourceId { account: "work".into(), calendar: "main".into() },
        whose: Whose::Owner,
        every: Duration::from_mins(5),
        full_every: Duration::from_hours(24),
        max_bytes: 100 << 20,
        enabled: true,
    };
    CalDav {
        server: server.to_owned(),
        login: DavLogin::Basic(login),
        calendars: vec![Remote { calendar, name: None }],
    }
}
