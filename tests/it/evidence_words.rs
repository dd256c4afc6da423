//! The wording of a session's evidence claims no more than the reads have shown.

use cadenced::cli::explain;
use cadenced::domain::policy::Redaction;
use cadenced::domain::session::{Evidence, Outcome};
use cadenced::wording::local_time::LocalTime;

use crate::support::*;

/// What `explain` says of the only 1:1's session, on one line.
fn explained(world: &World, now: &str, original: &str, redaction: Redaction) -> String {
    let standing = world.standing(now);
    let one = &standing.one_on_ones[0];
    let session = one.sessions.iter().find(|session| session.id.original == at(original)).unwrap();
    let wall = LocalTime::new("Europe/Berlin", at(now));
    let title = |uid: &str| explain::title_of(uid, &world.snapshot, redaction);
    let text = explain::text(explain::Subject::Session(one, session), &wall, &title);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ann() -> cadenced::domain::event::Event {
    series("ann", "2026-06-01T10:00", "FREQ=WEEKLY", ANN)
}

#[test]
fn a_session_that_is_only_old_is_not_called_gone() {
    let mut world = World::new("2026-06-01T08:00").with(ann());
    for monday in ["2026-06-08", "2026-06-15", "2026-11-16"] {
        world.read(&format!("{monday}T18:00"));
        world.act(&format!("{monday}T18:01"));
    }
    // Twenty-three weeks back: beyond what is judged, as the ledger has it.
    let text = explained(&world, "2026-11-17T09:00", "2026-06-08T10:00", Redaction::Full);
    assert!(text.contains("as recorded on") && !text.contains("no longer shows"), "{text}");
}

#[test]
fn a_session_that_went_away_is_called_gone() {
    let mut world = World::new("2026-06-01T08:00").with(ann());
    world.read("2026-11-16T18:00");
    world.act("2026-11-16T18:01");
    // The series begins later now, as feeds do that keep a few weeks only.
    world.add(series("ann", "2026-11-16T10:00", "FREQ=WEEKLY", ANN));
    world.read("2026-11-16T20:00");
    let text = explained(&world, "2026-11-17T09:00", "2026-11-09T10:00", Redaction::Full);
    assert!(text.contains("the calendar no longer shows it"), "{text}");
}

#[test]
fn a_second_read_is_asked_for_only_before_it_came() {
    let mut world = World::new("2026-11-01T08:00");
    for (n, day) in ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"].iter().enumerate() {
        world.add(pair(&format!("ann{n}"), &format!("{day}T10:00"), ANN));
    }
    world.read("2026-11-16T09:00");
    world.vanish("ann3", "2026-11-16T10:15");
    let evidence = |world: &World| world.session("2026-11-16T12:00", "2026-11-16T10:00").evidence;
    let said = |world: &World| explained(world, "2026-11-16T12:00", "2026-11-16T10:00", Redaction::Full);
    assert!(
        matches!(evidence(&world)[..], [Evidence::Vanished { confirmed: false, .. }, ..]),
        "{:?}",
        evidence(&world)
    );
    assert!(said(&world).contains("the next read has to confirm that"), "{}", said(&world));
    world.read("2026-11-16T10:30");
    assert!(!said(&world).contains("has to confirm"), "{}", said(&world));
}

#[test]
fn explain_names_the_event_that_conflicts_unless_titles_are_redacted() {
    let mut world = World::new("2026-06-01T08:00").with(ann());
    world.add(pair("clash", "2026-11-16T10:00", BOB).changed(|event| event.title = "Planning afternoon".into()));
    world.read("2026-11-16T18:00");
    let (now, monday) = ("2026-11-17T09:00", "2026-11-16T10:00");
    let standing = world.standing(now);
    let place = standing.one_on_ones.iter().position(|one| one.series[0].uid == "ann").unwrap();
    assert_eq!(place, 0);
    let session = standing.one_on_ones[0].sessions.iter().find(|session| session.id.original == at(monday)).unwrap();
    assert_eq!(session.outcome, Outcome::Conflicted);
    let full = explained(&world, now, monday, Redaction::Full);
    assert!(full.contains("your event \"Planning afternoon\" from Mon 16 Nov, 10:00"), "{full}");
    for redaction in [Redaction::Initials, Redaction::None] {
        let text = explained(&world, now, monday, redaction);
        assert!(text.contains("another event of yours") && !text.contains("Planning"), "{text}");
    }
}
