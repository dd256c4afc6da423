//! Packagers get a man page for every command, as files or one by one.

use std::fs;

use assert_cmd::Command;

fn cadenced() -> Command {
    let mut command = Command::cargo_bin("cadenced").unwrap();
    command.env_clear();
    command
}

#[test]
fn every_verb_of_the_help_has_a_page_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man");
    cadenced().arg("man").arg("--dir").arg(&pages).assert().code(0);
    let help = cadenced().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.len() > 20 && verbs.contains(&"sync"), "{help}");
    for verb in verbs {
        let page = fs::read_to_string(pages.join(format!("cadenced-{verb}.1"))).expect(verb);
        assert!(page.contains(".SH EXAMPLES"), "{verb}");
    }
    for page in ["cadenced.1", "cadenced.toml.5", "cadenced-series-confirm.1"] {
        assert!(pages.join(page).is_file(), "{page}");
    }
}

#[test]
fn one_page_goes_to_stdout_by_its_verb_or_its_name() {
    let page = |name: &[&str]| {
        let output = cadenced().arg("man").args(name).assert().code(0).get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(page(&[]).contains(".TH CADENCED 1 "));
    assert_eq!(page(&["sync"]), page(&["cadenced-sync"]));
    let config = page(&["cadenced.toml"]);
    assert!(config.contains(".TH CADENCED.TOML 5 ") && config.contains("\\fBsettle_feed\\fR = \"6h\""), "{config}");
}

#[test]
fn a_page_that_there_is_not_is_a_usage_error_that_names_those_there_are() {
    let output = cadenced().args(["man", "sing"]).assert().code(2).get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("\"sing\"") && said.contains("cadenced-sync"), "{said}");
}
