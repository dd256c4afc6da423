//! Checks the database: schema version, integrity, backups, disk space, and permissions.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::exit::Exit;
use super::super::unit::unit_name;
use super::{DoctorContext, Finding, Kind};
use crate::store::{Checked, Error, ErrorKind, Form, Inspection, Store};

/// How long the check of the database may take, and then the disk as a whole.
const LIMIT: Duration = Duration::from_secs(5);
const DISK: Duration = Duration::from_secs(8);

/// Below this many bytes there is soon no room, and below that there is none.
const LOW_SPACE: u64 = 100 << 20;
const NONE: u64 = 8 << 20;

/// A copy is made each day; beyond this something keeps it from being made.
const OLD_COPY: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Looks at the database; `None` where the disk does not answer.
pub fn inspect(dir: &Path) -> Option<Inspection> {
    let (found, wait) = mpsc::channel();
    let dir = dir.to_owned();
    // A disk that hangs keeps its thread for ever; the program ends anyway.
    std::thread::spawn(move || {
        // Whoever waited may have given up.
        let _ = found.send(Store::inspect(&dir, LIMIT));
    });
    wait.recv_timeout(DISK).ok()
}

/// What is found.
pub fn findings(case: &DoctorContext, found: Option<&Inspection>, daemon_runs: bool) -> Vec<Finding> {
    let Some(found) = found else {
        let detail = format!("the disk did not answer in {} s", DISK.as_secs());
        let silent = Finding::wrong(Kind::Disk, "disk", Exit::LookHere, detail);
        return vec![silent.remedy("look at `mount` and `journalctl -k`: is it a network drive?")];
    };
    let mut findings = vec![form(found)];
    findings.extend(check(found));
    findings.extend(copies(case, found, daemon_runs));
    findings.extend(found.room.map(disk));
    findings.extend(files(found));
    findings
}

fn form(found: &Inspection) -> Finding {
    let file = found.file.display();
    let size = mega(found.bytes);
    let what = "database";
    match &found.form {
        Ok(Form::Nothing) => {
            Finding::note(Kind::Database, what, format!("{file}: not there yet")).remedy("cadenced sync")
        }
        Ok(Form::Current) => {
            Finding::fine(Kind::Database, what, format!("{file}: schema version {}, {size}", Inspection::FORM))
        }
        Ok(Form::Older(form)) => {
            let detail = format!("{file}: schema version {form}, {size}; written by an older cadenced");
            Finding::note(Kind::Database, what, detail).remedy(format!(
                "`cadenced status` or the daemon upgrades it to version {}; nothing is lost",
                Inspection::FORM
            ))
        }
        Err(error) => {
            let detail = format!("{file}: {}", plain(error));
            Finding::wrong(Kind::Database, what, Exit::LookHere, detail).remedy(remedy(error, found))
        }
    }
}

fn plain(error: &Error) -> String {
    let what = match error.kind {
        ErrorKind::Damaged => "it is damaged",
        ErrorKind::Full => "no space is left",
        ErrorKind::Denied => "you have no permission to read or write it",
        ErrorKind::ReadOnly => "it is on a read-only disk",
        ErrorKind::Link => "a symbolic link in the data folder points elsewhere",
        ErrorKind::Odd => "something in the data folder is neither a file nor a folder",
        ErrorKind::Locked => "another process keeps it locked",
        ErrorKind::Newer => "a newer cadenced wrote it; this one leaves it alone",
        ErrorKind::Foreign => "it is another program's database",
        ErrorKind::Failing => "it cannot be read: the disk fails, or the path leads nowhere",
        ErrorKind::Internal => "an internal error",
    };
    if error.detail.is_empty() { what.to_owned() } else { format!("{what} ({})", error.detail) }
}

fn remedy(error: &Error, found: &Inspection) -> String {
    match error.kind {
        ErrorKind::Damaged => restore(found),
        ErrorKind::Full => "free some space; nothing was lost".to_owned(),
        ErrorKind::Denied => {
            let folder = found.file.parent().unwrap_or(&found.file).display();
            format!("chmod 700 {folder} && chmod 600 {}", found.file.display())
        }
        ErrorKind::Link => format!("remove {}, or replace it with what it points to", error.path.display()),
        ErrorKind::Odd => format!("move {} out of the data folder", error.path.display()),
        ErrorKind::ReadOnly => "mount the disk for writing, or name another folder: `data` in [paths]".to_owned(),
        ErrorKind::Locked => "try again; or stop what has it open: `systemctl --user stop cadenced`".to_owned(),
        ErrorKind::Newer => "use that version again; `cadenced --version` says which this is".to_owned(),
        ErrorKind::Foreign => "move it away, or name another folder: `data` in [paths]".to_owned(),
        ErrorKind::Failing => "look at the disk: `journalctl -k`, `df`".to_owned(),
        ErrorKind::Internal => "please report it with what `cadenced doctor --bundle` writes".to_owned(),
    }
}

