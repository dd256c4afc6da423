//! What stands between the daemon and its server, and can let requests or their replies go missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What happens to what comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    None,
    /// A write never reaches the server.
    HoldWrite,
    /// A write is done, and its reply never comes.
    HoldReply,
    /// A write is done, and the connection breaks instead of a reply.
    LoseReply,
    /// A write is answered; whatever is asked after it gets no reply.
    LoseLook,
    /// A write is answered; whatever is asked after it is answered with 404.
    NoSuchLook,
}

const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[derive(Clone)]
pub struct Proxy {
    fault: Arc<AtomicU8>,
    writes: Arc<AtomicU32>,
    pub port: u16,
}

impl Proxy {
    /// It has a thread of its own, as the test waits for programs.
    pub fn start(server: &str) -> Self {
        let target = url::Url::parse(server).unwrap();
        let target = format!("127.0.0.1:{}", target.port().unwrap());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { fault: Arc::default(), writes: Arc::default(), port };
        let own = proxy.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(own.clone().carry(client, target.clone()));
                }
            });
        });
        proxy
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault.load(Ordering::SeqCst) == fault as u8
    }

    pub fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// How many writes came by.
    pub fn writes(&self) -> u32 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Waits until so many writes came by.
    pub async fn wait_for(&self, writes: u32) {
        for _ in 0..400 {
            if self.writes() >= writes {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the daemon wrote nothing");
    }

    async fn carry(self, client: TcpStream, target: String) {
        let server = TcpStream::connect(&target).await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let is_write = Arc::new(AtomicU8::new(0));
        let (seen, own) = (is_write.clone(), self.clone());
        let (refuse, mut refused) = mpsc::channel::<()>(1);
        let up = tokio::spawn(async move {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count) = from_client.read(&mut bytes).await {
                if count == 0 {
                    return;
                }
                if bytes.starts_with(b"PUT ") {
                    own.writes.fetch_add(1, Ordering::SeqCst);
                    seen.store(1, Ordering::SeqCst);
                    if own.has(Fault::HoldWrite) {
                        std::future::pending::<()>().await;
                    }
                } else if is_request(&bytes) {
                    seen.store(0, Ordering::SeqCst);
                    if own.writes() > 0 && own.has(Fault::LoseLook) {
                        return;
                    }
                    if own.writes() > 0 && own.has(Fault::NoSuchLook) {
                        let _ = refuse.send(()).await;
                        std::future::pending::<()>().await;
                    }
                }
                if to_server.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        });
        let mut bytes = vec![0; 1 << 16];
        loop {
            let count = tokio::select! {
                read = from_server.read(&mut bytes) => read.unwrap_or(0),
                Some(()) = refused.recv() => {
                    let _ = to_client.write_all(NOT_FOUND).await;
                    break;
                }
            };
            if is_write.load(Ordering::SeqCst) == 1 && self.has(Fault::HoldReply) {
                std::future::pending::<()>().await;
            }
            let is_lost = is_write.load(Ordering::SeqCst) == 1 && self.has(Fault::LoseReply);
            if is_lost || count == 0 || to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
        up.abort();
    }
}

/// Whether bytes begin a request, and do not go on with the body of one.
fn is_request(bytes: &[u8]) -> bool {
    let verbs: [&[u8]; 4] = [b"GET ", b"REPORT ", b"PROPFIND ", b"OPTIONS "];
    verbs.iter().any(|verb| bytes.starts_with(verb))
}
