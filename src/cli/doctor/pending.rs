//! Checks for unfinished work: calendar writes with an unknown outcome, and unsent mail.

use jiff::SignedDuration;

use super::super::exit::Exit;
use super::{DoctorContext, Finding, Kind};
use crate::domain::email::QueuedEmail;
use crate::domain::operation::{Operation, State};
use crate::wording::local_time::about;

/// A write takes seconds; one that is older was cut off, and the next cycle of the daemon checks its outcome.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// What cadenced set out to write, oldest first.
pub fn writing(case: &DoctorContext, operations: &[Operation]) -> Finding {
    let what = "writes to calendars";
    let is_open = |operation: &&Operation| operation.state == State::Sending;
    let age = |operation: &Operation| case.now.duration_since(operation.started);
    let open: Vec<&Operation> = operations.iter().filter(is_open).collect();
    if let Some(oldest) = open.iter().filter(|operation| age(operation) > LONGEST).map(|operation| age(operation)).max()
    {
        let detail = format!(
            "{} interrupted, the oldest {} ago; what came of it has not been checked yet",
            open.len(),
            about(oldest)
        );
        return Finding::wrong(Kind::Writing, what, Exit::LookHere, detail)
            .remedy("systemctl --user start cadenced; it checks, and never writes twice");
    }
    let uncertain = operations.iter().filter(|operation| operation.state == State::Uncertain).count();
    if uncertain > 0 {
        let detail =
            format!("{uncertain} uncertain: the server says one thing and shows another; cadenced leaves them alone");
        return Finding::note(Kind::Writing, what, detail)
            .remedy("`cadenced inbox`, then look at the calendar yourself");
    }
    let under_way = if open.is_empty() { "none pending".to_owned() } else { format!("{} under way", open.len()) };
    Finding::fine(Kind::Writing, what, under_way)
}

/// The last letter to the owner, where one was ever queued.
pub fn mail(case: &DoctorContext, last: &QueuedEmail) -> Finding {
    let what = "mail";
    let why = last.problem.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    let at = case.wall.moment(last.due);
    let wrong = |detail: String| Finding::wrong(Kind::Mail, what, Exit::LookHere, detail);
    let again = "cadenced report --mail";
    match last.state.as_str() {
        "sent" => Finding::fine(Kind::Mail, what, format!("the last report was sent {at}")),
        "waiting" | "sending" if last.tries == 0 => Finding::fine(Kind::Mail, what, "a report is being sent"),
        "waiting" | "sending" => {
            let detail = format!("the report waits, tried {} times, next {at}{why}", last.tries);
            Finding::note(Kind::Mail, what, detail)
                .remedy("check [mail] in the config; cadenced keeps trying for five days")
        }
        "expired" => wrong(format!("the report could not be sent for days{why}")).remedy(again),
        "refused" => {
            wrong(format!("the report was refused{why}")).remedy(format!("fix [mail] in the config, then {again}"))
        }
        _ => Finding::note(Kind::Mail, what, format!("the report may have been sent{why}")).remedy(again),
    }
}
