//! An SMTP server on 127.0.0.1 (RFC 5321) that follows a script, one line per mail.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Accept,
    /// Asks to come back, before the text.
    GreylistGuest,
    /// Asks to come back, after the text.
    GreylistText,
    Refuse,
    /// Takes the text and hangs up without a word.
    TakeAndHangUp,
    /// Hangs up before the text.
    HangUp,
}

pub struct Sink {
    pub port: u16,
    /// The letters that were taken.
    pub letters: Arc<Mutex<Vec<String>>>,
    /// Everything that was said to the server.
    pub heard: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<VecDeque<Turn>>>,
}

impl Sink {
    /// A server that follows the script, and accepts everything after it; `login` is the one name and password it takes.
    pub fn start(script: &[Turn], login: Option<(&str, &str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            port: listener.local_addr().unwrap().port(),
            letters: Arc::default(),
            heard: Arc::default(),
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
        };
        let login = login.map(|(name, password)| plain(name, password));
        let (letters, heard, script) = (sink.letters.clone(), sink.heard.clone(), sink.script.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let turn = script.lock().unwrap().pop_front().unwrap_or(Turn::Accept);
                let mut talk = Talk { stream, letters: &letters, heard: &heard, login: login.as_deref(), turn };
                let _ = talk.run();
            }
        });
        sink
    }

    pub fn taken(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }
}

/// `AUTH PLAIN` (RFC 4616) of a name and a password.
fn plain(name: &str, password: &str) -> String {
    let bytes: Vec<u8> = format!("\0{name}\0{password}").into_bytes();
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let digit = digits[(bits >> (18 - 6 * n) & 63) as usize];
            text.push(if n <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

struct Talk<'a> {
    stream: TcpStream,
    letters: &'a Mutex<Vec<String>>,
    heard: &'a Mutex<Vec<String>>,
    login: Option<&'a str>,
    turn: Turn,
}

impl Talk<'_> {
    fn run(&mut self) -> std::io::Result<()> {
        let mut lines = BufReader::new(self.stream.try_clone()?);
        self.say("220 sink")?;
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            self.heard.lock().unwrap().push(line.trim_end().to_owned());
            let word = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
            match word.as_str() {
                "EHLO" if self.login.is_some() => self.say("250-sink\r\n250 AUTH PLAIN LOGIN")?,
                "EHLO" => self.say("250 sink")?,
                "AUTH" if self.login.is_some_and(|login| line.contains(login)) => self.say("235 welcome")?,
                "AUTH" => self.say("535 5.7.8 no such name or password")?,
                "RCPT" if self.turn == Turn::GreylistGuest => self.say("451 4.7.1 greylisted, come back")?,
                "DATA" if self.turn == Turn::HangUp => return Ok(()),
                "DATA" => {
                    self.say("354 go on")?;
                    if !self.text(&mut lines)? {
                        return Ok(());
                    }
                }
                "QUIT" => return self.say("221 bye"),
                _ => self.say("250 fine")?,
            }
            line.clear();
        }
        Ok(())
    }

    /// Reads a text up to its lone dot; whether there is an answer.
    fn text(&mut self, lines: &mut BufReader<TcpStream>) -> std::io::Result<bool> {
        let mut text = String::new();
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 && line != ".\r\n" {
            text.push_str(&line);
            line.clear();
        }
        match self.turn {
            Turn::GreylistText => self.say("451 4.7.1 greylisted, come back")?,
            Turn::Refuse => self.say("550 5.7.1 not here")?,
            Turn::TakeAndHangUp => {
                self.letters.lock().unwrap().push(text);
                return Ok(false);
            }
            _ => {
                self.letters.lock().unwrap().push(text);
                self.say("250 taken")?;
            }
        }
        Ok(true)
    }

    fn say(&mut self, words: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{words}\r\n").as_bytes())
    }
}
