//! `cadenced check` shows every problem with its place and its fix, and the exit code says how bad it is.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cadenced::cli::check::{CheckArgs, CheckFormat, check};
use jiff::tz::TimeZone;
use tempfile::TempDir;

const GOOD: &str = "[owner]\naddresses = [\"ann@example.com\"]\n[[account]]\nname = \"work\"\n[[account.calendar]]\n\
                    name = \"main\"\nurl = \"https://calendar.example.com/private/ann.ics\"\n";

/// What a check of a file with this text and mode prints, and its exit code.
fn checked(text: &[u8], mode: u32, format: CheckFormat) -> (u8, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    let (code, printed) = run(&path, format);
    (code, printed.replace(&path.display().to_string(), "FILE"))
}

fn run(path: &Path, format: CheckFormat) -> (u8, String) {
    let mut out = Vec::new();
    let code = check(CheckArgs { format }, path, TimeZone::UTC, &mut out).unwrap();
    (code, String::from_utf8(out).unwrap())
}

#[test]
fn a_good_file_is_summed_up() {
    let (code, printed) = checked(GOOD.as_bytes(), 0o600, CheckFormat::Text);
    assert_eq!((code, printed.as_str()), (0, "FILE: no problems: 1 account, 1 calendar, 0 people\n"));
}

#[test]
fn every_problem_has_file_line_and_column() {
    let text = GOOD.replace("name = \"work\"", "nam = \"work\"") + "every = \"5\"\n";
    let (code, printed) = checked(text.as_bytes(), 0o600, CheckFormat::Text);
    assert_eq!(code, 78);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 4, "{printed}");
    assert!(lines[0].starts_with("FILE:3:1: this [[account]] has no `name`; "), "{printed}");
    assert_eq!(lines[1], "FILE:4:1: unknown key `nam` in [account]; did you mean `name`?");
    assert!(lines[2].starts_with("FILE:8:9: `every`: \"5\" is not a length of time; write it like "), "{printed}");
    assert_eq!(lines[3], "3 problems to fix before cadenced can run");
}

#[test]
fn a_secret_address_that_others_can_read_is_a_warning_without_the_address() {
    let (code, printed) = checked(GOOD.as_bytes(), 0o644, CheckFormat::Text);
    assert_eq!(code, 1);
    assert!(printed.starts_with("FILE:7:7: warning: ") && printed.contains("chmod 600"), "{printed}");
    assert!(!printed.contains("private/ann"), "{printed}");
}

#[test]
fn programs_get_the_same_as_json() {
    let (code, printed) = checked(b"[owner]\naddresses = []\n", 0o600, CheckFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &json["usable"]), (78, &false.into()));
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(2), "{printed}");
    assert_eq!(json["problems"][0]["severity"], "error");
}

#[test]
fn files_that_cannot_be_read_are_problems_like_others() {
    let missing = TempDir::new().unwrap();
    let (code, printed) = run(&missing.path().join("none.toml"), CheckFormat::Text);
    assert!(code == 78 && printed.contains("no such file"), "{printed}");
    assert_eq!(run(missing.path(), CheckFormat::Text).0, 78);
    let (code, printed) = checked(b"[owner]\nnames = [\"\xff\"]\n", 0o600, CheckFormat::Text);
    assert!(code == 78 && printed.starts_with("FILE:2:1: "), "{printed}");
    let (code, _) = checked(&vec![b'#'; (1 << 20) + 1], 0o600, CheckFormat::Text);
    assert_eq!(code, 78);
}
