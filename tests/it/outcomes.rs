//! The outcome of a session, for every row of the table that a feed can show.

use cadenced::domain::event::{EventKind, Reply, Status};
use cadenced::domain::session::{Choice, Decision, Evidence, Loss, Outcome, Side};
use cadenced::domain::span::Between;

use crate::support::*;

const WEEKLY: &str = "FREQ=WEEKLY;BYDAY=MO";

/// Ann's weekly 1:1 on Mondays at ten, since the autumn; read well after Monday the 16th.
fn world() -> World {
    let mut world = World::new("2026-11-01T08:00").with(series("ann", "2026-09-07T10:00", WEEKLY, ANN));
    world.act("2026-11-01T08:10");
    world.read("2026-11-17T08:00");
    world
}

fn master() -> cadenced::domain::event::Event {
    series("ann", "2026-09-07T10:00", WEEKLY, ANN)
}

fn outcome(world: &World, now: &str) -> Outcome {
    world.session(now, "2026-11-16T10:00").outcome
}

#[test]
fn a_session_is_presumed_held_only_once_its_feed_was_read_six_hours_after_its_end() {
    let mut world = world();
    assert_eq!(outcome(&world, "2026-11-17T08:01"), Outcome::HeldPresumed);
    world.snapshot.sources[0].last_success = Some(at("2026-11-16T16:29"));
    assert_eq!(outcome(&world, "2026-11-17T08:01"), Outcome::Unknown);
    world.snapshot.sources[0].last_success = Some(at("2026-11-16T16:30"));
    assert_eq!(outcome(&world, "2026-11-17T08:01"), Outcome::HeldPresumed);
}

#[test]
fn a_session_is_upcoming_until_its_time_is_over() {
    let world = world();
    let coming = |now| world.session(now, "2026-11-23T10:00").outcome;
    assert_eq!(coming("2026-11-23T10:29"), Outcome::Upcoming);
    assert_eq!(coming("2026-11-23T10:30"), Outcome::Unknown);
}

#[test]
fn an_excepted_session_is_cancelled_and_open_until_the_week_is_over() {
    let mut world = world();
    world.add(master().changed(|event| except(event, "2026-11-16T10:00")));
    let lost = world.session("2026-11-17T09:00", "2026-11-16T10:00");
    assert_eq!((lost.outcome, lost.by), (Outcome::Cancelled, Some(Side::Owner)));
    assert_eq!(lost.evidence, [Evidence::Excepted]);
    assert_eq!((lost.state, lost.owed), (Some(Loss::Open), true));
    assert_eq!(lost.deadline, at("2026-11-23T00:00"));
}

#[test]
fn missed_needs_a_read_after_the_deadline() {
    let mut world = world();
    world.add(master().changed(|event| except(event, "2026-11-16T10:00")));
    let state = |world: &World, now| world.session(now, "2026-11-16T10:00").state;
    assert_eq!(state(&world, "2026-11-23T09:00"), Some(Loss::Open));
    world.read("2026-11-23T08:59");
    assert_eq!(state(&world, "2026-11-23T09:00"), Some(Loss::Missed));
}

#[test]
fn a_cancelled_override_is_the_organisers_and_came_between_two_reads_whenever_it_was_changed() {
    let mut world = world();
    world.act("2026-11-17T08:10");
    let called_off = instance(&master(), "2026-11-16T10:00").changed(|event| {
        event.status = Status::Cancelled;
        event.organiser = Some(who(ANN));
        event.modified = Some(at("2026-11-16T07:00"));
    });
    world.add(called_off);
    world.read("2026-11-17T08:30");
    let lost = world.session("2026-11-17T09:00", "2026-11-16T10:00");
    assert_eq!((lost.outcome, lost.by), (Outcome::Cancelled, Some(Side::Other)));
    assert_eq!(lost.lost, Some(Between { after: at("2026-11-17T08:00"), before: at("2026-11-17T08:30") }));
}

