//! Properties of the slot search: it keeps every rule, equals a naive search, and ignores the irrelevant.
#![expect(clippy::unwrap_used, reason = "a test whose fixture is wrong has to fail")]

use cadenced::domain::person::Side;
use cadenced::domain::slot::{Against, Busy, Candidate, Diary, Found, Known, NoSlot, Search, blocked_by, search};
use cadenced::domain::span::Span;
use jiff::SignedDuration;
use proptest::prelude::*;

use world::{Searched, kind, searched, span};

mod naive;
mod world;

/// The best one and the runners-up.
fn candidates(found: &Found) -> Vec<&Candidate> {
    match found {
        Found::Slot(choice) => std::iter::once(&choice.best).chain(&choice.runners_up).collect(),
        Found::None(_) => Vec::new(),
    }
}

fn best(found: &Found) -> Option<(Span, i64)> {
    candidates(found).first().map(|best| (best.span, best.penalty))
}

fn with(world: &Searched, side: usize, busy: Busy) -> Searched {
    let mut more = world.clone();
    more.busy[side].push(busy);
    more
}

/// How far around a slot other things may matter to it.
fn reach(world: &Searched) -> SignedDuration {
    world.rules.buffer.max(SignedDuration::from_mins(10))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_best_slot_is_the_best_of_all_minutes(world in searched()) {
        let found = search(&world.search());
        prop_assert_eq!(best(&found), naive::best(&world), "{:?}", found);
    }

    #[test]
    fn every_candidate_keeps_every_rule_and_they_never_overlap(world in searched()) {
        let found = search(&world.search());
        let all = candidates(&found);
        let unknown = if world.other_known { vec![] } else { vec![Against::Unknown(Side::Other)] };
        for (index, one) in all.iter().enumerate() {
            prop_assert!(naive::is_allowed(&world, one.span), "{:?}", one);
            prop_assert_eq!(blocked_by(&world.search(), one.span), unknown.clone());
            prop_assert!(!one.grounds.is_empty());
            let earlier = &all[..index];
            prop_assert!(earlier.iter().all(|other| !other.span.overlaps(&one.span)));
            prop_assert!(earlier.iter().all(|other| (other.penalty, other.span.start) < (one.penalty, one.span.start)));
        }
    }

    #[test]
    fn a_named_span_is_blocked_exactly_when_a_rule_forbids_it(world in searched(), by in 0..6_000_i64, extra in 0..40_i64) {
        let start = world.now + SignedDuration::from_mins(by);
        let named = Span::new(start, start + SignedDuration::from_mins(world.length + extra));
        let mut against = blocked_by(&world.search(), named);
        against.retain(|one| *one != Against::Unknown(Side::Other));
        prop_assert_eq!(against.is_empty(), naive::is_allowed(&world, named), "{:?} {:?}", named, against);
    }

    #[test]
    fn what_does_not_reach_the_best_slot_leaves_it_the_best(
        (world, more, side) in searched().prop_flat_map(|world| {
            let more = (span(world.now, 600), kind()).prop_map(|(span, what)| Busy { span, what });
            (Just(world), more, 0..2_usize)
        })
    ) {
        let found = search(&world.search());
        let Some((slot, penalty)) = best(&found) else { return Ok(()) };
        let near = Span::new(slot.start - reach(&world), slot.end + reach(&world));
        prop_assume!(!near.overlaps(&more.span));
        prop_assert_eq!(best(&search(&with(&world, side, more).search())), Some((slot, penalty)));
    }

    #[test]
    fn what_is_outside_the_window_changes_nothing(world in searched(), minutes in 1..3_000_i64, side in 0..2_usize, what in kind()) {
        let length = SignedDuration::from_mins(minutes);
        let (begin, end) = (world.now - reach(&world), world.latest + reach(&world));
        let found = search(&world.search());
        for span in [Span::new(begin - length, begin), Span::new(end, end + length)] {
            prop_assert_eq!(&search(&with(&world, side, Busy { span, what }).search()), &found);
        }
    }

    #[test]
    fn the_same_input_in_any_order_gives_the_same_answer(world in searched()) {
        let found = search(&world.search());
        prop_assert_eq!(&search(&world.search()), &found);
        let mut sorted = world.clone();
        for busy in &mut sorted.busy {
            busy.sort_by_key(|one| one.span);
        }
        prop_assert_eq!(&search(&sorted.search()), &found);
        for busy in &mut sorted.busy {
            busy.reverse();
        }
        prop_assert_eq!(&search(&sorted.search()), &found);
    }

    #[test]
    fn what_is_unknown_is_never_certainly_free(world in searched()) {
        let known = Search { other: Diary { busy: Known::Known(&[]), ..world.search().other }, ..world.search() };
        let unknown = Search { other: Diary { busy: Known::Unknown, ..world.search().other }, ..world.search() };
        match (search(&unknown), search(&known)) {
            (Found::Slot(asked), Found::Slot(free)) => {
                prop_assert!(asked.other_unknown && !free.other_unknown);
                prop_assert_eq!(asked.best, free.best);
            }
            (asked, free) => prop_assert_eq!(asked, free),
        }
        let own = Search { owner: Diary { busy: Known::Unknown, ..world.search().owner }, ..world.search() };
        prop_assert_eq!(search(&own), Found::None(NoSlot::OwnerUnknown));
        let named = Span::new(world.now, world.latest);
        prop_assert!(blocked_by(&own, named).contains(&Against::Unknown(Side::Owner)));
        prop_assert!(blocked_by(&unknown, named).contains(&Against::Unknown(Side::Other)));
    }

    #[test]
    fn the_reason_for_no_slot_is_true(world in searched()) {
        let Found::None(why) = search(&world.search()) else { return Ok(()) };
        let mut idle = world.clone();
        idle.busy = [Vec::new(), Vec::new()];
        let mut open = idle.clone();
        open.rules.protected_days.clear();
        open.rules.protected_times = Default::default();
        let mut at_once = world.clone();
        at_once.rules.notice = SignedDuration::ZERO;
        let finds = |world: &Searched| best(&search(&world.search())).is_some();
        match why {
            NoSlot::NoCommonFreeTime => prop_assert!(finds(&idle) && !finds(&at_once)),
            NoSlot::Protected => prop_assert!(finds(&open) && !finds(&idle)),
            NoSlot::NoCommonHours | NoSlot::NoRoom => prop_assert!(!finds(&open) && !finds(&at_once)),
            NoSlot::Notice => prop_assert!(finds(&at_once) || !finds(&open)),
            NoSlot::OwnerUnknown => prop_assert!(false, "it is known"),
        }
    }
}
