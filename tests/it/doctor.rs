//! `cadenced doctor` finds what is wrong, changes nothing, and its bug report names nobody.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use cadenced::cli::doctor::Kind;
use cadenced::domain::source::ReadErrorKind;
use cadenced::store::{Checked, Form, Store};
use serde_json::Value;
use tempfile::TempDir;
use zbus::connection::Builder;

use crate::notify_dbus::{Bus, Mock, serve_on, signal};
use crate::store_given::problem;

const NOW: &str = "2026-11-20T15:00:00Z";

/// The program with a home of its own, no bus, and no programs on its path.
fn cadenced(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
    let none = format!("unix:path={}/no-bus", home.display());
    command.env_clear().env("HOME", home).env("TZ", "UTC").env("PATH", home.join("bin")).current_dir(home);
    command.env("DBUS_SESSION_BUS_ADDRESS", &none).env("DBUS_SYSTEM_BUS_ADDRESS", &none);
    command.args(["--now", NOW]);
    command
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn findings(command: &mut Command) -> (Option<i32>, Vec<Value>) {
    let output = command.args(["doctor", "--format", "json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(json["worst"].as_i64(), output.status.code().map(i64::from));
    (output.status.code(), json["findings"].as_array().unwrap().clone())
}

fn find<'a>(findings: &'a [Value], what: &str) -> &'a Value {
    findings.iter().find(|finding| finding["what"] == what).unwrap_or_else(|| panic!("{what} in {findings:#?}"))
}

/// Every file below a folder with what is in it.
fn everything(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.display().to_string(), Vec::new());
            found.extend(everything(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap_or_default());
        }
    }
    found
}

/// A home with the demo in it, which has read its calendars.
fn demo() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("demo");
    assert!(cadenced(home.path()).arg("demo").arg("--dir").arg(dir).output().unwrap().status.success());
    home
}

fn in_demo(home: &Path) -> Command {
    let mut command = cadenced(home);
    command.arg("--config").arg(home.join("demo/config.toml"));
    command
}

#[test]
fn without_a_config_it_says_how_to_get_one_looks_at_the_rest_and_makes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (code, found) = findings(&mut cadenced(home.path()));
    assert_eq!(code, Some(78));
    assert!(find(&found, "config")["remedy"].as_str().unwrap().contains("cadenced setup"));
    for what in ["session bus", "clock", "zone data", "database", "disk", "daemon", "cadenced.service"] {
        find(&found, what);
    }
    assert_eq!(everything(home.path()), BTreeMap::new());
}

#[test]
fn a_config_that_is_broken_or_open_to_others_is_told_with_the_number_of_its_problems() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    fs::write(&file, "[owner]\nnames = 7\nnonsense = 1\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let (code, found) = findings(cadenced(home.path()).arg("--config").arg(&file));
    assert_eq!(code, Some(78));
    let config = find(&found, "config");
    assert!(config["detail"].as_str().unwrap().contains(" to fix; the first: "), "{config}");
    assert_eq!(config["remedy"], "cadenced check");
    let mode = find(&found, "config's mode");
    assert!(mode["state"] == "note" && mode["remedy"].as_str().unwrap().starts_with("chmod 600 "), "{mode}");
}

