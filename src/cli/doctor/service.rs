//! Checks the daemon: whether it runs, which program it is, and the state of its systemd unit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use super::super::exit::Exit;
use super::super::unit::{self, Unit, UnitState};
use super::{DoctorContext, Finding, Kind};
use crate::daemon::instance_lock::State;

/// How long systemd may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// What systemd says; nothing where it does not answer.
pub async fn look(case: &DoctorContext, has_session: bool) -> Option<UnitState> {
    if !has_session {
        return Some(UnitState::NoUserManager("there is no session bus to reach it on".to_owned()));
    }
    timeout(ANSWER_TIMEOUT, unit::look(case.profile.as_deref())).await.ok()
}

/// The daemon, by what it says of itself.
pub fn daemon(case: &DoctorContext, runs: Option<&State>) -> Vec<Finding> {
    let what = "daemon";
    let Some(state) = runs else {
        let name = unit::unit_name(case.profile.as_deref());
        let detail = "not running: calendars are not read and no notices are shown";
        return vec![Finding::note(Kind::Daemon, what, detail).remedy(format!("systemctl --user enable --now {name}"))];
    };
    let since = case.wall.moment(state.since);
    let mut findings = vec![Finding::fine(Kind::Daemon, what, format!("running since {since}, process {}", state.pid))];
    let program = std::fs::read_link(format!("/proc/{}/exe", state.pid)).ok();
    let restart = format!("systemctl --user restart {}", unit::unit_name(case.profile.as_deref()));
    match (program, std::env::current_exe().ok()) {
        // Linux names a file that is no longer there so (proc(5)).
        (Some(program), _) if program.to_string_lossy().ends_with(" (deleted)") => findings.push(
            Finding::note(
                Kind::Daemon,
                "daemon's program",
                "it was replaced after the daemon started: an older one is running",
            )
            .remedy(restart),
        ),
        (Some(program), Some(own)) if program != own => {
            let detail =
                format!("{}, and this is {}: they may be different versions", program.display(), own.display());
            findings.push(Finding::note(Kind::Daemon, "daemon's program", detail).remedy(restart));
        }
        _ => {}
    }
    if let Some(trouble) = &state.notices {
        findings.push(
            Finding::wrong(Kind::Notices, "daemon's notices", Exit::LookHere, trouble.clone())
                .remedy("see the notification server above; they are shown once there is one"),
        );
    }
    findings
}

/// Its unit, by what systemd says.
pub fn unit(case: &DoctorContext, said: Option<&UnitState>, runs: bool) -> Vec<Finding> {
    let what = unit::unit_name(case.profile.as_deref());
    match said {
        None => vec![
            Finding::note(Kind::Unit, what, format!("systemd did not answer in {} s", ANSWER_TIMEOUT.as_secs()))
                .remedy("systemctl --user status"),
        ],
        Some(UnitState::NoUserManager(why)) => {
            let detail = format!(
                "no systemd user manager: {why}. Without systemd, start `cadenced run` at each login in another way"
            );
            vec![Finding::note(Kind::Unit, what, detail).remedy("systemctl --user status")]
        }
        Some(UnitState::NotInstalled) => vec![
            Finding::note(Kind::Unit, what, "systemd does not know this unit")
                .remedy("make install && systemctl --user daemon-reload, then `cadenced setup`"),
        ],
        Some(UnitState::Installed(unit)) => installed(unit, runs),
    }
}

fn installed(unit: &Unit, runs: bool) -> Vec<Finding> {
    let name = &unit.name;
    let mut findings = vec![state(unit, runs)];
    let note = |detail: String, remedy: String| Finding::note(Kind::Unit, name.clone(), detail).remedy(remedy);
    if !unit.is_enabled() {
        findings.push(note(
            format!("{}: it does not start by itself at the next login", unit.file_state),
            format!("systemctl --user enable {name}"),
        ));
    }
    if unit.restarts > 0 && !unit.has_failed() {
        let detail = format!("restarted by systemd {} times since it was started", unit.restarts);
        findings.push(note(detail, format!("journalctl --user -u {name}")));
    }
    if unit.is_outdated {
        findings.push(note(
            "its files changed since systemd read them".to_owned(),
            "systemctl --user daemon-reload".to_owned(),
        ));
    }
    if let Some(other) = unit.fragment.as_deref().and_then(program).filter(|program| is_other(program)) {
        let detail = format!("it starts {}, which is not this program", other.display());
        findings.push(note(detail, "make install, or run that one: is there an older one on PATH?".to_owned()));
    }
    findings.push(if unit.drop_ins.iter().any(|path| path.to_string_lossy().contains("harden")) {
        Finding::fine(Kind::Unit, "hardening", "its drop-in is in place")
    } else {
        Finding::note(Kind::Unit, "hardening", "no drop-in: the daemon can write to all your files")
            .remedy("`cadenced setup` installs it where it works")
    });
    findings.extend(linger());
    findings
}

