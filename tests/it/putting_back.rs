//! What is done about an owed session, by role, mode, loss and journal.

use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::event::{Reply, Status};
use cadenced::domain::operation::{StandDownReason, State, WriteKind};
use cadenced::domain::plan::{Action, next_deed, plan};
use cadenced::domain::policy::Mode;
use cadenced::domain::reschedule::{Proposal, ProposalKind, ProposalReason, proposals};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::source::SourceKind;
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::support::{
    ANN, BOB, Changed, OWNER, World, address, alone, at, except, guest, instance, move_to, pair, series, zone,
};

const NOW: &str = "2026-11-16T08:00";

/// A live calendar that may be written, read just before; a weekly 1:1 on Tuesdays at 10 with Ann, whose time is known to be free.
fn world() -> World {
    let mut world = World::new("2026-10-01T08:00").with(series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN));
    let source = &mut world.snapshot.sources[0];
    (source.kind, source.read_only) = (SourceKind::Api, false);
    world.policy.hours.zone = zone();
    world.policy.mode = Mode::Auto;
    world.policy.ask_when_other_lost = false;
    world.read("2026-11-16T07:40");
    world.act("2026-11-16T07:41");
    world.read("2026-11-16T07:50");
    world.free(NOW);
    world
}

trait Putting {
    fn free(&mut self, when: &str);
    fn busy(&mut self, when: &str, busy: Option<&[(&str, &str)]>);
    fn cancel(&mut self, original: &str);
    fn decline(&mut self, original: &str, who: &str);
    fn proposed(&self, now: &str) -> Vec<Proposal>;
    fn one(&self, now: &str) -> Proposal;
    fn written(&self, now: &str) -> Vec<Action>;
    fn did(&mut self, way: WriteKind, state: State, when: &str);
}

impl Putting for World {
    fn free(&mut self, when: &str) {
        self.busy(when, Some(&[]));
    }

    fn busy(&mut self, when: &str, busy: Option<&[(&str, &str)]>) {
        let window = Span::new(at(when), at(when) + SignedDuration::from_hours(56 * 24));
        let span = |(from, to): &(&str, &str)| BusySpan { span: Span::new(at(from), at(to)), tentative: false };
        let busy = busy.map(|spans| spans.iter().map(span).collect());
        let said = |who: &str, busy| Availability { who: address(who), window, asked: at(when), busy };
        self.snapshot.availability = vec![said(ANN, busy), said(OWNER, Some(Vec::new()))];
    }

    fn cancel(&mut self, original: &str) {
        let master = self.snapshot.events[0].event.clone();
        self.add(instance(&master, original).changed(|event| event.status = Status::Cancelled));
    }

    fn decline(&mut self, original: &str, who: &str) {
        let master = self.snapshot.events[0].event.clone();
        let reply = |one: &str| guest(one, if one == who { Reply::Declined } else { Reply::Accepted });
        self.add(instance(&master, original).changed(|event| event.guests = vec![reply(OWNER), reply(ANN)]));
    }

    fn proposed(&self, now: &str) -> Vec<Proposal> {
        proposals(&self.standing(now), &self.snapshot, &self.policy)
    }

