//! Checks how fresh each calendar is, and whether there is a sign-in to those that need one.

use std::time::Duration;

use tokio::time::timeout;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::calendar;
use crate::calendar::provider::{Grant, SignInState};
use crate::config::{Access, Account, CalendarSettings};
use crate::daemon::shared;
use crate::domain::source::Credential;
use crate::store::PollState;

/// How long the place where a sign-in is kept may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How fresh a calendar is.
pub fn freshness(case: &DoctorContext, calendar: &CalendarSettings, state: &PollState) -> Finding {
    let what = format!("calendar {}", calendar.id);
    let account = &calendar.id.account;
    let read = state.last_success.map(|at| format!("read {}", case.wall.ago(at)));
    match (state.problem.as_ref().filter(|_| state.stale_since.is_some()), read) {
        (Some(why), _) => {
            let since = state.stale_since.map(|at| case.wall.moment(at)).unwrap_or_default();
            let detail = format!("stale since {since}: {}", why.problem);
            Finding::wrong(Kind::Calendar, what, Exit::LookHere, detail)
                .remedy(format!("cadenced doctor --live {account}"))
        }
        (None, Some(read)) if state.problems_in_all > 0 => {
            let detail = format!("{read}; {} skipped or repaired", state.problems_in_all);
            Finding::note(Kind::Calendar, what, detail).remedy("`cadenced status` says which")
        }
        (None, Some(read)) => Finding::fine(Kind::Calendar, what, read),
        (None, None) => Finding::note(Kind::Calendar, what, "not read yet").remedy("cadenced sync"),
    }
}

/// Series that a plan does not look at; `line` names them, and why.
pub fn left_out(line: String) -> Finding {
    Finding::note(Kind::Calendar, "left out", line)
        .remedy("`cadenced explain ID` for each; everything else is looked at")
}

/// The sign-ins of the accounts that need one.
pub async fn sign_ins(case: &DoctorContext) -> Vec<Finding> {
    let Some(settings) = &case.settings else { return Vec::new() };
    let mut findings = Vec::new();
    for account in &settings.accounts {
        let Some(data) = &case.data else {
            let is_kept = account
                .calendars()
                .any(|one| matches!(account.credential(&one.id), Credential::Browser | Credential::KeyFile));
            let unknown = Finding::note(Kind::SignIn, what(account), "not checked, as the data folder is not known");
            findings.extend(is_kept.then_some(unknown));
            continue;
        };
        let shared = shared(data.clone(), &settings.owner);
        let provider = calendar::provider(account, &shared);
        if let Some(state) = provider.sign_in_state() {
            findings.push(if let Ok(state) = timeout(ANSWER_TIMEOUT, state).await {
                signed_in(account, provider.name(), state, case)
            } else {
                let detail = format!("the place where it is stored did not answer in {} s", ANSWER_TIMEOUT.as_secs());
                let silent = Finding::wrong(Kind::SignIn, what(account), Exit::SignIn, detail);
                silent.remedy("systemctl --user restart gnome-keyring-daemon")
            });
        }
    }
    findings
}

fn what(account: &Account) -> String {
    format!("sign-in to {}", account.name)
}

/// Whether there is a sign-in to an account, and whether it covers what the config wants.
fn signed_in(account: &Account, provider: &str, state: SignInState, case: &DoctorContext) -> Finding {
    let what = what(account);
    let login = format!("run `cadenced login {}`", account.name);
    match state {
        SignInState::KeyFile { usable: Ok(()), .. } => {
            Finding::fine(Kind::SignIn, what, "by the key of a service account")
        }
        SignInState::KeyFile { key, usable: Err(failure) } => {
            Finding::wrong(Kind::SignIn, what, Exit::of_reading(failure.kind), failure.detail)
                .remedy(format!("put its key file where `{key}` says, with mode 0600"))
        }
        SignInState::Browser(Ok(None)) => {
            Finding::wrong(Kind::SignIn, what, Exit::SignIn, "nobody has signed in yet").remedy(login)
        }
        SignInState::Browser(Err(failure)) => {
            Finding::wrong(Kind::SignIn, what, Exit::of_reading(failure.kind), failure.detail)
                .remedy(format!("fix that, then {login}"))
        }
        SignInState::Browser(Ok(Some(grant))) => granted(account, provider, &grant, case),
    }
}

fn granted(account: &Account, provider: &str, grant: &Grant, case: &DoctorContext) -> Finding {
    let what = what(account);
    let login = format!("run `cadenced login {}`", account.name);
    if !grant.missing.is_empty() {
        let why =
            if account.access == Access::Write { "the config lets cadenced write" } else { "it is needed to read" };
        let detail = format!("{} is missing, and {why}", grant.missing.join(" and "));
        return Finding::wrong(Kind::SignIn, what, Exit::SignIn, detail).remedy(login);
    }
    let since = case.wall.moment(grant.since);
    match &grant.ends {
        Some(ends) => {
            let detail = format!("since {since}; {provider} ends it on {}, {}", case.wall.moment(ends.at), ends.why);
            Finding::note(Kind::SignIn, what, detail).remedy(format!("{login} before that"))
        }
        None => Finding::fine(Kind::SignIn, what, format!("since {since}")),
    }
}
