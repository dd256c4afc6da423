//! Shows which servers asked cadenced to wait, and until when.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::output;
use crate::domain::snapshot::Snapshot;
use crate::domain::source::{BackOff, Scope};
use crate::domain::standing::Standing;
use crate::wording::local_time::LocalTime;

/// The pauses that are not over, as a section; nothing where there is none.
pub fn text(standing: &Standing, snapshot: &Snapshot, wall: &LocalTime) -> String {
    let lines = left(standing, snapshot).fold(String::new(), |mut all, off| {
        let (what, name) = match &off.scope {
            Scope::Writing(account) => ("not written to", account.clone()),
            Scope::Reading(source) => ("not read", source.to_string()),
        };
        let (name, until) = (output::foreign(&name, 40), wall.moment(off.until));
        let _ = writeln!(all, "  {name}: {what} before {until}: {}", output::foreign(&off.detail, 200));
        all
    });
    if lines.is_empty() { lines } else { format!("\n{}", output::section("Servers that asked to wait", &lines)) }
}

/// The same, for programs. See `docs/schemas/status.json`.
pub fn json(standing: &Standing, snapshot: &Snapshot, wall: &LocalTime) -> Value {
    let one = |off: &BackOff| {
        let (account, calendar) = match &off.scope {
            Scope::Writing(account) => (account, None),
            Scope::Reading(source) => (&source.account, Some(&source.calendar)),
        };
        let what = if calendar.is_none() { "writing" } else { "reading" };
        let until = wall.exact(off.until);
        json!({ "account": account, "calendar": calendar, "what": what, "until": until, "why": off.detail })
    };
    left(standing, snapshot).map(one).collect()
}

fn left<'a>(standing: &Standing, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a BackOff> {
    let now = standing.now;
    snapshot.back_offs.iter().filter(move |off| off.until > now)
}