fn state(unit: &Unit, runs: bool) -> Finding {
    let name = &unit.name;
    let wrong = |detail: String| Finding::wrong(Kind::Unit, name.clone(), Exit::LookHere, detail);
    if !matches!(unit.load_state.as_str(), "loaded" | "") {
        return wrong(format!("systemd cannot use it: {}", unit.load_state))
            .remedy(format!("systemctl --user status {name}"));
    }
    if unit.has_failed() {
        return wrong(ending(unit)).remedy(after(unit));
    }
    let by_hand = if runs && unit.pid == 0 { "; the running daemon was started in another way" } else { "" };
    let detail = format!("{}, {} ({}){by_hand}", unit.file_state, unit.active_state, unit.sub_state);
    Finding::fine(Kind::Unit, name.clone(), detail)
}

/// How the last run ended, in words.
fn ending(unit: &Unit) -> String {
    let how = match (unit.result.as_str(), unit.exit_status) {
        ("exit-code", 78) => "the config cannot be used".to_owned(),
        ("exit-code", 217 | 218 | 226) => "its sandbox cannot be set up on this machine".to_owned(),
        ("exit-code", 243) => "a file named by a LoadCredential= line does not exist or cannot be read".to_owned(),
        ("exit-code", 203) => "its program does not exist".to_owned(),
        ("exit-code", code) => format!("it exited with code {code}"),
        ("signal", number) => format!("it was killed by signal {number}"),
        ("watchdog", _) => "it hung, and the watchdog killed it".to_owned(),
        ("oom-kill", _) => "it ran out of memory".to_owned(),
        ("start-limit-hit", _) => "it kept failing, and systemd gave up on it".to_owned(),
        ("timeout", _) => "it did not start or stop in time".to_owned(),
        (other, _) => other.to_owned(),
    };
    let tries = if unit.restarts > 0 { format!(", after {} restarts", unit.restarts) } else { String::new() };
    format!("failed: {how}{tries}")
}

fn after(unit: &Unit) -> String {
    let name = &unit.name;
    match (unit.result.as_str(), unit.exit_status) {
        ("exit-code", 78) => format!("cadenced check, then systemctl --user restart {name}"),
        ("exit-code", 217 | 218 | 226) => format!(
            "rm ~/.config/systemd/user/{name}.d/hardening.conf && systemctl --user daemon-reload && systemctl --user \
             restart {name}"
        ),
        ("exit-code", 243) => {
            format!("systemctl --user cat {name}, put the file there, then systemctl --user restart {name}")
        }
        ("exit-code", 203) => {
            "make install, or check where ExecStart= points: `systemctl --user cat cadenced`".to_owned()
        }
        _ => format!(
            "journalctl --user -u {name}, then systemctl --user reset-failed {name} && systemctl --user start {name}"
        ),
    }
}

/// The program that a unit's file starts.
fn program(fragment: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(fragment).ok()?;
    let line = text.lines().rev().find_map(|line| line.trim().strip_prefix("ExecStart="))?;
    let word = line.trim_start_matches(['-', '@', ':', '+', '!']).split_whitespace().next()?;
    let home = std::env::var("HOME").unwrap_or_default();
    Some(PathBuf::from(word.replace("%h", &home)))
}

fn is_other(program: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    std::env::current_exe().is_ok_and(|own| real(&own) != real(program))
}

/// Whether the user's services outlive the session (`loginctl enable-linger`), where that can be told.
fn linger() -> Option<Finding> {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok()?;
    let folder = Path::new("/var/lib/systemd/linger");
    let detail = if folder.join(user).exists() {
        "keeps running after you sign out"
    } else {
        "stops when you sign out; `loginctl enable-linger` keeps it running"
    };
    Some(Finding::fine(Kind::Unit, "linger", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(result: &str, exit_status: i32) -> Unit {
        Unit {
            name: "cadenced.service".to_owned(),
            file_state: "enabled".to_owned(),
            load_state: "loaded".to_owned(),
            active_state: "failed".to_owned(),
            result: result.to_owned(),
            exit_status,
            ..Unit::default()
        }
    }

    #[test]
    fn each_way_to_fail_has_its_own_words_and_command() {
        for (result, status, words, command) in [
            ("exit-code", 78, "config", "cadenced check"),
            ("exit-code", 217, "sandbox", "hardening.conf"),
            ("exit-code", 226, "sandbox", "hardening.conf"),
            ("exit-code", 243, "LoadCredential=", "put the file there"),
            ("exit-code", 203, "does not exist", "make install"),
            ("watchdog", 6, "hung", "journalctl --user -u cadenced.service"),
            ("start-limit-hit", 1, "gave up on it", "reset-failed"),
        ] {
            let found = state(&failed(result, status), false);
            assert_eq!(found.word(), "wrong");
            assert!(found.detail.contains(words), "{found:?}");
            assert!(found.remedy.as_deref().unwrap().contains(command), "{found:?}");
        }
    }

    #[test]
    fn the_program_of_a_unit_is_read_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.service");
        std::fs::write(
            &file,
            "[Service]\nExecStart=/opt/old/cadenced run\nExecStart=-/opt/new/cadenced --profile x run\n",
        )
        .unwrap();
        assert_eq!(program(&file), Some(PathBuf::from("/opt/new/cadenced")));
    }
}
