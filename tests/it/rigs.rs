//! Running the rigs: every one gets its turn, and the table says which are green, skipped and red.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs rigs of these texts; what was printed, and whether that counts as a success.
fn run(rigs: &[(&str, &str)], named: &[&str], limit: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in rigs {
        fs::write(folder.path().join(format!("{name}.sh")), text).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run-rigs.sh");
    let mut command = Command::new("bash");
    command.arg(script).args(named).env("RIGS_FOLDER", folder.path()).env("RIG_LIMIT", limit);
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

/// The lines of the table, their columns parted by single blanks and without the seconds.
fn table(printed: &str) -> Vec<String> {
    let rows = printed.rsplit_once("\n\n").unwrap().1.lines();
    let untimed = |row: &str| {
        let words: Vec<&str> = row.split_whitespace().collect();
        match words.as_slice() {
            [state @ ("green" | "skipped" | "red"), name, _, "s", why @ ..] => {
                format!("{state} {name} {}", why.join(" ")).trim_end().to_owned()
            }
            other => other.join(" "),
        }
    };
    rows.map(untimed).collect()
}

#[test]
fn a_red_rig_stops_no_other_and_the_table_gives_every_reason() {
    let rigs = [
        ("broken", "echo 'on the way'; echo 'failed: a letter was sent twice'; exit 3"),
        ("endless", "echo begun; sleep 600"),
        ("fine", "echo seen"),
        ("lacking", "echo 'skipped: dunst is not installed'; echo; exit 77"),
    ];
    let (printed, is_success) = run(&rigs, &[], "2");
    assert_eq!(
        table(&printed),
        [
            "red broken exit code 3: failed: a letter was sent twice",
            "red endless stopped after 2 s",
            "green fine",
            "skipped lacking dunst is not installed",
            "-- 4 rigs: 1 green, 1 skipped, 2 red",
        ]
    );
    assert!(
        !is_success && printed.contains("-- broken\non the way\n") && printed.contains("-- fine\nseen\n"),
        "{printed}"
    );
}

#[test]
fn what_is_skipped_is_no_failure_and_names_choose_the_rigs() {
    let rigs = [("broken", "exit 1"), ("fine", "exit 0"), ("lacking", "echo no bus; exit 77")];
    let (printed, is_success) = run(&rigs, &["lacking", "fine"], "60");
    assert_eq!(table(&printed), ["skipped lacking no bus", "green fine", "-- 2 rigs: 1 green, 1 skipped, 0 red"]);
    assert!(is_success);
}
