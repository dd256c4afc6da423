//! Writes counts without names in the Prometheus text format (0.0.4).

use std::fmt::Write as _;

use crate::domain::one_on_one::Verdict;
use crate::domain::session::{Outcome, Session};
use crate::domain::standing::Standing;
use crate::domain::week::{Mark, mark};

/// Every outcome, by its stable name.
const MARKS: [(Mark, &str); 8] = [
    (Mark::Held, "held"),
    (Mark::MadeUp, "made_up"),
    (Mark::MadeUpLate, "made_up_late"),
    (Mark::Open, "open"),
    (Mark::Missed, "missed"),
    (Mark::Excused, "excused"),
    (Mark::Unknown, "unknown"),
    (Mark::Upcoming, "upcoming"),
];

/// The counts of a standing. No label names anybody or any calendar.
#[must_use]
pub fn text(standing: &Standing) -> String {
    let ones: Vec<_> = standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne).collect();
    let sessions: Vec<&Session> =
        ones.iter().flat_map(|one| &one.sessions).filter(|one| standing.horizon.contains(one.id.original)).collect();
    let mut out = String::new();
    head(&mut out, "cadenced_sessions", "Sessions in view, by what became of them.");
    for (wanted, name) in MARKS {
        let n = sessions.iter().filter(|session| mark(session) == wanted).count();
        let _ = writeln!(out, "cadenced_sessions{{outcome=\"{name}\"}} {n}");
    }
    let is_confirmed = |session: &&&Session| session.outcome == Outcome::HeldConfirmed;
    let stale = standing.sources.iter().filter(|source| source.stale_since.is_some() || source.last_success.is_none());
    let gauges = [
        (
            "cadenced_sessions_confirmed",
            "Sessions that the owner said were held.",
            sessions.iter().filter(is_confirmed).count(),
        ),
        (
            "cadenced_sessions_owed",
            "Lost sessions that wait to be made up.",
            ones.iter().map(|one| one.owed().count()).sum(),
        ),
        ("cadenced_one_on_ones", "Standing 1:1s.", ones.len()),
        (
            "cadenced_one_on_ones_overdue",
            "1:1s with nothing held for twice their cadence.",
            ones.iter().filter(|one| one.overdue).count(),
        ),
        (
            "cadenced_one_on_ones_lapsed",
            "1:1s that ended without a successor.",
            ones.iter().filter(|one| one.lapsed.is_some()).count(),
        ),
        ("cadenced_people_uncovered", "People who should have a standing 1:1 and have none.", standing.uncovered.len()),
        ("cadenced_calendars", "Calendars that are read.", standing.sources.len()),
        ("cadenced_calendars_stale", "Of these, those whose last read failed or that were never read.", stale.count()),
    ];
    for (name, help, n) in gauges {
        head(&mut out, name, help);
        let _ = writeln!(out, "{name} {n}");
    }
    if let Some(oldest) = standing.sources.iter().filter_map(|source| source.last_success).min() {
        let name = "cadenced_oldest_read_timestamp_seconds";
        head(&mut out, name, "When the calendar that was read longest ago was read.");
        let _ = writeln!(out, "{name} {}", oldest.as_second());
    }
    out
}

fn head(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}
