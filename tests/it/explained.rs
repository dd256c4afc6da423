//! What `explain` says of a session that is not owed, and what it says would change it.

use cadenced::cli::explain;
use cadenced::domain::session::{Choice, Decision, SessionId};
use cadenced::wording::local_time::LocalTime;

use crate::support::*;

const NOW: &str = "2026-11-24T09:00";

/// Ann's Mondays at ten; the one of the 16th was called off when a read had shown it standing.
fn world() -> World {
    let weekly = series("ann", "2026-09-07T10:00", "FREQ=WEEKLY", ANN);
    let mut world = World::new("2026-11-01T08:00").with(weekly.clone());
    world.act("2026-11-01T08:01");
    world.read("2026-11-12T08:00");
    world.add(weekly.changed(|event| except(event, "2026-11-16T10:00")));
    world.act("2026-11-12T08:01");
    world
}

fn id(world: &World, now: &str, original: &str) -> SessionId {
    let standing = world.standing(now);
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    sessions.map(|session| session.id.clone()).find(|id| id.original == at(original)).unwrap()
}

/// What is said of a session, on one line.
fn said(world: &World, now: &str, original: &str) -> String {
    let standing = world.standing(now);
    let id = id(world, now, original).to_string();
    let wall = LocalTime::new("Europe/Berlin", at(now));
    let text = explain::text(explain::find(&standing, &id).unwrap(), &wall, &|_| None);
    plain(&text)
}

fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        shown.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, after)| after);
    }
    shown.push_str(rest);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn why_a_lost_session_is_not_owed_is_said_in_one_of_its_ways() {
    let mut waived = world();
    let session = id(&waived, "2026-11-17T09:00", "2026-11-16T10:00");
    waived.snapshot.decisions.push(Decision { choice: Choice::Waive { session }, at: at("2026-11-17T09:00") });
    let text = said(&waived, "2026-11-17T09:01", "2026-11-16T10:00");
    assert!(text.contains("not owed: you said that it need not be made up"), "{text}");
    assert!(text.contains("excuse, clear)") && !text.contains("waive"), "{text}");
    assert!(!text.contains("makes it up"), "{text}");

    let mut met = world();
    met.read("2026-11-23T18:00");
    let text = said(&met, NOW, "2026-11-16T10:00");
    assert!(text.contains("not owed: you have met since, Mon 23 Nov, 10:00"), "{text}");
    assert!(!text.contains("waived it, or"), "{text}");

    let mut first = series("ann", "2026-09-07T10:00", "FREQ=WEEKLY", ANN);
    except(&mut first, "2026-11-16T10:00");
    let mut old = World::new("2026-11-22T23:30").with(first);
    old.read("2026-11-23T00:30");
    let text = said(&old, "2026-11-23T00:31", "2026-11-16T10:00");
    assert!(text.contains("not owed: it was lost before cadenced first read the calendar"), "{text}");
}

#[test]
fn what_is_said_to_change_an_excused_session_would() {
    let mut world = world();
    world.add(days("off", "Vacation", "2026-11-23", "2026-11-28"));
    let text = said(&world, "2026-11-16T12:00", "2026-11-23T10:00");
    assert!(text.contains("your calendar without that absence, or the session at another time"), "{text}");
    assert!(!text.contains("cancelled, declined or moved") && !text.contains("cadenced do"), "{text}");
    world.read("2026-11-23T18:00");
    let text = said(&world, NOW, "2026-11-23T10:00");
    assert!(text.contains("held` (or no-show)"), "{text}");
}

#[test]
fn a_session_that_was_called_off_is_not_asked_whether_somebody_failed_to_come() {
    let mut world = world();
    world.read("2026-11-17T18:00");
    let text = said(&world, "2026-11-17T19:00", "2026-11-16T10:00");
    assert!(text.contains("held` (or excuse, waive)") && !text.contains("no-show"), "{text}");
}
