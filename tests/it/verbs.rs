//! The commands as a shell sees them: stdout, stderr and exit code.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const NOW: &str = "2026-11-20T15:00:00Z";

/// The program, with a home of its own.
fn cadenced(home: &Path) -> Command {
    let mut command = Command::cargo_bin("cadenced").unwrap();
    command.env_clear().env("HOME", home).env("TZ", "UTC").args(["--now", NOW]);
    command
}

/// A folder with a demo in it.
fn demo() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    cadenced(home.path()).arg("demo").arg("--dir").arg(home.path().join("demo")).assert().code(0);
    home
}

fn stdout(home: &Path, args: &[&str]) -> String {
    let config = home.join("demo/config.toml");
    let output = cadenced(home).arg("--config").arg(config).args(args).assert().code(0).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn json(home: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&stdout(home, args)).unwrap()
}

#[test]
fn without_a_config_the_verbs_end_with_78_and_say_where_it_should_be() {
    let home = tempfile::tempdir().unwrap();
    for verb in ["status", "series", "sessions", "plan", "people", "report", "check"] {
        let output = cadenced(home.path()).arg(verb).assert().code(78).get_output().clone();
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("cadenced/config.toml"), "{verb}: {told}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    let home = demo();
    let config = home.path().join("demo/config.toml");
    for args in [&["frobnicate"][..], &["report", "--week", "yesterday"], &["explain", "zzzzzzzz"], &[]] {
        cadenced(home.path()).arg("--config").arg(&config).args(args).assert().code(2);
    }
}

#[test]
fn what_cannot_be_answered_is_refused_with_what_can() {
    let home = demo();
    let config = home.path().join("demo/config.toml");
    let refusals = [
        (&["report", "--week", "2027-W10"][..], "has not begun"),
        (&["report", "--week", "1990-W01"], "too long ago"),
        (&["sessions", "--since", "2026-11-20", "--until", "2026-11-01"], "--until has to be after --since"),
        (&["expand", "-", "--from", "soon"], "2026-11-20"),
        (&["--now", "soon", "status"], "write it like"),
    ];
    for (args, words) in refusals {
        let mut command = Command::cargo_bin("cadenced").unwrap();
        command.env_clear().env("HOME", home.path()).env("TZ", "UTC").arg("--config").arg(&config);
        if args[0] != "--now" {
            command.args(["--now", NOW]);
        }
        let output = command.args(args).assert().code(2).get_output().clone();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(words), "{args:?}: {told}");
    }
}

#[test]
fn a_file_cannot_steer_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("hostile.ics");
    let event = "BEGIN:VEVENT\r\nUID:a\u{1b}[2J\r\nDTSTART:20261118T090000Z\r\nSUMMARY:\u{1b}]0;x\u{7}\u{202e}Ann\r\nEND:VEVENT\r\n";
    let broken = "BEGIN:VEVENT\r\nUID:b\u{1b}[2J\r\nDTSTART:never\r\nEND:VEVENT\r\n";
    std::fs::write(&file, format!("BEGIN:VCALENDAR\r\n{event}{broken}END:VCALENDAR\r\n")).unwrap();
    let output = cadenced(home.path()).arg("expand").arg(&file).assert().code(1).get_output().clone();
    let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains("Ann") && shown.contains("uid b"), "{shown}");
    assert!(!shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn help_teaches_with_examples_and_exit_codes() {
    let home = tempfile::tempdir().unwrap();
    let output = cadenced(home.path()).arg("--help").assert().code(0).get_output().clone();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("cadenced demo") && help.contains("78 the config"), "{help}");
}