/// What to do about damage, and what comes of it.
fn restore(found: &Inspection) -> String {
    let back = match found.copies.last() {
        Some((day, _)) => format!("takes the ledger from the copy of {day}"),
        None => "starts with an empty ledger, as there is no copy".to_owned(),
    };
    format!("`systemctl --user restart cadenced`: it sets the file aside, {back}, and reads the calendars again")
}

fn check(found: &Inspection) -> Option<Finding> {
    let what = "database's structure";
    match found.check.as_ref()? {
        Checked::Good => Some(Finding::fine(Kind::Database, what, "whole")),
        Checked::TooLong => Some(
            Finding::note(Kind::Database, what, format!("not checked within {} s", LIMIT.as_secs()))
                .remedy("nothing to do: the daemon checks all of it when it starts"),
        ),
        Checked::Broken(why) => {
            Some(Finding::wrong(Kind::Database, what, Exit::LookHere, format!("broken: {why}")).remedy(restore(found)))
        }
    }
}

fn copies(case: &DoctorContext, found: &Inspection, daemon_runs: bool) -> Option<Finding> {
    let what = "dated copies";
    let there = matches!(found.form, Ok(Form::Current | Form::Older(_)));
    let unit = unit_name(case.profile.as_deref());
    let remedy = if daemon_runs {
        format!("journalctl --user -u {unit}, if there is none tomorrow either")
    } else {
        format!("systemctl --user enable --now {unit}")
    };
    let Some((day, size)) = found.copies.last() else {
        let none = Finding::note(Kind::Copies, what, "none yet: the daemon makes one each day").remedy(remedy);
        return there.then_some(none);
    };
    let detail = format!("{}, the newest of {day} ({})", found.copies.len(), mega(*size));
    let made: Timestamp = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(case.now);
    if case.now.duration_since(made) > OLD_COPY {
        let why = if daemon_runs { "though the daemon runs" } else { "and the daemon does not run" };
        return Some(Finding::note(Kind::Copies, what, format!("{detail}: old, {why}")).remedy(remedy));
    }
    Some(Finding::fine(Kind::Copies, what, detail))
}

fn disk(room: crate::store::Room) -> Finding {
    let what = "disk";
    let free = format!("{} free", mega(room.free));
    let wrong = |detail: String| Finding::wrong(Kind::Disk, what, Exit::LookHere, detail);
    match room.free {
        _ if room.read_only => wrong("mounted read-only: nothing can be stored".to_owned())
            .remedy("look at `journalctl -k` for why, then mount it writable"),
        0..NONE => {
            wrong(format!("{free}: nothing can be stored, so notices are repeated")).remedy("free some space: `df`")
        }
        NONE..LOW_SPACE => Finding::note(Kind::Disk, what, format!("{free}: soon nothing can be stored"))
            .remedy("free some space: `df`"),
        _ => Finding::fine(Kind::Disk, what, free),
    }
}

/// The database's folder and files must be the user's alone.
fn files(found: &Inspection) -> Vec<Finding> {
    let what = "files of the database";
    let mut findings = Vec::new();
    for kept in &found.files {
        let path = kept.path.display();
        if kept.foreign {
            let detail = format!("{path} belongs to another user: was cadenced once run with `sudo`?");
            findings.push(
                Finding::wrong(Kind::Files, what, Exit::LookHere, detail).remedy(format!("sudo chown -R $USER {path}")),
            );
        } else if kept.mode & 0o077 != 0 {
            let detail = format!("{path} has mode {:04o}: other users of this machine may read it", kept.mode);
            findings.push(Finding::note(Kind::Files, what, detail).remedy(format!("chmod go= {path}")));
        }
    }
    if findings.is_empty() && !found.files.is_empty() {
        findings.push(Finding::fine(Kind::Files, what, "yours alone"));
    }
    findings
}

/// A size as people read it.
fn mega(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes.div_ceil(1024)),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}
