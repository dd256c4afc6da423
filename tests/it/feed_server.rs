//! A server on 127.0.0.1 that answers exactly as told, even in ways no proper server would.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One answer, byte for byte.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    bytes: Vec<u8>,
    /// Ends the connection with a reset instead of an orderly close.
    reset: bool,
    /// Pauses after every this many bytes.
    trickle: Option<(usize, Duration)>,
    /// Keeps the connection open, saying nothing more.
    hang: bool,
}

impl Reply {
    /// An answer with this status line's end, headers and body; the length is announced truthfully.
    pub fn new(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let length = body.as_ref().len().to_string();
        let mut all = headers.to_vec();
        all.push(("Content-Length", &length));
        Self::unannounced(status, &all, body)
    }

    /// The same without a length: the body goes on until the connection is closed, or as long as the headers say.
    pub fn unannounced(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.as_ref());
        Self { bytes, ..Self::default() }
    }

    /// A 200 with this body.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::new("200 OK", &[("Content-Type", "text/calendar")], body)
    }

    pub fn without_last(mut self, bytes: usize) -> Self {
        self.bytes.truncate(self.bytes.len() - bytes);
        self
    }

    pub fn then_reset(mut self) -> Self {
        self.reset = true;
        self
    }

    pub fn then_silence(mut self) -> Self {
        self.hang = true;
        self
    }

    pub fn trickling(mut self, bytes: usize, pause: Duration) -> Self {
        self.trickle = Some((bytes, pause));
        self
    }
}

/// The server; it ends with its test.
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers the first request with the first reply and so on; after the last one, the last one again.
    pub async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let at = seen.lock().unwrap().len().min(replies.len() - 1);
                tokio::spawn(serve(stream, replies[at].clone(), Arc::clone(&seen)));
            }
        });
        Self { port, requests, task }
    }

    /// The address of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The heads of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, reply: Reply, seen: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    // What is left unread would end the connection with a reset.
    if stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await.is_err() {
        return;
    }
    seen.lock().unwrap().push(head);
    let (step, pause) = reply.trickle.unwrap_or((usize::MAX, Duration::ZERO));
    for piece in reply.bytes.chunks(step) {
        if stream.write_all(piece).await.is_err() {
            return;
        }
        tokio::time::sleep(pause).await;
    }
    if reply.hang {
        std::future::pending::<()>().await;
    }
    if reply.reset {
        stream.set_zero_linger().unwrap();
        return;
    }
    let _ = stream.shutdown().await;
}
