//! Weeks by the owner's first weekday and zone, and the facts of one.

use cadenced::domain::one_on_one::Verdict;
use cadenced::domain::week::{Mark, WeekId, facts};
use jiff::civil::{Date, Weekday};
use proptest::prelude::*;

use crate::support::*;

fn id(text: &str) -> WeekId {
    text.parse().unwrap()
}

#[test]
fn a_week_has_its_iso_name_also_around_the_turn_of_the_year() {
    let of = |day: &str| WeekId::of(day.parse().unwrap(), Weekday::Monday).to_string();
    assert_eq!(of("2026-11-20"), "2026-W47");
    assert_eq!(of("2027-01-03"), "2026-W53");
    assert_eq!(of("2027-01-04"), "2027-W01");
    for bad in ["2026-47", "2026-W54", "2025-W53", "W47", "2026-W00", ""] {
        assert!(bad.parse::<WeekId>().is_err(), "{bad}");
    }
}

#[test]
fn a_week_spans_a_change_of_clocks_in_the_owners_zone() {
    let span = id("2026-W43").span(Weekday::Monday, &zone());
    assert_eq!((span.start, span.end), (at("2026-10-19T00:00"), at("2026-10-26T00:00")));
    assert_eq!(span.length().as_hours(), 7 * 24 + 1);
}

proptest! {
    #[test]
    fn every_day_is_in_the_week_that_it_names_and_weeks_tile(days in 0i64..40_000, first in 0i8..7) {
        let first = Weekday::from_monday_zero_offset(first).unwrap();
        let day = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let week = WeekId::of(day, first);
        let start = week.first_day(first);
        prop_assert_eq!(start.weekday(), first);
        let into = day.since(start).unwrap().get_days();
        prop_assert!((0..7).contains(&into), "{day} is {into} days into {week}");
        prop_assert_eq!(week.to_string().parse::<WeekId>().unwrap(), week);
        let before = week.back(1, first).first_day(first);
        prop_assert_eq!(before.checked_add(jiff::Span::new().days(7)).unwrap(), start);
    }
}

#[test]
fn the_facts_count_each_session_once_and_leave_tentative_ones_out() {
    let mut world = World::new("2026-08-01T08:00");
    let master = series("ann", "2026-09-07T10:00", "FREQ=WEEKLY", ANN).changed(|event| {
        except(event, "2026-10-26T10:00");
        except(event, "2026-11-09T10:00");
    });
    world.add(master);
    world.add(pair("instead", "2026-10-28T10:00", ANN));
    world.add(days("off", "Vacation", "2026-10-12", "2026-10-17"));
    let tentative = series("bob", "2026-09-08T10:00", "FREQ=WEEKLY", BOB).changed(|event| {
        event.title = "1:1 Bob".into();
        event.organiser = None;
        event.guests = vec![];
        event.guest_list = cadenced::domain::event::GuestList::Absent;
    });
    world.add(tentative);
    let mut world = world.roster("Bob Birch", &[BOB]);
    world.read("2026-11-17T08:00");
    let standing = world.standing("2026-11-17T09:00");
    let week = facts(&standing, &world.snapshot.ledger, &world.policy, id("2026-W47"));
    assert_eq!((week.totals.expected, week.totals.held), (1, 1));
    let all = week.quarter;
    assert_eq!((all.held, all.made_up, all.missed, all.excused, all.expected), (8, 1, 1, 1, 10));
    let ann = week.people.iter().find(|person| person.person.addresses.contains(&address(ANN))).unwrap();
    let marks: Vec<Option<Mark>> = ann.one_on_ones[0].strip.iter().map(|week| week.marks.first().copied()).collect();
    let held = Some(Mark::Held);
    let (excused, made_up, missed) = (Some(Mark::Excused), Some(Mark::MadeUp), Some(Mark::Missed));
    assert_eq!(marks, [None, held, held, held, held, held, excused, held, made_up, held, missed, held]);
    assert_eq!(ann.one_on_ones[0].days_since_held, Some(1));
    let bob = week.people.iter().find(|person| person.person.addresses.contains(&address(BOB))).unwrap();
    assert_eq!(bob.one_on_ones[0].verdict, Verdict::Tentative);
    let past = facts(&standing, &world.snapshot.ledger, &world.policy, id("2026-W46"));
    let ann = past.people.iter().find(|person| person.person.addresses.contains(&address(ANN))).unwrap();
    assert_eq!((past.totals.missed, ann.one_on_ones[0].last_held), (1, Some(at("2026-11-16T10:00"))));
}