#[test]
fn a_cancelled_override_of_a_session_that_nobody_expects_says_nothing() {
    let mut world = world();
    world.add(instance(&master(), "2026-11-17T11:00").changed(|event| event.status = Status::Cancelled));
    let one = world.only("2026-11-17T12:00");
    assert!(one.sessions.iter().all(|session| session.outcome != Outcome::Cancelled));
}

#[test]
fn either_sides_no_is_a_decline_and_needs_action_is_nothing() {
    for (mine, theirs, expected) in [
        (Reply::Declined, Reply::Accepted, (Outcome::Declined, Some(Side::Owner))),
        (Reply::Accepted, Reply::Declined, (Outcome::Declined, Some(Side::Other))),
        (Reply::NeedsAction, Reply::NeedsAction, (Outcome::HeldPresumed, None)),
        (Reply::Tentative, Reply::Tentative, (Outcome::HeldPresumed, None)),
    ] {
        let mut world = world();
        let replied = instance(&master(), "2026-11-16T10:00")
            .changed(|event| event.guests = vec![guest(OWNER, mine), guest(ANN, theirs)]);
        world.add(replied);
        let session = world.session("2026-11-17T09:00", "2026-11-16T10:00");
        assert_eq!((session.outcome, session.by), expected);
    }
}

#[test]
fn a_third_guests_no_says_nothing() {
    let mut world = world();
    let joined =
        instance(&master(), "2026-11-16T10:00").changed(|event| event.guests.push(guest(BOB, Reply::Declined)));
    world.add(joined);
    assert_eq!(outcome(&world, "2026-11-17T09:00"), Outcome::HeldPresumed);
}

#[test]
fn a_moved_session_is_the_same_one_judged_at_its_new_time() {
    let mut world = world();
    world.add(instance(&master(), "2026-11-16T10:00").changed(|event| move_to(event, "2026-11-18T15:00")));
    world.read("2026-11-18T08:00");
    let now = "2026-11-18T12:00";
    let moved = world.session(now, "2026-11-16T10:00");
    assert!(moved.is_moved());
    assert_eq!(moved.outcome, Outcome::Upcoming);
    let in_that_week = |session: &&cadenced::domain::session::Session| {
        session.span.start >= at("2026-11-16T00:00") && session.span.start < at("2026-11-23T00:00")
    };
    assert_eq!(world.only(now).sessions.iter().filter(in_that_week).count(), 1);
}

#[test]
fn days_off_of_the_owner_excuse_a_session_even_if_it_was_then_cancelled() {
    let mut world = world();
    world.add(days("off", "Vacation", "2026-11-16", "2026-11-18"));
    world.add(master().changed(|event| except(event, "2026-11-16T10:00")));
    let excused = world.session("2026-11-17T09:00", "2026-11-16T10:00");
    assert_eq!((excused.outcome, excused.by), (Outcome::Excused, Some(Side::Owner)));
    assert_eq!((excused.state, excused.owed), (None, false));
}

#[test]
fn free_days_off_and_short_ones_and_other_titles_excuse_nothing() {
    for event in [
        days("off", "Vacation", "2026-11-16", "2026-11-18").changed(|event| event.busy = false),
        days("off", "Conference", "2026-11-16", "2026-11-18"),
        alone("off", "Vacation planning", "2026-11-16T13:00", 60),
    ] {
        let mut world = world();
        world.add(event);
        assert_eq!(outcome(&world, "2026-11-17T09:00"), Outcome::HeldPresumed);
    }
}

#[test]
fn an_accepted_busy_event_over_half_of_it_is_a_conflict_and_a_shorter_or_declined_one_is_none() {
    let over = |minutes: i64| alone("dentist", "Dentist", "2026-11-16T09:00", 60 + minutes);
    for (event, expected) in [
        (over(15), Outcome::Conflicted),
        (over(14), Outcome::HeldPresumed),
        (over(30).changed(|event| event.busy = false), Outcome::HeldPresumed),
        (over(30).changed(|event| event.kind = EventKind::FocusTime), Outcome::HeldPresumed),
        (over(30).changed(|event| event.title = "Focus: the plan".into()), Outcome::HeldPresumed),
        (over(30).changed(|event| event.status = Status::Cancelled), Outcome::HeldPresumed),
        (
            pair("other", "2026-11-16T10:00", BOB).changed(|event| {
                event.organiser = Some(who(BOB));
                event.guests = vec![guest(OWNER, Reply::NeedsAction), guest(BOB, Reply::Accepted)];
            }),
            Outcome::HeldPresumed,
        ),
        (pair("other", "2026-11-16T10:00", BOB), Outcome::Conflicted),
    ] {
        let mut world = world();
        world.add(event.clone());
        assert_eq!(outcome(&world, "2026-11-17T09:00"), expected, "{event:#?}");
    }
}

