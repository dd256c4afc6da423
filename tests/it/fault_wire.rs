//! Faulty connections for the fault matrix: a wire that can be cut or stalled, and a notification server that can hang.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cadenced::clock::Stopwatch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What stands between the program and its server.
#[derive(Clone, Default)]
pub struct Wire {
    cut: Arc<AtomicBool>,
    /// Replies to requests that begin so never come, though they were carried out.
    hold: Arc<Mutex<Option<&'static str>>>,
    holds: Arc<AtomicBool>,
    port: u16,
}

impl Wire {
    pub fn start(runtime: &Runtime, target: String) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let wire = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let own = wire.clone();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(own.clone().carry(client, target.clone()));
            }
        });
        wire
    }

    async fn carry(self, client: TcpStream, target: String) {
        if self.cut.load(Ordering::SeqCst) {
            return;
        }
        let server = TcpStream::connect(&target).await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let held = Arc::new(AtomicBool::new(false));
        let (own, seen) = (self.clone(), Arc::clone(&held));
        let up = tokio::spawn(async move {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count) = from_client.read(&mut bytes).await {
                if count == 0 || own.cut.load(Ordering::SeqCst) {
                    return;
                }
                let is_held = |start: &str| bytes.starts_with(start.as_bytes());
                if own.hold.lock().unwrap().is_some_and(is_held) {
                    seen.store(true, Ordering::SeqCst);
                }
                if to_server.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        });
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count) = from_server.read(&mut bytes).await {
            if held.load(Ordering::SeqCst) {
                self.holds.store(true, Ordering::SeqCst);
                while self.hold.lock().unwrap().is_some() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                held.store(false, Ordering::SeqCst);
            }
            without_date(&mut bytes[..count]);
            if count == 0 || self.cut.load(Ordering::SeqCst) || to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
        up.abort();
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    pub fn hold(&self, what: Option<&'static str>) {
        *self.hold.lock().unwrap() = what;
        if what.is_some() {
            self.holds.store(false, Ordering::SeqCst);
        }
    }

    pub fn holds_within(&self, time: Duration) -> bool {
        within(time, || self.holds.load(Ordering::SeqCst))
    }
}

/// The fake tells its own time, and the program would compare it with the machine's.
fn without_date(reply: &mut [u8]) {
    let start = reply.windows(6).position(|six| six.eq_ignore_ascii_case(b"\ndate:"));
    if let Some(start) = start {
        reply[start + 1] = b'x';
    }
}

/// Waits until something is so.
pub fn within(time: Duration, is_so: impl Fn() -> bool) -> bool {
    let watch = Stopwatch::start();
    while !is_so() {
        if watch.elapsed() > time {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// A notification server that may never answer.
#[derive(Clone, Default)]
pub struct Screen {
    hold: Arc<AtomicBool>,
    holds: Arc<AtomicBool>,
    shown: Arc<Mutex<Vec<String>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
#[expect(clippy::unused_self, reason = "the interface wants what this server has no use for")]
impl Screen {
    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has eight")]
    async fn notify(
        &self,
        app: String,
        replaces: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: std::collections::HashMap<String, zbus::zvariant::OwnedValue>,
        expires: i32,
    ) -> u32 {
        drop((app, icon, actions, hints, expires));
        let count = {
            let mut shown = self.shown.lock().unwrap();
            if replaces == 0 {
                shown.push(format!("{summary}: {body}"));
            }
            shown.len()
        };
        if self.hold.load(Ordering::SeqCst) {
            self.holds.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        if replaces > 0 { replaces } else { u32::try_from(count).unwrap() }
    }

    fn close_notification(&self, id: u32) {
        let _ = id;
    }
}

impl Screen {
    pub fn hold(&self, hold: bool) {
        self.hold.store(hold, Ordering::SeqCst);
    }

    pub fn holds_within(&self, time: Duration) -> bool {
        within(time, || self.holds.load(Ordering::SeqCst))
    }

    pub fn forget(&self) {
        self.shown.lock().unwrap().clear();
    }

    pub fn shown(&self) -> Vec<String> {
        self.shown.lock().unwrap().clone()
    }
}