#[test]
fn the_demo_tells_the_main_job_and_leaves_a_folder_that_every_verb_reads() {
    let home = demo();
    let home = home.path();
    let series = json(home, &["series", "--format", "json"]);
    assert_eq!(series.as_array().unwrap().len(), 6);
    let id = series[0]["id"].as_str().unwrap();
    assert!(stdout(home, &["explain", id]).contains("every week"));
    let sessions = json(
        home,
        &["sessions", "--person", "ben", "--since", "2026-11-04", "--until", "2026-11-11", "--format", "json"],
    );
    let outcomes: Vec<_> = sessions.as_array().unwrap().iter().map(|s| s["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["declined", "cancelled"]);
    let session = sessions[0]["id"].as_str().unwrap();
    assert!(stdout(home, &["explain", session]).contains("declined"));
    assert_eq!(json(home, &["status", "--format", "json"])["owed"], 1);
    assert_eq!(json(home, &["plan", "--format", "json"])[0]["kind"], "propose");
    assert_eq!(json(home, &["people", "--format", "json"]).as_array().unwrap().len(), 6);
    assert!(stdout(home, &["report"]).contains("2026-W46"));
    assert!(home.join("demo/data/reports/2026-W46.html").exists());
}

#[test]
fn what_sync_read_is_recorded_like_what_the_daemon_read() {
    let home = tempfile::tempdir().unwrap();
    let (config, feed) = (home.path().join("config.toml"), home.path().join("feed.ics"));
    let settings = format!(
        "[owner]\naddresses = [\"you@example.com\"]\nzone = \"UTC\"\n[[account]]\nname = \"work\"\nkind = \"ics\"\n\
         [[account.calendar]]\nname = \"main\"\nurl = \"file://{}\"\n",
        feed.display()
    );
    std::fs::write(&config, settings).unwrap();
    let read = |now: &str, more: &str| {
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:ann\r\nDTSTAMP:20260901T000000Z\r\n\
             DTSTART:20260901T090000Z\r\nDTEND:20260901T093000Z\r\nRRULE:FREQ=WEEKLY\r\n{more}SUMMARY:Talk\r\n\
             ORGANIZER:mailto:you@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:you@example.com\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        std::fs::write(&feed, event).unwrap();
        let mut command = Command::cargo_bin("cadenced").unwrap();
        command.env_clear().env("HOME", home.path()).env("TZ", "UTC").args(["--now", now, "--config"]).arg(&config);
        command.arg("sync").assert().code(0);
    };
    read("2026-11-16T08:00:00Z", "");
    let excepted = "EXDATE:20261117T090000Z\r\n";
    for now in ["2026-11-16T12:00:00Z", "2026-11-20T12:00:00Z"] {
        read(now, excepted);
        let mut command = Command::cargo_bin("cadenced").unwrap();
        command.env_clear().env("HOME", home.path()).env("TZ", "UTC").args(["--now", now, "--config"]).arg(&config);
        let args = ["sessions", "--since", "2026-11-17", "--until", "2026-11-18", "--format", "json"];
        let output = command.args(args).assert().code(0).get_output().stdout.clone();
        let lost = serde_json::from_slice::<Value>(&output).unwrap()[0].clone();
        assert_eq!(lost["outcome"], "cancelled", "{now}: {lost:#}");
        let between = (lost["lost_after"].as_str().unwrap(), lost["lost_at"].as_str().unwrap());
        let (after, before) = ("2026-11-16T08:00", "2026-11-16T12:00");
        assert!(between.0.starts_with(after) && between.1.starts_with(before), "{now}: {lost:#}");
    }
}

#[test]
fn a_decision_about_a_series_is_kept() {
    let home = demo();
    let home = home.path();
    let id = json(home, &["series", "--format", "json"])[0]["id"].as_str().unwrap().to_owned();
    stdout(home, &["series", "ignore", &id]);
    assert_eq!(json(home, &["series", "--format", "json"]).as_array().unwrap().len(), 5);
    stdout(home, &["series", "confirm", &id]);
    assert_eq!(json(home, &["series", "--format", "json"]).as_array().unwrap().len(), 6);
}

#[test]
fn a_demo_for_one_present_is_always_the_same() {
    let home = tempfile::tempdir().unwrap();
    let told = || {
        let dir = home.path().join("demo");
        let output = cadenced(home.path()).arg("demo").arg("--dir").arg(dir).assert().code(0).get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    let first = told();
    assert_eq!(first, told());
    assert!(!first.contains('\u{1b}'), "no colour where there is no terminal");
}

#[test]
fn what_became_of_a_session_can_be_said_and_taken_back() {
    let home = demo();
    let home = home.path();
    let find = |args: &[&str]| json(home, &[&["sessions", "--person", "ben", "--format", "json"], args].concat());
    let declined = find(&["--since", "2026-11-04", "--until", "2026-11-04"])[0].clone();
    let id = declined["id"].as_str().unwrap().to_owned();
    let outcome = || find(&["--since", "2026-11-04", "--until", "2026-11-04"])[0]["outcome"].clone();
    assert_eq!(outcome(), "declined");
    for (word, becomes) in
        [("held", "held_confirmed"), ("no-show", "no_show"), ("excuse", "excused"), ("clear", "declined")]
    {
        assert!(stdout(home, &["do", &id, word]).contains("Ben"), "{word}");
        assert_eq!(outcome(), becomes, "{word}");
    }
    let config = home.join("demo/config.toml");
    // A later session was held, so that this one is no longer owed: there is nothing to waive.
    assert_eq!(find(&["--since", "2026-11-04", "--until", "2026-11-04"])[0]["owed"], false);
    cadenced(home).arg("--config").arg(&config).args(["do", &id, "waive"]).assert().code(1);
    for args in [&["do", &id, "perhaps"][..], &["do", "zzzz", "held"]] {
        cadenced(home).arg("--config").arg(&config).args(args).assert().code(2);
    }
}

#[test]
fn a_past_report_is_the_same_to_the_letter_until_it_is_corrected_and_then_says_so() {
    let home = demo();
    let home = home.path();
    let first = stdout(home, &["report", "--week", "2026-W45"]);
    assert_eq!(stdout(home, &["report", "--week", "2026-W45"]), first);
    let sessions = json(
        home,
        &["sessions", "--person", "ben", "--since", "2026-11-04", "--until", "2026-11-04", "--format", "json"],
    );
    stdout(home, &["do", sessions[0]["id"].as_str().unwrap(), "held"]);
    let corrected = stdout(home, &["report", "--week", "2026-W45"]);
    assert!(corrected.contains("Corrected since it was made") && !first.contains("Corrected"), "{corrected}");
    let shared = stdout(home, &["report", "--week", "2026-W45", "--share"]);
    assert!(!shared.contains("Ben") && shared.contains("1 correction by the owner"), "{shared}");
}

#[test]
fn the_ledger_is_written_for_spreadsheets() {
    let home = demo();
    let csv = stdout(home.path(), &["sessions", "--format", "csv"]);
    assert!(csv.starts_with("id,person,address,") && csv.contains(",declined,other,"), "{csv}");
    assert!(csv.lines().count() > 20);
}

#[test]
fn completions_and_the_manual_are_written_to_stdout() {
    let home = tempfile::tempdir().unwrap();
    for (args, word) in [(&["completions", "bash"][..], "_cadenced"), (&["man"], ".TH")] {
        let output = cadenced(home.path()).args(args).assert().code(0).get_output().clone();
        assert!(String::from_utf8_lossy(&output.stdout).contains(word));
    }
}