    fn one(&self, now: &str) -> Proposal {
        let mut all = self.proposed(now);
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    fn written(&self, now: &str) -> Vec<Action> {
        let actions = plan(&self.standing(now), &self.snapshot, &self.policy);
        actions.into_iter().filter(|action| matches!(action, Action::Write(_))).collect()
    }

    fn did(&mut self, way: WriteKind, state: State, when: &str) {
        let mut intent = self.one(when).intent.expect("something to do");
        intent.way = way;
        intent.automatic = true;
        self.journal(intent, state, at(when));
    }
}

fn local(at: Timestamp) -> String {
    zone().to_datetime(at).strftime("%a %H:%M").to_string()
}

#[test]
fn a_cancelled_session_is_made_up_and_a_declined_one_moved() {
    let mut cancelled = world();
    cancelled.cancel("2026-11-17T10:00");
    let proposal = cancelled.one(NOW);
    assert_eq!(proposal.kind, ProposalKind::MakeUp, "{proposal:#?}");
    let intent = proposal.intent.unwrap();
    assert_eq!((intent.way, intent.uid.as_str(), intent.automatic), (WriteKind::MakeUp, "w", true));
    assert_eq!(intent.guest.unwrap().address, Some(address(ANN)));
    assert_eq!(intent.organiser, Some(address(OWNER)));

    let mut declined = world();
    declined.decline("2026-11-17T10:00", ANN);
    let proposal = declined.one(NOW);
    assert_eq!(proposal.kind, ProposalKind::Move, "{proposal:#?}");
    assert_eq!(local(proposal.to.unwrap().start), "Tue 09:30", "as near to the usual time as may be");
}

#[test]
fn what_is_written_waits_for_the_grace_to_be_over() {
    let mut world = world();
    world.decline("2026-11-17T10:00", ANN);
    world.snapshot.events[1].event.modified = Some(at("2026-05-01T07:55"));
    world.read("2026-11-16T07:59");
    let early = world.one(NOW);
    assert!(early.why.contains(&ProposalReason::Grace) && early.due == Some(at("2026-11-16T08:09")), "{early:#?}");
    assert_eq!(world.written(NOW), []);
    assert_eq!(world.written("2026-11-16T08:09").len(), 1);
}

#[test]
fn what_a_series_comes_cancelled_with_waits_for_the_grace_from_the_read_that_brought_it() {
    let mut excepted = series("n", "2026-11-16T14:00", "FREQ=WEEKLY", BOB);
    except(&mut excepted, "2026-11-16T14:00");
    let plain = series("n", "2026-11-16T14:00", "FREQ=WEEKLY", BOB);
    let called_off = instance(&plain, "2026-11-16T14:00").changed(|event| event.status = Status::Cancelled);
    for (name, events) in [("an exception", vec![excepted]), ("a cancelled override", vec![plain, called_off])] {
        let mut world = world();
        world.read("2026-11-16T07:59");
        for event in events {
            world.add(event);
        }
        let bob = Availability { who: address(BOB), ..world.snapshot.availability[0].clone() };
        world.snapshot.availability.push(bob);
        let proposal = world.one(NOW);
        assert_eq!(proposal.kind, ProposalKind::MakeUp, "{name}: {proposal:#?}");
        assert_eq!(proposal.due, Some(at("2026-11-16T08:09")), "{name}: {proposal:#?}");
    }
}

#[test]
fn what_another_event_took_the_place_of_is_made_up_once_the_user_says_that_it_was_not_held() {
    let mut world = world();
    world.add(pair("clash", "2026-11-17T10:00", "bob@example.com"));
    world.read("2026-11-17T11:31");
    world.free("2026-11-17T11:32");
    let now = "2026-11-17T11:32";
    let asked = world.one(now);
    assert!(asked.kind == ProposalKind::Ask && asked.why.contains(&ProposalReason::MayHaveBeenHeld), "{asked:#?}");
    assert_eq!(world.written(now), []);
    let said = |choice| Decision { choice, at: at(now) };
    let mut held = world.clone();
    held.snapshot.decisions.push(said(Choice::Held { session: asked.session.clone() }));
    assert_eq!((held.proposed(now), held.written(now)), (vec![], vec![]));
    world.snapshot.decisions.push(said(Choice::NoShow { session: asked.session }));
    let sure = world.one(now);
    assert_eq!(sure.kind, ProposalKind::MakeUp, "{sure:#?}");
    assert_eq!(world.written(now).len(), 1);
}

#[test]
fn the_day_that_the_owner_cancelled_is_offered_where_their_calendar_shows_why_or_nothing_else_is_in_time() {
    let day =
        |world: &World, now: &str| zone().to_datetime(world.one(now).to.unwrap().start).strftime("%a").to_string();
    let mut called_off = world();
    called_off.cancel("2026-11-17T10:00");
    assert_eq!(day(&called_off, NOW), "Wed", "{:#?}", called_off.one(NOW));
    called_off.add(alone("dentist", "Dentist", "2026-11-17T10:00", 30));
    assert_eq!(day(&called_off, NOW), "Tue", "the dentist is why");
    // Of Friday's session, nothing but that Friday is left before its deadline.
    let mut world = World::new("2026-10-01T08:00").with(series("w", "2026-10-02T10:00", "FREQ=WEEKLY", ANN));
    (world.snapshot.sources[0].kind, world.snapshot.sources[0].read_only) = (SourceKind::Api, false);
    world.policy.hours.zone = zone();
    let now = "2026-11-19T19:00";
    world.read("2026-11-19T18:40");
    world.act("2026-11-19T18:41");
    world.cancel("2026-11-20T10:00");
    world.read("2026-11-19T18:50");
    world.free(now);
    assert_eq!(day(&world, now), "Fri", "{:#?}", world.one(now));
}

#[test]
fn a_mode_is_obeyed() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    for (mode, kind, writes) in
        [(Mode::Auto, ProposalKind::MakeUp, 1), (Mode::Ask, ProposalKind::Ask, 0), (Mode::Off, ProposalKind::None, 0)]
    {
        world.policy.mode = mode;
        assert_eq!((world.one(NOW).kind, world.written(NOW).len()), (kind, writes), "{mode:?}");
    }
}

