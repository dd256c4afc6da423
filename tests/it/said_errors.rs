//! Each failure is reported with its own cause, a remedy, and the right exit code.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use assert_cmd::Command;
use tempfile::TempDir;

const NOW: &str = "2026-11-20T15:00:00Z";

/// What a run said, and how it ended.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

/// A home of its own, with a config.
struct Home {
    folder: TempDir,
    config: PathBuf,
}

impl Home {
    fn with(accounts: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let data = folder.path().join("data");
        let text =
            format!("[paths]\ndata = \"{}\"\n[owner]\naddresses = [\"owner@example.com\"]\n{accounts}", data.display());
        std::fs::write(&config, text).unwrap();
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { folder, config }
    }

    fn demo() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("demo");
        let home = Self { config: demo.join("config.toml"), folder };
        let said = run(home.folder.path(), &["demo", "--dir", demo.to_str().unwrap()]);
        assert_eq!(said.code, 0, "{said:?}");
        home
    }

    fn run(&self, args: &[&str]) -> Said {
        let config = self.config.to_str().unwrap();
        run(self.folder.path(), &[&["--config", config], args].concat())
    }
}

fn run(home: &Path, args: &[&str]) -> Said {
    let mut command = Command::cargo_bin("cadenced").unwrap();
    command.env_clear().env("HOME", home).env("TZ", "UTC");
    if !args.contains(&"--now") {
        command.args(["--now", NOW]);
    }
    let output = command.args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn feed(url: &str) -> String {
    format!("[[account]]\nname = \"work\"\n[[account.calendar]]\nname = \"main\"\nurl = \"{url}\"\n")
}

/// A port that speaks plain HTTP to everybody, once for each of these connections.
fn plain_port(connections: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for _ in 0..connections {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = [0; 512];
            let _ = stream.read(&mut heard);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    port
}

#[test]
fn a_port_without_tls_is_told_from_a_server_that_is_down() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cases = [
        (plain_port(8), "does not speak TLS", "Check the port"),
        (closed, "refused", "The daemon tries again by itself."),
    ];
    for (port, cause, remedy) in cases {
        let home = Home::with(&feed(&format!("https://127.0.0.1:{port}/a.ics")));
        let synced = home.run(&["sync"]);
        assert!(synced.out.contains(cause) && synced.out.contains(remedy), "{synced:?}");
        let status = home.run(&["status"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(status.contains(cause) && status.contains(remedy), "{status}");
    }
}

#[test]
fn a_file_that_is_not_there_is_no_matter_of_a_server() {
    let home = Home::with(&feed("file:///nowhere/at%20all.ics"));
    let synced = home.run(&["sync"]);
    assert!(synced.out.contains("there is no such file") && synced.out.contains("Check the path"), "{synced:?}");
    assert!(!synced.out.contains("404") && !synced.out.contains("address"), "{synced:?}");
}

#[test]
fn an_unknown_account_or_person_is_refused_with_those_that_there_are() {
    let home = Home::demo();
    for (args, words) in [
        (&["sync", "nobody"][..], "demo"),
        (&["login", "nobody"], "demo"),
        (&["logout", "nobody"], "demo"),
        (&["sessions", "--person", "nobody"], "`cadenced people` lists everybody"),
    ] {
        let said = home.run(args);
        assert!(said.code == 2 && said.err.contains(words) && said.out.is_empty(), "{args:?}: {said:?}");
    }
    let known = home.run(&["sessions", "--person", "ben"]);
    assert!(known.code == 0 && known.out.contains("Ben"), "{known:?}");
}

#[test]
fn signing_in_where_there_is_nothing_to_sign_in_to_is_a_mistake_that_is_named() {
    let home = Home::demo();
    for verb in ["login", "logout"] {
        let said = home.run(&[verb, "demo"]);
        assert!(said.code == 2 && said.err.contains("not signed in to through a browser"), "{said:?}");
    }
}

#[test]
fn a_report_has_the_form_that_its_file_is_named_for() {
    let home = Home::demo();
    for (name, begins) in [
        ("a.html", "<!DOCTYPE html>"),
        ("a.HTM", "<!DOCTYPE html>"),
        ("a.json", "{"),
        ("a.md", "# "),
        ("a.txt", "1:1s"),
    ] {
        let file = home.folder.path().join(name);
        let said = home.run(&["report", "--output", file.to_str().unwrap()]);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(said.code == 0 && text.to_lowercase().starts_with(&begins.to_lowercase()), "{name}: {said:?}\n{text}");
    }
    let file = home.folder.path().join("a.html");
    home.run(&["report", "--output", file.to_str().unwrap(), "--format", "json"]);
    assert!(
        std::fs::read_to_string(&file).unwrap().starts_with('{'),
        "what is asked for counts for more than the name"
    );
}

#[test]
fn a_time_before_the_last_read_is_answered_with_a_warning() {
    let home = Home::demo();
    let said = home.run(&["--now", "2026-11-10T09:00:00Z", "status"]);
    assert!(said.code == 0 && said.err.contains("--now lies before the last read"), "{said:?}");
    assert!(!said.out.contains('-') || !said.out.contains("in the future"), "{said:?}");
    let said = home.run(&["status"]);
    assert_eq!(said.err, "", "{said:?}");
}

/// The service of the usual profile reads another config.
#[test]
fn the_command_that_starts_the_daemon_is_one_for_this_config() {
    let home = Home::demo();
    let status = home.run(&["status"]).out;
    let command = format!("cadenced --config {} run", home.config.display());
    assert!(status.contains(&command) && !status.contains("systemctl"), "{status}");
}

#[test]
fn a_key_that_is_set_twice_is_named() {
    let home = Home::with(&(feed("file:///a.ics") + "name = \"again\"\n"));
    let said = home.run(&["check"]);
    let told = said.out.clone() + &said.err;
    assert!(said.code == 78 && told.contains("`name` is set twice in the same section"), "{said:?}");
}

/// Pages are named where they are: beside the program that was installed, or in the source.
#[test]
fn the_documents_are_where_an_error_says_they_are() {
    let prefix = tempfile::tempdir().unwrap();
    let bin = prefix.path().join("bin");
    let docs = prefix.path().join("share/doc/cadenced/docs");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&docs).unwrap();
    let program = bin.join("cadenced");
    std::fs::copy(env!("CARGO_BIN_EXE_cadenced"), &program).unwrap();
    let page = docs.join("troubleshooting.md");
    let doctor = || {
        let output = std::process::Command::new(&program)
            .env_clear()
            .env("HOME", prefix.path())
            .env("TZ", "UTC")
            .arg("doctor")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(doctor().contains("docs/troubleshooting.md in cadenced's source"), "{}", doctor());
    std::fs::write(&page, "").unwrap();
    assert!(doctor().contains("share/doc/cadenced/docs/troubleshooting.md"), "{}", doctor());
}
