//! A proxy between a writer and a real `CalDAV` server that hands each write to the test before it forwards it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use url::Url;

/// What becomes of a write.
enum Verdict {
    Pass,
    LoseReply,
    LoseRequest,
}

/// A write that waits for the test to say what becomes of it.
pub struct Held {
    /// The whole request, as it came.
    pub request: Vec<u8>,
    verdict: oneshot::Sender<Verdict>,
}

impl Held {
    /// Lets it through, and its answer back.
    pub fn pass(self) {
        let _ = self.verdict.send(Verdict::Pass);
    }

    /// Lets it through; the connection breaks in place of an answer.
    pub fn lose_reply(self) {
        let _ = self.verdict.send(Verdict::LoseReply);
    }

    /// Keeps it back; the connection breaks. The request is given out, to be delivered later.
    pub fn lose_request(self) -> Vec<u8> {
        let _ = self.verdict.send(Verdict::LoseRequest);
        self.request
    }
}

/// The gate; it is open until it is told to hold writes.
pub struct Gate {
    port: u16,
    target: String,
    path: String,
    holds: Arc<AtomicBool>,
    held: mpsc::UnboundedReceiver<Held>,
}

impl Gate {
    pub async fn start(server: &str) -> Self {
        let server = Url::parse(server).unwrap();
        let target = format!("127.0.0.1:{}", server.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (hand, held) = mpsc::unbounded_channel();
        let holds = Arc::new(AtomicBool::new(false));
        let (upstream, holding) = (target.clone(), Arc::clone(&holds));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, upstream.clone(), Arc::clone(&holding), hand.clone()));
            }
        });
        Self { port, target, path: server.path().to_owned(), holds, held }
    }

    /// The address of the server behind the gate, through the gate.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Holds every write from now on, or none.
    pub fn hold(&self, holds: bool) {
        self.holds.store(holds, Ordering::SeqCst);
    }

    /// The next write that is held.
    pub async fn next(&mut self) -> Held {
        self.held.recv().await.unwrap()
    }

    /// Sends a request that was kept back, or once more one that was not, and says its status.
    pub async fn deliver(&self, request: &[u8]) -> u16 {
        let reply = exchange(&self.target, request).await;
        String::from_utf8_lossy(&reply).split(' ').nth(1).unwrap().parse().unwrap()
    }
}

async fn carry(mut client: TcpStream, target: String, holds: Arc<AtomicBool>, hand: mpsc::UnboundedSender<Held>) {
    let Some(request) = request(&mut client).await else { return };
    let is_write = [b"PUT ".as_slice(), b"DELETE "].iter().any(|method| request.starts_with(method));
    let mut verdict = Verdict::Pass;
    if is_write && holds.load(Ordering::SeqCst) {
        let (send, said) = oneshot::channel();
        if hand.send(Held { request: request.clone(), verdict: send }).is_err() {
            return;
        }
        verdict = said.await.unwrap_or(Verdict::LoseRequest);
    }
    match verdict {
        Verdict::LoseRequest => {}
        Verdict::LoseReply => drop(exchange(&target, &request).await),
        Verdict::Pass => {
            let reply = exchange(&target, &request).await;
            let head = reply.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
            // Each connection carries one request, and the client must not wait for another one on it.
            let _ = client.write_all(&reply[..head]).await;
            let _ = client.write_all(b"Connection: close\r\n").await;
            let _ = client.write_all(&reply[head..]).await;
            let _ = client.shutdown().await;
        }
    }
}

/// One request, whole; it says itself that it is the only one on its connection.
async fn request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head).ok()?;
    let named = |line: &str, name: &str| line.to_ascii_lowercase().starts_with(name);
    let length = text.lines().find(|line| named(line, "content-length:"));
    let length = length.and_then(|line| line.split(':').nth(1)?.trim().parse().ok()).unwrap_or(0);
    let kept: Vec<&str> = text.trim_end().split("\r\n").filter(|line| !named(line, "connection:")).collect();
    let mut request = format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n")).into_bytes();
    let mut body = vec![0; length];
    client.read_exact(&mut body).await.ok()?;
    request.extend(body);
    Some(request)
}

async fn exchange(target: &str, request: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(target).await.unwrap();
    server.write_all(request).await.unwrap();
    let mut reply = Vec::new();
    // A server that resets the connection behind its answer has answered anyway.
    let _ = server.read_to_end(&mut reply).await;
    reply
}