#[test]
fn what_the_other_lost_is_asked_about_first() {
    let mut world = world();
    world.policy.ask_when_other_lost = true;
    world.decline("2026-11-17T10:00", ANN);
    let proposal = world.one(NOW);
    assert!(
        proposal.kind == ProposalKind::Ask && proposal.why.contains(&ProposalReason::OtherSideLost),
        "{proposal:#?}"
    );
    world.decline("2026-11-17T10:00", OWNER);
    assert_eq!(world.one(NOW).kind, ProposalKind::Move, "what the owner lost is the owner's to mend");
}

#[test]
fn unknown_is_never_free() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    world.busy(NOW, None);
    let proposal = world.one(NOW);
    assert!(
        proposal.kind == ProposalKind::Ask && proposal.why.contains(&ProposalReason::OtherUnknown),
        "{proposal:#?}"
    );
    assert_eq!(world.written(NOW), []);
}

#[test]
fn old_news_of_somebodys_time_is_asked_for_again_before_anything_is_done() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    world.free("2026-11-16T06:59");
    let actions = plan(&world.standing(NOW), &world.snapshot, &world.policy);
    let asks =
        actions.iter().filter(|action| matches!(action, Action::Ask(ask) if ask.who.contains(&address(ANN)))).count();
    assert_eq!((asks, world.written(NOW).len()), (1, 0), "{actions:#?}");
    let lost = actions.iter().any(|action| matches!(action, Action::Tell(notice) if notice.key.starts_with("lost:")));
    assert!(!lost, "a loss is told once it is known what could be done about it");
}

#[test]
fn nothing_is_decided_from_stale_calendars() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    world.snapshot.sources[0].stale_since = Some(at("2026-11-16T07:55"));
    assert!(world.one(NOW).why.contains(&ProposalReason::SourceStale));
    world.snapshot.sources[0].stale_since = None;
    world.snapshot.sources[0].last_success = Some(at("2026-11-16T06:00"));
    assert!(
        world.one(NOW).why.contains(&ProposalReason::SourceStale),
        "two hours are too long ago for a live calendar"
    );
    assert_eq!(world.written(NOW), []);
}

#[test]
fn a_slot_lies_in_both_peoples_hours_and_free_time_and_strictly_between_the_neighbours() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    // Ann can on Thursday afternoon only, the owner has something then until three.
    world.busy(NOW, Some(&[("2026-11-16T00:00", "2026-11-19T13:00"), ("2026-11-19T18:00", "2026-11-24T00:00")]));
    world.add(alone("dentist", "Dentist", "2026-11-19T13:00", 120));
    let proposal = world.one(NOW);
    assert_eq!(local(proposal.to.unwrap().start), "Thu 15:00", "{proposal:#?}");
    world.busy(NOW, Some(&[("2026-11-16T00:00", "2026-11-24T09:45")]));
    let none = world.one(NOW);
    assert!(none.kind == ProposalKind::None && none.why.contains(&ProposalReason::NoCommonFreeTime), "{none:#?}");
}

#[test]
fn a_guest_and_a_feed_get_a_draft_and_nothing_is_written() {
    let mut guest_of = world();
    guest_of.snapshot.events[0].event.organiser = Some(super::support::who(ANN));
    guest_of.cancel("2026-11-17T10:00");
    let proposal = guest_of.one(NOW);
    assert!(
        proposal.kind == ProposalKind::Propose && proposal.why.contains(&ProposalReason::NotOrganiser),
        "{proposal:#?}"
    );
    assert!(proposal.to.is_some() && proposal.intent.is_none());
    let mut feed = world();
    feed.snapshot.sources[0].read_only = true;
    feed.cancel("2026-11-17T10:00");
    let proposal = feed.one(NOW);
    assert!(
        proposal.kind == ProposalKind::Propose && proposal.why.contains(&ProposalReason::ReadOnly),
        "{proposal:#?}"
    );
    assert_eq!((guest_of.written(NOW).len(), feed.written(NOW).len()), (0, 0));
}

