//! A disk that is mounted read-only: what cadenced says there, in a mount namespace of its own. Skipped where none may be made.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const NOW: &str = "2026-11-20T15:00:00Z";

fn cadenced(args: &[&str]) -> Vec<String> {
    let mut words = vec![env!("CARGO_BIN_EXE_cadenced").to_owned(), "--now".to_owned(), NOW.to_owned()];
    words.extend(args.iter().map(|word| (*word).to_owned()));
    words
}

/// The demo's config and database.
fn demo() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let words = cadenced(&["demo", "--dir", dir.to_str().unwrap()]);
    let ended = Command::new(&words[0]).args(&words[1..]).env("HOME", folder.path()).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    folder
}

/// Runs a command while `folder` is mounted read-only for it alone.
fn on_read_only(folder: &Path, home: &Path, words: &[String]) -> Output {
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", mount]).arg(folder).args(words);
    command.env("HOME", home).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").output().unwrap()
}

fn can_mount(folder: &Path) -> bool {
    let words = ["sh", "-c", "! touch \"$0\"/x 2>/dev/null"].map(str::to_owned).to_vec();
    let words: Vec<String> = words.into_iter().chain([folder.display().to_string()]).collect();
    Command::new("unshare").arg("--version").output().is_ok_and(|ended| ended.status.success())
        && on_read_only(folder, folder, &words).status.success()
}

#[test]
fn a_read_only_disk_is_called_that_and_nobody_is_told_about_modes() {
    let home = demo();
    let config = home.path().join("demo/config.toml").display().to_string();
    let data = home.path().join("demo/data");
    if !can_mount(&data) {
        eprintln!("skipped: no mount namespace may be made here");
        return;
    }
    let page = data.join("week.html").display().to_string();
    let said = |args: &[&str]| {
        let ended = on_read_only(&data, home.path(), &cadenced(&[&["--config", &config], args].concat()));
        let said = String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{args:?}: {said}");
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let cases: [&[&str]; 4] = [&["sync"], &["inbox"], &["status"], &["report", "--output", &page]];
    for args in cases {
        let said = said(args);
        assert!(said.contains("the disk is read-only; mount it for writing"), "{args:?}: {said}");
        assert!(!said.contains("mode 0") && !said.contains("must be yours"), "{args:?}: {said}");
    }
    let looked = said(&["doctor"]);
    assert!(looked.contains("disk: mounted read-only") && !looked.contains("chmod"), "{looked}");
}

#[test]
fn a_data_folder_that_cannot_be_made_on_a_read_only_disk_is_told_like_that() {
    let home = demo();
    let config = home.path().join("demo/config.toml");
    let disk = home.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    if !can_mount(&disk) {
        eprintln!("skipped: no mount namespace may be made here");
        return;
    }
    let text = std::fs::read_to_string(&config).unwrap();
    let there = format!("data = \"{}\"", disk.join("data").display());
    std::fs::write(&config, text.replace("data = \"data\"", &there)).unwrap();
    let ended = on_read_only(&disk, home.path(), &cadenced(&["--config", config.to_str().unwrap(), "sync"]));
    let said = String::from_utf8_lossy(&ended.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("read-only") && said.contains("mount it for writing"), "{said}");
}