#[test]
fn a_set_up_that_works_has_nothing_wrong_and_text_keeps_to_eighty_columns() {
    let home = demo();
    let before = everything(home.path());
    let output = in_demo(home.path()).arg("doctor").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = out(&output);
    assert!(text.contains("fine   database: ~/demo/data/cadenced.db"), "{text}");
    assert!(text.contains("fine   database's structure: whole") && text.contains("Nothing is wrong, "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(everything(home.path()), before, "it changes nothing");
}

#[test]
fn damage_is_found_and_left_as_it_is() {
    let home = demo();
    let file = home.path().join("demo/data/cadenced.db");
    let good = fs::read(&file).unwrap();
    let mut torn = good.clone();
    torn[4096..40960].fill(0xAA);
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let mut foreign = good.clone();
    foreign[68..72].copy_from_slice(&7_u32.to_be_bytes());
    for (bytes, words, remedy) in [
        (torn, "", "systemctl --user restart cadenced"),
        (b"not a database at all".to_vec(), "it is damaged", "starts with an empty ledger"),
        (newer, "a newer cadenced wrote it", "use that version"),
        (foreign, "another program's", "move it away"),
    ] {
        fs::write(&file, bytes).unwrap();
        let before = everything(home.path());
        let (code, found) = findings(&mut in_demo(home.path()));
        let is_told = |finding: &Value| {
            finding["kind"] == "database"
                && finding["state"] == "wrong"
                && finding["detail"].as_str().unwrap().contains(words)
                && finding["remedy"].as_str().unwrap().contains(remedy)
        };
        assert!(code == Some(1) && found.iter().any(is_told), "{words}: {found:#?}");
        assert_eq!(everything(home.path()), before, "{words}");
    }
}

#[test]
fn a_series_that_is_left_out_is_named_as_by_status() {
    let home = tempfile::tempdir().unwrap();
    let feed = home.path().join("feed.ics");
    let event = "BEGIN:VEVENT\r\nUID:dense@example.com\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261101T090000Z\r\n\
        DTEND:20261101T093000Z\r\nRRULE:FREQ=HOURLY;INTERVAL=8\r\nSUMMARY:Ping\r\nORGANIZER:mailto:you@example.com\r\n\
        ATTENDEE;PARTSTAT=ACCEPTED:mailto:you@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example.com\r\n\
        END:VEVENT\r\n";
    fs::write(&feed, format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{event}END:VCALENDAR\r\n"))
        .unwrap();
    let config = format!(
        "[owner]\naddresses = [\"you@example.com\"]\nzone = \"UTC\"\n[[account]]\nname = \"work\"\n\
        [[account.calendar]]\nname = \"main\"\nurl = \"file://{}\"\n",
        feed.display()
    );
    let path = home.path().join("config.toml");
    fs::write(&path, config).unwrap();
    let with_config = || {
        let mut command = cadenced(home.path());
        command.arg("--config").arg(&path);
        command
    };
    assert!(with_config().arg("sync").output().unwrap().status.success());
    let status = out(&with_config().arg("status").output().unwrap());
    let (_, found) = findings(&mut with_config());
    let left_out = find(&found, "left out");
    assert_eq!((&left_out["kind"], &left_out["state"]), (&Value::from("calendar"), &Value::from("note")));
    let detail = left_out["detail"].as_str().unwrap();
    assert!(detail.starts_with("1 series in work/main: ") && detail.contains("more often than daily"), "{detail}");
    assert!(status.contains(detail), "{status}");
}

#[tokio::test]
async fn a_database_that_was_cut_off_is_read_with_its_log_and_neither_is_changed() {
    let [living, copied] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let now = NOW.parse().unwrap();
    let (store, _) = Store::open(living.path(), now).unwrap();
    let id = cadenced::domain::source::SourceId { account: "work".to_owned(), calendar: "main".to_owned() };
    store.apply_failure(id.clone(), now, problem(ReadErrorKind::Offline, "no network")).await.unwrap();
    for name in ["cadenced.db", "cadenced.db-wal"] {
        fs::copy(living.path().join(name), copied.path().join(name)).unwrap();
    }
    store.close().await.unwrap();
    let bytes = |name: &str| fs::read(copied.path().join(name)).unwrap();
    let before = [bytes("cadenced.db"), bytes("cadenced.db-wal")];
    assert!(!before[1].is_empty());
    let found = Store::inspect(copied.path(), Duration::from_secs(5));
    assert_eq!((found.form.ok(), found.check), (Some(Form::Current), Some(Checked::Good)));
    let view = Store::view(copied.path()).unwrap();
    assert_eq!(view.poll_state(id.clone()).await.unwrap().failures_in_row, 1);
    assert!(
        view.apply_failure(id, now, problem(ReadErrorKind::Offline, "no network")).await.is_err(),
        "it can only be read"
    );
    view.close().await.unwrap();
    assert_eq!([bytes("cadenced.db"), bytes("cadenced.db-wal")], before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_server_is_named_with_what_follows_from_what_it_cannot_do() {
    let Some(bus) = Bus::start() else { return };
    let home = demo();
    let look = || findings(in_demo(home.path()).env("DBUS_SESSION_BUS_ADDRESS", &bus.address));
    let (code, found) = look();
    assert_eq!(code, Some(1), "nobody shows notices on this bus");
    assert!(find(&found, "notification server")["remedy"].as_str().unwrap().contains("dunst"), "{found:#?}");
    let builder = Builder::address(bus.address.as_str()).unwrap();
    let (_seen, server) = serve_on(builder, Mock::new(&["body"])).await;
    let (code, found) = look();
    let told = find(&found, "notification server");
    assert_eq!((code, &told["state"]), (Some(0), &Value::from("note")));
    assert!(told["detail"].as_str().unwrap().contains("it shows no buttons"), "{told}");
    assert_eq!(find(&found, "session bus")["state"], "fine");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_notice_is_fine_only_when_its_button_was_pressed() {
    let Some(bus) = Bus::start() else { return };
    let home = demo();
    let builder = Builder::address(bus.address.as_str()).unwrap();
    let (seen, server) = serve_on(builder, Mock::new(&["actions", "body"])).await;
    // What the server says of the first notice and of the second, over and over until the program has ended.
    let pressing = tokio::spawn(async move {
        loop {
            signal(&server, "ActionInvoked", &(1_u32, "seen")).await;
            signal(&server, "NotificationClosed", &(2_u32, 1_u32)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    for (code, state, words) in [(0, "fine", "was pressed"), (1, "wrong", "was not pressed in 20 s")] {
        let mut command = in_demo(home.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address).args(["doctor", "--notice", "--format", "json"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let told = find(json["findings"].as_array().unwrap(), "trial notice");
        assert_eq!((output.status.code(), &told["state"]), (Some(code), &Value::from(state)), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(words), "{told}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Press \"I see it\""), "{output:?}");
    }
    pressing.abort();
    assert_eq!(seen.lock().unwrap().shown[0].actions, ["seen", "I see it"]);
}

#[test]
fn a_secret_command_is_looked_for_and_not_run_and_a_keyring_that_is_not_there_is_told() {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("teller"), "#!/bin/sh\ntouch \"$HOME/ran\"\necho https://127.0.0.1:1/x\n").unwrap();
    fs::set_permissions(bin.join("teller"), Permissions::from_mode(0o755)).unwrap();
    let config = "[owner]\naddresses = [\"you@example.com\"]\n[[account]]\nname = \"work\"\n\
        [[account.calendar]]\nname = \"one\"\nurl_command = [\"teller\", \"x\"]\n\
        [[account.calendar]]\nname = \"two\"\nurl_command = [\"nobody-has-this\"]\n\
        [[account.calendar]]\nname = \"three\"\nurl_keyring = \"feed\"\n";
    fs::write(home.path().join("config.toml"), config).unwrap();
    let (code, found) = findings(cadenced(home.path()).arg("--config").arg(home.path().join("config.toml")));
    assert_eq!(code, Some(77));
    assert_eq!(find(&found, "address of work/one")["state"], "fine");
    assert!(
        find(&found, "address of work/two")["detail"].as_str().unwrap().contains("`nobody-has-this` was not found")
    );
    assert!(find(&found, "address of work/three")["detail"].as_str().unwrap().contains("no keyring"), "{found:#?}");
    assert!(!home.path().join("ran").exists(), "it might have asked its user for a passphrase");
}

#[test]
fn every_kind_of_finding_has_its_section_in_the_troubleshooting_page_and_every_section_its_kind() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md")).unwrap();
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(sections, Kind::ALL.map(Kind::name));
    for link in page.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap();
        assert!(sections.contains(&anchor), "{anchor} leads nowhere");
    }
    for section in page.split("\n## ").skip(1) {
        assert!(section.contains("**wrong**") || section.contains("**note**"), "{section}");
    }
}

/// What must not be seen: each in the config, in a calendar, or in the surroundings.
const PRIVATE: [&str; 22] = [
    "Wendelin",
    "Grünzweig",
    "grunzweig",
    "zorblatt",
    "Þórdís",
    "Quagmire",
    "quag",
    "vexholm",
    "Krampfader",
    "layoffs",
    "s3cr3tF33d",
    "hunter2xyz",
    "plover",
    "bletch",
    "frobozz",
    "gnusto",
    "Xyzzyson",
    "mülleimer",
    "kwijibo",
    "projekt-phönix",
    "phönix",
    "127.0.0.77",
];

fn private_config(home: &Path) -> String {
    format!(
        "[owner]\naddresses = [\"Wendelin.Grunzweig@vexholm.example\"]\nnames = [\"Wendelin Grünzweig\"]\nzone = \"Europe/Berlin\"\n\
         [[account]]\nname = \"zorblatt\"\n\
         [[account.calendar]]\nname = \"kwijibo\"\nurl = \"file:{}/plover/Quagmire%20bletch.ics\"\nevery = \"20m\"\n\
         [[account.calendar]]\nname = \"second\"\nurl = \"https://frobozz.vexholm.example/s3cr3tF33d/basic.ics?k=hunter2xyz\"\n\
         username = \"gnusto\"\npassword_command = [\"/opt/bletch/gnusto\", \"hunter2xyz\"]\nenabled = false\n\
         [[person]]\nname = \"Þórdís Quagmire\"\naddresses = [\"thordis.quag@vexholm.example\"]\naliases = [\"Xyzzyson\"]\n\
         cadence = \"every 2 weeks\"\n[rules]\nexcluded_titles = [\"projekt-phönix\"]\n[mode]\ndefault = \"off\"\n\
         [slots]\nnotice = \"7h\"\n[mail]\nserver = \"frobozz.vexholm.example\"\nreports = false\n",
        home.display()
    )
}

fn private_feed() -> String {
    let event = |uid: &str, title: &str, start: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260901T080000Z\r\nDTSTART:{start}\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY\r\n\
             SUMMARY:{title}\r\nORGANIZER:mailto:Wendelin.Grunzweig@vexholm.example\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:Wendelin.Grunzweig@vexholm.example\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED;CN=Jo Mülleimer:mailto:jo.mülleimer@127.0.0.77\r\nEND:VEVENT\r\n"
        )
    };
    let broken = "BEGIN:VEVENT\r\nUID:Krampfader-uid\r\nDTSTART:layoffs\r\nSUMMARY:layoffs\r\nEND:VEVENT\r\n";
    let good = event("kwijibo-1", "Krampfader / layoffs", "20261005T090000Z");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{good}{broken}END:VCALENDAR\r\n")
}

#[test]
fn the_report_for_a_bug_tracker_names_nobody_and_still_tells_much() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("Wendelin");
    fs::create_dir_all(home.join("plover")).unwrap();
    fs::write(home.join("plover/Quagmire bletch.ics"), private_feed()).unwrap();
    let config = home.join("config.toml");
    fs::write(&config, private_config(&home)).unwrap();
    let profile = |words: &[&str]| {
        let mut command = cadenced(&home);
        command.env("USER", "gnusto").args(["--profile", "plover"]).arg("--config").arg(&config).args(words);
        command.output().unwrap()
    };
    let read = profile(&["sync"]);
    assert!(read.status.code().is_some_and(|code| code < 2), "{read:?}");
    let written = profile(&["doctor", "--bundle", "report.md"]);
    assert!(out(&written).contains("Read it before you send it"), "{written:?}");
    let report = home.join("report.md");
    assert_eq!(fs::metadata(&report).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&report).unwrap();
    let lower = text.to_lowercase();
    for private in PRIVATE.map(str::to_lowercase).into_iter().chain([root.path().display().to_string().to_lowercase()])
    {
        assert!(!lower.contains(&private), "{private} in\n{text}");
    }
    for kept in [
        "addresses = [\"user1@domain1\"]",
        "every = \"20m\"",
        "default = \"off\"",
        "notice = \"7h\"",
        "cadence = \"every 2 weeks\"",
        "zone = \"Europe/Berlin\"",
        "enabled = false",
        "cadenced              0.1.0",
        "rows of event",
        "1:1s by cadence: every week 1",
        "sessions by outcome: ",
        "fine   database's structure: whole",
        "skipped or repaired 1",
        "account-1/calendar-1",
        "reports = false",
    ] {
        assert!(text.contains(kept), "{kept} in\n{text}");
    }
    assert!(out(&profile(&["doctor", "--bundle", "-"])).starts_with("# A report from cadenced\n"));
}

#[test]
fn a_report_of_a_broken_config_shows_its_keys_alone() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    fs::write(&config, "[owner]\naddresses = [\"gnusto@vexholm.example\"\nnames = [\"Quagmire\"]\nplover hunter2xyz\n")
        .unwrap();
    let mut command = cadenced(home.path());
    let output = command.arg("--config").arg(&config).args(["doctor", "--bundle", "-"]).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let text = out(&output);
    for private in ["gnusto", "vexholm", "quagmire", "plover", "hunter2"] {
        assert!(!text.to_lowercase().contains(private), "{private} in {text}");
    }
    assert!(text.contains("[owner]\naddresses = …\nnames = …\n"), "{text}");
}
