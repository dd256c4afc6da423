//! Pending decisions offer the same choices everywhere, vanish once settled, and are never applied twice.

use cadenced::domain::inbox::{About, InvalidChoice, Item, find, items, validate};
use cadenced::domain::plan::{Notice, Subject, is_true, next_change, proposals};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::source::SourceKind;
use cadenced::notify::buttons::{Press, other_slots, presses};
use jiff::SignedDuration;

use crate::support::*;

const NOW: &str = "2026-11-17T10:01";

/// Ann's Mondays at ten, on a calendar that can be written; the next one was just cancelled.
fn world() -> World {
    let weekly = series("ann", "2026-09-07T10:00", "FREQ=WEEKLY", ANN);
    let mut world = World::new("2026-11-01T08:00").with(weekly.clone());
    world.snapshot.sources[0].kind = SourceKind::Api;
    world.snapshot.sources[0].read_only = false;
    world.act("2026-11-01T08:01");
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    world.add(weekly.changed(|event| except(event, "2026-11-23T10:00")));
    world.read("2026-11-17T10:00");
    world
}

fn waiting(world: &World, now: &str) -> Vec<Item> {
    let standing = world.standing(now);
    let proposed = proposals(&standing, &world.snapshot, &world.policy);
    items(&standing, &world.snapshot, &world.policy, &proposed)
}

fn weighed(world: &World, choice: &Choice, now: &str) -> Result<(), InvalidChoice> {
    let standing = world.standing(now);
    let proposed = proposals(&standing, &world.snapshot, &world.policy);
    validate(choice, &standing, &world.snapshot, &world.policy, &proposed)
}

fn decide(world: &mut World, choice: &Choice, now: &str) {
    world.snapshot.decisions.push(Decision { choice: choice.clone(), at: at(now) });
}

fn is_still_true(world: &World, notice: &Notice, now: &str) -> bool {
    let standing = world.standing(now);
    is_true(notice, &standing, &world.snapshot, &proposals(&standing, &world.snapshot, &world.policy))
}

fn lost(told: Vec<Notice>) -> Notice {
    let mut lost = told.into_iter().filter(|notice| matches!(notice.subject, Subject::Lost { .. }));
    lost.next().expect("the loss is told")
}

fn words(item: &Item) -> Vec<&str> {
    item.choices.iter().map(|offer| offer.word.as_str()).collect()
}

#[test]
fn a_notice_has_the_choices_of_its_item_on_its_buttons() {
    let mut world = world();
    let notice = lost(world.act(NOW));
    let all = waiting(&world, NOW);
    assert_eq!(words(&all[0]), ["take", "take-2", "take-3", "take-4", "waive"]);
    let pressed = presses(&notice, &all);
    let take = all[0].choice("take").expect("a slot").clone();
    let waive = all[0].choice("waive").expect("a way out").clone();
    let About::Session { session, .. } = &all[0].about else { panic!("{:?}", all[0]) };
    let others = Press::OtherTimes { session: session.clone() };
    assert_eq!(pressed, [Press::Decide { choice: take }, others, Press::Decide { choice: waive }]);
    assert_eq!(other_slots(session, &all), all[0].slots().skip(1).collect::<Vec<_>>());
}

#[test]
fn a_slot_that_was_taken_ends_the_item_and_the_notice_and_a_second_click_does_nothing() {
    let mut world = world();
    let notice = lost(world.act(NOW));
    assert!(is_still_true(&world, &notice, NOW));
    let take = waiting(&world, NOW)[0].choice("take").expect("a slot").clone();
    assert_eq!(weighed(&world, &take, NOW), Ok(()));
    decide(&mut world, &take, NOW);
    assert_eq!(weighed(&world, &take, NOW), Err(InvalidChoice::InHand));
    assert!(waiting(&world, NOW).is_empty());
    assert!(!is_still_true(&world, &notice, NOW));
}

#[test]
fn what_was_done_can_be_undone_until_it_begins_and_once() {
    let mut world = world();
    world.act(NOW);
    let take = waiting(&world, NOW)[0].choice("take").expect("a slot").clone();
    decide(&mut world, &take, NOW);
    world.act(NOW);
    assert_eq!(world.snapshot.operations.len(), 1, "it was written");
    let all = waiting(&world, NOW);
    let item = all.iter().find(|item| words(item) == ["undo"]).expect("it can be undone");
    let standing = world.standing(NOW);
    let proposed = proposals(&standing, &world.snapshot, &world.policy);
    let by_beginning = find("operation", &standing, &world.snapshot, &world.policy, &proposed);
    assert_eq!(by_beginning.as_ref(), Ok(item));
    let undo = item.choice("undo").expect("undo").clone();
    assert_eq!(weighed(&world, &undo, "2026-12-24T10:00"), Err(InvalidChoice::Past));
    decide(&mut world, &undo, NOW);
    assert_eq!(weighed(&world, &undo, NOW), Err(InvalidChoice::InHand));
    world.act("2026-11-17T10:02");
    assert_eq!(world.snapshot.operations.len(), 2, "it was taken back");
    assert_eq!(weighed(&world, &undo, "2026-11-17T10:02"), Err(InvalidChoice::Undone));
}

#[test]
fn a_waived_session_is_settled_and_a_late_click_on_a_slot_says_so() {
    let mut world = world();
    world.act(NOW);
    let item = waiting(&world, NOW).remove(0);
    let (take, waive) = (item.choice("take").expect("a slot"), item.choice("waive").expect("a way out"));
    decide(&mut world, waive, NOW);
    assert_eq!(weighed(&world, take, NOW), Err(InvalidChoice::NotOwed));
    assert_eq!(weighed(&world, waive, NOW), Err(InvalidChoice::Already));
    assert!(waiting(&world, NOW).is_empty());
}

#[test]
fn a_slot_whose_time_has_passed_is_too_late() {
    let mut world = world();
    world.act(NOW);
    let take = waiting(&world, NOW)[0].choice("take").expect("a slot").clone();
    assert_eq!(weighed(&world, &take, "2026-11-29T10:00"), Err(InvalidChoice::Past));
}

#[test]
fn a_session_is_announced_once_shortly_before_it_and_never_when_it_is_cancelled() {
    let mut world = world();
    world.policy.remind = Some(SignedDuration::from_mins(5));
    world.act(NOW);
    let soon = |told: &[Notice]| told.iter().filter(|one| matches!(one.subject, Subject::Soon { .. })).count();
    world.read("2026-11-23T09:50");
    assert_eq!(soon(&world.act("2026-11-23T09:56")), 0, "it was cancelled");
    world.read("2026-11-30T09:00");
    world.act("2026-11-30T09:30");
    assert_eq!(next_change(&world.standing("2026-11-30T09:30"), &world.policy), at("2026-11-30T09:55"));
    assert_eq!(soon(&world.act("2026-11-30T09:54")), 0);
    assert_eq!(soon(&world.act("2026-11-30T09:55")), 1);
    assert_eq!(soon(&world.act("2026-11-30T09:58")), 0);
}
