//! A server on 127.0.0.1 that plays a script to each client, and counts the bytes it could send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    /// The same again and again, until nobody takes it any more.
    Endless(Vec<u8>),
    /// The same again and again with a pause in between.
    Drip(Vec<u8>, Duration),
    /// Nothing more, and the connection stays.
    Silence,
    /// The connection breaks.
    Reset,
}

/// What is played; each step is `Send`, unless it says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub steps: Vec<Step>,
    /// Whether it begins before the request has come.
    pub is_rash: bool,
}

/// The server; it ends with its test.
pub struct Player {
    port: u16,
    sent: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Player {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(play(stream, script.clone(), Arc::clone(&counted)));
            }
        });
        Self { port, sent, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/feed.ics", self.port)
    }

    /// How many bytes were taken off its hands.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(mut stream: TcpStream, script: Script, sent: Arc<AtomicU64>) {
    let mut head = Vec::new();
    while !script.is_rash && !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    for step in script.steps {
        let is_over = match step {
            Step::Send(bytes) => send(&mut stream, &bytes, &sent).await,
            Step::Endless(bytes) => {
                let many = bytes.repeat((64 << 10) / bytes.len() + 1);
                while !send(&mut stream, &many, &sent).await {}
                true
            }
            Step::Drip(bytes, pause) => {
                while !send(&mut stream, &bytes, &sent).await {
                    tokio::time::sleep(pause).await;
                }
                true
            }
            Step::Silence => std::future::pending().await,
            Step::Reset => {
                let _ = stream.set_zero_linger();
                return;
            }
        };
        if is_over {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

/// Sends; true where nobody takes it.
async fn send(stream: &mut TcpStream, bytes: &[u8], sent: &AtomicU64) -> bool {
    for piece in bytes.chunks(64 << 10) {
        if stream.write_all(piece).await.is_err() {
            return true;
        }
        sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
    }
    false
}