#[test]
fn a_guest_lets_the_organiser_go_first_and_makes_up_after_that_only_where_they_may() {
    for may in [true, false] {
        let mut world = world();
        world.policy.make_up_as_guest = may;
        world.snapshot.events[0].event.organiser = Some(super::support::who(ANN));
        world.cancel("2026-11-17T10:00");
        world.act(NOW);
        assert_eq!(world.one(NOW).why.contains(&ProposalReason::OrganiserFirst), may);
        let later = "2026-11-17T08:00";
        world.read("2026-11-17T07:50");
        world.free(later);
        let proposal = world.one(later);
        let organiser = proposal.intent.and_then(|intent| intent.organiser);
        let (kind, own) =
            if may { (ProposalKind::MakeUp, Some(address(OWNER))) } else { (ProposalKind::Propose, None) };
        assert_eq!((proposal.kind, organiser), (kind, own), "{:?}", proposal.why);
    }
}

#[test]
fn a_yes_of_the_user_is_done_without_grace_and_checked_once_more() {
    let mut world = world();
    world.policy.mode = Mode::Ask;
    world.cancel("2026-11-17T10:00");
    let asked = world.one(NOW);
    let (session, slot) = (asked.session, asked.to.unwrap());
    let choice = Choice::Take { session: session.clone(), slot };
    world.snapshot.decisions.push(Decision { choice, at: at(NOW) });
    let Some(Action::Write(intent)) = world.written(NOW).pop() else { panic!("a yes is done") };
    assert_eq!((intent.automatic, intent.to.span(&zone())), (false, slot));
    // In the meantime the slot is gone: the user is asked again.
    let begins = zone().to_datetime(slot.start).strftime("%Y-%m-%dT%H:%M").to_string();
    world.add(alone("dentist", "Dentist", &begins, 30));
    assert_eq!(world.written(NOW), []);
    let again = world.one(NOW);
    assert!(again.kind == ProposalKind::Ask && again.why.contains(&ProposalReason::SlotGone), "{again:#?}");
}

#[test]
fn a_session_in_conflict_is_moved_once_the_user_says_yes_and_not_by_itself() {
    let mut world = world();
    world.add(alone("dentist", "Dentist", "2026-11-17T10:00", 30));
    let asked = world.one(NOW);
    assert_eq!((asked.kind, world.written(NOW).len()), (ProposalKind::Ask, 0), "{asked:#?}");
    let choice = Choice::Take { session: asked.session, slot: asked.to.unwrap() };
    world.snapshot.decisions.push(Decision { choice, at: at(NOW) });
    let actions = plan(&world.standing(NOW), &world.snapshot, &world.policy);
    let moves = |action: &Action| matches!(action, Action::Write(intent) if intent.way == WriteKind::Move);
    assert!(actions.iter().any(moves), "{actions:#?}");
    assert!(!actions.iter().any(|action| matches!(action, Action::TurnDown(..))), "{actions:#?}");
}

#[test]
fn the_owners_time_that_only_their_server_knows_of_is_taken_as_well() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    let first = world.one(NOW).to.unwrap();
    for said in world.snapshot.availability.iter_mut().filter(|said| said.who == address(OWNER)) {
        said.busy = Some(vec![BusySpan { span: first, tentative: false }]);
    }
    let second = world.one(NOW).to.unwrap();
    assert!(!second.overlaps(&first), "{first:?} {second:?}");
}

#[test]
fn a_session_is_put_back_by_itself_once_ever() {
    let mut world = world();
    world.decline("2026-11-17T10:00", ANN);
    world.did(WriteKind::Move, State::Done, "2026-11-16T08:00");
    assert!(world.one("2026-11-16T08:01").why.contains(&ProposalReason::InHand), "its calendar was not read since");
    world.read("2026-11-16T08:30");
    world.free("2026-11-16T08:30");
    let lost_again = world.one("2026-11-16T08:31");
    assert!(
        lost_again.kind == ProposalKind::Ask && lost_again.why.contains(&ProposalReason::OnceAlready),
        "{lost_again:#?}"
    );
}

#[test]
fn a_make_up_that_somebody_took_off_is_an_answer() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    world.did(WriteKind::MakeUp, State::Done, "2026-11-16T08:00");
    world.read("2026-11-16T08:30");
    world.free("2026-11-16T08:30");
    let proposal = world.one("2026-11-16T08:31");
    assert!(proposal.kind == ProposalKind::None && proposal.why.contains(&ProposalReason::TakenBack), "{proposal:#?}");
    world.snapshot.operations[0].state = State::Refused;
    assert!(world.one("2026-11-16T08:31").why.contains(&ProposalReason::TakenBack));
}

#[test]
fn what_comes_to_nothing_twice_is_asked_about() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    for _ in 0..2 {
        world.did(WriteKind::MakeUp, State::StoodDown { why: StandDownReason::SlotTaken }, NOW);
    }
    let proposal = world.one(NOW);
    assert!(proposal.kind == ProposalKind::Ask && proposal.why.contains(&ProposalReason::GaveUp), "{proposal:#?}");
}

