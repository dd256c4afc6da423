//! `cadenced sync` reads calendars concurrently: one that never answers delays no other.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

/// An account of feeds, all at one address.
fn account(name: &str, calendars: usize, url: &str) -> String {
    let calendar = |at: usize| format!("[[account.calendar]]\nname = \"c{at}\"\nurl = \"{url}\"\n");
    format!("[[account]]\nname = \"{name}\"\n{}", (0..calendars).map(calendar).collect::<String>())
}

#[test]
fn an_account_that_never_answers_holds_nobody_up() {
    // Connections are taken by the system, and nobody ever says a word on them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.ics");
    fs::write(&good, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n").unwrap();
    let config = folder.path().join("config.toml");
    let text = format!(
        "[owner]\naddresses = [\"me@example.com\"]\n{}{}[paths]\ndata = \"{}\"\n",
        account("silent", 9, &format!("http://{}/feed.ics", silent.local_addr().unwrap())),
        account("good", 9, &format!("file://{}", good.display())),
        folder.path().join("data").display()
    );
    fs::write(&config, text).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cadenced"))
        .arg("--config")
        .arg(&config)
        .arg("sync")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut read: Vec<String> = lines.take(9).map(Result::unwrap).collect();
    let is_waiting = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    read.sort();
    let expected: Vec<String> = (0..9).map(|at| format!("good/c{at}: 0 events, nothing new")).collect();
    assert_eq!(read, expected);
    assert!(is_waiting, "the silent ones are still waited for");
}
