//! A server on 127.0.0.1 that hands out one file, says when it is the same, and counts how often it is asked.

use std::fs::File;
use std::io::{BufRead, BufReader, Write, copy};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server that works until the program ends.
pub struct Server {
    at: SocketAddr,
    requests: Arc<AtomicU32>,
}

impl Server {
    pub fn start(file: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicU32::new(0));
        let (file, counter) = (file.to_path_buf(), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (file, counter) = (file.clone(), Arc::clone(&counter));
                std::thread::spawn(move || serve(stream, &file, &counter));
            }
        });
        Self { at, requests }
    }

    pub fn address(&self) -> String {
        format!("http://{}/feed.ics", self.at)
    }

    /// How many requests came until now.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Answers on one connection until the other side ends it.
fn serve(mut stream: TcpStream, file: &Path, requests: &AtomicU32) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    loop {
        let head: Vec<String> = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        if head.is_empty() {
            return;
        }
        requests.fetch_add(1, Ordering::SeqCst);
        let is_known = head.iter().any(|line| line.to_ascii_lowercase().starts_with("if-none-match:"));
        let answer = if is_known { not_modified(&mut stream) } else { whole(&mut stream, file) };
        if answer.is_err() {
            return;
        }
    }
}

fn not_modified(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n")
}

fn whole(stream: &mut TcpStream, file: &Path) -> std::io::Result<()> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Type: text/calendar\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    copy(&mut file, stream).map(drop)
}