#[test]
fn what_could_not_be_sent_is_tried_again_a_quarter_of_an_hour_later() {
    let mut world = world();
    world.cancel("2026-11-17T10:00");
    world.did(WriteKind::MakeUp, State::StoodDown { why: StandDownReason::NotSent }, NOW);
    assert_eq!(world.written("2026-11-16T08:14"), []);
    assert_eq!(world.written("2026-11-16T08:15").len(), 1);
}

#[test]
fn a_day_has_its_limit() {
    let mut world = world();
    world.policy.daily_limit = 1;
    world.add(series("v", "2026-10-07T14:00", "FREQ=WEEKLY", BOB));
    let bob = Availability { who: address(BOB), ..world.snapshot.availability[0].clone() };
    world.snapshot.availability.push(bob);
    world.cancel("2026-11-17T10:00");
    let master = world.snapshot.events[1].event.clone();
    world.add(instance(&master, "2026-11-18T14:00").changed(|event| event.status = Status::Cancelled));
    assert_eq!(world.written(NOW).len(), 1, "{:#?}", world.proposed(NOW));
    let first = world.proposed(NOW).remove(0).intent.unwrap();
    world.journal(first, State::Done, at(NOW));
    assert!(world.proposed(NOW)[1].why.contains(&ProposalReason::DailyLimit), "{:#?}", world.proposed(NOW)[1].why);
}

#[test]
fn an_undoing_goes_back_to_where_it_was_and_is_tried_once() {
    let mut world = world();
    world.decline("2026-11-17T10:00", ANN);
    world.did(WriteKind::Move, State::Done, NOW);
    let operation = world.snapshot.operations[0].id.clone();
    world.snapshot.decisions.push(Decision { choice: Choice::Undo { operation }, at: at(NOW) });
    let Some(Action::Write(intent)) = world.written(NOW).pop() else { panic!("an undoing is done") };
    assert_eq!((intent.way, local(intent.to.span(&zone()).start).as_str()), (WriteKind::MoveBack, "Tue 10:00"));
    world.journal(intent, State::StoodDown { why: StandDownReason::TouchedSince }, at(NOW));
    assert_eq!(world.written(NOW), []);
}

#[test]
fn an_undoing_and_a_make_up_are_never_put_at_one_time() {
    let mut world = world();
    world.add(series("v", "2026-10-06T11:00", "FREQ=WEEKLY", BOB));
    let bob = Availability { who: address(BOB), ..world.snapshot.availability[0].clone() };
    world.snapshot.availability.push(bob);
    world.decline("2026-11-17T10:00", ANN);
    world.did(WriteKind::Move, State::Done, NOW);
    let of_ann = world.snapshot.events[0].event.clone();
    world.add(instance(&of_ann, "2026-11-17T10:00").changed(|event| move_to(event, "2026-11-18T15:00")));
    let of_bob = world.snapshot.events[1].event.clone();
    world.add(instance(&of_bob, "2026-11-17T11:00").changed(|event| event.status = Status::Cancelled));
    // The only time for Bob's is the one that Ann's was moved away from.
    let half_an_hour = (jiff::civil::time(10, 0, 0, 0), jiff::civil::time(10, 30, 0, 0));
    world.policy.hours.days = std::array::from_fn(|day| if day == 1 { vec![half_an_hour] } else { Vec::new() });
    let written = |world: &World| -> Vec<(WriteKind, String)> {
        let placed = |action| match action {
            Action::Write(intent) => (intent.way, local(intent.to.span(&zone()).start)),
            other => panic!("this was not written: {other:?}"),
        };
        world.written(NOW).into_iter().map(placed).collect()
    };
    assert_eq!(written(&world), [(WriteKind::MakeUp, "Tue 10:00".to_owned())]);
    let operation = world.snapshot.operations[0].id.clone();
    world.snapshot.decisions.push(Decision { choice: Choice::Undo { operation }, at: at(NOW) });
    assert_eq!(written(&world), [(WriteKind::MoveBack, "Tue 10:00".to_owned())]);
}

#[test]
fn the_daemon_wakes_when_the_grace_is_over_or_something_was_cut_off() {
    let mut world = world();
    world.decline("2026-11-17T10:00", ANN);
    world.read("2026-11-16T07:59");
    let next = |world: &World| next_deed(&world.proposed(NOW), &world.snapshot, at(NOW));
    assert_eq!(next(&world), Some(at("2026-11-16T08:09")));
    world.did(WriteKind::Move, State::Sending, NOW);
    assert_eq!(next(&world), Some(at("2026-11-16T08:01")));
}
