//! The user's decisions on sessions override the calendar, are only ever added, and show in past reports.

use cadenced::domain::session::{Choice, Decision, Evidence, Loss, Outcome};
use cadenced::domain::week::past::{as_of, facts_as_of};

use crate::support::*;

/// Ann's weekly 1:1 on Mondays at ten; that of the 9th was taken out.
fn world() -> World {
    let master = series("ann", "2026-09-07T10:00", "FREQ=WEEKLY;BYDAY=MO", ANN);
    let mut world = World::new("2026-09-01T08:00").with(master.clone());
    world.act("2026-09-01T08:10");
    world.add(master.changed(|event| except(event, "2026-11-09T10:00")));
    world.read("2026-11-17T08:00");
    world
}

fn say(world: &mut World, when: &str, choice: impl Fn(cadenced::domain::session::SessionId) -> Choice) {
    let session = world.session("2026-11-17T09:00", "2026-11-09T10:00").id;
    world.snapshot.decisions.push(Decision { choice: choice(session), at: at(when) });
}

#[test]
fn the_last_word_counts_and_what_the_calendar_says_stays_known() {
    let mut world = world();
    let lost = |world: &World| world.session("2026-11-17T09:00", "2026-11-09T10:00");
    assert_eq!((lost(&world).outcome, lost(&world).state), (Outcome::Cancelled, Some(Loss::Missed)));
    say(&mut world, "2026-11-17T08:10", |session| Choice::NoShow { session });
    say(&mut world, "2026-11-17T08:20", |session| Choice::Held { session });
    let held = lost(&world);
    assert_eq!((held.outcome, held.state, held.owed), (Outcome::HeldConfirmed, None, false));
    assert!(held.evidence.contains(&Evidence::Overruled { outcome: Outcome::Cancelled }), "{:?}", held.evidence);
    say(&mut world, "2026-11-17T08:30", |session| Choice::Excuse { session });
    assert_eq!(lost(&world).outcome, Outcome::Excused);
    say(&mut world, "2026-11-17T08:40", |session| Choice::Withdraw { session });
    assert_eq!(lost(&world).outcome, Outcome::Cancelled);
    assert_eq!(world.snapshot.decisions.len(), 4, "every word is kept");
}

#[test]
fn a_word_on_what_only_the_ledger_remembers_counts_as_well() {
    let mut world = world();
    world.act("2026-11-17T09:00");
    say(&mut world, "2026-11-17T09:30", |session| Choice::Held { session });
    world.act("2026-11-17T10:00");
    world.snapshot.events.clear();
    let held = world.session("2026-11-17T11:00", "2026-11-09T10:00");
    assert_eq!(held.outcome, Outcome::HeldConfirmed);
    assert!(held.evidence.contains(&Evidence::Overruled { outcome: Outcome::Cancelled }), "{:?}", held.evidence);
    say(&mut world, "2026-11-17T11:30", |session| Choice::NoShow { session });
    let absent = world.session("2026-11-17T12:00", "2026-11-09T10:00");
    assert_eq!(absent.outcome, Outcome::NoShow);
    assert!(absent.evidence.contains(&Evidence::Overruled { outcome: Outcome::Cancelled }), "{:?}", absent.evidence);
}

#[test]
fn a_waiver_can_be_taken_back() {
    let mut world = world();
    world.policy.overtaken = cadenced::domain::policy::Overtaken::Never;
    let owed = |world: &World| world.session("2026-11-17T09:00", "2026-11-09T10:00").owed;
    assert!(owed(&world));
    say(&mut world, "2026-11-17T08:10", |session| Choice::Waive { session });
    assert!(!owed(&world));
    say(&mut world, "2026-11-17T08:20", |session| Choice::Withdraw { session });
    assert!(owed(&world));
}

#[test]
fn the_report_of_a_past_week_is_the_same_when_made_again_unless_corrected_and_then_says_so() {
    let mut world = world();
    let week = "2026-W46".parse().unwrap();
    let made = |world: &World, now: &str| {
        let at = as_of(week, &world.policy, at(now));
        facts_as_of(&world.snapshot.clone().as_of(at), &world.policy, week, at)
    };
    let first = made(&world, "2026-11-17T09:00");
    assert_eq!((first.totals.missed, first.made), (1, at("2026-11-16T08:00")));
    world.read("2027-03-01T08:00");
    assert_eq!(made(&world, "2027-03-02T09:00"), first);
    say(&mut world, "2027-03-01T09:00", |session| Choice::Held { session });
    let corrected = made(&world, "2027-03-02T09:00");
    assert_eq!((corrected.totals.missed, corrected.totals.confirmed), (0, 1));
    let said: Vec<_> = corrected.corrections.iter().map(|one| (one.session.original, one.at)).collect();
    assert_eq!(said, [(at("2026-11-09T10:00"), at("2027-03-01T09:00"))]);
}
