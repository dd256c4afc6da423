//! A minimal HTTP/1.1 server, written by hand because no server library would lose an answer on purpose.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use url::form_urlencoded;

use super::encodings::from_percent;
use super::state::World;

/// A request is at most this many bytes long; beyond it the connection is closed.
const MOST_BYTES: usize = 4 << 20;

/// One request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// The path with its percent signs.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header's value, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a boolean parameter says yes.
    pub fn says(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The fields of a form in the body.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The parts of the path, decoded.
    pub fn segments(&self) -> Vec<String> {
        self.path.trim_matches('/').split('/').map(from_percent).collect()
    }
}

/// One answer before it is written.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub end: Ending,
}

/// What becomes of an answer on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It arrives.
    #[default]
    Whole,
    /// The connection is closed before a byte of it was written.
    Lost,
    /// Nothing is written, and the connection stays open.
    Silent,
    /// The connection is closed in the middle of the body.
    Cut,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), end: Ending::Whole }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=UTF-8", serde_json::to_vec_pretty(body).unwrap())
    }

    pub fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Answers the requests of one connection until it ends.
pub async fn converse(stream: TcpStream, world: Arc<Mutex<World>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let answer = world.lock().unwrap().answer(&request);
        let last = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if !write(&mut stream, &request, answer).await || last {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        if head.len() > MOST_BYTES {
            return None;
        }
    }
    let mut request = request(&String::from_utf8_lossy(&head))?;
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
    }
    request.body = if request.header("transfer-encoding").is_some() {
        chunked(stream).await?
    } else {
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        exactly(stream, length).await?
    };
    Some(request)
}

async fn exactly(stream: &mut BufReader<TcpStream>, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; (length <= MOST_BYTES).then_some(length)?];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}

async fn chunked(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(stream.read_u8().await.ok()?);
        }
        let length = usize::from_str_radix(std::str::from_utf8(&line).ok()?.trim(), 16).ok()?;
        body.extend(exactly(stream, length).await?);
        exactly(stream, 2).await?;
        if length == 0 {
            return Some(body);
        }
    }
}

fn request(head: &str) -> Option<Request> {
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some(Request {
        method,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect(),
        body: Vec::new(),
    })
}

/// Writes the answer; says whether the connection goes on.
async fn write(stream: &mut BufReader<TcpStream>, request: &Request, mut answer: Answer) -> bool {
    match answer.end {
        Ending::Lost => return false,
        Ending::Silent => {
            // The client's end of the connection is the only thing that ends this.
            while stream.read_u8().await.is_ok() {}
            return false;
        }
        Ending::Whole | Ending::Cut => {}
    }
    if request.header("accept-encoding").is_some_and(|value| value.contains("gzip")) && !answer.body.is_empty() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&answer.body).unwrap();
        answer.body = packed.finish().unwrap();
        answer = answer.with("Content-Encoding", "gzip");
    }
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", answer.status, phrase(answer.status)).into_bytes();
    for (name, value) in &answer.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    // Neither of these two may carry a length (RFC 9110 8.6).
    if ![204, 304].contains(&answer.status) {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", answer.body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"Vary: Accept-Encoding\r\n\r\n");
    let cut = answer.end == Ending::Cut;
    let body = if cut { &answer.body[..answer.body.len() / 2] } else { &answer.body[..] };
    bytes.extend_from_slice(body);
    stream.write_all(&bytes).await.is_ok() && !cut
}

fn phrase(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}
