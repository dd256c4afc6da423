//! The consequences of a loss: replacements, deadlines, and what is owed until when.

use cadenced::domain::event::{Event, Reply, Status};
use cadenced::domain::one_on_one::{Cadence, CadenceUnit, Verdict};
use cadenced::domain::policy::Overtaken;
use cadenced::domain::session::{Choice, Decision, Loss, Outcome};

use crate::support::*;

fn weekly() -> Event {
    series("ann", "2026-09-07T10:00", "FREQ=WEEKLY;BYDAY=MO", ANN)
}

fn fortnightly() -> Event {
    series("ann", "2026-09-07T10:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", ANN)
}

/// The session of Monday the 16th (also one of the two-weekly ones) was excepted.
fn lost(master: Event) -> World {
    let mut world = World::new("2026-11-01T08:00").with(master.clone());
    world.act("2026-11-01T08:10");
    world.add(master.changed(|event| except(event, "2026-11-16T10:00")));
    world.read("2026-11-20T08:00");
    world
}

#[test]
fn a_replacement_on_the_calendar_leaves_it_owed_and_a_held_one_does_not() {
    let mut world = lost(weekly());
    world.add(pair("instead", "2026-11-18T15:00", ANN));
    world.snapshot.sources[0].last_success = Some(at("2026-11-17T08:00"));
    let before = world.session("2026-11-17T09:00", "2026-11-16T10:00");
    assert_eq!((before.state, before.owed), (Some(Loss::Open), true));
    assert!(before.made_up_by.is_some_and(|made| !made.held));
    world.read("2026-11-19T08:00");
    let after = world.session("2026-11-19T09:00", "2026-11-16T10:00");
    assert_eq!((after.state, after.owed), (None, false));
    assert!(after.made_up_by.is_some_and(|made| made.held && made.uid == "instead"));
}

#[test]
fn a_replacement_may_come_before_the_lost_session_and_after_the_one_before_it() {
    for (start, stands_in) in [
        ("2026-11-09T10:00", false),
        ("2026-11-09T10:01", true),
        ("2026-11-13T10:00", true),
        ("2026-11-22T10:00", true),
        ("2026-11-23T09:59", true),
        ("2026-11-23T10:00", false),
    ] {
        let mut world = lost(weekly());
        world.add(pair("instead", start, ANN));
        let session = world.session("2026-11-20T09:00", "2026-11-16T10:00");
        assert_eq!(session.made_up_by.is_some(), stands_in, "{start}");
    }
}

#[test]
fn only_an_ordinary_event_of_just_this_pair_stands_in() {
    let other_person = pair("instead", "2026-11-18T15:00", BOB);
    let three =
        pair("instead", "2026-11-18T15:00", ANN).changed(|event| event.guests.push(guest(BOB, Reply::Accepted)));
    let declined = pair("instead", "2026-11-18T15:00", ANN)
        .changed(|event| event.guests = vec![guest(OWNER, Reply::Accepted), guest(ANN, Reply::Declined)]);
    let cancelled = pair("instead", "2026-11-18T15:00", ANN).changed(|event| event.status = Status::Cancelled);
    let long = pair("instead", "2026-11-18T15:00", ANN)
        .changed(|event| event.end = event.start.plus(jiff::SignedDuration::from_mins(121)));
    for event in [other_person, three, declined, cancelled, long] {
        let mut world = lost(weekly());
        world.add(event.clone());
        assert_eq!(world.session("2026-11-20T09:00", "2026-11-16T10:00").made_up_by, None, "{event:#?}");
    }
}

#[test]
fn each_replacement_replaces_one_session() {
    let two_lost = weekly().changed(|event| {
        except(event, "2026-11-09T10:00");
        except(event, "2026-11-16T10:00");
    });
    let mut world = World::new("2026-11-01T08:00").with(two_lost);
    world.add(pair("instead", "2026-11-12T10:00", ANN));
    world.read("2026-11-20T08:00");
    let made_up = |original| world.session("2026-11-20T09:00", original).made_up_by.is_some();
    assert_eq!((made_up("2026-11-09T10:00"), made_up("2026-11-16T10:00")), (true, false));
    world.add(pair("second", "2026-11-13T10:00", ANN));
    let made_up = |original| world.session("2026-11-20T09:00", original).made_up_by.is_some();
    assert_eq!((made_up("2026-11-09T10:00"), made_up("2026-11-16T10:00")), (true, true));
}

#[test]
fn a_make_up_after_the_deadline_is_late_but_pays_the_debt() {
    let mut world = lost(fortnightly());
    let deadline = world.session("2026-11-20T09:00", "2026-11-16T10:00").deadline;
    assert_eq!(deadline, at("2026-11-23T10:00"), "half the way to the 30th");
    world.add(pair("late", "2026-11-25T10:00", ANN));
    world.read("2026-11-27T08:00");
    let session = world.session("2026-11-27T09:00", "2026-11-16T10:00");
    assert_eq!((session.state, session.owed), (Some(Loss::Missed), false));
}

