//! Systemd credentials: where they are read, what is said when they are missing, and that they never leak.

use std::path::Path;
use std::process::Output;

use cadenced::calendar::ErrorKind;
use cadenced::calendar::secret::from_credential;

use crate::daemon::{Answer, Home, NOW, Server, feed};

fn folder_with(content: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dav"), content).unwrap();
    folder
}

/// What is said of a credential `dav` in this folder, which is not available.
fn refused(folder: Option<&Path>) -> String {
    let failure = from_credential("dav", folder).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::SignIn);
    failure.detail
}

#[test]
fn the_first_line_of_a_credential_is_the_secret() {
    for content in ["top secret ", "top secret \n", "top secret \r\nmore\n"] {
        let folder = folder_with(content.as_bytes());
        assert_eq!(from_credential("dav", Some(folder.path())).unwrap().expose(), "top secret ");
    }
}

#[test]
fn a_credential_that_cannot_be_had_is_named_with_what_to_do() {
    let in_a_shell = refused(None);
    assert!(in_a_shell.contains("only the service has the credential `dav`"), "{in_a_shell}");
    assert!(in_a_shell.contains("systemd-run --user --pty -p LoadCredential=dav:FILE"), "{in_a_shell}");
    let missing = refused(Some(tempfile::tempdir().unwrap().path()));
    assert!(missing.contains("no credential `dav`") && missing.contains("LoadCredential=dav:FILE"), "{missing}");
    for empty in [&b""[..], b"\nhunter2", b"\xff\xfe hunter2"] {
        let said = refused(Some(folder_with(empty).path()));
        assert!(said.contains("no secret on its first line") && !said.contains("hunter2"), "{said}");
    }
}

/// A home whose feed's address comes from the credential `work-feed`, and a folder that holds it.
fn home_with_a_credential(server: &Server) -> (Home, tempfile::TempDir) {
    let home = Home::new(server);
    let text = std::fs::read_to_string(home.path("config.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("url = ")).unwrap();
    let address = line.trim_start_matches("url = ").trim_matches('"');
    let passed = tempfile::tempdir().unwrap();
    std::fs::write(passed.path().join("work-feed"), format!("{address}\n")).unwrap();
    home.configure(&text.replace(line, "url_credential = \"work-feed\""));
    (home, passed)
}

fn sync(home: &Home, passed: Option<&Path>) -> (Output, String) {
    let mut command = home.command(&["--now", NOW, "-v", "sync"]);
    command.env_remove("CREDENTIALS_DIRECTORY").env("CADENCED_LOG", "trace");
    if let Some(folder) = passed {
        command.env("CREDENTIALS_DIRECTORY", folder);
    }
    let output = command.output().unwrap();
    let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
    (output, said)
}

#[test]
fn a_feeds_address_comes_from_a_credential_and_shows_nowhere() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let (home, passed) = home_with_a_credential(&server);
    let (output, said) = sync(&home, Some(passed.path()));
    assert!(output.status.success(), "{said}");
    assert!(server.asked()[0].starts_with("GET /whispered-key.ics "), "{:?}", server.asked());
    assert!(!said.contains("whispered-key"), "{said}");
    let found = home.json(&["series"]);
    assert_eq!(found[0]["verdict"], "one_on_one", "{found:#}");
}

#[test]
fn a_command_in_a_shell_says_that_only_the_service_has_the_credential() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let (home, _passed) = home_with_a_credential(&server);
    let (output, said) = sync(&home, None);
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(said.contains("only the service has the credential `work-feed`"), "{said}");
    assert!(server.asked().is_empty());
}
