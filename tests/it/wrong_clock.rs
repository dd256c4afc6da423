//! After a clock that was a year ahead or decades behind is corrected, nothing written in the meantime has lasting effect.

use cadenced::domain::event::Reply;
use cadenced::domain::session::Outcome;

use crate::daemon::{Answer, CYCLE, Home, NOW, Server, changed_feed, feed};
use crate::support::*;

const MONDAY: &str = "2026-11-23T10:00";

fn world() -> World {
    let mut world = World::new("2026-10-01T08:00").with(series("ann", "2026-09-07T10:00", "FREQ=WEEKLY;BYDAY=MO", ANN));
    world.read("2026-11-17T09:00");
    world.act("2026-11-17T09:00");
    world
}

fn declined(world: &mut World) {
    let master = world.snapshot.events[0].event.clone();
    world.add(instance(&master, MONDAY).changed(|event| event.guests[1].reply = Reply::Declined));
}

#[test]
fn a_session_that_is_declined_after_a_wrong_clock_is_owed() {
    for wrong in ["2027-11-22T09:00", "1977-08-01T09:00", "2026-12-20T09:00", "2026-08-20T09:00"] {
        let mut world = world();
        let before = world.only("2026-11-17T10:00").sessions;
        world.read(wrong);
        world.act(wrong);
        world.read("2026-11-17T09:30");
        world.act("2026-11-17T10:00");
        assert_eq!(outcomes(&world.only("2026-11-17T10:00").sessions), outcomes(&before), "after {wrong}");
        world.read("2026-11-19T09:00");
        declined(&mut world);
        let told = world.act("2026-11-19T09:00");
        let session = world.session("2026-11-19T09:00", MONDAY);
        assert_eq!((session.outcome, session.owed), (Outcome::Declined, true), "after {wrong}");
        assert!(told.iter().any(|notice| notice.key.starts_with("lost")), "after {wrong}: {told:#?}");
    }
}

fn outcomes(sessions: &[cadenced::domain::session::Session]) -> Vec<String> {
    let one = |session: &cadenced::domain::session::Session| {
        format!("{} {:?} {} {:?}", session.id, session.outcome, session.owed, session.lost)
    };
    sessions.iter().map(one).collect()
}

#[test]
fn a_read_in_the_future_is_not_fresh_and_nothing_seen_then_is_long_past() {
    let mut world = world();
    world.read("2027-11-22T09:00");
    world.act("2027-11-22T09:00");
    let snapshot = world.snapshot.clone().known_at(at("2026-11-30T12:00"));
    assert_eq!(snapshot.sources[0].last_success, None, "nobody knows when it was read");
    assert!(snapshot.ledger.iter().all(|line| line.recorded <= at("2026-11-30T12:00")));
    assert_eq!(world.session("2026-11-30T12:00", MONDAY).outcome, Outcome::Unknown);
}

/// The program itself, with one store: a week's notices and reports go on once the clock is right.
#[test]
fn the_program_finds_a_loss_and_writes_the_report_after_a_clock_that_was_wrong() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let run = |now| {
        home.forget();
        let daemon = home.daemon(now);
        home.told(CYCLE);
        daemon.stop();
    };
    for now in [NOW, "2027-11-22T08:00:00Z", "1977-08-02T08:00:00Z", "2026-11-17T08:02:00Z"] {
        run(now);
    }
    let reports = home.path("data/cadenced/reports");
    assert!(reports.join("2027-W46.html").exists(), "it believed the clock");
    server.says(Answer::Feed(changed_feed()));
    run("2026-11-17T08:04:00Z");
    let status = home.json(&["status"]);
    assert_eq!(status["owed"], 1, "{status:#}");
    assert!(status["sources"][0]["stale_since"].is_null(), "{status:#}");
    run("2026-11-23T07:30:00Z");
    assert!(reports.join("2026-W47.html").exists(), "the week that really ended");
    assert!(home.command(&["--now", "2026-11-23T07:31:00Z", "doctor"]).output().is_ok());
}
