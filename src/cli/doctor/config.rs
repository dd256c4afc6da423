//! Checks the config for problems, and whether others can read it.

use std::os::unix::fs::PermissionsExt;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::config::Severity;

const WHAT: &str = "config";

/// The config file.
pub fn findings(case: &DoctorContext) -> Vec<Finding> {
    let file = match &case.place {
        Ok(place) => &place.config,
        Err(why) => {
            return vec![Finding::wrong(Kind::Config, WHAT, Exit::BadConfig, why.clone()).remedy("export HOME=…")];
        }
    };
    let shown = file.display();
    if !file.exists() {
        let none = Finding::wrong(Kind::Config, WHAT, Exit::BadConfig, format!("{shown}: there is no such file"));
        return vec![none.remedy("`cadenced setup` writes one with you")];
    }
    let mut findings = vec![match case.problems.first() {
        None => Finding::fine(Kind::Config, WHAT, shown.to_string()),
        Some(first) => {
            let errors = case.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
            let warnings = case.problems.len() - errors;
            let counted = [(errors, "to fix"), (warnings, "to look at")];
            let counted = counted.iter().filter(|(many, _)| *many > 0).map(|(many, word)| format!("{many} {word}"));
            let counted = counted.collect::<Vec<_>>().join(", ");
            let detail = format!("{shown}: {counted}; the first: {}:{}: {}", first.line, first.column, first.what);
            let found = match errors {
                0 => Finding::note(Kind::Config, WHAT, detail),
                _ => Finding::wrong(Kind::Config, WHAT, Exit::BadConfig, detail),
            };
            found.remedy("cadenced check")
        }
    }];
    if let Ok(known) = file.metadata() {
        let mode = known.permissions().mode() & 0o777;
        let what = "config's mode";
        findings.push(match mode & 0o077 {
            0 => Finding::fine(Kind::Files, what, format!("{mode:04o}")),
            _ => Finding::note(Kind::Files, what, format!("{mode:04o}: other users of this machine may read it"))
                .remedy(format!("chmod 600 {shown}")),
        });
    }
    findings
}