#[test]
fn a_weekly_debt_is_cleared_by_the_next_held_session_and_still_counts_as_missed() {
    let mut world = lost(weekly());
    world.read("2026-11-23T08:00");
    let before = world.session("2026-11-23T09:00", "2026-11-16T10:00");
    assert_eq!((before.state, before.owed), (Some(Loss::Missed), true));
    world.read("2026-11-23T20:00");
    let after = world.session("2026-11-23T21:00", "2026-11-16T10:00");
    assert_eq!((after.state, after.owed), (Some(Loss::Missed), false));
    world.policy.overtaken = Overtaken::Never;
    assert!(world.session("2026-11-23T21:00", "2026-11-16T10:00").owed);
}

#[test]
fn a_slower_debt_stays_for_months_until_it_is_waived_where_only_weekly_ones_are_overtaken() {
    let mut world = lost(fortnightly());
    world.read("2027-01-20T08:00");
    assert!(!world.session("2027-01-20T09:00", "2026-11-16T10:00").owed, "they have met since");
    world.policy.overtaken = Overtaken::UpToAWeek;
    let session = world.session("2027-01-20T09:00", "2026-11-16T10:00");
    assert_eq!((session.state, session.owed), (Some(Loss::Missed), true));
    let waive = Choice::Waive { session: session.id };
    world.snapshot.decisions.push(Decision { choice: waive, at: at("2027-01-20T08:30") });
    assert!(!world.session("2027-01-20T09:00", "2026-11-16T10:00").owed);
}

#[test]
fn a_monthly_deadline_is_half_the_actual_distance_to_the_next_session() {
    let monthly = series("ann", "2026-08-31T10:00", "FREQ=MONTHLY;BYMONTHDAY=-1", ANN)
        .changed(|event| except(event, "2026-10-31T10:00"));
    let world = World::new("2026-11-20T08:00").with(monthly);
    let session = world.session("2026-11-20T09:00", "2026-10-31T10:00");
    assert_eq!(session.deadline, at("2026-11-15T10:00"));
    assert_eq!(world.only("2026-11-20T09:00").cadence, Cadence::every(1, CadenceUnit::Month));
}

#[test]
fn the_owners_week_may_start_on_sunday() {
    let mut world = lost(weekly());
    world.policy.first_weekday = jiff::civil::Weekday::Sunday;
    assert_eq!(world.session("2026-11-20T09:00", "2026-11-16T10:00").deadline, at("2026-11-22T00:00"));
}

#[test]
fn nothing_held_for_more_than_twice_the_cadence_is_overdue_also_when_excused() {
    let away = days("off", "Vacation", "2026-11-02", "2026-11-21");
    let mut world = World::new("2026-10-01T08:00").with(weekly()).with(away);
    world.read("2026-11-20T08:00");
    let one = world.only("2026-11-20T09:00");
    assert!(one.overdue && one.owed().count() == 0);
    assert_eq!(one.last_held, Some(at("2026-10-26T10:00")));
    let earlier = world.only("2026-11-09T09:59");
    assert!(!earlier.overdue, "two weeks are not more than two weeks");
}

#[test]
fn a_title_can_only_make_a_tentative_one_which_owes_nothing_until_it_is_confirmed() {
    let bare = weekly().changed(|event| {
        event.title = "1:1 Ann".into();
        event.guests = vec![];
        event.organiser = None;
        event.guest_list = cadenced::domain::event::GuestList::Absent;
        except(event, "2026-11-16T10:00");
    });
    let mut world = World::new("2026-11-01T08:00").with(bare).roster("Ann Ash", &[ANN]);
    world.read("2026-11-20T08:00");
    let one = world.only("2026-11-20T09:00");
    assert_eq!((one.verdict, one.owed().count()), (Verdict::Tentative, 0));
    assert!(world.clone().act("2026-11-20T09:00").iter().all(|notice| notice.key.starts_with("report")));
    let confirm = Choice::Confirm { id: one.id, person: None };
    world.snapshot.decisions.push(Decision { choice: confirm, at: at("2026-11-20T08:30") });
    let one = world.only("2026-11-20T09:00");
    assert_eq!((one.verdict, one.owed().count()), (Verdict::OneOnOne, 1));
}

#[test]
fn a_lost_session_of_one_series_is_not_replaced_by_a_session_of_another() {
    let career = series("career", "2026-09-17T15:00", "FREQ=MONTHLY;BYDAY=3TH", ANN);
    let mut world = lost(weekly());
    world.add(career);
    let standing = world.standing("2026-11-20T09:00");
    assert_eq!(standing.one_on_ones.len(), 2);
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    assert!(sessions.filter(|session| session.outcome == Outcome::Cancelled).all(|lost| lost.made_up_by.is_none()));
}