#[test]
fn a_cancelled_instance_of_a_busy_series_is_no_conflict() {
    let mut world = world();
    let all_hands = series("all", "2026-09-07T10:00", "FREQ=WEEKLY;INTERVAL=5", BOB)
        .changed(|event| event.guests.push(guest("cy@example.com", Reply::Accepted)));
    world.add(all_hands.clone());
    assert_eq!(outcome(&world, "2026-11-17T09:00"), Outcome::Conflicted);
    world.add(instance(&all_hands, "2026-11-16T10:00").changed(|event| event.status = Status::Cancelled));
    assert_eq!(outcome(&world, "2026-11-17T09:00"), Outcome::HeldPresumed);
}

#[test]
fn the_users_word_goes_before_everything() {
    let mut world = world();
    world.add(master().changed(|event| except(event, "2026-11-16T10:00")));
    let session = world.session("2026-11-17T09:00", "2026-11-16T10:00").id;
    world.snapshot.decisions.push(Decision { choice: Choice::Held { session }, at: at("2026-11-17T08:30") });
    assert_eq!(outcome(&world, "2026-11-17T09:00"), Outcome::HeldConfirmed);
}

#[test]
fn an_unknown_zone_never_presumes_a_session_held() {
    let mut world = world();
    world.add(master().changed(|event| event.unknown_zone = Some("Mars/Olympus".into())));
    assert_eq!(outcome(&world, "2026-11-17T09:00"), Outcome::Unknown);
}

#[test]
fn a_series_that_vanished_once_is_unknown_and_twice_is_ended() {
    let mut world = world();
    world.act("2026-11-17T08:01");
    world.vanish("ann", "2026-11-23T20:00");
    let monday = |world: &World, now| {
        let one = world.only(now);
        one.sessions.iter().find(|session| session.id.original == at("2026-11-23T10:00")).map(|found| found.outcome)
    };
    assert_eq!(monday(&world, "2026-11-23T20:01"), Some(Outcome::Unknown));
    world.read("2026-11-23T20:30");
    let one = world.only("2026-11-24T12:00");
    assert!(one.sessions.iter().all(|session| session.id.original < at("2026-11-23T20:00")));
    assert_eq!(outcome(&world, "2026-11-24T12:00"), Outcome::HeldPresumed);
    assert_eq!(one.next, None);
}

#[test]
fn what_was_seen_lost_stays_lost_when_the_source_goes_stale() {
    let mut world = world();
    world.add(master().changed(|event| except(event, "2026-11-23T10:00")));
    world.act("2026-11-17T08:01");
    world.snapshot.sources[0].stale_since = Some(at("2026-11-18T08:00"));
    let lost = world.session("2026-12-08T08:00", "2026-11-23T10:00");
    assert_eq!((lost.outcome, lost.state), (Outcome::Cancelled, Some(Loss::Open)));
    assert_eq!(world.session("2026-12-08T08:00", "2026-11-30T10:00").outcome, Outcome::Unknown);
}

#[test]
fn the_next_session_of_a_series_that_begins_in_half_a_year_is_its_first() {
    let world = World::new("2026-11-01T08:00").with(series("ann", "2027-05-03T10:00", WEEKLY, ANN));
    let one = world.only("2026-11-17T08:01");
    assert_eq!(one.next.map(|next| (next.start, next.end)), Some((at("2027-05-03T10:00"), at("2027-05-03T10:30"))));
    assert!(one.sessions.is_empty() && !one.overdue && one.lapsed.is_none(), "{one:#?}");
}
