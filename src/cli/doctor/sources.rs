//! Checks the calendars: how fresh each one is, and whether Google accounts are signed in.

use std::time::Duration;

use tokio::time::timeout;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::calendar::google::{self, scopes};
use crate::config::{Access, Account, CalendarSettings, Google, GoogleClient, Provider, document};
use crate::daemon::shared;
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

/// The sign-ins of the accounts at Google.
pub async fn sign_ins(case: &DoctorContext) -> Vec<Finding> {
    let mut findings = Vec::new();
    for account in case.settings.iter().flat_map(|settings| &settings.accounts) {
        if let Provider::Google(google) = &account.provider {
            let looked = timeout(ANSWER_TIMEOUT, signed_in(account, google, case)).await;
            findings.push(looked.unwrap_or_else(|_| {
                let detail = format!("the place where it is stored did not answer in {} s", ANSWER_TIMEOUT.as_secs());
                let silent = Finding::wrong(Kind::SignIn, what(account), Exit::SignIn, detail);
                silent.remedy("systemctl --user restart gnome-keyring-daemon")
            }));
        }
    }
    findings
}

fn what(account: &Account) -> String {
    format!("sign-in to {}", account.name)
}

/// Whether there is a sign-in to an account at Google, and whether it covers what the config wants.
async fn signed_in(account: &Account, google: &Google, case: &DoctorContext) -> Finding {
    let what = what(account);
    if let GoogleClient::ServiceAccount { file, .. } = &google.client {
        return match google::client::service_key(file).await {
            Ok(_) => Finding::fine(Kind::SignIn, what, "by the key of a service account"),
            Err(failure) => Finding::wrong(Kind::SignIn, what, Exit::of_reading(failure.kind), failure.detail)
                .remedy("put its key file where `service_account` says, with mode 0600"),
        };
    }
    let (Some(settings), Some(data)) = (&case.settings, &case.data) else {
        return Finding::note(Kind::SignIn, what, "not checked, as the data folder is not known");
    };
    let session = google::session(account, google, &shared(data.clone(), &settings.owner));
    let remedy = google::token_store::remedy(&account.name);
    let wrong =
        |detail: String| Finding::wrong(Kind::SignIn, what.clone(), Exit::SignIn, detail).remedy(remedy.clone());
    let kept = match session.vault().load().await {
        Ok(Some(kept)) => kept,
        Ok(None) => return wrong("nobody has signed in yet".to_owned()),
        Err(failure) => {
            let remedy = format!("fix that, then {remedy}");
            return Finding::wrong(Kind::SignIn, what, Exit::of_reading(failure.kind), failure.detail).remedy(remedy);
        }
    };
    let missing: Vec<&str> = scopes::missing(account.access, &kept.scopes).iter().map(|scope| scope.short()).collect();
    if !missing.is_empty() {
        let why =
            if account.access == Access::Write { "the config lets cadenced write" } else { "it is needed to read" };
        return wrong(format!("{} is missing, and {why}", missing.join(" and ")));
    }
    let since = case.wall.moment(kept.since);
    match kept.until {
        Some(until) => {
            let ends = case.wall.moment(until);
            let detail = format!(
                "since {since}; Google ends it on {ends}, as the client is in testing: see {}",
                document("google.md")
            );
            Finding::note(Kind::SignIn, what, detail).remedy(format!("{remedy} before that"))
        }
        None => Finding::fine(Kind::SignIn, what, format!("since {since}")),
    }
}
